//! `show`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::StateArgs;
use super::screen::Screen;
use super::{Outcome, saved, session};
use crate::render::{config_json, plan_json, plan_text, relevant, schemas, state_json, state_text};

/// Print the state of a stack, or a saved plan.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stack (a file or a directory), a state file, or a plan saved with `plan --out`.
    #[arg(value_name = "STACK|STATE|PLAN", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    state: StateArgs,
    /// Print one JSON document, in the form of `terraform show -json`; secrets are in it.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(screen: &Screen, mut args: Args) -> Outcome {
    let registry = session::registry();
    let schemas = schemas(&registry);
    if saved::is_saved(&args.path) {
        let (_, it, _) = saved::read(&args.path, None)?;
        match args.json {
            true => {
                let origin = plan_json::Origin {
                    variables: saved::variables(&it.stack, &it.inputs),
                    configuration: Some(config_json::configuration(&registry, &it.stack.config)),
                    relevant: relevant::attributes(&it.stack.config, &it.plan),
                };
                screen.document(&plan_json::plan(&schemas, &it.plan, &origin));
            }
            false => screen.print(&plan_text::plan(&schemas, &it.plan, screen.out)),
        }
        return Ok(ExitCode::SUCCESS);
    }
    if is_state(&args.path) {
        args.state.state = Some(args.path.clone());
    }
    let state = session::read_state(&args.path, &args.state)?;
    match (state, args.json) {
        (state, true) => screen.document(&state_json::state(&schemas, &state.unwrap_or_default())),
        (Some(it), false) => screen.print(&state_text::state(&schemas, &it, screen.out)),
        (None, false) => screen.print("No state.\n"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether there is a state file at that path, whatever its name is: stacks are in JSON only where
/// their name says so.
fn is_state(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_stack = [".tf", ".hcl", ".tf.json"].iter().any(|it| name.ends_with(it));
    let starts = || std::fs::read(path).is_ok_and(|it| it.trim_ascii_start().starts_with(b"{"));
    path.is_file() && (name.ends_with(".tfstate") || (!is_stack && starts()))
}
