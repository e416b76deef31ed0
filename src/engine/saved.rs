//! Plans on disk: everything that applying one later needs, configuration included.
//!
//! The file holds values in plain text, sensitive ones too, as the state does: only its owner may
//! read it. Values that are ephemeral or only sent are not in a plan, so not in its file either.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Engine, Input, InputValue, Inputs, Stack};
use crate::address::Address;
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::lang::files::{Files, MemoryFiles, normal};
use crate::lang::value::{Str, Value};
use crate::plan::generated::Generated;
use crate::plan::instance::Prior;
use crate::plan::{
    Action, Change, CheckResult, CheckStatus, OutputChange, PathStep, Plan, PlanMode, Reason,
};
use crate::state::tfstate;

mod value;

/// Version of the format.
const FORMAT: u32 = 1;

/// A plan with what it was made from.
pub struct SavedPlan {
    /// The plan.
    pub plan: Plan,
    /// The stack as it was.
    pub stack: Stack,
    /// The variables as they were given.
    pub inputs: Inputs,
}

#[derive(Serialize, Deserialize)]
struct File {
    fastcart_hcl_plan: u32,
    /// Of the program: another one may decide otherwise.
    #[serde(default)]
    version: String,
    stack: PathBuf,
    sources: Vec<(String, String)>,
    inputs: BTreeMap<String, (Json, String)>,
    state: Json,
    made: String,
    mode: u8,
    complete: bool,
    #[serde(default)]
    errored: bool,
    changes: Vec<ChangeFile>,
    drift: Vec<ChangeFile>,
    outputs: BTreeMap<String, (Option<Json>, Option<Json>, bool)>,
    checks: Vec<CheckFile>,
    data: Vec<(String, Json)>,
    refreshed: Vec<(String, PriorFile)>,
    /// Addresses and texts of generated configuration.
    #[serde(default)]
    generated: Vec<(String, String)>,
}

/// Kind, address, and per instance: address, status, problems.
type CheckFile = (String, String, Vec<(String, u8, Vec<String>)>);

#[derive(Serialize, Deserialize)]
struct ChangeFile {
    address: String,
    deposed: Option<String>,
    previous_address: Option<String>,
    provider: String,
    action: u8,
    reason: Option<String>,
    before: Option<Json>,
    after: Option<Json>,
    replace_paths: Vec<Vec<Json>>,
    dependencies: Vec<String>,
    prior_dependencies: Vec<String>,
    create_before_destroy: bool,
    importing: Option<String>,
    id: Option<String>,
    timeouts: BTreeMap<String, u64>,
    for_check: bool,
}

#[derive(Serialize, Deserialize)]
struct PriorFile {
    row: Json,
    id: String,
    tainted: bool,
    dependencies: Vec<String>,
    create_before_destroy: bool,
    provider: String,
    previous_address: Option<String>,
    importing: Option<String>,
}

const ACTIONS: [Action; 9] = [
    Action::NoOp,
    Action::Read,
    Action::Create,
    Action::Update,
    Action::DeleteThenCreate,
    Action::CreateThenDelete,
    Action::Delete,
    Action::Forget,
    Action::Open,
];
const MODES: [PlanMode; 3] = [PlanMode::Normal, PlanMode::Destroy, PlanMode::RefreshOnly];
const STATUSES: [CheckStatus; 4] =
    [CheckStatus::Pass, CheckStatus::Unknown, CheckStatus::Fail, CheckStatus::Error];
const CHECKED: [&str; 4] = ["resource", "output_value", "check", "var"];
const REASONS: [Reason; 13] = [
    Reason::ReplaceBecauseCannotUpdate,
    Reason::ReplaceBecauseTainted,
    Reason::ReplaceByRequest,
    Reason::ReplaceByTriggers,
    Reason::DeleteBecauseNoResourceConfig,
    Reason::DeleteBecauseNoModule,
    Reason::DeleteBecauseWrongRepetition,
    Reason::DeleteBecauseCountIndex,
    Reason::DeleteBecauseEachKey,
    Reason::DeleteBecauseNoMoveTarget,
    Reason::ReadBecauseConfigUnknown,
    Reason::ReadBecauseDependencyPending,
    Reason::ReadBecauseCheckNested,
];

/// Whether a file begins as a saved plan does, be it cut off.
pub fn is_plan(bytes: &[u8]) -> bool {
    const START: &[u8] = b"{\"fastcart_hcl_plan\":";
    bytes.starts_with(START) || (bytes.len() > 2 && START.starts_with(bytes))
}

/// The plan as the bytes of a file. `path` is where the stack was loaded from.
pub fn encode(path: &Path, stack: &Stack, inputs: &Inputs, plan: &Plan) -> Vec<u8> {
    let state = serde_json::from_slice(&tfstate::encode(&plan.prior)).unwrap_or(Json::Null);
    let file = File {
        fastcart_hcl_plan: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_string(),
        stack: path.to_path_buf(),
        sources: stack
            .sources
            .all()
            .into_iter()
            .filter(|it| !holds_values(&it.name))
            .map(|it| (it.name.to_string(), it.text.to_string()))
            .collect(),
        inputs: inputs
            .iter()
            .filter(|(name, _)| !is_ephemeral(stack, name))
            .filter_map(|(name, it)| Some((name.to_string(), input(it)?)))
            .collect(),
        state,
        made: plan.made.to_string(),
        mode: position(&MODES, plan.mode),
        complete: plan.complete,
        errored: plan.errored,
        changes: plan.changes.iter().map(change).collect(),
        drift: plan.drift.iter().map(change).collect(),
        outputs: plan
            .outputs
            .iter()
            .map(|(name, it)| {
                let part = |it: &Option<Value>| it.as_ref().map(value::encode);
                (name.to_string(), (part(&it.before), part(&it.after), it.sensitive))
            })
            .collect(),
        checks: plan
            .checks
            .iter()
            .map(|it| {
                let each = it.instances.iter();
                let each = each.map(|(a, s, p)| (a.clone(), position(&STATUSES, *s), p.clone()));
                (it.kind.to_string(), it.address.clone(), each.collect())
            })
            .collect(),
        data: plan.data.iter().map(|(k, v)| (k.to_string(), value::encode(v))).collect(),
        refreshed: plan.refreshed.iter().map(|(k, v)| (k.to_string(), prior(v))).collect(),
        generated: plan
            .generated
            .iter()
            .map(|it| (it.address.to_string(), it.text.clone()))
            .collect(),
    };
    serde_json::to_vec(&file).unwrap_or_default()
}

/// Texts that say what variables are, which may not be for keeping.
fn holds_values(name: &str) -> bool {
    name.starts_with('<') || name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Whether a root variable is for one run only.
pub fn is_ephemeral(stack: &Stack, name: &str) -> bool {
    stack.config.root.variables.get(name).is_some_and(|it| it.ephemeral)
}

fn position<T: PartialEq>(all: &[T], it: T) -> u8 {
    all.iter().position(|one| *one == it).unwrap_or(0) as u8
}

fn texts(them: &[Address]) -> Vec<String> {
    them.iter().map(ToString::to_string).collect()
}

fn input(it: &Input) -> Option<(Json, String)> {
    let given = match &it.given {
        InputValue::Text(text) => Json::String(text.clone()),
        InputValue::Value(it) => value::encode(it),
        InputValue::Expr(expr) => {
            let constant = crate::lang::config::constant(expr, &mut Diagnostics::new())?;
            value::encode(&constant)
        }
    };
    Some((given, it.origin.clone()))
}

fn change(it: &Change) -> ChangeFile {
    ChangeFile {
        address: it.address.to_string(),
        deposed: it.deposed.clone(),
        previous_address: it.previous_address.as_ref().map(ToString::to_string),
        provider: it.provider.clone(),
        action: position(&ACTIONS, it.action),
        reason: it.reason.map(|it| it.word().to_string()),
        before: it.before.as_ref().map(value::encode),
        after: it.after.as_ref().map(value::encode),
        replace_paths: it
            .replace_paths
            .iter()
            .map(|path| {
                let step = |it: &PathStep| match it {
                    PathStep::Name(name) => Json::from(&**name),
                    PathStep::Index(index) => Json::from(*index),
                };
                path.iter().map(step).collect()
            })
            .collect(),
        dependencies: texts(&it.dependencies),
        prior_dependencies: texts(&it.prior_dependencies),
        create_before_destroy: it.create_before_destroy,
        importing: it.importing.clone(),
        id: it.id.clone(),
        timeouts: it.timeouts.clone(),
        for_check: it.for_check,
    }
}

fn prior(it: &Prior) -> PriorFile {
    PriorFile {
        row: value::encode(&it.row),
        id: it.id.clone(),
        tainted: it.tainted,
        dependencies: texts(&it.dependencies),
        create_before_destroy: it.create_before_destroy,
        provider: it.provider.clone(),
        previous_address: it.previous_address.as_ref().map(ToString::to_string),
        importing: it.importing.clone(),
    }
}

/// Reads a saved plan back. `place` names it in messages.
pub fn decode(engine: &Engine, place: &str, bytes: &[u8]) -> Result<SavedPlan> {
    let broken = |why: String| {
        Diagnostic::error("cannot read the saved plan", format!("`{place}`: {why}"))
            .hint("make a new plan with `plan --out`")
    };
    let file: File = serde_json::from_slice(bytes).map_err(|it| broken(it.to_string()))?;
    if file.fastcart_hcl_plan != FORMAT {
        return Err(
            broken(format!("it has format {}, not {FORMAT}", file.fastcart_hcl_plan)).into()
        );
    }
    if file.version != env!("CARGO_PKG_VERSION") {
        let ours = env!("CARGO_PKG_VERSION");
        return Err(broken(format!("version {} made it, not {ours}", file.version)).into());
    }
    let state = serde_json::to_vec(&file.state).map_err(|it| broken(it.to_string()))?;
    let state = tfstate::decode(place, &state)?;
    let files = AsThen {
        then: file
            .sources
            .iter()
            .fold(MemoryFiles::new(), |files, (name, text)| files.with(name, text.as_bytes())),
        now: engine.files.clone(),
    };
    let mut reading = engine.clone();
    reading.files = Arc::new(files);
    let (stack, found) = reading.load(&file.stack);
    let Some(stack) = stack.filter(|_| !found.has_errors()) else { return Err(found) };
    let mut inputs = Inputs::new();
    for (name, (given, origin)) in &file.inputs {
        let given = match given.as_str() {
            Some(text) => InputValue::Text(text.to_string()),
            None => InputValue::Value(value::decode(given).ok_or_else(|| broken(name.clone()))?),
        };
        inputs.add(name.as_str(), Input { given, origin: origin.clone(), strict: false });
    }
    let plan =
        read_plan(file, state).ok_or_else(|| broken("a part of it is not as written".into()))?;
    Ok(SavedPlan { plan, stack, inputs })
}

fn read_plan(file: File, state: crate::state::State) -> Option<Plan> {
    let part = |it: Option<Json>| match it {
        Some(json) => value::decode(&json).map(Some),
        None => Some(None),
    };
    let mut outputs = BTreeMap::new();
    for (name, (before, after, sensitive)) in file.outputs {
        let change = OutputChange { before: part(before)?, after: part(after)?, sensitive };
        outputs.insert(Str::from(name), change);
    }
    let mut checks = Vec::new();
    for (kind, address, instances) in file.checks {
        let kind = CHECKED.into_iter().find(|it| *it == kind)?;
        let instances: Option<Vec<_>> = instances
            .into_iter()
            .map(|(a, s, p)| Some((a, *STATUSES.get(usize::from(s))?, p)))
            .collect();
        checks.push(CheckResult { kind, address, instances: instances? });
    }
    let data: Option<BTreeMap<Address, Value>> =
        file.data.iter().map(|(k, v)| Some((k.parse().ok()?, value::decode(v)?))).collect();
    let refreshed: Option<BTreeMap<Address, Prior>> =
        file.refreshed.into_iter().map(|(k, v)| Some((k.parse().ok()?, read_prior(v)?))).collect();
    let generated = file.generated.into_iter();
    let generated: Option<Vec<Generated>> = generated
        .map(|(address, text)| Some(Generated { address: address.parse().ok()?, text }))
        .collect();
    Some(Plan {
        mode: *MODES.get(usize::from(file.mode))?,
        changes: file.changes.into_iter().map(read_change).collect::<Option<_>>()?,
        outputs,
        drift: file.drift.into_iter().map(read_change).collect::<Option<_>>()?,
        checks,
        prior: state,
        warnings: Diagnostics::new(),
        complete: file.complete,
        errored: file.errored,
        made: file.made.parse().ok()?,
        data: data?,
        refreshed: refreshed?,
        generated: generated?,
    })
}

fn addresses(texts: &[String]) -> Option<Vec<Address>> {
    texts.iter().map(|it| it.parse().ok()).collect()
}

fn optional_address(text: Option<String>) -> Option<Option<Address>> {
    match text {
        Some(text) => text.parse().ok().map(Some),
        None => Some(None),
    }
}

fn read_change(it: ChangeFile) -> Option<Change> {
    let part = |it: Option<Json>| match it {
        Some(json) => value::decode(&json).map(Some),
        None => Some(None),
    };
    let step = |it: Json| match (it.as_str(), it.as_u64()) {
        (Some(name), _) => Some(PathStep::Name(name.into())),
        (_, Some(index)) => Some(PathStep::Index(index as usize)),
        _ => None,
    };
    let paths: Option<Vec<Vec<PathStep>>> =
        it.replace_paths.into_iter().map(|path| path.into_iter().map(step).collect()).collect();
    let reason = match it.reason {
        Some(word) => Some(REASONS.into_iter().find(|it| it.word() == word)?),
        None => None,
    };
    Some(Change {
        address: it.address.parse().ok()?,
        deposed: it.deposed,
        previous_address: optional_address(it.previous_address)?,
        provider: it.provider,
        action: *ACTIONS.get(usize::from(it.action))?,
        reason,
        before: part(it.before)?,
        after: part(it.after)?,
        replace_paths: paths?,
        dependencies: addresses(&it.dependencies)?,
        prior_dependencies: addresses(&it.prior_dependencies)?,
        create_before_destroy: it.create_before_destroy,
        importing: it.importing,
        id: it.id,
        timeouts: it.timeouts,
        for_check: it.for_check,
    })
}

fn read_prior(it: PriorFile) -> Option<Prior> {
    Some(Prior {
        row: value::decode(&it.row)?,
        id: it.id,
        tainted: it.tainted,
        dependencies: addresses(&it.dependencies)?,
        create_before_destroy: it.create_before_destroy,
        provider: it.provider,
        previous_address: optional_address(it.previous_address)?,
        importing: it.importing,
    })
}

/// Configuration files as they were when the plan was made; everything else as it is now.
struct AsThen {
    then: MemoryFiles,
    now: Arc<dyn Files>,
}

fn is_configuration(name: &str) -> bool {
    [".tf", ".hcl", ".tf.json"].iter().any(|it| name.ends_with(it))
}

impl Files for AsThen {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.then.read(path).or_else(|_| self.now.read(path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let then = self.then.list(dir).unwrap_or_default();
        let now = self.now.list(dir).unwrap_or_default();
        let mut names: Vec<String> = now.into_iter().filter(|it| !is_configuration(it)).collect();
        names.extend(then.into_iter().filter(|it| is_configuration(it)));
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.then.is_dir(path) || self.now.is_dir(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.then.is_file(path) || self.now.is_file(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.now.canonical(path).or_else(|_| Ok(normal(path)))
    }
}
