//! Who may use the management API, and the ban. RESP and HTTP ask the same
//! question here and share the same failure counters, as in CPA. Nothing is
//! kept over a restart.

use std::collections::HashMap;
use std::net::IpAddr;

use ring::digest::{SHA256, digest};

use crate::domain::units::{At, Ms};

const FAILURES_BEFORE_BAN: u32 = 5;
const BAN: Ms = Ms(30 * Ms::MINUTE.0);
/// The alphabet of bcrypt.
const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const FORGOTTEN_AFTER: Ms = Ms(2 * Ms::HOUR.0);

/// The keys that hold right now, and whom they serve.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// The hash in `config.yaml`; empty = none.
    pub(super) secret_hash: String,
    pub(super) env_password: Option<String>,
    pub(super) allow_remote: bool,
    /// Releases before v6.9.38 never ban the local machine.
    pub(super) bans_local: bool,
}

impl Keys {
    /// Without any key the management API does not exist.
    pub(super) fn exist(&self) -> bool {
        !self.secret_hash.is_empty() || self.env_password.is_some()
    }

    fn open_for(&self, key: &str, hash: impl Fn(&str) -> String) -> bool {
        self.env_password.as_deref() == Some(key)
            || (!self.secret_hash.is_empty() && hash(key) == self.secret_hash)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Banned { left: Ms },
    RemoteOff,
    NoKeySet,
    Missing,
    Invalid,
}

impl Refusal {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Banned { .. } | Self::RemoteOff | Self::NoKeySet => 403,
            Self::Missing | Self::Invalid => 401,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Banned { left } => format!(
                "IP banned due to too many failed attempts. Try again in {}",
                go_seconds(*left)
            ),
            Self::RemoteOff => "remote management disabled".to_owned(),
            Self::NoKeySet => "remote management key not set".to_owned(),
            Self::Missing => "missing management key".to_owned(),
            Self::Invalid => "invalid management key".to_owned(),
        }
    }
}

#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    banned_until: Option<At>,
    last: At,
}

#[derive(Debug, Default)]
pub(super) struct Access {
    failures: HashMap<IpAddr, Failures>,
    /// A key and the hash CPA once made of it: real hashes are salted, so a
    /// recorded one cannot be computed again.
    known_hash: Option<(String, String)>,
}

impl Access {
    pub(super) fn new(known_hash: Option<(String, String)>) -> Self {
        Self {
            known_hash,
            ..Self::default()
        }
    }

    /// The process ended: bans and counts are gone.
    pub(super) fn forget(&mut self) {
        self.failures.clear();
    }

    /// One key check with all its consequences; an empty key counts as missing.
    pub(super) fn check(
        &mut self,
        now: At,
        from: IpAddr,
        key: &str,
        keys: &Keys,
    ) -> Result<(), Refusal> {
        self.failures.retain(|_, f| {
            f.banned_until.is_some_and(|t| t > now) || now - f.last <= FORGOTTEN_AFTER
        });
        let local = is_local(from);
        let bannable = !local || keys.bans_local;
        if let Some(left) = self.ban_left(now, from) {
            return Err(Refusal::Banned { left });
        }
        if !local && !keys.allow_remote && keys.env_password.is_none() {
            return Err(Refusal::RemoteOff);
        }
        if !keys.exist() {
            return Err(Refusal::NoKeySet);
        }
        if key.is_empty() || !keys.open_for(key, |key| self.hash(key)) {
            if bannable {
                self.count_failure(now, from);
            }
            return Err(if key.is_empty() {
                Refusal::Missing
            } else {
                Refusal::Invalid
            });
        }
        self.failures.remove(&from);
        Ok(())
    }

    /// What the gateway writes into `config.yaml` in place of a plain key. It
    /// looks like bcrypt and is as cheap as a digest, so tests stay quick.
    pub(super) fn hash(&self, plain: &str) -> String {
        if let Some((known, hash)) = &self.known_hash
            && known == plain
        {
            return hash.clone();
        }
        let first = digest(&SHA256, plain.as_bytes());
        let second = digest(&SHA256, first.as_ref());
        let text: String = first
            .as_ref()
            .iter()
            .chain(second.as_ref())
            .take(53)
            .filter_map(|byte| ALPHABET.get(usize::from(byte & 63)))
            .map(|byte| char::from(*byte))
            .collect();
        format!("$2a$10${text}")
    }

    fn ban_left(&self, now: At, from: IpAddr) -> Option<Ms> {
        let until = self.failures.get(&from)?.banned_until?;
        (until > now).then_some(until - now)
    }

    fn count_failure(&mut self, now: At, from: IpAddr) {
        let entry = self.failures.entry(from).or_default();
        entry.last = now;
        entry.in_a_row += 1;
        if entry.in_a_row >= FAILURES_BEFORE_BAN {
            entry.in_a_row = 0;
            entry.banned_until = Some(now + BAN);
        }
    }
}

/// Only these two addresses count as the gateway's own machine.
pub(super) fn is_local(from: IpAddr) -> bool {
    match from {
        IpAddr::V4(v4) => v4.octets() == [127, 0, 0, 1],
        IpAddr::V6(v6) => v6.is_loopback(),
    }
}

pub(super) fn is_hash(secret: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| secret.starts_with(prefix))
}

/// A duration rounded to seconds, as Go prints it: `29m58s`, `1h0m3s`, `0s`.
pub(super) fn go_seconds(span: Ms) -> String {
    let seconds = (span.0 + 500) / 1000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const REMOTE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn keys(access: &Access) -> Keys {
        Keys {
            secret_hash: access.hash("right"),
            env_password: None,
            allow_remote: true,
            bans_local: true,
        }
    }

    #[test]
    fn five_failures_in_a_row_ban_for_half_an_hour_even_the_right_key() {
        let mut access = Access::default();
        let keys = keys(&access);
        for _ in 0..5 {
            assert_eq!(
                access.check(At(0), LOCAL, "wrong", &keys),
                Err(Refusal::Invalid)
            );
        }
        let banned = access.check(At(2_000), LOCAL, "right", &keys).unwrap_err();
        assert_eq!(
            banned.text(),
            "IP banned due to too many failed attempts. Try again in 29m58s"
        );
        assert_eq!(access.check(At(0), REMOTE, "right", &keys), Ok(()));
        assert_eq!(access.check(At(BAN.0), LOCAL, "right", &keys), Ok(()));
    }

    #[test]
    fn success_clears_the_count() {
        let mut access = Access::default();
        let keys = keys(&access);
        for _ in 0..3 {
            for _ in 0..4 {
                assert!(access.check(At(0), LOCAL, "", &keys).is_err());
            }
            assert_eq!(access.check(At(0), LOCAL, "right", &keys), Ok(()));
        }
    }

    #[test]
    fn old_releases_never_ban_the_local_machine() {
        let mut access = Access::default();
        let keys = Keys {
            bans_local: false,
            ..keys(&access)
        };
        for _ in 0..9 {
            assert_eq!(
                access.check(At(0), LOCAL, "wrong", &keys),
                Err(Refusal::Invalid)
            );
        }
    }

    #[test]
    fn remote_needs_the_switch_or_the_environment_key_and_is_not_counted() {
        let mut access = Access::default();
        let closed = Keys {
            allow_remote: false,
            ..keys(&access)
        };
        for _ in 0..9 {
            assert_eq!(
                access.check(At(0), REMOTE, "x", &closed),
                Err(Refusal::RemoteOff)
            );
        }
        let env = Keys {
            env_password: Some("env".to_owned()),
            ..closed
        };
        assert_eq!(access.check(At(0), REMOTE, "env", &env), Ok(()));
        assert_eq!(access.check(At(0), REMOTE, "right", &env), Ok(()));
    }

    #[test]
    fn durations_read_like_go() {
        assert_eq!(go_seconds(Ms(1_800_000)), "30m0s");
        assert_eq!(go_seconds(Ms(59_499)), "59s");
        assert_eq!(go_seconds(Ms(3_600_000)), "1h0m0s");
        assert_eq!(go_seconds(Ms(0)), "0s");
    }
}
