//! Single settings with a route of their own. PATCH is PUT here.

use crate::fake::reply::{Reply, Request};
use crate::fake::schema::{self, Kind, Value};
use crate::fake::world::World;

/// Path below the management root, type, and the value a negative number
/// becomes. The last part of the path is the key of the answer.
const SCALARS: &[(&str, Kind, Option<i64>)] = &[
    ("debug", Kind::Bool, None),
    ("logging-to-file", Kind::Bool, None),
    ("logs-max-total-size-mb", Kind::Int, Some(0)),
    ("error-logs-max-files", Kind::Int, Some(10)),
    ("usage-statistics-enabled", Kind::Bool, None),
    ("proxy-url", Kind::Str, None),
    ("request-log", Kind::Bool, None),
    ("ws-auth", Kind::Bool, None),
    ("request-retry", Kind::Int, None),
    ("max-retry-credentials", Kind::Int, Some(0)),
    ("max-retry-interval", Kind::Int, None),
    ("force-model-prefix", Kind::Bool, None),
    ("quota-exceeded/switch-project", Kind::Bool, None),
    ("quota-exceeded/switch-preview-model", Kind::Bool, None),
    ("routing/strategy", Kind::Str, None),
];

const STRATEGIES: &[(&str, &[&str])] = &[
    ("round-robin", &["", "round-robin", "roundrobin", "rr"]),
    (
        "weighted-round-robin",
        &["weighted-round-robin", "weightedroundrobin", "wrr"],
    ),
    ("fill-first", &["fill-first", "fillfirst", "ff"]),
];

pub(in crate::fake) fn get(world: &mut World, request: &Request) -> Reply {
    let Some((path, kind, _)) = scalar(request) else {
        return Reply::not_found();
    };
    let mut value = world.config.running();
    for key in path.split('/') {
        value = value.get(key);
    }
    let strategy = Value::Str(
        normal_strategy(value.str())
            .unwrap_or("round-robin")
            .to_owned(),
    );
    let value = if *path == "routing/strategy" {
        &strategy
    } else {
        value
    };
    let key = path.rsplit('/').next().unwrap_or(path);
    Reply::json(
        200,
        format!("{{\"{key}\":{}}}", schema::json::print(*kind, value)),
    )
}

/// PUT and PATCH: `{"value":X}`.
pub(in crate::fake) fn put(world: &mut World, request: &Request) -> Reply {
    let Some((path, kind, negative)) = scalar(request) else {
        return Reply::not_found();
    };
    let value = request
        .json()
        .and_then(|body| body.get("value").cloned())
        .filter(|value| !value.is_null())
        .and_then(|value| schema::json::read(*kind, &value));
    let mut value = match value {
        Some(Value::Int(number)) if number < 0 => Value::Int(negative.unwrap_or(number)),
        Some(value) => value,
        None => return Reply::error(400, "invalid body"),
    };
    if *path == "routing/strategy" {
        match normal_strategy(value.str()) {
            Some(name) => value = Value::Str(name.to_owned()),
            None => return Reply::error(400, "invalid strategy"),
        }
    }
    store(world, path, value)
}

/// Only `proxy-url` can be deleted.
pub(in crate::fake) fn delete_proxy_url(world: &mut World, _: &Request) -> Reply {
    store(world, "proxy-url", Value::Str(String::new()))
}

fn scalar(request: &Request) -> Option<&'static (&'static str, Kind, Option<i64>)> {
    SCALARS
        .iter()
        .find(|(path, ..)| request.management_path() == Some(path))
}

fn store(world: &mut World, path: &str, value: Value) -> Reply {
    world.change_config(|running| match path.split_once('/') {
        Some((block, key)) => {
            if let Some(block) = running.get_mut(block) {
                block.set(key, value);
            }
        }
        None => running.set(path, value),
    });
    Reply::ok()
}

fn normal_strategy(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    STRATEGIES
        .iter()
        .find(|(_, spellings)| spellings.contains(&text.as_str()))
        .map(|(name, _)| *name)
}
