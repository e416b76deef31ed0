//! One resource instance: its arguments, what it will be, and what that takes.

use std::sync::Arc;

use super::change::{Action, Change, Reason};
use super::evaluation::{Evaluation, ModuleInstance, Purpose, upstream};
use super::opening::{self, Opening};
use super::providers::{self, ProviderKey};
use super::{codec, diff};
use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::driver::AnyDriver;
use crate::lang::access;
use crate::lang::ast::{Expr, ExprKind, Step, StepKind};
use crate::lang::config::{IgnoreChanges, Resource, ResourceKey};
use crate::lang::eval::evaluate;
use crate::lang::types::Type;
use crate::lang::value::{Origins, Str, Value};
use crate::provider::AnyType;
use crate::schema::{Attribute, Schema};

/// An object as it is.
#[derive(Clone, Debug)]
pub struct Prior {
    /// Every attribute; marks of the state and the schema included.
    pub row: Value,
    /// Identifier.
    pub id: String,
    /// Half made: to be replaced.
    pub tainted: bool,
    /// What it depends on, as the state has it.
    pub dependencies: Vec<Address>,
    /// Whether its replacement comes before it goes.
    pub create_before_destroy: bool,
    /// Its provider configuration, as the state names it.
    pub provider: String,
    /// Where it was before a `moved` block.
    pub previous_address: Option<Address>,
    /// Import string, where it is only now taken over.
    pub importing: Option<String>,
}

/// Plans one instance; its planned value.
pub fn plan(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    let planned = match key.mode {
        Mode::Managed => managed(ev, module, key, address),
        Mode::Data => super::data::plan(ev, module, key, address),
        Mode::Ephemeral => super::ephemeral::plan(ev, module, key, address),
    };
    planned
        .map_err(|those| those.map(|it| if it.summary.is_empty() { it } else { it.about(address) }))
}

/// During apply: the object as it has become, or as it is planned.
pub fn current(ev: &Evaluation<'_>, address: &Address) -> Result<Value> {
    if ev.failed.borrow().contains(address) {
        return Err(upstream());
    }
    if let Some(value) = ev.results.borrow().get(address) {
        return Ok(value.clone());
    }
    let changes = ev.changes.borrow();
    let change = changes.get(address);
    if address.resource.mode == Mode::Ephemeral {
        let ephemeral = ev.facts.registry.ephemeral(&address.resource.kind);
        let ephemeral = ephemeral.ok_or_else(upstream)?;
        let used = change.map(|it| it.dependencies.clone()).unwrap_or_default();
        let origins = used.iter().map(|it| ev.origin(it)).collect();
        return Ok(super::ephemeral::unopened(ephemeral.schema(), origins));
    }
    let planned = change.and_then(|it| it.after.clone());
    let known = planned.or_else(|| ev.facts.prior.get(address).map(|it| it.row.clone()));
    // A console may ask for what was never made or read.
    Ok(known.unwrap_or_else(|| Value::unknown(Type::Any)))
}

/// The object with one part replaced.
pub fn with_part(row: &Value, name: &str, part: Value) -> Value {
    let mut entries = row.as_entries().cloned().unwrap_or_default();
    entries.insert(name.into(), part);
    Value::object(entries).with_marks(row.marks())
}

/// The value without the marks that say where it came from: an object's own mark stands for them.
pub fn without_origins(value: &Value) -> Value {
    if value.deep_marks().from.is_empty() {
        return value.clone();
    }
    let mut marks = value.marks().clone();
    marks.from = Origins::default();
    value.map_parts(&mut without_origins).replace_marks(marks)
}

/// Marks what the schema says is sensitive.
pub fn mark_sensitive(attributes: &[Attribute], row: &Value) -> Value {
    let any = |it: &Attribute| it.sensitive || it.nested().iter().any(|it| it.sensitive);
    if !attributes.iter().any(any) {
        return row.clone();
    }
    let Some(entries) = row.as_entries() else {
        return match row.as_slice() {
            Some(_) => row.map_parts(&mut |part| mark_sensitive(attributes, part)),
            None => row.clone(),
        };
    };
    let mut entries = entries.clone();
    for it in attributes {
        if let Some(part) = entries.get_mut(it.name) {
            *part = match it.sensitive {
                true => part.clone().sensitive(),
                false => mark_sensitive(it.nested(), part),
            };
        }
    }
    Value::object(entries).with_marks(row.marks())
}

/// There is no such type, or not in this build.
pub fn unknown_type(ev: &Evaluation<'_>, resource: &Resource) -> Diagnostics {
    let kind = &*resource.kind;
    let known = ev.facts.registry.kinds(resource.mode);
    let mut left_out = ev.facts.registry.providers().iter().flat_map(|it| it.left_out());
    let it = match left_out.find(|(name, _)| *name == kind) {
        Some((_, feature)) => Diagnostic::error(
            "type is not in this build",
            format!("`{kind}` comes with the feature `{feature}`, which this build leaves out"),
        )
        .hint(format!("build with `--features {feature}`")),
        None => {
            let what = match resource.mode {
                Mode::Managed => "resource type",
                Mode::Data => "data source",
                Mode::Ephemeral => "ephemeral resource type",
            };
            Diagnostic::error(format!("unknown {what}"), format!("there is no {what} `{kind}`"))
                .did_you_mean(kind, known)
        }
    };
    it.at(resource.kind_span).into()
}

fn managed(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    let resource = &module.module.resources[key];
    let Some(driver) = ev.facts.registry.driver(&key.kind) else {
        return Err(unknown_type(ev, resource));
    };
    let schema = driver.schema();
    let prior = ev.facts.prior.get(address);
    let Opening { given, scope, config } =
        opening::open(ev, module, key, address, AnyType::Managed(driver), prior)?;
    if ev.facts.purpose == Purpose::Validate {
        let value = Value::unknown(schema.ty());
        opening::postconditions(ev, scope, resource, address, &value)?;
        return Ok(value);
    }
    let triggers = triggers(ev, module, resource, address)?;
    let provider = providers::name(ev.facts.registry, &given.provider);
    let blank = Change::blank(address.clone(), provider, Action::Create);
    let mut change = decide(ev, &triggers, resource, &**driver, prior, &config, blank);
    let origins = triggers.iter().fold(given.origins, |all, it| all.union(&it.origins));
    change.dependencies = ev.addresses(&origins);
    change.dependencies.retain(|it| it != address);
    change.timeouts = given.timeouts;
    if change.reason.is_some() && !matches!(resource.lifecycle.ignore_changes, IgnoreChanges::None)
    {
        // A new object has nothing that could be kept as it is.
        let kind = AnyType::Managed(driver);
        let fresh = opening::open(ev, module, key, address, kind, None)?.config;
        let planned = diff::planned(schema, None, &fresh);
        change.after = Some(mark_sensitive(schema.attributes, &planned));
    }
    if resource.lifecycle.prevent_destroy && change.action.deletes() {
        ev.planned(change);
        return Err(refuse_destroy(resource, address));
    }
    let after = change.after.clone().unwrap_or(Value::NULL);
    ev.planned(change);
    let tested = opening::postconditions(ev, scope, resource, address, &after)?;
    if !tested.is_empty()
        && let Some(change) = ev.changes.borrow_mut().get_mut(address)
    {
        change.dependencies = ev.addresses(&origins.union(&tested));
        change.dependencies.retain(|it| it != address);
    }
    Ok(after)
}

/// `prevent_destroy` stands in the way.
pub fn refuse_destroy(resource: &Resource, address: &Address) -> Diagnostics {
    let mut it = Diagnostic::error(
        "Instance cannot be destroyed",
        format!("`{address}` has `prevent_destroy` set, but the plan would destroy it"),
    )
    .hint("remove `prevent_destroy`, or leave the object out with `--target`")
    .at(resource.span);
    if let Some(span) = resource.lifecycle.prevent_destroy_span {
        it = it.label(span, "set here");
    }
    it.into()
}

/// What is done, from what there is and what is wanted; `blank` is a creation of nothing yet.
fn decide(
    ev: &Evaluation<'_>,
    triggers: &[Trigger<'_>],
    resource: &Resource,
    driver: &dyn AnyDriver,
    prior: Option<&Prior>,
    config: &Value,
    blank: Change,
) -> Change {
    let schema = driver.schema();
    let anew = || mark_sensitive(schema.attributes, &diff::planned(schema, None, config));
    let taken_over = prior.filter(|it| it.importing.is_some()).map(|it| with_own_tags(it, config));
    let prior = taken_over.as_ref().or(prior);
    let lifecycle = resource.lifecycle.create_before_destroy.unwrap_or(false);
    let mut change = Change {
        previous_address: prior.and_then(|it| it.previous_address.clone()),
        before: prior.map(|it| it.row.clone()),
        prior_dependencies: prior.map(|it| it.dependencies.clone()).unwrap_or_default(),
        create_before_destroy: lifecycle,
        importing: prior.and_then(|it| it.importing.clone()),
        id: prior.map(|it| it.id.clone()),
        ..blank
    };
    let Some(prior) = prior else {
        change.after = Some(anew());
        return change;
    };
    let planned = diff::planned(schema, Some(&prior.row), config);
    let replaces = |argument: &str| driver.replaces(argument, &prior.row, &planned);
    let paths = diff::replacing(schema, &prior.row, &planned, &replaces);
    let reason = if prior.tainted {
        Some(Reason::ReplaceBecauseTainted)
    } else if ev.facts.replace.contains(&change.address) {
        Some(Reason::ReplaceByRequest)
    } else if !paths.is_empty() {
        Some(Reason::ReplaceBecauseCannotUpdate)
    } else if triggers.iter().any(|it| it.fires(ev)) {
        Some(Reason::ReplaceByTriggers)
    } else {
        None
    };
    if let Some(reason) = reason {
        change.action = match lifecycle {
            true => Action::CreateThenDelete,
            false => Action::DeleteThenCreate,
        };
        change.reason = Some(reason);
        change.replace_paths = paths;
        change.after = Some(anew());
        return change;
    }
    let planned = mark_sensitive(schema.attributes, &planned);
    // What is secret is part of the state.
    let differs = diff::changes(&prior.row, &planned) || !same_secrets(&prior.row, &planned);
    change.action = if differs { Action::Update } else { Action::NoOp };
    change.after = Some(planned);
    change
}

fn same_secrets(before: &Value, after: &Value) -> bool {
    let any = before.has_sensitive() || after.has_sensitive();
    !any || codec::sensitive_paths(before) == codec::sensitive_paths(after)
}

/// An object that is taken over, without the tags that `default_tags` gives it: AWS does not tell
/// those from the resource's own.
fn with_own_tags(prior: &Prior, config: &Value) -> Prior {
    let entries = |row: &Value, name: &str| row.part(name).and_then(Value::as_entries).cloned();
    let (Some(all), Some(mut tags)) = (entries(config, "tags_all"), entries(&prior.row, "tags"))
    else {
        return prior.clone();
    };
    let own = entries(config, "tags");
    let is_own = |name: &Str| own.as_ref().is_some_and(|it| it.contains_key(name));
    tags.retain(|name, value| is_own(name) || !all.get(name).is_some_and(|it| it.same(value)));
    let tags = match own.is_none() && tags.is_empty() {
        true => Value::null(Type::map(Type::String)),
        false => Value::map(Type::String, tags),
    };
    Prior { row: with_part(&prior.row, "tags", tags), ..prior.clone() }
}

/// One expression of `replace_triggered_by`.
struct Trigger<'r> {
    /// What it is about.
    origins: Origins,
    /// Which part of that.
    path: Option<&'r [Step]>,
}

fn triggers<'r>(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    resource: &'r Resource,
    address: &Address,
) -> Result<Vec<Trigger<'r>>> {
    let each = resource.lifecycle.replace_triggered_by.iter().map(|expr| {
        let (scope, _) = opening::scope(ev, module, &resource.into(), address)?;
        let value = evaluate(&scope, expr)?;
        Ok(Trigger { origins: value.deep_marks().from.clone(), path: attribute_path(expr) })
    });
    each.collect()
}

impl Trigger<'_> {
    /// Whether what it names changes.
    fn fires(&self, ev: &Evaluation<'_>) -> bool {
        let changes = ev.changes.borrow();
        ev.addresses(&self.origins).iter().filter_map(|it| changes.get(it)).any(|change| {
            let acts = change.acts() && change.action != Action::Read;
            let part = |it: &Option<Value>| part_at(it.as_ref()?, self.path?);
            match (part(&change.before), part(&change.after)) {
                (Some(a), Some(b)) => acts && diff::changes(&a, &b),
                _ => acts,
            }
        })
    }
}

/// The part of a row that a path names.
fn part_at(row: &Value, path: &[Step]) -> Option<Value> {
    path.iter().try_fold(row.clone(), |value, step| {
        match &step.kind {
            StepKind::Attribute(name) => access::attribute(&value, name),
            StepKind::Index(key) => access::element(&value, key),
        }
        .ok()
    })
}

/// From the first attribute after `type.name` or `type.name[key]` on.
fn attribute_path(expr: &Expr) -> Option<&[Step]> {
    let steps = match &expr.kind {
        ExprKind::Reference(it) => it.steps.get(1..)?,
        ExprKind::Access(_, steps) => steps,
        _ => return None,
    };
    let first = steps.iter().position(|it| matches!(it.kind, StepKind::Attribute(_)))?;
    steps.get(first..)
}

/// During apply: the row that an object is to have, now that what it depends on is known. Arguments
/// that are only sent are included where they are to be sent; what AWS decides stays unknown.
pub fn wanted(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    change: &Change,
    kind: AnyType<'_>,
) -> Result<(Value, ProviderKey)> {
    let (address, schema) = (&change.address, kind.schema());
    let prior = ev.facts.prior.get(address).filter(|_| change.action == Action::Update);
    let it = opening::open(ev, module, key, address, kind, prior)?;
    let mut row = diff::planned(schema, prior.map(|it| &it.row), &it.config);
    for part in sent_only(&it.config, schema, prior) {
        let (name, value) = part;
        row = with_part(&row, name, value.clone());
    }
    Ok((mark_sensitive(schema.attributes, &row), it.given.provider))
}

/// Arguments that are only sent, as they are given. One that has a version is sent to an existing
/// object only when that changes.
pub fn sent_only<'v>(
    config: &'v Value,
    schema: &Schema,
    prior: Option<&Prior>,
) -> Vec<(&'static str, &'v Value)> {
    let mut parts = Vec::new();
    for it in schema.attributes.iter().filter(|it| it.write_only) {
        let version = schema.attribute(&format!("{}_version", it.name));
        let stays = match (prior, version) {
            (Some(prior), Some(version)) => {
                let null = Value::null(version.kind.ty());
                let (before, now) = (prior.row.part(version.name), config.part(version.name));
                before.unwrap_or(&null).same(now.unwrap_or(&null))
            }
            _ => false,
        };
        parts.extend(config.part(it.name).filter(|_| !stays).map(|value| (it.name, value)));
    }
    parts
}

/// During apply: whether the postconditions of an object hold, now that it is known.
pub fn settled(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
    row: &Value,
) -> Result<()> {
    let resource = &module.module.resources[key];
    let (scope, _) = opening::scope(ev, module, key, address)?;
    opening::postconditions(ev, scope, resource, address, row).map(drop)
}
