//! Settings → Collection: how collecting goes, and how it should go. Saving
//! never needs the gateway; a new key is tried once if the gateway answers, and
//! what could not be verified is said.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query, ServiceConfig, get, post};
use askama::Template;
use secrecy::SecretString;

use super::{Flash, Tab, see, tabs};
use crate::domain::collection::{Connection, Mode, Reason, State, Transport};
use crate::domain::units::{At, Ms};
use crate::gateway::client::Client;
use crate::gateway::types::{Error as GatewayError, Overview};
use crate::i18n::plain;
use crate::i18n::settings::Settings as Texts;
use crate::web::admin_key::Shape;
use crate::web::collection::{self, Chosen};
use crate::web::collection_form::{Entry, Form as Fields, Rules};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reader;
use crate::web::session::Access;
use crate::web::state::AppState;

mod course;
mod outcome;

use course::Course;
use outcome::Outcome;

/// A form must not hang as long as a gateway may.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/collection", get().to(show))
        .route("/settings/collection", post().to(save))
        .route("/settings/collection/check", post().to(check));
}

#[derive(Template)]
#[template(path = "settings_collection.html", blocks = ["collector"])]
struct CollectionPage {
    tabs: Vec<Tab>,
    flash: Option<Flash>,
    form: Fields,
    key_stored: bool,
    key_lost: bool,
    course: Option<Course>,
    ctx: Ctx,
}

crate::regions!(CollectionPage, collector => as_collector);

/// One line of how collecting goes.
struct Fact {
    name: &'static str,
    text: String,
    /// The page behind a figure.
    link: Option<&'static str>,
}

impl CollectionPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.settings
    }

    fn facts(&self) -> Vec<Fact> {
        let t = self.t();
        let status = &self.ctx.status;
        let count = |n: i64| self.ctx.lang.count(n);
        let gaps = i64::try_from(status.gaps.len()).unwrap_or(i64::MAX);
        let seen = |n: i64, sentence: fn(&str) -> String, none: &str| {
            if n > 0 {
                sentence(&count(n))
            } else {
                none.to_owned()
            }
        };
        let consumers = if status.competing_consumer {
            t.one_seen
        } else {
            t.none_seen
        };
        let fact = |name, text| Fact {
            name,
            text,
            link: None,
        };
        let linked = |name, text, n: i64, to| Fact {
            name,
            text,
            link: (n > 0).then_some(to),
        };
        let rejected = seen(status.rejected, t.kept_with_reason, "0");
        let mut facts = vec![fact(t.why, self.why())];
        if let Some(at) = status.next_try_at {
            facts.push(fact(t.next_try, self.time(Some(at))));
        }
        facts.extend([
            fact(t.transport, self.transport()),
            fact(t.last_taken, self.time(status.last_taken_at)),
            fact(t.last_stored, self.last_stored()),
            fact(t.stored, (t.since_installation)(&count(status.stored))),
            linked(t.rejected, rejected, status.rejected, "/settings/rejects"),
            fact(t.duplicates, count(status.duplicates)),
            fact(t.retried, count(status.batches_retried)),
            linked(
                t.gaps,
                seen(gaps, t.gaps_seen, t.none_seen),
                gaps,
                "/settings/gaps",
            ),
            fact(t.other_consumers, consumers.to_owned()),
            fact(t.gateway, self.gateway()),
            fact(t.retention, self.retention()),
            fact(t.spool, (t.batches_waiting)(&count(status.spooled))),
        ]);
        facts
    }

    fn why(&self) -> String {
        match &self.ctx.status.reason {
            Some(Reason::Other(text)) => plain(text).into_owned(),
            Some(reason) => reader::reason(reason, self.ctx.t.shell).to_owned(),
            None => self.answered(),
        }
    }

    /// What shows that all is well: the queue was read a moment ago.
    fn answered(&self) -> String {
        let status = &self.ctx.status;
        match (status.state, status.last_taken_at) {
            (State::Collecting, Some(at)) => {
                let ago = self.ctx.lang.span(Ms((self.ctx.now - at).0.max(0)));
                (self.t().taken_ago)(&ago)
            }
            (State::Collecting, None) => self.t().nothing_taken.to_owned(),
            _ => self.t().none.to_owned(),
        }
    }

    fn transport(&self) -> String {
        let t = self.t();
        let name = match self.ctx.status.transport {
            None => return t.none.to_owned(),
            Some(Transport::Resp) => t.resp,
            Some(Transport::Subscribe) => t.subscribe,
            Some(Transport::Http) => t.http,
        };
        if self.ctx.status.mode == Mode::Auto {
            format!("{name}, {}", t.chosen_by_auto)
        } else {
            name.to_owned()
        }
    }

    fn time(&self, at: Option<At>) -> String {
        at.map_or_else(
            || self.t().never.to_owned(),
            |at| {
                let (lang, local) = (self.ctx.lang, self.ctx.local(at));
                let clock = lang.clock(&local);
                if local.date_naive() == self.ctx.local(self.ctx.now).date_naive() {
                    clock
                } else {
                    format!("{}, {clock}", lang.long_day(&local))
                }
            },
        )
    }

    fn last_stored(&self) -> String {
        let time = self.time(self.ctx.status.last_stored_at);
        match self.ctx.status.lag {
            Some(lag) => format!(
                "{time}, {}",
                (self.t().waiting_since)(&self.ctx.lang.span(lag))
            ),
            None => time,
        }
    }

    fn gateway(&self) -> String {
        let t = self.t();
        let gateway = &self.ctx.status.gateway;
        let Some(version) = &gateway.version else {
            return t.unknown.to_owned();
        };
        let statistics = match gateway.usage_statistics_enabled {
            Some(true) => t.statistics_on,
            Some(false) => t.statistics_off,
            None => t.unknown,
        };
        format!("CPA {}, {statistics}", plain(version))
    }

    fn retention(&self) -> String {
        let t = self.t();
        let lang = self.ctx.lang;
        self.ctx.status.gateway.retention.map_or_else(
            || t.unknown.to_owned(),
            |span| (t.retention_is)(&lang.span(span), &lang.span(Ms(span.0 / 3))),
        )
    }
}

async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    want: Want,
    outcome: Query<Outcome>,
) -> Result<HttpResponse> {
    let chosen = chosen(&state).await?;
    let form = Fields::of(&chosen, &state.config.collection);
    let flash = outcome.flash(&ctx);
    let page = page(ctx, &state, &chosen, form, flash).await?;
    hx::respond(&want, &page)
}

async fn page(
    ctx: Ctx,
    state: &AppState,
    chosen: &Chosen,
    form: Fields,
    flash: Option<Flash>,
) -> Result<CollectionPage> {
    let (names, now) = (state.store.names(), ctx.now);
    let minutes = state.store.read(move |c| course::read(c, &names, now));
    let minutes = minutes.await?;
    let ctx = ctx.at(Place::Settings);
    let key_lost = state.settings.borrow().key_unreadable;
    Ok(CollectionPage {
        tabs: tabs(&ctx, "/settings/collection"),
        flash,
        form,
        key_stored: chosen.key_place.is_some() && !key_lost,
        key_lost,
        course: Course::new(&minutes, &ctx),
        ctx,
    })
}

async fn chosen(state: &AppState) -> Result<Chosen> {
    Ok(state.store.read(collection::chosen).await?)
}

async fn save(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    entry: Form<Entry>,
) -> Result<HttpResponse> {
    let before = chosen(&state).await?;
    let rules = Rules {
        chosen: &before,
        fixed: &state.config.collection,
        retention: state.status.borrow().gateway.retention,
        t: ctx.t.settings,
        lang: ctx.lang,
    };
    let (mut after, mut form) = rules.all(&entry);
    let key = new_key(&ctx, &state, &entry, &after, &mut form);
    if form.has_problems() {
        return not_saved(ctx, &state, &before, form).await;
    }
    let verified = verify(&state, &after, key.as_ref()).await;
    if let (Some(Err(GatewayError::KeyRejected)), Some(_)) = (&verified, &key) {
        form.key.problem = Some(ctx.t.settings.key_refused.to_owned());
        return not_saved(ctx, &state, &before, form).await;
    }
    let off = after.enabled == Some(false);
    after.set_up = true;
    collection::save(&state, after, key).await?;
    let outcome = match verified {
        _ if off => Outcome::of("off"),
        None => Outcome::of("saved"),
        Some(Ok(found)) => Outcome::of("verified").with_version(found.version),
        Some(Err(error)) => Outcome::of("unverified").because(&error.reason(state.clock.now())),
    };
    Ok(see(&ctx, &outcome.path()))
}

/// The form again, with what was entered and what is wrong with it.
async fn not_saved(
    ctx: Ctx,
    state: &AppState,
    chosen: &Chosen,
    form: Fields,
) -> Result<HttpResponse> {
    let t = ctx.t.settings;
    let flash = Flash {
        class: "bad",
        title: t.not_saved.to_owned(),
        text: t.look_below.to_owned(),
    };
    let page = page(ctx, state, chosen, form, Some(flash)).await?;
    hx::respond_as(StatusCode::UNPROCESSABLE_ENTITY, &Want::Document, &page)
}

/// The key that was entered; problems go into the form. Keys of the wrong kind
/// are not sent anywhere, and a stored key is never sent to another address.
fn new_key(
    ctx: &Ctx,
    state: &AppState,
    entry: &Entry,
    after: &Chosen,
    form: &mut Fields,
) -> Option<SecretString> {
    let t = ctx.t.settings;
    let fixed = &state.config.collection;
    if fixed.key.is_some() {
        return None;
    }
    let key = entry.management_key.trim();
    let problem = if key.is_empty() {
        let here = after.url.as_deref().map(collection::place);
        let moved = fixed.url.is_none() && after.key_place != here;
        (after.key_place.is_some() && moved).then_some(t.key_of_another_address)
    } else {
        match Shape::of(key) {
            Shape::Admin => Some(t.admin_key_given),
            Shape::ManagementHash => Some(t.hash_given),
            _ if !key.chars().all(|c| c.is_ascii_graphic() || c == ' ') => Some(t.key_unsendable),
            _ => None,
        }
    };
    form.key.problem = problem.map(str::to_owned);
    (problem.is_none() && !key.is_empty()).then(|| SecretString::from(key))
}

/// Asks the gateway when there is a reason to: `None` = nothing was asked. A new
/// key is sent once; without one only the address is looked at.
async fn verify(
    state: &AppState,
    after: &Chosen,
    key: Option<&SecretString>,
) -> Option<std::result::Result<Overview, GatewayError>> {
    let fixed = &state.config.collection;
    let url = fixed.url.as_ref().map(|url| url.value.clone());
    let url = url.or_else(|| after.url.clone())?;
    let told = state.settings.borrow().connection.clone();
    let moved = told.is_none_or(|now| now.url != url);
    if after.enabled == Some(false) || (key.is_none() && !moved) {
        return None;
    }
    if let Some(until) = banned_until(state) {
        let left = u64::try_from((until - state.clock.now()).0).unwrap_or(0);
        let remaining = Some(Duration::from_millis(left));
        return Some(Err(GatewayError::Banned { remaining }));
    }
    let insecure_tls = fixed.insecure_tls.as_ref().map(|insecure| insecure.value);
    let connection = Connection {
        url,
        key: key.cloned().unwrap_or_default(),
        insecure_tls: insecure_tls.or(after.insecure_tls) == Some(true),
    };
    let asked = async {
        let client = Client::new(&connection)?;
        if key.is_some() {
            client.probe().await
        } else {
            client.identify().await.map(|()| Overview::default())
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    Some(asked.unwrap_or(Err(GatewayError::TimedOut)))
}

/// While the gateway refuses every key, none is sent.
fn banned_until(state: &AppState) -> Option<At> {
    match state.status.borrow().reason {
        Some(Reason::Banned { until }) => until.filter(|until| *until > state.clock.now()),
        _ => None,
    }
}

/// Tries the connection that holds, once, because a person asked.
async fn check(ctx: Ctx, state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    if let Some(until) = banned_until(&state) {
        let banned = Reason::Banned { until: Some(until) };
        return Ok(see(&ctx, &Outcome::of("failed").because(&banned).path()));
    }
    let told = state.settings.borrow().connection.clone();
    let Some(connection) = told else {
        return Ok(see(&ctx, &Outcome::of("nothing").path()));
    };
    let asked = async { Client::new(&connection)?.probe().await };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    let outcome = match asked.unwrap_or(Err(GatewayError::TimedOut)) {
        Ok(found) => {
            (state.try_again)();
            let silent = found.usage_statistics_enabled == Some(false);
            let outcome = Outcome::of(if silent { "silent" } else { "fine" });
            outcome.with_version(found.version)
        }
        Err(error) => Outcome::of("failed").because(&error.reason(state.clock.now())),
    };
    Ok(see(&ctx, &outcome.path()))
}
