//! `relevant_attributes` of a plan in JSON: what the changed objects and outputs are made from.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value as Json, json};

use crate::address::{Key, Mode, ModulePath, ResourceAddress};
use crate::lang::ast::{Body, Expr, Reference, Step, StepKind};
use crate::lang::config::{Config, Module, ResourceKey};
use crate::lang::value::Str;
use crate::plan::{Action, Plan};

/// Every attribute of a resource that a change is made from, by way of local values and modules too.
pub fn attributes(config: &Config, plan: &Plan) -> Vec<Json> {
    let modules = plan.changes.iter().map(|it| it.address.resource.module.clone()).collect();
    let mut found = Found { modules, ..Found::default() };
    let root = Place { module: &config.root, path: ModulePath::root(), caller: None };
    for change in plan.changes.iter().filter(|it| it.acts()) {
        let it = &change.address.resource;
        let key = ResourceKey::from(it);
        descend(&root, &it.module.0, &mut |place| {
            if let Some(resource) = place.module.resources.get(&key) {
                found.body(place, &resource.body);
                let repeated = [&resource.count, &resource.for_each];
                repeated.into_iter().flatten().for_each(|it| found.expression(place, it));
            }
        });
    }
    for (name, output) in &config.root.outputs {
        if plan.outputs.get(name).is_some_and(|it| it.action() != Action::NoOp) {
            found.expression(&root, &output.value);
        }
    }
    let each = found.attributes.into_iter();
    each.map(|(resource, attribute)| {
        let attribute: Vec<Json> =
            attribute.iter().filter_map(|it| serde_json::from_str(it).ok()).collect();
        json!({"resource": resource, "attribute": attribute})
    })
    .collect()
}

/// A module, and who called it.
struct Place<'a> {
    module: &'a Module,
    path: ModulePath,
    caller: Option<(&'a Place<'a>, Str)>,
}

fn descend(
    at: &Place<'_>,
    steps: &[crate::address::ModuleStep],
    visit: &mut dyn FnMut(&Place<'_>),
) {
    let Some((step, rest)) = steps.split_first() else { return visit(at) };
    let Some(call) = at.module.calls.get(&step.name) else { return };
    let path = at.path.child(step.name.clone(), step.key.clone());
    let caller = Some((at, step.name.clone()));
    descend(&Place { module: &call.module, path, caller }, rest, visit);
}

#[derive(Default)]
struct Found {
    /// Addresses, each with the steps to an attribute as JSON.
    attributes: BTreeSet<(String, Vec<String>)>,
    seen: HashSet<(String, String)>,
    /// Module instances that the plan says something of.
    modules: BTreeSet<ModulePath>,
}

impl Found {
    fn body(&mut self, place: &Place<'_>, body: &Body) {
        body.attributes.iter().for_each(|it| self.expression(place, &it.value));
        body.blocks.iter().for_each(|it| self.body(place, &it.body));
    }

    fn expression(&mut self, place: &Place<'_>, expr: &Expr) {
        expr.references(&mut |it| self.reference(place, it));
    }

    /// Whether it is looked at for the first time.
    fn is_new(&mut self, place: &Place<'_>, what: &str) -> bool {
        self.seen.insert((place.path.to_string(), what.to_string()))
    }

    fn reference(&mut self, place: &Place<'_>, it: &Reference) {
        let (root, module) = (&*it.root.text, place.module);
        match root {
            "each" | "count" | "path" | "terraform" | "self" | "ephemeral" => {}
            "local" => {
                let Some(name) = name_at(&it.steps, 0) else { return };
                if let (Some(local), true) =
                    (module.locals.get(name), self.is_new(place, &format!("local.{name}")))
                {
                    self.expression(place, &local.expr);
                }
            }
            "var" => {
                let (Some(name), Some((outer, call))) = (name_at(&it.steps, 0), &place.caller)
                else {
                    return;
                };
                let call = outer.module.calls.get(call);
                if let (Some(input), true) = (
                    call.and_then(|it| it.inputs.get(name)),
                    self.is_new(place, &format!("var.{name}")),
                ) {
                    self.expression(outer, &input.value);
                }
            }
            "module" => self.output(place, it),
            "data" => self.resource(place, Mode::Data, name_at(&it.steps, 0), &it.steps, 1),
            "resource" => self.resource(place, Mode::Managed, name_at(&it.steps, 0), &it.steps, 1),
            _ => self.resource(place, Mode::Managed, Some(&it.root.text), &it.steps, 0),
        }
    }

    fn output(&mut self, place: &Place<'_>, it: &Reference) {
        let Some(name) = name_at(&it.steps, 0) else { return };
        let Some(call) = place.module.calls.get(name) else { return };
        let key = it.steps.get(1).and_then(key_of);
        let output = name_at(&it.steps, if key.is_some() { 2 } else { 1 });
        let outputs =
            call.module.outputs.values().filter(|it| output.is_none_or(|n| *n == it.name));
        let outputs: Vec<_> = outputs.collect();
        let mut keys = vec![key];
        if keys[0].is_none() {
            // All instances together are each of them, too.
            keys.extend(self.keys(&place.path, name).into_iter().map(Some));
        }
        for key in keys {
            let path = place.path.child(name.clone(), key);
            let caller = Some((place, name.clone()));
            let inner = Place { module: &call.module, path, caller };
            for output in &outputs {
                if self.is_new(&inner, &format!("output.{}", output.name)) {
                    self.expression(&inner, &output.value);
                }
            }
        }
    }

    /// Keys of the planned instances of a module.
    fn keys(&self, parent: &ModulePath, name: &str) -> Vec<Key> {
        let depth = parent.0.len();
        let within = self.modules.iter().filter(|it| it.0.get(..depth) == Some(&parent.0[..]));
        let step = within.filter_map(|it| it.0.get(depth)).filter(|it| *it.name == *name);
        let mut keys: Vec<Key> = step.filter_map(|it| it.key.clone()).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn resource(
        &mut self,
        place: &Place<'_>,
        mode: Mode,
        kind: Option<&Str>,
        steps: &[Step],
        at: usize,
    ) {
        let (Some(kind), Some(name)) = (kind, name_at(steps, at)) else { return };
        let key = ResourceKey { mode, kind: kind.clone(), name: name.clone() };
        if !place.module.resources.contains_key(&key) {
            return;
        }
        let module = place.path.clone();
        let resource = ResourceAddress { module, mode, kind: kind.clone(), name: name.clone() };
        let mut rest = steps.get(at + 1..).unwrap_or_default();
        let instance = rest.first().and_then(key_of);
        if instance.is_some() {
            rest = &rest[1..];
        }
        let attribute = rest.iter().map(|it| match &it.kind {
            StepKind::Attribute(name) => json!(&**name).to_string(),
            StepKind::Index(value) => value.to_json().unwrap_or_default().to_string(),
        });
        self.attributes.insert((resource.instance(instance).to_string(), attribute.collect()));
    }
}

fn name_at(steps: &[Step], at: usize) -> Option<&Str> {
    match &steps.get(at)?.kind {
        StepKind::Attribute(name) => Some(name),
        StepKind::Index(_) => None,
    }
}

fn key_of(step: &Step) -> Option<Key> {
    let StepKind::Index(value) = &step.kind else { return None };
    match (value.as_str(), value.as_number().and_then(|it| it.to_i64())) {
        (Some(name), _) => Some(Key::Name(name.into())),
        (_, Some(index)) => u64::try_from(index).ok().map(Key::Index),
        _ => None,
    }
}
