//! Which models there are: a small catalogue by channel, and the lists made of
//! it. Entries of the catalogue are answered as the texts they are.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value as Json, json};

use super::auth_files::AuthFile;
use super::config::provider_keys;
use super::go_json;
use super::reply::{Reply, Request};
use super::schema::Value;
use super::upstream::Call;
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

impl Model {
    fn for_clients(&self, id: &str) -> Json {
        let mut shown = json!({"id": id, "object": "model", "owned_by": self.text_of("owned_by")});
        if let (Some(created), Json::Object(shown)) = (self.json.get("created"), &mut shown) {
            shown.insert("created".to_owned(), created.clone());
        }
        shown
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
    let provider = world.auth_files.get(name).map(AuthFile::provider);
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

/// `POST /reset-quota`: which models of an account may be tried again.
pub(super) fn reset_quota(world: &mut World, request: &Request) -> Reply {
    let Some(Json::Object(body)) = request.json() else {
        return Reply::error(400, "invalid request body");
    };
    let index = body
        .get("auth_index")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .trim();
    if index.is_empty() {
        return Reply::error(400, "auth_index is required");
    }
    let dir = world.config.auth_dir();
    let provider = world
        .auth_files
        .iter()
        .find(|file| file.auth_index(dir) == index)
        .map(AuthFile::provider)
        .or_else(|| {
            let keys = provider_keys::credentials(world.config.running());
            Some(
                keys.into_iter()
                    .find(|key| key.auth_index == index)?
                    .provider,
            )
        });
    match provider {
        None => Reply::error(404, "auth not found"),
        Some(provider) => {
            let models: Vec<&str> = of_channel(&provider)
                .map(|model| model.text_of("id"))
                .collect();
            Reply::value(
                200,
                &json!({"status": "ok", "auth_index": index, "models": models}),
            )
        }
    }
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
    let sources = sources(world);
    let forced = running.get("force-model-prefix").is_true();
    for model in catalogue() {
        let id = model.text_of("id");
        let serving = |source: &&Source| source.serves(model.channel, id);
        for Source { prefix, .. } in sources.iter().filter(serving) {
            if prefix.is_empty() || !forced {
                add(model.for_clients(id));
            }
            if !prefix.is_empty() {
                add(model.for_clients(&format!("{prefix}/{id}")));
            }
        }
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

/// `POST /v1/chat/completions` of a compatible provider: the invented world
/// answers. Counts nothing and makes no event.
pub(super) fn chat(world: &mut World, request: &Request) -> Reply {
    if let Err(refusal) = client_access(world, request) {
        return refusal;
    }
    let body = request.json().unwrap_or_default();
    let wanted = body.get("model").and_then(Json::as_str).unwrap_or_default();
    let providers = world.config.running().get("openai-compatibility").list();
    let found = providers.iter().find_map(|provider| {
        let named =
            |model: &&Value| [model.get("alias").str(), model.get("name").str()].contains(&wanted);
        let model = provider.get("models").list().iter().find(named)?;
        Some((provider.get("base-url").str(), model.get("name").str()))
    });
    let Some((base, model)) = found else {
        return Reply::error(400, &format!("unknown provider for model {wanted}"));
    };
    let call = Call {
        method: String::from("POST"),
        url: format!("{base}/chat/completions"),
        headers: BTreeMap::new(),
        body: json!({ "model": model }).to_string(),
    };
    let trace = format!(
        "{}-{:016x}-{:08x}",
        world.now().utc().format("%Y%m%d%H%M%S"),
        world.started.0,
        world.requests.len()
    );
    let reply = match world.upstream.send(&call) {
        Ok(answer) => Reply::new(answer.status, "application/json", answer.body),
        Err(what) => Reply::error(500, &what),
    };
    reply.header("X-Cpa-Trace-Id", trace)
}

/// A live credential, and what it does not serve.
struct Source {
    channel: String,
    prefix: String,
    excluded: Vec<String>,
}

impl Source {
    fn serves(&self, channel: &str, id: &str) -> bool {
        self.channel == channel && !self.excluded.iter().any(|pattern| matches(pattern, id))
    }
}

fn sources(world: &World) -> Vec<Source> {
    let running = world.config.running();
    let texts = |value: &Value| {
        value
            .list()
            .iter()
            .map(|text| text.str().to_owned())
            .collect()
    };
    let files = world
        .auth_files
        .iter()
        .filter(|file| !file.disabled())
        .map(|file| {
            let channel = file.provider();
            let prefix = file.content.get("prefix").and_then(Json::as_str);
            Source {
                prefix: prefix.unwrap_or_default().to_owned(),
                excluded: texts(running.get("oauth-excluded-models").get(&channel)),
                channel,
            }
        });
    let channels = ["gemini", "claude", "codex", "xai"];
    let keys = channels.iter().flat_map(|channel| {
        let keys = running.get(&format!("{channel}-api-key")).list().iter();
        keys.map(|key| Source {
            channel: (*channel).to_owned(),
            prefix: key.get("prefix").str().to_owned(),
            excluded: texts(key.get("excluded-models")),
        })
    });
    files.chain(keys).collect()
}

/// `*` stands for any text.
fn matches(pattern: &str, id: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == id,
        Some((start, rest)) => id.strip_prefix(start).is_some_and(|id| {
            let ends = id.char_indices().map(|(at, _)| at).chain([id.len()]);
            ends.map(|at| id.get(at..).unwrap_or_default())
                .any(|id| matches(rest, id))
        }),
    }
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
