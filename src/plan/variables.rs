//! Input variables: given, defaulted, converted, validated.

use std::sync::Arc;

use super::change::CheckStatus;
use super::condition::{self, VALIDATION};
use super::evaluation::{Evaluation, ModuleInstance, Purpose, Repeated, upstream};
use crate::diag::{Diagnostic, Diagnostics, Result, Span};
use crate::lang::ast::{Reference, StepKind};
use crate::lang::config::Variable;
use crate::lang::convert::convert;
use crate::lang::eval::{Environment, Scope, evaluate};
use crate::lang::value::{Marks, Str, Value};

/// The value of a variable in a module instance.
pub fn value(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>, name: &Str) -> Result<Value> {
    let Some(variable) = module.module.variables.get(name) else { return Err(upstream()) };
    let (given, place) = given(ev, module, variable)?;
    let value = settle(variable, given, place)?;
    let mut marks = Marks::NONE;
    marks.sensitive = variable.sensitive;
    marks.ephemeral = variable.ephemeral;
    if value.has_ephemeral() && !variable.ephemeral && !module.path.is_root() {
        let detail = format!("variable `{name}` is not declared `ephemeral`, but its value is");
        return Err(Diagnostic::error("Ephemeral value not allowed", detail).at(place).into());
    }
    let value = value.with_marks(&marks);
    validate(ev, module, variable, &value, place)?;
    Ok(value)
}

/// What was given, if anything, and where.
fn given(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    variable: &Variable,
) -> Result<(Option<Value>, Span)> {
    let Some(caller) = &module.caller else {
        return Ok(match (ev.facts.purpose, ev.facts.variables.get(&variable.name)) {
            (Purpose::Validate, None) => {
                (Some(Value::unknown(variable.ty.without_optional())), variable.span)
            }
            (_, given) => (given.cloned(), variable.span),
        });
    };
    let call = &caller.parent.module.calls[&caller.name];
    match call.inputs.get(&variable.name) {
        Some(input) => {
            let repeated = match ev.facts.purpose {
                Purpose::Validate => Repeated::unknown(),
                _ => caller.repeated.clone(),
            };
            let scope = ev.scope(&caller.parent).repeated(repeated);
            Ok((Some(evaluate(&scope, &input.value)?), input.value.span))
        }
        None => Ok((None, call.missing)),
    }
}

/// The value that a variable has when `given` was given.
pub fn settle(variable: &Variable, given: Option<Value>, place: Span) -> Result<Value> {
    let name = &variable.name;
    if given.as_ref().is_some_and(Value::is_null)
        && !variable.nullable
        && variable.default.is_none()
    {
        let detail = format!("the variable `{name}` was given null, and may not be null");
        return Err(Diagnostic::error("Required variable not set", detail).at(place).into());
    }
    let given = given.filter(|it| !it.is_null() || variable.nullable);
    let Some(given) = given else {
        return variable.default.clone().ok_or_else(|| unset(name).at(place).into());
    };
    let given = variable.defaults.apply(&given);
    convert(&given, &variable.ty).map_err(|mismatch| {
        Diagnostic::error(
            "Invalid value for input variable",
            format!("the value given for `{name}` is not suitable: {mismatch}"),
        )
        .at(place)
        .into()
    })
}

/// A variable has neither a value nor a default.
pub fn unset(name: &str) -> Diagnostic {
    let detail = format!("the variable `{name}` has no default, and no value was given");
    Diagnostic::error("No value for required variable", detail)
        .hint(format!("give it with `--var {name}=…`, in a `.tfvars` file or as `TF_VAR_{name}`"))
}

fn validate(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    variable: &Variable,
    value: &Value,
    place: Span,
) -> Result<()> {
    let scope = Own { name: &variable.name, value, outer: &ev.scope(module) };
    let mut diagnostics = Diagnostics::new();
    let address = match module.path.is_root() {
        true => format!("var.{}", variable.name),
        false => format!("{}.var.{}", module.path, variable.name),
    };
    for validation in &variable.validations {
        let outcome = condition::outcome(ev, &scope, validation, VALIDATION);
        let Some((status, message)) = diagnostics.keep(outcome) else {
            ev.record("var", &address, CheckStatus::Error, "");
            continue;
        };
        ev.record("var", &address, status, &message);
        if status != CheckStatus::Fail {
            continue;
        }
        let it = Diagnostic::error("Invalid value for variable", message).at(place);
        let shown = match (value.has_sensitive(), value.has_ephemeral()) {
            (true, _) => "(sensitive)".to_string(),
            (_, true) => "(ephemeral)".to_string(),
            _ => format!("{value:?}"),
        };
        let mut it = it.label(validation.condition.span, "this condition does not hold");
        it.values.push((format!("var.{}", variable.name), format!("is {shown}")));
        diagnostics.push(it);
    }
    diagnostics.into_result(())
}

/// A scope in which a variable may refer to itself: that of its validations.
struct Own<'a> {
    name: &'a str,
    value: &'a Value,
    outer: &'a dyn Scope,
}

impl Scope for Own<'_> {
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)> {
        let itself = &*reference.root.text == "var"
            && matches!(reference.steps.first().map(|it| &it.kind),
                Some(StepKind::Attribute(name)) if **name == *self.name);
        if itself { Ok((self.value.clone(), 1)) } else { self.outer.resolve(reference) }
    }

    fn environment(&self) -> &Environment {
        self.outer.environment()
    }
}
