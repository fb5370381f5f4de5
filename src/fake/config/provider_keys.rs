//! The seven lists of upstream keys, and the rules by which each drops,
//! de-duplicates, patches and shows its entries.

pub(in crate::fake) mod routes;

use ring::digest::{SHA256, digest};
use serde_json::Value as Json;

use super::table::{CLAUDE_KEY, CODEX_KEY, GEMINI_KEY, OPENAI_COMPATIBILITY, VERTEX_KEY};
use crate::fake::go_json;
use crate::fake::schema::{self, Field, Kind, Value};

pub(super) const MAX_WEIGHT: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Gemini,
    Claude,
    Codex,
    Vertex,
    Compatibility,
}

#[derive(Debug)]
pub(in crate::fake) struct List {
    /// Also its key in every document.
    pub(in crate::fake) path: &'static str,
    fields: &'static [Field],
    rule: Rule,
    /// The provider in `api-key-usage`; compatibility entries use their name.
    provider: &'static str,
    /// Fields that a PATCH passes over.
    fixed: &'static [&'static str],
}

pub(in crate::fake) const LISTS: &[List] = &[
    List {
        path: "gemini-api-key",
        fields: GEMINI_KEY,
        rule: Rule::Gemini,
        provider: "gemini",
        fixed: &["priority", "models"],
    },
    List {
        path: "interactions-api-key",
        fields: GEMINI_KEY,
        rule: Rule::Gemini,
        provider: "gemini-interactions",
        fixed: &["priority", "models"],
    },
    List {
        path: "claude-api-key",
        fields: CLAUDE_KEY,
        rule: Rule::Claude,
        provider: "claude",
        fixed: &["priority", "cloak", "experimental-cch-signing"],
    },
    List {
        path: "codex-api-key",
        fields: CODEX_KEY,
        rule: Rule::Codex,
        provider: "codex",
        fixed: &["priority", "websockets"],
    },
    List {
        path: "xai-api-key",
        fields: CODEX_KEY,
        rule: Rule::Codex,
        provider: "xai",
        fixed: &["alpha-search"],
    },
    List {
        path: "vertex-api-key",
        fields: VERTEX_KEY,
        rule: Rule::Vertex,
        provider: "vertex",
        fixed: &["priority"],
    },
    List {
        path: "openai-compatibility",
        fields: OPENAI_COMPATIBILITY,
        rule: Rule::Compatibility,
        provider: "openai-compatibility",
        fixed: &["priority"],
    },
];

/// One usable upstream key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fake) struct Credential {
    pub(in crate::fake) provider: String,
    pub(in crate::fake) base_url: String,
    pub(in crate::fake) key: String,
    pub(in crate::fake) auth_index: String,
}

/// Every configured key that is in use, in the order of the lists.
pub(in crate::fake) fn credentials(running: &Value) -> Vec<Credential> {
    let mut all = Vec::new();
    for list in LISTS {
        for entry in running.get(list.path).list() {
            let (provider, keys) = match list.rule {
                Rule::Compatibility if entry.get("disabled").is_true() => continue,
                Rule::Compatibility => (
                    entry.get("name").str().to_lowercase(),
                    entry.get("api-key-entries").list(),
                ),
                _ => (list.provider.to_owned(), std::slice::from_ref(entry)),
            };
            for key in keys {
                let key = key.get("api-key").str();
                all.push(Credential {
                    provider: provider.clone(),
                    base_url: entry.get("base-url").str().to_owned(),
                    key: key.to_owned(),
                    auth_index: list.auth_index(entry, key),
                });
            }
        }
    }
    all
}

/// Trims, drops and de-duplicates as the loader does.
pub(super) fn normalize_all(running: &mut Value) {
    for list in LISTS {
        if let Some(Value::List(entries)) = running.get_mut(list.path) {
            entries.iter_mut().for_each(normalize);
            let mut kept: Vec<Value> = Vec::new();
            for entry in std::mem::take(entries) {
                if list.keeps(&entry) && !kept.iter().any(|other| list.same(other, &entry)) {
                    kept.push(entry);
                }
            }
            *entries = kept;
        }
    }
}

fn normalize(entry: &mut Value) {
    let Value::Map(fields) = entry else { return };
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("prefix", Value::Str(text)) => {
                let prefix = text.trim().trim_matches('/');
                *text = if prefix.contains('/') { "" } else { prefix }.to_owned();
            }
            (_, Value::Str(text)) => *text = text.trim().to_owned(),
            ("excluded-models", Value::List(models)) => {
                let mut kept: Vec<Value> = Vec::new();
                for model in models.iter() {
                    let model = Value::Str(model.str().trim().to_lowercase());
                    if !model.is_empty() && !kept.contains(&model) {
                        kept.push(model);
                    }
                }
                *models = kept;
            }
            ("headers", Value::Map(headers)) => {
                headers.retain(|(name, value)| {
                    !name.trim().is_empty() && !value.str().trim().is_empty()
                });
            }
            _ => {}
        }
    }
}

impl List {
    fn keeps(&self, entry: &Value) -> bool {
        let has = |key: &str| !entry.get(key).str().is_empty();
        match self.rule {
            Rule::Gemini => has("api-key") || has("base-url"),
            Rule::Claude => true,
            Rule::Codex | Rule::Compatibility => has("base-url"),
            Rule::Vertex => has("api-key"),
        }
    }

    fn same(&self, a: &Value, b: &Value) -> bool {
        let by: &[&str] = match self.rule {
            Rule::Gemini => &["api-key", "base-url", "proxy-url", "prefix", "headers"],
            Rule::Vertex => &["api-key", "base-url"],
            _ => return false,
        };
        by.iter().all(|key| a.get(key) == b.get(key))
    }

    fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    fn auth_index(&self, entry: &Value, key: &str) -> String {
        let base = entry.get("base-url").str();
        match self.rule {
            Rule::Vertex => auth_index(&format!("id:vertex:apikey:{}", auth_index(key))),
            _ => auth_index(&format!("{}:{base}+{key}", self.path)),
        }
    }

    /// As the list answers: with the index of the live credential.
    fn print(&self, entry: &Value) -> String {
        let members = self
            .fields
            .iter()
            .filter_map(|field| match (self.rule, field.key) {
                (Rule::Compatibility, "disabled") => {
                    Some(format!("\"disabled\":{}", entry.get("disabled").is_true()))
                }
                (Rule::Compatibility, "api-key-entries") => self.print_entries(field, entry),
                _ => schema::json::member(field, entry),
            });
        let mut members: Vec<String> = members.collect();
        if self.rule != Rule::Compatibility {
            members.push(index_member(
                &self.auth_index(entry, entry.get("api-key").str()),
            ));
        }
        format!("{{{}}}", members.join(","))
    }

    fn print_entries(&self, field: &Field, entry: &Value) -> Option<String> {
        let Kind::List(Kind::Struct(fields)) = field.kind else {
            return None;
        };
        let print = |key: &Value| {
            let mut members: Vec<String> = fields
                .iter()
                .filter_map(|field| schema::json::member(field, key))
                .collect();
            if !entry.get("disabled").is_true() {
                members.push(index_member(
                    &self.auth_index(entry, key.get("api-key").str()),
                ));
            }
            format!("{{{}}}", members.join(","))
        };
        let keys: Vec<String> = entry.get(field.key).list().iter().map(print).collect();
        (!keys.is_empty()).then(|| format!("\"{}\":[{}]", field.key, keys.join(",")))
    }

    /// The entry a PATCH means: a valid index wins.
    fn find(&self, entries: &[Value], body: &Json) -> Option<usize> {
        let index = body.get("index").and_then(Json::as_u64);
        if let Some(index) = index.and_then(|index| usize::try_from(index).ok())
            && index < entries.len()
        {
            return Some(index);
        }
        let (name, key) = match self.rule {
            Rule::Compatibility => ("name", "name"),
            _ => ("match", "api-key"),
        };
        let wanted = body.get(name)?.as_str()?.trim();
        entries
            .iter()
            .position(|entry| entry.get(key).str() == wanted)
    }

    /// Writes the fields of a PATCH into the entry; the text of the refusal.
    fn patch(&self, entry: &mut Value, changes: &Json) -> Result<(), &'static str> {
        for (key, change) in changes.as_object().ok_or("invalid body")? {
            let Some(field) = self
                .field(key)
                .filter(|field| !self.fixed.contains(&field.key))
            else {
                continue;
            };
            let value = match (field.key, change) {
                ("disable-cooling", Json::Null | Json::Bool(_)) => {
                    schema::json::read(field.kind, change)
                }
                ("disable-cooling", _) => return Err("disable-cooling must be a boolean or null"),
                // A negative number means "as the rest"; null changes nothing.
                ("request-retry", Json::Null) => continue,
                _ => schema::json::read(field.kind, change),
            }
            .ok_or("invalid body")?;
            if field.key == "weight" && value.int() > MAX_WEIGHT {
                return Err("weight must not exceed 1000000");
            }
            entry.set(field.key, value);
        }
        Ok(())
    }
}

fn index_member(index: &str) -> String {
    format!("\"auth-index\":{}", go_json::string(index))
}

/// Sixteen hex digits of SHA-256 over a seed.
pub(in crate::fake) fn auth_index(seed: &str) -> String {
    let hash = digest(&SHA256, seed.as_bytes());
    let start = hash.as_ref().first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}
