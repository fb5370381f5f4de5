//! Takes apart the answer of the HTTP queue, a JSON array, into its elements.
//! An element that is no JSON comes back as an item of its own, so that it can
//! be rejected without costing its neighbours. It does not look into elements.

use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::domain::collection::LONGEST_ITEM;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not a JSON array")]
pub struct NotAnArray;

/// The exact bytes of each element.
pub fn split_array(body: &[u8]) -> Result<Vec<&[u8]>, NotAnArray> {
    if let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(body) {
        return Ok(items.iter().map(|item| item.get().as_bytes()).collect());
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let inside = body
        .trim_ascii_start()
        .strip_prefix(b"[")
        .ok_or(NotAnArray)?;
    Ok(Recovery::of(inside).items)
}

/// Goes from element to element; after a broken one, on to the next place where
/// a whole element begins.
struct Recovery<'a> {
    items: Vec<&'a [u8]>,
    /// Bytes that may still be read in vain: keeps hostile input linear.
    patience: usize,
}

impl<'a> Recovery<'a> {
    fn of(mut rest: &'a [u8]) -> Self {
        let mut recovery = Self {
            items: Vec::new(),
            patience: rest.len().saturating_mul(16).saturating_add(LONGEST_ITEM),
        };
        loop {
            rest = rest.trim_ascii_start();
            if let Some(after) = rest.strip_prefix(b",").or_else(|| rest.strip_prefix(b"]")) {
                rest = after;
            } else if rest.is_empty() {
                return recovery;
            } else {
                let length = recovery
                    .element(rest)
                    .unwrap_or_else(|| recovery.broken(rest));
                let (item, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                recovery.items.push(item.trim_ascii_end());
                rest = after;
            }
        }
    }

    /// Length of the whole element at the start of `rest`, if there is one.
    fn element(&mut self, rest: &[u8]) -> Option<usize> {
        // One byte more than an item may have is enough to see it is too large.
        let rest = rest.get(..=LONGEST_ITEM).unwrap_or(rest);
        let mut values = Deserializer::from_slice(rest).into_iter::<&RawValue>();
        match values.next()? {
            Ok(_) => {
                let length = values.byte_offset();
                let next = rest.get(length..)?.trim_ascii_start().first();
                matches!(next, None | Some(b',' | b']')).then_some(length)
            }
            Err(error) => {
                let read = if error.line() == 1 {
                    error.column()
                } else {
                    rest.len()
                };
                self.patience = self.patience.saturating_sub(read);
                None
            }
        }
    }

    /// Length of the broken element at the start of `rest`: up to the comma
    /// before a whole one. Events are objects, or strings that hold one.
    fn broken(&mut self, rest: &[u8]) -> usize {
        let commas = rest.iter().enumerate().filter(|(_, byte)| **byte == b',');
        for (comma, _) in commas {
            let after = rest.get(comma + 1..).unwrap_or_default().trim_ascii_start();
            let opens = after.starts_with(b"{") || after.starts_with(b"\"{");
            if self.patience == 0 {
                break;
            }
            if opens && self.element(after).is_some() {
                return comma;
            }
        }
        let end = rest.trim_ascii_end();
        end.strip_suffix(b"]").unwrap_or(end).len().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[&str]) {
        let items = split_array(body.as_bytes()).unwrap();
        let items: Vec<_> = items.iter().map(|i| String::from_utf8_lossy(i)).collect();
        assert_eq!(items, expected, "{body}");
    }

    #[test]
    fn whole_elements_come_as_they_are() {
        check("[]", &[]);
        check(" [ ] \n", &[]);
        check(r#"[{"a":1}]"#, &[r#"{"a":1}"#]);
        check(
            r#"[ {"a": [1, {"b":"],["}]} , "{\"a\":1}",null, 7 ]"#,
            &[r#"{"a": [1, {"b":"],["}]}"#, r#""{\"a\":1}""#, "null", "7"],
        );
        check("\u{feff}[{\"a\":1}]", &[r#"{"a":1}"#]);
    }

    #[test]
    fn a_broken_element_costs_no_neighbour() {
        for broken in [
            r#"{"a":tru}"#,
            r#"{"a":1}}"#,
            r#"{"a":"x"#,
            r#"{"a":[1,2}"#,
            r#"{"a":1,,"b":"x,y"}"#,
            r#"{"a":"\x"}"#,
            "{'a':1}",
            "<html>",
            "{",
            r#""unterminated"#,
        ] {
            let body = format!(r#"[{{"n":1}},{broken},{{"n":2}},"{{}}"]"#);
            check(&body, &[r#"{"n":1}"#, broken, r#"{"n":2}"#, r#""{}""#]);
            check(&format!("[{broken},{{}}]"), &[broken, "{}"]);
            check(&format!("[{{}},{broken}]"), &["{}", broken]);
        }
    }

    #[test]
    fn invalid_utf8_stays_in_its_element() {
        let items = split_array(b"[{\"n\":1},{\"n\":\"\xff\"},{\"n\":2}]").unwrap();
        assert_eq!(
            items,
            [&b"{\"n\":1}"[..], b"{\"n\":\"\xff\"}", b"{\"n\":2}"]
        );
    }

    #[test]
    fn a_torn_answer_gives_what_is_whole() {
        check(
            r#"[{"n":1},{"n":2},{"n":"#,
            &[r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":"#],
        );
        check(r#"[{"n":1},"#, &[r#"{"n":1}"#]);
        check("[", &[]);
    }

    #[test]
    fn what_is_no_array_is_said_to_be_none() {
        for body in ["", "{}", "null", "<html>[]</html>", r#"{"error":"x"}"#] {
            assert_eq!(split_array(body.as_bytes()), Err(NotAnArray), "{body}");
        }
    }

    #[test]
    fn hostile_input_takes_linear_time() {
        // Each `{` opens what never closes, so each would be read to the end.
        let body = format!("[{}", r#",{"a":["#.repeat(200_000));
        let items = split_array(body.as_bytes()).unwrap();
        assert_eq!(items.len(), 1);
    }
}
