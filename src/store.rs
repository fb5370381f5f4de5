//! The only module that speaks SQL: one SQLite file, one writer thread, a pool
//! of read-only connections. Knows nothing of HTTP or of the gateway.
//! Functions take `&mut SqliteConnection`, so they test without async; pages
//! call them through [`Store::read`] and [`Store::write`].

pub mod client_key;
pub mod requests;
