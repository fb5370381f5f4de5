//! What holds and where it came from, secrets hidden: for `--print-config` and
//! the About page.

use std::fmt::Write as _;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::sources::Texts;
use super::table::{self, ALL, Setting};
use crate::domain::collection::Settings;

/// Setting, value, source; a value that nobody set is shown as it works out.
pub(crate) fn list(texts: &Texts, data_dir: &Path) -> Vec<[String; 3]> {
    ALL.into_iter()
        .map(|setting| {
            let (value, source) = match texts.get(setting) {
                Some(found) if setting.secret => (String::from("***"), found.source.to_string()),
                Some(found) => (
                    found.text.expose_secret().to_owned(),
                    found.source.to_string(),
                ),
                None => unset(setting, data_dir),
            };
            [setting.name.to_owned(), value, source]
        })
        .collect()
}

fn unset(setting: &Setting, data_dir: &Path) -> (String, String) {
    let name = |other: &Setting| setting.name == other.name;
    let default = Settings::default();
    let in_panel = |value: String| (value, String::from("default, or set in the panel"));
    let beside = |file: &str| {
        let path = data_dir.join(file).display().to_string();
        (path, String::from("default"))
    };
    if name(&table::DB_PATH) {
        beside("cpamp.sqlite")
    } else if name(&table::DATA_KEY_PATH) {
        beside("data.key")
    } else if name(&table::CPA_URL) || name(&table::CPA_MANAGEMENT_KEY) {
        (String::from("-"), String::from("set in the panel"))
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

pub(crate) fn table(list: &[[String; 3]]) -> String {
    let width = |column: usize| {
        let widths = list.iter().filter_map(|row| row.get(column));
        widths.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let (names, values) = (width(0), width(1));
    let mut out = String::new();
    for [name, value, source] in list {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:names$}  {value:values$}  {source}");
    }
    out
}
