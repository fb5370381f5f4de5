//! `cpamp demo`: the same panel beside a simulated gateway on loopback, with a
//! fortnight of history and live traffic. It lives in a directory of its own
//! that goes when it stops; a real data directory is never touched.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;

use super::serve::{circumstances, introduce, stop_on_signals};
use super::{logging, runtime};
use crate::app::{App, Circumstances};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::collection::Connection;
use crate::domain::key_alias::KeyAlias;
use crate::domain::units::Ms;
use crate::fake::{Gateway, traffic};
use crate::web::random;

/// How much history there is to look at: a week, and the week before it.
const HISTORY: Ms = Ms(15 * Ms::DAY.0);
/// The same days look the same at every start.
const SEED: u64 = 7;

pub(super) fn run(config: Config) -> anyhow::Result<ExitCode> {
    logging::start(&config);
    let home = Home::create().context("cannot create a directory for the demo")?;
    runtime()?.block_on(show(config, &home.0))?;
    Ok(ExitCode::SUCCESS)
}

async fn show(config: Config, home: &Path) -> anyhow::Result<()> {
    println!("This is a demo: the gateway is simulated, and nothing is kept.");
    println!("Two weeks of requests are being made up, which takes a moment.\n");
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    let key = SecretString::from(random::token());
    let gateway = Gateway::start(traffic::demo_gateway(key.expose_secret()))
        .await
        .context("cannot start the simulated gateway")?;
    let now = Clock::System.now();
    // Newest first: today is there at once, the days before follow.
    let history: Vec<_> = traffic::demo_events(HISTORY, now, SEED).collect();
    for (_, event) in history.iter().rev() {
        gateway.push(event);
    }
    drop(history);
    traffic::tell_troubles(&gateway, SEED, now);
    let connection = Connection {
        url: gateway.url(),
        key,
        insecure_tls: false,
    };
    let (config, aside) = config.for_demo(home, connection);
    let circumstances = Circumstances {
        demo: true,
        ..circumstances()
    };
    let mut app = App::build(config, circumstances, stop).await?;
    if !aside.is_empty() {
        println!("Left aside in a demo: {}\n", aside.join(", "));
    }
    introduce(&mut app)?;
    name_keys(&app).await?;
    let traffic = tokio::spawn(traffic::run(gateway.clone(), SEED, now));
    let outcome = app.run().await;
    traffic.abort();
    gateway.stop().await;
    outcome
}

/// Some clients' keys have an alias from the start.
async fn name_keys(app: &App) -> anyhow::Result<()> {
    let state = app.state();
    let keyring = state.keyring.borrow().clone();
    let hasher = keyring.context("the demo has no data key")?.key_hasher();
    for (key, name) in traffic::key_names() {
        let alias = KeyAlias::parse(name).context("an alias of the demo")?;
        let hash = hasher.client_key(key);
        let now = state.clock.now();
        state.store.name_key(hash, Some(alias), now).await?;
    }
    Ok(())
}

/// A directory nobody else can read, removed when the demo ends.
struct Home(PathBuf);

impl Home {
    fn create() -> std::io::Result<Self> {
        let name = format!("cpamp-demo-{}", random::token());
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::warn!("cannot remove {}: {error}", self.0.display());
        }
    }
}
