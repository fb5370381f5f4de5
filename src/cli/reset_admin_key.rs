//! `cpamp reset-admin-key`: another Admin Key for a panel that does not run.
//! Opening the database takes its lock, so a running server is named and left
//! alone. Every session ends. A key from the environment is never stored: the
//! panel would go on taking it after it was removed there.

use std::process::ExitCode;

use anyhow::{bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};

use super::runtime;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{OpenError, Store, admin};
use crate::web::{admin_key, random};

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    ensure!(
        config.db_path.exists(),
        "there is no database at {}: start the panel once, or name it with --data-dir or --db-path",
        config.db_path.display()
    );
    let given = match &config.admin_key {
        Some(key) if !key.by.starts_with("--") => bail!(
            "the Admin Key comes from {}, which wins over a stored one: change it there",
            key.by
        ),
        given => given.as_ref().map(|key| key.value.clone()),
    };
    let key = given.clone().unwrap_or_else(random::admin_key);
    runtime()?.block_on(reset(config, &key))?;
    if given.is_some() {
        println!("The Admin Key was replaced.");
    } else {
        println!("The new Admin Key, shown this once:\n");
        println!("    {}\n", key.expose_secret());
    }
    println!("All sessions have ended.");
    Ok(ExitCode::SUCCESS)
}

async fn reset(config: &Config, key: &SecretString) -> anyhow::Result<()> {
    let store = Store::open(&app::database(config)).map_err(|error| {
        let in_use = matches!(error, OpenError::InUse { .. });
        let error = anyhow::Error::from(error);
        if in_use {
            error.context("stop the panel before its Admin Key is reset")
        } else {
            error
        }
    })?;
    let hash = admin_key::hash(key);
    let now = Clock::System.now();
    store.write(move |c| admin::replace(c, &hash, now)).await?;
    store.close().await;
    Ok(())
}
