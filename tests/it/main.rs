//! All integration tests in one binary: real parts, no sleeps, no network but
//! loopback.

mod filter_query;
