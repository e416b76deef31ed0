//! No byte of a secret in any file: state, backup, journal, plans, outputs, events, pictures.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::cloud::{Cloud, seed};
use crate::deployed::{Binary, STACK, clients, deployed, parsed, text};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Files below that hold one of the texts, plainly or as base64.
fn holding(dir: &Path, secrets: &[String]) -> Vec<PathBuf> {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD_NO_PAD;
    let encoded = secrets.iter().map(|it| standard.encode(it));
    let sought: Vec<Vec<u8>> =
        secrets.iter().cloned().chain(encoded).map(String::into_bytes).collect();
    let mut all = Vec::new();
    files(dir, &mut all);
    assert!(!all.is_empty(), "{}", dir.display());
    all.retain(|path| {
        let bytes = fs::read(path).unwrap();
        let holds = |it: &Vec<u8>| bytes.windows(it.len()).any(|at| at == it.as_slice());
        sought.iter().any(holds)
    });
    all
}

/// What the secrets hold now, and held when they were seeded.
async fn passwords(cloud: &Cloud) -> Vec<String> {
    let aws = clients(cloud);
    let seed = seed("t1");
    let mut all = Vec::new();
    for it in seed["secrets"].as_array().unwrap() {
        all.push(text(&it["value"]["password"]));
        let name = text(&it["name"]);
        let now = aws.secretsmanager().get_secret_value().secret_id(name).send().await.unwrap();
        all.push(text(&parsed(now.secret_string().unwrap())["password"]));
    }
    all
}

#[tokio::test]
async fn no_secret_is_in_any_file_of_a_deployment() {
    let it = deployed();
    let secrets = passwords(&it.cloud).await;
    let names: Vec<String> = fs::read_dir(&it.dir)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    for kind in [
        "fastcart.tfstate",
        "it.plan",
        "plan.json",
        "events.jsonl",
        "graph.dot",
        "graph.svg",
        "cfn-outputs",
    ] {
        assert!(names.iter().any(|it| it == kind), "no {kind} among {names:?}");
    }
    assert_eq!(holding(&it.dir, &secrets), Vec::<PathBuf>::new());
}

/// Killed while the database is made: the journal that is left holds the intent, and not the password.
#[tokio::test]
async fn no_secret_is_in_the_journal_of_a_killed_run() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let cloud = Cloud::take();
    cloud.prepare();
    let secrets = passwords(&cloud).await;
    let lives = serde_json::json!({"db_instance": {"creating": 120}});
    cloud.lifetimes(&lives);
    let dir = tempfile::tempdir().unwrap();
    let args = [
        "apply",
        STACK,
        "--state",
        "it.tfstate",
        "--auto-approve",
        "--var",
        "environment_suffix=t1",
        "--var",
        "zone_count=2",
        "--target",
        "aws_db_instance.orders",
        "--target",
        "aws_elasticache_user.service",
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_fastcart-hcl"))
        .current_dir(dir.path())
        .args(args)
        .env_clear()
        .envs(cloud.environment(dir.path()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while !cloud.requests().contains_key("rds.CreateDBInstance") {
        assert!(
            Instant::now() < deadline && child.try_wait().unwrap().is_none(),
            "no database is made"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut left = Vec::new();
    files(dir.path(), &mut left);
    let is_journal = |it: &PathBuf| it.to_string_lossy().contains("journal");
    assert!(left.iter().any(is_journal), "{left:?}");
    assert_eq!(holding(dir.path(), &secrets), Vec::<PathBuf>::new());
    // The next run reads the secret again and goes on.
    cloud.quiet();
    cloud.lifetimes(&serde_json::json!({}));
    let binary = Binary { cloud: &cloud, dir: dir.path().to_path_buf() };
    binary.run(&args);
    binary.run(&[&["destroy"], &args[1..9]].concat());
    assert_eq!(cloud.left(), Vec::<Json>::new());
    assert_eq!(holding(dir.path(), &passwords(&cloud).await), Vec::<PathBuf>::new());
}
