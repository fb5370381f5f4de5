//! The fields that say how to collect, as the set-up and the settings show and
//! check them. Values fixed from outside are shown and never taken from the
//! form. Knows nothing of the gateway: whether a key is right is asked elsewhere.

use serde::Deserialize;

use crate::config::{Fixed, FixedCollection, LONGEST_POLL, MOST_EVENTS_AT_ONCE, SHORTEST_POLL};
use crate::domain::address::{self, BadAddress};
use crate::domain::collection::{Mode, Settings};
use crate::domain::units::Ms;
use crate::i18n::Lang;
use crate::i18n::connection::Connection as Texts;
use crate::web::collection::Chosen;

/// What a browser sent. An unticked box is absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    pub url: String,
    pub insecure_tls: Option<String>,
    pub management_key: String,
    pub enabled: Option<String>,
    pub mode: String,
    pub poll_ms: String,
    pub batch: String,
}

/// One field: what it shows, who fixed it, what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub value: String,
    pub fixed_by: Option<String>,
    pub problem: Option<String>,
}

impl Field {
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        self.value == value
    }
}

/// The form as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub url: Field,
    /// Its value is always empty: a key is never shown.
    pub key: Field,
    /// `1` = ticked.
    pub insecure: Field,
    pub enabled: Field,
    pub mode: Field,
    pub poll: Field,
    pub batch: Field,
}

impl Form {
    /// What holds now.
    #[must_use]
    pub fn of(chosen: &Chosen, fixed: &FixedCollection) -> Self {
        let default = Settings::default();
        let tick = |on: bool| if on { "1" } else { "" }.to_owned();
        Self {
            url: field(fixed.url.as_ref(), chosen.url.clone(), |url| url),
            key: Field {
                fixed_by: fixed.key.as_ref().map(|key| key.by.clone()),
                ..Field::default()
            },
            insecure: field(fixed.insecure_tls.as_ref(), chosen.insecure_tls, |on| {
                tick(on)
            }),
            enabled: field(
                fixed.enabled.as_ref(),
                chosen.enabled.or(Some(default.enabled)),
                tick,
            ),
            mode: field(
                fixed.mode.as_ref(),
                chosen.mode.or(Some(default.mode)),
                |mode| mode.code().to_owned(),
            ),
            poll: field(
                fixed.poll_interval.as_ref(),
                chosen.poll_interval.or(Some(default.poll_interval)),
                |ms| ms.0.to_string(),
            ),
            batch: field(
                fixed.batch.as_ref(),
                chosen.batch.or(Some(default.batch)),
                |batch| batch.to_string(),
            ),
        }
    }

    /// The same form with what was entered, so that nothing is typed twice.
    /// The key is not kept.
    fn with(mut self, entry: &Entry) -> Self {
        let tick = |box_: &Option<String>| box_.as_ref().map_or("", |_| "1").to_owned();
        let set = |field: &mut Field, value: String| {
            if field.fixed_by.is_none() {
                field.value = value;
            }
        };
        set(&mut self.url, entry.url.clone());
        set(&mut self.insecure, tick(&entry.insecure_tls));
        set(&mut self.enabled, tick(&entry.enabled));
        set(&mut self.mode, entry.mode.clone());
        set(&mut self.poll, entry.poll_ms.clone());
        set(&mut self.batch, entry.batch.clone());
        self
    }

    #[must_use]
    pub fn has_problems(&self) -> bool {
        [&self.url, &self.key, &self.mode, &self.poll, &self.batch]
            .iter()
            .any(|field| field.problem.is_some())
    }
}

/// What a form is checked against.
pub struct Rules<'r> {
    pub chosen: &'r Chosen,
    pub fixed: &'r FixedCollection,
    /// As far as it is known.
    pub retention: Option<Ms>,
    pub t: &'static Texts,
    pub lang: Lang,
}

impl Rules<'_> {
    /// The address and its certificate alone. Fixed values are left as they are.
    #[must_use]
    pub fn address(&self, entry: &Entry) -> (Chosen, Form) {
        let mut form = Form::of(self.chosen, self.fixed).with(entry);
        let mut chosen = self.chosen.clone();
        self.take_address(entry, &mut chosen, &mut form);
        (chosen, form)
    }

    /// Everything but the address.
    #[must_use]
    pub fn collecting(&self, entry: &Entry) -> (Chosen, Form) {
        let mut form = Form::of(self.chosen, self.fixed).with(entry);
        let mut chosen = self.chosen.clone();
        form.url.value = chosen.url.clone().unwrap_or_default();
        self.take_collecting(entry, &mut chosen, &mut form);
        (chosen, form)
    }

    /// All fields but the key.
    #[must_use]
    pub fn all(&self, entry: &Entry) -> (Chosen, Form) {
        let mut form = Form::of(self.chosen, self.fixed).with(entry);
        let mut chosen = self.chosen.clone();
        self.take_address(entry, &mut chosen, &mut form);
        self.take_collecting(entry, &mut chosen, &mut form);
        (chosen, form)
    }

    fn take_address(&self, entry: &Entry, chosen: &mut Chosen, form: &mut Form) {
        if self.fixed.url.is_none() {
            match address::gateway(&entry.url) {
                Ok(url) => chosen.url = Some(url),
                Err(why) => form.url.problem = Some(self.address_problem(why).to_owned()),
            }
        }
        if self.fixed.insecure_tls.is_none() {
            chosen.insecure_tls = Some(entry.insecure_tls.is_some());
        }
    }

    fn take_collecting(&self, entry: &Entry, chosen: &mut Chosen, form: &mut Form) {
        if self.fixed.enabled.is_none() {
            chosen.enabled = Some(entry.enabled.is_some());
        }
        if self.fixed.mode.is_none() {
            match entry.mode.parse::<Mode>() {
                Ok(mode) => chosen.mode = Some(mode),
                Err(_) => form.mode.problem = Some(self.t.unknown_mode.to_owned()),
            }
        }
        if self.fixed.poll_interval.is_none() {
            match self.poll(&entry.poll_ms) {
                Ok(pause) => chosen.poll_interval = Some(pause),
                Err(why) => form.poll.problem = Some(why),
            }
        }
        if self.fixed.batch.is_none() {
            match self.number(&entry.batch, 1, i64::from(MOST_EVENTS_AT_ONCE)) {
                Ok(batch) => chosen.batch = u32::try_from(batch).ok(),
                Err(why) => form.batch.problem = Some(why),
            }
        }
    }

    fn poll(&self, text: &str) -> Result<Ms, String> {
        let pause = self.number(text, SHORTEST_POLL.0, LONGEST_POLL.0)?;
        match self.retention {
            Some(retention) if pause > retention.0 / 3 => Err((self.t.poll_too_long)(
                &self.lang.count(pause),
                &self.lang.span(retention),
                &self.lang.count(retention.0 / 3),
            )),
            _ => Ok(Ms(pause)),
        }
    }

    fn number(&self, text: &str, least: i64, most: i64) -> Result<i64, String> {
        // People copy figures with their separators.
        let digits = text.trim().replace([',', ' ', '\u{a0}'], "");
        digits
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| (self.t.not_a_number)(&self.lang.count(least), &self.lang.count(most)))
    }

    fn address_problem(&self, why: BadAddress) -> &'static str {
        match why {
            BadAddress::Empty => self.t.no_address,
            BadAddress::NotAUrl => self.t.bad_address,
            BadAddress::Scheme => self.t.bad_scheme,
            BadAddress::UserInfo => self.t.bad_user,
            BadAddress::Query => self.t.bad_query,
            BadAddress::Forbidden => self.t.bad_place,
        }
    }
}

fn field<T: Clone>(
    fixed: Option<&Fixed<T>>,
    chosen: Option<T>,
    show: impl Fn(T) -> String,
) -> Field {
    let value = fixed.map(|fixed| fixed.value.clone()).or(chosen);
    Field {
        value: value.map(show).unwrap_or_default(),
        fixed_by: fixed.map(|fixed| fixed.by.clone()),
        problem: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::messages;

    fn check(entry: &Entry, fixed: &FixedCollection) -> (Chosen, Form) {
        let rules = Rules {
            chosen: &Chosen::default(),
            fixed,
            retention: Some(Ms(60_000)),
            t: messages(Lang::En).connection,
            lang: Lang::En,
        };
        rules.all(entry)
    }

    fn entry() -> Entry {
        Entry {
            url: String::from("cpa.lan:8317/"),
            enabled: Some(String::from("1")),
            mode: String::from("resp"),
            poll_ms: String::from("20,000"),
            batch: String::from("500"),
            ..Entry::default()
        }
    }

    #[test]
    fn a_good_form_is_taken() {
        let (chosen, form) = check(&entry(), &FixedCollection::default());
        assert!(!form.has_problems());
        assert_eq!(chosen.url.as_deref(), Some("http://cpa.lan:8317"));
        assert_eq!(chosen.mode, Some(Mode::Resp));
        assert_eq!(chosen.poll_interval, Some(Ms(20_000)));
        assert_eq!(
            (chosen.enabled, chosen.insecure_tls),
            (Some(true), Some(false))
        );
    }

    #[test]
    fn every_wrong_field_is_named_and_keeps_its_value() {
        let wrong = Entry {
            url: String::from("ftp://x"),
            mode: String::from("psychic"),
            poll_ms: String::from("20001"),
            batch: String::from("0"),
            management_key: String::from("secret"),
            ..Entry::default()
        };
        let (_, form) = check(&wrong, &FixedCollection::default());
        assert_eq!(form.url.value, "ftp://x");
        assert!(form.url.problem.is_some());
        assert!(form.mode.problem.is_some());
        assert_eq!(
            form.poll.problem.as_deref(),
            Some(
                "20,001 ms is longer than a third of the gateway’s retention of 60 s, \
                 so records could expire between two polls. Use 20,000 or less."
            )
        );
        assert!(form.batch.problem.is_some());
        assert_eq!(form.key.value, "");
    }

    #[test]
    fn fixed_values_are_shown_and_not_taken() {
        let fixed = FixedCollection {
            url: Some(Fixed {
                value: String::from("http://fixed"),
                by: String::from("CPA_UPSTREAM_URL"),
            }),
            ..FixedCollection::default()
        };
        let (chosen, form) = check(&entry(), &fixed);
        assert_eq!(chosen.url, None);
        assert_eq!(form.url.value, "http://fixed");
        assert_eq!(form.url.fixed_by.as_deref(), Some("CPA_UPSTREAM_URL"));
    }
}
