//! `GET /v1/models`, for clients that come to one address for everything: it
//! needs a CPA API Key of the caller's own, which only the gateway can judge.
//! Without one nothing is passed on, and a body never is.

use actix_web::dev::Payload as Raw;
use actix_web::{HttpRequest, HttpResponse};

use super::api_keys;
use super::body::Held;
use super::headers::Caller;
use super::limits::Who;
use super::path::Target;
use super::refusal::Refusal;
use super::{check_form, desk, line, respond, send};
use crate::web::audit::Ticket;
use crate::web::client_addr::Client;
use crate::web::hangup::Peer;
use crate::web::state::AppState;

const ROOT: &str = "/v1/";

pub(super) async fn list(request: HttpRequest) -> HttpResponse {
    match pass(&request).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

async fn pass(request: &HttpRequest) -> Result<HttpResponse, Refusal> {
    let state = AppState::of(request);
    check_form(request)?;
    let base = state.config.base_path.as_str();
    let path = request.uri().path();
    let path = path.strip_prefix(base).unwrap_or(path);
    let target = Target::parse(ROOT, path, request.uri().query())?;
    let key = api_keys::sent(request.headers(), request.query_string())?;
    let way = line(request).way(state)?;
    let relay = desk(request);
    let client = Client::of(request, &state.config);
    let network = client.network();
    let guess = relay.api_keys.admit(state, network, &key).await?;
    let now = state.clock.now();
    let place = relay.limits.enter(Who::Script, network, now).await?;
    let ticket = Ticket::begin(state, None).await;
    let nothing = Raw::None;
    let counter = ticket.sent();
    let answer = send(request, nothing, &target, &way, Caller::OfModels, counter).await?;
    if let Some(guess) = guess {
        if answer.status.is_success() {
            guess.was_right();
        } else {
            log::warn!(
                "a new CPA API Key came from {} and opened nothing",
                client.ip
            );
        }
    }
    let cut = Peer::of(request).left();
    let held = Held {
        _place: place,
        ticket,
    };
    Ok(respond(request, answer, way.passage.prefix(), cut, held))
}
