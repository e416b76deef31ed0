//! Attributes and elements of values: `x.name`, `x[key]`.

use super::convert::convert;
use super::types::Type;
use super::value::{Kind, Value};
use crate::diag::Diagnostic;

/// `value.name`
pub fn attribute(value: &Value, name: &str) -> Result<Value, Diagnostic> {
    let marks = value.marks();
    let found = match value.kind() {
        Kind::Null(_) => {
            return Err(Diagnostic::error(
                "Attempt to get attribute from null value",
                format!("this value is null, so it has no attribute `{name}`"),
            ));
        }
        Kind::Object(items) => match items.get(name) {
            Some(item) => item.clone(),
            None => return Err(no_attribute("this object", name, items.keys().map(|it| &**it))),
        },
        Kind::Map(_, items) => match items.get(name) {
            Some(item) => item.clone(),
            None => {
                return Err(Diagnostic::error(
                    "Missing map element",
                    format!("this map has no element with the key {name:?}"),
                )
                .did_you_mean(name, items.keys().map(|it| &**it)));
            }
        },
        Kind::Unknown(it) => match &it.ty {
            Type::Any => Value::unknown(Type::Any),
            Type::Map(of) => Value::unknown(of.as_ref().clone()),
            Type::Object(of) => match of.attributes.get(name) {
                Some(ty) => Value::unknown(ty.clone()),
                None => {
                    let names = of.attributes.keys().map(|it| &**it);
                    return Err(no_attribute("this object", name, names));
                }
            },
            other => return Err(without_attributes(other, name)),
        },
        _ => return Err(without_attributes(&value.ty(), name)),
    };
    Ok(found.with_marks(marks))
}

fn no_attribute<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("Unsupported attribute", format!("{what} has no attribute named `{name}`"))
        .did_you_mean(name, names)
}

fn without_attributes(ty: &Type, name: &str) -> Diagnostic {
    let detail = format!("a {} has no attributes, so no `{name}` either", ty.friendly());
    let it = Diagnostic::error("Unsupported attribute", detail);
    match ty {
        Type::List(of) | Type::Set(of) if matches!(**of, Type::Object(_) | Type::Map(_)) => {
            it.hint(format!("for the attribute of every element, write `[*].{name}`"))
        }
        _ => it,
    }
}

/// `value[key]`
pub fn element(value: &Value, key: &Value) -> Result<Value, Diagnostic> {
    let marks = value.marks().union(key.marks());
    Ok(find_element(value, key)?.with_marks(&marks))
}

fn find_element(value: &Value, key: &Value) -> Result<Value, Diagnostic> {
    if value.is_null() {
        return Err(Diagnostic::error(
            "Attempt to index null value",
            "this value is null, so it has no elements",
        ));
    }
    if key.is_null() {
        return Err(invalid("a null value cannot be an index"));
    }
    match value.ty() {
        Type::Any => Ok(Value::unknown(Type::Any)),
        Type::List(_) | Type::Tuple(_) => by_number(value, key),
        Type::Map(_) | Type::Object(_) => by_name(value, key),
        Type::Set(_) => Err(invalid(
            "elements of a set have no index: they are identified only by their value",
        )
        .hint(
            "to get at a single element, convert the set with `tolist` or use a `for` expression",
        )),
        other => Err(invalid(format!("a {} has no elements", other.friendly()))),
    }
}

fn by_number(value: &Value, key: &Value) -> Result<Value, Diagnostic> {
    let key = convert(key, &Type::Number).map_err(|it| invalid(it.to_string()))?;
    let Some(number) = key.as_number() else {
        return Ok(match value.ty() {
            Type::List(of) => Value::unknown(of.as_ref().clone()),
            _ => Value::unknown(Type::Any),
        });
    };
    if !number.is_whole() {
        return Err(invalid("an index must be a whole number"));
    }
    let is_open = value.ty().element().is_some() && !value.is_known();
    if number.is_negative() && !is_open {
        return Err(invalid("an index must not be negative").hint(
            "to count from the end, write `x[length(x) - 1]` or `element(x, length(x) - 1)`",
        ));
    }
    let at = number.to_i64().and_then(|it| usize::try_from(it).ok());
    match value.kind() {
        Kind::Unknown(it) => match (&it.ty, at) {
            (Type::Tuple(of), Some(at)) if at < of.len() => Ok(Value::unknown(of[at].clone())),
            (Type::Tuple(of), _) => Err(beyond(number, of.len())),
            (Type::List(of), _) => Ok(Value::unknown(of.as_ref().clone())),
            _ => Ok(Value::unknown(Type::Any)),
        },
        _ => {
            let items = value.as_slice().unwrap_or_default();
            at.and_then(|at| items.get(at)).cloned().ok_or_else(|| beyond(number, items.len()))
        }
    }
}

fn beyond(index: impl std::fmt::Display, length: usize) -> Diagnostic {
    invalid(match length {
        0 => "the collection is empty".to_string(),
        1 => format!("index {index} is beyond the only element, [0]"),
        _ => format!("index {index} is beyond the last element, [{}]", length - 1),
    })
}

fn by_name(value: &Value, key: &Value) -> Result<Value, Diagnostic> {
    let key = convert(key, &Type::String).map_err(|it| invalid(it.to_string()))?;
    let Some(name) = key.as_str() else {
        return Ok(match value.ty() {
            Type::Map(of) => Value::unknown(of.as_ref().clone()),
            _ => Value::unknown(Type::Any),
        });
    };
    match value.kind() {
        Kind::Unknown(it) => match &it.ty {
            Type::Map(of) => Ok(Value::unknown(of.as_ref().clone())),
            Type::Object(of) => match of.attributes.get(name) {
                Some(ty) => Ok(Value::unknown(ty.clone())),
                None => Err(missing(name, of.attributes.keys().map(|it| &**it))),
            },
            _ => Ok(Value::unknown(Type::Any)),
        },
        _ => {
            let items = value.as_entries();
            let found = items.and_then(|items| items.get(name)).cloned();
            let names = items.into_iter().flat_map(|items| items.keys().map(|it| &**it));
            found.ok_or_else(|| missing(name, names))
        }
    }
}

fn missing<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    invalid(format!("there is no element with the key {name:?}")).did_you_mean(name, names)
}

fn invalid(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error("Invalid index", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_whole_key_and_part_meet() {
        let map = Value::object([("a", Value::from(1))]);
        let found = element(&map, &Value::from("a").sensitive()).unwrap();
        assert!(found.marks().sensitive);
    }

    #[test]
    fn unknown_wholes_have_parts_of_known_type() {
        let list = Value::unknown(Type::list(Type::String));
        assert_eq!(element(&list, &0.into()).unwrap().ty(), Type::String);
        let object = Value::unknown(Type::object([("a", Type::Bool)]));
        assert_eq!(attribute(&object, "a").unwrap().ty(), Type::Bool);
        assert!(attribute(&object, "b").is_err());
    }

    #[test]
    fn what_is_not_there_is_told() {
        let list = Value::tuple([1.into()]);
        for key in [Value::from(1), Value::from(-1), "x".into(), Value::NULL] {
            assert_eq!(element(&list, &key).unwrap_err().summary, "Invalid index");
        }
    }
}
