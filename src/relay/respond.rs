//! The gateway's answer as the client gets it: its status, the headers that
//! cross, its body as it comes. Nothing of it acts as a page of this panel.

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use super::body::{Download, Held};
use super::headers;
use crate::gateway::passage::Answer;
use crate::web::failure::Untouched;
use crate::web::state::AppState;

/// The gateway's answer as the client gets it.
pub(super) fn respond(
    request: &HttpRequest,
    answer: Answer,
    prefix: &str,
    cut: impl Future<Output = ()> + 'static,
    mut held: Held,
) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::new(status);
    response.extensions_mut().insert(Untouched);
    let base = AppState::of(request).config.base_path.as_str();
    for (name, value) in &answer.headers {
        let name = name.as_str();
        let translated = (name == "location")
            .then(|| headers::location(value.to_str().ok()?, prefix, base))
            .flatten();
        let value = match &translated {
            Some(location) => location.as_bytes(),
            None if headers::passes_back(name) => value.as_bytes(),
            None => continue,
        };
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    // Whatever the gateway or a plugin serves must not act as a page of ours.
    let sandbox = HeaderValue::from_static("sandbox");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, sandbox);
    // A proxy in front is to pass on what comes as it comes.
    let no = HeaderValue::from_static("no");
    headers.insert(HeaderName::from_static("x-accel-buffering"), no);
    let length = answer.length();
    let no_body = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
    if no_body || length == Some(0) {
        held.ticket.ended("done");
        return response;
    }
    if *request.method() == Method::HEAD {
        held.ticket.ended("done");
        let nothing = stream::empty::<std::io::Result<Bytes>>();
        return match length {
            Some(length) => response
                .set_body(SizedStream::new(length, nothing))
                .map_into_boxed_body(),
            None => response,
        };
    }
    let body = Download::new(answer.body(), cut, held);
    match length {
        Some(length) => response
            .set_body(SizedStream::new(length, body))
            .map_into_boxed_body(),
        None => response
            .set_body(actix_web::body::BodyStream::new(body))
            .map_into_boxed_body(),
    }
}
