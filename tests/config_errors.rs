//! Errors of whole configurations that need no evaluation: what, and where.

use std::path::Path;

use fastcart_hcl::address::Mode;
use fastcart_hcl::diag::{Diagnostics, Severity};
use fastcart_hcl::lang::config::validate::{FixedTypes, validate};
use fastcart_hcl::lang::files::DiskFiles;
use fastcart_hcl::lang::load::load;
use serde_json::Value as Json;

/// Errors that take evaluation, the schema of a resource type, or the dependency graph.
const ELSEWHERE: &[&str] = &[
    "Invalid function argument",
    "Invalid index",
    "Invalid template interpolation value",
    "Invalid for_each argument",
    "Invalid for_each set argument",
    "Invalid count argument",
    "Invalid value for input variable",
    "Ephemeral value not allowed",
    "Invalid use of ephemeral value",
    "Output refers to sensitive values",
    "Module output value precondition failed",
];

/// Cases and summaries that differ on purpose.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    // A second word for the same mistake at the same place.
    ("*", "Unsuitable value type", "`Variables not allowed` says it already"),
    ("*", "Unknown variable", "`Invalid \"self\" reference` says it already"),
    ("*", "Invalid replace_triggered_by expression", "`Invalid reference in …` says it already"),
    (
        "ref-bare-type",
        "Reference to undeclared input variable",
        "`Invalid reference` says it already",
    ),
    ("ref-bare-type", "Reference to undeclared local value", "`Invalid reference` says it already"),
    ("module-missing-directory", "Module not installed", "there is no `init`"),
    // These are checked against the schema of the resource type, by who knows it.
    ("schema-unsupported-argument", "Unsupported argument", "schema"),
    ("json-unknown-argument", "Extraneous JSON object property", "schema"),
    ("postcondition-unknown-attribute", "Unsupported attribute", "schema"),
    ("remote-state-unknown-backend", "Invalid backend configuration", "schema"),
    ("remote-state-unknown-setting", "Invalid backend configuration", "schema"),
    ("ignore-changes-computed", "Redundant ignore_changes element", "schema"),
    // This is found where it is evaluated.
    ("validation-message-unknown-function", "Call to unknown function", "evaluation"),
    ("schema-unsupported-argument", "Unsupported block type", "schema"),
    ("schema-dynamic-unsupported", "Unsupported block type", "schema"),
    ("schema-dynamic-lifecycle", "Unsupported block type", "schema"),
    (
        "error-in-expression-positions",
        "Unsupported attribute",
        "an object in the expression itself",
    ),
];

fn types() -> FixedTypes {
    let names = |of: &[&str]| of.iter().map(|it| (*it).into()).collect();
    let mut types = FixedTypes::default();
    types.0.insert(
        (Mode::Managed, "terraform_data".into()),
        names(&["id", "input", "output", "triggers_replace"]),
    );
    types.0.insert(
        (Mode::Data, "terraform_remote_state".into()),
        names(&["backend", "config", "defaults", "outputs", "workspace"]),
    );
    types
}

fn check(dir: &Path) -> (Diagnostics, fastcart_hcl::diag::Sources) {
    let (config, mut found) = load(&DiskFiles, dir);
    let Some(config) = config else { return (found, Default::default()) };
    if !found.has_errors() {
        found.extend(validate(&config.root, &types()));
    }
    (found, config.sources)
}

fn excepted(name: &str, summary: &str) -> bool {
    ELSEWHERE.contains(&summary)
        || summary.starts_with("Cycle:")
        || EXCEPTIONS
            .iter()
            .any(|(case, what, _)| (*case == "*" || *case == name) && *what == summary)
}

/// Compares one directory with what is expected of it; returns how many errors were expected.
fn compare(name: &str, dir: &Path, expect: &Json, failed: &mut Vec<String>) -> usize {
    let (found, sources) = check(dir);
    let errors: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error).collect();
    let empty = Vec::new();
    let wanted: Vec<&Json> = expect["errors"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .filter(|it| it["phase"] == "init" || it["phase"] == "validate")
        .collect();
    let mut count = 0;
    for want in &wanted {
        let summary = want["summary"].as_str().unwrap();
        if excepted(name, summary) {
            continue;
        }
        count += 1;
        let place = (want["line"].as_u64(), want["col"].as_u64());
        let same = errors.iter().any(|it| {
            let at = it.span.map(|span| sources.position(span));
            let have = at.map_or((None, None), |it| (Some(it.line as u64), Some(it.column as u64)));
            it.summary == summary && (place.0.is_none() || have == place)
        });
        if !same {
            let have: Vec<String> = errors
                .iter()
                .map(|it| format!("{} {:?}", it.summary, it.span.map(|at| sources.position(at))))
                .collect();
            failed.push(format!("{name}: wanted {summary} at {place:?}, have {have:?}"));
        }
    }
    // What is told apart from evaluation here may have come later there.
    let later = expect["errors"].as_array().unwrap_or(&empty);
    for have in &errors {
        if !later.iter().any(|it| it["summary"] == have.summary.as_str()) {
            let at = have.span.map(|it| sources.position(it));
            failed.push(format!("{name}: unexpected {have} {at:?}"));
        }
    }
    for want in expect["warnings"].as_array().unwrap_or(&empty) {
        if want["phase"] == "validate"
            && !excepted(name, want["summary"].as_str().unwrap_or_default())
            && !found.iter().any(|it| want["summary"] == it.summary.as_str())
        {
            failed.push(format!("{name}: wanted warning {want}"));
        }
    }
    count
}

#[test]
fn configurations_are_refused_where_terraform_refuses_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang/configs");
    let mut names: Vec<_> =
        std::fs::read_dir(&root).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    let (mut cases, mut errors, mut failed) = (0, 0, Vec::new());
    for name in &names {
        let (name, dir) = (name.to_string_lossy(), root.join(name));
        let expect = std::fs::read_to_string(dir.join("expect.json")).unwrap();
        let expect: Json = serde_json::from_str(&expect).unwrap();
        match expect["steps"].as_array() {
            Some(steps) => {
                for (at, step) in steps.iter().enumerate() {
                    cases += 1;
                    let dir = dir.join(format!("step{}", at + 1));
                    errors += compare(&name, &dir, step, &mut failed);
                }
            }
            None => {
                cases += 1;
                errors += compare(&name, &dir, &expect, &mut failed);
            }
        }
    }
    println!("{cases} configurations, {errors} errors expected, {} differ", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
