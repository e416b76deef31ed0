//! The same input given to a real `terraform` and to the binary: what both say of it must agree.
//! Without a `terraform` of the version that the project is measured against on the path, the test
//! says so and passes.
//!
//! A new case is a new file in `tests/lang/differential`, with nothing but the configuration.
#![cfg(feature = "cli")]

#[path = "conformance/compare.rs"]
#[allow(dead_code)]
mod compare;

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

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
        it.args(self.stack.filter(|_| command != "show"));
        it.args(flags.iter().map(|it| format!("{}{it}", self.dashes))).args(rest);
        let output = it.output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Some((output.status.code().unwrap_or(-1), text))
    }

    /// Errors and warnings of validating and planning, and the plan.
    fn answer(&self, dir: &Path) -> Answer {
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
        let planned = self.run(dir, "plan", &["json", "out=it.plan"], &[]).unwrap();
        let lines: Vec<Json> =
            planned.1.lines().filter_map(|it| serde_json::from_str(it).ok()).collect();
        answer.take(&lines);
        let shown = self.run(dir, "show", &["json"], &["it.plan"]).unwrap();
        let document: Json = serde_json::from_str(&shown.1).unwrap_or_default();
        answer.plan = actual_plan(&document);
        answer
    }
}

#[derive(Default)]
struct Answer {
    errors: Vec<Json>,
    warnings: Vec<Json>,
    plan: Json,
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
    for case in std::fs::read_dir(here.join("tests/lang/differential")).unwrap() {
        let case = case.unwrap().path();
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for dir in &dirs {
            std::fs::copy(&case, dir.path().join(case.file_name().unwrap())).unwrap();
        }
        THEIRS.run(dirs[0].path(), "init", &["input=false"], &[]);
        let [theirs, ours] =
            [(&THEIRS, &dirs[0]), (&OURS, &dirs[1])].map(|(it, dir)| it.answer(dir.path()));
        let mut problems = Problems::default();
        problems.diagnostics("errors", &noted(&theirs.errors), &ours.errors);
        problems.diagnostics("warnings", &noted(&theirs.warnings), &ours.warnings);
        problems.same("planned", &(!theirs.plan.is_null()).into(), &(!ours.plan.is_null()).into());
        if !theirs.plan.is_null() && !ours.plan.is_null() {
            problems.plan(&theirs.plan, &ours.plan);
        }
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        failed.extend(problems.found.iter().map(|it| format!("{name}: {it}")));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
