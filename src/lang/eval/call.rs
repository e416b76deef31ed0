//! Function calls, and templates that functions render.

use super::{Bound, Environment, Evaluator, Scope};
use crate::diag::{At, Diagnostic, Diagnostics, Result, Severity, Span};
use crate::lang::ast::*;
use crate::lang::functions::{self, CallError, Context, TemplateError};
use crate::lang::parse;
use crate::lang::types::Type;
use crate::lang::value::{Marks, Value};

impl Evaluator<'_> {
    pub(super) fn call(&self, it: &Call, bound: &Bound<'_>, span: Span) -> Result<Value> {
        let name = it.name.text.strip_prefix("core::").unwrap_or(&it.name.text);
        match name {
            "try" => return self.try_call(it, bound, span),
            "can" if it.args.len() == 1 && !it.expand => return self.can_call(&it.args[0], bound),
            _ => {}
        }
        let Some(function) = functions::find(&it.name.text) else {
            if let Some((provider, _)) = it.name.text.split_once("::") {
                let unknown = Diagnostic::error(
                    "Unknown provider function",
                    format!("`{provider}` has no such function; only `core::` has any"),
                );
                return Err(unknown.at(it.name.span).into());
            }
            let unknown = Diagnostic::error(
                "Call to unknown function",
                format!("there is no function named `{}`", it.name.text),
            );
            let names = functions::all().map(|it| it.name);
            return Err(unknown.did_you_mean(name, names).at(it.name.span).into());
        };
        let mut expanded_marks = Marks::NONE;
        let mut expanded = Vec::new();
        let mut plain = it.args.as_slice();
        if let Some((last, rest)) = it.args.split_last().filter(|_| it.expand) {
            let value = self.expr(last, bound)?;
            expanded_marks = value.marks().clone();
            plain = rest;
            match expand(value).at(last.span)? {
                Some(items) => expanded = items,
                None => return Ok(Value::unknown(Type::Any).with_marks(&expanded_marks)),
            }
        }
        check_arity(function, plain.len() + expanded.len(), it, |arg| self.beginning(arg))?;
        let mut args = self.all(plain.iter(), bound)?;
        args.extend(expanded);
        self.check_template_call(name, it, span)?;
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
            let arg = it.args.get(at).or(it.args.last());
            arg.map_or(span, |arg| self.beginning(arg))
        };
        let wrong = |(index, message): (usize, String)| {
            let it = Diagnostic::error(
                "Invalid function argument",
                format!("invalid value for an argument of `{name}`: {message}"),
            );
            it.at(place(index))
        };
        let result = functions::call(function, &context, args).map_err(|error| match error {
            CallError::Argument { index, message } => wrong((index, message)).into(),
            CallError::Arguments(those) => those.into_iter().map(wrong).collect::<Diagnostics>(),
            CallError::Failed(message) => {
                let it = Diagnostic::error(
                    "Error in function call",
                    format!("call to `{name}` failed: {message}"),
                );
                it.at(span).into()
            }
            CallError::Diagnostics(those) => inner_failure(name, those, span),
        })?;
        Ok(result.with_marks(&expanded_marks))
    }

    /// A template cannot render templates, and `templatestring` renders what stands elsewhere.
    fn check_template_call(&self, name: &str, it: &Call, span: Span) -> Result<()> {
        if !matches!(name, "templatefile" | "templatestring") {
            return Ok(());
        }
        if self.in_template {
            let detail = format!("`{name}` cannot be called from within a template");
            return Err(Diagnostic::error("Error in function call", detail).at(span).into());
        }
        match it.args.first() {
            Some(arg) if name == "templatestring" && !is_reference(arg) => Err(Diagnostic::error(
                "Invalid function argument",
                "the template must be a reference to a string that is defined elsewhere",
            )
            .hint("here, write the template itself, or move the expression into a local value")
            .at(self.beginning(arg))
            .into()),
            _ => Ok(()),
        }
    }

    /// `templatefile` and `templatestring`: the text with only `vars` in scope.
    fn render(
        &self,
        name: &str,
        text: &str,
        vars: &Value,
        span: Span,
    ) -> Result<Value, TemplateError> {
        let deeper = self.deeper(span).map_err(TemplateError::Failed)?;
        let sources = &self.scope.environment().sources;
        let file = sources.add(name, text);
        let (expr, diagnostics) = parse::parse_template(sources, file);
        let Some(expr) = expr.filter(|_| !diagnostics.has_errors()) else {
            return Err(TemplateError::Syntax(diagnostics));
        };
        let mut missing = None;
        expr.references(&mut |it| {
            if vars.part(&it.root.text).is_none() && missing.is_none() {
                missing = Some(it);
            }
        });
        if let Some(it) = missing {
            let line = sources.position(it.root.span).line;
            let root = &it.root.text;
            return Err(TemplateError::Variable(format!(
                "there is no variable `{root}`, to which `{name}` refers in line {line}"
            )));
        }
        let scope = TemplateScope { vars, environment: self.scope.environment() };
        let depth = deeper.depth + 16;
        let budget = self.budget;
        let evaluator = Evaluator { scope: &scope, depth, in_template: true, budget };
        evaluator.expr(&expr, &Bound::Root).map_err(TemplateError::Failed)
    }

    /// Where an argument is said to be wrong: where it begins, within the quotes of a text.
    fn beginning(&self, arg: &Expr) -> Span {
        match &arg.kind {
            ExprKind::Binary(_, it, _) | ExprKind::Conditional(it, ..) | ExprKind::Paren(it) => {
                self.beginning(it)
            }
            ExprKind::Splat(it) => it.marker,
            ExprKind::Index(source, _) => Span { start: source.span.end, ..arg.span },
            ExprKind::Template(parts) => match parts.first() {
                Some(Part::Interpolation(it)) => self.beginning(it),
                Some(Part::If(it, ..)) => self.beginning(it),
                _ => self.within_quotes(arg.span),
            },
            ExprKind::Literal(_) => self.within_quotes(arg.span),
            _ => arg.span,
        }
    }

    fn within_quotes(&self, span: Span) -> Span {
        let text = self.scope.environment().sources.text(span);
        let skipped = match text.as_bytes() {
            // Of an empty text there is no inside, so it is what follows.
            b"\"\"" => 2,
            [b'"', ..] => 1,
            [b'<', b'<', ..] => text.find('\n').map_or(0, |it| it + 1),
            _ => 0,
        };
        Span { start: span.start + skipped as u32, ..span }
    }

    fn try_call(&self, it: &Call, bound: &Bound<'_>, span: Span) -> Result<Value> {
        let mut failures = Diagnostics::new();
        let expanded = match it.args.last() {
            Some(last) if it.expand => {
                Some(self.expr(last, bound).and_then(|value| expand(value).at(last.span))?)
            }
            _ => None,
        };
        let count = it.args.len() - usize::from(expanded.is_some());
        for arg in it.args.iter().take(count) {
            match self.expr(arg, bound) {
                // What is unknown now may turn out to fail, so the choice is not known either.
                Ok(value) if !value.is_wholly_known() => {
                    return Ok(Value::unknown(Type::Any).with_marks(&value.deep_marks()));
                }
                Ok(value) => return Ok(value),
                Err(those) if failed_elsewhere(&those) => return Err(those),
                Err(those) => failures.extend(those),
            }
        }
        match expanded {
            Some(Some(items)) if !items.is_empty() => return Ok(items[0].clone()),
            Some(None) => return Ok(Value::unknown(Type::Any)),
            _ => {}
        }
        let mut detail = String::from("no argument of `try` could be evaluated:");
        for one in &failures {
            detail.push_str(&format!("\n- {one}"));
        }
        Err(Diagnostic::error("Error in function call", detail).at(span).into())
    }

    fn can_call(&self, arg: &Expr, bound: &Bound<'_>) -> Result<Value> {
        // What fails now fails whatever becomes known; what does not may yet.
        Ok(match self.expr(arg, bound) {
            Err(those) if failed_elsewhere(&those) => return Err(those),
            Err(_) => Value::FALSE,
            Ok(it) if it.is_wholly_known() => Value::TRUE,
            Ok(_) => Value::unknown_not_null(Type::Bool),
        })
    }
}

/// Whether what is referred to has failed by itself, which is told there, or cannot be known before
/// more is read: that is no failure of the expression, and nothing is to be chosen because of it.
fn failed_elsewhere(those: &Diagnostics) -> bool {
    those.iter().any(|it| it.severity == Severity::Error && it.summary.is_empty())
}

/// What went wrong in a template, told where it was called.
fn inner_failure(name: &str, those: Diagnostics, span: Span) -> Diagnostics {
    let outer = |inner: Diagnostic| {
        let detail = format!("call to `{name}` failed: {inner}");
        let mut it = Diagnostic::error("Error in function call", detail).at(span);
        if let Some(place) = inner.span {
            it = it.label(place, inner.summary);
        }
        it.labels.extend(inner.labels);
        it.hints = inner.hints;
        it
    };
    those.map(outer)
}

/// Whether it refers to something, rather than building a text on the spot.
fn is_reference(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Reference(_) => true,
        ExprKind::Access(it, _) | ExprKind::Index(it, _) | ExprKind::Paren(it) => is_reference(it),
        ExprKind::Splat(it) => is_reference(&it.source),
        _ => false,
    }
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

fn check_arity(
    function: &functions::Function,
    count: usize,
    it: &Call,
    beginning: impl Fn(&Expr) -> Span,
) -> Result<()> {
    let (least, most) = function.arity();
    if count < least {
        let detail = format!(
            "`{}` takes {} argument{}, but {} given",
            function.name,
            if most.is_none() { format!("at least {least}") } else { least.to_string() },
            if least == 1 { "" } else { "s" },
            if count == 1 { "1 is".into() } else { format!("{count} are") },
        );
        return Err(Diagnostic::error("Not enough function arguments", detail).at(it.close).into());
    }
    if let Some(most) = most.filter(|most| count > *most) {
        let place = it.args.get(most).or(it.args.last()).map_or(it.close, beginning);
        let detail = match most {
            0 => format!("`{}` takes no arguments", function.name),
            1 => format!("`{}` takes only 1 argument", function.name),
            _ => format!("`{}` takes only {most} arguments", function.name),
        };
        return Err(Diagnostic::error("Too many function arguments", detail).at(place).into());
    }
    Ok(())
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
