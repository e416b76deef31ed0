//! `aws_default_security_group`: the group that every VPC has, under control.

use super::groups::{Rules, SecurityGroups, Seen, find};
use super::prelude::*;

/// Security group that AWS made along with a VPC. It is taken over as it is found, its rules are
/// replaced by those written here, and it stays when this resource is deleted.
///
/// ```hcl
/// # Without rules: closed in both directions.
/// resource "aws_default_security_group" "closed" {
///   vpc_id = "vpc-0123456789abcdef0"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_default_security_group", tags = "security-group")]
pub struct DefaultSecurityGroup {
    /// VPC whose default group it is; the default VPC when unset.
    #[attr(replace)]
    pub vpc_id: Auto<String>,
    /// Rules of the group.
    #[attr(flatten)]
    pub rules: Rules,
    /// ARN of the group.
    pub arn: Out<String>,
    /// What AWS says the group is for.
    pub description: Out<String>,
    /// Name of the group: `default`.
    pub name: Out<String>,
    /// Empty: the name is not made up.
    pub name_prefix: Out<String>,
    /// Account that owns the group.
    pub owner_id: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

impl Driver for DefaultSecurityGroup {
    type Cloud = Aws;
    type Seen = Seen;

    const STAYS: bool = true;

    /// Makes nothing: the group is there, and its rules give way to those written here.
    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let vpc = match self.vpc_id.given() {
            Some(vpc) => vpc,
            None => default_vpc(aws).await?,
        };
        let missing = || {
            let why = format!("`{vpc}` has no default security group");
            Failure::new(FailureKind::NotFound, why)
        };
        let seen = aws.load::<SecurityGroups>(&vpc).await?.ok_or_else(missing)?;
        self.rules.replace(&seen, aws).await?;
        Id::need(seen.group_id)
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
        self.description.set(seen.description);
        self.name.set(seen.group_name);
        self.name_prefix.set(String::new());
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

    async fn delete(&self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }
}

async fn default_vpc(aws: &Aws) -> Result<String> {
    let found = aws.ec2().describe_vpcs().filters(filter("is-default", ["true"])).send().await?;
    let vpc = found.vpcs.unwrap_or_default().into_iter().find_map(|it| it.vpc_id);
    vpc.ok_or_else(|| Failure::fatal("the region has no default VPC").hint("write `vpc_id = …`"))
}
