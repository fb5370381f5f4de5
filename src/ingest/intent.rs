//! What the settings ask of the collector, and whether a change of them asks
//! anything else.

use secrecy::ExposeSecret;

use crate::domain::collection::{Connection, Reason, Settings, State};

/// What the settings ask for: a connection to collect from, or a state.
pub(super) fn wanted(settings: &Settings) -> Result<Connection, (State, Option<Reason>)> {
    if settings.key_unreadable {
        return Err((State::Stopped, Some(Reason::SealedKeyUnreadable)));
    }
    let Some(connection) = &settings.connection else {
        return Err((State::Unconfigured, None));
    };
    if !settings.enabled {
        return Err((State::Off, None));
    }
    Ok(connection.clone())
}

/// Whether a change of settings changes nothing for the collector.
pub(super) fn same(a: &Settings, b: &Settings) -> bool {
    let connection = match (&a.connection, &b.connection) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let same_key = a.key.expose_secret() == b.key.expose_secret();
            same_key && (&a.url, a.insecure_tls) == (&b.url, b.insecure_tls)
        }
        _ => false,
    };
    let flags = |s: &Settings| (s.key_unreadable, s.enabled, s.mode, s.pop_side);
    let sizes = |s: &Settings| (s.batch, s.poll_interval);
    connection && flags(a) == flags(b) && sizes(a) == sizes(b) && a.queue == b.queue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_changes_of_the_settings_count() {
        let settings = Settings::default();
        assert!(same(&settings, &settings.clone()));
        let connection = |key: &str| {
            Some(Connection {
                url: String::from("http://cpa:8317"),
                key: key.to_owned().into(),
                insecure_tls: false,
            })
        };
        let with = |key| Settings {
            connection: connection(key),
            ..Settings::default()
        };
        assert!(same(&with("a"), &with("a")));
        assert!(!same(&with("a"), &with("b")));
        assert!(!same(&with("a"), &settings));
    }
}
