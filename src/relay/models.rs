//! `GET /v1/models`, for clients that come to one address for everything: it
//! needs a CPA API Key of the caller's own, which only the gateway can judge.
//! Without one nothing is passed on, the Admin Key never is, and whoever sends
//! wrong ones waits.

use actix_web::http::header::HeaderMap;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::body::Held;
use super::headers::Caller;
use super::limits::Who;
use super::path::Target;
use super::refusal::Refusal;
use super::{check_form, desk, line, respond, send};
use crate::web::admin_key::Shape;
use crate::web::audit::Ticket;
use crate::web::client_addr::Client;
use crate::web::hangup::Peer;
use crate::web::state::AppState;

const ROOT: &str = "/v1/";

pub(super) async fn list(request: HttpRequest, payload: Payload) -> HttpResponse {
    match pass(&request, payload).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

async fn pass(request: &HttpRequest, payload: Payload) -> Result<HttpResponse, Refusal> {
    let state = AppState::of(request);
    check_form(request)?;
    let base = state.config.base_path.as_str();
    let path = request.uri().path();
    let path = path.strip_prefix(base).unwrap_or(path);
    let target = Target::parse(ROOT, path, request.uri().query())?;
    let keys = keys(request.headers(), request.query_string());
    if keys.is_empty() {
        return Err(Refusal::NoApiKey);
    }
    let way = line(request).way(state)?;
    let relay = desk(request);
    let network = Client::of(request, &state.config).network();
    let attempt = relay.guesses.attempt(network, state.clock.now());
    attempt.map_err(|wait| Refusal::TooManyApiKeys(wait.0))?;
    let ours = |key: &String| Shape::of(key) == Shape::Admin || state.admin.is_known(key);
    if keys.iter().any(ours) {
        return Err(Refusal::AdminKeyForModels);
    }
    let now = state.clock.now();
    let place = relay.limits.enter(Who::Script, network, now).await?;
    let ticket = Ticket::begin(state, None).await;
    let (payload, counter) = (payload.into_inner(), ticket.sent());
    let answer = send(request, payload, &target, &way, Caller::OfModels, counter).await?;
    if !matches!(answer.status.as_u16(), 401 | 403) {
        relay.guesses.succeeded(network);
    }
    let cut = Peer::of(request).left();
    let held = Held {
        _place: place,
        ticket,
    };
    Ok(respond(request, answer, way.passage.prefix(), cut, held))
}

/// Everything in a request that the gateway could take for a key.
fn keys(headers: &HeaderMap, query: &str) -> Vec<String> {
    let of_headers = ["authorization", "x-api-key", "x-goog-api-key"]
        .into_iter()
        .flat_map(|name| headers.get_all(name))
        .filter_map(|value| value.to_str().ok())
        .map(|value| match value.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key,
            _ => value,
        });
    let of_query = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| matches!(name.as_ref(), "key" | "auth_token"))
        .map(|(_, value)| value.into_owned());
    let all = of_headers.map(str::to_owned).chain(of_query);
    all.map(|key| key.trim().to_owned())
        .filter(|key| !key.is_empty() && !key.eq_ignore_ascii_case("bearer"))
        .collect()
}
