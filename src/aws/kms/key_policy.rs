//! `aws_kms_key_policy`: who may use a key, apart from the key itself.

use super::policy;
use super::prelude::*;

/// Policy of a key that is declared elsewhere.
///
/// ```hcl
/// resource "aws_kms_key_policy" "data" {
///   key_id = aws_kms_key.data.key_id
///
///   policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Sid       = "Administer"
///       Effect    = "Allow"
///       Principal = { AWS = "arn:aws:iam::123456789012:root" }
///       Action    = "kms:*"
///       Resource  = "*"
///     }]
///   })
/// }
///
/// resource "aws_kms_key" "data" {}
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kms_key_policy")]
pub struct KeyPolicy {
    /// Accepts a policy that would lock the caller out of the key.
    #[attr(default = false, local)]
    pub bypass_policy_lockout_safety_check: bool,
    /// Key that the policy is for.
    #[attr(replace, length(1, 2048))]
    pub key_id: String,
    /// Who may use and administer the key.
    #[attr(json, format = "json")]
    pub policy: String,
}

impl Driver for KeyPolicy {
    type Cloud = Aws;
    type Seen = (Id, String);

    const STAYS: bool = true;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let id = Id(self.key_id.clone());
        self.put(&id, &self.policy, aws).await?;
        Ok(id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(Id, String)>> {
        Ok(policy(aws, id).await?.map(|it| (id.clone(), it)))
    }

    fn status(_: &(Id, String)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (id, policy): (Id, String)) {
        self.key_id = id.0;
        self.policy = settled(Some(&self.policy), policy);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match same_json(&self.policy, &have.policy) {
            true => Ok(()),
            false => self.put(id, &self.policy, aws).await,
        }
    }

    /// A key always has a policy: the one that AWS gives new keys takes its place.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let default = default_policy(aws.partition(), aws.account().await?);
        self.put(id, &default, aws).await
    }
}

impl KeyPolicy {
    async fn put(&self, key: &str, policy: &str, aws: &Aws) -> Result<()> {
        let call = aws.kms().put_key_policy().key_id(key).policy_name("default").policy(policy);
        let bypass = self.bypass_policy_lockout_safety_check;
        call.bypass_policy_lockout_safety_check(bypass).send().await?;
        Ok(())
    }
}

/// What AWS gives a key that is made without a policy: IAM decides alone.
fn default_policy(partition: &str, account: &str) -> String {
    let root = format!("arn:{partition}:iam::{account}:root");
    serde_json::json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": root },
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}
