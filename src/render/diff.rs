//! What becomes of an object, attribute by attribute.

use std::collections::BTreeSet;

use super::page::{Mark, Page};
use super::sequence::{self, Pair};
use super::text::{is_identifier, literal, printable};
use crate::lang::types::Type;
use crate::lang::value::{Kind, Str, Value};
use crate::plan::PathStep;
use crate::schema::{Attribute, Nesting};

/// Shown even where they stay as they are: people know objects by them.
const ALWAYS: [&str; 3] = ["id", "name", "tags"];

/// The attributes and nested blocks of an object, one line or more each.
pub fn body(
    page: &mut Page<'_>,
    depth: usize,
    schema: &[Attribute],
    before: Option<&Value>,
    after: Option<&Value>,
) {
    let find = |name: &str| schema.iter().find(|it| it.name == name);
    let present = |it: Option<&Value>| {
        let entries = it.and_then(Value::as_entries).into_iter().flatten();
        entries.filter(|(_, it)| !is_absent(it)).map(|(k, _)| k.clone()).collect::<BTreeSet<_>>()
    };
    let names: Vec<Str> = present(before).union(&present(after)).cloned().collect();
    let is_block = |name: &&Str| find(name).is_some_and(Attribute::is_block);
    let (blocks, attributes): (Vec<&Str>, Vec<&Str>) = names.iter().partition(is_block);
    let width = widest(attributes.iter().map(|it| &***it));
    let mut hidden = 0;
    for name in attributes {
        let (b, a) = (shown(before, name), shown(after, name));
        if b.is_some() && same(b, a) && !ALWAYS.contains(&&**name) {
            hidden += 1;
            continue;
        }
        let write_only = find(name).is_some_and(|it| it.write_only);
        entry(page, depth, (name, name.to_string(), width), b, a, |page| match write_only {
            true => page.text("(write-only attribute)"),
            false => {
                value(page, depth, b, a);
                if a.is_none() {
                    page.arrow();
                    page.text("null");
                }
            }
        });
    }
    page.hidden(depth, hidden, "attribute");
    let mut hidden = 0;
    for name in blocks {
        let attribute = find(name);
        let nested = attribute.map_or(&[][..], |it| it.nested());
        let ordered = !matches!(
            attribute.map(|it| &it.kind),
            Some(crate::schema::Kind::Block { nesting: Nesting::Set, .. })
        );
        let (b, a) = (part(before, name), part(after, name));
        hidden += nested_blocks(page, depth, (name, nested, ordered), b, a);
    }
    page.hidden(depth, hidden, "block");
}

/// Blocks of one kind; returns how many stay as they are and are not shown.
fn nested_blocks(
    page: &mut Page<'_>,
    depth: usize,
    (name, schema, ordered): (&str, &[Attribute], bool),
    before: Option<&Value>,
    after: Option<&Value>,
) -> usize {
    if before.is_some_and(|it| it.marks().sensitive) || after.is_some_and(|it| it.marks().sensitive)
    {
        if same(before, after) {
            return 1;
        }
        page.text("\n");
        page.line(depth, mark_of(before, after));
        page.part(PathStep::Name(name.into()), |page| {
            page.text(name);
            page.open(" {");
            page.remark(depth + 1, "(sensitive, so what is in it is not shown)");
            page.plain(depth);
            page.text("}");
        });
        return 0;
    }
    let items =
        |it: Option<&Value>| it.and_then(Value::as_slice).map_or_else(Vec::new, <[_]>::to_vec);
    let (old, new) = (items(before), items(after));
    let unknown = after.is_some_and(|it| !it.is_known());
    let pairs = match ordered {
        true if unknown => old.iter().map(|it| (Some(it), None)).collect(),
        true => by_position(&old, &new),
        false => by_equality(&old, &new),
    };
    let mut hidden = 0;
    let mut shown = false;
    page.part(PathStep::Name(name.into()), |page| {
        for (index, (b, a)) in pairs.into_iter().enumerate() {
            if b.is_some() && same(b, a) {
                hidden += 1;
                continue;
            }
            if !std::mem::replace(&mut shown, true) {
                page.text("\n");
            }
            page.line(depth, mark_of(b, a));
            page.part(PathStep::Index(index), |page| {
                page.text(name);
                page.open(" {");
                body(page, depth + 1, schema, b, a);
                page.plain(depth);
                page.text("}");
            });
        }
        if unknown {
            page.text(if shown { "" } else { "\n" });
            page.line(depth, Mark::Add);
            page.text(name);
            page.text(" (known after apply)");
        }
    });
    hidden
}

type Both<'v> = (Option<&'v Value>, Option<&'v Value>);

fn by_position<'v>(old: &'v [Value], new: &'v [Value]) -> Vec<Both<'v>> {
    (0..old.len().max(new.len())).map(|index| (old.get(index), new.get(index))).collect()
}

fn by_equality<'v>(old: &'v [Value], new: &'v [Value]) -> Vec<Both<'v>> {
    sequence::without_order(old, new)
        .into_iter()
        .map(|pair| (pair.before.map(|it| &old[it]), pair.after.map(|it| &new[it])))
        .collect()
}

/// `name = …`, with the remark that it becomes or ceases to be sensitive.
fn entry(
    page: &mut Page<'_>,
    depth: usize,
    (name, label, width): (&str, String, usize),
    before: Option<&Value>,
    after: Option<&Value>,
    write: impl FnOnce(&mut Page<'_>),
) {
    let hides = |it: Option<&Value>| it.is_some_and(|it| it.marks().sensitive);
    if let (Some(b), Some(a)) = (before, after)
        && hides(before) != hides(after)
    {
        page.remark(
            depth,
            match hides(after) {
                true => {
                    "warning: after apply this value counts as sensitive and is no longer shown"
                }
                false => "warning: after apply this value no longer counts as sensitive",
            },
        );
        if b.same(a) {
            page.remark(depth, "the value itself stays as it is");
        }
    }
    page.line(depth, mark_of(before, after));
    page.part(PathStep::Name(name.into()), |page| {
        let fill = width.saturating_sub(label.chars().count());
        page.text(&label);
        page.text(&" ".repeat(fill));
        page.text(" = ");
        write(page);
    });
}

/// The new value, the old one where it goes, or how one becomes the other.
pub fn value(page: &mut Page<'_>, depth: usize, before: Option<&Value>, after: Option<&Value>) {
    match (before, after) {
        (None, None) => page.text("null"),
        (None, Some(it)) => one(page, depth, it, Mark::Add),
        (Some(it), None) => one(page, depth, it, Mark::Remove),
        (Some(_), Some(it)) if same(before, after) => one(page, depth, it, Mark::None),
        (Some(b), Some(a)) => changed(page, depth, b, a),
    }
}

/// A whole value, its lines marked alike.
pub fn one(page: &mut Page<'_>, depth: usize, it: &Value, mark: Mark) {
    if it.marks().sensitive {
        return page.text("(sensitive value)");
    }
    match it.kind() {
        Kind::Null(_) => page.text("null"),
        Kind::Unknown(_) => page.text("(known after apply)"),
        Kind::Bool(it) => page.text(&it.to_string()),
        Kind::Number(it) => page.text(&it.to_string()),
        Kind::String(text) => match document(text) {
            Some(json) => encoded(page, depth, Mark::None, "", |page| {
                one(page, depth + 1, &json, mark);
            }),
            None if text.contains('\n') => {
                page.open("<<-EOT");
                for line in lines(text) {
                    page.plain(depth + 1);
                    page.text(&printable(line));
                }
                page.plain(depth);
                page.text("EOT");
            }
            None => page.text(&literal(text)),
        },
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            if items.is_empty() {
                return page.text("[]");
            }
            page.open("[");
            for item in items.iter() {
                page.line(depth + 1, mark);
                one(page, depth + 1, item, mark);
                page.text(",");
            }
            page.plain(depth);
            page.text("]");
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            if items.is_empty() {
                return page.text("{}");
            }
            let quotes = matches!(it.kind(), Kind::Map(..));
            let width = widest(items.keys().map(|it| label(it, quotes)));
            page.open("{");
            for (key, item) in items.iter() {
                page.line(depth + 1, mark);
                let name = label(key, quotes);
                page.text(&format!("{name}{} = ", fill(&name, width)));
                one(page, depth + 1, item, mark);
            }
            page.plain(depth);
            page.text("}");
        }
    }
}

fn changed(page: &mut Page<'_>, depth: usize, before: &Value, after: &Value) {
    if before.marks().sensitive || after.marks().sensitive {
        return page.text("(sensitive value)");
    }
    match (before.kind(), after.kind()) {
        (Kind::Null(_), Kind::Unknown(_)) => page.text("(known after apply)"),
        (Kind::String(b), Kind::String(a)) => text_change(page, depth, b, a),
        (Kind::Set(_, b), Kind::Set(_, a)) => {
            let pairs = sequence::without_order(b, a);
            elements(page, depth, &pairs, b, a, false);
        }
        (Kind::Tuple(b), Kind::Tuple(a)) if a.len() == b.len() => {
            let pairs: Vec<Pair> = (0..a.len()).map(Pair::both).collect();
            elements(page, depth, &pairs, b, a, true);
        }
        (Kind::List(_, b) | Kind::Tuple(b), Kind::List(_, a) | Kind::Tuple(a)) => {
            let pairs = sequence::in_order(b, a);
            elements(page, depth, &pairs, b, a, true);
        }
        (Kind::Map(_, b), Kind::Map(_, a)) => {
            named(page, depth, &keys(b.keys(), a.keys()), before, after, true);
        }
        (Kind::Map(_, b) | Kind::Object(b), Kind::Map(_, a) | Kind::Object(a)) => {
            named(page, depth, &keys(b.keys(), a.keys()), before, after, false);
        }
        _ => {
            one(page, depth, before, Mark::Remove);
            page.arrow();
            one(page, depth, after, Mark::Add);
        }
    }
}

/// A map or object of which something changes.
fn named(
    page: &mut Page<'_>,
    depth: usize,
    keys: &[Str],
    before: &Value,
    after: &Value,
    is_map: bool,
) {
    let width = widest(keys.iter().map(|it| label(it, is_map)));
    let mut hidden = 0;
    page.open("{");
    for key in keys {
        let (b, a) = (before.part(key), after.part(key));
        if b.is_some() && same(b, a) && (is_map || !ALWAYS.contains(&&**key)) {
            hidden += 1;
            continue;
        }
        entry(page, depth + 1, (key, label(key, is_map), width), b, a, |page| {
            value(page, depth + 1, b, a);
            if is_map && a.is_none() {
                page.arrow();
                page.text("null");
            }
        });
    }
    page.hidden(depth + 1, hidden, if is_map { "element" } else { "attribute" });
    page.plain(depth);
    page.text("}");
}

/// A sequence of which something changes. In an ordered one the neighbours of a change are shown.
fn elements(
    page: &mut Page<'_>,
    depth: usize,
    pairs: &[Pair],
    before: &[Value],
    after: &[Value],
    ordered: bool,
) {
    let both = |pair: &Pair| {
        (pair.before.and_then(|it| before.get(it)), pair.after.and_then(|it| after.get(it)))
    };
    let stays: Vec<bool> = pairs.iter().map(both).map(|(b, a)| b.is_some() && same(b, a)).collect();
    let near = |index: usize| {
        let changes = |at: usize| stays.get(at).is_some_and(|it| !it);
        ordered && (changes(index.wrapping_sub(1)) || changes(index + 1))
    };
    let mut hidden = 0;
    page.open("[");
    for (index, pair) in pairs.iter().enumerate() {
        if stays[index] && !near(index) {
            hidden += 1;
            continue;
        }
        if ordered {
            page.hidden(depth + 1, std::mem::take(&mut hidden), "element");
        }
        let (b, a) = both(pair);
        let mark = if stays[index] { Mark::None } else { mark_of(b, a) };
        page.line(depth + 1, mark);
        page.part(PathStep::Index(pair.after.or(pair.before).unwrap_or(index)), |page| {
            value(page, depth + 1, b, a);
            page.text(",");
        });
    }
    page.hidden(depth + 1, hidden, "element");
    page.plain(depth);
    page.text("]");
}

/// A string that becomes another: as JSON, by lines, or whole.
fn text_change(page: &mut Page<'_>, depth: usize, before: &str, after: &str) {
    if let (Some(b), Some(a)) = (document(before), document(after)) {
        let (mark, remark) = match b.same(&a) {
            true => (Mark::None, "only white space or order changes"),
            false => (Mark::Change, ""),
        };
        return encoded(page, depth, mark, remark, |page| {
            value(page, depth + 1, Some(&b), Some(&a));
        });
    }
    if !before.contains('\n') && !after.contains('\n') {
        page.text(&literal(before));
        page.arrow();
        return page.text(&literal(after));
    }
    page.open("<<-EOT");
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(before), lines(after));
    for pair in sequence::lines(&old, &new) {
        let (mark, line) = match (pair.before, pair.after) {
            (Some(_), Some(at)) => (Mark::None, new.get(at)),
            (Some(at), None) => (Mark::Remove, old.get(at)),
            (None, at) => (Mark::Add, at.and_then(|at| new.get(at))),
        };
        page.line(depth + 1, mark);
        page.text(&printable(line.copied().unwrap_or_default()));
    }
    page.plain(depth);
    page.text("EOT");
}

fn encoded(
    page: &mut Page<'_>,
    depth: usize,
    mark: Mark,
    remark: &str,
    write: impl FnOnce(&mut Page<'_>),
) {
    page.open("jsonencode(");
    if !remark.is_empty() {
        page.text(&format!(" # {remark}"));
    }
    page.line(depth + 1, mark);
    write(page);
    page.plain(depth);
    page.text(")");
}

/// The object or array that a string holds as JSON.
fn document(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(Value::from_json(&json)).filter(|it| match it.kind() {
        Kind::Tuple(items) => !items.is_empty(),
        Kind::Object(items) => !items.is_empty(),
        _ => false,
    })
}

fn lines(text: &str) -> Vec<&str> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').collect()
}

/// Whether the value stays as it is, in what is known and in what is shown.
fn same(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(b), Some(a)) => b.same(a) && a.is_wholly_known() && same_secrecy(b, a),
        _ => false,
    }
}

fn same_secrecy(before: &Value, after: &Value) -> bool {
    before.marks().sensitive == after.marks().sensitive
        && (before.has_sensitive() == after.has_sensitive())
}

fn mark_of(before: Option<&Value>, after: Option<&Value>) -> Mark {
    match (before, after) {
        (None, None) => Mark::None,
        (None, Some(_)) => Mark::Add,
        (Some(_), None) => Mark::Remove,
        (Some(_), Some(_)) if same(before, after) => Mark::None,
        (Some(_), Some(_)) => Mark::Change,
    }
}

fn part<'v>(it: Option<&'v Value>, name: &str) -> Option<&'v Value> {
    it?.part(name)
}

/// An attribute of an object, where it is set.
fn shown<'v>(it: Option<&'v Value>, name: &str) -> Option<&'v Value> {
    part(it, name).filter(|it| !is_absent(it))
}

fn is_absent(it: &Value) -> bool {
    it.is_null()
        || matches!(it.kind(), Kind::List(Type::Object(_), items) | Kind::Set(Type::Object(_), items)
            if items.is_empty())
}

fn keys<'k>(a: impl Iterator<Item = &'k Str>, b: impl Iterator<Item = &'k Str>) -> Vec<Str> {
    a.chain(b).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

fn label(key: &str, quotes: bool) -> String {
    if quotes || !is_identifier(key) { literal(key) } else { key.to_string() }
}

fn widest(names: impl Iterator<Item = impl AsRef<str>>) -> usize {
    names.map(|it| it.as_ref().chars().count()).max().unwrap_or_default()
}

fn fill(name: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(name.chars().count()))
}
