//! The YAML of `config.yaml` as a tree that keeps comments, order and quoting,
//! so that a changed value leaves the rest of the file as it was. It reads the
//! part of YAML such files use: block and flow collections, scalars, block
//! text; no anchors, tags or several documents.

mod flow;
pub(super) mod read;

use std::fmt::Write as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Line in the source, from 1; 0 for nodes made here.
    pub(super) line: usize,
    /// Comment lines above, without indentation.
    pub(super) above: Vec<String>,
    /// Comment at the end of the line.
    pub(super) beside: Option<String>,
    pub(super) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Scalar { text: String, style: Style },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// `|` text.
    Block,
}

/// What a plain scalar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Str,
}

impl Tag {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Str => "!!str",
        }
    }
}

impl Node {
    pub(super) fn new(body: Body) -> Self {
        Self {
            line: 0,
            above: Vec::new(),
            beside: None,
            body,
        }
    }

    /// A string, quoted when it would read as something else.
    pub(super) fn string(text: &str) -> Self {
        let style = if tag(text) == Tag::Str {
            Style::Plain
        } else {
            Style::Double
        };
        Self::new(Body::Scalar {
            text: text.to_owned(),
            style,
        })
    }

    /// A number, a boolean or null.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::new(Body::Scalar {
            text: text.into(),
            style: Style::Plain,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(k, _)| k.scalar() == Some(key))
            .map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.body {
            Body::Map(entries) => entries
                .iter_mut()
                .find(|(k, _)| k.scalar() == Some(key))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> &[(Node, Node)] {
        match &self.body {
            Body::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.body {
            Body::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub(super) fn tag(&self) -> Option<Tag> {
        match &self.body {
            Body::Scalar {
                text,
                style: Style::Plain,
            } => Some(tag(text)),
            Body::Scalar { .. } => Some(Tag::Str),
            _ => None,
        }
    }
}

/// What the text would mean unquoted.
pub(super) fn tag(text: &str) -> Tag {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Tag::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Tag::Bool,
        _ if text.parse::<i64>().is_ok() => Tag::Int,
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            && text.parse::<f64>().is_ok() =>
        {
            Tag::Float
        }
        _ => Tag::Str,
    }
}

/// Old YAML read these as booleans, so the writer quotes them.
fn is_old_bool(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// The text of a document, collections in block style, indented by two.
/// Comments on their own line start at the margin, as CPA writes them.
pub(super) fn print(root: &Node, foot: &[String]) -> String {
    let mut out = String::new();
    match &root.body {
        Body::Map(entries) if !entries.is_empty() => print_map(&mut out, entries, 0, false),
        Body::List(items) if !items.is_empty() => print_list(&mut out, items, 0),
        _ => {
            print_value(&mut out, root, 0);
            out = out.trim_start().to_owned();
        }
    }
    for line in foot {
        let _infallible = writeln!(out, "{line}");
    }
    out
}

fn print_map(out: &mut String, entries: &[(Node, Node)], indent: usize, mut first_inline: bool) {
    for (key, value) in entries {
        if !std::mem::take(&mut first_inline) {
            print_above(out, &key.above);
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(&scalar_text(key, indent));
        out.push(':');
        if let Some(comment) = &key.beside {
            let _infallible = write!(out, " {comment}");
        }
        print_value(out, value, indent + 2);
    }
}

fn print_list(out: &mut String, items: &[Node], indent: usize) {
    for item in items {
        print_above(out, &item.above);
        out.push_str(&" ".repeat(indent));
        out.push('-');
        match &item.body {
            Body::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                print_map(out, entries, indent + 2, true);
            }
            _ => print_value(out, item, indent + 2),
        }
    }
}

/// What follows `key:` or `-`, with the line end.
fn print_value(out: &mut String, value: &Node, indent: usize) {
    match &value.body {
        Body::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            print_map(out, entries, indent, false);
            return;
        }
        Body::List(items) if !items.is_empty() => {
            out.push('\n');
            print_list(out, items, indent);
            return;
        }
        Body::Map(_) => out.push_str(" {}"),
        Body::List(_) => out.push_str(" []"),
        Body::Scalar { .. } => {
            let text = scalar_text(value, indent);
            if !text.is_empty() {
                out.push(' ');
                out.push_str(&text);
            }
        }
    }
    if let Some(comment) = &value.beside {
        let _infallible = write!(out, " {comment}");
    }
    out.push('\n');
}

fn print_above(out: &mut String, lines: &[String]) {
    for line in lines {
        let _infallible = writeln!(out, "{line}");
    }
}

fn scalar_text(node: &Node, indent: usize) -> String {
    let Body::Scalar { text, style } = &node.body else {
        return String::new();
    };
    match style {
        Style::Single => format!("'{}'", text.replace('\'', "''")),
        Style::Double => double_quoted(text),
        Style::Block => {
            let mut out = "|".to_owned();
            for line in text.lines() {
                let _infallible = write!(out, "\n{}{line}", " ".repeat(indent));
            }
            out
        }
        Style::Plain if is_old_bool(text) => double_quoted(text),
        Style::Plain if needs_quotes(text) => format!("'{}'", text.replace('\'', "''")),
        Style::Plain => text.clone(),
    }
}

fn double_quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _infallible = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn needs_quotes(text: &str) -> bool {
    let indicator = |c: char| ",[]{}#&*!|>'\"%@`".contains(c);
    text.starts_with(indicator)
        || text.starts_with("- ")
        || text.starts_with("? ")
        || text.starts_with(": ")
        || matches!(text, "-" | "?" | ":")
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
}

#[cfg(test)]
mod tests {
    use super::read::parse;
    use super::*;

    fn check(source: &str, printed: &str) {
        let (root, foot) = parse(source).unwrap();
        assert_eq!(print(&root, &foot), printed);
        let (again, foot) = parse(printed).unwrap();
        assert_eq!(print(&again, &foot), printed, "printing is stable");
    }

    #[test]
    fn comments_order_and_quotes_survive() {
        check(
            "# top\na: \"x\"   # side\nb: 'y'\n  # inner\nlist:\n  - one\n  - k: 1\n    l: [2, '3']\nmap: {z: null, e: {}}\n# foot\n",
            "# top\na: \"x\" # side\nb: 'y'\n# inner\nlist:\n  - one\n  - k: 1\n    l:\n      - 2\n      - '3'\nmap:\n  z: null\n  e: {}\n# foot\n",
        );
    }

    #[test]
    fn lists_at_the_level_of_their_key_are_lists_of_that_key() {
        check("a:\n- 1\n- 2\nb: c\n", "a:\n  - 1\n  - 2\nb: c\n");
    }

    #[test]
    fn block_text_and_empty_values_survive() {
        check(
            "a: |\n  one\n  two\nb:\nc: []\n",
            "a: |\n  one\n  two\nb:\nc: []\n",
        );
    }

    #[test]
    fn strings_that_read_as_something_else_are_quoted() {
        for (text, printed) in [
            ("1", "\"1\""),
            ("", "\"\""),
            ("true", "\"true\""),
            ("off", "\"off\""),
            ("# x", "'# x'"),
            ("http://h:1/", "http://h:1/"),
            ("gpt-5.4*", "gpt-5.4*"),
            ("*", "'*'"),
        ] {
            assert_eq!(scalar_text(&Node::string(text), 0), printed);
        }
    }
}
