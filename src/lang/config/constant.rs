//! Expressions that must be constant: no references, no function calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, Diagnostics, Result, Sources};
use crate::lang::ast::{Attribute, Expr, ExprKind, ObjectKey, Part, Reference};
use crate::lang::convert::convert;
use crate::lang::eval::{Environment, Names, Scope, evaluate};
use crate::lang::files::MemoryFiles;
use crate::lang::types::Type;
use crate::lang::value::{Str, Value};

/// The value of an expression that may use neither references nor functions.
pub fn constant(expr: &Expr, found: &mut Diagnostics) -> Option<Value> {
    let mut errors = Diagnostics::new();
    expr.references(&mut |it| {
        let one = Diagnostic::error(
            "Variables not allowed",
            format!("here, only fixed values may stand, so `{}` cannot be used", it.root.text),
        );
        errors.push(one.at(it.span()));
    });
    if let Some(call) = first_call(expr) {
        let one = Diagnostic::error(
            "Function calls not allowed",
            "here, only fixed values may stand, so no function can be called",
        );
        errors.push(one.at(call.span));
    }
    if errors.has_errors() {
        found.extend(errors);
        return None;
    }
    let scope = Names { values: &BTreeMap::new(), environment: &nowhere() };
    found.keep(evaluate(&scope, expr))
}

/// The value of an expression that is the same whatever it refers to, and calls nothing.
pub fn fixed(expr: &Expr) -> Option<Value> {
    let value = match first_call(expr) {
        Some(_) => None,
        None => evaluate(&Open(nowhere()), expr).ok(),
    };
    value.filter(Value::is_wholly_known)
}

/// A scope in which nothing is known.
struct Open(Environment);

impl Scope for Open {
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)> {
        Ok((Value::unknown(Type::Any), reference.steps.len()))
    }

    fn environment(&self) -> &Environment {
        &self.0
    }
}

/// An environment without files.
fn nowhere() -> Environment {
    Environment {
        files: Arc::new(MemoryFiles::new()),
        dir: Path::new("").into(),
        now: None,
        apply: false,
        sources: Sources::default(),
    }
}

/// A constant argument of a type.
pub(super) fn constant_as(it: &Attribute, ty: &Type, found: &mut Diagnostics) -> Option<Value> {
    let value = constant(&it.value, found)?;
    match convert(&value, ty) {
        Ok(value) => Some(value),
        Err(why) => {
            let one = Diagnostic::error(
                "Unsuitable value type",
                format!("`{}` takes a {}: {why}", it.name.text, ty.friendly()),
            );
            found.push(one.at(it.value.span));
            None
        }
    }
}

/// A constant bool, `false` where it is not set.
pub(super) fn flag(it: Option<&Attribute>, found: &mut Diagnostics) -> Option<bool> {
    constant_as(it?, &Type::Bool, found)?.as_bool()
}

/// A constant string.
pub(super) fn text(it: Option<&Attribute>, found: &mut Diagnostics) -> Option<Str> {
    constant_as(it?, &Type::String, found)?.as_str().map(Into::into)
}

fn first_call(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(_) => Some(expr),
        ExprKind::Literal(_) | ExprKind::Reference(_) => None,
        ExprKind::Template(parts) => parts.iter().find_map(call_in_part),
        ExprKind::Wrap(it) | ExprKind::Paren(it) | ExprKind::Access(it, _) => first_call(it),
        ExprKind::Unary(_, it) => first_call(it),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => first_call(a).or(first_call(b)),
        ExprKind::Splat(it) => first_call(&it.source).or(first_call(&it.each)),
        ExprKind::Conditional(a, b, c) => first_call(a).or(first_call(b)).or(first_call(c)),
        ExprKind::For(it) => {
            let parts =
                [Some(&it.collection), it.key.as_ref(), Some(&it.value), it.condition.as_ref()];
            parts.into_iter().flatten().find_map(first_call)
        }
        ExprKind::Tuple(items) => items.iter().find_map(first_call),
        ExprKind::Object(items) => items.iter().find_map(|(key, value)| {
            let key = match key {
                ObjectKey::Expr(key) => first_call(key),
                ObjectKey::Word(_) => None,
            };
            key.or(first_call(value))
        }),
    }
}

fn call_in_part(part: &Part) -> Option<&Expr> {
    match part {
        Part::Text(_) => None,
        Part::Interpolation(it) => first_call(it),
        Part::If(condition, yes, no) => {
            first_call(condition).or_else(|| yes.iter().chain(no).find_map(call_in_part))
        }
        Part::For(it) => {
            first_call(&it.collection).or_else(|| it.body.iter().find_map(call_in_part))
        }
    }
}
