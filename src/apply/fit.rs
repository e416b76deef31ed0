//! Whether a row fits the plan, and which row is kept once AWS has told its own.

use crate::lang::value::{Kind as ValueKind, Marks, Value};
use crate::plan::diff::unmet;
use crate::schema::{Attribute, Decides, Kind, Nesting, Schema};

/// The first argument or attribute of which the plan said something else than the row does.
pub(super) fn contradiction(schema: &Schema, planned: &Value, row: &Value) -> Option<&'static str> {
    let contradicts = |it: &&Attribute| {
        // Of what a plan does not have, it says nothing.
        let Some(planned) = planned.part(it.name).filter(|_| !it.write_only) else { return false };
        let null = Value::null(it.kind.ty());
        !agrees(planned, row.part(it.name).unwrap_or(&null))
    };
    schema.attributes.iter().find(contradicts).map(|it| it.name)
}

/// Whether everything that was known of the planned value is still so.
fn agrees(planned: &Value, now: &Value) -> bool {
    if let ValueKind::Unknown(it) = planned.kind() {
        let prefixed = now.as_str().is_none_or(|text| text.starts_with(planned.prefix()));
        return prefixed && !(it.not_null && now.is_null());
    }
    if planned.is_null() || now.is_null() {
        return planned.is_null() && now.is_null();
    }
    if planned.same(now) {
        return true;
    }
    if planned.is_wholly_known() && !matches!(planned.kind(), ValueKind::Object(_)) {
        // Only types may still differ: a tuple for a list, an object for a map.
        return planned.to_json().is_some_and(|it| now.to_json() == Some(it));
    }
    match (planned.kind(), now.kind()) {
        // An unknown element of a set may turn out to be any other one.
        (ValueKind::Set(..), _) => now.as_slice().is_some(),
        _ => match (planned.as_slice(), now.as_slice(), planned.as_entries(), now.as_entries()) {
            (Some(a), Some(b), ..) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b))
            }
            (.., Some(a), Some(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| agrees(a, b)))
            }
            _ => false,
        },
    }
}

/// Whether an update has anything to send.
pub(super) fn differs(schema: &Schema, want: &Value, prior: &Value) -> bool {
    schema.attributes.iter().filter(|it| it.is_argument() && !it.write_only).any(|it| {
        let null = Value::null(it.kind.ty());
        let (want, prior) =
            (want.part(it.name).unwrap_or(&null), prior.part(it.name).unwrap_or(&null));
        let open = !want.is_known() || (want.is_null() && it.decides == Decides::Auto);
        !open && !want.same(prior)
    })
}

/// The wanted row, with what is not known of it yet taken from the row before.
pub(super) fn over(schema: &Schema, want: &Value, prior: &Value) -> Value {
    Value::object(schema.attributes.iter().map(|it| {
        let null = Value::null(it.kind.ty());
        let wanted = want.part(it.name).unwrap_or(&null);
        let open = !wanted.is_known() || (wanted.is_null() && it.decides == Decides::Auto);
        let value = if open { prior.part(it.name).unwrap_or(&null) } else { wanted };
        (it.name, value.clone())
    }))
}

/// The row that is kept: what AWS has, in the words in which it was asked for where both mean the
/// same, with the sensitive marks of what was asked for.
pub(super) fn kept(schema: &Schema, want: &Value, have: &Value) -> Value {
    let other = unmet(schema, want, have);
    object(schema.attributes, want, have, &|name| other.iter().any(|it| it == name))
}

fn object(
    attributes: &[Attribute],
    want: &Value,
    have: &Value,
    is_other: &dyn Fn(&str) -> bool,
) -> Value {
    Value::object(attributes.iter().map(|it| {
        let null = Value::null(it.kind.ty());
        let wanted = want.part(it.name).unwrap_or(&null);
        let had = have.part(it.name).unwrap_or(&null);
        let value = match it.write_only {
            true => null.clone(),
            false if !it.is_argument() || is_other(it.name) => shown(had),
            false => attribute(it, wanted, had),
        };
        let is_hidden = wanted.marks().sensitive
            || (it.sensitive && !value.is_null())
            || (wanted.has_sensitive() && !value.has_sensitive());
        (it.name, if is_hidden { value.sensitive() } else { value })
    }))
}

fn attribute(it: &Attribute, want: &Value, have: &Value) -> Value {
    if !want.is_known() || (want.is_null() && it.decides == Decides::Auto) {
        return shown(have);
    }
    if let Kind::Block { attributes, nesting, .. } = &it.kind {
        let (wanted, had) = (want.as_slice().unwrap_or(&[]), have.as_slice().unwrap_or(&[]));
        if *nesting == Nesting::Set || wanted.len() != had.len() {
            return shown(have);
        }
        let of = crate::schema::attribute::object_type(attributes);
        let each = wanted.iter().zip(had).map(|(a, b)| object(attributes, a, b, &|_| false));
        return Value::list(of, each.collect::<Vec<_>>());
    }
    shown(if want.is_wholly_known() { want } else { have })
}

/// The value with its sensitive marks and no others: where it came from is told by its address.
fn shown(value: &Value) -> Value {
    let marks = if value.marks().sensitive { Marks::SENSITIVE } else { Marks::NONE };
    value.map_parts(&mut shown).replace_marks(marks)
}

/// The row after an update that failed: what AWS has; what it never tells stays as it was before,
/// so that the next plan asks for it again.
pub(super) fn after_failure(schema: &Schema, prior: &Value, have: &Value) -> Value {
    Value::object(schema.attributes.iter().map(|it| {
        let null = Value::null(it.kind.ty());
        let from = if it.local || it.write_only { prior } else { have };
        let value = shown(from.part(it.name).unwrap_or(&null));
        let is_hidden = prior.part(it.name).is_some_and(Value::has_sensitive);
        (it.name, if is_hidden { value.sensitive() } else { value })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::types::Type;
    use crate::schema::{Compare, Timeouts};

    const SCHEMA: Schema = Schema {
        kind: "test",
        doc: "",
        attributes: &[
            Attribute { name: "id", kind: Kind::String, decides: Decides::Out, ..Attribute::BLANK },
            Attribute {
                name: "policy",
                kind: Kind::String,
                compare: Compare::Json,
                ..Attribute::BLANK
            },
            Attribute {
                name: "zone",
                kind: Kind::String,
                decides: Decides::Auto,
                ..Attribute::BLANK
            },
            Attribute { name: "list", kind: Kind::List(&Kind::String), ..Attribute::BLANK },
            Attribute { name: "secret", kind: Kind::String, local: true, ..Attribute::BLANK },
        ],
        timeouts: Timeouts { create: None, update: None, delete: None, read: None },
        tags: None,
    };

    fn row(policy: &str, zone: Value, list: Value) -> Value {
        Value::object([("policy", policy.into()), ("zone", zone), ("list", list)])
    }

    fn texts(those: &[Value]) -> Value {
        Value::list(Type::String, those.to_vec())
    }

    #[test]
    fn only_what_was_known_can_contradict() {
        let unknown = || Value::unknown(Type::String);
        let planned = row("{}", unknown(), texts(&["a".into(), unknown()]));
        let cases = [
            (row("{}", "x".into(), texts(&["a".into(), "b".into()])), None),
            (row("{}", unknown(), texts(&["a".into(), Value::null(Type::String)])), None),
            (row("[]", "x".into(), texts(&["a".into(), "b".into()])), Some("policy")),
            (row("{}", "x".into(), texts(&["a".into()])), Some("list")),
            (row("{}", "x".into(), texts(&["c".into(), "b".into()])), Some("list")),
            (row("{}", "x".into(), Value::null(Type::list(Type::String))), Some("list")),
        ];
        for (now, expected) in cases {
            assert_eq!(contradiction(&SCHEMA, &planned, &now), expected, "{now:?}");
        }
    }

    #[test]
    fn the_words_that_were_asked_for_are_kept() {
        let want = row(r#"{"a": 1}"#, Value::NULL, texts(&["x".into()]));
        let have = Value::object([
            ("id", Value::from("i")),
            ("policy", r#"{"a":1}"#.into()),
            ("zone", "z".into()),
            ("list", texts(&["y".into()])),
        ]);
        let it = kept(&SCHEMA, &want, &have);
        assert_eq!(it.part("policy").unwrap().as_str(), Some(r#"{"a": 1}"#));
        assert_eq!(it.part("zone").unwrap().as_str(), Some("z"));
        assert!(it.part("list").unwrap().same(&texts(&["y".into()])), "what AWS has otherwise");
    }

    #[test]
    fn marks_are_kept_but_not_origins() {
        let marks = Marks { sensitive: true, ..Marks::from_instance(3) };
        let want = row("p", Value::from("z").with_marks(&marks), texts(&[]));
        let it = kept(&SCHEMA, &want, &row("p", "z".into(), texts(&[])));
        assert_eq!(*it.part("zone").unwrap().marks(), Marks::SENSITIVE);
    }

    #[test]
    fn an_update_that_failed_leaves_what_is_never_told() {
        let secret = |it: &str| Value::object([("secret", Value::from(it)), ("policy", it.into())]);
        let it = after_failure(&SCHEMA, &secret("old"), &secret("new"));
        assert_eq!(it.part("secret").unwrap().as_str(), Some("old"));
        assert_eq!(it.part("policy").unwrap().as_str(), Some("new"));
    }
}
