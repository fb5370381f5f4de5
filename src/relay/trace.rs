//! Which requests the audit log is about, and how it writes their paths: parts
//! of a path and values of a query may be keys, so only those are shown that are
//! known to be harmless or look like names.

use actix_web::http::Method;

use super::path::Target;
use crate::domain::mask;
use crate::store::audit::Kind;

/// Parameters whose values name a thing or a number.
const HARMLESS: [&str; 13] = [
    "all",
    "auth_index",
    "channel",
    "count",
    "index",
    "is_webui",
    "limit",
    "location",
    "name",
    "provider",
    "source",
    "version",
    "after",
];
/// Parts of a path that stand before the name of a file, a request or a plugin.
const BEFORE_NAMES: [&str; 4] = [
    "request-error-logs",
    "request-log-by-id",
    "plugins",
    "plugin-store",
];
const LONGEST: usize = 300;

/// `None`: it changes nothing and tells nothing secret.
pub(super) fn kind(method: &Method, target: &Target) -> Option<Kind> {
    let parts: Vec<&str> = target.parts().iter().map(String::as_str).collect();
    if !method.is_safe() {
        // It sends a credential of the gateway's wherever the caller wants.
        return Some(if parts == ["api-call"] {
            Kind::Secret
        } else {
            Kind::Change
        });
    }
    match parts.as_slice() {
        ["auth-files", "download"]
        | ["request-error-logs" | "request-log-by-id", _]
        | ["plugins", _, "config"]
        // The address of the proxy holds its password.
        | [
            "proxy-url" | "config" | "config.yaml" | "api-keys" | "api-key-usage"
            | "openai-compatibility",
        ] => Some(Kind::Secret),
        [list] if list.ends_with("-api-key") => Some(Kind::Secret),
        // Reading begins or ends a log-in.
        [login] if login.ends_with("-auth-url") || login == &"oauth-callback" => Some(Kind::Change),
        _ => None,
    }
}

/// Path and query for people; `…` stands for what may be secret.
pub(super) fn line(target: &Target) -> String {
    let root = target.root().trim_end_matches('/');
    let mut line = root.to_owned();
    let mut before = root.rsplit('/').next().unwrap_or("");
    for part in target.parts() {
        line.push('/');
        line.push_str(known_part(before, part));
        before = part;
    }
    let query = target.query().unwrap_or("");
    for (n, (name, value)) in url::form_urlencoded::parse(query.as_bytes()).enumerate() {
        line.push(if n == 0 { '?' } else { '&' });
        let harmless = HARMLESS.contains(&name.as_ref());
        line.push_str(if harmless {
            name.as_ref()
        } else {
            known_name(&name)
        });
        line.push('=');
        line.push_str(if harmless { &value } else { "…" });
    }
    line.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

/// A part of a path, when it looks like a name of the gateway's or names a file.
fn known_part<'a>(before: &str, part: &'a str) -> &'a str {
    let named =
        BEFORE_NAMES.contains(&before) && (part.starts_with("error-") || !mask::looks_secret(part));
    if named || part == "config.yaml" {
        part
    } else {
        known_name(part)
    }
}

/// A parameter's name, when it looks like one: a key may stand in its place.
fn known_name(name: &str) -> &str {
    let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_');
    if name.len() <= 32 && name.chars().all(plain) && !mask::looks_secret(name) {
        name
    } else {
        "…"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> Target {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = format!("/v0/management/{path}");
        Target::parse("/v0/management/", &path, Some(query)).unwrap()
    }

    #[test]
    fn changes_and_secrets_are_told_from_the_rest() {
        let check = |method, path: &str, expected| {
            assert_eq!(kind(&method, &target(path)), expected, "{method} {path}");
        };
        check(Method::GET, "debug", None);
        check(Method::GET, "auth-files", None);
        check(Method::GET, "get-auth-status?state=x", None);
        check(Method::PUT, "debug", Some(Kind::Change));
        check(Method::DELETE, "auth-files?all=true", Some(Kind::Change));
        check(Method::POST, "api-call", Some(Kind::Secret));
        check(
            Method::GET,
            "auth-files/download?name=x.json",
            Some(Kind::Secret),
        );
        check(Method::GET, "config.yaml", Some(Kind::Secret));
        check(Method::GET, "claude-api-key", Some(Kind::Secret));
        check(Method::GET, "proxy-url", Some(Kind::Secret));
        check(Method::GET, "plugins/p/config", Some(Kind::Secret));
        check(Method::GET, "plugins", None);
        check(
            Method::GET,
            "request-error-logs/error-x.log",
            Some(Kind::Secret),
        );
        check(
            Method::GET,
            "codex-auth-url?is_webui=true",
            Some(Kind::Change),
        );
    }

    #[test]
    fn secrets_of_a_query_are_not_written_down() {
        let check = |path: &str, expected: &str| assert_eq!(line(&target(path)), expected);
        check(
            "auth-files?name=a%40b.json&all=true",
            "/v0/management/auth-files?name=a@b.json&all=true",
        );
        check(
            "gemini-api-key?api-key=sk-secret&base-url=http%3A%2F%2Fx",
            "/v0/management/gemini-api-key?api-key=…&base-url=…",
        );
        check(
            "oauth-callback?state=s&code=c",
            "/v0/management/oauth-callback?state=…&code=…",
        );
        check(
            "api-keys/sk-live-1234567890abcdefghijkl",
            "/v0/management/api-keys/…",
        );
        check("sk-live/debug", "/v0/management/…/debug");
        check(
            "plugins/k1dney/config/",
            "/v0/management/plugins/k1dney/config",
        );
        check(
            "request-error-logs/error-v1-messages-2026-11-23T064912-0a1b2c3d.log",
            "/v0/management/request-error-logs/error-v1-messages-2026-11-23T064912-0a1b2c3d.log",
        );
        check(
            "request-log-by-id/sk-1",
            "/v0/management/request-log-by-id/…",
        );
        check(
            "quota-exceeded/switch-preview-model",
            "/v0/management/quota-exceeded/switch-preview-model",
        );
        check("api-keys?sk-A1=", "/v0/management/api-keys?…=…");
        check("debug?%0d%0aname=x", "/v0/management/debug?…=…");
        check("debug?name=a%0d%0ab", "/v0/management/debug?name=ab");
    }
}
