//! A cloud in memory, on virtual time: objects take their time, calls fail as told, and everything
//! that was sent is counted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fastcart_hcl::clock::{Clock, SystemClock};
use fastcart_hcl::diag::{Diagnostic, Diagnostics};
use fastcart_hcl::driver::{
    AnyDataSource, AnyDriver, BoxFuture, Cloud, DataSource, Driver, Failure, FailureKind, Id, Op,
    Result, Status, data_source, driver,
};
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::provider::{Provider, Registry};
use fastcart_hcl::schema::{Attribute, Auto, Kind, Out, Resource, WriteOnly};

/// An object of the fake cloud.
#[derive(Clone, Debug, Resource)]
#[resource("fake_thing", create = "10m", update = "10m", delete = "10m")]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// What cannot be changed.
    #[attr(replace, default = "round")]
    pub shape: String,
    /// What can be changed, by one a call.
    #[attr(default = 1)]
    pub size: i64,
    /// Identifier of another object that it needs.
    pub uses: Option<String>,
    /// Chosen by the cloud when unset.
    pub zone: Auto<String>,
    /// Never told.
    #[attr(local)]
    pub note: Option<String>,
    /// Never stored.
    pub pass: WriteOnly<String>,
    /// When it was made.
    pub born: Out<String>,
}

/// Looks a thing up by its name.
#[derive(Clone, Debug, Resource)]
#[resource("fake_lookup")]
pub struct Lookup {
    /// Name to look for.
    pub name: String,
    /// Its size.
    pub size: Out<i64>,
}

/// How things of one name behave.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// Time that each call takes; the effect is half way.
    pub call: Duration,
    /// Time from the effect of a create or update to ready.
    pub busy: Duration,
    /// Time from the effect of a delete to gone.
    pub dying: Duration,
    /// Time for which a new one is not shown.
    pub hidden: Duration,
    /// Never becomes ready: why.
    pub broken: Option<String>,
    /// Takes updates and does nothing.
    pub stubborn: bool,
    /// For this long after an update, reads tell what was before.
    pub stale: Duration,
}

/// Calls that fail.
#[derive(Clone, Debug)]
pub struct Fault {
    pub call: &'static str,
    pub name: String,
    pub kind: FailureKind,
    pub times: usize,
    /// The reply is lost, the effect is not.
    pub after_effect: bool,
}

/// What the cloud holds.
#[derive(Clone, Debug)]
pub struct Held {
    pub row: Thing,
    pub before: Thing,
    pub born: Duration,
    pub changed: Duration,
    pub dying: Option<Duration>,
}

#[derive(Default)]
pub struct World {
    pub things: BTreeMap<String, Held>,
    pub tokens: HashMap<String, String>,
    pub manners: HashMap<String, Manner>,
    pub faults: Vec<Fault>,
    /// Every call: when, which, name.
    pub calls: Vec<(Duration, &'static str, String)>,
    /// How many objects were ever made, by name.
    pub made: BTreeMap<String, usize>,
    /// Sizes that updates asked for.
    pub sizes: Vec<i64>,
    next: usize,
}

/// The cloud; clones share it.
#[derive(Clone)]
pub struct FakeCloud {
    pub clock: Arc<dyn Clock>,
    /// Objects are named by their name alone; tokens mean nothing.
    pub names_only: bool,
    world: Arc<Mutex<World>>,
}

impl FakeCloud {
    pub fn new() -> Self {
        FakeCloud { clock: Arc::new(SystemClock::new()), names_only: false, world: Arc::default() }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn behave(&self, name: &str, manner: Manner) {
        self.world().manners.insert(name.into(), manner);
    }

    pub fn fail(&self, call: &'static str, name: &str, kind: FailureKind, times: usize) {
        let (name, after_effect) = (name.into(), false);
        self.world().faults.push(Fault { call, name, kind, times, after_effect });
    }

    /// The effect happens, the reply is lost.
    pub fn lose(&self, call: &'static str, name: &str, times: usize) {
        let (name, kind, after_effect) = (name.into(), FailureKind::Lost, true);
        self.world().faults.push(Fault { call, name, kind, times, after_effect });
    }

    /// Names of what there is.
    pub fn names(&self) -> Vec<String> {
        let now = self.clock.elapsed();
        let world = self.world();
        let there = world.things.values().filter(|it| it.dying.is_none_or(|at| at > now));
        let mut names: Vec<String> = there.map(|it| it.row.name.clone()).collect();
        names.sort();
        names
    }

    /// Something else, such as autoscaling, changes the size.
    pub fn scale(&self, name: &str, size: i64) {
        let mut world = self.world();
        let held = world.things.values_mut().find(|it| it.row.name == name);
        held.expect("no such thing").row.size = size;
    }

    pub fn count(&self, call: &str) -> usize {
        self.world().calls.iter().filter(|it| it.1 == call).count()
    }

    fn manner(&self, name: &str) -> Manner {
        self.world().manners.get(name).cloned().unwrap_or_default()
    }

    /// One call: takes its time, fails as told, has its effect half way.
    async fn call<T>(
        &self,
        call: &'static str,
        name: &str,
        effect: impl FnOnce(&mut World, Duration) -> Result<T>,
    ) -> Result<T> {
        let manner = self.manner(name);
        self.world().calls.push((self.clock.elapsed(), call, name.into()));
        if !manner.call.is_zero() {
            self.clock.sleep(manner.call / 2).await;
        }
        let result = {
            let now = self.clock.elapsed();
            let mut world = self.world();
            world.things.retain(|_, it| it.dying.is_none_or(|at| at > now));
            let hits = |it: &&mut Fault| it.call == call && it.name == name && it.times > 0;
            let fault = world.faults.iter_mut().find(hits).map(|it| {
                it.times -= 1;
                it.clone()
            });
            match fault {
                Some(it) if it.after_effect => {
                    effect(&mut world, now)?;
                    Err(Failure::new(it.kind, "told to"))
                }
                Some(it) => Err(Failure::new(it.kind, "told to")),
                None => effect(&mut world, now),
            }
        };
        if !manner.call.is_zero() {
            self.clock.sleep(manner.call - manner.call / 2).await;
        }
        result
    }

    pub fn registry(&self) -> Registry {
        Self::regions(&[])
    }

    /// The types, with a cloud for each `region` that a `provider` block may name.
    pub fn regions(regions: &[(&str, &FakeCloud)]) -> Registry {
        let each = regions.iter().map(|(name, cloud)| (name.to_string(), (*cloud).clone()));
        Registry::new().with(Arc::new(FakeProvider { regions: each.collect() }))
    }
}

impl Driver for Thing {
    type Cloud = FakeCloud;
    type Seen = (Thing, Status);

    async fn create(&self, cloud: &FakeCloud, op: &Op) -> Result<Id> {
        let effect = |world: &mut World, now: Duration| {
            if let Some(id) = world.tokens.get(op.token()).filter(|_| !cloud.names_only) {
                return Ok(id.as_str().into());
            }
            if cloud.names_only && world.things.contains_key(&self.name) {
                let taken = Err(Failure::new(FailureKind::Exists, "the name is taken"));
                return op.or_adopt(taken, || self.name.as_str().into());
            }
            if let Some(used) = &self.uses
                && !world.things.contains_key(used)
            {
                return Err(Failure::fatal(format!("there is no `{used}`")));
            }
            world.next += 1;
            let id = match cloud.names_only {
                true => self.name.clone(),
                false => format!("thing-{}", world.next),
            };
            world.tokens.insert(op.token().into(), id.clone());
            *world.made.entry(self.name.clone()).or_default() += 1;
            let mut row = self.clone();
            row.zone.set(self.zone.given().unwrap_or("z1".into()));
            row.born.set(format!("at {}", world.next));
            // The smallest object: what is larger is grown afterwards.
            row.size = 1;
            let held = Held { before: row.clone(), row, born: now, changed: now, dying: None };
            world.things.insert(id.clone(), held);
            Ok(Id(id))
        };
        cloud.call("create", &self.name, effect).await
    }

    async fn find(id: &Id, cloud: &FakeCloud) -> Result<Option<Self::Seen>> {
        let name = cloud.world().things.get(&id.0).map_or(id.0.clone(), |it| it.row.name.clone());
        let manner = cloud.manner(&name);
        let effect = |world: &mut World, now: Duration| {
            let Some(it) = world.things.get(&id.0) else { return Ok(None) };
            if now < it.born + manner.hidden {
                return Ok(None);
            }
            let status = match (&manner.broken, it.dying) {
                (_, Some(_)) => Status::busy("dying"),
                (Some(why), _) => Status::failed(why),
                (None, None) if now < it.changed + manner.busy => Status::busy("busy"),
                (None, None) => Status::Ready,
            };
            let is_stale = it.changed > it.born && now < it.changed + manner.stale;
            let row = if is_stale { &it.before } else { &it.row };
            Ok(Some((row.clone(), status)))
        };
        cloud.call("find", &name, effect).await
    }

    fn status(seen: &Self::Seen) -> Status {
        seen.1.clone()
    }

    fn observe(&mut self, (seen, _): Self::Seen) {
        let note = self.note.take();
        *self = Thing { note, pass: WriteOnly::default(), ..seen };
    }

    async fn update(&self, have: &Self, id: &Id, cloud: &FakeCloud) -> Result<()> {
        let manner = cloud.manner(&self.name);
        let effect = |world: &mut World, now: Duration| {
            let it = world.things.get_mut(&id.0);
            let it = it.ok_or_else(|| Failure::new(FailureKind::NotFound, "no such thing"))?;
            if now < it.changed + manner.busy {
                return Err(Failure::new(FailureKind::Retryable, "not now"));
            }
            world.sizes.push(self.size);
            it.before = it.row.clone();
            if !manner.stubborn {
                if self.size != have.size {
                    it.row.size += (self.size - it.row.size).signum();
                } else {
                    it.row.uses = self.uses.clone();
                    it.row.name = self.name.clone();
                }
            }
            it.row.note = self.note.clone();
            it.changed = now;
            Ok(())
        };
        cloud.call("update", &self.name, effect).await
    }

    async fn delete(&self, id: &Id, cloud: &FakeCloud) -> Result<()> {
        let manner = cloud.manner(&self.name);
        let effect = |world: &mut World, now: Duration| {
            if world.things.values().any(|it| it.row.uses.as_deref() == Some(&id.0)) {
                return Err(Failure::new(FailureKind::Retryable, "still in use"));
            }
            let it = world.things.get_mut(&id.0);
            let it = it.ok_or_else(|| Failure::new(FailureKind::NotFound, "no such thing"))?;
            it.dying = Some(now + manner.dying);
            if manner.dying.is_zero() {
                world.things.remove(&id.0);
            }
            Ok(())
        };
        cloud.call("delete", &self.name, effect).await
    }
}

impl DataSource for Lookup {
    type Cloud = FakeCloud;

    async fn read(&mut self, cloud: &FakeCloud) -> Result<Id> {
        let effect = |world: &mut World, _| {
            let found = world.things.iter().find(|(_, it)| it.row.name == self.name);
            let found = found.map(|(id, it)| (id.clone(), it.row.size));
            found.ok_or_else(|| Failure::new(FailureKind::NotFound, "no such thing"))
        };
        let (id, size) = cloud.call("lookup", &self.name, effect).await?;
        self.size.set(size);
        Ok(Id(id))
    }
}

struct FakeProvider {
    regions: BTreeMap<String, FakeCloud>,
}

impl Provider for FakeProvider {
    fn name(&self) -> &str {
        "fake"
    }

    fn source(&self) -> &str {
        "registry.terraform.io/fake/fake"
    }

    fn arguments(&self) -> &'static [Attribute] {
        &[Attribute { name: "region", kind: Kind::String, ..Attribute::BLANK }]
    }

    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>> {
        vec![driver::<Thing>()]
    }

    fn data_sources(&self) -> Vec<Arc<dyn AnyDataSource>> {
        vec![data_source::<Lookup>()]
    }

    fn configure<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>> {
        let region = config.part("region").and_then(Value::as_str).unwrap_or_default();
        let cloud = self.regions.get(region).map(|it| Arc::new(it.clone()) as Cloud);
        let missing = move || Diagnostic::error("no such region", format!("`{region}`")).into();
        Box::pin(async move { cloud.ok_or_else(missing) })
    }
}
