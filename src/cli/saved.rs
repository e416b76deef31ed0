//! Plans in files.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::args::{LockArgs, StateArgs};
use super::file::{self, Readers};
use super::plan::Run;
use super::{Failed, session};
use crate::diag::{Diagnostic, Result};
use crate::engine::saved::{self, SavedPlan};
use crate::engine::{Engine, Inputs, Stack};
use crate::lang::convert::convert;
use crate::lang::eval::Environment;
use crate::plan::Plan;

/// What the command line adds to a saved plan, so that it can be applied from anywhere.
#[derive(Deserialize)]
struct Place {
    stack: PathBuf,
    #[serde(default)]
    state_file: Option<PathBuf>,
    #[serde(default)]
    workspace: Option<String>,
}

/// Whether there is a saved plan at that path.
pub fn is_saved(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|it| it.take(64).read_to_end(&mut start));
    path.is_file() && read.is_ok() && saved::is_plan(&start)
}

/// Refuses a saved plan where a stack is asked for.
pub fn refuse(path: &Path) -> Result<()> {
    if !is_saved(path) {
        return Ok(());
    }
    let shown = path.display();
    let it = Diagnostic::error("not a stack", format!("`{shown}` is a saved plan"));
    Err(it.hint(format!("`apply {shown}` does it, `show {shown}` prints it")).into())
}

/// Saves a plan. It holds what the state holds, so only its owner may read it.
pub fn write(path: &Path, stack: &Path, state: &StateArgs, run: &Run, plan: &Plan) -> Result<()> {
    let bytes = saved::encode(stack, &run.stack, &run.inputs, plan);
    let mut json: Map<String, Json> = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(at) = &state.state {
        json.insert("state_file".into(), at.to_string_lossy().into());
    }
    json.insert("workspace".into(), state.workspace.as_str().into());
    let text = Json::Object(json).to_string();
    let written = file::replace(path, text.as_bytes(), Readers::Owner);
    written.map_err(|why| {
        let detail = format!("`{}`: {why}", path.display());
        Diagnostic::error("the plan cannot be saved", detail).into()
    })
}

/// Reads a saved plan, with an engine for the state that it was made against.
/// Says where the stack was, too.
pub fn read(path: &Path, lock: Option<&LockArgs>) -> Result<(Engine, SavedPlan, PathBuf), Failed> {
    let place = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|why| {
        Diagnostic::error("cannot read the saved plan", format!("`{place}`: {why}"))
    })?;
    let from: Place = serde_json::from_slice(&bytes).map_err(|why| {
        Diagnostic::error("cannot read the saved plan", format!("`{place}`: {why}"))
            .hint("make a new plan with `plan --out`")
    })?;
    let workspace = from.workspace.unwrap_or_else(|| "default".into());
    let state = StateArgs { state: from.state_file, workspace };
    let engine = session::engine(&from.stack, &state, lock)?;
    let plan = saved::decode(&engine, &place, &bytes)?;
    Ok((engine, plan, from.stack))
}

/// Values of the root variables, given and by default, as the plan's JSON lists them.
pub fn variables(engine: &Engine, stack: &Stack, inputs: &Inputs) -> BTreeMap<String, Json> {
    let environment = Environment {
        files: engine.files.clone(),
        dir: engine.dir.clone(),
        now: None,
        apply: false,
        sources: stack.sources.clone(),
    };
    let given = inputs.read(&stack.config, &environment).unwrap_or_default();
    let declared = stack.config.root.variables.values().filter(|it| !it.ephemeral);
    let value = |it: &crate::lang::config::Variable| {
        let value = given.get(&it.name).or(it.default.as_ref())?;
        convert(value, &it.ty.without_optional()).ok().as_ref().unwrap_or(value).to_json()
    };
    declared.filter_map(|it| Some((it.name.to_string(), value(it)?))).collect()
}
