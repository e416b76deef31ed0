//! Operators on values: equality, order, logic and arithmetic, with unknown operands and marks.

use std::borrow::Cow;

use super::ast::{Binary, Unary};
use super::convert::converted;
use super::number::Number;
use super::types::Type;
use super::value::{Kind, Value};

/// What is wrong with an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Operands cannot be used: which (0 or 1), and why.
    Operands(Vec<(usize, String)>),
    /// The operation itself failed.
    Operation(String),
}

/// `operand` with the operator before it.
pub fn unary(operator: Unary, operand: &Value) -> Result<Value, Fault> {
    match operator {
        Unary::Negate => {
            let operand = typed(0, operand, &Type::Number)?;
            match operand.as_number() {
                Some(it) => Ok(Value::number(it.neg()).with_marks(operand.marks())),
                None => Ok(Value::unknown_not_null(Type::Number).with_marks(operand.marks())),
            }
        }
        Unary::Not => {
            let operand = typed(0, operand, &Type::Bool)?;
            match operand.as_bool() {
                Some(it) => Ok(Value::from(!it).with_marks(operand.marks())),
                None => Ok(Value::unknown_not_null(Type::Bool).with_marks(operand.marks())),
            }
        }
    }
}

/// `left operator right`
pub fn binary(operator: Binary, left: &Value, right: &Value) -> Result<Value, Fault> {
    match operator {
        Binary::Equal => Ok(equal(left, right)),
        Binary::NotEqual => unary(Unary::Not, &equal(left, right)),
        Binary::And => logic(left, right, false),
        Binary::Or => logic(left, right, true),
        Binary::Less => compare(left, right, |a, b| a < b),
        Binary::LessEqual => compare(left, right, |a, b| a <= b),
        Binary::Greater => compare(left, right, |a, b| a > b),
        Binary::GreaterEqual => compare(left, right, |a, b| a >= b),
        Binary::Add => numeric(left, right, Number::add),
        Binary::Subtract => numeric(left, right, Number::sub),
        Binary::Multiply => numeric(left, right, Number::mul),
        Binary::Divide => numeric(left, right, Number::div),
        Binary::Remainder => numeric(left, right, Number::rem),
    }
}

/// The operand as `ty`, refused where it is null.
fn typed<'v>(at: usize, operand: &'v Value, ty: &Type) -> Result<Cow<'v, Value>, Fault> {
    let it = converted(operand, ty).map_err(|it| Fault::Operands(vec![(at, it.to_string())]))?;
    if it.is_null() {
        return Err(Fault::Operation("an operand is null".into()));
    }
    Ok(it)
}

/// And (`decisive` is false) or or (it is true). An unknown operand leaves the result unknown even where
/// the other would decide it, as in Terraform up to 1.11.
fn logic(left: &Value, right: &Value, decisive: bool) -> Result<Value, Fault> {
    let (left, right) = both(left, right, &Type::Bool)?;
    let marks = left.marks().union(right.marks());
    let result = match (left.as_bool(), right.as_bool()) {
        (Some(a), Some(b)) if a == decisive || b == decisive => Value::from(decisive),
        (Some(_), Some(_)) => Value::from(!decisive),
        _ => Value::unknown_not_null(Type::Bool),
    };
    Ok(result.with_marks(&marks))
}

/// Both converted before either is refused for being null, as a wrong type is told first.
fn both<'v>(
    left: &'v Value,
    right: &'v Value,
    ty: &Type,
) -> Result<(Cow<'v, Value>, Cow<'v, Value>), Fault> {
    let convert_at = |at, it| converted(it, ty).map_err(|it| (at, it.to_string()));
    let (left, right) = match (convert_at(0, left), convert_at(1, right)) {
        (Ok(left), Ok(right)) => (left, right),
        (left, right) => {
            return Err(Fault::Operands([left.err(), right.err()].into_iter().flatten().collect()));
        }
    };
    if left.is_null() || right.is_null() {
        return Err(Fault::Operation("an operand is null".into()));
    }
    Ok((left, right))
}

fn compare(
    left: &Value,
    right: &Value,
    test: impl Fn(&Number, &Number) -> bool,
) -> Result<Value, Fault> {
    let (left, right) = both(left, right, &Type::Number)?;
    let marks = left.marks().union(right.marks());
    let result = match (left.as_number(), right.as_number()) {
        (Some(a), Some(b)) => Value::from(test(a, b)),
        _ => Value::unknown_not_null(Type::Bool),
    };
    Ok(result.with_marks(&marks))
}

fn numeric(
    left: &Value,
    right: &Value,
    compute: impl Fn(&Number, &Number) -> Option<Number>,
) -> Result<Value, Fault> {
    let (left, right) = both(left, right, &Type::Number)?;
    let marks = left.marks().union(right.marks());
    let result = match (left.as_number(), right.as_number()) {
        (Some(a), Some(b)) => match compute(a, b) {
            Some(it) => Value::number(it),
            None => return Err(Fault::Operation("the result is not a number".into())),
        },
        _ => Value::unknown_not_null(Type::Number),
    };
    Ok(result.with_marks(&marks))
}

/// `a == b`: no conversion takes place, so values of different types are different.
pub fn equal(a: &Value, b: &Value) -> Value {
    let marks = a.deep_marks().union(&b.deep_marks());
    let result = match compare_parts(a, b) {
        Some(it) => Value::from(it),
        None => Value::unknown_not_null(Type::Bool),
    };
    result.with_marks(&marks)
}

/// None where an unknown part leaves it open.
fn compare_parts(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) => b.is_not_null().then_some(false),
        (_, Kind::Null(_)) => a.is_not_null().then_some(false),
        (Kind::Unknown(it), _) => differ(&it.ty, &b.ty()).then_some(false),
        (_, Kind::Unknown(it)) => differ(&a.ty(), &it.ty).then_some(false),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(t, x), Kind::List(u, y)) | (Kind::Set(t, x), Kind::Set(u, y)) => {
            let open = x.iter().chain(y.iter()).any(|it| !it.is_wholly_known());
            if matches!(a.kind(), Kind::Set(..)) && open {
                return None;
            }
            let comparable = t == u || t.has_any() || u.has_any();
            compare_all(comparable && x.len() == y.len(), x.iter().zip(y.iter()))
        }
        (Kind::Tuple(x), Kind::Tuple(y)) => compare_all(x.len() == y.len(), x.iter().zip(y.iter())),
        (Kind::Map(_, x), Kind::Map(_, y)) | (Kind::Object(x), Kind::Object(y)) => {
            compare_all(x.keys().eq(y.keys()), x.values().zip(y.values()))
        }
        _ => Some(false),
    }
}

fn differ(a: &Type, b: &Type) -> bool {
    a != b && !a.has_any() && !b.has_any()
}

fn compare_all<'a>(
    alike: bool,
    pairs: impl Iterator<Item = (&'a Value, &'a Value)>,
) -> Option<bool> {
    if !alike {
        return Some(false);
    }
    // The first that is not equal, or not known, decides.
    for (a, b) in pairs {
        match compare_parts(a, b) {
            Some(true) => {}
            decided => return decided,
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_not_mixed_in_equality() {
        assert_eq!(equal(&1.into(), &"1".into()).as_bool(), Some(false));
        assert_eq!(equal(&Value::NULL, &Value::null(Type::String)).as_bool(), Some(true));
    }

    #[test]
    fn the_first_known_difference_settles_equality() {
        let a = Value::tuple([Value::unknown(Type::String), 1.into()]);
        let b = Value::tuple(["x".into(), 2.into()]);
        assert!(!equal(&a, &b).is_known());
        let a = Value::tuple([1.into(), Value::unknown(Type::String)]);
        assert_eq!(equal(&a, &Value::tuple([2.into(), "x".into()])).as_bool(), Some(false));
        let a = Value::tuple([Value::unknown(Type::String), 1.into()]);
        let c = Value::tuple(["x".into(), 1.into()]);
        assert!(!equal(&a, &c).is_known());
    }

    #[test]
    fn an_unknown_operand_leaves_logic_open() {
        let open = Value::unknown(Type::Bool);
        assert!(!binary(Binary::And, &open, &Value::FALSE).unwrap().is_known());
        assert!(!binary(Binary::And, &open, &Value::TRUE).unwrap().is_known());
        assert!(!binary(Binary::Or, &Value::TRUE, &open).unwrap().is_known());
        let both = binary(Binary::And, &Value::TRUE, &Value::FALSE).unwrap();
        assert_eq!(both.as_bool(), Some(false));
    }

    #[test]
    fn nulls_and_wrong_types_are_told_apart() {
        assert!(matches!(binary(Binary::Add, &Value::NULL, &1.into()), Err(Fault::Operation(_))));
        assert!(
            matches!(binary(Binary::Add, &"x".into(), &1.into()), Err(Fault::Operands(those)) if those[0].0 == 0)
        );
    }
}
