//! Why a request was not relayed, or got no answer: always JSON, in words an
//! operator understands, naming which key belongs to which path. Never 401 (that
//! is for a wrong key of ours) and never 404 (clients would take the gateway
//! for too old).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use serde_json::json;

use super::limits::Full;
use super::path::BadPath;
use crate::domain::units::Ms;
use crate::gateway::types::Error as GatewayError;

/// Which key belongs where, for those who mixed them up.
const KEYS: &str = "/v0/management/ of this panel takes the Admin Key (cmp_admin_…); the gateway's \
    Management Key belongs into Settings, Collection; /v1/ takes a CPA API Key.";

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the gateway is not set up")]
    NotSetUp,
    #[error("the stored Management Key cannot be read")]
    KeyUnreadable,
    #[error(transparent)]
    Path(#[from] BadPath),
    #[error("the usage queue belongs to the collector")]
    UsageQueue,
    #[error("the method is not relayed")]
    Method,
    /// `GET http://somewhere/… HTTP/1.1`, as to a proxy.
    #[error("the request names another host")]
    AbsoluteForm,
    #[error("the Host header is missing or no host")]
    Host,
    /// Nobody knows that a page of this panel sent it.
    #[error("the request did not come from this panel")]
    CrossSite,
    #[error(transparent)]
    Full(#[from] Full),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// `/v1/models` without a key.
    #[error("an API key is missing")]
    NoApiKey,
    /// `/v1/models` with the Admin Key.
    #[error("the Admin Key is no API key")]
    AdminKeyForModels,
    /// `/v1/models` with several keys, or with more than one in a header.
    #[error("several API keys")]
    ManyApiKeys,
    #[error("too many wrong keys")]
    TooManyKeys(Ms),
    /// Nobody is there to read it.
    #[error("the client left")]
    Left,
}

impl Refusal {
    /// Stable, for scripts, the log and the audit.
    #[must_use]
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotSetUp => "not_set_up",
            Self::KeyUnreadable => "management_key_unreadable",
            Self::Path(_) => "bad_path",
            Self::UsageQueue => "usage_queue_refused",
            Self::Method => "method_not_relayed",
            Self::AbsoluteForm => "absolute_form",
            Self::Host => "bad_host",
            Self::CrossSite => "cross_site",
            Self::Full(Full::Busy) => "relay_busy",
            Self::Full(Full::TooFast(_)) => "rate_limited",
            Self::Gateway(error) => match error {
                GatewayError::Unreachable(_) | GatewayError::NotCpa | GatewayError::Panel => {
                    "gateway_unreachable"
                }
                GatewayError::TimedOut => "gateway_timed_out",
                GatewayError::KeyRejected => "management_key_rejected",
                GatewayError::Banned { .. } => "gateway_ban",
                GatewayError::RemoteManagementOff => "remote_management_off",
                GatewayError::ManagementOff => "management_off",
                GatewayError::Unsupported(_) | GatewayError::Protocol(_) => "gateway_failed",
            },
            Self::NoApiKey => "missing_api_key",
            Self::AdminKeyForModels => "wrong_key_kind",
            Self::ManyApiKeys => "several_api_keys",
            Self::TooManyKeys(_) => "too_many_attempts",
            Self::Left => "client_left",
        }
    }

    #[must_use]
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotSetUp => StatusCode::PRECONDITION_FAILED,
            Self::KeyUnreadable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Path(_) | Self::AbsoluteForm | Self::Host | Self::ManyApiKeys => {
                StatusCode::BAD_REQUEST
            }
            Self::UsageQueue | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Full(Full::Busy) | Self::Gateway(GatewayError::Banned { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Full(Full::TooFast(_)) | Self::TooManyKeys(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Gateway(GatewayError::TimedOut) => StatusCode::GATEWAY_TIMEOUT,
            Self::Gateway(_) => StatusCode::BAD_GATEWAY,
            Self::NoApiKey | Self::AdminKeyForModels => StatusCode::UNAUTHORIZED,
            Self::Left => StatusCode::REQUEST_TIMEOUT,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NotSetUp => String::from(
                "No gateway is set up yet. Open this panel in a browser, log in with the Admin \
                 Key and follow the set-up.",
            ),
            Self::KeyUnreadable => String::from(
                "The stored Management Key cannot be read because data.key is lost or another \
                 one. Enter the Management Key again in Settings, Collection.",
            ),
            Self::Path(why) => format!("This path is not relayed: {why}. Write it plainly."),
            Self::UsageQueue => String::from(
                "Reading the usage queue takes the events out of it, and the collector of this \
                 panel would miss them. With the same Admin Key the panel gives them as often as \
                 you like: all of them from /requests.jsonl or /requests.csv, page by page from \
                 /v0/management/requests, sums from /v0/management/usage.",
            ),
            Self::Method => String::from("CONNECT and TRACE are not relayed."),
            Self::AbsoluteForm => {
                String::from("This is no proxy: send the path alone, without scheme and host.")
            }
            Self::Host => String::from("Send one Host header that names a host."),
            Self::CrossSite => String::from(
                "The browser does not say that a page of this panel sent this. Scripts send the \
                 Admin Key: Authorization: Bearer cmp_admin_…",
            ),
            Self::Full(Full::Busy) => String::from(
                "Too many requests are being relayed at this moment. Send fewer at once.",
            ),
            Self::Full(Full::TooFast(_)) => String::from(
                "Requests to the gateway come too fast from this address (CPAMP_RELAY_RATE).",
            ),
            Self::Gateway(error) => gateway_text(error),
            Self::NoApiKey => format!("This path takes a CPA API Key; none was sent. {KEYS}"),
            Self::AdminKeyForModels => {
                format!("This path takes a CPA API Key; the Admin Key was not passed on. {KEYS}")
            }
            Self::ManyApiKeys => String::from(
                "Send one CPA API Key alone, in one place: Authorization: Bearer <key>.",
            ),
            Self::TooManyKeys(_) => {
                String::from("Too many wrong keys came from this address. Wait.")
            }
            Self::Left => String::from("The client left."),
        }
    }

    fn wait(&self) -> Option<Ms> {
        match self {
            Self::Full(Full::Busy) => Some(Ms(1_000)),
            Self::Full(Full::TooFast(wait)) | Self::TooManyKeys(wait) => Some(*wait),
            Self::Gateway(GatewayError::Banned { remaining }) => {
                let seconds = remaining.map_or(BAN_SECONDS, |left| left.as_secs() + 1);
                Some(Ms(i64::try_from(seconds)
                    .unwrap_or(0)
                    .saturating_mul(1_000)))
            }
            _ => None,
        }
    }

    #[must_use]
    pub(super) fn response(&self) -> HttpResponse {
        let body = json!({ "error": self.text(), "code": self.code() });
        let mut response = HttpResponse::build(self.status()).json(body);
        if let Some(wait) = self.wait() {
            let seconds = HeaderValue::from((wait.0.max(0) + 999).div_euclid(1_000));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// How long the gateway bans an address when it does not say.
const BAN_SECONDS: u64 = 30 * 60;

fn gateway_text(error: &GatewayError) -> String {
    match error {
        GatewayError::KeyRejected => format!(
            "The gateway rejected the Management Key that this panel has stored. It is not used \
             again until somebody enters the right one in Settings, Collection, or tries again \
             there: five wrong keys in a row would ban this panel for 30 minutes. {KEYS}"
        ),
        GatewayError::Banned { .. } => String::from(
            "The gateway bans the address of this panel after too many wrong Management Keys. \
             Nothing is sent until the ban is over; restarting the gateway ends it at once.",
        ),
        GatewayError::RemoteManagementOff => String::from(
            "The gateway refuses management from other machines. Set \
             remote-management.allow-remote: true in its config.yaml.",
        ),
        GatewayError::ManagementOff => String::from(
            "Management is switched off at the gateway: remote-management.secret-key is empty.",
        ),
        GatewayError::TimedOut => {
            String::from("The gateway did not answer in time. It may still do what was asked.")
        }
        GatewayError::Unreachable(_) => {
            format!("This panel {error}. See Doctor in the panel.")
        }
        other => format!("The gateway gave no proper answer: {other}."),
    }
}
