//! Which headers cross the relay. Both ways only those named here do: what is
//! not known to be needed cannot smuggle, choose an address or set a cookie.

use actix_web::http::header::HeaderMap as Ours;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// What a client says about its request.
const OF_REQUESTS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "user-agent",
];

/// The keys of a client of models, and what chooses the form of the list.
const OF_MODEL_CLIENTS: [&str; 4] = [
    "anthropic-version",
    "authorization",
    "x-api-key",
    "x-goog-api-key",
];

/// What the gateway says about its answer, beside those with a known beginning.
const OF_ANSWERS: [&str; 17] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-range",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "openai-request-id",
    "pragma",
    "retry-after",
    "vary",
    "x-request-id",
    "x-robots-tag",
];

const BEGINNINGS: [&str; 2] = ["x-cpa-", "x-server-"];

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Known here; the gateway is opened with the Management Key.
    Ours,
    /// Known here, but the gateway shows pages of plugins to anybody. Whatever a
    /// plugin is, it is not given the Management Key.
    OfPlugins,
    /// A client of models with a key of the gateway's.
    OfModels,
}

/// What of a request goes to the gateway.
#[must_use]
pub(super) fn of_request(headers: &Ours, caller: Caller) -> HeaderMap {
    let dropped = named_by_connection(headers);
    let mut out = HeaderMap::new();
    for (name, value) in headers {
        let name = name.as_str();
        let wanted = OF_REQUESTS.contains(&name)
            || (caller == Caller::OfModels && OF_MODEL_CLIENTS.contains(&name));
        if !wanted || dropped.iter().any(|other| other == name) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            out.append(name, value);
        }
    }
    out
}

/// Whether a header of an answer goes to the client. `Location` is not here: it
/// has to be translated.
#[must_use]
pub(super) fn passes_back(name: &str) -> bool {
    OF_ANSWERS.contains(&name) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// Headers that end at the next hop by the sender's own word.
fn named_by_connection(headers: &Ours) -> Vec<String> {
    headers
        .get_all("connection")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect()
}

/// A redirect of the gateway's to one of its own relayed paths, as the client
/// has to ask for it; any other leads away and is dropped.
#[must_use]
pub(super) fn location(value: &str, prefix: &str, base: &str) -> Option<String> {
    let local = value.strip_prefix(prefix)?;
    let relayed = ["/v0/management/", "/v0/resource/plugins/"];
    let fine = relayed.iter().any(|root| local.starts_with(root)) && !local.contains('\\');
    fine.then(|| format!("{base}{local}"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header;

    use super::*;

    fn sent(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut ours = Ours::new();
        for (name, value) in headers {
            ours.append(
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            );
        }
        of_request(&ours, Caller::Ours)
    }

    #[test]
    fn only_what_describes_the_request_passes() {
        let out = sent(&[
            ("content-type", "application/json"),
            ("authorization", "Bearer x"),
            ("x-management-key", "x"),
            ("cookie", "cpamp_session=x"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-real-ip", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9"),
            ("x-original-url", "/v0/management/usage-queue"),
            ("host", "elsewhere"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("expect", "100-continue"),
        ]);
        let names: Vec<_> = out.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["content-type"]);
    }

    #[test]
    fn what_connection_names_ends_here() {
        let out = sent(&[
            ("connection", "keep-alive, Range"),
            ("range", "bytes=0-9"),
            ("accept", "*/*"),
        ]);
        assert_eq!(out.len(), 1);
    }

    #[test]
    fn redirects_stay_inside() {
        let check = |value, expected: Option<&str>| {
            assert_eq!(location(value, "/cpa", "/cpamp").as_deref(), expected);
        };
        check(
            "/cpa/v0/management/config",
            Some("/cpamp/v0/management/config"),
        );
        check("/v0/management/config", None);
        check("https://elsewhere/", None);
        check("//elsewhere/v0/management/", None);
        check("/cpa/management.html", None);
        check("/cpa/v0/management/\\\\elsewhere", None);
    }
}
