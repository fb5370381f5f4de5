//! The screens, one file each: extract, read the store, build a view, respond.
//! A page never imports another page.

use actix_web::web::ServiceConfig;

pub mod prefs;
pub mod shell;

/// Every route of the screens in this module, below the base path. Log-in,
/// set-up and settings register their own.
pub fn routes(config: &mut ServiceConfig) {
    prefs::routes(config);
    shell::routes(config);
}
