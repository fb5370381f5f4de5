//! `cpamp serve`: runs the panel until SIGTERM or Ctrl-C. A second signal ends
//! it at once; what was taken is on the spool by then.

use std::process::ExitCode;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{logging, runtime};
use crate::app::{App, Circumstances};
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::tuning::Tuning;
use crate::prices::fetch::Web;
use crate::relay::Patience;

/// A second signal: as the shell would say it.
const INTERRUPTED: i32 = 130;

pub(super) fn run(config: Config) -> anyhow::Result<ExitCode> {
    logging::start(&config);
    runtime()?.block_on(serve(config))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    let mut app = App::build(config.clone(), circumstances(), stop.child_token()).await?;
    introduce(&mut app)?;
    // Whoever has the page open finds the next app at the same place.
    let mut config = config;
    config.listen = app.address()?;
    while app.is_read_only() {
        app.run().await?;
        if stop.is_cancelled() {
            return Ok(());
        }
        app = App::build(config.clone(), circumstances(), stop.child_token()).await?;
        log::info!("listening on {}", config.listen);
    }
    app.run().await
}

/// The real world.
pub(super) fn circumstances() -> Circumstances {
    Circumstances {
        clock: Clock::System,
        demo: false,
        tuning: Tuning::default(),
        price_sources: Web::internet(),
        settle_every: Duration::from_secs(10),
        patience: Patience::default(),
        lists: true,
    }
}

/// The key goes to stdout alone: logs are kept and read by others.
pub(super) fn introduce(app: &mut App) -> anyhow::Result<()> {
    let address = app.address()?;
    log::info!("listening on {address}");
    let state = app.state();
    let home = home(&state.config, address);
    if let Some(key) = app.take_generated_key() {
        println!("The Admin Key of this panel, shown this once:\n");
        println!("    {}\n", key.expose_secret());
    }
    println!("Open {home}");
    Ok(())
}

/// The address to open in a browser on this machine, or the public one.
fn home(config: &Config, address: std::net::SocketAddr) -> String {
    let path = config.link("/");
    if let Some(url) = &config.public_url {
        return format!("{}{path}", url.origin);
    }
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}{path}")
}

/// Cancels `stop` at the first signal.
pub(super) fn stop_on_signals(stop: &CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        log::info!("stopping");
        stop.cancel();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}
