//! Who may have a live stream. A browser that left is only noticed when
//! something is written to it, so the streams of one session give way to newer
//! ones: no browser shows more at once than it may have connections.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::store::sessions::SessionId;

/// Browsers open six connections to a host.
const OF_A_SESSION: usize = 6;
const OF_ALL: usize = 60;

static TAKEN: Mutex<Vec<Taken>> = Mutex::new(Vec::new());

struct Taken {
    session: Option<SessionId>,
    end: CancellationToken,
}

/// A stream may go on until it is asked to end; the place is free when dropped.
pub(super) struct Place(CancellationToken);

impl Place {
    /// `None` when there are too many streams. Scripts with the Admin Key count
    /// as one session.
    pub(super) fn take(session: Option<SessionId>) -> Option<Self> {
        let mut taken = taken();
        let mut same = taken.iter().filter(|other| other.session == session);
        let oldest = same.next().map(|oldest| oldest.end.clone());
        let crowded = same.count() + 1 >= OF_A_SESSION;
        if let Some(oldest) = oldest.filter(|_| crowded) {
            taken.retain(|other| other.end != oldest);
            oldest.cancel();
        }
        if taken.len() >= OF_ALL {
            return None;
        }
        let end = CancellationToken::new();
        taken.push(Taken {
            session,
            end: end.clone(),
        });
        Some(Self(end))
    }

    /// Cancelled when a newer stream of the session needs the place.
    pub(super) fn given_away(&self) -> CancellationToken {
        self.0.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        taken().retain(|other| other.end != self.0);
    }
}

fn taken() -> MutexGuard<'static, Vec<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stream_of_a_session_gives_way() {
        let session = Some(SessionId(-1));
        let mut places: Vec<Place> = (0..OF_A_SESSION)
            .map(|_| Place::take(session).unwrap())
            .collect();
        let other = Place::take(Some(SessionId(-2))).unwrap();
        assert!(places.iter().all(|place| !place.0.is_cancelled()));
        places.push(Place::take(session).unwrap());
        let ended: Vec<bool> = places.iter().map(|p| p.0.is_cancelled()).collect();
        assert_eq!(ended, [true, false, false, false, false, false, false]);
        places.pop();
        places.push(Place::take(session).unwrap());
        assert!(places.iter().skip(1).all(|place| !place.0.is_cancelled()));
        assert!(!other.0.is_cancelled());
    }
}
