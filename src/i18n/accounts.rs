//! Accounts: the list, one account, switching it on and off.

mod en;
mod zh_cn;

pub use en::EN;
pub use zh_cn::ZH_CN;

use crate::domain::account::standing::State;

#[derive(Debug)]
pub struct Accounts {
    pub title: &'static str,
    /// How many can take requests.
    pub ready: fn(ready: &str, whole: &str) -> String,
    pub none_yet: &'static str,
    /// How old the list is.
    pub reported: fn(ago: &str) -> String,
    pub never_asked: &'static str,
    /// Joins two sentences.
    pub and: fn(first: &str, second: &str) -> String,
    pub refresh: &'static str,
    pub search_hint: &'static str,
    pub figures_for: &'static str,
    pub any: &'static str,

    /// The gateway cannot be asked: what is shown is old.
    pub stale: &'static str,
    /// A sentence of a few words that are none.
    pub because: fn(why: &str) -> String,
    pub stale_text: fn(ago: &str) -> String,
    pub not_asked: &'static str,
    pub not_asked_text: &'static str,
    pub when_it_answers: &'static str,

    pub all: &'static str,
    pub state_of: fn(State) -> &'static str,
    /// A key of a provider cannot log in again.
    pub key_rejected: &'static str,
    pub cooling_until: fn(&str) -> String,
    /// Beside the name of a provider.
    pub of_provider: fn(ready: &str, whole: &str) -> String,

    pub account: &'static str,
    pub state: &'static str,
    pub last: &'static str,
    pub requests: &'static str,
    pub failed: &'static str,
    pub tokens: &'static str,
    pub cost: &'static str,
    pub last_used: &'static str,
    pub priority: &'static str,
    pub renewed: &'static str,
    pub actions: &'static str,
    pub actions_for: fn(&str) -> String,
    pub weight: fn(&str) -> String,
    pub until: fn(&str) -> String,
    pub since: fn(&str) -> String,
    pub api_key: &'static str,

    /// Evidence.
    pub at: fn(what: &str, when: &str) -> String,
    pub recovered: fn(&str) -> String,
    pub login_renewed: fn(&str) -> String,
    pub callers_fault: fn(&str) -> String,
    pub gone_since: fn(&str) -> String,
    pub models_until: fn(model: &str, until: &str) -> String,
    pub more_models: fn(first: &str, more: usize) -> String,
    pub of_last: fn(ok: usize, all: usize, failed: usize) -> String,
    pub no_requests: &'static str,

    /// The page of the account that a request used.
    pub its_page: &'static str,
    pub its_requests: &'static str,
    pub its_usage: &'static str,
    pub disable: &'static str,
    pub enable: &'static str,

    pub nothing: &'static str,
    pub nothing_text: &'static str,
    pub no_match: &'static str,
    pub show_all: &'static str,
    pub caption: &'static str,
    pub rows: fn(first: &str, last: &str, whole: &str) -> String,
    pub next: &'static str,
    /// The file of the list, for those who hear it.
    pub csv_said: &'static str,
    pub back: &'static str,

    /// After switching.
    pub is_disabled: fn(&str) -> String,
    pub is_enabled: fn(&str) -> String,
    pub was_so: fn(&str) -> String,
    pub checked: &'static str,
    /// The switch is that of a provider.
    pub checked_all: fn(provider: &str) -> String,
    /// Said beside the button that does it.
    pub switches_all: fn(provider: &str) -> String,
    pub cannot_switch: &'static str,
    pub undo: &'static str,
    pub not_switched: fn(&str) -> String,
    pub gateway_said: fn(&str) -> String,
    pub unconfirmed: &'static str,
    pub not_connected: &'static str,
    pub not_switchable: &'static str,

    /// One account.
    pub identity: &'static str,
    pub provider: &'static str,
    pub plan: &'static str,
    pub note: &'static str,
    pub gateway_status: &'static str,
    pub gateway_message: &'static str,
    pub last_failure: &'static str,
    pub last_success: &'static str,
    pub expires: &'static str,
    pub first_request: &'static str,
    pub first_seen: &'static str,
    pub changed: &'static str,
    pub indexes: &'static str,
    pub provider_account: &'static str,
    pub configured_in: &'static str,
    pub switching: &'static str,
    /// A new log-in of an account that cannot be known again.
    pub log_in_again: &'static str,
    pub becomes_another: &'static str,
    pub heard: &'static str,
    pub heard_at_once: &'static str,
    pub heard_by_list: &'static str,
    pub models: &'static str,
    /// How old the answer is.
    pub models_lede: fn(ago: &str) -> String,
    pub models_of_key: &'static str,
    pub not_yet: &'static str,
    pub no_models: &'static str,
    pub cooling_models: &'static str,
    pub model: &'static str,
    pub usage: &'static str,
    pub newest: &'static str,
    pub all_requests: &'static str,
    pub raw: &'static str,
    pub raw_lede: &'static str,
    pub time: &'static str,
    pub latency: &'static str,
}
