//! Values in the three forms that Terraform's plan and state JSON split them into: what is known,
//! what is not, and what is not to be shown.

use serde_json::{Map, Value as Json};

use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};

/// The known parts: unknown attributes are left out, unknown elements are null; none where nothing
/// is known. Sensitive parts are written as they are.
pub fn known(it: &Value) -> Option<Json> {
    match it.kind() {
        Kind::Unknown(_) => None,
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            Some(Json::Array(items.iter().map(|it| known(it).unwrap_or_default()).collect()))
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            let entry = |(k, v): (&_, &Value)| Some((ToString::to_string(k), known(v)?));
            Some(Json::Object(items.iter().filter_map(entry).collect()))
        }
        _ => Some(it.to_json().unwrap_or_default()),
    }
}

/// `true` in place of every part that is unknown; what is known is left out of objects and `false`
/// in sequences.
pub fn unknown(it: &Value) -> Json {
    shape(it, &|it| !it.is_known(), &|_| None)
}

/// `true` in place of every part that is sensitive; what is not is left out of objects and `false`
/// in sequences.
pub fn sensitive(it: &Value) -> Json {
    shape(it, &|it| it.marks().sensitive, &|it| match it.kind() {
        Kind::Unknown(it) => match &it.ty {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some(Json::Array(Vec::new())),
            Type::Map(_) | Type::Object(_) => Some(Json::Object(Map::new())),
            _ => Some(false.into()),
        },
        _ => None,
    })
}

fn shape(
    it: &Value,
    holds: &dyn Fn(&Value) -> bool,
    instead: &dyn Fn(&Value) -> Option<Json>,
) -> Json {
    if holds(it) {
        return true.into();
    }
    if let Some(json) = instead(it) {
        return json;
    }
    match it.kind() {
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            items.iter().map(|it| shape(it, holds, instead)).collect()
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            let entries = items.iter().map(|(k, v)| (k.to_string(), shape(v, holds, instead)));
            Json::Object(entries.filter(|(_, it)| *it != Json::Bool(false)).collect())
        }
        _ => false.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::value::Value;
    use serde_json::json;

    #[test]
    fn the_three_forms_agree_with_terraform() {
        let row = Value::object([
            ("id", Value::unknown(Type::String)),
            ("list", Value::tuple([1.into(), Value::unknown(Type::String)])),
            ("nested", Value::object([("a", Value::from(1)), ("b", Value::NULL)])),
            ("pw", Value::from("hunter2").sensitive()),
            ("out", Value::unknown(Type::object([("x", Type::String)]))),
        ]);
        let want = json!({"list": [1, null], "nested": {"a": 1, "b": null}, "pw": "hunter2"});
        assert_eq!(known(&row).unwrap(), want);
        let want = json!({"id": true, "list": [false, true], "nested": {}, "out": true});
        assert_eq!(unknown(&row), want);
        let want = json!({"list": [false, false], "nested": {}, "out": {}, "pw": true});
        assert_eq!(sensitive(&row), want);
    }
}
