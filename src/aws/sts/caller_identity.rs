//! `aws_caller_identity`: who makes the calls.

use crate::aws::Aws;
use crate::driver::{DataSource, Id, Result};
use crate::schema::{Out, Resource};

/// Account, user and role that calls are made as.
///
/// ```hcl
/// data "aws_caller_identity" "current" {
/// }
///
/// output "account" {
///   value = data.aws_caller_identity.current.account_id
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_caller_identity")]
pub struct CallerIdentity {
    /// Number of the account.
    pub account_id: Out<String>,
    /// ARN of the user or of the assumed role.
    pub arn: Out<String>,
    /// Unique identifier of the user or role session.
    pub user_id: Out<String>,
}

impl DataSource for CallerIdentity {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let caller = aws.caller().await?.clone();
        let id = Id(caller.account.clone());
        self.account_id.set(caller.account);
        self.arn.set(caller.arn);
        self.user_id.set(caller.user);
        Ok(id)
    }
}
