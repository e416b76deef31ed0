//! `validate`

use std::process::ExitCode;

use serde_json::json;

use super::args::StackArg;
use super::screen::Screen;
use super::{Failed, Outcome, saved, session};
use crate::diag::{Severity, to_json};
use crate::engine::Engine;
use crate::state::MemoryStore;

/// Check a stack without looking at state, variables or AWS.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    stack: StackArg,
    /// Print one JSON document, in the form of `terraform validate -json`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(screen: &Screen, args: Args) -> Outcome {
    let engine = Engine::new(session::registry(), std::sync::Arc::new(MemoryStore::new()));
    let loaded = saved::refuse(&args.stack.stack).map(|()| engine.load(&args.stack.stack));
    let (stack, mut found) = loaded.unwrap_or_else(|those| (None, those));
    let sources = stack.as_ref().map(|it| it.sources.clone()).unwrap_or_default();
    if let Some(stack) = stack.filter(|_| !found.has_errors()) {
        found.extend(engine.validate(&stack));
    }
    let valid = !found.has_errors();
    if args.json {
        let count = |severity| found.iter().filter(|it| it.severity == severity).count();
        let all: Vec<_> = found.iter().map(|it| to_json(&sources, it)).collect();
        let document = json!({
            "format_version": "1.0",
            "valid": valid,
            "error_count": count(Severity::Error),
            "warning_count": count(Severity::Warning),
            "diagnostics": all,
        });
        screen.print(&format!("{document:#}\n"));
        return if valid { Ok(ExitCode::SUCCESS) } else { Err(Failed::Said) };
    }
    screen.diagnostics(&sources, &found);
    match valid {
        true => {
            screen.print("Success! The configuration is valid.\n");
            Ok(ExitCode::SUCCESS)
        }
        false => Err(Failed::Said),
    }
}
