//! What happens around every request, in order: answer browsers that ask before
//! they call, refuse other sites, answer, explain failures, compress, drop the
//! body where only the head was asked for, add the headers. Outside of everything
//! else, so that no answer leaves without it.

use std::panic::AssertUnwindSafe;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use futures_util::FutureExt as _;

use super::cors::Cors;
use super::error::Error;
use super::{compress, failure, reading, security};

/// The middleware.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    let accepts_gzip = compress::accepted(request.headers());
    let only_the_head = request.method() == Method::HEAD;
    let cors = Cors::of(request.request());
    let answered = if cors.as_ref().is_some_and(Cors::is_preflight) {
        request.into_response(HttpResponse::NoContent().finish().map_into_boxed_body())
    } else {
        match security::check_origin(&request) {
            Err(error) => request.error_response(error),
            Ok(()) => answer(request, next).await?,
        }
    };
    let (request, response) = answered.into_parts();
    let response = failure::render(&request, response);
    let foreign = response.extensions().get::<failure::Untouched>().is_some();
    let mut response = compress::gzip_if_worth(response, accepts_gzip && !foreign);
    if only_the_head && !foreign {
        response = reading::without_body(response);
    }
    security::add_headers(response.headers_mut());
    if let Some(cors) = cors {
        cors.add(response.headers_mut());
    }
    Ok(ServiceResponse::new(request, response))
}

/// A panic costs its request only. The request is gone with it, so the answer is
/// bare.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    let call = AssertUnwindSafe(next.call(request)).catch_unwind();
    let Ok(answered) = call.await else {
        log::error!("a handler panicked; its message stands above");
        return Err(Error::Internal(String::from("a handler panicked")).into());
    };
    Ok(answered?.map_into_boxed_body())
}
