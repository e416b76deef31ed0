//! Conversion between types, and the one type that several types have in common.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::number::Number;
use super::types::{ObjectType, Type};
use super::value::{Kind, Str, Unknown, Value};

/// Why a value cannot become a type: where inside it, and what is wrong there.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Steps from the whole to the part, as they would be written: `.name`, `[0]`.
    pub path: String,
    /// What is wanted, in words.
    pub message: String,
}

impl Mismatch {
    fn new(message: impl Into<String>) -> Self {
        Mismatch { path: String::new(), message: message.into() }
    }

    fn under(mut self, step: impl fmt::Display) -> Self {
        self.path.insert_str(0, &step.to_string());
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

/// The value as `to`; marks are kept. A null or unknown stays one, of the wanted type.
pub fn convert(value: &Value, to: &Type) -> Result<Value, Mismatch> {
    converted(value, to).map(Cow::into_owned)
}

/// As [`convert`]; what is of the type already is borrowed.
pub fn converted<'v>(value: &'v Value, to: &Type) -> Result<Cow<'v, Value>, Mismatch> {
    if is_of(value, to) {
        return Ok(Cow::Borrowed(value));
    }
    Ok(Cow::Owned(convert_kind(value, to)?.with_marks(value.marks())))
}

/// Whether the value is of that type as it is, as far as that can be told without looking at parts.
fn is_of(value: &Value, to: &Type) -> bool {
    match (value.kind(), to) {
        (_, Type::Any)
        | (Kind::Bool(_), Type::Bool)
        | (Kind::Number(_), Type::Number)
        | (Kind::String(_), Type::String) => true,
        (Kind::List(from, _), Type::List(of))
        | (Kind::Set(from, _), Type::Set(of))
        | (Kind::Map(from, _), Type::Map(of)) => from == &**of && !of.has_any(),
        _ => false,
    }
}

fn convert_kind(value: &Value, to: &Type) -> Result<Value, Mismatch> {
    match value.kind() {
        Kind::Null(from) => {
            can_convert(from, to)?;
            return Ok(Value::null(settle(from, to)));
        }
        Kind::Unknown(it) => {
            can_convert(&it.ty, to)?;
            let ty = settle(&it.ty, to);
            let prefix = it.prefix.clone().filter(|_| ty == it.ty);
            return Ok(Unknown { ty, not_null: it.not_null, prefix }.into());
        }
        _ => {}
    }
    match (value.kind(), to) {
        (Kind::Bool(it), Type::String) => Ok(Value::from(if *it { "true" } else { "false" })),
        (Kind::Number(it), Type::String) => Ok(it.to_string().into()),
        (Kind::String(it), Type::Bool) => match &**it {
            "true" | "1" => Ok(Value::TRUE),
            "false" | "0" => Ok(Value::FALSE),
            "True" | "TRUE" | "False" | "FALSE" => Err(Mismatch::new(format!(
                "a bool is required; to convert from string, use lowercase \"{}\"",
                it.to_lowercase()
            ))),
            _ => Err(wanted(to)),
        },
        (Kind::String(it), Type::Number) => {
            Number::from_text(it).map(Value::number).ok_or_else(|| wanted(to))
        }
        // How many elements it will have depends on which of the unknown ones are the same.
        (Kind::Set(from, items), Type::List(of)) if items.len() > 1 && !value.is_wholly_known() => {
            Ok(Value::unknown_not_null(Type::list(settle(from, of))))
        }
        (Kind::List(..) | Kind::Set(..) | Kind::Tuple(_), Type::List(of)) => {
            let items = convert_items(value, of, matches!(value.kind(), Kind::Set(..)))?;
            let common = element_type(of, &items).ok_or_else(|| uneven("list"))?;
            let items = unify_items(items, of, &common).ok_or_else(|| uneven("list"))?;
            Ok(Value::list(common, items))
        }
        (Kind::List(..) | Kind::Set(..) | Kind::Tuple(_), Type::Set(of)) => {
            let items = convert_items(value, of, true)?;
            let common = element_type(of, &items).ok_or_else(|| uneven("set"))?;
            let items = unify_items(items, of, &common).ok_or_else(|| uneven("set"))?;
            Ok(Value::set(common, items))
        }
        (Kind::Map(_, items) | Kind::Object(items), Type::Map(of)) => {
            let converted: Vec<Value> = items
                .iter()
                .map(|(name, item)| convert(item, of).map_err(|it| it.under(step(name))))
                .collect::<Result<_, _>>()?;
            let common = element_type(of, &converted).ok_or_else(|| uneven("map"))?;
            let converted = unify_items(converted, of, &common).ok_or_else(|| uneven("map"))?;
            Ok(Value::map(common, items.keys().cloned().zip(converted)))
        }
        (Kind::Tuple(items), Type::Tuple(of)) if items.len() == of.len() => {
            let each = items.iter().zip(of.iter()).enumerate();
            let items: Result<Vec<_>, _> = each
                .map(|(at, (item, of))| convert(item, of).map_err(|it| it.under(format!("[{at}]"))))
                .collect();
            Ok(Value::tuple(items?))
        }
        (Kind::Tuple(_), Type::Tuple(of)) => {
            Err(Mismatch::new(format!("tuple of {} elements required", of.len())))
        }
        (Kind::Map(_, items) | Kind::Object(items), Type::Object(of)) => to_object(items, of),
        _ => Err(wanted(to)),
    }
}

fn to_object(items: &BTreeMap<Str, Value>, of: &ObjectType) -> Result<Value, Mismatch> {
    let mut out = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, ty) in &of.attributes {
        match items.get(name) {
            Some(item) => {
                let item = convert(item, ty).map_err(|it| it.under(step(name)))?;
                out.insert(name.clone(), item);
            }
            None if of.optional.contains(name) => {
                out.insert(name.clone(), Value::null(ty.without_optional()));
            }
            None => missing.push(format!("{name:?}")),
        }
    }
    if missing.is_empty() { Ok(Kind::Object(out.into()).into()) } else { Err(lacking(&missing)) }
}

fn lacking(names: &[String]) -> Mismatch {
    Mismatch::new(match names {
        [one] => format!("attribute {one} is required"),
        [first, second] => format!("attributes {first} and {second} are required"),
        [init @ .., last] => format!("attributes {}, and {last} are required", init.join(", ")),
        [] => String::new(),
    })
}

fn step(name: &str) -> String {
    let plain = name.chars().all(|c| unicode_ident::is_xid_continue(c) || c == '-');
    if plain { format!(".{name}") } else { format!("[{name:?}]") }
}

fn convert_items(value: &Value, of: &Type, unnumbered: bool) -> Result<Vec<Value>, Mismatch> {
    let items = value.as_slice().unwrap_or_default().iter().enumerate();
    items
        .map(|(at, item)| {
            convert(item, of)
                .map_err(|it| if unnumbered { it } else { it.under(format!("[{at}]")) })
        })
        .collect()
}

/// The element type of a collection whose constraint may hold `any`.
fn element_type(of: &Type, items: &[Value]) -> Option<Type> {
    if !of.has_any() {
        return Some(of.without_optional());
    }
    match items {
        [] => Some(of.without_optional()),
        _ => {
            // An untyped null fits any type, so it has no say unless there is nothing else.
            let untyped = |it: &&Value| !(it.is_null() && it.is_untyped());
            let types: Vec<Type> = items.iter().filter(untyped).map(Value::ty).collect();
            if types.is_empty() { Some(Type::Any) } else { unify(&types) }
        }
    }
}

/// Items that have been converted to a type that may hold `any`, as the type they have in common.
fn unify_items(items: Vec<Value>, wanted: &Type, common: &Type) -> Option<Vec<Value>> {
    match wanted.has_any() {
        true => items.iter().map(|item| convert(item, common).ok()).collect(),
        false => Some(items),
    }
}

fn uneven(what: &str) -> Mismatch {
    Mismatch::new(format!("all {what} elements must have the same type"))
}

fn wanted(to: &Type) -> Mismatch {
    Mismatch::new(match to {
        Type::Bool => "a bool is required".to_string(),
        Type::Number => "a number is required".to_string(),
        Type::String => "string required".to_string(),
        other => format!("{} required", other.friendly()),
    })
}

/// The type that a null or unknown of type `from` has after conversion to `to`.
fn settle(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (from, Type::Any) => from.clone(),
        (_, to) if !to.has_any() => to.without_optional(),
        (Type::Any, to) => to.without_optional(),
        (Type::List(a) | Type::Set(a), Type::List(b)) => Type::list(settle(a, b)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => Type::set(settle(a, b)),
        (Type::Map(a), Type::Map(b)) => Type::map(settle(a, b)),
        (Type::Tuple(a), Type::List(b)) => Type::list(settle(&unify(a).unwrap_or(Type::Any), b)),
        (Type::Tuple(a), Type::Set(b)) => Type::set(settle(&unify(a).unwrap_or(Type::Any), b)),
        (Type::Object(a), Type::Map(b)) => {
            let of: Vec<Type> = a.attributes.values().cloned().collect();
            Type::map(settle(&unify(&of).unwrap_or(Type::Any), b))
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            Type::tuple(a.iter().zip(b.iter()).map(|(a, b)| settle(a, b)))
        }
        (Type::Object(a), Type::Object(b)) => {
            Type::object(b.attributes.iter().map(|(name, to)| {
                let from = a.attributes.get(name).unwrap_or(&Type::Any);
                (name.clone(), settle(from, to))
            }))
        }
        (_, to) => to.without_optional(),
    }
}

/// Whether any value of type `from` may become `to`; a string may turn out to be no number.
pub fn can_convert(from: &Type, to: &Type) -> Result<(), Mismatch> {
    check_types(from, to, false)
}

/// With `safe`, only conversions that cannot fail.
fn check_types(from: &Type, to: &Type, safe: bool) -> Result<(), Mismatch> {
    let fine = match (from, to) {
        (_, Type::Any) | (Type::Any, _) => true,
        (a, b) if a == b => true,
        (Type::Bool | Type::Number, Type::String) => true,
        (Type::String, Type::Bool | Type::Number) => !safe,
        (Type::List(a), Type::List(b) | Type::Set(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Set(a), Type::List(b))
        | (Type::Map(a), Type::Map(b)) => return check_types(a, b, safe),
        (Type::Tuple(items), Type::List(of) | Type::Set(of)) => {
            for (at, item) in items.iter().enumerate() {
                check_types(item, of, safe).map_err(|it| it.under(format!("[{at}]")))?;
            }
            !of.has_any() || items.is_empty() || unify(items).is_some()
        }
        (Type::Object(items), Type::Map(of)) => {
            for (name, item) in &items.attributes {
                check_types(item, of, safe).map_err(|it| it.under(step(name)))?;
            }
            let types: Vec<Type> = items.attributes.values().cloned().collect();
            !of.has_any() || types.is_empty() || unify(&types).is_some()
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b.iter()).enumerate() {
                check_types(a, b, safe).map_err(|it| it.under(format!("[{at}]")))?;
            }
            true
        }
        (Type::Map(of), Type::Object(b)) => {
            for ty in b.attributes.values() {
                check_types(of, ty, safe)?;
            }
            !safe
        }
        (Type::Object(a), Type::Object(b)) => {
            let mut missing = Vec::new();
            for (name, ty) in &b.attributes {
                match a.attributes.get(name) {
                    Some(have) => check_types(have, ty, safe).map_err(|it| it.under(step(name)))?,
                    None if b.optional.contains(name) => {}
                    None => missing.push(format!("{name:?}")),
                }
            }
            if !missing.is_empty() {
                return Err(lacking(&missing));
            }
            true
        }
        _ => false,
    };
    if fine { Ok(()) } else { Err(wanted(to)) }
}

/// The one type that values of all these types can become without fail; none where there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    unify_with(types, true)
}

/// As [`unify`], but a conversion that may fail (text to number) will do: for `? :`.
pub fn unify_unsafe(types: &[Type]) -> Option<Type> {
    unify_with(types, false)
}

fn unify_with(types: &[Type], safe: bool) -> Option<Type> {
    let (first, rest) = types.split_first()?;
    if rest.iter().all(|it| it == first) {
        return Some(first.clone());
    }
    if types.contains(&Type::Any) {
        // A primitive is what the untyped becomes beside it; what it becomes beside anything else
        // is only known with its type.
        let known: Vec<Type> = types.iter().filter(|it| **it != Type::Any).cloned().collect();
        let common = unify_with(&known, safe)?;
        return Some(if common.is_primitive() { common } else { Type::Any });
    }
    let all = |test: fn(&Type) -> bool| types.iter().all(test);
    let any = |test: fn(&Type) -> bool| types.iter().any(test);
    let elements =
        || -> Vec<Type> { types.iter().filter_map(|it| it.element().cloned()).collect() };
    if all(|it| matches!(it, Type::Object(_))) {
        return unify_objects(types, safe);
    }
    if all(|it| matches!(it, Type::Tuple(_))) {
        return unify_tuples(types, safe);
    }
    if all(|it| matches!(it, Type::Set(_))) {
        return unify_with(&elements(), safe).map(Type::set);
    }
    if all(|it| matches!(it, Type::Object(_) | Type::Map(_))) {
        let mut parts = elements();
        for it in types {
            if let Type::Object(of) = it {
                parts.extend(of.attributes.values().cloned());
            }
        }
        return unify_with(&parts, safe).map(Type::map);
    }
    if all(|it| matches!(it, Type::Tuple(_) | Type::List(_) | Type::Set(_))) {
        let mut parts = elements();
        for it in types {
            if let Type::Tuple(of) = it {
                parts.extend(of.iter().cloned());
            }
        }
        let of = unify_with(&parts, safe)?;
        // A set is the looser of the two: every list becomes one.
        let list = any(|it| matches!(it, Type::List(_))) || !any(|it| matches!(it, Type::Set(_)));
        return Some(if list { Type::list(of) } else { Type::set(of) });
    }
    types
        .iter()
        .find(|to| types.iter().all(|from| check_types(from, to, true).is_ok()))
        .or_else(|| {
            let fits = |to: &&Type| types.iter().all(|from| check_types(from, to, false).is_ok());
            if safe { None } else { types.iter().find(fits) }
        })
        .cloned()
}

fn unify_objects(types: &[Type], safe: bool) -> Option<Type> {
    let objects: Vec<&Arc<ObjectType>> = types
        .iter()
        .filter_map(|it| match it {
            Type::Object(of) => Some(of),
            _ => None,
        })
        .collect();
    let (first, rest) = objects.split_first()?;
    let alike = rest.iter().all(|it| it.attributes.keys().eq(first.attributes.keys()));
    if !alike {
        let parts: Vec<Type> =
            objects.iter().flat_map(|it| it.attributes.values().cloned()).collect();
        return if parts.is_empty() { None } else { unify_with(&parts, safe).map(Type::map) };
    }
    let attributes = first.attributes.keys().map(|name| {
        let parts: Vec<Type> = objects.iter().map(|it| it.attributes[name].clone()).collect();
        Some((name.clone(), unify_with(&parts, safe)?))
    });
    Some(Type::object(attributes.collect::<Option<Vec<_>>>()?))
}

fn unify_tuples(types: &[Type], safe: bool) -> Option<Type> {
    let tuples: Vec<&[Type]> = types
        .iter()
        .filter_map(|it| match it {
            Type::Tuple(of) => Some(of.as_slice()),
            _ => None,
        })
        .collect();
    let length = tuples.first()?.len();
    if tuples.iter().any(|it| it.len() != length) {
        let parts: Vec<Type> = tuples.iter().flat_map(|it| it.iter().cloned()).collect();
        return unify_with(&parts, safe).map(Type::list);
    }
    let items = (0..length).map(|at| {
        let parts: Vec<Type> = tuples.iter().map(|it| it[at].clone()).collect();
        unify_with(&parts, safe)
    });
    Some(Type::tuple(items.collect::<Option<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primitives_convert_as_text() {
        assert!(convert(&Value::from(1), &Type::String).unwrap().same(&"1".into()));
        assert!(convert(&"true".into(), &Type::Bool).unwrap().same(&Value::TRUE));
        assert_eq!(
            convert(&"x".into(), &Type::Number).unwrap_err().message,
            "a number is required"
        );
    }

    #[test]
    fn the_place_of_a_mismatch_is_told() {
        let value = Value::object([("a", Value::tuple([1.into(), "x".into()]))]);
        let to = Type::object([("a", Type::list(Type::Number))]);
        assert_eq!(convert(&value, &to).unwrap_err().to_string(), ".a[1]: a number is required");
    }

    #[test]
    fn text_is_what_numbers_and_bools_have_in_common() {
        assert_eq!(unify(&[Type::Number, Type::String]), Some(Type::String));
        assert_eq!(unify(&[Type::Number, Type::Bool]), None);
    }

    #[test]
    fn a_null_takes_the_wanted_type() {
        let list = convert(&Value::tuple([Value::NULL, 1.into()]), &Type::list(Type::Any));
        assert_eq!(list.unwrap().ty(), Type::list(Type::Number));
    }
}
