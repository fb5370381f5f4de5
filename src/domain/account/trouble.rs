//! What the `errors` channel of the gateway says of one credential: that an
//! attempt failed, and in what state this left the credential and the model.
//! Several messages fold into one [`Trouble`]: the newest word on the whole, and
//! the newest word on each model. Pure.

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::redact;
use crate::domain::units::At;

/// Models remembered for one credential; the oldest word goes first.
const MODELS: usize = 40;
const LONGEST_NAME: usize = 200;

/// The newest word on a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trouble {
    /// When the gateway said it, by its clock.
    pub at: At,
    /// When we heard it, by ours.
    pub heard_at: At,
    /// HTTP status of the attempt that failed.
    pub code: i32,
    /// Error text of the attempt, redacted.
    pub said: String,
    pub status: String,
    pub disabled: bool,
    pub unavailable: bool,
    pub retry_at: Option<At>,
    /// Newest first.
    pub models: Vec<ModelTrouble>,
}

/// The newest word on a model with a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelTrouble {
    pub name: String,
    pub at: At,
    pub code: i32,
    pub unavailable: bool,
    pub retry_at: Option<At>,
    /// Its quota is used up.
    pub exhausted: bool,
}

/// One message of the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub auth_index: String,
    /// Has one model at most.
    pub trouble: Trouble,
}

impl Report {
    /// Reads a message; `None` for anything that is none, such as an event of
    /// the other channel.
    #[must_use]
    pub fn read(message: &[u8], heard_at: At) -> Option<Self> {
        let message: Map<String, Value> = serde_json::from_slice(message).ok()?;
        let status = message.get("auth_status")?.as_object()?;
        let auth_index = redact::field(text(&message, "auth_index"), &[], 64);
        if auth_index.is_empty() {
            return None;
        }
        let at = moment(&message, "timestamp").unwrap_or(heard_at);
        let code = code(&message);
        let model = status.get("model").and_then(Value::as_object);
        let named = model.map_or_else(|| text(&message, "model"), |model| text(model, "name"));
        let model = model.map(|model| ModelTrouble {
            name: redact::field(named, &[], LONGEST_NAME),
            at,
            code,
            unavailable: truth(model, "unavailable"),
            retry_at: moment(model, "next_retry_after"),
            exhausted: exhausted(model),
        });
        Some(Self {
            auth_index,
            trouble: Trouble {
                at,
                heard_at,
                code,
                said: redact::text(text(&message, "body"), &[]),
                status: redact::field(text(status, "status"), &[], 40),
                disabled: truth(status, "disabled"),
                unavailable: truth(status, "unavailable"),
                retry_at: moment(status, "next_retry_after"),
                models: model.into_iter().collect(),
            },
        })
    }
}

impl Trouble {
    /// Without the models whose trouble is over before its time: with one a
    /// request that began later succeeded, or the gateway, which keeps all this
    /// in memory, was started anew.
    #[must_use]
    pub fn left(&self, worked: impl Fn(&str) -> Option<At>, started: Option<At>) -> Self {
        let mut left = self.clone();
        left.models.retain(|model| {
            let over = worked(&model.name).max(started);
            over.is_none_or(|over| over <= model.at)
        });
        left
    }

    /// Takes in a later (or belated) word; says whether anything is new.
    pub fn hear(&mut self, word: Self) -> bool {
        let before = self.clone();
        let mut models = std::mem::take(&mut self.models);
        for model in &word.models {
            match models.iter_mut().find(|known| known.name == model.name) {
                Some(known) if known.at <= model.at => *known = model.clone(),
                Some(_) => {}
                None => models.push(model.clone()),
            }
        }
        models.sort_by_key(|model| std::cmp::Reverse(model.at));
        models.truncate(MODELS);
        if word.at >= self.at {
            *self = word;
        }
        self.models = models;
        *self != before
    }
}

/// Whether a message tells of a request, as the other channel does.
#[must_use]
pub fn is_usage(message: &[u8]) -> bool {
    let message: Option<Map<String, Value>> = serde_json::from_slice(message).ok();
    let has = |name| message.as_ref().is_some_and(|it| it.contains_key(name));
    !has("auth_status") && (has("tokens") || has("failed"))
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn truth(object: &Map<String, Value>, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn code(message: &Map<String, Value>) -> i32 {
    let code = message.get("status_code").and_then(Value::as_i64);
    let code = code.filter(|code| (300..=999).contains(code));
    code.and_then(|code| i32::try_from(code).ok())
        .unwrap_or(500)
}

fn moment(object: &Map<String, Value>, name: &str) -> Option<At> {
    let at = DateTime::parse_from_rfc3339(text(object, name).trim()).ok()?;
    // Go writes its zero time as year 1.
    Some(At(at.timestamp_millis())).filter(|at| at.0 > 0)
}

fn exhausted(object: &Map<String, Value>) -> bool {
    let quota = object.get("quota").and_then(Value::as_object);
    quota.is_some_and(|quota| truth(quota, "exceeded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(at: i64, model: &str) -> Trouble {
        Trouble {
            at: At(at),
            models: vec![ModelTrouble {
                name: model.into(),
                at: At(at),
                ..ModelTrouble::default()
            }],
            ..Trouble::default()
        }
    }

    #[test]
    fn each_model_keeps_its_newest_word() {
        let mut trouble = word(10, "a");
        assert!(trouble.hear(word(20, "b")));
        assert!(trouble.hear(word(30, "a")));
        assert!(!trouble.hear(word(5, "a")), "belated news change nothing");
        let models: Vec<_> = trouble.models.iter().map(|m| (&*m.name, m.at.0)).collect();
        assert_eq!(models, [("a", 30), ("b", 20)]);
        assert_eq!(trouble.at, At(30));
    }

    #[test]
    fn a_success_or_another_start_ends_the_trouble_of_a_model() {
        let mut trouble = word(10, "a");
        trouble.hear(word(20, "b"));
        let left = |worked: &[(&str, i64)], started: Option<i64>| {
            let of = |name: &str| worked.iter().find(|(model, _)| *model == name);
            let left = trouble.left(|name| of(name).map(|(_, at)| At(*at)), started.map(At));
            let names: Vec<_> = left.models.into_iter().map(|model| model.name).collect();
            names.join(",")
        };
        assert_eq!(left(&[], None), "b,a");
        assert_eq!(left(&[("a", 11)], None), "b");
        assert_eq!(left(&[("a", 10)], None), "b,a", "it began before");
        assert_eq!(left(&[("c", 99)], None), "b,a");
        assert_eq!(left(&[], Some(15)), "b");
        assert_eq!(left(&[("a", 5)], Some(21)), "");
    }

    #[test]
    fn what_is_no_message_of_the_channel_is_left_alone() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"support_refresh":true}"#,
            r#"{"auth_index":"x","tokens":{},"failed":true}"#,
            r#"{"auth_status":{"status":"error"}}"#,
        ] {
            assert_eq!(Report::read(text.as_bytes(), At(1)), None, "{text}");
        }
    }

    #[test]
    fn only_what_the_other_channel_carries_is_usage() {
        for (text, usage) in [
            (r#"{"auth_index":"x","tokens":{"input":1}}"#, true),
            (r#"{"auth_index":"","failed":false}"#, true),
            (r#"{"auth_index":"","auth_status":{},"failed":true}"#, false),
            (r#"{"auth_index":"","status_code":500}"#, false),
            ("{}", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_usage(text.as_bytes()), usage, "{text}");
        }
    }

    #[test]
    fn odd_types_count_as_absent() {
        let text = r#"{"auth_index":"a","status_code":"429","timestamp":7,
            "auth_status":{"unavailable":"yes","next_retry_after":"0001-01-01T00:00:00Z","model":[]}}"#;
        let report = Report::read(text.as_bytes(), At(9)).unwrap();
        let trouble = report.trouble;
        assert_eq!((trouble.at, trouble.code), (At(9), 500));
        assert_eq!((trouble.unavailable, trouble.retry_at), (false, None));
        assert!(trouble.models.is_empty());
    }
}
