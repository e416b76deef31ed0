//! Planning: state, refresh, and evaluation in rounds until no data source is left to be read.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::clouds::Clouds;
use super::held::{self, Held};
use super::imports::Request;
use super::{
    Connected, Engine, Inputs, PlanFailure, PlanOptions, Stack, asked, generated, imports, prior,
    refresh,
};
use crate::address::Address;
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::lang::config::LookedAt;
use crate::lang::types::Type;
use crate::lang::value::{Str, Value};
use crate::plan::evaluation::{Evaluation, Facts, Purpose};
use crate::plan::generated::Generated;
use crate::plan::instance::Prior;
use crate::plan::memo::Settled;
use crate::plan::providers::{self, ProviderKey};
use crate::plan::{Action, Change, CheckResult, OutputChange, Plan, PlanMode, diff, make, moves};
use crate::state::{OutputState, State};

impl Engine {
    pub(super) async fn plan_locked(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        let (mut warnings, settled) = self.validated(stack);
        let made = self.clock.now();
        let given = asked::all_given(inputs, &stack.config);
        let variables = match (warnings.has_errors(), given) {
            (false, Ok(variables)) => variables,
            (_, given) => {
                warnings.keep(given);
                return Err(warnings.into());
            }
        };
        let state = self.known_state(&mut warnings)?;
        asked::still_declared(&stack.config.root).into_result(())?;
        let (objects, unknown) = prior::objects(&state, &self.registry);
        unknown.into_result(())?;
        let (objects, moved) = moves::carry_out(&stack.config, objects);
        if moved.has_errors() {
            return Err(moved.into());
        }
        warnings.extend(moved);
        let deposed = state.all_deposed().map(|(at, _, it)| (at, it.provider.as_str()));
        let deposed: Vec<_> = deposed.collect();
        let Connected { clouds, data, mut held } =
            self.connect(stack, &variables, &objects, &deposed).await?;
        let known_data = prior::data(&state, &self.registry);
        let stack = Cow::Borrowed(stack);
        let (generated, untold) = Default::default();
        let replace = options.replace.iter().cloned().collect();
        let mut ground = Ground {
            stack,
            settled,
            variables,
            state,
            objects,
            known_data,
            made,
            generated,
            untold,
            replace,
        };
        let unread = self.unread(&mut ground, &clouds, &data, &held, options);
        self.begin_survey(&ground, &unread, &clouds, options);
        let planned = self.seen(ground, unread, &clouds, data, &mut held, options).await;
        clouds.end_survey(&self.registry);
        let closed = held.close(self).await;
        let mut plan = match planned {
            Ok(plan) => plan,
            Err(mut failed) => {
                failed.diagnostics.extend(closed);
                return Err(failed);
            }
        };
        let mut all = warnings;
        all.extend(std::mem::take(&mut plan.warnings));
        all.extend(closed);
        plan.warnings = all;
        crate::plan::graph::build(&plan)?;
        Ok(plan)
    }

    /// Takes the objects that are to be read out of those that are known: all, or with targets those
    /// that the targets need.
    fn unread(
        &self,
        ground: &mut Ground<'_>,
        clouds: &Clouds,
        data: &BTreeMap<Address, Value>,
        held: &Held,
        options: &PlanOptions,
    ) -> BTreeMap<Address, Prior> {
        if !options.refresh {
            return BTreeMap::new();
        }
        if options.targets.is_empty() {
            return std::mem::take(&mut ground.objects);
        }
        // What was read last time says well enough which instances there are. Where it does not, whatever
        // is not looked at would be planned as it was: so everything is.
        let mut told = ground.known_data.clone();
        told.extend(data.clone());
        let (plan, found) = self.whole(ground, clouds, &told, &held.rows, options);
        if found.has_errors() {
            return std::mem::take(&mut ground.objects);
        }
        let needed: HashSet<Address> = plan.changes.into_iter().map(|it| it.address).collect();
        let all = std::mem::take(&mut ground.objects).into_iter();
        let (unread, left) = all.partition(|(address, _)| needed.contains(address));
        ground.objects = left;
        unread
    }

    /// Tells the providers what the plan will read. A run that only refreshes, or that writes down what
    /// it finds, looks at everything.
    fn begin_survey(
        &self,
        ground: &Ground<'_>,
        unread: &BTreeMap<Address, Prior>,
        clouds: &Clouds,
        options: &PlanOptions,
    ) {
        let (registry, root) = (&self.registry, &ground.stack.config.root);
        let objects = unread.iter().map(|(address, it)| {
            (providers::of_object(registry, root, address, &it.provider), &it.row)
        });
        // What no block reads any more is not read at all.
        let data = ground.known_data.iter().filter_map(|(address, row)| {
            Some((providers::of_block(registry, root, &address.resource)?, row))
        });
        let mut known: BTreeMap<ProviderKey, Vec<&Value>> = BTreeMap::new();
        for (key, row) in objects.chain(data) {
            known.entry(key).or_default().push(row);
        }
        let looked_at = || LookedAt::of(&ground.stack.config.root);
        let looked_at: &dyn Fn() -> LookedAt = &looked_at;
        let everything = options.mode == PlanMode::RefreshOnly || options.generate_config;
        let looked_at = (!everything).then_some(looked_at);
        clouds.begin_survey(&self.registry, known, looked_at);
    }

    /// Looks at what there is, then plans.
    async fn seen(
        &self,
        mut ground: Ground<'_>,
        unread: BTreeMap<Address, Prior>,
        clouds: &Clouds,
        data: BTreeMap<Address, Value>,
        held: &mut Held,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        let mut drift = Vec::new();
        if options.refresh {
            let it = refresh::objects(self, &ground.stack, clouds, unread).await?;
            ground.objects.extend(it.objects);
            drift = it.drift;
        }
        let mut plan = self.rounds(&mut ground, clouds, data, held, options).await?;
        plan.drift =
            drift.into_iter().map(|(address, prior, now)| drifted(address, &prior, now)).collect();
        Ok(plan)
    }

    /// Evaluates, reads the data sources and opens the ephemeral resources that turn out to be
    /// wanted, and evaluates again, until nothing more is wanted.
    async fn rounds(
        &self,
        ground: &mut Ground<'_>,
        clouds: &Clouds,
        mut data: BTreeMap<Address, Value>,
        held: &mut Held,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        loop {
            let round = self.round(ground, clouds, &data, &held.rows, options);
            let Wanting { wanted, imports } = match round {
                Round::Wanting(it) => it,
                Round::Impossible(found) => return Err(found.into()),
                Round::Done(plan, found) => {
                    let (errors, more): (Vec<_>, Vec<_>) = found
                        .into_iter()
                        .partition(|it| it.severity == crate::diag::Severity::Error);
                    let mut plan = *plan;
                    plan.warnings.extend(ground.untold());
                    plan.warnings.extend(more);
                    plan.data = data;
                    if !errors.is_empty() {
                        let mut diagnostics = std::mem::take(&mut plan.warnings);
                        diagnostics.extend(errors);
                        return Err(failed(plan, diagnostics));
                    }
                    forgets(&mut plan);
                    let (root, objects) = (&ground.stack.config.root, &ground.objects);
                    plan.warnings.extend(asked::names_nothing(&plan, root, objects, options));
                    return Ok(plan);
                }
            };
            let [ephemeral, wanted] = held::split(wanted);
            let mut unread: Vec<Address> = wanted.keys().cloned().collect();
            let read = refresh::read(self, clouds, wanted, &ground.known_data).await;
            unread.retain(|it| read.found.iter().all(|(address, _)| address != it));
            data.extend(read.found);
            ground.untold.extend(read.untold);
            let mut wrong = ground.untold();
            if read.wrong.has_errors() {
                // What was read may break conditions, such as that of the region, which tells more. The
                // rest is wrong only because of what was not read.
                let (plan, found) = self.whole(ground, clouds, &data, &held.rows, options);
                let broken = |it: &Diagnostic| it.summary.ends_with("condition failed");
                wrong.extend(read.wrong);
                wrong.extend(found.into_iter().filter(broken));
                return Err(failed(without(plan, &unread), wrong));
            }
            let unopened: Vec<Address> = ephemeral.keys().cloned().collect();
            if let Err(those) = held.open(self, clouds, ephemeral).await {
                let (plan, _) = self.whole(ground, clouds, &data, &held.rows, options);
                wrong.extend(those);
                return Err(failed(without(plan, &unopened), wrong));
            }
            let found = refresh::imports(self, clouds, imports).await;
            if let Err(those) = found.and_then(|found| self.take_over(ground, clouds, found)) {
                let (plan, _) = self.whole(ground, clouds, &data, &held.rows, options);
                wrong.extend(those);
                return Err(failed(plan, wrong));
            }
        }
    }

    /// Objects that were found for imports, as there from now on; those without configuration get one.
    fn take_over(
        &self,
        ground: &mut Ground<'_>,
        clouds: &Clouds,
        found: Vec<(Request, Prior)>,
    ) -> Result<()> {
        let mut new = Vec::new();
        for (request, prior) in &found {
            if let Some(unwritten) = &request.unwritten {
                new.extend(self.generate(clouds, request, unwritten, prior)?);
            }
        }
        if let Cow::Owned(stack) = generated::with(&ground.stack, &new)? {
            ground.stack = Cow::Owned(stack);
        }
        ground.generated.extend(new);
        ground.generated.sort_by(|a, b| a.address.cmp(&b.address));
        ground.objects.extend(found.into_iter().map(|(request, prior)| (request.address, prior)));
        Ok(())
    }

    /// One evaluation: of what is to be read first, and where nothing is, of everything.
    fn round(
        &self,
        ground: &Ground<'_>,
        clouds: &Clouds,
        data: &BTreeMap<Address, Value>,
        opened: &BTreeMap<Address, Value>,
        options: &PlanOptions,
    ) -> Round {
        let evaluation = self.evaluation(ground, clouds, data, opened, options);
        let mut imports = Vec::new();
        if options.mode == PlanMode::Normal {
            imports = imports::requests(&evaluation, &ground.objects, options.generate_config);
            // What needs a target is found by evaluating that.
            match options.targets.is_empty() {
                true => make::walk_read(&evaluation),
                false => make::walk(&evaluation, &options.targets),
            }
        }
        let wanted = std::mem::take(&mut *evaluation.wanted.borrow_mut());
        if !wanted.is_empty() || !imports.is_empty() {
            return Round::Wanting(Wanting { wanted, imports });
        }
        let plan = self.everything(ground, data, &evaluation, options);
        let unmoved = moves::still_there(&evaluation);
        let mut found = evaluation.take_diagnostics();
        if unmoved.has_errors() {
            found.extend(unmoved);
            return Round::Impossible(found);
        }
        Round::Done(Box::new(plan), found)
    }

    /// The plan as far as it can be made without what could not be read.
    fn whole(
        &self,
        ground: &Ground<'_>,
        clouds: &Clouds,
        data: &BTreeMap<Address, Value>,
        opened: &BTreeMap<Address, Value>,
        options: &PlanOptions,
    ) -> (Plan, Diagnostics) {
        let evaluation = self.evaluation(ground, clouds, data, opened, options);
        let plan = self.everything(ground, data, &evaluation, options);
        (plan, evaluation.take_diagnostics())
    }

    fn evaluation<'e>(
        &'e self,
        ground: &'e Ground<'_>,
        clouds: &'e Clouds,
        data: &'e BTreeMap<Address, Value>,
        opened: &'e BTreeMap<Address, Value>,
        options: &PlanOptions,
    ) -> Evaluation<'e> {
        let purpose =
            if options.mode == PlanMode::Normal { Purpose::Plan } else { Purpose::Destroy };
        let (variables, objects, made) = (&ground.variables, &ground.objects, Some(ground.made));
        let facts = Facts {
            data,
            opened,
            clouds: clouds.all(),
            ..self.facts(&ground.stack, purpose, variables, objects, &ground.replace, made)
        };
        let evaluation = Evaluation::new(&ground.stack.config, facts).knowing(&ground.settled);
        let untold = ground.untold.iter().map(|(at, why)| (at.clone(), why.summary.clone()));
        evaluation.unread.borrow_mut().extend(untold);
        evaluation
    }

    /// Everything, evaluated.
    fn everything(
        &self,
        ground: &Ground<'_>,
        data: &BTreeMap<Address, Value>,
        evaluation: &Evaluation<'_>,
        options: &PlanOptions,
    ) -> Plan {
        let objects = &ground.objects;
        let before = state_outputs(&ground.state);
        let outputs;
        match options.mode {
            PlanMode::Normal => {
                make::walk(evaluation, &options.targets);
                outputs = match options.targets.is_empty() {
                    true => make::outputs(evaluation, &before),
                    false => make::targeted_outputs(evaluation, &before, &options.targets),
                };
                let planned = |address: &Address| evaluation.changes.borrow().contains_key(address);
                let orphans = objects.iter().filter(|(address, _)| !planned(address));
                let orphans =
                    orphans.filter(|(address, _)| !self.is_configured(evaluation, address));
                let orphans: Vec<Change> = orphans
                    .map(|(address, prior)| make::orphan(evaluation, address, prior))
                    .collect();
                for change in orphans {
                    if change.action == Action::Delete {
                        evaluation.keep(make::prevented(evaluation, &change.address));
                    }
                    evaluation.planned(change);
                }
            }
            PlanMode::Destroy => {
                for (address, prior) in objects {
                    evaluation.keep(make::prevented(evaluation, address));
                    evaluation.planned(make::deletion(address, prior));
                }
                outputs = removed_outputs(before);
            }
            PlanMode::RefreshOnly => {
                outputs = self.outputs_as_they_are(ground, data, objects, before);
            }
        }
        let mut changes = std::mem::take(&mut *evaluation.changes.borrow_mut());
        make::spread_create_before_destroy(&mut changes);
        changes.sort_unstable_keys();
        let mut changes: Vec<Change> = changes.into_values().map(|it| *it).collect();
        changes.extend(self.deposed(&ground.state));
        let mut checks = std::mem::take(&mut *evaluation.checks.borrow_mut());
        CheckResult::sort(&mut checks);
        let mut plan = Plan {
            mode: options.mode,
            changes,
            outputs,
            drift: Vec::new(),
            checks,
            prior: ground.state.clone(),
            warnings: Diagnostics::new(),
            complete: true,
            errored: false,
            made: ground.made,
            data: BTreeMap::new(),
            refreshed: objects.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            generated: ground.generated.clone(),
        };
        for change in plan.changes.iter().filter(|it| it.importing.is_some()) {
            if let (Some(prior), Some(row)) =
                (plan.refreshed.get_mut(&change.address), &change.before)
            {
                prior.row = row.clone();
            }
        }
        make::keep_targets(&mut plan, &options.targets);
        plan
    }

    /// Root outputs as they follow from the objects that there are.
    fn outputs_as_they_are(
        &self,
        ground: &Ground<'_>,
        data: &BTreeMap<Address, Value>,
        objects: &BTreeMap<Address, Prior>,
        before: BTreeMap<Str, Value>,
    ) -> BTreeMap<Str, OutputChange> {
        let (replace, made) = (HashSet::new(), Some(ground.made));
        let (purpose, variables) = (Purpose::Apply, &ground.variables);
        let facts = self.facts(&ground.stack, purpose, variables, objects, &replace, made);
        let facts = Facts { data, ..facts };
        let evaluation = Evaluation::new(&ground.stack.config, facts).knowing(&ground.settled);
        let mut outputs = make::outputs(&evaluation, &before);
        let known = |it: &OutputChange| it.after.as_ref().is_some_and(Value::is_wholly_known);
        outputs.retain(|_, it| known(it));
        for (name, change) in kept_outputs(before) {
            outputs.entry(name).or_insert(change);
        }
        outputs
    }

    /// Whether the configuration has an instance of that address, though evaluating it failed or a
    /// target leaves it out.
    fn is_configured(&self, evaluation: &Evaluation<'_>, address: &Address) -> bool {
        let it = &address.resource;
        let key = it.into();
        let Some(module) = make::module_at(evaluation, &it.module) else { return false };
        module.module.resources.contains_key(&key)
            && match evaluation.repetition(&module, &key) {
                Ok(repetition) => repetition.at(&address.key).is_some(),
                Err(_) => true,
            }
    }

    /// Deletions of objects that an earlier run left deposed.
    fn deposed(&self, state: &State) -> Vec<Change> {
        let all: Vec<&Address> = state.currents().map(|(address, _)| address).collect();
        let deletions = state.all_deposed().filter_map(|(address, key, object)| {
            let prior = prior::object_of(address, object, &self.registry, &all)?;
            let mut change = make::deletion(address, &prior);
            change.deposed = Some(key.to_string());
            Some(change)
        });
        deletions.collect()
    }

    /// The state, with what an interrupted run has finished.
    fn known_state(&self, warnings: &mut Diagnostics) -> Result<State> {
        let mut state = self.store.read()?.unwrap_or_default();
        let Some(journal) = self.store.journal()? else { return Ok(state) };
        let replay = crate::state::replay::replay(&journal)?;
        if !replay.unfinished.is_empty() {
            let names: Vec<String> =
                replay.unfinished.iter().map(|it| it.intent.address.to_string()).collect();
            warnings.push(
                Diagnostic::warning(
                    "an earlier run was interrupted",
                    format!("these operations are unfinished: {}", names.join(", ")),
                )
                .hint("the next `apply` or `destroy` takes them up first"),
            );
        }
        replay.apply_to(&mut state)?;
        Ok(state)
    }
}

/// A plan that could not be finished.
fn failed(mut plan: Plan, diagnostics: Diagnostics) -> PlanFailure {
    (plan.complete, plan.errored) = (false, true);
    PlanFailure { diagnostics, partial: Some(Box::new(plan)) }
}

/// What of a plan does not hang on data sources that could not be read.
fn without(mut plan: Plan, unread: &[Address]) -> Plan {
    plan.changes.retain(|it| !it.dependencies.iter().any(|it| unread.contains(it)));
    plan.outputs.retain(|_, it| it.after.as_ref().is_none_or(Value::is_wholly_known));
    plan
}

/// Says which objects are left alone from now on.
fn forgets(plan: &mut Plan) {
    let gone = plan.changes.iter().filter(|it| it.action == Action::Forget);
    let names: Vec<String> = gone.map(|it| it.address.to_string()).collect();
    if !names.is_empty() {
        plan.warnings.push(Diagnostic::warning(
            "Some objects will no longer be managed",
            format!("they stay as they are, and the state forgets them: {}", names.join(", ")),
        ));
    }
}

/// What a plan stands on.
struct Ground<'a> {
    /// What is wanted, generated blocks included.
    stack: Cow<'a, Stack>,
    settled: Settled,
    variables: BTreeMap<Str, Value>,
    state: State,
    objects: BTreeMap<Address, Prior>,
    /// Data sources as they were last read.
    known_data: BTreeMap<Address, Value>,
    made: jiff::Timestamp,
    /// Blocks that were written for imports without one.
    generated: Vec<Generated>,
    /// Data sources of checks that could not be read, and what to warn of.
    untold: BTreeMap<Address, Diagnostic>,
    /// Instances that are to be made anew on request.
    replace: HashSet<Address>,
}

impl Ground<'_> {
    fn untold(&self) -> Diagnostics {
        self.untold.values().cloned().collect()
    }
}

/// What one evaluation comes to.
enum Round {
    /// Something is to be found out first.
    Wanting(Wanting),
    /// A plan, and what is wrong with it.
    Done(Box<Plan>, Diagnostics),
    /// No plan: what is said to have moved is still there.
    Impossible(Diagnostics),
}

/// What is to be found out before there can be a plan.
struct Wanting {
    /// Data sources to be read, and ephemeral resources to be opened.
    wanted: BTreeMap<Address, crate::plan::evaluation::Wanted>,
    /// Objects to be looked for.
    imports: Vec<Request>,
}

fn drifted(address: Address, prior: &Prior, now: Option<Value>) -> Change {
    let mut change = make::deletion(&address, prior);
    if let Some(now) = now {
        change.action = if diff::changes(&prior.row, &now) { Action::Update } else { Action::NoOp };
        change.after = Some(now);
    }
    change
}

fn state_outputs(state: &State) -> BTreeMap<Str, Value> {
    let read = |it: &OutputState| {
        let value = Value::from_json(&it.value);
        let ty = Type::from_json(&it.ty).unwrap_or(Type::Any);
        let value = crate::lang::convert::convert(&value, &ty).unwrap_or(value);
        if it.sensitive { value.sensitive() } else { value }
    };
    state.outputs.iter().map(|(name, it)| (name.as_str().into(), read(it))).collect()
}

fn removed_outputs(before: BTreeMap<Str, Value>) -> BTreeMap<Str, OutputChange> {
    let gone = |(name, value): (Str, Value)| {
        let sensitive = value.has_sensitive();
        (name, OutputChange { before: Some(value), after: None, sensitive })
    };
    before.into_iter().map(gone).collect()
}

fn kept_outputs(before: BTreeMap<Str, Value>) -> BTreeMap<Str, OutputChange> {
    let kept = |(name, value): (Str, Value)| {
        let sensitive = value.has_sensitive();
        (name, OutputChange { before: Some(value.clone()), after: Some(value), sensitive })
    };
    before.into_iter().map(kept).collect()
}
