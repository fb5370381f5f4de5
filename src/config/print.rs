//! `--print-config`: what holds and where it came from, aligned, secrets hidden.

use std::fmt::Write;

use secrecy::ExposeSecret;

use super::sources::Texts;
use super::table::ALL;

pub(crate) fn all(texts: &Texts) -> String {
    let mut out = String::new();
    for setting in ALL {
        let (value, source) = match texts.get(setting) {
            Some(found) if setting.secret => (String::from("***"), found.source.to_string()),
            Some(found) => (
                found.text.expose_secret().to_owned(),
                found.source.to_string(),
            ),
            None => (String::from("-"), String::from("not set")),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<20} {value:<28} {source}", setting.name);
    }
    out
}
