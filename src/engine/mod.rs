//! The face for embedding: [`Engine`] loads stacks, plans them, and applies plans.
//!
//! An engine holds what comes from outside: providers, files, the state store, the clock, and who
//! listens. It reads no environment and prints nothing.

mod clouds;
mod inputs;
mod prior;
mod refresh;
mod resolver;
pub mod saved;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use inputs::{Input, InputValue, Inputs};

use self::clouds::Clouds;
use self::resolver::Resolver;
pub use crate::apply::{Applied, Cancel};
use crate::address::{Address, Mode, Target};
use crate::clock::Clock;
use crate::diag::{Diagnostic, Diagnostics, Result, Sources};
use crate::event::Listener;
use crate::lang::config::Config;
use crate::lang::config::validate::{Types, validate};
use crate::lang::eval::{Environment, evaluate};
use crate::lang::files::Files;
use crate::lang::load;
use crate::lang::types::Type;
use crate::lang::value::{Str, Value};
use crate::plan::evaluation::{Evaluation, Facts, Purpose};
use crate::plan::instance::Prior;
use crate::plan::{Action, Change, OutputChange, Plan, PlanMode, diff, make, moves};
use crate::provider::Registry;
use crate::state::{Guard, LockError, LockInfo, OutputState, State, Store};

/// Runs stacks.
#[derive(Clone)]
pub struct Engine {
    /// Every type that there is.
    pub registry: Registry,
    /// Files that stacks and their functions read.
    pub files: Arc<dyn Files>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where state and journal are kept.
    pub store: Arc<dyn Store>,
    /// Where events go.
    pub listener: Arc<dyn Listener>,
    /// Asks a run to end early.
    pub cancel: Cancel,
    /// How many steps of an apply may be under way at a time.
    pub parallelism: usize,
    /// How long a call is tried again while its failures are worth another try.
    pub retry_for: Duration,
    /// How long to wait for the state's lock; none leaves the state unlocked.
    pub lock_timeout: Option<Duration>,
    /// Who runs this, for the lock: `user@host`.
    pub who: String,
    /// Name of the workspace.
    pub workspace: String,
    /// The working directory, where relative paths start.
    pub dir: Arc<Path>,
}

/// A stack that has been read.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What its files say.
    pub config: Config,
    /// The files, for snippets.
    pub sources: Sources,
}

/// How to plan.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Towards the configuration, towards nothing, or only the state.
    pub mode: PlanMode,
    /// Only these and what they depend on; empty for everything.
    pub targets: Vec<Target>,
    /// Replace these even where nothing asks for it.
    pub replace: Vec<Address>,
    /// Whether to read what exists; without it, the state is believed.
    pub refresh: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        PlanOptions { mode: PlanMode::Normal, targets: Vec::new(), replace: Vec::new(), refresh: true }
    }
}

/// A failed plan: what is wrong, and how far it came.
#[derive(Clone, Debug)]
pub struct PlanFailure {
    /// What is wrong.
    pub diagnostics: Diagnostics,
    /// What was planned before; not to be applied.
    pub partial: Option<Box<Plan>>,
}

impl From<Diagnostics> for PlanFailure {
    fn from(diagnostics: Diagnostics) -> Self {
        PlanFailure { diagnostics, partial: None }
    }
}

impl Engine {
    /// An engine with a clock of the machine, the file system and no listener, for the rest to be
    /// set as fields.
    pub fn new(registry: Registry, store: Arc<dyn Store>) -> Self {
        Engine {
            registry,
            files: Arc::new(crate::lang::files::DiskFiles),
            clock: Arc::new(crate::clock::SystemClock::new()),
            store,
            listener: Arc::new(|_| {}),
            cancel: Cancel::new(),
            parallelism: 10,
            retry_for: Duration::from_secs(120),
            lock_timeout: Some(Duration::ZERO),
            who: String::new(),
            workspace: "default".into(),
            dir: Path::new(".").into(),
        }
    }

    /// Reads a stack: a file, or a directory of them. There is no stack where nothing could be read.
    pub fn load(&self, path: &Path) -> (Option<Stack>, Diagnostics) {
        let sources = Sources::default();
        let (config, diagnostics) = load::load_into(&*self.files, path, sources.clone());
        (config.map(|config| Stack { config, sources }), diagnostics)
    }

    /// Everything that is wrong with a stack whatever its variables, state and cloud are.
    pub fn validate(&self, stack: &Stack) -> Diagnostics {
        let mut found = validate(&stack.config.root, &Known(&self.registry));
        if found.has_errors() {
            return found;
        }
        let (prior, data, replace, variables) = Default::default();
        let facts = self.facts(stack, Purpose::Validate, &variables, &prior, &data, &replace, None);
        let evaluation = Evaluation::new(&stack.config, facts);
        for block in &stack.config.root.providers {
            evaluation.keep(evaluation.provider(&(block.name.clone(), block.alias.clone())));
        }
        make::walk(&evaluation, &[]);
        make::outputs(&evaluation, &BTreeMap::new());
        found.extend(evaluation.take_diagnostics());
        found
    }

    /// What it takes to make what exists into what the stack describes.
    pub async fn plan(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        let _guard = self.lock("plan").await?;
        self.plan_locked(stack, inputs, options).await
    }

    async fn plan_locked(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        let mut warnings = self.validate(stack);
        if warnings.has_errors() {
            return Err(warnings.into());
        }
        let made = self.clock.now();
        let environment = self.environment(stack, Some(made), false);
        let variables = inputs.read(&stack.config, &environment)?;
        let state = self.known_state(&mut warnings)?;
        let (objects, unknown) = prior::objects(&state, &self.registry);
        unknown.into_result(())?;
        let (objects, moved) = moves::carry_out(&stack.config, objects);
        if moved.has_errors() {
            return Err(moved.into());
        }
        warnings.extend(moved);
        let clouds = self.connect(stack, &variables, &objects).await?;
        let before = objects.clone();
        let (objects, drift) = match options.refresh {
            true => {
                let it = refresh::objects(self, &clouds, objects).await?;
                (it.objects, it.drift)
            }
            false => (objects, Vec::new()),
        };
        let ground = Ground { stack, variables, state, objects, made, before };
        let mut plan = self.rounds(&ground, &clouds, options).await?;
        plan.drift = drift.into_iter().map(|(address, prior, now)| drifted(address, &prior, now)).collect();
        let mut all = warnings;
        all.extend(std::mem::take(&mut plan.warnings));
        plan.warnings = all;
        crate::plan::graph::build(&plan)?;
        Ok(plan)
    }

    /// Evaluates, reads the data sources that turn out to be wanted, and evaluates again, until
    /// nothing more is wanted.
    async fn rounds(
        &self,
        ground: &Ground<'_>,
        clouds: &Clouds,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        let mut data: BTreeMap<Address, Value> = BTreeMap::new();
        let mut imported: BTreeMap<Address, Prior> = BTreeMap::new();
        loop {
            let round = self.round(ground, &data, &imported, options);
            if round.wanted.is_empty() && round.imports.is_empty() {
                let mut plan = round.plan;
                let (errors, warnings): (Vec<_>, Vec<_>) = round
                    .diagnostics
                    .into_iter()
                    .partition(|it| it.severity == crate::diag::Severity::Error);
                plan.warnings.extend(warnings);
                if !errors.is_empty() {
                    let mut diagnostics = std::mem::take(&mut plan.warnings);
                    diagnostics.extend(errors);
                    plan.complete = false;
                    return Err(PlanFailure { diagnostics, partial: Some(Box::new(plan)) });
                }
                plan.data = data;
                return Ok(plan);
            }
            data.extend(refresh::data(self, clouds, round.wanted).await?);
            imported.extend(refresh::imports(self, clouds, round.imports).await?);
        }
    }

    fn round(
        &self,
        ground: &Ground<'_>,
        data: &BTreeMap<Address, Value>,
        imported: &BTreeMap<Address, Prior>,
        options: &PlanOptions,
    ) -> Round {
        let mut objects = ground.objects.clone();
        objects.extend(imported.clone());
        let replace: HashSet<Address> = options.replace.iter().cloned().collect();
        let purpose = if options.mode == PlanMode::Normal { Purpose::Plan } else { Purpose::Destroy };
        let facts =
            self.facts(ground.stack, purpose, &ground.variables, &objects, data, &replace, Some(ground.made));
        let evaluation = Evaluation::new(&ground.stack.config, facts);
        let before = state_outputs(&ground.state);
        let mut imports = Vec::new();
        let mut outputs = BTreeMap::new();
        match options.mode {
            PlanMode::Normal => {
                imports = import_requests(&evaluation, &objects);
                make::walk(&evaluation, &options.targets);
                if options.targets.is_empty() {
                    outputs = make::outputs(&evaluation, &before);
                }
                let planned: HashSet<Address> = evaluation.changes.borrow().keys().cloned().collect();
                let orphans = objects.iter().filter(|(address, _)| !planned.contains(address));
                let orphans = orphans.filter(|(address, _)| !self.is_configured(&evaluation, address));
                let orphans: Vec<Change> =
                    orphans.map(|(address, prior)| make::orphan(&evaluation, address, prior)).collect();
                for change in orphans {
                    if change.action == Action::Delete {
                        evaluation.keep(make::prevented(&evaluation, &change.address));
                    }
                    evaluation.changes.borrow_mut().insert(change.address.clone(), change);
                }
            }
            PlanMode::Destroy => {
                for (address, prior) in &objects {
                    evaluation.keep(make::prevented(&evaluation, address));
                    let change = make::deletion(address, prior);
                    evaluation.changes.borrow_mut().insert(address.clone(), change);
                }
                outputs = removed_outputs(before);
            }
            PlanMode::RefreshOnly => outputs = kept_outputs(before),
        }
        let mut changes = std::mem::take(&mut *evaluation.changes.borrow_mut());
        make::spread_create_before_destroy(&mut changes);
        let mut changes: Vec<Change> = changes.into_values().collect();
        changes.extend(self.deposed(&ground.state));
        let mut plan = Plan {
            mode: options.mode,
            changes,
            outputs,
            drift: Vec::new(),
            checks: std::mem::take(&mut *evaluation.checks.borrow_mut()),
            prior: ground.state.clone(),
            warnings: Diagnostics::new(),
            complete: true,
            made: ground.made,
            data: BTreeMap::new(),
            refreshed: objects.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        };
        make::keep_targets(&mut plan, &options.targets);
        let wanted = std::mem::take(&mut *evaluation.wanted.borrow_mut());
        Round { plan, wanted, imports, diagnostics: evaluation.take_diagnostics() }
    }

    /// Whether the configuration has an instance of that address, though evaluating it failed or a
    /// target leaves it out.
    fn is_configured(&self, evaluation: &Evaluation<'_>, address: &Address) -> bool {
        let it = &address.resource;
        let key = crate::lang::config::ResourceKey {
            mode: it.mode,
            kind: it.kind.clone(),
            name: it.name.clone(),
        };
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

    /// Does what the plan says.
    pub async fn apply(&self, stack: &Stack, inputs: &Inputs, plan: &Plan) -> Applied {
        match self.try_apply(stack, inputs, plan).await {
            Ok(applied) => applied,
            Err(diagnostics) => Applied {
                state: plan.prior.clone(),
                diagnostics,
                interrupted: false,
                done: Default::default(),
                failed: 0,
                skipped: 0,
            },
        }
    }

    async fn try_apply(&self, stack: &Stack, inputs: &Inputs, plan: &Plan) -> Result<Applied> {
        let _guard = self.lock("apply").await?;
        let mut state = self.store.read()?.unwrap_or_else(|| plan.prior.clone());
        if (&state.lineage, state.serial) != (&plan.prior.lineage, plan.prior.serial) {
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
        let environment = self.environment(stack, Some(plan.made), true);
        let variables = inputs.read(&stack.config, &environment)?;
        let objects: BTreeMap<Address, Prior> = plan.refreshed.clone();
        let clouds = self.connect(stack, &variables, &objects).await?;
        self.bring_up_to_date(&mut state, plan)?;
        let replace = HashSet::new();
        let facts =
            self.facts(stack, Purpose::Apply, &variables, &objects, &plan.data, &replace, Some(plan.made));
        let evaluation = Evaluation::new(&stack.config, facts);
        let planned = plan.changes.iter().filter(|it| it.deposed.is_none());
        evaluation.changes.borrow_mut().extend(planned.map(|it| (it.address.clone(), it.clone())));
        evaluation.results.borrow_mut().extend(plan.data.clone());
        let mut resolver = Resolver::new(evaluation, &clouds);
        let registry = &self.registry;
        let cloud_of = |address: &Address, _: &str| clouds.of_type(registry, address);
        let settings = crate::apply::Settings {
            registry,
            clouds: &cloud_of,
            store: &*self.store,
            clock: self.clock.clone(),
            listener: &*self.listener,
            cancel: self.cancel.clone(),
            parallelism: self.parallelism,
            retry_for: self.retry_for,
        };
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
        let environment = self.environment(stack, None, true);
        let variables = inputs.read(&stack.config, &environment)?;
        let clouds = self.connect(stack, &variables, &BTreeMap::new()).await?;
        let registry = &self.registry;
        let cloud_of = |address: &Address, _: &str| clouds.of_type(registry, address);
        let settings = crate::apply::Settings {
            registry,
            clouds: &cloud_of,
            store: &*self.store,
            clock: self.clock.clone(),
            listener: &*self.listener,
            cancel: self.cancel.clone(),
            parallelism: self.parallelism,
            retry_for: self.retry_for,
        };
        let state = self.store.read()?.unwrap_or_default();
        let (_, diagnostics) = crate::apply::resume(&settings, state).await;
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(diagnostics) }
    }

    /// Plans towards nothing and applies that.
    pub async fn destroy(&self, stack: &Stack, inputs: &Inputs) -> Result<Applied> {
        self.recover(stack, inputs).await?;
        let options = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
        let plan = self.plan(stack, inputs, &options).await.map_err(|it| it.diagnostics)?;
        Ok(self.apply(stack, inputs, &plan).await)
    }

    /// The value of an expression in the root module, with the objects of the state as they are there.
    pub fn evaluate(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        expressions: &[crate::lang::ast::Expr],
    ) -> Result<Vec<Result<Value>>> {
        let environment = self.environment(stack, Some(self.clock.now()), true);
        let variables = inputs.read(&stack.config, &environment)?;
        let state = self.store.read()?.unwrap_or_default();
        let (objects, unknown) = prior::objects(&state, &self.registry);
        unknown.into_result(())?;
        let (data, replace) = Default::default();
        let now = Some(self.clock.now());
        let facts = self.facts(stack, Purpose::Apply, &variables, &objects, &data, &replace, now);
        let evaluation = Evaluation::new(&stack.config, facts);
        let scope = evaluation.scope(&evaluation.root());
        Ok(expressions
            .iter()
            .map(|it| {
                evaluate(&scope, it).map_err(|mut those| {
                    let shown: Vec<_> = those.iter().filter(|it| !it.summary.is_empty()).cloned().collect();
                    those = shown.into_iter().collect();
                    those.extend(evaluation.take_diagnostics());
                    those
                })
            })
            .collect())
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

    async fn connect(
        &self,
        stack: &Stack,
        variables: &BTreeMap<Str, Value>,
        objects: &BTreeMap<Address, Prior>,
    ) -> Result<Clouds> {
        let configs = {
            let (data, replace) = Default::default();
            let facts = self.facts(stack, Purpose::Plan, variables, objects, &data, &replace, None);
            let evaluation = Evaluation::new(&stack.config, facts);
            let in_state: BTreeSet<&str> = objects.keys().map(|it| &*it.resource.kind).collect();
            let mut configs = BTreeMap::new();
            for key in clouds::needed(&evaluation, &in_state) {
                let config = evaluation.keep(evaluation.provider(&key));
                configs.extend(config.map(|config| (key, config)));
            }
            evaluation.take_diagnostics().into_result(configs)?
        };
        Clouds::connect(&self.registry, configs).await
    }

    /// Moves, drift, imports and what is gone, in the state before anything is sent.
    fn bring_up_to_date(&self, state: &mut State, plan: &Plan) -> Result<()> {
        let known: Vec<Address> = state
            .currents()
            .map(|(address, _)| address.clone())
            .filter(|it| it.resource.mode == Mode::Managed)
            .collect();
        for (to, prior) in &plan.refreshed {
            if let Some(from) = prior.previous_address.as_ref().filter(|it| state.current(it).is_some()) {
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
                    object.provider = format!("provider[\"{}\"]", prior.provider);
                    object.sensitive_attributes = crate::plan::codec::sensitive_paths(&prior.row);
                    state.insert(address.clone(), object);
                }
                None => {}
            }
        }
        for address in known {
            let moved = plan.refreshed.values().any(|it| it.previous_address.as_ref() == Some(&address));
            if !plan.refreshed.contains_key(&address) && !moved {
                state.remove(&address);
            }
        }
        self.store.write(state)
    }

    fn save_outputs(&self, resolver: &Resolver<'_>, plan: &Plan, applied: &mut Applied) -> Result<()> {
        let mut diagnostics = Diagnostics::new();
        match plan.mode {
            PlanMode::Destroy => forget_what_is_told(&mut applied.state),
            PlanMode::RefreshOnly => {}
            // What failed leaves the outputs that depend on it as they were.
            PlanMode::Normal if !plan.complete => {}
            PlanMode::Normal => {
                let values = resolver.outputs();
                diagnostics.extend(values.1);
                let names: BTreeSet<String> = values.0.keys().map(|it| it.to_string()).collect();
                applied.state.outputs.retain(|name, _| names.contains(name) || applied.failed > 0);
                for (name, (value, sensitive)) in values.0 {
                    if let Some(json) = value.to_json() {
                        let output = OutputState { value: json, ty: value.ty().to_json(), sensitive };
                        applied.state.outputs.insert(name.to_string(), output);
                    }
                }
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
        let late = deferred.filter_map(|it| Some((it.address.clone(), resolver.result(&it.address)?)));
        for (address, row) in plan.data.clone().into_iter().chain(late) {
            let Some(source) = self.registry.data_source(&address.resource.kind) else { continue };
            let provider = self.registry.provider_of_data_source(&address.resource.kind);
            let row = crate::plan::instance::mark_sensitive(source.schema().attributes, &row);
            let mut object =
                crate::state::Object::new(crate::plan::codec::encode(source.schema(), &row));
            object.provider =
                format!("provider[\"{}\"]", provider.map(|it| it.source()).unwrap_or_default());
            object.sensitive_attributes = crate::plan::codec::sensitive_paths(&row);
            state.insert(address, object);
        }
    }

    /// Holds the state's lock, waiting for it as long as it may.
    async fn lock(&self, operation: &str) -> Result<Option<Box<dyn Guard>>> {
        let Some(patience) = self.lock_timeout else { return Ok(None) };
        let deadline = self.clock.elapsed() + patience;
        loop {
            let info = LockInfo::new(operation, &self.who, &self.clock.now().to_string());
            match self.store.lock(&info) {
                Ok(guard) => return Ok(Some(guard)),
                Err(LockError::Held(_)) if self.clock.elapsed() < deadline && !self.cancel.is_asked() => {
                    self.clock.sleep(Duration::from_millis(500)).await;
                }
                Err(failed) => return Err(failed.into()),
            }
        }
    }

    fn environment(&self, stack: &Stack, now: Option<jiff::Timestamp>, apply: bool) -> Environment {
        Environment {
            files: self.files.clone(),
            dir: self.dir.clone(),
            now,
            apply,
            sources: stack.sources.clone(),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn facts<'a>(
        &'a self,
        stack: &Stack,
        purpose: Purpose,
        variables: &'a BTreeMap<Str, Value>,
        prior: &'a BTreeMap<Address, Prior>,
        data: &'a BTreeMap<Address, Value>,
        replace: &'a HashSet<Address>,
        now: Option<jiff::Timestamp>,
    ) -> Facts<'a> {
        Facts {
            registry: &self.registry,
            purpose,
            variables,
            prior,
            data,
            replace,
            environment: self.environment(stack, now, purpose == Purpose::Apply),
            workspace: &self.workspace,
        }
    }
}

/// What a plan stands on.
struct Ground<'a> {
    stack: &'a Stack,
    variables: BTreeMap<Str, Value>,
    state: State,
    objects: BTreeMap<Address, Prior>,
    made: jiff::Timestamp,
    #[allow(dead_code)]
    before: BTreeMap<Address, Prior>,
}

/// One evaluation of everything.
struct Round {
    plan: Plan,
    wanted: BTreeMap<Address, crate::plan::evaluation::Wanted>,
    imports: Vec<(Address, String, crate::diag::Span)>,
    diagnostics: Diagnostics,
}

/// Import blocks whose objects are not in the state yet.
fn import_requests(
    evaluation: &Evaluation<'_>,
    objects: &BTreeMap<Address, Prior>,
) -> Vec<(Address, String, crate::diag::Span)> {
    let root = evaluation.root();
    let scope = evaluation.scope(&root);
    let mut requests = Vec::new();
    for import in &root.module.imports {
        let mut found = Diagnostics::new();
        let target = crate::lang::config::target(&import.to, false, &mut found);
        evaluation.report(found);
        let address = match target {
            Some(Target::Instance(it)) => it,
            Some(Target::Resource(resource)) => Address { resource, key: None },
            _ => continue,
        };
        let Some(id) = &import.id else { continue };
        let Some(id) = evaluation.keep(evaluate(&scope, id)) else { continue };
        match id.as_str() {
            Some(text) if !objects.contains_key(&address) => {
                requests.push((address, text.to_string(), import.span));
            }
            Some(_) => {}
            None => {
                let it = Diagnostic::error("Invalid import id argument", "the id must be a known string");
                evaluation.report([it.at(import.span)]);
            }
        }
    }
    requests
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

/// What validation may know of resource types.
struct Known<'a>(&'a Registry);

impl Types for Known<'_> {
    fn attributes(&self, mode: Mode, kind: &str) -> Option<Vec<Str>> {
        let schema = match mode {
            Mode::Data => self.0.data_source(kind)?.schema(),
            _ => self.0.driver(kind)?.schema(),
        };
        Some(schema.attributes.iter().map(|it| it.name.into()).collect())
    }

    fn kinds(&self, mode: Mode) -> Vec<Str> {
        match mode {
            Mode::Data => self.0.data_sources().map(|it| it.schema().kind.into()).collect(),
            _ => self.0.drivers().map(|it| it.schema().kind.into()).collect(),
        }
    }
}
