//! Which models there are: a small catalogue by channel, and the lists made of
//! it. Entries of the catalogue are answered as the texts they are.

use std::sync::OnceLock;

use serde_json::{Value as Json, json};

use super::go_json;
use super::reply::{Reply, Request};
use super::schema::Value;
use super::world::World;

struct Model {
    channel: &'static str,
    text: &'static str,
    json: Json,
}

impl Model {
    fn text_of(&self, key: &str) -> &str {
        self.json
            .get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
    }
}

/// A model offered twice counts for the channel that comes first.
fn catalogue() -> &'static [Model] {
    static CATALOGUE: OnceLock<Vec<Model>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        include_str!("models.tsv")
            .lines()
            .filter_map(|line| {
                let (channel, text) = line.split_once('\t')?;
                let json = serde_json::from_str(text).ok()?;
                Some(Model {
                    channel,
                    text,
                    json,
                })
            })
            .collect()
    })
}

fn of_channel(channel: &str) -> impl Iterator<Item = &'static Model> {
    let channel = match channel {
        "x-ai" | "grok" => "xai",
        "gemini-interactions" | "vertex" | "aistudio" => "gemini",
        channel => channel,
    };
    catalogue()
        .iter()
        .filter(move |model| model.channel == channel)
}

/// `GET /model-definitions/:channel`.
pub(super) fn get_definitions(_: &mut World, request: &Request) -> Reply {
    let channel = request.last_part();
    let models: Vec<&str> = of_channel(channel).map(|model| model.text).collect();
    if models.is_empty() {
        return Reply::value(
            400,
            &json!({"error": "unknown channel", "channel": channel}),
        );
    }
    let channel = go_json::string(channel);
    Reply::json(
        200,
        format!(
            "{{\"channel\":{channel},\"models\":[{}]}}",
            models.join(",")
        ),
    )
}

/// `GET /auth-files/models?name=`.
pub(super) fn get_of_auth_file(world: &mut World, request: &Request) -> Reply {
    let Some(name) = request.query("name").filter(|name| !name.is_empty()) else {
        return Reply::error(400, "name is required");
    };
    let provider = world
        .auth_files
        .get(name)
        .map(super::auth_files::AuthFile::provider);
    let models: Vec<Json> = provider
        .into_iter()
        .flat_map(|provider| of_channel(&provider).collect::<Vec<_>>())
        .map(|model| {
            let known = ["id", "display_name", "type", "owned_by"]
                .into_iter()
                .filter(|key| !model.text_of(key).is_empty());
            known.map(|key| (key, model.text_of(key))).collect()
        })
        .collect();
    Reply::value(200, &json!({"models": models}))
}

/// `GET /v1/models`, for clients: their own key, never the management key.
pub(super) fn get_for_clients(world: &mut World, request: &Request) -> Reply {
    if let Err(refusal) = client_access(world, request) {
        return refusal;
    }
    let mut listed: Vec<Json> = Vec::new();
    let mut add = |model: Json| {
        if !listed
            .iter()
            .any(|other| other.get("id") == model.get("id"))
        {
            listed.push(model);
        }
    };
    let running = world.config.running();
    let has_key = |path: &str| !running.get(path).list().is_empty();
    let live = |channel: &str| {
        world
            .auth_files
            .iter()
            .any(|file| file.provider() == channel && !file.disabled())
            || has_key(&format!("{channel}-api-key"))
    };
    for model in catalogue().iter().filter(|model| live(model.channel)) {
        let mut shown = json!({
            "id": model.text_of("id"), "object": "model", "owned_by": model.text_of("owned_by")
        });
        if let (Some(created), Json::Object(shown)) = (model.json.get("created"), &mut shown) {
            shown.insert("created".to_owned(), created.clone());
        }
        add(shown);
    }
    for provider in running.get("openai-compatibility").list() {
        for model in provider.get("models").list() {
            let id = [model.get("alias").str(), model.get("name").str()];
            let id = id.into_iter().find(|id| !id.is_empty());
            add(json!({
                "id": id, "object": "model", "owned_by": provider.get("name").str(),
                "created": world.started.0 / 1000,
            }));
        }
    }
    Reply::value(200, &json!({"object": "list", "data": listed}))
}

/// Without client keys the proxy is open; with the template's keys it is shut.
fn client_access(world: &World, request: &Request) -> Result<(), Reply> {
    let keys: Vec<&str> = world
        .config
        .running()
        .get("api-keys")
        .list()
        .iter()
        .map(Value::str)
        .collect();
    if keys.iter().any(|key| key.starts_with("your-api-key-")) {
        let refusal = Reply::coded_error(
            403,
            "unsafe_example_api_key",
            "the configuration still has an example API key",
        );
        return Err(refusal.header("X-Cpa-Safe-Mode", "example-api-key"));
    }
    let authorization = request.header("authorization");
    let bearer = authorization
        .split_once(' ')
        .map_or(authorization, |(_, key)| key);
    let sent = [
        bearer,
        request.header("x-goog-api-key"),
        request.header("x-api-key"),
        request.query("key").unwrap_or_default(),
        request.query("auth_token").unwrap_or_default(),
    ];
    let mut sent = sent.iter().filter(|key| !key.is_empty()).peekable();
    if keys.is_empty() || sent.clone().any(|key| keys.contains(key)) {
        Ok(())
    } else if sent.peek().is_none() {
        Err(Reply::error(401, "Missing API key"))
    } else {
        Err(Reply::error(401, "Invalid API key"))
    }
}
