//! Conditions: pre- and postconditions, validations, assertions.

use super::change::CheckStatus;
use super::evaluation::{Checked, Evaluation};
use crate::diag::{Diagnostic, Result};
use crate::lang::config::Condition;
use crate::lang::convert::convert;
use crate::lang::eval::{Scope, evaluate};
use crate::lang::types::Type;

/// How a condition came out, and what to say where it does not hold.
pub fn outcome(
    scope: &dyn Scope,
    condition: &Condition,
    what: &str,
) -> Result<(CheckStatus, String)> {
    let place = condition.condition.span;
    let invalid =
        |detail: String| Diagnostic::error(format!("Invalid {what} result"), detail).at(place);
    let value = evaluate(scope, &condition.condition)?;
    let (value, marks) = value.without_marks();
    if value.is_null() {
        return Err(invalid("a condition must be true or false, not null".into()).into());
    }
    let value = convert(&value, &Type::Bool).map_err(|it| invalid(it.to_string()))?;
    let status = match value.as_bool() {
        Some(true) => return Ok((CheckStatus::Pass, String::new())),
        Some(false) => CheckStatus::Fail,
        None => return Ok((CheckStatus::Unknown, String::new())),
    };
    let message = evaluate(scope, &condition.error_message)?;
    let hidden = message.has_sensitive() || message.has_ephemeral();
    let text = match (hidden, message.as_str()) {
        (true, _) => "the error message holds a sensitive value, so it is not shown".to_string(),
        (_, Some(text)) => text.trim().to_string(),
        (_, None) => "the error message is not known yet".to_string(),
    };
    let _ = marks;
    Ok((status, text))
}

/// Evaluates one condition; an error where it does not hold.
pub fn check(
    evaluation: &Evaluation<'_>,
    scope: &dyn Scope,
    condition: &Condition,
    checked: &Checked,
) -> Result<()> {
    let (summary, address) = match checked {
        Checked::Precondition(address) => ("Resource precondition failed", address.to_string()),
        Checked::Postcondition(address) => ("Resource postcondition failed", address.to_string()),
        Checked::Output(address) => ("Module output value precondition failed", address.clone()),
    };
    let (status, message) = outcome(scope, condition, "condition")?;
    let kind = if matches!(checked, Checked::Output(_)) { "output_value" } else { "resource" };
    evaluation.record(kind, &address, status, &message);
    match status {
        CheckStatus::Fail => {
            let mut it = Diagnostic::error(summary, message).at(condition.condition.span);
            if !matches!(checked, Checked::Output(_)) {
                it = it.about(address);
            }
            Err(it.into())
        }
        _ => Ok(()),
    }
}
