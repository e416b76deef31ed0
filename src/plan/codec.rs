//! Rows as the JSON of the state, and back.
//!
//! The notation is Terraform's: sets are arrays, a value of any type is written with its type, and
//! what is only sent is null. Reading is tolerant: a state may be older or newer than the schema.

use serde_json::{Map, Value as Json, json};

use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::{Kind as ValueKind, Named, Str, Value};
use crate::schema::attribute::object_type;
use crate::schema::{Attribute, Kind, Nesting, Schema};

/// The row as the attributes of an object in the state, in the order of the schema.
pub fn encode(schema: &Schema, row: &Value) -> Json {
    encode_object(schema.attributes, row)
}

/// The row that these attributes make up; null where one is missing or of another shape.
pub fn decode(schema: &Schema, attributes: &Json) -> Value {
    decode_object(schema.attributes, attributes)
}

/// Paths of the sensitive parts, as the state writes them.
pub fn sensitive_paths(row: &Value) -> Vec<Json> {
    let mut paths = Vec::new();
    collect(row, &mut Vec::new(), &mut paths);
    paths
}

/// The row with the parts at these paths marked as sensitive.
pub fn with_sensitive(row: Value, paths: &[Json]) -> Value {
    paths.iter().filter_map(Json::as_array).fold(row, |row, path| marked(&row, path))
}

fn encode_object(attributes: &[Attribute], value: &Value) -> Json {
    let Some(entries) = value.as_entries() else { return Json::Null };
    let each = attributes.iter().map(|it| {
        let part = entries.get(it.name).filter(|_| !it.write_only).unwrap_or(&Value::NULL);
        (it.name.to_string(), encode_as(&it.kind, part))
    });
    Json::Object(each.collect())
}

fn encode_as(kind: &Kind, value: &Value) -> Json {
    let items = |of: &dyn Fn(&Value) -> Json| match value.as_slice() {
        Some(items) => Json::Array(items.iter().map(of).collect()),
        None => Json::Null,
    };
    match kind {
        Kind::Any => encode_any(value),
        Kind::List(of) | Kind::Set(of) => items(&|it| encode_as(of, it)),
        Kind::Map(of) => match value.as_entries() {
            Some(entries) => {
                let each = entries.iter().map(|(k, v)| (k.to_string(), encode_as(of, v)));
                Json::Object(each.collect())
            }
            None => Json::Null,
        },
        Kind::Object(attributes) => encode_object(attributes, value),
        Kind::Block { attributes, .. } => match items(&|it| encode_object(attributes, it)) {
            Json::Null => Json::Array(Vec::new()),
            items => items,
        },
        Kind::Bool | Kind::Int | Kind::Float | Kind::String => {
            value.to_json().unwrap_or(Json::Null)
        }
    }
}

/// A value with its type, so that both can be read back.
fn encode_any(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Null(Type::Any) | ValueKind::Unknown(_) => Json::Null,
        _ => match value.to_json() {
            Some(it) => json!({ "value": it, "type": value.ty().to_json() }),
            None => Json::Null,
        },
    }
}

fn decode_object(attributes: &[Attribute], json: &Json) -> Value {
    let parts = attributes.iter().map(|it| {
        let part = decode_as(&it.kind, json.get(it.name).unwrap_or(&Json::Null));
        (it.name, if it.sensitive { part.sensitive() } else { part })
    });
    Value::object(parts)
}

fn decode_as(kind: &Kind, json: &Json) -> Value {
    let items = |of: &Kind| -> Option<Vec<Value>> {
        Some(json.as_array()?.iter().map(|it| decode_as(of, it)).collect())
    };
    let found = match kind {
        Kind::Any => Some(decode_any(json)),
        Kind::List(of) => items(of).map(|it| Value::list(of.ty(), it)),
        Kind::Set(of) => items(of).map(|it| Value::set(of.ty(), it)),
        Kind::Map(of) => json.as_object().map(|entries| {
            let each = entries.iter().map(|(k, v)| (Str::from(k.as_str()), decode_as(of, v)));
            Value::map(of.ty(), each)
        }),
        Kind::Object(attributes) => json.is_object().then(|| decode_object(attributes, json)),
        Kind::Block { attributes, nesting, .. } => Some(decode_blocks(attributes, *nesting, json)),
        Kind::Bool | Kind::Int | Kind::Float | Kind::String => {
            convert(&Value::from_json(json), &kind.ty()).ok()
        }
    };
    found.unwrap_or_else(|| Value::null(kind.ty()))
}

fn decode_blocks(attributes: &[Attribute], nesting: Nesting, json: &Json) -> Value {
    let items = match json {
        Json::Array(items) => items.as_slice(),
        Json::Object(_) => std::slice::from_ref(json),
        _ => &[],
    };
    let (of, items) = (object_type(attributes), items.iter().filter(|it| it.is_object()));
    let items = items.map(|it| decode_object(attributes, it));
    match nesting {
        Nesting::List => Value::list(of, items),
        Nesting::Set => Value::set(of, items),
    }
}

fn decode_any(json: &Json) -> Value {
    let pair = json.as_object().filter(|it| it.len() == 2);
    let pair = pair.and_then(|it| Some((it.get("value")?, Type::from_json(it.get("type")?)?)));
    match pair {
        Some((value, ty)) => {
            let value = Value::from_json(value);
            convert(&value, &ty).unwrap_or(value)
        }
        None => Value::from_json(json),
    }
}

fn collect(value: &Value, at: &mut Vec<Json>, paths: &mut Vec<Json>) {
    if value.marks().sensitive {
        return paths.push(Json::Array(at.clone()));
    }
    let mut under = |step: Json, part: &Value| {
        at.push(step);
        collect(part, at, paths);
        at.pop();
    };
    match value.kind() {
        ValueKind::Object(parts) => parts.iter().for_each(|(name, part)| {
            under(json!({ "type": "get_attr", "value": &**name }), part);
        }),
        ValueKind::Map(_, parts) => parts.iter().for_each(|(name, part)| {
            let key = json!({ "value": &**name, "type": "string" });
            under(json!({ "type": "index", "value": key }), part);
        }),
        ValueKind::List(_, parts) | ValueKind::Tuple(parts) => {
            parts.iter().enumerate().for_each(|(index, part)| {
                let key = json!({ "value": index, "type": "number" });
                under(json!({ "type": "index", "value": key }), part);
            })
        }
        // The elements of a set have no marks of their own.
        _ => {}
    }
}

fn marked(value: &Value, path: &[Json]) -> Value {
    let Some((step, rest)) = path.split_first() else { return value.clone().sensitive() };
    let key = match step.get("type").and_then(Json::as_str) {
        Some("get_attr") => step.get("value"),
        _ => step.get("value").and_then(|it| it.get("value")),
    };
    let key = key.unwrap_or(&Json::Null);
    let entries = |parts: &Named, name: &str| {
        let each = |(k, v): (&Str, &Value)| {
            (k.clone(), if **k == *name { marked(v, rest) } else { v.clone() })
        };
        parts.iter().map(each).collect::<Vec<_>>()
    };
    let items = |parts: &[Value], at: u64| {
        let each = |(k, v): (usize, &Value)| {
            if k as u64 == at { marked(v, rest) } else { v.clone() }
        };
        parts.iter().enumerate().map(each).collect::<Vec<_>>()
    };
    let changed = match (value.kind(), key.as_str(), key.as_u64()) {
        (ValueKind::Object(parts), Some(name), _) => Value::object(entries(parts, name)),
        (ValueKind::Map(of, parts), Some(name), _) => Value::map(of.clone(), entries(parts, name)),
        (ValueKind::List(of, parts), _, Some(at)) => Value::list(of.clone(), items(parts, at)),
        (ValueKind::Tuple(parts), _, Some(at)) => Value::tuple(items(parts, at)),
        // The part is not there any more: then the whole must do, unless there is nothing to hide.
        (ValueKind::Null(_), ..) => value.clone(),
        _ => value.clone().sensitive(),
    };
    changed.with_marks(value.marks())
}

/// The attributes without what must not be stored: keys of what was given and is only sent, or is
/// ephemeral, are left out, so that a reader can tell "not stored" from "not set".
pub fn encode_storable(schema: &Schema, row: &Value) -> Json {
    let mut all = match encode(schema, row) {
        Json::Object(all) => all,
        _ => Map::new(),
    };
    for it in schema.attributes {
        let given = row.part(it.name).filter(|part| !part.is_null());
        if given.is_some_and(|part| it.write_only || part.has_ephemeral()) {
            all.shift_remove(it.name);
        }
    }
    Json::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Decides, Timeouts};

    const RULE: &[Attribute] = &[
        Attribute { name: "port", kind: Kind::Int, ..Attribute::BLANK },
        Attribute { name: "why", kind: Kind::String, ..Attribute::BLANK },
    ];
    const SCHEMA: Schema = Schema {
        kind: "test",
        doc: "",
        attributes: &[
            Attribute { name: "id", kind: Kind::String, decides: Decides::Out, ..Attribute::BLANK },
            Attribute { name: "zones", kind: Kind::Set(&Kind::String), ..Attribute::BLANK },
            Attribute { name: "input", ..Attribute::BLANK },
            Attribute {
                name: "rule",
                kind: Kind::Block {
                    attributes: RULE,
                    nesting: Nesting::List,
                    count: (0, 9),
                    as_attribute: false,
                },
                ..Attribute::BLANK
            },
            Attribute { name: "tags", kind: Kind::Map(&Kind::String), ..Attribute::BLANK },
            Attribute {
                name: "password",
                kind: Kind::String,
                write_only: true,
                ..Attribute::BLANK
            },
        ],
        timeouts: Timeouts { create: None, update: None, delete: None, read: None },
        tags: None,
    };

    fn row() -> Value {
        Value::object([
            ("id", Value::unknown(Type::String)),
            ("zones", Value::set(Type::String, ["b".into(), "a".into()])),
            ("input", Value::object([("n", Value::from(1)), ("x", Value::NULL)])),
            (
                "rule",
                decode(&SCHEMA, &json!({"rule": [{"port": 80}]})).part("rule").unwrap().clone(),
            ),
            ("tags", Value::map(Type::String, [("k".into(), Value::from("v").sensitive())])),
            ("password", "hunter2".into()),
        ])
    }

    #[test]
    fn rows_are_written_as_terraform_does() {
        let expected = r#"{"id":null,"zones":["a","b"],"input":{"value":{"n":1,"x":null},"type":["object",{"n":"number","x":"dynamic"}]},"rule":[{"port":80,"why":null}],"tags":{"k":"v"},"password":null}"#;
        assert_eq!(encode(&SCHEMA, &row()).to_string(), expected);
    }

    #[test]
    fn rows_are_read_back() {
        let back = decode(&SCHEMA, &encode(&SCHEMA, &row()));
        for name in ["zones", "input", "rule", "tags"] {
            let (a, b) = (row().part(name).unwrap().clone(), back.part(name).unwrap().clone());
            assert!(a.same(&b), "{name}: {a:?} / {b:?}");
        }
        assert_eq!(back.ty().friendly(), "object");
    }

    #[test]
    fn other_shapes_are_tolerated() {
        let cases = [
            json!(null),
            json!([]),
            json!({"zones": "x", "rule": {"port": "80"}, "tags": [], "more": 1}),
            json!({"input": {"value": 1, "type": "nonsense"}, "rule": [7, null]}),
        ];
        for case in cases {
            let row = decode(&SCHEMA, &case);
            assert!(row.part("zones").unwrap().is_null(), "{case}");
            assert!(row.part("rule").unwrap().as_slice().is_some(), "{case}");
        }
        let row = decode(&SCHEMA, &json!({"rule": {"port": "80"}}));
        let rule = &row.part("rule").unwrap().as_slice().unwrap()[0];
        assert!(rule.part("port").unwrap().same(&80.into()));
    }

    #[test]
    fn sensitive_parts_are_listed_and_marked_again() {
        let paths = sensitive_paths(&row());
        let expected = json!([[
            {"type": "get_attr", "value": "tags"},
            {"type": "index", "value": {"value": "k", "type": "string"}}
        ]]);
        assert_eq!(Json::from(paths.clone()), expected);
        let (plain, _) = row().without_marks();
        assert_eq!(sensitive_paths(&with_sensitive(plain, &paths)), paths);
        let gone = with_sensitive(Value::object([("tags", Value::from("x"))]), &paths);
        assert!(gone.part("tags").unwrap().marks().sensitive);
    }

    #[test]
    fn what_is_only_sent_is_not_stored() {
        let stored = encode_storable(&SCHEMA, &row());
        assert!(stored.get("password").is_none() && stored.get("id").is_some());
        let (mut open, _) = row().without_marks();
        open = Value::object(open.as_entries().unwrap().iter().map(|(k, v)| {
            (k.clone(), if &**k == "password" { Value::null(Type::String) } else { v.clone() })
        }));
        assert!(encode_storable(&SCHEMA, &open).get("password").is_some());
    }
}
