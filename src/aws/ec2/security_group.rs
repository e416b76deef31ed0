//! `aws_security_group`: who may talk to whom.

use super::permissions::{Rule, Way, blocks, change, permissions, told};
use super::prelude::*;

/// Who may talk to its members, and to whom they may talk; rules are written here, or as resources
/// of their own.
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
    /// Who may talk to members; as it is when unset, nobody in a new group.
    #[attr(as_attribute)]
    pub ingress: Auto<BlockSet<Rule>>,
    /// To whom members may talk; as it is when unset, nobody in a new group.
    #[attr(as_attribute)]
    pub egress: Auto<BlockSet<Rule>>,
    /// Whether the rules go first when the group is deleted: for groups that name each other.
    #[attr(default = false, local)]
    pub revoke_rules_on_delete: bool,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Account that owns the group.
    pub owner_id: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// A group, and its ARN.
pub type Seen = (String, types::SecurityGroup);

impl Driver for SecurityGroup {
    type Cloud = Aws;
    type Seen = Seen;

    /// Two calls: AWS lets members of a new group talk to everybody, which nobody asked for.
    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = self.chosen_name(op);
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
        let (group, owner) =
            (seen.group_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
        self.ingress.set(blocks(self.ingress.get(), told(seen.ip_permissions(), group, owner)));
        self.egress
            .set(blocks(self.egress.get(), told(seen.ip_permissions_egress(), group, owner)));
        self.arn.set(arn);
        self.description = seen.description.unwrap_or_default();
        self.name.set(seen.group_name);
        self.owner_id.set(seen.owner_id);
        self.vpc_id.set(seen.vpc_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.ingress.differs(&have.ingress) {
            return sync(aws, id, Way::In, &self.ingress, &have.ingress).await;
        }
        if self.egress.differs(&have.egress) {
            return sync(aws, id, Way::Out, &self.egress, &have.egress).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if self.revoke_rules_on_delete
            && let Some((_, seen)) = find(id, aws).await?
        {
            let owner = seen.owner_id().unwrap_or_default();
            change(aws, id, Way::In, &[], &told(seen.ip_permissions(), id, owner)).await?;
            change(aws, id, Way::Out, &[], &told(seen.ip_permissions_egress(), id, owner)).await?;
        }
        aws.ec2().delete_security_group().group_id(&**id).send().await?;
        Ok(())
    }
}

impl SecurityGroup {
    /// A made-up name is the same when the operation is resumed: it is made of the token.
    fn chosen_name(&self, op: &Op) -> String {
        let prefix = || self.name_prefix.given().unwrap_or_else(|| "terraform-".into());
        self.name.given().unwrap_or_else(|| format!("{}{}", prefix(), op.token().replace('-', "")))
    }
}

/// What AWS puts into every new group: members may talk to everybody.
fn everybody() -> types::IpPermission {
    let anywhere = types::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    types::IpPermission::builder().ip_protocol("-1").ip_ranges(anywhere).build()
}

/// Makes the rules of one direction those wanted.
pub(super) async fn sync(
    aws: &Aws,
    id: &str,
    way: Way,
    want: &Auto<BlockSet<Rule>>,
    have: &Auto<BlockSet<Rule>>,
) -> Result<()> {
    let all = |it: &Auto<BlockSet<Rule>>| it.get().map(permissions).unwrap_or_default();
    change(aws, id, way, &all(want), &all(have)).await
}

/// The group of that identifier.
pub(super) async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
    let Some(seen) = aws.load::<SecurityGroups>(id).await? else { return Ok(None) };
    let owner = seen.owner_id().unwrap_or_default();
    Ok(Some((aws.arn("ec2", owner, format_args!("security-group/{id}")), seen)))
}

/// The group of that name.
pub(super) async fn named(aws: &Aws, name: &str, vpc: Option<&String>) -> Result<Option<Id>> {
    let call = aws.ec2().describe_security_groups().filters(filter("group-name", [name]));
    let call = match vpc {
        Some(vpc) => call.filters(filter("vpc-id", [vpc])),
        None => call,
    };
    let found = call.send().await?.security_groups.unwrap_or_default();
    Ok(found.into_iter().find_map(|it| it.group_id).map(Id))
}

/// Every group being read right now, in one call.
struct SecurityGroups;

impl Batch for SecurityGroups {
    type Item = types::SecurityGroup;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::SecurityGroup>> {
        let call = aws.ec2().describe_security_groups().filters(filter("group-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.group_id.clone()))
    }
}
