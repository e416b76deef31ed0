//! `yamldecode`: one document, as the types that the language has. Plain scalars are of YAML 1.1
//! where they are words (`yes`, `on`), of 1.2 where they are numbers.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::encoding::bytes_of_base64;
use super::{CallError, Context, Outcome, text, time};
use crate::lang::convert::convert;
use crate::lang::number::Number;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Str, Value};

/// Deepest nesting of a document.
const MAX_DEPTH: usize = 256;
/// Most values that a document may hold, those counted again that an alias repeats.
const MAX_VALUES: usize = 1_000_000;

/// `yamldecode(src)`
pub(super) fn yamldecode(_: &Context<'_>, args: &[Value]) -> Outcome {
    decode(text(args, 0)).map_err(|it| CallError::Failed(format!("not valid YAML: {it}")))
}

/// A value, and how many values it is made of.
#[derive(Clone)]
struct Node {
    value: Value,
    size: usize,
}

/// A collection whose end has not been read yet.
struct Open {
    anchor: usize,
    size: usize,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Value>),
    Mapping(BTreeMap<Str, Value>, Option<Key>),
}

enum Key {
    Name(Str),
    /// `<<`: the entries of the value, a mapping or several, become entries of this one.
    Merge,
}

fn decode(text: &str) -> Result<Value, String> {
    let length = text.chars().count();
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Node> = HashMap::new();
    let mut root: Option<Value> = None;
    let mut documents = 0;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|it| it.to_string())?;
        let place = |it: String| format!("{it} at line {}", span.start.line());
        let (anchor, node) = match event {
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => continue,
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err("only one document is allowed".into());
                }
                continue;
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq").map_err(place)?;
                let kind = OpenKind::Sequence(Vec::new());
                push(&mut open, Open { anchor, size: 1, kind }).map_err(place)?;
                continue;
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map").map_err(place)?;
                let kind = OpenKind::Mapping(BTreeMap::new(), None);
                push(&mut open, Open { anchor, size: 1, kind }).map_err(place)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(done) = open.pop() else { return Err("a collection ends twice".into()) };
                let value = match done.kind {
                    OpenKind::Sequence(items) => Value::tuple(items),
                    OpenKind::Mapping(entries, _) => Value::object(entries),
                };
                (done.anchor, Node { value, size: done.size })
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(it) if !waits_for_key(&open) => (0, it.clone()),
                Some(_) => return Err(place("an alias cannot be a key".into())),
                None => return Err(place("an alias refers to what it is a part of".into())),
            },
            Event::Scalar(mut scalar_text, style, anchor, tag) => {
                // The last line of a block ends only where the document has a line end.
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                if block && !text.ends_with('\n') && span.end.index() >= length {
                    let kept = scalar_text.strip_suffix('\n').map(str::to_string);
                    scalar_text = kept.map_or(scalar_text, Into::into);
                }
                let text = scalar_text;
                let plain = !matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                if let Some(Open { kind: OpenKind::Mapping(_, key @ None), .. }) = open.last_mut() {
                    *key = Some(match (&*text, tag.as_deref()) {
                        ("<<", None) if plain => Key::Merge,
                        (text, tag) => {
                            key_of(scalar(text, plain, tag).map_err(place)?).map_err(place)?
                        }
                    });
                    continue;
                }
                let mut value = scalar(&text, plain, tag.as_deref()).map_err(place)?;
                // What a block looks like is found out, and then it is text all the same.
                if block && tag.is_none() {
                    value = convert(&value, &Type::String).map_err(|it| place(it.to_string()))?;
                }
                (anchor, Node { value, size: 1 })
            }
        };
        if anchor > 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut() {
            None => root = Some(node.value),
            Some(parent) => {
                parent.size = parent.size.saturating_add(node.size);
                if parent.size > MAX_VALUES {
                    return Err(place(format!("there are more than {MAX_VALUES} values")));
                }
                add(&mut parent.kind, node.value).map_err(place)?;
            }
        }
    }
    root.ok_or_else(|| "the document is empty".into())
}

fn push(open: &mut Vec<Open>, one: Open) -> Result<(), String> {
    if waits_for_key(open) {
        return Err("a key must be a text".into());
    }
    if open.len() >= MAX_DEPTH {
        return Err(format!("the document is nested deeper than {MAX_DEPTH} levels"));
    }
    open.push(one);
    Ok(())
}

fn waits_for_key(open: &[Open]) -> bool {
    matches!(open.last(), Some(Open { kind: OpenKind::Mapping(_, None), .. }))
}

fn add(parent: &mut OpenKind, value: Value) -> Result<(), String> {
    match parent {
        OpenKind::Sequence(items) => items.push(value),
        OpenKind::Mapping(entries, key) => match key.take() {
            Some(Key::Name(name)) => {
                entries.insert(name, value);
            }
            Some(Key::Merge) => merge(entries, &value)?,
            None => return Err("a value has no key".into()),
        },
    }
    Ok(())
}

fn merge(entries: &mut BTreeMap<Str, Value>, value: &Value) -> Result<(), String> {
    let sources = match value.kind() {
        Kind::Tuple(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    for source in sources {
        let Some(source) = source.as_entries() else {
            return Err("only mappings can be merged into a mapping".into());
        };
        entries.extend(source.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    Ok(())
}

fn key_of(value: Value) -> Result<Key, String> {
    let name = convert(&value, &Type::String).map_err(|it| it.to_string())?;
    match name.kind() {
        Kind::String(it) => Ok(Key::Name(it.clone())),
        _ => Err("a key must not be null".into()),
    }
}

/// The short name of a standard tag; an error for any other.
fn short_tag(tag: &Tag) -> Result<&str, String> {
    match tag.handle.as_str() {
        "tag:yaml.org,2002:" => Ok(&tag.suffix),
        handle => format!("{handle}{}", tag.suffix)
            .strip_prefix("tag:yaml.org,2002:")
            .and_then(|short| tag.suffix.strip_suffix(short).map(|rest| &tag.suffix[rest.len()..]))
            .ok_or_else(|| format!("the tag `{handle}{}` is not supported", tag.suffix)),
    }
}

fn check_tag(tag: Option<&Tag>, wanted: &str) -> Result<(), String> {
    match tag.map(short_tag).transpose()? {
        None => Ok(()),
        Some(it) if it == wanted => Ok(()),
        Some(it) => Err(format!("a collection cannot be `!!{it}`")),
    }
}

fn scalar(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Value, String> {
    let tag = tag.map(short_tag).transpose()?;
    let wrong = |tag: &str| format!("{text:?} is not `!!{tag}`");
    match tag {
        Some("str") => return Ok(text.into()),
        Some("binary") if bytes_of_base64(text).is_some() => return Ok(text.into()),
        Some(tag @ "binary") => return Err(wrong(tag)),
        None | Some("bool" | "int" | "float" | "null" | "timestamp") => {}
        Some(tag) => return Err(format!("the tag `!!{tag}` is not supported")),
    }
    if !plain {
        return Ok(text.into());
    }
    let word = word(text);
    let is_time = || time::yaml_timestamp(text).map(Value::from);
    match tag {
        Some("null") => Ok(Value::NULL),
        Some(tag @ "bool") => word.filter(|it| it.as_bool().is_some()).ok_or_else(|| wrong(tag)),
        _ if word.is_some() => Ok(word.unwrap_or(Value::NULL)),
        Some(tag @ "timestamp") => is_time().ok_or_else(|| wrong(tag)),
        Some(tag) => number(text).ok_or_else(|| wrong(tag)),
        None if matches!(text, ".nan" | ".NaN" | ".NAN") => {
            Err("what is not a number is not supported".into())
        }
        None => match is_time() {
            Some(it) => Ok(it),
            None if looks_like_number(text) => number(text).ok_or_else(|| wrong("int")),
            None => Ok(text.into()),
        },
    }
}

fn word(text: &str) -> Option<Value> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::TRUE
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::FALSE
        }
        "" | "~" | "null" | "Null" | "NULL" => Value::NULL,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Number::from_f64(f64::INFINITY)?.into()
        }
        "-.inf" | "-.Inf" | "-.INF" => Number::from_f64(f64::NEG_INFINITY)?.into(),
        _ => return None,
    })
}

/// Whether it is a number in decimal, octal (`0o17`) or hexadecimal (`0x1F`) notation.
fn looks_like_number(text: &str) -> bool {
    if !text.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '-' | '+' | '.')) {
        return false;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let all = |it: &str, digit: fn(u8) -> bool| !it.is_empty() && it.bytes().all(digit);
    if let Some(it) = unsigned.strip_prefix("0o") {
        return all(it, |it| (b'0'..=b'7').contains(&it));
    }
    if let Some(it) = unsigned.strip_prefix("0x") {
        return all(it, |it| it.is_ascii_hexdigit());
    }
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent = exponent.is_none_or(|it| {
        let it = it.strip_prefix(['-', '+']).unwrap_or(it);
        !it.is_empty() && digits(it)
    });
    let float = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    float && exponent
}

fn number(text: &str) -> Option<Value> {
    if let Some(it) = Number::from_text(text).filter(|it| !it.is_infinite()) {
        return Some(it.into());
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let (digits, base) = match (unsigned.strip_prefix("0o"), unsigned.strip_prefix("0x")) {
        (Some(it), _) => (it, 8),
        (_, Some(it)) => (it, 16),
        _ => return None,
    };
    let whole = i128::from_str_radix(&format!("{sign}{digits}"), base).ok()?;
    let fits = whole >= i64::MIN.into() && whole <= u64::MAX.into();
    fits.then(|| Number::from_big(whole.into()).into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn scalars_are_what_they_look_like() {
        for (text, want) in [
            ("-0x1F", "-31"),
            ("1_000", "\"1_000\""),
            ("1.", "1"),
            (".5", "0.5"),
            ("+1e2", "100"),
            ("_", "\"_\""),
            ("1__", "\"1__\""),
            ("12a", "\"12a\""),
            ("Yes", "true"),
            ("yEs", "\"yEs\""),
            ("2020-1-2", "\"2020-01-02T00:00:00Z\""),
            ("2001-12-14t21:59:43.10-05:00", "\"2001-12-14T21:59:43-05:00\""),
            ("2001-12-14 21:59:43", "\"2001-12-14T21:59:43Z\""),
            ("2020-13-01", "\"2020-13-01\""),
            ("!!str 12", "\"12\""),
            ("!!timestamp 2020-01-02", "\"2020-01-02T00:00:00Z\""),
            ("!!null x", "null"),
            ("|-\n  12", "\"12\""),
            ("|-\n  y", "\"true\""),
            ("'12'", "\"12\""),
        ] {
            assert_eq!(show(run("yamldecode", [text.into()])), want, "{text}");
        }
        for wrong in
            ["!!bool x", "!!int x", "!!binary '!'", "!!seq x", "!!map [1]", "[1]: 2", "~: 1"]
        {
            let shown = show(run("yamldecode", [wrong.into()]));
            assert!(shown.starts_with("failed"), "{wrong} {shown}");
        }
    }

    #[test]
    fn anchors_are_repeated_and_merged() {
        let text = "a: &a {x: 1, w: 2}\nb:\n  <<: *a\n  w: 3\nc: {<<: [*a, {z: 4}]}\nd: *a\n";
        assert_eq!(
            show(run("yamldecode", [text.into()])),
            r#"{"a":{"w":2,"x":1},"b":{"w":3,"x":1},"c":{"w":2,"x":1,"z":4},"d":{"w":2,"x":1}}"#
        );
        assert!(show(run("yamldecode", ["&a [*a]".into()])).starts_with("failed"));
    }

    #[test]
    fn bombs_do_not_go_off() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..20 {
            let before = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        assert!(show(run("yamldecode", [text.into()])).contains("values"));
        let deep = "[".repeat(100_000);
        assert!(show(run("yamldecode", [deep.into()])).starts_with("failed"));
    }
}
