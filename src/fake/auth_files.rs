//! The auth files: one OAuth account each, as the gateway lists them. Files
//! live in memory; their tokens are shown only to who downloads a file.

pub(super) mod changes;
pub(super) mod transfer;

use serde_json::{Map, Value as Json, json};

use super::config::provider_keys::auth_index;
use super::counters;
use super::go_json;
use super::reply::{Reply, Request};
use super::version::Version;
use super::world::World;
use crate::domain::units::At;

/// One file and what the gateway remembers about its account.
#[derive(Clone, Debug)]
pub(super) struct AuthFile {
    pub(super) name: String,
    /// The bytes of the file.
    pub(super) text: String,
    pub(super) content: Map<String, Json>,
    created: At,
    modified: At,
    updated: At,
    /// Its token was renewed since the gateway started.
    refreshed: Option<At>,
}

#[derive(Debug, Default)]
pub(super) struct AuthFiles(Vec<AuthFile>);

/// Fields that older releases do not list.
const SINCE: &[(&str, Version)] = &[
    ("id", Version(6, 3, 14)),
    ("auth_index", Version(6, 3, 56)),
    ("recent_requests", Version(6, 9, 46)),
    ("success", Version(6, 9, 49)),
    ("failed", Version(6, 9, 49)),
    ("project_id", Version(7, 0, 7)),
    ("websockets", Version(7, 1, 22)),
    ("weight", Version(7, 2, 104)),
    ("request_retry", Version(7, 2, 140)),
];

impl AuthFile {
    fn new(name: &str, text: &str, now: At) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            content: serde_json::from_str(text).ok()?,
            created: now,
            modified: now,
            updated: now,
            refreshed: None,
        })
    }

    fn text_of(&self, key: &str) -> &str {
        self.content
            .get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
    }

    pub(super) fn provider(&self) -> String {
        self.text_of("type").to_lowercase()
    }

    pub(super) fn auth_index(&self, dir: &str) -> String {
        auth_index(&format!("{}:{dir}/{}", self.provider(), self.name))
    }

    pub(super) fn disabled(&self) -> bool {
        self.content.get("disabled") == Some(&Json::Bool(true))
    }

    /// Claims that the list shows of a Codex account.
    fn id_token(&self) -> Option<Json> {
        if self.provider() != "codex" {
            return None;
        }
        let payload = self.text_of("id_token").split('.').nth(1)?;
        let claims: Json = serde_json::from_slice(&base64url(payload)?).ok()?;
        let claims = claims.get("https://api.openai.com/auth")?;
        let shown = [
            ("chatgpt_account_id", "chatgpt_account_id"),
            ("plan_type", "chatgpt_plan_type"),
            (
                "chatgpt_subscription_active_start",
                "chatgpt_subscription_active_start",
            ),
            (
                "chatgpt_subscription_active_until",
                "chatgpt_subscription_active_until",
            ),
        ]
        .into_iter()
        .filter_map(|(name, claim)| Some((name.to_owned(), claims.get(claim)?.clone())));
        Some(Json::Object(shown.collect()))
    }

    fn entry(&self, world: &World) -> Map<String, Json> {
        let dir = world.config.auth_dir();
        let index = self.auth_index(dir);
        let shown = world.counters.show(world.now(), &index);
        let provider = self.provider();
        let email = self.text_of("email");
        let mut entry = Map::new();
        let mut set = |key: &str, value: Json| {
            entry.insert(key.to_owned(), value);
        };
        set("id", json!(self.name));
        set("auth_index", json!(index));
        set("name", json!(self.name));
        set("type", json!(provider));
        set("provider", json!(provider));
        set(
            "label",
            json!(if email.is_empty() { &provider } else { email }),
        );
        let trouble = world.troubles.get(&index).filter(|_| !self.disabled());
        let status = match trouble {
            _ if self.disabled() => "disabled",
            Some(trouble) if !trouble.status.is_empty() => &trouble.status,
            _ => "active",
        };
        let rests_until = trouble.and_then(|trouble| trouble.rests_until(world.now()));
        set("status", json!(status));
        let message = trouble.map_or("", |trouble| &trouble.status_message);
        set("status_message", json!(message));
        set("disabled", json!(self.disabled()));
        set("unavailable", json!(rests_until.is_some()));
        if let Some(until) = rests_until {
            set("next_retry_after", json!(go_time(until)));
        }
        set("runtime_only", json!(false));
        set("source", json!("file"));
        set("size", json!(self.text.len()));
        set("success", json!(shown.success));
        set("failed", json!(shown.failed));
        set("recent_requests", shown.recent_requests);
        set("account_type", json!("oauth"));
        if !email.is_empty() {
            set("email", json!(email));
            set("account", json!(email));
        }
        set("created_at", json!(go_time(self.created)));
        set("updated_at", json!(go_time(self.updated)));
        set("modtime", json!(go_time(self.modified)));
        if let Some(at) = self.refreshed {
            set("last_refresh", json!(go_time(at)));
        }
        set("path", json!(format!("{dir}/{}", self.name)));
        if let Some(claims) = self.id_token() {
            set("id_token", claims);
        }
        for key in [
            "project_id",
            "priority",
            "weight",
            "note",
            "websockets",
            "request_retry",
        ] {
            match self.content.get(key) {
                None | Some(Json::Null) => {}
                Some(Json::String(text)) if text.is_empty() => {}
                Some(value) => set(key, value.clone()),
            }
        }
        for (key, since) in SINCE {
            if world.version < *since {
                entry.remove(*key);
            }
        }
        entry
    }
}

impl AuthFiles {
    pub(super) fn new(files: &[(String, String)], now: At) -> Self {
        let mut all = Self::default();
        for (name, text) in files {
            all.put(name, text, now);
        }
        all
    }

    /// Adds or replaces; a text that is no JSON object is no auth file.
    pub(super) fn put(&mut self, name: &str, text: &str, now: At) -> bool {
        let Some(file) = AuthFile::new(name, text, now) else {
            return false;
        };
        self.0.retain(|file| file.name != name);
        self.0.push(file);
        self.0.sort_by_key(|file| file.name.to_lowercase());
        true
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|file| file.name != name);
        self.0.len() < before
    }

    /// As on a disk: what is in it stays, and when it was written.
    pub(super) fn rename(&mut self, name: &str, to: &str) -> bool {
        let found = self.0.iter_mut().find(|file| file.name == name);
        let Some(file) = found else { return false };
        to.clone_into(&mut file.name);
        self.0.sort_by_key(|file| file.name.to_lowercase());
        true
    }

    /// The gateway renewed the token of this account then.
    pub(super) fn refresh(&mut self, name: &str, at: At) {
        if let Some(file) = self.0.iter_mut().find(|file| file.name == name) {
            file.refreshed = Some(at);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &AuthFile> {
        self.0.iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&AuthFile> {
        self.0.iter().find(|file| file.name == name)
    }

    /// Rewrites one file as the gateway does: compact, keys sorted.
    pub(super) fn edit(&mut self, name: &str, now: At, edit: impl FnOnce(&mut Map<String, Json>)) {
        if let Some(file) = self.0.iter_mut().find(|file| file.name == name) {
            edit(&mut file.content);
            file.text = go_json::text(&Json::Object(file.content.clone()));
            file.modified = now;
            file.updated = now;
        }
    }
}

/// All of them, or those with a name or an index.
pub(super) fn list(world: &mut World, request: &Request) -> Reply {
    let filters = world.version >= Version(7, 2, 94);
    let wanted = |query: &str, value: &str| {
        !filters || request.query(query).is_none_or(|wanted| wanted == value)
    };
    let dir = world.config.auth_dir();
    let files: Vec<String> = world
        .auth_files
        .iter()
        .filter(|file| wanted("name", &file.name) && wanted("auth_index", &file.auth_index(dir)))
        .map(|file| entry_text(&file.entry(world)))
        .collect();
    Reply::json(200, format!("{{\"files\":[{}]}}", files.join(",")))
}

/// A sorted map, but for the buckets, which keep the order of their struct.
fn entry_text(entry: &Map<String, Json>) -> String {
    let members: Vec<String> = entry
        .iter()
        .map(|(key, value)| match key.as_str() {
            "recent_requests" => format!("\"{key}\":{}", counters::buckets_text(value)),
            _ => format!("\"{key}\":{}", go_json::text(value)),
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

/// RFC 3339 without trailing zeros in the fraction, in the gateway's zone: UTC.
pub(super) fn go_time(at: At) -> String {
    let text = at.rfc3339();
    let (whole, fraction) = text
        .trim_end_matches('Z')
        .split_once('.')
        .unwrap_or((&text, ""));
    match fraction.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        fraction => format!("{whole}.{fraction}Z"),
    }
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
