//! Values with their types, unknown parts and marks as JSON, without loss.
//!
//! A value is an object with one key that says what it is: `{"s": "text"}`, `{"u": type}` for
//! unknown; `"x": true` beside it marks it as sensitive. Where it came from is not kept: the plan's
//! changes have their dependencies.

use serde_json::{Map, Value as Json, json};

use crate::lang::number::Number;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Named, Str, Unknown, Value};

/// The value as JSON.
pub fn encode(value: &Value) -> Json {
    let items = |it: &[Value]| it.iter().map(encode).collect::<Vec<Json>>();
    let entries = |it: &Named| {
        Json::Object(it.iter().map(|(k, v)| (k.to_string(), encode(v))).collect::<Map<_, _>>())
    };
    let mut json = match value.kind() {
        Kind::Null(ty) => json!({"z": ty.to_json()}),
        Kind::Unknown(it) => json!({"u": it.ty.to_json(), "nn": it.not_null, "p": value.prefix()}),
        Kind::Bool(it) => json!({"b": it}),
        Kind::Number(it) => json!({"n": it.to_string()}),
        Kind::String(it) => json!({"s": &**it}),
        Kind::List(of, it) => json!({"l": items(it), "t": of.to_json()}),
        Kind::Set(of, it) => json!({"e": items(it), "t": of.to_json()}),
        Kind::Map(of, it) => json!({"m": entries(it), "t": of.to_json()}),
        Kind::Tuple(it) => json!({"q": items(it)}),
        Kind::Object(it) => json!({"o": entries(it)}),
    };
    if let (true, Some(object)) = (value.marks().sensitive, json.as_object_mut()) {
        object.insert("x".into(), Json::Bool(true));
    }
    json
}

/// Reads back what [`encode`] wrote.
pub fn decode(json: &Json) -> Option<Value> {
    let object = json.as_object()?;
    let ty = |key: &str| object.get(key).and_then(Type::from_json);
    let items = |it: &Json| it.as_array()?.iter().map(decode).collect::<Option<Vec<Value>>>();
    let entries = |it: &Json| {
        let each = it.as_object()?.iter().map(|(k, v)| Some((Str::from(k.as_str()), decode(v)?)));
        each.collect::<Option<Vec<(Str, Value)>>>()
    };
    // A set of unknown elements must not be made anew: they are kept as they are.
    let (key, it) =
        object.iter().find(|(key, _)| !matches!(key.as_str(), "x" | "t" | "nn" | "p"))?;
    let value = match key.as_str() {
        "z" => Value::null(Type::from_json(it)?),
        "u" => Unknown {
            ty: Type::from_json(it)?,
            not_null: object.get("nn")?.as_bool()?,
            prefix: object.get("p")?.as_str().filter(|it| !it.is_empty()).map(Str::from),
        }
        .into(),
        "b" => it.as_bool()?.into(),
        "n" => match it.as_str()? {
            "+Inf" => Value::number(Number::from_f64(f64::INFINITY)?),
            "-Inf" => Value::number(Number::from_f64(f64::NEG_INFINITY)?),
            text => Value::number(Number::parse(text)?),
        },
        "s" => Kind::String(it.as_str()?.into()).into(),
        "l" => Value::list(ty("t")?, items(it)?),
        "e" => Kind::Set(ty("t")?, items(it)?.into()).into(),
        "m" => Value::map(ty("t")?, entries(it)?),
        "q" => Value::tuple(items(it)?),
        "o" => Value::object(entries(it)?),
        _ => return None,
    };
    let sensitive = object.get("x").and_then(Json::as_bool).unwrap_or(false);
    Some(if sensitive { value.sensitive() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_reads_back() {
        let all = [
            Value::NULL,
            Value::null(Type::list(Type::String)),
            Value::unknown_not_null(Type::Number),
            Value::TRUE,
            Value::number(Number::parse("0.1").unwrap()),
            "text".into(),
            Value::from("secret").sensitive(),
            Value::list(Type::String, ["a".into()]),
            Value::set(Type::String, ["b".into(), Value::unknown(Type::String)]),
            Value::map(Type::Number, [("k".into(), 1.into())]),
            Value::tuple([1.into(), "x".into()]),
            Value::object([("a", Value::unknown(Type::Any))]),
        ];
        for value in all {
            let back = decode(&encode(&value)).unwrap();
            assert!(back.same(&value), "{value:?} {back:?}");
            assert_eq!(back.marks().sensitive, value.marks().sensitive);
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for json in [
            json!(null),
            json!({}),
            json!({"k": 1}),
            json!({"s": 1}),
            json!({"l": [1], "t": "string"}),
        ] {
            assert!(decode(&json).is_none(), "{json}");
        }
    }
}
