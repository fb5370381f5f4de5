//! How a management write reaches `config.yaml`: existing keys take the new
//! value in place, new keys are added only when they say something, and list
//! elements keep their comments when they can be recognised.

use crate::fake::yaml::{self, Body, Node, Style, Tag};

/// Blocks of past releases, removed on the first write.
const OBSOLETE: &[&str] = &[
    "auth",
    "ampcode",
    "amp-upstream-url",
    "amp-upstream-api-key",
    "amp-restrict-management-to-localhost",
    "amp-model-mappings",
    "generative-language-api-key",
];

/// Defaults that are not written into a file that does not have the key.
const KNOWN_DEFAULTS: &[(&str, &str)] = &[
    ("pprof.addr", "127.0.0.1:8316"),
    (
        "remote-management.panel-github-repository",
        "https://github.com/router-for-me/Cli-Proxy-API-Management-Center",
    ),
    ("plugins.dir", "plugins"),
    ("routing.strategy", "round-robin"),
    ("error-logs-max-files", "10"),
];

/// Names by which a list element is recognised, best first.
const IDENTITY: &[&str] = &[
    "id", "name", "alias", "api-key", "api_key", "apikey", "key", "provider", "model",
];

pub(super) fn into_file(file: &mut Node, fresh: &Node) {
    if let Body::Map(entries) = &mut file.body {
        entries.retain(|(key, _)| !key.scalar().is_some_and(|key| OBSOLETE.contains(&key)));
    }
    forget_missing(file, fresh);
    merge_map(file, fresh, "");
}

/// Maps whose entries disappear from the file when they are gone. An emptied
/// alias map stays as `{}`, so that its removal survives a reload.
fn forget_missing(file: &mut Node, fresh: &Node) {
    let Body::Map(entries) = &mut file.body else {
        return;
    };
    entries.retain_mut(|(key, value)| {
        match (key.scalar(), fresh.get(key.scalar().unwrap_or_default())) {
            (Some("oauth-excluded-models"), None) => false,
            (Some("oauth-model-alias"), None) => {
                value.body = Body::Map(Vec::new());
                true
            }
            (Some("oauth-excluded-models" | "oauth-model-alias"), Some(fresh)) => {
                keep_only(value, fresh);
                true
            }
            _ => true,
        }
    });
    if let Some(configs) = file
        .get_mut("plugins")
        .and_then(|plugins| plugins.get_mut("configs"))
        && let Some(fresh) = fresh
            .get("plugins")
            .and_then(|plugins| plugins.get("configs"))
    {
        keep_only(configs, fresh);
    }
}

fn keep_only(old: &mut Node, fresh: &Node) {
    if let (Body::Map(entries), Body::Map(_)) = (&mut old.body, &fresh.body) {
        entries.retain(|(key, _)| key.scalar().is_some_and(|key| fresh.get(key).is_some()));
    }
}

fn merge_map(old: &mut Node, fresh: &Node, path: &str) {
    if !matches!(old.body, Body::Map(_)) {
        old.body = fresh.body.clone();
        return;
    }
    for (key, value) in fresh.entries() {
        let name = key.scalar().unwrap_or_default();
        let path = join(path, name);
        if let Some(old) = old.get_mut(name) {
            merge(old, value, &path);
        } else if let Some(value) = worth_adding(value, &path)
            && let Body::Map(entries) = &mut old.body
        {
            entries.push((key.clone(), value));
        }
    }
}

fn merge(old: &mut Node, fresh: &Node, path: &str) {
    match &fresh.body {
        Body::Map(_) => merge_map(old, fresh, path),
        Body::List(items) => merge_list(old, items, path),
        Body::Scalar { text, style } => match &mut old.body {
            // The file's quoting stays.
            Body::Scalar {
                text: old,
                style: kept,
            } => {
                old.clone_from(text);
                if *kept == Style::Plain {
                    *kept = *style;
                }
            }
            // Go writes an unset list as `[]`.
            Body::List(items) if fresh.tag() == Some(Tag::Null) => items.clear(),
            body => *body = fresh.body.clone(),
        },
    }
}

fn merge_list(old: &mut Node, fresh: &[Node], path: &str) {
    if old.tag() == Some(Tag::Null) && fresh.is_empty() {
        return;
    }
    let mut known = match &mut old.body {
        Body::List(items) => std::mem::take(items),
        _ => Vec::new(),
    };
    let merged = fresh.iter().map(|item| {
        let Some(at) = known.iter().position(|old| is_same(old, item)) else {
            return item.clone();
        };
        let mut element = known.remove(at);
        merge(&mut element, item, path);
        keep_only(&mut element, item);
        element
    });
    old.body = Body::List(merged.collect());
}

fn is_same(old: &Node, fresh: &Node) -> bool {
    match (&old.body, &fresh.body) {
        (Body::Scalar { text: a, .. }, Body::Scalar { text: b, .. }) => a.trim() == b.trim(),
        (Body::Map(_), Body::Map(_)) => match (identity(old), identity(fresh)) {
            (Some(a), Some(b)) => a == b,
            _ => old.body == fresh.body,
        },
        _ => old.body == fresh.body,
    }
}

fn identity(element: &Node) -> Option<(&str, &str)> {
    let named = |name: &&'static str| {
        let value = element.get(name)?.scalar()?.trim();
        (!value.is_empty()).then_some((*name, value))
    };
    IDENTITY.iter().find_map(named)
}

/// The value without what goes without saying; `None` when nothing is left.
fn worth_adding(value: &Node, path: &str) -> Option<Node> {
    let mut value = value.clone();
    match &mut value.body {
        Body::Map(entries) => {
            let kept = std::mem::take(entries)
                .into_iter()
                .filter_map(|(key, value)| {
                    let path = join(path, key.scalar().unwrap_or_default());
                    Some((key, worth_adding(&value, &path)?))
                });
            *entries = kept.collect();
            (!entries.is_empty()).then_some(value)
        }
        Body::List(items) => {
            for item in items.iter_mut() {
                if let Some(kept) = worth_adding(item, path) {
                    *item = kept;
                }
            }
            (!items.is_empty()).then_some(value)
        }
        Body::Scalar { text, style } => {
            let says_nothing = match yaml::tag(text) {
                _ if *style != Style::Plain => text.is_empty(),
                // An explicit weight of 0 means "never".
                Tag::Int if path.ends_with(".weight") => false,
                Tag::Null => true,
                Tag::Bool => text == "false",
                Tag::Int => text == "0",
                _ => false,
            };
            let is_default = KNOWN_DEFAULTS
                .iter()
                .any(|(key, default)| *key == path && default == text);
            (!says_nothing && !is_default).then_some(value)
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
