//! `/api-keys`: the keys clients use, in clear.

use serde_json::Value as Json;

use crate::fake::reply::{Reply, Request};
use crate::fake::schema::{self, Kind, Value};
use crate::fake::world::World;

pub(in crate::fake) fn get(world: &mut World, _: &Request) -> Reply {
    let keys = world.config.running().get("api-keys");
    let keys = schema::json::print(Kind::List(&Kind::Str), keys);
    Reply::json(200, format!("{{\"api-keys\":{keys}}}"))
}

/// A bare array, or `{"items":[…]}` with something in it.
pub(in crate::fake) fn put(world: &mut World, request: &Request) -> Reply {
    let list = match request.json() {
        Some(Json::Object(body)) => body
            .get("items")
            .filter(|items| items.as_array().is_some_and(|items| !items.is_empty()))
            .cloned(),
        list => list,
    };
    let keys = list.and_then(|list| schema::json::read(Kind::List(&Kind::Str), &list));
    match keys {
        Some(keys) => store(world, keys),
        None => Reply::error(400, "invalid body"),
    }
}

/// By index, or by the old key; an unknown old key appends the new one.
pub(in crate::fake) fn patch(world: &mut World, request: &Request) -> Reply {
    let Some(Json::Object(body)) = request.json() else {
        return Reply::error(400, "invalid body");
    };
    let text = |name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    let mut keys: Vec<String> = world.config.client_keys().map(str::to_owned).collect();
    let index = body
        .get("index")
        .and_then(Json::as_u64)
        .and_then(|index| keys.get_mut(usize::try_from(index).ok()?));
    match (index, text("value"), text("old"), text("new")) {
        (Some(key), Some(value), ..) => *key = value,
        (_, _, Some(old), Some(new)) => match keys.iter_mut().find(|key| **key == old) {
            Some(key) => *key = new,
            None => keys.push(new),
        },
        _ => return Reply::error(400, "missing fields"),
    }
    store(world, strings(keys))
}

pub(in crate::fake) fn delete(world: &mut World, request: &Request) -> Reply {
    let mut keys: Vec<String> = world.config.client_keys().map(str::to_owned).collect();
    let index = request
        .query("index")
        .and_then(|index| index.parse().ok())
        .filter(|index: &usize| *index < keys.len());
    match (index, request.query("value")) {
        (Some(index), _) => {
            keys.remove(index);
        }
        (None, Some(value)) if !value.trim().is_empty() => {
            keys.retain(|key| key.trim() != value.trim());
        }
        _ => return Reply::error(400, "missing index or value"),
    }
    store(world, strings(keys))
}

fn strings(texts: Vec<String>) -> Value {
    Value::List(texts.into_iter().map(Value::Str).collect())
}

fn store(world: &mut World, keys: Value) -> Reply {
    world.change_config(|running| running.set("api-keys", keys));
    Reply::ok()
}
