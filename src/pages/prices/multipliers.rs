//! Multipliers: the operator's, which can be removed, and those that ship with
//! the program.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

use super::{Done, Flash, Tab, see, see_batch, tabs, words};
use crate::domain::pricing::price::tier_name;
use crate::domain::pricing::{Factor, Layer, Multiplier, Pattern, When};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::store::prices::{Edit, Item};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx;
use crate::web::session::Access;
use crate::web::state::AppState;

const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "prices_multipliers.html")]
struct MultipliersPage {
    tabs: [Tab; 4],
    flash: Option<Flash>,
    rows: Vec<Row>,
    ctx: Ctx,
}

impl MultipliersPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }
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
    let book = state.store.prices();
    let page = MultipliersPage {
        tabs: tabs(&ctx, "/usage/prices/multipliers"),
        flash: done.flash(&ctx, &state).await?,
        rows: book
            .multipliers()
            .iter()
            .map(|(layer, m)| row(&ctx, *layer, m))
            .collect(),
        ctx,
    };
    Ok(hx::html_response(StatusCode::OK).body(page.render()?))
}

fn row(ctx: &Ctx, layer: Layer, multiplier: &Multiplier) -> Row {
    let t = ctx.t.prices;
    Row {
        layer: words::layer(t, layer),
        models: plain(multiplier.model.as_str()).into_owned(),
        when: words::when(ctx, &multiplier.when),
        input: multiplier.input.to_string(),
        output: multiplier.output.to_string(),
        own: (layer == Layer::Override)
            .then(|| serde_json::to_string(multiplier).ok())
            .flatten(),
    }
}

#[derive(Deserialize)]
pub(super) struct New {
    models: String,
    kind: String,
    subject: String,
    #[serde(default)]
    up_to: String,
    input: String,
    output: String,
}

impl New {
    /// `None`: something is missing or makes no sense.
    fn multiplier(&self) -> Option<Multiplier> {
        let subject = self.subject.trim();
        let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST;
        if !fits(self.models.trim()) || !fits(subject) {
            return None;
        }
        let tokens = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n > 0);
        let when = match self.kind.as_str() {
            "tier" => When::Tier {
                tier: tier_name(subject)?,
                up_to: match self.up_to.trim() {
                    "" => None,
                    text => Some(tokens(text)?),
                },
            },
            "above" => When::Above {
                over: tokens(subject)?,
            },
            "provider" => When::Provider(Pattern::new(subject)),
            "account" => When::Account(subject.to_owned()),
            _ => return None,
        };
        let input = Factor::parse(&self.input).ok()?;
        let output = match self.output.trim() {
            "" => input,
            text => Factor::parse(text).ok()?,
        };
        Some(Multiplier {
            model: Pattern::new(&self.models),
            when,
            input,
            output,
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
    let Some(multiplier) = new.multiplier() else {
        return Ok(see(&ctx, path, &[("done", "bad_multiplier")]));
    };
    let models = multiplier.model.as_str().to_owned();
    let edit = Edit::Put(Item::Multiplier(multiplier));
    let batch = state.store.edit_prices(ctx.now, vec![edit]).await?;
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
