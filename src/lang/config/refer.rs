//! References that are read without being evaluated: `depends_on`, addresses, providers.

use super::ProviderRef;
use crate::address::{Target, quoted};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::ast::{Expr, ExprKind, Reference, Step, StepKind};
use crate::lang::parse;
use crate::lang::value::Kind;

/// A reference as it would be written.
pub fn reference_text(it: &Reference) -> String {
    let mut out = it.root.text.to_string();
    for step in &it.steps {
        match &step.kind {
            StepKind::Attribute(name) => {
                out.push('.');
                out.push_str(name);
            }
            StepKind::Index(key) => match key.kind() {
                Kind::String(text) => out.push_str(&format!("[{}]", quoted(text))),
                Kind::Number(number) => out.push_str(&format!("[{number}]")),
                _ => out.push_str("[?]"),
            },
        }
    }
    out
}

/// The reference that an expression is. A quoted one is read too: in JSON syntax there is no other
/// way, in native syntax it earns a warning.
pub(super) fn reference(expr: &Expr, json: bool, found: &mut Diagnostics) -> Option<Reference> {
    match &expr.kind {
        ExprKind::Reference(it) => return Some(it.clone()),
        ExprKind::Literal(value) => {
            if let Some(text) = value.as_str() {
                if !json {
                    let one = Diagnostic::warning(
                        "Quoted references are deprecated",
                        "a reference is written without quotes",
                    );
                    found.push(one.at(expr.span).hint(format!("write {text}")));
                }
                let (parsed, errors) = parse::parse_expression_in(text, expr.span);
                found.extend(errors);
                let parsed = parsed?;
                if let ExprKind::Reference(it) = parsed.kind {
                    return Some(it);
                }
            }
        }
        _ => {}
    }
    let one = Diagnostic::error("Invalid expression", "here, a single reference is expected");
    found.push(one.at(expr.span).hint("write it like `aws_vpc.main`"));
    None
}

/// A list of references, as in `depends_on`.
pub(super) fn references(expr: &Expr, json: bool, found: &mut Diagnostics) -> Vec<Reference> {
    match &expr.kind {
        ExprKind::Tuple(items) => {
            items.iter().filter_map(|item| reference(item, json, found)).collect()
        }
        _ => {
            let one =
                Diagnostic::error("Invalid expression", "here, a list in brackets is expected");
            found.push(one.at(expr.span));
            Vec::new()
        }
    }
}

/// The address that an expression is.
pub fn target(expr: &Expr, json: bool, found: &mut Diagnostics) -> Option<Target> {
    let it = reference(expr, json, found)?;
    let text = reference_text(&it);
    match text.parse::<Target>() {
        Ok(target) => Some(target),
        Err(_) => {
            let one = Diagnostic::error(
                "Invalid address",
                format!("`{text}` is not the address of a resource or module"),
            );
            found.push(one.at(expr.span).hint("write it like `aws_vpc.main` or `module.network`"));
            None
        }
    }
}

/// `aws` or `aws.west`
pub(super) fn provider(expr: &Expr, json: bool, found: &mut Diagnostics) -> Option<ProviderRef> {
    let it = match &expr.kind {
        // Quoted in old configurations, and still accepted.
        ExprKind::Literal(value) if value.as_str().is_some() => reference(expr, json, found)?,
        ExprKind::Reference(it) => it.clone(),
        _ => {
            let one = Diagnostic::error(
                "Invalid provider configuration reference",
                "a provider is referred to by its name, or by its name and an alias",
            );
            found.push(one.at(expr.span).hint("write it like `aws` or `aws.west`"));
            return None;
        }
    };
    let alias = match it.steps.as_slice() {
        [] => None,
        [Step { kind: StepKind::Attribute(alias), .. }] => Some(alias.clone()),
        _ => {
            let one = Diagnostic::error(
                "Invalid provider configuration reference",
                "a provider is referred to by its name, or by its name and an alias",
            );
            found.push(one.at(expr.span).hint("write it like `aws` or `aws.west`"));
            return None;
        }
    };
    Some(ProviderRef { name: it.root.text, alias, span: expr.span })
}
