//! `aws_iam_policy`, read only: a managed policy by ARN or name.

use std::collections::BTreeMap;

use super::super::policy::read;
use super::super::prelude::*;

/// Managed policy that is declared elsewhere, or that AWS keeps.
///
/// ```hcl
/// data "aws_iam_policy" "monitoring" {
///   name = "AmazonRDSEnhancedMonitoringRole"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_policy")]
pub struct Policy {
    /// ARN of the policy.
    #[attr(conflicts("name", "path_prefix"), format = "arn")]
    pub arn: Auto<String>,
    /// Name of the policy.
    #[attr(conflicts("arn"))]
    pub name: Auto<String>,
    /// Beginning of the path that the policy is filed under; any when unset.
    #[attr(conflicts("arn"), length(1, 512), format = "path")]
    pub path_prefix: Option<String>,
    /// How many roles, users and groups have it.
    pub attachment_count: Out<i32>,
    /// What the policy is for, in words.
    pub description: Out<String>,
    /// Path that the policy is filed under.
    pub path: Out<String>,
    /// What it allows and denies.
    pub policy: Out<String>,
    /// Identifier of the policy, which no later policy of that name has.
    pub policy_id: Out<String>,
    /// Tags of the policy.
    pub tags: Auto<BTreeMap<String, String>>,
}

impl DataSource for Policy {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let arn = match self.arn.given() {
            Some(arn) => arn,
            None => self.search(aws).await?,
        };
        let none = || Failure::new(FailureKind::NotFound, format!("there is no policy `{arn}`"));
        let seen = read(aws, &arn).await?.ok_or_else(none)?;
        self.arn.set(seen.policy.arn);
        self.name.set(seen.policy.policy_name);
        self.attachment_count.set(seen.policy.attachment_count);
        self.description.set(seen.policy.description.unwrap_or_default());
        self.path.set(seen.policy.path);
        self.policy.set(seen.document);
        self.policy_id.set(seen.policy.policy_id);
        let own = pairs(seen.policy.tags).filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        Ok(Id(arn))
    }
}

impl Policy {
    /// ARN of the one policy of that name and path.
    async fn search(&self, aws: &Aws) -> Result<String> {
        let call = aws.iam().list_policies().set_path_prefix(self.path_prefix.clone());
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let name = self.name.get();
        let fits =
            |it: &types::Policy| name.is_none_or(|name| it.policy_name.as_ref() == Some(name));
        let mut found = listed.into_iter().filter(fits).filter_map(|it| it.arn);
        match (found.next(), found.next()) {
            (Some(arn), None) => Ok(arn),
            (Some(_), Some(_)) => Err(Failure::fatal("several policies have that name and path")
                .hint("name one by its `arn`")),
            (None, _) => {
                let name = name.map_or_else(String::new, |it| format!(" `{it}`"));
                let why = format!("there is no policy{name} under that path");
                Err(Failure::new(FailureKind::NotFound, why))
            }
        }
    }
}
