//! `aws_iam_role`: permissions that services and people may take on.
//!
//! Longer than most: a role may keep its policies itself, inline and attached, and is not deleted
//! before it has lost them.

use std::collections::BTreeMap;

use super::known_soon;
use super::prelude::*;

/// Permissions that services, people and other accounts may take on.
///
/// ```hcl
/// resource "aws_iam_role" "task" {
///   name = "orders-task"
///
///   assume_role_policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Effect    = "Allow"
///       Principal = { Service = "ecs-tasks.amazonaws.com" }
///       Action    = "sts:AssumeRole"
///     }]
///   })
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_role", tags = "role")]
pub struct Role {
    /// Who may take on the role.
    #[attr(json, format = "iam_policy_json")]
    pub assume_role_policy: String,
    /// What the role is for, in words.
    #[attr(length(0, 1000))]
    pub description: Option<String>,
    /// Takes every policy off the role when it is deleted, even those that others put there.
    #[attr(default = false, local)]
    pub force_detach_policies: bool,
    /// ARNs of all managed policies of the role; others are detached. Left alone when unset.
    #[attr(format = "arn")]
    pub managed_policy_arns: Auto<Set<String>>,
    /// Longest session in seconds.
    #[attr(default = 3600, range(3600, 43200))]
    pub max_session_duration: i32,
    /// Name of the role; made up when unset.
    #[attr(replace, length(1, 64), conflicts("name_prefix"), characters = "a-zA-Z0-9_+=,.@-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, length(1, 38), conflicts("name"), characters = "a-zA-Z0-9_+=,.@-")]
    pub name_prefix: Auto<String>,
    /// Path that the role is filed under.
    #[attr(replace, default = "/", length(0, 512))]
    pub path: String,
    /// ARN of the managed policy that the role's permissions never go beyond.
    #[attr(format = "arn")]
    pub permissions_boundary: Option<String>,
    /// All inline policies of the role; others are deleted. Left alone when unset, none when empty.
    #[attr(computed)]
    pub inline_policy: BlockSet<InlinePolicy>,
    /// ARN of the role.
    pub arn: Out<String>,
    /// When the role was made.
    pub create_date: Out<String>,
    /// Identifier of the role, which no later role of that name has.
    pub unique_id: Out<String>,
    /// Tags of the role.
    pub tags: Tags,
}

/// Policy that is part of a role.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct InlinePolicy {
    /// Name of the policy.
    #[attr(length(1, 128), format = "not_empty", characters = "a-zA-Z0-9_+=,.@-")]
    pub name: Option<String>,
    /// What the role may do.
    #[attr(json, format = "iam_policy_json")]
    pub policy: Option<String>,
}

/// What the reads tell of a role: itself, and its policies.
pub struct Seen {
    role: types::Role,
    policies: RolePolicies,
}

impl Driver for Role {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let made = aws
            .iam()
            .create_role()
            .role_name(&name)
            .assume_role_policy_document(&self.assume_role_policy)
            .set_description(self.description.clone())
            .max_session_duration(self.max_session_duration)
            .path(&self.path)
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once())
            .send()
            .await;
        let made = made.map(|_| Id(name.clone())).map_err(|it| known_soon(it.into()));
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let (role, policies) = tokio::try_join!(role(aws, id), policies(aws, id))?;
        Ok(role.map(|role| Seen { role, policies }))
    }

    /// What others give the role is not asked for where this resource leaves it alone.
    async fn look(&self, id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        if self.managed_policy_arns.get().is_some() || !self.inline_policy.0.is_empty() {
            return Self::find(id, aws).await;
        }
        let policies = RolePolicies::default();
        Ok(role(aws, id).await?.map(|role| Seen { role, policies }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { role, policies: RolePolicies { inline, managed } } = seen;
        let trust = decoded(&role.assume_role_policy_document.unwrap_or_default());
        self.assume_role_policy = settled(Some(&self.assume_role_policy), trust);
        self.description =
            role.description.filter(|it| !it.is_empty() || self.description.is_some());
        self.max_session_duration = role.max_session_duration.unwrap_or(3600);
        self.name.set(role.role_name);
        self.path = role.path;
        self.permissions_boundary =
            role.permissions_boundary.and_then(|it| it.permissions_boundary_arn);
        self.arn.set(role.arn);
        self.create_date.set(rfc3339(&role.create_date));
        self.unique_id.set(role.role_id);
        self.tags.observe(pairs(role.tags));
        // What others attach is theirs, unless this resource says that it has all.
        if self.managed_policy_arns.get().is_some() {
            self.managed_policy_arns.set(Set(managed));
        }
        let known = &self.inline_policy.0;
        let none_wanted = known.iter().all(|it| it.name.is_none());
        if !(known.is_empty() || (none_wanted && inline.is_empty())) {
            let policy = |(name, policy): (String, String)| InlinePolicy {
                policy: Some(settled(named(known, &name), policy)),
                name: Some(name),
            };
            self.inline_policy = BlockSet(inline.into_iter().map(policy).collect());
        }
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (iam, role) = (aws.iam(), &**id);
        if !same_json(&self.assume_role_policy, &have.assume_role_policy) {
            let call = iam.update_assume_role_policy().role_name(role);
            let call = call.policy_document(&self.assume_role_policy);
            call.send().await.map_err(|it| known_soon(it.into()))?;
        } else if self.description != have.description
            || self.max_session_duration != have.max_session_duration
        {
            let call = iam.update_role().role_name(role);
            let call = call.description(self.description.clone().unwrap_or_default());
            call.max_session_duration(self.max_session_duration).send().await?;
        } else if self.permissions_boundary != have.permissions_boundary {
            match &self.permissions_boundary {
                Some(arn) => {
                    let call = iam.put_role_permissions_boundary().role_name(role);
                    call.permissions_boundary(arn).send().await?;
                }
                None => {
                    iam.delete_role_permissions_boundary().role_name(role).send().await?;
                }
            }
        } else if self.tags.all != have.tags.all {
            return aws.sync_tags::<tags::IamRole>(id, &self.tags, &have.tags).await;
        } else if !self.update_inline(have, role, aws).await? {
            self.update_managed(have, role, aws).await?;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        self.strip(id, aws).await?;
        aws.iam().delete_role().role_name(&**id).send().await?;
        Ok(())
    }
}

impl Role {
    /// Puts or deletes one inline policy; whether there was one to be.
    async fn update_inline(&self, have: &Self, role: &str, aws: &Aws) -> Result<bool> {
        let (want, have) = (&self.inline_policy.0, &have.inline_policy.0);
        if want.is_empty() {
            return Ok(false);
        }
        for it in want {
            let (Some(name), Some(policy)) = (&it.name, &it.policy) else { continue };
            if !named(have, name).is_some_and(|it| same_json(it, policy)) {
                let call = aws.iam().put_role_policy().role_name(role).policy_name(name);
                call.policy_document(policy).send().await?;
                return Ok(true);
            }
        }
        for name in have.iter().filter_map(|it| it.name.as_ref()) {
            if named(want, name).is_none() {
                aws.iam().delete_role_policy().role_name(role).policy_name(name).send().await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Attaches or detaches one managed policy.
    async fn update_managed(&self, have: &Self, role: &str, aws: &Aws) -> Result<()> {
        let Some(want) = self.managed_policy_arns.given() else { return Ok(()) };
        let have = have.managed_policy_arns.given().unwrap_or_default();
        if let Some(arn) = want.minus(&have).first() {
            aws.iam().attach_role_policy().role_name(role).policy_arn(arn).send().await?;
        } else if let Some(arn) = have.minus(&want).first() {
            aws.iam().detach_role_policy().role_name(role).policy_arn(arn).send().await?;
        }
        Ok(())
    }

    /// Takes off what AWS does not delete with the role: instance profiles, and those policies that
    /// this resource put there or may take off. Others it leaves, so AWS refuses and names them.
    async fn strip(&self, role: &str, aws: &Aws) -> Result<()> {
        let iam = aws.iam();
        let profiles = iam.list_instance_profiles_for_role().role_name(role);
        let profiles = profiles.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        for profile in profiles.await? {
            let call = iam.remove_role_from_instance_profile().role_name(role);
            call.instance_profile_name(profile.instance_profile_name).send().await?;
        }
        if self.force_detach_policies || self.managed_policy_arns.get().is_some() {
            for arn in aws.attached_policies(role).await? {
                iam.detach_role_policy().role_name(role).policy_arn(arn).send().await?;
            }
        }
        if self.force_detach_policies || !self.inline_policy.0.is_empty() {
            for name in inline_names(aws, role).await? {
                iam.delete_role_policy().role_name(role).policy_name(name).send().await?;
            }
        }
        Ok(())
    }
}

fn named<'a>(policies: &'a [InlinePolicy], name: &str) -> Option<&'a String> {
    policies.iter().find(|it| it.name.as_deref() == Some(name))?.policy.as_ref()
}

async fn inline_names(aws: &Aws, role: &str) -> Result<Vec<String>> {
    let call = aws.iam().list_role_policies().role_name(role).into_paginator().items().send();
    Ok(call.collect::<Result<Vec<_>, _>>().await?)
}

async fn role(aws: &Aws, name: &str) -> Result<Option<types::Role>> {
    if let Some(role) = aws.surveyed_role(name).await? {
        return Ok(Some(role));
    }
    Ok(aws.iam().get_role().role_name(name).send().await?.role)
}

/// What the role may do: at one go where the account is surveyed.
async fn policies(aws: &Aws, role: &str) -> Result<RolePolicies> {
    if let Some(all) = aws.surveyed_policies(role).await? {
        return Ok(all);
    }
    let (inline, managed) = tokio::try_join!(inline(aws, role), aws.attached_policies(role))?;
    Ok(RolePolicies { inline, managed })
}

/// Inline policies by name; IAM tells one at a time.
async fn inline(aws: &Aws, role: &str) -> Result<BTreeMap<String, String>> {
    let names = inline_names(aws, role).await?;
    let documents = names.into_iter().map(|name| async move {
        let call = aws.iam().get_role_policy().role_name(role).policy_name(&name);
        match call.send().await.map_err(Failure::from) {
            Ok(it) => Ok(Some((name, decoded(&it.policy_document)))),
            // Deleted between the two calls.
            Err(it) if it.kind == FailureKind::NotFound => Ok(None),
            Err(it) => Err(it),
        }
    });
    let documents = futures_util::future::try_join_all(documents).await?;
    Ok(documents.into_iter().flatten().collect())
}
