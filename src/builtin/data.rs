//! `terraform_data`: a value with a life of its own.

use super::Local;
use crate::driver::{Driver, Id, Op, Result, Status};
use crate::lang::value::Value;
use crate::schema::{Out, Resource};

/// Keeps a value in the state, and is replaced when a trigger changes: for ordering, for triggering
/// replacements elsewhere, and for tests.
///
/// ```hcl
/// resource "terraform_data" "release" {
///   input            = { version = "1.4.0" }
///   triggers_replace = ["1.4.0"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("terraform_data")]
pub struct TerraformData {
    /// Value to keep.
    pub input: Value,
    /// Value that was kept: the same as `input`, but known only after apply when that changes.
    #[attr(follows("input"))]
    pub output: Out<Value>,
    /// Value that replaces the object when it changes.
    #[attr(replace)]
    pub triggers_replace: Value,
}

impl Driver for TerraformData {
    type Cloud = Local;
    type Seen = ();

    // Nothing outside of the state goes with it, so there is nothing to wait for.
    const STAYS: bool = true;

    async fn create(&self, _: &Local, op: &Op) -> Result<Id> {
        Ok(op.token().into())
    }

    async fn find(_: &Id, _: &Local) -> Result<Option<()>> {
        Ok(Some(()))
    }

    fn status(_: &()) -> Status {
        Status::Ready
    }

    /// There is nothing outside of the state, so what it holds is what there is. As of everything
    /// that a provider tells, it is not known of `output` that it came from something sensitive.
    fn observe(&mut self, _: ()) {
        self.output.set(self.input.clone().without_marks().0);
    }

    async fn update(&self, _: &Self, _: &Id, _: &Local) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _: &Id, _: &Local) -> Result<()> {
        Ok(())
    }
}
