//! What a form on this page did, said above it: the address after a form says
//! which, what is said is looked up.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::rows::name;
use super::{Refused, rows};
use crate::accounts::client_keys::Trouble;
use crate::domain::collection::Reason;
use crate::domain::units::At;
use crate::i18n::plain;
use crate::store::clients::Client;
use crate::web::ctx::Ctx;
use crate::web::reader;

/// The class also names the icon.
pub(super) struct Flash {
    pub class: &'static str,
    pub title: String,
    pub text: String,
    /// Hash, and when the change was that can be undone.
    pub undo: Option<(String, i64)>,
}

/// What the address says.
#[derive(Default)]
pub(super) struct Done {
    what: String,
    key: String,
    n: String,
}

impl Done {
    pub(super) fn parse(query: &str) -> Self {
        let mut done = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "done" => done.what = value.into_owned(),
                "key" => done.key = value.into_owned(),
                "n" => done.n = value.into_owned(),
                _ => {}
            }
        }
        done
    }

    pub(super) fn flash(&self, all: &[Client], ctx: &Ctx) -> Option<Flash> {
        let t = ctx.t.keys;
        let flash = |class, title: String, text: &str| Flash {
            class,
            title,
            text: text.to_owned(),
            undo: None,
        };
        Some(match self.what.as_str() {
            "named" => named(all.iter().find(|key| key.hash == self.key)?, ctx)?,
            "unchanged" => flash("info", t.unchanged.to_owned(), ""),
            "overtaken" => flash("warn", t.overtaken.to_owned(), t.overtaken_why),
            "read" => {
                let count: i64 = self.n.parse().ok()?;
                flash("ok", (t.read_done)(&ctx.lang.count(count)), "")
            }
            "no_gateway" => flash("bad", t.read_failed.to_owned(), t.no_gateway),
            "no_data_key" => flash("bad", t.read_failed.to_owned(), t.no_data_key),
            code => {
                let reason = Reason::from_code(code)?;
                let text = reader::reason(&reason, ctx.t.shell);
                flash("bad", t.read_failed.to_owned(), text)
            }
        })
    }
}

fn named(key: &Client, ctx: &Ctx) -> Option<Flash> {
    let t = ctx.t.keys;
    let kept = key.kept.as_ref()?;
    Some(Flash {
        class: "ok",
        title: match kept.alias.as_str() {
            "" => (t.unnamed)(&plain(&key.mask)),
            _ => (t.named)(&plain(&key.mask), &name(key, ctx)),
        },
        text: String::new(),
        undo: Some((key.hash.clone(), kept.changed_at.0)),
    })
}

impl Flash {
    pub(super) fn refused(refused: &Refused, all: &[Client], ctx: &Ctx) -> Self {
        let key = all.iter().find(|key| key.hash == refused.hash);
        let who = key.map_or_else(String::new, |key| rows::name(key, ctx));
        Self {
            class: "bad",
            title: format!("{}: {who}", ctx.t.keys.bad_alias),
            text: refused.why.clone(),
            undo: None,
        }
    }
}

/// The code of a failed reading, for the address.
pub(super) fn code(trouble: &Trouble, now: At) -> &'static str {
    match trouble {
        Trouble::NotConnected => "no_gateway",
        Trouble::NoDataKey => "no_data_key",
        Trouble::Gateway(error) => error.reason(now).code(),
        Trouble::Store(_) => Reason::StoreFailing.code(),
    }
}

/// Back to the page: the view it had, and what was done.
pub(super) fn see(ctx: &Ctx, view: &str, done: &[(&str, &str)]) -> HttpResponse {
    let query = url::form_urlencoded::Serializer::new(view.to_owned())
        .extend_pairs(done)
        .finish();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("{}?{query}", ctx.url("/keys"))))
        .finish()
}
