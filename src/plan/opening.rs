//! What the work on every instance begins with: its arguments evaluated, its preconditions, and the
//! checks of table and type.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{self, PlacesMap};
use super::diff;
use super::evaluation::{Checked, Evaluation, ModuleInstance, Repeated, upstream};
use super::instance::{Prior, with_part, without_origins};
use super::providers::{self, ProviderKey};
use super::rules;
use super::scope::ModuleScope;
use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::lang::ast::Body;
use crate::lang::config::{Resource, ResourceKey};
use crate::lang::eval::{Scope, evaluate};
use crate::lang::json;
use crate::lang::value::{Marks, Origins, Value};
use crate::provider::AnyType;
use crate::schema::{Attribute, Schema, Timeouts};

/// An instance whose arguments are evaluated and found right.
pub struct Opening<'e> {
    /// Its arguments.
    pub given: Arguments,
    /// The names that its blocks may use.
    pub scope: ModuleScope<'e>,
    /// Its arguments as they count: `ignore_changes` observed, what the clients decide filled in,
    /// without the marks that say where they came from.
    pub config: Value,
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

/// Evaluates an instance's arguments and refuses what is wrong with them; `prior` is the object as
/// it is, where there is one.
pub fn open<'e>(
    ev: &'e Evaluation<'e>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
    kind: AnyType<'_>,
    prior: Option<&Prior>,
) -> Result<Opening<'e>> {
    let resource = &module.module.resources[key];
    let schema = kind.schema();
    let (scope, marks) = scope(ev, module, key, address)?;
    let mut given = arguments(ev, module, resource, address, &scope, &marks, schema)?;
    let checked = Checked::Precondition(address.clone());
    let tested = ev.conditions(&scope, &resource.lifecycle.preconditions, checked)?;
    given.origins = given.origins.union(&tested);
    let ignored = &resource.lifecycle.ignore_changes;
    let mut config = super::ignore::apply(ignored, prior, &given.row, schema);
    let mut found = Diagnostics::new();
    let places = |path: &str| arguments::place(&given.places, path);
    rules::check(&config, schema.attributes, &given.places, &mut found);
    kind.check(&config, &places, &mut found);
    if let Some(cloud) = ev.facts.clouds.get(&given.provider) {
        config = kind.located(cloud, config, &places, &mut found);
    }
    let config = found.into_result(without_origins(&config))?;
    Ok(Opening { given, scope, config })
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

/// Judges what a resource demands of its object as it is; `scope` is that of the instance. Tells what
/// that depends on.
pub fn postconditions(
    ev: &Evaluation<'_>,
    scope: ModuleScope<'_>,
    resource: &Resource,
    address: &Address,
    object: &Value,
) -> Result<Origins> {
    let checked = Checked::Postcondition(address.clone());
    let scope = scope.with_self(object.clone());
    ev.conditions(&scope, &resource.lifecycle.postconditions, checked)
}

fn arguments(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    resource: &Resource,
    address: &Address,
    scope: &ModuleScope<'_>,
    marks: &Marks,
    schema: &Schema,
) -> Result<Arguments> {
    let root = &ev.config.root;
    let provider = providers::of_object(ev.facts.registry, root, address, "");
    providers::declared(root, &provider)
        .map_err(|it| it.at(resource.provider.as_ref().map_or(resource.span, |it| it.span)))?;
    let settings = ev.provider(&provider)?;
    let what = format!("`{}`", schema.kind);
    let mut found = Diagnostics::new();
    let (body, limits) = split_timeouts(resource, &schema.timeouts, &mut found);
    let (mut row, places, wrong) = arguments::read(scope, &body, schema.attributes, &what);
    found.extend(wrong);
    let limits = limits.as_deref();
    let timeouts = found.keep(read_timeouts(scope, limits, schema)).unwrap_or_default();
    if resource.mode != Mode::Ephemeral {
        refuse_ephemeral(&row, schema.attributes, &places, &mut found);
    }
    let explicit = found.keep(ev.dependencies(module, &resource.depends_on)).unwrap_or_default();
    let explicit = explicit.union(&ev.module_dependencies(module)?);
    found.into_result(())?;
    if schema.tags.is_some() {
        let defaults = ev.facts.registry.provider(&provider.name).map(|it| it.defaults(&settings));
        let tags = defaults.and_then(|it| it.tags);
        let own = crate::schema::row::part(&row, "tags");
        row = with_part(&row, "tags_all", diff::merge_tags(tags.as_ref(), own));
    }
    let origins = row.deep_marks().from.union(&marks.from).union(&explicit);
    let origins = origins.union(&settings.deep_marks().from);
    Ok(Arguments { row, places, origins, explicit, timeouts, provider })
}

/// The body without its `timeouts`, and those, where the type takes them.
fn split_timeouts<'r>(
    resource: &'r Resource,
    limits: &Timeouts,
    found: &mut Diagnostics,
) -> (Cow<'r, Body>, Option<Cow<'r, Body>>) {
    let body = &resource.body;
    let takes =
        [limits.create, limits.update, limits.delete, limits.read].iter().any(Option::is_some);
    if !takes {
        return (Cow::Borrowed(body), None);
    }
    if let Some(block) = body.blocks("timeouts").next() {
        let mut rest = body.as_ref().clone();
        rest.blocks.retain(|it| &*it.kind.text != "timeouts");
        return (Cow::Owned(rest), Some(Cow::Borrowed(&block.body)));
    }
    // In JSON syntax a block looks like an argument.
    match body.attribute("timeouts").filter(|_| body.json) {
        Some(attribute) => {
            let block = json::as_blocks(attribute, &[], found).into_iter().next();
            let mut rest = body.as_ref().clone();
            rest.attributes.retain(|it| &*it.name.text != "timeouts");
            (Cow::Owned(rest), block.map(|it| Cow::Owned(it.body)))
        }
        None => (Cow::Borrowed(body), None),
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
        if value.has_ephemeral() {
            let detail = "a time limit is part of the plan, so it may not be ephemeral";
            let it = Diagnostic::error("Invalid use of ephemeral value", detail);
            return Err(it.at(attribute.value.span).into());
        }
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

/// Only what is never stored may be ephemeral.
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
            let given: Vec<String> = attributes
                .iter()
                .filter(|other| other.write_only && is_form_of(other.name, it.name))
                .map(|it| format!("set `{}` instead", it.name))
                .collect();
            wrong.hints.extend(given);
            wrong.span = places.get(it.name).copied();
            found.push(wrong);
        }
    }
}

/// `password_wo` is the write-only form of `password`.
fn is_form_of(write_only: &str, name: &str) -> bool {
    write_only.strip_suffix("_wo") == Some(name)
}
