//! From an evaluated configuration and what there is to a [`Plan`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{Action, Change, Changes, CheckStatus, OutputChange, Plan, PlanMode, Reason};
use super::condition;
use super::evaluation::{Evaluation, ModuleInstance, Purpose, is_upstream};
use super::instance::{Prior, refuse_destroy};
use super::repetition::Over;
use super::variables;
use crate::address::{Address, Key, Mode, ModulePath, ModuleStep, ResourceAddress, Target};
use crate::diag::{Diagnostic, Result};
use crate::lang::config::{Module, Removed, ResourceKey};
use crate::lang::eval::held;
use crate::lang::value::{Marks, Str, Value};

/// Evaluates everything that the targets name and what that needs; without targets, everything.
pub fn walk(ev: &Evaluation<'_>, targets: &[Target]) {
    walk_module(ev, &ev.root(), targets);
    let mut evaluated = 0;
    while !targets.is_empty() && evaluated < ev.changes.borrow().len() {
        evaluated = ev.changes.borrow().len();
        let kept = kept(ev.changes.borrow().values().map(|it| &**it), PlanMode::Normal, targets);
        let needed = kept.iter().filter(|at| targets.iter().all(|it| !it.contains(at)));
        for resource in needed.map(|it| it.resource.without_keys()).collect::<BTreeSet<_>>() {
            walk_resource(ev, &resource);
        }
    }
}

/// Evaluates every instance of a resource, in every instance of its module.
fn walk_resource(ev: &Evaluation<'_>, resource: &ResourceAddress) {
    let key = ResourceKey::from(resource);
    for module in module_instances(ev, resource.module.0.iter().map(|it| &*it.name)) {
        let Ok(repetition) = ev.repetition(&module, &key) else { continue };
        for (instance, _) in repetition.instances() {
            ev.keep(ev.instance(&module, &key, &instance));
        }
    }
}

/// The instances of the module that these calls lead to.
pub fn module_instances<'n>(
    ev: &Evaluation<'_>,
    calls: impl IntoIterator<Item = &'n str>,
) -> Vec<Arc<ModuleInstance>> {
    calls.into_iter().fold(vec![ev.root()], |parents, name| {
        let mut all = Vec::new();
        for parent in &parents {
            let Some(call) = parent.module.calls.get(name) else { continue };
            let Ok(repetition) = ev.call_repetition(parent, call) else { continue };
            let each = repetition.instances().into_iter();
            all.extend(each.map(|(key, repeated)| ev.child(parent, call, key, repeated)));
        }
        all
    })
}

/// Evaluates what is read or opened, and what that needs.
pub fn walk_read(ev: &Evaluation<'_>) {
    fn within(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>) {
        let read = module.module.resources.keys().filter(|it| it.mode != Mode::Managed);
        for key in read {
            let Some(repetition) = ev.keep(ev.repetition(module, key)) else { continue };
            for (instance, _) in repetition.instances() {
                ev.keep(ev.instance(module, key, &instance));
            }
        }
        each_child(ev, module, |child| within(ev, child));
    }
    within(ev, &ev.root());
}

fn each_child(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    then: impl Fn(&Arc<ModuleInstance>),
) {
    for call in module.module.calls.values() {
        let Some(repetition) = ev.keep(ev.call_repetition(module, call)) else { continue };
        for (key, repeated) in repetition.instances() {
            then(&ev.child(module, call, key, repeated));
        }
    }
}

fn walk_module(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>, targets: &[Target]) {
    if targets.is_empty() {
        for name in module.module.variables.keys() {
            ev.keep(ev.variable(module, name));
        }
        for name in module.module.locals.keys() {
            ev.keep(ev.local(module, name));
        }
    }
    for key in module.module.resources.keys() {
        let Some(repetition) = ev.keep(ev.repetition(module, key)) else { continue };
        for (instance, _) in repetition.instances() {
            let wanted = || {
                let address = super::evaluation::address(module, key, instance.clone());
                targets.iter().any(|it| it.contains(&address))
            };
            if targets.is_empty() || wanted() {
                ev.keep(ev.instance(module, key, &instance));
            }
        }
    }
    each_child(ev, module, |child| walk_module(ev, child, targets));
    if targets.is_empty() {
        for name in module.module.outputs.keys() {
            ev.keep(ev.output(module, name));
        }
        walk_checks(ev, module);
    }
}

/// Evaluates the `check` blocks of all modules once more, now that everything is known.
pub fn checks_after(ev: &Evaluation<'_>) {
    fn within(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>) {
        walk_checks(ev, module);
        each_child(ev, module, |child| within(ev, child));
    }
    within(ev, &ev.root());
}

/// Evaluates the variables of all modules that have rules once more, now that everything is known.
pub fn variables_after(ev: &Evaluation<'_>) {
    fn within(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>) {
        let ruled = module.module.variables.values().filter(|it| !it.validations.is_empty());
        for variable in ruled {
            // What it is may have been known before what its rules look at.
            if ev.keep(ev.variable(module, &variable.name)).is_some() {
                ev.keep(variables::value(ev, module, &variable.name));
            }
        }
        each_child(ev, module, |child| within(ev, child));
    }
    within(ev, &ev.root());
}

/// Assertions that do not hold are warnings: they never stop a run.
fn walk_checks(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>) {
    let scope = ev.scope(module);
    // There is nothing to check without values; references are looked at elsewhere.
    if ev.facts.purpose == Purpose::Validate {
        return;
    }
    for check in &module.module.checks {
        let prefix =
            if module.path.is_root() { String::new() } else { format!("{}.", module.path) };
        let address = format!("{prefix}check.{}", check.name);
        let data = check.data.as_ref().map(|it| super::evaluation::address(module, it, None));
        if let Some(why) = data.and_then(|it| ev.unread.borrow().get(&it).cloned()) {
            ev.record("check", &address, CheckStatus::Fail, &why);
            continue;
        }
        for assert in &check.asserts {
            match condition::outcome(ev, &scope, assert, "condition") {
                Ok((CheckStatus::Fail, message)) => {
                    ev.record("check", &address, CheckStatus::Fail, &message);
                    let mut it = Diagnostic::warning("Check block assertion failed", message);
                    it.values = held(&scope, &assert.condition);
                    ev.report([it.at(assert.condition.span)]);
                }
                Ok((status, message)) => {
                    ev.record("check", &address, status, &message);
                    if status == CheckStatus::Unknown {
                        let detail = "it is evaluated when what it looks at is known";
                        let it =
                            Diagnostic::warning("Check block assertion known after apply", detail);
                        ev.report([it.at(assert.condition.span)]);
                    }
                }
                // What it looks at has failed, which is told already.
                Err(those) if those.iter().all(is_upstream) => {}
                Err(those) => {
                    ev.record("check", &address, CheckStatus::Error, "");
                    ev.report(those);
                }
            }
        }
    }
}

/// Root outputs as they will be.
pub fn outputs(ev: &Evaluation<'_>, before: &BTreeMap<Str, Value>) -> BTreeMap<Str, OutputChange> {
    let root = ev.root();
    let mut all = BTreeMap::new();
    for (name, output) in &root.module.outputs {
        let Some(value) = ev.keep(ev.output(&root, name)) else { continue };
        let detail =
            || format!("output `{name}` of the root module is stored, so it may not be ephemeral");
        if output.ephemeral {
            let it = Diagnostic::error("Ephemeral output not allowed", detail());
            ev.report([it.at(output.span)]);
            continue;
        }
        if value.has_ephemeral() {
            let it = Diagnostic::error("Ephemeral value not allowed", detail());
            ev.report([it.at(output.value.span)]);
            continue;
        }
        if value.has_sensitive() && !output.sensitive {
            let it = Diagnostic::error(
                "Output refers to sensitive values",
                format!("output `{name}` would show a sensitive value"),
            )
            .hint("set `sensitive = true` on the output, or use `nonsensitive`");
            ev.report([it.at(output.span)]);
            continue;
        }
        // What the value came from matters no more once it leaves the configuration.
        let (value, marks) = value.without_marks();
        let value = value.with_marks(&Marks { sensitive: marks.sensitive, ..Marks::NONE });
        // What was secret before is not shown beside what it becomes.
        let before = before.get(name).cloned();
        let sensitive = output.sensitive || before.as_ref().is_some_and(Value::has_sensitive);
        let change = OutputChange { before, after: Some(value), sensitive };
        all.insert(name.clone(), change);
    }
    for (name, value) in before {
        all.entry(name.clone()).or_insert_with(|| OutputChange {
            before: Some(value.clone()),
            after: None,
            sensitive: value.has_sensitive(),
        });
    }
    all
}

/// Root outputs that come from what the targets keep, and from nothing else. More may have been evaluated
/// on the way than they keep.
pub fn targeted_outputs(
    ev: &Evaluation<'_>,
    before: &BTreeMap<Str, Value>,
    targets: &[Target],
) -> BTreeMap<Str, OutputChange> {
    let root = ev.root();
    let (planned, wanted) = (ev.changes.borrow().clone(), ev.wanted.borrow().clone());
    let kept = kept(planned.values().map(|it| &**it), PlanMode::Normal, targets);
    let told = ev.take_diagnostics();
    let within = |name: &&Str| {
        let Ok(value) = ev.output(&root, name) else { return false };
        let from = ev.addresses(&value.deep_marks().from);
        !from.is_empty() && from.iter().all(|it| kept.contains(it))
    };
    let names: BTreeSet<Str> = root.module.outputs.keys().filter(within).cloned().collect();
    let mut all = outputs(ev, before);
    all.retain(|name, _| names.contains(name));
    // What the other outputs are made from is not looked at.
    ev.take_diagnostics();
    ev.report(told);
    *ev.changes.borrow_mut() = planned;
    *ev.wanted.borrow_mut() = wanted;
    all
}

/// What is planned for an object that the configuration no longer has.
pub fn orphan(ev: &Evaluation<'_>, address: &Address, prior: &Prior) -> Change {
    let mut change = deletion(address, prior);
    let removed = removed_by(&ev.config.root, &ModulePath::root(), address);
    if removed.is_some_and(|it| !it.destroy) {
        change.action = Action::Forget;
    }
    change.reason = Some(why_orphaned(ev, address, prior.previous_address.is_some()));
    change
}

/// The deletion of an object.
pub fn deletion(address: &Address, prior: &Prior) -> Change {
    Change {
        previous_address: prior.previous_address.clone(),
        before: Some(prior.row.clone()),
        prior_dependencies: prior.dependencies.clone(),
        create_before_destroy: prior.create_before_destroy,
        id: Some(prior.id.clone()),
        ..Change::blank(address.clone(), prior.provider.clone(), Action::Delete)
    }
}

/// The `removed` block that names the object, in the root or a module on the way to it.
fn removed_by<'m>(module: &'m Module, path: &ModulePath, address: &Address) -> Option<&'m Removed> {
    let here = module.removed.iter().find(|it| within(path, &it.from).contains(address));
    here.or_else(|| {
        let step = address.resource.module.0.get(path.0.len())?;
        let call = module.calls.get(&step.name)?;
        removed_by(&call.module, &path.child(step.name.clone(), step.key.clone()), address)
    })
}

/// A target of a module as seen from the root.
pub fn within(path: &ModulePath, target: &Target) -> Target {
    let under = |inner: &ModulePath| {
        let mut steps = path.0.clone();
        steps.extend(inner.0.iter().cloned());
        ModulePath(steps)
    };
    match target {
        Target::Module(it) => Target::Module(under(it)),
        Target::Resource(it) => {
            let mut it = it.clone();
            it.module = under(&it.module);
            Target::Resource(it)
        }
        Target::Instance(it) => {
            let mut it = it.clone();
            it.resource.module = under(&it.resource.module);
            Target::Instance(it)
        }
    }
}

fn why_orphaned(ev: &Evaluation<'_>, address: &Address, was_moved: bool) -> Reason {
    if ev.config.root.resource(&address.resource).is_none() {
        return match was_moved {
            true => Reason::DeleteBecauseNoMoveTarget,
            false => Reason::DeleteBecauseNoResourceConfig,
        };
    }
    let Some(module) = module_at(ev, &address.resource.module) else {
        return Reason::DeleteBecauseNoModule;
    };
    let resource = &address.resource;
    let key = ResourceKey::from(resource);
    let Ok(repetition) = ev.repetition(&module, &key) else {
        return Reason::DeleteBecauseNoResourceConfig;
    };
    match (&repetition.over, &address.key) {
        (Over::Count(_), Some(Key::Index(_))) => Reason::DeleteBecauseCountIndex,
        (Over::Each(_), Some(Key::Name(_))) => Reason::DeleteBecauseEachKey,
        _ => Reason::DeleteBecauseWrongRepetition,
    }
}

/// The module instance at that path, where the configuration has it.
pub fn module_at(ev: &Evaluation<'_>, path: &ModulePath) -> Option<Arc<ModuleInstance>> {
    module_below(ev, ev.root(), &path.0)
}

/// The module instance that these steps lead to.
pub fn module_below(
    ev: &Evaluation<'_>,
    from: Arc<ModuleInstance>,
    steps: &[ModuleStep],
) -> Option<Arc<ModuleInstance>> {
    steps.iter().try_fold(from, |module, step| {
        let call = module.module.calls.get(&step.name)?;
        let repetition = ev.call_repetition(&module, call).ok()?;
        let repeated = repetition.at(&step.key)?;
        Some(ev.child(&module, call, step.key.clone(), repeated))
    })
}

/// A deletion that `prevent_destroy` forbids, where the resource is still configured.
pub fn prevented(ev: &Evaluation<'_>, address: &Address) -> Result<()> {
    match ev.config.root.resource(&address.resource) {
        Some(it) if it.lifecycle.prevent_destroy => Err(refuse_destroy(it, address)),
        _ => Ok(()),
    }
}

/// Orders replacements: what must outlive the making of its users' successors is made first, too.
pub fn spread_create_before_destroy(changes: &mut Changes) {
    let mut waiting: Vec<Address> = changes
        .values()
        .filter(|it| it.create_before_destroy)
        .map(|it| it.address.clone())
        .collect();
    let mut seen: BTreeSet<Address> = waiting.iter().cloned().collect();
    while let Some(address) = waiting.pop() {
        let Some(change) = changes.get_mut(&address) else { continue };
        change.create_before_destroy = true;
        if change.action == Action::DeleteThenCreate {
            change.action = Action::CreateThenDelete;
        }
        let used: Vec<Address> = change.dependencies.clone();
        for it in used {
            let managed = it.resource.mode == Mode::Managed;
            if managed && seen.insert(it.clone()) {
                waiting.push(it);
            }
        }
    }
}

/// What targets keep of these changes: themselves, and what they depend on, each resource of that with all
/// its instances.
fn kept<'c>(
    changes: impl Iterator<Item = &'c Change>,
    mode: PlanMode,
    targets: &[Target],
) -> BTreeSet<Address> {
    let by_address: BTreeMap<Address, Vec<Address>> = changes
        .map(|it| {
            let all = it.dependencies.iter().chain(&it.prior_dependencies).cloned().collect();
            (it.address.clone(), all)
        })
        .collect();
    let mut alike: BTreeMap<ResourceAddress, Vec<&Address>> = BTreeMap::new();
    for address in by_address.keys() {
        alike.entry(address.resource.without_keys()).or_default().push(address);
    }
    let named = |it: &&Address| targets.iter().any(|target| target.contains(it));
    let mut kept: BTreeSet<Address> = by_address.keys().filter(named).cloned().collect();
    let mut waiting: Vec<Address> = kept.iter().cloned().collect();
    while let Some(address) = waiting.pop() {
        let linked: Vec<Address> = match mode {
            // What uses an object goes before it.
            PlanMode::Destroy => by_address
                .iter()
                .filter(|(_, used)| used.contains(&address))
                .map(|(user, _)| user.clone())
                .collect(),
            _ => by_address.get(&address).cloned().unwrap_or_default(),
        };
        let whole = linked.iter().filter_map(|it| alike.get(&it.resource.without_keys())).flatten();
        waiting.extend(whole.map(|it| (*it).clone()).filter(|it| kept.insert(it.clone())));
    }
    kept
}

/// The plan without what `--target` leaves out.
pub fn keep_targets(plan: &mut Plan, targets: &[Target]) {
    if targets.is_empty() {
        return;
    }
    let kept = kept(plan.changes.iter(), plan.mode, targets);
    plan.changes.retain(|it| kept.contains(&it.address));
    if plan.mode == PlanMode::Destroy {
        plan.outputs.clear();
    }
    plan.complete = false;
    plan.warnings.push(
        Diagnostic::warning(
            "Resource targeting is in effect",
            "`--target` leaves out part of the configuration, so the result may not be what it says",
        )
        .hint("plan again without `--target` afterwards"),
    );
}
