//! CPAMP, an operations panel for CLIProxyAPI (CPA).
//!
//! ```text
//! CPA queue ─▶ gateway::queue ─▶ ingest (spool, normalise) ─▶ store ─▶ pages, api ─▶ browser
//! ```
//!
//! - [`domain`]: the shared vocabulary; pure.
//! - [`gateway`]: the only module that speaks to CPA.
//! - [`ingest`]: the collector actor: take, spool, normalise, store.
//! - [`store`]: the only module that speaks SQL.
//! - [`prices`]: keeps prices current from the price sources.
//! - [`relay`]: passes management requests on to CPA.
//! - [`accounts`]: keeps what the gateway says of its accounts.
//! - [`web`]: plumbing that knows no page; [`pages`]: one file a screen; [`api`]: JSON.
//! - [`fake`]: a simulated gateway, for `demo` and the tests.
//! - [`app`]: puts the parts together; [`cli`]: one file a sub-command.
//! - [`heap`]: how freed memory is kept.
//!
//! Invariants: taken bytes are on disk before they are parsed; an event is
//! counted once; secrets never reach the disk or a browser in clear; money and
//! time are integers. `tests/it/walls.rs` holds who may import whom.

pub mod accounts;
pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod fake;
pub mod gateway;
pub mod heap;
pub mod i18n;
pub mod ingest;
pub mod jobs;
pub mod pages;
pub mod prices;
pub mod relay;
pub mod store;
pub mod web;
