//! Multipliers: the operator's, which can be removed, and those that ship with
//! the program.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

use super::sheet::Wrong;
use super::{Done, Flash, Tab, see_batch, tabs, words};
use crate::domain::pricing::price::tier_name;
use crate::domain::pricing::{Factor, Layer, Multiplier, Pattern, When};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::store::names::{Dictionary, Kind};
use crate::store::prices::{Edit, Item};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx;
use crate::web::session::Access;
use crate::web::state::AppState;

const LONGEST: usize = 200;
/// Names of a kind that are offered.
const MOST_KNOWN: usize = 500;

#[derive(Template)]
#[template(path = "prices_multipliers.html")]
struct MultipliersPage {
    tabs: [Tab; 4],
    flash: Option<Flash>,
    rows: Vec<Row>,
    /// What may be typed as the subject, and what it means.
    known: Vec<(String, String)>,
    form: New,
    mistakes: Vec<Mistake>,
    ctx: Ctx,
}

impl MultipliersPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }

    /// What is wrong with a field; empty when nothing is.
    fn wrong(&self, field: &str) -> &'static str {
        let found = self.mistakes.iter().find(|one| one.field == field);
        found.map_or("", |one| one.said)
    }
}

/// A field of the form that is refused, and why.
struct Mistake {
    field: &'static str,
    name: &'static str,
    said: &'static str,
}

struct Row {
    layer: &'static str,
    models: String,
    when: String,
    input: String,
    output: String,
    /// The multiplier as JSON, where it can be removed.
    own: Option<String>,
}

pub(super) async fn show(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    done: Query<Done>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let flash = done.flash(&ctx, &state).await?;
    page(
        ctx,
        &state,
        StatusCode::OK,
        flash,
        New::default(),
        Vec::new(),
    )
}

fn page(
    ctx: Ctx,
    state: &AppState,
    status: StatusCode,
    flash: Option<Flash>,
    form: New,
    mistakes: Vec<Mistake>,
) -> Result<HttpResponse> {
    let book = state.store.prices();
    let names = state.store.names();
    let names = names.read();
    let page = MultipliersPage {
        tabs: tabs(&ctx, "/usage/prices/multipliers"),
        flash,
        rows: book
            .multipliers()
            .iter()
            .map(|(layer, m)| row(&ctx, &names, *layer, m))
            .collect(),
        known: known(&ctx, &names),
        form,
        mistakes,
        ctx,
    };
    Ok(hx::html_response(status).body(page.render()?))
}

/// Tiers, providers and accounts that were met.
fn known(ctx: &Ctx, names: &Dictionary) -> Vec<(String, String)> {
    let t = ctx.t.prices;
    let kinds = [
        (Kind::Tier, t.kind_tier),
        (Kind::Provider, t.kind_provider),
        (Kind::Account, t.kind_account),
    ];
    let of = |(kind, name): (Kind, &str)| -> Vec<(String, String)> {
        let met = names.iter(kind).take(MOST_KNOWN);
        let met = met.filter(|(_, met)| kind != Kind::Tier || tier_name(&met.value).is_some());
        met.map(|(id, met)| {
            let title = match kind {
                Kind::Account => ctx.identity(names.title(kind, id)),
                _ => plain(&met.value).into_owned(),
            };
            (met.value.to_string(), format!("{title} ({name})"))
        })
        .collect()
    };
    kinds.into_iter().flat_map(of).collect()
}

fn row(ctx: &Ctx, names: &Dictionary, layer: Layer, multiplier: &Multiplier) -> Row {
    let t = ctx.t.prices;
    // People know accounts by their names.
    let account = match &multiplier.when {
        When::Account(identity) => names.id(Kind::Account, identity),
        _ => None,
    };
    let account = account.map(|id| names.title(Kind::Account, id));
    let account = account.filter(|title| !title.is_empty());
    Row {
        layer: words::layer(t, layer),
        models: plain(multiplier.model.as_str()).into_owned(),
        when: match account {
            Some(title) => (t.when_account)(&ctx.identity(title)),
            None => words::when(ctx, &multiplier.when),
        },
        input: multiplier.input.to_string(),
        output: multiplier.output.to_string(),
        own: (layer == Layer::Override)
            .then(|| serde_json::to_string(multiplier).ok())
            .flatten(),
    }
}

/// What was typed, to be shown again as it was when it is refused.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct New {
    models: String,
    kind: String,
    subject: String,
    up_to: String,
    input: String,
    output: String,
}

impl Default for New {
    fn default() -> Self {
        Self {
            models: String::from("*"),
            kind: String::from("tier"),
            subject: String::new(),
            up_to: String::new(),
            input: String::new(),
            output: String::new(),
        }
    }
}

impl New {
    /// What it says, or what is wrong with it, field by field.
    fn multiplier(&self, t: &'static Texts) -> std::result::Result<Multiplier, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut wrong = |field, name, said| mistakes.push(Mistake { field, name, said });
        let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST;
        if !fits(self.models.trim()) {
            wrong("models", t.pattern, t.no_model);
        }
        let when = self.when(t);
        if let Err((field, name, said)) = when {
            wrong(field, name, said);
        }
        let input = Factor::parse(&self.input);
        if let Err(bad) = &input {
            wrong("input", t.of_input, words::wrong(t, bad.clone().into()));
        }
        let output = match self.output.trim() {
            "" => input.clone(),
            text => Factor::parse(text).inspect_err(|bad| {
                wrong("output", t.of_output, words::wrong(t, bad.clone().into()));
            }),
        };
        match (when, input, output) {
            (Ok(when), Ok(input), Ok(output)) if mistakes.is_empty() => Ok(Multiplier {
                model: Pattern::new(&self.models),
                when,
                input,
                output,
            }),
            _ => Err(mistakes),
        }
    }

    /// For what it holds; else field, its name and what is wrong.
    fn when(
        &self,
        t: &'static Texts,
    ) -> std::result::Result<When, (&'static str, &'static str, &'static str)> {
        let subject = self.subject.trim();
        let missing = ("subject", t.subject, t.no_subject);
        if subject.is_empty() || subject.len() > LONGEST {
            return Err(missing);
        }
        let tokens = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n > 0);
        let not_a_count = words::wrong(t, Wrong::NotACount);
        Ok(match self.kind.as_str() {
            "tier" => When::Tier {
                tier: tier_name(subject).ok_or(("subject", t.subject, t.no_tier))?,
                up_to: match self.up_to.trim() {
                    "" => None,
                    text => Some(tokens(text).ok_or(("up_to", t.up_to, not_a_count))?),
                },
            },
            "above" => When::Above {
                over: tokens(subject).ok_or(("subject", t.subject, not_a_count))?,
            },
            "provider" => When::Provider(Pattern::new(subject)),
            "account" => When::Account(subject.to_owned()),
            _ => return Err(missing),
        })
    }
}

pub(super) async fn add(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    new: Form<New>,
) -> Result<HttpResponse> {
    let path = "/usage/prices/multipliers";
    let multiplier = match new.multiplier(ctx.t.prices) {
        Ok(multiplier) => multiplier,
        Err(mistakes) => {
            let ctx = ctx.at(Place::Usage);
            let refused = StatusCode::UNPROCESSABLE_ENTITY;
            return page(ctx, &state, refused, None, new.into_inner(), mistakes);
        }
    };
    let models = multiplier.model.as_str().to_owned();
    let book = state.store.prices();
    let own = book.multipliers().iter();
    let own = own.filter(|(layer, _)| *layer == Layer::Override);
    let replaced = own.filter(|(_, old)| *old != multiplier && multiplier.is_instead_of(old));
    let mut edits: Vec<Edit> = replaced
        .map(|(_, old)| Edit::RemoveMultiplier(old.clone()))
        .collect();
    edits.push(Edit::Put(Item::Multiplier(multiplier)));
    let batch = state.store.edit_prices(ctx.now, edits).await?;
    Ok(see_batch(&ctx, path, "saved", &models, batch))
}

#[derive(Deserialize)]
pub(super) struct Which {
    multiplier: String,
}

pub(super) async fn remove(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    which: Form<Which>,
) -> Result<HttpResponse> {
    let multiplier: Multiplier =
        serde_json::from_str(&which.multiplier).map_err(|_| Error::Unreadable)?;
    let models = multiplier.model.as_str().to_owned();
    let edit = Edit::RemoveMultiplier(multiplier);
    let batch = state.store.edit_prices(ctx.now, vec![edit]).await?;
    Ok(see_batch(
        &ctx,
        "/usage/prices/multipliers",
        "removed",
        &models,
        batch,
    ))
}
