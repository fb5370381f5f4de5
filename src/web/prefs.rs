//! What a browser prefers: language, theme, zone, masking, row height, columns.
//! One cookie holds the explicit choices; everything not chosen follows the
//! browser or the server, so a preference is never guessed into the cookie.

use std::str::FromStr;

use crate::domain::time::Zone;
use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};

use crate::i18n::Lang;

/// The cookie of explicit choices, and the zone the browser says it is in.
pub const COOKIE: &str = "cpamp_prefs";
pub const ZONE_HINT: &str = "cpamp_tz";

/// Suggestions for the zone field; it takes any IANA name.
pub const COMMON_ZONES: [&str; 36] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Toronto",
    "America/Vancouver",
    "Asia/Bangkok",
    "Asia/Dubai",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Asia/Manila",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Taipei",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Amsterdam",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Moscow",
    "Europe/Paris",
    "Europe/Warsaw",
    "Pacific/Auckland",
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// As the form and `data-theme` write it; automatic is the empty word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }
}

/// Explicit choices; `None` or the default = not chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefs {
    pub lang: Option<Lang>,
    pub theme: Theme,
    pub zone: Option<Zone>,
    pub mask: bool,
    pub compact: bool,
    /// Columns of the request list, comma separated; empty = all.
    pub columns: String,
}

impl Prefs {
    /// Reads what [`Self::write`] or the preferences form wrote. Anything
    /// unknown is ignored: a cookie is not worth an error page.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut prefs = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "lang" => prefs.lang = Lang::parse(&value),
                "theme" => prefs.theme = Theme::parse(&value),
                "tz" => prefs.zone = Zone::from_str(&value).ok(),
                "mask" => prefs.mask = true,
                "compact" => prefs.compact = true,
                "cols" => prefs.columns = columns(&value),
                _ => {}
            }
        }
        prefs
    }

    #[must_use]
    pub fn write(&self) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        if let Some(lang) = self.lang {
            text.append_pair("lang", lang.tag());
        }
        if self.theme != Theme::Auto {
            text.append_pair("theme", self.theme.word());
        }
        if let Some(zone) = self.zone {
            text.append_pair("tz", zone.name());
        }
        for (name, on) in [("mask", self.mask), ("compact", self.compact)] {
            if on {
                text.append_pair(name, "1");
            }
        }
        if !self.columns.is_empty() {
            text.append_pair("cols", &self.columns);
        }
        text.finish()
    }

    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request
            .cookie(COOKIE)
            .map(|cookie| Self::read(cookie.value()))
            .unwrap_or_default()
    }

    /// Lives a year; scripts may not read it, nothing in it is secret.
    #[must_use]
    pub fn cookie(&self, base: &str, secure: bool) -> Cookie<'static> {
        let path = if base.is_empty() { "/" } else { base };
        Cookie::build(COOKIE, self.write())
            .path(path.to_owned())
            .max_age(actix_web::cookie::time::Duration::days(365))
            .same_site(SameSite::Lax)
            .http_only(true)
            .secure(secure)
            .finish()
    }
}

/// The zone that `app.js` found the browser to be in.
#[must_use]
pub fn zone_hint(request: &HttpRequest) -> Option<Zone> {
    Zone::from_str(request.cookie(ZONE_HINT)?.value()).ok()
}

/// Column names are letters; the page ignores those it does not know.
fn columns(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_lowercase() || *c == ',')
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_survive_the_cookie() {
        let prefs = Prefs {
            lang: Some(Lang::ZhCn),
            theme: Theme::Dark,
            zone: Zone::from_str("Asia/Kolkata").ok(),
            mask: true,
            compact: true,
            columns: "time,model".to_owned(),
        };
        assert_eq!(Prefs::read(&prefs.write()), prefs);
        assert_eq!(Prefs::default().write(), "");
    }

    #[test]
    fn nonsense_is_no_preference() {
        let prefs = Prefs::read("lang=tlh&theme=neon&tz=Mars/Base&cols=%3Cb%3E&x=1");
        let columns = String::from("b");
        assert_eq!(
            prefs,
            Prefs {
                columns,
                ..Prefs::default()
            }
        );
    }
}
