//! The command line: one file per command.
//!
//! Only this folder touches the terminal, the environment and the user's files; the library gets
//! what it needs passed in. Standard output carries data only: plan texts, values, JSON. Progress
//! and diagnostics go to standard error.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | success; for `plan --detailed-exitcode`: nothing to do |
//! | 1 | an error, which is explained |
//! | 2 | only for `plan --detailed-exitcode`: there are changes |

mod apply;
mod args;
mod console;
mod docs;
mod file;
mod flat_outputs;
mod graph;
mod inputs;
mod output;
mod plan;
mod progress;
mod saved;
mod screen;
mod session;
mod show;
mod state;
mod validate;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::screen::Screen;
use crate::diag::Diagnostics;

/// Room for recursion.
const STACK_SIZE: usize = 64 << 20;

/// Interprets Terraform-flavoured HCL straight into AWS API calls.
#[derive(Debug, Parser)]
#[command(name = "fastcart-hcl", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print without colours; the environment variable NO_COLOR does the same.
    #[arg(long, global = true)]
    no_color: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(validate::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Destroy(apply::DestroyArgs),
    Output(output::Args),
    Show(show::Args),
    Graph(graph::Args),
    State(state::Args),
    Console(console::Args),
    Docs(docs::Args),
}

/// What a command ends with.
type Outcome = Result<ExitCode, Failed>;

/// A command that failed.
enum Failed {
    /// With diagnostics that are still to be shown, and the files they point into.
    Because(crate::diag::Sources, Diagnostics),
    /// With everything said.
    Said,
}

impl<D: Into<Diagnostics>> From<D> for Failed {
    fn from(those: D) -> Self {
        Failed::Because(Default::default(), those.into())
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    // Recursion is bounded, but a debug build takes much of a stack for each step.
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run);
    match thread.map(|it| it.join()) {
        Ok(Ok(code)) => code,
        _ => ExitCode::FAILURE,
    }
}

fn run() -> ExitCode {
    let cli = match args::parse(Cli::command()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let screen = Screen::new(cli.no_color);
    // What is done between replies is short, and to hand it to another thread would take longer.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(it) => it,
        Err(why) => {
            screen.say(&format!("error: cannot start: {why}"));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Validate(args) => validate::run(&screen, args),
            Command::Plan(args) => plan::run(&screen, args).await,
            Command::Apply(args) => apply::run(&screen, args).await,
            Command::Destroy(args) => apply::destroy(&screen, args).await,
            Command::Output(args) => output::run(&screen, args),
            Command::Show(args) => show::run(&screen, args),
            Command::Graph(args) => graph::run(&screen, args).await,
            Command::State(args) => state::run(&screen, args),
            Command::Console(args) => console::run(&screen, args),
            Command::Docs(args) => docs::run(&screen, args),
        }
    });
    // What still waits for a line of input is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(Failed::Because(sources, those)) => {
            screen.diagnostics(&sources, &those);
            ExitCode::FAILURE
        }
        Err(Failed::Said) => ExitCode::FAILURE,
    }
}
