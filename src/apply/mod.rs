//! Does what the plan says, and decides nothing.
//!
//! [`run`] performs the steps of a plan; [`resume`] finishes what a run that broke off has left.
//! Both write the journal before they send, and the state after.
//!
//! | file | what is in it |
//! |---|---|
//! | `run` | the loop that owns everything and starts each step when its time has come |
//! | `step` | what a step is about to do |
//! | `end` | what its end means for state and journal |
//! | `settle` | waiting: one poll clock, and the loop from *created* to *as wanted* |
//! | `call` | one call with its retries, under the time limit of its step |
//! | `ledger` | journal and state: when each is written |
//! | `fit` | whether a row fits the plan; the row that is kept |
//! | `ignored` | what `ignore_changes` leaves to others while an object settles |
//! | `resume` | unfinished operations of the journal |

mod call;
mod end;
mod fit;
mod ignored;
mod ledger;
mod resume;
mod run;
mod settle;
mod step;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::address::Address;
use crate::clock::Clock;
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::driver::Cloud;
use crate::event::Listener;
use crate::lang::config::IgnoreChanges;
use crate::lang::value::Value;
use crate::plan::{Change, Counts};
use crate::provider::Registry;
use crate::state::{State, Store};

pub use resume::resume;
pub use run::run;

/// What apply asks of evaluation.
pub trait Resolve: Send {
    /// The row that the object of this change is to have, now that all it depends on exists: every
    /// argument known, those that are only sent included; what AWS decides may be unknown.
    fn resolve(&mut self, change: &Change) -> Result<Resolved>;

    /// The object is now as it will stay, or gone: later rows see it. The row's only marks are the
    /// sensitive ones. Errors, such as a postcondition that does not hold, stop what depends on it.
    fn settled(&mut self, address: &Address, row: Option<&Value>) -> Result<()>;

    /// It is not as it was to be, because that failed or was not tried: what is evaluated from now on
    /// does not look at it.
    fn failed(&mut self, _address: &Address) {}

    /// The data source of a check could not be read.
    fn unread(&mut self, _address: &Address, _why: &Diagnostic) {}
}

/// What a step is to send.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The row, with its marks.
    pub row: Value,
    /// The clients to send it with, where evaluation has just configured them.
    pub cloud: Option<Cloud>,
}

/// The clients for an object, by its address and the provider that the state names (empty where it
/// names none).
pub type Clouds<'a> = &'a (dyn Fn(&Address, &str) -> Result<Cloud> + Send + Sync);

/// What the `lifecycle` of an object says is to be left to others.
pub type Ignored<'a> = &'a (dyn Fn(&Address) -> IgnoreChanges + Send + Sync);

/// All that a run needs from outside.
pub struct Settings<'a> {
    /// Drivers and data sources.
    pub registry: &'a Registry,
    /// Clients.
    pub clouds: Clouds<'a>,
    /// `ignore_changes`, by object.
    pub ignored: Ignored<'a>,
    /// Where state and journal are kept.
    pub store: &'a dyn Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub listener: &'a dyn Listener,
    /// Asks the run to end early.
    pub cancel: Cancel,
    /// How many steps may be under way at a time, waiting ones included.
    pub parallelism: usize,
    /// How long a call is tried again while its failures are worth another try.
    pub retry_for: Duration,
}

/// Asks a run to end early, in two stages. Clones ask the same run.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Cancel {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts nothing new; what runs is finished.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Stops at once; the next run takes up what was under way.
    pub fn abort(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// One stage further: [`stop`](Cancel::stop) at first, [`abort`](Cancel::abort) after that.
    pub fn ask(&self) {
        if self.is_asked() { self.abort() } else { self.stop() }
    }

    /// Whether the run is to end early.
    pub fn is_asked(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Whether the run is to stop at once.
    pub fn is_abort(&self) -> bool {
        self.hard.is_cancelled()
    }

    /// Waits for the first stage.
    pub async fn asked(&self) {
        self.soft.cancelled().await;
    }

    /// Waits for the second stage.
    pub async fn aborted(&self) {
        self.hard.cancelled().await;
    }
}

/// What became of a plan.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What exists now. It is in the store, unless a diagnostic says otherwise.
    pub state: State,
    /// Errors and warnings, each about its object.
    pub diagnostics: Diagnostics,
    /// Whether the run was cancelled before everything was done.
    pub interrupted: bool,
    /// What was done.
    pub done: Counts,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were not tried.
    pub skipped: usize,
    /// Calls that this took, by operation, where the engine has counted them.
    pub calls: BTreeMap<String, u64>,
}
