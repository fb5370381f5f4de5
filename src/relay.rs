//! Passes `/v0/management/…` on to the gateway: whoever knows the Admin Key, or
//! is logged in, reaches CPA through this panel without ever seeing the
//! Management Key. Paths the panel serves itself never come here. Nothing is
//! sent before the caller is known, the path is understood and the limits allow.

mod api_keys;
mod body;
mod headers;
mod limits;
mod models;
mod path;
mod refusal;
mod respond;
mod trace;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix_web::dev::Payload as Raw;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Payload, ServiceConfig, route};
use actix_web::{HttpRequest, HttpResponse};
use tokio::sync::watch;

use crate::domain::collection::{Connection, Settings};
use crate::gateway::key_watch::{KeyWatch, Leave};
use crate::gateway::passage::{Answer, Opens, Order, Passage};
use crate::gateway::types::Error as GatewayError;
use crate::store::audit::Intent;
use crate::web::audit::{self, Ticket};
use crate::web::client_addr::Client;
use crate::web::hangup::Peer;
use crate::web::reading::get;
use crate::web::security;
use crate::web::session::Access;
use crate::web::state::AppState;
use api_keys::ApiKeys;
use body::Held;
use headers::Caller;
use limits::{Limits, Who};
use path::Target;
use refusal::Refusal;
use respond::respond;

const MANAGEMENT: &str = "/v0/management/";
const PLUGINS: &str = "/v0/resource/plugins/";
/// The answer names the models of one account.
const LONGEST_RESET: usize = 64 << 10;

/// How long the relay waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of an answer, once the request is sent; CPA itself gives an
    /// upstream call 60 s.
    pub answer: Duration,
    /// For the next piece of a body from the client.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(75),
            pause: Duration::from_mins(1),
        }
    }
}

/// What all threads share.
#[derive(Debug)]
pub struct Relay {
    limits: Limits,
    key: Arc<KeyWatch>,
    api_keys: ApiKeys,
    patience: Patience,
}

impl Relay {
    /// `per_second`: requests of one network; 0 = any number.
    #[must_use]
    pub fn new(per_second: u32, patience: Patience, key: Arc<KeyWatch>) -> Self {
        Self {
            limits: Limits::new(per_second),
            key,
            api_keys: ApiKeys::default(),
            patience,
        }
    }
}

/// The connections of one thread, made anew when the settings change.
#[derive(Debug)]
pub struct Line {
    settings: RefCell<watch::Receiver<Settings>>,
    open: RefCell<Option<Rc<Way>>>,
}

#[derive(Debug)]
struct Way {
    connection: Connection,
    passage: Passage,
}

impl Line {
    #[must_use]
    pub fn new(settings: watch::Receiver<Settings>) -> Self {
        Self {
            settings: RefCell::new(settings),
            open: RefCell::default(),
        }
    }

    fn way(&self, state: &AppState) -> Result<Rc<Way>, Refusal> {
        let mut settings = self.settings.borrow_mut();
        if settings.has_changed().unwrap_or(true) {
            self.open.replace(None);
        }
        if let Some(way) = &*self.open.borrow() {
            return Ok(Rc::clone(way));
        }
        let settings = settings.borrow_and_update();
        let Some(connection) = settings.connection.clone() else {
            return Err(if settings.key_unreadable && state.is_set_up() {
                Refusal::KeyUnreadable
            } else {
                Refusal::NotSetUp
            });
        };
        let passage = Passage::new(&connection)?;
        let way = Rc::new(Way {
            connection,
            passage,
        });
        self.open.replace(Some(Rc::clone(&way)));
        Ok(way)
    }
}

/// Behind the guard, after everything the panel serves itself.
pub fn routes(services: &mut ServiceConfig) {
    services
        .route("/v0/management/{tail:.*}", route().to(management))
        .route("/v0/resource/plugins/{tail:.*}", route().to(resource));
}

/// Open to whoever brings a key of the gateway's.
pub fn public_routes(services: &mut ServiceConfig) {
    services.route("/v1/models", get().to(models::list));
}

async fn management(request: HttpRequest, payload: Payload, access: Access) -> HttpResponse {
    answer(MANAGEMENT, &request, payload, &access).await
}

async fn resource(request: HttpRequest, payload: Payload, access: Access) -> HttpResponse {
    let mut response = answer(PLUGINS, &request, payload, &access).await;
    // Pages of plugins are shown in a frame of the official panel.
    let frame = HeaderValue::from_static("SAMEORIGIN");
    response
        .headers_mut()
        .insert(header::X_FRAME_OPTIONS, frame);
    response
}

async fn answer(
    root: &'static str,
    request: &HttpRequest,
    payload: Payload,
    access: &Access,
) -> HttpResponse {
    match relay(root, request, payload.into_inner(), access).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

async fn relay(
    root: &'static str,
    request: &HttpRequest,
    payload: Raw,
    access: &Access,
) -> Result<HttpResponse, Refusal> {
    let state = AppState::of(request);
    check_form(request)?;
    check_caller(request, access)?;
    let base = state.config.base_path.as_str();
    let path = request.uri().path();
    let path = path.strip_prefix(base).unwrap_or(path);
    let target = Target::parse(root, path, request.uri().query())?;
    let caller = if root == MANAGEMENT {
        Caller::Ours
    } else {
        Caller::OfPlugins
    };
    if caller == Caller::Ours && target.is_usage_queue() {
        return Err(Refusal::UsageQueue);
    }
    let (relay, line) = (desk(request), line(request));
    let way = line.way(state)?;
    let who = match access {
        Access::Session(_) => Who::Person,
        Access::Key => Who::Script,
    };
    let client = Client::of(request, &state.config);
    let now = state.clock.now();
    let place = relay.limits.enter(who, client.network(), now).await?;
    let leave = if caller == Caller::Ours {
        Some(relay.key.ask(&way.connection).await?)
    } else {
        None
    };

    let intent = trace::kind(request.method(), &target).map(|kind| Intent {
        at: state.clock.now(),
        kind,
        who: audit::who(access),
        address: client.ip.to_string(),
        method: request.method().to_string(),
        path: trace::line(&target),
    });
    let mut ticket = Ticket::begin(state, intent).await;

    if let Some(leave) = &leave {
        leave.goes();
    }
    let outcome = send(request, payload, &target, &way, caller, ticket.sent()).await;
    if let Some(leave) = leave {
        tell(leave, &outcome);
    }
    let mut answer = outcome.inspect_err(|refusal| ticket.ended(refusal.code()))?;
    ticket.answered(answer.status.as_u16());
    if !request.method().is_safe() && answer.status.is_success() {
        state.gateway_changed.send_modify(|changes| *changes += 1);
    }
    if caller == Caller::Ours && target.is_quota_reset() && answer.status.is_success() {
        tell_of_reset(state, &mut answer).await;
    }
    let (peer, access, shared) = (Peer::of(request), access.clone(), state.clone());
    let cut = async move {
        tokio::select! {
            () = peer.left() => {}
            () = access.ended(&shared) => {}
        }
    };
    let held = Held {
        _place: place,
        ticket,
    };
    Ok(respond(request, answer, way.passage.prefix(), cut, held))
}

/// Requests no relay passes on.
fn check_form(request: &HttpRequest) -> Result<(), Refusal> {
    if request.head().uri.authority().is_some() {
        return Err(Refusal::AbsoluteForm);
    }
    let hosts: Vec<_> = request.headers().get_all(header::HOST).collect();
    let [host] = hosts.as_slice() else {
        return Err(Refusal::Host);
    };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
    if host.is_empty() || !host.as_bytes().iter().all(plain) {
        return Err(Refusal::Host);
    }
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Refusal::Method);
    }
    Ok(())
}

/// Whether the caller may be believed to want this.
fn check_caller(request: &HttpRequest, access: &Access) -> Result<(), Refusal> {
    // Reading can change the gateway too: some log-ins begin with a GET.
    let by_cookie = matches!(access, Access::Session(_));
    if by_cookie && request.method().is_safe() && !security::comes_from_here(request) {
        return Err(Refusal::CrossSite);
    }
    Ok(())
}

async fn send(
    request: &HttpRequest,
    payload: Raw,
    target: &Target,
    way: &Way,
    caller: Caller,
    counter: Arc<AtomicU64>,
) -> Result<Answer, Refusal> {
    let patience = desk(request).patience;
    let (body, sent) = match body::upload(request, payload, patience.pause, counter) {
        Some((body, sent)) => (Some(reqwest::Body::wrap(body)), Some(sent)),
        None => (None, None),
    };
    let order = Order {
        method: reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|_| Refusal::Method)?,
        target: target.full(),
        headers: headers::of_request(request.headers(), caller),
        body,
    };
    let opens = match caller {
        Caller::Ours => Opens::ManagementKey,
        Caller::OfPlugins | Caller::OfModels => Opens::NoKey,
    };
    let too_late = async {
        if let Some(sent) = sent {
            // Also when the body was given up.
            let _ = sent.await;
        }
        tokio::time::sleep(patience.answer).await;
    };
    tokio::select! {
        answer = way.passage.send(order, opens) => Ok(answer?),
        () = too_late => Err(GatewayError::TimedOut.into()),
        () = Peer::of(request).left() => Err(Refusal::Left),
    }
}

/// Whose quota it was the gateway says in its answer; the body of the request
/// went by unseen.
async fn tell_of_reset(state: &AppState, answer: &mut Answer) {
    #[derive(serde::Deserialize)]
    struct Reset {
        auth_index: String,
    }
    if let Ok(reset) = serde_json::from_slice::<Reset>(answer.ahead(LONGEST_RESET).await) {
        // Nobody listens where nothing is asked of the gateway.
        let _ = state.quota_resets.send(reset.auth_index);
    }
}

/// Passes on what the answer says of the key. Of a request nobody waited for it
/// is not known: the gateway may still look at it.
fn tell(leave: Leave<'_>, outcome: &Result<Answer, Refusal>) {
    match outcome {
        Ok(answer) if proves_the_key(answer) => leave.answered(Ok(())),
        Ok(_) => leave.unproven(),
        Err(Refusal::Gateway(error)) => leave.answered(Err(error)),
        Err(_) => drop(leave),
    }
}

/// Only CPA's management group tells its version, and only after the key.
fn proves_the_key(answer: &Answer) -> bool {
    answer.headers.contains_key("x-cpa-version") || answer.status.is_success()
}

fn desk(request: &HttpRequest) -> &Relay {
    request
        .app_data::<Data<Relay>>()
        .expect("the relay is registered with the application")
}

fn line(request: &HttpRequest) -> &Line {
    request
        .app_data::<Data<Line>>()
        .expect("the line is registered with the application")
}
