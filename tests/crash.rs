//! A crash after every journal record: resumed and run again, no object is made twice and none is
//! left over.

mod common;

use std::time::Duration;

use common::desk::{Bench, Want, want};
use common::fake::Manner;
use fastcart_hcl::state::{MemoryStore, Store};

/// A stack with some of everything: chains, a diamond, slow and slowly visible objects.
fn stack() -> Vec<Want> {
    let mut all = vec![
        want("a", &[]),
        want("b", &["a"]),
        want("c", &["a"]),
        want("d", &["c", "b"]),
        want("e", &[]),
    ];
    all[3].size = 3;
    all[4].create_before_destroy = true;
    all
}

/// What the stack becomes: one object bigger, one replaced (the new one first), one gone, one new.
fn changed() -> Vec<Want> {
    let mut all = stack();
    all.retain(|it| it.name != "d");
    all[1].size = 2;
    all[3].shape = "square".into();
    all.push(want("f", &["e"]));
    all
}

fn bench(names_only: bool, slow: bool) -> (Bench, MemoryStore) {
    let store = MemoryStore::new();
    let mut bench = Bench::new(store.clone());
    bench.cloud.names_only = names_only;
    if slow {
        for (at, name) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
            let manner = Manner {
                call: Duration::from_millis(700 * at as u64),
                busy: Duration::from_secs(at as u64),
                dying: Duration::from_secs(2),
                hidden: Duration::from_secs(1),
                ..Manner::default()
            };
            bench.cloud.behave(name, manner);
        }
    }
    (bench, store)
}

/// Runs from one stack to the other with a crash after so many records; whether it came.
async fn crash(from: &[Want], to: &[Want], names_only: bool, slow: bool, records: usize) -> bool {
    let (bench, store) = bench(names_only, slow);
    let first = bench.apply(from).await;
    assert!(first.diagnostics.is_empty(), "{}", first.diagnostics);
    let made_before = bench.cloud.world().made.clone();

    store.stop_after(records);
    let broken = bench.apply(to).await;
    let crashed = broken.diagnostics.has_errors();
    store.restart();
    // What was sent and not answered may still arrive.
    tokio::time::sleep(Duration::from_secs(30)).await;

    let (_, found) = bench.resume().await;
    let what = format!("{names_only} {slow}, record {records}");
    assert!(!found.has_errors(), "{what}: {found}");
    assert!(store.journal().unwrap().is_none(), "{what}: everything has an end");
    let again = bench.apply(to).await;
    assert!(again.diagnostics.is_empty(), "{what}: {}", again.diagnostics);

    let mut names: Vec<&str> = to.iter().map(|it| it.name.as_str()).collect();
    names.sort();
    assert_eq!(bench.cloud.names(), names, "{what}: nothing is left over");
    for (name, made) in &bench.cloud.world().made {
        let is_replaced = from.iter().zip(0..).any(|(old, _)| {
            old.name == *name && to.iter().any(|new| new.name == *name && new.shape != old.shape)
        });
        let is_new = from.iter().all(|it| it.name != *name);
        let before = made_before.get(name).copied().unwrap_or(0);
        let expected = before + usize::from(is_replaced || is_new);
        assert_eq!(*made, expected, "{what}: `{name}` was made once");
    }
    let state = store.read().unwrap().unwrap_or_default();
    assert_eq!(state.currents().count(), to.len(), "{what}");
    assert_eq!(state.all_deposed().count(), 0, "{what}");
    let rest = bench.apply(to).await;
    assert_eq!(rest.done, Default::default(), "{what}: nothing more to do");
    crashed
}

/// One crash after another until the run gets through; how many there were.
async fn every_crash(from: &[Want], to: &[Want], names_only: bool) -> usize {
    let mut count = 0;
    for slow in [false, true] {
        for records in 0.. {
            if !crash(from, to, names_only, slow, records).await {
                break;
            }
            count += 1;
            assert!(records < 1000, "it never gets through");
        }
    }
    count
}

#[tokio::test(start_paused = true)]
async fn during_an_apply() {
    let crashes = every_crash(&[], &stack(), false).await;
    // Three records for each of five objects, twice.
    assert!(crashes >= 30, "{crashes}");
}

#[tokio::test(start_paused = true)]
async fn during_an_apply_where_only_names_tell() {
    assert!(every_crash(&[], &stack(), true).await >= 30);
}

#[tokio::test(start_paused = true)]
async fn during_a_change() {
    assert!(every_crash(&stack(), &changed(), false).await >= 20);
}

#[tokio::test(start_paused = true)]
async fn during_a_destroy() {
    for names_only in [false, true] {
        assert!(every_crash(&stack(), &[], names_only).await >= 20);
    }
}

#[tokio::test(start_paused = true)]
async fn crash_after_crash() {
    let (bench, store) = bench(false, true);
    let mut runs = 0;
    // Two records a run, and as many for what takes up the rest.
    loop {
        runs += 1;
        assert!(runs < 100, "it never gets through");
        store.stop_after(2);
        bench.resume().await;
        store.restart();
        store.stop_after(2);
        let done = match store.journal().unwrap() {
            None => !bench.apply(&stack()).await.diagnostics.has_errors(),
            Some(_) => false,
        };
        store.restart();
        if done && store.journal().unwrap().is_none() {
            break;
        }
    }
    assert_eq!(bench.cloud.names(), ["a", "b", "c", "d", "e"]);
    assert!(bench.cloud.world().made.values().all(|it| *it == 1));
    assert!(runs > 3, "{runs}");
}
