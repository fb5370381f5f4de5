//! Addresses inside the panel that came from outside (`next=`, `to=`): only a
//! plain local path and query is one, or a link could lead to another site.

/// The text, when it is a path of this panel without its base path.
#[must_use]
pub fn path(text: &str) -> Option<&str> {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let rest = path.strip_prefix('/')?;
    // Browsers read `//host` and `/\host` as another site; `/%2f…` may become
    // one when somebody decodes twice.
    let begins_plainly = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%@:+,=".contains(c);
    let plain_query = |c: char| c.is_ascii_graphic() && !"\\<>\"'`#{}^|".contains(c);
    let fine = begins_plainly
        && !rest.contains("//")
        && !rest.split('/').any(|part| part == "." || part == "..")
        && rest.chars().all(plain)
        && query.chars().all(plain_query)
        && text.len() <= 2_000;
    fine.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_panel_pass() {
        for text in [
            "/",
            "/requests",
            "/requests/18f-00ff?x=1",
            "/requests?range=7d&status=failed&q=%2F%2Fx&tz=Europe/Berlin",
        ] {
            assert_eq!(path(text), Some(text));
        }
    }

    #[test]
    fn ways_out_do_not_pass() {
        for text in [
            "",
            "e",
            "//e",
            "///e",
            "/\\e",
            "\\e",
            "https:e",
            "https://e",
            "javascript:alert(1)",
            "/%2f/e",
            "/%5ce",
            "/a//e",
            "/../e",
            "/a/../e",
            "/\t/e",
            "/a\r\nSet-Cookie: x",
            "/a\u{2028}",
            "/é",
            "/?<script>",
            "/#x",
            " /a",
            "/@e",
            "/.e",
        ] {
            assert_eq!(path(text), None, "{text:?}");
        }
    }
}
