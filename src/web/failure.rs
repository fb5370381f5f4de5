//! Turns a failed answer into what its reader understands: a page, a notice for
//! htmx, JSON for scripts. Internals go to the log under a reference, never to
//! the reader. Runs after every handler; good answers pass untouched.

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use askama::Template;

use super::admin_key::Shape;
use super::client_addr::Client;
use super::ctx::{Ctx, Frame};
use super::error::Error;
use super::hx;
use super::kind::Kind;
use super::random;
use super::session::Access;
use super::state::AppState;
use crate::domain::units::Ms;
use crate::i18n::errors::{Errors, Say};
use crate::i18n::{Lang, messages};
use crate::store::StoreError;

/// Marks an answer that is somebody else's and leaves as it is, also when it is
/// an error without a word.
#[derive(Clone, Copy, Debug)]
pub struct Untouched;

/// The answer, or what stands for it when it failed without saying why.
#[must_use]
pub fn render(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    let status = response.status();
    let silent = matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
    let meant = response.error().is_none() && !silent;
    let foreign = response.extensions().get::<Untouched>().is_some();
    let detour = response.headers().contains_key("hx-redirect");
    if !(status.is_client_error() || status.is_server_error()) || meant || detour || foreign {
        return response;
    }
    let failure = Failure::of(request, status, response.error());
    failure.log(response.error());
    let mut rendered = match failure.kind {
        Kind::Json => failure.json(),
        Kind::Fragment => failure.notice(),
        Kind::Document => failure.page(),
    };
    if let Some(wait) = failure.wait {
        let headers = rendered.headers_mut();
        headers.insert(header::RETRY_AFTER, retry_after(wait));
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"cpamp\"");
        let headers = rendered.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    // Method-not-allowed says what is allowed.
    if let Some(allow) = response.headers().get(header::ALLOW) {
        let allow = allow.clone();
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    rendered
}

/// Whole seconds, so that nobody comes too early.
#[must_use]
pub fn retry_after(wait: Ms) -> HeaderValue {
    HeaderValue::from((wait.0 + 999).div_euclid(1_000))
}

/// What may be said about a failure.
struct Failure {
    ctx: Ctx,
    kind: Kind,
    status: StatusCode,
    code: &'static str,
    say: fn(&'static Errors) -> Say,
    reference: String,
    method: String,
    /// Without the query: values may be private.
    path: String,
    from: String,
    inside: bool,
    keys: Option<Keys>,
    tries_left: Option<u32>,
    wait: Option<Ms>,
    /// Says it better than the general text.
    detail: Option<String>,
}

/// Which row of the table of keys was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Keys {
    admin: bool,
    api: bool,
    hash: bool,
}

impl Failure {
    fn of(request: &HttpRequest, status: StatusCode, error: Option<&actix_web::Error>) -> Self {
        let frame = request.app_data::<web::Data<Frame>>();
        let frame = frame.expect("the frame is registered with the application");
        let error = error.and_then(actix_web::Error::as_error::<Error>);
        let mut failure = Self {
            ctx: Ctx::new(request, frame),
            kind: Kind::of(request),
            status,
            code: error.map_or_else(|| code_of(status), Error::code),
            say: say(status, error),
            reference: random::reference(),
            method: request.method().to_string(),
            path: request.path().chars().take(200).collect(),
            from: Client::of(request, &AppState::of(request).config)
                .ip
                .to_string(),
            inside: request.extensions().get::<Access>().is_some(),
            keys: None,
            tries_left: None,
            wait: None,
            detail: None,
        };
        match error {
            Some(Error::NoKey) => failure.keys = Some(Keys::default()),
            Some(Error::WrongKey { shape, tries_left }) => {
                failure.tries_left = Some(*tries_left);
                failure.keys = Some(Keys {
                    admin: *shape == Shape::Admin,
                    api: *shape == Shape::Api,
                    hash: *shape == Shape::ManagementHash,
                });
            }
            Some(Error::TooManyAttempts { wait }) => failure.wait = Some(*wait),
            Some(Error::Unfit { why, .. } | Error::InConflict { why, .. }) => {
                failure.detail = Some(why.clone());
            }
            _ => {}
        }
        failure
    }

    fn log(&self, error: Option<&actix_web::Error>) {
        let Self {
            reference,
            method,
            path,
            status,
            ..
        } = self;
        let status = status.as_u16();
        if self.status.is_server_error() {
            let cause = error.map_or_else(String::new, chain);
            log::error!("{reference}: {status} for {method} {path}: {cause}");
        } else {
            log::debug!("{reference}: {status} for {method} {path}: {}", self.code);
        }
    }

    /// Always in English: scripts and their authors read it.
    fn json(&self) -> HttpResponse {
        let say = (self.say)(messages(Lang::En).errors);
        let what = match &self.detail {
            Some(detail) => detail.clone(),
            None => format!("{} {}", say.title, say.why),
        };
        let text = format!("{} {}: {what}", self.method, self.path);
        let mut body = serde_json::json!({ "error": text, "code": self.code });
        if self.status.is_server_error()
            && let Some(body) = body.as_object_mut()
        {
            body.insert(String::from("reference"), self.reference.clone().into());
        }
        HttpResponse::build(self.status).json(body)
    }

    fn notice(&self) -> HttpResponse {
        let mut response = hx::html_response(self.status);
        hx::to_notices(&mut response);
        match (Notice { failure: self }).render() {
            Ok(html) => response.body(html),
            Err(_) => response.finish(),
        }
    }

    fn page(&self) -> HttpResponse {
        let mut response = hx::html_response(self.status);
        // Whoever is outside sees nothing of the inside, not even its state.
        let html = if self.inside {
            (Inside {
                failure: self,
                ctx: self.ctx.clone(),
            })
            .render()
        } else {
            (Outside {
                failure: self,
                ctx: self.ctx.clone(),
            })
            .render()
        };
        match html {
            Ok(html) => response.body(html),
            Err(_) => response.finish(),
        }
    }

    fn t(&self) -> &'static Errors {
        self.ctx.t.errors
    }

    fn said(&self) -> Say {
        (self.say)(self.t())
    }

    fn time(&self) -> String {
        let local = self.ctx.local(self.ctx.now);
        local.format("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    fn wait_text(&self) -> Option<String> {
        self.wait.map(|wait| self.ctx.lang.span(wait))
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Inside<'f> {
    ctx: Ctx,
    failure: &'f Failure,
}

#[derive(Template)]
#[template(path = "error_outside.html")]
struct Outside<'f> {
    ctx: Ctx,
    failure: &'f Failure,
}

#[derive(Template)]
#[template(path = "_error_notice.html")]
struct Notice<'f> {
    failure: &'f Failure,
}

fn say(status: StatusCode, error: Option<&Error>) -> fn(&'static Errors) -> Say {
    let Some(error) = error else {
        return match status {
            StatusCode::NOT_FOUND => |t| t.not_found,
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => |t| t.unreadable,
            _ if status.is_server_error() => |t| t.internal,
            _ => |t| t.refused,
        };
    };
    match error {
        Error::NotFound => |t| t.not_found,
        Error::LogInNeeded => |t| t.log_in_needed,
        Error::NoKey => |t| t.no_key,
        Error::WrongKey { shape, .. } => match shape {
            Shape::Api => |t| t.api_key_sent,
            Shape::ManagementHash => |t| t.hash_sent,
            Shape::Admin | Shape::Unknown => |t| t.wrong_key,
        },
        Error::TooManyAttempts { .. } => |t| t.too_many,
        Error::Busy => |t| t.busy,
        Error::CrossSite => |t| t.cross_site,
        Error::Unreadable | Error::Unfit { .. } => |t| t.unreadable,
        Error::InConflict { .. } => |t| t.refused,
        Error::Store(StoreError::DiskFull) => |t| t.disk_full,
        Error::Store(StoreError::ReadOnly) => |t| t.read_only,
        Error::Store(error) if error.is_passing() => |t| t.database_busy,
        Error::Store(_) | Error::Template(_) | Error::Internal(_) => |t| t.internal,
    }
}

/// For failures of the web server's own.
fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::BAD_REQUEST => "unreadable_request",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        _ if status.is_server_error() => "internal",
        _ => "refused",
    }
}

/// The error and its causes, on one line.
fn chain(error: &actix_web::Error) -> String {
    let mut text = error.to_string();
    if let Some(own) = error.as_error::<Error>() {
        let mut cause = std::error::Error::source(own);
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
    }
    text.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_after_the_wait_does_not_come_too_early() {
        for (wait, seconds) in [(1, "1"), (1_000, "1"), (1_001, "2"), (60_000, "60")] {
            assert_eq!(retry_after(Ms(wait)), seconds, "{wait}");
        }
    }
}
