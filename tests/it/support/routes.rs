//! Every address of the panel, read from the sources, so that a new one is part
//! of the tests that try them all.

use regex::Regex;
use reqwest::Method;

use super::sources::{files, top};

/// Method and path of every route in the sources. Where a path is no literal,
/// every path in that file is one.
pub(crate) fn registered() -> Vec<(Method, String)> {
    let route = Regex::new(
        r#"\.route\(\s*"([^"]+)",\s*(?:web::)?(get|post|put|patch|delete|head|route)\(\)"#,
    );
    let computed = Regex::new(r#"\.route\(\s*[^"\s]"#).unwrap();
    let path = Regex::new(r#""(/[a-z/-]*)""#).unwrap();
    let (route, mut routes) = (route.unwrap(), Vec::new());
    for (name, text) in files() {
        if !["pages", "api", "relay", "app"].contains(&top(&name)) {
            continue;
        }
        routes.extend(route.captures_iter(&text).map(|found| {
            let method = match found[2].to_ascii_uppercase().as_str() {
                "ROUTE" => Method::GET,
                verb => Method::from_bytes(verb.as_bytes()).unwrap(),
            };
            (method, found[1].to_owned())
        }));
        if computed.is_match(&text) {
            let paths = path.captures_iter(&text);
            routes.extend(paths.map(|found| (Method::GET, found[1].to_owned())));
        }
    }
    routes.sort_by_key(|(method, path)| (path.clone(), method.to_string()));
    routes.dedup();
    routes
}

/// A path with something for each of its parameters.
pub(crate) fn filled(path: &str) -> String {
    Regex::new(r"\{[^}]*\}")
        .unwrap()
        .replace_all(path, "1")
        .into_owned()
}
