//! Settings → Collection: how collecting goes, how it should go, and whether the
//! gateway can be reached. Knows nothing of rows: what was collected is elsewhere.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query, ServiceConfig, post};
use askama::Template;

use super::{Flash, Tab, see, tabs};
use crate::domain::collection::{Mode, Reason, State};
use crate::domain::units::{At, Ms};
use crate::gateway::client::Client;
use crate::gateway::types::Error as GatewayError;
use crate::i18n::plain;
use crate::i18n::settings::Settings as Texts;
use crate::pages::collection_form::Form as Fields;
use crate::web::collection::{self, Chosen};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::reader;
use crate::web::reading::get;
use crate::web::session::Access;
use crate::web::state::AppState;

mod course;
mod outcome;
mod save;

use course::Course;
use outcome::Outcome;

/// A form must not hang as long as a gateway may.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/collection", get().to(show))
        .route("/settings/collection", post().to(save::save))
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
        let Some(transport) = self.ctx.status.transport else {
            return t.none.to_owned();
        };
        let name = reader::transport(transport, t);
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
