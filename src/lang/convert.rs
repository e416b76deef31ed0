//! Conversion between types, and the one type that several types have in common.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use super::number::Number;
use super::types::{ObjectType, Type};
use super::value::{Kind, Named, Unknown, Value};

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
            let common = element_type(value, of, &items).ok_or_else(|| uneven("list"))?;
            let items = unify_items(items, of, &common).ok_or_else(|| uneven("list"))?;
            Ok(Value::list(common, items))
        }
        (Kind::List(..) | Kind::Set(..) | Kind::Tuple(_), Type::Set(of)) => {
            let items = convert_items(value, of, true)?;
            let common = element_type(value, of, &items).ok_or_else(|| uneven("set"))?;
            let items = unify_items(items, of, &common).ok_or_else(|| uneven("set"))?;
            Ok(Value::set(common, items))
        }
        (Kind::Map(_, items) | Kind::Object(items), Type::Map(of)) => {
            let converted: Vec<Value> = items
                .iter()
                .map(|(name, item)| convert(item, of).map_err(|it| it.under(step(name))))
                .collect::<Result<_, _>>()?;
            let common = element_type(value, of, &converted).ok_or_else(|| uneven("map"))?;
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

fn to_object(items: &Named, of: &ObjectType) -> Result<Value, Mismatch> {
    let mut out = Named::with_capacity(of.attributes.len());
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

/// The element type of a collection whose constraint may hold `any`. One that leaves open what the
/// items are is none: they have too little in common.
fn element_type(value: &Value, of: &Type, items: &[Value]) -> Option<Type> {
    if !of.has_any() {
        return Some(of.without_optional());
    }
    if items.is_empty() {
        let from = value.ty();
        return Some(from.element().map_or_else(|| of.without_optional(), |it| settle(it, of)));
    }
    // Of an object's parts, an untyped null has no say.
    let mut types: Vec<Type> = items.iter().map(Value::ty).collect();
    if let Kind::Object(_) = value.kind() {
        let has_say = |it: &&Value| !(it.is_null() && it.is_untyped());
        types = items.iter().filter(has_say).map(Value::ty).collect();
        if types.is_empty() {
            return Some(Type::Any);
        }
    }
    common(&types, &Work::on(types.len()))
}

/// The one type that these have in common without any of them losing what is known of it.
fn common(types: &[Type], work: &Work) -> Option<Type> {
    let once = united(types, work)?;
    if !once.has_any() {
        return Some(once);
    }
    // What an empty collection leaves open, the parts of the others may settle.
    let settled: Vec<Type> = types.iter().map(|it| settle(it, &once)).collect();
    united(&settled, work).filter(|to| !settled.iter().any(|from| blurs(from, to)))
}

/// Whether `to` leaves open what is known of `from`.
fn blurs(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (from, Type::Any) => *from != Type::Any,
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.iter().zip(to.iter()).any(|(from, to)| blurs(from, to))
        }
        (Type::Object(from), Type::Object(to)) => {
            let both =
                to.attributes.iter().filter_map(|it| Some((from.attributes.get(it.0)?, it.1)));
            both.into_iter().any(|(from, to)| blurs(from, to))
        }
        (from, to) => {
            let Some(to) = to.element() else { return false };
            from.element().into_iter().chain(&parts(from)).any(|from| blurs(from, to))
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
    becomes(from, to, &Work::on(2))
}

fn becomes(from: &Type, to: &Type, work: &Work) -> Result<(), Mismatch> {
    let fine = match (from, to) {
        (_, Type::Any) | (Type::Any, _) => true,
        (a, b) if a == b => true,
        (Type::Bool | Type::Number, Type::String) => true,
        (Type::String, Type::Bool | Type::Number) => true,
        (Type::List(a), Type::List(b) | Type::Set(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Set(a), Type::List(b))
        | (Type::Map(a), Type::Map(b)) => return becomes(a, b, work),
        (Type::Tuple(items), Type::List(of) | Type::Set(of)) => {
            for (at, item) in items.iter().enumerate() {
                becomes(item, of, work).map_err(|it| it.under(format!("[{at}]")))?;
            }
            !of.has_any() || items.is_empty() || common(items, work).is_some()
        }
        (Type::Object(items), Type::Map(of)) => {
            for (name, item) in &items.attributes {
                becomes(item, of, work).map_err(|it| it.under(step(name)))?;
            }
            let typed = items.attributes.values().filter(|it| **it != Type::Any);
            let types: Vec<Type> = typed.cloned().collect();
            !of.has_any() || types.is_empty() || common(&types, work).is_some()
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b.iter()).enumerate() {
                becomes(a, b, work).map_err(|it| it.under(format!("[{at}]")))?;
            }
            true
        }
        (Type::Map(of), Type::Object(b)) => {
            for ty in b.attributes.values() {
                becomes(of, ty, work)?;
            }
            true
        }
        (Type::Object(a), Type::Object(b)) => {
            let mut missing = Vec::new();
            for (name, ty) in &b.attributes {
                match a.attributes.get(name) {
                    Some(have) => becomes(have, ty, work).map_err(|it| it.under(step(name)))?,
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

/// The one type that values of all these types can become, if nothing in the values themselves
/// stands in the way; none where there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    united(types, &Work::on(types.len()))
}

/// How much may still be tried. Types that are nested in one another in unlike ways could be compared
/// without end; those have nothing in common.
struct Work(Cell<u32>);

impl Work {
    /// Enough for so many types.
    fn on(types: usize) -> Self {
        let types = u32::try_from(types).unwrap_or(u32::MAX);
        Work(Cell::new(types.saturating_mul(16).saturating_add(20_000)))
    }

    /// Whether there is any left, of which one is taken.
    fn take(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}

fn united(types: &[Type], work: &Work) -> Option<Type> {
    let (first, rest) = types.split_first().filter(|_| work.take())?;
    if rest.iter().all(|it| it == first) {
        return Some(first.clone());
    }
    // What something structured becomes beside the untyped is only known with its type.
    let untyped = types.contains(&Type::Any);
    let all = |test: fn(&Type) -> bool| types.iter().all(|it| *it == Type::Any || test(it));
    let any = |test: fn(&Type) -> bool| types.iter().any(test);
    let (list, set) =
        (|it: &Type| matches!(it, Type::List(_)), |it: &Type| matches!(it, Type::Set(_)));
    let (map, object) =
        (|it: &Type| matches!(it, Type::Map(_)), |it: &Type| matches!(it, Type::Object(_)));
    let tuple = |it: &Type| matches!(it, Type::Tuple(_));
    let structured = all(map) || all(list) || all(set) || all(object) || all(tuple);
    if untyped && structured {
        return Some(Type::Any);
    }
    if structured {
        return match first {
            Type::Map(_) => united(&elements(types), work).map(Type::map),
            Type::List(_) => united(&elements(types), work).map(Type::list),
            Type::Set(_) => united(&elements(types), work).map(Type::set),
            Type::Object(_) => unify_objects(types, work),
            _ => unify_tuples(types, work),
        };
    }
    // Tuples are often lists, and objects maps, that were written down.
    let as_collection = if any(list) && all(|it| matches!(it, Type::List(_) | Type::Tuple(_))) {
        replaced(types, tuple, Type::list, work)
    } else if any(map) && all(|it| matches!(it, Type::Map(_) | Type::Object(_))) {
        replaced(types, object, Type::map, work)
    } else {
        None
    };
    as_collection.or_else(|| preferred(types, work))
}

fn elements(types: &[Type]) -> Vec<Type> {
    types.iter().filter_map(|it| it.element().cloned()).collect()
}

/// The types with those of one structure replaced by the one collection that they have in common,
/// unified.
fn replaced(
    types: &[Type],
    which: impl Fn(&Type) -> bool,
    collection: fn(Type) -> Type,
    work: &Work,
) -> Option<Type> {
    let parts: Vec<Type> = types.iter().filter(|it| which(it)).flat_map(parts).collect();
    // What is empty becomes whatever the others are.
    let common = match parts.is_empty() {
        true => None,
        false => Some(collection(common(&parts, work)?)),
    };
    let others = types.iter().filter(|it| !which(it)).cloned();
    united(&others.chain(common).collect::<Vec<_>>(), work).filter(|it| it.element().is_some())
}

/// Types of the parts of a tuple or an object.
fn parts(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Tuple(of) => of.to_vec(),
        Type::Object(of) => of.attributes.values().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The one of these that all the others can become, the loosest first.
fn preferred(types: &[Type], work: &Work) -> Option<Type> {
    let mut left: Vec<&Type> = types.iter().collect();
    while !left.is_empty() {
        let best = left.iter().position(|it| !left.iter().any(|other| looser(other, it)));
        let candidate = left.remove(best.unwrap_or(0));
        if all_become(types, candidate, work) {
            return Some(candidate.clone());
        }
    }
    None
}

fn all_become(types: &[Type], to: &Type, work: &Work) -> bool {
    types.iter().all(|from| becomes(from, to, work).is_ok())
}

/// Whether `a` comes before `b` as the type that both may have in common.
fn looser(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Any, _) => false,
        (_, Type::Any) => true,
        (Type::String, Type::Bool | Type::Number) => true,
        (Type::List(a), Type::List(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Map(a), Type::Map(b)) => looser(a, b),
        // A tuple is tried before a set, though no set ever becomes one.
        (Type::Tuple(_) | Type::List(_), Type::Set(_)) => true,
        (Type::List(_), Type::Tuple(_)) | (Type::Map(_), Type::Object(_)) => true,
        _ => false,
    }
}

fn unify_objects(types: &[Type], work: &Work) -> Option<Type> {
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
        return united(&parts, work).map(Type::map).filter(|to| all_become(types, to, work));
    }
    let attributes = first.attributes.keys().map(|name| {
        let parts: Vec<Type> = objects.iter().map(|it| it.attributes[name].clone()).collect();
        Some((name.clone(), united(&parts, work)?))
    });
    Some(Type::object(attributes.collect::<Option<Vec<_>>>()?))
}

fn unify_tuples(types: &[Type], work: &Work) -> Option<Type> {
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
        return united(&parts, work).map(Type::list).filter(|to| all_become(types, to, work));
    }
    let items = (0..length).map(|at| {
        let parts: Vec<Type> = tuples.iter().map(|it| it[at].clone()).collect();
        united(&parts, work)
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
