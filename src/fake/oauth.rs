//! OAuth log-ins: where they start, what became of them, and the callback that
//! ends them. The exchange of the code is asked of the invented upstream; an
//! answer with an e-mail makes an auth file.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use super::reply::{Reply, Request};
use super::world::World;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Done,
    Failed(String),
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<String, (&'static str, State)>,
    started: u64,
}

struct Browser {
    route: &'static str,
    provider: &'static str,
    url: &'static str,
    token_url: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    pkce: bool,
}

const BROWSERS: &[Browser] = &[
    Browser {
        route: "codex-auth-url",
        provider: "codex",
        url: "https://auth.openai.com/oauth/authorize",
        token_url: "https://auth.openai.com/oauth/token",
        parameters: &[
            ("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"),
            ("codex_cli_simplified_flow", "true"),
            ("id_token_add_organizations", "true"),
            ("prompt", "login"),
            ("redirect_uri", "http://localhost:1455/auth/callback"),
            ("response_type", "code"),
            ("scope", "openid email profile offline_access"),
        ],
        pkce: true,
    },
    Browser {
        route: "anthropic-auth-url",
        provider: "claude",
        url: "https://claude.ai/oauth/authorize",
        token_url: "https://api.anthropic.com/v1/oauth/token",
        parameters: &[
            ("client_id", "9d1c250a-e61b-44d9-88ed-5944d1962f5e"),
            ("code", "true"),
            ("redirect_uri", "http://localhost:54545/callback"),
            ("response_type", "code"),
            (
                "scope",
                "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
            ),
        ],
        pkce: true,
    },
    Browser {
        route: "antigravity-auth-url",
        provider: "antigravity",
        url: "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: "https://oauth2.googleapis.com/token",
        parameters: &[
            ("access_type", "offline"),
            (
                "client_id",
                "1071006060591-tmhssin2h21lcre235vtolojh4g403ep.apps.googleusercontent.com",
            ),
            ("prompt", "consent"),
            ("redirect_uri", "http://localhost:51121/oauth-callback"),
            ("response_type", "code"),
            (
                "scope",
                "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email \
                 https://www.googleapis.com/auth/userinfo.profile https://www.googleapis.com/auth/cclog \
                 https://www.googleapis.com/auth/experimentsandconfigs",
            ),
        ],
        pkce: false,
    },
];

/// `GET /<provider>-auth-url` for a browser: a URL and the state to ask for.
pub(super) fn start_browser(world: &mut World, request: &Request) -> Reply {
    let Some(browser) = BROWSERS
        .iter()
        .find(|browser| request.management_path() == Some(browser.route))
    else {
        return Reply::not_found();
    };
    let (state, challenge) = world.oauth.open(browser.provider, "");
    let mut parameters = browser.parameters.to_vec();
    parameters.push(("state", &state));
    if browser.pkce {
        parameters.push(("code_challenge", &challenge));
        parameters.push(("code_challenge_method", "S256"));
    }
    parameters.sort_unstable();
    let query = Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let url = format!("{}?{query}", browser.url);
    Reply::value(200, &json!({"status": "ok", "url": url, "state": state}))
}

/// `GET /kimi-auth-url`, `GET /xai-auth-url`: a code to type in elsewhere.
pub(super) fn start_device(world: &mut World, request: &Request) -> Reply {
    let (provider, prefix, url, refusal) = match request.last_part() {
        "kimi-auth-url" => (
            "kimi",
            "kmi-",
            "https://auth.kimi.com/api/oauth/device_authorization",
            "failed to generate authorization url",
        ),
        _ => (
            "xai",
            "xai-",
            "https://auth.x.ai/oauth2/device/code",
            "failed to start device authorization flow",
        ),
    };
    let answer = world
        .upstream
        .ask("POST", url)
        .ok()
        .filter(|answer| answer.status == 200);
    let device = answer.and_then(|answer| serde_json::from_str::<Json>(&answer.body).ok());
    let Some(Json::Object(device)) = device else {
        return Reply::error(500, refusal);
    };
    let (state, _) = world.oauth.open(provider, prefix);
    Reply::value(
        200,
        &json!({
            "status": "ok", "flow": "device", "state": state,
            "url": device.get("verification_uri_complete"), "user_code": device.get("user_code"),
            "expires_in": device.get("expires_in"),
        }),
    )
}

/// `GET /get-auth-status?state=`.
pub(super) fn get_status(world: &mut World, request: &Request) -> Reply {
    let Some(state) = request.query("state").filter(|state| !state.is_empty()) else {
        return Reply::ok();
    };
    if !is_state(state) {
        return failure(400, "invalid state");
    }
    match world.oauth.open.get(state) {
        None => failure(200, "unknown or expired state"),
        Some((_, State::Pending)) => Reply::value(200, &json!({"status": "wait"})),
        Some((_, State::Done)) => Reply::ok(),
        Some((_, State::Failed(what))) => failure(200, what),
    }
}

/// `DELETE /oauth-session?state=`.
pub(super) fn cancel(world: &mut World, request: &Request) -> Reply {
    let state = request.query("state").unwrap_or_default();
    if state.is_empty() {
        return failure(400, "missing state");
    }
    if !is_state(state) {
        return failure(400, "invalid state");
    }
    let cancelled = world.oauth.open.remove(state).is_some();
    Reply::value(200, &json!({"status": "ok", "cancelled": cancelled}))
}

/// `GET|POST /oauth-callback`: what the browser brought back.
pub(super) fn callback(world: &mut World, request: &Request) -> Reply {
    let body = match request.method.as_str() {
        "POST" => match request.json() {
            Some(body @ Json::Object(_)) => body,
            _ => return failure(400, "invalid body"),
        },
        _ => json!({}),
    };
    let direct = |name: &str| {
        let in_body = body.get(name).and_then(Json::as_str).map(str::trim);
        in_body
            .or_else(|| request.query(name))
            .unwrap_or_default()
            .to_owned()
    };
    let redirect = direct("redirect_url");
    let redirect = match (redirect.is_empty(), url::Url::parse(&redirect)) {
        (true, _) => None,
        (false, Ok(url)) => Some(url),
        (false, Err(_)) => return failure(400, "invalid redirect_url"),
    };
    let find = |name: &str| {
        let found = redirect
            .as_ref()
            .and_then(|url| url.query_pairs().find(|(key, _)| key == name))
            .map(|(_, value)| value.into_owned());
        Some(direct(name))
            .filter(|text| !text.is_empty())
            .or(found)
            .unwrap_or_default()
    };
    let (state, code) = (find("state"), find("code"));
    let error = [find("error"), find("error_description")].concat();
    if state.is_empty() {
        return failure(400, "state is required");
    }
    if !is_state(&state) {
        return failure(400, "invalid state");
    }
    if code.is_empty() && error.is_empty() {
        return failure(400, "code or error is required");
    }
    let claimed = direct("provider").to_lowercase();
    let Some(provider) = provider_named(&claimed) else {
        return failure(400, "unsupported provider");
    };
    let known = world.oauth.open.get(&state).cloned();
    match known {
        None => failure(404, "unknown or expired state"),
        Some((of, _)) if !provider.is_empty() && of != provider => {
            failure(400, "provider does not match state")
        }
        Some((_, State::Done)) => failure(409, "oauth flow is already completed"),
        Some((_, State::Failed(what))) => failure(409, &what),
        Some((of, State::Pending)) => {
            let outcome = if error.is_empty() {
                exchange(world, of)
            } else {
                State::Failed(error)
            };
            world.oauth.open.insert(state, (of, outcome));
            Reply::ok()
        }
    }
}

/// The code for tokens.
fn exchange(world: &mut World, provider: &'static str) -> State {
    const WHAT: &str = "Failed to exchange authorization code for tokens";
    let url = BROWSERS
        .iter()
        .find(|browser| browser.provider == provider)
        .map_or("", |browser| browser.token_url);
    let answer = match world.upstream.ask("POST", url) {
        Ok(answer) if answer.status == 200 => answer,
        Ok(answer) => {
            return State::Failed(format!(
                "{WHAT}: token exchange failed with status {}",
                answer.status
            ));
        }
        Err(what) => {
            return State::Failed(format!(
                "{WHAT}: token exchange request failed: Post \"{url}\": {what}"
            ));
        }
    };
    let Ok(Json::Object(mut tokens)) = serde_json::from_str::<Json>(&answer.body) else {
        return State::Failed(format!("{WHAT}: failed to parse token response"));
    };
    let email = tokens
        .get("email")
        .and_then(Json::as_str)
        .unwrap_or("unknown")
        .to_owned();
    tokens.insert("type".to_owned(), json!(provider));
    tokens.insert("disabled".to_owned(), json!(false));
    let (now, text) = (world.now(), super::go_json::text(&Json::Object(tokens)));
    world
        .auth_files
        .put(&format!("{provider}-{email}.json"), &text, now);
    world.auth_files_changed();
    State::Done
}

impl Sessions {
    /// A state and a PKCE challenge nobody had before.
    fn open(&mut self, provider: &'static str, prefix: &str) -> (String, String) {
        self.started += 1;
        let hash = digest(&SHA256, format!("{provider}{}", self.started).as_bytes());
        let hex: String = hash
            .as_ref()
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let state = match prefix {
            "" => hex.chars().take(32).collect(),
            _ => format!("{prefix}{}", 1_795_000_000_000_000_000_u64 + self.started),
        };
        self.open.insert(state.clone(), (provider, State::Pending));
        (state, hex.chars().take(43).collect())
    }
}

/// Empty stays empty; an unknown name is refused.
fn provider_named(name: &str) -> Option<&'static str> {
    Some(match name {
        "" => "",
        "anthropic" | "claude" => "claude",
        "codex" | "openai" => "codex",
        "antigravity" | "anti-gravity" => "antigravity",
        "xai" | "x-ai" | "x.ai" | "grok" => "xai",
        _ => return None,
    })
}

fn is_state(state: &str) -> bool {
    state.len() <= 128
        && !state.contains("..")
        && state
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn failure(status: u16, what: &str) -> Reply {
    Reply::value(status, &json!({"status": "error", "error": what}))
}
