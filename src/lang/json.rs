//! JSON syntax (`*.tf.json`) to the same syntax tree as native syntax.
//!
//! JSON does not tell arguments from blocks, so a body read from it has arguments only, and whoever
//! knows what it may hold turns those that are blocks into blocks with [`as_blocks`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::*;
use super::number::Number;
use super::parse;
use super::value::{Str, Value};
use crate::diag::{Diagnostic, Diagnostics, FileId, Sources, Span};

/// Deeper than this, a text is refused.
const DEPTH: usize = 64;

/// Whole name of the kind of a file in JSON syntax.
pub fn is_json(name: &str) -> bool {
    name.ends_with(".json")
}

/// The body of a file in JSON syntax. What is wrong inside one string leaves the rest as it is.
pub fn parse(sources: &Sources, file: FileId) -> (Body, Diagnostics) {
    read(sources, file, false)
}

/// The values of a file of variable values: their strings are texts, not templates.
pub fn parse_values(sources: &Sources, file: FileId) -> (Body, Diagnostics) {
    read(sources, file, true)
}

fn read(sources: &Sources, file: FileId, literal: bool) -> (Body, Diagnostics) {
    let text = sources.get(file).text;
    let (path, found) = Default::default();
    let mut reader = Reader { text: &text, file, at: 0, literal, path, found };
    let whole = Span::new(file, 0, text.len());
    let attributes = match reader.document() {
        Ok(expr) => attributes_of(&expr, &mut reader.found),
        Err(one) => {
            reader.found.push(*one);
            Vec::new()
        }
    };
    let end = Span::new(file, text.len().saturating_sub(1), text.len());
    let body = Body { attributes, blocks: Vec::new(), span: whole, end, json: true };
    (body, reader.found)
}

/// The blocks that an argument of a JSON body stands for: one object a label, then an object or a
/// list of objects.
pub fn as_blocks(it: &Attribute, labels: &[&str], found: &mut Diagnostics) -> Vec<Block> {
    let mut blocks = Vec::new();
    nested(it, &it.value, labels, &mut Vec::new(), &mut blocks, found);
    blocks
}

/// Refuses an object with two properties of one name, anywhere in a value. Among the blocks of a body,
/// that is allowed.
pub fn refuse_repeated_keys(value: &Expr, found: &mut Diagnostics) {
    match &value.kind {
        ExprKind::Tuple(items) => items.iter().for_each(|it| refuse_repeated_keys(it, found)),
        ExprKind::Object(items) => {
            let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
            for (key, value) in items {
                refuse_repeated_keys(value, found);
                let ObjectKey::Expr(Expr { kind: ExprKind::Literal(name), span }) = key else {
                    continue;
                };
                let Some(name) = name.as_str() else { continue };
                if let Some(earlier) = seen.insert(name, *span) {
                    let detail = format!("`{name}` is defined already");
                    let one = Diagnostic::error("Duplicate object attribute", detail);
                    found.push(one.at(*span).label(earlier, "first here"));
                }
            }
        }
        _ => {}
    }
}

/// Properties whose strings are texts and not templates, by where they stand; `*` is any name.
const TEXTS: [&[&str]; 7] = [
    &["variable", "*", "default"],
    &["variable", "*", "description"],
    &["output", "*", "description"],
    &["module", "*", "source"],
    &["module", "*", "version"],
    &["provider", "*", "alias"],
    &["terraform", "required_version"],
];

fn nested(
    it: &Attribute,
    value: &Expr,
    labels: &[&str],
    seen: &mut Vec<Name>,
    blocks: &mut Vec<Block>,
    found: &mut Diagnostics,
) {
    let block = |body: Body, seen: &[Name]| {
        // Such a block begins with its brace.
        let header = Span { end: value.span.start + 1, ..value.span };
        Block { kind: it.name.clone(), labels: seen.to_vec(), body, header }
    };
    match (&value.kind, labels) {
        (ExprKind::Tuple(items), _) => {
            items.iter().for_each(|item| nested(it, item, labels, seen, blocks, found))
        }
        (ExprKind::Literal(value), []) if value.is_null() => {}
        (ExprKind::Object(_), []) => blocks.push(block(body_of(value, found), seen)),
        (ExprKind::Object(_), [_, rest @ ..]) => {
            for attribute in attributes_of(value, found) {
                seen.push(attribute.name.clone());
                nested(it, &attribute.value, rest, seen, blocks, found);
                seen.pop();
            }
        }
        _ => {
            let wanted = match labels {
                [] => "an object with the arguments of the block".to_string(),
                [label, ..] => format!("an object whose property names are the {label}"),
            };
            let one = Diagnostic::error(
                "Incorrect JSON value type",
                format!("`{}` takes {wanted}", it.name.text),
            );
            found.push(one.at(value.span));
        }
    }
}

fn body_of(value: &Expr, found: &mut Diagnostics) -> Body {
    let end = Span { start: value.span.end.saturating_sub(1), ..value.span };
    let attributes = attributes_of(value, found);
    Body { attributes, blocks: Vec::new(), span: value.span, end, json: true }
}

/// Properties as arguments; those called `//` are comments.
fn attributes_of(value: &Expr, found: &mut Diagnostics) -> Vec<Attribute> {
    let items = match &value.kind {
        ExprKind::Object(items) => items,
        ExprKind::Tuple(items) => {
            return items.iter().flat_map(|item| attributes_of(item, found)).collect();
        }
        _ => {
            let one = Diagnostic::error("Incorrect JSON value type", "here, an object is expected");
            found.push(one.at(value.span));
            return Vec::new();
        }
    };
    let mut attributes: Vec<Attribute> = Vec::new();
    for (key, value) in items {
        let ObjectKey::Expr(key) = key else { continue };
        let name = match &key.kind {
            ExprKind::Literal(text) => text.as_str().unwrap_or(""),
            _ => {
                let one = Diagnostic::error(
                    "Invalid property name",
                    "the name of an argument or block is fixed text: no templates",
                );
                found.push(one.at(key.span));
                continue;
            }
        };
        if name == "//" {
            continue;
        }
        attributes.push(Attribute {
            name: Name { text: name.into(), span: key.span },
            value: Arc::new(value.clone()),
            span: key.span.to(value.span),
        });
    }
    attributes
}

type Step<T = ()> = Result<T, Box<Diagnostic>>;

/// A JSON reader that keeps the place of every value; strings become templates.
struct Reader<'a> {
    text: &'a str,
    file: FileId,
    at: usize,
    /// Whether strings are only texts.
    literal: bool,
    /// Names of the properties that lead here.
    path: Vec<Str>,
    found: Diagnostics,
}

impl Reader<'_> {
    fn document(&mut self) -> Step<Expr> {
        if self.text.len() > parse::MAX_BYTES {
            return self.error("file too large", "this file is larger than what is read");
        }
        if self.text.starts_with('\u{feff}') {
            self.at = 3;
        }
        let expr = self.value(0)?;
        if self.peek().is_some() {
            return self.error("Extraneous data after value", "the JSON value ends before this");
        }
        Ok(expr)
    }

    fn error<T>(&self, summary: &str, detail: &str) -> Step<T> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let len = rest.chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.file, self.at, self.at + len);
        Err(Box::new(Diagnostic::error(summary, detail).at(span)))
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.at)
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += found as usize;
        found
    }

    fn value(&mut self, depth: usize) -> Step<Expr> {
        if depth > DEPTH {
            return self.error("nested too deeply", "JSON values may nest 64 levels deep");
        }
        let first = self.peek();
        let start = self.at;
        let kind = match first {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => return self.string(),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(byte) if byte.is_ascii_alphabetic() => self.keyword()?,
            Some(_) => return self.error("Invalid JSON", "here, a value is expected"),
            None => {
                return self.error("Missing JSON value", "the text ends where a value is expected");
            }
        };
        Ok(Expr { kind, span: self.span(start) })
    }

    /// The value of a property.
    fn property(&mut self, key: &Expr, depth: usize) -> Step<Expr> {
        let name = match &key.kind {
            ExprKind::Literal(name) => name.as_str().unwrap_or_default(),
            _ => "",
        };
        self.path.push(name.into());
        let is_it = |wanted: &&[&str]| {
            let mut both = wanted.iter().zip(&self.path);
            wanted.len() == self.path.len() && both.all(|(a, b)| *a == "*" || *a == &**b)
        };
        let outer = self.literal;
        self.literal |= TEXTS.iter().any(is_it);
        let value = self.value(depth);
        self.literal = outer;
        self.path.pop();
        value
    }

    fn keyword(&mut self) -> Step<ExprKind> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..len];
        let value = match word {
            "null" => Value::NULL,
            "true" => Value::TRUE,
            "false" => Value::FALSE,
            _ => {
                return self.error(
                    "Invalid JSON keyword",
                    &format!("`{word}` is not JSON; text stands in double quotes"),
                );
            }
        };
        self.at += len;
        Ok(ExprKind::Literal(value))
    }

    fn number(&mut self) -> Step<ExprKind> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let len = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let word = &rest[..len];
        let digits = word.trim_start_matches('-');
        let leading_zero = digits.len() > 1
            && digits.starts_with('0')
            && digits[1..].starts_with(|c: char| c.is_ascii_digit());
        match Number::parse(word) {
            Some(number) if !leading_zero => {
                self.at += len;
                Ok(ExprKind::Literal(Value::number(number)))
            }
            _ => self.error("Invalid JSON number", &format!("`{word}` is not a number")),
        }
    }

    /// A string is a template. Its text is where it stands unless it holds escapes.
    fn string(&mut self) -> Step<Expr> {
        let start = self.at;
        let text = self.raw_string()?;
        let span = self.span(start);
        if self.literal {
            return Ok(Expr { kind: ExprKind::Literal(Value::from(text)), span });
        }
        let as_written = self.text.get(start + 1..self.at - 1) == Some(&*text);
        let (expr, found) = parse::parse_template_in(&text, span, as_written.then_some(start + 1));
        self.found.extend(found);
        let mut expr = expr.unwrap_or(Expr { kind: ExprKind::Literal(Value::NULL), span });
        expr.span = span;
        Ok(expr)
    }

    fn raw_string(&mut self) -> Step<String> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(b'\n') | None => {
                    return self.error("Unterminated JSON string", "the closing quote is missing");
                }
                Some(_) => end += 1,
            }
        }
        let raw = self.text.get(start..end + 1).unwrap_or("\"\"");
        match serde_json::from_str(raw) {
            Ok(text) => {
                self.at = end + 1;
                Ok(text)
            }
            Err(why) => self.error("Invalid JSON string", &why.to_string()),
        }
    }

    fn array(&mut self, depth: usize) -> Step<ExprKind> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(ExprKind::Tuple(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(b']') {
                return Ok(ExprKind::Tuple(items));
            }
            if !self.eat(b',') {
                return self.error("Missing JSON comma", "here, a comma or `]` is expected");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Step<ExprKind> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b'}') {
            return Ok(ExprKind::Object(items));
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.error(
                    "Invalid JSON property name",
                    "here, the name of a property in double quotes is expected",
                );
            }
            let key = self.string()?;
            if !self.eat(b':') {
                return self
                    .error("Missing JSON colon", "a colon is expected after a property name");
            }
            let value = self.property(&key, depth + 1)?;
            items.push((ObjectKey::Expr(key), value));
            if self.eat(b'}') {
                return Ok(ExprKind::Object(items));
            }
            if !self.eat(b',') {
                return self.error("Missing JSON comma", "here, a comma or `}` is expected");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Body, Diagnostics) {
        let sources = Sources::default();
        let file = sources.add("main.tf.json", text);
        parse(&sources, file)
    }

    #[test]
    fn properties_become_blocks_where_blocks_are_wanted() {
        let (body, found) =
            read(r#"{"//": "note", "resource": {"a": {"b": {"x": "${y.z}"}, "c": [{}, {}]}}}"#);
        assert!(found.is_empty(), "{found}");
        let mut found = Diagnostics::new();
        let blocks = as_blocks(&body.attributes[0], &["type", "name"], &mut found);
        let labels: Vec<String> = blocks
            .iter()
            .map(|it| format!("{}.{}", it.labels[0].text, it.labels[1].text))
            .collect();
        assert_eq!(labels, ["a.b", "a.c", "a.c"]);
        let ExprKind::Wrap(inner) = &blocks[0].body.attributes[0].value.kind else { panic!() };
        assert_eq!((inner.span.start, inner.span.end), (48, 51));
    }

    #[test]
    fn what_is_no_expression_is_text() {
        let (body, found) = read(
            r#"{"variable": [{"a": {"default": {"k": "${x}"}, "description": "$${"}}], "locals": {"a": "$${"}}"#,
        );
        assert!(found.is_empty(), "{found}");
        let mut found = Diagnostics::new();
        let block = as_blocks(&body.attributes[0], &["name"], &mut found).remove(0);
        let literal = |it: &Expr| match &it.kind {
            ExprKind::Literal(text) => text.as_str().unwrap().to_string(),
            kind => panic!("{kind:?}"),
        };
        let ExprKind::Object(items) = &block.body.attributes[0].value.kind else { panic!() };
        assert_eq!(literal(&items[0].1), "${x}");
        assert_eq!(literal(&block.body.attributes[1].value), "$${");
        let locals = as_blocks(&body.attributes[1], &[], &mut found).remove(0);
        assert_eq!(literal(&locals.body.attributes[0].value), "${");
    }

    #[test]
    fn an_object_names_each_property_once() {
        let (body, _) = read(r#"{"a": [{"k": 1, "l": {"m": 1, "m": 2}, "k": 2}]}"#);
        let mut found = Diagnostics::new();
        refuse_repeated_keys(&body.attributes[0].value, &mut found);
        let places: Vec<u32> = found.iter().map(|it| it.span.unwrap().start).collect();
        assert_eq!(places, [30, 39]);
    }

    #[test]
    fn bad_json_is_placed() {
        for (text, at) in [
            ("{\"a\": 1,}", 8),
            ("{\"a\" 1}", 5),
            ("[1 2]", 3),
            ("{\"a\": tru}", 6),
            ("{\"a\": 01}", 6),
            ("{} x", 3),
            ("", 0),
            ("{\"a\": \"", 6),
        ] {
            let (_, found) = read(text);
            let first = found.iter().next().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(first.span.unwrap().start, at, "{text}: {first}");
        }
        assert!(read(&"[".repeat(100_000)).1.has_errors());
    }
}
