//! What holds and where it came from, secrets hidden: for `--print-config` and
//! the About page.

use std::fmt::Write as _;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::sources::{Source, Texts};
use super::table::{self, ALL, Setting};
use crate::domain::collection::Settings;

/// File names in the data directory, unless somebody chose others.
pub(crate) const DATABASE: &str = "cpamp.sqlite";
pub(crate) const DATA_KEY_FILE: &str = "data.key";

/// A setting as it works out. Secrets are `***`.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: &'static str,
    pub value: String,
    pub source: String,
    /// Somebody set it; otherwise it is a default.
    pub given: bool,
}

pub(crate) fn list(texts: &Texts, data_dir: &Path) -> Vec<Line> {
    let line = |setting: &'static Setting| match texts.get(setting) {
        Some(found) if found.source != Source::Default => Line {
            name: setting.name,
            value: if setting.secret {
                String::from("***")
            } else {
                found.text.expose_secret().to_owned()
            },
            source: found.source.to_string(),
            given: true,
        },
        _ => default(setting, data_dir),
    };
    ALL.into_iter().map(line).collect()
}

/// The line of a setting that nobody set.
pub(crate) fn default(setting: &'static Setting, data_dir: &Path) -> Line {
    let (value, source) = match setting.default {
        Some(value) => (value.to_owned(), String::from("default")),
        None => worked_out(setting, data_dir),
    };
    Line {
        name: setting.name,
        value,
        source,
        given: false,
    }
}

fn worked_out(setting: &Setting, data_dir: &Path) -> (String, String) {
    let name = |other: &Setting| setting.name == other.name;
    let default = Settings::default();
    let in_panel = |value: String| (value, String::from("default, or set in the panel"));
    let beside = |file: &str| {
        let path = data_dir.join(file).display().to_string();
        (path, String::from("default"))
    };
    if name(&table::DB_PATH) {
        beside(DATABASE)
    } else if name(&table::DATA_KEY_PATH) {
        beside(DATA_KEY_FILE)
    } else if name(&table::CPA_URL) || name(&table::CPA_MANAGEMENT_KEY) {
        (String::from("-"), String::from("set in the panel"))
    } else if name(&table::ADMIN_KEY) {
        let made = String::from("generated at the first start, or set by reset-admin-key");
        (String::from("-"), made)
    } else if name(&table::DATA_KEY) {
        (String::from("-"), String::from("read from data-key-path"))
    } else if name(&table::CPA_INSECURE_TLS) {
        in_panel(String::from("false"))
    } else if name(&table::COLLECTOR_ENABLED) {
        in_panel(default.enabled.to_string())
    } else if name(&table::COLLECTOR_MODE) {
        in_panel(default.mode.code().to_owned())
    } else if name(&table::BATCH_SIZE) {
        in_panel(default.batch.to_string())
    } else if name(&table::POLL_INTERVAL_MS) {
        in_panel(default.poll_interval.0.to_string())
    } else {
        (String::from("-"), String::from("not set"))
    }
}

pub(crate) fn table(list: &[Line]) -> String {
    let width = |text: fn(&Line) -> &str| {
        let widths = list.iter().map(|line| text(line).chars().count());
        widths.max().unwrap_or(0)
    };
    let (names, values) = (width(|line| line.name), width(|line| &line.value));
    let mut out = String::new();
    for line in list {
        let Line {
            name,
            value,
            source,
            ..
        } = line;
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:names$}  {value:values$}  {source}");
    }
    out
}
