//! Apply, on virtual time and a cloud in memory.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use common::desk::{Bench, Want, at, change, of, plan, want};
use common::fake::Manner;
use common::light::LightStore;
use fastcart_hcl::diag;
use fastcart_hcl::driver::FailureKind;
use fastcart_hcl::event::Event;
use fastcart_hcl::lang::types::Type;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::Action;
use fastcart_hcl::plan::graph::Verb;
use fastcart_hcl::state::{self, MemoryStore, ObjectStatus, State, Store};

fn seconds(it: u64) -> Duration {
    Duration::from_secs(it)
}

fn bench() -> Bench {
    Bench::new(MemoryStore::new())
}

fn takes(call: Duration) -> Manner {
    Manner { call, ..Manner::default() }
}

/// Summaries and details.
fn text(those: &diag::Diagnostics) -> String {
    those.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_diamond_runs_in_parallel() {
    let bench = bench();
    for name in ["a", "b", "c", "d"] {
        bench.cloud.behave(name, takes(seconds(4)));
    }
    let wanted = [want("a", &[]), want("b", &["a"]), want("c", &["a"]), want("d", &["b", "c"])];
    let began = bench.cloud.clock.elapsed();
    let applied = bench.apply(&wanted).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    // Each is made and then read once: eight seconds a level.
    assert_eq!((bench.cloud.clock.elapsed() - began).as_secs(), 3 * 8);
    assert_eq!((applied.done.add, applied.failed, applied.skipped), (4, 0, 0));
    assert_eq!(bench.cloud.names(), ["a", "b", "c", "d"]);
    let stored = bench.store.read().unwrap().unwrap();
    assert!(bench.store.journal().unwrap().is_none(), "the journal is gone");
    let d = stored.current(&at("d")).unwrap();
    assert_eq!(d.attributes["uses"], stored.current(&at("b")).unwrap().attributes["id"]);
    assert_eq!(d.dependencies.len(), 2);
    assert!(bench.apply(&wanted).await.done == Default::default(), "nothing more to do");
}

#[tokio::test(start_paused = true)]
async fn parallelism_is_a_bound() {
    let mut bench = bench();
    bench.parallelism = 3;
    let wanted: Vec<Want> = (0..9).map(|it| want(&format!("t{it}"), &[])).collect();
    for it in &wanted {
        bench.cloud.behave(&it.name, Manner { busy: seconds(10), ..Manner::default() });
    }
    let began = bench.cloud.clock.elapsed();
    assert_eq!(bench.apply(&wanted).await.done.add, 9);
    assert!(bench.cloud.clock.elapsed() - began >= seconds(30));
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_only_what_depends_on_it() {
    let bench = bench();
    bench.cloud.fail("create", "b", FailureKind::Denied, usize::MAX);
    let wanted = [
        want("a", &[]),
        want("b", &["a"]),
        want("c", &["a"]),
        want("d", &["b"]),
        want("e", &["d"]),
    ];
    let applied = bench.apply(&wanted).await;
    assert_eq!((applied.done.add, applied.failed, applied.skipped), (2, 1, 2));
    assert_eq!(bench.cloud.names(), ["a", "c"]);
    assert_eq!(applied.diagnostics.iter().next().unwrap().address.as_deref(), Some("fake_thing.b"));
    let skipped: Vec<String> = events(&bench, |event| match event {
        Event::StepSkipped { address, because, .. } => Some(format!("{address}: {because}")),
        _ => None,
    });
    assert_eq!(
        skipped,
        ["fake_thing.d: `fake_thing.b` failed", "fake_thing.e: `fake_thing.b` failed"]
    );
    assert!(bench.store.journal().unwrap().is_none(), "a refusal leaves nothing open");
    bench.cloud.world().faults.clear();
    assert_eq!(bench.apply(&wanted).await.done.add, 3);
}

#[tokio::test(start_paused = true)]
async fn a_postcondition_stops_what_depends_on_it() {
    let mut bench = bench();
    bench.refused = vec!["a".into()];
    let applied = bench.apply(&[want("a", &[]), want("b", &["a"])]).await;
    assert_eq!((applied.failed, applied.skipped), (1, 1));
    let state = bench.store.read().unwrap().unwrap();
    assert_eq!(state.current(&at("a")).unwrap().status, ObjectStatus::Ready, "not tainted");
}

fn events<T>(bench: &Bench, pick: impl Fn(&Event) -> Option<T>) -> Vec<T> {
    bench.events.lock().unwrap().iter().filter_map(pick).collect()
}

/// Creates and deletes in the order in which they were sent.
fn sent(bench: &Bench) -> Vec<String> {
    let world = bench.cloud.world();
    let calls = world.calls.iter().filter(|it| it.1 != "find");
    calls.map(|(_, call, name)| format!("{call} {name}")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_replacement_keeps_its_order() {
    for (first, expected) in [
        (true, ["create a", "update b", "delete a"].as_slice()),
        // The user of what is deleted first is deleted and made anew itself.
        (false, ["delete a", "create a"].as_slice()),
    ] {
        let bench = bench();
        let mut wanted = [want("a", &[]), want("b", &["a"])];
        wanted.iter_mut().for_each(|it| it.create_before_destroy = first);
        let wanted = &mut wanted[..if first { 2 } else { 1 }];
        bench.apply(wanted).await;
        bench.cloud.world().calls.clear();
        wanted[0].shape = "square".into();
        let applied = bench.apply(wanted).await;
        assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
        assert_eq!(sent(&bench), expected);
        assert_eq!(applied.state.all_deposed().count(), 0);
        let names: Vec<&str> = if first { vec!["a", "b"] } else { vec!["a"] };
        assert_eq!(bench.cloud.names(), names);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_is_refused_leaves_the_old_object() {
    let bench = bench();
    let mut a = want("a", &[]);
    a.create_before_destroy = true;
    bench.apply(std::slice::from_ref(&a)).await;
    let before = bench.store.read().unwrap().unwrap();
    a.shape = "square".into();
    bench.cloud.fail("create", "a", FailureKind::Fatal, 1);
    let applied = bench.apply(std::slice::from_ref(&a)).await;
    assert_eq!((applied.failed, applied.skipped), (1, 1));
    assert_eq!(applied.state.current(&at("a")), before.current(&at("a")));
    assert_eq!(applied.state.all_deposed().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_update_goes_on_until_all_is_as_wanted() {
    let bench = bench();
    let mut a = want("a", &[]);
    bench.apply(std::slice::from_ref(&a)).await;
    tokio::time::sleep(seconds(2)).await;
    bench.cloud.behave("a", Manner { busy: seconds(1), ..Manner::default() });
    (a.size, a.note) = (5, Some("n".into()));
    let applied = bench.apply(std::slice::from_ref(&a)).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!((applied.done.change, bench.cloud.count("update")), (1, 4));
    let a = applied.state.current(&at("a")).unwrap();
    assert_eq!((&a.attributes["size"], &a.attributes["note"]), (&5.into(), &"n".into()));
}

#[tokio::test(start_paused = true)]
async fn a_create_goes_on_until_all_is_as_wanted() {
    let bench = bench();
    bench.cloud.behave("a", Manner { busy: seconds(3), hidden: seconds(2), ..Manner::default() });
    let mut a = want("a", &[]);
    a.size = 3;
    let applied = bench.apply(&[a]).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(bench.cloud.count("update"), 2);
    let statuses = events(&bench, |event| match event {
        Event::StepProgress { status, .. } => Some(status.clone()),
        _ => None,
    });
    assert_eq!(statuses, ["not visible yet", "busy"]);
}

#[tokio::test(start_paused = true)]
async fn what_aws_does_not_take_is_a_warning() {
    let bench = bench();
    bench.cloud.behave("a", Manner { stubborn: true, ..Manner::default() });
    let mut a = want("a", &[]);
    a.size = 3;
    let applied = bench.apply(&[a, want("b", &["a"])]).await;
    assert!(!applied.diagnostics.has_errors());
    assert_eq!(text(&applied.diagnostics).lines().count(), 1);
    assert!(text(&applied.diagnostics).starts_with("AWS still reports 1 for `size`"));
    assert_eq!((applied.done.add, bench.cloud.count("update")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_is_no_warning() {
    let bench = bench();
    bench.cloud.behave("a", Manner { stale: seconds(2), ..Manner::default() });
    let mut a = want("a", &[]);
    a.size = 2;
    let applied = bench.apply(&[a]).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(bench.cloud.count("update"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_taints() {
    let bench = bench();
    bench.cloud.behave("a", Manner { busy: seconds(3600), ..Manner::default() });
    let mut a = want("a", &[]);
    a.timeout = Some(30);
    let began = bench.cloud.clock.elapsed();
    let applied = bench.apply(&[a.clone(), want("b", &["a"])]).await;
    assert_eq!((bench.cloud.clock.elapsed() - began).as_secs(), 30);
    assert_eq!((applied.failed, applied.skipped), (1, 1));
    let shown = text(&applied.diagnostics);
    assert!(shown.contains("timeout: after 30s `thing-1` is busy"), "{shown}");
    let stored = bench.store.read().unwrap().unwrap();
    let object = stored.current(&at("a")).unwrap();
    assert_eq!((object.status, object.id()), (ObjectStatus::Tainted, Some("thing-1")));
    assert!(bench.store.journal().unwrap().is_none());
    bench.cloud.behave("a", Manner::default());
    let again = bench.apply(&[a, want("b", &["a"])]).await;
    assert_eq!((again.done.add, again.done.destroy), (2, 1), "replaced");
    assert_eq!(bench.cloud.names(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_breaks_is_tainted() {
    let bench = bench();
    bench.cloud.behave("a", Manner { broken: Some("no capacity".into()), ..Manner::default() });
    let applied = bench.apply(&[want("a", &[])]).await;
    assert!(text(&applied.diagnostics).contains("no capacity"));
    assert_eq!(applied.state.current(&at("a")).unwrap().status, ObjectStatus::Tainted);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_gets_stuck_leaves_what_there_is() {
    let bench = bench();
    let mut a = want("a", &[]);
    bench.apply(std::slice::from_ref(&a)).await;
    tokio::time::sleep(seconds(10)).await;
    (a.size, a.note) = (4, Some("n".into()));
    let plan = plan(&bench.store.read().unwrap().unwrap(), std::slice::from_ref(&a));
    bench.cloud.behave("a", Manner { busy: seconds(8), ..Manner::default() });
    let applied = {
        let run = bench.perform(&plan, std::slice::from_ref(&a));
        let later = async {
            tokio::time::sleep(seconds(2)).await;
            bench.cloud.fail("update", "a", FailureKind::Fatal, 1);
        };
        tokio::join!(run, later).0
    };
    assert_eq!(applied.failed, 1);
    let object = applied.state.current(&at("a")).unwrap();
    assert_eq!(object.attributes["size"], 2, "one step was taken");
    assert!(object.attributes["note"].is_null(), "asked for again next time");
    assert_eq!(object.status, ObjectStatus::Ready);
    assert_eq!(bench.apply(&[a]).await.done.change, 1);
}

#[tokio::test(start_paused = true)]
async fn retries_are_bounded() {
    for (kind, times, calls, ends_well) in [
        (FailureKind::Throttled, 3, 4, true),
        (FailureKind::Retryable, 3, 4, true),
        // 0.5 + 1 + 2 + 4 + 8 + 10 + 10 + 10 + 10 seconds lie within a minute.
        (FailureKind::Throttled, usize::MAX, 10, false),
        (FailureKind::Fatal, usize::MAX, 1, false),
        (FailureKind::Denied, usize::MAX, 1, false),
        (FailureKind::Exists, usize::MAX, 1, false),
    ] {
        let bench = bench();
        bench.cloud.fail("create", "a", kind, times);
        let applied = bench.apply(&[want("a", &[])]).await;
        assert_eq!(applied.failed == 0, ends_well, "{kind:?} {times}");
        assert_eq!(bench.cloud.count("create"), calls, "{kind:?} {times}");
        let told = events(&bench, |it| matches!(it, Event::Retrying { .. }).then_some(()));
        assert_eq!(told.len(), calls - 1);
        assert!(bench.store.journal().unwrap().is_none());
        assert!(bench.cloud.clock.elapsed() < seconds(61));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_makes_no_second_object() {
    for names_only in [false, true] {
        let mut bench = bench();
        bench.cloud.names_only = names_only;
        for (call, name) in [("create", "a"), ("update", "a"), ("delete", "b"), ("find", "a")] {
            bench.cloud.lose(call, name, 2);
        }
        let mut a = want("a", &[]);
        a.size = 2;
        let applied = bench.apply(&[a.clone(), want("b", &[])]).await;
        assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
        assert_eq!(bench.cloud.world().made, BTreeMap::from([("a".into(), 1), ("b".into(), 1)]));
        let applied = bench.apply(&[a]).await;
        assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
        assert_eq!(bench.cloud.names(), ["a"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_in_doubt_is_left_to_the_next_run() {
    for names_only in [false, true] {
        let mut bench = bench();
        bench.cloud.names_only = names_only;
        bench.cloud.lose("create", "a", usize::MAX);
        let applied = bench.apply(&[want("a", &[]), want("b", &["a"])]).await;
        assert_eq!((applied.failed, applied.skipped), (1, 1));
        assert!(applied.state.current(&at("a")).is_none());
        assert!(bench.store.journal().unwrap().is_some(), "the journal keeps it");
        let refused = bench.apply(&[want("a", &[])]).await;
        assert!(text(&refused.diagnostics).starts_with("unfinished operations"));

        let (_, found) = bench.resume().await;
        assert!(found.has_errors(), "still no answer");
        assert!(bench.store.journal().unwrap().is_some());
        bench.cloud.world().faults.clear();
        let (state, found) = bench.resume().await;
        assert!(found.is_empty(), "{found}");
        assert_eq!(state.current(&at("a")).unwrap().status, ObjectStatus::Ready);
        assert!(bench.store.journal().unwrap().is_none());
        let applied = bench.apply(&[want("a", &[]), want("b", &["a"])]).await;
        assert_eq!(applied.done.add, 1);
        assert_eq!(bench.cloud.world().made["a"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_no_longer_fits_sends_nothing() {
    let bench = bench();
    let mut planned = want("a", &[]);
    let plan = plan(&State::new(), std::slice::from_ref(&planned));
    planned.size = 2;
    let applied = bench.perform(&plan, &[planned]).await;
    let shown = text(&applied.diagnostics);
    assert!(shown.starts_with("the plan no longer fits: `size`"), "{shown}");
    assert!(bench.cloud.world().calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_soft_cancel_finishes_what_runs() {
    let bench = bench();
    bench.cloud.behave("a", Manner { busy: seconds(60), ..Manner::default() });
    let wanted = [want("a", &[]), want("b", &["a"])];
    let cancel = async {
        tokio::time::sleep(seconds(5)).await;
        bench.cancel.ask();
    };
    let applied = tokio::join!(bench.apply(&wanted), cancel).0;
    assert!(applied.interrupted && applied.diagnostics.is_empty());
    assert_eq!((applied.done.add, applied.skipped), (1, 1));
    assert_eq!(applied.state.current(&at("a")).unwrap().status, ObjectStatus::Ready);
    assert!(bench.store.journal().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_hard_cancel_stops_at_once() {
    let mut bench = bench();
    bench.cloud.behave("b", Manner { busy: seconds(60), ..Manner::default() });
    let wanted = [want("a", &[]), want("b", &["a"]), want("c", &["b"])];
    let cancel = async {
        tokio::time::sleep(seconds(5)).await;
        bench.cancel.ask();
        bench.cancel.ask();
    };
    let applied = tokio::join!(bench.apply(&wanted), cancel).0;
    assert_eq!(bench.cloud.clock.elapsed().as_secs(), 5);
    assert!(applied.interrupted);
    let stored = bench.store.read().unwrap().unwrap();
    assert!(stored.current(&at("a")).is_some() && stored.current(&at("b")).is_none());
    assert!(bench.store.journal().unwrap().is_some());

    bench.cancel = Default::default();
    let (state, found) = bench.resume().await;
    assert!(found.is_empty() && state.current(&at("b")).is_some(), "{found}");
    assert_eq!(bench.apply(&wanted).await.done.add, 1);
    assert!(bench.cloud.world().made.values().all(|it| *it == 1));
}

#[tokio::test(start_paused = true)]
async fn reads_happen_on_common_ticks() {
    let bench = bench();
    // Begun at different times, ready at different times.
    let wanted: Vec<Want> = (0..40).map(|it| want(&format!("t{it}"), &[])).collect();
    for (at, it) in wanted.iter().enumerate() {
        let manner = Manner {
            call: Duration::from_millis(2 * at as u64),
            busy: seconds(60),
            ..Manner::default()
        };
        bench.cloud.behave(&it.name, manner);
    }
    assert_eq!(bench.apply(&wanted).await.done.add, 40);
    let world = bench.cloud.world();
    let finds: Vec<Duration> =
        world.calls.iter().filter(|it| it.1 == "find").map(|it| it.0).collect();
    let moments: BTreeSet<Duration> = finds.iter().copied().collect();
    // Each reads at once on its own; from then on all read together.
    assert!(finds.len() > 40 * 20 && moments.len() < 40 + 60, "{} {}", finds.len(), moments.len());
    let ticks: Vec<&Duration> = moments.iter().filter(|it| it.as_millis() > 250).collect();
    assert!(
        ticks.iter().all(|it| it.as_millis() % 250 <= 1 || it.as_millis() > 60_000),
        "{ticks:?}"
    );
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test(start_paused = true)]
async fn the_makespan_is_the_critical_path() {
    for seed in 0..3 {
        let bench = Bench::new(LightStore::default());
        let mut dice = Dice(seed);
        let (mut wanted, mut ends): (Vec<Want>, Vec<u64>) = (Vec::new(), Vec::new());
        for at in 0..500u64 {
            let uses: BTreeSet<u64> = (0..dice.below(4).min(at)).map(|_| dice.below(at)).collect();
            let time = 2 * (1 + dice.below(5_000));
            // Made and read once: two calls. What is gone is not read for long: back it is one.
            let begin = uses.iter().map(|it| ends[*it as usize]).max().unwrap_or(0);
            ends.push(begin + 2 * time);
            let names: Vec<String> = uses.iter().map(|it| format!("t{it}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let it = want(&format!("t{at}"), &names);
            bench.cloud.behave(&it.name, takes(Duration::from_millis(time)));
            wanted.push(it);
        }
        let began = bench.cloud.clock.elapsed();
        let applied = bench.apply(&wanted).await;
        assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
        let took = (bench.cloud.clock.elapsed() - began).as_millis() as u64;
        assert_eq!(took, *ends.iter().max().unwrap(), "seed {seed}");
        let began = bench.cloud.clock.elapsed();
        let applied = bench.apply(&[]).await;
        assert_eq!(applied.done.destroy, 500, "{}", applied.diagnostics);
        assert!(bench.cloud.names().is_empty());
        assert_eq!((bench.cloud.clock.elapsed() - began).as_millis() as u64, took / 2, "and back");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_path_goes_first() {
    let mut bench = bench();
    bench.parallelism = 1;
    let wanted = [want("a", &[]), want("x", &[]), want("y", &["x"]), want("z", &["y"])];
    bench.apply(&wanted).await;
    assert_eq!(sent(&bench), ["create x", "create y", "create a", "create z"]);
}

#[tokio::test(start_paused = true)]
async fn data_sources_are_read_and_objects_forgotten() {
    let bench = bench();
    bench.apply(&[want("a", &[])]).await;
    let state = bench.store.read().unwrap().unwrap();
    let look: fastcart_hcl::address::Address = "data.fake_lookup.a".parse().unwrap();
    let after = Value::object([("name", Value::from("a")), ("size", Value::unknown(Type::Number))]);
    let mut read = change(look.clone(), Action::Read, None, Some(after));
    let mut forget = change(at("a"), Action::Forget, None, None);
    read.dependencies = vec![at("b")];
    forget.id = Some("thing-1".into());
    let b = change(at("b"), Action::Create, None, None);
    let plan = of(state, vec![read, forget, b]);
    let applied = bench.perform(&plan, &[want("b", &[])]).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(applied.state.current(&look).unwrap().attributes["size"], 1);
    assert!(applied.state.current(&at("a")).is_none());
    assert_eq!((applied.done.forget, bench.cloud.names().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_only_sent_is_on_no_disk() {
    let store = MemoryStore::new();
    let bench = Bench::new(store.clone());
    let mut a = want("a", &[]);
    a.pass = Some("hunter2".into());
    store.stop_after(1);
    bench.apply(std::slice::from_ref(&a)).await;
    store.restart();
    let journal = store.journal().unwrap().unwrap();
    let state::Event::Intended(intent) = &journal.events[0] else { panic!("no intent") };
    assert!(intent.inputs.get("pass").is_none() && intent.inputs["name"] == "a");
    // It was not sent, and cannot be sent again as it was: the object is made, and tainted.
    let (state, found) = bench.resume().await;
    assert!(text(&found).contains("`pass` is never stored"), "{found}");
    assert_eq!(state.current(&at("a")).unwrap().status, ObjectStatus::Tainted);
    assert_eq!(bench.apply(&[a]).await.done.add, 1);
    assert_eq!(bench.cloud.names(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn intents_of_one_turn_share_an_fsync() {
    let store = LightStore::default();
    let bench = Bench::new(store.clone());
    let wanted: Vec<Want> = (0..60).map(|it| want(&format!("t{it}"), &[])).collect();
    for it in &wanted {
        bench.cloud.behave(&it.name, takes(seconds(1)));
    }
    assert_eq!(bench.apply(&wanted).await.done.add, 60);
    // Intents, ids, ends: each a turn, if tokio hands out timers in a few goes.
    let kept = store.kept();
    assert!(kept.appends <= 12 && kept.records >= 180, "{} {}", kept.appends, kept.records);
    assert!(kept.writes <= 6, "{}", kept.writes);
}

#[tokio::test(start_paused = true)]
async fn every_step_is_told_once() {
    let bench = bench();
    bench.apply(&[want("a", &[]), want("b", &["a"])]).await;
    let mut told: HashMap<(String, &str), usize> = HashMap::new();
    for event in bench.events.lock().unwrap().iter() {
        match event {
            Event::StepStarted { address, verb: Verb::Create, .. } => {
                *told.entry((address.to_string(), "started")).or_default() += 1
            }
            Event::StepFinished { address, verb: Verb::Create, id: Some(_), .. } => {
                *told.entry((address.to_string(), "finished")).or_default() += 1
            }
            _ => {}
        }
    }
    assert_eq!(told.len(), 4);
    assert!(told.values().all(|it| *it == 1), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_its_intent_is_on_disk() {
    let wanted: Vec<Want> = (0..8).map(|it| want(&format!("t{it}"), &[])).collect();
    for records in 0..8 {
        let store = MemoryStore::new();
        let bench = Bench::new(store.clone());
        store.stop_after(records);
        let applied = bench.apply(&wanted).await;
        assert!(text(&applied.diagnostics).starts_with("the store has stopped"));
        assert_eq!(applied.diagnostics.len(), 1, "told once");
        // All eight share one append, which failed.
        assert!(bench.cloud.world().calls.is_empty(), "{records}");
        assert_eq!((applied.done.add, applied.skipped), (0, 0));
        let wanted: Vec<Want> = wanted.iter().cloned().chain([want("after", &["t0"])]).collect();
        bench.apply(&wanted).await;
        let because = events(&bench, |event| match event {
            Event::StepSkipped { because, .. } => Some(because.clone()),
            _ => None,
        });
        assert!(because.iter().all(|it| it == "the journal cannot be written"), "{because:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_written_starts_nothing_new() {
    let store = LightStore::default();
    let bench = Bench::new(store.clone());
    for name in ["a", "b", "c"] {
        bench.cloud.behave(name, takes(seconds(1)));
    }
    bench.cloud.behave("slow", takes(seconds(5)));
    store.refuse_after(1);
    let wanted = [want("a", &[]), want("b", &["a"]), want("c", &["b"]), want("slow", &[])];
    let applied = bench.apply(&wanted).await;
    assert_eq!(text(&applied.diagnostics), "cannot write a file: the disk is full");
    assert_eq!(bench.cloud.names(), ["a", "b", "slow"], "what ran is finished");
    assert_eq!((applied.skipped, store.kept().clears), (1, 0), "the journal stays");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_ends_at_the_limit() {
    let bench = bench();
    bench.cloud.behave("a", takes(seconds(86_400)));
    let mut a = want("a", &[]);
    a.timeout = Some(40);
    let applied = bench.apply(&[a]).await;
    assert_eq!(bench.cloud.clock.elapsed().as_secs(), 40);
    assert!(text(&applied.diagnostics).contains("no answer within 40s"));
    assert!(bench.store.journal().unwrap().is_some(), "in doubt");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_vanished_is_told() {
    let bench = bench();
    let mut a = want("a", &[]);
    bench.apply(std::slice::from_ref(&a)).await;
    a.size = 2;
    let plan = plan(&bench.store.read().unwrap().unwrap(), std::slice::from_ref(&a));
    bench.cloud.world().things.clear();
    let applied = bench.perform(&plan, std::slice::from_ref(&a)).await;
    assert_eq!(applied.failed, 1);
    assert!(text(&applied.diagnostics).contains("no such thing"));
    // What was to be deleted and is gone is no failure.
    let applied = bench.apply(&[]).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert!(applied.state.is_empty());
}
