//! Who may import whom, read from the `use` lines: the walls hold because this
//! fails, not because everybody remembers them.

use crate::support::sources::{files, top};

/// Module, and the modules of this crate it may use besides itself. `app` and
/// `cli` put everything together, so they are not listed.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("heap", &[]),
    ("clock", &["domain"]),
    ("config", &["domain"]),
    ("i18n", &["domain"]),
    ("store", &["domain"]),
    ("gateway", &["domain"]),
    ("fake", &["domain", "clock"]),
    ("jobs", &[]),
    ("ingest", &["gateway", "store", "domain", "clock"]),
    ("prices", &["gateway", "store", "domain", "clock"]),
    ("accounts", &["gateway", "store", "domain", "clock"]),
    ("relay", &["web", "gateway", "store", "domain", "clock"]),
    ("web", &["store", "domain", "i18n", "config", "clock"]),
    (
        "api",
        &["web", "store", "gateway", "accounts", "domain", "clock"],
    ),
    (
        "pages",
        &[
            "web", "store", "gateway", "prices", "accounts", "domain", "i18n", "config", "regions",
        ],
    ),
];

/// Crates that have a home: the paths below `src/` that may name them.
const HOMES: [(&str, &[&str]); 3] = [
    ("diesel", &["store"]),
    ("redis", &["gateway/queue"]),
    ("actix_web", &["web", "api", "pages", "relay", "app"]),
];

/// What the `use` lines of a file begin with, below `prefix`.
fn used<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let word = |rest: &'t str| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        rest.split_at(end.unwrap_or(rest.len())).0
    };
    text.lines()
        .filter_map(|line| {
            line.strip_prefix("pub ")
                .unwrap_or(line)
                .strip_prefix("use ")
        })
        .filter_map(|line| line.strip_prefix(prefix))
        .map(word)
        .collect()
}

#[test]
fn modules_import_only_what_they_may() {
    for (name, text) in files() {
        let module = top(&name);
        let Some((_, allowed)) = MAY_USE.iter().find(|(of, _)| *of == module) else {
            continue;
        };
        for other in used(&text, "crate::") {
            let fine = other == module || allowed.contains(&other);
            assert!(fine, "src/{name} imports {other}");
        }
    }
}

/// A page that answers requests is nobody's shared part.
#[test]
fn screens_do_not_import_screens() {
    let files = files();
    let screens: Vec<&str> = files
        .iter()
        .filter(|(_, text)| text.contains("fn routes("))
        .filter_map(|(name, _)| name.strip_prefix("pages/")?.strip_suffix(".rs"))
        .collect();
    assert!(screens.contains(&"requests"), "{screens:?}");
    for (name, text) in &files {
        let Some(own) = name.strip_prefix("pages/").map(top) else {
            continue;
        };
        for other in used(text, "crate::pages::") {
            let fine = other == own || !screens.contains(&other);
            assert!(fine, "src/{name} imports the screen {other}");
        }
    }
}

#[test]
fn nobody_but_the_command_line_imports_the_composition_root() {
    for (name, text) in files() {
        if !["app", "cli"].contains(&top(&name)) {
            assert!(!used(&text, "crate::").contains(&"app"), "src/{name}");
        }
    }
}

#[test]
fn crates_stay_at_home() {
    for (name, text) in files() {
        for (dependency, homes) in HOMES {
            let at_home = homes.iter().any(|home| {
                name == format!("{home}.rs")
                    || name == *home
                    || name.starts_with(&format!("{home}/"))
            });
            assert!(
                at_home || !used(&text, "").contains(&dependency),
                "src/{name} uses {dependency}"
            );
        }
    }
}
