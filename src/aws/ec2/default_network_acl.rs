//! `aws_default_network_acl`: the ACL that AWS made along with a VPC, under control.

use super::acls::{AclLine, Seen, change, check, find, follow, followers, told};
use super::prelude::*;

/// Network ACL that AWS made along with a VPC. It is taken over as it is found, its rules are replaced
/// by those written here, and it stays when this resource is deleted. Subnets that follow no other
/// ACL follow this one.
///
/// ```hcl
/// # Without rules: nothing enters or leaves subnets that follow no other ACL.
/// resource "aws_default_network_acl" "closed" {
///   default_network_acl_id = "acl-0123456789abcdef0"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_default_network_acl", tags = "network-acl")]
pub struct DefaultNetworkAcl {
    /// The ACL, such as `aws_vpc.main.default_network_acl_id`.
    #[attr(replace)]
    pub default_network_acl_id: String,
    /// Subnets that follow it; as they are when unset. A subnet leaves it only for another ACL.
    pub subnet_ids: Auto<Set<String>>,
    /// What may enter; nothing when unset.
    pub ingress: BlockSet<AclLine>,
    /// What may leave; nothing when unset.
    pub egress: BlockSet<AclLine>,
    /// ARN of the ACL.
    pub arn: Out<String>,
    /// Account that owns the ACL.
    pub owner_id: Out<String>,
    /// VPC that the ACL is for.
    pub vpc_id: Out<String>,
    /// Tags of the ACL.
    pub tags: Tags,
}

impl Driver for DefaultNetworkAcl {
    type Cloud = Aws;
    type Seen = Seen;

    const STAYS: bool = true;

    fn check(draft: &DefaultNetworkAclDraft<'_>, diagnostics: &mut Diagnostics) {
        check(draft, "ingress", diagnostics);
        check(draft, "egress", diagnostics);
    }

    /// Makes nothing: the ACL is there, and its rules give way to those written here in `update`.
    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let id = Id(self.default_network_acl_id.clone());
        let Some((_, seen)) = find(&id, aws).await? else {
            let why = format!("there is no network ACL `{id}`");
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        if seen.is_default != Some(true) {
            let why = format!("`{id}` is no default network ACL");
            return Err(Failure::fatal(why).hint("write an `aws_network_acl` and import it"));
        }
        Ok(id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        self.ingress = BlockSet(told(&self.ingress.0, &seen, false));
        self.egress = BlockSet(told(&self.egress.0, &seen, true));
        self.subnet_ids.set(followers(&seen));
        self.arn.set(arn);
        if let Some(acl) = seen.network_acl_id {
            self.default_network_acl_id = acl;
        }
        self.owner_id.set(seen.owner_id);
        self.vpc_id.set(seen.vpc_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let ways = [(false, &self.ingress, &have.ingress), (true, &self.egress, &have.egress)];
        for (egress, want, now) in ways {
            if want != now {
                return change(aws, id, egress, &want.0, &now.0).await;
            }
        }
        if let (Some(want), Some(now)) = (self.subnet_ids.get(), have.subnet_ids.get())
            && let new = want.minus(now)
            && !new.is_empty()
        {
            return follow(aws, id, &new).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }
}
