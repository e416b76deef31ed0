//! Beside a real `terraform`: each goes on from the state of the other, and both tell the same
//! events. Without a `terraform` of the version that the project is measured against on the path, the
//! tests say so and pass.
#![cfg(feature = "cli")]

#[path = "common/binary.rs"]
mod binary;

use std::path::Path;
use std::process::{Command, Stdio};

use binary::{Ran, run};
use serde_json::{Value as Json, json};

/// What is measured against.
const VERSION: &str = "1.11.4";

/// A run of the real one; none where it is not there.
fn terraform(dir: &Path, args: &[&str]) -> Option<Ran> {
    let mut command = Command::new("terraform");
    command.current_dir(dir).args(args).stdin(Stdio::null());
    command.env("CHECKPOINT_DISABLE", "1").env_remove("TF_CLI_CONFIG_FILE");
    let output = command.output().ok()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    Some(Ran { code, out: text(output.stdout), err: text(output.stderr) })
}

fn is_there() -> bool {
    let version = terraform(Path::new("."), &["version", "-json"]);
    let version = version.and_then(|it| serde_json::from_str::<Json>(&it.out).ok());
    let there = version.is_some_and(|it| it["terraform_version"] == VERSION);
    if !there {
        println!("skipped: there is no terraform {VERSION} on the path");
    }
    there
}

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A bit of everything that a state can hold.
const MAIN: &str = r#"
variable "word" {
  default = "x"
}
variable "secret" {
  default   = "hunter2"
  sensitive = true
  validation {
    condition     = length(var.secret) > 3
    error_message = "too short"
  }
}
resource "terraform_data" "a" {
  input = { word = var.word, list = [1, 2.5, true, null] }
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "counted" {
  count            = 2
  input            = "${terraform_data.a.id} ${count.index}"
  triggers_replace = var.word
  lifecycle {
    postcondition {
      condition     = self.output != ""
      error_message = "no output"
    }
  }
}
resource "terraform_data" "each" {
  for_each = { "k.1" = "<&>", "é" = "\u2028" }
  input    = each.value
  lifecycle {
    replace_triggered_by = [terraform_data.counted]
  }
}
module "m" {
  source   = "./m"
  for_each = toset(["p"])
  from     = terraform_data.counted[0].output
}
output "word" {
  value     = "${terraform_data.a.output.word} ${var.secret}"
  sensitive = true
}
output "ids" {
  value = { for key, it in terraform_data.each : key => it.output }
}
output "inner" {
  value = module.m["p"].out
  precondition {
    condition     = length(module.m["p"].out) == 2
    error_message = "two"
  }
}
check "word" {
  assert {
    condition     = terraform_data.a.output.word != ""
    error_message = "no word"
  }
}
data "terraform_remote_state" "other" {
  backend = "local"
  config  = { path = "other.state" }
}
"#;

const INNER: &str = r#"
variable "from" {}
resource "terraform_data" "z" {
  input = var.from
}
output "out" {
  value = [terraform_data.z.output, 1]
}
"#;

/// The state without its serial, and without dependencies: theirs name all there are, ours the direct
/// ones, exact to the instance.
fn state(dir: &Path) -> Json {
    let bytes = std::fs::read(dir.join("terraform.tfstate")).unwrap();
    let mut state: Json = serde_json::from_slice(&bytes).unwrap();
    state["serial"].take();
    // Theirs are in no order.
    let in_order = |list: &mut Json| {
        list.as_array_mut().into_iter().for_each(|it| it.sort_by_cached_key(Json::to_string));
    };
    for check in state["check_results"].as_array_mut().into_iter().flatten() {
        in_order(&mut check["objects"]);
        check.sort_all_objects();
    }
    in_order(&mut state["check_results"]);
    for resource in state["resources"].as_array_mut().unwrap() {
        for instance in resource["instances"].as_array_mut().unwrap() {
            let instance = instance.as_object_mut().unwrap();
            for name in ["dependencies", "private"] {
                instance.shift_remove(name);
            }
        }
    }
    state
}

#[test]
fn each_goes_on_from_the_others_state() {
    if !is_there() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write(dir, &[("main.tf", MAIN), ("m/main.tf", INNER), ("other.state", OTHER)]);
    let theirs = |args: &[&str]| {
        let it = terraform(dir, args).unwrap();
        assert!([0, 2].contains(&it.code), "{args:?} {it:?}");
        it
    };
    let ours = |args: &[&str]| {
        let it = run(dir, args);
        assert!([0, 2].contains(&it.code), "{args:?} {it:?}");
        it
    };
    let same = || {
        assert_eq!(theirs(&["state", "list"]).out, ours(&["state", "list"]).out);
        let [a, b] = [theirs(&["output", "-json"]), ours(&["output", "--json"])];
        assert_eq!(a.document(), b.document());
        assert_eq!(theirs(&["plan", "-detailed-exitcode"]).code, 0, "they find nothing to do");
        assert_eq!(ours(&["plan", "--detailed-exitcode"]).code, 0, "we find nothing to do");
    };
    theirs(&["init"]);
    ours(&["apply", "--auto-approve"]);
    same();
    let written = state(dir);
    // The file is as they would have it.
    theirs(&["apply", "-auto-approve"]);
    assert_eq!(state(dir), written);

    write(dir, &[("main.tf", &MAIN.replace("\"x\"", "\"y\""))]);
    theirs(&["apply", "-auto-approve"]);
    same();
    write(dir, &[("main.tf", &MAIN.replace("\"x\"", "\"z\""))]);
    ours(&["apply", "--auto-approve"]);
    same();
    theirs(&["destroy", "-auto-approve"]);
    assert_eq!(ours(&["state", "list"]).out, "");
    ours(&["apply", "--auto-approve"]);
    let lineage = |it: &Json| it["lineage"].clone();
    assert_eq!(lineage(&state(dir)), lineage(&written));
    ours(&["destroy", "--auto-approve"]);
    assert_eq!(theirs(&["state", "list"]).out, "");
}

/// Events without times, identifiers and the words of diagnostics, in an order of their own.
fn events(it: &Ran) -> Vec<String> {
    let comparable = |mut event: Json| {
        let all = event.as_object_mut().unwrap();
        ["@timestamp", "@module", "@caller"].iter().for_each(|key| drop(all.shift_remove(*key)));
        if let Some(diagnostic) = event.get("diagnostic") {
            let kept = ["severity", "range"].map(|key| diagnostic[key].clone());
            let snippet = &diagnostic["snippet"];
            event =
                json!([event["type"], event["@level"], kept, snippet["code"], snippet["values"]]);
        }
        // On a busy machine, what takes no time takes a second.
        if let Some(seconds) = event.pointer_mut("/hook/elapsed_seconds").map(Json::take) {
            let message = event["@message"].as_str().unwrap_or_default();
            event["@message"] = message.replace(&format!(" after {seconds}s"), "").into();
        }
        event.sort_all_objects();
        without_ids(&event.to_string())
    };
    // A step that is not tried, and who speaks, are ours to tell.
    let is_theirs = |it: &Json| !["version", "log"].iter().any(|kind| it["type"] == *kind);
    let mut all: Vec<String> = it.lines().into_iter().filter(is_theirs).map(comparable).collect();
    all.sort();
    all
}

/// The same with `ID` for each identifier.
fn without_ids(text: &str) -> String {
    let is_id = |it: &str| {
        it.len() == 36
            && it.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let width = match rest.get(..36).filter(|it| is_id(it)) {
            Some(_) => {
                out.push_str("ID");
                36
            }
            None => {
                out.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[width..];
    }
    out
}

const VARIED: &str = r#"
variable "v" {
  default = "1"
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  count            = 2
  input            = terraform_data.a.id
  triggers_replace = var.v
}
resource "terraform_data" "c" {
  for_each = toset(["k"])
  input    = "same"
}
output "o" {
  value = terraform_data.a.output
}
output "s" {
  value     = "x"
  sensitive = true
}
check "c" {
  assert {
    condition     = var.v == "1"
    error_message = "v is not 1"
  }
}
"#;

const ONE: &str = "resource \"terraform_data\" \"a\" {\n  input = \"x\"\n}\n";

const IMPORT: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}
import {
  to = terraform_data.a
  id = "hello"
}
"#;

const MOVED: &str = r#"
resource "terraform_data" "b" {
  input = "x"
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
"#;

const REJECTED: &str = r#"
resource "terraform_data" "a" {
  input = "x"
  lifecycle {
    postcondition {
      condition     = self.output == "y"
      error_message = "not y"
    }
  }
}
resource "terraform_data" "b" {
  input = terraform_data.a.output
}
"#;

const REFUSED: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "b" {
  lifecycle {
    precondition {
      condition     = terraform_data.a.output == "y"
      error_message = "not y"
    }
  }
}
output "b" {
  value = terraform_data.b.id
}
"#;

const CHAINED: &str = r#"
variable "v" {
  default = "1"
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  count = 2
  input = terraform_data.a.output
}
resource "terraform_data" "c" {
  input = terraform_data.b[0].output
}
resource "terraform_data" "other" {}
module "m" {
  source = "./m"
  from   = terraform_data.c.id
}
"#;

const TRIGGERED: &str = r#"
variable "v" {
  default = "1"
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  lifecycle {
    replace_triggered_by  = [terraform_data.a.output]
    create_before_destroy = true
  }
}
"#;

const DATA: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}
data "terraform_remote_state" "r" {
  backend    = "local"
  config     = { path = "other.state" }
  depends_on = [terraform_data.a]
}
output "o" {
  value = data.terraform_remote_state.r.outputs
}
"#;

const OTHER: &str = r#"{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l",
  "outputs": {"x": {"value": "1", "type": "string"}}, "resources": []}"#;

/// A line of runs in one directory: what its file says, and the words of the command.
type Story<'a> = &'a [(&'a str, &'a str)];

const STORIES: &[Story<'_>] = &[
    &[
        (VARIED, "plan -json"),
        (VARIED, "apply -auto-approve -json"),
        (VARIED, "apply -auto-approve -json"),
        (VARIED, "plan -json -detailed-exitcode"),
        (VARIED, "plan -json -replace=terraform_data.a -detailed-exitcode"),
        (VARIED, "plan -json -refresh=false"),
        (VARIED, "plan -json -refresh-only"),
        (VARIED, "apply -auto-approve -json -refresh-only"),
        (VARIED, "apply -auto-approve -json -var v=2"),
        (VARIED, "plan -json -destroy"),
        (VARIED, "plan -json -out=p"),
        (VARIED, "apply -json p"),
        (VARIED, "destroy -auto-approve -json"),
    ],
    &[
        (ONE, "apply -auto-approve -json"),
        (MOVED, "plan -json"),
        (MOVED, "apply -auto-approve -json"),
    ],
    &[
        (IMPORT, "plan -json"),
        (IMPORT, "apply -auto-approve -json"),
        ("", "apply -auto-approve -json"),
    ],
    &[(REJECTED, "apply -auto-approve -json"), (REJECTED, "plan -json")],
    &[(REFUSED, "apply -auto-approve -json"), (REFUSED, "plan -json")],
    &[
        (TRIGGERED, "apply -auto-approve -json"),
        (TRIGGERED, "plan -json -var v=2"),
        (TRIGGERED, "apply -auto-approve -json -var v=2"),
    ],
    &[
        (CHAINED, "apply -auto-approve -json"),
        (CHAINED, "plan -json -target=terraform_data.b"),
        (CHAINED, "plan -json -target=terraform_data.b -var v=2"),
        (CHAINED, "plan -json -target=terraform_data.other"),
        (CHAINED, "plan -json -target=terraform_data.b -target=terraform_data.other"),
    ],
    &[(DATA, "plan -json"), (DATA, "apply -auto-approve -json"), (DATA, "plan -json")],
];

#[test]
fn both_tell_the_same_events() {
    if !is_there() {
        return;
    }
    let mut failed = Vec::new();
    for story in STORIES {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for dir in &dirs {
            let files = [("main.tf", story[0].0), ("other.state", OTHER), ("m/main.tf", INNER)];
            write(dir.path(), &files);
        }
        terraform(dirs[0].path(), &["init"]);
        for (text, words) in *story {
            dirs.iter().for_each(|dir| write(dir.path(), &[("main.tf", text)]));
            let given: Vec<&str> = words.split(' ').collect();
            let dashed: Vec<String> = given.iter().map(|it| long(it)).collect();
            let dashed: Vec<&str> = dashed.iter().map(String::as_str).collect();
            let theirs = terraform(dirs[0].path(), &given).unwrap();
            let ours = run(dirs[1].path(), &dashed);
            if theirs.code != ours.code {
                failed.push(format!("{words}: exit code {}, not {}", ours.code, theirs.code));
            }
            let (theirs, ours) = (events(&theirs), events(&ours));
            let only = |these: &[String], those: &[String], who: &str| {
                let only = these.iter().filter(|it| !those.contains(it));
                only.map(|it| format!("{words}: only {who}: {it}")).collect::<Vec<_>>()
            };
            failed.extend(only(&theirs, &ours, "they"));
            failed.extend(only(&ours, &theirs, "we"));
            if theirs.len() != ours.len() {
                failed.push(format!("{words}: {} events, not {}", ours.len(), theirs.len()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Our long flags have two dashes.
fn long(word: &str) -> String {
    if word.starts_with('-') { format!("-{word}") } else { word.to_string() }
}
