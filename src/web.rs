//! Plumbing that knows no page: context, fragments, assets, sessions, errors.

pub mod admin_key;
pub mod assets;
pub mod audit;
pub mod client_addr;
pub mod collection;
pub mod collection_form;
pub mod compress;
pub mod cors;
pub mod ctx;
pub mod error;
pub mod failure;
pub mod guard;
pub mod hangup;
pub mod hx;
pub mod kind;
pub mod local;
pub mod panel_file;
pub mod pipeline;
pub mod prefs;
pub mod random;
pub mod reader;
pub mod security;
pub mod session;
pub mod state;
pub mod throttle;
pub mod trail;
