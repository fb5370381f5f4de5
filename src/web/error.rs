//! Everything a request can end in besides an answer. Handlers return these;
//! [`super::failure`] renders them as a page, a notice or JSON, because only
//! there the request is known. Texts and internals are not here.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::admin_key::Shape;
use crate::domain::filter::{Ignored, Why};
use crate::domain::units::Ms;
use crate::store::StoreError;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is nothing here")]
    NotFound,
    /// No session, or one that is over.
    #[error("log-in needed")]
    LogInNeeded,
    /// An API call without a key.
    #[error("the Admin Key is missing")]
    NoKey,
    #[error("the key is not the Admin Key")]
    WrongKey { shape: Shape, tries_left: u32 },
    #[error("too many failed attempts")]
    TooManyAttempts { wait: Ms },
    /// Others are being verified.
    #[error("too many attempts at once")]
    Busy,
    /// A form or script of another site.
    #[error("the request did not come from this panel")]
    CrossSite,
    #[error("the request cannot be read")]
    Unreadable,
    /// A call of the API that makes no sense, in words for its author.
    #[error("{why}")]
    Unfit { code: &'static str, why: String },
    /// One that makes sense, but not now.
    #[error("{why}")]
    InConflict { code: &'static str, why: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot render a page")]
    Template(#[from] askama::Error),
    /// A bug, in the words of who noticed it; never shown.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    #[must_use]
    pub fn unfit(code: &'static str, why: String) -> Self {
        Self::Unfit { code, why }
    }

    /// Refuses what a question names and nobody understands: a file must not
    /// hold the rows of a wider question than was asked.
    pub fn unless_understood(ignored: &[Ignored]) -> Result<()> {
        let Some(Ignored { name, value, why }) = ignored.first() else {
            return Ok(());
        };
        let why = match why {
            Why::NotUnderstood => format!("{value:?} is not a value of the parameter {name:?}"),
            Why::Swapped => String::from("the range ends before it begins: from is after to"),
        };
        Err(Self::unfit("bad_parameter", why))
    }

    #[must_use]
    pub fn in_conflict(code: &'static str, why: String) -> Self {
        Self::InConflict { code, why }
    }

    /// Stable, for scripts and the log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::LogInNeeded => "log_in_needed",
            Self::NoKey => "missing_admin_key",
            Self::WrongKey { shape, .. } => match shape {
                Shape::Api | Shape::ManagementHash => "wrong_key_kind",
                Shape::Admin | Shape::Unknown => "wrong_admin_key",
            },
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Busy => "busy",
            Self::CrossSite => "cross_site",
            Self::Unreadable => "unreadable_request",
            Self::Unfit { code, .. } | Self::InConflict { code, .. } => code,
            Self::Store(StoreError::DiskFull) => "disk_full",
            Self::Store(StoreError::ReadOnly) => "read_only",
            Self::Store(error) if error.is_passing() => "database_busy",
            Self::Store(_) | Self::Template(_) | Self::Internal(_) => "internal",
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LogInNeeded | Self::NoKey | Self::WrongKey { .. } => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts { .. } | Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Unreadable | Self::Unfit { .. } => StatusCode::BAD_REQUEST,
            Self::InConflict { .. } => StatusCode::CONFLICT,
            Self::Store(error) if error.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Template(_) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The body is made where the request is known.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        super::security::add_headers(response.headers_mut());
        response
    }
}

impl From<super::admin_key::Busy> for Error {
    fn from(_: super::admin_key::Busy) -> Self {
        Self::Busy
    }
}

impl From<super::throttle::Wait> for Error {
    fn from(wait: super::throttle::Wait) -> Self {
        Self::TooManyAttempts { wait: wait.0 }
    }
}
