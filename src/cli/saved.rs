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
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::engine::saved::{self, SavedPlan};
use crate::engine::{Engine, Inputs, Stack};
use crate::lang::value::Value;
use crate::plan::Plan;
use crate::plan::variables::settle;

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

/// Values given on the command line that are not those that a plan was made with: it says what is
/// done, so they would be without effect.
pub fn changed(stack: &Stack, given: &Inputs, planned: &Inputs) -> Diagnostics {
    let planned = planned.read(&stack.config).unwrap_or_default();
    let mut found = Diagnostics::new();
    let asked: Vec<_> = given.iter().filter(|(_, input)| input.strict).collect();
    let mut only = Inputs::new();
    asked.iter().for_each(|(name, input)| only.add((*name).clone(), (*input).clone()));
    let given = found.keep(only.read(&stack.config)).unwrap_or_default();
    for (name, value) in given {
        let Some(variable) = stack.config.root.variables.get(&name) else { continue };
        let was = planned.get(&name).or(variable.default.as_ref());
        let settled = |it: &Value| settle(variable, Some(it.clone()), variable.span).ok();
        let same = was.is_some_and(|was| match (settled(was), settled(&value)) {
            (Some(a), Some(b)) => a.same(&b),
            _ => false,
        });
        if !variable.ephemeral && !same {
            let detail = format!("the plan was made with another value of `{name}`");
            let summary = "Can't change variable when applying a saved plan";
            let it = Diagnostic::error(summary, detail);
            found.push(it.hint("make a new plan with the value that is wanted"));
        }
    }
    found
}

/// Values of the root variables as the plan's JSON lists them: as they were given, else the defaults.
/// An ephemeral value that was given is not told.
pub fn variables(stack: &Stack, inputs: &Inputs) -> BTreeMap<String, Json> {
    let given = inputs.read(&stack.config).unwrap_or_default();
    let value = |it: &crate::lang::config::Variable| {
        given.get(&it.name).filter(|_| !it.ephemeral).or(it.default.as_ref())?.to_json()
    };
    let declared = stack.config.root.variables.values();
    declared.filter_map(|it| Some((it.name.to_string(), value(it)?))).collect()
}
