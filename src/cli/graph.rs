//! `graph`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::args::{LockArgs, PlanArgs, StackArg, StateArgs, VariableArgs};
use super::plan::{Run, options};
use super::screen::{Form, Screen};
use super::{Outcome, saved, session};
use crate::diag::Diagnostic;
use crate::render::{graph, svg};

/// Draw what depends on what, and what a plan does to it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stack (a file or a directory), or a plan saved with `plan --out`.
    #[arg(value_name = "STACK|PLAN", default_value = ".")]
    stack: PathBuf,
    #[command(flatten)]
    what: PlanArgs,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    lock: LockArgs,
    /// Draw what exists instead of what is planned.
    #[arg(long)]
    existing: bool,
    /// Form of the picture; by the file's ending, else DOT, when unset.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the picture to this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Forms of a picture.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For Graphviz.
    Dot,
    /// For Markdown files.
    Mermaid,
    /// An image.
    Svg,
    /// A page with the image, which lights up what belongs together.
    Html,
}

pub(super) async fn run(screen: &Screen, args: Args) -> Outcome {
    let picture = if args.existing {
        graph::of_state(&session::read_state(&args.stack, &args.state)?.unwrap_or_default())
    } else if saved::is_saved(&args.stack) {
        graph::of_plan(&saved::read(&args.stack, None)?.1.plan)
    } else {
        let form = Form { json: false, compact_warnings: true };
        let stack = StackArg { stack: args.stack.clone() };
        let engine = session::engine(&args.stack, &args.state, Some(&args.lock));
        let run = Run::begin(screen, form, engine, &stack, &args.variables, &args.what)?;
        graph::of_plan(&run.plan(screen, &options(&args.what, args.what.mode())).await?)
    };
    let text = match args.format.unwrap_or_else(|| by_ending(args.out.as_ref())) {
        Format::Dot => graph::dot(&picture),
        Format::Mermaid => graph::mermaid(&picture),
        Format::Svg => svg::svg(&picture),
        Format::Html => svg::html(&picture),
    };
    let Some(file) = &args.out else {
        screen.print(&text);
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::write(file, text).map_err(|why| {
        let detail = format!("`{}`: {why}", file.display());
        Diagnostic::error("the picture cannot be written", detail)
    })?;
    screen.say(&format!("Wrote {} resources to {}", picture.nodes.len(), file.display()));
    Ok(ExitCode::SUCCESS)
}

fn by_ending(file: Option<&PathBuf>) -> Format {
    match file.and_then(|it| it.extension()).and_then(|it| it.to_str()) {
        Some("svg") => Format::Svg,
        Some("html" | "htm") => Format::Html,
        Some("md" | "mmd" | "mermaid") => Format::Mermaid,
        _ => Format::Dot,
    }
}
