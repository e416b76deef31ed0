//! One value as `output` and the console print it.

use std::fmt::Write;

use crate::address::quoted;
use crate::lang::value::{Kind, Value};

/// The value over as many lines as it takes; sensitive parts are hidden.
pub fn value(it: &Value) -> String {
    let mut out = String::new();
    write(&mut out, it, 0);
    out
}

/// One line of text for a terminal: control characters are written as escapes.
pub fn printable(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push(c),
            c if c.is_control() => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A string in quotes, safe for a terminal.
pub fn literal(text: &str) -> String {
    printable(&quoted(text))
}

/// Whether a name can stand without quotes.
pub fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = |c| unicode_ident::is_xid_start(c) || c == '_';
    chars.next().is_some_and(starts)
        && chars.all(|c| unicode_ident::is_xid_continue(c) || c == '-')
}

fn write(out: &mut String, it: &Value, depth: usize) {
    if it.marks().sensitive {
        return out.push_str("(sensitive value)");
    }
    match it.kind() {
        Kind::Null(ty) => match ty {
            crate::lang::types::Type::Any => out.push_str("null"),
            ty if ty.is_primitive() => drop(write!(out, "to{ty}(null)")),
            ty => drop(write!(out, "null /* {} */", ty.friendly())),
        },
        Kind::Unknown(_) => out.push_str("(known after apply)"),
        Kind::Bool(it) => drop(write!(out, "{it}")),
        Kind::Number(it) => drop(write!(out, "{it}")),
        Kind::String(it) if it.contains('\n') => heredoc(out, it, depth),
        Kind::String(it) => out.push_str(&literal(it)),
        Kind::List(_, items) => wrapped(out, "tolist(", ")", |out| sequence(out, items, depth)),
        Kind::Set(_, items) => wrapped(out, "toset(", ")", |out| sequence(out, items, depth)),
        Kind::Tuple(items) => sequence(out, items, depth),
        Kind::Map(_, items) => wrapped(out, "tomap(", ")", |out| {
            entries(out, items.iter().map(|(k, v)| (&**k, v)), depth);
        }),
        Kind::Object(items) => entries(out, items.iter().map(|(k, v)| (&**k, v)), depth),
    }
}

fn wrapped(out: &mut String, open: &str, close: &str, inner: impl FnOnce(&mut String)) {
    out.push_str(open);
    inner(out);
    out.push_str(close);
}

fn indent(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', 2 * depth));
}

fn sequence(out: &mut String, items: &[Value], depth: usize) {
    if items.is_empty() {
        return out.push_str("[]");
    }
    out.push('[');
    for item in items {
        indent(out, depth + 1);
        write(out, item, depth + 1);
        out.push(',');
    }
    indent(out, depth);
    out.push(']');
}

fn entries<'a>(
    out: &mut String,
    items: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
    depth: usize,
) {
    if items.len() == 0 {
        return out.push_str("{}");
    }
    out.push('{');
    for (key, value) in items {
        indent(out, depth + 1);
        let _ = write!(out, "{} = ", literal(key));
        write(out, value, depth + 1);
    }
    indent(out, depth);
    out.push('}');
}

/// Text over several lines; a marker that does not occur in it ends it.
fn heredoc(out: &mut String, text: &str, depth: usize) {
    let marker = std::iter::successors(Some("EOT".to_string()), |it| Some(format!("{it}_")))
        .find(|marker| text.lines().all(|line| line.trim() != marker))
        .unwrap_or_default();
    let _ = write!(out, "<<{}{marker}", if depth > 0 { "-" } else { "" });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        indent(out, depth);
        out.push_str(&printable(line));
    }
    indent(out, depth);
    out.push_str(&marker);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::types::Type;

    #[test]
    fn values_print_as_in_the_console() {
        let secret = Value::from("hunter2").sensitive();
        for (it, want) in [
            (Value::from("a\"b"), r#""a\"b""#),
            (Value::from("x\ny\n"), "<<EOT\nx\ny\nEOT"),
            (Value::tuple([1.into(), Value::from(true)]), "[\n  1,\n  true,\n]"),
            (Value::list(Type::String, ["a".into()]), "tolist([\n  \"a\",\n])"),
            (Value::object([("k", secret)]), "{\n  \"k\" = (sensitive value)\n}"),
            (Value::map(Type::String, []), "tomap({})"),
            (Value::null(Type::String), "tostring(null)"),
            (Value::NULL, "null"),
        ] {
            assert_eq!(value(&it), want);
        }
    }

    #[test]
    fn a_terminal_is_not_taken_over() {
        assert!(!value(&Value::from("\u{1b}[2J\n\u{9b}x")).contains(['\u{1b}', '\u{9b}']));
    }
}
