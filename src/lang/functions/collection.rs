//! Lists and sets: finding, picking, joining. Marks of elements stay with them.

use super::{CallError, Context, Outcome, argument, failed, items, shallow, whole, whole_or_fail};
use crate::lang::convert::{convert, unify};
use crate::lang::number::Number;
use crate::lang::operators;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Marks, Value};

/// Most elements that `range` gives.
const MAX_RANGE: usize = 1024;

/// The first argument.
pub(super) fn first(args: &[Value]) -> Value {
    args.first().cloned().unwrap_or(Value::NULL)
}

fn unknown_bool() -> Value {
    Value::unknown_not_null(Type::Bool)
}

/// `alltrue(list)`
pub(super) fn alltrue(_: &Context<'_>, args: &[Value]) -> Outcome {
    // The first that is not true decides.
    Ok(match items(args, 0).iter().find(|it| it.as_bool() != Some(true)) {
        None => Value::TRUE,
        Some(it) if it.is_known() => Value::FALSE,
        Some(_) => unknown_bool(),
    })
}

/// `anytrue(list)`
pub(super) fn anytrue(_: &Context<'_>, args: &[Value]) -> Outcome {
    let items = items(args, 0);
    if items.iter().any(|it| it.as_bool() == Some(true)) {
        return Ok(Value::TRUE);
    }
    Ok(if items.iter().all(Value::is_known) { Value::FALSE } else { unknown_bool() })
}

/// `chunklist(list, size)`: 0 means one chunk of all.
pub(super) fn chunklist(_: &Context<'_>, args: &[Value]) -> Outcome {
    let marks = first(args).marks().clone();
    let Ok(size) = usize::try_from(whole_or_fail(args, 1)?) else {
        return failed("the size must not be negative");
    };
    let items = items(args, 0);
    let of = first(args).ty().element().cloned().unwrap_or(Type::Any);
    let size = if size == 0 { items.len().max(1) } else { size };
    let chunks = items.chunks(size).map(|it| Value::list(of.clone(), it.to_vec()));
    Ok(Value::list(Type::list(of.clone()), chunks).with_marks(&marks))
}

/// `coalesce(vals...)`: the first that is neither null nor an empty string.
pub(super) fn coalesce(_: &Context<'_>, args: &[Value]) -> Outcome {
    let untyped = |it: &&Value| !(it.is_null() && it.is_untyped());
    let types: Vec<Type> = args.iter().filter(untyped).map(Value::ty).collect();
    let ty = match types.as_slice() {
        [] => Type::Any,
        types => match unify(types) {
            Some(it) => it,
            None if types.len() < args.len() => Type::Any,
            None => return failed("all arguments must be of the same type"),
        },
    };
    for (index, arg) in args.iter().enumerate() {
        let Ok(arg) = convert(arg, &ty) else {
            return argument(index, format!("{} required", ty.friendly()));
        };
        match arg.kind() {
            Kind::Null(_) => {}
            Kind::String(it) if it.is_empty() => {}
            // It may turn out to be null or empty.
            Kind::Unknown(_) => return Ok(Value::unknown(ty)),
            _ => return Ok(arg),
        }
    }
    failed("there is no argument that is neither null nor an empty string")
}

/// `coalescelist(vals...)`: the first list that is not empty.
pub(super) fn coalescelist(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args.is_empty() {
        return failed("at least one argument is required");
    }
    // What stands after one that is not known is not looked at yet.
    for arg in args.iter().take_while(|it| it.is_known()) {
        if !matches!(arg.ty(), Type::List(_) | Type::Tuple(_)) {
            return failed("every argument must be a list or tuple");
        }
    }
    let alike = args.iter().all(|it| it.ty() == first(args).ty() && it.is_known());
    for arg in args {
        match arg.as_slice() {
            Some(items) if !items.is_empty() => return Ok(arg.clone()),
            None if !arg.is_known() => {
                let ty = if alike { arg.ty() } else { Type::Any };
                return Ok(Value::unknown(ty));
            }
            _ => {}
        }
    }
    failed("there is no list that is not empty")
}

/// `compact(list)`: without null and empty strings.
pub(super) fn compact(_: &Context<'_>, args: &[Value]) -> Outcome {
    let full = items(args, 0).iter().filter(|it| it.as_str().is_some_and(|it| !it.is_empty()));
    Ok(Value::list(Type::String, full.cloned()))
}

/// `concat(seqs...)`: a list where all are lists of types that have one in common, else a tuple.
pub(super) fn concat(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args.is_empty() {
        return failed("at least one list is required");
    }
    let mut marks = Marks::NONE;
    // What stands after a list that is not known is not looked at yet.
    let mut known = true;
    let untyped = args.iter().any(Value::is_untyped);
    for (index, arg) in args.iter().enumerate() {
        marks = marks.union(arg.marks());
        known = known && (arg.is_known() || !matches!(arg.ty(), Type::List(_)));
        if known && !untyped && !matches!(arg.ty(), Type::List(_) | Type::Tuple(_)) {
            let got = arg.ty().friendly();
            return argument(index, format!("a list or tuple is required, not {got}"));
        }
    }
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    let lists = types.iter().all(|it| matches!(it, Type::List(_)));
    if let Some(Type::List(of)) = lists.then(|| unify(&types)).flatten() {
        if !args.iter().all(Value::is_known) {
            return Ok(Value::unknown_not_null(Type::List(of)).with_marks(&marks));
        }
        let all: Result<Vec<Value>, _> = args
            .iter()
            .flat_map(|it| it.as_slice().unwrap_or(&[]))
            .map(|it| convert(it, &of))
            .collect();
        return match all {
            Ok(all) => {
                let first = all.first().map(Value::ty).filter(|it| of.has_any() && !it.has_any());
                let of = first.unwrap_or_else(|| of.as_ref().clone());
                Ok(Value::list(of, all).with_marks(&marks))
            }
            Err(it) => failed(it.to_string()),
        };
    }
    let mut all = Vec::new();
    for arg in args {
        match (arg.as_slice(), arg.ty()) {
            (Some(items), _) => all.extend_from_slice(items),
            (None, Type::Tuple(of)) => all.extend(of.iter().cloned().map(Value::unknown)),
            (None, _) => return Ok(Value::unknown(Type::Any).with_marks(&marks)),
        }
    }
    Ok(unless_unknown(args, Value::tuple(all)).with_marks(&marks))
}

/// The result, or where an argument is not known as a whole, only its type.
fn unless_unknown(args: &[Value], result: Value) -> Value {
    if args.iter().all(Value::is_known) { result } else { Value::unknown(result.ty()) }
}

/// Whether both are equal; none where that depends on what is not known.
fn equal(a: &Value, b: &Value) -> Option<bool> {
    operators::equal(a, b).as_bool()
}

/// `contains(list, value)`
pub(super) fn contains(_: &Context<'_>, args: &[Value]) -> Outcome {
    let wanted = args.get(1).cloned().unwrap_or(Value::NULL);
    if !wanted.is_known() {
        if wanted.ty() == Type::Any {
            return Ok(Value::unknown(Type::Any));
        }
        return Ok(unknown_bool());
    }
    if first(args).as_slice().is_none() {
        return failed("a list, tuple or set is required");
    }
    let answers: Vec<_> = items(args, 0).iter().map(|it| equal(it, &wanted)).collect();
    Ok(match answers.contains(&Some(true)) {
        true => Value::TRUE,
        false if answers.contains(&None) => unknown_bool(),
        false => Value::FALSE,
    })
}

/// `distinct(list)`: each element once, where it stands first.
pub(super) fn distinct(_: &Context<'_>, args: &[Value]) -> Outcome {
    let of = first(args).ty().element().cloned().unwrap_or(Type::Any);
    let mut seen = std::collections::BTreeSet::new();
    let fresh = |item: &&Value| seen.insert(Ordered((*item).clone()));
    let once: Vec<Value> = items(args, 0).iter().filter(fresh).cloned().collect();
    Ok(Value::list(of, once))
}

/// A value ordered as sets order it.
struct Ordered(Value);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        crate::lang::value::set_order(&self.0, &other.0)
    }
}

/// `element(list, index)`: counts round and round.
pub(super) fn element(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (list, marks) = shallow(&first(args));
    let ty = list.ty();
    if !matches!(ty, Type::List(_) | Type::Tuple(_) | Type::Any) {
        return failed(format!("cannot read elements of {}", ty.friendly()));
    }
    if args.get(1).is_some_and(|it| !it.is_known()) {
        let of = ty.element().cloned().unwrap_or(Type::Any);
        return Ok(Value::unknown(of).with_marks(&marks));
    }
    let Ok(index) = usize::try_from(whole_or_fail(args, 1)?) else {
        return failed("the index must not be negative");
    };
    let empty = || failed("an empty list has no elements");
    let found = match (list.as_slice(), &ty) {
        (Some([]), _) => return empty(),
        (Some(items), _) => items.get(index % items.len()).cloned(),
        (None, Type::Tuple(of)) if of.is_empty() => return empty(),
        (None, Type::Tuple(of)) => of.get(index % of.len()).cloned().map(Value::unknown),
        (None, _) => Some(Value::unknown(ty.element().cloned().unwrap_or(Type::Any))),
    };
    Ok(found.unwrap_or(Value::NULL).with_marks(&marks))
}

/// `flatten(list)`: sequences in it, at any depth, are replaced by their elements.
pub(super) fn flatten(_: &Context<'_>, args: &[Value]) -> Outcome {
    let list = first(args);
    if !is_sequence(&list) && list.is_wholly_known() {
        return failed("only lists, sets and tuples can be flattened");
    }
    let list = match list.kind() {
        Kind::Map(_, items) | Kind::Object(items) => {
            Value::tuple(items.values().cloned()).with_marks(list.marks())
        }
        _ => list,
    };
    let (mut flat, mut marks) = (Vec::new(), Marks::NONE);
    Ok(match flatten_into(&list, &mut flat, &mut marks) {
        true => Value::tuple(flat),
        false => Value::unknown(Type::Any),
    }
    .with_marks(&marks))
}

/// False where it is not known how many elements there are.
fn flatten_into(sequence: &Value, flat: &mut Vec<Value>, marks: &mut Marks) -> bool {
    *marks = marks.union(sequence.marks());
    let items = match sequence.kind() {
        // How many elements a set has depends on which of them are the same.
        Kind::Set(_, items) if items.len() > 1 && !sequence.is_wholly_known() => return false,
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => items.as_slice(),
        _ => return false,
    };
    let mut known = true;
    for item in items {
        if is_sequence(item) && !item.is_null() {
            known = flatten_into(item, flat, marks) && known;
        } else if !item.is_known() && item.is_untyped() {
            *marks = marks.union(item.marks());
            known = false;
        } else {
            flat.push(item.clone());
        }
    }
    known
}

fn is_sequence(it: &Value) -> bool {
    match it.kind() {
        Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => true,
        Kind::Null(_) | Kind::Unknown(_) => {
            matches!(it.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_))
        }
        _ => false,
    }
}

/// `index(list, value)`: where it stands first.
pub(super) fn index(_: &Context<'_>, args: &[Value]) -> Outcome {
    if !matches!(first(args).kind(), Kind::List(..) | Kind::Tuple(_)) {
        return failed("a list or tuple is required");
    }
    let wanted = args.get(1).cloned().unwrap_or(Value::NULL);
    for (at, item) in items(args, 0).iter().enumerate() {
        match equal(item, &wanted) {
            Some(true) => return Ok(Value::number(at)),
            Some(false) => {}
            None => return Ok(Value::unknown_not_null(Type::Number)),
        }
    }
    failed("the value is not in the list")
}

/// `length(value)`: elements, attributes, or what people see as characters.
pub(super) fn length(_: &Context<'_>, args: &[Value]) -> Outcome {
    use super::graphemes::graphemes;
    let (value, marks) = shallow(&first(args));
    let count = match value.kind() {
        Kind::String(it) => Some(graphemes(it).count()),
        Kind::Set(_, items) if !value.is_wholly_known() && items.len() > 1 => None,
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Some(items.len()),
        Kind::Map(_, items) | Kind::Object(items) => Some(items.len()),
        _ => match value.ty() {
            Type::Tuple(of) => Some(of.len()),
            Type::Object(of) => Some(of.attributes.len()),
            Type::Any | Type::String | Type::List(_) | Type::Set(_) | Type::Map(_) => None,
            _ => return failed("a string, a collection, a tuple or an object is required"),
        },
    };
    let count = count.map_or_else(|| Value::unknown_not_null(Type::Number), Value::number);
    Ok(count.with_marks(&marks))
}

/// `matchkeys(values, keys, searchset)`: the values whose keys are in the set.
pub(super) fn matchkeys(_: &Context<'_>, args: &[Value]) -> Outcome {
    let [values, keys, wanted] = args else { return failed("three lists are required") };
    let untyped = |it: &Type| *it != Type::list(Type::Any);
    let types: Vec<Type> = [keys.ty(), wanted.ty()].into_iter().filter(untyped).collect();
    let ty = if types.is_empty() { Some(Type::list(Type::Any)) } else { unify(&types) };
    let Some(ty) = ty else { return failed("keys and searchset must be of the same type") };
    if items(args, 0).len() != items(args, 1).len() {
        return failed("values and keys must have the same number of elements");
    }
    let (Ok(keys), Ok(wanted)) = (convert(keys, &ty), convert(wanted, &ty)) else {
        return failed("keys and searchset must be of the same type");
    };
    let wanted = wanted.as_slice().unwrap_or(&[]);
    let keys = keys.as_slice().unwrap_or(&[]).iter();
    let searched = |key: &Value| wanted.iter().any(|it| equal(it, key) == Some(true));
    let matching = keys.zip(items(args, 0)).filter(|(key, _)| searched(key));
    let of = values.ty().element().cloned().unwrap_or(Type::Any);
    Ok(Value::list(of, matching.map(|(_, value)| value.clone()).collect::<Vec<_>>()))
}

/// `one(list)`: its only element, or null where it is empty.
pub(super) fn one(_: &Context<'_>, args: &[Value]) -> Outcome {
    let list = first(args);
    let many = || argument(0, "there must be no more than one element");
    match (list.as_slice(), list.ty()) {
        (Some([]), Type::List(of) | Type::Set(of)) => Ok(Value::null(of.as_ref().clone())),
        (Some([]), _) => Ok(Value::NULL),
        (Some([it]), _) => Ok(it.clone()),
        (Some(items), Type::Set(of)) if !items.iter().all(Value::is_wholly_known) => {
            Ok(Value::unknown(of.as_ref().clone()))
        }
        (Some(_), _) => many(),
        (None, Type::List(of) | Type::Set(of)) => Ok(Value::unknown(of.as_ref().clone())),
        (None, Type::Tuple(of)) => match of.as_slice() {
            [] => Ok(Value::NULL),
            [it] => Ok(Value::unknown(it.clone())),
            _ => many(),
        },
        (None, Type::Any) => Ok(Value::unknown(Type::Any)),
        _ => argument(0, "a list, set or tuple is required"),
    }
}

/// `range(limit)`, `range(start, limit)`, `range(start, limit, step)`
pub(super) fn range(_: &Context<'_>, args: &[Value]) -> Outcome {
    let numbers: Vec<Number> = args.iter().filter_map(Value::as_number).cloned().collect();
    let one = Number::from(1i64);
    let (mut next, limit, step) = match numbers.as_slice() {
        [limit] => (Number::ZERO, limit.clone(), None),
        [start, limit] => (start.clone(), limit.clone(), None),
        [start, limit, step] => (start.clone(), limit.clone(), Some(step.clone())),
        _ => return failed("one, two or three numbers are required"),
    };
    let step = step.unwrap_or_else(|| if limit < next { one.neg() } else { one });
    let down = step.is_negative();
    if (down && limit > next) || (!down && limit < next) {
        return argument(1, "the step leads away from the limit");
    }
    if step.is_zero() && next != limit {
        return failed("the step must not be zero");
    }
    let mut numbers = Vec::new();
    while (down && next > limit) || (!down && next < limit) {
        if numbers.len() == MAX_RANGE {
            return failed(format!("there are more than {MAX_RANGE} elements"));
        }
        let following = next.add(&step);
        numbers.push(Value::from(next));
        match following {
            Some(it) => next = it,
            None => return failed("infinities of both signs have no sum"),
        }
    }
    Ok(Value::list(Type::Number, numbers))
}

/// `reverse(list)`
pub(super) fn reverse(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (list, marks) = shallow(&first(args));
    let backwards = || list.as_slice().unwrap_or(&[]).iter().rev().cloned();
    Ok(match (list.is_known(), list.ty()) {
        (true, Type::Tuple(_)) => Value::tuple(backwards()),
        (true, Type::List(of) | Type::Set(of)) => Value::list(of.as_ref().clone(), backwards()),
        (false, Type::List(of) | Type::Set(of)) => Value::unknown_not_null(Type::List(of)),
        (false, Type::Tuple(of)) => Value::unknown(Type::tuple(of.iter().rev().cloned())),
        (false, Type::Any) => Value::unknown(Type::Any),
        (_, other) => {
            return argument(
                0,
                format!("a list, set or tuple is required, not {}", other.friendly()),
            );
        }
    }
    .with_marks(&marks))
}

/// `slice(list, start_index, end_index)`: from the start, up to but without the end.
pub(super) fn slice(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (list, marks) = shallow(&first(args));
    let ty = list.ty();
    let count = match (list.as_slice(), &ty) {
        (_, Type::Set(_)) => return argument(0, "a set has no order; use tolist() to give it one"),
        (Some(items), Type::List(_) | Type::Tuple(_)) => Some(items.len()),
        (None, Type::Tuple(of)) => Some(of.len()),
        (None, Type::List(_) | Type::Any) => None,
        (_, other) => {
            return argument(0, format!("a list or tuple is required, not {}", other.friendly()));
        }
    };
    let limit = count.unwrap_or(usize::MAX);
    let (start, end) = (bound(args, 1, limit)?, bound(args, 2, limit)?);
    let (Some(start), Some(end)) = (start, end) else {
        let ty = if matches!(ty, Type::List(_)) { ty } else { Type::Any };
        return Ok(Value::unknown(ty).with_marks(&marks));
    };
    if start > end {
        return argument(1, "the start must not be greater than the end");
    }
    Ok(match (list.as_slice(), ty) {
        (Some(items), Type::List(of)) => {
            Value::list(of.as_ref().clone(), items.get(start..end).unwrap_or(&[]).to_vec())
        }
        (Some(items), _) => Value::tuple(items.get(start..end).unwrap_or(&[]).to_vec()),
        (None, Type::Tuple(of)) => {
            Value::unknown(Type::tuple(of.get(start..end).unwrap_or(&[]).iter().cloned()))
        }
        (None, ty) => Value::unknown(ty),
    }
    .with_marks(&marks))
}

/// An index from 0 to the limit; none where it is not known.
fn bound(args: &[Value], index: usize, limit: usize) -> Result<Option<usize>, CallError> {
    if args.get(index).is_some_and(|it| !it.is_known()) {
        return Ok(None);
    }
    match whole(args, index).and_then(|it| usize::try_from(it).ok()) {
        Some(it) if it <= limit => Ok(Some(it)),
        Some(_) => argument(index, format!("the list has only {limit} elements")),
        None => argument(index, "a whole number that is not negative is required"),
    }
}

/// `sort(list)`: by code points.
pub(super) fn sort(_: &Context<'_>, args: &[Value]) -> Outcome {
    let unsorted = items(args, 0);
    if !unsorted.iter().all(Value::is_known) {
        let each = unsorted.iter().map(|_| Value::unknown(Type::String));
        return Ok(Value::list(Type::String, each));
    }
    let mut texts = Vec::new();
    for (at, item) in unsorted.iter().enumerate() {
        match item.kind() {
            Kind::String(it) => texts.push(it.clone()),
            _ => return failed(format!("element {at} is null; it cannot be sorted")),
        }
    }
    texts.sort();
    Ok(Value::list(Type::String, texts.into_iter().map(|it| Kind::String(it).into())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn list_of(of: Type) -> Value {
        Value::unknown(Type::list(of))
    }

    #[test]
    fn marks_stay_with_elements() {
        let list = || Value::tuple([Value::from(1).sensitive(), 2.into()]);
        for (name, args) in
            [("concat", vec![list()]), ("reverse", vec![list()]), ("flatten", vec![list()])]
        {
            let result = run(name, args).unwrap();
            assert!(result.has_sensitive() && !result.marks().sensitive, "{name}");
        }
        assert!(!run("element", [list(), 1.into()]).unwrap().has_sensitive());
        assert!(!run("length", [list()]).unwrap().has_sensitive());
        assert!(run("contains", [list(), 2.into()]).unwrap().marks().sensitive);
        let nested = Value::tuple([list().sensitive()]);
        assert!(run("flatten", [nested]).unwrap().marks().sensitive);
    }

    #[test]
    fn what_is_known_of_unknown_lists_is_told() {
        let unknown = || Value::unknown(Type::tuple([Type::Number, Type::String]));
        assert_eq!(show(run("length", [unknown()])), "2");
        assert_eq!(run("element", [unknown(), 3.into()]).unwrap().ty(), Type::String);
        assert_eq!(run("concat", [list_of(Type::Bool)]).unwrap().ty(), Type::list(Type::Bool));
        assert!(!run("flatten", [Value::tuple([list_of(Type::Bool)])]).unwrap().is_known());
        let one = Value::tuple([1.into(), Value::unknown(Type::Number)]);
        assert_eq!(show(run("contains", [one.clone(), 1.into()])), "true");
        assert!(!run("contains", [one.clone(), 2.into()]).unwrap().is_known());
        assert_eq!(show(run("contains", [one, "2".into()])), "false");
        // The first that is not true decides, and what is not known of a tuple as a whole is not of
        // its parts either.
        let (open, no) = (Value::unknown(Type::Bool), Value::FALSE);
        assert!(!run("alltrue", [Value::tuple([open.clone(), no.clone()])]).unwrap().is_known());
        assert_eq!(show(run("alltrue", [Value::tuple([no, open])])), "false");
        for (name, items) in [("reverse", 2), ("concat", 2)] {
            let it = run(name, [unknown()]).unwrap();
            assert!(!it.is_known(), "{name}");
            assert!(matches!(it.ty(), Type::Tuple(of) if of.len() == items), "{name}");
        }
        assert!(run("concat", [Value::unknown(Type::String)]).is_err());
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(show(run("range", [1025.into()])).contains("1024"));
        assert!(show(run("chunklist", [json("[1]"), Value::from(-1)])).starts_with("failed"));
    }
}
