//! A management request as a handler sees it, and its answer.

use hyper::body::Bytes;
use hyper::{HeaderMap, Method};
use serde_json::{Value as Json, json};

use super::go_json;

const MANAGEMENT: &str = "/v0/management/";

#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Path and query as they came.
    pub(super) target: String,
    /// Percent-decoded.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// The path below the management root.
    pub(super) fn management_path(&self) -> Option<&str> {
        self.path.strip_prefix(MANAGEMENT)
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.queries(name).next()
    }

    /// Every value of a parameter that may be repeated.
    pub(super) fn queries(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body, whatever its content type says.
    pub(super) fn json(&self) -> Option<Json> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The last part of the path.
    pub(super) fn last_part(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(super) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }

    /// A value, in the order Go prints a map.
    pub(super) fn value(status: u16, value: &Json) -> Self {
        Self::json(status, go_json::text(value))
    }

    pub(super) fn ok() -> Self {
        Self::value(200, &json!({"status": "ok"}))
    }

    pub(super) fn error(status: u16, text: &str) -> Self {
        Self::value(status, &json!({"error": text}))
    }

    pub(super) fn coded_error(status: u16, code: &str, message: &str) -> Self {
        Self::value(status, &json!({"error": code, "message": message}))
    }

    /// The status alone, without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub(super) fn not_found() -> Self {
        Self::empty(404)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
