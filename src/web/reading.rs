//! Who answers GET answers HEAD as well: the same head, without the body. What
//! the relay passes on is not touched, the gateway answers it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::guard::{Any, Get, Head};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, Route, web};

/// A route for those who read. Every page, file and API answer begins with it.
#[must_use]
pub fn get() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

/// The answer to HEAD made from the answer to GET. A body that would be streamed
/// is never begun.
#[must_use]
pub fn without_body(response: HttpResponse) -> HttpResponse {
    match response.body().size() {
        BodySize::Sized(length) if length > 0 => {
            response.map_body(|_, _| BoxBody::new(Absent { length }))
        }
        BodySize::Stream => response.drop_body().map_into_boxed_body(),
        _ => response,
    }
}

/// A body that says how long it would have been.
#[derive(Debug)]
struct Absent {
    length: u64,
}

impl MessageBody for Absent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}
