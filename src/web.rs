//! Plumbing that knows no page: context, fragments, assets, sessions, errors.

pub mod assets;
pub mod ctx;
pub mod hx;
pub mod prefs;
pub mod reader;
