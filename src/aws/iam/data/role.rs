//! `aws_iam_role`, read only: a role by its name.

use std::collections::BTreeMap;

use super::super::prelude::*;

/// Role that is declared elsewhere.
///
/// ```hcl
/// data "aws_iam_role" "rotation" {
///   name = "rotation"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_role")]
pub struct Role {
    /// Name of the role.
    pub name: String,
    /// ARN of the role.
    pub arn: Out<String>,
    /// Who may take on the role.
    pub assume_role_policy: Out<String>,
    /// When the role was made.
    pub create_date: Out<String>,
    /// What the role is for, in words.
    pub description: Out<String>,
    /// Longest session in seconds.
    pub max_session_duration: Out<i32>,
    /// Path that the role is filed under.
    pub path: Out<String>,
    /// ARN of the managed policy that the role's permissions never go beyond.
    pub permissions_boundary: Out<String>,
    /// When and where the role was last used.
    pub role_last_used: Out<Vec<RoleLastUsed>>,
    /// Tags of the role.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Identifier of the role, which no later role of that name has.
    pub unique_id: Out<String>,
}

/// When and where a role was last used.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RoleLastUsed {
    /// When it was used.
    pub last_used_date: Out<String>,
    /// Region it was used in.
    pub region: Out<String>,
}

impl DataSource for Role {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let found = aws.iam().get_role().role_name(&self.name).send().await?.role;
        let Some(role) = found else { return Err(Failure::fatal("the reply names no role")) };
        self.arn.set(role.arn);
        self.assume_role_policy.set(role.assume_role_policy_document.as_deref().map(decoded));
        self.create_date.set(rfc3339(&role.create_date));
        self.description.set(role.description.unwrap_or_default());
        self.max_session_duration.set(role.max_session_duration);
        self.path.set(role.path);
        let boundary = role.permissions_boundary.and_then(|it| it.permissions_boundary_arn);
        self.permissions_boundary.set(boundary.unwrap_or_default());
        let last = role.role_last_used.map(|it| RoleLastUsed {
            last_used_date: it.last_used_date.as_ref().and_then(rfc3339).into(),
            region: it.region.into(),
        });
        self.role_last_used.set(last.into_iter().collect::<Vec<_>>());
        let own = pairs(role.tags).filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        self.unique_id.set(role.role_id);
        Ok(Id(role.role_name))
    }
}
