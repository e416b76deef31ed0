//! `apply` and `destroy`

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::args::{LockArgs, PlanArgs, StackArg, StateArgs, VariableArgs};
use super::plan::{Run, interrupted, options, said};
use super::screen::{Form, Screen};
use super::{Failed, Outcome, flat_outputs, inputs, saved, session};
use crate::diag::Diagnostic;
use crate::engine::saved::{SavedPlan, is_ephemeral};
use crate::engine::{Applied, Engine};
use crate::lang::console;
use crate::lang::value::Value;
use crate::plan::{Plan, PlanMode};
use crate::render::{events_json, object};

/// Make what the stack describes, or do what a saved plan says.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stack (a file or a directory), or a plan saved with `plan --out`.
    #[arg(value_name = "STACK|PLAN", default_value = ".")]
    stack: PathBuf,
    #[command(flatten)]
    what: PlanArgs,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Destroy everything that the stack has made.
#[derive(Debug, clap::Args)]
pub struct DestroyArgs {
    #[command(flatten)]
    stack: StackArg,
    #[command(flatten)]
    what: PlanArgs,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What both take.
#[derive(Debug, clap::Args)]
pub struct Common {
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    lock: LockArgs,
    /// Do not ask for approval.
    #[arg(long)]
    auto_approve: bool,
    /// Print one JSON object a line, in the form of `terraform apply -json`.
    #[arg(long)]
    json: bool,
    /// File for the outputs as a flat map of strings.
    #[arg(long, value_name = "FILE", default_value = flat_outputs::DEFAULT)]
    outputs_file: PathBuf,
}

pub(super) async fn run(screen: &Screen, args: Args) -> Outcome {
    if saved::is_saved(&args.stack) {
        return apply_saved(screen, args).await;
    }
    let mode = args.what.mode();
    let stack = StackArg { stack: args.stack };
    go(screen, stack, args.what, args.common, mode).await
}

pub(super) async fn destroy(screen: &Screen, args: DestroyArgs) -> Outcome {
    go(screen, args.stack, args.what, args.common, PlanMode::Destroy).await
}

async fn go(
    screen: &Screen,
    stack: StackArg,
    what: PlanArgs,
    common: Common,
    mode: PlanMode,
) -> Outcome {
    let form = Form { json: common.json, compact_warnings: what.compact_warnings };
    let engine = session::engine(&stack.stack, &common.state, Some(&common.lock));
    let mut run = Run::begin(screen, form, engine, &stack, &common.variables, &what)?;
    if common.json && !common.auto_approve {
        let why = "nobody can be asked for approval while JSON is printed";
        let it = Diagnostic::error("approval is needed", why);
        let it = it.hint("write `--auto-approve`, or apply a saved plan");
        return Err(run.fail(screen, &it.into()));
    }
    // Nobody else comes in between while somebody looks at the plan.
    let verb = if mode == PlanMode::Destroy { "destroy" } else { "apply" };
    let held = run.engine.hold(verb).await;
    let _guard = held.map_err(|those| run.fail(screen, &those))?;
    match run.engine.recover(&run.stack, &run.inputs).await {
        Ok(warnings) => screen.report(&run.stack.sources, &warnings, form),
        Err(those) => return Err(run.fail(screen, &those)),
    }
    let outcome = plan_and_perform(screen, &run, &what, &common, mode).await;
    if what.api_calls {
        screen.calls(&run.engine.calls(), form);
    }
    outcome
}

async fn plan_and_perform(
    screen: &Screen,
    run: &Run,
    what: &PlanArgs,
    common: &Common,
    mode: PlanMode,
) -> Outcome {
    let plan = run.plan(screen, &options(what, mode)).await?;
    run.show(screen, &plan);
    if plan.has_changes() && !common.auto_approve {
        approve(screen, run, mode, common.variables.input).await?;
    }
    perform(screen, run, &plan, common).await
}

async fn apply_saved(screen: &Screen, args: Args) -> Outcome {
    let form = Form { json: args.common.json, compact_warnings: args.what.compact_warnings };
    if form.json {
        screen.line(&events_json::version());
    }
    let (mut engine, mut it, from) = said(screen, form, open_saved(&args))?;
    engine.parallelism = args.what.parallelism;
    // What may not be in a file is given once more.
    let given = inputs::gather(screen, &engine, &it.stack, &from, &args.common.variables, false);
    let (given, _) = given.map_err(|those| {
        screen.report(&it.stack.sources, &those, form);
        Failed::Said
    })?;
    let changed = saved::changed(&it.stack, &given, &it.inputs);
    if changed.has_errors() {
        screen.report(&it.stack.sources, &changed, form);
        return Err(Failed::Said);
    }
    for (name, input) in given.iter().filter(|(name, _)| is_ephemeral(&it.stack, name)) {
        it.inputs.add(name.clone(), input.clone());
    }
    let run = Run::with(screen, form, engine, it.stack, it.inputs);
    if form.json {
        let planned = it.plan.changes.iter().filter(|it| it.is_visible());
        planned.for_each(|it| screen.line(&events_json::planned(it)));
    }
    let outcome = perform(screen, &run, &it.plan, &args.common).await;
    if args.what.api_calls {
        screen.calls(&run.engine.calls(), form);
    }
    outcome
}

/// Reads the saved plan. What is to be planned, and where, it knows already.
fn open_saved(args: &Args) -> Result<(Engine, SavedPlan, PathBuf), Failed> {
    let (what, state) = (&args.what, &args.common.state);
    let given = [
        ("--target", !what.target.is_empty()),
        ("--replace", !what.replace.is_empty()),
        ("--refresh=false", !what.refresh),
        ("--refresh-only", what.refresh_only),
        ("--destroy", what.destroy),
        ("--state", state.state.is_some()),
    ];
    if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
        let detail = format!("`{flag}` has no say here: `{}` is planned", args.stack.display());
        let it = Diagnostic::error("option beside a saved plan", detail);
        return Err(it.hint(format!("make a new plan with `plan {flag} --out`")).into());
    }
    let read = saved::read(&args.stack, Some(&args.common.lock))?;
    let asked = &state.workspace;
    if *asked != "default" && *asked != read.0.workspace {
        let detail = format!("it is for the workspace `{}`, not `{asked}`", read.0.workspace);
        return Err(Diagnostic::error("saved plan of another workspace", detail).into());
    }
    Ok(read)
}

/// Applies, and says what came of it.
async fn perform(screen: &Screen, run: &Run, plan: &Plan, common: &Common) -> Outcome {
    let mut applied = run.engine.apply(&run.stack, &run.inputs, plan).await;
    run.progress.finish();
    // What the plan has told already is not told again.
    let told = |it: &Diagnostic| plan.warnings.iter().any(|had| had == it);
    applied.diagnostics = applied.diagnostics.into_iter().filter(|it| !told(it)).collect();
    let failed = applied.diagnostics.has_errors();
    if !failed && let Err(those) = flat_outputs::write(&common.outputs_file, &applied.state) {
        applied.diagnostics.extend(those);
    }
    screen.report(&run.stack.sources, &applied.diagnostics, run.form);
    let complete = !applied.diagnostics.has_errors() && !applied.interrupted;
    match run.form.json {
        true => speak(screen, plan, &applied, complete),
        false => tell(screen, plan, &applied, complete),
    }
    if complete { Ok(ExitCode::SUCCESS) } else { Err(Failed::Said) }
}

fn tell(screen: &Screen, plan: &Plan, applied: &Applied, complete: bool) {
    if !complete {
        if !applied.interrupted && nothing_begun(applied) {
            return;
        }
        let how = if applied.interrupted { "interrupted" } else { "incomplete" };
        let rest = match (applied.failed, applied.skipped) {
            (0, 0) => String::new(),
            (failed, skipped) => format!(" {failed} failed, {skipped} skipped."),
        };
        screen.say(&format!("Apply {how}. Resources: {}.{rest}", done(applied)));
        return;
    }
    let text = message(plan, applied);
    let (color, reset) = if screen.out.color { ("\u{1b}[1;32m", "\u{1b}[0m") } else { ("", "") };
    screen.print(&format!("\n{color}{text}{reset}\n"));
    if plan.mode == PlanMode::Destroy || applied.state.outputs.is_empty() {
        return;
    }
    let mut out = String::from("\nOutputs:\n\n");
    for (name, output) in &applied.state.outputs {
        let value = match output.sensitive {
            true => "<sensitive>".to_string(),
            false => console::display(&object::output(output)),
        };
        out.push_str(&format!("{name} = {value}\n"));
    }
    screen.print(&out);
}

/// Whether the plan was refused as a whole.
fn nothing_begun(applied: &Applied) -> bool {
    applied.done == Default::default() && (applied.failed, applied.skipped) == (0, 0)
}

fn speak(screen: &Screen, plan: &Plan, applied: &Applied, complete: bool) {
    let operation = if plan.mode == PlanMode::Destroy { "destroy" } else { "apply" };
    if applied.interrupted {
        let it = Diagnostic::error("interrupted", "what was not begun yet is not done");
        screen.line(&events_json::diagnostic(&Default::default(), &it));
    }
    // As Terraform: only what is complete is summed up.
    if !complete {
        return;
    }
    screen.line(&events_json::summary(operation, applied.done, message(plan, applied)));
    let outputs = &applied.state.outputs;
    if plan.mode != PlanMode::Destroy {
        let values = outputs.iter().map(|(name, it)| (name.as_str().into(), object::output(it)));
        let values = values.collect::<std::collections::BTreeMap<_, Value>>();
        let is_sensitive = |name: &str| outputs.get(name).is_some_and(|it| it.sensitive);
        screen.line(&events_json::outputs(&values, &is_sensitive));
    }
}

fn message(plan: &Plan, applied: &Applied) -> String {
    match plan.mode {
        PlanMode::Destroy => {
            format!("Destroy complete! Resources: {} destroyed.", applied.done.destroy)
        }
        _ => format!("Apply complete! Resources: {}.", done(applied)),
    }
}

fn done(applied: &Applied) -> String {
    let it = applied.done;
    let import = match it.import {
        0 => String::new(),
        count => format!("{count} imported, "),
    };
    format!("{import}{} added, {} changed, {} destroyed", it.add, it.change, it.destroy)
}

/// Asks whether to go on; only `yes` will do.
async fn approve(screen: &Screen, run: &Run, mode: PlanMode, may_ask: bool) -> Result<(), Failed> {
    if !may_ask || !screen.is_interactive() {
        let why =
            "nobody can be asked for approval: this is not a terminal, or asking is turned off";
        let it = Diagnostic::error("approval is needed", why).hint("write `--auto-approve`");
        return Err(run.fail(screen, &it.into()));
    }
    screen.say(match mode {
        PlanMode::Destroy => "\nDo you really want to destroy all of this? There is no undo.",
        PlanMode::RefreshOnly => "\nDo you want to bring the state up to date?",
        PlanMode::Normal => "\nDo you want to do this?",
    });
    screen.say("  Only `yes` is taken as approval.");
    let mut err = std::io::stderr();
    let _ = err.write_all(b"\n  Enter a value: ").and_then(|()| err.flush());
    let reply = tokio::task::spawn_blocking(read_line);
    let reply = tokio::select! {
        reply = reply => reply.ok().flatten(),
        () = run.engine.cancel.asked() => return Err(run.fail(screen, &interrupted().into())),
    };
    screen.say("");
    match reply.as_deref() {
        Some("yes") => Ok(()),
        _ => {
            let it = Diagnostic::error("not approved", "nothing was changed");
            Err(run.fail(screen, &it.into()))
        }
    }
}

/// One line that the user types; none at the end of the input.
pub(super) fn answer(screen: &Screen, question: &str) -> Option<String> {
    let mut err = std::io::stderr();
    let _ = err.write_all(question.as_bytes()).and_then(|()| err.flush());
    let line = read_line();
    if line.is_none() {
        screen.say("");
    }
    line
}

fn read_line() -> Option<String> {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_string()),
    }
}
