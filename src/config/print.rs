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

/// Where a value comes from that nobody set, as the list says it.
pub const NOT_GIVEN: [&str; 6] = [
    "default",
    "not set",
    "set in the panel",
    "default, or set in the panel",
    "generated at the first start, or set by reset-admin-key",
    "read from data-key-path",
];

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
    let [by_default, ..] = NOT_GIVEN;
    let (value, source) = match setting.default {
        Some(value) => (value.to_owned(), by_default),
        None => worked_out(setting, data_dir),
    };
    Line {
        name: setting.name,
        value,
        source: source.to_owned(),
        given: false,
    }
}

fn worked_out(setting: &Setting, data_dir: &Path) -> (String, &'static str) {
    let name = |other: &Setting| setting.name == other.name;
    let default = Settings::default();
    let [
        by_default,
        not_set,
        by_panel,
        by_either,
        generated,
        from_file,
    ] = NOT_GIVEN;
    let nothing = || String::from("-");
    let beside = |file: &str| data_dir.join(file).display().to_string();
    if name(&table::DB_PATH) {
        (beside(DATABASE), by_default)
    } else if name(&table::DATA_KEY_PATH) {
        (beside(DATA_KEY_FILE), by_default)
    } else if name(&table::CPA_URL) || name(&table::CPA_MANAGEMENT_KEY) {
        (nothing(), by_panel)
    } else if name(&table::ADMIN_KEY) {
        (nothing(), generated)
    } else if name(&table::DATA_KEY) {
        (nothing(), from_file)
    } else if name(&table::CPA_INSECURE_TLS) {
        (String::from("false"), by_either)
    } else if name(&table::COLLECTOR_ENABLED) {
        (default.enabled.to_string(), by_either)
    } else if name(&table::COLLECTOR_MODE) {
        (default.mode.code().to_owned(), by_either)
    } else if name(&table::BATCH_SIZE) {
        (default.batch.to_string(), by_either)
    } else if name(&table::POLL_INTERVAL_MS) {
        (default.poll_interval.0.to_string(), by_either)
    } else {
        (nothing(), not_set)
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
