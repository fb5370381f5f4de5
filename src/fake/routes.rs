//! The management API as a table: which method and path since which release,
//! and who answers.

use super::config::{client_keys, documents, oauth_maps, provider_keys, scalars};
use super::reply::{Reply, Request};
use super::version::Version;
use super::world::World;
use super::{auth_files, counters, models, usage_queue};

pub(super) type Handler = fn(&mut World, &Request) -> Reply;

pub(super) struct Route {
    methods: &'static [&'static str],
    /// Below the management root; `:x` stands for one part.
    path: &'static str,
    since: Version,
    pub(super) handler: Handler,
}

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
    }
}

/// Older than anything we play.
const EVER: (u16, u16, u16) = (0, 0, 0);

const ROUTES: &[Route] = &[
    route(GET, "config", EVER, documents::get_json),
    route(GET, "config.yaml", EVER, documents::get_yaml),
    route(PUT, "config.yaml", EVER, documents::put_yaml),
    route(GET, "usage-queue", (6, 10, 8), usage_queue::get),
    route(
        GET,
        "api-key-usage",
        (6, 9, 49),
        counters::get_api_key_usage,
    ),
    // Scalars
    route(GET, "debug", EVER, scalars::get),
    route(PUT_PATCH, "debug", EVER, scalars::put),
    route(GET, "logging-to-file", EVER, scalars::get),
    route(PUT_PATCH, "logging-to-file", EVER, scalars::put),
    route(GET, "logs-max-total-size-mb", (6, 6, 82), scalars::get),
    route(
        PUT_PATCH,
        "logs-max-total-size-mb",
        (6, 6, 82),
        scalars::put,
    ),
    route(GET, "error-logs-max-files", (6, 7, 40), scalars::get),
    route(PUT_PATCH, "error-logs-max-files", (6, 7, 40), scalars::put),
    route(GET, "usage-statistics-enabled", EVER, scalars::get),
    route(PUT_PATCH, "usage-statistics-enabled", EVER, scalars::put),
    route(GET, "proxy-url", EVER, scalars::get),
    route(PUT_PATCH, "proxy-url", EVER, scalars::put),
    route(DELETE, "proxy-url", EVER, scalars::delete_proxy_url),
    route(GET, "request-log", EVER, scalars::get),
    route(PUT_PATCH, "request-log", EVER, scalars::put),
    route(GET, "ws-auth", EVER, scalars::get),
    route(PUT_PATCH, "ws-auth", EVER, scalars::put),
    route(GET, "request-retry", EVER, scalars::get),
    route(PUT_PATCH, "request-retry", EVER, scalars::put),
    route(GET, "max-retry-credentials", (7, 2, 140), scalars::get),
    route(
        PUT_PATCH,
        "max-retry-credentials",
        (7, 2, 140),
        scalars::put,
    ),
    route(GET, "max-retry-interval", (6, 5, 13), scalars::get),
    route(PUT_PATCH, "max-retry-interval", (6, 5, 13), scalars::put),
    route(GET, "force-model-prefix", (6, 6, 82), scalars::get),
    route(PUT_PATCH, "force-model-prefix", (6, 6, 82), scalars::put),
    route(GET, "quota-exceeded/switch-project", EVER, scalars::get),
    route(
        PUT_PATCH,
        "quota-exceeded/switch-project",
        EVER,
        scalars::put,
    ),
    route(
        GET,
        "quota-exceeded/switch-preview-model",
        EVER,
        scalars::get,
    ),
    route(
        PUT_PATCH,
        "quota-exceeded/switch-preview-model",
        EVER,
        scalars::put,
    ),
    route(GET, "routing/strategy", (6, 6, 82), scalars::get),
    route(PUT_PATCH, "routing/strategy", (6, 6, 82), scalars::put),
    // Client keys
    route(GET, "api-keys", EVER, client_keys::get),
    route(PUT, "api-keys", EVER, client_keys::put),
    route(PATCH, "api-keys", EVER, client_keys::patch),
    route(DELETE, "api-keys", EVER, client_keys::delete),
    // Upstream keys
    route(GET, "gemini-api-key", (6, 3, 2), provider_keys::get),
    route(PUT, "gemini-api-key", (6, 3, 2), provider_keys::put),
    route(PATCH, "gemini-api-key", (6, 3, 2), provider_keys::patch),
    route(DELETE, "gemini-api-key", (6, 3, 2), provider_keys::delete),
    route(GET, "interactions-api-key", (7, 2, 51), provider_keys::get),
    route(PUT, "interactions-api-key", (7, 2, 51), provider_keys::put),
    route(
        PATCH,
        "interactions-api-key",
        (7, 2, 51),
        provider_keys::patch,
    ),
    route(
        DELETE,
        "interactions-api-key",
        (7, 2, 51),
        provider_keys::delete,
    ),
    route(GET, "claude-api-key", EVER, provider_keys::get),
    route(PUT, "claude-api-key", EVER, provider_keys::put),
    route(PATCH, "claude-api-key", EVER, provider_keys::patch),
    route(DELETE, "claude-api-key", EVER, provider_keys::delete),
    route(GET, "codex-api-key", EVER, provider_keys::get),
    route(PUT, "codex-api-key", EVER, provider_keys::put),
    route(PATCH, "codex-api-key", EVER, provider_keys::patch),
    route(DELETE, "codex-api-key", EVER, provider_keys::delete),
    route(GET, "xai-api-key", (7, 2, 73), provider_keys::get),
    route(PUT, "xai-api-key", (7, 2, 73), provider_keys::put),
    route(PATCH, "xai-api-key", (7, 2, 73), provider_keys::patch),
    route(DELETE, "xai-api-key", (7, 2, 73), provider_keys::delete),
    route(GET, "vertex-api-key", (6, 6, 82), provider_keys::get),
    route(PUT, "vertex-api-key", (6, 6, 82), provider_keys::put),
    route(PATCH, "vertex-api-key", (6, 6, 82), provider_keys::patch),
    route(DELETE, "vertex-api-key", (6, 6, 82), provider_keys::delete),
    route(GET, "openai-compatibility", EVER, provider_keys::get),
    route(PUT, "openai-compatibility", EVER, provider_keys::put),
    route(PATCH, "openai-compatibility", EVER, provider_keys::patch),
    route(DELETE, "openai-compatibility", EVER, provider_keys::delete),
    // OAuth-wide maps
    route(GET, "oauth-excluded-models", (6, 5, 28), oauth_maps::get),
    route(PUT, "oauth-excluded-models", (6, 5, 28), oauth_maps::put),
    route(
        PATCH,
        "oauth-excluded-models",
        (6, 5, 28),
        oauth_maps::patch,
    ),
    route(
        DELETE,
        "oauth-excluded-models",
        (6, 5, 28),
        oauth_maps::delete,
    ),
    route(GET, "oauth-model-alias", (6, 7, 0), oauth_maps::get),
    route(PUT, "oauth-model-alias", (6, 7, 0), oauth_maps::put),
    route(PATCH, "oauth-model-alias", (6, 7, 0), oauth_maps::patch),
    route(DELETE, "oauth-model-alias", (6, 7, 0), oauth_maps::delete),
    route(
        GET,
        "oauth-request-scoped-errors",
        (7, 2, 138),
        oauth_maps::get,
    ),
    route(
        PUT,
        "oauth-request-scoped-errors",
        (7, 2, 138),
        oauth_maps::put,
    ),
    route(
        PATCH,
        "oauth-request-scoped-errors",
        (7, 2, 138),
        oauth_maps::patch,
    ),
    route(
        DELETE,
        "oauth-request-scoped-errors",
        (7, 2, 138),
        oauth_maps::delete,
    ),
    // Auth files
    route(GET, "auth-files", EVER, auth_files::list),
    route(
        GET,
        "auth-files/models",
        (6, 6, 11),
        models::get_of_auth_file,
    ),
    route(
        GET,
        "model-definitions/:channel",
        (6, 7, 26),
        models::get_definitions,
    ),
];

/// The route of this release for a decoded path below the management root.
pub(super) fn find(version: Version, method: &str, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| {
        version >= route.since && route.methods.contains(&method) && route.matches(path)
    })
}

impl Route {
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
