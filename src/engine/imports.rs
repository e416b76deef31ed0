//! `import` blocks: which objects they ask for, one or several each.

use std::collections::BTreeMap;

use crate::address::{Address, Target, quoted};
use crate::diag::{Diagnostic, Result, Span};
use crate::lang::ast::{Expr, ExprKind, StepKind};
use crate::lang::config::{Import, reference_text};
use crate::lang::convert::convert;
use crate::lang::eval::{Scope, evaluate};
use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};
use crate::plan::evaluation::Evaluation;
use crate::plan::instance::Prior;
use crate::plan::repetition;

/// An object to take over: its address, what the provider knows it by, and where that is said.
pub(super) type Request = (Address, String, Span);

/// Import blocks whose objects are not in the state yet.
pub(super) fn requests(
    evaluation: &Evaluation<'_>,
    objects: &BTreeMap<Address, Prior>,
) -> Vec<Request> {
    let root = evaluation.root();
    let scope = evaluation.scope(&root);
    let mut requests = Vec::new();
    for import in &root.module.imports {
        let purpose = evaluation.facts.purpose;
        let over = repetition::of(&scope, None, import.for_each.as_deref(), purpose);
        let Some(over) = evaluation.keep(over) else { continue };
        for (_, repeated) in over.instances() {
            let scope = evaluation.scope(&root).repeated(repeated);
            if let Some(Some(it)) = evaluation.keep(request(evaluation, import, &scope, objects)) {
                requests.push(it);
            }
        }
    }
    requests
}

fn request(
    evaluation: &Evaluation<'_>,
    import: &Import,
    scope: &dyn Scope,
    objects: &BTreeMap<Address, Prior>,
) -> Result<Option<Request>> {
    let text = address_text(&import.to, scope)?;
    let address = match text.parse::<Target>() {
        Ok(Target::Instance(it)) => it,
        Ok(Target::Resource(resource)) => Address { resource, key: None },
        _ => return Ok(None),
    };
    if evaluation.config.root.resource(&address.resource).is_none() {
        let detail = format!("no resource `{}` is declared to import into", address.resource);
        let it = Diagnostic::error("Configuration for import target does not exist", detail);
        return Err(it.at(import.to.span).into());
    }
    let root = evaluation.root();
    let key = (&address.resource).into();
    if address.resource.module.is_root() && !evaluation.repetition(&root, &key)?.has(&address.key) {
        let detail = format!("`{}` has no instance `{address}` to import into", address.resource);
        let summary = "Configuration for import target does not exist";
        return Err(Diagnostic::error(summary, detail).into());
    }
    let Some(id) = &import.id else { return Ok(None) };
    let value = convert(&evaluate(scope, id)?, &Type::String).map_err(|it| {
        Diagnostic::error("Invalid import id argument", format!("the id must be a string: {it}"))
            .at(id.span)
    })?;
    match value.as_str() {
        Some("") | None => {
            let detail = "the id must be a known string that is not empty";
            Err(Diagnostic::error("Invalid import id argument", detail).at(id.span).into())
        }
        Some(text) if !objects.contains_key(&address) => {
            Ok(Some((address, text.to_string(), import.span)))
        }
        Some(_) => Ok(None),
    }
}

/// The address that an expression is, with the values of its keys.
fn address_text(expr: &Expr, scope: &dyn Scope) -> Result<String> {
    match &expr.kind {
        ExprKind::Reference(it) => Ok(reference_text(it)),
        ExprKind::Paren(it) => address_text(it, scope),
        ExprKind::Index(source, key) => {
            let value = evaluate(scope, key)?;
            Ok(format!("{}[{}]", address_text(source, scope)?, key_text(&value, key.span)?))
        }
        ExprKind::Access(source, steps) => {
            let mut text = address_text(source, scope)?;
            for step in steps {
                match &step.kind {
                    StepKind::Attribute(name) => text.push_str(&format!(".{name}")),
                    StepKind::Index(key) => {
                        text.push_str(&format!("[{}]", key_text(key, step.span)?));
                    }
                }
            }
            Ok(text)
        }
        _ => {
            let detail = "the address of a resource is expected";
            let it = Diagnostic::error("Invalid import address", detail).at(expr.span);
            Err(it.hint("write it like `aws_vpc.main`").into())
        }
    }
}

fn key_text(key: &Value, at: Span) -> Result<String> {
    match key.kind() {
        Kind::String(text) => Ok(quoted(text)),
        Kind::Number(number) => Ok(number.to_string()),
        _ => {
            let detail = "a key of an address must be a known text or number";
            Err(Diagnostic::error("Invalid import address", detail).at(at).into())
        }
    }
}
