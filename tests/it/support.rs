//! What several tests need: fixtures that speak the domain, a database in a
//! directory of its own, the panel in this process or as a process of its own,
//! and what stands around it.

pub(crate) mod accounts;
pub(crate) mod answers;
pub(crate) mod binary;
pub(crate) mod browser;
pub(crate) mod chromium;
pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod door;
pub(crate) mod events;
pub(crate) mod gateway;
pub(crate) mod hostile;
pub(crate) mod html;
pub(crate) mod keys;
pub(crate) mod lab;
pub(crate) mod lists;
pub(crate) mod naive;
pub(crate) mod nginx;
pub(crate) mod ordered;
pub(crate) mod pages;
pub(crate) mod panel;
pub(crate) mod plans;
pub(crate) mod prices;
pub(crate) mod random;
pub(crate) mod recording;
pub(crate) mod rig;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod sources;
pub(crate) mod traffic;
pub(crate) mod upstream;
pub(crate) mod wait;
