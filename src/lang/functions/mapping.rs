//! Maps and objects: taking apart, putting together. Marks of elements stay with them.

use std::collections::BTreeMap;

use super::collection::first;
use super::{Context, Outcome, argument, failed, shallow, text};
use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Marks, Str, Value};

/// `keys(inputMap)`
pub(super) fn keys(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (map, marks) = shallow(&first(args));
    let texts = |it: &Str| Value::from(Kind::String(it.clone()));
    Ok(match (map.kind(), map.ty()) {
        (Kind::Map(_, items), _) => Value::list(Type::String, items.keys().map(texts)),
        (_, Type::Map(_)) => Value::unknown_not_null(Type::list(Type::String)),
        (_, Type::Object(of)) => Value::tuple(of.attributes.keys().map(texts)),
        (_, Type::Any) => Value::unknown(Type::Any),
        (_, other) => return argument(0, format!("a map is required, not {}", other.friendly())),
    }
    .with_marks(&marks))
}

/// `values(mapping)`, in the order of the keys.
pub(super) fn values(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (map, marks) = shallow(&first(args));
    Ok(match (map.kind(), map.ty()) {
        (Kind::Map(of, items), _) => Value::list(of.clone(), items.values().cloned()),
        (Kind::Object(items), _) => Value::tuple(items.values().cloned()),
        (_, Type::Map(of)) => Value::unknown_not_null(Type::List(of)),
        (_, Type::Object(of)) => Value::unknown(Type::tuple(of.attributes.values().cloned())),
        (_, Type::Any) => Value::unknown(Type::Any),
        (_, other) => return failed(format!("a map is required, not {}", other.friendly())),
    }
    .with_marks(&marks))
}

/// `lookup(inputMap, key, default...)`
pub(super) fn lookup(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args.len() > 3 {
        return failed("two or three arguments are required");
    }
    let (map, mut marks) = shallow(&first(args));
    marks = marks.union(args.get(1).map_or(&Marks::NONE, Value::marks));
    let default = match (args.get(2), map.ty()) {
        (Some(it), Type::Map(of)) => match convert(it, &of) {
            Ok(it) => Some(it),
            Err(_) => return argument(2, "the default must be of the type of the map's elements"),
        },
        (it, Type::Object(_) | Type::Any) => it.cloned(),
        (None, Type::Map(_)) => None,
        _ => return argument(0, "a map is required"),
    };
    let key = args.get(1).and_then(Value::as_str);
    let found = match (key, map.kind(), map.ty()) {
        (Some(key), Kind::Map(_, items) | Kind::Object(items), _) => {
            Some(items.get(key).cloned().or(default))
        }
        (Some(key), _, Type::Object(of)) => {
            Some(of.attributes.get(key).cloned().map(Value::unknown).or(default))
        }
        (_, _, Type::Map(of)) => Some(Some(Value::unknown(of.as_ref().clone()))),
        _ => Some(Some(Value::unknown(Type::Any))),
    };
    match (found.flatten(), map.ty()) {
        (Some(it), _) => Ok(it.with_marks(&marks)),
        (None, Type::Object(_)) => {
            argument(0, format!("the object has no attribute {:?}", text(args, 1)))
        }
        (None, _) => failed(format!("the map has no element {:?}", text(args, 1))),
    }
}

/// `merge(maps...)`: later ones win.
pub(super) fn merge(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut marks = Marks::NONE;
    let mut merged: BTreeMap<Str, Value> = BTreeMap::new();
    let mut known = true;
    for arg in args {
        marks = marks.union(arg.marks());
        match (arg.as_entries(), arg.ty()) {
            (Some(items), _) => {
                merged.extend(items.iter().map(|(k, v)| (k.clone(), v.clone())));
            }
            (None, Type::Any | Type::Map(_) | Type::Object(_)) if arg.is_null() => {}
            (None, Type::Object(of)) => {
                let part = |(k, ty): (&Str, &Type)| (k.clone(), Value::unknown(ty.clone()));
                merged.extend(of.attributes.iter().map(part));
            }
            (None, Type::Any | Type::Map(_)) => known = false,
            (_, other) => {
                return failed(format!("maps or objects are required, not {}", other.friendly()));
            }
        }
    }
    let ty = args.first().map(Value::ty).filter(|ty| args.iter().all(|it| it.ty() == *ty));
    Ok(match ty {
        Some(Type::Map(of)) if known => Value::map(of.as_ref().clone(), merged),
        Some(ty @ Type::Map(_)) => Value::unknown_not_null(ty),
        _ if !known => Value::unknown(Type::Any),
        _ if args.iter().any(|it| !it.is_known()) => Value::unknown(Value::object(merged).ty()),
        _ => Value::object(merged),
    }
    .with_marks(&marks))
}

/// `transpose(values)`: keys and values change places.
pub(super) fn transpose(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut turned: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
    for (key, values) in first(args).as_entries().into_iter().flatten() {
        let Some(values) = values.as_slice() else {
            return failed(format!("the list of {key:?} is null"));
        };
        for value in values {
            let Kind::String(value) = value.kind() else {
                return failed(format!("the list of {key:?} has a null element"));
            };
            turned.entry(value.clone()).or_default().push(Kind::String(key.clone()).into());
        }
    }
    let lists = turned.into_iter().map(|(key, keys)| (key, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

/// `zipmap(keys, values)`
pub(super) fn zipmap(_: &Context<'_>, args: &[Value]) -> Outcome {
    let [keys, values] = args else { return failed("two lists are required") };
    let marks = keys.deep_marks().union(values.marks());
    let of = match values.ty() {
        Type::List(of) => Some(of),
        Type::Tuple(_) | Type::Any => None,
        other => {
            return failed(format!("the values must be a list or tuple, not {}", other.friendly()));
        }
    };
    let (true, Some(names), Some(items)) =
        (keys.is_wholly_known(), keys.as_slice(), values.as_slice())
    else {
        let ty = of.map_or(Type::Any, Type::Map);
        return Ok(Value::unknown(ty).with_marks(&marks));
    };
    if names.len() != items.len() {
        return failed(format!("there are {} keys for {} values", names.len(), items.len()));
    }
    let mut entries = BTreeMap::new();
    for (name, item) in names.iter().zip(items) {
        let Kind::String(name) = name.kind() else { return failed("a key must not be null") };
        entries.insert(name.clone(), item.clone());
    }
    Ok(match of {
        Some(of) => Value::map(of.as_ref().clone(), entries),
        None => Value::object(entries),
    }
    .with_marks(&marks))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn elements_keep_their_marks() {
        let map = Value::object([("a", Value::from("x").sensitive()), ("b", "y".into())]);
        let looked = |key: &str| run("lookup", [map.clone(), key.into()]).unwrap();
        assert!(looked("a").marks().sensitive && !looked("b").has_sensitive());
        let merged = run("merge", [map.clone(), json("{\"a\":1}")]).unwrap();
        assert!(!merged.has_sensitive());
        assert!(!run("keys", [map.clone()]).unwrap().has_sensitive());
        let values = run("values", [map]).unwrap();
        assert!(values.has_sensitive() && !values.marks().sensitive);
    }

    #[test]
    fn what_the_type_tells_is_known() {
        let ty = Type::object([("b", Type::String), ("a", Type::Number)]);
        let unknown = || Value::unknown(ty.clone());
        assert_eq!(show(run("keys", [unknown()])), r#"["a","b"]"#);
        assert_eq!(show(run("length", [unknown()])), "2");
        assert_eq!(run("lookup", [unknown(), "a".into()]).unwrap().ty(), Type::Number);
        let merged = run("merge", [unknown(), json("{\"a\":\"x\"}")]).unwrap();
        let all = Type::object([("b", Type::String), ("a", Type::String)]);
        assert!(!merged.is_known() && merged.ty() == all);
        assert!(
            !run("merge", [Value::unknown(Type::map(Type::Any)), json("{}")]).unwrap().is_known()
        );
    }

    #[test]
    fn zipmap_pairs_what_is_there() {
        let zipped = run("zipmap", [json("[\"a\",\"b\"]"), json("[1,\"x\"]")]);
        assert_eq!(show(zipped), r#"{"a":1,"b":"x"}"#);
        assert!(show(run("zipmap", [json("[\"a\"]"), json("[]")])).starts_with("failed"));
    }
}
