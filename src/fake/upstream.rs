//! The world behind the gateway, as far as a test invents one: whatever the
//! gateway would ask of it is asked of a function instead. Nothing is ever sent.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

use super::go_json;
use super::reply::{Reply, Request};
use super::world::World;

/// A request the gateway would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: String,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, Vec<String>>,
    pub body: String,
}

type Play = dyn Fn(&Call) -> Result<Answer, String> + Send + Sync;

/// Answers, or the text of a network error.
pub(super) struct Upstream(Box<Play>);

impl Upstream {
    pub(super) fn new(
        play: impl Fn(&Call) -> Result<Answer, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(play))
    }

    pub(super) fn ask(&self, method: &str, url: &str) -> Result<Answer, String> {
        self.send(&Call {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: BTreeMap::new(),
            body: String::new(),
        })
    }

    pub(super) fn send(&self, call: &Call) -> Result<Answer, String> {
        (self.0)(call)
    }
}

impl Default for Upstream {
    fn default() -> Self {
        Self::new(|_| Err("dial tcp: connect: connection refused".to_owned()))
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upstream")
    }
}

/// `POST /api-call`: any request, with the token of an account in its headers.
pub(super) fn post_api_call(world: &mut World, request: &Request) -> Reply {
    let Some(Json::Object(body)) = request.json() else {
        return Reply::error(400, "invalid body");
    };
    let text = |name: &str| {
        body.get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let (method, url) = (text("method").to_uppercase(), text("url"));
    if method.is_empty() {
        return Reply::error(400, "missing method");
    }
    if url.is_empty() {
        return Reply::error(400, "missing url");
    }
    if !url::Url::parse(&url).is_ok_and(|url| url.has_host()) {
        return Reply::error(400, "invalid url");
    }
    if !is_proxy(&text("proxy_url")) {
        return Reply::error(400, "invalid proxy_url");
    }
    let index = ["auth_index", "authIndex", "AuthIndex"]
        .into_iter()
        .map(text)
        .find(|index| !index.is_empty())
        .unwrap_or_default();
    let token = world.token_of(&index);
    let headers = body
        .get("header")
        .and_then(Json::as_object)
        .into_iter()
        .flatten();
    let call = Call {
        method,
        url,
        headers: headers
            .map(|(name, value)| {
                let value = value.as_str().unwrap_or_default();
                let value = match &token {
                    Some(token) => value.replace("$TOKEN$", token),
                    None => value.to_owned(),
                };
                (name.clone(), value)
            })
            .collect(),
        body: body
            .get("data")
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned(),
    };
    match (world.upstream.0)(&call) {
        Err(_) => Reply::error(502, "request failed"),
        Ok(answer) => Reply::json(
            200,
            format!(
                "{{\"status_code\":{},\"header\":{},\"body\":{}}}",
                answer.status,
                go_json::text(&json!(answer.headers)),
                go_json::string(&answer.body)
            ),
        ),
    }
}

fn is_proxy(text: &str) -> bool {
    matches!(text, "" | "direct" | "none")
        || url::Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h"))
}

/// `GET /latest-version`, asked of GitHub on every call.
pub(super) fn get_latest_version(world: &mut World, _: &Request) -> Reply {
    const URL: &str = "https://api.github.com/repos/router-for-me/CLIProxyAPI/releases/latest";
    let answer = match world.upstream.ask("GET", URL) {
        Ok(answer) => answer,
        Err(what) => {
            let what = format!("Get \"{URL}\": {what}");
            return Reply::coded_error(502, "request_failed", &what);
        }
    };
    if answer.status != 200 {
        return Reply::coded_error(
            502,
            "unexpected_status",
            &format!("status {}", answer.status),
        );
    }
    let release: Option<Json> = serde_json::from_str(&answer.body).ok();
    match release
        .as_ref()
        .and_then(|release| release.get("tag_name")?.as_str())
    {
        Some(tag) => Reply::value(200, &json!({"latest-version": tag})),
        None => Reply::coded_error(502, "invalid_response", "missing release version"),
    }
}
