//! `state list` and `state show`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::args::StateArgs;
use super::screen::Screen;
use super::{Failed, Outcome, session};
use crate::address::{Address, Target};
use crate::diag::Diagnostic;
use crate::render::{schemas, state_text};
use crate::state::State;

/// Look into the state.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(ListArgs),
    Show(ShowArgs),
}

/// Print the addresses of all objects.
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Stack (a file or a directory), and an address to list what is in it.
    #[arg(value_name = "STACK] [ADDRESS", num_args = 0..=2)]
    given: Vec<String>,
    #[command(flatten)]
    state: StateArgs,
}

/// Print one object.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// Stack (a file or a directory), and the address of the object.
    #[arg(value_name = "STACK] [ADDRESS", num_args = 1..=2)]
    given: Vec<String>,
    #[command(flatten)]
    state: StateArgs,
}

pub(super) fn run(screen: &Screen, args: Args) -> Outcome {
    match args.command {
        Command::List(args) => list(screen, args),
        Command::Show(args) => show(screen, args),
    }
}

fn list(screen: &Screen, args: ListArgs) -> Outcome {
    let (stack, within) = session::stack_and_name(&args.given);
    let state = known(&stack, &args.state)?;
    let within: Option<Target> = within.map(|it| it.parse()).transpose()?;
    let mut out = String::new();
    for address in state.resources() {
        if within.as_ref().is_none_or(|it| it.contains(address)) {
            out.push_str(&format!("{address}\n"));
        }
    }
    if let (true, Some(within)) = (out.is_empty(), within) {
        return Err(unknown(&state, &within.to_string()));
    }
    screen.print(&out);
    Ok(ExitCode::SUCCESS)
}

fn show(screen: &Screen, args: ShowArgs) -> Outcome {
    let (stack, name) = session::stack_and_name(&args.given);
    let state = known(&stack, &args.state)?;
    let Some(name) = name else {
        let it = Diagnostic::error("no address", "say which object to show");
        return Err(it.hint("write `state show STACK ADDRESS`").into());
    };
    let address: Address = name.parse()?;
    let Some(object) = state.current(&address) else { return Err(unknown(&state, &name)) };
    let registry = session::registry();
    screen.print(&state_text::instance(&schemas(&registry), &address, object, screen.out));
    Ok(ExitCode::SUCCESS)
}

fn known(stack: &Path, args: &StateArgs) -> Result<State, Failed> {
    match session::read_state(stack, args)? {
        Some(state) => Ok(state),
        None => {
            let place = session::state_path(stack, args)?;
            let detail = format!("`{}` does not exist", place.display());
            Err(Diagnostic::error("No state file was found", detail)
                .hint("name the stack, or the state with `--state`")
                .into())
        }
    }
}

fn unknown(state: &State, name: &str) -> Failed {
    let names: Vec<String> = state.resources().iter().map(ToString::to_string).collect();
    Diagnostic::error("no such object", format!("the state has no `{name}`"))
        .did_you_mean(name, names.iter().map(String::as_str))
        .into()
}
