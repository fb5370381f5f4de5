//! Pricing stored requests anew: which, with what effect, and how far it is.
//! Range and models are named in the address as everywhere else. What is begun
//! is what was shown: its moment and its prices come back with the button.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;

use super::{Done, Flash, Tab, see, tabs, words};
use crate::domain::filter::View;
use crate::domain::pricing::Layer;
use crate::domain::time::Range;
use crate::domain::units::{At, NanoUsd};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::prices::Desk;
use crate::prices::reprice::Start;
use crate::regions;
use crate::store::prices::{seen, touched};
use crate::store::reprice::{self, Ask, Effect, Job, State};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::Result;
use crate::web::hx::{self, Want};
use crate::web::session::Access;
use crate::web::state::AppState;

const PATH: &str = "/usage/prices/anew";
/// More would not fit into an address and are "all".
const MOST_MODELS: usize = 150;

#[derive(Template)]
#[template(path = "prices_anew.html", blocks = ["job"])]
struct AnewPage {
    tabs: [Tab; 4],
    flash: Option<Flash>,
    models: Vec<ModelChoice>,
    ranges: [(&'static str, &'static str, bool); 4],
    /// The question, to be carried on by the button that starts.
    carried: Vec<(String, String)>,
    effect: Option<EffectTable>,
    job: Option<JobView>,
    ctx: Ctx,
}

regions!(AnewPage, job => as_job);

impl AnewPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }

    /// Then the page looks again by itself.
    fn at_work(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.at_work)
    }
}

struct ModelChoice {
    value: String,
    label: String,
    chosen: bool,
}

/// Now, then, difference.
struct EffectTable {
    requests: String,
    changed: String,
    cost: [String; 3],
    unpriced: [String; 2],
    none: bool,
}

struct JobView {
    state: String,
    at_work: bool,
    can_stop: bool,
    can_undo: bool,
    begun: String,
    models: String,
    effect: EffectTable,
}

/// Where these models are priced anew over all time; `None` without any.
pub(super) fn address(ctx: &Ctx, models: &[String]) -> Option<String> {
    let named = if models.len() > MOST_MODELS {
        &[]
    } else {
        models
    };
    let named = named.iter().map(|model| ("model", model.as_str()));
    (!models.is_empty()).then(|| words::address(ctx, PATH, named.chain([("range", "all")])))
}

/// The models in use that an override prices, and those that the batch which
/// set it touched: under another name it priced others.
pub(super) async fn priced_by(
    state: &AppState,
    name: &str,
    batch: Option<i64>,
) -> Result<Vec<String>> {
    let read = move |c: &mut _| {
        let touched = batch.map_or_else(|| Ok(Vec::new()), |batch| touched::models(c, batch));
        Ok((seen::models(c)?, touched?))
    };
    let (wanted, touched) = state.store.read(read).await?;
    let book = state.store.prices();
    let mut models: Vec<String> = wanted
        .into_iter()
        .filter(|wanted| {
            let found = book.find(&wanted.model, &wanted.provider);
            found.is_some_and(|found| {
                let by = found.rule.like.as_ref().unwrap_or(&found.rule.model);
                (found.rule.layer == Layer::Override || found.rule.like.is_some())
                    && by.eq_ignore_ascii_case(name)
            })
        })
        .map(|wanted| wanted.model)
        .chain(touched)
        .collect();
    models.sort_unstable();
    models.dedup();
    Ok(models)
}

pub(super) async fn show(
    request: HttpRequest,
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    desk: Data<Desk>,
    _: Access,
    done: Query<Done>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let query = request.query_string();
    let (view, _) = View::parse(query, ctx.zone);
    let asked = query.contains("range=") || query.contains("from=");
    let read = |c: &mut _| Ok((seen::models(c)?, reprice::latest(c)?));
    let (wanted, job) = state.store.read(read).await?;
    let shown = match (&want, asked) {
        (Want::Document, true) => Some(desk.preview_reprice(ask(&view, &ctx, ctx.now)).await?),
        _ => None,
    };
    let (effect, prices) = shown.unzip();
    let mut models: Vec<String> = wanted.into_iter().map(|wanted| wanted.model).collect();
    models.dedup();
    let page = AnewPage {
        tabs: tabs(&ctx, PATH),
        flash: done.flash(&ctx, &state).await?,
        models: models
            .into_iter()
            .map(|value| ModelChoice {
                label: plain(&value).into_owned(),
                chosen: view.only.models.contains(&value),
                value,
            })
            .collect(),
        ranges: ranges(&ctx, view.range),
        carried: carried(&view, ctx.now, prices.as_deref().unwrap_or_default()),
        effect: effect.map(|effect| table(&ctx, &effect)),
        job: job.map(|job| job_view(&ctx, &job)),
        ctx,
    };
    hx::respond(&want, &page)
}

fn ranges(ctx: &Ctx, here: Range) -> [(&'static str, &'static str, bool); 4] {
    let t = ctx.t.prices;
    [
        ("24h", t.last_day, here == Range::Last24Hours),
        ("7d", t.last_week, here == Range::Days(7)),
        ("30d", t.last_month, here == Range::Days(30)),
        ("all", t.everything, here == Range::All),
    ]
}

/// The moment of the answer, where a range counts from now.
const SHOWN_AT: &str = "shown_at";
/// The mark of the prices of the answer.
const SHOWN_BY: &str = "shown_by";

/// The question as fields of a form, and what tells its answer from others.
fn carried(view: &View, now: At, prices: &str) -> Vec<(String, String)> {
    let url = view.url("");
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let mut pairs: Vec<(String, String)> = pairs.into_owned().collect();
    if !pairs
        .iter()
        .any(|(name, _)| name == "range" || name == "from")
    {
        pairs.push((String::from("range"), String::from("24h")));
    }
    pairs.push((SHOWN_AT.to_owned(), now.0.to_string()));
    pairs.push((SHOWN_BY.to_owned(), prices.to_owned()));
    pairs
}

fn ask(view: &View, ctx: &Ctx, now: At) -> Ask {
    // The store narrows an open end to the first and the last event.
    let (from, to) = view.resolve(ctx.zone, now, Some(At(0)));
    Ask {
        from,
        to,
        models: view.only.models.clone(),
    }
}

fn table(ctx: &Ctx, effect: &Effect) -> EffectTable {
    let count = |n| ctx.lang.count(n);
    let money = |nanos| ctx.lang.money(nanos);
    let difference = NanoUsd(effect.new.0.saturating_sub(effect.old.0));
    EffectTable {
        requests: count(effect.requests),
        changed: count(effect.changed),
        cost: [money(effect.old), money(effect.new), money(difference)],
        unpriced: [count(effect.old_unpriced), count(effect.new_unpriced)],
        none: effect.changed == 0,
    }
}

fn job_view(ctx: &Ctx, job: &Job) -> JobView {
    let t = ctx.t.prices;
    let models: Vec<_> = job.ask.models.iter().map(|model| plain(model)).collect();
    JobView {
        state: match job.state {
            State::Running => (t.running)(&job.percent().to_string()),
            State::Done => t.done.to_owned(),
            State::Stopped => t.stopped.to_owned(),
            State::Undoing => t.undoing.to_owned(),
            State::Undone => t.put_back.to_owned(),
        },
        at_work: job.state.is_at_work(),
        can_stop: job.state == State::Running,
        can_undo: matches!(job.state, State::Done | State::Stopped) && job.effect.changed > 0,
        begun: ctx.lang.full(&ctx.local(job.made_at)),
        models: if models.is_empty() {
            t.all_models.to_owned()
        } else {
            models.join(", ")
        },
        effect: table(ctx, &job.effect),
    }
}

pub(super) async fn start(
    ctx: Ctx,
    desk: Data<Desk>,
    _: Access,
    fields: actix_web::web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let (shown, question): (Vec<_>, Vec<_>) = fields
        .into_inner()
        .into_iter()
        .partition(|(name, _)| [SHOWN_AT, SHOWN_BY].contains(&name.as_str()));
    let shown = |wanted: &str| {
        let mut fields = shown.iter().filter(|(name, _)| name == wanted);
        fields.next().map_or("", |(_, value)| value)
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&question)
        .finish();
    let (view, _) = View::parse(&query, ctx.zone);
    let at = shown(SHOWN_AT).parse().map_or(ctx.now, At);
    let ask = ask(&view, &ctx, at.min(ctx.now));
    let why = match desk.start_reprice(ask, shown(SHOWN_BY)).await? {
        Start::Begun(_) => return Ok(see(&ctx, PATH, &[])),
        Start::Busy => "busy",
        Start::PricesChanged => "prices_changed",
    };
    // The same question again: its answer may be another one.
    let mut again: Vec<(&str, &str)> = question
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    again.push(("done", why));
    Ok(see(&ctx, PATH, &again))
}

pub(super) async fn stop(ctx: Ctx, desk: Data<Desk>, _: Access) -> Result<HttpResponse> {
    desk.stop_reprice().await?;
    Ok(see(&ctx, PATH, &[]))
}

pub(super) async fn undo(ctx: Ctx, desk: Data<Desk>, _: Access) -> Result<HttpResponse> {
    desk.undo_reprice().await?;
    Ok(see(&ctx, PATH, &[]))
}
