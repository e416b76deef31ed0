//! The order in which a set holds its elements.

use std::cmp::Ordering;

use super::{Kind, Value};

/// The order in which a set holds its elements: known before null before unknown; text, numbers and
/// bools by what they are; anything else by an order that only has to be the same every time.
pub fn set_order(a: &Value, b: &Value) -> Ordering {
    fn rank(it: &Value) -> u8 {
        match it.kind {
            Kind::Null(_) => 2,
            Kind::Unknown(_) => 1,
            _ => 0,
        }
    }
    match (&a.kind, &b.kind) {
        (Kind::String(a), Kind::String(b)) => a.cmp(b),
        (Kind::Number(a), Kind::Number(b)) => a.cmp(b),
        (Kind::Bool(a), Kind::Bool(b)) => a.cmp(b),
        _ if rank(a) != rank(b) => rank(a).cmp(&rank(b)),
        _ => {
            let (mut x, mut y) = (String::new(), String::new());
            hash_text(a, &mut x);
            hash_text(b, &mut y);
            x.cmp(&y)
        }
    }
}

/// Text that differs for values that differ, in the notation by which Terraform orders them.
fn hash_text(it: &Value, out: &mut String) {
    match &it.kind {
        Kind::Unknown(_) => out.push('?'),
        Kind::Null(_) => out.push('~'),
        Kind::Bool(it) => out.push(if *it { 'T' } else { 'F' }),
        Kind::Number(it) => out.push_str(&it.to_string()),
        Kind::String(it) => out.push_str(&format!("{it:?}")),
        Kind::Map(_, items) => {
            out.push('{');
            for (key, value) in items.iter() {
                out.push_str(&format!("{key:?}:"));
                hash_text(value, out);
                out.push(';');
            }
            out.push('}');
        }
        Kind::List(_, items) | Kind::Set(_, items) => {
            out.push('[');
            for item in items.iter() {
                hash_text(item, out);
                out.push(';');
            }
            out.push(']');
        }
        Kind::Tuple(items) => hash_structure(items.iter(), out),
        Kind::Object(items) => hash_structure(items.values(), out),
    }
}

fn hash_structure<'a>(items: impl Iterator<Item = &'a Value>, out: &mut String) {
    out.push('<');
    for item in items {
        hash_text(item, out);
        out.push(';');
    }
    out.push('>');
}
