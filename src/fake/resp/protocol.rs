//! RESP2 on the wire: commands in, replies and pushed frames out, with the texts
//! of every refusal.

use hyper::body::Bytes;

pub(super) type Words = Vec<Vec<u8>>;

/// The bytes are no RESP command.
pub(super) struct Malformed;

/// A complete array of strings at the start of the bytes and its length;
/// `None` = more bytes are needed.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Words, usize)>, Malformed> {
    let Some((header, mut at)) = line(bytes, 0) else {
        return Ok(None);
    };
    let count = match header.split_first() {
        Some((b'*', count)) => number(count)?,
        _ => return Err(Malformed),
    };
    let mut words = Vec::new();
    for _ in 0..usize::try_from(count).map_err(|_| Malformed)? {
        let Some((header, after)) = line(bytes, at) else {
            return Ok(None);
        };
        at = after;
        match header.split_first() {
            Some((b'$', length)) => {
                // A negative length reads as an empty string.
                let Ok(length) = usize::try_from(number(length)?) else {
                    words.push(Vec::new());
                    continue;
                };
                let end = at.checked_add(length).ok_or(Malformed)?;
                match (bytes.get(at..end), bytes.get(end..end.saturating_add(2))) {
                    (Some(word), Some(b"\r\n")) => words.push(word.to_vec()),
                    (Some(_), Some(_)) => return Err(Malformed),
                    _ => return Ok(None),
                }
                at = end + 2;
            }
            Some((b'+' | b':', word)) => words.push(word.to_vec()),
            _ => return Err(Malformed),
        }
    }
    Ok(Some((words, at)))
}

/// The line that starts at `at`, and where the next one starts.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    Some((rest.get(..end)?, at + end + 2))
}

fn number(digits: &[u8]) -> Result<i64, Malformed> {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.trim().parse().ok())
        .ok_or(Malformed)
}

pub(super) fn text(word: &[u8]) -> String {
    String::from_utf8_lossy(word).trim().to_owned()
}

pub(super) fn error(text: &str) -> Vec<u8> {
    format!("-ERR {text}\r\n").into_bytes()
}

pub(super) fn unknown(word: &str) -> Vec<u8> {
    error(&format!("unknown command '{}'", word.to_lowercase()))
}

pub(super) fn unsupported(channel: &str) -> Vec<u8> {
    error(&format!("unsupported channel '{channel}'"))
}

pub(super) fn wrong_arguments(command: &str) -> Vec<u8> {
    error(&format!(
        "wrong number of arguments for '{command}' command"
    ))
}

pub(super) fn bulk(bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("${}\r\n", bytes.len()).into_bytes();
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
    out
}

pub(super) fn array(items: &[Bytes]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", items.len()).into_bytes();
    for item in items {
        out.extend(bulk(item));
    }
    out
}

pub(super) fn push(channel: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = b"*3\r\n$7\r\nmessage\r\n".to_vec();
    out.extend(bulk(channel.as_bytes()));
    out.extend(bulk(payload));
    out
}

pub(super) fn notice(kind: &str, channel: &str, count: u8) -> Vec<u8> {
    let mut out = b"*3\r\n".to_vec();
    out.extend(bulk(kind.as_bytes()));
    out.extend(bulk(channel.as_bytes()));
    out.extend(format!(":{count}\r\n").into_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, expected: Option<(&[&str], usize)>) {
        let parsed = parse(bytes.as_bytes()).map_err(|_| "malformed").unwrap();
        let expected = expected.map(|(words, length)| {
            let words: Words = words.iter().map(|w| w.as_bytes().to_vec()).collect();
            (words, length)
        });
        assert_eq!(parsed, expected);
    }

    #[test]
    fn commands_are_arrays_of_strings() {
        check(
            "*2\r\n$4\r\nLPOP\r\n$5\r\nusage\r\n*1",
            Some((&["LPOP", "usage"], 25)),
        );
        check("*2\r\n+PING\r\n:12\r\n", Some((&["PING", "12"], 16)));
        check("*2\r\n$4\r\nAUTH\r\n$-1\r\n", Some((&["AUTH", ""], 19)));
        check("*0\r\n", Some((&[], 4)));
    }

    #[test]
    fn an_unfinished_command_waits_for_more() {
        let whole = "*2\r\n$4\r\nLPOP\r\n$5\r\nusage\r\n";
        for cut in 0..whole.len() {
            check(&whole[..cut], None);
        }
    }

    #[test]
    fn everything_else_is_malformed() {
        for bytes in [
            "$5\r\nhello\r\n",
            "*x\r\n",
            "*-1\r\n",
            "*1\r\n!3\r\n",
            "*1\r\n$2\r\nabcd\r\n",
        ] {
            assert!(parse(bytes.as_bytes()).is_err(), "{bytes:?}");
        }
    }
}
