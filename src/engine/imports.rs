//! `import` blocks: which objects they ask for, one or several each.

use std::collections::BTreeMap;

use crate::address::{Address, Target, quoted};
use crate::diag::{Diagnostic, Result, Span};
use crate::lang::ast::{Expr, ExprKind, StepKind};
use crate::lang::config::{Import, ProviderRef, reference_text};
use crate::lang::convert::convert;
use crate::lang::eval::{Scope, evaluate};
use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};
use crate::plan::evaluation::Evaluation;
use crate::plan::instance::Prior;
use crate::plan::providers::{self, ProviderKey};
use crate::plan::repetition;

/// An object to take over.
pub(super) struct Request {
    /// Where it is imported to.
    pub address: Address,
    /// What the provider knows it by.
    pub id: String,
    /// The header of the `import` block.
    pub span: Span,
    /// The provider configuration that it is read with.
    pub provider: ProviderKey,
    /// What its block is to be written from, where there is none.
    pub unwritten: Option<Unwritten>,
}

/// What a resource block that is still to be written hangs on, besides the object.
pub(super) struct Unwritten {
    /// The provider configuration as the import names it.
    pub named: Option<ProviderRef>,
    /// `default_tags` of the provider.
    pub default_tags: Option<Value>,
    /// Whether the import string may be told.
    pub tells_id: bool,
}

/// Import blocks whose objects are not in the state yet. Where `generate` is set, they need no
/// configuration.
pub(super) fn requests(
    evaluation: &Evaluation<'_>,
    objects: &BTreeMap<Address, Prior>,
    generate: bool,
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
            let it = request(evaluation, import, &scope, objects, generate);
            requests.extend(evaluation.keep(it).flatten());
        }
    }
    requests
}

fn request(
    evaluation: &Evaluation<'_>,
    import: &Import,
    scope: &dyn Scope,
    objects: &BTreeMap<Address, Prior>,
    generate: bool,
) -> Result<Option<Request>> {
    let text = address_text(&import.to, scope)?;
    let address = match text.parse::<Target>() {
        Ok(Target::Instance(it)) => it,
        Ok(Target::Resource(resource)) => Address { resource, key: None },
        _ => return Ok(None),
    };
    let (registry, root) = (evaluation.facts.registry, &evaluation.config.root);
    let provider = providers::of_import(registry, root, import, &address.resource);
    let mut unwritten = None;
    if root.resource(&address.resource).is_none() {
        let there = objects.contains_key(&address);
        refuse_unwritten(import, &address, there, generate).map_err(|it| it.at(import.to.span))?;
        let named = import.provider.as_ref().map_or(import.span, |it| it.span);
        providers::declared(root, &provider).map_err(|it| it.at(named))?;
        let settings = evaluation.provider(&provider)?;
        let defaults = registry.provider(&provider.name).map(|it| it.defaults(&settings));
        let default_tags = defaults.and_then(|it| it.tags);
        let named = import.provider.clone();
        unwritten = Some(Unwritten { named, default_tags, tells_id: false });
    }
    let root = evaluation.root();
    let key = (&address.resource).into();
    if unwritten.is_none()
        && address.resource.module.is_root()
        && !evaluation.repetition(&root, &key)?.has(&address.key)
    {
        let detail = format!("`{}` has no instance `{address}` to import into", address.resource);
        let summary = "Configuration for import target does not exist";
        return Err(Diagnostic::error(summary, detail).into());
    }
    let Some(id) = &import.id else { return Ok(None) };
    let value = convert(&evaluate(scope, id)?, &Type::String).map_err(|it| {
        Diagnostic::error("Invalid import id argument", format!("the id must be a string: {it}"))
            .at(id.span)
    })?;
    if let Some(it) = &mut unwritten {
        it.tells_id = !value.has_sensitive();
    }
    match value.as_str() {
        Some("") | None => {
            let detail = "the id must be a known string that is not empty";
            Err(Diagnostic::error("Invalid import id argument", detail).at(id.span).into())
        }
        Some(text) if !objects.contains_key(&address) => {
            let (id, span) = (text.to_string(), import.span);
            Ok(Some(Request { address, id, span, provider, unwritten }))
        }
        Some(_) => Ok(None),
    }
}

/// An import without configuration, unless that is to be generated and can be: for one object of the
/// root module, as Terraform has it.
fn refuse_unwritten(
    import: &Import,
    address: &Address,
    there: bool,
    generate: bool,
) -> Result<(), Diagnostic> {
    let resource = &address.resource;
    let detail = format!("no resource `{resource}` is declared to import into");
    let it = Diagnostic::error("Configuration for import target does not exist", detail);
    if !resource.module.is_root() {
        return Err(it.hint(
            "write its block: configuration is generated for resources of the root module only",
        ));
    }
    if address.key.is_some() || import.for_each.is_some() {
        return Err(it.hint(
            "write its block: configuration is not generated for imports with `for_each`, nor for \
             resources with `count` or `for_each`",
        ));
    }
    match there {
        true => Err(it.hint("the state holds the object already: remove the `import` block")),
        false if generate => Ok(()),
        false => Err(it.hint(
            "write its block, or have it written: `plan --generate-config-out=generated.tf`",
        )),
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
