//! What security groups share, those that were made and those that came with a VPC.

use super::permissions::{Permission, Rule, Way, blocks, change, permissions, told};
use super::prelude::*;

/// Rules written inside a group.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Rules {
    /// Who may talk to members; nobody in a group that is new or taken over, and as it is afterwards,
    /// when unset.
    #[attr(as_attribute)]
    pub ingress: Auto<BlockSet<Rule>>,
    /// To whom members may talk; nobody in a group that is new or taken over, and as it is afterwards,
    /// when unset.
    #[attr(as_attribute)]
    pub egress: Auto<BlockSet<Rule>>,
    /// Whether the rules go first when the group is deleted: for groups that name each other.
    #[attr(default = false, local)]
    pub revoke_rules_on_delete: bool,
}

impl Rules {
    /// Sets what AWS tells, in the blocks that are known.
    pub(super) fn observe(&mut self, seen: &types::SecurityGroup) {
        let (ingress, egress) = all(seen);
        self.ingress.set(blocks(self.ingress.get(), ingress));
        self.egress.set(blocks(self.egress.get(), egress));
    }

    /// Makes the rules of one direction those wanted; false where neither direction differs.
    pub(super) async fn update(&self, have: &Rules, aws: &Aws, group: &str) -> Result<bool> {
        let ways =
            [(Way::In, &self.ingress, &have.ingress), (Way::Out, &self.egress, &have.egress)];
        for (way, want, have) in ways {
            if want.differs(have) {
                change(aws, group, way, &single(want), &single(have)).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes the rules of a group those written here, and no others.
    pub(super) async fn replace(&self, seen: &types::SecurityGroup, aws: &Aws) -> Result<()> {
        let (ingress, egress) = all(seen);
        let group = seen.group_id().unwrap_or_default();
        change(aws, group, Way::In, &single(&self.ingress), &ingress).await?;
        change(aws, group, Way::Out, &single(&self.egress), &egress).await
    }
}

fn single(rules: &Auto<BlockSet<Rule>>) -> Vec<Permission> {
    rules.get().map(permissions).unwrap_or_default()
}

/// What AWS tells of both directions.
fn all(seen: &types::SecurityGroup) -> (Vec<Permission>, Vec<Permission>) {
    let (group, owner) = (seen.group_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
    (told(seen.ip_permissions(), group, owner), told(seen.ip_permissions_egress(), group, owner))
}

/// Takes all rules of a group away.
pub(super) async fn clear(aws: &Aws, seen: &types::SecurityGroup) -> Result<()> {
    let (ingress, egress) = all(seen);
    let group = seen.group_id().unwrap_or_default();
    change(aws, group, Way::In, &[], &ingress).await?;
    change(aws, group, Way::Out, &[], &egress).await
}

/// A group, and its ARN.
pub type Seen = (String, types::SecurityGroup);

/// The group of that identifier.
pub(super) async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
    let Some(seen) = aws.load::<SecurityGroups>(id).await? else { return Ok(None) };
    let owner = seen.owner_id().unwrap_or_default();
    Ok(Some((aws.arn("ec2", owner, format_args!("security-group/{id}")), seen)))
}

/// Every group being read right now, in one call where they are in networks that are read too: by its
/// own identifier, or as the default group of a VPC.
pub(super) struct SecurityGroups;

impl Batch for SecurityGroups {
    type Item = types::SecurityGroup;
    const MAX: usize = 200;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::SecurityGroup>> {
        let ask = |filters| async move {
            let call = aws.ec2().describe_security_groups().set_filters(Some(filters));
            Ok(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?)
        };
        let names_of = |it: &types::SecurityGroup| {
            let is_default = it.group_name() == Some("default");
            let network = it.vpc_id.clone().filter(|_| is_default);
            it.group_id.iter().cloned().chain(network).collect()
        };
        let stages = [("vpc-", "vpc-id"), ("sg-", "group-id")];
        staged(&names, &stages, filter("group-name", ["default"]), ask, names_of).await
    }
}
