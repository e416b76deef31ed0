//! A resource block as text: arguments under their schema, laid out as `terraform fmt` leaves them.

use std::borrow::Cow;

use hcl_edit::expr::{Array, Expression, FuncArgs, FuncCall, Object, ObjectKey, ObjectValue};
use hcl_edit::expr::{ObjectValueTerminator, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute as Argument, Block, Body};
use hcl_edit::template::{Element, HeredocTemplate, StringTemplate, Template};
use hcl_edit::{Decorate, Decorated, Ident};
use unicode_segmentation::UnicodeSegmentation;

use crate::address::ResourceAddress;
use crate::lang::config::ProviderRef;
use crate::lang::functions::json_text;
use crate::lang::number::Number;
use crate::lang::parse::is_name;
use crate::lang::value::{Kind as ValueKind, Value};
use crate::schema::compare::same_json;
use crate::schema::{Attribute, Compare, Decides, Kind};

/// Lists whose elements are longer than this together take a line for each.
const LINE: usize = 80;

/// Documents that nest deeper stay texts: expressions may not nest without end.
const DEEPEST: usize = 32;

/// Keys that would be read as something else without quotes.
const RESERVED: [&str; 4] = ["true", "false", "null", "for"];

/// The block of a resource with these arguments. What is secret is null, and said to be secret.
pub fn resource(
    address: &ResourceAddress,
    provider: Option<&ProviderRef>,
    attributes: &[Attribute],
    given: &Value,
) -> Block {
    let provider = provider.map(|it| ("provider", reference(it)));
    let mut block = Block::builder(Ident::new("resource"));
    block = block.label(&*address.kind).label(&*address.name);
    let mut block = block.build();
    block.body = body(provider, attributes, given, 1);
    block
}

/// Whether nothing of its value may be written.
pub fn is_secret(it: &Attribute) -> bool {
    let within = || is_argument(&it.kind) && it.nested().iter().any(is_secret);
    it.sensitive || it.write_only || within()
}

/// Whether it is written as an argument, not as blocks.
fn is_argument(kind: &Kind) -> bool {
    !matches!(kind, Kind::Block { as_attribute: false, .. })
}

fn body(
    first: Option<(&str, Expression)>,
    attributes: &[Attribute],
    given: &Value,
    depth: usize,
) -> Body {
    let arguments = attributes.iter().filter(|it| it.is_argument() && is_argument(&it.kind));
    let arguments = arguments.filter_map(|it| {
        let null = Value::null(it.kind.ty());
        let value = given.part(it.name).unwrap_or(&null);
        Some((it.name, argument(it, value, depth)?))
    });
    let arguments: Vec<_> = first.into_iter().chain(arguments).collect();
    let mut body = Body::new();
    let spaces = paddings(arguments.iter().map(|(name, value)| (Cow::Borrowed(*name), value)));
    for (space, (name, value)) in spaces.into_iter().zip(arguments) {
        let mut key = Decorated::new(Ident::new(name));
        key.decor_mut().set_suffix(" ".repeat(space));
        let mut argument = Argument::new(key, value);
        argument.decor_mut().set_prefix(indent(depth));
        body.push(argument);
    }
    for it in attributes.iter().filter(|it| it.is_argument() && !is_argument(&it.kind)) {
        for item in given.part(it.name).and_then(Value::as_slice).unwrap_or_default() {
            let mut block = Block::new(Ident::new(it.name));
            block.body = self::body(None, it.nested(), item, depth + 1);
            let blank = if body.is_empty() { "" } else { "\n" };
            block.decor_mut().set_prefix(format!("{blank}{}", indent(depth)));
            body.push(block);
        }
    }
    match body.is_empty() {
        true => body.set_prefer_oneline(true),
        // Before the closing brace.
        false => body.decor_mut().set_suffix(indent(depth - 1)),
    }
    body
}

/// The value of an argument, if it is to be written at all.
fn argument(it: &Attribute, value: &Value, depth: usize) -> Option<Expression> {
    let remark = match value.is_null() {
        _ if is_secret(it) => "sensitive",
        true if it.decides == Decides::Required => "required, but not told",
        true => return None,
        false => {
            let text = value.as_str().map(|text| self::text(it.compare, text, depth));
            return Some(text.unwrap_or_else(|| expression(value, depth)));
        }
    };
    let mut null = Expression::null();
    null.decor_mut().set_suffix(format!(" # {remark}"));
    Some(null)
}

/// Documents as calls of `jsonencode`, where that gives the same again, and lines as lines.
fn text(compare: Compare, text: &str, depth: usize) -> Expression {
    let json = serde_json::from_str::<serde_json::Value>(text).ok();
    let document = json.filter(|it| it.is_object() || it.is_array()).and_then(|it| {
        let value = Value::from_json(&it);
        let encoded = json_text(&value).ok()?;
        let same = encoded == text || (compare == Compare::Json && same_json(&encoded, text));
        (same && levels(&value) <= DEEPEST).then_some(value)
    });
    if let Some(document) = document {
        let mut args = FuncArgs::new();
        args.push(expression(&document, depth));
        return FuncCall::new(Ident::new("jsonencode"), args).into();
    }
    heredoc(text).unwrap_or_else(|| literal(text))
}

/// How deep it nests.
fn levels(value: &Value) -> usize {
    let mut deepest = 0;
    value.each_part(&mut |part| deepest = deepest.max(levels(part)));
    deepest + 1
}

/// Text in quotes.
fn literal(text: &str) -> Expression {
    match pieces(text) {
        pieces if pieces.len() > 1 => StringTemplate::from(pieces).into(),
        _ => text.into(),
    }
}

/// The text, in such pieces that what would begin an interpolation or directive stands at the beginning
/// of one: elsewhere it is not escaped reliably.
fn pieces(text: &str) -> Vec<Element> {
    let begins = |at: &usize| text[*at..].starts_with("${") || text[*at..].starts_with("%{");
    let markers = text.char_indices().map(|(at, _)| at).filter(begins);
    let ends: Vec<usize> = markers.chain([text.len()]).collect();
    let mut from = 0;
    let pieces = ends.into_iter().map(|end| &text[std::mem::replace(&mut from, end)..end]);
    pieces.filter(|it| !it.is_empty()).map(Element::from).collect()
}

/// Text of several whole lines.
fn heredoc(text: &str) -> Option<Expression> {
    let plain = |it: char| !it.is_control() || it == '\n' || it == '\t';
    if text.lines().count() < 2 || !text.ends_with('\n') || !text.chars().all(plain) {
        return None;
    }
    let begins = |marker: &str| text.lines().any(|line| line.trim_start().starts_with(marker));
    let marker = ["EOT", "EOF", "END", "TEXT"].into_iter().find(|it| !begins(it))?;
    let template = Template::from(pieces(text));
    Some(HeredocTemplate::new(Ident::new(marker), template).into())
}

fn expression(value: &Value, depth: usize) -> Expression {
    match value.kind() {
        ValueKind::Null(_) | ValueKind::Unknown(_) => Expression::null(),
        ValueKind::Bool(it) => (*it).into(),
        ValueKind::Number(it) => number(it),
        ValueKind::String(it) => literal(it),
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
            array(items, depth)
        }
        ValueKind::Map(_, entries) | ValueKind::Object(entries) => {
            object(entries.iter().map(|(name, it)| (&**name, it)), depth)
        }
    }
}

/// In its own digits, however many they are.
fn number(it: &Number) -> Expression {
    let digits = it.to_string();
    digits.parse().unwrap_or_else(|_| {
        let mut args = FuncArgs::new();
        args.push(digits);
        FuncCall::new(Ident::new("tonumber"), args).into()
    })
}

fn array(items: &[Value], depth: usize) -> Expression {
    let mut array = Array::new();
    items.iter().for_each(|it| array.push(expression(it, depth + 1)));
    let width = Expression::from(array.clone()).to_string().len();
    if width <= LINE && !array.iter().any(takes_lines) {
        return array.into();
    }
    for item in array.iter_mut() {
        item.decor_mut().set_prefix(format!("\n{}", indent(depth + 1)));
    }
    array.set_trailing_comma(true);
    array.set_trailing(format!("\n{}", indent(depth)));
    array.into()
}

fn object<'v>(entries: impl Iterator<Item = (&'v str, &'v Value)>, depth: usize) -> Expression {
    let entries = entries.map(|(name, it)| (key(name), expression(it, depth + 1)));
    let entries: Vec<(ObjectKey, Expression)> = entries.collect();
    let lines = entries.iter().map(|(key, value)| (spelled(key), value));
    let spaces = paddings(lines);
    let mut object = Object::new();
    for (space, (mut key, value)) in spaces.into_iter().zip(entries) {
        let before = if object.is_empty() { "\n" } else { "" };
        key.decor_mut().set_prefix(format!("{before}{}", indent(depth + 1)));
        key.decor_mut().set_suffix(" ".repeat(space));
        let mut value = ObjectValue::new(value);
        value.set_terminator(ObjectValueTerminator::Newline);
        object.insert(key, value);
    }
    if !object.is_empty() {
        object.set_trailing(indent(depth));
    }
    object.into()
}

/// A name as it is, or in quotes where it would be read as something else.
fn key(name: &str) -> ObjectKey {
    let word = Ident::try_new(name).ok().filter(|it| is_name(it) && !RESERVED.contains(&name));
    word.map_or_else(|| ObjectKey::Expression(literal(name)), ObjectKey::from)
}

fn spelled(key: &ObjectKey) -> Cow<'_, str> {
    match key {
        ObjectKey::Ident(it) => Cow::Borrowed(it.as_str()),
        ObjectKey::Expression(it) => Cow::Owned(it.to_string()),
    }
}

fn reference(it: &ProviderRef) -> Expression {
    let name = Ident::new(&*it.name);
    match &it.alias {
        None => name.into(),
        Some(alias) => {
            let alias = TraversalOperator::GetAttr(Ident::new(&**alias).into());
            Traversal::new(name, vec![alias.into()]).into()
        }
    }
}

/// How many spaces stand before each `=`: those of neighbouring lines stand under each other.
fn paddings<'e>(entries: impl Iterator<Item = (Cow<'e, str>, &'e Expression)>) -> Vec<usize> {
    let lines = entries.map(|(name, value)| (name.graphemes(true).count(), takes_lines(value)));
    let lines: Vec<(usize, bool)> = lines.collect();
    let chains = lines.chunk_by(|a, b| !a.1 && !b.1);
    let spaces = chains.flat_map(|chain| {
        let widest = chain.iter().map(|it| it.0).max().unwrap_or_default();
        chain.iter().map(move |it| widest - it.0 + 1)
    });
    spaces.collect()
}

/// Whether its brackets are closed on a later line.
fn takes_lines(it: &Expression) -> bool {
    match it {
        Expression::Object(it) => !it.is_empty(),
        Expression::Array(it) => it.trailing_comma(),
        Expression::FuncCall(it) => it.args.iter().any(takes_lines),
        _ => false,
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diag::{Diagnostics, Sources};
    use crate::lang::config::constant;
    use crate::lang::parse;
    use crate::lang::types::Type;
    use crate::schema::Nesting;

    const ANY: Attribute = Attribute { name: "a", ..Attribute::BLANK };

    fn written(it: &Attribute, value: &Value) -> String {
        let body = body(None, std::slice::from_ref(it), &Value::object([("a", value.clone())]), 1);
        body.to_string()
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        let long = "x".repeat(60);
        let deep = "[".repeat(40) + &"]".repeat(40);
        let texts = |items: &[&str]| Value::list(Type::String, items.iter().map(|it| (*it).into()));
        let object = |entries: &[(&str, i64)]| {
            Value::object(entries.iter().map(|(name, it)| (*name, Value::from(*it))))
        };
        let json = Attribute { compare: Compare::Json, ..ANY };
        let cases = [
            (ANY, Value::NULL, String::new()),
            (ANY, true.into(), "  a = true\n".into()),
            (ANY, (-5).into(), "  a = -5\n".into()),
            (ANY, Value::number(Number::parse("0.1").unwrap()), "  a = 0.1\n".into()),
            (
                ANY,
                Value::number(Number::parse("123456789012345678901234567890").unwrap()),
                "  a = 123456789012345678901234567890\n".into(),
            ),
            (ANY, "a\tb\"\\ ${c} %{d}".into(), r#"  a = "a\tb\"\\ $${c} %%{d}""#.to_string() + "\n"),
            (ANY, "one\ntwo".into(), "  a = \"one\\ntwo\"\n".into()),
            (ANY, "one\ntwo\n".into(), "  a = <<EOT\none\ntwo\nEOT\n".into()),
            (ANY, "one\n EOTs\n".into(), "  a = <<EOF\none\n EOTs\nEOF\n".into()),
            (ANY, texts(&[]), "  a = []\n".into()),
            (ANY, texts(&["x", "y"]), "  a = [\"x\", \"y\"]\n".into()),
            (
                ANY,
                texts(&[&long, &long]),
                format!("  a = [\n    \"{long}\",\n    \"{long}\",\n  ]\n"),
            ),
            (ANY, object(&[]), "  a = {}\n".into()),
            (
                ANY,
                object(&[("b", 1), ("for", 2), ("n n", 3), ("\u{e9}\u{e9}", 4)]),
                "  a = {\n    b     = 1\n    \"for\" = 2\n    \"n n\" = 3\n    \u{e9}\u{e9}    = 4\n  }\n".into(),
            ),
            // Only what `jsonencode` writes, where the text is compared as text.
            (ANY, r#"{"b":1}"#.into(), "  a = jsonencode({\n    b = 1\n  })\n".into()),
            (ANY, r#"{"b": 1}"#.into(), r#"  a = "{\"b\": 1}""#.to_string() + "\n"),
            (json, r#"{"b": 1}"#.into(), "  a = jsonencode({\n    b = 1\n  })\n".into()),
            (json, "[".repeat(40).as_str().into(), format!("  a = \"{}\"\n", "[".repeat(40))),
            (json, deep.as_str().into(), format!("  a = \"{deep}\"\n")),
            (ANY, Value::number(Number::parse("1e400").unwrap()), format!("  a = tonumber(\"1{}\")\n", "0".repeat(400))),
            (json, "1".into(), "  a = \"1\"\n".into()),
            (Attribute { sensitive: true, ..ANY }, "x".into(), "  a = null # sensitive\n".into()),
            (Attribute { write_only: true, ..ANY }, Value::NULL, "  a = null # sensitive\n".into()),
            (
                Attribute { decides: Decides::Required, ..ANY },
                Value::NULL,
                "  a = null # required, but not told\n".into(),
            ),
            (Attribute { decides: Decides::Out, ..ANY }, "x".into(), String::new()),
        ];
        for (it, value, expected) in cases {
            assert_eq!(written(&it, &value), expected, "{value:?}");
        }
    }

    #[test]
    fn blocks_are_blocks_unless_they_are_arguments() {
        const SECRET: Attribute = Attribute { name: "s", sensitive: true, ..Attribute::BLANK };
        const INNER: &[Attribute] = &[Attribute { name: "b", ..Attribute::BLANK }];
        let kind = |attributes, as_attribute| Kind::Block {
            attributes,
            nesting: Nesting::List,
            count: (0, usize::MAX),
            as_attribute,
        };
        let value = Value::tuple([
            Value::object([("b", Value::from(1))]),
            Value::object([("b", Value::NULL)]),
        ]);
        let block = Attribute { kind: kind(INNER, false), ..ANY };
        assert_eq!(written(&block, &value), "  a {\n    b = 1\n  }\n\n  a {}\n");
        let argument = Attribute { kind: kind(INNER, true), ..ANY };
        let expected = "  a = [\n    {\n      b = 1\n    },\n    {\n      b = null\n    },\n  ]\n";
        assert_eq!(written(&argument, &value), expected);
        let secret = Attribute { kind: kind(&[SECRET], true), ..ANY };
        assert_eq!(written(&secret, &value), "  a = null # sensitive\n");
    }

    #[test]
    fn equal_signs_stand_under_each_other_as_far_as_lines_are_whole() {
        let attribute = |name| Attribute { name, ..ANY };
        let attributes = ["a", "bbb", "cc", "d"].map(attribute);
        let given = Value::object([
            ("a", Value::from(1)),
            ("bbb", "x\ny\n".into()),
            ("cc", Value::object([("e", Value::from(1))])),
            ("d", 2.into()),
        ]);
        let expected = "  a   = 1\n  bbb = <<EOT\nx\ny\nEOT\n  cc = {\n    e = 1\n  }\n  d = 2\n";
        assert_eq!(body(None, &attributes, &given, 1).to_string(), expected);
    }

    proptest! {
        #[test]
        fn every_text_is_read_back(text in "([a-z \\\\\"$%{}~\n\t\u{1}\u{e9}]|\\$\\$|%%|\\$\\{){0,12}\n?") {
            let value = Value::from(text.as_str());
            let sources = Sources::default();
            let file = sources.add("a.tf", written(&ANY, &value));
            let (body, mut found) = parse::parse(&sources, file);
            let expr = &body.attribute("a").unwrap().value;
            // A call of `jsonencode` is no constant; none of these texts is a document of that kind.
            let read = constant(expr, &mut found);
            prop_assert_eq!(found, Diagnostics::new());
            prop_assert!(read.is_some_and(|it| it.same(&value)), "{}", text);
        }
    }
}
