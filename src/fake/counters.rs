//! Requests per credential since the start, as `api-key-usage` and the auth
//! file list show them. They move whether or not anybody takes the events,
//! which is how a client can tell that somebody else does.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::config::provider_keys;
use super::reply::{Reply, Request};
use super::world::World;
use crate::domain::units::{At, Ms};

const BUCKET: Ms = Ms(10 * Ms::MINUTE.0);
const BUCKETS: i64 = 20;

#[derive(Debug, Default)]
struct Counter {
    success: u64,
    failed: u64,
    /// By bucket number since 1970; buckets out of sight are forgotten.
    recent: BTreeMap<i64, (u64, u64)>,
}

#[derive(Debug, Default)]
pub(super) struct Counters(HashMap<String, Counter>);

/// What one credential shows.
pub(super) struct Shown {
    pub(super) success: u64,
    pub(super) failed: u64,
    pub(super) recent_requests: Json,
}

impl Counters {
    pub(super) fn count(&mut self, now: At, auth_index: &str, failed: bool) {
        let counter = self.0.entry(auth_index.to_owned()).or_default();
        let bucket = now.0.div_euclid(BUCKET.0);
        counter.recent = counter.recent.split_off(&(bucket - BUCKETS));
        let recent = counter.recent.entry(bucket).or_default();
        if failed {
            counter.failed += 1;
            recent.1 += 1;
        } else {
            counter.success += 1;
            recent.0 += 1;
        }
    }

    /// Twenty buckets, oldest first, the last one is the current one. The
    /// gateway's zone is UTC here.
    pub(super) fn show(&self, now: At, auth_index: &str) -> Shown {
        let nothing = Counter::default();
        let counter = self.0.get(auth_index).unwrap_or(&nothing);
        let current = now.0.div_euclid(BUCKET.0);
        let bucket = |number: i64| {
            let (success, failed) = counter.recent.get(&number).copied().unwrap_or_default();
            let clock = |number: i64| At(number * BUCKET.0).utc().format("%H:%M").to_string();
            let time = format!("{}-{}", clock(number), clock(number + 1));
            json!({"time": time, "success": success, "failed": failed})
        };
        Shown {
            success: counter.success,
            failed: counter.failed,
            recent_requests: ((current - BUCKETS + 1)..=current).map(bucket).collect(),
        }
    }
}

/// `{"<provider>":{"<base url>|<key>":{…}}}`.
pub(super) fn get_api_key_usage(world: &mut World, _: &Request) -> Reply {
    let now = world.now();
    let mut providers: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for credential in provider_keys::credentials(world.config.running()) {
        let shown = world.counters.show(now, &credential.auth_index);
        // A struct on the gateway's side: its own order, not a sorted map.
        let entry = format!(
            "{{\"success\":{},\"failed\":{},\"recent_requests\":{}}}",
            shown.success,
            shown.failed,
            buckets_text(&shown.recent_requests)
        );
        providers
            .entry(credential.provider)
            .or_default()
            .insert(format!("{}|{}", credential.base_url, credential.key), entry);
    }
    let object = |entries: BTreeMap<String, String>| {
        let members: Vec<String> = entries
            .into_iter()
            .map(|(key, value)| format!("{}:{value}", super::go_json::string(&key)))
            .collect();
        format!("{{{}}}", members.join(","))
    };
    let providers = providers
        .into_iter()
        .map(|(provider, keys)| (provider, object(keys)))
        .collect();
    Reply::json(200, object(providers))
}

/// Each bucket in the order of its struct.
pub(super) fn buckets_text(buckets: &Json) -> String {
    let texts: Vec<String> = buckets
        .as_array()
        .into_iter()
        .flatten()
        .map(|bucket| {
            format!(
                "{{\"time\":{},\"success\":{},\"failed\":{}}}",
                bucket.get("time").unwrap_or(&Json::Null),
                bucket.get("success").unwrap_or(&Json::Null),
                bucket.get("failed").unwrap_or(&Json::Null)
            )
        })
        .collect();
    format!("[{}]", texts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bucket_is_the_current_one() {
        let mut counters = Counters::default();
        let then = At(18 * Ms::HOUR.0 + 58 * Ms::MINUTE.0);
        counters.count(then, "a", false);
        counters.count(then, "a", true);
        let shown = counters.show(then + Ms(3 * Ms::MINUTE.0), "a");
        assert_eq!((shown.success, shown.failed), (1, 1));
        assert_eq!(
            shown.recent_requests[18],
            json!({"time": "18:50-19:00", "success": 1, "failed": 1})
        );
        assert_eq!(
            shown.recent_requests[19],
            json!({"time": "19:00-19:10", "success": 0, "failed": 0})
        );
        assert_eq!(shown.recent_requests[0]["time"], "15:50-16:00");
    }
}
