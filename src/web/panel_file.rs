//! CPA Panel mode: the panel for those who run no server, as one file that CPA
//! itself serves. Everything is in it: an excerpt of our style sheet, a small
//! script, and the policy that allows nothing else, by hash. Here it is put
//! together; what it does stands in `static/panel/`.
//!
//! The panel serves the same file at the address of old bookmarks, where it only
//! leads to the place that was meant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

const PAGE: &str = include_str!("../../static/panel/panel.html");
const WORDS: &str = include_str!("../../static/panel/words.js");
const SCRIPT: &str = include_str!("../../static/panel/panel.js");
const OWN_STYLE: &str = include_str!("../../static/panel/panel.css");
/// The files of the style sheet that every page of ours shares.
const SHARED_STYLE: [&str; 2] = [
    include_str!("../../static/style/tokens.css"),
    include_str!("../../static/style/base.css"),
];

/// Who serves the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served<'a> {
    /// CPA; `address` is where a CPAMP is, empty for nowhere.
    ByGateway { address: &'a str },
    /// CPAMP, below this path (empty, or `/path`).
    ByUs { base: &'a str },
}

/// The file, and the policy it holds.
#[derive(Clone, Debug)]
pub struct Page {
    pub html: String,
    /// For a header; by a meta tag some directives do not hold.
    pub policy: String,
}

/// Puts the file together.
#[must_use]
pub fn page(served: Served<'_>) -> Page {
    let style = compact(&(SHARED_STYLE.concat() + OWN_STYLE));
    let script = format!("{WORDS}{SCRIPT}");
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(&style)
    );
    // A base of `-` says that this is not ours: no path begins so.
    let (address, base, places) = match served {
        Served::ByGateway { address } => (address, "-", String::new()),
        Served::ByUs { base } => ("", base, format!("<a href=\"{}/\">CPAMP</a>", text(base))),
    };
    let html = PAGE
        .replace("{{policy}}", &policy)
        .replace("{{address}}", &text(address))
        .replace("{{base}}", &text(base))
        .replace("{{noscript}}", &places)
        .replace("{{style}}", &style)
        .replace("{{script}}", &script);
    Page {
        html,
        policy: format!("{policy}; frame-ancestors 'none'"),
    }
}

/// Without comments, indentation and empty lines.
fn compact(style: &str) -> String {
    let mut out = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let lines = out.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// As a content policy names an inline part.
fn hash(text: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(digest(&SHA256, text.as_bytes()))
    )
}

/// Fit for an attribute.
fn text(value: &str) -> String {
    let escaped = value.replace('&', "&amp;").replace('"', "&quot;");
    escaped.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CPA serves it uncompressed.
    const LARGEST: usize = 60_000;

    fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
        let (_, rest) = text.split_once(before).unwrap();
        rest.split_once(after).unwrap().0
    }

    #[test]
    fn the_file_is_small_and_whole() {
        let page = page(Served::ByGateway { address: "" });
        assert!(page.html.len() <= LARGEST, "{} bytes", page.html.len());
        assert!(!page.html.contains("{{"));
        assert!(page.html.contains("--paper:") && page.html.contains("font-variant-numeric"));
        for foreign in ["http://", "https://", "src=", "@import", "url("] {
            let found = page.html.find(foreign);
            let around = found.map(|at| &page.html[at..(at + 60).min(page.html.len())]);
            assert_eq!(around, None, "{foreign}");
        }
    }

    #[test]
    fn the_policy_allows_exactly_what_is_in_it() {
        let page = page(Served::ByUs { base: "/cpamp" });
        let script = between(&page.html, "<script>", "</script>");
        let style = between(&page.html, "<style>", "</style>");
        assert!(page.policy.contains(&hash(script)));
        assert!(page.policy.contains(&hash(style)));
        assert!(!page.html.contains(" style=\"") && !page.html.contains(" onclick="));
        assert!(page.html.contains("<a href=\"/cpamp/\">"));
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let page = page(Served::ByGateway {
            address: "https://x.example/\"><script>alert(1)</script>",
        });
        assert!(!page.html.contains("<script>alert"));
    }
}
