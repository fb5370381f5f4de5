//! Plumbing that knows no page: context, fragments, assets, sessions, errors.

pub mod admin_key;
pub mod assets;
pub mod client_addr;
pub mod ctx;
pub mod hx;
pub mod local;
pub mod prefs;
pub mod random;
pub mod reader;
pub mod throttle;
