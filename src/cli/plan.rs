//! `plan`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::args::{LockArgs, PlanArgs, StackArg, StateArgs, VariableArgs};
use super::file::{self, Readers};
use super::progress::Progress;
use super::screen::{Form, Screen};
use super::{Failed, Outcome, inputs, saved, session};
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::{Engine, Inputs, PlanFailure, PlanOptions, Stack};
use crate::plan::{Plan, PlanMode, generated};
use crate::render::{events_json, plan_text, schemas};

/// Show what it takes to make what exists into what the stack describes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    stack: StackArg,
    #[command(flatten)]
    what: PlanArgs,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    lock: LockArgs,
    /// Save the plan in this file, for `apply` and `show`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the configuration of imports that have none into this new file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["destroy", "refresh_only"])]
    generate_config_out: Option<PathBuf>,
    /// Print one JSON object a line, in the form of `terraform plan -json`.
    #[arg(long)]
    json: bool,
    /// End with exit code 2 where there are changes.
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) async fn run(screen: &Screen, args: Args) -> Outcome {
    let form = Form { json: args.json, compact_warnings: args.what.compact_warnings };
    let unused = args.generate_config_out.as_deref().map_or(Ok(()), unused);
    said(screen, form, unused.map_err(Failed::from))?;
    let engine = session::engine(&args.stack.stack, &args.state, Some(&args.lock));
    let run = Run::begin(screen, form, engine, &args.stack, &args.variables, &args.what)?;
    let save = |plan: &Plan| match &args.out {
        Some(file) => saved::write(file, &args.stack.stack, &args.state, &run, plan)
            .map_err(|those| run.fail(screen, &those)),
        None => Ok(()),
    };
    let options = PlanOptions {
        generate_config: args.generate_config_out.is_some(),
        ..options(&args.what, args.what.mode())
    };
    let planned = run.plan_keeping(screen, &options).await;
    let outcome = finish(screen, &args, &run, planned, &save);
    if args.what.api_calls {
        screen.calls(&run.engine.calls(), form);
    }
    // The process ends: what a large stack is made of need not be taken apart first.
    std::mem::forget(run);
    outcome
}

/// Shows and saves a plan, or what there is of it.
fn finish(
    screen: &Screen,
    args: &Args,
    run: &Run,
    planned: Result<Plan, (Failed, Option<Box<Plan>>)>,
    save: &dyn Fn(&Plan) -> Result<(), Failed>,
) -> Outcome {
    let plan = match planned {
        Ok(plan) => plan,
        Err((failed, partial)) => {
            // What was planned before can be looked at.
            if let Some(partial) = partial {
                write_generated(screen, args, run, &partial)?;
                save(&partial)?;
            }
            return Err(failed);
        }
    };
    run.show(screen, &plan);
    write_generated(screen, args, run, &plan)?;
    save(&plan)?;
    if let (Some(file), false) = (&args.out, run.form.json) {
        screen.say(&format!("Saved the plan to: {}", file.display()));
    }
    Ok(match args.detailed_exitcode && plan.has_changes() {
        true => ExitCode::from(2),
        false => ExitCode::SUCCESS,
    })
}

/// Refuses a file for generated configuration that is there already.
fn unused(file: &Path) -> Result<(), Diagnostic> {
    if !file.exists() {
        return Ok(());
    }
    let detail = format!("`{}` exists, and is not written over", file.display());
    let it = Diagnostic::error("Target generated file already exists", detail);
    Err(it.hint("name a new file, or move what is in it elsewhere and delete it"))
}

/// Writes the configuration that was generated, also where planning it failed: it is mended there.
fn write_generated(screen: &Screen, args: &Args, run: &Run, plan: &Plan) -> Result<(), Failed> {
    let Some(path) = args.generate_config_out.as_ref().filter(|_| !plan.generated.is_empty())
    else {
        return Ok(());
    };
    let text = generated::document(&plan.generated);
    file::create(path, text.as_bytes(), Readers::Everyone).map_err(|why| {
        let detail = format!("`{}`: {why}", path.display());
        let it = Diagnostic::error("the generated configuration cannot be written", detail);
        run.fail(screen, &it.into())
    })?;
    if !run.form.json {
        let count = plan.generated.len();
        let shown = path.display();
        screen.say(&format!("Wrote the configuration of {count} imported object(s) to: {shown}"));
    }
    Ok(())
}

/// What the flags ask for.
pub fn options(args: &PlanArgs, mode: PlanMode) -> PlanOptions {
    PlanOptions {
        mode,
        targets: args.target.clone(),
        replace: args.replace.clone(),
        refresh: args.refresh,
        generate_config: false,
    }
}

/// A stack with all that is needed to plan and apply it.
pub struct Run {
    /// Does it.
    pub engine: Engine,
    /// What is wanted.
    pub stack: Stack,
    /// Values of its variables.
    pub inputs: Inputs,
    /// How the run speaks.
    pub form: Form,
    /// Where its events go.
    pub progress: Arc<Progress>,
}

impl Run {
    /// Reads stack and variables.
    pub fn begin(
        screen: &Screen,
        form: Form,
        engine: Result<Engine, Failed>,
        stack: &StackArg,
        variables: &VariableArgs,
        what: &PlanArgs,
    ) -> Result<Run, Failed> {
        if form.json {
            screen.line(&events_json::version());
        }
        let mut engine = said(screen, form, engine)?;
        engine.parallelism = what.parallelism;
        let path = &stack.stack;
        let stack = session::load(screen, &engine, path, form)?;
        let gathered = inputs::gather(screen, &engine, &stack, path, variables, !form.json);
        let (inputs, mut warnings) = match gathered {
            Ok(it) => it,
            Err(those) => {
                screen.report(&stack.sources, &those, form);
                return Err(Failed::Said);
            }
        };
        warnings.extend(session::backend(&engine, &stack));
        screen.report(&stack.sources, &warnings, form);
        Ok(Run::with(screen, form, engine, stack, inputs))
    }

    /// A run whose parts are there already.
    pub fn with(
        screen: &Screen,
        form: Form,
        mut engine: Engine,
        stack: Stack,
        inputs: Inputs,
    ) -> Run {
        let progress = Progress::new(form, screen.err, stack.sources.clone());
        engine.listener = progress.clone();
        watch_interrupts(&engine, form);
        Run { engine, stack, inputs, form, progress }
    }

    /// Plans; where that fails, what is wrong is said.
    pub async fn plan(&self, screen: &Screen, options: &PlanOptions) -> Result<Plan, Failed> {
        self.plan_keeping(screen, options).await.map_err(|(failed, _)| failed)
    }

    /// As [`Run::plan`]; where that fails, with how far it came.
    pub async fn plan_keeping(
        &self,
        screen: &Screen,
        options: &PlanOptions,
    ) -> Result<Plan, (Failed, Option<Box<Plan>>)> {
        let cancel = &self.engine.cancel;
        let planned = tokio::select! {
            planned = self.engine.plan(&self.stack, &self.inputs, options) => planned,
            // Planning only reads: it can end at once.
            () = cancel.asked() => Err(PlanFailure::from(Diagnostics::from(interrupted()))),
        };
        self.progress.finish();
        planned.map_err(|failed| {
            let partial = failed.partial.as_ref().filter(|it| !it.changes.is_empty());
            if let (true, Some(partial)) = (self.form.json, partial) {
                events_json::plan(partial).iter().for_each(|it| screen.line(it));
            }
            screen.report(&self.stack.sources, &failed.diagnostics, self.form);
            (Failed::Said, failed.partial)
        })
    }

    /// Prints the plan and its warnings.
    pub fn show(&self, screen: &Screen, plan: &Plan) {
        match self.form.json {
            true => events_json::plan(plan).iter().for_each(|it| screen.line(it)),
            false => {
                let schemas = schemas(&self.engine.registry);
                screen.print(&plan_text::plan(&schemas, plan, screen.out));
            }
        }
        screen.report(&self.stack.sources, &plan.warnings, self.form);
    }

    /// Reports what went wrong in the form of the run.
    pub fn fail(&self, screen: &Screen, those: &Diagnostics) -> Failed {
        self.progress.finish();
        screen.report(&self.stack.sources, those, self.form);
        Failed::Said
    }
}

/// The error for a run that was interrupted before it changed anything.
pub fn interrupted() -> Diagnostic {
    Diagnostic::error("interrupted", "nothing was changed")
}

/// Says what is wrong in the form of the run.
pub fn said<T>(screen: &Screen, form: Form, result: Result<T, Failed>) -> Result<T, Failed> {
    result.map_err(|failed| match failed {
        Failed::Because(sources, those) => {
            screen.report(&sources, &those, form);
            Failed::Said
        }
        Failed::Said => Failed::Said,
    })
}

/// The first interrupt ends a run when what is under way is done, the second at once. They are heard by
/// a thread of their own, however long the run evaluates.
fn watch_interrupts(engine: &Engine, form: Form) {
    let cancel = engine.cancel.clone();
    let heard = async move {
        let mut terminated = terminations();
        loop {
            tokio::select! {
                asked = tokio::signal::ctrl_c() => if asked.is_err() { return },
                () = terminated.next() => {}
            }
            if !form.json {
                super::screen::say(match cancel.is_asked() {
                    false => "\nInterrupted: finishing what is under way; again to stop at once.",
                    true => "\nStopping at once. The next run takes up what was under way.",
                });
            }
            cancel.ask();
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Ok(runtime) = runtime {
        std::thread::spawn(move || runtime.block_on(heard));
    }
}

#[cfg(unix)]
struct Terminations(Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
fn terminations() -> Terminations {
    use tokio::signal::unix::{SignalKind, signal};
    Terminations(signal(SignalKind::terminate()).ok())
}

#[cfg(unix)]
impl Terminations {
    async fn next(&mut self) {
        let came = match &mut self.0 {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if came.is_none() {
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
struct Terminations;

#[cfg(not(unix))]
fn terminations() -> Terminations {
    Terminations
}

#[cfg(not(unix))]
impl Terminations {
    async fn next(&mut self) {
        std::future::pending().await
    }
}
