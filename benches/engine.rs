//! CPU time of the engine on synthetic stacks of `terraform_data`, and how it grows with their size.
//!
//! `cargo bench --no-default-features --bench engine` prints one line a measurement. Sizes ten times
//! apart are measured in one run, so the ratios hold on any machine. A number as argument plans only so
//! many resources, for a profiler.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;
use fastcart_hcl::builtin::Builtin;
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::provider::Registry;
use fastcart_hcl::state::FileStore;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 7;

/// Chains of ten: each resource takes the output of the one before.
fn chains(resources: usize) -> String {
    let mut text = String::new();
    for at in 0..resources {
        let input = match at % 10 {
            0 => "\"start\"".to_string(),
            _ => format!("terraform_data.r{}.output", at - 1),
        };
        text.push_str(&format!(
            "resource \"terraform_data\" \"r{at}\" {{\n  input = {input}\n}}\n"
        ));
    }
    text
}

/// Runs `plan`, and `apply` where asked, on a current-thread runtime; the CPU time of each.
fn measure(text: &str, apply: bool) -> (Duration, Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let registry = Registry::new().with(Arc::new(Builtin::default()));
        let store = FileStore::new(folder.path().join("bench.tfstate"));
        let mut engine = Engine::new(registry, Arc::new(store));
        engine.files = Arc::new(MemoryFiles::new().with("main.tf", text));
        let started = ProcessTime::now();
        let (stack, found) = engine.load(Path::new("."));
        let stack = stack.unwrap_or_else(|| panic!("{found}"));
        let inputs = Inputs::new();
        let plan = engine.plan(&stack, &inputs, &PlanOptions::default()).await;
        let plan = plan.unwrap_or_else(|it| panic!("{}", it.diagnostics));
        let planned = started.elapsed();
        let started = ProcessTime::now();
        if apply {
            let applied = engine.apply(&stack, &inputs, &plan).await;
            assert!(!applied.diagnostics.has_errors(), "{}", applied.diagnostics);
        }
        (planned, started.elapsed())
    })
}

/// The least of several runs of each size, in turn: what else the machine does only ever adds.
fn least<const N: usize>(
    sizes: [usize; N],
    run: impl Fn(usize) -> Duration,
) -> [(usize, Duration); N] {
    let mut best = sizes.map(|size| (size, Duration::MAX));
    for _ in 0..RUNS {
        for (size, least) in &mut best {
            *least = run(*size).min(*least);
        }
    }
    best
}

fn report(what: &str, small: (usize, Duration), large: (usize, Duration)) {
    let ratio = large.1.as_secs_f64() / small.1.as_secs_f64().max(1e-6);
    println!(
        "{what:<34} {:>7}: {:>8.1} ms   {:>7}: {:>8.1} ms   x{ratio:.1}",
        small.0,
        small.1.as_secs_f64() * 1e3,
        large.0,
        large.1.as_secs_f64() * 1e3,
    );
}

fn main() {
    // One size alone, for a profiler.
    if let Some(size) = std::env::args().find_map(|it| it.parse().ok()) {
        let [it] = least([size], |size| measure(&chains(size), false).0);
        return report("plan of terraform_data", it, it);
    }
    println!("CPU time; the last column is the growth from the smaller to the larger size");
    let [small, large] = least([1_000, 10_000], |size| measure(&chains(size), false).0);
    report("plan of terraform_data", small, large);
    let [small, large] = least([100, 1_000], |size| measure(&chains(size), true).1);
    report("apply of terraform_data", small, large);
}
