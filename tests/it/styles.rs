//! Style sheets, templates and scripts fit each other: no rule is for nobody,
//! and no class is without a rule.

use std::collections::BTreeSet;

use regex::Regex;

use crate::support::html::values;
use crate::support::sources::below;

/// Classes that others set.
const OF_OTHERS: [&str; 1] = ["htmx-request"];

/// The style sheets, without comments.
fn sheets() -> String {
    let comment = Regex::new(r"(?s)/\*.*?\*/").unwrap();
    let texts = below("static", "css").into_iter().map(|(_, text)| text);
    let all: Vec<String> = texts.collect();
    comment.replace_all(&all.join("\n"), "").into_owned()
}

fn found<'t>(pattern: &str, text: &'t str) -> BTreeSet<&'t str> {
    let pattern = Regex::new(pattern).unwrap();
    let all = pattern.captures_iter(text);
    all.map(|one| one.get(1).unwrap().as_str()).collect()
}

/// What stands before a brace: selectors and conditions.
fn selectors(sheets: &str) -> String {
    let all: Vec<&str> = found(r"([^{};]+)\{", sheets).into_iter().collect();
    all.join("\n")
}

/// Our scripts, not those of others.
fn scripts() -> Vec<(String, String)> {
    let mut scripts = below("static", "js");
    scripts.retain(|(name, _)| !name.starts_with("vendor/"));
    scripts
}

#[test]
fn no_rule_is_for_nobody() {
    let sheets = sheets();
    let selectors = selectors(&sheets);
    let users = [
        below("templates", "html"),
        below("static", "html"),
        below("src", "rs"),
        scripts(),
    ];
    let users: Vec<String> = users.into_iter().flatten().map(|(_, text)| text).collect();
    let users = users.join("\n");
    let words = found(r"([A-Za-z][\w-]*)", &users);
    let named = found(r"[.#]([A-Za-z][\w-]*)", &selectors);
    assert!(named.len() > 100, "{named:?}");
    for name in named {
        let known = words.contains(name) || OF_OTHERS.contains(&name);
        assert!(known, "nothing has the class or id {name}");
    }
    let read = found(r"var\((--[\w-]+)", &sheets);
    for property in found(r"(--[\w-]+)\s*:", &sheets) {
        assert!(read.contains(property), "nobody reads {property}");
    }
}

#[test]
fn no_class_is_without_a_rule() {
    let sheets = sheets();
    let selectors = selectors(&sheets);
    let mut known = found(r"\.([A-Za-z][\w-]*)", &selectors);
    let scripts: Vec<String> = scripts().into_iter().map(|(_, text)| text).collect();
    let scripts = scripts.join("\n");
    known.extend(found(r"([A-Za-z][\w-]*)", &scripts));
    let filled_in = Regex::new(r"\{\{.*?\}\}|\{%.*?%\}").unwrap();
    for (name, text) in below("templates", "html") {
        // What is filled in is no class, and what touches it is a part of one.
        let text = filled_in.replace_all(&text, "\u{0}");
        for class in values(&text, "class")
            .iter()
            .flat_map(|classes| classes.split_whitespace())
            .filter(|class| !class.contains('\u{0}'))
        {
            assert!(
                known.contains(class),
                "templates/{name}: no rule for {class}"
            );
        }
    }
}
