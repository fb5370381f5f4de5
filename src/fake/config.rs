//! The gateway's configuration: the text of `config.yaml` and what it means.
//! A management write changes the meaning first and is then merged into the
//! text, so that comments, order and unknown keys stay.

pub(super) mod client_keys;
pub(super) mod documents;
mod merge;
pub(super) mod oauth_maps;
pub(super) mod provider_keys;
pub(super) mod scalars;
pub(super) mod table;

use super::access::{self, Access};
use super::schema::{self, Kind, Value};
use super::yaml::{self, Body, Node, Style, read::SyntaxError};
use crate::domain::units::Ms;
use table::CONFIG;

use provider_keys::MAX_WEIGHT;

#[derive(Debug)]
pub(super) struct Config {
    text: String,
    tree: Node,
    /// Comment lines after the last key.
    foot: Vec<String>,
    running: Value,
}

/// Why a text is no configuration.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadConfig {
    /// Syntax or types, in Go's words.
    Yaml(String),
    /// Readable, and refused.
    Values(String),
}

impl Config {
    /// As the gateway starts or reloads: a plain management key is replaced by
    /// its hash in the text.
    pub(super) fn load(text: &str, access: &Access) -> Result<Self, BadConfig> {
        let (tree, foot) =
            yaml::read::parse(text).map_err(|SyntaxError(what)| BadConfig::Yaml(what))?;
        let mut errors = Vec::new();
        let running = schema::yaml::read(Kind::Struct(CONFIG), &tree, &mut errors);
        if !errors.is_empty() {
            let list = errors.join("\n  ");
            return Err(BadConfig::Yaml(format!(
                "yaml: unmarshal errors:\n  {list}"
            )));
        }
        let mut config = Self {
            text: text.to_owned(),
            tree,
            foot,
            running,
        };
        provider_keys::normalize_all(&mut config.running);
        config.validate()?;
        config.hash_plain_key(access);
        Ok(config)
    }

    fn validate(&self) -> Result<(), BadConfig> {
        for list in provider_keys::LISTS {
            for (index, entry) in self.running.get(list.path).list().iter().enumerate() {
                if entry.get("weight").int() > MAX_WEIGHT {
                    let path = list.path;
                    return Err(BadConfig::Values(format!(
                        "{path}[{index}].weight: weight must not exceed {MAX_WEIGHT}"
                    )));
                }
            }
        }
        Ok(())
    }

    fn hash_plain_key(&mut self, access: &Access) {
        let key = self.secret().to_owned();
        if key.is_empty() || access::is_hash(&key) {
            return;
        }
        let hash = access.hash(&key);
        let secret = self
            .tree
            .get_mut("remote-management")
            .and_then(|block| block.get_mut("secret-key"));
        if let Some(Node {
            body: Body::Scalar { text, style },
            ..
        }) = secret
        {
            text.clone_from(&hash);
            if *style == Style::Block {
                *style = Style::Double;
            }
        }
        if let Some(block) = self.running.get_mut("remote-management") {
            block.set("secret-key", Value::Str(hash));
        }
        self.text = yaml::print(&self.tree, &self.foot);
    }

    /// The bytes of the file.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn running(&self) -> &Value {
        &self.running
    }

    /// Applies a management write and saves the file.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.running);
        provider_keys::normalize_all(&mut self.running);
        let fresh = schema::yaml::tree(Kind::Struct(CONFIG), &self.running);
        merge::into_file(&mut self.tree, &fresh);
        self.text = yaml::print(&self.tree, &self.foot);
    }

    /// The management key as stored: a hash, or empty.
    pub(super) fn secret(&self) -> &str {
        self.running
            .get("remote-management")
            .get("secret-key")
            .str()
            .trim()
    }

    pub(super) fn allows_remote(&self) -> bool {
        self.running
            .get("remote-management")
            .get("allow-remote")
            .is_true()
    }

    pub(super) fn statistics_enabled(&self) -> bool {
        self.running.get("usage-statistics-enabled").is_true()
    }

    pub(super) fn retention(&self) -> Ms {
        let seconds = self.running.get("redis-usage-queue-retention-seconds");
        Ms(seconds.int().saturating_mul(1000))
    }

    pub(super) fn auth_dir(&self) -> &str {
        match self.running.get("auth-dir").str() {
            "" => "/root/.cli-proxy-api",
            dir => dir,
        }
    }

    pub(super) fn logs_to_file(&self) -> bool {
        self.running.get("logging-to-file").is_true()
    }

    /// The keys of the clients; empty = the proxy is open.
    pub(super) fn client_keys(&self) -> impl Iterator<Item = &str> {
        self.running.get("api-keys").list().iter().map(Value::str)
    }
}
