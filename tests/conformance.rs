//! Whole configurations through the binary, compared with what Terraform 1.11.4 answers: see
//! `tests/lang/README.md` for the format of the cases.
//!
//! `CONFORMANCE=name cargo test --test conformance` runs only the cases whose name holds that text,
//! and prints what the binary said.
#![cfg(feature = "cli")]

#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use self::compare::Problems;
use self::run::Workplace;

/// Cases in which another answer is right, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "sensitive-module-output",
        "an output flagged `sensitive` is sensitive for the caller of its module, too",
    ),
    ("sensitive-module-output-unknown", "as above"),
    ("sensitive-module-output-variants", "as above"),
];

fn read(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{path:?}: {why}"));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path:?}: {why}"))
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang/configs");
    let only = std::env::var("CONFORMANCE").unwrap_or_default();
    let mut all: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.join("expect.json").is_file() && name(it).contains(&only))
        .collect();
    all.sort();
    all
}

fn name(case: &Path) -> &str {
    case.file_name().and_then(|it| it.to_str()).unwrap()
}

/// Everything in which a case differs.
fn differences(case: &Path, expect: &Json) -> Vec<String> {
    let mut problems = Problems::default();
    let work = Workplace::new(expect.get("env"));
    match expect["steps"].as_array() {
        None => {
            work.bring(case);
            run::step(&work, expect, &mut problems);
        }
        Some(steps) => {
            for step in steps {
                let number = &step["step"];
                problems.enter(format!("step {number}: "));
                work.bring(&case.join(format!("step{number}")));
                run::step(&work.with(step.get("env")), step, &mut problems);
            }
        }
    }
    problems.found
}

#[test]
fn whole_configurations_do_as_in_terraform() {
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut failed, mut excused) = (Vec::new(), Vec::new());
    let all = cases();
    // Processes spend their time waiting, so several cases run at a time.
    let parts: Vec<Vec<(&PathBuf, Json, Vec<String>)>> = std::thread::scope(|scope| {
        let workers: Vec<_> = all
            .chunks(all.len().div_ceil(6).max(1))
            .map(|cases| {
                scope.spawn(move || {
                    let each = cases.iter().map(|case| {
                        let expect = read(&case.join("expect.json"));
                        let found = differences(case, &expect);
                        (case, expect, found)
                    });
                    each.collect()
                })
            })
            .collect();
        workers.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for (case, expect, found) in parts.into_iter().flatten() {
        let reason = EXCEPTIONS.iter().find(|(it, _)| *it == name(case));
        for tag in expect["tags"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            let (passed, count) = groups.entry(tag.to_string()).or_default();
            *passed += usize::from(found.is_empty() || reason.is_some());
            *count += 1;
        }
        match (found.is_empty(), reason) {
            (true, None) => {}
            (false, None) => failed.push(format!("{}\n    {}", name(case), found.join("\n    "))),
            (false, Some((_, why))) => excused.push(format!("{}: {why}", name(case))),
            (true, Some(_)) => failed.push(format!("{}: no exception is needed", name(case))),
        }
    }
    for (tag, (passed, count)) in &groups {
        println!("{tag:<12} {passed:>3} of {count}");
    }
    println!("all          {:>3} of {}", all.len() - failed.len(), all.len());
    println!("exceptions:\n{}", excused.join("\n"));
    assert!(failed.is_empty(), "{} cases differ:\n{}", failed.len(), failed.join("\n"));
}
