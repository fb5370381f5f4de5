//! The HTTP side of the port: access, headers and odd paths as Go's `net/http`
//! and gin answer them. What a route says is its handler's business.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;

use super::ledger::Via;
use super::models;
use super::reply::{Reply, Request};
use super::routes;
use super::version::Version;
use super::wire::Wire;
use super::world::{World, remember};
use super::{Shared, logs};

const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request";

const ALLOWED_METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const EXPOSED_HEADERS: &str = "X-CPA-TRACE-ID, X-CPA-VERSION, X-CPA-COMMIT, X-CPA-BUILD-DATE, \
    X-CPA-SUPPORT-PLUGIN, X-CPA-HOME-VERSION, X-CPA-HOME-BUILD-DATE, X-SERVER-VERSION, \
    X-SERVER-BUILD-DATE, Location, Retry-After, X-Request-Id, OpenAI-Request-Id";

/// Serves until either side closes.
pub(super) async fn serve(mut wire: Wire, from: IpAddr, shared: Arc<Shared>) -> io::Result<()> {
    if !is_request_line(&wire.peek_line().await?) {
        shared.before_answer().await;
        wire.write_all(BAD_REQUEST).await?;
        return wire.shutdown().await;
    }
    let reset = wire.resetter();
    let service =
        service_fn(|request| answer(request, from, Arc::clone(&shared), Arc::clone(&reset)));
    hyper::server::conn::http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(TokioIo::new(wire), service)
        .await
        // The peer broke off or was cut off; both are part of the game.
        .or(Ok(()))
}

fn is_request_line(line: &str) -> bool {
    let mut parts = line.split(' ');
    let method = parts.next().unwrap_or_default();
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !method.is_empty()
        && method.chars().all(token)
        && parts.next().is_some_and(|target| !target.is_empty())
        && parts
            .next()
            .is_some_and(|version| version.starts_with("HTTP/1."))
        && parts.next().is_none()
}

/// The connection is to be cut instead of answered.
#[derive(Debug, thiserror::Error)]
#[error("connection reset on purpose")]
struct CutOff;

async fn answer(
    request: hyper::Request<Incoming>,
    from: IpAddr,
    shared: Arc<Shared>,
    reset: Arc<AtomicBool>,
) -> Result<Response<Full<Bytes>>, CutOff> {
    let (head, body) = request.into_parts();
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let line = format!("{} {target}", head.method);
    let target = target.to_owned();
    shared.count(|tally| tally.http_requests += 1);
    {
        let mut world = shared.world();
        remember(&mut world.requests, line.clone());
        world.headers.clone_from(&head.headers);
    }
    let Ok(body) = body.collect().await else {
        return Err(CutOff);
    };
    let request = Request {
        target,
        path: percent_decoded(head.uri.path()),
        query: url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        method: head.method,
        headers: head.headers,
        body: body.to_bytes(),
    };
    let reply = dispatch(
        &mut shared.world(),
        &request,
        client_ip(&request.headers, from),
    );
    let popped = request.management_path() == Some("usage-queue")
        && reply.status == 200
        && reply.body.len() > 2;
    if popped && shared.takes_reset() {
        reset.store(true, Ordering::SeqCst);
        return Err(CutOff);
    }
    shared.while_held(&line).await;
    shared.before_answer().await;
    let now = shared.world().now();
    Ok(response(reply, now.utc()))
}

fn response(reply: Reply, now: chrono::DateTime<chrono::Utc>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply
        .status
        .try_into()
        .unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut headers = reply.headers;
    headers.push(("Date", date));
    headers.sort();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Everything about one request that waits for nothing.
fn dispatch(world: &mut World, request: &Request, from: IpAddr) -> Reply {
    if let Some(redirect) = trailing_slash(world, request) {
        return redirect;
    }
    let logs = world.config.logs_to_file();
    let reply = if request.method == "OPTIONS" {
        Reply::empty(204)
    } else if request.management_path().is_some() {
        management(world, request, from)
    } else {
        outside(world, request)
    };
    if logs {
        logs::log_request(world, request, reply.status, from);
    }
    with_cors(world.version, reply)
}

fn management(world: &mut World, request: &Request, from: IpAddr) -> Reply {
    if !world.management_enabled() {
        return Reply::not_found();
    }
    let path = request.management_path().unwrap_or_default();
    let route = routes::find(world.version, request.method.as_str(), path);
    if route.is_none() && !world.version.checks_key_on_unknown_paths() {
        return Reply::not_found();
    }
    if let Some(route) = route.filter(|route| route.is_open(world.version)) {
        return (route.handler)(world, request);
    }
    let key = management_key(request);
    let reply = match (world.authenticate(Via::Http, from, &key), route) {
        (Err(refusal), _) => Reply::error(refusal.status(), &refusal.text()),
        (Ok(()), Some(route)) => (route.handler)(world, request),
        (Ok(()), None) => Reply::not_found(),
    };
    with_version(world, reply)
}

/// `Authorization: Bearer <key>`, or the whole value of that header, or, when
/// there is none, `X-Management-Key`.
fn management_key(request: &Request) -> String {
    let authorization = request.header("authorization");
    let key = match authorization.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key,
        _ => authorization,
    };
    if key.is_empty() {
        request.header("x-management-key").to_owned()
    } else {
        key.to_owned()
    }
}

fn outside(world: &mut World, request: &Request) -> Reply {
    let version = world.version;
    match (request.method.as_str(), request.path.as_str()) {
        // The Home controller's heartbeat never comes.
        ("GET", "/healthz") if world.home => Reply::empty(503),
        ("GET", "/healthz") if version >= Version(6, 9, 10) => Reply::ok(),
        ("HEAD", "/healthz") if version >= Version(6, 9, 31) => Reply::ok(),
        ("GET", "/") => Reply::json(
            200,
            r#"{"endpoints":["POST /v1/chat/completions","POST /v1/completions","GET /v1/models"],"message":"CLI Proxy API Server"}"#,
        ),
        ("POST", "/v1/chat/completions") => models::chat(world, request),
        ("GET", "/v1/models") => models::get_for_clients(world, request),
        ("GET", "/management.html") => panel(world),
        ("GET", "/anthropic/callback" | "/codex/callback" | "/antigravity/callback") => {
            let page = "<html><body>You may close this window now.</body></html>";
            Reply::new(200, "text/html; charset=utf-8", page)
        }
        // Plugins serve nothing.
        (_, path) if path.starts_with("/v0/") => Reply::not_found(),
        _ => Reply::new(404, "text/plain", "404 page not found"),
    }
}

/// The panel is a file beside the configuration; it needs no key.
fn panel(world: &World) -> Reply {
    let management = world.config.running().get("remote-management");
    let off = world.home || management.get("disable-control-panel").is_true();
    match world.panel_html.clone().filter(|_| !off) {
        Some(html) => Reply::new(200, "text/html; charset=utf-8", html),
        None => Reply::not_found(),
    }
}

/// Gin sends the client to the path without the slash, before anything else
/// looks at the request.
fn trailing_slash(world: &World, request: &Request) -> Option<Reply> {
    let path = request
        .path
        .strip_suffix('/')
        .filter(|path| !path.is_empty())?;
    let known = match path.strip_prefix("/v0/management/") {
        Some(path) => routes::find(world.version, request.method.as_str(), path).is_some(),
        None => matches!(path, "/healthz" | "/v1/models" | "/management.html"),
    };
    if !known {
        return None;
    }
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&request.query)
        .finish();
    let location = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    let reply = if request.method == "GET" {
        let page = format!("<a href=\"{location}\">Moved Permanently</a>.\n\n");
        Reply::new(301, "text/html; charset=utf-8", page)
    } else {
        Reply::empty(307)
    };
    Some(reply.header("Location", location))
}

fn with_cors(version: Version, reply: Reply) -> Reply {
    let reply = reply
        .header("Access-Control-Allow-Origin", "*")
        .header("Access-Control-Allow-Methods", ALLOWED_METHODS)
        .header("Access-Control-Allow-Headers", "*");
    if version.exposes_headers() {
        reply.header("Access-Control-Expose-Headers", EXPOSED_HEADERS)
    } else {
        reply
    }
}

fn with_version(world: &World, mut reply: Reply) -> Reply {
    if world.version.has_version_headers() {
        reply = reply
            .header("X-Cpa-Version", world.version_text.clone())
            .header("X-Cpa-Commit", "none")
            .header("X-Cpa-Build-Date", "unknown");
    }
    if world.version.has_plugin_header() {
        reply = reply.header("X-Cpa-Support-Plugin", "1");
    }
    reply
}

/// Gin without a list of trusted proxies believes whoever names a client: the
/// first address of `X-Forwarded-For`, else of `X-Real-IP`.
fn client_ip(headers: &HeaderMap, from: IpAddr) -> IpAddr {
    ["x-forwarded-for", "x-real-ip"]
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .find_map(|value| {
            let all: Result<Vec<IpAddr>, _> =
                value.split(',').map(|ip| ip.trim().parse()).collect();
            all.ok()?.first().copied()
        })
        .unwrap_or(from)
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = match code {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resp_bytes_are_no_request_line() {
        assert!(is_request_line("GET /v0/management/config HTTP/1.1"));
        for line in ["*2", "PING", "GET /", "GET  HTTP/1.1", ""] {
            assert!(!is_request_line(line), "{line:?}");
        }
    }

    #[test]
    fn the_first_forwarded_address_is_believed_when_all_are_addresses() {
        let from = IpAddr::from([127, 0, 0, 1]);
        let check = |name: &'static str, value: &'static str, expected: [u8; 4]| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(client_ip(&headers, from), IpAddr::from(expected));
        };
        check("x-forwarded-for", "203.0.113.9, 10.0.0.1", [203, 0, 113, 9]);
        check("x-forwarded-for", "someone, 10.0.0.1", [127, 0, 0, 1]);
        check("x-real-ip", "198.51.100.7", [198, 51, 100, 7]);
    }
}
