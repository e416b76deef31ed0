//! One step: what it is about to do. What its end means is told in `end`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::call::{Caller, Stop, secrets};
use super::ledger::Ledger;
use super::settle::{self, Remote, Settled};
use super::{Resolve, Settings, fit};
use crate::address::{Address, Mode, Target};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::driver::{
    AnyDataSource, AnyDriver, AnyEphemeral, BoxFuture, Cloud, Failure, FailureKind, Id, Op,
};
use crate::lang::value::Value;
use crate::plan::graph::{Step, Verb};
use crate::plan::{Action, Change, Counts, Plan, PlanMode, Reason};
use crate::plan::{codec, diff};
use crate::schema::{Schema, Timeouts};
use crate::state::{self, Intent, Object, ObjectStatus, OpId, State};

/// Time limit where neither the stack nor the type has one.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// What steps read and change. Owned by the loop; nothing else touches it.
pub(super) struct Steps<'a> {
    pub(super) settings: &'a Settings<'a>,
    pub(super) plan: &'a Plan,
    pub(super) state: State,
    pub(super) resolve: &'a mut dyn Resolve,
    pub(super) ledger: Ledger<'a>,
    /// Keys under which old objects were put aside, by change.
    pub(super) put_aside: HashMap<usize, String>,
    /// Instances of which this run makes an object.
    pub(super) creating: HashSet<&'a Address>,
    pub(super) done: Counts,
    /// Ephemeral resources that are open, in the order in which they were opened.
    pub(super) open: Vec<Open>,
}

/// An ephemeral resource that is open.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) address: Address,
    pub(super) ephemeral: Arc<dyn AnyEphemeral>,
    pub(super) cloud: Cloud,
    pub(super) row: Value,
}

/// A step under way.
pub(super) struct Work<'a> {
    pub(super) change: &'a Change,
    pub(super) caller: Caller<'a>,
    /// Key under which a create put the old object aside.
    pub(super) put_aside: Option<String>,
    pub(super) task: Task,
}

/// What is to be sent, with all that it takes.
#[derive(Clone)]
pub(super) enum Task {
    Read {
        source: Arc<dyn AnyDataSource>,
        cloud: Cloud,
        row: Value,
    },
    Create {
        op: OpId,
        token: String,
        driver: Arc<dyn AnyDriver>,
        cloud: Cloud,
        want: Value,
        /// Something it depends on was made in this run, and may not be visible everywhere yet.
        early: bool,
    },
    Converge {
        op: OpId,
        remote: Remote,
        want: Value,
    },
    Update {
        op: OpId,
        remote: Remote,
        want: Value,
        prior: Value,
    },
    Delete {
        op: OpId,
        remote: Remote,
        row: Value,
        deposed: Option<String>,
    },
    Open(Open),
    Close(Open),
}

/// What a call, or a wait, came to.
pub(super) enum Reply {
    Read(Result<Value, Diagnostic>),
    Made(Result<Id, Stop>),
    Settled(Settled),
    /// An update that was refused before anything was seen.
    Refused(Diagnostic),
    Deleted(Result<(), Diagnostic>),
    Opened(Result<Value, Diagnostic>),
    Closed(Result<(), Diagnostic>),
}

/// What the state takes over from the plan before anything is sent: objects that moved or are
/// imported, and what the kept ones depend on and belong to.
pub(super) fn adopt_plan(
    settings: &Settings<'_>,
    plan: &Plan,
    state: &mut State,
    done: &mut Counts,
) -> Result<()> {
    for change in plan.changes.iter().filter(|it| it.deposed.is_none()) {
        let address = &change.address;
        if let Some(from) = &change.previous_address
            && state.current(address).is_none()
            && state.instance(from).is_some()
        {
            state.relocate(from, address.clone())?;
        }
        if let (Some(_), Some(before)) = (&change.importing, &change.before) {
            done.import += 1;
            if state.current(address).is_none()
                && let Some(driver) = settings.registry.driver(&address.resource.kind)
            {
                let object = object(state, change, driver.schema(), before, ObjectStatus::Ready);
                state.insert(address.clone(), object);
            }
        }
        let is_kept = change.action == Action::NoOp && plan.mode == PlanMode::Normal;
        if let Some(object) = state.current_mut(address).filter(|_| is_kept) {
            object.dependencies = targets(&change.dependencies);
            object.create_before_destroy = change.create_before_destroy;
            object.provider.clone_from(&change.provider);
        }
    }
    Ok(())
}

impl<'a> Steps<'a> {
    /// Finds out what is to be sent and notes the intent; none where there is nothing to send.
    pub(super) fn begin(&mut self, step: Step) -> Result<Option<Work<'a>>> {
        let plan = self.plan;
        let Some(change) = plan.changes.get(step.change) else { return Ok(None) };
        match step.verb {
            Verb::Keep => Ok(None),
            Verb::Forget => {
                self.forget(change);
                Ok(None)
            }
            Verb::Open => self.begin_open(change).map(Some),
            Verb::Close => Ok(self.begin_close(change)),
            Verb::Read => self.begin_read(change).map(Some),
            Verb::Create => self.begin_create(step.change, change).map(Some),
            Verb::Update => self.begin_update(change).map(Some),
            Verb::Delete => self.begin_delete(step.change, change),
        }
    }

    fn forget(&mut self, change: &Change) {
        match &change.deposed {
            Some(key) => drop(self.state.remove_deposed(&change.address, key)),
            None => drop(self.state.remove(&change.address)),
        }
        self.done.forget += 1;
        self.ledger.touch();
    }

    fn begin_open(&mut self, change: &'a Change) -> Result<Work<'a>> {
        let ephemeral = self.settings.registry.ephemeral(&change.address.resource.kind);
        let ephemeral = ephemeral.ok_or_else(|| unknown(change))?.clone();
        let (row, cloud) = self.resolved(change, ephemeral.schema())?;
        let caller = self.caller(change, Verb::Open, &ephemeral.schema().timeouts);
        let task = Task::Open(Open { address: change.address.clone(), ephemeral, cloud, row });
        Ok(Work { change, caller, put_aside: None, task })
    }

    fn begin_close(&mut self, change: &'a Change) -> Option<Work<'a>> {
        let at = self.open.iter().position(|it| it.address == change.address)?;
        let open = self.open.remove(at);
        let caller = self.caller(change, Verb::Close, &open.ephemeral.schema().timeouts);
        Some(Work { change, caller, put_aside: None, task: Task::Close(open) })
    }

    fn begin_read(&mut self, change: &'a Change) -> Result<Work<'a>> {
        let kind = &change.address.resource.kind;
        let source = self.settings.registry.data_source(kind).ok_or_else(|| unknown(change))?;
        let (row, cloud) = self.resolved(change, source.schema())?;
        let caller = self.caller(change, Verb::Read, &source.schema().timeouts);
        let task = Task::Read { source: source.clone(), cloud, row };
        Ok(Work { change, caller, put_aside: None, task })
    }

    fn begin_create(&mut self, at: usize, change: &'a Change) -> Result<Work<'a>> {
        let driver = self.driver(change)?;
        let (want, cloud) = self.resolved(change, driver.schema())?;
        let deposed = match change.action {
            Action::CreateThenDelete => self.state.depose(&change.address),
            _ => None,
        };
        if let Some(key) = &deposed {
            self.put_aside.insert(at, key.clone());
        }
        let (op, token) = (self.ledger.op(), token());
        self.ledger.intend(Intent {
            op,
            deposed: deposed.clone(),
            token: token.clone(),
            inputs: codec::encode_storable(driver.schema(), &want),
            sensitive_attributes: codec::sensitive_paths(&want),
            ..intent(change, state::Action::Create)
        });
        let mut caller = self.caller(change, Verb::Create, &driver.schema().timeouts);
        caller.secrets = secrets(driver.schema(), &want);
        let early = change.dependencies.iter().any(|it| self.creating.contains(it));
        let task = Task::Create { op, token, driver, cloud, want, early };
        Ok(Work { change, caller, put_aside: deposed, task })
    }

    fn begin_update(&mut self, change: &'a Change) -> Result<Work<'a>> {
        let driver = self.driver(change)?;
        let schema = driver.schema();
        let (want, cloud) = self.resolved(change, schema)?;
        let object = self.state.current(&change.address);
        let prior = match (&change.before, object) {
            (Some(before), _) => before.clone(),
            (None, Some(object)) => {
                let row = codec::decode(schema, &object.attributes);
                codec::with_sensitive(row, &object.sensitive_attributes)
            }
            (None, None) => driver.blank(),
        };
        let id = change.id.as_deref().or_else(|| object.and_then(Object::id)).map(Id::from);
        let id = id.ok_or_else(|| without_id(change))?;
        let (op, token) = (self.ledger.op(), token());
        self.ledger.intend(Intent {
            op,
            token,
            id: Some(id.0.clone()),
            inputs: codec::encode_storable(schema, &want),
            prior: Some(codec::encode_storable(schema, &prior)),
            sensitive_attributes: codec::sensitive_paths(&want),
            ..intent(change, state::Action::Update)
        });
        let mut caller = self.caller(change, Verb::Update, &schema.timeouts);
        caller.secrets = secrets(schema, &want);
        let remote = Remote { driver, cloud, id };
        let task = Task::Update { op, remote, want, prior };
        Ok(Work { change, caller, put_aside: None, task })
    }

    fn begin_delete(&mut self, at: usize, change: &'a Change) -> Result<Option<Work<'a>>> {
        let deposed = change.deposed.clone().or_else(|| self.put_aside.get(&at).cloned());
        let object = match &deposed {
            Some(key) => self.state.deposed(&change.address, key),
            // The old object is gone already, and what is in use is its replacement.
            None if change.action == Action::CreateThenDelete => None,
            None => self.state.current(&change.address),
        };
        let Some(object) = object else { return Ok(None) };
        let driver = self.driver(change)?;
        let Some(id) = object.id().map(Id::from) else {
            self.gone(change, deposed.as_deref());
            self.ledger.touch();
            return Ok(None);
        };
        let row = codec::decode(driver.schema(), &object.attributes);
        let cloud = (self.settings.clouds)(&change.address, &object.provider)?;
        let (op, token) = (self.ledger.op(), token());
        self.ledger.intend(Intent {
            op,
            deposed: deposed.clone(),
            token,
            id: Some(id.0.clone()),
            inputs: object.attributes.clone(),
            sensitive_attributes: object.sensitive_attributes.clone(),
            dependencies: object.dependencies.clone(),
            provider: object.provider.clone(),
            ..intent(change, state::Action::Delete)
        });
        let caller = self.caller(change, Verb::Delete, &driver.schema().timeouts);
        let remote = Remote { driver, cloud, id };
        let task = Task::Delete { op, remote, row, deposed };
        Ok(Some(Work { change, caller, put_aside: None, task }))
    }

    /// The row as it is to be sent, which must be what the plan says.
    fn resolved(&mut self, change: &Change, schema: &Schema) -> Result<(Value, Cloud)> {
        let about = |those: Diagnostics| those.map(|it| it.about(&change.address));
        let it = self.resolve.resolve(change).map_err(about)?;
        // What was read while planning is read once more: it may tell something else by now.
        let again = change.reason == Some(Reason::ReadBecauseCheckNested);
        if let Some(planned) = change.after.as_ref().filter(|_| !again)
            && let Some(name) = fit::contradiction(schema, planned, &it.row)
        {
            let detail = format!("`{name}` has become another value than the one that was planned");
            return Err(Diagnostic::error("the plan no longer fits", detail)
                .about(&change.address)
                .hint("plan again")
                .into());
        }
        let cloud = match it.cloud {
            Some(cloud) => cloud,
            None => (self.settings.clouds)(&change.address, &change.provider).map_err(about)?,
        };
        Ok((it.row, cloud))
    }

    fn driver(&self, change: &Change) -> Result<Arc<dyn AnyDriver>> {
        let driver = self.settings.registry.driver(&change.address.resource.kind);
        Ok(driver.ok_or_else(|| unknown(change))?.clone())
    }

    fn caller(&self, change: &Change, verb: Verb, timeouts: &Timeouts) -> Caller<'a> {
        let given = change.timeouts.get(super::call::operation(verb)).copied();
        let limit = given.map(Duration::from_secs).unwrap_or_else(|| limit(verb, timeouts));
        let started = self.settings.clock.elapsed();
        let (settings, address) = (self.settings, change.address.clone());
        Caller { settings, address, verb, started, limit, secrets: [].into() }
    }
}

/// The object for the state; what only its provider knows of it stays.
pub(super) fn object(
    state: &State,
    change: &Change,
    schema: &Schema,
    row: &Value,
    status: ObjectStatus,
) -> Object {
    let prior = state.current(&change.address);
    Object {
        sensitive_attributes: codec::sensitive_paths(row),
        status,
        schema_version: prior.map_or(0, |it| it.schema_version),
        private: prior.and_then(|it| it.private.clone()),
        dependencies: targets(&change.dependencies),
        create_before_destroy: change.create_before_destroy,
        provider: change.provider.clone(),
        ..Object::new(codec::encode(schema, row))
    }
}

impl<'a> Work<'a> {
    /// What is to be sent now.
    pub(super) fn send(&self) -> BoxFuture<'a, Reply> {
        let caller = self.caller.clone();
        match self.task.clone() {
            Task::Read { source, cloud, row } => Box::pin(async move {
                let read = |_| source.read(&cloud, row.clone());
                let read = caller.persist(false, read, |_| false).await;
                Reply::Read(read.map_err(|it| caller.diagnostic(&it.failure)))
            }),
            Task::Open(it) => Box::pin(async move {
                let open = |_| it.ephemeral.open(&it.cloud, it.row.clone());
                let opened = caller.persist(false, open, |_| false).await;
                Reply::Opened(opened.map_err(|it| caller.diagnostic(&it.failure)))
            }),
            Task::Close(it) => Box::pin(async move {
                let close = |_| it.ephemeral.close(&it.cloud, it.row.clone());
                let closed = caller.persist(false, close, |_| false).await;
                Reply::Closed(closed.map_err(|it| caller.diagnostic(&it.failure)))
            }),
            Task::Create { token, driver, cloud, want, early, .. } => Box::pin(async move {
                let create = |sent| driver.create(&cloud, want.clone(), Op::new(&token, sent));
                let unseen = |it: &Failure| early && it.kind == FailureKind::NotFound;
                Reply::Made(caller.persist(false, create, unseen).await)
            }),
            Task::Converge { remote, want, .. } => Box::pin(async move {
                Reply::Settled(settle::converge(&caller, &remote, &want, &want, true).await)
            }),
            // What is secret changes, and nothing else: that is between us and the state.
            Task::Update { want, prior, .. } if !diff::changes(&prior, &want) => {
                let (row, warnings) = (want, Diagnostics::new());
                Box::pin(async move { Reply::Settled(Settled::Ready { row, warnings }) })
            }
            Task::Update { remote, want, prior, .. } => Box::pin(async move {
                let altered = settle::alter(&caller, &remote, want, prior).await;
                altered.map_or_else(Reply::Refused, Reply::Settled)
            }),
            Task::Delete { remote, row, .. } => {
                Box::pin(
                    async move { Reply::Deleted(settle::unmake(&caller, &remote, &row).await) },
                )
            }
        }
    }

    /// Identifier of the object, where it has one.
    pub(super) fn id(&self) -> Option<String> {
        match &self.task {
            Task::Read { .. } | Task::Create { .. } | Task::Open(_) | Task::Close(_) => None,
            Task::Converge { remote, .. }
            | Task::Update { remote, .. }
            | Task::Delete { remote, .. } => Some(remote.id.to_string()),
        }
    }
}

/// The one call that makes an object, sent again: an earlier run may have sent it.
pub(super) async fn make_again(
    caller: &Caller<'_>,
    driver: &Arc<dyn AnyDriver>,
    cloud: &Cloud,
    want: &Value,
    token: &str,
) -> Result<Id, Stop> {
    let create = |sent_before| driver.create(cloud, want.clone(), Op::new(token, sent_before));
    caller.persist(true, create, |_| false).await
}

/// The time limit of a type.
pub(super) fn limit(verb: Verb, timeouts: &Timeouts) -> Duration {
    let of_type = match verb {
        Verb::Create => timeouts.create,
        Verb::Update => timeouts.update,
        Verb::Delete => timeouts.delete,
        Verb::Keep | Verb::Read | Verb::Forget | Verb::Open | Verb::Close => timeouts.read,
    };
    of_type.unwrap_or(LIMIT)
}

fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn intent(change: &Change, action: state::Action) -> Intent {
    Intent {
        op: OpId::default(),
        address: change.address.clone(),
        deposed: None,
        action,
        kind: change.address.resource.kind.to_string(),
        token: String::new(),
        id: None,
        inputs: serde_json::Value::Null,
        prior: None,
        dependencies: targets(&change.dependencies),
        create_before_destroy: change.create_before_destroy,
        provider: change.provider.clone(),
        sensitive_attributes: Vec::new(),
    }
}

/// As the state has dependencies: an instance without a key is its resource.
fn targets(those: &[Address]) -> Vec<Target> {
    let target = |it: &Address| match it.key {
        Some(_) => Target::Instance(it.clone()),
        None => Target::Resource(it.resource.clone()),
    };
    // What is ephemeral is in no state, so nothing there can depend on it.
    those.iter().filter(|it| it.resource.mode != Mode::Ephemeral).map(target).collect()
}

fn unknown(change: &Change) -> Diagnostic {
    let kind = &change.address.resource.kind;
    Diagnostic::error("unknown type", format!("there is no driver for `{kind}`"))
        .about(&change.address)
}

fn without_id(change: &Change) -> Diagnostic {
    Diagnostic::error("object without an identifier", "the state does not say which object it is")
        .about(&change.address)
        .hint("import it")
}
