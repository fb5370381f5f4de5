//! How much is relayed at once and how fast, so that a script that runs wild
//! starves neither the pages nor the collector. People and scripts have places
//! of their own; the rate counts by network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::units::{At, Ms};

/// Requests under way, answers still being sent included.
const SCRIPTS_AT_ONCE: usize = 32;
const PEOPLE_AT_ONCE: usize = 16;
/// Those who wait for a place; whoever comes later is sent away at once.
const WAITING: usize = 128;
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// This many seconds' worth may come at once.
const BURST_SECONDS: i64 = 2;
/// Networks remembered; those that are idle give way.
const NETWORKS: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Person,
    Script,
}

/// Too much for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error("too many requests are under way")]
    Busy,
    #[error("requests come too fast")]
    TooFast(Ms),
}

#[derive(Debug)]
pub(super) struct Limits {
    people: Room,
    scripts: Room,
    rate: Rate,
}

#[derive(Debug)]
struct Room {
    /// Places and those who wait for one.
    lobby: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A place; it is given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    _lobby: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Limits {
    /// `per_second` of one network; 0 = as fast as it can.
    #[must_use]
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            people: Room::new(PEOPLE_AT_ONCE),
            scripts: Room::new(SCRIPTS_AT_ONCE),
            rate: Rate::new(per_second),
        }
    }

    /// Counts one request and waits for a place, but not for long.
    pub(super) async fn enter(&self, who: Who, network: IpAddr, now: At) -> Result<Place, Full> {
        self.rate.count(network, now)?;
        match who {
            Who::Person => self.people.enter().await,
            Who::Script => self.scripts.enter().await,
        }
    }
}

impl Room {
    fn new(places: usize) -> Self {
        Self {
            lobby: Arc::new(Semaphore::new(places + WAITING)),
            places: Arc::new(Semaphore::new(places)),
        }
    }

    async fn enter(&self) -> Result<Place, Full> {
        let lobby = Arc::clone(&self.lobby).try_acquire_owned();
        let place = Arc::clone(&self.places).acquire_owned();
        let lobby = lobby.map_err(|_| Full::Busy)?;
        let place = tokio::time::timeout(LONGEST_WAIT, place).await;
        match place {
            Ok(Ok(place)) => Ok(Place {
                _lobby: lobby,
                _place: place,
            }),
            _ => Err(Full::Busy),
        }
    }
}

/// Each request pushes the moment a network is paid up to into the future; it
/// may lie ahead by the burst.
#[derive(Debug)]
struct Rate {
    /// Microseconds a request costs; 0 = none.
    cost: i64,
    paid_until: Mutex<HashMap<IpAddr, i64>>,
}

impl Rate {
    fn new(per_second: u32) -> Self {
        Self {
            cost: 1_000_000_i64.checked_div(per_second.into()).unwrap_or(0),
            paid_until: Mutex::default(),
        }
    }

    fn count(&self, network: IpAddr, now: At) -> Result<(), Full> {
        if self.cost == 0 {
            return Ok(());
        }
        let now = now.0.saturating_mul(1_000);
        let mut all = self
            .paid_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if all.len() >= NETWORKS && !all.contains_key(&network) {
            all.retain(|_, paid| *paid > now);
        }
        let paid = all.entry(network).or_insert(now);
        // A clock that went back leaves nobody in debt for long.
        *paid = (*paid).clamp(now, now + 2 * BURST_SECONDS * 1_000_000);
        let ahead = *paid - now - BURST_SECONDS * 1_000_000;
        if ahead > 0 {
            return Err(Full::TooFast(Ms(ahead.div_euclid(1_000) + 1)));
        }
        *paid += self.cost;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const NOW: At = At(1_800_000_000_000);
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let rate = Rate::new(10);
        let passed = (0..100).filter(|_| rate.count(HERE, NOW).is_ok()).count();
        assert_eq!(passed, 21);
        let later = NOW + Ms(1_000);
        let passed = (0..100).filter(|_| rate.count(HERE, later).is_ok()).count();
        assert_eq!(passed, 10);
        let other = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(rate.count(other, later), Ok(()));
    }

    #[test]
    fn a_clock_that_jumps_back_blocks_nobody_for_long() {
        let rate = Rate::new(10);
        while rate.count(HERE, NOW).is_ok() {}
        let earlier = NOW - Ms::DAY;
        let Err(Full::TooFast(wait)) = rate.count(HERE, earlier) else {
            panic!("it is still in debt");
        };
        assert!(wait.0 <= 2_001, "{wait:?}");
    }

    #[test]
    fn many_networks_do_not_pay_the_debts_of_one() {
        let rate = Rate::new(10);
        while rate.count(HERE, NOW).is_ok() {}
        let others = u32::try_from(NETWORKS).unwrap();
        for n in 0..=others {
            let other = IpAddr::V4(Ipv4Addr::from_bits(0xc633_0000 + n));
            assert_eq!(rate.count(other, NOW), Ok(()));
        }
        assert!(rate.count(HERE, NOW).is_err());
        // Later nobody owes anything, and all but the newcomer go.
        let (later, new) = (NOW + Ms(10_000), Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(rate.count(IpAddr::V4(new), later), Ok(()));
        assert_eq!(rate.paid_until.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn people_have_places_of_their_own() {
        let limits = Limits::new(0);
        let mut places = Vec::new();
        for _ in 0..SCRIPTS_AT_ONCE {
            places.push(limits.enter(Who::Script, HERE, NOW).await.unwrap());
        }
        limits.enter(Who::Person, HERE, NOW).await.unwrap();
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                Arc::clone(&limits.scripts.lobby)
                    .try_acquire_owned()
                    .unwrap()
            })
            .collect();
        let turned_away = limits.enter(Who::Script, HERE, NOW).await;
        assert_eq!(turned_away.err(), Some(Full::Busy));
        drop((places, waiting));
        assert!(limits.enter(Who::Script, HERE, NOW).await.is_ok());
    }
}
