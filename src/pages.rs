//! The screens, one file each: extract, read the store, build a view, respond.
//! A page never imports another page.

use actix_web::web::ServiceConfig;

pub mod accounts;
pub mod bookmarks;
pub mod cell;
pub mod chart;
pub mod collection_form;
pub mod diagnosis;
pub mod doctor;
pub mod filters;
pub mod home;
pub mod keys;
pub mod login;
pub mod prefs;
pub mod prices;
pub mod request;
pub mod requests;
pub mod scale;
pub mod settings;
pub mod setup;
pub mod sheet;
pub mod shell;
pub mod sums;
pub mod terms;
pub mod tokens;
pub mod trend;
pub mod usage;
pub mod who;

/// Every route of the screens in this module, below the base path, behind
/// the guard.
pub fn routes(config: &mut ServiceConfig) {
    accounts::routes(config);
    login::routes(config);
    prefs::routes(config);
    home::routes(config);
    keys::routes(config);
    doctor::routes(config);
    prices::routes(config);
    requests::routes(config);
    settings::routes(config);
    setup::routes(config);
    request::routes(config);
    shell::routes(config);
    usage::routes(config);
}

/// Pages that open without a session.
pub fn public_routes(config: &mut ServiceConfig) {
    bookmarks::public_routes(config);
    login::public_routes(config);
}
