//! What the panel says, in each language it speaks: one file per area, one
//! struct per file, one constant per language, so a missing text does not
//! compile. A text with a value in it is a function; HTML is never in a text.

use std::borrow::Cow;

pub mod about;
pub mod accounts;
pub mod audit;
pub mod causes;
pub mod connection;
pub mod doctor;
pub mod errors;
mod format;
pub mod home;
pub mod keys;
pub mod login;
pub mod losses;
pub mod obstacles;
pub mod prices;
pub mod request;
pub mod requests;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod shell;
pub mod usage;

pub use format::UNKNOWN;

/// A language of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    En,
    ZhCn,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::En, Self::ZhCn];

    /// BCP 47, as `<html lang>` and the preference write it.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::ZhCn => "简体中文",
        }
    }

    /// Exactly one of our tags.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The first language of an `Accept-Language` header that we speak.
    #[must_use]
    pub fn negotiate(header: &str) -> Self {
        let mut wanted: Vec<(f32, &str)> = header
            .split(',')
            .map(|part| {
                let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
                let weight = rest.trim().strip_prefix("q=");
                (weight.map_or(1.0, |q| q.parse().unwrap_or(0.0)), tag.trim())
            })
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted
            .into_iter()
            .find_map(
                |(_, tag)| match tag.get(..2)?.to_ascii_lowercase().as_str() {
                    "en" => Some(Self::En),
                    "zh" => Some(Self::ZhCn),
                    _ => None,
                },
            )
            .unwrap_or_default()
    }
}

/// Every text of one language.
#[derive(Debug)]
pub struct Messages {
    pub accounts: &'static accounts::Accounts,
    pub shell: &'static shell::Shell,
    pub audit: &'static audit::Audit,
    pub usage: &'static usage::Usage,
    pub errors: &'static errors::Errors,
    pub login: &'static login::Login,
    pub prices: &'static prices::Prices,
    pub doctor: &'static doctor::Doctor,
    pub home: &'static home::Home,
    pub keys: &'static keys::Keys,
    pub request: &'static request::Request,
    pub requests: &'static requests::Requests,
    pub about: &'static about::About,
    pub causes: &'static causes::Causes,
    pub connection: &'static connection::Connection,
    pub losses: &'static losses::Losses,
    pub obstacles: &'static obstacles::Obstacles,
    pub sessions: &'static sessions::Sessions,
    pub settings: &'static settings::Settings,
    pub setup: &'static setup::Setup,
}

static EN: Messages = Messages {
    accounts: &accounts::EN,
    shell: &shell::EN,
    audit: &audit::EN,
    usage: &usage::EN,
    errors: &errors::EN,
    login: &login::EN,
    prices: &prices::EN,
    doctor: &doctor::EN,
    home: &home::EN,
    keys: &keys::EN,
    request: &request::EN,
    requests: &requests::EN,
    about: &about::EN,
    causes: &causes::EN,
    connection: &connection::EN,
    losses: &losses::EN,
    obstacles: &obstacles::EN,
    sessions: &sessions::EN,
    settings: &settings::EN,
    setup: &setup::EN,
};

static ZH_CN: Messages = Messages {
    accounts: &accounts::ZH_CN,
    shell: &shell::ZH_CN,
    audit: &audit::ZH_CN,
    usage: &usage::ZH_CN,
    errors: &errors::ZH_CN,
    login: &login::ZH_CN,
    prices: &prices::ZH_CN,
    doctor: &doctor::ZH_CN,
    home: &home::ZH_CN,
    keys: &keys::ZH_CN,
    request: &request::ZH_CN,
    requests: &requests::ZH_CN,
    about: &about::ZH_CN,
    causes: &causes::ZH_CN,
    connection: &connection::ZH_CN,
    losses: &losses::ZH_CN,
    obstacles: &obstacles::ZH_CN,
    sessions: &sessions::ZH_CN,
    settings: &settings::ZH_CN,
    setup: &setup::ZH_CN,
};

#[must_use]
pub fn messages(lang: Lang) -> &'static Messages {
    match lang {
        Lang::En => &EN,
        Lang::ZhCn => &ZH_CN,
    }
}

/// Takes bidirectional control characters out of foreign text, so that it
/// cannot reorder the words around it.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    let bends = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(bends) {
        Cow::Owned(text.replace(bends, ""))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_s_first_known_language_wins() {
        let check = |header, lang| assert_eq!(Lang::negotiate(header), lang, "{header}");
        check("", Lang::En);
        check("de, fr;q=0.9", Lang::En);
        check("zh-TW,zh;q=0.9,en;q=0.8", Lang::ZhCn);
        check("en;q=0.2, zh;q=0.9", Lang::ZhCn);
        check("zh;q=0, en", Lang::En);
        check("é", Lang::En);
    }

    #[test]
    fn foreign_text_cannot_turn_the_line_around() {
        assert_eq!(plain("gpt\u{202e}5"), "gpt5");
        assert!(matches!(plain("gpt-5"), Cow::Borrowed(_)));
    }
}
