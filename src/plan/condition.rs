//! Conditions: pre- and postconditions, validations, assertions.

use super::change::CheckStatus;
use super::evaluation::{Checked, Evaluation, Purpose, is_upstream};
use crate::diag::{Diagnostic, Result, Severity};
use crate::lang::config::Condition;
use crate::lang::convert::convert;
use crate::lang::eval::{Scope, evaluate, held};
use crate::lang::types::Type;
use crate::lang::value::{Origins, Value};

/// What a condition of an input variable is called in messages.
pub const VALIDATION: &str = "variable validation";

/// How a condition came out, and what to say where it does not hold.
pub fn outcome(
    ev: &Evaluation<'_>,
    scope: &dyn Scope,
    condition: &Condition,
    what: &str,
) -> Result<(CheckStatus, String)> {
    judge(ev, scope, condition, what).map(|(status, text, _)| (status, text))
}

/// As [`outcome`], with all that it depends on.
fn judge(
    ev: &Evaluation<'_>,
    scope: &dyn Scope,
    condition: &Condition,
    what: &str,
) -> Result<(CheckStatus, String, Origins)> {
    let place = condition.condition.span;
    let invalid =
        |detail: String| Diagnostic::error(format!("Invalid {what} result"), detail).at(place);
    let (value, marks) = evaluate(scope, &condition.condition)?.without_marks();
    if value.is_null() {
        return Err(invalid("a condition must be true or false, not null".into()).into());
    }
    let value = convert(&value, &Type::Bool).map_err(|it| invalid(it.to_string()))?;
    match value.as_bool() {
        Some(true) => {
            // Whoever wrote such a message would see it only when it is too late.
            if ev.facts.purpose == Purpose::Plan && what != VALIDATION {
                let message = evaluate(scope, &condition.error_message).ok();
                ev.report(message.filter(Value::has_ephemeral).map(|_| secret(condition, true)));
            }
            return Ok((CheckStatus::Pass, String::new(), marks.from));
        }
        None => {
            // The message is told once all is known, so what it tells of must be known by then too.
            let message = match evaluate(scope, &condition.error_message) {
                Err(those) if ev.facts.purpose == Purpose::Validate => return Err(those),
                message => message.ok(),
            };
            let told = message.map(|it| it.deep_marks().from.clone()).unwrap_or_default();
            return Ok((CheckStatus::Unknown, String::new(), marks.from.union(&told)));
        }
        Some(false) => {}
    }
    let message = evaluate(scope, &condition.error_message)?;
    let ephemeral = message.has_ephemeral();
    let message = match convert(&message, &Type::String) {
        Ok(it) if !it.is_null() => it,
        // The value is wrong whatever is said of it.
        _ if what == VALIDATION => Value::from("the error message of the condition is no text"),
        _ => {
            let detail = "the error message must be a text";
            let it = Diagnostic::error("Invalid error message", detail);
            return Err(it.at(condition.error_message.span).into());
        }
    };
    let text = match (ephemeral || message.has_sensitive(), message.as_str()) {
        (true, _) => {
            let mut told = secret(condition, ephemeral);
            if what == VALIDATION {
                told.severity = Severity::Error;
            }
            ev.report([told]);
            "the error message holds a secret value, so it is not shown".to_string()
        }
        (_, Some(text)) => text.trim().to_string(),
        (_, None) => "the error message is not known yet".to_string(),
    };
    Ok((CheckStatus::Fail, text, marks.from))
}

/// An error message that would tell what must not be told.
fn secret(condition: &Condition, ephemeral: bool) -> Diagnostic {
    let (what, function) =
        if ephemeral { ("ephemeral", "ephemeralasnull") } else { ("sensitive", "nonsensitive") };
    Diagnostic::warning(
        format!("Error message refers to {what} values"),
        format!("the message would tell {what} values, so it is not shown"),
    )
    .hint(format!("leave them out, or use `{function}` where they are no secret"))
    .at(condition.error_message.span)
}

/// Evaluates one condition, and tells what it depends on; an error where it does not hold.
pub fn check(
    evaluation: &Evaluation<'_>,
    scope: &dyn Scope,
    condition: &Condition,
    checked: &Checked,
) -> Result<Origins> {
    let (summary, address) = match checked {
        Checked::Precondition(address) => ("Resource precondition failed", address.to_string()),
        Checked::Postcondition(address) => ("Resource postcondition failed", address.to_string()),
        Checked::Output(address) => ("Module output value precondition failed", address.clone()),
    };
    let kind = if matches!(checked, Checked::Output(_)) { "output_value" } else { "resource" };
    if evaluation.facts.purpose == Purpose::Validate && kind == "resource" {
        // Whether it holds is seen when there are values.
        let value = evaluate(scope, &condition.condition)?;
        convert(&value, &Type::Bool).map_err(|it| {
            Diagnostic::error("Invalid condition result", it.to_string())
                .at(condition.condition.span)
        })?;
        evaluate(scope, &condition.error_message)?;
        return Ok(Origins::default());
    }
    let judged = judge(evaluation, scope, condition, "condition").inspect_err(|those| {
        // What it looks at may have failed, which is told already.
        match (those.iter().all(is_upstream), evaluation.facts.purpose) {
            (true, Purpose::Apply) => {}
            (true, _) => evaluation.record(kind, &address, CheckStatus::Unknown, ""),
            _ => evaluation.record(kind, &address, CheckStatus::Error, ""),
        }
    });
    let (status, message, origins) = judged?;
    evaluation.record(kind, &address, status, &message);
    match status {
        CheckStatus::Fail => {
            let mut it = Diagnostic::error(summary, message).at(condition.condition.span);
            it.values = held(scope, &condition.condition);
            if !matches!(checked, Checked::Output(_)) {
                it = it.about(address);
            }
            Err(it.into())
        }
        _ => Ok(origins),
    }
}
