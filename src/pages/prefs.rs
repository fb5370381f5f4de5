//! Saving preferences: the form of the rail and the column chooser. Both go
//! back where they came from; nothing is stored on the server.

use actix_web::web::{Bytes, ServiceConfig, post};
use actix_web::{HttpResponse, http::header};

use crate::web::ctx::Ctx;
use crate::web::local;
use crate::web::prefs::Prefs;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/prefs", post().to(save))
        .route("/prefs/columns", post().to(save_columns));
}

/// The form carries every choice except the columns; an unticked box is absent.
async fn save(ctx: Ctx, body: Bytes) -> HttpResponse {
    let mut prefs = Prefs::read(&String::from_utf8_lossy(&body));
    prefs.columns.clone_from(&ctx.prefs.columns);
    back(&ctx, &prefs, &body)
}

/// Each ticked box sends its own `cols`; all ticked is the same as no choice.
async fn save_columns(ctx: Ctx, body: Bytes) -> HttpResponse {
    let chosen: Vec<String> = url::form_urlencoded::parse(&body)
        .filter(|(name, _)| name == "cols")
        .map(|(_, value)| value.into_owned())
        .collect();
    let cookie = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("cols", &chosen.join(","))
        .finish();
    let prefs = Prefs {
        columns: Prefs::read(&cookie).columns,
        ..ctx.prefs.clone()
    };
    back(&ctx, &prefs, &body)
}

fn back(ctx: &Ctx, prefs: &Prefs, body: &[u8]) -> HttpResponse {
    let to = url::form_urlencoded::parse(body)
        .find(|(name, _)| name == "to")
        .map(|(_, value)| value.into_owned())
        .filter(|to| local::path(to).is_some())
        .unwrap_or_else(|| "/".to_owned());
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ctx.url(&to)))
        .cookie(prefs.cookie(&ctx.base, ctx.secure))
        .finish()
}
