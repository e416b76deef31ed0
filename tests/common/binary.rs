//! Runs of the binary, and what they came to.
#![allow(dead_code)]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// What a run of the binary came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Events, one a line.
    pub fn lines(&self) -> Vec<Json> {
        self.out.lines().map(|it| serde_json::from_str(it).expect(it)).collect()
    }

    /// The one document.
    pub fn document(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }
}

/// Runs the binary in `dir` without a terminal and with nothing of this machine's environment.
pub fn run(dir: &Path, args: &[&str]) -> Ran {
    run_with(dir, args, &[], "")
}

pub fn run_with(dir: &Path, args: &[&str], env: &[(&str, &str)], input: &str) -> Ran {
    let mut command = command(dir, args);
    command.envs(env.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}

/// A directory with a stack in it.
pub fn stack(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("main.tf"), text).unwrap();
    dir
}

/// The binary in `dir`, with nothing of this machine's environment.
pub fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fastcart-hcl"));
    command.current_dir(dir).args(args).env_clear();
    command
}
