//! The same input given to a real `terraform` and to the binary: what both say of it must agree.
//! Without a `terraform` of the version that the project is measured against on the path, the test
//! says so and passes.
//!
//! A new case is a new file in `tests/lang/differential`, with nothing but the configuration. Cases
//! of `tests/lang/configs` that are tagged `found` are asked again, step by step.
#![cfg(feature = "cli")]

#[path = "conformance/compare.rs"]
#[allow(dead_code)]
mod compare;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value as Json};

use self::compare::{Problems, actual_plan, diagnostics};

/// What is measured against.
const VERSION: &str = "1.11.4";

struct Tool<'a> {
    program: &'a str,
    /// What long flags begin with.
    dashes: &'a str,
    /// The argument that names the directory, where it takes one.
    stack: Option<&'a str>,
}

const THEIRS: Tool = Tool { program: "terraform", dashes: "-", stack: None };
const OURS: Tool =
    Tool { program: env!("CARGO_BIN_EXE_fastcart-hcl"), dashes: "--", stack: Some(".") };

impl Tool<'_> {
    /// Exit code and standard output of a command; none where the program is not there.
    fn run(
        &self,
        dir: &Path,
        command: &str,
        flags: &[&str],
        rest: &[&str],
    ) -> Option<(i32, String)> {
        let mut it = Command::new(self.program);
        it.current_dir(dir)
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE")
            .arg(command);
        it.args(self.stack.filter(|_| !matches!(command, "show" | "apply")));
        it.args(flags.iter().map(|it| format!("{}{it}", self.dashes))).args(rest);
        let output = it.output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Some((output.status.code().unwrap_or(-1), text))
    }

    /// Errors and warnings of validating, planning and applying, the plan, and what there is then.
    fn answer(&self, dir: &Path, args: &[String]) -> Answer {
        let mut answer = Answer::default();
        let checked = self.run(dir, "validate", &["json"], &[]).unwrap();
        let document: Json = serde_json::from_str(&checked.1).unwrap_or_default();
        let found = document["diagnostics"].as_array().cloned().unwrap_or_default();
        let lines: Vec<Json> = found
            .into_iter()
            .map(|it| serde_json::json!({"type": "diagnostic", "diagnostic": it}))
            .collect();
        answer.take(&lines);
        if checked.0 != 0 {
            return answer;
        }
        let args = args.iter().map(|it| it.trim_start_matches('-'));
        let flags: Vec<&str> = ["json", "out=it.plan"].into_iter().chain(args).collect();
        let planned = self.run(dir, "plan", &flags, &[]).unwrap();
        let lines: Vec<Json> =
            planned.1.lines().filter_map(|it| serde_json::from_str(it).ok()).collect();
        answer.take(&lines);
        let shown = self.run(dir, "show", &["json"], &["it.plan"]).unwrap();
        let document: Json = serde_json::from_str(&shown.1).unwrap_or_default();
        answer.plan = actual_plan(&document);
        for (key, value) in document.as_object().into_iter().flatten() {
            // What changed is compared as a plan.
            let compared = [
                "configuration",
                "variables",
                "prior_state",
                "planned_values",
                "relevant_attributes",
            ];
            if compared.contains(&key.as_str()) {
                answer.document.insert(key.clone(), sorted(value.clone()));
            }
        }
        if planned.0 == 0
            && self.run(dir, "apply", &["json", "auto-approve"], &["it.plan"]).is_some()
        {
            let outputs = self.run(dir, "output", &["json"], &[]).unwrap().1;
            answer.outputs = serde_json::from_str(&outputs).unwrap_or_default();
        }
        let _ = std::fs::remove_file(dir.join("it.plan"));
        answer
    }
}

#[derive(Default)]
struct Answer {
    errors: Vec<Json>,
    warnings: Vec<Json>,
    plan: Json,
    document: Map<String, Json>,
    outputs: Json,
}

/// The same in whatever order attributes are listed.
fn sorted(mut it: Json) -> Json {
    if let Some(list) = it.as_array_mut() {
        list.sort_by_key(Json::to_string);
    }
    it
}

/// Random ids become what they are in the order in which they were seen first.
#[derive(Default)]
struct Ids(Vec<String>);

impl Ids {
    fn known(&mut self, it: &Json) -> Json {
        match it {
            Json::String(text) if is_id(text) => {
                let at = self.0.iter().position(|it| it == text).unwrap_or_else(|| {
                    self.0.push(text.clone());
                    self.0.len() - 1
                });
                format!("id {at}").into()
            }
            Json::Array(items) => items.iter().map(|it| self.known(it)).collect(),
            Json::Object(items) => {
                // The version of the tool is its own.
                let told = items.iter().filter(|(key, _)| *key != "terraform_version");
                told.map(|(key, it)| (key.clone(), self.known(it))).collect()
            }
            other => other.clone(),
        }
    }
}

fn is_id(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.chars().all(|it| it.is_ascii_hexdigit() || it == '-')
}

impl Answer {
    fn take(&mut self, lines: &[Json]) {
        let (errors, warnings) = diagnostics(lines);
        self.errors.extend(errors);
        self.warnings.extend(warnings);
    }
}

/// In the shape in which cases note diagnostics.
fn noted(them: &[Json]) -> Json {
    them.iter()
        .map(|it| serde_json::json!({"summary": it[0], "file": it[1], "line": it[2]}))
        .collect()
}

#[test]
fn both_give_the_same_answers() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let version = THEIRS.run(here, "version", &["json"], &[]);
    let version = version.and_then(|(_, text)| serde_json::from_str::<Json>(&text).ok());
    if version.is_none_or(|it| it["terraform_version"] != VERSION) {
        println!("skipped: there is no terraform {VERSION} on the path");
        return;
    }
    let mut failed = Vec::new();
    for case in cases(&here.join("tests/lang")) {
        let name = case.path.file_name().unwrap().to_string_lossy().into_owned();
        failed.extend(differences(&case).iter().map(|it| format!("{name}: {it}")));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A file or a directory, and what `plan` is asked in each step.
struct Case {
    path: PathBuf,
    steps: Vec<(PathBuf, Vec<String>)>,
}

fn cases(home: &Path) -> Vec<Case> {
    let each = |dir: &str| {
        let all = std::fs::read_dir(home.join(dir)).unwrap();
        let mut all: Vec<PathBuf> = all.map(|it| it.unwrap().path()).collect();
        all.sort();
        all
    };
    let alone = |path: PathBuf| Case { steps: vec![(path.clone(), Vec::new())], path };
    let mut all: Vec<Case> = each("differential").into_iter().map(alone).collect();
    for path in each("configs") {
        let expect = std::fs::read_to_string(path.join("expect.json")).unwrap();
        let expect: Json = serde_json::from_str(&expect).unwrap();
        if expect["tags"].as_array().is_none_or(|it| !it.contains(&"found".into())) {
            continue;
        }
        let args = |it: &Json| {
            let all = it["args"].as_array().into_iter().flatten();
            all.filter_map(Json::as_str).map(String::from).collect::<Vec<_>>()
        };
        let steps = match expect["steps"].as_array() {
            None => vec![(path.clone(), args(&expect))],
            Some(steps) => steps
                .iter()
                .map(|it| (path.join(format!("step{}", it["step"])), args(it)))
                .collect(),
        };
        all.push(Case { path, steps });
    }
    all
}

fn differences(case: &Case) -> Vec<String> {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (mut problems, mut ids) = (Problems::default(), [Ids::default(), Ids::default()]);
    for (number, (from, args)) in case.steps.iter().enumerate() {
        problems.enter(format!("step {}: ", number + 1));
        dirs.iter().for_each(|dir| bring(from, dir.path()));
        THEIRS.run(dirs[0].path(), "init", &["input=false"], &[]);
        let [theirs, ours] =
            [(&THEIRS, &dirs[0]), (&OURS, &dirs[1])].map(|(it, dir)| it.answer(dir.path(), args));
        problems.diagnostics("errors", &noted(&theirs.errors), &ours.errors);
        problems.diagnostics("warnings", &noted(&theirs.warnings), &ours.warnings);
        problems.same("planned", &(!theirs.plan.is_null()).into(), &(!ours.plan.is_null()).into());
        let [theirs, ours] = [(theirs, 0), (ours, 1)].map(|(mut it, at)| {
            it.document = it.document.iter().map(|(k, v)| (k.clone(), ids[at].known(v))).collect();
            (it.plan, it.outputs) = (ids[at].known(&it.plan), ids[at].known(&it.outputs));
            it
        });
        if !theirs.plan.is_null() && !ours.plan.is_null() {
            problems.plan(&theirs.plan, &ours.plan);
            problems.same("document", &theirs.document.into(), &ours.document.into());
            problems.same("outputs", &theirs.outputs, &ours.outputs);
        }
    }
    problems.found
}

/// Puts the files of a step in place of those of the step before; what the tools keep stays.
fn bring(from: &Path, to: &Path) {
    for it in std::fs::read_dir(to).unwrap().map(|it| it.unwrap()) {
        let name = it.file_name().to_string_lossy().into_owned();
        let kept = name.starts_with("terraform.tfstate") || name.starts_with(".terraform");
        match it.path().is_dir() {
            _ if kept => {}
            true => std::fs::remove_dir_all(it.path()).unwrap(),
            false => std::fs::remove_file(it.path()).unwrap(),
        }
    }
    match from.is_dir() {
        true => copy(from, to),
        false => drop(std::fs::copy(from, to.join(from.file_name().unwrap())).unwrap()),
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
