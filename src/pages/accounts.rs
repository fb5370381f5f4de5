//! Accounts: which one is it, how is it and why, what did it do and cost. The
//! list answers from memory and the sums of the database, never from the
//! gateway; switching is the one thing that asks it, and reads back what it did.

mod change;
mod list;
mod one;
mod past;
mod words;

use actix_web::web::{ServiceConfig, post};

use crate::web::reading::get;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/accounts", get().to(list::show))
        .route("/accounts.csv", get().to(list::export::csv))
        .route("/accounts/refresh", post().to(change::refresh))
        .route("/accounts/{id}", get().to(one::show))
        .route("/accounts/{id}/switch", post().to(change::switch));
}
