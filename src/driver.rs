//! What it takes to make, find, change and delete one type of object.
//!
//! A driver says what it sees and makes single calls. It never waits, polls, retries, logs or
//! prints: the engine does. [`AnyDriver`] is the same trait for use without knowing the type.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::value::Value;
use crate::schema::{Places, Resource, Row, Schema, View};

/// The result of one call.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// A future that can be stored.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Identifier of an object, as its service names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub String);

impl Id {
    /// The identifier in a reply, which must have one.
    pub fn need(it: impl Into<Option<String>>) -> Result<Id> {
        it.into().map(Id).ok_or_else(|| Failure::fatal("the reply names no object"))
    }

    /// Parts of an identifier that is made of several, joined by `separator`.
    pub fn parts<const N: usize>(&self, separator: char) -> Result<[&str; N]> {
        let parts: Vec<&str> = self.0.splitn(N, separator).collect();
        parts.try_into().map_err(|_| {
            Failure::fatal(format!("`{}` is not made of {N} parts joined by `{separator}`", self.0))
        })
    }
}

impl std::ops::Deref for Id {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Id {
    fn from(it: &str) -> Self {
        Id(it.into())
    }
}

impl From<String> for Id {
    fn from(it: String) -> Self {
        Id(it)
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One intended operation. Its token is on disk before the first call is made, and is the same when
/// the operation is resumed after a crash.
#[derive(Clone, Debug)]
pub struct Op {
    token: String,
    resumed: bool,
}

impl Op {
    /// An operation with that token; `resumed` when it may have been sent before.
    pub fn new(token: impl Into<String>, resumed: bool) -> Self {
        Op { token: token.into(), resumed }
    }

    /// Idempotency token: at most 36 characters, letters, digits and hyphens.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether an earlier run may have sent the same call: an object of that name is then ours.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Takes a refusal because the name is taken as success, where an earlier run took it.
    pub fn or_adopt(&self, result: Result<Id>, id: impl FnOnce() -> Id) -> Result<Id> {
        match result {
            Err(it) if self.resumed && it.kind == FailureKind::Exists => Ok(id()),
            other => other,
        }
    }
}

/// How far along an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Usable, and open for the next change.
    Ready,
    /// On its way; what the service calls it.
    Busy(String),
    /// Will not become ready any more; why.
    Failed(String),
    /// No longer there, though the service still shows it.
    Gone,
}

impl Status {
    /// On its way.
    pub fn busy(what: impl Into<String>) -> Self {
        Status::Busy(what.into())
    }

    /// Will not become ready any more.
    pub fn failed(why: impl Into<String>) -> Self {
        Status::Failed(why.into())
    }
}

/// What became of a call that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// There is no such object.
    NotFound,
    /// The name is taken.
    Exists,
    /// Too many calls; later ones may succeed.
    Throttled,
    /// What it depends on is not visible everywhere yet, or still in use: worth another try.
    Retryable,
    /// Not allowed.
    Denied,
    /// No reply: whether it happened is not known.
    Lost,
    /// Anything else.
    Fatal,
}

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{message}", .code.as_ref().map(|it| format!("{it}: ")).unwrap_or_default())]
pub struct Failure {
    /// What became of it.
    pub kind: FailureKind,
    /// Operation, such as `ec2:CreateVpc`.
    pub operation: Option<String>,
    /// The service's error code.
    pub code: Option<String>,
    /// The service's message.
    pub message: String,
    /// The service's request id.
    pub request_id: Option<String>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure of that kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let (operation, code, request_id) = (None, None, None);
        Failure { kind, operation, code, message: message.into(), request_id, hints: Vec::new() }
    }

    /// A failure for good.
    pub fn fatal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Fatal, message)
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// As something to tell the user.
    pub fn diagnostic(&self, doing: &str) -> Diagnostic {
        let mut detail = String::new();
        if let Some(operation) = &self.operation {
            detail.push_str(&format!("{operation}: "));
        }
        detail.push_str(&self.to_string());
        if let Some(id) = &self.request_id {
            detail.push_str(&format!(" (request id {id})"));
        }
        let mut it = Diagnostic::error(doing, detail);
        it.hints = self.hints.clone();
        if let (FailureKind::Denied, Some(operation), true) =
            (self.kind, &self.operation, self.hints.is_empty())
        {
            it = it.hint(format!("the caller's policy must allow the action `{operation}`"));
        }
        it
    }
}

/// One type of object that is created, changed and deleted.
pub trait Driver: Resource {
    /// Clients and settings that calls are made with.
    type Cloud: Send + Sync + 'static;
    /// What a read returns.
    type Seen: Send + 'static;

    /// The object belongs to another and stays when this resource is deleted.
    const STAYS: bool = false;

    /// How long a read may tell what was before an update.
    const STALE_FOR: Duration = Duration::from_secs(3);

    /// Refuses at plan what the service would refuse later and the table does not say.
    fn check(_draft: &Self::Draft<'_>, _diagnostics: &mut Diagnostics) {}

    /// Whether this change of an argument needs a new object: asked at plan, of those that the table
    /// says may. `is` and `will_be` are the object as it is and as it is planned.
    fn replaces(_argument: &str, _is: &Self::Draft<'_>, _will_be: &Self::Draft<'_>) -> bool {
        false
    }

    /// Makes the smallest object in one call. The same `op` makes the same object.
    fn create(&self, cloud: &Self::Cloud, op: &Op) -> impl Future<Output = Result<Id>> + Send;

    /// Whether the object stays when this resource is deleted: `delete` leaves it as it is to be
    /// left, and the engine does not wait until it is gone.
    fn stays(&self) -> bool {
        Self::STAYS
    }

    /// Reads the object; none where there is none.
    fn find(
        id: &Id,
        cloud: &Self::Cloud,
    ) -> impl Future<Output = Result<Option<Self::Seen>>> + Send;

    /// Reads the object where what is known of it decides what to ask for; see [`Driver::find`].
    fn look(
        &self,
        id: &Id,
        cloud: &Self::Cloud,
    ) -> impl Future<Output = Result<Option<Self::Seen>>> + Send {
        Self::find(id, cloud)
    }

    /// How far along it is.
    fn status(seen: &Self::Seen) -> Status;

    /// How far along it is to what this resource waits for, where an argument says what that is.
    fn progress(&self, seen: &Self::Seen) -> Status {
        Self::status(seen)
    }

    /// Sets what the service tells and leaves the rest.
    fn observe(&mut self, seen: Self::Seen);

    /// Moves one step nearer from `have` to `self`. Called again until nothing differs. What AWS never
    /// tells, and what is only sent, is there in the first call alone: it is to be sent in that one.
    fn update(
        &self,
        have: &Self,
        id: &Id,
        cloud: &Self::Cloud,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Deletes the object.
    fn delete(&self, id: &Id, cloud: &Self::Cloud) -> impl Future<Output = Result<()>> + Send;

    /// The identifier that the object has now, where an update gives it another. Asked only when
    /// nothing is found under the known one.
    fn moved(&self, _cloud: &Self::Cloud) -> impl Future<Output = Result<Option<Id>>> + Send {
        async { Ok(None) }
    }

    /// The identifier that an import string names, where the two differ.
    fn import(text: &str, _cloud: &Self::Cloud) -> impl Future<Output = Result<Id>> + Send {
        let id = Id(text.into());
        async move { Ok(id) }
    }
}

/// One type of object that is only read.
pub trait DataSource: Resource {
    /// Clients and settings that calls are made with.
    type Cloud: Send + Sync + 'static;

    /// Refuses at plan what the service would refuse later and the table does not say.
    fn check(_draft: &Self::Draft<'_>, _diagnostics: &mut Diagnostics) {}

    /// Fills what is to be told, and returns the identifier of what was found.
    fn read(&mut self, cloud: &Self::Cloud) -> impl Future<Output = Result<Id>> + Send;
}

/// One type of value that is made or fetched anew in every run, and never stored.
pub trait Ephemeral: Resource {
    /// Clients and settings that calls are made with.
    type Cloud: Send + Sync + 'static;

    /// Refuses at plan what the service would refuse later and the table does not say.
    fn check(_draft: &Self::Draft<'_>, _diagnostics: &mut Diagnostics) {}

    /// Fills what is to be told. Called once at plan, as soon as all arguments are known, and once
    /// more at apply.
    fn open(&mut self, cloud: &Self::Cloud) -> impl Future<Output = Result<()>> + Send;

    /// Gives back what `open` took, once nothing uses it any more.
    fn close(&self, _cloud: &Self::Cloud) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// Clients and settings of a configured provider, without their type.
pub type Cloud = Arc<dyn Any + Send + Sync>;

/// What a read of an object told.
#[derive(Clone, Debug)]
pub struct Observation {
    /// How far along it is.
    pub status: Status,
    /// The whole object, `id` included.
    pub row: Value,
}

/// A [`Driver`] of any type. Rows are objects of the schema's type; unknown parts are not set.
pub trait AnyDriver: Send + Sync {
    /// What the type looks like.
    fn schema(&self) -> &'static Schema;
    /// See [`Driver::check`].
    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics);
    /// See [`Driver::replaces`].
    fn replaces(&self, argument: &str, is: &Value, will_be: &Value) -> bool;
    /// See [`Driver::create`].
    fn create<'a>(&'a self, cloud: &'a Cloud, row: Value, op: Op) -> BoxFuture<'a, Result<Id>>;
    /// Finds and observes: `known` is what was last known of the object, which stays where the
    /// service does not tell. None where there is no such object. The row's `id` is another than
    /// `id` where an update gave the object another.
    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        known: Value,
    ) -> BoxFuture<'a, Result<Option<Observation>>>;
    /// See [`Driver::update`].
    fn update<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        want: Value,
        have: Value,
    ) -> BoxFuture<'a, Result<()>>;
    /// See [`Driver::delete`].
    fn delete<'a>(&'a self, cloud: &'a Cloud, id: &'a Id, row: Value) -> BoxFuture<'a, Result<()>>;
    /// See [`Driver::import`].
    fn import<'a>(&'a self, cloud: &'a Cloud, text: &'a str) -> BoxFuture<'a, Result<Id>>;
    /// The row with what these clients decide where it is unset, such as the region. Refuses what
    /// they cannot do.
    fn located(
        &self,
        _cloud: &Cloud,
        row: Value,
        _places: Places<'_>,
        _diagnostics: &mut Diagnostics,
    ) -> Value {
        row
    }
    /// See [`Driver::stays`].
    fn stays(&self, _row: &Value) -> bool {
        false
    }
    /// See [`Driver::STALE_FOR`].
    fn stale_for(&self) -> Duration {
        Duration::from_secs(3)
    }
    /// A row of which nothing is known.
    fn blank(&self) -> Value;
}

/// A [`DataSource`] of any type.
pub trait AnyDataSource: Send + Sync {
    /// What the type looks like.
    fn schema(&self) -> &'static Schema;
    /// See [`DataSource::check`].
    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics);
    /// See [`DataSource::read`]: the row with what was read.
    fn read<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<Value>>;
    /// The row with what these clients decide where it is unset, such as the region. Refuses what
    /// they cannot do.
    fn located(
        &self,
        _cloud: &Cloud,
        row: Value,
        _places: Places<'_>,
        _diagnostics: &mut Diagnostics,
    ) -> Value {
        row
    }
}

/// An [`Ephemeral`] of any type.
pub trait AnyEphemeral: Send + Sync {
    /// What the type looks like.
    fn schema(&self) -> &'static Schema;
    /// See [`Ephemeral::check`].
    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics);
    /// See [`Ephemeral::open`]: the row with what is told.
    fn open<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<Value>>;
    /// See [`Ephemeral::close`].
    fn close<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<()>>;
    /// The row with what these clients decide where it is unset, such as the region. Refuses what
    /// they cannot do.
    fn located(
        &self,
        _cloud: &Cloud,
        row: Value,
        _places: Places<'_>,
        _diagnostics: &mut Diagnostics,
    ) -> Value {
        row
    }
}

/// Stands for a driver, data source or ephemeral resource where only its type is known.
struct Erased<D>(std::marker::PhantomData<fn() -> D>);

/// The driver `D` as an object.
pub fn driver<D: Driver>() -> Arc<dyn AnyDriver> {
    Arc::new(Erased::<D>(std::marker::PhantomData))
}

/// The data source `D` as an object.
pub fn data_source<D: DataSource>() -> Arc<dyn AnyDataSource> {
    Arc::new(Erased::<D>(std::marker::PhantomData))
}

/// The ephemeral resource `E` as an object.
pub fn ephemeral<E: Ephemeral>() -> Arc<dyn AnyEphemeral> {
    Arc::new(Erased::<E>(std::marker::PhantomData))
}

fn typed<C: 'static>(cloud: &Cloud) -> Result<&C> {
    cloud
        .downcast_ref()
        .ok_or_else(|| Failure::fatal("the provider is configured with other clients"))
}

fn filled<R: Row>(row: &Value) -> Result<R> {
    R::from_row(row).map_err(|it| Failure::fatal(format!("cannot be read back: {it}")))
}

/// The row with its `id` set.
fn identified(row: &Value, id: &Id) -> Value {
    let mut entries = row.as_entries().cloned().unwrap_or_default();
    if entries.contains_key("id") {
        entries.insert("id".into(), id.0.as_str().into());
    }
    Value::object(entries)
}

/// The object, where there is one.
async fn there<D: Driver>(known: &D, id: &Id, cloud: &D::Cloud) -> Result<Option<D::Seen>> {
    match known.look(id, cloud).await {
        Ok(seen) => Ok(seen.filter(|it| D::status(it) != Status::Gone)),
        Err(it) if it.kind == FailureKind::NotFound => Ok(None),
        Err(it) => Err(it),
    }
}

impl<D: Driver> AnyDriver for Erased<D> {
    fn schema(&self) -> &'static Schema {
        D::SCHEMA
    }

    fn stays(&self, row: &Value) -> bool {
        filled::<D>(row).is_ok_and(|it| it.stays())
    }

    fn stale_for(&self) -> Duration {
        D::STALE_FOR
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        D::check(&View::new(row, places).into(), diagnostics);
    }

    fn replaces(&self, argument: &str, is: &Value, will_be: &Value) -> bool {
        let view = |row| View::new(row, &|_| None).into();
        D::replaces(argument, &view(is), &view(will_be))
    }

    fn create<'a>(&'a self, cloud: &'a Cloud, row: Value, op: Op) -> BoxFuture<'a, Result<Id>> {
        Box::pin(async move { filled::<D>(&row)?.create(typed(cloud)?, &op).await })
    }

    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        known: Value,
    ) -> BoxFuture<'a, Result<Option<Observation>>> {
        Box::pin(async move {
            let mut it = filled::<D>(&known)?;
            let (seen, id) = match there(&it, id, typed(cloud)?).await? {
                Some(seen) => (seen, id.clone()),
                None => {
                    let Some(now) = it.moved(typed(cloud)?).await? else { return Ok(None) };
                    let Some(seen) = there(&it, &now, typed(cloud)?).await? else {
                        return Ok(None);
                    };
                    (seen, now)
                }
            };
            let status = it.progress(&seen);
            it.observe(seen);
            Ok(Some(Observation { status, row: identified(&it.to_row(), &id) }))
        })
    }

    fn update<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        want: Value,
        have: Value,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (want, have) = (filled::<D>(&want)?, filled::<D>(&have)?);
            want.update(&have, id, typed(cloud)?).await
        })
    }

    fn delete<'a>(&'a self, cloud: &'a Cloud, id: &'a Id, row: Value) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match filled::<D>(&row)?.delete(id, typed(cloud)?).await {
                Err(it) if it.kind == FailureKind::NotFound => Ok(()),
                other => other,
            }
        })
    }

    fn import<'a>(&'a self, cloud: &'a Cloud, text: &'a str) -> BoxFuture<'a, Result<Id>> {
        Box::pin(async move { D::import(text, typed(cloud)?).await })
    }

    fn blank(&self) -> Value {
        D::blank().to_row()
    }
}

impl<D: DataSource> AnyDataSource for Erased<D> {
    fn schema(&self) -> &'static Schema {
        D::SCHEMA
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        D::check(&View::new(row, places).into(), diagnostics);
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            let mut it = filled::<D>(&row)?;
            let id = it.read(typed(cloud)?).await?;
            Ok(identified(&it.to_row(), &id))
        })
    }
}

impl<E: Ephemeral> AnyEphemeral for Erased<E> {
    fn schema(&self) -> &'static Schema {
        E::SCHEMA
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        E::check(&View::new(row, places).into(), diagnostics);
    }

    fn open<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            let mut it = filled::<E>(&row)?;
            it.open(typed(cloud)?).await?;
            Ok(it.to_row())
        })
    }

    fn close<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { filled::<E>(&row)?.close(typed(cloud)?).await })
    }
}
