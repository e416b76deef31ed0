//! `try` and `can`: the evaluator runs them, because their arguments may fail.

use super::{Context, Outcome, failed};
use crate::lang::value::Value;

/// `can(expression)`, of an argument that could be evaluated.
pub(super) fn can(_: &Context<'_>, args: &[Value]) -> Outcome {
    match args.first() {
        Some(it) if !it.is_known() => Ok(Value::unknown_not_null(crate::lang::types::Type::Bool)),
        Some(_) => Ok(Value::TRUE),
        None => failed("an argument is required"),
    }
}

/// `try(expressions...)`, of arguments that could all be evaluated.
pub(super) fn attempt(_: &Context<'_>, args: &[Value]) -> Outcome {
    match args.first() {
        Some(it) => Ok(it.clone()),
        None => failed("at least one argument is required"),
    }
}
