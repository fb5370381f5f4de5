//! What several tests need: fixtures that speak the domain, and a database in
//! a directory of its own.

pub(crate) mod database;
pub(crate) mod events;
pub(crate) mod gateway;
pub(crate) mod lists;
pub(crate) mod naive;
pub(crate) mod ordered;
pub(crate) mod panel;
pub(crate) mod plans;
pub(crate) mod rig;
