//! What stands in for evaluation: things that are wanted become a plan, and rows once it is applied.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastcart_hcl::address::{Address, Target};
use fastcart_hcl::apply::{self, Applied, Cancel, Clouds, Ignored, Resolve, Resolved, Settings};
use fastcart_hcl::diag::{Diagnostic, Diagnostics, Result};
use fastcart_hcl::driver::Cloud;
use fastcart_hcl::event::{Event, Listener};
use fastcart_hcl::lang::config::IgnoreChanges;
use fastcart_hcl::lang::types::Type;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::{Action, Change, Plan, PlanMode, codec};
use fastcart_hcl::provider::Registry;
use fastcart_hcl::schema::Resource;
use fastcart_hcl::state::{Object, ObjectStatus, State, Store};

use super::fake::{FakeCloud, Thing};

/// A thing that is wanted.
#[derive(Clone, Debug)]
pub struct Want {
    pub name: String,
    pub shape: String,
    pub size: i64,
    /// Things that come before it; the cloud itself only knows of the first.
    pub uses: Vec<String>,
    pub note: Option<String>,
    pub pass: Option<String>,
    pub create_before_destroy: bool,
    pub timeout: Option<u64>,
}

pub fn want(name: &str, uses: &[&str]) -> Want {
    Want {
        name: name.into(),
        shape: "round".into(),
        size: 1,
        uses: uses.iter().map(|it| it.to_string()).collect(),
        note: None,
        pass: None,
        create_before_destroy: false,
        timeout: None,
    }
}

pub fn at(name: &str) -> Address {
    format!("fake_thing.{name}").parse().unwrap()
}

impl Want {
    /// The row, as far as it is known; `ids` are those of the things that exist.
    fn row(&self, id: Option<&str>, ids: &BTreeMap<String, String>, with_pass: bool) -> Value {
        let unknown = || Value::unknown(Type::String);
        let text = |it: &Option<String>| match it {
            Some(it) => Value::from(it.as_str()),
            None => Value::null(Type::String),
        };
        let uses = match self.uses.first() {
            None => Value::null(Type::String),
            Some(name) => ids.get(name).map_or_else(unknown, |it| it.as_str().into()),
        };
        Value::object([
            ("id", id.map_or_else(unknown, Value::from)),
            ("name", self.name.as_str().into()),
            ("shape", self.shape.as_str().into()),
            ("size", self.size.into()),
            ("uses", uses),
            ("zone", unknown()),
            ("note", text(&self.note)),
            ("pass", text(&self.pass.clone().filter(|_| with_pass))),
            ("born", unknown()),
        ])
    }
}

/// Ids of what is in use.
pub fn ids(state: &State) -> BTreeMap<String, String> {
    let each = state
        .currents()
        .filter_map(|(at, it)| Some((at.resource.name.to_string(), it.id()?.to_string())));
    each.collect()
}

/// A plan from this state to what is wanted.
pub fn plan(state: &State, wanted: &[Want]) -> Plan {
    let mut changes: BTreeMap<Address, Change> = BTreeMap::new();
    let mut ids = ids(state);
    // In order of dependency, so that what is made anew is unknown to what uses it.
    for it in wanted {
        let object = state.current(&at(&it.name));
        let before = object.map(|it| codec::decode(Thing::SCHEMA, &it.attributes));
        let mut after = it.row(object.and_then(Object::id), &ids, false);
        let action = match (&before, object) {
            (Some(before), Some(object)) => {
                let differs =
                    |name: &str| !before.part(name).unwrap().same(after.part(name).unwrap());
                if differs("shape") || object.status == ObjectStatus::Tainted {
                    match it.create_before_destroy {
                        true => Action::CreateThenDelete,
                        false => Action::DeleteThenCreate,
                    }
                } else if ["size", "uses", "note"].into_iter().any(differs) {
                    Action::Update
                } else {
                    Action::NoOp
                }
            }
            _ => Action::Create,
        };
        if action.creates() {
            ids.remove(&it.name);
            after = it.row(None, &ids, false);
        }
        let mut change = change(at(&it.name), action, before, Some(after));
        change.id = object.and_then(Object::id).map(str::to_string);
        change.dependencies = it.uses.iter().map(|it| at(it)).collect();
        change.prior_dependencies = object.map(dependencies).unwrap_or_default();
        change.create_before_destroy = it.create_before_destroy;
        if let Some(seconds) = it.timeout {
            for operation in ["create", "update", "delete"] {
                change.timeouts.insert(operation.into(), seconds);
            }
        }
        changes.insert(change.address.clone(), change);
    }
    for (address, object) in state.currents() {
        if !changes.contains_key(address) {
            let mut it = change(address.clone(), Action::Delete, None, None);
            it.prior_dependencies = dependencies(object);
            changes.insert(address.clone(), it);
        }
    }
    let mut changes: Vec<Change> = changes.into_values().collect();
    for (address, key, object) in state.all_deposed() {
        let mut it = change(address.clone(), Action::Delete, None, None);
        (it.deposed, it.prior_dependencies) = (Some(key.to_string()), dependencies(object));
        changes.push(it);
    }
    of(state.clone(), changes)
}

fn dependencies(object: &Object) -> Vec<Address> {
    let those = object.dependencies.iter().filter_map(|it| match it {
        Target::Resource(it) => Some(it.instance(None)),
        Target::Instance(it) => Some(it.clone()),
        Target::Module(_) => None,
    });
    those.collect()
}

pub fn change(
    address: Address,
    action: Action,
    before: Option<Value>,
    after: Option<Value>,
) -> Change {
    Change {
        address,
        deposed: None,
        previous_address: None,
        provider: "provider[\"registry.terraform.io/fake/fake\"]".into(),
        action,
        reason: None,
        before,
        after,
        replace_paths: Vec::new(),
        dependencies: Vec::new(),
        prior_dependencies: Vec::new(),
        create_before_destroy: false,
        importing: None,
        id: None,
        timeouts: BTreeMap::new(),
        for_check: false,
    }
}

pub fn of(prior: State, changes: Vec<Change>) -> Plan {
    Plan {
        mode: PlanMode::Normal,
        changes,
        outputs: BTreeMap::new(),
        drift: Vec::new(),
        checks: Vec::new(),
        prior,
        warnings: Diagnostics::new(),
        complete: true,
        errored: false,
        made: jiff::Timestamp::UNIX_EPOCH,
        data: BTreeMap::new(),
        refreshed: BTreeMap::new(),
        generated: Vec::new(),
    }
}

/// Rows on request.
pub struct Desk {
    pub wanted: Vec<Want>,
    pub ids: BTreeMap<String, String>,
    /// Things whose postcondition does not hold.
    pub refused: Vec<String>,
    /// Addresses in the order in which they settled.
    pub settled: Vec<String>,
}

impl Resolve for Desk {
    fn resolve(&mut self, change: &Change) -> Result<Resolved> {
        let name = change.address.resource.name.to_string();
        if &*change.address.resource.kind == "fake_lookup" {
            let size = Value::unknown(Type::Number);
            let row = [("id", Value::unknown(Type::String)), ("name", name.into()), ("size", size)];
            return Ok(Resolved { row: Value::object(row), cloud: None });
        }
        let wanted = self.wanted.iter().find(|it| it.name == name).unwrap();
        let missing = wanted.uses.first().filter(|it| !self.ids.contains_key(*it));
        assert!(missing.is_none(), "`{name}` comes before `{missing:?}`");
        let row =
            wanted.row(change.id.as_deref().filter(|_| !change.action.creates()), &self.ids, true);
        Ok(Resolved { row, cloud: None })
    }

    fn settled(&mut self, address: &Address, row: Option<&Value>) -> Result<()> {
        let name = address.resource.name.to_string();
        self.settled.push(name.clone());
        match row.and_then(|it| it.part("id")).and_then(Value::as_str) {
            Some(id) => drop(self.ids.insert(name.clone(), id.into())),
            None => drop(self.ids.remove(&name)),
        }
        if self.refused.contains(&name) {
            return Err(Diagnostic::error("postcondition failed", "it does not hold").into());
        }
        Ok(())
    }
}

/// Everything that a run needs, around a fake cloud.
pub struct Bench {
    pub cloud: FakeCloud,
    pub store: Arc<dyn Store>,
    pub cancel: Cancel,
    pub parallelism: usize,
    pub retry_for: Duration,
    pub refused: Vec<String>,
    /// What all things ignore.
    pub ignored: IgnoreChanges,
    pub events: Arc<Mutex<Vec<Event>>>,
}

impl Bench {
    pub fn new(store: impl Store + 'static) -> Self {
        Bench {
            cloud: FakeCloud::new(),
            store: Arc::new(store),
            cancel: Cancel::new(),
            parallelism: usize::MAX,
            retry_for: Duration::from_secs(60),
            refused: Vec::new(),
            ignored: IgnoreChanges::None,
            events: Arc::default(),
        }
    }

    /// Plans and applies.
    pub async fn apply(&self, wanted: &[Want]) -> Applied {
        let state = self.store.read().unwrap().unwrap_or_default();
        self.perform(&plan(&state, wanted), wanted).await
    }

    pub async fn perform(&self, plan: &Plan, wanted: &[Want]) -> Applied {
        let mut desk = Desk {
            wanted: wanted.to_vec(),
            ids: ids(&plan.prior),
            refused: self.refused.clone(),
            settled: Vec::new(),
        };
        let (registry, listener) = (self.cloud.registry(), self.listener());
        let cloud_of = self.cloud_of();
        let ignored = |_: &Address| self.ignored.clone();
        let settings = self.settings(&registry, &cloud_of, &ignored, &listener);
        apply::run(&settings, plan, plan.prior.clone(), &mut desk).await
    }

    pub async fn resume(&self) -> (State, Diagnostics) {
        let state = self.store.read().unwrap().unwrap_or_default();
        let (registry, listener) = (self.cloud.registry(), self.listener());
        let cloud_of = self.cloud_of();
        let ignored = |_: &Address| self.ignored.clone();
        let settings = self.settings(&registry, &cloud_of, &ignored, &listener);
        apply::resume(&settings, state, &BTreeMap::new()).await
    }

    fn cloud_of(&self) -> impl Fn(&Address, &str) -> Result<Cloud> + Send + Sync + use<> {
        let cloud: Cloud = Arc::new(self.cloud.clone());
        move |_, _| Ok(cloud.clone())
    }

    fn settings<'a>(
        &'a self,
        registry: &'a Registry,
        clouds: Clouds<'a>,
        ignored: Ignored<'a>,
        listener: &'a dyn Listener,
    ) -> Settings<'a> {
        Settings {
            registry,
            clouds,
            ignored,
            store: &*self.store,
            clock: self.cloud.clock.clone(),
            listener,
            cancel: self.cancel.clone(),
            parallelism: self.parallelism,
            retry_for: self.retry_for,
        }
    }

    fn listener(&self) -> impl Fn(Event) + Send + Sync + use<> {
        let events = self.events.clone();
        move |event| events.lock().unwrap().push(event)
    }
}
