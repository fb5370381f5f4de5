//! What a secret looks like: where one is named (headers, fields, forms, URLs),
//! and the shapes that are recognised anywhere. Every pattern runs in linear
//! time; a set tells first which of them are needed at all.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::MARK;

/// All rules: for prose, bodies and headers.
pub(super) fn everything(text: &str) -> String {
    ALL.apply(text)
}

/// Only what nothing but a key can be: for names and user agents.
pub(super) fn unmistakable(text: &str) -> String {
    UNMISTAKABLE.apply(text)
}

/// What an event, whole or not, says its keys are.
pub(super) fn event_secrets(text: &str) -> impl Iterator<Item = &str> {
    let values = EVENT_SECRETS.captures_iter(text);
    values.filter_map(|c| Some(c.get(1)?.as_str()))
}

struct Rules {
    any: RegexSet,
    each: Vec<(Regex, Rewrite)>,
}

/// What a match becomes.
type Rewrite = fn(&Captures<'_>) -> String;

/// How far a lazily built automaton may grow. Measured: with a quarter of this
/// the set starts afresh all the time and is forty times slower.
const SET_BYTES: usize = 2 << 20;
const PATTERN_BYTES: usize = 512 << 10;

impl Rules {
    fn new(rules: &[(&str, Rewrite)]) -> Self {
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern)
                .dfa_size_limit(PATTERN_BYTES)
                .build()
                .expect("the pattern is a constant, and tested")
        };
        Self {
            any: RegexSetBuilder::new(rules.iter().map(|(pattern, _)| pattern))
                .dfa_size_limit(SET_BYTES)
                .build()
                .expect("the patterns are constants, and tested"),
            each: rules
                .iter()
                .map(|(pattern, rewrite)| (compile(pattern), *rewrite))
                .collect(),
        }
    }

    fn apply(&self, text: &str) -> String {
        let needed = self.any.matches(text);
        let mut text = text.to_owned();
        for (pattern, rewrite) in needed.iter().filter_map(|index| self.each.get(index)) {
            if let Cow::Owned(rewritten) = pattern.replace_all(&text, *rewrite) {
                text = rewritten;
            }
        }
        text
    }
}

static ALL: LazyLock<Rules> = LazyLock::new(|| {
    Rules::new(&[
        (PRIVATE_KEY, |_| MARK.to_owned()),
        (&header_line(), field),
        (&json_field(), field),
        (ASSIGNMENT, |c| kept(c, &["name", "sep"])),
        (STATEMENT, statement),
        (USER_INFO, |c| format!("{}{MARK}@", part(c, "scheme"))),
        (BEARER, bearer),
        (SHORT_PREFIX, |c| kept(c, &["before"])),
        (LONG_PREFIX, |_| MARK.to_owned()),
        (EMAIL, |c| {
            format!("{MARK}{}{}", part(c, "at"), part(c, "domain"))
        }),
        (LONG_RUN, long_run),
    ])
});

static UNMISTAKABLE: LazyLock<Rules> =
    LazyLock::new(|| Rules::new(&[(SURE_PREFIX, |_| MARK.to_owned())]));

static EVENT_SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""(?:api_key|source)\\*"\s*:\s*\\*"((?:[^"\\]|\\[^"])+)"#)
        .expect("the pattern is constant, and tested")
});

/// Ends of names of secret fields in JSON.
const SECRET_NAMES: &str = "token | secret | passw(?:or)?d | pwd | passphrase
    | key | credentials? | cookies? | session[_-]?id | signature | code_verifier";

const PRIVATE_KEY: &str = r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)";

/// The value of a field: a list of strings or a string, as JSON, as JSON inside
/// a JSON string, or in single quotes. A string keeps its closing quote outside
/// the match, so that a value cut short is recognised too.
const VALUE: &str = r#"(?:
      \[\s* (?: " (?:[^"\\]|\\.)* "? [\s,]* )+ \]?
    | \[\s* (?: \\" (?:[^"\\]|\\[^"\\]|\\\\(?:\\.)?)* (?:\\")? [\s,]* )+ \]?
    | (?P<plain> ") (?:[^"\\]|\\.)*
    | (?P<nested> \\+") (?:[^"\\]|\\[^"\\]|\\\\(?:\\.)?)*
    | (?P<single> \\*') (?:[^'\\]|\\.)*
)"#;

/// `Authorization: …` to the end of the line, or as a JSON field.
fn header_line() -> String {
    format!(
        r#"(?isx)
        (?P<name> (?:proxy-)?authorization | (?:set-)?cookie2? | (?:x-)?(?:goog-)?api-key
            | x-(?:auth|access|csrf|xsrf)-token | x-amz-security-token )
        (?P<sep> \\*["']? [\ \t]* [:=] [\ \t]* )
        (?: {VALUE} | [^"'\s\[\\] [^"\r\n\\]* )"#
    )
}

/// `"access_token": "…"` and the like, in JSON of any depth.
fn json_field() -> String {
    format!(
        r#"(?isx)
        (?P<name> \\*["'] [a-z0-9_.-]* (?: {SECRET_NAMES} ) )
        (?P<sep> \\*["'] \s* : \s* )
        {VALUE}"#
    )
}

/// `key=…` in a URL, a form, a shell line.
const ASSIGNMENT: &str = r#"(?ix)
    (?P<name> [a-z0-9_.-]*
        (?: token | secret | passw(?:or)?d | pwd | passphrase | signature | credential
          | session[_-]?id | cookie | code_verifier | (?:api|access|secret|private|auth|session)key
          | (?:^|[^a-z0-9])key | (?:[?&]|\\u0026|&amp;)(?:code|sig|state) ) )
    (?P<sep> [\ \t]? (?:=|%3d) [\ \t]? ["']? )
    [^\s"'&;,<>(){}\[\]\\]{3,}"#;

/// `API key provided: …`, `token: …` in prose or YAML.
const STATEMENT: &str = r#"(?ix)
    (?P<name> [a-z0-9_.-]*
        (?: token | secret | passw(?:or)?d | passphrase | credential | session[_-]?id
          | api[\ _-]?key | [_-]key | (?:^|[^a-z0-9])key )
        (?: [\ ] (?:provided|given|used|supplied|received|is|was) )? )
    (?P<sep> [\ \t]* : [\ \t]* [`"']? )
    (?P<value> [^\s"'`&;,<>(){}\[\]\\]{4,} )"#;

const USER_INFO: &str = r#"(?i)(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#\s"'@<>\\\[\]]+@"#;

const BEARER: &str =
    r"(?i)(?P<name>bearer)(?P<sep>[ \t]+|%20|\+)(?P<value>[A-Za-z0-9._~+/=*-]{5,})";

/// Beginnings of keys that are also ends or parts of words: the word must begin
/// with them.
const SHORT_PREFIX: &str = r"(?x)
    (?P<before> ^ | [^A-Za-z0-9] | %[0-9A-Fa-f]{2} | \\[nrtbf] )
    (?: sk-[A-Za-z0-9_*-]{4,}
      | xai-[A-Za-z0-9_*-]{4,}
      | (?:hf|gsk|fw|r8|pk|rk|rt|whsec)_[A-Za-z0-9_-]{12,}
      | (?:sess|glpat|nvapi|pplx)-[A-Za-z0-9_-]{8,} )";

const LONG_PREFIX: &str = r"(?x)
      sk-(?:ant|proj|or|svcacct|admin)-[A-Za-z0-9_*-]+
    | AIza[A-Za-z0-9_*-]{4,}
    | ya29\.[A-Za-z0-9_.*-]{4,}
    | 1//0[A-Za-z0-9_-]{8,}
    | eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*
    | (?:gh[pousr]|github_pat|cmp_admin)_[A-Za-z0-9_]{10,}
    | AKIA[0-9A-Z]{12,}
    | xox[a-z]-[A-Za-z0-9-]{8,}";

/// Long enough that no model and no program is called so.
const SURE_PREFIX: &str = r"(?x)
      sk-(?:ant|proj|or|svcacct|admin)-[A-Za-z0-9_-]{8,}
    | (?-u:\b)sk-[A-Za-z0-9_-]{12,}
    | (?-u:\b)xai-[A-Za-z0-9]{24,}
    | AIza[A-Za-z0-9_-]{16,}
    | ya29\.[A-Za-z0-9_.-]{8,}
    | eyJ[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]*)*
    | (?:gh[pousr]|github_pat|cmp_admin)_[A-Za-z0-9_]{16,}";

/// The domain stays: it tells whose account it was without telling whose.
const EMAIL: &str = r#"(?x)
    [^\s"'<>()\[\]{},;:@\\/=&?|*]+
    (?P<at> @ | %40 )
    (?P<domain> (?:[\w-]+\.)+ [A-Za-z\u{80}-\u{10FFFF}]{2,} )"#;

/// Base64 or hexadecimal; JSON may write `/` as `\/`.
const LONG_RUN: &str = r"(?P<before>\\[nrtbf])?(?P<run>(?:[A-Za-z0-9+/=_-]|\\/){40,})";

fn field(captures: &Captures<'_>) -> String {
    kept(captures, &["name", "sep", "plain", "nested", "single"])
}

/// The match with everything but the named groups replaced.
fn kept(captures: &Captures<'_>, names: &[&str]) -> String {
    let mut text: String = names.iter().map(|name| part(captures, name)).collect();
    text.push_str(MARK);
    text
}

fn part<'a>(captures: &'a Captures<'_>, name: &str) -> &'a str {
    captures.name(name).map_or("", |group| group.as_str())
}

fn whole(captures: &Captures<'_>) -> String {
    captures.get(0).map_or("", |all| all.as_str()).to_owned()
}

/// "token: expired" and "key: https://…" say what is wrong and stay.
fn statement(captures: &Captures<'_>) -> String {
    let value = part(captures, "value");
    let telling = value.len() < 16 && !value.contains(|c: char| c.is_ascii_digit());
    if telling || value.starts_with("http") {
        return whole(captures);
    }
    kept(captures, &["name", "sep"])
}

/// "bearer token" and `Bearer realm="…"` name the scheme only.
fn bearer(captures: &Captures<'_>) -> String {
    let value = part(captures, "value").to_ascii_lowercase();
    let word = value.trim_end_matches(['.', '=']);
    if [
        "token",
        "tokens",
        "authentication",
        "authorization",
        "realm",
        "error",
        "scope",
    ]
    .contains(&word)
    {
        return whole(captures);
    }
    kept(captures, &["name", "sep"])
}

/// A path of plain words is long, too, and stays.
fn long_run(captures: &Captures<'_>) -> String {
    let run = part(captures, "run");
    let has = |class: fn(&char) -> bool| run.chars().any(|c| class(&c));
    let mixed =
        has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    let unbroken = run
        .split(['/', '-', '_', '+', '\\', '='])
        .any(|word| word.len() >= 20);
    if mixed || unbroken {
        kept(captures, &["before"])
    } else {
        whole(captures)
    }
}

/// Keys of known make wherever they begin: what is too damaged to be read may
/// have lost the quotation marks around them.
pub(super) fn keys_anywhere(text: &str) -> Cow<'_, str> {
    static KEYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:sk-|xai-|AIza|ya29\.|ghp_)[A-Za-z0-9_.*-]{6,}").expect("a valid pattern")
    });
    KEYS.replace_all(text, super::MARK)
}
