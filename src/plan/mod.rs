//! Configuration, state and what was seen become a [`Plan`]. Does no I/O.

pub mod change;
pub mod diff;
pub mod graph;

pub use change::{
    Action, Change, CheckResult, CheckStatus, Counts, OutputChange, Path, PathStep, Plan, PlanMode,
    Reason,
};
