//! Reading pages as a browser would, as far as tests need it.

use regex::Regex;

/// The values of an attribute, entities resolved, in order.
pub(crate) fn values(html: &str, attribute: &str) -> Vec<String> {
    let pattern = Regex::new(&format!(r#"\s{attribute}="([^"]*)""#)).unwrap();
    pattern
        .captures_iter(html)
        .map(|found| decoded(&found[1]))
        .collect()
}

/// Opening tags that have an attribute.
pub(crate) fn tags_with(html: &str, attribute: &str) -> Vec<String> {
    let pattern = Regex::new(&format!(r#"<[a-z][^<>]*\s{attribute}="[^<>]*>"#)).unwrap();
    pattern
        .find_iter(html)
        .map(|tag| tag.as_str().to_owned())
        .collect()
}

pub(crate) fn decoded(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
}

/// The page without the values of its attributes: what a person reads, and the
/// tags themselves.
pub(crate) fn without_values(html: &str) -> String {
    let quoted = Regex::new(r#"="[^"]*""#).unwrap();
    quoted.replace_all(html, "=\"\"").into_owned()
}

/// Nothing in a page may run or style by itself: the policy would stop it, so
/// it would be broken, and whoever injects text would use just that.
pub(crate) fn assert_clean(what: &str, html: &str) {
    // What is inside quotes is a value; only what is outside is an attribute.
    let bare = Regex::new(r#"="[^"]*""#)
        .unwrap()
        .replace_all(html, "=\"\"");
    for forbidden in [
        r"<script(?:\s[^>]*)?>\s*[^\s<]",
        r"<(?:style|iframe|object|embed|base)\b",
        r"<[^<>]*\sstyle=",
        r"<[^<>]*\son[a-z]+=",
        r"<[^<>]*\shx-on",
    ] {
        let found = Regex::new(forbidden).unwrap().find(&bare);
        assert!(found.is_none(), "{what}: {:?}", found.unwrap().as_str());
    }
    for attribute in ["href", "src", "action", "formaction", "hx-get", "hx-post"] {
        for value in values(html, attribute) {
            let ours = value.starts_with(['/', '#']) && !value.starts_with("//");
            assert!(ours, "{what}: {attribute} leads to {value:?}");
        }
    }
    for trigger in values(html, "hx-trigger") {
        assert!(!trigger.contains('['), "{what}: {trigger}");
    }
}

/// The ids of the rows of a request list.
pub(crate) fn rows(html: &str) -> Vec<String> {
    values(html, "id")
        .into_iter()
        .filter(|id| id.starts_with('r') && id.contains('-') && id.len() > 20)
        .map(|id| id[1..].to_owned())
        .collect()
}

/// Where a link with this `rel` leads.
pub(crate) fn link(html: &str, rel: &str) -> Option<String> {
    let pattern = Regex::new(&format!(r#"<a href="([^"]*)" rel="{rel}""#)).unwrap();
    pattern.captures(html).map(|found| decoded(&found[1]))
}
