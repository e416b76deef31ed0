//! `aws_security_group`: who may talk to whom.

use super::groups::{Rules, Seen, clear, find};
use super::permissions::{Way, change, told};
use super::prelude::*;
use crate::aws::names;

/// Who may talk to its members, and to whom they may talk; rules are written here, or as resources
/// of their own.
///
/// ```hcl
/// resource "aws_security_group" "service" {
///   name        = "orders-service"
///   description = "Order service"
///   vpc_id      = "vpc-0123456789abcdef0"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_security_group", tags = "security-group", create = "10m", delete = "15m")]
pub struct SecurityGroup {
    /// Name of the group; made up when unset.
    #[attr(replace, length(0, 255), conflicts("name_prefix"))]
    pub name: Auto<String>,
    /// What a made-up name begins with.
    #[attr(replace, conflicts("name"))]
    pub name_prefix: Auto<String>,
    /// What the group is for.
    #[attr(replace, default = "Managed by Terraform", length(0, 255))]
    pub description: String,
    /// VPC that the group is for; the default VPC when unset.
    #[attr(replace)]
    pub vpc_id: Auto<String>,
    /// Rules of the group.
    #[attr(flatten)]
    pub rules: Rules,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Account that owns the group.
    pub owner_id: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

impl Driver for SecurityGroup {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &SecurityGroupDraft<'_>, diagnostics: &mut Diagnostics) {
        for (argument, name) in [("name", draft.name()), ("name_prefix", draft.name_prefix())] {
            if name.known().is_some_and(|it| it.starts_with("sg-")) {
                let why = "names that begin with `sg-` are AWS's own: identifiers look like that";
                draft.refuse(diagnostics, argument, why);
            }
        }
    }

    /// Two calls: AWS lets members of a new group talk to everybody, which nobody asked for.
    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let call = aws.ec2().create_security_group().group_name(&name);
        let call = call.description(&self.description).set_vpc_id(self.vpc_id.given());
        let call =
            call.set_tag_specifications(tagged(types::ResourceType::SecurityGroup, &self.tags));
        let made = call.customize().config_override(once()).send().await.map_err(Failure::from);
        let id = match made {
            Err(it) if it.kind == FailureKind::Exists && op.is_resumed() => {
                named(aws, &name, self.vpc_id.get()).await?.ok_or(it)?
            }
            other => Id::need(other?.group_id)?,
        };
        let anybody = told(&[everybody()], &id, "");
        change(aws, &id, Way::Out, &[], &anybody).await?;
        Ok(id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        self.rules.observe(&seen);
        self.arn.set(arn);
        self.description = seen.description.unwrap_or_default();
        self.name.set(seen.group_name);
        self.owner_id.set(seen.owner_id);
        self.vpc_id.set(seen.vpc_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match self.rules.update(&have.rules, aws, id).await? {
            true => Ok(()),
            false => aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if self.rules.revoke_rules_on_delete
            && let Some((_, seen)) = find(id, aws).await?
        {
            clear(aws, &seen).await?;
        }
        aws.ec2().delete_security_group().group_id(&**id).send().await?;
        Ok(())
    }
}

/// What AWS puts into every new group: members may talk to everybody.
fn everybody() -> types::IpPermission {
    let anywhere = types::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    types::IpPermission::builder().ip_protocol("-1").ip_ranges(anywhere).build()
}

/// The group of that name.
async fn named(aws: &Aws, name: &str, vpc: Option<&String>) -> Result<Option<Id>> {
    let call = aws.ec2().describe_security_groups().filters(filter("group-name", [name]));
    let call = match vpc {
        Some(vpc) => call.filters(filter("vpc-id", [vpc])),
        None => call,
    };
    let found = call.send().await?.security_groups.unwrap_or_default();
    Ok(found.into_iter().find_map(|it| it.group_id).map(Id))
}
