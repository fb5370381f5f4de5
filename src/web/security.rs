//! What protects the browser: headers on every answer, and the refusal of forms
//! and scripts of other sites. Nothing here is configurable.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::error::{Error, Result};
use super::state::AppState;

/// No inline script, style or handler exists, so none is allowed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// `same-origin`, not `no-referrer`: the latter sends `Origin: null` with forms.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (
        header::PERMISSIONS_POLICY,
        "camera=(), microphone=(), geolocation=()",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds what the answer does not say itself.
pub fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// An unsafe request must come from a page of this panel. `Sec-Fetch-Site` says
/// so where browsers send it; over plain http to an address they do not, and
/// `Origin` must be ours. Calls that bring a key need neither: no other site can
/// make a browser send one.
pub fn check_origin(request: &ServiceRequest) -> Result<()> {
    let headers = request.headers();
    if request.method().is_safe() || headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return allow(site == "same-origin");
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return allow(false);
    };
    let config = &AppState::of(request.request()).config;
    allow(match &config.public_url {
        Some(url) => origin == url.origin,
        // The Host header is what the browser connected to; an attacker's page
        // cannot choose it apart from its own origin.
        None => text(header::HOST).is_some_and(|host| {
            let bare = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            bare == Some(host)
        }),
    })
}

fn allow(allowed: bool) -> Result<()> {
    if allowed {
        Ok(())
    } else {
        Err(Error::CrossSite)
    }
}
