//! Expressions to values under a [`Scope`]. Pure: what it may look at is the scope.
//!
//! A failed part does not hide the failures of its neighbours: the items of a tuple, object, call or
//! operation are all evaluated, and their diagnostics returned together.

mod budget;
mod call;
mod repeat;
mod template;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use self::budget::Budget;
use super::access;
use super::ast::*;
use super::convert::{convert, unify};
use super::files::Files;
use super::operators::{self, Fault};
use super::types::Type;
use super::value::{Kind, Marks, Str, Unknown, Value};
use crate::diag::{At, Diagnostic, Diagnostics, Result, Sources, Span};

/// Deepest nesting of expressions that is evaluated, templates rendered by templates included.
const MAX_DEPTH: usize = 256;

/// What an expression may refer to.
pub trait Scope {
    /// What the reference stands for, and how many of its steps that already covers.
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)>;

    /// What functions may look at.
    fn environment(&self) -> &Environment;
}

/// What functions may look at beside their arguments.
#[derive(Clone)]
pub struct Environment {
    /// Files that `file` and its kin read.
    pub files: Arc<dyn Files>,
    /// Directory that relative paths start from.
    pub dir: Arc<Path>,
    /// Time of the plan, for `plantimestamp`; none where nothing is planned yet.
    pub now: Option<jiff::Timestamp>,
    /// Whether functions whose results differ every time (`uuid`, `timestamp`) have one by now.
    pub apply: bool,
    /// Where templates read from files are kept for their snippets.
    pub sources: Sources,
}

/// Evaluates the expression. Diagnostics carry the values of the references in it.
pub fn evaluate(scope: &dyn Scope, expr: &Expr) -> Result<Value> {
    let budget = Budget::new();
    let evaluator = Evaluator { scope, depth: 0, in_template: false, budget: &budget };
    let value = evaluator.expr(expr, &Bound::Root);
    let made = !matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Reference(_));
    let value = value.and_then(|it| if made { budget::bounded(it, expr.span) } else { Ok(it) });
    value.map_err(|those| explain(scope, expr, those))
}

/// Evaluates the expression and converts the result.
pub fn evaluate_as(scope: &dyn Scope, expr: &Expr, ty: &Type) -> Result<Value> {
    let value = evaluate(scope, expr)?;
    convert(&value, ty).map_err(|it| {
        let wanted = Diagnostic::error("Unsuitable value type", it.to_string());
        wanted.at(expr.span).into()
    })
}

/// Adds to each diagnostic what the references in the expression hold.
fn explain(scope: &dyn Scope, expr: &Expr, those: Diagnostics) -> Diagnostics {
    let values = held(scope, expr);
    those.map(|mut it| {
        if it.values.is_empty() {
            it.values = values.clone();
        }
        it
    })
}

/// What the references in an expression hold, in a few words each.
pub fn held(scope: &dyn Scope, expr: &Expr) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    expr.references(&mut |reference| {
        let budget = &Budget::new();
        let evaluator = Evaluator { scope, depth: 0, in_template: false, budget };
        if let Ok(value) = evaluator.reference(reference, expr.span) {
            let text = scope.environment().sources.text(reference.span());
            if !values.iter().any(|(known, _)| *known == text) {
                values.push((text, summarize(&value)));
            }
        }
    });
    values
}

/// A few words about a value; never a sensitive one.
fn summarize(value: &Value) -> String {
    if value.has_sensitive() {
        return "has a sensitive value".into();
    }
    if value.has_ephemeral() {
        return "has an ephemeral value".into();
    }
    match value.kind() {
        Kind::Null(_) => "is null".into(),
        Kind::Unknown(it) if it.ty == Type::Any => "will be known only after apply".into(),
        Kind::Unknown(it) => format!("is a {}, known only after apply", it.ty.friendly()),
        Kind::Bool(it) => format!("is {it}"),
        Kind::Number(it) => format!("is {it}"),
        Kind::String(it) if it.chars().count() > 60 => "is a string".into(),
        Kind::String(it) => format!("is {it:?}"),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => match items.len() {
            0 => format!("is an empty {}", value.ty().friendly()),
            1 => format!("is a {} with 1 element", value.ty().friendly()),
            n => format!("is a {} with {n} elements", value.ty().friendly()),
        },
        Kind::Map(_, items) => {
            format!("is a {} with {} elements", value.ty().friendly(), items.len())
        }
        Kind::Object(items) => format!("is an object with {} attributes", items.len()),
    }
}

impl Reference {
    /// From the root name to the last step.
    pub fn span(&self) -> Span {
        self.steps.last().map_or(self.root.span, |last| self.root.span.to(last.span))
    }
}

/// Names bound by `for` and splat, innermost first.
enum Bound<'a> {
    Root,
    Name { name: &'a str, value: &'a Value, outer: &'a Bound<'a> },
}

impl Bound<'_> {
    fn find(&self, wanted: &str) -> Option<&Value> {
        match self {
            Bound::Root => None,
            Bound::Name { name, value, .. } if *name == wanted => Some(value),
            Bound::Name { outer, .. } => outer.find(wanted),
        }
    }
}

struct Evaluator<'a> {
    scope: &'a dyn Scope,
    depth: usize,
    /// Whether the expression is part of a template that a function renders.
    in_template: bool,
    budget: &'a Budget,
}

impl Evaluator<'_> {
    fn deeper(&self, span: Span) -> Result<Evaluator<'_>> {
        if self.depth >= MAX_DEPTH {
            let it = Diagnostic::error(
                "Expression nested too deeply",
                format!("expressions and templates may be nested {MAX_DEPTH} deep"),
            );
            return Err(it.at(span).into());
        }
        Ok(Evaluator { depth: self.depth + 1, ..*self })
    }

    fn expr(&self, expr: &Expr, bound: &Bound<'_>) -> Result<Value> {
        match &expr.kind {
            ExprKind::Literal(value) => return Ok(value.clone()),
            ExprKind::Reference(it) => return self.bound_reference(it, bound, expr.span),
            _ => {}
        }
        let inner = self.deeper(expr.span)?;
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Reference(_) => unreachable!("returned above"),
            ExprKind::Template(parts) => inner.template(parts, bound),
            ExprKind::Wrap(it) | ExprKind::Paren(it) => inner.expr(it, bound),
            ExprKind::Access(source, steps) => take_steps(inner.expr(source, bound)?, steps),
            ExprKind::Index(source, key) => inner.index(source, key, bound),
            ExprKind::Splat(it) => inner.splat(it, bound),
            ExprKind::Call(it) => inner.call(it, bound, expr.span),
            ExprKind::Unary(operator, operand) => {
                let value = inner.operand(operand, bound)?;
                let place = |fault| place_fault(fault, &[operand], expr.span);
                operators::unary(*operator, &value).map_err(place)
            }
            ExprKind::Binary(operator, left, right) => {
                let place = |fault| place_fault(fault, &[left, right], expr.span);
                let mut found = Diagnostics::new();
                // Where one operand has failed, the other may be wrong as well.
                let mut operand = |it| {
                    let value = found.keep(inner.operand(it, bound));
                    value.unwrap_or_else(|| Cow::Owned(Value::unknown(Type::Any)))
                };
                let (a, b) = (operand(left), operand(right));
                let result = found.keep(operators::binary(*operator, &a, &b).map_err(place));
                found.into_result(result.unwrap_or(Value::NULL))
            }
            ExprKind::Conditional(condition, yes, no) => {
                inner.conditional(condition, yes, no, bound)
            }
            ExprKind::For(it) => inner.for_expr(it, bound),
            ExprKind::Tuple(items) => {
                let values = inner.all(items.iter(), bound)?;
                for (value, item) in values.iter().zip(items) {
                    self.budget.spend(value, item.span)?;
                }
                Ok(Value::tuple(values))
            }
            ExprKind::Object(items) => inner.object(items, bound),
        }
    }

    /// The value of an expression that is only looked at: what is there already is borrowed.
    fn operand<'e>(&self, expr: &'e Expr, bound: &'e Bound<'_>) -> Result<Cow<'e, Value>> {
        let there = match &expr.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Reference(it) if it.steps.is_empty() => bound.find(&it.root.text),
            _ => None,
        };
        match there {
            Some(value) => Ok(Cow::Borrowed(value)),
            None => self.expr(expr, bound).map(Cow::Owned),
        }
    }

    /// Every expression's value, or every expression's diagnostics.
    fn all<'e>(
        &self,
        exprs: impl Iterator<Item = &'e Expr>,
        bound: &Bound<'_>,
    ) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(exprs.size_hint().0);
        let mut diagnostics = Diagnostics::new();
        for expr in exprs {
            values.extend(diagnostics.keep(self.expr(expr, bound)));
        }
        diagnostics.into_result(values)
    }

    fn bound_reference(&self, it: &Reference, bound: &Bound<'_>, span: Span) -> Result<Value> {
        match bound.find(&it.root.text) {
            Some(value) => take_steps(value.clone(), &it.steps),
            None => self.reference(it, span),
        }
    }

    fn reference(&self, it: &Reference, span: Span) -> Result<Value> {
        let (value, used) = self.scope.resolve(it).at(span)?;
        take_steps(value, it.steps.get(used..).unwrap_or_default())
    }

    fn index(&self, source: &Expr, key: &Expr, bound: &Bound<'_>) -> Result<Value> {
        let (value, at) = join(self.operand(source, bound), self.operand(key, bound))?;
        // The bracket before the key is where the fault lies, as with a constant key.
        let bracket = Span { start: source.span.end, end: key.span.end, ..key.span };
        access::element(&value, &at).at(bracket)
    }

    fn object(&self, items: &[(ObjectKey, Expr)], bound: &Bound<'_>) -> Result<Value> {
        let mut entries = Vec::with_capacity(items.len());
        let mut diagnostics = Diagnostics::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for (key, value) in items {
            let key = match key {
                ObjectKey::Word(name) => Ok(Some(name.text.clone())),
                ObjectKey::Expr(expr) => self.expr(expr, bound).and_then(|key| {
                    marks = marks.union(key.marks());
                    // A key that is null is told where its value stands.
                    let place = if key.is_null() { value.span } else { expr.span };
                    object_key(&key).at(place)
                }),
            };
            let key = diagnostics.keep(key);
            let value = diagnostics.keep(self.expr(value, bound));
            match (key, value) {
                (Some(Some(key)), Some(value)) => entries.push((key, value)),
                (Some(None), _) => known = false,
                _ => {}
            }
        }
        let value = match known {
            // Of two of the same name the last counts.
            true => Value::object(entries),
            false => Value::unknown(Type::Any),
        };
        diagnostics.into_result(value.with_marks(&marks))
    }

    fn conditional(&self, c: &Expr, yes: &Expr, no: &Expr, bound: &Bound<'_>) -> Result<Value> {
        // Both are evaluated, for the type they have in common and for their marks, which do not tell
        // which one it was; only the chosen one may fail. One that fails may have a type all the same.
        let (a, b) = (self.expr(yes, bound), self.expr(no, bound));
        let failing = |expr: &Expr| Value::unknown(type_of_failing(expr));
        let mut marks = Marks::NONE;
        for it in [&a, &b].into_iter().flatten() {
            marks = marks.union(&it.marks().shown());
        }
        let ty = {
            let (x, y) = (failing(yes), failing(no));
            let (a, b) = (a.as_ref().unwrap_or(&x), b.as_ref().unwrap_or(&y));
            common_type(a, b).ok_or_else(|| {
                Diagnostic::error(
                    "Inconsistent conditional result types",
                    format!(
                        "both results must have one type in common, but one is a {} and the other a {}",
                        a.ty().friendly(),
                        b.ty().friendly()
                    ),
                )
                .at(yes.span.to(no.span))
            })?
        };
        let condition = self.expr(c, bound)?;
        if condition.is_null() {
            let it = Diagnostic::error("Null condition", "the condition is null");
            return Err(it.hint("it must be true or false").at(c.span).into());
        }
        let condition = match condition.is_known() {
            true => convert(&condition, &Type::Bool).map_err(|it| {
                Diagnostic::error("Incorrect condition type", it.to_string()).at(c.span)
            })?,
            false => condition,
        };
        let Some(decided) = condition.as_bool() else {
            let (a, b) =
                (a.unwrap_or(Value::unknown(Type::Any)), b.unwrap_or(Value::unknown(Type::Any)));
            let marks = condition.marks().union(&a.deep_marks()).union(&b.deep_marks());
            let not_null = a.is_not_null() && b.is_not_null();
            return Ok(Value::from(Unknown { ty, not_null, prefix: None }).with_marks(&marks));
        };
        let (chosen, place) = if decided { (a?, yes) } else { (b?, no) };
        let chosen = convert(&chosen, &ty).map_err(|it| {
            Diagnostic::error("Inconsistent conditional result types", it.to_string())
                .at(place.span)
        })?;
        Ok(chosen.with_marks(condition.marks()).with_marks(&marks))
    }
}

/// The type of an expression that could not be evaluated, as far as what it is tells.
fn type_of_failing(expr: &Expr) -> Type {
    match &expr.kind {
        ExprKind::Paren(it) => type_of_failing(it),
        ExprKind::Template(_) => Type::String,
        ExprKind::Unary(Unary::Not, _) => Type::Bool,
        ExprKind::Unary(Unary::Negate, _) => Type::Number,
        ExprKind::Binary(operator, ..) => match operator {
            Binary::Add
            | Binary::Subtract
            | Binary::Multiply
            | Binary::Divide
            | Binary::Remainder => Type::Number,
            _ => Type::Bool,
        },
        ExprKind::Tuple(items) => Type::tuple(items.iter().map(|_| Type::Any)),
        _ => Type::Any,
    }
}

/// Both values, or the diagnostics of both.
fn join<T>(a: Result<T>, b: Result<T>) -> Result<(T, T)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), b) => {
            a.keep(b);
            Err(a)
        }
        (Ok(_), Err(b)) => Err(b),
    }
}

fn take_steps(mut value: Value, steps: &[Step]) -> Result<Value> {
    for step in steps {
        value = match &step.kind {
            StepKind::Attribute(name) => access::attribute(&value, name),
            StepKind::Index(key) => access::element(&value, key),
        }
        .at(step.span)?;
    }
    Ok(value)
}

fn place_fault(fault: Fault, operands: &[&Expr], whole: Span) -> Diagnostics {
    match fault {
        Fault::Operands(those) => {
            let each = those.into_iter().map(|(at, message)| {
                let place = operands.get(at).map_or(whole, |it| it.span);
                let side = match (operands.len(), at) {
                    (1, _) => "operand",
                    (_, 0) => "left operand",
                    _ => "right operand",
                };
                let detail = format!("unsuitable value for the {side}: {message}");
                Diagnostic::error("Invalid operand", detail).at(place)
            });
            each.collect()
        }
        Fault::Operation(message) => {
            Diagnostic::error("Operation failed", message).at(whole).into()
        }
    }
}

/// The type of a conditional whose results are these.
fn common_type(a: &Value, b: &Value) -> Option<Type> {
    let untyped_null = |it: &Value| it.is_null() && it.is_untyped();
    match (a.ty(), b.ty()) {
        (_, ty) if untyped_null(a) => Some(ty),
        (ty, _) if untyped_null(b) => Some(ty),
        (Type::Any, _) | (_, Type::Any) => Some(Type::Any),
        (a, b) => unify(&[a, b]),
    }
}

/// The key of an object constructor's item; none where it is not known.
fn object_key(key: &Value) -> Result<Option<Str>, Diagnostic> {
    if key.is_null() {
        return Err(Diagnostic::error("Null value as key", "a null value cannot be a key"));
    }
    let wrong = |it| Diagnostic::error("Incorrect key type", format!("cannot be a key: {it}"));
    let key = convert(key, &Type::String).map_err(wrong)?;
    Ok(key.as_str().map(Str::from))
}

/// A scope of fixed values by root name: for tests, the console without a stack, and templates.
pub struct Names<'a> {
    /// Values by root name.
    pub values: &'a BTreeMap<Str, Value>,
    /// What functions may look at.
    pub environment: &'a Environment,
}

impl Scope for Names<'_> {
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)> {
        match self.values.get(&reference.root.text) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(Diagnostic::error(
                "Invalid reference",
                format!("there is nothing named `{}` here", reference.root.text),
            )
            .at(reference.root.span)
            .into()),
        }
    }

    fn environment(&self) -> &Environment {
        self.environment
    }
}
