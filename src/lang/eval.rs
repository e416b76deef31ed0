//! Expressions to values under a [`Scope`]. Pure: what it may look at is the scope.
//!
//! A failed part does not hide the failures of its neighbours: the items of a tuple, object, call or
//! operation are all evaluated, and their diagnostics returned together.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::access;
use super::ast::*;
use super::convert::{convert, unify_unsafe};
use super::files::Files;
use super::functions::{self, CallError, Context};
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
    let evaluator = Evaluator { scope, depth: 0 };
    evaluator.expr(expr, &Bound::Root).map_err(|those| explain(scope, expr, those))
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
    let mut values: Vec<(String, String)> = Vec::new();
    expr.references(&mut |reference| {
        let evaluator = Evaluator { scope, depth: 0 };
        if let Ok(value) = evaluator.reference(reference, expr.span) {
            let text = scope.environment().sources.text(reference.span());
            if !values.iter().any(|(known, _)| *known == text) {
                values.push((text, summarize(&value)));
            }
        }
    });
    those.map(|mut it| {
        if it.values.is_empty() {
            it.values = values.clone();
        }
        it
    })
}

/// A few words about a value; never a sensitive one.
fn summarize(value: &Value) -> String {
    if value.has_sensitive() {
        return "has a sensitive value".into();
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
        Kind::Map(_, items) => format!("is a {} with {} elements", value.ty().friendly(), items.len()),
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
        Ok(Evaluator { scope: self.scope, depth: self.depth + 1 })
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
                let value = inner.expr(operand, bound)?;
                let place = |fault| place_fault(fault, &[operand], expr.span);
                operators::unary(*operator, &value).map_err(place)
            }
            ExprKind::Binary(operator, left, right) => {
                let (a, b) = join(inner.expr(left, bound), inner.expr(right, bound))?;
                let place = |fault| place_fault(fault, &[left, right], expr.span);
                operators::binary(*operator, &a, &b).map_err(place)
            }
            ExprKind::Conditional(condition, yes, no) => inner.conditional(condition, yes, no, bound),
            ExprKind::For(it) => inner.for_expr(it, bound),
            ExprKind::Tuple(items) => {
                let values = inner.all(items.iter(), bound)?;
                Ok(Value::tuple(values))
            }
            ExprKind::Object(items) => inner.object(items, bound),
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
        let (value, at) = join(self.expr(source, bound), self.expr(key, bound))?;
        // The bracket before the key is where the fault lies, as with a constant key.
        let bracket = Span { start: source.span.end, end: key.span.end, ..key.span };
        access::element(&value, &at).at(bracket)
    }

    fn object(&self, items: &[(ObjectKey, Expr)], bound: &Bound<'_>) -> Result<Value> {
        let mut entries = BTreeMap::new();
        let mut diagnostics = Diagnostics::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for (key, value) in items {
            let key = match key {
                ObjectKey::Word(name) => Ok(Some(name.text.clone())),
                ObjectKey::Expr(expr) => self.expr(expr, bound).and_then(|key| {
                    marks = marks.union(key.marks());
                    object_key(&key).at(expr.span)
                }),
            };
            let key = diagnostics.keep(key);
            let value = diagnostics.keep(self.expr(value, bound));
            match (key, value) {
                (Some(Some(key)), Some(value)) => drop(entries.insert(key, value)),
                (Some(None), _) => known = false,
                _ => {}
            }
        }
        let value = match known {
            true => Kind::Object(Arc::new(entries)).into(),
            false => Value::unknown(Type::Any),
        };
        diagnostics.into_result(value.with_marks(&marks))
    }

    fn conditional(&self, c: &Expr, yes: &Expr, no: &Expr, bound: &Bound<'_>) -> Result<Value> {
        // Both are evaluated, for the type they have in common; only the chosen one may fail.
        let (a, b) = (self.expr(yes, bound), self.expr(no, bound));
        let ty = match (&a, &b) {
            (Ok(a), Ok(b)) => common_type(a, b).ok_or_else(|| {
                Diagnostic::error(
                    "Inconsistent conditional result types",
                    format!(
                        "both results must have one type in common, but one is a {} and the other a {}",
                        a.ty().friendly(),
                        b.ty().friendly()
                    ),
                )
                .at(yes.span.to(no.span))
            })?,
            _ => Type::Any,
        };
        let condition = self.expr(c, bound)?;
        if condition.is_null() {
            let it = Diagnostic::error("Null condition", "the condition is null");
            return Err(it.hint("it must be true or false").at(c.span).into());
        }
        let condition = convert(&condition, &Type::Bool).map_err(|it| {
            Diagnostic::error("Incorrect condition type", it.to_string()).at(c.span)
        })?;
        let Some(decided) = condition.as_bool() else {
            let (a, b) = (a.unwrap_or(Value::unknown(Type::Any)), b.unwrap_or(Value::unknown(Type::Any)));
            let marks = condition.marks().union(&a.deep_marks()).union(&b.deep_marks());
            let not_null = a.is_not_null() && b.is_not_null();
            return Ok(Value::from(Kind::Unknown(Unknown { ty, not_null, prefix: "".into() }))
                .with_marks(&marks));
        };
        let (chosen, place) = if decided { (a?, yes) } else { (b?, no) };
        let chosen = convert(&chosen, &ty).map_err(|it| {
            Diagnostic::error("Inconsistent conditional result types", it.to_string()).at(place.span)
        })?;
        Ok(chosen.with_marks(condition.marks()))
    }

    fn template(&self, parts: &[Part], bound: &Bound<'_>) -> Result<Value> {
        let mut out = Rendered::default();
        let mut diagnostics = Diagnostics::new();
        self.parts(parts, bound, &mut out, &mut diagnostics);
        diagnostics.into_result(out.value())
    }

    fn parts(
        &self,
        parts: &[Part],
        bound: &Bound<'_>,
        out: &mut Rendered,
        diagnostics: &mut Diagnostics,
    ) {
        for part in parts {
            let done = match part {
                Part::Text(text) => {
                    out.text(text);
                    Ok(())
                }
                Part::Interpolation(expr) => self
                    .expr(expr, bound)
                    .and_then(|value| out.interpolate(&value).at(expr.span)),
                Part::If(condition, yes, no) => {
                    self.if_directive(condition, yes, no, bound, out, diagnostics)
                }
                Part::For(it) => self.for_directive(it, bound, out, diagnostics),
            };
            diagnostics.keep(done);
        }
    }

    fn if_directive(
        &self,
        condition: &Expr,
        yes: &[Part],
        no: &[Part],
        bound: &Bound<'_>,
        out: &mut Rendered,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        let value = self.expr(condition, bound)?;
        out.marks = out.marks.union(value.marks());
        if value.is_null() {
            let it = Diagnostic::error("Null condition", "the condition is null");
            return Err(it.at(condition.span).into());
        }
        let value = convert(&value, &Type::Bool).map_err(|it| {
            Diagnostic::error("Incorrect condition type", it.to_string()).at(condition.span)
        })?;
        match value.as_bool() {
            Some(it) => self.parts(if it { yes } else { no }, bound, out, diagnostics),
            None => out.unknown(),
        }
        Ok(())
    }

    fn for_directive(
        &self,
        it: &TemplateFor,
        bound: &Bound<'_>,
        out: &mut Rendered,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        let collection = self.expr(&it.collection, bound)?;
        out.marks = out.marks.union(collection.marks());
        let Some(items) = iterate(&collection).at(it.collection.span)? else {
            out.unknown();
            return Ok(());
        };
        for (key, value) in &items {
            let with_value = Bound::Name { name: &it.value_name.text, value, outer: bound };
            match &it.key_name {
                Some(name) => {
                    let with_key = Bound::Name { name: &name.text, value: key, outer: &with_value };
                    self.parts(&it.body, &with_key, out, diagnostics);
                }
                None => self.parts(&it.body, &with_value, out, diagnostics),
            }
            if diagnostics.has_errors() {
                break;
            }
        }
        Ok(())
    }

    fn for_expr(&self, it: &For, bound: &Bound<'_>) -> Result<Value> {
        let collection = self.expr(&it.collection, bound)?;
        let mut marks = collection.marks().clone();
        let Some(items) = iterate(&collection).at(it.collection.span)? else {
            return Ok(Value::unknown(Type::Any).with_marks(&marks));
        };
        let mut result = ForResult::new(it);
        for (key, value) in &items {
            let with_value = Bound::Name { name: &it.value_name.text, value, outer: bound };
            match &it.key_name {
                Some(name) => {
                    let with_key = Bound::Name { name: &name.text, value: key, outer: &with_value };
                    self.for_item(it, &with_key, &mut result, &mut marks)?;
                }
                None => self.for_item(it, &with_value, &mut result, &mut marks)?,
            }
        }
        Ok(result.value().with_marks(&marks))
    }

    fn for_item(
        &self,
        it: &For,
        bound: &Bound<'_>,
        result: &mut ForResult,
        marks: &mut Marks,
    ) -> Result<()> {
        if let Some(condition) = &it.condition {
            let value = self.expr(condition, bound)?;
            *marks = marks.union(value.marks());
            if value.is_null() {
                let it = Diagnostic::error("Condition is null", "the `if` clause is null");
                return Err(it.at(condition.span).into());
            }
            let value = convert(&value, &Type::Bool).map_err(|it| {
                Diagnostic::error("Invalid 'for' condition", it.to_string()).at(condition.span)
            })?;
            match value.as_bool() {
                Some(true) => {}
                Some(false) => return Ok(()),
                None => {
                    result.known = false;
                    return Ok(());
                }
            }
        }
        let Some(key_expr) = &it.key else {
            result.items.push(self.expr(&it.value, bound)?);
            return Ok(());
        };
        let key = self.expr(key_expr, bound)?;
        *marks = marks.union(key.marks());
        let key = for_key(&key).at(key_expr.span)?;
        let value = self.expr(&it.value, bound)?;
        let Some(key) = key else {
            result.known = false;
            return Ok(());
        };
        result.insert(key, value, it.group).at(key_expr.span)
    }

    fn splat(&self, it: &Splat, bound: &Bound<'_>) -> Result<Value> {
        let source = self.expr(&it.source, bound)?;
        let (marks, splat_marker) = (source.marks().clone(), it.marker);
        let each = |item: &Value| {
            self.expr(&it.each, &Bound::Name { name: Splat::ELEMENT, value: item, outer: bound })
        };
        let result = match source.kind() {
            Kind::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let it = Diagnostic::error(
                    "Splat of null value",
                    "a null collection has no elements to take apart",
                );
                return Err(it.at(splat_marker).into());
            }
            Kind::Null(_) => Value::tuple([]),
            Kind::List(_, items) | Kind::Set(_, items) => {
                let values: Vec<Value> = items.iter().map(each).collect::<Result<_>>()?;
                let of = source.ty().element().cloned().unwrap_or(Type::Any);
                list_or_tuple(values, || Ok(each(&Value::unknown(of))?.ty()))?
            }
            Kind::Tuple(items) => {
                Value::tuple(items.iter().map(each).collect::<Result<Vec<_>>>()?)
            }
            Kind::Unknown(unknown) => match &unknown.ty {
                Type::Any => Value::unknown(Type::Any),
                Type::List(of) | Type::Set(of) => {
                    let item = each(&Value::unknown(of.as_ref().clone()))?;
                    Value::unknown_not_null(Type::list(item.ty()))
                }
                Type::Tuple(of) => {
                    let items: Result<Vec<Value>> =
                        of.iter().map(|ty| each(&Value::unknown(ty.clone()))).collect();
                    Value::tuple(items?)
                }
                // Whether there is one element or, for null, none is not known.
                _ if unknown.not_null => Value::tuple([each(&source)?]),
                _ => Value::unknown(Type::Any),
            },
            _ => Value::tuple([each(&source.clone().replace_marks(Marks::NONE))?]),
        };
        Ok(result.with_marks(&marks))
    }

    fn call(&self, it: &Call, bound: &Bound<'_>, span: Span) -> Result<Value> {
        let name = it.name.text.strip_prefix("core::").unwrap_or(&it.name.text);
        match name {
            "try" => return self.try_call(it, bound, span),
            "can" if it.args.len() == 1 => return self.can_call(&it.args[0], bound),
            _ => {}
        }
        let Some(function) = functions::find(&it.name.text) else {
            let unknown = Diagnostic::error(
                "Call to unknown function",
                format!("there is no function named `{}`", it.name.text),
            );
            let names = functions::all().map(|it| it.name);
            return Err(unknown.did_you_mean(name, names).at(it.name.span).into());
        };
        let mut args = self.all(it.args.iter(), bound)?;
        let mut expanded_marks = Marks::NONE;
        if it.expand {
            let last = args.pop().unwrap_or(Value::NULL);
            let place = it.args.last().map_or(span, |arg| arg.span);
            expanded_marks = last.marks().clone();
            match expand(last).at(place)? {
                Some(items) => args.extend(items),
                None => return Ok(Value::unknown(Type::Any).with_marks(&expanded_marks)),
            }
        }
        check_arity(function, &args, it)?;
        let environment = self.scope.environment();
        let template = |name: &str, text: &str, vars: &Value| self.render(name, text, vars, span);
        let context = Context {
            files: &*environment.files,
            dir: &environment.dir,
            now: environment.now,
            apply: environment.apply,
            template: &template,
        };
        let place = |at: usize| {
            // Arguments spread from a list all stand where the list stands.
            it.args.get(at).or(it.args.last()).map_or(span, |arg| arg.span)
        };
        let result = functions::call(function, &context, args).map_err(|error| match error {
            CallError::Argument { index, message } => {
                let it = Diagnostic::error(
                    "Invalid function argument",
                    format!("invalid value for an argument of `{name}`: {message}"),
                );
                it.at(place(index)).into()
            }
            CallError::Failed(message) => {
                let it = Diagnostic::error(
                    "Error in function call",
                    format!("call to `{name}` failed: {message}"),
                );
                it.at(span).into()
            }
            CallError::Diagnostics(those) => those.map(|it| it.at(span)),
        })?;
        Ok(result.with_marks(&expanded_marks))
    }

    /// `templatefile` and `templatestring`: the text with only `vars` in scope.
    fn render(&self, name: &str, text: &str, vars: &Value, span: Span) -> Result<Value> {
        let deeper = self.deeper(span)?;
        let sources = &self.scope.environment().sources;
        let file = sources.add(name, text);
        let (expr, diagnostics) = super::parse::parse_template(sources, file);
        let Some(expr) = expr.filter(|_| !diagnostics.has_errors()) else {
            return Err(diagnostics);
        };
        let scope = TemplateScope { vars, environment: self.scope.environment() };
        Evaluator { scope: &scope, depth: deeper.depth + 16 }.expr(&expr, &Bound::Root)
    }

    fn try_call(&self, it: &Call, bound: &Bound<'_>, span: Span) -> Result<Value> {
        let mut failures = Diagnostics::new();
        for arg in &it.args {
            match self.expr(arg, bound) {
                // What is unknown now may turn out to fail, so the choice is not known either.
                _ if self.depends_on_unknown(arg, bound) => return Ok(Value::unknown(Type::Any)),
                Ok(value) => return Ok(value),
                Err(those) => failures.extend(those),
            }
        }
        let mut detail = String::from("no argument of `try` could be evaluated:");
        for one in &failures {
            detail.push_str(&format!("\n- {one}"));
        }
        Err(Diagnostic::error("Error in function call", detail).at(span).into())
    }

    fn can_call(&self, arg: &Expr, bound: &Bound<'_>) -> Result<Value> {
        let result = self.expr(arg, bound);
        Ok(match self.depends_on_unknown(arg, bound) {
            true => Value::unknown_not_null(Type::Bool),
            false => Value::from(result.is_ok()),
        })
    }

    fn depends_on_unknown(&self, expr: &Expr, bound: &Bound<'_>) -> bool {
        let mut unknown = false;
        expr.references(&mut |reference| {
            let value = self.bound_reference(reference, bound, expr.span);
            unknown = unknown || value.is_ok_and(|it| !it.is_wholly_known());
        });
        unknown
    }
}

/// Both values, or the diagnostics of both.
fn join(a: Result<Value>, b: Result<Value>) -> Result<(Value, Value)> {
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

fn place_fault(fault: Fault, operands: &[&Box<Expr>], whole: Span) -> Diagnostics {
    match fault {
        Fault::Operand(at, message) => {
            let place = operands.get(at).map_or(whole, |it| it.span);
            let side = match (operands.len(), at) {
                (1, _) => "operand",
                (_, 0) => "left operand",
                _ => "right operand",
            };
            let detail = format!("unsuitable value for the {side}: {message}");
            Diagnostic::error("Invalid operand", detail).at(place).into()
        }
        Fault::Operation(message) => {
            Diagnostic::error("Operation failed", message).at(whole).into()
        }
    }
}

/// The type of a conditional whose results are these.
fn common_type(a: &Value, b: &Value) -> Option<Type> {
    let untyped_null = |it: &Value| it.is_null() && it.ty() == Type::Any;
    match (a.ty(), b.ty()) {
        (_, ty) if untyped_null(a) => Some(ty),
        (ty, _) if untyped_null(b) => Some(ty),
        (Type::Any, _) | (_, Type::Any) => Some(Type::Any),
        (a, b) => unify_unsafe(&[a, b]),
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

/// The key of a `for` expression's item; none where it is not known.
fn for_key(key: &Value) -> Result<Option<Str>, Diagnostic> {
    let invalid = |detail: String| Diagnostic::error("Invalid object key", detail);
    if key.is_null() {
        return Err(invalid("a null value cannot be a key".into()));
    }
    let key = convert(key, &Type::String).map_err(|it| invalid(format!("cannot be a key: {it}")))?;
    Ok(key.as_str().map(Str::from))
}

/// Keys and values of a collection, in order; none where it is not known.
fn iterate(collection: &Value) -> Result<Option<Vec<(Value, Value)>>, Diagnostic> {
    if collection.is_null() {
        return Err(Diagnostic::error(
            "Iteration over null value",
            "a null value has nothing to iterate over",
        ));
    }
    let numbered = |items: &[Value]| -> Vec<(Value, Value)> {
        items.iter().enumerate().map(|(at, it)| (Value::number(at), it.clone())).collect()
    };
    match collection.kind() {
        Kind::List(_, items) | Kind::Tuple(items) => Ok(Some(numbered(items))),
        Kind::Set(_, items) => Ok(Some(items.iter().map(|it| (it.clone(), it.clone())).collect())),
        Kind::Map(_, items) | Kind::Object(items) => {
            Ok(Some(items.iter().map(|(k, v)| (Kind::String(k.clone()).into(), v.clone())).collect()))
        }
        Kind::Unknown(it) => match &it.ty {
            Type::Bool | Type::Number | Type::String => Err(not_iterable(&it.ty)),
            Type::Tuple(of) => {
                let items: Vec<Value> = of.iter().map(|ty| Value::unknown(ty.clone())).collect();
                Ok(Some(numbered(&items)))
            }
            Type::Object(of) => Ok(Some(
                of.attributes
                    .iter()
                    .map(|(k, ty)| (Kind::String(k.clone()).into(), Value::unknown(ty.clone())))
                    .collect(),
            )),
            _ => Ok(None),
        },
        _ => Err(not_iterable(&collection.ty())),
    }
}

fn not_iterable(ty: &Type) -> Diagnostic {
    Diagnostic::error(
        "Iteration over non-iterable value",
        format!("a {} cannot be iterated over, only a list, set, map, tuple or object", ty.friendly()),
    )
}

/// Items of the last argument of `f(list...)`; none where they are not known.
fn expand(last: Value) -> Result<Option<Vec<Value>>, Diagnostic> {
    let invalid = |detail: &str| Diagnostic::error("Invalid expanding argument value", detail);
    if last.is_null() {
        return Err(invalid("the expanding argument (with `...`) must not be null"));
    }
    match (last.as_slice(), last.ty()) {
        (Some(items), _) => Ok(Some(items.to_vec())),
        (None, Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_)) => Ok(None),
        _ => Err(invalid("the expanding argument (with `...`) must be a list, set or tuple")),
    }
}

fn check_arity(function: &functions::Function, args: &[Value], it: &Call) -> Result<()> {
    let (least, most) = function.arity();
    if args.len() < least {
        let detail = format!(
            "`{}` takes {} argument{}, but {} given",
            function.name,
            if most.is_none() { format!("at least {least}") } else { least.to_string() },
            if least == 1 { "" } else { "s" },
            if args.len() == 1 { "1 is".into() } else { format!("{} are", args.len()) },
        );
        return Err(Diagnostic::error("Not enough function arguments", detail).at(it.close).into());
    }
    if let Some(most) = most.filter(|most| args.len() > *most) {
        let place = it.args.get(most).or(it.args.last()).map_or(it.close, |arg| arg.span);
        let detail = format!("`{}` takes only {most} argument(s)", function.name);
        return Err(Diagnostic::error("Too many function arguments", detail).at(place).into());
    }
    Ok(())
}

/// Text that is being rendered, up to its first unknown part.
#[derive(Default)]
struct Rendered {
    text: String,
    unknown: bool,
    marks: Marks,
}

impl Rendered {
    fn text(&mut self, text: &str) {
        if !self.unknown {
            self.text.push_str(text);
        }
    }

    fn unknown(&mut self) {
        self.unknown = true;
    }

    fn interpolate(&mut self, value: &Value) -> Result<(), Diagnostic> {
        self.marks = self.marks.union(value.marks());
        let invalid = |why: String| Diagnostic::error("Invalid template interpolation value", why);
        if value.is_null() {
            return Err(invalid("a null value cannot be part of a string".into()));
        }
        let text = convert(value, &Type::String)
            .map_err(|it| invalid(format!("cannot be part of a string: {it}")))?;
        match text.as_str() {
            Some(text) => self.text(text),
            None => self.unknown(),
        }
        Ok(())
    }

    fn value(self) -> Value {
        let value = match self.unknown {
            false => Value::string(self.text),
            true => {
                let prefix = self.text.into();
                Kind::Unknown(Unknown { ty: Type::String, not_null: true, prefix }).into()
            }
        };
        value.with_marks(&self.marks)
    }
}

/// What a `for` expression has gathered.
struct ForResult {
    known: bool,
    object: bool,
    items: Vec<Value>,
    entries: BTreeMap<Str, Value>,
    groups: BTreeMap<Str, Vec<Value>>,
}

impl ForResult {
    fn new(it: &For) -> Self {
        let (items, entries, groups) = Default::default();
        ForResult { known: true, object: it.key.is_some(), items, entries, groups }
    }

    fn insert(&mut self, key: Str, value: Value, group: bool) -> Result<(), Diagnostic> {
        if group {
            self.groups.entry(key).or_default().push(value);
            return Ok(());
        }
        if self.entries.contains_key(&key) {
            return Err(Diagnostic::error(
                "Duplicate object key",
                format!("two items of this `for` expression have the key {:?}", &*key),
            )
            .hint("to gather the values of equal keys, write `...` after the value expression"));
        }
        self.entries.insert(key, value);
        Ok(())
    }

    fn value(self) -> Value {
        if !self.known {
            return Value::unknown(Type::Any);
        }
        match self.object {
            false => Value::tuple(self.items),
            true => {
                let groups = self.groups.into_iter().map(|(k, items)| (k, Value::tuple(items)));
                Value::object(self.entries.into_iter().chain(groups))
            }
        }
    }
}

/// A list where all items are of one type, else a tuple.
fn list_or_tuple(items: Vec<Value>, empty: impl FnOnce() -> Result<Type>) -> Result<Value> {
    let Some(first) = items.first().map(Value::ty) else {
        return Ok(Value::list(empty()?, []));
    };
    Ok(match items.iter().all(|it| it.ty() == first) {
        true => Value::list(first, items),
        false => Value::tuple(items),
    })
}

/// Only the variables that were given to a template.
struct TemplateScope<'a> {
    vars: &'a Value,
    environment: &'a Environment,
}

impl Scope for TemplateScope<'_> {
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = &reference.root.text;
        if let Some(value) = self.vars.part(name) {
            return Ok((value.clone().with_marks(self.vars.marks()), 0));
        }
        let names = self.vars.as_entries().into_iter().flat_map(|it| it.keys().map(|it| &**it));
        let unknown = Diagnostic::error(
            "Unknown variable",
            format!("the template's variables do not include `{name}`"),
        );
        Err(unknown.did_you_mean(name, names).at(reference.root.span).into())
    }

    fn environment(&self) -> &Environment {
        self.environment
    }
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
