//! Switching an account or a key on or off at the gateway. What the gateway
//! confirms is read back before it is believed, and what it refuses is told in
//! its words.

use std::time::Duration;

use super::{Desk, locked};
use crate::domain::account::{Kind, Listed};
use crate::domain::collection::Connection;
use crate::domain::units::Ms;
use crate::gateway::client::Meter;
use crate::gateway::types::Error;
use crate::store::Result;

/// A person is waiting.
const PATIENCE: Duration = Duration::from_secs(15);
/// The gateway confirms before it has reloaded.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// So long it can be asked what became of it.
const REMEMBERED: Ms = Ms(5 * Ms::MINUTE.0);

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switched {
    /// The gateway lists it so.
    Done,
    /// It was so already.
    Unchanged,
    /// Confirmed, but the gateway still lists it as before.
    Unconfirmed,
    /// Nothing with this number, or nothing that can be switched.
    Unknown,
    /// There is no gateway that may be asked now.
    NotConnected,
    /// The gateway's words.
    Refused(Error),
}

impl Desk {
    /// Disables or enables an account; [`Desk::outcome`] tells it again, and the
    /// meter what was sent and answered.
    pub async fn switch(&self, id: i64, disabled: bool, meter: &Meter) -> Result<Switched> {
        let outcome = self.try_to_switch(id, disabled, meter).await?;
        let now = self.0.clock.now();
        let mut outcomes = locked(&self.0.outcomes);
        outcomes.retain(|_, (at, _, _)| now - *at < REMEMBERED);
        outcomes.insert(id, (now, disabled, outcome.clone()));
        Ok(outcome)
    }

    /// What became of switching an account a moment ago: whether it was to be
    /// disabled, and how that ended.
    #[must_use]
    pub fn outcome(&self, id: i64) -> Option<(bool, Switched)> {
        let now = self.0.clock.now();
        let outcomes = locked(&self.0.outcomes);
        let (at, wanted, outcome) = outcomes.get(&id)?;
        (now - *at < REMEMBERED).then(|| (*wanted, outcome.clone()))
    }

    async fn try_to_switch(&self, id: i64, disabled: bool, meter: &Meter) -> Result<Switched> {
        let roster = self.roster();
        let Some(known) = roster.of_id(id).filter(|known| known.can_be_switched()) else {
            return Ok(Switched::Unknown);
        };
        let Some(connection) = self.permitted() else {
            return Ok(Switched::NotConnected);
        };
        let listed = &known.listed;
        let answer = self.tell(&connection, listed, disabled, meter).await;
        let now = match answer {
            Ok(now) => now,
            Err(error) => {
                self.note(&error);
                return Ok(Switched::Refused(error));
            }
        };
        let outcome = match &now {
            Some(now) if now.disabled != disabled => Switched::Unconfirmed,
            Some(_) if listed.disabled == disabled => Switched::Unchanged,
            Some(_) => Switched::Done,
            None => Switched::Unconfirmed,
        };
        if let Some(now) = now
            && now.auth_index == listed.auth_index
            && now != *listed
        {
            self.relist(id, now).await?;
        }
        self.stir();
        Ok(outcome)
    }

    /// As it is listed afterwards; `None` when it is not listed any more.
    async fn tell(
        &self,
        connection: &Connection,
        listed: &Listed,
        disabled: bool,
        meter: &Meter,
    ) -> std::result::Result<Option<Listed>, Error> {
        let client = self.client(connection)?.patient(PATIENCE).metered(meter);
        match listed.kind {
            Kind::File => {
                let (name, index) = (&listed.name, &listed.auth_index);
                client.switch(name, index, disabled).await?;
            }
            Kind::Key => client.switch_key(listed, disabled).await?,
        }
        let mut now = None;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            let all = match listed.kind {
                Kind::File => self.named(client.auth_files(&listed.name).await?),
                Kind::Key => client.provider_keys(&listed.list).await?,
            };
            let mut all = all.into_iter();
            now = all.find(|one| one.auth_index == listed.auth_index);
            if now.as_ref().is_some_and(|now| now.disabled == disabled) {
                break;
            }
        }
        Ok(now)
    }
}
