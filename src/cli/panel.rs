//! `cpamp panel --out management.html`: writes the panel for those who run no
//! server. CPA serves the file; nothing is started and nothing is asked.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Arg, ArgMatches, Command};

use crate::web::panel_file::{Served, page};

pub(super) fn command() -> Command {
    Command::new("panel")
        .about("Write the panel that CPA serves by itself, as one file")
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .required(true)
                .help("Where to; CPA looks for management.html"),
        )
        .arg(
            Arg::new("address")
                .long("address")
                .value_name("URL")
                .help("Where a CPAMP runs, for a link to it"),
        )
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let text = |name| matches.get_one::<String>(name).map(String::as_str);
    let address = match text("address") {
        Some(address) => link(address)?,
        None => String::new(),
    };
    let page = page(Served::ByGateway { address: &address });
    let out = Path::new(text("out").unwrap_or_default());
    std::fs::write(out, &page.html).with_context(|| format!("cannot write {}", out.display()))?;
    println!("{} has {} bytes", out.display(), page.html.len());
    println!("Put it where CPA looks: MANAGEMENT_STATIC_PATH, or static/ beside its config.yaml");
    Ok(ExitCode::SUCCESS)
}

/// An address a browser may open.
fn link(address: &str) -> anyhow::Result<String> {
    let url = url::Url::parse(address).context("--address is no URL")?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        bail!("--address must begin with http:// or https:// and name nobody");
    }
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_linked_to() {
        assert_eq!(
            link("https://cpamp.example/x").unwrap(),
            "https://cpamp.example/x"
        );
        for bad in [
            "javascript:alert(1)",
            "cpamp.example",
            "https://me:you@host/",
            "file:///etc",
        ] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }
}
