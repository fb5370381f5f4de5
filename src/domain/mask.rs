//! What may be shown of something that must not be shown: masks of keys and of
//! e-mail addresses. A mask identifies nothing; hashes do that.

/// Stands for what a mask leaves out.
const GAP: char = '…';

/// Beginnings that only credentials have: upstream keys, OAuth tokens, code
/// forges, clouds, and the panel's own Admin Key.
const SECRET_PREFIXES: [&str; 22] = [
    "sk-",
    "xai-",
    "AIza",
    "ya29.",
    "1//0",
    "eyJ",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "hf_",
    "gsk_",
    "nvapi-",
    "pplx-",
    "sess-",
    "AKIA",
    "xoxb-",
    "xoxp-",
    "cmp_admin_",
];

/// First and last four characters; two of a secret shorter than 16, and nothing
/// of one shorter than 9. Empty stays empty.
#[must_use]
pub fn secret(text: &str) -> String {
    let length = text.chars().count();
    let shown = match length {
        0 => return String::new(),
        1..=8 => 0,
        9..=15 => 2,
        _ => 4,
    };
    let head = text.chars().take(shown);
    let tail = text.chars().skip(length - shown);
    head.chain([GAP]).chain(tail).collect()
}

/// `d…@example.com`. What is no e-mail address stays as it is.
#[must_use]
pub fn email(text: &str) -> String {
    if !is_email(text) {
        return text.to_owned();
    }
    let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
    let mut chars = local.chars();
    // One letter shown of a one-letter name would be the whole name.
    let first = chars.next().filter(|_| chars.next().is_some());
    first
        .into_iter()
        .chain([GAP, '@'])
        .chain(domain.chars())
        .collect()
}

/// One `@` with a name before and a dotted domain after it.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '<' | '>');
    !local.is_empty()
        && local.chars().all(plain)
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && domain
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

/// Whether a text has the shape of a credential. Names, e-mail addresses and
/// project ids do not (a Google project id has at most 30 characters and no
/// capitals); an unknown short key may pass unnoticed.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    if is_email(text) {
        return false;
    }
    if SECRET_PREFIXES.iter().any(|p| text.starts_with(p)) {
        return true;
    }
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.+/=~".contains(c);
    if !text.chars().all(token) {
        return false;
    }
    let has = |class: fn(&char) -> bool| text.chars().any(|c| class(&c));
    let mixed =
        has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    text.len() >= 32 || (text.len() >= 20 && mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_shows_less_of_a_shorter_one() {
        for (text, mask) in [
            ("", ""),
            ("k1", "…"),
            ("12345678", "…"),
            ("123456789", "12…89"),
            ("AIzaMock0001", "AI…01"),
            ("123456789012345", "12…45"),
            ("sk-ant-mock-0001", "sk-a…0001"),
            ("client-key-alpha-0001", "clie…0001"),
            ("密钥密钥密钥密钥密", "密钥…钥密"),
        ] {
            assert_eq!(secret(text), mask, "{text}");
        }
    }

    #[test]
    fn email_keeps_one_letter_and_the_domain() {
        for (text, mask) in [
            ("dev1@example.com", "d…@example.com"),
            ("a@example.com", "…@example.com"),
            ("ünal.x@mail.example.com", "ü…@mail.example.com"),
            ("my-project-123", "my-project-123"),
            ("clie…0001", "clie…0001"),
            ("", ""),
        ] {
            assert_eq!(email(text), mask, "{text}");
        }
    }

    #[test]
    fn email_needs_a_name_and_a_dotted_domain() {
        for text in ["a@b.c", "x.y+z@example.co.uk", "名@例え.テスト"] {
            assert!(is_email(text), "{text}");
        }
        for text in ["", "@", "a@b", "@b.c", "a@.b", "a@b.", "a b@c.d", "a@b@c.d"] {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn credentials_look_secret_and_names_do_not() {
        for text in [
            "sk-mock-upstream-0001",
            "sk-ant-api03-abc",
            "AIzaMock0001",
            "xai-abc",
            "ya29.a0AfB",
            "ghp_x",
            "cmp_admin_abc",
            "Ab3dEf6hIj9kLm2nOp5q",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(looks_secret(text), "{text}");
        }
        for text in [
            "",
            "dev1@example.com",
            "sk-8@example.com",
            "a-very-long-name-of-a-person@mail.example.com",
            "my-project-123456",
            "gemini-project-with-30-letters",
            "team a",
            "Qwen account of Anna, the second one",
        ] {
            assert!(!looks_secret(text), "{text}");
        }
    }
}
