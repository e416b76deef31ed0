//! `check` blocks: what they look at and what they find never stops a run.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::fake::FakeCloud;
use fastcart_hcl::diag::Diagnostics;
use fastcart_hcl::driver::FailureKind;
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions, Stack};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::plan::{CheckStatus, Plan};
use fastcart_hcl::state::MemoryStore;

const TEXT: &str = r#"
provider "fake" {
  region = "east"
}
resource "fake_thing" "a" {
  name = "a"
}
check "other" {
  data "fake_lookup" "other" {
    name = "other"
  }
  assert {
    condition     = data.fake_lookup.other.size == 1
    error_message = "the other one has another size"
  }
}
"#;

const OTHER: &str = r#"
provider "fake" {
  region = "east"
}
resource "fake_thing" "other" {
  name = "other"
}
"#;

struct World {
    cloud: FakeCloud,
    engine: Engine,
}

impl World {
    fn new() -> Self {
        let cloud = FakeCloud::new();
        let registry = FakeCloud::regions(&[("east", &cloud)]);
        World { cloud, engine: Engine::new(registry, Arc::new(MemoryStore::new())) }
    }

    fn load(&mut self, text: &str) -> Stack {
        self.engine.files = Arc::new(MemoryFiles::new().with("main.tf", text));
        let (stack, found) = self.engine.load(Path::new("."));
        stack.unwrap_or_else(|| panic!("{found}"))
    }

    async fn plan(&mut self, text: &str) -> Plan {
        let stack = self.load(text);
        let plan = self.engine.plan(&stack, &Inputs::new(), &PlanOptions::default()).await;
        plan.unwrap_or_else(|it| panic!("{}", it.diagnostics))
    }

    /// What applying tells, and how the check came out, as the state has it.
    async fn apply(&mut self, text: &str) -> (Diagnostics, String) {
        let plan = self.plan(text).await;
        let stack = self.load(text);
        let applied = self.engine.apply(&stack, &Inputs::new(), &plan).await;
        assert!(!applied.diagnostics.has_errors(), "{}", applied.diagnostics);
        let status = applied.state.check_results.map(|it| it[0]["status"].clone());
        let status = status.as_ref().and_then(|it| it.as_str()).unwrap_or_default().to_string();
        (applied.diagnostics, status)
    }
}

fn summaries(found: &Diagnostics) -> Vec<&str> {
    found.iter().map(|it| it.summary.as_str()).collect()
}

const UNREAD: &str = "cannot read `data.fake_lookup.other`";
const FAILED: &str = "reading `data.fake_lookup.other` failed";

/// The thing that the check looks for, made by the same run.
fn with_other() -> String {
    format!("{TEXT}{}", OTHER.split_once("}\n").unwrap().1)
}

#[tokio::test]
async fn what_cannot_be_read_is_warned_of_and_fails_the_check() {
    let mut world = World::new();
    let plan = world.plan(TEXT).await;
    assert_eq!(summaries(&plan.warnings), [UNREAD]);
    let failed = (CheckStatus::Fail, vec![UNREAD.to_string()]);
    let (_, status, problems) = plan.checks[0].instances[0].clone();
    assert_eq!((status, problems), failed);
    assert!(plan.data.is_empty(), "{:?}", plan.data);
    let (told, status) = world.apply(TEXT).await;
    assert_eq!(summaries(&told), [FAILED]);
    assert_eq!(status, "fail");
    assert_eq!(world.cloud.names(), ["a"]);
}

#[tokio::test]
async fn what_a_check_looks_at_is_read_when_all_is_done() {
    let mut world = World::new();
    let plan = world.plan(&with_other()).await;
    assert_eq!(plan.checks[0].instances[0].1, CheckStatus::Fail);
    let (told, status) = world.apply(&with_other()).await;
    assert_eq!((summaries(&told), status.as_str()), (vec![], "pass"));
}

#[tokio::test]
async fn what_can_no_longer_be_read_fails_the_check_after_all() {
    let mut world = World::new();
    world.apply(OTHER).await;
    let plan = world.plan(&with_other()).await;
    assert_eq!(plan.checks[0].instances[0].1, CheckStatus::Pass, "{:?}", plan.checks);
    world.cloud.fail("lookup", "other", FailureKind::Fatal, 1);
    let stack = world.load(&with_other());
    let applied = world.engine.apply(&stack, &Inputs::new(), &plan).await;
    assert_eq!(summaries(&applied.diagnostics), [FAILED]);
    assert_eq!(applied.state.check_results.as_ref().unwrap()[0]["status"], "fail");
    assert!(applied.state.current(&"data.fake_lookup.other".parse().unwrap()).is_none());
    assert_eq!(world.cloud.names(), ["a", "other"]);
}

#[tokio::test]
async fn nothing_else_sees_what_a_check_looks_at() {
    let mut world = World::new();
    let text = format!("{TEXT}output \"size\" {{\n  value = data.fake_lookup.other.size\n}}\n");
    world.engine.files = Arc::new(MemoryFiles::new().with("main.tf", text));
    let (stack, mut found) = world.engine.load(Path::new("."));
    found.extend(stack.map(|it| world.engine.validate(&it)).into_iter().flatten());
    assert_eq!(summaries(&found), ["Reference to scoped resource"]);
}
