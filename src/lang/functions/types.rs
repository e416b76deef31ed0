//! Conversions and marks.

use super::{CallError, Context, Outcome, argument};
use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Marks, Value};

fn only(args: &[Value]) -> Value {
    args.first().cloned().unwrap_or(Value::NULL)
}

fn to(args: &[Value], ty: Type) -> Outcome {
    convert(&only(args), &ty)
        .map_err(|it| CallError::Argument { index: 0, message: it.to_string() })
}

/// `tobool(v)`
pub(super) fn tobool(_: &Context<'_>, args: &[Value]) -> Outcome {
    to(args, Type::Bool)
}

/// `tonumber(v)`
pub(super) fn tonumber(_: &Context<'_>, args: &[Value]) -> Outcome {
    to(args, Type::Number)
}

/// `tostring(v)`
pub(super) fn tostring(_: &Context<'_>, args: &[Value]) -> Outcome {
    to(args, Type::String)
}

/// `tolist(v)`
pub(super) fn tolist(_: &Context<'_>, args: &[Value]) -> Outcome {
    to(args, Type::list(Type::Any))
}

/// `toset(v)`
pub(super) fn toset(_: &Context<'_>, args: &[Value]) -> Outcome {
    to(args, Type::set(Type::Any))
}

/// `tomap(v)`
pub(super) fn tomap(_: &Context<'_>, args: &[Value]) -> Outcome {
    to(args, Type::map(Type::Any))
}

/// `sensitive(value)`
pub(super) fn sensitive(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(only(args).sensitive())
}

/// `nonsensitive(value)`: parts that are sensitive themselves stay so.
pub(super) fn nonsensitive(_: &Context<'_>, args: &[Value]) -> Outcome {
    let value = only(args);
    let marks = Marks { sensitive: false, ..value.marks().clone() };
    Ok(value.replace_marks(marks))
}

/// `issensitive(value)`: the whole, not its parts.
pub(super) fn issensitive(_: &Context<'_>, args: &[Value]) -> Outcome {
    let value = only(args);
    let marks = Marks { sensitive: false, ..value.marks().clone() };
    let answer = match value.kind() {
        _ if value.marks().sensitive => Value::TRUE,
        // It may yet turn out to be.
        Kind::Unknown(_) => Value::unknown_not_null(Type::Bool),
        _ => Value::FALSE,
    };
    Ok(answer.with_marks(&marks))
}

/// `ephemeralasnull(value)`: what must not be stored becomes null.
pub(super) fn ephemeralasnull(_: &Context<'_>, args: &[Value]) -> Outcome {
    match args.first() {
        Some(it) => Ok(without_ephemeral(it)),
        None => argument(0, "a value is required"),
    }
}

fn without_ephemeral(value: &Value) -> Value {
    if value.marks().ephemeral {
        let marks = Marks { ephemeral: false, ..value.marks().clone() };
        return Value::null(value.ty()).replace_marks(marks);
    }
    match value.has_ephemeral() {
        true => value.map_parts(&mut without_ephemeral),
        false => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn only_the_whole_is_made_public() {
        let list = Value::tuple([Value::from("a").sensitive()]).sensitive();
        let result = run("nonsensitive", [list]).unwrap();
        assert!(!result.marks().sensitive && result.has_sensitive());
    }

    #[test]
    fn what_is_ephemeral_becomes_null_wherever_it_is() {
        let secret = Value::from("x").with_marks(&Marks::EPHEMERAL);
        let value = Value::object([("a", secret), ("b", 1.into())]);
        assert_eq!(show(run("ephemeralasnull", [value])), r#"{"a":null,"b":1}"#);
    }

    #[test]
    fn an_unknown_value_may_yet_be_sensitive() {
        assert!(!run("issensitive", [Value::unknown(Type::String)]).unwrap().is_known());
        let both = Value::unknown(Type::String).sensitive();
        assert_eq!(run("issensitive", [both]).unwrap().as_bool(), Some(true));
    }
}
