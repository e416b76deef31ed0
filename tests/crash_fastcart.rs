//! A crash after every journal record of FastCart's apply and destroy, with the real SDK on the
//! local cloud: the next run converges, nothing is made twice and nothing is left over.
#![cfg(all(
    feature = "ec2",
    feature = "iam",
    feature = "kinesis",
    feature = "kms",
    feature = "logs"
))]

#[path = "common/cloud.rs"]
mod cloud;
#[path = "common/stack.rs"]
mod stack;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cloud::Cloud;
use fastcart_hcl::state::Store;
use serde_json::json;
use stack::{Site, made};

/// How many clouds crash at a time: as many as there are processors, four at most.
fn beside() -> usize {
    std::thread::available_parallelism().map_or(2, |it| it.get().clamp(1, 4))
}

/// Distance of the records after which it crashes: every record takes some ten minutes, which
/// `FASTCART_CRASH_AFTER_EVERY_RECORD=1` asks for; by default a few, spread over the whole run.
fn stride() -> usize {
    let every = std::env::var_os("FASTCART_CRASH_AFTER_EVERY_RECORD").is_some();
    if every { 1 } else { 16 }
}

/// What became of a run that was to crash after so many records.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    Crashed,
    Through,
}

#[test]
fn after_every_record_of_an_apply_and_of_a_destroy() {
    let (next, is_through) = (AtomicUsize::new(0), AtomicBool::new(false));
    let crashes = Mutex::new([0; 2]);
    std::thread::scope(|scope| {
        for _ in 0..beside() {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.unwrap();
                let cloud = Cloud::take();
                while !is_through.load(Ordering::Relaxed) {
                    let records = next.fetch_add(stride(), Ordering::Relaxed);
                    let runs = runtime.block_on(crash(&cloud, records));
                    println!("crashed after record {records}");
                    for (at, run) in runs.into_iter().enumerate() {
                        crashes.lock().unwrap()[at] += usize::from(run == Run::Crashed);
                    }
                    if runs == [Run::Through; 2] || std::thread::panicking() {
                        is_through.store(true, Ordering::Relaxed);
                    }
                    assert!(records < 1000, "it never gets through");
                }
            });
        }
    });
    let [applies, destroys] = *crashes.lock().unwrap();
    println!("{applies} crashes of an apply, {destroys} of a destroy");
    // Intended, identified, settled: three records for each of fifty objects; two for a deletion.
    let spread = |crashes: usize| (crashes + 1) * stride();
    assert!(spread(applies) >= 120 && spread(destroys) >= 80, "{applies} {destroys}");
}

/// An apply that crashes after so many records, the next one, and the same of a destroy.
async fn crash(cloud: &Cloud, records: usize) -> [Run; 2] {
    cloud.reset();
    // Two zones have all that three have.
    let site = Site::new(cloud).with("zone_count", json!(2));
    let plan = site.plan().await;
    let want = made(&plan);
    site.store.stop_after(records);
    let applied = site.try_apply(&plan).await;
    let apply = next_run(&site, applied.diagnostics.has_errors()).await;
    let what = format!("apply, record {records}");
    site.apply().await;
    site.expect_no_changes().await;
    assert_eq!(cloud.counts(), want, "{what}: as many objects of each type as are wanted");
    assert_eq!(cloud.leaving(), BTreeMap::new(), "{what}: nothing was made and deleted again");

    site.store.stop_after(records);
    let gone = site.engine.destroy(&site.stack, &site.inputs).await;
    let crashed = gone.map_or(true, |it| it.diagnostics.has_errors());
    let destroy = next_run(&site, crashed).await;
    site.destroy().await;
    let what = format!("destroy, record {records}");
    assert_eq!(cloud.left(), Vec::<serde_json::Value>::new(), "{what}: nothing is left");
    assert_eq!(cloud.leaving()["aws_kms_key"], want["aws_kms_key"], "{what}");
    [apply, destroy]
}

/// What was sent and not answered still arrives; then whoever runs next takes up what was begun.
async fn next_run(site: &Site<'_>, crashed: bool) -> Run {
    site.cloud.quiet();
    site.store.restart();
    let found = site.engine.recover(&site.stack, &site.inputs).await;
    let found = found.unwrap_or_else(|found| panic!("{}", site.told(&found)));
    assert!(!found.has_errors(), "{}", site.told(&found));
    assert!(site.store.journal().unwrap().is_none(), "everything has an end");
    if crashed { Run::Crashed } else { Run::Through }
}

#[cfg(all(feature = "cli", unix))]
#[test]
fn killed_in_the_middle_of_an_apply() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let cloud = Cloud::take();
    // Slow enough to be caught in the middle, gateways under way included.
    cloud.lifetimes(
        &json!({ "nat_gateway": { "creating": 2 }, "kinesis_stream": { "creating": 1 } }),
    );
    let dir = tempfile::tempdir().unwrap();
    let stack = concat!(env!("CARGO_MANIFEST_DIR"), "/stacks/eu-central-1.hcl");
    let command = |verb: &str| {
        let mut it = Command::new(env!("CARGO_BIN_EXE_fastcart-hcl"));
        it.current_dir(dir.path()).args([
            verb,
            stack,
            "--state",
            "fastcart.tfstate",
            "--auto-approve",
        ]);
        it.args(["--var", "environment_suffix=t1", "--var", "zone_count=2"]);
        it.env_clear().envs(cloud.environment(dir.path())).stdin(Stdio::null());
        it
    };
    let run = |verb: &str| {
        let it = command(verb).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&it.stdout), String::from_utf8_lossy(&it.stderr));
        assert!(it.status.success(), "{verb}\n{out}\n{err}");
        out.into_owned()
    };
    for calls in [1, 40, 90, 130] {
        cloud.reset();
        cloud.lifetimes(
            &json!({ "nat_gateway": { "creating": 2 }, "kinesis_stream": { "creating": 1 } }),
        );
        let mut child =
            command("apply").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let made = || cloud.log().len();
        while made() < calls {
            assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "too fast");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        cloud.quiet();
        run("apply");
        let again = run("apply");
        assert!(
            again.contains("No changes") || again.contains("0 added, 0 changed, 0 destroyed"),
            "{again}"
        );
        let counts = cloud.counts();
        let of = |kind: &str| counts.get(kind).copied().unwrap_or(0);
        let kinds = [
            "aws_vpc",
            "aws_subnet",
            "aws_nat_gateway",
            "aws_eip",
            "aws_kms_key",
            "aws_kinesis_stream",
        ];
        assert_eq!(kinds.map(of), [1, 6, 2, 2, 4, 1], "{calls}");
        assert_eq!(cloud.leaving(), BTreeMap::new(), "{calls}");
        run("destroy");
        assert_eq!(cloud.left(), Vec::<serde_json::Value>::new(), "{calls}");
    }
}
