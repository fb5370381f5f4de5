//! Lets nobody pass without a session or the Admin Key. Wrapped around the scope
//! of everything that is not explicitly public, so a new route is closed until
//! someone opens it. What a refusal looks like is decided in [`super::failure`].

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpResponse};

use super::admin_key::Shape;
use super::client_addr::Client;
use super::error::{Error, Result};
use super::kind::Kind;
use super::security;
use super::session::{self, Access};
use super::state::AppState;

/// Pages that open before a gateway is chosen.
const BEFORE_SET_UP: [&str; 4] = ["/setup", "/logout", "/prefs", "/shell"];

/// The middleware.
pub async fn guard<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let access = match admit(&mut request).await {
        Ok(access) => access,
        Err(error) => return Ok(refuse(request, error)),
    };
    request.extensions_mut().insert(access);
    if let Some(detour) = to_set_up(&request) {
        return Ok(request.into_response(detour));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Checks one candidate for the Admin Key, counted against its sender. All who
/// verify the key come through here; the same key at the same time counts once.
pub async fn verify(state: &AppState, client: Client, candidate: &str) -> Result<()> {
    let source = client.network();
    let check = state.admin.check(candidate);
    let judge = || async {
        let tries_left = state.throttle.attempt(source, state.clock.now())?;
        if state.admin.is(candidate).await? {
            state.throttle.succeeded(source);
            return Ok(Ok(()));
        }
        log::warn!(
            "a wrong Admin Key came from {}, {tries_left} tries left",
            client.ip
        );
        Ok::<_, Error>(Err(tries_left))
    };
    let shape = Shape::of(candidate);
    let verdict = *check.get_or_try_init(judge).await?;
    verdict.map_err(|tries_left| Error::WrongKey { shape, tries_left })
}

/// A key that was sent is judged alone: a cookie beside it counts for nothing,
/// because calls with a key skip the check for foreign sites.
async fn admit(request: &mut ServiceRequest) -> Result<Access> {
    let state = AppState::of(request.request()).clone();
    let client = Client::of(request.request(), &state.config);
    if security::brings_a_key(request.headers()) {
        let key = sent_key(request.headers()).ok_or(Error::NoKey)?.to_owned();
        verify(&state, client, &key).await?;
        return Ok(Access::Key);
    }
    match session::find(&state, request.request(), client).await? {
        Some(session) => Ok(Access::Session(session)),
        None if Kind::of(request.request()) == Kind::Json => Err(Error::NoKey),
        None => Err(Error::LogInNeeded),
    }
}

/// The key as CPA takes one: `Authorization: Bearer <key>`, or the key alone in
/// that header; `X-Management-Key` only where that header says nothing.
fn sent_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text(header::AUTHORIZATION).map_or("", str::trim);
    let key = match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        Some(_) => return None,
        None if value.eq_ignore_ascii_case("bearer") => "",
        None => value,
    };
    let key = if value.is_empty() {
        text(security::MANAGEMENT_KEY).map_or("", str::trim)
    } else {
        key
    };
    (!key.is_empty()).then_some(key)
}

/// People are led to the log-in and back; fragments and scripts are told.
fn refuse(request: ServiceRequest, error: Error) -> ServiceResponse {
    let kind = Kind::of(request.request());
    if !matches!(error, Error::LogInNeeded) || kind == Kind::Json {
        return request.error_response(error);
    }
    let state = AppState::of(request.request()).clone();
    let entrance = if state.is_set_up() {
        "/login"
    } else {
        "/setup"
    };
    let wanted = wanted(&request, kind, state.config.base_path.as_str());
    let location = match wanted {
        Some(path) if state.is_set_up() && path != "/" => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("next", &path);
            format!("{entrance}?{}", query.finish())
        }
        _ => entrance.to_owned(),
    };
    let location = state.config.link(&location);
    let response = if kind == Kind::Fragment {
        HttpResponse::Unauthorized()
            .insert_header(("HX-Redirect", location))
            .finish()
    } else {
        HttpResponse::SeeOther()
            .insert_header((header::LOCATION, location))
            .finish()
    };
    request.into_response(response)
}

/// Where the person was or wanted to go, below the base path.
fn wanted(request: &ServiceRequest, kind: Kind, base: &str) -> Option<String> {
    let full = if kind == Kind::Fragment {
        let current = request.headers().get("hx-current-url")?.to_str().ok()?;
        let url = url::Url::parse(current).ok()?;
        let query = url.query().map(|query| format!("?{query}"));
        format!("{}{}", url.path(), query.unwrap_or_default())
    } else if matches!(*request.method(), Method::GET | Method::HEAD) {
        request.uri().path_and_query()?.as_str().to_owned()
    } else {
        return None;
    };
    let local = full.strip_prefix(base)?;
    super::local::path(local).map(str::to_owned)
}

/// Until a gateway is chosen every page leads to the set-up.
fn to_set_up(request: &ServiceRequest) -> Option<HttpResponse> {
    let state = AppState::of(request.request());
    if state.is_set_up() || Kind::of(request.request()) == Kind::Json {
        return None;
    }
    let path = request
        .path()
        .strip_prefix(state.config.base_path.as_str())?;
    let first = path.split('/').nth(1).unwrap_or("");
    if BEFORE_SET_UP.iter().any(|open| open[1..] == *first) {
        return None;
    }
    let location = (header::LOCATION, state.config.link("/setup"));
    Some(HttpResponse::SeeOther().insert_header(location).finish())
}
