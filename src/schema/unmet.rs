//! What of an object is not as it is wanted.

use super::compare::same;
use super::{Attribute, Decides, Kind, Nesting, Schema};
use crate::lang::value::{Kind as ValueKind, Value};

/// The arguments that AWS does not have as they are wanted. What the user left open, what AWS never
/// tells, and what is only sent are left out.
pub fn unmet(schema: &Schema, want: &Value, have: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for it in schema.attributes {
        if it.local || it.write_only || !it.is_argument() {
            continue;
        }
        let null = Value::null(it.kind.ty());
        let (want, have) =
            (want.part(it.name).unwrap_or(&null), have.part(it.name).unwrap_or(&null));
        if !met(it, want, have) {
            names.push(it.name.to_string());
        }
    }
    names
}

fn met(it: &Attribute, want: &Value, have: &Value) -> bool {
    if !want.is_known() || (want.is_null() && it.decides == Decides::Auto) {
        return true;
    }
    if let Kind::Block { attributes, nesting, .. } = &it.kind {
        return blocks_met(attributes, *nesting, want, have);
    }
    if !want.is_wholly_known() || same(it.compare, want, have) {
        return true;
    }
    // AWS has no word for "not set": an empty text, list or map, and a plain false are as good.
    is_empty(want) && is_empty(have)
}

fn blocks_met(attributes: &[Attribute], nesting: Nesting, want: &Value, have: &Value) -> bool {
    let items = |it: &Value| it.as_slice().unwrap_or_default().to_vec();
    let (wanted, had) = (items(want), items(have));
    let fits = |want: &Value, have: &Value| {
        attributes.iter().all(|part| {
            let null = Value::null(part.kind.ty());
            let want = want.part(part.name).unwrap_or(&null);
            part.local
                || part.write_only
                || !part.is_argument()
                || met(part, want, have.part(part.name).unwrap_or(&null))
        })
    };
    wanted.len() == had.len()
        && match nesting {
            Nesting::List => wanted.iter().zip(&had).all(|(want, have)| fits(want, have)),
            Nesting::Set => wanted.iter().all(|want| had.iter().any(|have| fits(want, have))),
        }
}

fn is_empty(it: &Value) -> bool {
    match it.kind() {
        ValueKind::Null(_) | ValueKind::Bool(false) => true,
        ValueKind::String(text) => text.is_empty(),
        ValueKind::Number(number) => number.is_zero(),
        _ => {
            it.as_slice().is_some_and(|items| items.is_empty())
                || it.as_entries().is_some_and(|items| items.is_empty())
        }
    }
}
