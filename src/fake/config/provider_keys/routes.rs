//! The routes of the upstream keys: read, replace, patch, delete. The list is
//! named by the path.

use serde_json::Value as Json;

use super::{LISTS, List, MAX_WEIGHT, Rule};
use crate::fake::reply::{Reply, Request};
use crate::fake::schema::{self, Kind, Value};
use crate::fake::world::World;

fn list_of(request: &Request) -> Option<&'static List> {
    LISTS
        .iter()
        .find(|list| request.management_path() == Some(list.path))
}

pub(in crate::fake) fn get(world: &mut World, request: &Request) -> Reply {
    let Some(list) = list_of(request) else {
        return Reply::not_found();
    };
    let entries = world.config.running().get(list.path).list();
    let entries: Vec<String> = entries.iter().map(|entry| list.print(entry)).collect();
    Reply::json(
        200,
        format!("{{\"{}\":[{}]}}", list.path, entries.join(",")),
    )
}

pub(in crate::fake) fn put(world: &mut World, request: &Request) -> Reply {
    let Some(list) = list_of(request) else {
        return Reply::not_found();
    };
    let entries = match request.json() {
        Some(Json::Object(body)) => body
            .get("items")
            .filter(|items| items.as_array().is_some_and(|items| !items.is_empty()))
            .cloned(),
        entries => entries,
    };
    let kind = Kind::List(&Kind::Any);
    let entries =
        entries.filter(|entries| entries.is_array() && schema::json::read(kind, entries).is_some());
    let read = entries.and_then(|entries| {
        let read = |entry: &Json| schema::json::read(Kind::Struct(list.fields), entry);
        entries
            .as_array()?
            .iter()
            .map(read)
            .collect::<Option<Vec<_>>>()
    });
    let Some(entries) = read else {
        return Reply::error(400, "invalid body");
    };
    for (index, entry) in entries.iter().enumerate() {
        let path = list.path;
        if entry.get("weight").int() > MAX_WEIGHT {
            let text = format!("{path}[{index}].weight: weight must not exceed {MAX_WEIGHT}");
            return Reply::error(400, &text);
        }
        if list.rule == Rule::Vertex && entry.get("api-key").str().trim().is_empty() {
            return Reply::error(400, &format!("{path}[{index}].api-key is required"));
        }
    }
    store(world, list, entries)
}

pub(in crate::fake) fn patch(world: &mut World, request: &Request) -> Reply {
    let Some(list) = list_of(request) else {
        return Reply::not_found();
    };
    let Some(body @ Json::Object(_)) = request.json() else {
        return Reply::error(400, "invalid body");
    };
    let Some(changes) = body.get("value").filter(|value| !value.is_null()) else {
        return Reply::error(400, "invalid body");
    };
    let mut entries = world.config.running().get(list.path).list().to_vec();
    let Some(entry) = list
        .find(&entries, &body)
        .and_then(|index| entries.get_mut(index))
    else {
        return Reply::error(404, "item not found");
    };
    if let Err(refusal) = list.patch(entry, changes) {
        return Reply::error(400, refusal);
    }
    // An entry that lost its identity is dropped by the rules of its list.
    store(world, list, entries)
}

pub(in crate::fake) fn delete(world: &mut World, request: &Request) -> Reply {
    let Some(list) = list_of(request) else {
        return Reply::not_found();
    };
    let mut entries = world.config.running().get(list.path).list().to_vec();
    let (by, field) = match list.rule {
        Rule::Compatibility => ("name", "name"),
        _ => ("api-key", "api-key"),
    };
    let wanted = request
        .query(by)
        .map(str::trim)
        .filter(|text| !text.is_empty());
    if let Some(wanted) = wanted {
        let base = request.query("base-url").map(str::trim);
        let hit = |entry: &Value| {
            entry.get(field).str() == wanted
                && base.is_none_or(|base| entry.get("base-url").str() == base)
        };
        let hits = entries.iter().filter(|entry| hit(entry)).count();
        match (list.rule, hits, base) {
            (Rule::Compatibility, ..) => {}
            (Rule::Gemini, 0, _) => return Reply::error(404, "item not found"),
            (Rule::Gemini, 2.., Some(_)) => {
                return Reply::error(400, "multiple items match; index is required");
            }
            (_, 2.., None) => {
                return Reply::error(400, "multiple items match api-key; base-url is required");
            }
            _ => {}
        }
        entries.retain(|entry| !hit(entry));
        return store(world, list, entries);
    }
    let index = request.query("index").and_then(|index| index.parse().ok());
    match index.filter(|index: &usize| *index < entries.len()) {
        Some(index) => {
            entries.remove(index);
            store(world, list, entries)
        }
        None => Reply::error(400, &format!("missing {by} or index")),
    }
}

fn store(world: &mut World, list: &List, entries: Vec<Value>) -> Reply {
    world.change_config(|running| running.set(list.path, Value::List(entries)));
    Reply::ok()
}
