//! Applying: what a plan says, through [`crate::apply`]; and taking up what a crash has left.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::resolver::Resolver;
use super::{Applied, Connected, Engine, Inputs, Stack, ignored};
use crate::address::{Address, Mode, Target};
use crate::apply::{Clouds, Ignored, Settings};
use crate::diag::{Diagnostic, Diagnostics, Result, Severity};
use crate::lang::value::{Str, Value};
use crate::plan::evaluation::{Evaluation, Facts, Purpose};
use crate::plan::instance::Prior;
use crate::plan::{Action, CheckResult, CheckStatus, Plan, PlanMode};
use crate::state::{OutputState, State, replay};

impl Engine {
    pub(super) async fn try_apply(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        plan: &Plan,
    ) -> Result<Applied> {
        if plan.errored {
            return Err(Diagnostic::error(
                "Cannot apply incomplete plan",
                "making this plan failed, so it holds only a part of what is wanted",
            )
            .hint("remove what made it fail, and make a new plan")
            .into());
        }
        let _guard = self.lock("apply").await?;
        let kept = self.store.read()?;
        // A state that is gone is not the one that was planned against, unless there was none.
        let gone = kept.is_none() && plan.prior.serial > 0;
        let state = kept.unwrap_or_else(|| plan.prior.clone());
        if gone || (&state.lineage, state.serial) != (&plan.prior.lineage, plan.prior.serial) {
            return Err(Diagnostic::error(
                "Saved plan is stale",
                "the state has changed since the plan was made, so the plan no longer fits",
            )
            .hint("make a new plan")
            .into());
        }
        if self.store.journal()?.is_some_and(|it| !it.events.is_empty()) {
            return Err(Diagnostic::error(
                "an earlier run was interrupted",
                "its unfinished operations must be taken up before a plan is applied",
            )
            .hint("plan again: `apply` without a saved plan takes them up first")
            .into());
        }
        let variables = inputs.read(&stack.config)?;
        // What is for one run only is in no plan: without it, nothing is begun.
        let declared = stack.config.root.variables.values().filter(|it| it.ephemeral);
        let mut missing = Diagnostics::new();
        for it in declared {
            let given = variables.get(&it.name).cloned();
            missing.keep(crate::plan::variables::settle(it, given, it.span));
        }
        missing.into_result(())?;
        let objects: BTreeMap<Address, Prior> = plan.refreshed.clone();
        let changed = plan.changes.iter().map(|it| (&it.address, it.provider.as_str()));
        let changed: Vec<_> = changed.collect();
        let mut connected = self.connect(stack, &variables, &objects, &changed).await?;
        let applied = self.perform(stack, &variables, &objects, plan, state, &connected).await;
        let closed = connected.held.close(self).await;
        applied.map(|mut it| {
            it.diagnostics.extend(closed);
            it
        })
    }

    async fn perform(
        &self,
        stack: &Stack,
        variables: &BTreeMap<Str, Value>,
        objects: &BTreeMap<Address, Prior>,
        plan: &Plan,
        mut state: State,
        connected: &Connected,
    ) -> Result<Applied> {
        let clouds = &connected.clouds;
        self.bring_up_to_date(&mut state, plan)?;
        let replace = HashSet::new();
        let made = Some(plan.made);
        let facts = Facts {
            data: &plan.data,
            clouds: clouds.all(),
            ..self.facts(stack, Purpose::Apply, variables, objects, &replace, made)
        };
        let evaluation = Evaluation::new(&stack.config, facts);
        let planned = plan.changes.iter().filter(|it| it.deposed.is_none());
        planned.for_each(|it| evaluation.planned(it.clone()));
        evaluation.results.borrow_mut().extend(plan.data.clone());
        let mut resolver = Resolver::new(evaluation, clouds);
        resolver.open(&connected.held.rows);
        let registry = &self.registry;
        let cloud_of =
            |address: &Address, known: &str| clouds.of_object(registry, stack, address, known);
        let ignored = |address: &Address| ignored(stack, address);
        let settings = self.settings(&cloud_of, &ignored);
        let mut applied = crate::apply::run(&settings, plan, state, &mut resolver).await;
        if let Err(those) = self.save_outputs(&resolver, plan, &mut applied) {
            applied.diagnostics.extend(those);
        }
        Ok(applied)
    }

    /// Finishes or adopts what an interrupted run has left. Does nothing where there is none.
    pub async fn recover(&self, stack: &Stack, inputs: &Inputs) -> Result<Diagnostics> {
        if self.store.journal()?.is_none() {
            return Ok(Diagnostics::new());
        }
        let _guard = self.lock("recover").await?;
        let variables = inputs.read(&stack.config)?;
        let state = self.store.read()?.unwrap_or_default();
        let journal = self.store.journal()?;
        let left = journal.as_ref().map(replay::replay).transpose()?;
        let left = left.iter().flat_map(|it| &it.unfinished);
        let left = left.map(|it| (&it.intent.address, it.intent.provider.as_str()));
        let left: Vec<_> = left.collect();
        let mut connected = self.connect(stack, &variables, &BTreeMap::new(), &left).await?;
        let again = self.sent_again(stack, &variables, &state, &mut connected).await;
        let again = match again {
            Ok(again) => again,
            Err(mut those) => {
                those.extend(connected.held.close(self).await);
                return Err(those);
            }
        };
        let clouds = &connected.clouds;
        let registry = &self.registry;
        let cloud_of =
            |address: &Address, known: &str| clouds.of_object(registry, stack, address, known);
        let ignored = |address: &Address| ignored(stack, address);
        let settings = self.settings(&cloud_of, &ignored);
        let (_, mut diagnostics) = crate::apply::resume(&settings, state, &again).await;
        diagnostics.extend(connected.held.close(self).await);
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(diagnostics) }
    }

    fn settings<'a>(&'a self, clouds: Clouds<'a>, ignored: Ignored<'a>) -> Settings<'a> {
        Settings {
            registry: &self.registry,
            clouds,
            ignored,
            store: &*self.store,
            clock: self.clock.clone(),
            listener: &*self.listener,
            cancel: self.cancel.clone(),
            parallelism: self.parallelism,
            retry_for: self.retry_for,
        }
    }

    /// Moves, drift, imports and what is gone, in the state before anything is sent.
    fn bring_up_to_date(&self, state: &mut State, plan: &Plan) -> Result<()> {
        let known: Vec<Address> = state
            .currents()
            .map(|(address, _)| address.clone())
            .filter(|it| it.resource.mode == Mode::Managed)
            .collect();
        for (to, prior) in &plan.refreshed {
            if let Some(from) =
                prior.previous_address.as_ref().filter(|it| state.current(it).is_some())
            {
                state.relocate(from, to.clone())?;
            }
        }
        let targeted: BTreeSet<&Address> = plan.changes.iter().map(|it| &it.address).collect();
        for (address, prior) in &plan.refreshed {
            let Some(driver) = self.registry.driver(&address.resource.kind) else { continue };
            let attributes = crate::plan::codec::encode(driver.schema(), &prior.row);
            match state.current_mut(address) {
                Some(object) => object.attributes = attributes,
                None if targeted.contains(address) || prior.importing.is_none() => {
                    let mut object = crate::state::Object::new(attributes);
                    object.provider.clone_from(&prior.provider);
                    object.sensitive_attributes = crate::plan::codec::sensitive_paths(&prior.row);
                    state.insert(address.clone(), object);
                }
                None => {}
            }
        }
        for address in known {
            let moved =
                plan.refreshed.values().any(|it| it.previous_address.as_ref() == Some(&address));
            if !plan.refreshed.contains_key(&address) && !moved {
                state.remove(&address);
            }
        }
        self.store.write(state)
    }

    fn save_outputs(
        &self,
        resolver: &Resolver<'_>,
        plan: &Plan,
        applied: &mut Applied,
    ) -> Result<()> {
        let mut diagnostics = Diagnostics::new();
        if !plan.complete {
            let detail = "`--target` left something out, so the configuration is not carried out";
            applied.diagnostics.push(
                Diagnostic::warning("Applied changes may be incomplete", detail)
                    .hint("plan again without `--target` to see what is left"),
            );
        }
        match plan.mode {
            PlanMode::Destroy => forget_what_is_told(&mut applied.state),
            PlanMode::RefreshOnly => {
                for (name, change) in &plan.outputs {
                    let Some(value) = &change.after else { continue };
                    let sensitive = value.has_sensitive();
                    put_output(&mut applied.state, name, value, sensitive);
                }
            }
            PlanMode::Normal if !plan.complete => {
                let (values, _) = resolver.outputs();
                for (name, (value, sensitive)) in values {
                    if plan.outputs.contains_key(&name) && value.is_wholly_known() {
                        put_output(&mut applied.state, &name, &value, sensitive);
                    }
                }
            }
            // What failed leaves the outputs that depend on it as they were.
            PlanMode::Normal => {
                diagnostics.extend(resolver.variables());
                let values = resolver.outputs();
                diagnostics.extend(values.1);
                let names: BTreeSet<String> = values.0.keys().map(|it| it.to_string()).collect();
                applied.state.outputs.retain(|name, _| names.contains(name) || applied.failed > 0);
                for (name, (value, sensitive)) in values.0 {
                    put_output(&mut applied.state, &name, &value, sensitive);
                }
                let (checks, told) = resolver.checks(plan);
                let told = told.into_iter().filter(|it| it.severity == Severity::Warning);
                applied.diagnostics.extend(told);
                applied.state.check_results = check_results(&checks);
                if applied.failed == 0 && !applied.interrupted {
                    self.keep_data(resolver, plan, &mut applied.state);
                }
            }
        }
        diagnostics.keep(self.store.write(&mut applied.state));
        diagnostics.into_result(())
    }

    /// The state lists data sources as they were read last.
    fn keep_data(&self, resolver: &Resolver<'_>, plan: &Plan, state: &mut State) {
        let old: Vec<Address> = state
            .currents()
            .map(|(address, _)| address.clone())
            .filter(|it| it.resource.mode == Mode::Data)
            .collect();
        for address in old {
            state.remove(&address);
        }
        let deferred = plan.changes.iter().filter(|it| it.action == Action::Read);
        let late =
            deferred.filter_map(|it| Some((it.address.clone(), resolver.result(&it.address)?)));
        let told = plan.data.clone().into_iter().chain(late);
        for (address, row) in told.filter(|(address, _)| !resolver.is_unread(address)) {
            let Some(source) = self.registry.data_source(&address.resource.kind) else { continue };
            let row = crate::plan::instance::mark_sensitive(source.schema().attributes, &row);
            let mut object =
                crate::state::Object::new(crate::plan::codec::encode(source.schema(), &row));
            object.provider = resolver.provider(&address);
            object.sensitive_attributes = crate::plan::codec::sensitive_paths(&row);
            state.insert(address, object);
        }
    }
}

/// The state keeps no output that is null.
fn put_output(state: &mut State, name: &str, value: &Value, sensitive: bool) {
    if value.is_null() {
        state.outputs.remove(name);
    } else if let Some(json) = value.to_json() {
        let output = OutputState { value: json, ty: value.ty().to_json(), sensitive };
        state.outputs.insert(name.to_string(), output);
    }
}

/// Once nothing is left, what data sources and outputs told is of no use either.
fn forget_what_is_told(state: &mut State) {
    let managed = state.iter().any(|(address, _)| address.resource.mode == Mode::Managed);
    if managed {
        return;
    }
    let data: Vec<Address> = state.iter().map(|(address, _)| address.clone()).collect();
    for address in data {
        state.remove(&address);
    }
    state.outputs.clear();
}

/// Results of checks as the state keeps them: by what was declared, the instances of it together.
fn check_results(checks: &[CheckResult]) -> Option<serde_json::Value> {
    use serde_json::json;
    let mut groups = BTreeMap::<(&str, String), Vec<_>>::new();
    for it in checks {
        let declared = match it.address.parse::<Target>() {
            Ok(Target::Instance(it)) => it.resource.without_keys().to_string(),
            Ok(Target::Resource(it)) => it.without_keys().to_string(),
            _ => it.address.clone(),
        };
        let kind = if it.kind == "output_value" { "output" } else { it.kind };
        groups.entry((kind, declared)).or_default().extend(&it.instances);
    }
    let each = groups.into_iter().map(|((kind, address), instances)| {
        let status = instances.iter().map(|(_, status, _)| *status).max();
        let objects = instances.iter().map(|(address, status, problems)| {
            let mut out = json!({"object_addr": address, "status": status.word()});
            if !problems.is_empty() {
                out["failure_messages"] = json!(problems);
            }
            out
        });
        json!({
            "object_kind": kind,
            "config_addr": address,
            "status": status.map_or("pass", CheckStatus::word),
            "objects": objects.collect::<Vec<_>>(),
        })
    });
    let all: Vec<_> = each.collect();
    (!all.is_empty()).then(|| all.into())
}
