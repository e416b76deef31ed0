//! `aws_iam_policy`: permissions to attach to several roles, users and groups.

use super::prelude::*;

/// Permissions that several roles, users and groups may have.
///
/// ```hcl
/// resource "aws_iam_policy" "read_orders" {
///   name = "read-orders"
///
///   policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Effect   = "Allow"
///       Action   = ["kinesis:GetRecords", "kinesis:GetShardIterator"]
///       Resource = "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"
///     }]
///   })
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_policy", tags = "policy")]
pub struct Policy {
    /// What the policy is for, in words.
    #[attr(replace)]
    pub description: Option<String>,
    /// Name of the policy; made up when unset.
    #[attr(replace, length(1, 128), conflicts("name_prefix"), characters = "a-zA-Z0-9_+=,.@-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, length(1, 102), conflicts("name"), characters = "a-zA-Z0-9_+=,.@-")]
    pub name_prefix: Auto<String>,
    /// Path that the policy is filed under.
    #[attr(replace, default = "/", length(1, 512), format = "path")]
    pub path: String,
    /// What it allows and denies.
    #[attr(json, format = "iam_policy_json")]
    pub policy: String,
    /// ARN of the policy.
    pub arn: Out<String>,
    /// How many roles, users and groups have it.
    pub attachment_count: Out<i32>,
    /// Identifier of the policy, which no later policy of that name has.
    pub policy_id: Out<String>,
    /// Tags of the policy.
    pub tags: Tags,
}

/// Versions of a policy that IAM keeps at most.
const VERSIONS: usize = 5;

/// A policy and the document of its default version.
pub struct Seen {
    pub(super) policy: types::Policy,
    pub(super) document: String,
}

impl Driver for Policy {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let made = aws
            .iam()
            .create_policy()
            .policy_name(&name)
            .policy_document(&self.policy)
            .set_description(self.description.clone())
            .path(&self.path)
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once())
            .send()
            .await;
        match made.map_err(Failure::from) {
            Ok(made) => Id::need(made.policy.and_then(|it| it.arn)),
            Err(it) if op.is_resumed() && it.kind == FailureKind::Exists => {
                let (partition, account) = (aws.partition(), aws.account().await?);
                Ok(Id(format!("arn:{partition}:iam::{account}:policy{}{name}", self.path)))
            }
            Err(it) => Err(it),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        read(aws, id).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { policy, document } = seen;
        self.description =
            policy.description.filter(|it| !it.is_empty() || self.description.is_some());
        self.name.set(policy.policy_name);
        if let Some(path) = policy.path {
            self.path = path;
        }
        self.policy = settled(Some(&self.policy), document);
        self.arn.set(policy.arn);
        self.attachment_count.set(policy.attachment_count);
        self.policy_id.set(policy.policy_id);
        self.tags.observe(pairs(policy.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if same_json(&self.policy, &have.policy) {
            return aws.sync_tags::<tags::IamPolicy>(id, &self.tags, &have.tags).await;
        }
        let versions = old_versions(aws, id).await?;
        if let (true, Some(oldest)) = (versions.len() + 1 >= VERSIONS, versions.first()) {
            aws.iam().delete_policy_version().policy_arn(&**id).version_id(oldest).send().await?;
        }
        let call = aws.iam().create_policy_version().policy_arn(&**id);
        call.policy_document(&self.policy).set_as_default(true).send().await?;
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        for version in old_versions(aws, id).await? {
            aws.iam().delete_policy_version().policy_arn(&**id).version_id(version).send().await?;
        }
        aws.iam().delete_policy().policy_arn(&**id).send().await?;
        Ok(())
    }
}

/// The policy with the document of its default version.
pub(super) async fn read(aws: &Aws, arn: &str) -> Result<Option<Seen>> {
    let iam = aws.iam();
    let Some(policy) = iam.get_policy().policy_arn(arn).send().await?.policy else {
        return Ok(None);
    };
    let version = policy.default_version_id().unwrap_or("v1");
    let version = iam.get_policy_version().policy_arn(arn).version_id(version).send().await?;
    let document = version.policy_version.and_then(|it| it.document).unwrap_or_default();
    Ok(Some(Seen { policy, document: decoded(&document) }))
}

/// Versions that are not the default one, oldest first.
async fn old_versions(aws: &Aws, arn: &str) -> Result<Vec<String>> {
    let call = aws.iam().list_policy_versions().policy_arn(arn).into_paginator().items().send();
    let mut versions = call.collect::<Result<Vec<_>, _>>().await?;
    versions.retain(|it| !it.is_default_version);
    let number = |it: &types::PolicyVersion| {
        let id = it.version_id().unwrap_or_default();
        id.trim_start_matches('v').parse::<u64>().unwrap_or_default()
    };
    versions.sort_by_key(number);
    Ok(versions.into_iter().filter_map(|it| it.version_id).collect())
}
