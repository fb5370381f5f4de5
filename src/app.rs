//! Composition root: the only place that knows all parts. [`App::build`] opens
//! the store and the port, [`App::run`] works until told to stop and stops in
//! order: no more taking, answers drain, batches commit, the store closes.

mod admin;
mod routes;
mod work;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as WebApp, HttpServer};
use anyhow::Context as _;
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::accounts;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::collection::Settings;
use crate::gateway::key_watch::KeyWatch;
use crate::ingest::collector::{Collector, Handle, Parts, RetryError};
use crate::ingest::tuning::Tuning;
use crate::jobs::Jobs;
use crate::pages::setup::Drafts;
use crate::prices::Desk;
use crate::prices::fetch::Web;
use crate::relay::{Line, Patience, Relay};
use crate::store::secret::Keyring;
use crate::store::{Options, Store, StoreError};
use crate::web::ctx::Frame;
use crate::web::spare::SpareSessions;
use crate::web::state::{AppState, Retried};
use crate::web::throttle::Throttle;
use crate::web::{collection, hangup, pipeline};

/// Requests are short and the store has its own threads.
const WORKERS: usize = 2;
/// Docker kills after ten seconds.
const DRAINING: u64 = 3;
const COMMITTING: Duration = Duration::from_secs(3);
/// Resets that wait to be taken note of.
const QUOTA_RESETS: usize = 64;
const CLOSING: Duration = Duration::from_secs(2);

/// The panel, ready to run.
pub struct App {
    state: Data<AppState>,
    frame: Data<Frame>,
    prices: Data<Desk>,
    relay: Data<Relay>,
    accounts: Data<accounts::Desk>,
    listener: TcpListener,
    jobs: Jobs,
    generated: Option<SecretString>,
}

/// What differs between `serve`, `demo` and tests.
#[derive(Clone, Debug)]
pub struct Circumstances {
    pub clock: Clock,
    pub demo: bool,
    pub tuning: Tuning,
    /// The way to the price sources.
    pub price_sources: Web,
    /// How often new events are sealed and days that are over are closed.
    pub settle_every: Duration,
    /// How long the relay waits.
    pub patience: Patience,
    /// Whether accounts and clients' keys are read from the gateway unasked.
    pub lists: bool,
}

impl App {
    /// Opens the database, takes the port, starts the background tasks. Quick:
    /// whatever takes long is done by a task.
    pub async fn build(
        config: Config,
        circumstances: Circumstances,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let store = Store::open(&Options {
            or_read_only: true,
            ..database(&config)
        })?;
        let app = Self::over(store.clone(), config, circumstances, stop).await;
        if app.is_err() {
            // It ends in order all the same.
            store.close().await;
        }
        app
    }

    async fn over(
        store: Store,
        config: Config,
        circumstances: Circumstances,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let Circumstances {
            clock,
            demo,
            tuning,
            price_sources,
            settle_every,
            patience,
            lists,
        } = circumstances;
        let listener = listen(config.listen)?;
        let keyring = unlock(&store, &config).await?;
        let mut jobs = Jobs::new(stop.clone());
        let admin = admin::prepare(&store, &config, keyring.as_ref(), &clock, &mut jobs).await?;
        let settings = watch::Sender::new(Settings::default());
        let keyring = watch::Sender::new(keyring);
        let key = Arc::new(KeyWatch::default());
        let (collector, handle) = Collector::new(Parts {
            key: Arc::clone(&key),
            store: store.clone(),
            spool: config.data_dir.join("spool"),
            clock: clock.clone(),
            settings: settings.subscribe(),
            keyring: keyring.subscribe(),
            tuning,
        });
        let relay = Data::new(Relay::new(config.relay_rate, patience, Arc::clone(&key)));
        let refreshes = handle.refreshes();
        let state = Data::new(AppState {
            started: clock.now(),
            running: clock.stopwatch(),
            config,
            store: store.clone(),
            keyring,
            status: handle.status(),
            settings,
            try_again: {
                let handle = handle.clone();
                Box::new(move || handle.try_again())
            },
            retry_rejects: Box::new(move || Box::pin(retry_rejects(handle.clone()))),
            admin: admin.key,
            throttle: Throttle::default(),
            spare_sessions: SpareSessions::default(),
            gateway_changed: watch::Sender::new(0),
            quota_resets: broadcast::Sender::new(QUOTA_RESETS),
            revoked: watch::Sender::new(0),
            set_up: AtomicBool::new(false),
            demo,
            clock: clock.clone(),
            stop,
        });
        collection::apply(&state, false).await?;
        let (wanted, status) = (state.settings.subscribe(), state.status.clone());
        let prices = Desk::new(store, clock, price_sources, wanted, status);
        let prices = Data::new(prices.sharing(Arc::clone(&key)));
        let accounts = accounts::Desk::open(accounts::Parts {
            store: state.store.clone(),
            clock: state.clock.clone(),
            settings: state.settings.subscribe(),
            keyring: state.keyring.subscribe(),
            status: state.status.clone(),
            refreshes,
            changed: state.gateway_changed.subscribe(),
            quota_resets: state.quota_resets.clone(),
            key,
            tuning: accounts::Tuning::default(),
        });
        let accounts = Data::new(accounts.await?);
        jobs.spawn("collector", collector.run(state.stop.clone()));
        if state.store.is_read_only() {
            // Nothing can be kept, so nothing is done but show what there is.
            work::watch_for_writing(&mut jobs, &state);
        } else {
            if lists {
                work::look_after_accounts(&mut jobs, &accounts, &state);
            }
            work::look_through(&mut jobs, &state.store);
            work::close_audit(&mut jobs, &state.store).await?;
            work::keep_house(&mut jobs, &state);
            work::settle_events(&mut jobs, &state, settle_every);
            work::look_after_prices(&mut jobs, &prices, &state);
        }
        Ok(Self {
            frame: Data::new(frame(&state)),
            prices,
            relay,
            accounts,
            state,
            listener,
            jobs,
            generated: admin.generated,
        })
    }

    /// Where it listens: the port is known even when 0 was asked for.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// The Admin Key made at this very start; shown once and never again.
    pub fn take_generated_key(&mut self) -> Option<SecretString> {
        self.generated.take()
    }

    #[must_use]
    pub fn state(&self) -> Data<AppState> {
        self.state.clone()
    }

    /// Whether the database cannot be written: then [`App::run`] also ends when
    /// it can be, and a new app should take over.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.state.store.is_read_only()
    }

    /// Works until the stop token is cancelled. An error means that a part
    /// broke, and the process should end with a failure.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self {
            state,
            frame,
            prices,
            relay,
            accounts,
            listener,
            mut jobs,
            ..
        } = self;
        let server = http_server(listener, &state, &frame, &prices, &relay, &accounts)
            .context("cannot start the web server")?;
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        let outcome = tokio::select! {
            () = state.stop.cancelled() => Ok(()),
            name = jobs.broken() => Err(anyhow::anyhow!("a background task ended: {name}")),
            () = state.store.stopped() => Err(anyhow::anyhow!("the writer of the database ended")),
            ended = &mut serving => Err(anyhow::anyhow!("the web server ended: {ended:?}")),
        };
        if let Err(error) = &outcome {
            log::error!("stopping because {error}");
        }
        state.stop.cancel();
        handle.stop(true).await;
        jobs.finish(COMMITTING).await;
        if tokio::time::timeout(CLOSING, state.store.close())
            .await
            .is_err()
        {
            log::warn!("the database did not close in time; nothing stored is lost");
        }
        outcome
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        let advice = advice(&error);
        anyhow::Error::from(error).context(format!("cannot listen on {address}{advice}"))
    })
}

/// What to do about an address that cannot be had.
fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            " (another program listens there: stop it, or choose another port with --listen or \
             CPAMP_LISTEN)"
        }
        std::io::ErrorKind::AddrNotAvailable => {
            " (this machine does not have that address: choose one with --listen or CPAMP_LISTEN, \
             0.0.0.0 for all)"
        }
        std::io::ErrorKind::PermissionDenied => {
            " (ports below 1024 need more rights: choose a higher one with --listen or CPAMP_LISTEN)"
        }
        _ => "",
    }
}

/// How the database of this configuration is opened.
#[must_use]
pub fn database(config: &Config) -> Options {
    Options {
        allow_network: config.allow_network_disk,
        ..Options::at(&config.db_path)
    }
}

/// `None` when `data.key` is lost: everything but the sealed key still works.
async fn unlock(store: &Store, config: &Config) -> anyhow::Result<Option<Keyring>> {
    match store.unlock(collection::data_key_source(config)).await {
        Ok(keyring) => Ok(Some(keyring)),
        Err(error) if error.is_lost_key() => {
            log::error!("{error}; the Management Key must be entered again in the panel");
            Ok(None)
        }
        // Nothing is sealed or opened then.
        Err(_) if store.is_read_only() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `None` without the key they are sealed with.
async fn retry_rejects(collector: Handle) -> Result<Option<Retried>, StoreError> {
    match collector.retry_rejects().await {
        Ok(done) => Ok(Some(Retried {
            recovered: done.recovered,
            remaining: done.remaining,
        })),
        Err(RetryError::NoKey) => Ok(None),
        Err(RetryError::Store(error)) => Err(error),
    }
}

fn frame(state: &AppState) -> Frame {
    let config = &state.config;
    Frame {
        base: config.base_path.as_str().to_owned(),
        zone: config.tz,
        demo: state.demo,
        secure: config.public_url.as_ref().is_some_and(|url| url.https),
        clock: state.clock.clone(),
        status: state.status.clone(),
        soundness: state.store.soundness(),
    }
}

/// Apart because the builder is not `Send`.
fn http_server(
    listener: TcpListener,
    state: &Data<AppState>,
    frame: &Data<Frame>,
    prices: &Data<Desk>,
    relay: &Data<Relay>,
    accounts: &Data<accounts::Desk>,
) -> std::io::Result<Server> {
    let (state, frame, prices) = (state.clone(), frame.clone(), prices.clone());
    let (relay, accounts) = (relay.clone(), accounts.clone());
    let drafts = Data::new(Drafts::default());
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(state.clone())
            .app_data(frame.clone())
            .app_data(drafts.clone())
            .app_data(prices.clone())
            .app_data(relay.clone())
            .app_data(Data::new(Line::new(state.settings.subscribe())))
            .app_data(accounts.clone())
            .wrap(from_fn(pipeline::around))
            .configure(|services| routes::all(services, &state.config))
    });
    Ok(server
        .workers(WORKERS)
        .on_connect(hangup::remember)
        .keep_alive(Duration::from_secs(30))
        .shutdown_timeout(DRAINING)
        .disable_signals()
        .listen(listener)?
        .run())
}
