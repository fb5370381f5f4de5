//! The configuration as a whole: `GET /config` and `config.yaml`.

use super::table::CONFIG;
use super::{BadConfig, Config};
use crate::fake::reply::{Reply, Request};
use crate::fake::schema::{self, Value};
use crate::fake::version::Version;
use crate::fake::world::World;

/// Keys that are younger than the oldest gateway we play.
const SINCE: &[(&str, Version)] = &[
    ("redis-usage-queue-retention-seconds", Version(6, 10, 1)),
    ("plugins", Version(7, 1, 47)),
    ("interactions-api-key", Version(7, 2, 51)),
    ("xai-api-key", Version(7, 2, 73)),
    ("credential-concurrency", Version(7, 2, 96)),
    ("credential-in-flight", Version(7, 2, 96)),
];

pub(in crate::fake) fn get_json(world: &mut World, _: &Request) -> Reply {
    let mut shown = world.config.running().clone();
    hide_plugin_settings(&mut shown);
    let since = |key: &str| SINCE.iter().find(|(name, _)| *name == key);
    let members: Vec<String> = CONFIG
        .iter()
        .filter(|field| since(field.key).is_none_or(|(_, since)| world.version >= *since))
        .filter_map(|field| schema::json::member(field, &shown))
        .collect();
    Reply::json(200, format!("{{{}}}", members.join(",")))
}

/// Only the two settings that every plugin has are shown.
fn hide_plugin_settings(shown: &mut Value) {
    let Some(Value::Map(configs)) = shown
        .get_mut("plugins")
        .and_then(|plugins| plugins.get_mut("configs"))
    else {
        return;
    };
    for (_, settings) in configs {
        *settings = Value::Map(vec![
            (
                "enabled".to_owned(),
                Value::Bool(settings.get("enabled").is_true()),
            ),
            (
                "priority".to_owned(),
                Value::Int(settings.get("priority").int()),
            ),
        ]);
    }
}

pub(in crate::fake) fn get_yaml(world: &mut World, _: &Request) -> Reply {
    Reply::new(
        200,
        "application/yaml; charset=utf-8",
        world.config.text().to_owned(),
    )
    .header("Cache-Control", "no-store")
    .header("X-Content-Type-Options", "nosniff")
}

/// The whole file. Leaving the secret out switches management off.
pub(in crate::fake) fn put_yaml(world: &mut World, request: &Request) -> Reply {
    let text = String::from_utf8_lossy(&request.body);
    match Config::load(&text, &world.access) {
        Ok(config) => {
            world.replace_config(config);
            Reply::json(200, r#"{"changed":["config"],"ok":true}"#)
        }
        Err(BadConfig::Yaml(what)) => Reply::coded_error(400, "invalid_yaml", &what),
        Err(BadConfig::Values(what)) => Reply::coded_error(422, "invalid_config", &what),
    }
}
