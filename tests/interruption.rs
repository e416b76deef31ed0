//! Signals, a kill, and a second process, with the binary itself.
#![cfg(all(feature = "cli", unix))]

#[path = "common/binary.rs"]
mod binary;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use binary::{command, run, stack};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

/// Objects that do not depend on each other, made one after another: it takes a while.
const MANY: &str =
    "resource \"terraform_data\" \"a\" {\n  count = 3000\n  input = count.index\n}\n";

/// A run under way, with its events.
struct Running {
    child: Child,
    events: BufReader<ChildStdout>,
    /// Identifiers of what it has made so far.
    made: BTreeSet<String>,
}

impl Running {
    fn start(dir: &Path) -> Self {
        let args = ["apply", "--auto-approve", "--json", "--parallelism", "1"];
        let mut command = command(dir, &args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap());
        Running { child, events, made: BTreeSet::new() }
    }

    /// The next event; none at the end.
    fn next(&mut self) -> Option<Json> {
        let mut line = String::new();
        self.events.read_line(&mut line).unwrap();
        // A killed run may stop in the middle of a line.
        let event: Json = serde_json::from_str(line.strip_suffix('\n')?).unwrap();
        if event["type"] == "apply_complete" {
            self.made.insert(event["hook"]["id_value"].as_str().unwrap().to_string());
        }
        Some(event)
    }

    /// Reads on until so many objects are made.
    fn until_made(mut self, count: usize) -> Self {
        while self.made.len() < count {
            self.next().expect("the run ended too early");
        }
        self
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Reads to the end: exit code (none where a signal ended it), what was made, the last events.
    fn end(mut self) -> (Option<i32>, BTreeSet<String>, Vec<Json>) {
        let mut events = Vec::new();
        while let Some(event) = self.next() {
            events.push(event);
        }
        (self.child.wait().unwrap().code(), self.made, events)
    }
}

/// Identifiers in the state.
fn kept(dir: &Path) -> BTreeSet<String> {
    let state = std::fs::read(dir.join("terraform.tfstate")).unwrap();
    let state: Json = serde_json::from_slice(&state).unwrap();
    let instances = state["resources"].as_array().unwrap().iter();
    let instances = instances.flat_map(|it| it["instances"].as_array().unwrap());
    instances.map(|it| it["attributes"]["id"].as_str().unwrap().to_string()).collect()
}

fn journal(dir: &Path) -> bool {
    dir.join("terraform.tfstate.journal").exists()
}

/// Takes up what is left, and removes everything.
fn finish(dir: &Path) {
    let it = run(dir, &["destroy", "--auto-approve"]);
    assert_eq!(it.code, 0, "{it:?}");
    assert!(kept(dir).is_empty() && !journal(dir));
}

#[test]
fn one_interrupt_finishes_what_is_under_way() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let dir = stack(MANY);
        let running = Running::start(dir.path()).until_made(3);
        running.signal(signal);
        let (code, made, events) = running.end();
        assert_eq!(code, Some(1));
        assert!(made.len() < 3000, "it was not heard");
        let told = events.iter().any(|it| it["diagnostic"]["summary"] == "interrupted");
        assert!(told && events.iter().all(|it| it["type"] != "change_summary"));
        assert_eq!(kept(dir.path()), made);
        assert!(!journal(dir.path()));
        finish(dir.path());
    }
}

#[test]
fn a_second_interrupt_stops_at_once_and_loses_nothing() {
    let dir = stack(MANY);
    let running = Running::start(dir.path()).until_made(3);
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGTERM);
    let (code, made, _) = running.end();
    assert_eq!(code, Some(1));
    assert!(made.len() < 3000 && kept(dir.path()).is_superset(&made));
    finish(dir.path());
}

#[test]
fn a_killed_run_is_taken_up() {
    for count in [1, 2, 7] {
        let dir = stack(MANY);
        let running = Running::start(dir.path()).until_made(count);
        running.signal(Signal::SIGKILL);
        let (code, made, _) = running.end();
        assert_eq!(code, None);
        assert!(journal(dir.path()), "the journal keeps what the state does not have yet");
        // One more object is made, and with it everything that was made before is kept.
        let args = ["apply", "--auto-approve", "--target", "terraform_data.a[2999]"];
        let it = run(dir.path(), &args);
        assert_eq!(it.code, 0, "{it:?}");
        let kept = kept(dir.path());
        assert!(kept.is_superset(&made) && !journal(dir.path()));
        // What was intended when it was killed may have been made, and is ours too.
        assert!(kept.len() <= made.len() + 2, "{} of {}", kept.len(), made.len());
        finish(dir.path());
    }
}

#[test]
fn a_second_process_is_told_who_is_at_it_and_may_wait() {
    let dir = stack(MANY);
    // Nobody reads what it prints: it waits, with the plan in hand and the state locked.
    let mut first = Running::start(dir.path());
    while first.next().unwrap()["type"] != "planned_change" {}
    for args in [&["plan"][..], &["apply", "--auto-approve"], &["destroy", "--auto-approve"]] {
        let it = run(dir.path(), args);
        assert_eq!(it.code, 1);
        assert!(it.err.contains("the state is locked") && it.err.contains("`apply`"), "{it:?}");
    }
    assert_eq!(run(dir.path(), &["plan", "--lock=false"]).code, 0);
    let args = ["plan", "--lock-timeout", "600s", "--detailed-exitcode"];
    let mut second = command(dir.path(), &args);
    let mut second = second.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut waiting = String::new();
    let mut told = BufReader::new(second.stderr.take().unwrap());
    told.read_line(&mut waiting).unwrap();
    assert!(waiting.starts_with("Waiting for the state: in use by unknown@"), "{waiting}");
    assert!(waiting.contains("for `apply` since 20"), "{waiting}");
    // The first goes on, and ends early.
    let first = first.until_made(1);
    first.signal(Signal::SIGINT);
    first.end();
    let mut plan = String::new();
    let reading = std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
    second.stdout.take().unwrap().read_to_string(&mut plan).unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(2));
    reading.join().unwrap().unwrap();
    assert!(plan.contains(" to add, 0 to change, 0 to destroy.") && !plan.contains("3000 to add"));
    finish(dir.path());
}
