//! What the collector is told: fixed from outside, else chosen in the panel,
//! else the default. A Management Key belongs to the address it was entered for
//! and is never sent to another one.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;

use super::error::{Error, Result};
use super::state::AppState;
use crate::config::{Config, Fixed, FixedCollection};
use crate::domain::address;
use crate::domain::collection::{Connection, Mode, Settings};
use crate::domain::units::Ms;
use crate::store::secret::Keyring;
use crate::store::secrets::{self, Stored};
use crate::store::{self, data_key, settings};

const NAME: &str = "collection";

/// Chosen in the panel; `None` = not chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    pub set_up: bool,
    pub url: Option<String>,
    /// Where the stored Management Key was entered for, as [`place`] names it.
    pub key_place: Option<String>,
    pub insecure_tls: Option<bool>,
    pub enabled: Option<bool>,
    pub mode: Option<Mode>,
    pub batch: Option<u32>,
    pub poll_interval: Option<Ms>,
}

pub fn chosen(c: &mut store::Connection) -> store::Result<Chosen> {
    Ok(settings::get(c, NAME)?.unwrap_or_default())
}

pub fn put(c: &mut store::Connection, chosen: &Chosen) -> store::Result<()> {
    settings::put(c, NAME, chosen)
}

/// Whether nothing is left to be asked.
#[must_use]
pub fn is_set_up(chosen: &Chosen, fixed: &FixedCollection) -> bool {
    chosen.set_up || (fixed.url.is_some() && fixed.key.is_some())
}

/// What holds now.
pub fn in_force(
    c: &mut store::Connection,
    fixed: &FixedCollection,
    keyring: Option<&Keyring>,
) -> store::Result<Settings> {
    let chosen = chosen(c)?;
    let default = Settings::default();
    let url = value(fixed.url.as_ref(), chosen.url);
    let stored = match (&fixed.key, keyring) {
        (Some(key), _) => Stored::Secret(key.value.clone()),
        (None, Some(keyring)) => secrets::get(c, keyring, secrets::MANAGEMENT_KEY)?,
        (None, None) => Stored::Nothing,
    };
    let here = url.as_deref().map(place);
    let ours = fixed.key.is_some() || chosen.key_place == here;
    let insecure_tls = value(fixed.insecure_tls.as_ref(), chosen.insecure_tls).unwrap_or(false);
    let locked = fixed.key.is_none() && keyring.is_none();
    let unreadable = matches!(stored, Stored::Unreadable(_)) || (locked && chosen.set_up);
    let connection = match (url, stored) {
        (Some(url), Stored::Secret(key)) if ours => Some(Connection {
            url,
            key,
            insecure_tls,
        }),
        _ => None,
    };
    Ok(Settings {
        connection,
        key_unreadable: unreadable,
        enabled: value(fixed.enabled.as_ref(), chosen.enabled).unwrap_or(default.enabled),
        mode: value(fixed.mode.as_ref(), chosen.mode).unwrap_or(default.mode),
        batch: value(fixed.batch.as_ref(), chosen.batch).unwrap_or(default.batch),
        poll_interval: value(fixed.poll_interval.as_ref(), chosen.poll_interval)
            .unwrap_or(default.poll_interval),
        queue: fixed.queue.clone(),
        pop_side: fixed.pop_side,
    })
}

/// Tells the collector what holds now; `again` also ends a stop.
pub async fn apply(state: &AppState, again: bool) -> store::Result<()> {
    let fixed = state.config.collection.clone();
    let keyring = state.keyring.borrow().clone();
    let read = move |c: &mut _| {
        let chosen = chosen(c)?;
        let settings = in_force(c, &fixed, keyring.as_ref())?;
        Ok((settings, is_set_up(&chosen, &fixed)))
    };
    let (settings, set_up) = state.store.read(read).await?;
    state.set_up.store(set_up, Ordering::Relaxed);
    state.settings.send_replace(settings);
    if again {
        (state.try_again)();
    }
    Ok(())
}

/// Saves and applies. A new key is sealed for the address it was given for; when
/// the data key is lost, a new one is made for it.
pub async fn save(state: &AppState, chosen: Chosen, key: Option<SecretString>) -> Result<()> {
    let mut chosen = chosen;
    if key.is_some() {
        let url = value(state.config.collection.url.as_ref(), chosen.url.clone());
        chosen.key_place = url.as_deref().map(place);
    }
    let present = state.keyring.borrow().clone();
    let keyring = match present {
        None if key.is_some() => Some(start_over(state).await?),
        present => present,
    };
    let write = move |c: &mut _| {
        put(c, &chosen)?;
        match (&key, &keyring) {
            (Some(key), Some(keyring)) => secrets::put(c, keyring, secrets::MANAGEMENT_KEY, key),
            _ => Ok(()),
        }
    };
    state.store.write(write).await?;
    Ok(apply(state, true).await?)
}

/// Gives up what was sealed with the lost data key.
async fn start_over(state: &AppState) -> Result<Keyring> {
    let source = data_key_source(&state.config);
    let keyring = state.store.start_over(source).await;
    let keyring =
        keyring.map_err(|error| Error::Internal(format!("cannot make a data key: {error}")))?;
    log::warn!("a new data key is in use; what was sealed with the lost one is given up");
    state.keyring.send_replace(Some(keyring.clone()));
    Ok(keyring)
}

/// Where the store finds its data key.
#[must_use]
pub fn data_key_source(config: &Config) -> data_key::Source {
    match &config.data_key {
        Some(key) => data_key::Source::Given(key.value.clone()),
        None => data_key::Source::File(config.data_key_path.clone()),
    }
}

/// What names the origin of an address: a key belongs to one.
#[must_use]
pub fn place(url: &str) -> String {
    secrets::name_of(&address::origin(url))
}

fn value<T: Clone>(fixed: Option<&Fixed<T>>, chosen: Option<T>) -> Option<T> {
    fixed.map(|fixed| fixed.value.clone()).or(chosen)
}
