//! `ignore_changes` while an object settles: what something else moves is never set back.

mod common;

use std::time::Duration;

use common::desk::{Bench, Want, at, plan, want};
use common::fake::Manner;
use fastcart_hcl::apply::Applied;
use fastcart_hcl::diag::{FileId, Span};
use fastcart_hcl::lang::ast::{Step, StepKind};
use fastcart_hcl::lang::config::IgnoreChanges;
use fastcart_hcl::state::MemoryStore;

fn seconds(it: u64) -> Duration {
    Duration::from_secs(it)
}

fn size() -> IgnoreChanges {
    let step = Step { kind: StepKind::Attribute("size".into()), span: Span::new(FileId(0), 0, 0) };
    IgnoreChanges::Paths(vec![vec![step]])
}

/// A bench whose things take a while after each change.
fn bench(ignored: IgnoreChanges) -> Bench {
    let mut bench = Bench::new(MemoryStore::new());
    bench.ignored = ignored;
    bench.cloud.behave("a", Manner { busy: seconds(10), ..Manner::default() });
    bench
}

/// Applies while something else sets the size after so many seconds.
async fn scaled(bench: &Bench, wanted: &Want, after: u64, to: i64) -> Applied {
    let wanted = std::slice::from_ref(wanted);
    let plan = plan(&bench.store.read().unwrap().unwrap_or_default(), wanted);
    let scaling = async {
        tokio::time::sleep(seconds(after)).await;
        bench.cloud.scale("a", to);
    };
    let (applied, ()) = tokio::join!(bench.perform(&plan, wanted), scaling);
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    applied
}

#[tokio::test(start_paused = true)]
async fn what_moves_during_an_update_is_left_there() {
    let bench = bench(size());
    let mut a = want("a", &[]);
    bench.apply(std::slice::from_ref(&a)).await;
    a.note = Some("n".into());
    let applied = scaled(&bench, &a, 4, 7).await;
    assert_eq!(bench.cloud.world().sizes, [1]);
    let a = applied.state.current(&at("a")).unwrap();
    assert_eq!((&a.attributes["size"], &a.attributes["note"]), (&7.into(), &"n".into()));
}

#[tokio::test(start_paused = true)]
async fn what_moved_since_the_plan_is_not_sent_back() {
    let bench = bench(size());
    let mut a = want("a", &[]);
    bench.apply(std::slice::from_ref(&a)).await;
    a.note = Some("n".into());
    let plan = plan(&bench.store.read().unwrap().unwrap(), std::slice::from_ref(&a));
    bench.cloud.scale("a", 5);
    let applied = bench.perform(&plan, std::slice::from_ref(&a)).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(bench.cloud.world().sizes, [5]);
    assert_eq!(applied.state.current(&at("a")).unwrap().attributes["size"], 5);
}

#[tokio::test(start_paused = true)]
async fn a_new_object_gets_what_is_configured_once() {
    for ignored in [size(), IgnoreChanges::All] {
        let bench = bench(ignored);
        let mut a = want("a", &[]);
        a.size = 3;
        // It is made small and grown twice, which takes until the thirtieth second.
        let applied = scaled(&bench, &a, 25, 9).await;
        assert_eq!(bench.cloud.world().sizes, [3, 3]);
        assert_eq!(applied.state.current(&at("a")).unwrap().attributes["size"], 9);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ignored_is_set_back() {
    let bench = bench(IgnoreChanges::None);
    let mut a = want("a", &[]);
    bench.apply(std::slice::from_ref(&a)).await;
    a.note = Some("n".into());
    let applied = scaled(&bench, &a, 4, 3).await;
    assert_eq!(applied.state.current(&at("a")).unwrap().attributes["size"], 1);
}
