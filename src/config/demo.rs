//! The configuration of a demo: everything that lasts or is real is replaced,
//! and what the person set of it is named, because it has no effect. The rest
//! (where it listens, the base path, the time zone …) holds as it was set.

use std::path::Path;

use super::print::{self, Line};
use super::table::{self, Setting};
use super::{Config, Fixed, FixedCollection};
use crate::domain::collection::Connection;

const BY: &str = "cpamp demo";

/// What a demo never takes from outside.
const REAL: [&Setting; 14] = [
    &table::DATA_DIR,
    &table::DB_PATH,
    &table::ADMIN_KEY,
    &table::DATA_KEY,
    &table::DATA_KEY_PATH,
    &table::CPA_URL,
    &table::CPA_MANAGEMENT_KEY,
    &table::CPA_INSECURE_TLS,
    &table::COLLECTOR_ENABLED,
    &table::COLLECTOR_MODE,
    &table::BATCH_SIZE,
    &table::POLL_INTERVAL_MS,
    &table::RESP_QUEUE,
    &table::RESP_POP_SIDE,
];

/// Whether a demo heeds it.
pub(crate) fn holds_in_a_demo(setting: &Setting) -> bool {
    !REAL.iter().any(|real| real.name == setting.name)
}

impl Config {
    /// The same for a demo that lives in `home` and collects from there, and
    /// the names of the settings that it leaves aside.
    #[must_use]
    pub fn for_demo(mut self, home: &Path, gateway: Connection) -> (Self, Vec<String>) {
        let mut aside = Vec::new();
        for line in &mut self.listed {
            let Some(setting) = REAL.iter().find(|setting| setting.name == line.name) else {
                continue;
            };
            if line.given {
                aside.push(line.source.clone());
            }
            *line = replaced(setting, home, &gateway);
        }
        let config = Self {
            data_dir: home.to_owned(),
            db_path: home.join(print::DATABASE),
            admin_key: None,
            data_key: None,
            data_key_path: home.join(print::DATA_KEY_FILE),
            collection: FixedCollection {
                url: Some(fixed(gateway.url)),
                key: Some(fixed(gateway.key)),
                enabled: Some(fixed(true)),
                queue: String::from("usage"),
                ..FixedCollection::default()
            },
            ..self
        };
        (config, aside)
    }
}

fn fixed<T>(value: T) -> Fixed<T> {
    let by = String::from(BY);
    Fixed { value, by }
}

fn replaced(setting: &'static Setting, home: &Path, gateway: &Connection) -> Line {
    let value = match setting.name {
        name if name == table::DATA_DIR.name => home.display().to_string(),
        name if name == table::CPA_URL.name => gateway.url.clone(),
        name if name == table::CPA_MANAGEMENT_KEY.name => String::from("***"),
        name if name == table::COLLECTOR_ENABLED.name => true.to_string(),
        _ => return print::default(setting, home),
    };
    Line {
        name: setting.name,
        value,
        source: String::from(BY),
        given: false,
    }
}
