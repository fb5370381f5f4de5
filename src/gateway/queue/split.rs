//! Takes a JSON array apart while it arrives. Each element comes out as the
//! exact bytes it was sent as; whether it is a good element is not asked here.
//! Memory is one unfinished element: of one that is too long the end is left
//! out, and those behind it come as they are.

use crate::domain::collection::LONGEST_ITEM;

/// Room made in advance for an element that has not begun.
const MOST_ROOM: usize = 8 << 10;

#[derive(Debug, Default)]
pub struct Splitter {
    /// The element that is not complete yet.
    element: Vec<u8>,
    state: State,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    BeforeArray,
    Inside,
    AfterArray,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the answer is not a JSON array")]
    NotAnArray,
}

impl Splitter {
    /// Feeds the next bytes and appends the elements they complete.
    pub fn feed(&mut self, mut bytes: &[u8], done: &mut Vec<Vec<u8>>) -> Result<(), Fault> {
        loop {
            bytes = self.text(bytes);
            let Some((&byte, rest)) = bytes.split_first() else {
                break;
            };
            bytes = rest;
            match self.state {
                State::BeforeArray if byte.is_ascii_whitespace() => {}
                State::BeforeArray if byte == b'[' => self.state = State::Inside,
                State::BeforeArray => return Err(Fault::NotAnArray),
                State::Inside => self.inside(byte, done),
                State::AfterArray => {}
            }
        }
        Ok(())
    }

    /// What is left when the bytes end before the array does, if anything.
    #[must_use]
    pub fn rest(self) -> Option<Vec<u8>> {
        let rest = self.element.trim_ascii();
        (!rest.is_empty()).then(|| rest.to_vec())
    }

    /// The array was closed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::AfterArray
    }

    /// Takes what a string holds up to its next special byte, all at once: most
    /// bytes of an element are such. Returns what follows.
    fn text<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if !self.in_string || self.escaped {
            return bytes;
        }
        let special = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        let (text, rest) = bytes.split_at(special.unwrap_or(bytes.len()));
        let room = (LONGEST_ITEM + 1).saturating_sub(self.element.len());
        self.element
            .extend_from_slice(text.get(..room).unwrap_or(text));
        rest
    }

    fn inside(&mut self, byte: u8, done: &mut Vec<Vec<u8>>) {
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
        } else {
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b',' if self.depth == 0 => return self.finish(done),
                b']' if self.depth == 0 => {
                    self.finish(done);
                    self.state = State::AfterArray;
                    return;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        if self.element.len() <= LONGEST_ITEM {
            self.element.push(byte);
        }
    }

    fn finish(&mut self, done: &mut Vec<Vec<u8>>) {
        // Elements are much alike, so the next one is given the room of this.
        let next = Vec::with_capacity(self.element.len().min(MOST_ROOM));
        let element = std::mem::replace(&mut self.element, next);
        let trimmed = element.trim_ascii();
        if trimmed.len() == element.len() && !element.is_empty() {
            done.push(element);
        } else if !trimmed.is_empty() {
            done.push(trimmed.to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&str]) -> (Vec<String>, Option<String>) {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let mut splitter = Splitter::default();
        let mut done = Vec::new();
        for piece in pieces {
            splitter.feed(piece.as_bytes(), &mut done).unwrap();
        }
        (
            done.into_iter().map(text).collect(),
            splitter.rest().map(text),
        )
    }

    #[test]
    fn elements_keep_their_bytes() {
        let (items, rest) = split(&[r#" [ {"a":[1,2],"b":"x,]\"}\\"} ,"s", 5 , null ] "#]);
        assert_eq!(
            items,
            [r#"{"a":[1,2],"b":"x,]\"}\\"}"#, r#""s""#, "5", "null"]
        );
        assert_eq!(rest, None);
        assert_eq!(split(&["[]"]), (vec![], None));
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut() {
        let whole = r#"[{"a":"\\\"]"},{"b":[{}]},garbage,{"c":1}]"#;
        let (expected, _) = split(&[whole]);
        assert_eq!(expected.len(), 4);
        for at in 0..whole.len() {
            let (head, tail) = whole.split_at(at);
            assert_eq!(split(&[head, tail]).0, expected, "cut at {at}");
        }
    }

    #[test]
    fn a_torn_answer_gives_its_complete_elements_and_the_rest() {
        let (items, rest) = split(&[r#"[{"a":1},{"b":"#]);
        assert_eq!(items, [r#"{"a":1}"#]);
        assert_eq!(rest.as_deref(), Some(r#"{"b":"#));
    }

    #[test]
    fn an_endless_element_costs_no_neighbour() {
        let mut splitter = Splitter::default();
        let mut done = Vec::new();
        splitter.feed(br#"[1,{"a":""#, &mut done).unwrap();
        for _ in 0..40 {
            splitter.feed(&vec![b'x'; 1 << 20], &mut done).unwrap();
        }
        splitter.feed(br#""},2]"#, &mut done).unwrap();
        let sizes: Vec<_> = done.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, LONGEST_ITEM + 1, 1]);
        assert!(splitter.is_complete());
    }

    #[test]
    fn something_else_than_an_array_is_refused() {
        let mut done = Vec::new();
        let fed = Splitter::default().feed(b"<html>", &mut done);
        assert_eq!(fed, Err(Fault::NotAnArray));
    }
}
