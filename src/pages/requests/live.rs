//! New rows as they are stored, over server-sent events. A stream tells where
//! it is by the number of the last event, so a browser that was away gets what
//! it missed, or the whole page again when that is too much. Streams end with
//! the session and with the process, and there are only so many of them.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::places::Place;
use super::rows::{Columns, Line};
use crate::accounts::Desk;
use crate::domain::event::EventKey;
use crate::domain::filter::{Sort, View};
use crate::domain::units::{At, Ms};
use crate::store::requests::{From, ListQuery, Row};
use crate::store::{self, list};
use crate::web::ctx::Ctx;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

/// Proxies close what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Rows come at most this often; the first of a quiet time comes at once.
const PACE: Duration = Duration::from_secs(1);
/// Rows a browser keeps, so more are not worth sending.
const MOST: usize = 200;

#[derive(Template)]
#[template(path = "_rows.html")]
struct Fresh<'a> {
    ctx: &'a Ctx,
    columns: Columns,
    rows: Vec<Line>,
}

pub(super) async fn stream(
    request: HttpRequest,
    ctx: Ctx,
    state: Data<AppState>,
    accounts: Data<Desk>,
    access: Access,
) -> Result<HttpResponse> {
    let Some(place) = Place::take(access.session()) else {
        return Ok(too_many());
    };
    let (view, ignored) = View::parse(request.query_string(), ctx.zone);
    let last_id = request.headers().get("last-event-id");
    let since = last_id
        .and_then(|id| id.to_str().ok()?.parse().ok())
        .or_else(|| {
            let since = ignored.iter().find(|other| other.name == "since");
            since.and_then(|other| other.value.parse().ok())
        })
        .unwrap_or_else(|| state.store.arrivals().last());
    let live = Live {
        columns: Columns::of(&view, &ctx),
        changed: state.store.arrivals().watch(),
        sent: since,
        next: Instant::now(),
        greeted: false,
        place,
        ctx,
        view,
        state,
        accounts,
        access,
    };
    let body = stream::unfold(live, |mut live| async move {
        let message = live.next().await?;
        Some((Ok::<_, actix_web::Error>(message), live))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

/// Not swapped anywhere: the list stays as it is and the page can be reloaded.
fn too_many() -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
    for (name, value) in [("retry-after", "30"), ("hx-reswap", "none")] {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        response.headers_mut().insert(name, value);
    }
    response
}

struct Live {
    ctx: Ctx,
    view: View,
    columns: Columns,
    state: Data<AppState>,
    accounts: Data<Desk>,
    access: Access,
    changed: watch::Receiver<u64>,
    /// Number of the last event told.
    sent: u64,
    /// Not before this.
    next: Instant,
    greeted: bool,
    place: Place,
}

impl Live {
    /// The next message; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            // Something must be sent for the browser to know it is connected.
            return Some(Bytes::from_static(b": connected\n\n"));
        }
        loop {
            let (state, access) = (self.state.clone(), self.access.clone());
            let given_away = self.place.given_away();
            tokio::select! {
                biased;
                () = access.ended(&state) => return None,
                () = given_away.cancelled() => return None,
                () = self.arrival() => {}
                () = tokio::time::sleep(HEARTBEAT) => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
            }
            match self.message().await {
                Ok(Some(message)) => {
                    self.next = Instant::now() + PACE;
                    return Some(message);
                }
                Ok(None) => {}
                Err(error) => {
                    log::warn!("a live stream ends: {error}");
                    return None;
                }
            }
        }
    }

    /// Something new is stored, and it is time to say so.
    async fn arrival(&mut self) {
        let sent = self.sent;
        if self.changed.wait_for(|last| *last != sent).await.is_err() {
            // The store is closing; the stop signal ends the stream.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep_until(self.next).await;
    }

    /// New rows of the view, or the whole page when too much was missed.
    async fn message(&mut self) -> store::Result<Option<Bytes>> {
        self.ctx.now = self.state.clock.now();
        let last = self.state.store.arrivals().last();
        let arrived = self.state.store.arrivals().since(self.sent);
        self.sent = last;
        let Ok(arrived) = arrived else {
            let rows = self.rows(None).await?;
            return Ok(Some(self.all(&rows)));
        };
        let keys: Vec<EventKey> = arrived
            .iter()
            .rev()
            .take(MOST)
            .map(|(_, key)| *key)
            .collect();
        let rows = self.rows(Some(keys)).await?;
        if rows.is_empty() {
            // The number still moves on, for the next time we are asked.
            return Ok(Some(Bytes::from(format!("id: {last}\n\n"))));
        }
        Ok(Some(message(last, &self.html(&rows, true))))
    }

    /// The rows of these keys that belong to the view, or its first page.
    async fn rows(&self, keys: Option<Vec<EventKey>>) -> store::Result<Vec<Row>> {
        let zone = self.view.zone.unwrap_or(self.ctx.zone);
        let (mut from, mut to) = self.view.resolve(zone, self.ctx.now, Some(At(0)));
        if let Some(keys) = &keys {
            let times = || keys.iter().map(|key| key.at);
            from = times().min().unwrap_or(to).max(from);
            to = (times().max().unwrap_or(from) + Ms(1)).min(to).max(from);
        }
        let query = ListQuery {
            selection: self.view.selection((from, to)),
            sort: Sort::default(),
            from: From::Start,
            limit: View::MOST_ROWS,
        };
        let (names, most) = (self.state.store.names(), self.view.rows.min(MOST));
        self.state
            .store
            .read(move |c| {
                let mut rows = list::page(c, &names, &query)?.rows;
                match keys {
                    Some(keys) => {
                        let keys: HashSet<EventKey> = keys.into_iter().collect();
                        rows.retain(|row| keys.contains(&row.key));
                    }
                    None => rows.truncate(most),
                }
                Ok(rows)
            })
            .await
    }

    fn html(&self, rows: &[Row], is_new: bool) -> String {
        let mentions = self.accounts.mentions(self.ctx.now);
        let line = |row| Line::new(row, &mentions, &self.ctx, true, is_new);
        let fresh = Fresh {
            ctx: &self.ctx,
            columns: self.columns,
            rows: rows.iter().map(line).collect(),
        };
        // A template over values in memory does not fail.
        fresh.render().unwrap_or_default()
    }

    fn all(&self, rows: &[Row]) -> Bytes {
        let rows = self.html(rows, false);
        let html =
            format!("<hx-partial hx-target=\"#rows\" hx-swap=\"innerHTML\">{rows}</hx-partial>");
        message(self.sent, &html)
    }
}

/// One event: its number, then the HTML a line at a time.
fn message(id: u64, html: &str) -> Bytes {
    let mut text = format!("id: {id}\n");
    for line in html.lines() {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_rows_stays_inside_the_message() {
        let text = message(7, "<tr>\n</tr>\n");
        assert_eq!(text, "id: 7\ndata: <tr>\ndata: </tr>\n\n");
    }
}
