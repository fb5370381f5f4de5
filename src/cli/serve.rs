//! `cpamp serve`: runs the panel until it is told to stop.

use std::process::ExitCode;

use crate::config::Config;

pub(super) fn run(config: &Config) -> ExitCode {
    println!("CPAMP would listen on {}", config.listen);
    ExitCode::SUCCESS
}
