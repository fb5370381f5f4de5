//! Usage → Prices: what models cost and why, one file per tab. Everything is a
//! form without script; every change can be undone.

mod anew;
mod check;
mod details;
mod edit;
mod export;
mod list;
mod multipliers;
mod sheet;
mod words;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Form, Query, ServiceConfig, post};
use serde::Deserialize;

use crate::pages::sheet::Format;
use crate::store::prices::{Undone, touched};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;
use list::Asked;

/// The list of prices.
const LIST: &str = "/usage/prices";

pub fn routes(config: &mut ServiceConfig) {
    for format in Format::ALL {
        let take = move |ctx: Ctx, state: Data<AppState>, access: Access, asked: Query<Asked>| {
            export::answer(format, ctx, state, access, asked)
        };
        let path = format!("{}.{}", LIST, format.suffix());
        config.route(&path, get().to(take));
    }
    config
        .route(LIST, get().to(list::show))
        .route("/usage/prices/edit", get().to(edit::show))
        .route("/usage/prices/save", post().to(edit::save))
        .route("/usage/prices/remove", post().to(edit::remove))
        .route("/usage/prices/undo", post().to(undo))
        .route("/usage/prices/sources", get().to(check::show))
        .route("/usage/prices/sources", post().to(check::apply))
        .route("/usage/prices/sources/check", post().to(check::check))
        .route("/usage/prices/sources/schedule", post().to(check::schedule))
        .route("/usage/prices/multipliers", get().to(multipliers::show))
        .route("/usage/prices/multipliers", post().to(multipliers::add))
        .route(
            "/usage/prices/multipliers/remove",
            post().to(multipliers::remove),
        )
        .route("/usage/prices/anew", get().to(anew::show))
        .route("/usage/prices/anew", post().to(anew::start))
        .route("/usage/prices/anew/stop", post().to(anew::stop))
        .route("/usage/prices/anew/undo", post().to(anew::undo));
}

/// One line of the tabs.
struct Tab {
    name: &'static str,
    path: &'static str,
    here: bool,
}

fn tabs(ctx: &Ctx, here: &'static str) -> [Tab; 4] {
    let t = ctx.t.prices;
    let tab = |name, path| Tab {
        name,
        path,
        here: path == here,
    };
    [
        tab(t.list, "/usage/prices"),
        tab(t.sources, "/usage/prices/sources"),
        tab(t.multipliers, "/usage/prices/multipliers"),
        tab(t.anew, "/usage/prices/anew"),
    ]
}

/// What happened, above the page.
struct Flash {
    /// Also names the icon.
    class: &'static str,
    title: String,
    text: &'static str,
    /// The batch that a button undoes.
    undo: Option<i64>,
    /// Where earlier requests are priced anew; empty for nowhere.
    earlier: String,
}

impl Flash {
    fn new(class: &'static str, title: impl Into<String>, text: &'static str) -> Self {
        Self {
            class,
            title: title.into(),
            text,
            undo: None,
            earlier: String::new(),
        }
    }
}

/// What the address says of what was done before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    #[serde(rename = "done")]
    what: String,
    batch: Option<i64>,
    of: String,
}

impl Done {
    async fn flash(&self, ctx: &Ctx, state: &AppState) -> Result<Option<Flash>> {
        let Some(flash) = self.said(ctx) else {
            return Ok(None);
        };
        let earlier = match self.batch {
            Some(batch) => {
                let models = state.store.read(move |c| touched::models(c, batch)).await?;
                anew::address(ctx, &models).unwrap_or_default()
            }
            None => String::new(),
        };
        Ok(Some(Flash {
            undo: self.batch,
            earlier,
            ..flash
        }))
    }

    fn said(&self, ctx: &Ctx) -> Option<Flash> {
        let t = ctx.t.prices;
        let of = crate::i18n::plain(&self.of);
        Some(match self.what.as_str() {
            "saved" => Flash::new("ok", (t.saved)(&of), t.saved_text),
            "removed" => Flash::new("ok", (t.removed)(&of), t.removed_text),
            "applied" => Flash::new("ok", (t.applied)(&of), t.saved_text),
            "unchanged" => Flash::new("info", t.unchanged, ""),
            "none_chosen" => Flash::new("warn", t.none_chosen, t.none_chosen_text),
            "undone" => Flash::new("ok", t.undone, t.saved_text),
            "overtaken" => Flash::new("warn", t.overtaken, t.overtaken_text),
            "too_long_ago" => Flash::new("warn", t.too_long_ago, ""),
            "outdated" => Flash::new("warn", t.outdated, t.outdated_text),
            "scheduled" => Flash::new("ok", t.schedule_saved, ""),
            "busy" => Flash::new("warn", t.one_at_a_time, ""),
            "prices_changed" => Flash::new("warn", t.not_begun, t.not_begun_text),
            _ => return None,
        })
    }
}

/// Back to a page of these, with what was done in the address.
fn see(ctx: &Ctx, path: &str, done: &[(&str, &str)]) -> HttpResponse {
    let location = words::address(ctx, path, done.iter().copied());
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .finish()
}

/// As [`see`] with the batch that was made, or "nothing was different".
fn see_batch(ctx: &Ctx, path: &str, done: &str, of: &str, batch: Option<i64>) -> HttpResponse {
    match batch {
        Some(batch) => {
            let batch = batch.to_string();
            see(ctx, path, &[("done", done), ("of", of), ("batch", &batch)])
        }
        None => see(ctx, path, &[("done", "unchanged")]),
    }
}

#[derive(Deserialize)]
struct Batch {
    batch: i64,
}

async fn undo(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    batch: Form<Batch>,
) -> Result<HttpResponse> {
    let undone = state.store.undo_prices(ctx.now, batch.batch).await?;
    Ok(match undone {
        Undone::Yes(batch) => see_batch(&ctx, "/usage/prices", "undone", "", Some(batch)),
        Undone::Overtaken => see(&ctx, "/usage/prices", &[("done", "overtaken")]),
        Undone::Unknown => see(&ctx, "/usage/prices", &[("done", "too_long_ago")]),
    })
}
