//! One step of a case: the commands, in the order in which the answers were measured.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::compare::{Problems, actual_plan, checks, diagnostics};

/// How long a command may take; what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory in which the steps of a case follow one another.
pub struct Workplace {
    dir: Arc<tempfile::TempDir>,
    env: Vec<(String, String)>,
    loud: bool,
}

/// What a command came to.
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output, then what went wrong on the way to it.
    pub out: String,
}

impl Ran {
    fn lines(&self) -> Vec<Json> {
        self.out.lines().filter_map(|it| serde_json::from_str(it).ok()).collect()
    }

    fn document(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or(Json::Null)
    }
}

impl Workplace {
    pub fn new(env: Option<&Json>) -> Self {
        let work = Workplace {
            dir: Arc::new(tempfile::tempdir().unwrap()),
            env: Vec::new(),
            loud: std::env::var("CONFORMANCE").is_ok(),
        };
        work.with(env)
    }

    /// The same with more in the environment.
    pub fn with(&self, env: Option<&Json>) -> Self {
        let mut all = self.env.clone();
        for (name, value) in env.and_then(Json::as_object).into_iter().flatten() {
            all.push((name.clone(), value.as_str().unwrap_or_default().to_string()));
        }
        Workplace { dir: self.dir.clone(), env: all, loud: self.loud }
    }

    /// Puts the files of a step in place of those of the step before; the state stays.
    pub fn bring(&self, from: &Path) {
        for it in std::fs::read_dir(self.dir.path()).unwrap().map(|it| it.unwrap()) {
            let name = it.file_name().to_string_lossy().into_owned();
            if name.starts_with("terraform.tfstate") {
                continue;
            }
            match it.path().is_dir() {
                true => std::fs::remove_dir_all(it.path()).unwrap(),
                false => std::fs::remove_file(it.path()).unwrap(),
            }
        }
        copy(from, self.dir.path());
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fastcart-hcl"));
        command.current_dir(self.dir.path()).args(args).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let id = child.id();
        let (done, waiting) = mpsc::channel();
        std::thread::spawn(move || done.send(child.wait_with_output()));
        let Ok(output) = waiting.recv_timeout(PATIENCE) else {
            let _ = Command::new("kill").arg(id.to_string()).status();
            return Ran { code: -1, out: String::new() };
        };
        let output = output.unwrap();
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
        };
        if self.loud {
            let err = String::from_utf8_lossy(&output.stderr);
            println!("$ {} → {}\n{}{err}", args.join(" "), ran.code, ran.out);
        }
        ran
    }
}

fn copy(from: &Path, to: &Path) {
    for it in std::fs::read_dir(from).unwrap().map(|it| it.unwrap()) {
        let target = to.join(it.file_name());
        if it.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&it.path(), &target);
        } else if it.file_name() != "expect.json" {
            std::fs::copy(it.path(), target).unwrap();
        }
    }
}

/// Runs one step and compares every answer.
pub fn step(work: &Workplace, expect: &Json, problems: &mut Problems) {
    // Terraform's long flags have one dash.
    let args: Vec<String> = expect["args"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(|it| format!("-{it}"))
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = commands(work, expect, &args, problems);
    let phase = match expect["failed_phase"].as_str() {
        // Nothing is installed, so what `init` refuses is found by the validation.
        Some("init") => Some("validate"),
        phase => phase,
    };
    problems.same("failed phase", &phase.into(), &ran.failed.into());
    problems.diagnostics("errors", &expect["errors"], &ran.errors);
    problems.diagnostics("warnings", &expect["warnings"], &ran.warnings);
}

#[derive(Default)]
struct Outcome {
    failed: Option<&'static str>,
    errors: Vec<Json>,
    warnings: Vec<Json>,
}

impl Outcome {
    fn take(&mut self, ran: &Ran, phase: &'static str) {
        let (errors, warnings) = diagnostics(&ran.lines());
        let new = |known: &[Json], it: &Json| !known.contains(it);
        self.errors
            .extend(errors.into_iter().filter(|it| new(&self.errors, it)).collect::<Vec<_>>());
        let more: Vec<Json> = warnings.into_iter().filter(|it| new(&self.warnings, it)).collect();
        self.warnings.extend(more);
        if ran.code != 0 {
            self.failed.get_or_insert(phase);
        }
    }
}

fn commands(work: &Workplace, expect: &Json, args: &[&str], problems: &mut Problems) -> Outcome {
    let mut outcome = Outcome::default();
    let checked = work.run(&["validate", ".", "--json"]);
    let document = checked.document();
    problems.same("valid", &(checked.code == 0).into(), &document["valid"]);
    let found = document["diagnostics"].as_array().cloned().unwrap_or_default();
    let lines = found.into_iter().map(|it| {
        Json::Object(Map::from_iter([
            ("type".to_string(), "diagnostic".into()),
            ("diagnostic".to_string(), it),
        ]))
        .to_string()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    outcome.take(&Ran { code: checked.code, out: text }, "validate");
    if outcome.failed.is_some() {
        return outcome;
    }
    let planned = work.run(&[&["plan", ".", "--out", "it.plan", "--json"], args].concat());
    outcome.take(&planned, "plan");
    if !expect["plan"].is_null() {
        let shown = work.run(&["show", "--json", "it.plan"]);
        problems.same("exit code of show", &0.into(), &shown.code.into());
        let plan = actual_plan(&shown.document());
        problems.plan(&expect["plan"], &plan);
        if outcome.failed.is_some() {
            problems.same("errored", &true.into(), &shown.document()["errored"]);
        }
    }
    if outcome.failed.is_some() {
        let refused = work.run(&["apply", "it.plan", "--auto-approve", "--json"]);
        problems.same("exit code of applying a failed plan", &1.into(), &refused.code.into());
        return outcome;
    }
    let ephemeral: Vec<&str> = match std::fs::read_to_string(work.dir.path().join("main.tf")) {
        Ok(text) if text.contains("ephemeral") => args.to_vec(),
        _ => Vec::new(),
    };
    let apply = [&["apply", "it.plan", "--auto-approve", "--json"][..], &ephemeral].concat();
    outcome.take(&work.run(&apply), "apply");
    let outputs = work.run(&["output", "--json"]).document();
    problems.wanted("outputs", expect, "outputs_after_apply", &outputs);
    let listed: Json = work.run(&["state", "list"]).out.lines().map(Json::from).collect();
    problems.wanted("state list", expect, "state_addresses_after_apply", &listed);
    let state = work.run(&["show", "--json"]).document();
    let mut values = Map::new();
    gather(&state["values"]["root_module"], &mut values);
    problems.wanted("state", expect, "state_values_after_apply", &Json::Object(values));
    if !expect["checks_after_apply"].is_null() {
        let mut after = checks(&state["checks"]);
        after.iter_mut().filter_map(Json::as_object_mut).for_each(|it| {
            let each = it.remove("instances").unwrap_or_default();
            let each = each.as_array().into_iter().flatten();
            let all: Vec<Json> = each
                .flat_map(|it| it["problems"].as_array().cloned().unwrap_or_default())
                .collect();
            it.remove("kind");
            it.insert("problems".into(), all.into());
        });
        problems.same("checks after apply", &expect["checks_after_apply"], &after.into());
    }
    // What was asked for once is done; variables and the direction stay.
    let kept: Vec<&str> = args.iter().copied().filter(|it| !it.starts_with("--replace")).collect();
    let again = work.run(&[&["plan", ".", "--json", "--detailed-exitcode"], &kept[..]].concat());
    let empty = match again.code {
        0 => Json::Bool(true),
        2 => Json::Bool(false),
        _ => Json::Null,
    };
    let wanted = if expect["second_plan_errors"].is_null() {
        &expect["second_plan_is_empty"]
    } else {
        &Json::Null
    };
    problems.same("second plan is empty", wanted, &empty);
    let (errors, _) = diagnostics(&again.lines());
    problems.diagnostics("errors of the second plan", &expect["second_plan_errors"], &errors);
    outcome
}

/// Values of the objects of a module and those in it, by address.
fn gather(module: &Json, into: &mut Map<String, Json>) {
    for it in module["resources"].as_array().into_iter().flatten() {
        into.insert(it["address"].as_str().unwrap_or_default().to_string(), it["values"].clone());
    }
    module["child_modules"].as_array().into_iter().flatten().for_each(|it| gather(it, into));
}
