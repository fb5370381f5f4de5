//! Settings for all OAuth accounts of a channel: excluded models, model
//! aliases, request-scoped errors. Each is a map by channel.

use serde_json::Value as Json;

use super::table::CONFIG;
use crate::fake::reply::{Reply, Request};
use crate::fake::schema::{self, Kind, Value};
use crate::fake::world::World;

struct OauthMap {
    path: &'static str,
    /// What the entries of one channel are called in a PATCH.
    values: &'static str,
    /// Names of the channel, in a PATCH and in a query; the first is the one
    /// errors speak of.
    channel: &'static [&'static str],
}

const MAPS: &[OauthMap] = &[
    OauthMap {
        path: "oauth-excluded-models",
        values: "models",
        channel: &["provider"],
    },
    OauthMap {
        path: "oauth-model-alias",
        values: "aliases",
        channel: &["channel", "provider"],
    },
    OauthMap {
        path: "oauth-request-scoped-errors",
        values: "rules",
        channel: &["channel", "provider"],
    },
];

impl OauthMap {
    fn of(request: &Request) -> Option<&'static Self> {
        MAPS.iter()
            .find(|map| request.management_path() == Some(map.path))
    }

    fn kind(&self) -> Kind {
        CONFIG
            .iter()
            .find(|field| field.key == self.path)
            .map_or(Kind::Any, |field| field.kind)
    }

    fn channel_error(&self, status: u16, how: (&str, &str)) -> Reply {
        let name = self.channel.first().unwrap_or(&"channel");
        Reply::error(status, &format!("{}{name}{}", how.0, how.1))
    }

    /// Lower-case channels, clean entries, nothing empty.
    fn normalize(&self, map: &mut Value) {
        if let Value::Map(channels) = map {
            for (channel, entries) in channels.iter_mut() {
                *channel = channel.trim().to_lowercase();
                if let Value::List(entries) = entries {
                    self.clean(entries);
                }
            }
            channels.retain(|(channel, entries)| !channel.is_empty() && !entries.is_empty());
        }
    }

    fn clean(&self, entries: &mut Vec<Value>) {
        let mut kept: Vec<Value> = Vec::new();
        for mut entry in std::mem::take(entries) {
            let keep = match self.path {
                "oauth-excluded-models" => {
                    entry = Value::Str(entry.str().trim().to_lowercase());
                    !entry.is_empty() && !kept.contains(&entry)
                }
                "oauth-model-alias" => {
                    let (name, alias) = (entry.get("name").str(), entry.get("alias").str());
                    !name.is_empty()
                        && !alias.is_empty()
                        && !name.eq_ignore_ascii_case(alias)
                        && !kept
                            .iter()
                            .any(|other| other.get("alias") == entry.get("alias"))
                }
                _ => {
                    entry.get("status").int() > 0
                        && !entry.get("action").is_empty()
                        && !(entry.get("match").is_empty() && entry.get("match-regexr").is_empty())
                }
            };
            if keep {
                kept.push(entry);
            }
        }
        *entries = kept;
    }
}

pub(in crate::fake) fn get(world: &mut World, request: &Request) -> Reply {
    let Some(map) = OauthMap::of(request) else {
        return Reply::not_found();
    };
    let value = world.config.running().get(map.path);
    let value = if value.is_empty() {
        &Value::Null
    } else {
        value
    };
    let text = schema::json::print(map.kind(), value);
    Reply::json(200, format!("{{\"{}\":{text}}}", map.path))
}

/// The map itself or `{"items":{…}}`.
pub(in crate::fake) fn put(world: &mut World, request: &Request) -> Reply {
    let Some(map) = OauthMap::of(request) else {
        return Reply::not_found();
    };
    let body = request.json().filter(Json::is_object);
    let items = body.map(|body| {
        body.get("items")
            .filter(|i| i.is_object())
            .cloned()
            .unwrap_or(body)
    });
    match items.and_then(|items| schema::json::read(map.kind(), &items)) {
        Some(value) => store(world, map, value),
        None => Reply::error(400, "invalid body"),
    }
}

/// One channel; an empty list removes it.
pub(in crate::fake) fn patch(world: &mut World, request: &Request) -> Reply {
    let Some(map) = OauthMap::of(request) else {
        return Reply::not_found();
    };
    let Some(body @ Json::Object(_)) = request.json() else {
        return Reply::error(400, "invalid body");
    };
    let channel = map
        .channel
        .iter()
        .find_map(|name| body.get(*name)?.as_str())
        .map(|channel| channel.trim().to_lowercase())
        .unwrap_or_default();
    if channel.is_empty() {
        return map.channel_error(400, ("invalid ", ""));
    }
    let Kind::Map(kind) = map.kind() else {
        return Reply::not_found();
    };
    let values = body.get(map.values).unwrap_or(&Json::Null);
    let Some(values) = schema::json::read(*kind, values) else {
        return Reply::error(400, "invalid body");
    };
    if values.is_empty() {
        return remove(world, map, &channel);
    }
    let mut value = world.config.running().get(map.path).clone();
    if value == Value::Null {
        value = Value::Map(Vec::new());
    }
    value.set(&channel, values);
    store(world, map, value)
}

pub(in crate::fake) fn delete(world: &mut World, request: &Request) -> Reply {
    let Some(map) = OauthMap::of(request) else {
        return Reply::not_found();
    };
    let channel = map
        .channel
        .iter()
        .find_map(|name| request.query(name))
        .map(|channel| channel.trim().to_lowercase())
        .unwrap_or_default();
    if channel.is_empty() {
        return map.channel_error(400, ("missing ", ""));
    }
    remove(world, map, &channel)
}

fn remove(world: &mut World, map: &OauthMap, channel: &str) -> Reply {
    let mut value = world.config.running().get(map.path).clone();
    match &mut value {
        Value::Map(channels) if channels.iter().any(|(name, _)| name == channel) => {
            channels.retain(|(name, _)| name != channel);
        }
        _ => return map.channel_error(404, ("", " not found")),
    }
    store(world, map, value)
}

fn store(world: &mut World, map: &OauthMap, mut value: Value) -> Reply {
    map.normalize(&mut value);
    world.change_config(|running| running.set(map.path, value));
    Reply::ok()
}
