//! `cpamp reset-admin-key`: another Admin Key for a panel that does not run.
//! Opening the database takes its lock, so a running server is named and left
//! alone. Every session ends.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use secrecy::ExposeSecret as _;

use super::runtime;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Options, Store, admin};
use crate::web::{admin_key, random};

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    ensure!(
        config.db_path.exists(),
        "there is no database at {}: start the panel once, or name it with --data-dir or --db-path",
        config.db_path.display()
    );
    runtime()?.block_on(reset(config))?;
    Ok(ExitCode::SUCCESS)
}

async fn reset(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&Options::at(&config.db_path))
        .context("stop the panel before its Admin Key is reset")?;
    let given = config.admin_key.as_ref();
    let key = given.map_or_else(random::admin_key, |key| key.value.clone());
    let hash = admin_key::hash(&key);
    let now = Clock::System.now();
    store.write(move |c| admin::replace(c, &hash, now)).await?;
    store.close().await;
    if let Some(given) = given {
        println!("The Admin Key is now the one of {}.", given.by);
    } else {
        println!("The new Admin Key, shown this once:\n");
        println!("    {}\n", key.expose_secret());
    }
    println!("All sessions have ended.");
    Ok(())
}
