//! The log: one line an event on stderr. Foreign text in a message cannot start
//! a new line or steer a terminal.

use std::io::Write as _;

use log::LevelFilter;

use crate::clock::Clock;
use crate::config::Config;

/// Longer lines are cut: a log is for reading.
const LONGEST: usize = 4_000;

/// Begins with what is odd about the settings. Starting twice changes nothing.
pub(super) fn start(config: &Config) {
    let level = config.log;
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(LevelFilter::Warn.min(level))
        .filter_module("cpamp", level)
        .format(|out, record| {
            let time = Clock::System.now();
            let message = harmless(&record.args().to_string());
            writeln!(out, "{time} {:<5} {message}", record.level())
        });
    if builder.try_init().is_ok() {
        for warning in &config.warnings {
            log::warn!("{warning}");
        }
    }
}

fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_its_line() {
        let line = harmless("a\r\nb\u{1b}[31mc\u{2028}d\u{202e}");
        assert_eq!(line, "a��b�[31mc�d�");
        assert_eq!(harmless(&"x".repeat(9_000)).len(), LONGEST);
    }
}
