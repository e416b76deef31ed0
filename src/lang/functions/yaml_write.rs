//! `yamlencode`: block style, text of one line in double quotes, of several as a block, keys in order.

use super::{CallError, Context, MAX_TEXT, Outcome, failed};
use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};

/// Longest key that stands before its `:` without further marks, in bytes.
const MAX_KEY: usize = 128;
/// Deepest nesting of a value that is written.
const MAX_DEPTH: usize = 256;

/// `yamlencode(value)`
pub(super) fn yamlencode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let value = args.first().cloned().unwrap_or(Value::NULL);
    if !value.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::String));
    }
    let mut out = String::new();
    write(&value, 2, 0, &mut out).map_err(CallError::Failed)?;
    let plain = matches!(value.kind(), Kind::Null(_) | Kind::Bool(_) | Kind::Number(_));
    // A plain text could go on in the next line, so the end of the document is marked.
    out.push_str(if plain {
        "\n...\n"
    } else if out.ends_with('\n') {
        ""
    } else {
        "\n"
    });
    match out.len() > MAX_TEXT {
        true => failed("the result is larger than 64 MiB"),
        false => Ok(out.into()),
    }
}

/// Writes the value; a collection that is not empty ends with a line end.
fn write(value: &Value, indent: usize, depth: usize, out: &mut String) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("the value is nested deeper than {MAX_DEPTH} levels"));
    }
    match value.kind() {
        Kind::Null(_) => out.push_str("null"),
        Kind::Unknown(_) => return Err("the value is not known yet".into()),
        Kind::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Kind::Number(it) => out.push_str(&it.to_string()),
        Kind::String(it) => text(it, indent, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            if items.is_empty() {
                out.push_str("[]");
            }
            write_items(items, indent - 2, depth, out)?;
        }
        Kind::Map(..) | Kind::Object(_) => {
            if value.as_entries().is_some_and(|it| it.is_empty()) {
                out.push_str("{}");
            }
            write_entries(value, indent - 2, depth, out)?;
        }
    }
    Ok(())
}

fn full(value: &Value) -> bool {
    let items = value.as_slice().is_some_and(|it| !it.is_empty());
    items || value.as_entries().is_some_and(|it| !it.is_empty())
}

fn write_items(
    items: &[Value],
    indent: usize,
    depth: usize,
    out: &mut String,
) -> Result<(), String> {
    for (at, item) in items.iter().enumerate() {
        // The first stands where the line already is.
        out.push_str(&" ".repeat(if at > 0 { indent } else { 0 }));
        out.push_str("- ");
        write_nested(item, indent + 2, depth, out)?;
    }
    Ok(())
}

fn write_entries(
    value: &Value,
    indent: usize,
    depth: usize,
    out: &mut String,
) -> Result<(), String> {
    for (at, (key, item)) in value.as_entries().into_iter().flatten().enumerate() {
        out.push_str(&" ".repeat(if at > 0 { indent } else { 0 }));
        // A key that spans lines or is long is marked as one, and so is its value.
        if key.len() > MAX_KEY || key.contains('\n') {
            out.push_str("? ");
            text(key, indent + 2, out);
            if !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(&" ".repeat(indent));
            out.push_str(": ");
            write_nested(item, indent + 2, depth, out)?;
            continue;
        }
        quote(key, out);
        out.push(':');
        match full(item) {
            // A sequence in a mapping is not indented; a mapping in a mapping is.
            true => {
                let indent = if item.as_slice().is_some() { indent } else { indent + 2 };
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                write_nested(item, indent, depth, out)?;
            }
            false => {
                out.push(' ');
                write_nested(item, indent + 2, depth, out)?;
            }
        }
    }
    Ok(())
}

fn write_nested(
    value: &Value,
    indent: usize,
    depth: usize,
    out: &mut String,
) -> Result<(), String> {
    if depth >= MAX_DEPTH || out.len() > MAX_TEXT {
        return Err("the value is nested too deep or is too large".into());
    }
    match value.as_slice() {
        Some(items) if !items.is_empty() => write_items(items, indent, depth + 1, out),
        _ if full(value) => write_entries(value, indent, depth + 1, out),
        _ => {
            write(value, indent, depth + 1, out)?;
            if !out.ends_with('\n') {
                out.push('\n');
            }
            Ok(())
        }
    }
}

/// A text of several lines as a block whose lines are indented so; any other in double quotes.
fn text(text: &str, indent: usize, out: &mut String) {
    let plain = |it: char| it == '\n' || (printable(it) && !matches!(it, '\u{2028}' | '\u{2029}'));
    let block = text.contains('\n') && text.chars().all(plain);
    if !block || text.ends_with(' ') || text.contains(" \n") {
        return quote(text, out);
    }
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text == "\n" || text.ends_with("\n\n") {
        out.push('+');
    }
    out.push('\n');
    for line in text.split_inclusive('\n') {
        if line != "\n" {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
    }
    if !text.ends_with('\n') {
        out.push('\n');
    }
}

/// In double quotes, with what is not printable escaped.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            it if printable(it) => out.push(it),
            it => match u32::from(it) {
                code @ ..=0xff => out.push_str(&format!("\\x{code:02X}")),
                code @ ..=0xffff => out.push_str(&format!("\\u{code:04X}")),
                code => out.push_str(&format!("\\U{code:08X}")),
            },
        }
    }
    out.push('"');
}

/// What libyaml takes for printable: nothing beyond the basic plane.
fn printable(it: char) -> bool {
    matches!(it, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn nesting_follows_terraforms_style() {
        for (value, want) in [
            (
                r#"{"a":[[1,2],[3]],"b":[{"c":1,"d":[2]}]}"#,
                concat!("\"a\":\n- - 1\n  - 2\n- - 3\n", "\"b\":\n- \"c\": 1\n  \"d\":\n  - 2\n"),
            ),
            (r#"[[],{}, {"x":{"y":null}}]"#, "- []\n- {}\n- \"x\":\n    \"y\": null\n"),
            (r#""é\u0085\u0001""#, "\"é\\N\\x01\"\n"),
        ] {
            assert_eq!(run("yamlencode", [json(value)]).unwrap().as_str(), Some(want));
        }
    }
}
