//! Setting and removing a price of one's own. The form opens as a page, or in
//! the row of the list; what is saved goes to the override layer.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

use super::sheet::{Mistakes, RATES, Sheet};
use super::{Tab, anew, see_batch, tabs, words};
use crate::domain::pricing::{Entry, Layer, PriceBook, Quote};
use crate::i18n::plain;
use crate::i18n::prices::Prices as Texts;
use crate::store::prices::{Edit, Item};
use crate::web::ctx::{Ctx, Place};
use crate::web::error::{Error, Result};
use crate::web::hx::{self, Want};
use crate::web::session::Access;
use crate::web::state::AppState;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    model: String,
    provider: String,
}

#[derive(Template)]
#[template(path = "prices_edit.html")]
struct EditPage {
    tabs: [Tab; 4],
    form: PriceForm,
    ctx: Ctx,
}

/// The form in the place of a row.
#[derive(Template)]
#[template(path = "prices_edit_row.html")]
struct EditRow {
    id: String,
    form: PriceForm,
    ctx: Ctx,
}

struct PriceForm {
    sheet: Sheet,
    /// The override that is edited; empty for a new one.
    was: String,
    /// Where the amounts come from.
    starts_from: String,
    /// Price earlier requests anew afterwards.
    anew: bool,
    mistakes: Mistakes,
}

impl EditPage {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }

    fn title(&self) -> String {
        match self.form.sheet.model.as_str() {
            "" => self.t().new_title.to_owned(),
            model => (self.t().edit_title)(&plain(model)),
        }
    }
}

impl EditRow {
    fn t(&self) -> &'static Texts {
        self.ctx.t.prices
    }
}

impl PriceForm {
    /// What is wrong with a cell; empty when nothing is.
    fn wrong(&self, t: &'static Texts, name: &str) -> &'static str {
        let found = self.mistakes.get(name);
        found.map_or("", |wrong| words::wrong(t, *wrong))
    }

    /// What a field is called where its mistake is told; empty where the
    /// mistake says so itself.
    fn place(&self, t: &'static Texts, name: &str) -> String {
        if name == "request" {
            return t.per_request.to_owned();
        }
        let cells = self.lines(t).into_iter().flatten();
        let mut labels = cells.filter(|cell| cell.name == name);
        labels.next().map_or_else(String::new, |cell| cell.label)
    }

    /// The lines with their number, and each cell's name, head and text.
    fn lines(&self, t: &'static Texts) -> Vec<Vec<FormCell>> {
        let heads = [
            t.input,
            t.cache_read,
            t.cache_write,
            t.cache_write_long,
            t.output,
            t.reasoning,
        ];
        let line = |(n, line): (usize, &super::sheet::Line)| {
            let mut cells = vec![
                self.cell(t, "tier", n, t.tier, line.tier.clone()),
                self.cell(t, "over", n, t.over, line.over.clone()),
            ];
            for ((name, head), text) in RATES.iter().zip(heads).zip(&line.rates) {
                cells.push(self.cell(t, name, n, head, text.clone()));
            }
            cells.push(self.cell(t, "times", n, t.times, line.times.clone()));
            cells.push(self.cell(t, "up_to", n, t.up_to, line.up_to.clone()));
            cells
        };
        self.sheet.lines.iter().enumerate().map(line).collect()
    }

    fn cell(
        &self,
        t: &'static Texts,
        name: &str,
        n: usize,
        head: &'static str,
        value: String,
    ) -> FormCell {
        let name = format!("{name}-{n}");
        let mut label = head.to_owned();
        let _ = write!(label, ", {}", (t.line)(&(n + 1).to_string()));
        FormCell {
            wrong: self.wrong(t, &name),
            wide: name.starts_with("tier") || name.starts_with("over") || name.starts_with("up_to"),
            name,
            label,
            value,
        }
    }
}

/// One input of the sheet.
struct FormCell {
    name: String,
    /// For those who do not see the head of the column.
    label: String,
    value: String,
    wrong: &'static str,
    wide: bool,
}

pub(super) async fn show(
    want: Want,
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    asked: Query<Asked>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let form = prefilled(ctx.t.prices, &state.store.prices(), &asked);
    match want {
        Want::Region(id) if is_row(&id) => {
            let row = EditRow { id, form, ctx };
            Ok(hx::html_response(StatusCode::OK).body(row.render()?))
        }
        Want::Region(_) => Err(Error::NotFound),
        Want::Document => page(ctx, StatusCode::OK, form),
    }
}

/// `p` and a number: a row of the list.
fn is_row(id: &str) -> bool {
    id.strip_prefix('p')
        .is_some_and(|n| n.parse::<u16>().is_ok())
}

fn page(ctx: Ctx, status: StatusCode, form: PriceForm) -> Result<HttpResponse> {
    let page = EditPage {
        tabs: tabs(&ctx, "/usage/prices"),
        form,
        ctx,
    };
    Ok(hx::html_response(status).body(page.render()?))
}

/// The override of this very name, or what holds now as a beginning.
fn prefilled(t: &'static Texts, book: &PriceBook, asked: &Asked) -> PriceForm {
    let mut form = PriceForm {
        sheet: Sheet::default(),
        was: String::new(),
        starts_from: String::new(),
        anew: false,
        mistakes: Mistakes::new(),
    };
    let mut overrides = book.layer(Layer::Override).iter();
    let own = overrides.find(|entry| entry.model.eq_ignore_ascii_case(&asked.model));
    if let Some(own) = own.filter(|_| !asked.model.is_empty()) {
        form.sheet = Sheet::of(own);
        form.was.clone_from(&own.model);
    } else {
        if let Some(found) = book.find(&asked.model, &asked.provider) {
            let rule = format!(
                "{}: {}",
                words::layer(t, found.rule.layer),
                words::rule(t, &found.rule)
            );
            form.starts_from = (t.starts_from)(&rule);
            form.sheet = Sheet::of(found.entry);
        }
        form.sheet.model.clone_from(&asked.model);
    }
    form.sheet = form.sheet.with_room();
    form
}

pub(super) async fn save(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    fields: Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let ctx = ctx.at(Place::Usage);
    let field = |name: &str| {
        fields
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    let sheet = Sheet::read(&fields);
    let was = field("was").unwrap_or_default().to_owned();
    let anew = field("then") == Some("anew");
    let quote = match sheet.quote() {
        Ok(quote) => quote,
        Err(mistakes) => {
            let form = PriceForm {
                sheet: sheet.with_room(),
                was,
                starts_from: String::new(),
                anew,
                mistakes,
            };
            return page(ctx, StatusCode::UNPROCESSABLE_ENTITY, form);
        }
    };
    let entry = own(&ctx, &sheet.model, quote);
    let mut edits = Vec::new();
    if !was.is_empty() && !was.eq_ignore_ascii_case(&sheet.model) {
        edits.push(Edit::RemovePrice(Layer::Override, was, String::new()));
    }
    edits.push(Edit::Put(Item::Price(Layer::Override, Box::new(entry))));
    let batch = state.store.edit_prices(ctx.now, edits).await?;
    if anew {
        let models = anew::priced_by(&state, &sheet.model, batch).await?;
        if let Some(location) = anew::address(&ctx, &models) {
            let response = HttpResponse::SeeOther()
                .insert_header((actix_web::http::header::LOCATION, location))
                .finish();
            return Ok(response);
        }
    }
    Ok(see_batch(
        &ctx,
        "/usage/prices",
        "saved",
        &sheet.model,
        batch,
    ))
}

fn own(ctx: &Ctx, model: &str, quote: Quote) -> Entry {
    Entry {
        model: model.to_owned(),
        seller: String::new(),
        quote,
        source: String::from("manual"),
        as_of: ctx.now,
    }
}

#[derive(Deserialize)]
pub(super) struct Which {
    layer: Layer,
    model: String,
    #[serde(default)]
    seller: String,
}

pub(super) async fn remove(
    ctx: Ctx,
    state: Data<AppState>,
    _: Access,
    which: Form<Which>,
) -> Result<HttpResponse> {
    let Which {
        layer,
        model,
        seller,
    } = which.into_inner();
    if layer == Layer::BuiltIn {
        return Err(Error::Unreadable);
    }
    let edit = Edit::RemovePrice(layer, model.clone(), seller);
    let batch = state.store.edit_prices(ctx.now, vec![edit]).await?;
    Ok(see_batch(&ctx, "/usage/prices", "removed", &model, batch))
}
