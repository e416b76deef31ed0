//! One resource instance: its arguments, what it will be, and what that takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{self, PlacesMap};
use super::change::{Action, Change, Reason};
use super::diff;
use super::evaluation::{
    Checked, Evaluation, ModuleInstance, ProviderKey, Purpose, Repeated, upstream,
};
use super::scope::ModuleScope;
use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::lang::ast::{Body, Expr, ExprKind, StepKind};
use crate::lang::config::{Resource, ResourceKey};
use crate::lang::eval::{Scope, evaluate};
use crate::lang::types::Type;
use crate::lang::value::{Marks, Origins, Str, Value};
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
    /// Source of its provider, as the state names it.
    pub provider: String,
    /// Where it was before a `moved` block.
    pub previous_address: Option<Address>,
    /// Import string, where it is only now taken over.
    pub importing: Option<String>,
}

/// Arguments of an instance, evaluated.
pub struct Arguments {
    /// Every argument as configured, `default_tags` merged in.
    pub row: Value,
    /// Where each stands.
    pub places: PlacesMap,
    /// All that it depends on.
    pub origins: Origins,
    /// What it depends on by `depends_on` alone, its own and that of the modules it is in.
    pub explicit: Origins,
    /// Time limits by operation, in seconds.
    pub timeouts: BTreeMap<String, u64>,
    /// The provider configuration.
    pub provider: ProviderKey,
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
        Mode::Ephemeral => Err(Diagnostic::error(
            "ephemeral resources are not supported yet",
            format!("`{address}` cannot be opened by this version"),
        )
        .at(module.module.resources[key].span)
        .into()),
    };
    planned
        .map_err(|those| those.map(|it| if it.summary.is_empty() { it } else { it.about(address) }))
}

/// During apply: the object as it has become, or as it is planned.
pub fn current(
    ev: &Evaluation<'_>,
    _module: &Arc<ModuleInstance>,
    _key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    if let Some(value) = ev.results.borrow().get(address) {
        return Ok(value.clone());
    }
    let planned = ev.changes.borrow().get(address).and_then(|it| it.after.clone());
    planned.or_else(|| ev.facts.prior.get(address).map(|it| it.row.clone())).ok_or_else(upstream)
}

/// The scope of an instance's arguments.
pub fn scope<'e>(
    ev: &'e Evaluation<'e>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<(ModuleScope<'e>, Marks)> {
    let repetition = ev.repetition(module, key)?;
    let repeated: Repeated = repetition.at(&address.key).ok_or_else(upstream)?;
    Ok((ev.scope(module).repeated(repeated).inside(key.clone()), repetition.marks.clone()))
}

/// Evaluates the arguments of an instance.
pub fn arguments(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
    schema: &Schema,
) -> Result<Arguments> {
    let resource = &module.module.resources[key];
    let (scope, marks) = scope(ev, module, key, address)?;
    let provider = provider_key(ev, module, resource);
    let settings = ev.provider(&provider)?;
    let what = format!("`{}`", schema.kind);
    let (body, timeouts) = split_timeouts(resource, schema);
    let (mut row, places, mut diagnostics) =
        arguments::read(&scope, body.as_ref().unwrap_or(&resource.body), schema.attributes, &what);
    let timeouts = diagnostics.keep(read_timeouts(&scope, timeouts, schema)).unwrap_or_default();
    refuse_ephemeral(&row, schema.attributes, &places, &mut diagnostics);
    let explicit =
        diagnostics.keep(ev.dependencies(module, &resource.depends_on)).unwrap_or_default();
    let explicit = explicit.union(&ev.module_dependencies(module)?);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    if schema.tags.is_some() {
        let defaults = ev.facts.registry.provider(&provider.0).map(|it| it.defaults(&settings));
        let tags = defaults.and_then(|it| it.tags);
        let own = crate::schema::row::part(&row, "tags");
        row = with_part(&row, "tags_all", diff::merge_tags(tags.as_ref(), own));
    }
    let origins = row.deep_marks().from.union(&marks.from).union(&explicit);
    let origins = origins.union(&settings.deep_marks().from);
    Ok(Arguments { row, places, origins, explicit, timeouts, provider })
}

/// The provider configuration that a resource uses, in the root module.
fn provider_key(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    resource: &Resource,
) -> ProviderKey {
    let mut key: ProviderKey = match &resource.provider {
        Some(it) => (it.name.clone(), it.alias.clone()),
        None => {
            let provider = match resource.mode {
                Mode::Data => ev.facts.registry.provider_of_data_source(&resource.kind),
                _ => ev.facts.registry.provider_of_driver(&resource.kind),
            };
            let name = provider
                .map_or_else(|| resource.kind.split('_').next().unwrap_or(""), |it| it.name());
            (name.into(), None)
        }
    };
    // Modules are handed configurations by their callers, under names of their own.
    let mut at = module.clone();
    while let Some(caller) = &at.caller {
        let call = &caller.parent.module.calls[&caller.name];
        let handed = call
            .providers
            .iter()
            .find(|(inner, _)| (&inner.name, &inner.alias) == (&key.0, &key.1));
        if let Some((_, outer)) = handed {
            key = (outer.name.clone(), outer.alias.clone());
        }
        at = caller.parent.clone();
    }
    key
}

/// Takes a `timeouts` block out of the body, where the type takes one.
fn split_timeouts<'r>(resource: &'r Resource, schema: &Schema) -> (Option<Body>, Option<&'r Body>) {
    let limits = &schema.timeouts;
    let takes =
        [limits.create, limits.update, limits.delete, limits.read].iter().any(Option::is_some);
    let block = resource.body.blocks("timeouts").next();
    match (takes, block) {
        (true, Some(block)) => {
            let mut rest = resource.body.as_ref().clone();
            rest.blocks.retain(|it| &*it.kind.text != "timeouts");
            (Some(rest), Some(&block.body))
        }
        _ => (None, None),
    }
}

fn read_timeouts(
    scope: &dyn Scope,
    body: Option<&Body>,
    schema: &Schema,
) -> Result<BTreeMap<String, u64>> {
    let mut limits = BTreeMap::new();
    let known: [(&str, Option<Duration>); 4] = [
        ("create", schema.timeouts.create),
        ("update", schema.timeouts.update),
        ("delete", schema.timeouts.delete),
        ("read", schema.timeouts.read),
    ];
    for attribute in body.into_iter().flat_map(|it| &it.attributes) {
        let name = &*attribute.name.text;
        let valid = known.iter().filter(|(_, limit)| limit.is_some()).map(|(name, _)| *name);
        if !valid.clone().any(|it| it == name) {
            let detail = format!("`{}` has no time limit for `{name}`", schema.kind);
            let it = Diagnostic::error("Unsupported argument", detail).did_you_mean(name, valid);
            return Err(it.at(attribute.name.span).into());
        }
        let value = evaluate(scope, &attribute.value)?;
        let Some(text) = value.as_str() else { continue };
        let seconds = seconds(text).ok_or_else(|| {
            Diagnostic::error(
                "Invalid time limit",
                format!("{text:?} is not a time such as \"30m\""),
            )
            .at(attribute.value.span)
        })?;
        limits.insert(name.to_string(), seconds);
    }
    Ok(limits)
}

/// `1h30m`, `90s`
fn seconds(text: &str) -> Option<u64> {
    let span: jiff::SignedDuration = text.parse().ok()?;
    u64::try_from(span.as_secs()).ok().filter(|it| *it > 0)
}

fn refuse_ephemeral(
    row: &Value,
    attributes: &[Attribute],
    places: &PlacesMap,
    found: &mut Diagnostics,
) {
    for it in attributes.iter().filter(|it| !it.write_only) {
        if row.part(it.name).is_some_and(Value::has_ephemeral) {
            let detail =
                format!("`{}` would be stored, and an ephemeral value may not be", it.name);
            let mut wrong = Diagnostic::error("Invalid use of ephemeral value", detail)
                .hint("only write-only arguments take ephemeral values");
            wrong.span = places.get(it.name).copied();
            found.push(wrong);
        }
    }
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
pub fn unknown_type(ev: &Evaluation<'_>, resource: &Resource, known: Vec<&str>) -> Diagnostics {
    let kind = &*resource.kind;
    let mut left_out = ev.facts.registry.providers().iter().flat_map(|it| it.left_out());
    let it = match left_out.find(|(name, _)| *name == kind) {
        Some((_, feature)) => Diagnostic::error(
            "type is not in this build",
            format!("`{kind}` comes with the feature `{feature}`, which this build leaves out"),
        )
        .hint(format!("build with `--features {feature}`")),
        None => {
            let what = if resource.mode == Mode::Data { "data source" } else { "resource type" };
            Diagnostic::error(format!("unknown {what}"), format!("there is no {what} `{kind}`"))
                .did_you_mean(kind, known)
        }
    };
    it.at(resource.span).into()
}

fn managed(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    let resource = &module.module.resources[key];
    let Some(driver) = ev.facts.registry.driver(&key.kind) else {
        return Err(unknown_type(
            ev,
            resource,
            ev.facts.registry.drivers().map(|it| it.schema().kind).collect(),
        ));
    };
    let schema = driver.schema();
    let given = arguments(ev, module, key, address, schema)?;
    let (scope, _) = scope(ev, module, key, address)?;
    ev.conditions(
        &scope,
        &resource.lifecycle.preconditions,
        Checked::Precondition(address.clone()),
    )?;
    let prior = ev.facts.prior.get(address);
    let config =
        super::ignore::apply(&resource.lifecycle.ignore_changes, prior, &given.row, schema);
    let mut diagnostics = Diagnostics::new();
    arguments::check(&config, schema.attributes, &given.places, &mut diagnostics);
    driver.check(&config, &|path| given.places.get(path).copied(), &mut diagnostics);
    diagnostics.into_result(())?;
    let config = without_origins(&config);
    if ev.facts.purpose == Purpose::Validate {
        return Ok(Value::unknown(schema.ty()));
    }
    let mut change = decide(ev, module, resource, address, schema, prior, &config)?;
    change.dependencies = ev.addresses(&given.origins);
    change.dependencies.retain(|it| it != address);
    change.timeouts = given.timeouts;
    if resource.lifecycle.prevent_destroy && change.action.deletes() {
        return Err(refuse_destroy(resource, address));
    }
    let after = change.after.clone().unwrap_or(Value::NULL);
    ev.changes.borrow_mut().insert(address.clone(), change);
    let scope = scope.with_self(after.clone());
    let after_check = ev.conditions(
        &scope,
        &resource.lifecycle.postconditions,
        Checked::Postcondition(address.clone()),
    );
    after_check?;
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

/// What is done, from what there is and what is wanted.
fn decide(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    resource: &Resource,
    address: &Address,
    schema: &Schema,
    prior: Option<&Prior>,
    config: &Value,
) -> Result<Change> {
    let anew = || mark_sensitive(schema.attributes, &diff::planned(schema, None, config));
    let taken_over = prior.filter(|it| it.importing.is_some()).map(|it| with_own_tags(it, config));
    let prior = taken_over.as_ref().or(prior);
    let lifecycle = resource.lifecycle.create_before_destroy.unwrap_or(false);
    let provider = ev.facts.registry.provider_of_driver(schema.kind);
    let mut change = Change {
        address: address.clone(),
        deposed: None,
        previous_address: prior.and_then(|it| it.previous_address.clone()),
        provider: provider.map(|it| it.source().to_string()).unwrap_or_default(),
        action: Action::Create,
        reason: None,
        before: prior.map(|it| it.row.clone()),
        after: None,
        replace_paths: Vec::new(),
        dependencies: Vec::new(),
        prior_dependencies: prior.map(|it| it.dependencies.clone()).unwrap_or_default(),
        create_before_destroy: lifecycle,
        importing: prior.and_then(|it| it.importing.clone()),
        id: prior.map(|it| it.id.clone()),
        timeouts: BTreeMap::new(),
    };
    let Some(prior) = prior else {
        change.after = Some(anew());
        return Ok(change);
    };
    let planned = diff::planned(schema, Some(&prior.row), config);
    let paths = diff::replacing(schema, &prior.row, &planned);
    let reason = if prior.tainted {
        Some(Reason::ReplaceBecauseTainted)
    } else if ev.facts.replace.contains(address) {
        Some(Reason::ReplaceByRequest)
    } else if !paths.is_empty() {
        Some(Reason::ReplaceBecauseCannotUpdate)
    } else if triggered(ev, module, resource, address)? {
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
        return Ok(change);
    }
    change.action = match diff::changes(&prior.row, &planned) {
        true => Action::Update,
        false => Action::NoOp,
    };
    change.after = Some(mark_sensitive(schema.attributes, &planned));
    Ok(change)
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

/// Whether something that `replace_triggered_by` names changes.
fn triggered(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    resource: &Resource,
    address: &Address,
) -> Result<bool> {
    for expr in &resource.lifecycle.replace_triggered_by {
        let key = resource_key(resource);
        let (scope, _) = scope(ev, module, &key, address)?;
        let value = evaluate(&scope, expr)?;
        let path = attribute_path(expr);
        for origin in ev.addresses(&value.deep_marks().from) {
            let changes = ev.changes.borrow();
            let Some(change) = changes.get(&origin) else { continue };
            let acts = !matches!(change.action, Action::NoOp | Action::Read);
            let changed = match &path {
                None => acts,
                Some(name) => {
                    let part =
                        |it: &Option<Value>| it.as_ref().and_then(|it| it.part(name).cloned());
                    match (part(&change.before), part(&change.after)) {
                        (Some(a), Some(b)) => acts && diff::changes(&a, &b),
                        _ => acts,
                    }
                }
            };
            if changed {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn resource_key(it: &Resource) -> ResourceKey {
    ResourceKey { mode: it.mode, kind: it.kind.clone(), name: it.name.clone() }
}

/// The first attribute after `type.name` or `type.name[key]`.
fn attribute_path(expr: &Expr) -> Option<Str> {
    let steps = match &expr.kind {
        ExprKind::Reference(it) => it.steps.get(1..)?,
        ExprKind::Access(_, steps) => steps,
        _ => return None,
    };
    steps.iter().find_map(|it| match &it.kind {
        StepKind::Attribute(name) => Some(name.clone()),
        StepKind::Index(_) => None,
    })
}

/// During apply: the row that an object is to have, now that what it depends on is known. Arguments
/// that are only sent are included; what AWS decides stays unknown.
pub fn wanted(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    change: &Change,
    schema: &Schema,
) -> Result<(Value, ProviderKey)> {
    let address = &change.address;
    let resource = &module.module.resources[key];
    let given = arguments(ev, module, key, address, schema)?;
    let (scope, _) = scope(ev, module, key, address)?;
    let checked = Checked::Precondition(address.clone());
    ev.conditions(&scope, &resource.lifecycle.preconditions, checked)?;
    let prior = ev.facts.prior.get(address).filter(|_| change.action == Action::Update);
    let config =
        super::ignore::apply(&resource.lifecycle.ignore_changes, prior, &given.row, schema);
    let mut diagnostics = Diagnostics::new();
    arguments::check(&config, schema.attributes, &given.places, &mut diagnostics);
    diagnostics.into_result(())?;
    let config = without_origins(&config);
    let mut row = diff::planned(schema, prior.map(|it| &it.row), &config);
    for it in schema.attributes.iter().filter(|it| it.write_only) {
        if let Some(part) = config.part(it.name) {
            row = with_part(&row, it.name, part.clone());
        }
    }
    Ok((mark_sensitive(schema.attributes, &row), given.provider))
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
    let (scope, _) = scope(ev, module, key, address)?;
    let checked = Checked::Postcondition(address.clone());
    ev.conditions(&scope.with_self(row.clone()), &resource.lifecycle.postconditions, checked)
}
