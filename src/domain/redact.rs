//! Takes secrets out of text that others wrote: failure bodies, headers, items
//! that could not be read. Better one word too many than one key too few. Time
//! is linear in a bounded window; what lies beyond the window is dropped, never
//! shown unread. What a secret looks like is in [`rules`].

mod rules;

use std::borrow::Cow;

/// Stands where a secret was.
pub const MARK: &str = "[redacted]";

/// Longest result of [`text`], in bytes.
pub const MAX_TEXT: usize = 4 << 10;

/// How much of a text is read at all. Measured: text made to be slow takes up to
/// 0.8 ms a KiB, an ordinary body 0.03 ms.
const WINDOW: usize = 16 << 10;

/// Where the window ends in the middle of a word, this much more is dropped:
/// the word may be a secret cut short, which no rule would recognise.
const TORN: usize = 1 << 10;

/// Text of several lines, as a person will read it: at most 4 KiB. `known` are
/// values that are secret whatever they look like.
#[must_use]
pub fn text(text: &str, known: &[&str]) -> String {
    let text = unescaped(visible(window(text), '\n'));
    // One letter would take a text apart, and protects nothing.
    let text = without_known(text, known, 2);
    cut(rules::everything(&text), MAX_TEXT)
}

/// The beginning of an item of the queue that could not be read as an event, as
/// [`text`] gives it. What it calls a client's key or a source is secret.
#[must_use]
pub fn item(item: &str) -> String {
    let secrets = rules::event_secrets(item);
    let secrets: Vec<_> = secrets
        .map(|secret| unescaped(visible(secret, '\n')))
        .collect();
    let known: Vec<_> = secrets.iter().map(AsRef::as_ref).collect();
    rules::keys_anywhere(&text(item, &known)).into_owned()
}

/// A short field such as the name of a model, on one line, at most `max` characters.
/// Only unmistakable keys and the known values are removed, and of those none
/// of a few letters: a key `fast` must not take the model `fast` its name.
#[must_use]
pub fn field(text: &str, known: &[&str], max: usize) -> String {
    line(text, known, 8, max)
}

/// What a client says of itself, on one line, at most `max` characters. Unlike
/// in a name, a known value of a few letters goes where it stands alone.
#[must_use]
pub fn remark(text: &str, known: &[&str], max: usize) -> String {
    line(text, known, 2, max)
}

fn line(text: &str, known: &[&str], least: usize, max: usize) -> String {
    let line = without_known(visible(window(text), ' '), known, least);
    let line = rules::unmistakable(&line);
    line.trim().chars().take(max).collect()
}

/// Value of a response header, on one line, at most `max` characters. In an
/// identifier a long run of letters and digits is nothing to hide.
#[must_use]
pub fn header(value: &str, known: &[&str], identifier: bool, max: usize) -> String {
    let line = without_known(visible(window(value), ' '), known, 2);
    let line = if identifier {
        rules::unmistakable(&line)
    } else {
        rules::everything(&line)
    };
    line.trim().chars().take(max).collect()
}

/// The beginning of a text, ending between words.
fn window(text: &str) -> &str {
    if text.len() <= WINDOW {
        return text;
    }
    let whole = head(text, WINDOW);
    let sure = head(whole, WINDOW - TORN);
    match whole.rfind(char::is_whitespace) {
        Some(end) if end > sure.len() => head(whole, end),
        _ => sure,
    }
}

/// The longest beginning of at most `max` bytes.
fn head(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// At most `max` bytes, with `…` where the rest was.
fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max - '…'.len_utf8()));
        text.push('…');
    }
    text
}

/// Without control characters and characters that reorder or hide text: they
/// can disguise what is shown, and split a secret so that no rule sees it.
#[must_use]
pub fn visible(text: &str, newline: char) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let hidden = |c: char| {
        matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
        )
    };
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\u{2028}' | '\u{2029}' => Some(newline),
            '\t' => Some(' '),
            c if c.is_control() || hidden(c) => None,
            c => Some(c),
        })
        .collect()
}

/// `\u0041` written out, quotes and backslashes excepted: an escaped secret is
/// a secret, and `\u003c` is no pleasure to read.
fn unescaped(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains("\\u00") {
        return text;
    }
    let mut pieces = text.split("\\u00");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let printable = |code: &u8| matches!(code, b' '..=b'~') && !matches!(code, b'"' | b'\\');
        if let (Some(code), Some(rest)) = (code.filter(printable), piece.get(2..)) {
            plain.push(char::from(code));
            plain.push_str(rest);
        } else {
            plain.push_str("\\u00");
            plain.push_str(piece);
        }
    }
    Cow::Owned(plain)
}

/// Without the known secrets of at least `least` bytes.
fn without_known<'a>(mut text: Cow<'a, str>, known: &[&str], least: usize) -> Cow<'a, str> {
    for secret in known {
        let secret = visible(secret, ' ');
        if secret.len() < least || secret == MARK || !text.contains(&*secret) {
            continue;
        }
        text = Cow::Owned(if secret.len() < 8 {
            without_word(&text, &secret)
        } else {
            text.replace(&*secret, MARK)
        });
    }
    text
}

/// A short secret only where it stands alone: `k1` is not meant in `k100`.
fn without_word(text: &str, word: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let left = before.chars().next_back().or(kept.chars().next_back());
        let alone = !joined(left) && !joined(after.chars().next());
        kept.push_str(before);
        kept.push_str(if alone { MARK } else { word });
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests;
