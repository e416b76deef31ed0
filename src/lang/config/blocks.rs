//! Every other block of a module: variables, outputs, module calls, checks, moves, imports.

use std::sync::Arc;

use super::constant::{constant, flag, text};
use super::constraint::type_constraint;
use super::content::{Content, Shape};
use super::refer;
use super::resource::{both, conditions, invalid_name, resource};
use super::{requirements, version, *};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::ast::{ExprKind, Name, ObjectKey};
use crate::lang::convert::convert;
use crate::lang::{json, parse};

const VARIABLE: Shape = Shape {
    attributes: &[
        ("description", false),
        ("default", false),
        ("type", false),
        ("sensitive", false),
        ("ephemeral", false),
        ("nullable", false),
    ],
    blocks: &[("validation", &[])],
};

/// Names that mean something else in a `module` block.
const RESERVED: [&str; 8] =
    ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

fn named(it: &Block, summary: &str, found: &mut Diagnostics) -> Option<Name> {
    let label = it.labels.first()?.clone();
    if !parse::is_name(&label.text) {
        found.push(invalid_name(summary, &label.text).at(label.span));
    }
    Some(label)
}

pub(super) fn variable(it: &Block, found: &mut Diagnostics) -> Option<Variable> {
    let name = named(it, "Invalid variable name", found)?;
    if RESERVED.contains(&&*name.text) {
        let one = Diagnostic::error(
            "Invalid variable name",
            format!("`{}` means something else in a `module` block", name.text),
        );
        found.push(one.at(name.span));
    }
    let content = Content::of(&it.body, VARIABLE, found);
    let constraint = match content.attribute("type") {
        Some(ty) => type_constraint(&ty.value, it.body.json, found),
        None => Some((Type::Any, TypeDefaults::default())),
    };
    let fits = constraint.is_some();
    let (ty, defaults) = constraint.unwrap_or((Type::Any, TypeDefaults::default()));
    let nullable = flag(content.attribute("nullable"), found).unwrap_or(true);
    let default = content.attribute("default").and_then(|default| {
        let value = constant(&default.value, found)?;
        if !fits {
            return Some(value);
        }
        let refuse = |why: String| {
            Diagnostic::error("Invalid default value for variable", why).at(default.value.span)
        };
        match convert(&defaults.apply(&value), &ty) {
            Ok(value) if value.is_null() && !nullable => {
                found.push(refuse("the default is null, but `nullable = false`".into()));
                None
            }
            Ok(value) => Some(value),
            Err(why) => {
                found.push(refuse(format!("it does not fit the type of the variable: {why}")));
                None
            }
        }
    });
    let simple = matches!(ty, Type::String | Type::Number | Type::Bool);
    Some(Variable {
        name: name.text,
        literal: simple || content.attribute("type").is_none(),
        ty,
        defaults,
        default,
        description: text(content.attribute("description"), found),
        sensitive: flag(content.attribute("sensitive"), found).unwrap_or(false),
        ephemeral: flag(content.attribute("ephemeral"), found).unwrap_or(false),
        nullable,
        validations: conditions(content.blocks("validation"), found),
        span: it.header,
    })
}

const OUTPUT: Shape = Shape {
    attributes: &[
        ("value", true),
        ("description", false),
        ("depends_on", false),
        ("sensitive", false),
        ("ephemeral", false),
    ],
    blocks: &[("precondition", &[])],
};

pub(super) fn output(it: &Block, found: &mut Diagnostics) -> Option<Output> {
    let name = named(it, "Invalid output name", found)?;
    let content = Content::of(&it.body, OUTPUT, found);
    let depends_on = content.attribute("depends_on");
    let json = it.body.json;
    Some(Output {
        name: name.text,
        description: text(content.attribute("description"), found),
        sensitive: flag(content.attribute("sensitive"), found).unwrap_or(false),
        ephemeral: flag(content.attribute("ephemeral"), found).unwrap_or(false),
        depends_on: depends_on.map_or(Vec::new(), |it| refer::references(&it.value, json, found)),
        preconditions: conditions(content.blocks("precondition"), found),
        value: content.attribute("value")?.value.clone(),
        span: it.header,
    })
}

const CALL: Shape = Shape {
    attributes: &[
        ("source", true),
        ("version", false),
        ("count", false),
        ("for_each", false),
        ("depends_on", false),
        ("providers", false),
    ],
    blocks: &[("lifecycle", &[]), ("locals", &[]), ("provider", &["type"])],
};

pub(super) fn call(it: &Block, found: &mut Diagnostics) -> Option<ModuleCall> {
    let name = named(it, "Invalid module instance name", found)?;
    let (content, rest) = Content::partial(&it.body, CALL, found);
    for block in &content.blocks {
        let one = Diagnostic::error(
            "Reserved block type name in module block",
            format!("`{}` is a reserved name", block.kind.text),
        );
        found.push(one.at(block.kind.span));
    }
    for block in &rest.blocks {
        let one = Diagnostic::error(
            "Unsupported block type",
            format!("a `module` block has no block `{}`", block.kind.text),
        );
        found.push(one.at(block.kind.span));
    }
    let json = it.body.json;
    for input in rest.attributes.iter().filter(|_| json) {
        json::refuse_repeated_keys(&input.value, found);
    }
    let (count, for_each) = (content.attribute("count"), content.attribute("for_each"));
    both(count, for_each, found);
    let depends_on = content.attribute("depends_on");
    let providers = content.attribute("providers");
    let source = content.attribute("source");
    if let (Some(version), Some(source)) = (content.attribute("version"), source) {
        let one = Diagnostic::error(
            "Invalid registry module source address",
            "a `version` is only there for modules of a registry, and this one is a directory",
        );
        found.push(one.at(source.value.span).label(version.name.span, "asked for here"));
    }
    Some(ModuleCall {
        name: name.text,
        depends_on: depends_on.map_or(Vec::new(), |it| refer::references(&it.value, json, found)),
        providers: providers.map_or(Vec::new(), |it| provider_map(it, json, found)),
        count: count.map(|it| it.value.clone()),
        for_each: for_each.map(|it| it.value.clone()),
        source_span: source.map_or(it.header, |it| it.value.span),
        source: text(source, found)?,
        module: Arc::default(),
        inputs: rest.attributes.into_iter().map(|it| (it.name.text.clone(), it)).collect(),
        missing: it.body.missing(),
        span: it.header,
    })
}

fn provider_map(
    it: &Attribute,
    json: bool,
    found: &mut Diagnostics,
) -> Vec<(ProviderRef, ProviderRef)> {
    let ExprKind::Object(items) = &it.value.kind else {
        let one =
            Diagnostic::error("Invalid providers map", "here, an object in braces is expected");
        found.push(one.at(it.value.span).hint("write `providers = { aws = aws.west }`"));
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for (key, value) in items {
        let inner = match key {
            ObjectKey::Word(name) => {
                Some(ProviderRef { name: name.text.clone(), alias: None, span: name.span })
            }
            ObjectKey::Expr(key) => refer::provider(key, json, found),
        };
        if let (Some(inner), Some(outer)) = (inner, refer::provider(value, json, found)) {
            pairs.push((inner, outer));
        }
    }
    pairs
}

const PROVIDER: Shape = Shape { attributes: &[("alias", false), ("version", false)], blocks: &[] };

pub(super) fn provider(it: &Block, found: &mut Diagnostics) -> Option<ProviderBlock> {
    let name = named(it, "Invalid provider name", found)?;
    let (content, rest) = Content::partial(&it.body, PROVIDER, found);
    for name in ["count", "depends_on", "for_each", "source"] {
        if let Some(reserved) = rest.attributes.iter().find(|it| &*it.name.text == name) {
            let one = Diagnostic::error(
                "Reserved argument name in provider block",
                format!("`{name}` has no meaning in a `provider` block"),
            );
            found.push(one.at(reserved.name.span));
        }
    }
    if let Some(version) = content.attribute("version") {
        let one = Diagnostic::warning(
            "Version constraints inside provider configuration blocks are deprecated",
            "they belong into `required_providers` of the `terraform` block",
        );
        found.push(one.at(version.value.span));
    }
    let alias = text(content.attribute("alias"), found);
    if let (Some(alias), Some(at)) = (&alias, content.attribute("alias"))
        && !parse::is_name(alias)
    {
        found.push(invalid_name("Invalid provider configuration alias", alias).at(at.value.span));
    }
    Some(ProviderBlock { name: name.text, alias, body: Arc::new(rest), span: it.header })
}

const CHECK: Shape =
    Shape { attributes: &[], blocks: &[("assert", &[]), ("data", &["type", "name"])] };

/// A check, and the data source in it.
pub(super) fn check(it: &Block, found: &mut Diagnostics) -> Option<(Check, Option<Resource>)> {
    let name = named(it, "Invalid check block name", found)?.text;
    let content = Content::of(&it.body, CHECK, found);
    let mut inner = None;
    for block in content.blocks("data") {
        if inner.is_some() {
            let one = Diagnostic::error(
                "Multiple data resource blocks",
                "a `check` block may hold one data source",
            );
            found.push(one.at(block.header));
            continue;
        }
        inner = resource(block, Mode::Data, found);
        if let Some(it) = &inner
            && (it.count.is_some() || it.for_each.is_some())
        {
            let one = Diagnostic::error(
                "Invalid data resource in check block",
                "a data source in a `check` block has no `count` or `for_each`",
            );
            found.push(one.at(it.span));
        }
        if let Some(lifecycle) = block.body.blocks.iter().find(|it| &*it.kind.text == "lifecycle") {
            let one = Diagnostic::error(
                "Invalid lifecycle block",
                "a data source in a `check` block has no `lifecycle`",
            );
            found.push(one.at(lifecycle.header));
        }
        if let Some(it) = &mut inner {
            it.in_check = Some(name.clone());
        }
    }
    let asserts = conditions(content.blocks("assert"), found);
    if asserts.is_empty() {
        let one =
            Diagnostic::error("Zero assert blocks", "a `check` block asserts at least one thing");
        found.push(one.at(it.header));
    }
    let data = inner.as_ref().map(ResourceKey::from);
    Some((Check { name, data, asserts, span: it.header }, inner))
}

/// An address that native syntax does not quote.
fn plain_target(expr: &Expr, json: bool, found: &mut Diagnostics) -> Option<Target> {
    if matches!(expr.kind, ExprKind::Literal(_)) && !json {
        let one = Diagnostic::error("Invalid expression", "here, a single reference is expected");
        found.push(one.at(expr.span).hint("write it without quotes"));
        return None;
    }
    target(expr, json, found)
}

const MOVED: Shape = Shape { attributes: &[("from", true), ("to", true)], blocks: &[] };

pub(super) fn moved(it: &Block, found: &mut Diagnostics) -> Option<Moved> {
    let json = it.body.json;
    let content = Content::of(&it.body, MOVED, found);
    let (from, to) = (content.attribute("from"), content.attribute("to"));
    let from_target = from.and_then(|it| plain_target(&it.value, json, found));
    let to_target = to.and_then(|it| plain_target(&it.value, json, found));
    let moved = Moved {
        from: from_target?,
        to: to_target?,
        span: it.header,
        from_span: from?.value.span,
        to_span: to?.value.span,
    };
    let is_module = |it: &Target| matches!(it, Target::Module(_));
    if is_module(&moved.from) != is_module(&moved.to) {
        let one = Diagnostic::error(
            "Invalid \"moved\" addresses",
            "both addresses are of a module, or both are of a resource",
        );
        found.push(one.at(it.header));
        return None;
    }
    Some(moved)
}

const REMOVED: Shape = Shape {
    attributes: &[("from", true)],
    blocks: &[("lifecycle", &[]), ("provisioner", &["type"]), ("connection", &[])],
};
const REMOVED_LIFECYCLE: Shape = Shape { attributes: &[("destroy", false)], blocks: &[] };

pub(super) fn removed(it: &Block, found: &mut Diagnostics) -> Option<Removed> {
    let content = Content::of(&it.body, REMOVED, found);
    let mut destroy = true;
    for block in &content.blocks {
        if &*block.kind.text == "lifecycle" {
            let lifecycle = Content::of(&block.body, REMOVED_LIFECYCLE, found);
            destroy = flag(lifecycle.attribute("destroy"), found).unwrap_or(true);
        } else {
            let one = Diagnostic::error(
                "provisioners are not supported",
                "resources are managed through the API alone",
            );
            found.push(one.at(block.header));
        }
    }
    let from = content.attribute("from")?;
    let target = plain_target(&from.value, it.body.json, found)?;
    let of_data = match &target {
        Target::Instance(it) => it.resource.mode == Mode::Data,
        Target::Resource(it) => it.mode == Mode::Data,
        Target::Module(_) => false,
    };
    if of_data {
        let one = Diagnostic::error(
            "Data source address not allowed",
            "a data source is only read, so there is nothing to remove",
        );
        found.push(one.at(from.value.span));
        return None;
    }
    let keyed = match &target {
        Target::Instance(_) => true,
        Target::Resource(it) => it.module.0.iter().any(|step| step.key.is_some()),
        Target::Module(path) => path.0.iter().any(|step| step.key.is_some()),
    };
    if keyed {
        let one = Diagnostic::error(
            "Resource instance keys not allowed",
            "`removed` is about a resource or module with all of its instances",
        );
        found.push(one.at(from.value.span));
        return None;
    }
    Some(Removed { from: target, destroy, span: it.header })
}

const IMPORT: Shape = Shape {
    attributes: &[
        ("to", true),
        ("id", false),
        ("identity", false),
        ("for_each", false),
        ("provider", false),
    ],
    blocks: &[],
};

pub(super) fn import(it: &Block, found: &mut Diagnostics) -> Option<Import> {
    let content = Content::of(&it.body, IMPORT, found);
    let value = |name: &str| content.attribute(name).map(|it| it.value.clone());
    let json = it.body.json;
    if content.attribute("id").is_none() && content.attribute("identity").is_none() {
        let one = Diagnostic::error("Missing required argument", "`id` is required here");
        found.push(one.at(it.body.missing()).hint("add `id = …`"));
    }
    let to = content.attribute("to")?;
    let to_name = to.name.span;
    let to = match &to.value.kind {
        ExprKind::Literal(text) if json && text.as_str().is_some() => {
            let text = text.as_str().unwrap_or("");
            let (parsed, errors) = parse::parse_expression_in(text, to.value.span);
            found.extend(errors);
            Arc::new(parsed?)
        }
        _ => to.value.clone(),
    };
    let provider = content.attribute("provider");
    Some(Import {
        to,
        to_name,
        id: value("id"),
        identity: value("identity"),
        for_each: value("for_each"),
        provider: provider.and_then(|it| refer::provider(&it.value, json, found)),
        span: it.header,
    })
}

const TERRAFORM: Shape = Shape {
    attributes: &[("required_version", false), ("experiments", false), ("language", false)],
    blocks: &[
        ("required_providers", &[]),
        ("backend", &["type"]),
        ("cloud", &[]),
        ("provider_meta", &["provider"]),
    ],
};

pub(super) fn terraform(it: &Block, into: &mut TerraformBlock, found: &mut Diagnostics) {
    let content = Content::of(&it.body, TERRAFORM, found);
    if let Some(version) = content.attribute("required_version")
        && let Some(text) = text(Some(version), found)
    {
        found.extend(version::check(&text, version.name.span, version.value.span));
        into.required_version.push((text, version.value.span));
    }
    if let Some(experiments) = content.attribute("experiments") {
        let one = Diagnostic::error(
            "Module uses experimental features",
            "there are no experiments that could be taken part in here",
        );
        found.push(one.at(experiments.name.span));
    }
    for block in content.blocks("required_providers") {
        requirements::required_providers(block, into, found);
    }
    for block in content.blocks("backend").chain(content.blocks("cloud")) {
        match &into.backend {
            None => into.backend = Some(block.clone()),
            Some(first) => {
                let summary = match first.kind.text == block.kind.text {
                    true => "Duplicate backend configuration",
                    false => "Both a backend and cloud configuration are present",
                };
                let one = Diagnostic::error(summary, "a module has one backend");
                let backend = [block, first].into_iter().find(|it| &*it.kind.text == "backend");
                let at = backend.filter(|_| first.kind.text != block.kind.text).unwrap_or(block);
                found.push(one.at(at.header).label(first.header, "first here"));
            }
        }
    }
}
