//! The command line: which sub-commands there are, and that anything unknown is
//! an error that starts nothing. Exit codes: 0 done, 1 failed, 2 used wrongly.

mod demo;
mod healthcheck;
mod logging;
mod panel;
mod rebuild;
mod reset_admin_key;
mod serve;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::{self, Config, Environment};

/// Used wrongly: unknown argument, or a setting that is not valid.
const MISUSED: u8 = 2;

/// Runs the program and says how it went. Prints to stdout and stderr.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: &Environment) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version come this way too, and are not failures.
            let misused = error.use_stderr();
            let _ = error.print();
            return if misused {
                ExitCode::from(MISUSED)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let config = match Config::load(&matches, environment) {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("cpamp: {problems}");
            return ExitCode::from(MISUSED);
        }
    };
    if matches.get_flag("print-config") {
        print!("{}", config.printed());
        return ExitCode::SUCCESS;
    }
    match dispatch(&matches, config) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cpamp: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(matches: &ArgMatches, config: Config) -> anyhow::Result<ExitCode> {
    if let Some(("panel", matches)) = matches.subcommand() {
        return panel::run(matches);
    }
    match matches.subcommand_name() {
        Some("demo") => demo::run(config),
        Some("healthcheck") => healthcheck::run(&config),
        Some("rebuild") => rebuild::run(&config),
        Some("reset-admin-key") => reset_admin_key::run(&config),
        _ => serve::run(config),
    }
}

/// Two threads for the tasks; the web server has its own.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// The whole command line; `tests` use it to make flags.
#[must_use]
pub fn command() -> Command {
    Command::new("cpamp")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .after_help("Without a command it serves. Values: flag, then environment, then default.")
        .disable_help_subcommand(true)
        .args(config::flags())
        .arg(
            Arg::new("print-config")
                .long("print-config")
                .action(ArgAction::SetTrue)
                .global(true)
                .help("Show each setting and where it came from, then exit"),
        )
        .subcommand(Command::new("serve").about("Run the panel (the default)"))
        .subcommand(
            Command::new("demo")
                .about("Show the panel beside a simulated gateway; keeps nothing")
                .args(config::flags_listing(config::holds_in_a_demo)),
        )
        .subcommand(
            Command::new("healthcheck")
                .about("Exit with 0 when the running panel works, else 1")
                .args(using(&["listen", "base-path"])),
        )
        .subcommand(panel::command().args(using(&[])))
        .subcommand(
            Command::new("rebuild")
                .about("Make the sums of hours and days anew (the panel must not run)")
                .args(using(&OF_THE_DATABASE)),
        )
        .subcommand(
            Command::new("reset-admin-key")
                .about("Set another Admin Key (the panel must not run) and end all sessions")
                .args(using(&OF_THE_DATABASE))
                .mut_arg("admin-key-file", |flag| flag.hide(false)),
        )
}

/// What it takes to open the database.
const OF_THE_DATABASE: [&str; 3] = ["data-dir", "db-path", "allow-network-disk"];

/// The flags of a sub-command that heeds only these settings.
fn using(names: &'static [&'static str]) -> impl Iterator<Item = Arg> {
    config::flags_listing(|setting| names.contains(&setting.name))
}
