//! The gateway that has the accounts and keys of the cast: its configuration
//! and its auth files. The tokens in them are no tokens.

use std::fmt::Write as _;

use super::clients::CLIENTS;
use super::cues;
use super::{AUTH_DIR, Family, KEYS, OAUTH};
use crate::domain::units::{At, Ms};

/// `config.yaml` of a gateway with these accounts and keys.
pub(in crate::fake::traffic) fn config_yaml(management_key: &str) -> String {
    let mut yaml = format!(
        "# The gateway of the demo: everything here is invented\nhost: \"127.0.0.1\"\n\
         auth-dir: \"{AUTH_DIR}\"\nremote-management:\n  secret-key: \"{management_key}\"\n\
         usage-statistics-enabled: true\nredis-usage-queue-retention-seconds: 3600\n\
         request-retry: 3\napi-keys:\n"
    );
    let mut client_keys: Vec<&str> = CLIENTS.iter().map(|(client, _)| client.key).collect();
    client_keys.dedup();
    for key in client_keys {
        let _infallible = writeln!(yaml, "  - \"{key}\"");
    }
    for list in ["codex-api-key", "claude-api-key", "gemini-api-key"] {
        let _infallible = writeln!(yaml, "{list}:");
        for key in KEYS.iter().filter(|key| key.list == list) {
            let _infallible = writeln!(
                yaml,
                "  - api-key: \"{}\"\n    base-url: \"{}\"",
                key.secret, key.base_url
            );
        }
    }
    for key in KEYS.iter().filter(|key| key.family == Family::Router) {
        let _infallible = writeln!(
            yaml,
            "openai-compatibility:\n  - name: \"openrouter\"\n    base-url: \"{}\"\n    \
             api-key-entries:\n      - api-key: \"{}\"\n    models:\n      \
             - name: \"deepseek/deepseek-v3.2\"\n        alias: \"deepseek\"\n      \
             - name: \"qwen/qwen3-coder:free\"\n        alias: \"qwen3-coder\"",
            key.base_url, key.secret
        );
    }
    yaml
}

/// Their auth files as they are `now`: name and content. The tokens are no
/// tokens.
pub(in crate::fake::traffic) fn auth_files(now: At) -> Vec<(String, String)> {
    OAUTH
        .iter()
        .zip(1_i64..)
        .map(|(account, n)| {
            let (kind, email) = (account.kind, account.email);
            let (settings, disabled) = (account.settings, account.disabled);
            let email = if email.is_empty() {
                String::new()
            } else {
                format!(",\"email\":\"{email}\"")
            };
            let extra = if account.family == Family::Codex {
                let paid_until = (now + Ms((4 + n * 6) * Ms::DAY.0)).rfc3339();
                let token = id_token(account.extra, &paid_until);
                format!(",\"id_token\":\"{token}\"")
            } else {
                account.extra.to_owned()
            };
            let text = format!(
                "{{\"access_token\":\"demo\",\"disabled\":{disabled}{email},\
                 \"expired\":\"2099-01-01T00:00:00Z\"{extra}{settings},\
                 \"refresh_token\":\"demo\",\"type\":\"{kind}\"}}"
            );
            (account.file.to_owned(), text)
        })
        .collect()
}

/// Files of the accounts whose tokens were renewed, and how long ago. The API
/// of the coding plan has a token that needs no renewal.
pub(in crate::fake::traffic) fn renewals() -> impl Iterator<Item = (&'static str, Ms)> {
    let renewed = OAUTH.iter().filter(|account| {
        !account.disabled && account.file != cues::REVOKED && account.family != Family::Kimi
    });
    renewed.zip(1_i64..).map(|(account, n)| {
        let ago = Ms(n * 23 * Ms::MINUTE.0 % (6 * Ms::HOUR.0));
        (account.file, ago)
    })
}

/// An unsigned token that names the plan.
fn id_token(plan: &str, paid_until: &str) -> String {
    let claims = format!(
        "{{\"https://api.openai.com/auth\":{{\"chatgpt_account_id\":\"acct-demo-{plan}\",\
         \"chatgpt_plan_type\":\"{plan}\",\"chatgpt_subscription_active_until\":\"{paid_until}\"}}}}"
    );
    format!("e30.{}.sig", base64url(claims.as_bytes()))
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for sextet in 0..=chunk.len() {
            let value = usize::try_from((bits >> (18 - 6 * sextet)) & 63).unwrap_or(0);
            text.extend(ALPHABET.get(value).map(|letter| char::from(*letter)));
        }
    }
    text
}
