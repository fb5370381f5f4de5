//! The last failures: when, how it ended, whose it was, and what was said in a
//! line. The whole evidence is on the page of the request.

use crate::domain::filter::{Outcome as Ended, Selection};
use crate::domain::units::{At, Ms};
use crate::i18n::{UNKNOWN, plain};
use crate::pages::cell::{self, Outcome};
use crate::store::names::Names;
use crate::store::requests::Row;
use crate::store::{self, detail};
use crate::web::ctx::Ctx;

/// Failures shown.
const SHOWN: usize = 6;

pub(super) struct Failure {
    pub href: String,
    pub time: String,
    pub datetime: String,
    pub outcome: Outcome,
    pub model: String,
    pub account: String,
    pub said: String,
}

/// The newest ones of a day, with what was said.
pub(super) fn read(
    c: &mut store::Connection,
    names: &Names,
    now: At,
) -> store::Result<Vec<(Row, String)>> {
    let selection = Selection {
        outcome: Some(Ended::Failed),
        ..Selection::between(now - Ms::DAY, now + Ms(1))
    };
    let rows = super::newest(c, names, selection, SHOWN)?;
    let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
    let said = detail::failures(c, &keys)?;
    Ok(rows.into_iter().zip(said).collect())
}

pub(super) fn line(row: &Row, said: &str, ctx: &Ctx) -> Failure {
    let local = ctx.local(row.key.at);
    let account = cell::account(ctx, &row.account);
    Failure {
        href: ctx.url(&format!("/requests/{}", row.key)),
        time: ctx.lang.clock(&local),
        datetime: row.key.at.rfc3339(),
        outcome: Outcome::of(true, row.status, ctx.t.requests),
        model: plain(&row.model).into_owned(),
        account: if account.is_empty() {
            UNKNOWN.to_owned()
        } else {
            account
        },
        said: first_words(said),
    }
}

/// The message inside a JSON body, or the first line; at most 90 characters.
fn first_words(said: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(said).ok();
    let message = json.as_ref().and_then(|body| {
        let error = body.get("error").unwrap_or(body);
        let text = |name: &str| error.get(name).and_then(|value| value.as_str());
        text("message")
            .or_else(|| text("type"))
            .or_else(|| error.as_str())
    });
    let line = message.unwrap_or(said).lines().next().unwrap_or_default();
    let line = plain(line.trim());
    if line.chars().count() <= 90 {
        return line.into_owned();
    }
    line.chars().take(89).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_its_message() {
        let json = r#"{"error":{"type":"usage_limit_reached","message":"The limit is reached"}}"#;
        assert_eq!(first_words(json), "The limit is reached");
        assert_eq!(
            first_words("upstream connect error\nreset"),
            "upstream connect error"
        );
        assert_eq!(first_words(r#"{"error":"plain words"}"#), "plain words");
        assert_eq!(first_words(&"x".repeat(200)).chars().count(), 90);
        assert_eq!(first_words(""), "");
    }
}
