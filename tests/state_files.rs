//! State and journal files that are not as they should be, through the binary: told, and left alone.
#![cfg(feature = "cli")]

#[path = "common/binary.rs"]
mod binary;

use std::path::Path;

use binary::{run, stack};
use fastcart_hcl::state::{Action, Event, Header, Intent, OpId, journal};
use serde_json::Value as Json;

const SMALL: &str = "resource \"terraform_data\" \"a\" {\n  input = \"x\"\n}\n";

/// Commands that look at the state, or would change it.
const COMMANDS: [&[&str]; 6] = [
    &["plan"],
    &["apply", "--auto-approve"],
    &["destroy", "--auto-approve"],
    &["show"],
    &["state", "list"],
    &["output"],
];

fn applied() -> tempfile::TempDir {
    let dir = stack(SMALL);
    assert_eq!(run(dir.path(), &["apply", "--auto-approve"]).code, 0);
    dir
}

/// Each command refuses, says why, and leaves the files as they are.
fn refused(dir: &Path, commands: &[&[&str]], want: &str) {
    let files = ["terraform.tfstate", "terraform.tfstate.backup", "terraform.tfstate.journal"];
    let content = || files.map(|it| std::fs::read(dir.join(it)).ok());
    let before = content();
    for args in commands {
        let it = run(dir, args);
        assert!(it.code == 1 && it.err.contains(want), "{args:?}: {want}\n{it:?}");
        assert!(it.out.is_empty(), "{args:?} {it:?}");
        assert!(content() == before, "{args:?} touched a file");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_left_alone() {
    let dir = applied();
    let dir = dir.path();
    let path = dir.join("terraform.tfstate");
    let whole = std::fs::read_to_string(&path).unwrap();
    let twice = whole.replace("\"instances\": [", "\"instances\": [{\"attributes\": {}},");
    for (text, want) in [
        (whole[..whole.len() / 2].to_string(), "the state file is cut off"),
        (String::new(), "the state file is cut off"),
        ("hello".to_string(), "the state file is not JSON"),
        ("[]".to_string(), "not a Terraform state"),
        ("{\"a\": 1}".to_string(), "not a Terraform state"),
        (whole.replace("\"version\": 4", "\"version\": 5"), "the state file is too new"),
        (whole.replace("\"version\": 4", "\"version\": 3"), "the state file is too old"),
        (whole.replace("\"managed\"", "\"odd\""), "the state file is damaged"),
        (twice, "is there twice"),
    ] {
        std::fs::write(&path, text).unwrap();
        refused(dir, &COMMANDS, want);
    }
}

#[test]
fn a_journal_that_does_not_fit_is_left_alone() {
    let dir = applied();
    let dir = dir.path();
    let state: Json =
        serde_json::from_slice(&std::fs::read(dir.join("terraform.tfstate")).unwrap()).unwrap();
    let lineage = state["lineage"].as_str().unwrap().to_string();
    let serial = state["serial"].as_u64().unwrap();
    let header = Header { format: journal::FORMAT, lineage, serial };
    let intent = Intent {
        op: OpId(0),
        address: "terraform_data.z".parse().unwrap(),
        deposed: None,
        action: Action::Create,
        kind: "terraform_data".into(),
        token: "token".into(),
        id: None,
        inputs: serde_json::json!({}),
        prior: None,
        dependencies: Vec::new(),
        create_before_destroy: false,
        provider: "provider[\"terraform.io/builtin/terraform\"]".into(),
        sensitive_attributes: Vec::new(),
    };
    let events = journal::events_line(&[Event::Intended(Box::new(intent))]);
    let write = |header: &Header, events: &[u8]| {
        let bytes = [&header.line(), events].concat();
        std::fs::write(dir.join("terraform.tfstate.journal"), bytes).unwrap();
    };
    let changing = &COMMANDS[..3];
    write(&Header { lineage: "another".into(), ..header.clone() }, &events);
    refused(dir, changing, "the journal goes with another state");
    write(&Header { serial: serial + 1, ..header.clone() }, &events);
    refused(dir, changing, "the journal goes with another state");
    write(&Header { format: journal::FORMAT + 1, ..header.clone() }, &events);
    refused(dir, changing, "the journal is too new");
    let odd = String::from_utf8(events.clone()).unwrap().replace("create", "creote");
    write(&header, &[odd.as_bytes(), &events].concat());
    refused(dir, changing, "the journal is damaged");
    write(&header, &[&events[..], &events].concat());
    refused(dir, changing, "the journal contradicts itself");
    std::fs::write(dir.join("terraform.tfstate.journal"), "hello\nworld\n").unwrap();
    refused(dir, changing, "not a journal");

    // A last line that is torn was never answered for.
    write(&header, &[&events[..], &events[..40]].concat());
    let it = run(dir, &["plan"]);
    assert!(it.code == 0 && it.err.contains("unfinished: terraform_data.z"), "{it:?}");
    let it = run(dir, &["apply", "--auto-approve"]);
    assert!(it.code == 0 && it.err.contains("Resuming 1 operation"), "{it:?}");
    assert!(!dir.join("terraform.tfstate.journal").exists());
    assert_eq!(run(dir, &["state", "list"]).out, "terraform_data.a\n");
}

#[test]
fn the_version_before_is_kept_as_backup() {
    let dir = applied();
    let dir = dir.path();
    let before = std::fs::read(dir.join("terraform.tfstate")).unwrap();
    std::fs::write(dir.join("main.tf"), "").unwrap();
    let it = run(dir, &["apply", "--auto-approve"]);
    // A stack without anything in it is a stack: what there was goes, and the plan says so.
    assert!(it.out.contains("# terraform_data.a will be destroyed"), "{it:?}");
    assert!(it.out.contains("Plan: 0 to add, 0 to change, 1 to destroy."), "{it:?}");
    assert_eq!(std::fs::read(dir.join("terraform.tfstate.backup")).unwrap(), before);
}

#[test]
fn a_workspace_is_a_file_of_its_own() {
    let dir = applied();
    let dir = dir.path();
    let it = run(dir, &["apply", "--auto-approve", "--workspace", "dev"]);
    assert_eq!(it.code, 0, "{it:?}");
    assert!(dir.join("terraform.tfstate.d/dev/terraform.tfstate").is_file());
    let destroyed = run(dir, &["destroy", "--auto-approve", "--workspace", "dev"]);
    assert_eq!(destroyed.code, 0, "{destroyed:?}");
    assert_eq!(run(dir, &["state", "list", "--workspace", "dev"]).out, "");
    assert_eq!(run(dir, &["state", "list"]).out, "terraform_data.a\n");
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = applied();
    let set = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(dir.path(), mode).unwrap();
    };
    std::fs::remove_file(dir.path().join(".terraform.tfstate.lock")).unwrap();
    set(0o555);
    // Who may do everything is not stopped by permissions.
    let free = std::fs::write(dir.path().join("probe"), "").is_ok();
    if !free {
        refused(dir.path(), &COMMANDS[..3], "the state cannot be locked");
        let it = run(dir.path(), &["plan", "--lock=false"]);
        assert!(it.code == 0 && it.out.contains("No changes."), "{it:?}");
    }
    set(0o755);
}

#[test]
#[cfg(unix)]
fn a_disk_that_is_full_loses_nothing() {
    let text = "x".repeat(80);
    let many =
        format!("resource \"terraform_data\" \"a\" {{\n  count = 150\n  input = \"{text}\"\n}}\n");
    // Files may grow to so many blocks of 512 bytes: first the journal stops, then even the state.
    for blocks in [1, 20, 60] {
        let dir = stack(&many);
        let dir = dir.path();
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = std::process::Command::new("sh");
        command.current_dir(dir).env_clear().arg("-c").arg(limited);
        command.arg(env!("CARGO_BIN_EXE_fastcart-hcl"));
        let output =
            command.args(["apply", "--auto-approve", "--parallelism", "3"]).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.contains("cannot write a file"), "{err}");
        let id = |line: &str| {
            Some(line.split_once("Creation complete")?.1.split_once("[id=")?.1.to_string())
        };
        let made: Vec<String> = err.lines().filter_map(id).collect();
        assert!(made.len() < 150);

        // Once there is room, what was begun is taken up and the rest is made.
        let it = run(dir, &["apply", "--auto-approve"]);
        assert_eq!(it.code, 0, "{it:?}");
        assert!(!dir.join("terraform.tfstate.journal").exists());
        let state = std::fs::read_to_string(dir.join("terraform.tfstate")).unwrap();
        for id in &made {
            assert!(state.contains(id.trim_end_matches(']')), "{id} is lost");
        }
        assert_eq!(run(dir, &["state", "list"]).out.lines().count(), 150);
    }
}
