//! Accounts in English. What a text is for stands with its field in [`Accounts`].

use super::Accounts;
use crate::domain::account::standing::State;

pub static EN: Accounts = Accounts {
    title: "Accounts",
    ready: |ready, whole| format!("{ready} of {whole} can take requests."),
    none_yet: "No accounts are known yet.",
    reported: |ago| format!("As the gateway reported {ago} ago"),
    never_asked: "The gateway has not reported any yet",
    and: |first, second| format!("{first} {second}"),
    refresh: "Refresh",
    search_hint: "identity, note, plan, model",
    figures_for: "Figures for",
    any: "any",
    stale: "The gateway cannot be asked at the moment.",
    because: |why| format!("Reason: {why}."),
    stale_text: |ago| {
        format!(
            "These are the accounts as it reported them {ago} ago. Requests are counted as they come."
        )
    },
    not_asked: "The gateway has not been asked yet.",
    not_asked_text: "Its accounts appear here as soon as it answers. How collecting goes says why it does not.",
    when_it_answers: "Its accounts appear here as soon as it answers.",
    all: "All",
    state_of: |state| match state {
        State::NeedsLogin => "Needs log-in",
        State::Failing => "Failing",
        State::Cooling => "Cooling",
        State::Partly => "Partly cooling",
        State::Unclear => "Unclear",
        State::Active => "Active",
        State::Disabled => "Disabled",
        State::Gone => "Deleted",
    },
    key_rejected: "Key rejected",
    cooling_until: |until| format!("Cooling until {until}"),
    of_provider: |ready, whole| match whole {
        "1" if ready == "1" => String::from("1 account"),
        "1" => String::from("its one account takes no requests"),
        whole if ready == whole => format!("{whole} accounts"),
        whole => format!("{ready} of {whole} accounts take requests"),
    },
    account: "Account",
    state: "State",
    last: "Last 20",
    requests: "Requests",
    failed: "Failed",
    tokens: "Tokens",
    cost: "Cost",
    last_used: "Last used",
    priority: "Priority",
    renewed: "Renewed",
    actions: "Actions",
    actions_for: |name| format!("Actions for {name}"),
    weight: |weight| format!("weight {weight}"),
    until: |when| format!("until {when}"),
    since: |when| format!("since {when}"),
    api_key: "API key",
    at: |what, when| format!("{what} at {when}"),
    recovered: |what| format!("{what}, recovered by itself"),
    login_renewed: |what| format!("{what}, the log-in was renewed since"),
    callers_fault: |what| format!("{what}, the caller’s fault"),
    gone_since: |when| format!("Not listed since {when}"),
    models_until: |model, until| format!("{model} until {until}"),
    more_models: |first, more| {
        if more == 1 {
            format!("{first}, 1 more model")
        } else {
            format!("{first}, {more} more models")
        }
    },
    of_last: |ok, all, failed| {
        if failed == 0 {
            format!("All of the last {all} succeeded")
        } else {
            format!("{ok} of the last {all} succeeded, {failed} failed")
        }
    },
    no_requests: "No requests in the last week",
    its_page: "This account",
    its_requests: "Its requests",
    its_usage: "Its usage",
    disable: "Disable",
    enable: "Enable",
    nothing: "The gateway has no accounts.",
    nothing_text: "Log in to one at the gateway, or add a provider key to its configuration; it appears here within seconds.",
    no_match: "No account matches.",
    show_all: "Show all accounts",
    caption: "Accounts, those that need attention first",
    rows: |first, last, whole| format!("{first} to {last} of {whole}"),
    next: "Next",
    csv_said: "These accounts as CSV",
    back: "First page",
    is_disabled: |name| format!("{name} is disabled."),
    is_enabled: |name| format!("{name} is enabled."),
    was_so: |name| format!("{name} was so already."),
    checked: "Read back from the gateway after the switch.",
    checked_all: |provider| {
        format!("Read back from the gateway after the switch, with every key of {provider}.")
    },
    switches_all: |provider| {
        format!(
            "The switch is that of {provider} with all its keys: single keys of such a provider have none."
        )
    },
    cannot_switch: "The gateway has no switch for this one.",
    undo: "Undo",
    not_switched: |name| format!("{name} was not switched."),
    gateway_said: |said| format!("The gateway said: {said}"),
    unconfirmed: "The gateway agreed but still lists it as before. Refresh in a moment.",
    not_connected: "There is no connection to the gateway, or it rejects the key. Nothing was sent.",
    not_switchable: "The gateway cannot switch this one by name.",
    identity: "Identity",
    provider: "Provider",
    plan: "Plan",
    note: "Note",
    gateway_status: "Gateway’s status",
    gateway_message: "Gateway’s message",
    last_failure: "Last failure",
    last_success: "Last success",
    expires: "Subscription ends",
    first_request: "First request",
    first_seen: "First listed",
    changed: "Last changed",
    indexes: "Known to events as",
    provider_account: "Provider’s account id",
    configured_in: "Configured in",
    switching: "Switching",
    log_in_again: "After a new log-in",
    becomes_another: "it is listed as another account: its file names nobody",
    heard: "Failures are known",
    heard_at_once: "as they happen",
    heard_by_list: "by the next list and by its requests",
    models: "Models",
    models_lede: |ago| format!("What the gateway offers with this account, as it said {ago} ago"),
    models_of_key: "What the gateway’s configuration names for this key",
    not_yet: "The gateway has not been asked yet.",
    no_models: "The gateway did not say.",
    cooling_models: "Cooling down",
    model: "Model",
    usage: "Usage",
    newest: "Last requests",
    all_requests: "All its requests",
    raw: "What the gateway says",
    raw_lede: "Every field of its list that is no secret",
    time: "Time",
    latency: "Latency",
};
