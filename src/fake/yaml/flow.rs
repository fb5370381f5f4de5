//! Scalars and flow collections, character by character. Where they end is for
//! the caller to judge: what is left stays in [`Flow::rest`].

use super::{Body, Node, Style};

pub(super) struct Flow {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

pub(super) enum Stop {
    Unfinished,
    Bad(&'static str),
}

impl Flow {
    pub(super) fn new(source: &str, line: usize) -> Self {
        Self {
            chars: source.chars().collect(),
            at: 0,
            line,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> String {
        self.chars.iter().skip(self.at).collect()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(super) fn value(&mut self, inside: bool) -> Result<Node, Stop> {
        self.skip_spaces();
        let body = match self.peek() {
            Some('[') => self.list()?,
            Some('{') => self.map()?,
            Some('"') => self.double_quoted()?,
            Some('\'') => self.single_quoted()?,
            Some('&' | '*' | '!' | '%' | '@' | '`') => {
                return Err(Stop::Bad("found character that cannot start any token"));
            }
            _ => self.plain(inside),
        };
        Ok(Node {
            line: self.line,
            ..Node::new(body)
        })
    }

    fn list(&mut self) -> Result<Body, Stop> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_spaces();
            match self.peek() {
                None => return Err(Stop::Unfinished),
                Some(']') => {
                    self.at += 1;
                    return Ok(Body::List(items));
                }
                Some(',') => self.at += 1,
                Some(_) => items.push(self.value(true)?),
            }
        }
    }

    fn map(&mut self) -> Result<Body, Stop> {
        let mut entries = Vec::new();
        self.at += 1;
        loop {
            self.skip_spaces();
            match self.peek() {
                None => return Err(Stop::Unfinished),
                Some('}') => {
                    self.at += 1;
                    return Ok(Body::Map(entries));
                }
                Some(',') => self.at += 1,
                Some(_) => {
                    let key = self.value(true)?;
                    self.skip_spaces();
                    let value = if self.peek() == Some(':') {
                        self.at += 1;
                        self.value(true)?
                    } else {
                        Node::plain("")
                    };
                    entries.push((key, value));
                }
            }
        }
    }

    fn double_quoted(&mut self) -> Result<Body, Stop> {
        let mut text = String::new();
        loop {
            self.at += 1;
            match self.peek().ok_or(Stop::Unfinished)? {
                '"' => break,
                '\\' => {
                    self.at += 1;
                    text.push(match self.peek().ok_or(Stop::Unfinished)? {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        '0' => '\0',
                        'x' => self.code(2)?,
                        'u' => self.code(4)?,
                        'U' => self.code(8)?,
                        c => c,
                    });
                }
                c => text.push(c),
            }
        }
        self.at += 1;
        Ok(Body::Scalar {
            text,
            style: Style::Double,
        })
    }

    fn code(&mut self, digits: usize) -> Result<char, Stop> {
        let hex: String = self.chars.iter().skip(self.at + 1).take(digits).collect();
        self.at += digits;
        u32::from_str_radix(&hex, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or(Stop::Bad("did not find expected hexdecimal number"))
    }

    fn single_quoted(&mut self) -> Result<Body, Stop> {
        let mut text = String::new();
        loop {
            self.at += 1;
            match self.peek().ok_or(Stop::Unfinished)? {
                '\'' if self.chars.get(self.at + 1) == Some(&'\'') => {
                    self.at += 1;
                    text.push('\'');
                }
                '\'' => break,
                c => text.push(c),
            }
        }
        self.at += 1;
        Ok(Body::Scalar {
            text,
            style: Style::Single,
        })
    }

    fn plain(&mut self, inside: bool) -> Body {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            let next = self.chars.get(self.at + 1);
            let ends_key = c == ':' && next.is_none_or(|next| next.is_whitespace() || *next == ',');
            if (c == '#' && text.ends_with([' ', '\t']))
                || (inside && (",[]{}".contains(c) || ends_key))
            {
                break;
            }
            text.push(c);
            self.at += 1;
        }
        Body::Scalar {
            text: text.trim_end().to_owned(),
            style: Style::Plain,
        }
    }
}
