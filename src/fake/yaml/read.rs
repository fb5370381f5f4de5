//! Reads the YAML of `config.yaml` into a tree. Errors speak as Go's parser
//! does where the recording shows its words.

use super::flow::{Flow, Stop};
use super::{Body, Node, Style};

/// A syntax error, in the words of Go's `yaml.v3`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::fake) struct SyntaxError(pub(in crate::fake) String);

type Read<T> = Result<T, SyntaxError>;

fn fail<T>(line: usize, what: &str) -> Read<T> {
    Err(SyntaxError(format!("yaml: line {line}: {what}")))
}

/// The root and the comment lines after it. An empty document is an empty map.
pub(in crate::fake) fn parse(source: &str) -> Read<(Node, Vec<String>)> {
    let mut reader = Reader {
        lines: source.lines().collect(),
        at: 0,
        comments: Vec::new(),
    };
    let Some(indent) = reader.next_indent()? else {
        return Ok((Node::new(Body::Map(Vec::new())), reader.comments));
    };
    let root = reader.block(indent)?;
    if reader.next_indent()?.is_some() {
        return fail(reader.at + 1, "did not find expected key");
    }
    Ok((root, reader.comments))
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    /// Index of the current line.
    at: usize,
    /// Comment lines passed and not yet given to a node.
    comments: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Passes blank lines and comments; the indentation of the next content.
    fn next_indent(&mut self) -> Read<Option<usize>> {
        while let Some(line) = self.lines.get(self.at) {
            let content = line.trim_start_matches(' ');
            if content.starts_with('\t') {
                return fail(self.at + 1, "found character that cannot start any token");
            }
            let content = content.trim_end();
            if content.starts_with('#') {
                self.comments.push(content.to_owned());
            } else if content.is_empty() {
                // A blank line counts only as the end of a comment.
                if self.comments.last().is_some_and(|last| !last.is_empty()) {
                    self.comments.push(String::new());
                }
            } else if !(content == "---" && self.at == 0) {
                return Ok(Some(line.len() - line.trim_start_matches(' ').len()));
            }
            self.at += 1;
        }
        while self.comments.last().is_some_and(String::is_empty) {
            self.comments.pop();
        }
        Ok(None)
    }

    fn content(&self, indent: usize) -> &'a str {
        self.lines
            .get(self.at)
            .and_then(|line| line.get(indent..))
            .unwrap_or_default()
            .trim_end()
    }

    /// The block that starts on the current line at this indentation.
    fn block(&mut self, indent: usize) -> Read<Node> {
        let content = self.content(indent);
        if is_item(content) {
            self.list(indent)
        } else if split_key(content).is_some() {
            self.map(indent)
        } else {
            let line = self.at + 1;
            let mut node = self.inline(content, indent)?;
            node.line = line;
            Ok(node)
        }
    }

    fn list(&mut self, indent: usize) -> Read<Node> {
        let line = self.at + 1;
        let mut items = Vec::new();
        while self.next_indent()? == Some(indent) && is_item(self.content(indent)) {
            let above = std::mem::take(&mut self.comments);
            let rest = self.content(indent).get(1..).unwrap_or_default();
            let inner = rest.trim_start();
            let column = indent + 1 + (rest.len() - inner.len());
            let mut item = if inner.is_empty() || inner.starts_with('#') {
                self.nested(inner, indent, false)?
            } else if is_item(inner) || split_key(inner).is_some() {
                self.compact(column)?
            } else {
                let line = self.at + 1;
                let mut item = self.inline(inner, indent + 1)?;
                item.line = line;
                item
            };
            item.above = above;
            items.push(item);
        }
        Ok(Node {
            line,
            ..Node::new(Body::List(items))
        })
    }

    /// A map or list that starts behind `- `: its first line is this one.
    fn compact(&mut self, column: usize) -> Read<Node> {
        if is_item(self.content(column)) {
            self.list_from_here(column)
        } else {
            self.map(column)
        }
    }

    fn list_from_here(&mut self, column: usize) -> Read<Node> {
        let inner = self
            .content(column)
            .get(1..)
            .unwrap_or_default()
            .trim_start();
        let line = self.at + 1;
        let first = self.inline(inner, column + 1)?;
        let mut list = self.list(column)?;
        if let Body::List(items) = &mut list.body {
            items.insert(0, Node { line, ..first });
        }
        Ok(list)
    }

    fn map(&mut self, indent: usize) -> Read<Node> {
        let line = self.at + 1;
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut first = true;
        while std::mem::take(&mut first) || self.next_indent()? == Some(indent) {
            let content = self.content(indent);
            let Some((key, rest)) = split_key(content) else {
                return fail(self.at + 1, "could not find expected ':'");
            };
            let mut key = scalar(key, self.at + 1)?;
            key.above = std::mem::take(&mut self.comments);
            if entries.iter().any(|(k, _)| k.scalar() == key.scalar()) {
                return fail(
                    self.at + 1,
                    &format!(
                        "mapping key \"{}\" already defined",
                        key.scalar().unwrap_or_default()
                    ),
                );
            }
            let value = if rest.is_empty() || rest.starts_with('#') {
                if rest.starts_with('#') && self.has_nested(indent)? {
                    key.beside = Some(rest.to_owned());
                }
                self.nested(if key.beside.is_some() { "" } else { rest }, indent, true)?
            } else {
                let line = self.at + 1;
                let mut value = self.inline(rest, indent + 1)?;
                value.line = line;
                value
            };
            entries.push((key, value));
        }
        if self.lines.get(self.at).is_some()
            && self.next_indent()?.is_some_and(|next| next > indent)
        {
            return fail(self.at + 1, "did not find expected key");
        }
        Ok(Node {
            line,
            ..Node::new(Body::Map(entries))
        })
    }

    fn has_nested(&mut self, indent: usize) -> Read<bool> {
        let (at, held) = (self.at, self.comments.len());
        self.at += 1;
        let next = self.next_indent()?;
        let nested = next
            .is_some_and(|next| next > indent || (next == indent && is_item(self.content(indent))));
        self.at = at;
        self.comments.truncate(held);
        Ok(nested)
    }

    /// What stands on the lines below `key:` or `-`; nothing there = null.
    fn nested(&mut self, comment: &str, indent: usize, of_key: bool) -> Read<Node> {
        let line = self.at + 1;
        self.at += 1;
        let held = self.at;
        match self.next_indent()? {
            Some(next) if next > indent => self.block(next),
            // A list may start at the column of its key.
            Some(next) if of_key && next == indent && is_item(self.content(indent)) => {
                self.list(indent)
            }
            _ => {
                // Comments below belong to whatever follows; read them again.
                self.at = held;
                self.comments.clear();
                let mut null = Node::plain("");
                null.line = line;
                null.beside = (!comment.is_empty()).then(|| comment.to_owned());
                Ok(null)
            }
        }
    }

    /// A scalar or flow collection that starts on this line; passes its lines.
    fn inline(&mut self, content: &str, indent: usize) -> Read<Node> {
        let line = self.at + 1;
        if content.starts_with('|') || content.starts_with('>') {
            return Ok(self.block_text(content, indent));
        }
        let mut source = content.to_owned();
        self.at += 1;
        loop {
            let mut flow = Flow::new(&source, line);
            match flow.value(false) {
                Ok(mut node) => {
                    let rest: String = flow.rest();
                    let rest = rest.trim();
                    if !rest.is_empty() && !rest.starts_with('#') {
                        return fail(line, "did not find expected key");
                    }
                    node.beside = (!rest.is_empty()).then(|| rest.to_owned());
                    return Ok(node);
                }
                // A flow collection or quoted text may go on below.
                Err(Stop::Unfinished) => match self.lines.get(self.at) {
                    Some(next) => {
                        source.push(' ');
                        source.push_str(next.trim());
                        self.at += 1;
                    }
                    None => return fail(line, "did not find expected node content"),
                },
                Err(Stop::Bad(what)) => return fail(line, what),
            }
        }
    }

    fn block_text(&mut self, header: &str, indent: usize) -> Node {
        let mut lines: Vec<&str> = Vec::new();
        let mut margin = None;
        self.at += 1;
        while let Some(line) = self.lines.get(self.at) {
            let depth = line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() && depth < *margin.get_or_insert(depth.max(indent)) {
                break;
            }
            lines.push(line.get(margin.unwrap_or(0)..).unwrap_or_default());
            self.at += 1;
        }
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let join = if header.starts_with('>') { " " } else { "\n" };
        let mut text = lines.join(join);
        if !header.contains('-') {
            text.push('\n');
        }
        Node::new(Body::Scalar {
            text,
            style: Style::Block,
        })
    }
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// `key: rest`, where the key may be quoted. The rest has no outer spaces.
fn split_key(content: &str) -> Option<(&str, &str)> {
    let from = match content.chars().next()? {
        quote @ ('"' | '\'') => content.get(1..)?.find(quote)? + 2,
        '[' | '{' | '#' | '|' | '>' => return None,
        _ => 0,
    };
    let colon = content.match_indices(':').map(|(at, _)| at).find(|at| {
        *at >= from && matches!(content.as_bytes().get(at + 1), None | Some(b' ' | b'\t'))
    })?;
    let key = content.get(..colon)?;
    if key.contains(" #") {
        return None;
    }
    Some((key, content.get(colon + 1..)?.trim()))
}

fn scalar(text: &str, line: usize) -> Read<Node> {
    let mut flow = Flow::new(text.trim(), line);
    match flow.value(false) {
        Ok(node) => Ok(Node { line, ..node }),
        Err(_) => fail(line, "did not find expected key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, error: &str) {
        assert_eq!(parse(source).unwrap_err(), SyntaxError(error.to_owned()));
    }

    #[test]
    fn syntax_errors_name_the_line() {
        check(
            "port: [",
            "yaml: line 1: did not find expected node content",
        );
        check("a: 1\nb\n", "yaml: line 2: could not find expected ':'");
        check(
            "a:\n\tb: 1\n",
            "yaml: line 2: found character that cannot start any token",
        );
        check(
            "a: 1\na: 2\n",
            "yaml: line 2: mapping key \"a\" already defined",
        );
    }

    #[test]
    fn flow_collections_may_span_lines() {
        let (root, _) = parse("a: [1,\n  two, {b: \"c, d\"}]\n").unwrap();
        let Body::List(items) = &root.get("a").unwrap().body else {
            panic!("a list");
        };
        assert_eq!(items[1].scalar(), Some("two"));
        assert_eq!(items[2].get("b").unwrap().scalar(), Some("c, d"));
    }
}
