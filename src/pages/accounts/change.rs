//! The buttons: list again, switch one on or off. What became of it is shown by
//! the page the person came from; the address only says of which account.

use std::sync::atomic::Ordering;

use actix_web::http::header;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::words;
use crate::accounts::{Desk, Switched};
use crate::domain::account::Known;
use crate::gateway::client::Meter;
use crate::gateway::types::Error as GatewayError;
use crate::i18n::plain;
use crate::store::audit::{Intent, Kind};
use crate::web::audit::{self, Ticket};
use crate::web::client_addr::Client;
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::local;
use crate::web::session::Access;
use crate::web::state::AppState;

/// Characters of an account's name in the audit log.
const LONGEST_NAME: usize = 200;

#[derive(Deserialize)]
pub(super) struct Wanted {
    disabled: bool,
    #[serde(default)]
    back: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    back: String,
}

pub(super) async fn refresh(
    ctx: Ctx,
    desk: Data<Desk>,
    _: Access,
    form: Form<Back>,
) -> Result<HttpResponse> {
    desk.stir();
    Ok(see(&ctx, &form.back, None))
}

pub(super) async fn switch(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    desk: Data<Desk>,
    access: Access,
    id: Path<i64>,
    form: Form<Wanted>,
) -> Result<HttpResponse> {
    let client = Client::of(&request, &state.config);
    let intent = Intent {
        at: ctx.now,
        kind: Kind::Change,
        who: audit::who(&access),
        address: client.ip.to_string(),
        method: String::from("PATCH"),
        path: line(&desk, *id, form.disabled),
    };
    let mut ticket = Ticket::begin(&state, Some(intent)).await;
    let meter = Meter::default();
    let outcome = desk.switch(*id, form.disabled, &meter).await?;
    ticket.sent().store(meter.sent(), Ordering::Relaxed);
    ticket.received(usize::try_from(meter.received()).unwrap_or(usize::MAX));
    if let Some(status) = meter.status() {
        ticket.answered(status);
    }
    ticket.ended(match outcome {
        Switched::Done | Switched::Unchanged => "done",
        Switched::Unconfirmed => "unconfirmed",
        Switched::Unknown => "unknown_account",
        Switched::NotConnected => "not_connected",
        Switched::Refused(_) => "refused",
    });
    state.gateway_changed.send_modify(|count| *count += 1);
    Ok(see(&ctx, &form.back, Some(*id)))
}

/// The path that is asked. The audit log keeps no bodies: which account and
/// which way stand behind it.
fn line(desk: &Desk, id: i64, disabled: bool) -> String {
    let roster = desk.roster();
    let listed = roster.of_id(id).map(|known| &known.listed);
    let (path, what, name) = match listed {
        None => ("auth-files/status", "name", ""),
        Some(file) if file.list.is_empty() => ("auth-files/status", "name", file.name.as_str()),
        Some(key) => (key.list.as_str(), "auth_index", key.auth_index.as_str()),
    };
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    format!("/v0/management/{path}?{what}={name}&disabled={disabled}")
}

/// Back to where the person was, with the account that was switched.
fn see(ctx: &Ctx, back: &str, switched: Option<i64>) -> HttpResponse {
    let back = local::path(back).filter(|path| path.starts_with("/accounts"));
    let back = back.unwrap_or("/accounts");
    let (path, query) = back.split_once('?').unwrap_or((back, ""));
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .filter(|(name, _)| name != "switched")
        .collect();
    pairs.extend(switched.map(|id| (String::from("switched"), id.to_string())));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let join = if query.is_empty() { "" } else { "?" };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ctx.url(&format!("{path}{join}{query}"))))
        .finish()
}

/// What became of the last switch of an account.
pub(super) struct Flash {
    pub class: &'static str,
    pub title: String,
    pub text: String,
    /// The account, and what to send to undo it.
    pub undo: Option<(i64, bool)>,
}

pub(super) fn flash(ctx: &Ctx, desk: &Desk, known: &Known) -> Option<Flash> {
    let t = ctx.t.accounts;
    let (wanted, outcome) = desk.outcome(known.id)?;
    let name = words::name(ctx, known);
    let failed = |text: String| Flash {
        class: "bad",
        title: (t.not_switched)(&name),
        text,
        undo: None,
    };
    Some(match outcome {
        Switched::Done => Flash {
            class: "ok",
            title: if wanted {
                (t.is_disabled)(&name)
            } else {
                (t.is_enabled)(&name)
            },
            text: if known.shares_its_switch() {
                (t.checked_all)(&plain(&known.listed.provider))
            } else {
                t.checked.to_owned()
            },
            undo: Some((known.id, !wanted)),
        },
        Switched::Unchanged => Flash {
            class: "info",
            title: (t.was_so)(&name),
            text: t.checked.to_owned(),
            undo: None,
        },
        Switched::Unconfirmed => Flash {
            class: "warn",
            ..failed(t.unconfirmed.to_owned())
        },
        Switched::Unknown => failed(t.not_switchable.to_owned()),
        Switched::NotConnected => failed(t.not_connected.to_owned()),
        Switched::Refused(GatewayError::Protocol(said)) => failed((t.gateway_said)(&plain(&said))),
        Switched::Refused(error) => {
            let reason = error.reason(ctx.now);
            let said = crate::web::reader::reason(&reason, ctx.t.shell);
            failed((t.gateway_said)(said))
        }
    })
}
