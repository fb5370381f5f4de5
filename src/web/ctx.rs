//! What every page knows about the visit: language and texts, theme, zone,
//! masking, the base path, where in the panel we are, and how collecting goes.
//! Made once per request from the preferences and the [`Frame`]; reads no store.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::DateTime;
use chrono_tz::Tz;
use tokio::sync::watch;

use super::assets;
use super::prefs::{Prefs, zone_hint};
use super::reader::Reader;
use crate::clock::Clock;
use crate::domain::collection::Status;
use crate::domain::event::ClientKey;
use crate::domain::mask;
use crate::domain::soundness::Soundness;
use crate::domain::time::Zone;
use crate::domain::units::At;
use crate::i18n::{Lang, Messages, messages, plain};

/// What pages need of the process. Registered once as `web::Data<Frame>`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Empty, or `/path` without a slash at its end.
    pub base: String,
    /// The zone of those who chose none.
    pub zone: Zone,
    pub demo: bool,
    /// Whether browsers reach us by https only.
    pub secure: bool,
    pub clock: Clock,
    pub status: watch::Receiver<Status>,
    /// What is known of the database file.
    pub soundness: watch::Receiver<Soundness>,
}

/// The places of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Home,
    Requests,
    Usage,
    Accounts,
    Keys,
    Settings,
}

/// One entry of the rail.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub icon: &'static str,
    pub name: &'static str,
    pub path: &'static str,
    pub here: bool,
    /// On phones it is behind "More".
    pub folds: bool,
}

#[derive(Clone, Debug)]
pub struct Ctx {
    pub lang: Lang,
    pub t: &'static Messages,
    pub prefs: Prefs,
    /// The zone times are shown in, and the one of those who choose none.
    pub zone: Zone,
    pub auto_zone: Zone,
    pub base: String,
    pub secure: bool,
    pub demo: bool,
    pub place: Option<Place>,
    pub now: At,
    /// Path and query of this page below the base path: where forms return to.
    pub here: String,
    /// URL of the icon sprite.
    pub icons: String,
    pub status: Status,
    pub soundness: Soundness,
    pub reader: Reader,
}

impl Ctx {
    /// Changes when anything does that pages say of collecting and of the
    /// database: polls send it back.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("{}.{}", self.reader.tag(), self.soundness.code())
    }

    #[must_use]
    pub fn new(request: &HttpRequest, frame: &Frame) -> Self {
        let prefs = Prefs::of(request);
        let lang = prefs.lang.unwrap_or_else(|| {
            let header = request.headers().get(ACCEPT_LANGUAGE);
            Lang::negotiate(header.and_then(|value| value.to_str().ok()).unwrap_or(""))
        });
        let auto_zone = zone_hint(request).unwrap_or(frame.zone);
        let here = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let status = frame.status.borrow().clone();
        Self {
            lang,
            t: messages(lang),
            zone: prefs.zone.unwrap_or(auto_zone),
            auto_zone,
            base: frame.base.clone(),
            secure: frame.secure,
            demo: frame.demo,
            place: None,
            now: frame.clock.now(),
            here: here.strip_prefix(&frame.base).unwrap_or(here).to_owned(),
            icons: format!("{}{}", frame.base, assets::path("icons.svg")),
            reader: Reader::new(&status, lang),
            status,
            soundness: frame.soundness.borrow().clone(),
            prefs,
        }
    }

    /// The same visit, at this place of the panel.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }

    /// A path of the panel as a URL.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        self.url(&assets::path(name))
    }

    /// A moment in the visitor's zone.
    #[must_use]
    pub fn local(&self, at: At) -> DateTime<Tz> {
        self.zone.local(at)
    }

    /// Somebody's name, or a mask of it where identities are to be hidden.
    #[must_use]
    pub fn identity(&self, name: &str) -> String {
        match (self.prefs.mask, mask::is_email(name)) {
            (false, _) => plain(name).into_owned(),
            (true, true) => mask::email(name),
            (true, false) => mask::secret(name),
        }
    }

    /// Foreign text about somebody, without the name where identities are to be
    /// hidden.
    #[must_use]
    pub fn without_name(&self, text: &str, name: &str) -> String {
        let text = plain(text);
        if !self.prefs.mask || name.is_empty() {
            return text.into_owned();
        }
        text.split_whitespace()
            .map(|word| {
                if mask::is_email(word) {
                    self.identity(word)
                } else {
                    word.replace(name, &self.identity(name))
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A client's address, or only its network.
    #[must_use]
    pub fn address(&self, address: &str) -> String {
        let address = plain(address);
        if !self.prefs.mask || address.is_empty() {
            return address.into_owned();
        }
        let kept = match address.rfind(['.', ':']) {
            Some(end) => address.get(..end).unwrap_or_default(),
            None => "",
        };
        format!("{kept}…")
    }

    /// A client's key by its name, or by its mask.
    #[must_use]
    pub fn key_name(&self, key: &ClientKey) -> String {
        let name = if self.prefs.mask {
            &key.mask
        } else {
            key.title()
        };
        plain(name).into_owned()
    }

    #[must_use]
    pub fn places(&self) -> [Entry; 6] {
        let t = self.t.shell;
        let entry = |place, icon, name, path| Entry {
            icon,
            name,
            path,
            here: self.place == Some(place),
            folds: place == Place::Settings,
        };
        [
            entry(Place::Home, "home", t.home, "/"),
            entry(Place::Requests, "requests", t.requests, "/requests"),
            entry(Place::Usage, "usage", t.usage, "/usage"),
            entry(Place::Accounts, "accounts", t.accounts, "/accounts"),
            entry(Place::Keys, "keys", t.keys, "/keys"),
            entry(
                Place::Settings,
                "settings",
                t.settings,
                "/settings/collection",
            ),
        ]
    }
}

impl FromRequest for Ctx {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request
                .app_data::<web::Data<Frame>>()
                .map(|frame| Self::new(request, frame))
                .ok_or_else(|| {
                    actix_web::error::ErrorInternalServerError("the frame is not registered")
                }),
        )
    }
}
