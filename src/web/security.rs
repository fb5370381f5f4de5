//! What protects the browser: headers on every answer, and the refusal of forms
//! and scripts of other sites. Nothing here is configurable.

use actix_web::HttpRequest;
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
    if request.method().is_safe() || brings_a_key(headers) {
        return Ok(());
    }
    let fine = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            text(headers, header::ORIGIN).is_some_and(|origin| is_ours(request.request(), origin))
        }
    };
    if fine { Ok(()) } else { Err(Error::CrossSite) }
}

/// Whether a request names its own credential, which no browser does by itself.
#[must_use]
pub fn brings_a_key(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(MANAGEMENT_KEY)
}

/// Where CPA takes a key as well; here it holds the Admin Key.
pub const MANAGEMENT_KEY: HeaderName = HeaderName::from_static("x-management-key");

/// Whether a page of this panel, or a person at the address bar, asked for this.
/// For reading that a link of another site must not be able to start.
#[must_use]
pub fn comes_from_here(request: &HttpRequest) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let said = text(headers, header::ORIGIN).or_else(|| text(headers, header::REFERER));
    let origin = said.and_then(|said| url::Url::parse(said).ok());
    origin.is_some_and(|url| is_ours(request, &url.origin().ascii_serialization()))
}

/// Whether this is the origin of the panel itself.
fn is_ours(request: &HttpRequest, origin: &str) -> bool {
    match &AppState::of(request).config.public_url {
        Some(url) => origin == url.origin,
        // The Host header is what the browser connected to; an attacker's page
        // cannot choose it apart from its own origin.
        None => text(request.headers(), header::HOST).is_some_and(|host| {
            let bare = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            bare == Some(host)
        }),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
