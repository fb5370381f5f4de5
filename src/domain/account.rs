//! A credential of the gateway, as the gateway lists it: an account that was
//! logged in to (an auth file) or the key of a provider. Identity is the
//! gateway's `auth_index` together with the provider's own account id or a keyed
//! hash of who logged in, never a name that people give. Holds no secret: keys
//! are masks, tokens are not read.

pub mod diff;
pub mod standing;
pub mod tenure;
pub mod trouble;

use serde::{Deserialize, Serialize};

use super::units::At;
use tenure::Tenure;
use trouble::Trouble;

/// What the gateway keeps of a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An auth file: somebody logged in.
    #[default]
    File,
    /// A key in the gateway's configuration.
    Key,
}

/// One credential as the last answer of the gateway describes it. Empty text
/// and `None` mean that it did not say: old versions say less.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listed {
    pub auth_index: String,
    pub kind: Kind,
    /// `codex`, `claude`, `openrouter` …
    pub provider: String,
    /// By which the management API names it: a file name. Empty for keys.
    pub name: String,
    /// The list in the gateway's configuration that has the key; empty for files.
    pub list: String,
    /// What people read: an e-mail address, a project, the mask of a key.
    pub title: String,
    /// The id that the provider gave the account.
    pub provider_account: String,
    /// Who logged in: a keyed hash of an address. Empty where nobody says, and
    /// for keys.
    pub person: String,
    /// Length and time of the file, by which a renamed one is known again where
    /// it names nobody.
    pub stamp: String,
    pub plan: String,
    pub note: String,
    /// `active`, `error`, `disabled` …, in the gateway's words.
    pub status: String,
    /// Redacted.
    pub message: String,
    pub disabled: bool,
    /// Cooling down as a whole.
    pub unavailable: bool,
    /// When it stops cooling down.
    pub retry_at: Option<At>,
    pub priority: Option<i64>,
    pub weight: Option<i64>,
    /// Its token was last renewed.
    pub refreshed_at: Option<At>,
    /// Its subscription ends.
    pub expires_at: Option<At>,
    /// Everything else the gateway said that is no secret and no counter, as
    /// dotted name and value.
    pub fields: Vec<(String, String)>,
}

/// A credential that is or was listed, over renames and new log-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Ours, for addresses.
    pub id: i64,
    /// Every `auth_index` under which it has been met; the present one first.
    pub indexes: Vec<String>,
    /// For each index that others have or had as well, when it was its own.
    pub tenures: Vec<Tenure>,
    pub listed: Listed,
    /// What the gateway said last of failures, as soon as they happened.
    pub trouble: Option<Trouble>,
    pub first_seen: At,
    /// When what is listed last changed.
    pub changed_at: At,
    /// Since when it is listed as enabled or not, cooling down or not, and with
    /// its status; `None` where it was so when it was met.
    pub turned_at: Option<At>,
    /// No longer listed since.
    pub gone_at: Option<At>,
}

impl Listed {
    /// Whether the gateway says the same of how it is.
    #[must_use]
    pub fn stands_as(&self, other: &Self) -> bool {
        let standing = |of: &Self| (of.disabled, of.unavailable);
        standing(self) == standing(other) && self.status == other.status
    }
}

impl Known {
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone_at.is_some()
    }

    /// The models a key is limited to, by the names that clients use; empty where
    /// its list does not say.
    #[must_use]
    pub fn configured_models(&self) -> Vec<String> {
        if self.listed.kind == Kind::File {
            return Vec::new();
        }
        let mut models: Vec<(&str, &str)> = Vec::new();
        for (name, value) in &self.listed.fields {
            let of_model = name.strip_prefix("models.");
            match of_model.and_then(|rest| rest.split_once('.')) {
                Some((place, "name")) if models.iter().all(|(other, _)| *other != place) => {
                    models.push((place, value.as_str()));
                }
                Some((place, "alias")) => {
                    models.retain(|(other, _)| *other != place);
                    models.push((place, value.as_str()));
                }
                _ => {}
            }
        }
        models
            .into_iter()
            .map(|(_, name)| name.to_owned())
            .collect()
    }

    /// Whether it is an auth file that the gateway has now.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.listed.kind == Kind::File && !self.listed.name.is_empty() && !self.is_gone()
    }

    /// Whether the gateway can be told to switch it on or off.
    #[must_use]
    pub fn can_be_switched(&self) -> bool {
        self.is_file() || (!self.listed.list.is_empty() && !self.is_gone())
    }

    /// Whether the switch is that of a provider, with all its keys.
    #[must_use]
    pub fn shares_its_switch(&self) -> bool {
        self.listed.list == "openai-compatibility"
    }
}
