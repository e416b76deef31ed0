//! What happens during a run, as values: the only output of the engine.

use std::time::Duration;

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::plan::graph::Verb;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Another run holds the state's lock; this one waits for it.
    Waiting {
        /// Who holds it.
        who: String,
        /// What for.
        operation: String,
        /// Since when.
        since: String,
    },
    /// The state is being brought up to date: how many objects will be read.
    RefreshStarted {
        /// Objects to read.
        objects: usize,
    },
    /// One object was read.
    Refreshed {
        /// Which.
        address: Address,
        /// Its identifier.
        id: String,
    },
    /// An object turned out to differ from the state, or to be gone.
    Drifted {
        /// Which.
        address: Address,
    },
    /// A data source is being read.
    ReadStarted {
        /// Which.
        address: Address,
    },
    /// A data source was read.
    ReadFinished {
        /// Which.
        address: Address,
        /// What was found.
        id: String,
        /// How long it took.
        took: Duration,
    },
    /// An apply begins: how many steps it has.
    ApplyStarted {
        /// Steps that do something.
        steps: usize,
    },
    /// A step begins: its intent is on disk.
    StepStarted {
        /// Which object.
        address: Address,
        /// What is done.
        verb: Verb,
        /// Identifier, where there is one already.
        id: Option<String>,
    },
    /// A step is under way.
    StepProgress {
        /// Which object.
        address: Address,
        /// What is done.
        verb: Verb,
        /// What the service calls its status.
        status: String,
        /// Time since the step began.
        elapsed: Duration,
    },
    /// A call failed in a way that is worth another try.
    Retrying {
        /// Which object.
        address: Address,
        /// What is done.
        verb: Verb,
        /// Why.
        why: String,
        /// Time to the next try.
        after: Duration,
    },
    /// A step is done.
    StepFinished {
        /// Which object.
        address: Address,
        /// What was done.
        verb: Verb,
        /// Identifier of the object, where there is one.
        id: Option<String>,
        /// How long it took.
        took: Duration,
    },
    /// A step failed.
    StepFailed {
        /// Which object.
        address: Address,
        /// What was tried.
        verb: Verb,
        /// How long it took.
        took: Duration,
        /// Why.
        diagnostic: Box<Diagnostic>,
    },
    /// A step is not tried, because something it depends on failed, its preconditions do not hold, or
    /// the run was cancelled.
    StepSkipped {
        /// Which object.
        address: Address,
        /// What would have been done.
        verb: Verb,
        /// Why.
        because: String,
    },
    /// An interrupted run was found; its unfinished operations are resumed.
    Resuming {
        /// How many operations.
        operations: usize,
    },
    /// The state was written.
    StateSaved {
        /// Its serial.
        serial: u64,
    },
    /// Something to tell.
    Diagnostic(Box<Diagnostic>),
}

/// Where events go. Called from the thread that runs the engine; must not block for long.
pub trait Listener: Send + Sync {
    /// Takes an event.
    fn event(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Listener for F {
    fn event(&self, event: Event) {
        self(event);
    }
}
