//! The configuration: flag over environment over default, every value checked,
//! all problems reported at once. The only module that reads the environment.
//! Settings a person may also change in the panel are `Option<Fixed<_>>` here:
//! given = locked in the panel and never written to the database.

mod demo;
mod print;
mod sources;
mod table;
mod values;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ArgMatches;
use secrecy::{ExposeSecret, SecretString};

pub(crate) use self::demo::holds_in_a_demo;
pub use self::print::{Line, NOT_GIVEN};
pub use self::sources::{Environment, Source, of_process};
pub(crate) use self::sources::{flags, flags_listing};
pub use self::values::{BasePath, Network, PublicUrl};

use self::sources::Texts;
use self::table::Setting;
use crate::domain::address;
use crate::domain::collection::{Mode, PopSide};
use crate::domain::time::Zone;
use crate::domain::units::Ms;

/// Shorter keys can be guessed.
pub const SHORTEST_ADMIN_KEY: usize = 16;

/// What the person who starts the program decided.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub db_path: PathBuf,
    pub allow_network_disk: bool,
    pub base_path: BasePath,
    pub public_url: Option<PublicUrl>,
    pub trusted_proxies: Vec<Network>,
    pub admin_key: Option<Fixed<SecretString>>,
    pub data_key: Option<Fixed<SecretString>>,
    /// Where `data.key` lies when `data_key` is not given.
    pub data_key_path: PathBuf,
    pub collection: FixedCollection,
    /// Origins, as browsers write them, whose pages may call the API.
    pub cors_origins: Vec<String>,
    /// Relayed requests a second of one network; 0 = any number.
    pub relay_rate: u32,
    pub tz: Zone,
    pub log: log::LevelFilter,
    /// Things worth a line in the log once it runs.
    pub warnings: Vec<String>,
    listed: Vec<Line>,
}

/// The part of the collector's settings that is fixed from outside.
#[derive(Clone, Debug, Default)]
pub struct FixedCollection {
    pub url: Option<Fixed<String>>,
    pub key: Option<Fixed<SecretString>>,
    pub insecure_tls: Option<Fixed<bool>>,
    pub enabled: Option<Fixed<bool>>,
    pub mode: Option<Fixed<Mode>>,
    pub batch: Option<Fixed<u32>>,
    pub poll_interval: Option<Fixed<Ms>>,
    pub queue: String,
    pub pop_side: PopSide,
}

/// A value that pages show as locked, with the name that holds it.
#[derive(Clone, Debug)]
pub struct Fixed<T> {
    pub value: T,
    pub by: String,
}

/// All that is wrong, one line each.
#[derive(Debug, thiserror::Error)]
pub struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not valid:")?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl Config {
    /// Reads and checks everything; secret files are read here.
    pub fn load(flags: &ArgMatches, environment: &Environment) -> Result<Self, Problems> {
        let mut check = Check {
            texts: Texts::collect(flags, environment),
        };
        let config = check.config(environment);
        match (config, check.texts.problems) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(Problems(problems)),
        }
    }

    /// Each setting, its value (secrets as `***`) and where it came from.
    #[must_use]
    pub fn listed(&self) -> &[Line] {
        &self.listed
    }

    /// The same as text in columns.
    #[must_use]
    pub fn printed(&self) -> String {
        print::table(&self.listed)
    }

    /// The address of a local path, base path included.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.base_path.join(path)
    }
}

/// Parses setting by setting and remembers every problem.
struct Check {
    texts: Texts,
}

impl Check {
    fn config(&mut self, environment: &Environment) -> Option<Config> {
        let listen = self.given(&table::LISTEN, values::listen);
        let data_dir = self.path(&table::DATA_DIR)?;
        let allow_network_disk = self.given(&table::ALLOW_NETWORK_DISK, values::boolean);
        let base_path = self
            .given(&table::BASE_PATH, BasePath::parse)
            .unwrap_or_default();
        let public_url = self.public_url(&base_path);
        let trusted_proxies = self
            .given(&table::TRUSTED_PROXIES, Network::parse_list)
            .unwrap_or_default();
        let admin_key = self.secret(&table::ADMIN_KEY, SHORTEST_ADMIN_KEY);
        let data_key = self.secret(&table::DATA_KEY, SHORTEST_ADMIN_KEY);
        let collection = self.collection();
        let cors_origins = self
            .given(&table::CORS_ORIGINS, values::origins)
            .unwrap_or_default();
        let relay_rate = self.given(&table::RELAY_RATE, |text| {
            let number = values::number(text, 0, 1_000_000)?;
            Ok(u32::try_from(number).unwrap_or(0))
        });
        let tz = self.given(&table::TZ, |text| {
            text.parse()
                .map_err(|_| format!("{text:?} is not a time zone like Europe/Berlin"))
        });
        let log = self.given(&table::LOG, |text| {
            text.parse()
                .map_err(|_| format!("{text:?} is none of error, warn, info, debug and trace"))
        });
        let warnings = sources::unknown(environment)
            .into_iter()
            .map(|name| format!("{name} is not a setting of this program and has no effect"))
            .collect();
        Some(Config {
            listen: listen?,
            db_path: self
                .path(&table::DB_PATH)
                .unwrap_or_else(|| data_dir.join(print::DATABASE)),
            data_key_path: self
                .path(&table::DATA_KEY_PATH)
                .unwrap_or_else(|| data_dir.join(print::DATA_KEY_FILE)),
            allow_network_disk: allow_network_disk?,
            listed: print::list(&self.texts, &data_dir),
            data_dir,
            base_path,
            public_url,
            trusted_proxies,
            admin_key,
            data_key,
            collection,
            cors_origins,
            relay_rate: relay_rate?,
            tz: tz?,
            log: log?,
            warnings,
        })
    }

    fn collection(&mut self) -> FixedCollection {
        FixedCollection {
            url: self.fixed(&table::CPA_URL, |text| {
                address::gateway(text).map_err(|why| format!("{text:?} {why}"))
            }),
            key: self.secret(&table::CPA_MANAGEMENT_KEY, 1),
            insecure_tls: self.fixed(&table::CPA_INSECURE_TLS, values::boolean),
            enabled: self.fixed(&table::COLLECTOR_ENABLED, values::boolean),
            mode: self.fixed(&table::COLLECTOR_MODE, |text| {
                text.to_ascii_lowercase()
                    .parse()
                    .map_err(|_| format!("{text:?} is none of auto, resp, subscribe and http"))
            }),
            batch: self.fixed(&table::BATCH_SIZE, |text| {
                let number = values::number(text, 1, i64::from(MOST_EVENTS_AT_ONCE))?;
                Ok(u32::try_from(number).unwrap_or(MOST_EVENTS_AT_ONCE))
            }),
            poll_interval: self.fixed(&table::POLL_INTERVAL_MS, |text| {
                values::number(text, SHORTEST_POLL.0, LONGEST_POLL.0).map(Ms)
            }),
            queue: self
                .given(&table::RESP_QUEUE, |text| Ok(text.to_owned()))
                .unwrap_or_default(),
            pop_side: self
                .given(&table::RESP_POP_SIDE, |text| {
                    match text.to_ascii_lowercase().as_str() {
                        "left" => Ok(PopSide::Left),
                        "right" => Ok(PopSide::Right),
                        _ => Err(format!("{text:?} is neither left nor right")),
                    }
                })
                .unwrap_or_default(),
        }
    }

    fn public_url(&mut self, base_path: &BasePath) -> Option<PublicUrl> {
        let url = self.given(&table::PUBLIC_URL, PublicUrl::parse)?;
        if !url.agrees_with(base_path) {
            self.texts.problems.push(format!(
                "{}: it has the path {}, but {} is {:?}; set both alike",
                self.name(&table::PUBLIC_URL),
                url.path(),
                self.name(&table::BASE_PATH),
                base_path.as_str(),
            ));
        }
        Some(url)
    }

    /// The value, or a remembered problem.
    fn given<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = self.texts.get(setting)?;
        match parse(found.text.expose_secret()) {
            Ok(value) => Some(value),
            Err(why) => {
                let problem = format!("{}: {why}", found.source);
                self.texts.problems.push(problem);
                None
            }
        }
    }

    fn fixed<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Fixed<T>> {
        let by = self.name(setting);
        self.given(setting, parse).map(|value| Fixed { value, by })
    }

    /// A key as it came: nothing but its length is looked at.
    fn secret(&mut self, setting: &Setting, shortest: usize) -> Option<Fixed<SecretString>> {
        self.fixed(setting, |text| {
            if text.chars().count() < shortest {
                return Err(format!(
                    "the key is shorter than {shortest} characters and could be guessed"
                ));
            }
            if text.chars().any(char::is_control) {
                return Err(String::from(
                    "the key contains a line break or control character",
                ));
            }
            Ok(SecretString::from(text))
        })
    }

    fn path(&self, setting: &Setting) -> Option<PathBuf> {
        self.texts.get(setting).map(sources::path)
    }

    /// The name a person used, or the one to use.
    fn name(&self, setting: &Setting) -> String {
        match self.texts.get(setting) {
            Some(found) if found.source != Source::Default => found.source.to_string(),
            _ => setting.env.first().copied().unwrap_or_default().to_owned(),
        }
    }
}

/// Limits of the collector's settings, for the form as well.
pub const MOST_EVENTS_AT_ONCE: u32 = 5_000;
pub const SHORTEST_POLL: Ms = Ms(50);
/// A third of the longest retention a gateway allows.
pub const LONGEST_POLL: Ms = Ms(1_200_000);
