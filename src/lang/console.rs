//! Values and types as the console shows them.

use super::types::Type;
use super::value::{Kind, Value};

/// Deepest nesting that is shown.
const MAX_DEPTH: usize = 512;

/// The value as it would be written, over several lines where it has parts. Sensitive parts are not
/// shown.
pub fn display(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, depth: usize, out: &mut String) {
    if matches!(value.kind(), Kind::Unknown(_)) {
        return out.push_str("(known after apply)");
    }
    if value.marks().sensitive {
        return out.push_str("(sensitive value)");
    }
    if value.marks().ephemeral {
        return out.push_str("(ephemeral value)");
    }
    if depth > MAX_DEPTH {
        return out.push('…');
    }
    match value.kind() {
        Kind::Null(ty) => out.push_str(&null(ty)),
        Kind::Unknown(_) => {}
        Kind::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Kind::Number(it) => out.push_str(&it.to_string()),
        Kind::String(it) => write_text(it, indent, out),
        Kind::List(_, items) => write_items(items, "tolist([", "])", indent, depth, out),
        Kind::Set(_, items) => write_items(items, "toset([", "])", indent, depth, out),
        Kind::Tuple(items) => write_items(items, "[", "]", indent, depth, out),
        Kind::Map(..) => write_entries(value, "tomap({", "})", indent, depth, out),
        Kind::Object(_) => write_entries(value, "{", "}", indent, depth, out),
    }
}

fn null(ty: &Type) -> String {
    match ty {
        Type::Any => "null".into(),
        Type::Bool => "tobool(null)".into(),
        Type::Number => "tonumber(null)".into(),
        Type::String => "tostring(null)".into(),
        Type::List(of) => format!("tolist(null) /* of {} */", of.friendly()),
        Type::Set(of) => format!("toset(null) /* of {} */", of.friendly()),
        Type::Map(of) => format!("tomap(null) /* of {} */", of.friendly()),
        other => format!("null /* {} */", other.friendly()),
    }
}

fn line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_items(
    items: &[Value],
    open: &str,
    close: &str,
    indent: usize,
    depth: usize,
    out: &mut String,
) {
    out.push_str(open);
    for item in items {
        line(indent + 2, out);
        write(item, indent + 2, depth + 1, out);
        out.push(',');
    }
    if !items.is_empty() {
        line(indent, out);
    }
    out.push_str(close);
}

fn write_entries(
    value: &Value,
    open: &str,
    close: &str,
    indent: usize,
    depth: usize,
    out: &mut String,
) {
    out.push_str(open);
    let mut empty = true;
    for (name, item) in value.as_entries().into_iter().flatten() {
        empty = false;
        line(indent + 2, out);
        write_text(name, indent + 2, out);
        out.push_str(" = ");
        write(item, indent + 2, depth + 1, out);
    }
    if !empty {
        line(indent, out);
    }
    out.push_str(close);
}

/// In one line where it has no more.
fn write_text(text: &str, indent: usize, out: &mut String) {
    match text.contains('\n') {
        true => write_lines(text, indent, out),
        false => quote(text, out),
    }
}

/// As a heredoc, whose end word occurs in no line.
fn write_lines(text: &str, indent: usize, out: &mut String) {
    let mut end = String::from("EOT");
    while text.lines().any(|it| it.trim() == end) {
        end.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&end);
    for text in text.split('\n').chain([end.as_str()]) {
        line(indent, out);
        out.push_str(text);
    }
}

/// In double quotes; what is not printable is escaped.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(it))),
            it if printable(it) => out.push(it),
            it => match u32::from(it) {
                code @ ..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out.push('"');
}

/// Whether it shows when printed, alone or on the letter before it.
fn printable(it: char) -> bool {
    // The standard library escapes what is not printable; a combining character only at the start.
    it.is_ascii() || !format!("a{it}").escape_debug().any(|it| it == '\\')
}

/// The type as `type()` of the console shows it.
pub fn type_text(ty: &Type) -> String {
    let mut out = String::new();
    write_type(ty, 0, &mut out);
    out
}

fn write_type(ty: &Type, indent: usize, out: &mut String) {
    match ty {
        Type::Any => out.push_str("dynamic"),
        Type::Bool => out.push_str("bool"),
        Type::Number => out.push_str("number"),
        Type::String => out.push_str("string"),
        Type::List(of) => write_collection("list", of, indent, out),
        Type::Set(of) => write_collection("set", of, indent, out),
        Type::Map(of) => write_collection("map", of, indent, out),
        Type::Tuple(of) => {
            out.push_str("tuple([");
            for ty in of.iter() {
                line(indent + 4, out);
                write_type(ty, indent + 4, out);
                out.push(',');
            }
            if !of.is_empty() {
                line(indent, out);
            }
            out.push_str("])");
        }
        Type::Object(of) => {
            out.push_str("object({");
            for (name, ty) in &of.attributes {
                line(indent + 4, out);
                out.push_str(name);
                out.push_str(": ");
                write_type(ty, indent + 4, out);
                out.push(',');
            }
            if !of.attributes.is_empty() {
                line(indent, out);
            }
            out.push_str("})");
        }
    }
}

fn write_collection(name: &str, of: &Type, indent: usize, out: &mut String) {
    out.push_str(name);
    out.push('(');
    if of.is_primitive() || *of == Type::Any || of.element().is_some() {
        write_type(of, indent, out);
    } else {
        line(indent + 4, out);
        write_type(of, indent + 4, out);
        out.push(',');
        line(indent, out);
    }
    out.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_they_would_be_written() {
        let text = Value::from("a\nEOT");
        let value = Value::object([
            ("list", Value::list(Type::String, [text, Value::from("p").sensitive()])),
            ("null", Value::null(Type::list(Type::Bool))),
            ("odd", "\u{200b}\0e\u{301}".into()),
            ("unknown", Value::unknown(Type::Any)),
        ]);
        let want = r#"{
  "list" = tolist([
    <<-EOT_
    a
    EOT
    EOT_,
    (sensitive value),
  ])
  "null" = tolist(null) /* of bool */
  "odd" = "\u200b\x00é"
  "unknown" = (known after apply)
}"#;
        assert_eq!(display(&value), want);
    }

    #[test]
    fn types_are_shown_over_several_lines() {
        let ty = Type::map(Type::list(Type::object([("a", Type::tuple([Type::Number]))])));
        let want = "map(list(\n    object({\n        a: tuple([\n            number,\n        ]),\n    }),\n))";
        assert_eq!(type_text(&ty), want);
        assert_eq!(type_text(&Type::list(Type::set(Type::Any))), "list(set(dynamic))");
    }
}
