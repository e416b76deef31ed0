//! The plan as a value: what will be done to which object, and why.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::generated::Generated;
use super::instance::Prior;
use crate::address::Address;
use crate::diag::Diagnostics;
use crate::lang::value::{Str, Value};
use crate::state::State;

/// What is to be done: a value that can be printed, stored, and applied later.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What kind of plan it is.
    pub mode: PlanMode,
    /// One entry per object, no-ops included, in address order; deposed objects after current ones.
    pub changes: Vec<Change>,
    /// Root outputs.
    pub outputs: BTreeMap<Str, OutputChange>,
    /// What refresh found to differ from the state.
    pub drift: Vec<Change>,
    /// Results of `check` blocks and of pre- and postconditions.
    pub checks: Vec<CheckResult>,
    /// The state it was made against, as refreshed; its serial and lineage are those of the store.
    pub prior: State,
    /// Warnings.
    pub warnings: Diagnostics,
    /// False where `--target` left something out, or evaluation failed part of the way.
    pub complete: bool,
    /// Whether planning failed part of the way: such a plan can be looked at, but not applied.
    pub errored: bool,
    /// Time it was made, for `plantimestamp`.
    pub made: jiff::Timestamp,
    /// Data sources as they were read.
    pub data: BTreeMap<Address, Value>,
    /// Managed objects as they were found, moves carried out.
    pub refreshed: BTreeMap<Address, Prior>,
    /// Resource blocks that were written for imports without one, in address order.
    pub generated: Vec<Generated>,
}

/// What kind of plan it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanMode {
    /// Towards the configuration.
    #[default]
    Normal,
    /// Towards nothing.
    Destroy,
    /// Only the state is brought up to date.
    RefreshOnly,
}

/// What will be done to one object.
#[derive(Clone, Debug)]
pub struct Change {
    /// The resource instance.
    pub address: Address,
    /// Key of a deposed object of that instance.
    pub deposed: Option<String>,
    /// Where the object was before a `moved` block, where that is elsewhere.
    pub previous_address: Option<Address>,
    /// The provider configuration, as the state names it.
    pub provider: String,
    /// What will be done.
    pub action: Action,
    /// Why it is replaced, deleted or read later.
    pub reason: Option<Reason>,
    /// The object as it is, marks included; none where there is none.
    pub before: Option<Value>,
    /// The object as it will be, with unknown parts; none where there will be none.
    pub after: Option<Value>,
    /// Paths of the arguments that force the replacement.
    pub replace_paths: Vec<Path>,
    /// Instances it depends on, in address order: what must exist before it, and outlive it.
    pub dependencies: Vec<Address>,
    /// Instances that the object as it is depends on: what must outlive it.
    pub prior_dependencies: Vec<Address>,
    /// Whether a replacement comes before the old object goes, now and in later runs.
    pub create_before_destroy: bool,
    /// Import string, where an existing object is taken over.
    pub importing: Option<String>,
    /// Identifier of the existing object.
    pub id: Option<String>,
    /// Time limits given in the `timeouts` block, by operation, in seconds.
    pub timeouts: BTreeMap<String, u64>,
    /// Whether it is read for a check: after everything else, and without stopping anything.
    pub for_check: bool,
}

/// Changes by address, in the order in which they were planned.
pub type Changes = IndexMap<Address, Box<Change>, foldhash::fast::RandomState>;

/// What will be done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// A data source is read during apply.
    Read,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted, and made again.
    DeleteThenCreate,
    /// It is made again, and the old one deleted.
    CreateThenDelete,
    /// It is deleted.
    Delete,
    /// It is left as it is, and no longer ours.
    Forget,
    /// An ephemeral resource is opened for those that need it, and closed after them. Nothing of it
    /// is told or stored.
    Open,
}

impl Action {
    /// Whether it is made anew in place of an old one.
    pub fn is_replace(self) -> bool {
        matches!(self, Action::DeleteThenCreate | Action::CreateThenDelete)
    }

    /// Whether anything is made, in place of an old object or not.
    pub fn creates(self) -> bool {
        self == Action::Create || self.is_replace()
    }

    /// Whether an object is deleted, replaced by another or not.
    pub fn deletes(self) -> bool {
        self == Action::Delete || self.is_replace()
    }
}

/// Why an object is replaced, deleted or read later. The words are those of Terraform's plan JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Reason {
    ReplaceBecauseCannotUpdate,
    ReplaceBecauseTainted,
    ReplaceByRequest,
    ReplaceByTriggers,
    DeleteBecauseNoResourceConfig,
    DeleteBecauseNoModule,
    DeleteBecauseWrongRepetition,
    DeleteBecauseCountIndex,
    DeleteBecauseEachKey,
    DeleteBecauseNoMoveTarget,
    ReadBecauseConfigUnknown,
    ReadBecauseDependencyPending,
    ReadBecauseCheckNested,
}

impl Reason {
    /// The word of Terraform's plan JSON.
    pub fn word(self) -> &'static str {
        match self {
            Reason::ReplaceBecauseCannotUpdate => "replace_because_cannot_update",
            Reason::ReplaceBecauseTainted => "replace_because_tainted",
            Reason::ReplaceByRequest => "replace_by_request",
            Reason::ReplaceByTriggers => "replace_by_triggers",
            Reason::DeleteBecauseNoResourceConfig => "delete_because_no_resource_config",
            Reason::DeleteBecauseNoModule => "delete_because_no_module",
            Reason::DeleteBecauseWrongRepetition => "delete_because_wrong_repetition",
            Reason::DeleteBecauseCountIndex => "delete_because_count_index",
            Reason::DeleteBecauseEachKey => "delete_because_each_key",
            Reason::DeleteBecauseNoMoveTarget => "delete_because_no_move_target",
            Reason::ReadBecauseConfigUnknown => "read_because_config_unknown",
            Reason::ReadBecauseDependencyPending => "read_because_dependency_pending",
            Reason::ReadBecauseCheckNested => "read_because_check_nested",
        }
    }
}

/// Steps from an object to one of its parts.
pub type Path = Vec<PathStep>;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathStep {
    /// An attribute or map element.
    Name(Str),
    /// An element of a list or tuple.
    Index(usize),
}

/// What will become of a root output.
#[derive(Clone, Debug)]
pub struct OutputChange {
    /// As it is in the state.
    pub before: Option<Value>,
    /// As it will be; none where it goes.
    pub after: Option<Value>,
    /// Not to be shown.
    pub sensitive: bool,
}

impl OutputChange {
    /// What will be done to it.
    pub fn action(&self) -> Action {
        // The state keeps no output that is null.
        let before = self.before.as_ref().filter(|it| !it.is_null());
        match (before, &self.after) {
            (None, None) => Action::NoOp,
            (None, Some(after)) if after.is_null() => Action::NoOp,
            (None, Some(_)) => Action::Create,
            (Some(_), None) => Action::Delete,
            (Some(a), Some(b)) => {
                let same = a.same(b) && a.has_sensitive() == b.has_sensitive();
                if same && b.is_wholly_known() { Action::NoOp } else { Action::Update }
            }
        }
    }
}

/// The result of a `check` block or of the conditions of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckResult {
    /// `resource`, `output_value`, `check` or `var`.
    pub kind: &'static str,
    /// Address of what is checked, without instance keys.
    pub address: String,
    /// Results per instance.
    pub instances: Vec<(String, CheckStatus, Vec<String>)>,
}

impl CheckResult {
    /// Sorts results and their instances, whichever came out first.
    pub fn sort(all: &mut [CheckResult]) {
        all.iter_mut().for_each(|it| it.instances.sort());
        all.sort_by(|a, b| (&a.address, a.kind).cmp(&(&b.address, b.kind)));
    }
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum CheckStatus {
    Pass,
    Unknown,
    Fail,
    Error,
}

impl CheckStatus {
    /// The word of Terraform's JSON.
    pub fn word(self) -> &'static str {
        match self {
            CheckStatus::Pass => "pass",
            CheckStatus::Unknown => "unknown",
            CheckStatus::Fail => "fail",
            CheckStatus::Error => "error",
        }
    }
}

impl Plan {
    /// Whether applying it would do anything at all, outputs and state included.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|it| it.is_visible())
            || self.outputs.values().any(|it| it.action() != Action::NoOp)
            || (self.mode == PlanMode::RefreshOnly && !self.drift.is_empty())
    }

    /// Drift that a person must know of: objects that are gone, and those that the plan therefore
    /// changes. What AWS decides anyway may differ without being of interest.
    pub fn relevant_drift(&self) -> impl Iterator<Item = &Change> {
        let acted_on: std::collections::BTreeSet<&Address> =
            self.changes.iter().filter(|it| it.acts()).map(|it| &it.address).collect();
        let everything = self.mode == PlanMode::RefreshOnly;
        self.drift
            .iter()
            .filter(move |it| everything || it.after.is_none() || acted_on.contains(&it.address))
    }

    /// How many objects are to be added, changed, destroyed, imported and forgotten.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            counts.import += change.importing.is_some() as usize;
            counts.add += change.action.creates() as usize;
            counts.destroy += change.action.deletes() as usize;
            counts.change += (change.action == Action::Update) as usize;
            counts.forget += (change.action == Action::Forget) as usize;
        }
        counts
    }
}

impl Change {
    /// A change of which no more is known than what is done to what.
    pub fn blank(address: Address, provider: String, action: Action) -> Self {
        Change {
            address,
            deposed: None,
            previous_address: None,
            provider,
            action,
            reason: None,
            before: None,
            after: None,
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

    /// Whether a person is told of it: it does something, moves or imports.
    pub fn is_visible(&self) -> bool {
        self.acts() || self.previous_address.is_some() || self.importing.is_some()
    }

    /// Whether anything is done to the object.
    pub fn acts(&self) -> bool {
        !matches!(self.action, Action::NoOp | Action::Open)
    }
}

/// Numbers for the last line of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub import: usize,
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    pub forget: usize,
}
