//! Plans in files, through the binary: applied exactly, and refused where they do not fit.
#![cfg(feature = "cli")]

#[path = "common/binary.rs"]
mod binary;

use std::path::Path;

use binary::{run, stack};
use serde_json::{Value as Json, json};

const SMALL: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}
output "o" {
  value = terraform_data.a.output
}
"#;

/// A stack that is applied, changed, and planned again into `p`.
fn planned() -> tempfile::TempDir {
    let dir = stack(SMALL);
    assert_eq!(run(dir.path(), &["apply", "--auto-approve"]).code, 0);
    std::fs::write(dir.path().join("main.tf"), SMALL.replace("\"x\"", "\"y\"")).unwrap();
    assert_eq!(run(dir.path(), &["plan", "--out", "p"]).code, 0);
    dir
}

/// The plan in `p`, changed, as another file.
fn altered(dir: &Path, name: &str, change: impl FnOnce(&mut Json)) {
    let mut plan: Json = serde_json::from_slice(&std::fs::read(dir.join("p")).unwrap()).unwrap();
    change(&mut plan);
    std::fs::write(dir.join(name), plan.to_string()).unwrap();
}

/// What is refused: what it says, nothing else, and nothing is changed.
fn refused(dir: &Path, args: &[&str], want: &str) {
    let before = std::fs::read(dir.join("terraform.tfstate")).ok();
    let it = run(dir, args);
    assert!(it.code == 1 && it.err.contains(want), "{args:?}: {want}\n{it:?}");
    assert!(it.out.is_empty() && !it.err.contains("Apply incomplete"), "{args:?} {it:?}");
    assert_eq!(std::fs::read(dir.join("terraform.tfstate")).ok(), before);
}

#[test]
fn what_was_planned_is_done_whatever_the_files_say_now() {
    let dir = planned();
    std::fs::write(dir.path().join("main.tf"), SMALL.replace("\"x\"", "\"z\"")).unwrap();
    let it = run(dir.path(), &["apply", "p"]);
    assert!(it.code == 0 && it.out.contains("o = \"y\""), "{it:?}");
    refused(dir.path(), &["apply", "p"], "Saved plan is stale");
}

#[test]
fn a_file_that_is_no_whole_plan_is_refused() {
    let dir = planned();
    let dir = dir.path();
    let whole = std::fs::read(dir.join("p")).unwrap();
    for length in [5, 20, 300, whole.len() - 1] {
        std::fs::write(dir.join("cut"), &whole[..length]).unwrap();
        for command in ["apply", "show"] {
            refused(dir, &[command, "cut"], "cannot read the saved plan");
        }
    }
    altered(dir, "format", |it| it["fastcart_hcl_plan"] = json!(99));
    refused(dir, &["apply", "format"], "it has format 99, not");
    altered(dir, "version", |it| it["version"] = json!("99.0.0"));
    refused(dir, &["apply", "version"], "version 99.0.0 made it, not");
    altered(dir, "address", |it| it["changes"][0]["address"] = json!("!!"));
    refused(dir, &["apply", "address"], "not as written");
    altered(dir, "mode", |it| drop(it.as_object_mut().unwrap().shift_remove("mode")));
    refused(dir, &["apply", "mode"], "missing field `mode`");
}

#[test]
fn a_plan_of_another_state_is_refused() {
    let dir = planned();
    let dir = dir.path();
    altered(dir, "lineage", |it| it["state"]["lineage"] = json!("another"));
    refused(dir, &["apply", "lineage"], "Saved plan is stale");
    std::fs::remove_file(dir.join("terraform.tfstate")).unwrap();
    refused(dir, &["apply", "p"], "Saved plan is stale");
    refused(dir, &["apply", "p", "--workspace", "dev"], "for the workspace `default`, not `dev`");
}

#[test]
fn a_plan_takes_no_more_options() {
    let dir = planned();
    for flags in [
        &["--target", "terraform_data.a"][..],
        &["--replace", "terraform_data.a"],
        &["--refresh=false"],
        &["--refresh-only"],
        &["--destroy"],
        &["--state", "other.tfstate"],
    ] {
        let args: Vec<&str> = ["apply", "p"].iter().chain(flags).copied().collect();
        refused(dir.path(), &args, "option beside a saved plan");
    }
}

#[test]
fn a_plan_is_no_stack() {
    let dir = planned();
    for args in [&["plan", "p"][..], &["destroy", "p", "--auto-approve"], &["validate", "p"]] {
        refused(dir.path(), args, "`p` is a saved plan");
    }
}
