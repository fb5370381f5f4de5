//! Tables to take away: named columns and typed values, written as CSV or as
//! JSON. Figures are exact and plain, without the words of a language; text
//! never becomes a formula. Not for lists of requests, which are streamed.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName};
use serde_json::{Map, Value as Json};

use crate::domain::units::{At, NanoUsd};
use crate::pages::cell::{dollars, inert};
use crate::store::requests::Totals;
use crate::web::ctx::Ctx;

/// One value. What is unknown is [`Self::None`]: an empty field, or null.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Count(i64),
    Flag(bool),
    /// Dollars with all nine decimals.
    Cost(NanoUsd),
    /// With up to three decimals.
    Real(f64),
    Time(At),
    None,
}

impl Value {
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Nothing in place of an empty text.
    #[must_use]
    pub fn text_if_any(text: &str) -> Self {
        match text {
            "" => Self::None,
            text => Self::text(text),
        }
    }

    #[must_use]
    pub fn time_if_any(at: Option<At>) -> Self {
        at.map_or(Self::None, Self::Time)
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(text) => inert(text),
            Self::Count(n) => n.to_string(),
            Self::Flag(is) => is.to_string(),
            Self::Cost(cost) => dollars(*cost),
            Self::Real(value) => thousandths(*value).to_string(),
            Self::Time(at) => at.rfc3339(),
            Self::None => String::new(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Count(n) => (*n).into(),
            Self::Flag(is) => (*is).into(),
            // A number would be rounded on its way.
            Self::Cost(cost) => dollars(*cost).into(),
            Self::Real(value) => thousandths(*value).into(),
            Self::Time(at) => at.rfc3339().into(),
            Self::None => Json::Null,
        }
    }
}

/// Names of what [`used`] gives.
pub const USED: [&str; 10] = [
    "requests",
    "failed",
    "input_uncached",
    "input_cache_read",
    "input_cache_write",
    "output_visible",
    "output_reasoning",
    "unclassified",
    // What the priced requests cost; nothing while none is priced.
    "cost_usd",
    "unpriced",
];

/// What somebody used, in the lists of those who did.
#[must_use]
pub fn used(totals: &Totals) -> [Value; USED.len()] {
    [
        Value::Count(totals.requests),
        Value::Count(totals.failed),
        Value::Count(totals.uncached),
        Value::Count(totals.cache_read),
        Value::Count(totals.cache_write),
        Value::Count(totals.output),
        Value::Count(totals.reasoning),
        Value::Count(totals.unclassified),
        totals.known_cost().map_or(Value::None, Value::Cost),
        Value::Count(totals.unpriced),
    ]
}

/// The names of several groups of columns, one after the other.
#[must_use]
pub fn columns(groups: &[&[&str]]) -> Vec<String> {
    groups.concat().into_iter().map(str::to_owned).collect()
}

/// A table; every row has a value for every column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Of the file, without its ending.
    pub name: &'static str,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

/// The form a sheet is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::Csv, Self::Json];

    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A file as a link.
#[derive(Clone, Debug)]
pub struct Link {
    pub href: String,
    /// `CSV`, and with what for those who only hear it.
    pub word: &'static str,
    pub said: String,
}

/// A table in every format; `href` says where each is.
#[must_use]
pub fn links(what: &str, ctx: &Ctx, href: impl Fn(Format) -> String) -> Vec<Link> {
    let link = |format| {
        let word = match format {
            Format::Csv => "CSV",
            Format::Json => "JSON",
        };
        Link {
            href: href(format),
            word,
            said: (ctx.t.usage.download)(what, word),
        }
    };
    Format::ALL.into_iter().map(link).collect()
}

/// Makes an answer a file to save, named after what it holds and the day.
#[must_use]
pub fn to_save(name: &str, suffix: &str, ctx: &Ctx) -> (HeaderName, String) {
    let day = ctx.local(ctx.now).format("%Y-%m-%d");
    let file = format!("attachment; filename=\"{name}-{day}.{suffix}\"");
    (header::CONTENT_DISPOSITION, file)
}

/// What writes every CSV file; the head is a record like the others. Writing to
/// memory does not fail.
#[must_use]
pub fn csv_writer(capacity: usize) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(capacity))
}

impl Sheet {
    /// As a file to save. `about` stands before the rows of JSON: what they are
    /// a table of.
    #[must_use]
    pub fn answer(&self, format: Format, about: Map<String, Json>, ctx: &Ctx) -> HttpResponse {
        let (kind, body) = match format {
            Format::Csv => ("text/csv; charset=utf-8", self.csv()),
            Format::Json => ("application/json; charset=utf-8", self.json(about)),
        };
        HttpResponse::Ok()
            .content_type(kind)
            .insert_header(to_save(self.name, format.suffix(), ctx))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(body)
    }

    fn csv(&self) -> Vec<u8> {
        let mut out = csv_writer(0);
        let _ = out.write_record(&self.columns);
        for row in &self.rows {
            let _ = out.write_record(row.iter().map(Value::csv));
        }
        out.into_inner().unwrap_or_default()
    }

    fn json(&self, mut about: Map<String, Json>) -> Vec<u8> {
        let row = |row: &Vec<Value>| -> Json {
            let fields = self.columns.iter().cloned();
            fields.zip(row.iter().map(Value::json)).collect()
        };
        about.insert("rows".to_owned(), self.rows.iter().map(row).collect());
        serde_json::to_vec(&about).unwrap_or_default()
    }
}

fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let sheet = Sheet {
            name: "usage",
            columns: vec!["who".into(), "cost_usd".into(), "p50".into()],
            rows: vec![vec![
                Value::text("=a,b"),
                Value::Cost(NanoUsd(1)),
                Value::None,
            ]],
        };
        let csv = String::from_utf8(sheet.csv()).unwrap();
        assert_eq!(csv, "who,cost_usd,p50\r\n\"'=a,b\",0.000000001,\r\n");
        let json = String::from_utf8(sheet.json(Map::new())).unwrap();
        assert_eq!(
            json,
            r#"{"rows":[{"cost_usd":"0.000000001","p50":null,"who":"=a,b"}]}"#
        );
    }
}
