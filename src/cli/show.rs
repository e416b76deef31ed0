//! `show`

use std::path::PathBuf;
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
        let (engine, it, _) = saved::read(&args.path, None)?;
        match args.json {
            true => {
                let origin = plan_json::Origin {
                    variables: saved::variables(&engine, &it.stack, &it.inputs),
                    configuration: Some(config_json::configuration(&registry, &it.stack.config)),
                    relevant: relevant::attributes(&it.stack.config, &it.plan),
                };
                screen.document(&plan_json::plan(&schemas, &it.plan, &origin));
            }
            false => screen.print(&plan_text::plan(&schemas, &it.plan, screen.out)),
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.path.is_file() && args.path.extension().is_some_and(|it| it == "tfstate") {
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
