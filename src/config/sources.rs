//! Finds where each value comes from: flag, then environment (own name, then
//! aliases, each with its `_FILE`), then default. Knows nothing of what a value
//! means. Secrets stay wrapped; problems never quote one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches};
use secrecy::{ExposeSecret, SecretString};

use super::table::{ALL, Setting};

/// The environment as a value, so that tests need not touch the process's.
pub type Environment = BTreeMap<String, String>;

/// A secret file larger than this is a wrong path, not a key.
const SECRET_FILE_LIMIT: u64 = 64 * 1024;

/// What holds a value, in words a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Flag(&'static str),
    Env(String),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Env(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A text with its origin; every text is treated as a secret until parsed.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) text: SecretString,
    pub(crate) source: Source,
}

/// The texts of all settings that have one, and what went wrong finding them.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    found: BTreeMap<&'static str, Found>,
    pub(crate) problems: Vec<String>,
}

impl Texts {
    /// Reads flags, environment and secret files.
    pub(crate) fn collect(flags: &ArgMatches, environment: &Environment) -> Self {
        let mut texts = Self::default();
        for setting in ALL {
            if let Some(found) = texts.find(setting, flags, environment) {
                texts.found.insert(setting.name, found);
            }
        }
        texts
    }

    pub(crate) fn get(&self, setting: &Setting) -> Option<&Found> {
        self.found.get(setting.name)
    }

    fn find(
        &mut self,
        setting: &Setting,
        flags: &ArgMatches,
        environment: &Environment,
    ) -> Option<Found> {
        if let Some(text) = flags.get_one::<String>(setting.flag) {
            let source = Source::Flag(setting.flag);
            return self.text_or_file(setting.secret, text, source);
        }
        for name in setting.env {
            let file_name = format!("{name}_FILE");
            let text = given(environment, name);
            let file = given(environment, &file_name).filter(|_| setting.secret);
            match (text, file) {
                (Some(_), Some(_)) => {
                    self.problems
                        .push(format!("{name} and {file_name} are both set; keep one"));
                    return None;
                }
                (Some(text), None) => {
                    return Some(Found {
                        text: SecretString::from(text),
                        source: Source::Env((*name).to_owned()),
                    });
                }
                (None, Some(path)) => {
                    return self.text_or_file(true, path, Source::Env(file_name));
                }
                (None, None) => {}
            }
        }
        let text = setting.default?;
        Some(Found {
            text: SecretString::from(text),
            source: Source::Default,
        })
    }

    fn text_or_file(&mut self, is_file: bool, text: &str, source: Source) -> Option<Found> {
        if !is_file {
            let text = SecretString::from(text);
            return Some(Found { text, source });
        }
        match read_secret(Path::new(text)) {
            Ok(text) => Some(Found { text, source }),
            Err(why) => {
                self.problems
                    .push(format!("{source}: cannot read {text}: {why}"));
                None
            }
        }
    }
}

/// An empty variable counts as absent: compose files write `NAME=${NAME:-}`.
fn given<'e>(environment: &'e Environment, name: &str) -> Option<&'e str> {
    environment
        .get(name)
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

/// Without the line ending an editor leaves; nothing else is trimmed.
fn read_secret(path: &Path) -> Result<SecretString, String> {
    let about = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if about.len() > SECRET_FILE_LIMIT {
        return Err(String::from("the file is too large to be a key"));
    }
    let text = SecretString::from(std::fs::read_to_string(path).map_err(|e| e.to_string())?);
    let bare = text.expose_secret();
    let bare = bare.strip_suffix('\n').unwrap_or(bare);
    let bare = bare.strip_suffix('\r').unwrap_or(bare);
    if bare.is_empty() {
        return Err(String::from("the file is empty"));
    }
    Ok(SecretString::from(bare))
}

/// The flags of the table, for any sub-command.
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    flags_listing(|_| true)
}

/// The same for a sub-command that uses only some of them: the others are taken
/// as well, as they are from the environment, but its help does not list them.
pub(crate) fn flags_listing(matters: impl Fn(&Setting) -> bool) -> impl Iterator<Item = Arg> {
    ALL.into_iter().map(move |setting| {
        let file = if setting.secret { "[_FILE]" } else { "" };
        let names = setting.env.join(&format!("{file}, "));
        let default = setting
            .default
            .map(|text| format!(" [default: {text}]"))
            .unwrap_or_default();
        Arg::new(setting.flag)
            .long(setting.flag)
            .value_name(setting.value)
            .help(format!("{}{default} [env: {names}{file}]", setting.help))
            .help_heading("Settings")
            .action(ArgAction::Set)
            .allow_hyphen_values(false)
            .hide(!matters(setting))
            .global(true)
    })
}

/// Environment names that look like ours but are not: most likely misspelt.
pub(crate) fn unknown(environment: &Environment) -> Vec<String> {
    let known = |name: &str| {
        ALL.iter().any(|setting| {
            setting
                .env
                .iter()
                .any(|own| name == *own || (setting.secret && name == format!("{own}_FILE")))
        })
    };
    environment
        .keys()
        .filter(|name| name.starts_with("CPAMP_") && !known(name))
        .cloned()
        .collect()
}

/// The process's environment. Values that are not text keep their readable part.
#[must_use]
pub fn of_process() -> Environment {
    std::env::vars_os()
        .map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        })
        .collect()
}

/// Relative paths are relative to where the program was started.
pub(crate) fn path(found: &Found) -> PathBuf {
    PathBuf::from(found.text.expose_secret())
}
