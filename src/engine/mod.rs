//! The face for embedding: [`Engine`] loads stacks, plans them, and applies plans.
//!
//! An engine holds what comes from outside: providers, files, the state store, the clock, and who
//! listens. It reads no environment and prints nothing.

mod again;
mod apply;
mod asked;
mod clouds;
mod generated;
mod held;
mod imports;
mod inputs;
mod plan;
mod prior;
mod refresh;
mod resolver;
pub mod saved;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use inputs::{Input, InputValue, Inputs};

use self::clouds::Clouds;
use self::held::Held;
use crate::address::{Address, Mode, Target};
pub use crate::apply::{Applied, Cancel};
use crate::clock::Clock;
use crate::diag::{Diagnostic, Diagnostics, Result, Sources};
use crate::driver::Cloud;
use crate::event::{Event, Listener};
use crate::lang::config::validate::{Types, validate};
use crate::lang::config::{Config, IgnoreChanges, ProviderBlock};
use crate::lang::eval::{Environment, Scope, evaluate};
use crate::lang::files::Files;
use crate::lang::load;
use crate::lang::value::{Str, Value};
use crate::plan::evaluation::{Evaluation, Facts, Purpose};
use crate::plan::instance::Prior;
use crate::plan::memo::Settled;
use crate::plan::providers::{self, ProviderKey};
use crate::plan::{Plan, PlanMode, make};
use crate::provider::Registry;
use crate::state::{Guard, LockError, LockInfo, Store};

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
    /// Whether to write the configuration of imports that have none, into [`Plan::generated`].
    pub generate_config: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        PlanOptions {
            mode: PlanMode::Normal,
            targets: Vec::new(),
            replace: Vec::new(),
            refresh: true,
            generate_config: false,
        }
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
        self.validated(stack).0
    }

    /// Everything that is wrong with a stack, and the values that the plan will find as well.
    fn validated(&self, stack: &Stack) -> (Diagnostics, Settled) {
        let mut found = validate(&stack.config.root, &Known(&self.registry));
        found.extend(self.unknown_providers(stack));
        let (prior, replace, variables) = Default::default();
        let facts = self.facts(stack, Purpose::Validate, &variables, &prior, &replace, None);
        let evaluation = Evaluation::new(&stack.config, facts);
        for (key, _) in providers::written(&stack.config.root) {
            evaluation.keep(evaluation.provider(&key));
        }
        make::walk(&evaluation, &[]);
        make::outputs(&evaluation, &BTreeMap::new());
        // A mistake that reading has found is met again where it is evaluated.
        let known = found.clone();
        let again = |it: &Diagnostic| {
            let placed = it.span.is_some() && known.iter().any(|had| had.span == it.span);
            // A configuration that is not handed in is missed by whoever would use it.
            let missed = it.summary == "Provider configuration not present"
                && known.iter().any(|it| it.summary == "Missing required provider configuration");
            placed || missed || (known.has_errors() && it.summary.starts_with("Cycle: "))
        };
        found.extend(evaluation.take_diagnostics().into_iter().filter(|it| !again(it)));
        (found, evaluation.take_settled())
    }

    /// Provider blocks that configure nothing, such as misspelled ones.
    fn unknown_providers(&self, stack: &Stack) -> Diagnostics {
        let names = || self.registry.providers().iter().map(|it| it.name());
        let blocks = providers::written(&stack.config.root).into_iter();
        let unknown = blocks.filter(|(key, _)| names().all(|it| it != &*key.name));
        let warning = |(_, block): (_, &ProviderBlock)| {
            let name = &*block.name;
            let detail = format!("no type of this build belongs to `{name}`");
            let it = Diagnostic::warning("provider block that is not used", detail);
            it.did_you_mean(name, names()).at(block.span)
        };
        unknown.map(warning).collect()
    }

    /// What it takes to make what exists into what the stack describes.
    pub async fn plan(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        options: &PlanOptions,
    ) -> Result<Plan, PlanFailure> {
        let _guard = self.lock("plan").await?;
        let plan = self.plan_locked(stack, inputs, options).await;
        plan.map_err(|it| {
            let diagnostics = inputs.placed(&stack.config, placed(stack, it.diagnostics));
            PlanFailure { diagnostics, ..it }
        })
    }

    /// Does what the plan says.
    pub async fn apply(&self, stack: &Stack, inputs: &Inputs, plan: &Plan) -> Applied {
        let before = self.calls();
        let tried = match generated::with(stack, &plan.generated) {
            Ok(stack) => self.try_apply(&stack, inputs, plan).await,
            Err(those) => Err(those),
        };
        let mut applied = match tried {
            Ok(it) => Applied { diagnostics: placed(stack, it.diagnostics), ..it },
            Err(diagnostics) => Applied {
                state: plan.prior.clone(),
                diagnostics,
                interrupted: false,
                done: Default::default(),
                failed: 0,
                skipped: 0,
                calls: BTreeMap::new(),
            },
        };
        applied.calls = self.calls();
        for (operation, count) in before {
            applied.calls.entry(operation).and_modify(|it| *it = it.saturating_sub(count));
        }
        applied.calls.retain(|_, count| *count > 0);
        applied
    }

    /// Calls made so far by the clients of all providers, by operation: `ec2:DescribeVpcs` 3 times.
    /// Attempts that had to be repeated count each.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for (operation, count) in self.registry.providers().iter().flat_map(|it| it.calls()) {
            *all.entry(operation).or_default() += count;
        }
        all
    }

    /// Plans towards nothing and applies that.
    pub async fn destroy(&self, stack: &Stack, inputs: &Inputs) -> Result<Applied> {
        let mut engine = self.clone();
        let _guard = engine.hold("destroy").await?;
        engine.recover(stack, inputs).await?;
        let options = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
        let plan = engine.plan(stack, inputs, &options).await.map_err(|it| it.diagnostics)?;
        Ok(engine.apply(stack, inputs, &plan).await)
    }

    /// The value of an expression in the root module, with the objects of the state as they are there.
    pub fn evaluate(
        &self,
        stack: &Stack,
        inputs: &Inputs,
        expressions: &[crate::lang::ast::Expr],
    ) -> Result<Vec<Result<Value>>> {
        let variables = inputs.read(&stack.config)?;
        let state = self.store.read()?.unwrap_or_default();
        let (objects, unknown) = prior::objects(&state, &self.registry);
        unknown.into_result(())?;
        let replace = HashSet::new();
        let now = Some(self.clock.now());
        let facts = self.facts(stack, Purpose::Apply, &variables, &objects, &replace, now);
        let evaluation = Evaluation::new(&stack.config, facts);
        let scope = evaluation.scope(&evaluation.root());
        Ok(expressions
            .iter()
            .map(|it| {
                undeclared(&scope, it)?;
                evaluate(&scope, it).map_err(|mut those| {
                    let shown: Vec<_> =
                        those.iter().filter(|it| !it.summary.is_empty()).cloned().collect();
                    those = shown.into_iter().collect();
                    those.extend(evaluation.take_diagnostics());
                    those
                })
            })
            .collect())
    }

    /// Makes the clients of every provider that the configuration, these objects or `others` use, those
    /// with what is known of their provider. A provider block may use what data sources and ephemeral
    /// resources of other providers tell.
    async fn connect(
        &self,
        stack: &Stack,
        variables: &BTreeMap<Str, Value>,
        objects: &BTreeMap<Address, Prior>,
        others: &[(&Address, &str)],
    ) -> Result<Connected> {
        let mut connected = Connected::default();
        match self.connect_all(stack, variables, objects, others, &mut connected).await {
            Ok(()) => Ok(connected),
            Err(mut those) => {
                those.extend(connected.held.close(self).await);
                Err(those)
            }
        }
    }

    async fn connect_all(
        &self,
        stack: &Stack,
        variables: &BTreeMap<Str, Value>,
        objects: &BTreeMap<Address, Prior>,
        others: &[(&Address, &str)],
        to: &mut Connected,
    ) -> Result<()> {
        loop {
            let (configs, wanted) = {
                let replace = HashSet::new();
                let facts = Facts {
                    data: &to.data,
                    opened: &to.held.rows,
                    clouds: to.clouds.all(),
                    ..self.facts(stack, Purpose::Plan, variables, objects, &replace, None)
                };
                let evaluation = Evaluation::new(&stack.config, facts);
                let known = objects.iter().map(|(address, it)| (address, it.provider.as_str()));
                let mut configs = BTreeMap::new();
                for key in clouds::needed(&evaluation, known.chain(others.iter().copied())) {
                    let config = evaluation.keep(evaluation.provider(&key));
                    configs.extend(config.map(|config| (key, config)));
                }
                evaluation.take_diagnostics().into_result(())?;
                (configs, evaluation.wanted.take())
            };
            let made = to.clouds.add(&self.registry, &stack.config, &configs).await?;
            let Some(unknown) = configs.keys().find(|key| to.clouds.of(key).is_err()) else {
                return Ok(());
            };
            let ready = wanted.into_iter().filter(|it| to.clouds.of(&it.1.provider).is_ok());
            let [ephemeral, data] = held::split(ready.collect());
            if ephemeral.is_empty() && data.is_empty() && made == 0 {
                return Err(clouds::unknown_config(&stack.config, unknown).into());
            }
            to.data.extend(refresh::data(self, &to.clouds, data).await?);
            to.held.open(self, &to.clouds, ephemeral).await?;
        }
    }

    /// Holds the state's lock until the guard goes, for several operations in a row: this engine does
    /// not lock it for each of them any more.
    pub async fn hold(&mut self, operation: &str) -> Result<Option<Box<dyn Guard>>> {
        let guard = self.lock(operation).await?;
        self.lock_timeout = None;
        Ok(guard)
    }

    /// Holds the state's lock, waiting for it as long as it may.
    async fn lock(&self, operation: &str) -> Result<Option<Box<dyn Guard>>> {
        let Some(patience) = self.lock_timeout else { return Ok(None) };
        let deadline = self.clock.elapsed() + patience;
        let mut told = false;
        loop {
            let info = LockInfo::new(operation, &self.who, self.clock.now().to_string());
            match self.store.lock(&info) {
                Ok(guard) => return Ok(Some(guard)),
                Err(LockError::Held(it))
                    if self.clock.elapsed() < deadline && !self.cancel.is_asked() =>
                {
                    if !std::mem::replace(&mut told, true) {
                        let LockInfo { who, operation, created: since, .. } = *it;
                        self.listener.event(Event::Waiting { who, operation, since });
                    }
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

    /// What is known before anything is read: neither data sources nor clients.
    fn facts<'a>(
        &'a self,
        stack: &Stack,
        purpose: Purpose,
        variables: &'a BTreeMap<Str, Value>,
        prior: &'a BTreeMap<Address, Prior>,
        replace: &'a HashSet<Address>,
        now: Option<jiff::Timestamp>,
    ) -> Facts<'a> {
        const NOTHING: &BTreeMap<Address, Value> = &BTreeMap::new();
        const NO_CLOUDS: &BTreeMap<ProviderKey, Cloud> = &BTreeMap::new();
        Facts {
            registry: &self.registry,
            purpose,
            variables,
            prior,
            data: NOTHING,
            opened: NOTHING,
            clouds: NO_CLOUDS,
            replace,
            environment: self.environment(stack, now, purpose == Purpose::Apply),
            workspace: &self.workspace,
        }
    }
}

/// Clients, with what was read and opened to make them.
#[derive(Default)]
struct Connected {
    clouds: Clouds,
    data: BTreeMap<Address, Value>,
    held: Held,
}

/// What went wrong with an object, with the place of its resource block where it has none of its own.
fn placed(stack: &Stack, diagnostics: Diagnostics) -> Diagnostics {
    diagnostics.map(|mut it| {
        let address: Option<Address> = it.address.as_deref().and_then(|it| it.parse().ok());
        let block = address.and_then(|it| stack.config.root.resource(&it.resource));
        it.span = it.span.or(block.map(|it| it.span));
        it
    })
}

/// What the configuration says is to be left to others of that object.
fn ignored(stack: &Stack, address: &Address) -> IgnoreChanges {
    let block = stack.config.root.resource(&address.resource);
    block.map(|it| it.lifecycle.ignore_changes.clone()).unwrap_or_default()
}

/// What an expression refers to that is nowhere declared: an error even where `can` or the branch of
/// a conditional would hide it.
fn undeclared(scope: &dyn Scope, expr: &crate::lang::ast::Expr) -> Result<()> {
    let mut found = Diagnostics::new();
    expr.references(&mut |reference| {
        if let Err(those) = scope.resolve(reference) {
            found.extend(
                those.into_iter().filter(|it| it.summary.starts_with("Reference to undeclared")),
            );
        }
    });
    found.into_result(())
}

/// What validation may know of resource types.
struct Known<'a>(&'a Registry);

impl Types for Known<'_> {
    fn attributes(&self, mode: Mode, kind: &str) -> Option<Vec<Str>> {
        let schema = self.0.of(mode, kind)?.schema();
        Some(schema.attributes.iter().map(|it| it.name.into()).collect())
    }

    fn left_out(&self, kind: &str) -> Option<String> {
        let mut all = self.0.providers().iter().flat_map(|it| it.left_out());
        all.find(|(name, _)| *name == kind).map(|(_, feature)| feature.to_string())
    }

    fn decided(&self, mode: Mode, kind: &str) -> Vec<Str> {
        let attributes = self.0.of(mode, kind).map_or(&[][..], |it| it.schema().attributes);
        attributes.iter().filter(|it| !it.is_argument()).map(|it| it.name.into()).collect()
    }

    fn kinds(&self, mode: Mode) -> Vec<Str> {
        self.0.kinds(mode).into_iter().map(Str::from).collect()
    }
}
