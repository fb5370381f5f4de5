//! The keys people bring to `/v1/models`. Only the gateway knows the right ones,
//! and none may be the Admin Key: it is never passed on, and as each key is
//! compared with it, a new one counts as a try at it until the gateway says that
//! it is right. Keys are told apart by digests that are of no use elsewhere.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::limits::Full;
use super::refusal::Refusal;
use crate::web::admin_key::{Digest, Shape};
use crate::web::state::AppState;
use crate::web::throttle::Throttle;

/// Headers in which the gateway looks for a key.
const HEADERS: [&str; 3] = ["authorization", "x-api-key", "x-goog-api-key"];
/// Parameters in which it does.
const PARAMETERS: [&str; 2] = ["key", "auth_token"];
/// Keys remembered; the oldest gives way and counts anew.
const REMEMBERED: usize = 1_024;
/// For the new keys of others to be judged.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The one key of a request, as the gateway could read it.
pub(super) fn sent(headers: &HeaderMap, query: &str) -> Result<String, Refusal> {
    let mut found: Option<String> = None;
    let of_headers = HEADERS.into_iter().flat_map(|name| headers.get_all(name));
    let of_headers = of_headers.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    let of_query = pairs()
        .filter(|(name, _)| PARAMETERS.contains(&name.as_ref()))
        .map(|(_, value)| value.into_owned());
    for value in of_headers.chain(of_query) {
        let mut words = value.split_whitespace().peekable();
        words.next_if(|word| word.eq_ignore_ascii_case("bearer"));
        match (words.next(), words.next()) {
            (None, _) => {}
            (Some(key), None) if found.as_deref().is_none_or(|other| other == key) => {
                found = Some(key.to_owned());
            }
            _ => return Err(Refusal::ManyApiKeys),
        }
    }
    let key = found.ok_or(Refusal::NoApiKey)?;
    // What is called otherwise is passed on too, and an Admin Key shows its kind.
    if is_ours(&key) || pairs().any(|(name, value)| is_ours(&name) || is_ours(&value)) {
        return Err(Refusal::AdminKeyForModels);
    }
    Ok(key)
}

fn is_ours(text: &str) -> bool {
    Shape::of(text) == Shape::Admin
}

/// Which keys were tried.
#[derive(Debug)]
pub(super) struct ApiKeys {
    tried: Mutex<VecDeque<Digest>>,
    /// One new key at a time: right ones that come at once are not taken for
    /// many guesses.
    turn: Semaphore,
}

impl Default for ApiKeys {
    fn default() -> Self {
        Self {
            tried: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }
}

/// A key that was not tried before, counted as a wrong one until it proves right.
pub(super) struct Guess<'a> {
    _turn: SemaphorePermit<'a>,
    throttle: &'a Throttle,
    network: IpAddr,
}

impl Guess<'_> {
    pub(super) fn was_right(self) {
        self.throttle.take_back(self.network);
    }
}

impl ApiKeys {
    /// `None`: this key was tried before, and trying it again tells nothing new.
    pub(super) async fn admit<'a>(
        &'a self,
        state: &'a AppState,
        network: IpAddr,
        key: &str,
    ) -> Result<Option<Guess<'a>>, Refusal> {
        let digest = state.admin.digest(key);
        if self.was_tried(&digest) {
            return Ok(None);
        }
        let turn = tokio::time::timeout(LONGEST_WAIT, self.turn.acquire()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Full::Busy.into());
        };
        // The one before may have brought the same.
        if self.was_tried(&digest) {
            return Ok(None);
        }
        let counted = state.throttle.attempt(network, state.clock.now());
        counted.map_err(|wait| Refusal::TooManyKeys(wait.0))?;
        let guess = Guess {
            _turn: turn,
            throttle: &state.throttle,
            network,
        };
        match state.admin.is(key).await {
            Ok(false) => {}
            Ok(true) => {
                guess.was_right();
                return Err(Refusal::AdminKeyForModels);
            }
            Err(_) => return Err(Full::Busy.into()),
        }
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.truncate(REMEMBERED - 1);
        tried.push_front(digest);
        Ok(Some(guess))
    }

    fn was_tried(&self, digest: &Digest) -> bool {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.contains(digest)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], query: &str, expected: Result<&str, &str>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let key = sent(&map, query).map_err(|refusal| refusal.code());
        assert_eq!(key, expected.map(str::to_owned), "{headers:?} {query}");
    }

    #[test]
    fn one_key_is_found_wherever_it_stands() {
        for value in ["Bearer k1", "bearer k1", "k1", " k1 ", "Bearer\tk1"] {
            check(&[("authorization", value)], "", Ok("k1"));
        }
        check(
            &[("x-api-key", "k1"), ("x-goog-api-key", "k1")],
            "",
            Ok("k1"),
        );
        check(
            &[("authorization", "Bearer"), ("x-api-key", "k1")],
            "",
            Ok("k1"),
        );
        check(&[("x-api-key", "k1")], "key=k1&limit=9", Ok("k1"));
        check(&[], "auth_token=%6b1", Ok("k1"));
        check(&[], "", Err("missing_api_key"));
        check(
            &[("authorization", "Bearer")],
            "key=",
            Err("missing_api_key"),
        );
    }

    #[test]
    fn several_keys_are_refused_and_so_is_what_could_hide_one() {
        let several = Err("several_api_keys");
        check(&[], "key=k1&key=k2", several);
        check(&[("x-api-key", "k1")], "auth_token=k2", several);
        check(&[("x-api-key", "k1"), ("x-api-key", "k2")], "", several);
        for value in ["Token k1", "Basic\tazE6", "Bearer k1 k2", "k1\u{a0}k2"] {
            check(&[("authorization", value)], "", several);
        }
    }

    #[test]
    fn the_admin_key_is_known_by_its_shape() {
        let ours = Err("wrong_key_kind");
        check(&[("authorization", "Bearer cmp_admin_x")], "", ours);
        check(&[("x-api-key", "k1")], "api_key=cmp_admin_x", ours);
    }
}
