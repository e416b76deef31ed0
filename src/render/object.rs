//! Objects of a state as values: with the types and marks that their schema and state give them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::{Str, Value};
use crate::schema::{Attribute, Kind, Schema};
use crate::state::{Object, OutputState};

/// An output of a state.
pub fn output(it: &OutputState) -> Value {
    let value = Value::from_json(&it.value);
    let value = match Type::from_json(&it.ty) {
        Some(ty) => convert(&value, &ty).unwrap_or(value),
        None => value,
    };
    if it.sensitive { value.sensitive() } else { value }
}

/// All attributes; those sensitive by schema or state are marked so.
pub fn value(object: &Object, schema: Option<&Schema>) -> Value {
    let attributes = schema.map_or(&[][..], |it| it.attributes);
    let mut row = entries(&object.attributes, attributes);
    for path in &object.sensitive_attributes {
        if let Some(steps) = steps(path) {
            row = hide(row, &steps);
        }
    }
    row
}

fn entries(json: &Json, attributes: &[Attribute]) -> Value {
    let Json::Object(map) = json else { return Value::from_json(json) };
    Value::object(map.iter().map(|(name, json)| {
        let attribute = attributes.iter().find(|it| it.name == name);
        let value = match attribute {
            Some(it) => typed(json, &it.kind),
            None => pair(json).unwrap_or_else(|| Value::from_json(json)),
        };
        let sensitive = attribute.is_some_and(|it| it.sensitive);
        (name.as_str(), if sensitive { value.sensitive() } else { value })
    }))
}

fn typed(json: &Json, kind: &Kind) -> Value {
    let nested = kind.nested();
    let value = match (kind, json) {
        (_, Json::Null) => return Value::null(kind.ty()),
        (Kind::Any, _) => return pair(json).unwrap_or_else(|| Value::from_json(json)),
        (Kind::Object(_), _) if !nested.is_empty() => return entries(json, nested),
        (Kind::List(_) | Kind::Block { .. }, Json::Array(items)) if !nested.is_empty() => {
            Value::tuple(items.iter().map(|it| entries(it, nested)))
        }
        _ => Value::from_json(json),
    };
    convert(&value, &kind.ty()).unwrap_or(value)
}

/// `{"value": …, "type": …}`: how a value of any type is stored.
fn pair(json: &Json) -> Option<Value> {
    let map = json.as_object().filter(|it| it.len() == 2)?;
    let ty = Type::from_json(map.get("type")?)?;
    convert(&Value::from_json(map.get("value")?), &ty).ok()
}

enum Step {
    Name(Str),
    Index(usize),
}

/// A path as states hold it: a list of steps, or an object that wraps it.
fn steps(path: &Json) -> Option<Vec<Step>> {
    path.as_array()?
        .iter()
        .map(|step| {
            let value = step.get("value")?;
            // An index carries its type along.
            let value = value.get("value").unwrap_or(value);
            Some(match value {
                Json::String(name) => Step::Name(name.as_str().into()),
                other => Step::Index(other.to_string().parse().ok()?),
            })
        })
        .collect()
}

/// Marks the part at the path; the nearest whole where there is no such part.
fn hide(value: Value, path: &[Step]) -> Value {
    let Some((step, rest)) = path.split_first() else { return value.sensitive() };
    match step {
        Step::Name(name) => match value.as_entries().filter(|it| it.contains_key(name)) {
            Some(items) => {
                let mut items: BTreeMap<Str, Value> = items.clone();
                if let Some(part) = items.get_mut(name) {
                    *part = hide(part.clone(), rest);
                }
                let marks = value.marks().clone();
                match value.kind() {
                    crate::lang::value::Kind::Map(of, _) => Value::map(of.clone(), items),
                    _ => Value::object(items),
                }
                .replace_marks(marks)
            }
            None => value.sensitive(),
        },
        Step::Index(index) => {
            let is_set = matches!(value.kind(), crate::lang::value::Kind::Set(..));
            let count = value.as_slice().map_or(0, <[_]>::len);
            if is_set || *index >= count {
                return value.sensitive();
            }
            let mut at = 0;
            value.map_parts(&mut |part| {
                at += 1;
                if at == index + 1 { hide(part.clone(), rest) } else { part.clone() }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_of_a_state_are_marked() {
        let mut object = Object::new(json!({
            "id": "x",
            "input": {"value": {"pw": "hunter2", "l": [1, 2]}, "type": ["object", {"pw": "string", "l": ["list", "number"]}]},
        }));
        let step = |name: &str| json!({"type": "get_attr", "value": name});
        let index = json!({"type": "index", "value": {"value": 1, "type": "number"}});
        object.sensitive_attributes =
            vec![json!([step("input"), step("pw")]), json!([step("input"), step("l"), index])];
        let row = value(&object, None);
        let input = row.part("input").unwrap();
        assert!(input.part("pw").unwrap().marks().sensitive);
        let list = input.part("l").unwrap().as_slice().unwrap();
        assert_eq!([list[0].marks().sensitive, list[1].marks().sensitive], [false, true]);
        assert!(!row.part("id").unwrap().has_sensitive());
    }
}
