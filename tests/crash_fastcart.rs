//! FastCart killed at any moment of an apply or a destroy, with the real SDK on the local cloud: what
//! was begun is finished or adopted by the next run, nothing is made twice and nothing is left over.
//!
//! One run goes all the way. After each line of its journal, and each state that it writes, the disk
//! and the cloud are copied as they are, and a run that was killed there is taken up on the copy.
//! `FASTCART_FULL=1` takes every such moment, and every tenth of them on to the very end; by default
//! it is every fourth, and every fortieth.
#![cfg(all(
    feature = "autoscaling",
    feature = "cloudwatch",
    feature = "ec2",
    feature = "ecr",
    feature = "ecs",
    feature = "elasticache",
    feature = "iam",
    feature = "kinesis",
    feature = "kms",
    feature = "logs",
    feature = "rds",
    feature = "secretsmanager",
    feature = "sns",
    feature = "sqs"
))]

#[path = "common/cloud.rs"]
mod cloud;
#[path = "common/stack.rs"]
mod stack;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloud::Cloud;
use fastcart_hcl::address::{Address, Mode};
use fastcart_hcl::clock::SystemClock;
use fastcart_hcl::diag::Result;
use fastcart_hcl::state::{
    Event, Guard, Header, Journal, LockError, LockInfo, MemoryStore, State, Store,
};
use serde_json::json;
use stack::{FASTCART, PARTS, Site, made};

/// How many runs are taken up at a time: as many as there are processors, four at most.
fn beside() -> usize {
    std::thread::available_parallelism().map_or(2, |it| it.get().clamp(1, 4))
}

/// Distance of the moments at which it is killed, and of those from which it goes on to the end.
fn strides() -> (usize, usize) {
    if std::env::var_os("FASTCART_FULL").is_some() { (1, 10) } else { (4, 40) }
}

/// A moment: what the disk holds, and the cloud.
struct Moment {
    number: usize,
    what: String,
    cloud: Cloud,
    store: MemoryStore,
}

/// Keeps what a run writes, and hands on every moment at which it may have been killed.
struct Watching {
    kept: MemoryStore,
    /// Held from a write to the end of its moment: nothing more is written meanwhile, and so nothing
    /// sent that the copy of the disk does not tell of.
    turn: Mutex<()>,
    cloud: Arc<Cloud>,
    moments: Mutex<Option<SyncSender<Moment>>>,
    count: AtomicUsize,
}

impl Watching {
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment after what was just written; before anything is sent because of it.
    fn pass(&self, what: &str) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(moments) = moments.as_ref().filter(|_| number.is_multiple_of(strides().0)) else {
            return;
        };
        let store = match self.kept.read().unwrap() {
            Some(state) => MemoryStore::with(&state),
            None => MemoryStore::new(),
        };
        if let Some(it) = self.kept.journal().unwrap() {
            store.append(&it.header, &it.events).unwrap();
        }
        let moment = Moment { number, what: what.into(), cloud: self.cloud.fork(), store };
        moments.send(moment).expect("somebody takes them");
    }
}

/// The store of an engine; the test keeps the other end.
struct Watched(Arc<Watching>);

impl Store for Watched {
    fn place(&self) -> String {
        self.0.kept.place()
    }

    fn read(&self) -> Result<Option<State>> {
        self.0.kept.read()
    }

    fn write(&self, state: &mut State) -> Result<()> {
        let _turn = self.0.turn();
        self.0.kept.write(state)?;
        self.0.pass("a state");
        Ok(())
    }

    fn lock(&self, info: &LockInfo) -> Result<Box<dyn Guard>, LockError> {
        self.0.kept.lock(info)
    }

    fn append(&self, header: &Header, events: &[Event]) -> Result<()> {
        let _turn = self.0.turn();
        self.0.kept.append(header, events)?;
        self.0.pass(&format!("{:?}", events.last()));
        Ok(())
    }

    fn journal(&self) -> Result<Option<Journal>> {
        self.0.kept.journal()
    }

    fn clear_journal(&self) -> Result<()> {
        let _turn = self.0.turn();
        self.0.kept.clear_journal()?;
        self.0.pass("no journal");
        Ok(())
    }
}

/// Managed objects by type, in the words of the local cloud's inventory.
fn by_type<'a>(all: impl Iterator<Item = &'a Address>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for Address { resource, .. } in all {
        if resource.mode == Mode::Managed && !PARTS.contains(&&*resource.kind) {
            *counts.entry(resource.kind.to_string()).or_default() += 1;
        }
    }
    counts
}

/// Takes up the run that was killed at this moment.
async fn take_up(moment: Moment) {
    let Moment { number, what, cloud, store } = moment;
    let what = format!("moment {number}, after {what}");
    let mut site = Site::of(&cloud, FASTCART).with("zone_count", json!(2));
    site.store = store;
    site.rewrite(FASTCART);
    let found = site.engine.recover(&site.stack, &site.inputs).await;
    let found = found.unwrap_or_else(|found| panic!("{what}: {}", site.told(&found)));
    assert!(!found.has_errors(), "{what}: {}", site.told(&found));
    assert!(site.store.journal().unwrap().is_none(), "{what}: everything has an end");
    let state = site.store.read().unwrap().unwrap_or_default();
    let mut known = by_type(state.currents().map(|it| it.0));
    if cloud.counts() != known {
        // What was deleted without a word of it is noticed by whoever plans next.
        let plan = site.plan().await;
        let there = plan.changes.iter().filter(|it| it.before.is_some());
        known = by_type(there.map(|it| &it.address));
    }
    assert_eq!(cloud.counts(), known, "{what}: what is there is known, and there once");
    if number.is_multiple_of(strides().1) {
        let want = made(&site.apply().await);
        site.expect_no_changes().await;
        assert!(want.len() <= cloud.counts().len(), "{what}");
        site.destroy().await;
        assert_eq!(cloud.left(), Vec::<serde_json::Value>::new(), "{what}: nothing is left");
    }
}

/// Takes up moments until there are no more.
fn work(moments: &Mutex<Receiver<Moment>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    loop {
        let next = moments.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(moment) = next else { return };
        runtime.block_on(take_up(moment));
    }
}

#[test]
fn at_every_moment_of_an_apply_and_of_a_destroy() {
    let cloud = Arc::new(Cloud::take());
    let (sender, receiver) = sync_channel(1);
    let receiver = Mutex::new(receiver);
    let watching = Arc::new(Watching {
        kept: MemoryStore::new(),
        turn: Mutex::new(()),
        cloud: cloud.clone(),
        moments: Mutex::new(Some(sender)),
        count: AtomicUsize::new(0),
    });
    let ends = std::thread::scope(|scope| {
        for _ in 0..beside() {
            scope.spawn(|| work(&receiver));
        }
        let run = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            let ends = runtime.block_on(async {
                // Two zones have all that three have.
                let mut site = Site::new(&cloud).with("zone_count", json!(2));
                site.engine.store = Arc::new(Watched(watching.clone()));
                // It stands still while copies are made, which on a fast clock would be for hours.
                site.engine.clock = Arc::new(SystemClock::new());
                let want = made(&site.apply().await);
                assert_eq!(cloud.counts(), want);
                let made = watching.count.load(Ordering::Relaxed);
                let gone = site.engine.destroy(&site.stack, &site.inputs).await;
                let gone = gone.unwrap_or_else(|found| panic!("{}", site.told(&found)));
                assert!(gone.diagnostics.is_empty(), "{}", site.told(&gone.diagnostics));
                assert_eq!(cloud.left(), Vec::<serde_json::Value>::new());
                [made, watching.count.load(Ordering::Relaxed)]
            });
            *watching.moments.lock().unwrap() = None;
            ends
        });
        let ends = run.join();
        // Those who wait for moments are let go even where the run has failed.
        *watching.moments.lock().unwrap_or_else(PoisonError::into_inner) = None;
        ends.unwrap()
    });
    let [made, all] = ends;
    println!(
        "killed at every {}. of {made} moments of an apply, {} of a destroy",
        strides().0,
        all - made
    );
    // Whatever is written in between two calls is one line.
    assert!(made >= 80 && all - made >= 40, "{made} {all}");
}

#[cfg(all(feature = "cli", unix))]
#[test]
fn killed_in_the_middle_of_an_apply() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let cloud = Cloud::take();
    cloud.prepare();
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
    for calls in [1, 90, 250, 400] {
        cloud.reset();
        cloud.prepare();
        // Slow enough to be caught in the middle, gateways and databases under way included.
        cloud.lifetimes(&json!({
            "nat_gateway": { "creating": 2 }, "kinesis_stream": { "creating": 1 },
            "db_instance": { "creating": 2 }, "elasticache_replication_group": { "creating": 2 },
        }));
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
            "aws_db_instance",
            "aws_elasticache_replication_group",
            "aws_sqs_queue",
            "aws_ecs_service",
        ];
        assert_eq!(kinds.map(of), [1, 6, 2, 2, 4, 1, 2, 1, 1, 1], "{calls}");
        assert_eq!(cloud.leaving(), BTreeMap::new(), "{calls}");
        run("destroy");
        assert_eq!(cloud.left(), Vec::<serde_json::Value>::new(), "{calls}");
    }
}
