//! The binary from outside: arguments, exit codes, what is printed where.
#![cfg(feature = "cli")]

#[path = "common/binary.rs"]
mod binary;

use binary::{run, run_with, stack};
use serde_json::{Value as Json, json};

const SMALL: &str = r#"
variable "word" {
  default = "x"
}
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
resource "terraform_data" "a" {
  input = { word = var.word, secret = var.secret }
}
resource "terraform_data" "b" {
  input            = terraform_data.a.id
  triggers_replace = var.word
}
output "word" {
  value = var.word
}
output "list" {
  value = [var.word, 1]
}
output "secret" {
  value     = var.secret
  sensitive = true
}
"#;

#[test]
fn wrong_arguments_are_explained() {
    let dir = stack(SMALL);
    for (args, want) in [
        (&["aply"][..], "'apply'"),
        (&["apply", "-auto-approve"], "write `--auto-approve`"),
        (&["plan", "-var=a=b"], "write `--var=a=b`"),
        (&["plan", "--var", "a"], "NAME=VALUE"),
        (&["plan", "--target", "a..b"], "not the address"),
        (&["plan", "--parallelism", "0"], "at least 1"),
        (&["plan", "--lock-timeout", "soon"], "30s"),
        (&["plan", "--destroy", "--refresh-only"], "cannot be used with"),
        (&["plan", "nowhere"], "nowhere"),
        (&["plan", "--workspace", "../up"], "Invalid workspace name"),
        (&["plan", "--var", "wrod=y"], "did you mean `word`?"),
        (&["plan", "--var-file", "none.tfvars"], "none.tfvars"),
        (&["state", "list"], "No state file was found"),
        (&["state", "show", "terraform_data.a"], "No state file was found"),
        (&["output", "nothing"], "not found"),
        (&["docs", "terraform_dat"], "did you mean `terraform_data`?"),
        (&["show", "nowhere"], "`nowhere` does not exist"),
        (&["show", "--json", "nowhere"], "`nowhere` does not exist"),
        (&["graph", "--existing", "nowhere"], "`nowhere` does not exist"),
        (&["output", "nowhere", "word"], "`nowhere` does not exist"),
    ] {
        let it = run(dir.path(), args);
        assert!(it.err.contains(want), "{args:?}: {want}\n{it:?}");
        assert_eq!((it.code, it.out.as_str()), (1, ""), "{args:?}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let it = run(dir.path(), &["--version"]);
    assert_eq!((it.code, it.out.trim()), (0, concat!("fastcart-hcl ", env!("CARGO_PKG_VERSION"))));
    let it = run(dir.path(), &["plan", "--help"]);
    assert!(it.code == 0 && it.out.contains("--detailed-exitcode"), "{it:?}");
}

#[test]
fn validate_reports_in_terraforms_form() {
    let dir = stack("resource \"terraform_data\" \"a\" {\n  inptu = 1\n}\n");
    let it = run(dir.path(), &["validate", "--json"]);
    let json = it.document();
    assert_eq!((it.code, &json["valid"], &json["error_count"]), (1, &json!(false), &json!(1)));
    let range = &json["diagnostics"][0]["range"];
    assert_eq!((&range["filename"], &range["start"]["line"]), (&json!("main.tf"), &json!(2)));
    let it = run(stack(SMALL).path(), &["validate", "--json"]);
    assert_eq!((it.code, &it.document()["valid"]), (0, &json!(true)));
    let it = run(dir.path(), &["validate"]);
    assert!(it.code == 1 && it.out.is_empty() && it.err.contains("inptu"), "{it:?}");
}

#[test]
fn a_stack_lives_and_dies() {
    let dir = stack(SMALL);
    let dir = dir.path();
    let it = run(dir, &["plan", "--detailed-exitcode"]);
    assert!(
        it.code == 2 && it.out.contains("Plan: 2 to add, 0 to change, 0 to destroy."),
        "{it:?}"
    );
    let it = run(dir, &["apply"]);
    assert!(it.code == 1 && it.err.contains("--auto-approve"), "{it:?}");
    assert!(!dir.join("terraform.tfstate").exists());

    let it = run(dir, &["apply", "--auto-approve"]);
    assert!(it.code == 0, "{it:?}");
    assert!(
        it.out.contains("Apply complete! Resources: 2 added, 0 changed, 0 destroyed."),
        "{it:?}"
    );
    assert!(it.out.contains("secret = <sensitive>") && it.out.contains("word = \"x\""), "{it:?}");
    assert!(!it.out.contains("hunter2") && !it.err.contains("hunter2"), "{it:?}");
    assert!(it.err.contains("terraform_data.a: Creation complete after 0s [id="), "{it:?}");
    let flat = std::fs::read_to_string(dir.join("cfn-outputs/flat-outputs.json")).unwrap();
    let flat: Json = serde_json::from_str(&flat).unwrap();
    assert_eq!(flat, json!({"list": "[\"x\",1]", "word": "x"}));

    let it = run(dir, &["plan", "--detailed-exitcode"]);
    assert!(it.code == 0 && it.out.contains("No changes."), "{it:?}");
    let it = run(dir, &["state", "list"]);
    assert_eq!(it.out, "terraform_data.a\nterraform_data.b\n");
    let it = run(dir, &["state", "show", "terraform_data.a"]);
    assert!(it.out.contains("secret = (sensitive value)"), "{it:?}");
    assert!(!run(dir, &["show"]).out.contains("hunter2"));
    assert_eq!(run(dir, &["output", "--raw", "word"]).out, "x");
    assert_eq!(run(dir, &["output", "--json", "list"]).out, "[\"x\",1]\n");
    assert_eq!(run(dir, &["output", "--json"]).document()["secret"]["value"], "hunter2");
    let it = run(dir, &["graph", "--existing"]);
    assert!(it.out.contains("\"terraform_data.b\" -> \"terraform_data.a\";"), "{it:?}");

    let it = run_with(dir, &["plan", "--out", "p"], &[("TF_VAR_word", "y")], "");
    assert!(it.code == 0 && it.out.contains("# terraform_data.b must be replaced"), "{it:?}");
    assert!(it.out.contains("# forces replacement") && it.out.contains("\"x\" -> \"y\""), "{it:?}");
    let json = run(dir, &["show", "--json", "p"]).document();
    assert_eq!(json["format_version"], "1.2");
    assert_eq!(json["resource_changes"][0]["change"]["actions"], json!(["update"]));
    let it = run(dir, &["apply", "p"]);
    assert!(it.out.contains("Resources: 1 added, 1 changed, 1 destroyed."), "{it:?}");
    let it = run(dir, &["apply", "p"]);
    assert!(it.code == 1 && it.err.contains("Saved plan is stale"), "{it:?}");

    let it = run(dir, &["destroy", "--auto-approve"]);
    assert!(it.out.contains("Destroy complete! Resources: 2 destroyed."), "{it:?}");
    assert_eq!(run(dir, &["state", "list"]).out, "");
    let flat = std::fs::read_to_string(dir.join("cfn-outputs/flat-outputs.json")).unwrap();
    assert_eq!(flat.trim(), "{}");
}

#[test]
fn json_runs_are_lines_of_events() {
    let dir = stack(SMALL);
    let it = run(dir.path(), &["apply", "--auto-approve", "--json"]);
    assert_eq!(it.code, 0, "{it:?}");
    assert!(!it.out.contains("hunter2"));
    let lines = it.lines();
    let types: Vec<&str> = lines.iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(types.first(), Some(&"version"));
    assert_eq!(types.last(), Some(&"outputs"));
    let count = |kind: &str| types.iter().filter(|it| **it == kind).count();
    let counts = ["planned_change", "change_summary", "apply_start", "apply_complete"].map(count);
    assert_eq!(counts, [2, 2, 2, 2]);
    let it = run(dir.path(), &["plan", "--json", "--var", "nope=1"]);
    let lines = it.lines();
    let last = lines.last().unwrap();
    assert_eq!(
        (it.code, &last["type"], &last["@level"]),
        (1, &json!("diagnostic"), &json!("error"))
    );
}

#[test]
fn variables_have_terraforms_precedence() {
    let dir = stack("variable \"v\" {}\noutput \"v\" {\n  value = var.v\n}\n");
    let dir = dir.path();
    let check = |args: &[&str], env: &[(&str, &str)], want: &str| {
        let args: Vec<&str> = ["console", "--json", "."].iter().chain(args).copied().collect();
        let it = run_with(dir, &args, env, "var.v\n");
        assert_eq!(it.document()["value"], want, "{args:?} {it:?}");
    };
    let write = |name: &str| std::fs::write(dir.join(name), format!("v = {name:?}\n")).unwrap();
    let env = &[("TF_VAR_v", "env")];
    check(&[], env, "env");
    write("terraform.tfvars");
    check(&[], env, "terraform.tfvars");
    write("b.auto.tfvars");
    write("a.auto.tfvars");
    check(&[], env, "b.auto.tfvars");
    write("x.tfvars");
    check(&["--var", "v=flag", "--var-file", "x.tfvars"], env, "x.tfvars");
    check(&["--var-file", "x.tfvars", "--var", "v=flag"], env, "flag");
}

#[test]
fn the_console_answers_line_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let input = "1 + 1\nsensitive(\"x\")\nnope(\ntype([1])\n{ a = [true] }\n";
    let it = run_with(dir.path(), &["console", "--json"], &[], input);
    let lines = it.lines();
    assert_eq!(lines.len(), 5, "{it:?}");
    assert_eq!(lines[0], json!({"value": 2, "type": "number"}));
    assert_eq!((&lines[1]["sensitive"], lines[1].get("value")), (&json!(true), None));
    assert!(lines[2]["error"]["summary"].is_string());
    assert_eq!(lines[4]["value"], json!({"a": [true]}));
    let it = run_with(dir.path(), &["console"], &[], "upper(\"a\")\n[1]\n");
    assert_eq!(it.out, "\"A\"\n[\n  1,\n]\n");
}

#[test]
fn pictures_have_four_forms() {
    let dir = stack(SMALL);
    for (file, start) in [
        ("g.dot", "digraph"),
        ("g.md", "flowchart"),
        ("g.svg", "<svg"),
        ("g.html", "<!doctype html>"),
    ] {
        let it = run(dir.path(), &["graph", "--out", file]);
        assert_eq!(it.code, 0, "{it:?}");
        let text = std::fs::read_to_string(dir.path().join(file)).unwrap();
        assert!(text.starts_with(start) && text.contains("terraform_data"), "{text}");
        assert!(!text.contains("hunter2"));
    }
}

/// What depends on what, through a local value and a module.
const RELEVANT: &str = r#"
resource "terraform_data" "a" {
  count = 2
  input = { x = { y = 1 } }
}
resource "terraform_data" "n" {
  input = "n"
}
locals {
  l = terraform_data.n.output
}
module "m" {
  source = "./m"
  v      = terraform_data.n.id
}
resource "terraform_data" "b" {
  input            = [terraform_data.a[0].output.x.y, local.l, module.m.o]
  triggers_replace = [for it in terraform_data.a : it.id]
}
output "o" {
  value = terraform_data.a[1].id
}
"#;

const INNER: &str = r#"
variable "v" {}
resource "terraform_data" "z" {
  input = var.v
}
output "o" {
  value = terraform_data.z.output
}
"#;

#[test]
fn a_plan_in_json_names_what_its_changes_are_made_from() {
    let dir = stack(RELEVANT);
    std::fs::create_dir(dir.path().join("m")).unwrap();
    std::fs::write(dir.path().join("m/main.tf"), INNER).unwrap();
    assert_eq!(run(dir.path(), &["plan", "--out", "p"]).code, 0);
    let shown = run(dir.path(), &["show", "--json", "p"]).document();
    let want = json!([
        {"resource": "module.m.terraform_data.z", "attribute": ["output"]},
        {"resource": "terraform_data.a", "attribute": []},
        {"resource": "terraform_data.a[0]", "attribute": ["output", "x", "y"]},
        {"resource": "terraform_data.a[1]", "attribute": ["id"]},
        {"resource": "terraform_data.n", "attribute": ["id"]},
        {"resource": "terraform_data.n", "attribute": ["output"]},
    ]);
    assert_eq!(shown["relevant_attributes"], want);
}

#[test]
fn an_ephemeral_variable_is_given_again_to_a_saved_plan() {
    let dir = stack(
        r#"
variable "pw" {
  type      = list(string)
  ephemeral = true
}
resource "terraform_data" "a" {
  input = "x"
  lifecycle {
    precondition {
      condition     = var.pw[0] == reverse(["hunter2"])[0]
      error_message = "wrong"
    }
  }
}
"#,
    );
    let pw = "--var=pw=[\"hunter2\"]";
    assert_eq!(run(dir.path(), &["plan", "--out", "p", pw]).code, 0);
    // Once in the configuration, and nowhere as the value.
    let saved = std::fs::read_to_string(dir.path().join("p")).unwrap();
    assert_eq!(saved.matches("hunter2").count(), 1);
    let without = run(dir.path(), &["apply", "p"]);
    assert!(without.code == 1 && without.err.contains("`pw`"), "{without:?}");
    let with = run(dir.path(), &["apply", "p", pw]);
    assert_eq!(with.code, 0, "{with:?}");
}

#[test]
fn a_saved_plan_keeps_the_values_it_was_made_with() {
    let dir = stack("variable \"n\" {\n  type = number\n}\noutput \"o\" {\n  value = var.n\n}\n");
    assert_eq!(run(dir.path(), &["plan", "--out", "p", "--var", "n=1"]).code, 0);
    let other = run(dir.path(), &["apply", "p", "--var", "n=2"]);
    assert!(other.code == 1 && other.err.contains("Can't change variable"), "{other:?}");
    let unknown = run(dir.path(), &["apply", "p", "--var", "m=2"]);
    assert!(unknown.code == 1 && unknown.err.contains("undeclared variable"), "{unknown:?}");
    let same = run(dir.path(), &["apply", "p", "--var", "n=1"]);
    assert_eq!(same.code, 0, "{same:?}");
}

#[test]
fn the_console_does_not_know_what_was_never_made() {
    let dir = stack("resource \"terraform_data\" \"a\" {}\n");
    let input = "terraform_data.a.id\n1 + 1\n";
    let it = run_with(dir.path(), &["console", "."], &[], input);
    assert!(it.code == 0 && it.out == "(known after apply)\n2\n", "{it:?}");
}

#[test]
fn calls_are_counted_on_request() {
    let dir = stack("resource \"terraform_data\" \"a\" {}\n");
    let ran = run(dir.path(), &["apply", "--auto-approve", "--api-calls"]);
    assert!(ran.code == 0 && ran.err.contains("Calls to AWS: 0"), "{ran:?}");
    let ran = run(dir.path(), &["plan", "--json", "--api-calls"]);
    let last = ran.lines().pop().unwrap();
    assert_eq!(last["type"], "api_calls");
    assert_eq!(last["api_calls"], json!({"total": 0, "operations": {}}));
}

#[test]
fn a_flag_that_names_nothing_is_told() {
    let dir = stack(SMALL);
    let dir = dir.path();
    for (args, want) in [
        (&["plan", "--target", "terraform_data.c"][..], "`--target` names nothing"),
        (&["plan", "--target", "module.m"], "`module.m` is neither"),
        (&["plan", "--replace", "terraform_data.b[0]"], "did you mean `terraform_data.b`?"),
    ] {
        let it = run(dir, args);
        assert!(it.code == 0 && it.err.contains(want), "{args:?} {want} {it:?}");
    }
    let it = run(dir, &["plan", "--target", "terraform_data.a", "--replace", "terraform_data.b"]);
    assert!(it.code == 0 && !it.err.contains("names nothing"), "{it:?}");
}

#[test]
fn a_state_is_shown_whatever_its_file_is_called() {
    let dir = stack(SMALL);
    let dir = dir.path();
    assert_eq!(run(dir, &["apply", "--auto-approve"]).code, 0);
    let shown = run(dir, &["show"]).out;
    std::fs::copy(dir.join("terraform.tfstate"), dir.join("kept.json")).unwrap();
    assert_eq!(run(dir, &["show", "kept.json"]).out, shown);
    assert!(shown.contains("# terraform_data.a:"), "{shown}");
}

#[test]
fn what_is_refused_as_a_whole_is_not_called_incomplete() {
    let dir = stack(SMALL);
    let it = run(dir.path(), &["apply", "--json"]);
    let last = it.lines().pop().unwrap();
    assert_eq!((it.code, &last["diagnostic"]["summary"]), (1, &json!("approval is needed")));
    assert!(!dir.path().join("terraform.tfstate").exists());
}

#[test]
fn a_backend_that_is_not_used_is_told() {
    for (backend, told) in [
        ("backend \"s3\" {\n    bucket = \"b\"\n  }", Some("backend `s3` is not used")),
        ("backend \"local\" {\n    path = \"x\"\n  }", Some("backend `local` is not used")),
        ("cloud {}", Some("backend `cloud` is not used")),
        ("backend \"local\" {}", None),
    ] {
        let dir = stack(&format!("terraform {{\n  {backend}\n}}\n"));
        let it = run(dir.path(), &["plan"]);
        assert_eq!(it.code, 0, "{backend}: {it:?}");
        match told {
            Some(told) => assert!(it.err.contains(told) && it.err.contains("main.tf:2"), "{it:?}"),
            None => assert_eq!(it.err, ""),
        }
    }
}

const IMPORT: &str = r#"
import {
  to = terraform_data.a
  id = "a-1"
}
"#;

#[test]
fn generated_configuration_goes_into_a_new_file() {
    let dir = stack(IMPORT);
    let dir = dir.path();
    let bare = run(dir, &["plan"]);
    assert!(bare.code == 1 && bare.err.contains("--generate-config-out"), "{bare:?}");
    let flag = "--generate-config-out=generated.tf";
    for mode in ["--destroy", "--refresh-only"] {
        let it = run(dir, &["plan", flag, mode]);
        assert!(it.code != 0 && it.err.contains("cannot be used with"), "{it:?}");
    }
    let it = run(dir, &["plan", flag, "--out", "p"]);
    assert!(it.code == 0 && it.err.contains("generated.tf"), "{it:?}");
    assert!(it.out.contains("generated for: terraform_data.a\n"), "{it:?}");
    let text = std::fs::read_to_string(dir.join("generated.tf")).unwrap();
    assert!(
        text.ends_with("\n# Imported by \"a-1\"\nresource \"terraform_data\" \"a\" {}\n"),
        "{text}"
    );
    let shown = run(dir, &["show", "--json", "p"]).document();
    let config = &shown["resource_changes"][0]["change"]["generated_config"];
    assert!(config.as_str().is_some_and(|it| text.ends_with(it)), "{config}");
    // What is there is not written over, and nothing is read before that is said.
    let again = run(dir, &["plan", flag]);
    assert!(again.code == 1 && again.err.contains("`generated.tf` exists"), "{again:?}");
    assert!(!again.err.contains("Refreshing"), "{again:?}");
    // The saved plan holds the block itself.
    std::fs::remove_file(dir.join("generated.tf")).unwrap();
    let applied = run(dir, &["apply", "p"]);
    assert!(applied.code == 0 && applied.out.contains("1 imported"), "{applied:?}");
    std::fs::write(dir.join("generated.tf"), text).unwrap();
    assert_eq!(run(dir, &["plan", "--detailed-exitcode"]).code, 0);
    let nowhere = stack(IMPORT);
    let it = run(nowhere.path(), &["plan", "--generate-config-out=nowhere/a.tf"]);
    assert!(it.code == 1 && it.err.contains("cannot be written"), "{it:?}");
}
