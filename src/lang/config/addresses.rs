//! Addresses that are named but not evaluated: what `import` and `replace_triggered_by` may name.

use super::{Import, Module, ResourceKey};
use crate::address::Mode;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::lang::ast::{Expr, ExprKind, Reference, Step, StepKind};
use crate::lang::value::Kind;

/// Whether what is imported is something that can be, and is declared.
pub(super) fn import(module: &Module, it: &Import) -> Option<Diagnostic> {
    let error = |at: Span, summary: &str, detail: &str| {
        Some(Diagnostic::error(summary, detail.to_string()).at(at))
    };
    let to = leading_reference(&it.to)?;
    if &*to.root.text == "data" {
        let detail = "a data source is only read, so it cannot be imported";
        return error(it.to_name, "Invalid import address", detail);
    }
    let Some(Step { kind: StepKind::Attribute(name), .. }) = to.steps.first() else { return None };
    if &*to.root.text == "module" {
        if module.calls.contains_key(name) {
            return None;
        }
        let summary = "Configuration for import target does not exist";
        let detail = "no module of that name is declared to import into";
        return error(it.to.span, summary, detail);
    }
    let key = ResourceKey { mode: Mode::Managed, kind: to.root.text.clone(), name: name.clone() };
    let resource = module.resources.get(&key)?;
    let (count, each) = (resource.count.is_some(), resource.for_each.is_some());
    let named = to.steps.get(1).map(|step| &step.kind);
    let fits = match named {
        Some(StepKind::Index(named)) => match named.kind() {
            Kind::Number(_) => count,
            Kind::String(_) => each,
            _ => true,
        },
        _ => true,
    };
    if !fits {
        let detail = format!("`{key}` has no instance with such a key");
        return error(it.to.span, "Invalid import 'to' expression", &detail);
    }
    if (count || each) && to.steps.len() == 1 && matches!(it.to.kind, ExprKind::Reference(_)) {
        let detail = format!("`{key}` has several instances, so one of them is to be named");
        return error(it.to.span, "Invalid import 'to' expression", &detail);
    }
    None
}

/// Whether it is a managed resource that replaces another one. Whether that is declared is seen
/// when its changes are looked for.
pub(super) fn trigger(expr: &Expr) -> Diagnostics {
    const OTHERS: [&str; 7] = ["var", "local", "path", "terraform", "each", "count", "self"];
    let mut found = Diagnostics::new();
    let Some(it) = leading_reference(expr) else { return found };
    expr.references(&mut |it| {
        let key = matches!(it.steps.first(),
            Some(Step { kind: StepKind::Attribute(name), .. }) if &**name == "key");
        if &*it.root.text == "each" && !key {
            let summary = "Invalid each reference in replace_triggered_by expression";
            let detail = "of `each`, only the key is known here";
            found.push(Diagnostic::error(summary, detail).at(expr.span));
        }
    });
    if OTHERS.contains(&&*it.root.text) {
        let summary = "Invalid reference in replace_triggered_by expression";
        let detail = "only resources replace others, so only they can be named here";
        found.push(Diagnostic::error(summary, detail).at(expr.span));
    }
    found
}

/// The reference that an address begins with, before its first computed key.
fn leading_reference(expr: &Expr) -> Option<&Reference> {
    match &expr.kind {
        ExprKind::Reference(it) => Some(it),
        ExprKind::Index(source, _) | ExprKind::Access(source, _) | ExprKind::Paren(source) => {
            leading_reference(source)
        }
        _ => None,
    }
}
