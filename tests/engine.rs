//! The embedding face, on the builtin types.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use fastcart_hcl::builtin::Builtin;
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions, Stack};
use fastcart_hcl::lang::files::{Files, MemoryFiles};
use fastcart_hcl::plan::{Action, Plan};
use fastcart_hcl::provider::Registry;
use fastcart_hcl::state::MemoryStore;

/// An engine over one file in memory, with a state of its own.
fn engine(text: &str) -> (Engine, Stack) {
    let files = Arc::new(MemoryFiles::new().with("main.tf", text));
    let registry = Registry::new().with(Arc::new(Builtin::new(files.clone())));
    let mut engine = Engine::new(registry, Arc::new(MemoryStore::new()));
    engine.files = files;
    let stack = load(&engine);
    (engine, stack)
}

fn load(engine: &Engine) -> Stack {
    let (stack, found) = engine.load(Path::new("."));
    assert!(!found.has_errors(), "{found}");
    stack.unwrap()
}

async fn plan(engine: &Engine, stack: &Stack) -> Plan {
    match engine.plan(stack, &Inputs::new(), &PlanOptions::default()).await {
        Ok(plan) => plan,
        Err(failed) => panic!("{}", failed.diagnostics),
    }
}

async fn apply(engine: &Engine, stack: &Stack) -> fastcart_hcl::engine::Applied {
    let plan = plan(engine, stack).await;
    let applied = engine.apply(stack, &Inputs::new(), &plan).await;
    assert!(!applied.diagnostics.has_errors(), "{}", applied.diagnostics);
    applied
}

fn actions(plan: &Plan) -> Vec<(String, Action)> {
    plan.changes.iter().map(|it| (it.address.to_string(), it.action)).collect()
}

const CHAIN: &str = r#"
resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "b" {
  for_each = toset(["p", "q"])
  input    = "${terraform_data.a.output}-${each.key}"
}
output "ids" {
  value = { for k, it in terraform_data.b : k => it.output }
}
"#;

#[tokio::test(start_paused = true)]
async fn a_stack_is_made_found_unchanged_and_destroyed() {
    let (engine, stack) = engine(CHAIN);
    let first = plan(&engine, &stack).await;
    assert_eq!(
        actions(&first),
        [
            ("terraform_data.a".to_string(), Action::Create),
            ("terraform_data.b[\"p\"]".to_string(), Action::Create),
            ("terraform_data.b[\"q\"]".to_string(), Action::Create),
        ]
    );
    let applied = apply(&engine, &stack).await;
    let ids = &applied.state.outputs["ids"];
    assert_eq!(ids.value, serde_json::json!({"p": "x-p", "q": "x-q"}));
    let second = plan(&engine, &stack).await;
    assert!(!second.has_changes(), "{:?}", actions(&second));
    let gone = engine.destroy(&stack, &Inputs::new()).await.unwrap();
    assert!(gone.state.is_empty() && gone.state.outputs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dependency_is_exact_to_the_instance() {
    let (engine, stack) = engine(
        r#"
resource "terraform_data" "a" {
  count = 2
  input = count.index
}
resource "terraform_data" "b" {
  input = terraform_data.a[1].output
}
"#,
    );
    let plan = plan(&engine, &stack).await;
    let b = plan.changes.iter().find(|it| it.address.to_string() == "terraform_data.b").unwrap();
    let used: Vec<String> = b.dependencies.iter().map(ToString::to_string).collect();
    assert_eq!(used, ["terraform_data.a[1]"]);
}

#[tokio::test(start_paused = true)]
async fn an_object_with_one_unknown_member_is_not_unknown_as_a_whole() {
    let (engine, stack) = engine(
        r#"
resource "terraform_data" "a" {}
resource "terraform_data" "b" {
  input = { known = 1, open = terraform_data.a.id }
}
"#,
    );
    let plan = plan(&engine, &stack).await;
    let b = plan.changes.iter().find(|it| it.address.to_string() == "terraform_data.b").unwrap();
    let input = b.after.as_ref().unwrap().part("input").unwrap().clone();
    assert!(input.part("known").unwrap().same(&1.into()));
    assert!(!input.part("open").unwrap().is_known());
}

/// What an instance depends on, by the plan.
fn used(plan: &Plan, address: &str) -> Vec<String> {
    let change = plan.changes.iter().find(|it| it.address.to_string() == address).unwrap();
    change.dependencies.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn conditions_and_triggers_wait_for_what_they_name() {
    let (engine, stack) = engine(
        r#"
resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "message" {}
resource "terraform_data" "before" {
  lifecycle {
    precondition {
      condition     = terraform_data.a.output == "x"
      error_message = "not ${terraform_data.message.id}"
    }
  }
}
resource "terraform_data" "after" {
  lifecycle {
    postcondition {
      condition     = self.id != terraform_data.a.id
      error_message = "the same"
    }
  }
}
resource "terraform_data" "trigger" {
  lifecycle {
    replace_triggered_by = [terraform_data.a.output]
  }
}
resource "terraform_data" "known" {
  lifecycle {
    precondition {
      condition     = 1 == 1 || terraform_data.a.id == ""
      error_message = "never"
    }
  }
}
"#,
    );
    let plan = plan(&engine, &stack).await;
    let want = ["terraform_data.a", "terraform_data.message"];
    assert_eq!(used(&plan, "terraform_data.before"), want);
    assert_eq!(used(&plan, "terraform_data.after"), ["terraform_data.a"]);
    assert_eq!(used(&plan, "terraform_data.trigger"), ["terraform_data.a"]);
    apply(&engine, &stack).await;
    assert_eq!(
        actions(&self::plan(&engine, &stack).await)
            .iter()
            .filter(|it| it.1 != Action::NoOp)
            .count(),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_turns_out_false_stops_the_object() {
    for (kind, made) in [("precondition", 1), ("postcondition", 2)] {
        let (engine, stack) = engine(&format!(
            r#"
resource "terraform_data" "a" {{
  input = "x"
}}
resource "terraform_data" "b" {{
  lifecycle {{
    {kind} {{
      condition     = terraform_data.a.output == "y"
      error_message = "a is not y"
    }}
  }}
}}
resource "terraform_data" "c" {{
  input = terraform_data.b.id
}}
"#
        ));
        let plan = plan(&engine, &stack).await;
        let applied = engine.apply(&stack, &Inputs::new(), &plan).await;
        let told: Vec<_> = applied.diagnostics.iter().collect();
        assert_eq!(told.len(), 1, "{}", applied.diagnostics);
        assert_eq!(told[0].detail, "a is not y");
        assert_eq!(told[0].values, [("terraform_data.a.output".into(), "is \"x\"".into())]);
        assert_eq!((applied.done.add, applied.failed, applied.skipped), (made, 1, 1));
        assert_eq!(applied.state.currents().count(), made);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_does_not_fit_a_state_that_is_gone() {
    let (mut engine, stack) = engine(CHAIN);
    apply(&engine, &stack).await;
    let options = PlanOptions {
        replace: vec!["terraform_data.a".parse().unwrap()],
        ..PlanOptions::default()
    };
    let plan = engine.plan(&stack, &Inputs::new(), &options).await.unwrap();
    engine.store = Arc::new(MemoryStore::new());
    let applied = engine.apply(&stack, &Inputs::new(), &plan).await;
    assert!(applied.diagnostics.to_string().contains("stale"), "{}", applied.diagnostics);
    assert!(engine.store.read().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_holds_the_lock_may_do_several_things_and_others_wait() {
    let (engine, stack) = engine(CHAIN);
    let mut holder = engine.clone();
    let guard = holder.hold("apply").await.unwrap().unwrap();
    assert_eq!(guard.info().operation, "apply");
    apply(&holder, &stack).await;
    let refused = engine.plan(&stack, &Inputs::new(), &PlanOptions::default()).await.unwrap_err();
    assert!(refused.diagnostics.to_string().contains("the state is locked"));
    let refused = engine.destroy(&stack, &Inputs::new()).await.unwrap_err();
    assert!(refused.to_string().contains("the state is locked"), "{refused}");
    drop(guard);
    let destroyed = engine.destroy(&stack, &Inputs::new()).await.unwrap();
    assert_eq!(destroyed.done.destroy, 3);
    // The lock is free again.
    plan(&engine, &stack).await;
}

/// Files that count how often each is read.
struct Counted {
    files: MemoryFiles,
    reads: Mutex<BTreeMap<String, usize>>,
}

impl Files for Counted {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        *self.reads.lock().unwrap().entry(name).or_default() += 1;
        self.files.read(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.files.list(dir)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.files.is_dir(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.is_file(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.files.canonical(path)
    }
}

#[tokio::test]
async fn what_no_run_decides_is_evaluated_once_for_validation_and_plan() {
    let text = r#"
variable "v" {
  default = "v"
}
locals {
  fixed  = file("fixed")
  chosen = "${var.v}${file("chosen")}"
  hidden = try(local.chosen, file("never")) == "" ? "a" : "b"
}
resource "terraform_data" "a" {
  input = [local.fixed, local.fixed, local.hidden]
}
output "fixed" {
  value = "${local.fixed}!"
}
output "checked" {
  value = local.fixed
  precondition {
    condition     = length(local.fixed) > 0
    error_message = "empty"
  }
}
"#;
    let names = ["fixed", "chosen", "never"];
    let files = names.iter().fold(MemoryFiles::new(), |all, name| all.with(name, *name));
    let files = files.with("main.tf", text);
    let files = Arc::new(Counted { files, reads: Mutex::default() });
    let registry = Registry::new().with(Arc::new(Builtin::default()));
    let mut engine = Engine::new(registry, Arc::new(MemoryStore::new()));
    engine.files = files.clone();
    let stack = load(&engine);
    let plan = plan(&engine, &stack).await;
    let after = plan.outputs["fixed"].after.as_ref().unwrap();
    assert_eq!(after.as_str(), Some("fixed!"));
    let input = plan.changes[0].after.as_ref().unwrap().part("input").unwrap();
    assert_eq!(input.as_slice().unwrap()[2].as_str(), Some("b"));
    // What an output promises is part of the plan even where its value is settled.
    assert_eq!(plan.checks.len(), 1, "{:?}", plan.checks);
    let reads = files.reads.lock().unwrap();
    let read = |name: &str| reads.get(name).copied().unwrap_or_default();
    assert_eq!([read("fixed"), read("chosen"), read("never")], [1, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_secret_is_part_of_the_state() {
    let text =
        |value: &str| format!("resource \"terraform_data\" \"a\" {{\n  input = {value}\n}}\n");
    let (mut engine, stack) = engine(&text("sensitive(\"x\")"));
    apply(&engine, &stack).await;
    for value in ["\"x\"", "sensitive(\"x\")"] {
        engine.files = Arc::new(MemoryFiles::new().with("main.tf", text(value)));
        let stack = load(&engine);
        assert_eq!(plan(&engine, &stack).await.changes[0].action, Action::Update, "{value}");
        let applied = apply(&engine, &stack).await;
        assert_eq!(applied.done.change, 1, "{value}");
        assert!(!plan(&engine, &stack).await.has_changes(), "{value}");
        let state = engine.store.read().unwrap().unwrap();
        let object = state.current(&"terraform_data.a".parse().unwrap()).unwrap();
        assert_eq!(object.sensitive_attributes.is_empty(), value == "\"x\"");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_target_needs_is_kept_with_all_its_instances() {
    let (engine, stack) = engine(
        "resource \"terraform_data\" \"a\" {\n  count = 3\n  input = count.index\n}\n\
         resource \"terraform_data\" \"b\" {\n  count = 3\n  input = terraform_data.a[count.index].output\n}\n",
    );
    let options = PlanOptions {
        targets: vec!["terraform_data.b[1]".parse().unwrap()],
        ..PlanOptions::default()
    };
    let plan = engine.plan(&stack, &Inputs::new(), &options).await;
    let plan = plan.unwrap_or_else(|it| panic!("{}", it.diagnostics));
    let names: Vec<String> = actions(&plan).into_iter().map(|(name, _)| name).collect();
    let all = ["a[0]", "a[1]", "a[2]", "b[1]"].map(|it| format!("terraform_data.{it}"));
    assert_eq!(names, all);
}
