//! `aws_iam_service_linked_role`: the role by which one service acts in the account.

use super::prelude::*;

/// Role that one AWS service acts by, with the permissions that the service sets itself.
///
/// ```hcl
/// resource "aws_iam_service_linked_role" "ecs" {
///   aws_service_name = "ecs.amazonaws.com"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_service_linked_role", tags = "role")]
pub struct ServiceLinkedRole {
    /// Domain of the service, such as `ecs.amazonaws.com`.
    #[attr(replace)]
    pub aws_service_name: String,
    /// End of the role's name, for services that have several; none when unset.
    #[attr(replace)]
    pub custom_suffix: Option<String>,
    /// What the role is for, in words.
    pub description: Option<String>,
    /// ARN of the role.
    pub arn: Out<String>,
    /// When the role was made.
    pub create_date: Out<String>,
    /// Name of the role.
    pub name: Out<String>,
    /// Path that the role is filed under.
    pub path: Out<String>,
    /// Identifier of the role, which no later role of that name has.
    pub unique_id: Out<String>,
    /// Tags of the role.
    pub tags: Tags,
}

impl Driver for ServiceLinkedRole {
    type Cloud = Aws;
    type Seen = types::Role;

    fn check(draft: &ServiceLinkedRoleDraft<'_>, diagnostics: &mut Diagnostics) {
        if draft.aws_service_name().known().is_some_and(|it| !it.contains('.')) {
            let why = "it is the domain of a service, such as `ecs.amazonaws.com`";
            draft.refuse(diagnostics, "aws_service_name", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if op.is_resumed()
            && let Some(made) = self.there(aws).await?
        {
            return Ok(made);
        }
        let call = aws.iam().create_service_linked_role().aws_service_name(&self.aws_service_name);
        let call = call.set_custom_suffix(self.custom_suffix.clone());
        let made = call.set_description(self.description.clone()).send().await?;
        Id::need(made.role.map(|it| it.arn))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::Role>> {
        Ok(aws.iam().get_role().role_name(name_of(id)).send().await?.role)
    }

    fn status(_: &types::Role) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: types::Role) {
        if let Some(service) = seen.path.split('/').nth(2) {
            self.aws_service_name = service.into();
        }
        self.custom_suffix = seen.role_name.split_once('_').map(|it| it.1.into());
        self.description =
            seen.description.filter(|it| !it.is_empty() || self.description.is_some());
        self.arn.set(seen.arn);
        self.create_date.set(rfc3339(&seen.create_date));
        self.name.set(seen.role_name);
        self.path.set(seen.path);
        self.unique_id.set(seen.role_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.description != have.description {
            let call = aws.iam().update_role().role_name(name_of(id));
            call.description(self.description.clone().unwrap_or_default()).send().await?;
            return Ok(());
        }
        aws.sync_tags::<tags::IamRole>(name_of(id), &self.tags, &have.tags).await
    }

    /// AWS asks the service first, and deletes the role some time later.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.iam().delete_service_linked_role().role_name(name_of(id)).send().await?;
        Ok(())
    }
}

impl ServiceLinkedRole {
    /// The role of that service and suffix.
    async fn there(&self, aws: &Aws) -> Result<Option<Id>> {
        let path = format!("/aws-service-role/{}/", self.aws_service_name);
        let listed = aws.iam().list_roles().path_prefix(path).into_paginator().items().send();
        let listed = listed.collect::<Result<Vec<_>, _>>().await?;
        let suffix = self.custom_suffix.as_deref();
        let ours = |it: &types::Role| it.role_name.split_once('_').map(|it| it.1) == suffix;
        Ok(listed.into_iter().find(ours).map(|it| Id(it.arn)))
    }
}

/// Name of the role, where the identifier is its ARN.
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
