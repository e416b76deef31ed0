//! Sets: union, intersection, difference, product.

use super::{CallError, Context, Outcome, argument, failed};
use crate::lang::convert::{convert, unify};
use crate::lang::types::Type;
use crate::lang::value::{Marks, Value};

/// Largest number of combinations that `setproduct` makes.
const MAX_PRODUCT: usize = 262_144;

/// `setunion(first_set, other_sets...)`
pub(super) fn setunion(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (of, sets) = alike(args)?;
    if !args.iter().all(Value::is_known) {
        return Ok(Value::unknown_not_null(Type::set(of)));
    }
    Ok(Value::set(of, sets.concat()))
}

/// `setintersection(first_set, other_sets...)`
pub(super) fn setintersection(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (of, sets) = alike(args)?;
    if !args.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown_not_null(Type::set(of)));
    }
    let Some((first, others)) = sets.split_first() else { return failed("a set is required") };
    let everywhere = |item: &&Value| others.iter().all(|other| holds(other, item));
    let common: Vec<Value> = first.iter().filter(everywhere).cloned().collect();
    Ok(Value::set(of, common))
}

/// `setsubtract(a, b)`
pub(super) fn setsubtract(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (of, sets) = alike(args)?;
    if !args.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown_not_null(Type::set(of)));
    }
    let [from, without] = sets.as_slice() else { return failed("two sets are required") };
    let rest: Vec<Value> = from.iter().filter(|item| !holds(without, item)).cloned().collect();
    Ok(Value::set(of, rest))
}

fn holds(set: &[Value], item: &Value) -> bool {
    set.binary_search_by(|it| crate::lang::value::set_order(it, item)).is_ok()
}

/// The common element type, and the sorted elements of each set converted to it.
fn alike(args: &[Value]) -> Result<(Type, Vec<Vec<Value>>), CallError> {
    let mut types = Vec::new();
    for arg in args {
        let of = arg.ty().element().cloned().unwrap_or(Type::Any);
        let empty = arg.as_slice().is_some_and(<[Value]>::is_empty);
        if !(empty && of == Type::Any) {
            types.push(of);
        }
    }
    let of = match types.as_slice() {
        [] => Some(Type::Any),
        types => unify(types),
    };
    let Some(of) = of else { return failed("the sets have no element type in common") };
    let wanted = Type::set(of.clone());
    let mut sets = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        match convert(arg, &wanted) {
            Ok(set) => sets.push(set.as_slice().unwrap_or(&[]).to_vec()),
            Err(it) => return argument(index, it.to_string()),
        }
    }
    Ok((of, sets))
}

/// `setproduct(sets...)`: every combination; a set where an argument is one, else a list.
pub(super) fn setproduct(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args.len() < 2 {
        return failed("at least two sets or lists are required");
    }
    let mut types = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        types.push(factor_type(index, &arg.ty())?);
    }
    let of = Type::tuple(types.iter().cloned());
    let as_set = args.iter().any(|it| matches!(it.ty(), Type::Set(_) | Type::Any));
    let marks = args.iter().fold(Marks::NONE, |sum, it| sum.union(it.marks()));
    let untyped = args.iter().any(Value::is_untyped);
    let empty = args.iter().any(|it| it.as_slice().is_some_and(<[Value]>::is_empty));
    // How many elements a set has depends on which of them are the same.
    let counted = |it: &Value| match it.ty() {
        Type::Set(_) => it.is_wholly_known(),
        _ => it.is_known(),
    };
    if !empty && !args.iter().all(counted) {
        let ty = match (untyped, as_set) {
            (true, _) => Type::Any,
            (_, true) => Type::set(of),
            (_, false) => Type::list(of),
        };
        return Ok(Value::unknown(ty).with_marks(&marks));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (index, (arg, ty)) in args.iter().zip(&types).enumerate() {
        let mut column = Vec::new();
        for item in arg.as_slice().unwrap_or(&[]) {
            match convert(item, ty) {
                Ok(it) => column.push(it),
                Err(it) => return argument(index, it.to_string()),
            }
        }
        if rows.len().saturating_mul(column.len()) > MAX_PRODUCT {
            return failed(format!("there are more than {MAX_PRODUCT} combinations"));
        }
        let with =
            |row: &Vec<Value>, item: &Value| [row.as_slice(), std::slice::from_ref(item)].concat();
        rows = rows.iter().flat_map(|row| column.iter().map(move |it| with(row, it))).collect();
    }
    let rows = rows.into_iter().map(Value::tuple);
    let product = if as_set { Value::set(of, rows) } else { Value::list(of, rows) };
    Ok(product.with_marks(&marks))
}

fn factor_type(index: usize, ty: &Type) -> Result<Type, CallError> {
    match ty {
        Type::Any => Ok(Type::Any),
        Type::List(of) | Type::Set(of) => Ok(of.as_ref().clone()),
        Type::Tuple(of) if of.is_empty() => Ok(Type::Any),
        Type::Tuple(of) => {
            // An untyped null takes whatever type its neighbours have.
            let typed: Vec<Type> = of.iter().filter(|it| **it != Type::Any).cloned().collect();
            match (typed.is_empty(), unify(&typed)) {
                (true, _) => Ok(Type::Any),
                (_, Some(it)) => Ok(it),
                (_, None) => argument(index, "all elements must be of the same type"),
            }
        }
        other => argument(index, format!("a set or list is required, not {}", other.friendly())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::lang::value::Kind;

    #[test]
    fn sets_are_compared_by_their_common_type() {
        assert_eq!(show(run("setsubtract", [json("[1, 2]"), json("[\"1\"]")])), r#"["2"]"#);
        assert_eq!(show(run("setunion", [json("[]"), json("[2, 1]")])), "[1,2]");
        assert_eq!(
            show(run("setintersection", [json("[1,2]"), json("[2,3]"), json("[2]")])),
            "[2]"
        );
    }

    #[test]
    fn a_product_is_bounded() {
        let many = Value::tuple((0..600).map(Value::from));
        let args = [many.clone(), many.clone(), many];
        assert!(show(run("setproduct", args)).contains("combinations"));
    }

    #[test]
    fn a_product_with_nothing_is_known() {
        let args = [Value::unknown(Type::list(Type::String)), json("[]")];
        assert_eq!(show(run("setproduct", args)), "[]");
        let kind = run("setproduct", [json("[1]"), Value::unknown(Type::set(Type::String))]);
        let Kind::Unknown(it) = kind.unwrap().into_kind() else { panic!() };
        assert_eq!(it.ty, Type::set(Type::tuple([Type::Number, Type::String])));
    }
}
