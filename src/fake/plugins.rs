//! Plugins as a gateway without any shows them: none is installed, yet each
//! may be configured.

use serde_json::{Value as Json, json};

use super::reply::{Reply, Request};
use super::schema::{self, Kind, Value};
use super::world::World;

/// `GET /plugins`.
pub(super) fn list(world: &mut World, _: &Request) -> Reply {
    let plugins = world.config.running().get("plugins");
    let configured: Vec<String> = plugins
        .get("configs")
        .entries()
        .iter()
        .map(|(id, settings)| {
            let enabled = settings.get("enabled").is_true();
            let id = super::go_json::string(id);
            format!(
                "{{\"id\":{id},\"path\":\"\",\"configured\":true,\"registered\":false,\"enabled\":{enabled},\
                 \"effective_enabled\":false,\"supports_oauth\":false,\"oauth_provider\":\"\",\"logo\":\"\",\
                 \"config_fields\":[],\"menus\":[],\"metadata\":null}}"
            )
        })
        .collect();
    Reply::json(
        200,
        format!(
            "{{\"plugins_enabled\":{},\"plugins_dir\":{},\"plugins\":[{}]}}",
            plugins.get("enabled").is_true(),
            super::go_json::string(plugins.get("dir").str()),
            configured.join(",")
        ),
    )
}

/// `GET /plugins/:id/config`.
pub(super) fn get_config(world: &mut World, request: &Request) -> Reply {
    let id = match plugin_id(request) {
        Ok(id) => id,
        Err(refusal) => return refusal,
    };
    match world.config.running().get("plugins").get("configs").get(id) {
        Value::Null => Reply::coded_error(404, "plugin_not_found", "plugin not found"),
        settings => Reply::json(200, schema::json::print(Kind::Any, settings)),
    }
}

/// `PUT /plugins/:id/config` replaces.
pub(super) fn put_config(world: &mut World, request: &Request) -> Reply {
    change(world, request, |_, settings| Some(settings))
}

/// `PATCH /plugins/:id/config` merges; null deletes.
pub(super) fn patch_config(world: &mut World, request: &Request) -> Reply {
    change(world, request, |old, changes| {
        let mut merged = old.entries().to_vec();
        for (key, value) in changes.entries() {
            merged.retain(|(old, _)| old != key);
            if *value != Value::Null {
                merged.push((key.clone(), value.clone()));
            }
        }
        Some(Value::Map(merged))
    })
}

/// `PATCH /plugins/:id/enabled`.
pub(super) fn patch_enabled(world: &mut World, request: &Request) -> Reply {
    change(world, request, |old, body| match body.get("enabled") {
        Value::Bool(on) => {
            let mut settings = match old {
                Value::Map(_) => old.clone(),
                _ => Value::Map(Vec::new()),
            };
            settings.set("enabled", Value::Bool(*on));
            Some(settings)
        }
        _ => None,
    })
}

/// `DELETE /plugins/:id`.
pub(super) fn delete(world: &mut World, request: &Request) -> Reply {
    let id = match plugin_id(request) {
        Ok(id) => id.to_owned(),
        Err(refusal) => return refusal,
    };
    if *world
        .config
        .running()
        .get("plugins")
        .get("configs")
        .get(&id)
        == Value::Null
    {
        return Reply::coded_error(404, "plugin_not_found", "plugin not found");
    }
    with_configs(world, |configs| configs.retain(|(name, _)| *name != id));
    Reply::value(
        200,
        &json!({
            "status": "deleted", "id": id, "path": "", "file_deleted": false,
            "configured_removed": true, "restart_required": false,
        }),
    )
}

/// `GET /plugin-store`: the registry is asked of the invented upstream.
pub(super) fn store(world: &mut World, _: &Request) -> Reply {
    const REGISTRY: &str = "https://raw.githubusercontent.com/router-for-me/CLIProxyAPI-Plugins-Store/main/registry.json";
    let registry = world.upstream.ask("GET", REGISTRY).and_then(|answer| {
        serde_json::from_str::<Json>(&answer.body).map_err(|error| error.to_string())
    });
    let registry = match registry {
        Ok(registry) => registry,
        Err(what) => {
            let what = format!("Get \"{REGISTRY}\": {what}");
            return Reply::coded_error(502, "plugin_store_registry_failed", &what);
        }
    };
    let plugins = world.config.running().get("plugins");
    Reply::value(
        200,
        &json!({
            "plugins_enabled": plugins.get("enabled").is_true(),
            "plugins_dir": plugins.get("dir").str(),
            "sources": [{"id": "official", "name": "Official", "url": REGISTRY}],
            "plugins": registry.get("plugins").unwrap_or(&json!([])),
        }),
    )
}

fn change(
    world: &mut World,
    request: &Request,
    change: impl FnOnce(&Value, Value) -> Option<Value>,
) -> Reply {
    let id = match plugin_id(request) {
        Ok(id) => id.to_owned(),
        Err(refusal) => return refusal,
    };
    let body = request.json().filter(Json::is_object);
    let Some(body) = body.and_then(|body| schema::json::read(Kind::Any, &body)) else {
        return Reply::coded_error(400, "invalid_body", "invalid request body");
    };
    let old = world
        .config
        .running()
        .get("plugins")
        .get("configs")
        .get(&id);
    let Some(settings) = change(old, body) else {
        return Reply::coded_error(400, "invalid_body", "enabled is required");
    };
    with_configs(world, |configs| {
        configs.retain(|(name, _)| *name != id);
        configs.push((id, settings));
    });
    Reply::ok()
}

fn with_configs(world: &mut World, change: impl FnOnce(&mut Vec<(String, Value)>)) {
    world.change_config(|running| {
        if let Some(Value::Map(configs)) = running
            .get_mut("plugins")
            .and_then(|plugins| plugins.get_mut("configs"))
        {
            change(configs);
        }
    });
}

/// The part after `plugins/`.
fn plugin_id(request: &Request) -> Result<&str, Reply> {
    let id = request.path.split('/').nth(4).unwrap_or_default();
    let sound = id.len() <= 128
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if sound {
        Ok(id)
    } else {
        Err(Reply::coded_error(
            400,
            "invalid_plugin_id",
            "invalid plugin id",
        ))
    }
}
