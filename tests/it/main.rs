//! All integration tests in one binary: real parts, no sleeps, no wall clock,
//! no network but loopback.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

mod account_pages;
mod accounts;
mod api_described;
mod api_numbers;
mod api_writes;
mod behind_nginx;
mod browser;
mod collect_redis;
mod collect_spool;
mod collect_transports;
mod collect_trouble;
mod config;
mod export_view;
mod fake_http;
mod fake_recording;
mod fake_resp;
mod fake_tls;
mod fake_traffic;
mod faults_gateway;
mod faults_machine;
mod filter_query;
mod gateway_client;
mod gateway_queue;
mod key_aliases;
mod keys_page;
mod login;
mod pages_hostile;
mod pages_regions;
mod price_pages;
mod price_sync;
mod processes;
mod recorded_events;
mod relay;
mod relay_streams;
mod relay_tricks;
mod relay_trouble;
mod setup;
mod status;
mod store_analytics;
mod store_faults;
mod store_ingest;
mod store_keys;
mod store_open;
mod store_plans;
mod store_prices;
mod store_reprice;
mod store_sessions;
mod store_settling;
mod stream_rows;
mod usage_pages;
mod walls;
