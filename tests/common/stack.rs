//! The stack of `stacks/`, run through the library against the local cloud, on a faster clock.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use fastcart_hcl::aws::{AwsProvider, AwsSettings};
use fastcart_hcl::builtin::Builtin;
use fastcart_hcl::clock::Clock;
use fastcart_hcl::diag::Diagnostics;
use fastcart_hcl::driver::BoxFuture;
use fastcart_hcl::engine::{Applied, Engine, Inputs, PlanOptions, Stack};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::{Action, Plan};
use fastcart_hcl::provider::Registry;
use fastcart_hcl::state::MemoryStore;
use serde_json::Value as Json;

use super::cloud::Cloud;

pub const FASTCART: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/stacks/eu-central-1.hcl"));

/// How much faster than the machine's the clock of these tests runs. Lifetimes of the local cloud
/// that are to seem as long as they are get the inverse as their `scale`.
pub const FASTER: u32 = 20;

/// What an apply with targets says.
const INCOMPLETE: &str = "Applied changes may be incomplete";

/// One stack in one cloud.
pub struct Site<'a> {
    pub cloud: &'a Cloud,
    pub engine: Engine,
    pub store: MemoryStore,
    pub stack: Stack,
    pub inputs: Inputs,
    /// What it plans; everything, unless told otherwise.
    pub options: PlanOptions,
}

impl<'a> Site<'a> {
    /// FastCart as it stands in `stacks/`, with the suffix `t1` and an empty state.
    pub fn new(cloud: &'a Cloud) -> Site<'a> {
        cloud.prepare();
        Self::of(cloud, FASTCART)
    }

    /// Another stack.
    pub fn of(cloud: &'a Cloud, text: &str) -> Site<'a> {
        Self::load(cloud, text).unwrap_or_else(|found| panic!("{found}"))
    }

    /// Another stack, or why there is none.
    pub fn load(cloud: &'a Cloud, text: &str) -> Result<Site<'a>, Diagnostics> {
        let store = MemoryStore::new();
        let (engine, stack) = engine(cloud, store.clone(), text)?;
        let inputs = Inputs::new().with("environment_suffix", "t1");
        let options = PlanOptions::default();
        Ok(Site { cloud, engine, store, stack, inputs, options })
    }

    /// The same with a variable set.
    pub fn with(mut self, name: &str, value: Json) -> Site<'a> {
        self.set(name, value);
        self
    }

    pub fn set(&mut self, name: &str, value: Json) {
        self.inputs = self.inputs.clone().with(name, Value::from_json(&value));
    }

    /// The text of the stack becomes another; the state stays.
    pub fn rewrite(&mut self, text: &str) {
        let found = engine(self.cloud, self.store.clone(), text);
        (self.engine, self.stack) = found.unwrap_or_else(|found| panic!("{found}"));
    }

    pub async fn try_plan(&self) -> Result<Plan, Diagnostics> {
        let plan = self.engine.plan(&self.stack, &self.inputs, &self.options).await;
        plan.map_err(|it| it.diagnostics)
    }

    pub async fn plan(&self) -> Plan {
        self.try_plan().await.unwrap_or_else(|found| panic!("{}", self.told(&found)))
    }

    pub async fn try_apply(&self, plan: &Plan) -> Applied {
        self.engine.apply(&self.stack, &self.inputs, plan).await
    }

    /// Plans and applies, and finds nothing to complain of.
    pub async fn apply(&self) -> Plan {
        let plan = self.plan().await;
        self.carry_out(&plan, "applied").await;
        plan
    }

    /// Applies, and finds nothing to complain of but, with targets, that there are some.
    pub async fn carry_out(&self, plan: &Plan, what: &str) {
        let applied = self.try_apply(plan).await;
        let told = applied.diagnostics.iter().map(|it| it.summary.as_str());
        let incomplete = (!self.options.targets.is_empty()).then_some(INCOMPLETE);
        assert!(told.eq(incomplete), "{what}: {}", self.told(&applied.diagnostics));
    }

    /// Plans, and finds nothing to do.
    pub async fn expect_no_changes(&self) {
        let plan = self.plan().await;
        assert!(!plan.has_changes(), "{:#?}", differences(&plan));
    }

    pub async fn destroy(&self) {
        let gone = self.engine.destroy(&self.stack, &self.inputs).await;
        let gone = gone.unwrap_or_else(|found| panic!("{}", self.told(&found)));
        assert!(gone.diagnostics.is_empty(), "{}", self.told(&gone.diagnostics));
        assert!(gone.state.is_empty(), "{:?}", gone.state.resources());
    }

    /// An attribute of an object of the state.
    pub fn attribute(&self, address: &str, name: &str) -> Json {
        use fastcart_hcl::state::Store;
        let state = self.store.read().unwrap().unwrap_or_default();
        let object = state.current(&address.parse().unwrap());
        object.unwrap_or_else(|| panic!("no {address}")).attributes[name].clone()
    }

    /// Diagnostics for a person.
    pub fn told(&self, found: &Diagnostics) -> String {
        found.iter().map(|it| format!("{it:#?}\n")).collect()
    }
}

fn engine(cloud: &Cloud, store: MemoryStore, text: &str) -> Result<(Engine, Stack), Diagnostics> {
    let files = Arc::new(MemoryFiles::new().with("main.tf", text));
    let credentials = Credentials::new("test", "test", None, None, "test");
    let settings = AwsSettings {
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        endpoint_url: Some(cloud.url()),
        ..AwsSettings::default()
    };
    let registry = Registry::new()
        .with(Arc::new(Builtin::new(files.clone())))
        .with(Arc::new(AwsProvider::new(settings)));
    let mut engine = Engine::new(registry, Arc::new(store));
    engine.files = files;
    engine.clock = Arc::new(FastClock { started: Instant::now(), day: jiff::Timestamp::now() });
    engine.retry_for *= 5;
    let (stack, found) = engine.load(Path::new("."));
    match stack.filter(|_| !found.has_errors()) {
        Some(stack) => Ok((engine, stack)),
        None => Err(found),
    }
}

struct FastClock {
    started: Instant,
    day: jiff::Timestamp,
}

impl Clock for FastClock {
    fn now(&self) -> jiff::Timestamp {
        self.day + jiff::SignedDuration::try_from(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed() * FASTER
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time / FASTER))
    }
}

/// Everything that the plan does, by address.
pub fn actions(plan: &Plan) -> BTreeMap<String, Action> {
    let visible = plan.changes.iter().filter(|it| it.action != Action::NoOp);
    visible.map(|it| (it.address.to_string(), it.action)).collect()
}

/// What is a part of another object, or is there from the beginning and only taken over.
pub const PARTS: &[&str] = &[
    "aws_default_security_group",
    "aws_ecs_cluster_capacity_providers",
    "aws_secretsmanager_secret_rotation",
    "aws_sns_topic_policy",
    "aws_sqs_queue_policy",
];

/// How many objects it makes of each type, in the words of the local cloud's inventory.
pub fn made(plan: &Plan) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for it in plan.changes.iter().filter(|it| it.action.creates()) {
        if !PARTS.contains(&&*it.address.resource.kind) {
            *counts.entry(it.address.resource.kind.to_string()).or_default() += 1;
        }
    }
    counts
}

/// What differs, for the message of a failed test.
pub fn differences(plan: &Plan) -> Vec<String> {
    let mut all = Vec::new();
    for it in plan.changes.iter().filter(|it| it.is_visible()) {
        let (before, after) = (it.before.as_ref().map(json), it.after.as_ref().map(json));
        let (Some(Json::Object(before)), Some(Json::Object(after))) = (before, after) else {
            all.push(format!("{} {:?}", it.address, it.action));
            continue;
        };
        for (name, new) in after {
            let old = before.get(&name).cloned().unwrap_or_default();
            if old != new {
                all.push(format!("{} {:?} {name}: {old} -> {new}", it.address, it.action));
            }
        }
    }
    for (name, it) in &plan.outputs {
        if it.action() != Action::NoOp {
            all.push(format!("output {name} {:?}", it.action()));
        }
    }
    all
}

/// A value as JSON; what is not known is the text `(unknown)`.
pub fn json(value: &Value) -> Json {
    if !value.is_known() {
        return "(unknown)".into();
    }
    if let Some(entries) = value.as_entries() {
        return entries.iter().map(|(name, it)| (name.to_string(), json(it))).collect();
    }
    match value.as_slice() {
        Some(items) => items.iter().map(json).collect(),
        None => value.to_json().unwrap_or_default(),
    }
}
