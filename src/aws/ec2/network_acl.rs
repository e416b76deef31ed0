//! `aws_network_acl`: what may enter and leave subnets, whoever sends it.

use super::acls::{AclLine, Seen, change, check, find, follow, followers, release, told};
use super::prelude::*;

/// What may enter and leave the subnets that follow it; rules are written here, or as resources of
/// their own.
///
/// ```hcl
/// resource "aws_network_acl" "data" {
///   vpc_id     = "vpc-0123456789abcdef0"
///   subnet_ids = ["subnet-0123456789abcdef0"]
///
///   ingress {
///     rule_no    = 100
///     action     = "allow"
///     protocol   = "tcp"
///     from_port  = 5432
///     to_port    = 5432
///     cidr_block = "10.0.0.0/16"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_network_acl", tags = "network-acl")]
pub struct NetworkAcl {
    /// VPC that the ACL is for.
    #[attr(replace)]
    pub vpc_id: String,
    /// Subnets that follow it; as they are when unset, none at first.
    pub subnet_ids: Auto<Set<String>>,
    /// What may enter; as it is when unset, nothing at first.
    #[attr(as_attribute)]
    pub ingress: Auto<BlockSet<AclLine>>,
    /// What may leave; as it is when unset, nothing at first.
    #[attr(as_attribute)]
    pub egress: Auto<BlockSet<AclLine>>,
    /// ARN of the ACL.
    pub arn: Out<String>,
    /// Account that owns the ACL.
    pub owner_id: Out<String>,
    /// Tags of the ACL.
    pub tags: Tags,
}

impl Driver for NetworkAcl {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &NetworkAclDraft<'_>, diagnostics: &mut Diagnostics) {
        check(draft, "ingress", diagnostics);
        check(draft, "egress", diagnostics);
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let call = aws.ec2().create_network_acl().client_token(op.token()).vpc_id(&self.vpc_id);
        let call = call.set_tag_specifications(tagged(types::ResourceType::NetworkAcl, &self.tags));
        let made = call.send().await?;
        Id::need(made.network_acl.and_then(|it| it.network_acl_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        let known = |it: &Auto<BlockSet<AclLine>>| it.given().unwrap_or_default().0;
        self.ingress.set(BlockSet(told(&known(&self.ingress), &seen, false)));
        self.egress.set(BlockSet(told(&known(&self.egress), &seen, true)));
        self.subnet_ids.set(followers(&seen));
        self.arn.set(arn);
        if let Some(vpc) = seen.vpc_id {
            self.vpc_id = vpc;
        }
        self.owner_id.set(seen.owner_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let ways = [(false, &self.ingress, &have.ingress), (true, &self.egress, &have.egress)];
        for (egress, want, now) in ways {
            if want.differs(now) {
                let (want, now) = (want.given().unwrap_or_default(), now.given());
                return change(aws, id, egress, &want.0, &now.unwrap_or_default().0).await;
            }
        }
        if self.subnet_ids.differs(&have.subnet_ids) {
            let (want, now) = (self.subnet_ids.given(), have.subnet_ids.given());
            let (want, now) = (want.unwrap_or_default(), now.unwrap_or_default());
            follow(aws, id, &want.minus(&now)).await?;
            return release(aws, &self.vpc_id, &now.minus(&want)).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    /// Subnets always follow some ACL: those that follow this one go back to the default one first.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let Some((_, seen)) = find(id, aws).await? else { return Ok(()) };
        release(aws, &self.vpc_id, &followers(&seen).0).await?;
        aws.ec2().delete_network_acl().network_acl_id(&**id).send().await?;
        Ok(())
    }
}
