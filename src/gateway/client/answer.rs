//! What an answer of the gateway means, and why there is none: bodies are
//! capped, a refusal is read for its sentence, a broken connection for its
//! first definite cause. No body is repeated in an error.

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};

use crate::gateway::types::{Cause, Error, short};

/// A list of ten thousand credentials stays below it.
const MAX_BODY_BYTES: usize = 48 << 20;

pub(super) fn version(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-cpa-version")?.to_str().ok()?.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    (!text.is_empty()).then(|| short(text))
}

/// Lets successes through and says what any other answer means.
pub(super) async fn accepted(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    // Only CPA's management group sends this header; it does on errors too,
    // but not while management is off or the path is unknown to it.
    let from_cpa = response.headers().contains_key("x-cpa-version");
    let text = body(response).await.unwrap_or_default();
    if let Some(error) = error_text(&text).and_then(|t| Error::from_sentence(&t)) {
        return Err(error);
    }
    Err(match status {
        StatusCode::NOT_FOUND if from_cpa => Error::Unsupported(String::from("404")),
        StatusCode::NOT_FOUND if text.is_empty() => Error::ManagementOff,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            Error::Unsupported(status.as_str().to_owned())
        }
        StatusCode::UNAUTHORIZED if from_cpa => Error::KeyRejected,
        _ => Error::protocol(&match error_text(&text) {
            Some(text) => format!("{status}: {text}"),
            None => status.to_string(),
        }),
    })
}

pub(in crate::gateway) fn error_text(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        error: String,
    }
    serde_json::from_slice::<Said>(body).ok().map(|s| s.error)
}

pub(super) async fn json<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, Error> {
    // The text is not repeated: configuration holds secrets.
    serde_json::from_slice(&body(response).await?).map_err(|_| Error::NotCpa)
}

/// The whole body, or an error when it is larger than the cap.
pub(super) async fn body(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Error::Protocol(String::from("the answer is too large")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Why a request got no (whole) answer.
#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
pub(crate) fn unreachable(error: reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::TimedOut;
    }
    cause_of(&error).unwrap_or_else(|| {
        let text = innermost(&error).to_string();
        Error::Unreachable(Cause::Other(short(&text)))
    })
}

type AnyError = dyn std::error::Error + 'static;

/// The first error of a chain that says something definite.
pub(crate) fn cause_of(error: &AnyError) -> Option<Error> {
    use std::io::ErrorKind;
    if let Some(known) = error.downcast_ref::<Error>() {
        return Some(known.clone());
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(Error::Unreachable(Cause::Tls(short(&tls.to_string()))));
    }
    let cause = match error
        .downcast_ref::<std::io::Error>()
        .map(std::io::Error::kind)
    {
        Some(ErrorKind::ConnectionRefused) => Cause::Refused,
        Some(
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof,
        ) => Cause::Dropped,
        _ if error.to_string().contains("connection closed") => Cause::Dropped,
        _ => return inner(error).and_then(cause_of),
    };
    Some(Error::Unreachable(cause))
}

fn innermost(error: &AnyError) -> &AnyError {
    inner(error).map_or(error, innermost)
}

/// An I/O error hides what it was made of from `source`.
fn inner(error: &AnyError) -> Option<&AnyError> {
    let io = error.downcast_ref::<std::io::Error>();
    match io.and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
