//! The live stream: rows arrive as they are stored, only those of the view,
//! none is lost over a broken connection, and a stream ends with its session.

use actix_web::cookie::Cookie;
use actix_web::test::TestRequest;
use cpamp::domain::units::Ms;
use cpamp::web::client_addr::Client;
use cpamp::web::session::{self, Access};
use reqwest::{Method, Response, StatusCode};

use crate::support::database::store;
use crate::support::events::{MORNING, event, events};
use crate::support::gateway::within;
use crate::support::html::{assert_clean, rows};
use crate::support::panel::{Browser, Panel};

/// An open stream and what of it was read.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(browser: &Browser, path: &str, headers: &[(&'static str, &str)]) -> Self {
        let response = browser.open(Method::GET, path, "", headers).await;
        assert_eq!(response.status(), StatusCode::OK);
        let mut stream = Self {
            response,
            text: String::new(),
        };
        // The greeting says that it is connected.
        assert!(stream.message().await.unwrap().starts_with(": connected"));
        stream
    }

    /// The next message; `None` when the stream has ended.
    async fn message(&mut self) -> Option<String> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(message);
            }
            let chunk = within(self.response.chunk()).await.ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The rows of the next message that has any, and its id.
    async fn rows(&mut self) -> (Vec<String>, String) {
        loop {
            let message = self.message().await.expect("the stream goes on");
            let id = message.lines().find_map(|line| line.strip_prefix("id: "));
            let html: String = message
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .collect::<Vec<_>>()
                .join("\n");
            if !html.is_empty() {
                assert_clean("the stream", &html);
                return (rows(&html), id.unwrap_or_default().to_owned());
            }
        }
    }
}

async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let browser = panel.logged_in().await;
    (panel, browser)
}

#[tokio::test]
async fn rows_arrive_as_they_are_stored() {
    let (panel, browser) = panel().await;
    let mut stream = Stream::open(&browser, "/events", &[]).await;
    let headers = stream.response.headers().clone();
    assert_eq!(headers["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(headers["x-accel-buffering"], "no");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("content-encoding"));
    store(panel.store(), vec![event(1)]).await.unwrap();
    assert_eq!(stream.rows().await.0, [event(1).key.to_string()]);
}

#[tokio::test]
async fn only_rows_of_the_view_arrive() {
    let (panel, browser) = panel().await;
    let mut stream = Stream::open(&browser, "/events?provider=claude", &[]).await;
    let mut other = event(2);
    other.provider = String::from("claude");
    store(panel.store(), vec![event(1), other.clone(), event(3)])
        .await
        .unwrap();
    assert_eq!(stream.rows().await.0, [other.key.to_string()]);
}

#[tokio::test]
async fn what_was_missed_comes_after_reconnecting() {
    let (panel, browser) = panel().await;
    let mut stream = Stream::open(&browser, "/events", &[]).await;
    store(panel.store(), vec![event(1)]).await.unwrap();
    let (_, id) = stream.rows().await;
    drop(stream);
    store(panel.store(), events(2, 3)).await.unwrap();
    let mut stream = Stream::open(&browser, "/events", &[("last-event-id", &id)]).await;
    let keys = [4, 3, 2].map(|n| event(n).key.to_string());
    assert_eq!(stream.rows().await.0, keys);
}

#[tokio::test]
async fn what_arrives_while_a_page_is_read_is_not_lost() {
    let (panel, browser) = panel().await;
    store(panel.store(), vec![event(1)]).await.unwrap();
    let html = browser.get("/requests").await.body;
    store(panel.store(), vec![event(2)]).await.unwrap();
    let url = crate::support::html::values(&html, "hx-sse:connect").remove(0);
    let mut stream = Stream::open(&browser, &url, &[]).await;
    assert_eq!(stream.rows().await.0, [event(2).key.to_string()]);
}

#[tokio::test]
async fn who_was_away_too_long_gets_the_page_again() {
    let (panel, browser) = panel().await;
    for first in [0, 1_000, 2_000] {
        store(panel.store(), events(first, 1_000)).await.unwrap();
    }
    let mut stream = Stream::open(&browser, "/events?since=1", &[]).await;
    let message = stream.message().await.unwrap();
    assert!(message.contains("<hx-partial hx-target=\"#rows\" hx-swap=\"innerHTML\">"));
    assert_eq!(rows(&message).len(), 50);
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let (panel, browser) = panel().await;
    let other = panel.logged_in().await;
    let mut ends = Stream::open(&browser, "/events", &[]).await;
    let mut stays = Stream::open(&other, "/events", &[]).await;
    browser.post("/logout", &[]).await;
    assert_eq!(ends.message().await, None);
    store(panel.store(), vec![event(1)]).await.unwrap();
    assert_eq!(stays.rows().await.0.len(), 1);
}

/// A stream that is busy, or whose reader is slow, waits for nothing when its
/// session is ended.
#[tokio::test]
async fn who_looks_late_learns_that_a_session_has_ended() {
    let (panel, browser) = panel().await;
    let token = browser.cookie("cpamp_session").unwrap();
    let request = TestRequest::default()
        .app_data(panel.state.clone())
        .cookie(Cookie::new("cpamp_session", token))
        .to_http_request();
    let client = Client::of(&request, &panel.state.config);
    let found = session::find(&panel.state, &request, client).await;
    let access = Access::Session(found.unwrap().unwrap());
    session::revoke_all(&panel.state).await.unwrap();
    within(access.ended(&panel.state)).await;
}

#[tokio::test]
async fn streams_end_with_the_process() {
    let (panel, browser) = panel().await;
    let mut stream = Stream::open(&browser, "/events", &[]).await;
    panel.stop.cancel();
    assert_eq!(stream.message().await, None);
}

#[tokio::test]
async fn nobody_listens_without_a_session() {
    let (panel, _) = panel().await;
    let answer = panel.visitor().get("/events").await;
    assert!(answer.status.is_redirection() || answer.status == StatusCode::UNAUTHORIZED);
}
