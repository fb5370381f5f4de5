//! `GET /usage-queue`: a destructive pop over HTTP, in the order of the queue.

use super::go_json;
use super::reply::{Reply, Request};
use super::world::World;

/// A bare array. An item that is no JSON comes as a JSON string.
pub(super) fn get(world: &mut World, request: &Request) -> Reply {
    let count = match request.query("count").map(str::trim) {
        None | Some("") => 1,
        Some(text) => match text.parse::<i64>() {
            Ok(count @ 1..) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => return Reply::error(400, "count must be a positive integer"),
        },
    };
    let items: Vec<String> = world
        .pop(count)
        .iter()
        .map(|item| {
            let text = String::from_utf8_lossy(item);
            if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
                text.into_owned()
            } else {
                go_json::string(&text)
            }
        })
        .collect();
    Reply::json(200, format!("[{}]", items.join(",")))
}
