//! Diagnostics as JSON, in the shape of `terraform validate -json`.
use super::{Diagnostic, Sources};
/// One diagnostic as Terraform's JSON formats write it.
pub fn to_json(_sources: &Sources, _it: &Diagnostic) -> serde_json::Value { todo!() }
