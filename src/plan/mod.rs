//! Configuration, state and what was seen become a [`Plan`]. Does no I/O.

pub mod arguments;
pub mod change;
pub mod codec;
pub mod condition;
pub mod data;
pub mod diff;
pub mod ephemeral;
pub mod evaluation;
pub mod generated;
pub mod graph;
pub mod ignore;
pub mod instance;
pub mod make;
pub mod memo;
pub mod moves;
pub mod opening;
pub mod providers;
pub mod repetition;
pub mod rules;
pub mod scope;
pub mod variables;
mod written;

pub use change::{
    Action, Change, CheckResult, CheckStatus, Counts, OutputChange, Path, PathStep, Plan, PlanMode,
    Reason,
};
