//! Templates: text with interpolations and directives.

use super::budget::{MAX_TEXT, too_large};
use super::repeat::iterate;
use super::{Bound, Evaluator};
use crate::diag::{At, Diagnostic, Diagnostics, Result};
use crate::lang::ast::*;
use crate::lang::convert::{convert, converted};
use crate::lang::types::Type;
use crate::lang::value::{Marks, Unknown, Value};

impl Evaluator<'_> {
    pub(super) fn template(&self, parts: &[Part], bound: &Bound<'_>) -> Result<Value> {
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
                Part::Interpolation(expr) => {
                    self.expr(expr, bound).and_then(|value| out.interpolate(&value).at(expr.span))
                }
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
        // As in `? :`, both are rendered, for their marks; only the chosen one may fail.
        let render = |parts: &[Part]| {
            let (mut out, mut found) = (Rendered::default(), Diagnostics::new());
            self.parts(parts, bound, &mut out, &mut found);
            (out, found)
        };
        let (yes, no) = (render(yes), render(no));
        for (branch, _) in [&yes, &no] {
            out.marks = out.marks.union(&branch.marks.shown());
        }
        if value.is_null() {
            let it = Diagnostic::error("Null condition", "the condition is null");
            return Err(it.at(condition.span).into());
        }
        let value = convert(&value, &Type::Bool).map_err(|it| {
            Diagnostic::error("Incorrect condition type", it.to_string()).at(condition.span)
        })?;
        match value.as_bool() {
            Some(it) => {
                let (chosen, found) = if it { yes } else { no };
                out.append(chosen);
                diagnostics.extend(found);
            }
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
        for (key, value) in items {
            let with_value = Bound::Name { name: &it.value_name.text, value: &value, outer: bound };
            match &it.key_name {
                Some(name) => {
                    let with_key =
                        Bound::Name { name: &name.text, value: &key, outer: &with_value };
                    self.parts(&it.body, &with_key, out, diagnostics);
                }
                None => self.parts(&it.body, &with_value, out, diagnostics),
            }
            if out.text.len() > MAX_TEXT {
                return Err(too_large("the text is longer than 64 MiB", it.collection.span));
            }
            if diagnostics.has_errors() {
                break;
            }
        }
        Ok(())
    }
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

    fn append(&mut self, other: Rendered) {
        self.text(&other.text);
        self.unknown = self.unknown || other.unknown;
        self.marks = self.marks.union(&other.marks);
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
        if !value.is_known() {
            self.unknown();
            return Ok(());
        }
        let text = converted(value, &Type::String)
            .map_err(|it| invalid(format!("cannot be part of a string: {it}")))?;
        match text.as_str() {
            Some(text) if self.text.len() + text.len() > MAX_TEXT => {
                let why = "the text is longer than 64 MiB";
                return Err(Diagnostic::error("Value too large", why));
            }
            Some(text) => self.text(text),
            None => self.unknown(),
        }
        Ok(())
    }

    fn value(self) -> Value {
        let value = match self.unknown {
            false => Value::string(self.text),
            true => {
                let prefix = Some(self.text.into());
                Unknown { ty: Type::String, not_null: true, prefix }.into()
            }
        };
        value.with_marks(&self.marks)
    }
}
