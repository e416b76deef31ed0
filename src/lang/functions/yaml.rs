//! placeholder
use super::{Context, Outcome, failed};
use crate::lang::value::Value;
/// x
pub(super) fn yamldecode(_: &Context<'_>, _: &[Value]) -> Outcome { failed("x") }
