//! Objects of a state as values: with the types and marks that their schema and state give them.

use serde_json::Value as Json;

use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::Value;
use crate::plan::codec;
use crate::schema::{Attribute, Decides, Schema};
use crate::state::{Object, OutputState};

/// An output of a state.
pub fn output(it: &OutputState) -> Value {
    let value = typed(&it.value, &it.ty).unwrap_or_else(|| Value::from_json(&it.value));
    if it.sensitive { value.sensitive() } else { value }
}

/// All attributes; those sensitive by schema or state are marked so. Without a schema, the types
/// are guessed.
pub fn value(object: &Object, schema: Option<&Schema>) -> Value {
    let row = match (schema, &object.attributes) {
        (Some(schema), attributes) => codec::decode(schema, attributes),
        (None, Json::Object(map)) => {
            let each = map.iter().map(|(name, json)| {
                (name.as_str(), pair(json).unwrap_or_else(|| Value::from_json(json)))
            });
            Value::object(each)
        }
        (None, other) => Value::from_json(other),
    };
    codec::with_sensitive(row, &object.sensitive_attributes)
}

/// The row as it is shown to people: what repeats a sensitive argument, as `output` of
/// `terraform_data` does, is not shown either, though expressions may use it freely.
pub fn shown(row: Value, schema: Option<&Schema>) -> Value {
    let Some(entries) = row.as_entries() else { return row };
    let repeats = |it: &&Attribute| it.decides == Decides::Out && it.kind.ty() == Type::Any;
    let hides = |name: &str| row.part(name).is_some_and(Value::has_sensitive);
    let attributes = schema.into_iter().flat_map(|it| it.attributes).filter(repeats);
    let hidden: Vec<&str> =
        attributes.filter(|it| it.follows.iter().any(|it| hides(it))).map(|it| it.name).collect();
    let mut entries = entries.clone();
    for (_, part) in entries.iter_mut().filter(|(name, _)| hidden.contains(&&***name)) {
        *part = part.clone().sensitive();
    }
    let marks = row.marks().clone();
    Value::object(entries).replace_marks(marks)
}

/// `{"value": …, "type": …}`: how a value of any type is stored.
fn pair(json: &Json) -> Option<Value> {
    let map = json.as_object().filter(|it| it.len() == 2)?;
    typed(map.get("value")?, map.get("type")?)
}

fn typed(value: &Json, ty: &Json) -> Option<Value> {
    convert(&Value::from_json(value), &Type::from_json(ty)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_of_a_state_are_marked() {
        let ty = json!(["object", {"pw": "string", "l": ["list", "number"]}]);
        let mut object = Object::new(json!({
            "id": "x",
            "input": {"value": {"pw": "hunter2", "l": [1, 2]}, "type": ty},
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
