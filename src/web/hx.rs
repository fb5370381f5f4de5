//! Whole page or one region of it: every fragment URL is also a page, and both
//! come from the same template. Regions are named blocks; the block's name is
//! the element's id is the swap target.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;

use super::error::{Error, Result};

/// What the browser asks for: a document, unless htmx asks for a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    Document,
    Region(String),
}

impl Want {
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let whole = text("hx-request") != Some("true")
            || text("hx-history-restore-request") == Some("true")
            || text("hx-request-type") == Some("full");
        // htmx 4 names the target as tag#id.
        match text("hx-target").and_then(|target| target.split_once('#')) {
            Some((_, id)) if !whole => Self::Region(id.to_owned()),
            _ => Self::Document,
        }
    }
}

impl FromRequest for Want {
    type Error = actix_web::Error;
    type Future = Ready<std::result::Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.headers())))
    }
}

/// A template with named regions. Implemented by [`regions!`](crate::regions).
pub trait Page: Template {
    /// One block alone; `None` for a name this page does not have.
    fn region(&self, id: &str) -> Option<askama::Result<String>>;
}

/// `regions!(RequestsPage, results => as_results, live => as_live)`: the
/// blocks listed in the template attribute, reachable by name.
#[macro_export]
macro_rules! regions {
    ($page:ty $(, $name:ident => $render:ident)* $(,)?) => {
        impl $crate::web::hx::Page for $page {
            fn region(&self, id: &str) -> Option<askama::Result<String>> {
                match id {
                    $(stringify!($name) => Some(askama::Template::render(&self.$render())),)*
                    _ => None,
                }
            }
        }
    };
}

/// The page or the region asked for, 404 for a region it does not have.
pub fn respond<P: Page>(want: &Want, page: &P) -> Result<HttpResponse> {
    respond_as(StatusCode::OK, want, page)
}

/// As [`respond`] with another status: 422 for a form with mistakes.
pub fn respond_as<P: Page>(status: StatusCode, want: &Want, page: &P) -> Result<HttpResponse> {
    let html = match want {
        Want::Document => page.render()?,
        Want::Region(id) => page.region(id).ok_or(Error::NotFound)??,
    };
    Ok(html_response(status).body(html))
}

/// Nothing changed since the poll before: 204, which htmx does not swap.
#[must_use]
pub fn unchanged() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .finish()
}

/// Has the address bar follow a form that was answered in its place.
pub fn follow(response: &mut HttpResponse, url: &str) {
    if let Ok(url) = HeaderValue::from_str(url) {
        let name = HeaderName::from_static("hx-push-url");
        response.headers_mut().insert(name, url);
    }
}

/// Headers every HTML answer has: pages hold identities, so no cache keeps
/// them, and whatever stores them anyway must tell the variants apart.
#[must_use]
pub fn html_response(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((
            header::VARY,
            "HX-Request, HX-Target, Cookie, Accept-Language",
        ));
    response
}

/// Where the answer to a form leads: 303 for a browser, `HX-Location` for htmx,
/// which would follow a 303 silently and swap a page into a region.
#[must_use]
pub fn see_other(want: &Want, location: &str) -> HttpResponse {
    match want {
        Want::Document => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, location))
            .finish(),
        Want::Region(_) => HttpResponse::NoContent()
            .insert_header(("HX-Redirect", location))
            .finish(),
    }
}

/// Sends a fragment to the notices of the shell instead of to its target: what
/// an error answer to an htmx request must do, or it would replace the region.
pub fn to_notices(response: &mut HttpResponseBuilder) {
    response
        .insert_header(("HX-Retarget", "#notices"))
        .insert_header(("HX-Reswap", "innerHTML"))
        .insert_header(("HX-Push-Url", "false"));
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn check(headers: &[(&'static str, &'static str)], want: &Want) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        assert_eq!(&Want::of(&map), want);
    }

    #[test]
    fn only_a_targeted_swap_gets_a_region() {
        let results = Want::Region("results".into());
        check(&[], &Want::Document);
        check(&[("hx-target", "div#results")], &Want::Document);
        check(
            &[("hx-request", "true"), ("hx-target", "div#results")],
            &results,
        );
        check(
            &[("hx-request", "true"), ("hx-target", "body")],
            &Want::Document,
        );
        check(
            &[
                ("hx-request", "true"),
                ("hx-target", "div#results"),
                ("hx-history-restore-request", "true"),
            ],
            &Want::Document,
        );
        check(
            &[
                ("hx-request", "true"),
                ("hx-target", "div#results"),
                ("hx-request-type", "full"),
            ],
            &Want::Document,
        );
    }
}
