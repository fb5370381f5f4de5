//! Who reads the answer: a person in a browser, htmx, or a script. Decides what
//! errors and refusals look like.

use actix_web::HttpRequest;
use actix_web::http::header;

use super::state::AppState;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Document,
    Fragment,
    Json,
}

/// First segments of paths that scripts read; people may open them.
const OF_SCRIPTS: [&str; 4] = ["v0", "status", "healthz", "readyz"];
/// Where nobody but programs comes, whatever they say they accept.
const OF_PROGRAMS: [&str; 2] = ["/v0/management/", "/v1/"];

impl Kind {
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        let base = AppState::of(request).config.base_path.as_str();
        let path = request.path();
        let local = path.strip_prefix(base).unwrap_or(path);
        let first = local.split('/').nth(1).unwrap_or("");
        let says = |name, text: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.contains(text))
        };
        // Only a browser that goes to an address asks for HTML by name.
        let opened = says(header::ACCEPT, "text/html");
        let of_scripts = OF_SCRIPTS.contains(&first) && !opened;
        let of_programs = OF_PROGRAMS.iter().any(|root| local.starts_with(root));
        if of_programs || of_scripts || says(header::ACCEPT, "text/event-stream") {
            Self::Json
        } else if headers.get("hx-request").is_some() {
            Self::Fragment
        } else if super::security::brings_a_key(headers) && !opened {
            Self::Json
        } else {
            Self::Document
        }
    }
}
