//! The management API as a table: which method and path since which release,
//! and who answers.

use super::config::provider_keys::routes as upstream_keys;
use super::config::{client_keys, documents, oauth_maps, scalars};
use super::reply::{Reply, Request};
use super::version::Version;
use super::world::World;
use super::{auth_files, counters, logs, models, oauth, plugins, upstream, usage_queue, vertex};
use auth_files::{changes, transfer};

pub(super) type Handler = fn(&mut World, &Request) -> Reply;

pub(super) struct Route {
    methods: &'static [&'static str],
    /// Below the management root; `:x` stands for one part.
    path: &'static str,
    since: Version,
    pub(super) handler: Handler,
    /// From this release on it asks for no key.
    open_since: Option<Version>,
}

const POST: &[&str] = &["POST"];
const GET: &[&str] = &["GET"];
const PUT: &[&str] = &["PUT"];
const PATCH: &[&str] = &["PATCH"];
const DELETE: &[&str] = &["DELETE"];
const PUT_PATCH: &[&str] = &["PUT", "PATCH"];

const fn route(
    methods: &'static [&'static str],
    path: &'static str,
    since: (u16, u16, u16),
    handler: Handler,
) -> Route {
    Route {
        methods,
        path,
        since: Version(since.0, since.1, since.2),
        handler,
        open_since: None,
    }
}

/// Older than anything we play.
const EVER: (u16, u16, u16) = (0, 0, 0);

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    // Documents, queue, counters
    route(GET,       "config",                               EVER,         documents::get_json),
    route(GET,       "config.yaml",                          EVER,         documents::get_yaml),
    route(PUT,       "config.yaml",                          EVER,         documents::put_yaml),
    route(GET,       "usage-queue",                          (6, 10, 8),   usage_queue::get),
    route(GET,       "api-key-usage",                        (6, 9, 49),   counters::get_api_key_usage),
    // Scalars
    route(GET,       "debug",                                EVER,         scalars::get),
    route(PUT_PATCH, "debug",                                EVER,         scalars::put),
    route(GET,       "logging-to-file",                      EVER,         scalars::get),
    route(PUT_PATCH, "logging-to-file",                      EVER,         scalars::put),
    route(GET,       "logs-max-total-size-mb",               (6, 6, 82),   scalars::get),
    route(PUT_PATCH, "logs-max-total-size-mb",               (6, 6, 82),   scalars::put),
    route(GET,       "error-logs-max-files",                 (6, 7, 40),   scalars::get),
    route(PUT_PATCH, "error-logs-max-files",                 (6, 7, 40),   scalars::put),
    route(GET,       "usage-statistics-enabled",             EVER,         scalars::get),
    route(PUT_PATCH, "usage-statistics-enabled",             EVER,         scalars::put),
    route(GET,       "proxy-url",                            EVER,         scalars::get),
    route(PUT_PATCH, "proxy-url",                            EVER,         scalars::put),
    route(GET,       "request-log",                          EVER,         scalars::get),
    route(PUT_PATCH, "request-log",                          EVER,         scalars::put),
    route(GET,       "ws-auth",                              EVER,         scalars::get),
    route(PUT_PATCH, "ws-auth",                              EVER,         scalars::put),
    route(GET,       "request-retry",                        EVER,         scalars::get),
    route(PUT_PATCH, "request-retry",                        EVER,         scalars::put),
    route(GET,       "max-retry-credentials",                (7, 2, 140),  scalars::get),
    route(PUT_PATCH, "max-retry-credentials",                (7, 2, 140),  scalars::put),
    route(GET,       "max-retry-interval",                   (6, 5, 13),   scalars::get),
    route(PUT_PATCH, "max-retry-interval",                   (6, 5, 13),   scalars::put),
    route(GET,       "force-model-prefix",                   (6, 6, 82),   scalars::get),
    route(PUT_PATCH, "force-model-prefix",                   (6, 6, 82),   scalars::put),
    route(GET,       "quota-exceeded/switch-project",        EVER,         scalars::get),
    route(PUT_PATCH, "quota-exceeded/switch-project",        EVER,         scalars::put),
    route(GET,       "quota-exceeded/switch-preview-model",  EVER,         scalars::get),
    route(PUT_PATCH, "quota-exceeded/switch-preview-model",  EVER,         scalars::put),
    route(GET,       "routing/strategy",                     (6, 6, 82),   scalars::get),
    route(PUT_PATCH, "routing/strategy",                     (6, 6, 82),   scalars::put),
    route(DELETE,    "proxy-url",                            EVER,         scalars::delete_proxy_url),
    // Client keys
    route(GET,       "api-keys",                             EVER,         client_keys::get),
    route(PUT,       "api-keys",                             EVER,         client_keys::put),
    route(PATCH,     "api-keys",                             EVER,         client_keys::patch),
    route(DELETE,    "api-keys",                             EVER,         client_keys::delete),
    // Upstream keys
    route(GET,       "gemini-api-key",                       EVER,         upstream_keys::get),
    route(PUT,       "gemini-api-key",                       EVER,         upstream_keys::put),
    route(PATCH,     "gemini-api-key",                       EVER,         upstream_keys::patch),
    route(DELETE,    "gemini-api-key",                       EVER,         upstream_keys::delete),
    route(GET,       "interactions-api-key",                 (7, 2, 51),   upstream_keys::get),
    route(PUT,       "interactions-api-key",                 (7, 2, 51),   upstream_keys::put),
    route(PATCH,     "interactions-api-key",                 (7, 2, 51),   upstream_keys::patch),
    route(DELETE,    "interactions-api-key",                 (7, 2, 51),   upstream_keys::delete),
    route(GET,       "claude-api-key",                       EVER,         upstream_keys::get),
    route(PUT,       "claude-api-key",                       EVER,         upstream_keys::put),
    route(PATCH,     "claude-api-key",                       EVER,         upstream_keys::patch),
    route(DELETE,    "claude-api-key",                       EVER,         upstream_keys::delete),
    route(GET,       "codex-api-key",                        EVER,         upstream_keys::get),
    route(PUT,       "codex-api-key",                        EVER,         upstream_keys::put),
    route(PATCH,     "codex-api-key",                        EVER,         upstream_keys::patch),
    route(DELETE,    "codex-api-key",                        EVER,         upstream_keys::delete),
    route(GET,       "xai-api-key",                          (7, 2, 73),   upstream_keys::get),
    route(PUT,       "xai-api-key",                          (7, 2, 73),   upstream_keys::put),
    route(PATCH,     "xai-api-key",                          (7, 2, 73),   upstream_keys::patch),
    route(DELETE,    "xai-api-key",                          (7, 2, 73),   upstream_keys::delete),
    route(GET,       "vertex-api-key",                       (6, 6, 82),   upstream_keys::get),
    route(PUT,       "vertex-api-key",                       (6, 6, 82),   upstream_keys::put),
    route(PATCH,     "vertex-api-key",                       (6, 6, 82),   upstream_keys::patch),
    route(DELETE,    "vertex-api-key",                       (6, 6, 82),   upstream_keys::delete),
    route(GET,       "openai-compatibility",                 EVER,         upstream_keys::get),
    route(PUT,       "openai-compatibility",                 EVER,         upstream_keys::put),
    route(PATCH,     "openai-compatibility",                 EVER,         upstream_keys::patch),
    route(DELETE,    "openai-compatibility",                 EVER,         upstream_keys::delete),
    // OAuth-wide maps
    route(GET,       "oauth-excluded-models",                (6, 5, 28),   oauth_maps::get),
    route(PUT,       "oauth-excluded-models",                (6, 5, 28),   oauth_maps::put),
    route(PATCH,     "oauth-excluded-models",                (6, 5, 28),   oauth_maps::patch),
    route(DELETE,    "oauth-excluded-models",                (6, 5, 28),   oauth_maps::delete),
    route(GET,       "oauth-model-alias",                    (6, 7, 0),    oauth_maps::get),
    route(PUT,       "oauth-model-alias",                    (6, 7, 0),    oauth_maps::put),
    route(PATCH,     "oauth-model-alias",                    (6, 7, 0),    oauth_maps::patch),
    route(DELETE,    "oauth-model-alias",                    (6, 7, 0),    oauth_maps::delete),
    route(GET,       "oauth-request-scoped-errors",          (7, 2, 138),  oauth_maps::get),
    route(PUT,       "oauth-request-scoped-errors",          (7, 2, 138),  oauth_maps::put),
    route(PATCH,     "oauth-request-scoped-errors",          (7, 2, 138),  oauth_maps::patch),
    route(DELETE,    "oauth-request-scoped-errors",          (7, 2, 138),  oauth_maps::delete),
    // Auth files
    route(GET,       "auth-files",                           EVER,         auth_files::list),
    route(POST,      "auth-files",                           EVER,         transfer::upload),
    route(DELETE,    "auth-files",                           EVER,         transfer::delete),
    route(GET,       "auth-files/download",                  EVER,         transfer::download),
    route(PATCH,     "auth-files/status",                    (6, 7, 18),   changes::patch_status),
    route(PATCH,     "auth-files/fields",                    (6, 8, 20),   changes::patch_fields),
    route(POST,      "vertex/import",                        (6, 3, 31),   vertex::import),
    // Models
    route(GET,       "auth-files/models",                    (6, 6, 11),   models::get_of_auth_file),
    route(GET,       "model-definitions/:channel",           (6, 7, 26),   models::get_definitions),
    // OAuth log-in
    route(GET,       "codex-auth-url",                       EVER,         oauth::start_browser),
    route(GET,       "anthropic-auth-url",                   EVER,         oauth::start_browser),
    route(GET,       "antigravity-auth-url",                 (6, 5, 4),    oauth::start_browser),
    route(GET,       "kimi-auth-url",                        (6, 8, 0),    oauth::start_device),
    route(GET,       "xai-auth-url",                         (7, 1, 0),    oauth::start_device),
    route(GET,       "get-auth-status",                      EVER,         oauth::get_status),
    route(DELETE,    "oauth-session",                        (7, 2, 64),   oauth::cancel),
    route(POST,      "oauth-callback",                       (6, 6, 30),   oauth::callback).open_since(7, 2, 23),
    route(GET,       "oauth-callback",                       (7, 2, 23),   oauth::callback).open_since(7, 2, 23),
    // The world behind the gateway
    route(POST,      "api-call",                             (6, 6, 63),   upstream::post_api_call),
    route(GET,       "latest-version",                       (6, 5, 42),   upstream::get_latest_version),
    route(POST,      "reset-quota",                          (7, 2, 22),   models::reset_quota),
    // Logs
    route(GET,       "logs",                                 EVER,         logs::get),
    route(DELETE,    "logs",                                 EVER,         logs::delete),
    route(GET,       "request-error-logs",                   (6, 5, 12),   logs::list_error_logs),
    route(GET,       "request-error-logs/:name",             (6, 5, 12),   logs::get_error_log),
    route(GET,       "request-log-by-id/:id",                (6, 6, 51),   logs::get_by_id),
    // Plugins
    route(GET,       "plugins",                              (7, 1, 47),   plugins::list),
    route(DELETE,    "plugins/:id",                          (7, 1, 75),   plugins::delete),
    route(GET,       "plugins/:id/config",                   (7, 1, 72),   plugins::get_config),
    route(PUT,       "plugins/:id/config",                   (7, 1, 47),   plugins::put_config),
    route(PATCH,     "plugins/:id/config",                   (7, 1, 47),   plugins::patch_config),
    route(PATCH,     "plugins/:id/enabled",                  (7, 1, 47),   plugins::patch_enabled),
    route(GET,       "plugin-store",                         (7, 1, 69),   plugins::store),
];

/// The route of this release for a decoded path below the management root.
pub(super) fn find(version: Version, method: &str, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| {
        version >= route.since && route.methods.contains(&method) && route.matches(path)
    })
}

impl Route {
    const fn open_since(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.open_since = Some(Version(major, minor, patch));
        self
    }

    pub(super) fn is_open(&self, version: Version) -> bool {
        self.open_since.is_some_and(|since| version >= since)
    }

    fn matches(&self, path: &str) -> bool {
        let (mut pattern, mut parts) = (self.path.split('/'), path.split('/'));
        loop {
            match (pattern.next(), parts.next()) {
                (None, None) => return true,
                (Some(pattern), Some(part)) => {
                    if pattern != part && (!pattern.starts_with(':') || part.is_empty()) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }
}
