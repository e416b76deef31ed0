//! Many runs at once on a machine that has better things to do: every one comes to its end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use fastcart_hcl::builtin::Builtin;
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::provider::Registry;
use fastcart_hcl::state::FileStore;

/// Every object is deleted and made again when the variable changes, one after another.
const CHAIN: &str = r#"
variable "v" {}
resource "terraform_data" "a" {
  input            = var.v
  triggers_replace = var.v
}
resource "terraform_data" "b" {
  input            = terraform_data.a.output
  triggers_replace = terraform_data.a.id
}
resource "terraform_data" "c" {
  count            = 3
  input            = terraform_data.b.output
  triggers_replace = terraform_data.b.id
}
"#;

const RUNNERS: usize = 8;
const ROUNDS: usize = 15;
/// When something is stuck for good.
const PATIENCE: Duration = Duration::from_secs(600);

/// One round after another, each as the binary runs it.
fn rounds(done: &mpsc::Sender<usize>) {
    let dir = tempfile::tempdir().unwrap();
    let files = Arc::new(MemoryFiles::new().with("main.tf", CHAIN));
    let registry = Registry::new().with(Arc::new(Builtin::new(files.clone())));
    let store = FileStore::new(dir.path().join("terraform.tfstate"));
    let mut engine = Engine::new(registry, Arc::new(store));
    engine.files = files;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for round in 0..ROUNDS {
        runtime.block_on(async {
            let (stack, _) = engine.load(Path::new("."));
            let stack = stack.unwrap();
            let inputs = Inputs::new().with("v", round as i64);
            let plan = engine.plan(&stack, &inputs, &PlanOptions::default()).await.unwrap();
            let applied = engine.apply(&stack, &inputs, &plan).await;
            assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
            let replaced = if round == 0 { 0 } else { 5 };
            assert_eq!((applied.done.add, applied.done.destroy), (5, replaced));
        });
        done.send(round).unwrap();
    }
}

#[test]
fn every_run_comes_to_its_end() {
    let (done, ends) = mpsc::channel();
    let busy = Arc::new(AtomicBool::new(true));
    for _ in 0..4 {
        let busy = busy.clone();
        std::thread::spawn(move || while busy.load(Ordering::Relaxed) {});
    }
    let runners: Vec<_> = (0..RUNNERS)
        .map(|_| {
            let done = done.clone();
            std::thread::spawn(move || rounds(&done))
        })
        .collect();
    drop(done);
    let mut count = 0;
    loop {
        match ends.recv_timeout(PATIENCE) {
            Ok(_) => count += 1,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("stuck after {count} runs"),
        }
    }
    busy.store(false, Ordering::Relaxed);
    assert!(runners.into_iter().all(|it| it.join().is_ok()));
    assert_eq!(count, RUNNERS * ROUNDS);
}
