//! Gzips whole answers. Streams pass untouched: live events must leave at once,
//! and an export is compressed by the proxy if anybody.

use std::io::Write as _;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below a packet compression only costs.
const LEAST: u64 = 1_000;

/// Whether the client takes gzip.
#[must_use]
pub fn accepted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=");
        let wanted = weight.is_none_or(|q| q.parse().is_ok_and(|q: f32| q > 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && wanted
    })
}

/// The answer, smaller where that helps.
#[must_use]
pub fn gzip_if_worth(response: HttpResponse, accepted: bool) -> HttpResponse {
    if !is_text(response.headers()) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let BodySize::Sized(size) = response.body().size() else {
        return response;
    };
    let (mut response, body) = response.into_parts();
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepted || size < LEAST {
        return response.set_body(body);
    }
    match body.try_into_bytes() {
        Ok(bytes) => {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response.set_body(BoxBody::new(gzip(&bytes, Compression::new(5))))
        }
        Err(body) => response.set_body(body),
    }
}

#[must_use]
pub fn gzip(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), level);
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    [
        "text/html",
        "text/plain",
        "application/json",
        "image/svg+xml",
    ]
    .iter()
    .any(|text| kind.starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_where_it_is_accepted() {
        for (header, expected) in [
            ("gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, gzip;q=0.8", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::ACCEPT_ENCODING,
                HeaderValue::from_str(header).unwrap(),
            );
            assert_eq!(accepted(&headers), expected, "{header}");
        }
    }
}
