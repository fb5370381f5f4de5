//! Pages of other origins that may call the API with the Admin Key: those named
//! in the configuration, nobody else. A browser asks first, without a key, so
//! that question is answered before the guard; no cookie is ever allowed along.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::state::AppState;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");
/// By name: `*` does not stand for `Authorization`.
const HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, X-Management-Key, X-Api-Key");
/// What the gateway lets scripts read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "X-CPA-TRACE-ID, X-CPA-VERSION, X-CPA-COMMIT, X-CPA-BUILD-DATE, X-CPA-SUPPORT-PLUGIN, \
     X-CPA-HOME-VERSION, X-CPA-HOME-BUILD-DATE, X-SERVER-VERSION, X-SERVER-BUILD-DATE, Location, \
     Retry-After, X-Request-Id, OpenAI-Request-Id",
);
/// Ten minutes.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// First segments of the paths that are an API.
const OF_API: [&str; 3] = ["v0", "v1", "status"];

/// What an answer says to the browser about who may read it.
#[derive(Clone, Debug)]
pub struct Cors {
    /// The caller's origin, when it is an allowed one.
    origin: Option<HeaderValue>,
    preflight: bool,
}

impl Cors {
    /// `None`: the path is no API.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let config = &AppState::of(request).config;
        let local = request.path().strip_prefix(config.base_path.as_str())?;
        let first = local.split('/').nth(1).unwrap_or("");
        if !OF_API.contains(&first) {
            return None;
        }
        let origin = request.headers().get(header::ORIGIN);
        let allowed = |origin: &&HeaderValue| {
            let names = config.cors_origins.iter();
            names
                .into_iter()
                .any(|name| name.as_bytes() == origin.as_bytes())
        };
        Some(Self {
            origin: origin.filter(allowed).cloned(),
            preflight: *request.method() == Method::OPTIONS,
        })
    }

    /// CPA answers every such question by itself; so does the panel, without a
    /// key and without asking CPA.
    #[must_use]
    pub fn is_preflight(&self) -> bool {
        self.preflight
    }

    pub fn add(self, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = self.origin else { return };
        let mut say = |name: HeaderName, value| headers.insert(name, value);
        say(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        say(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        if self.preflight {
            say(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            say(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            say(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
        }
    }
}
