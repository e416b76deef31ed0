//! `aws_route_table`: which way packets leave the subnets that are associated with it.

use super::prelude::*;
use super::routes::{RouteLine, RouteTables, is_written};

/// Routes for the subnets that are associated with it; each is written here or as an `aws_route`.
#[derive(Debug, Resource)]
#[resource("aws_route_table", tags = "route-table", create = "5m", update = "2m", delete = "5m")]
pub struct RouteTable {
    /// VPC that the table belongs to.
    #[attr(replace)]
    pub vpc_id: String,
    /// Virtual private gateways that add routes by themselves; as they are when unset.
    pub propagating_vgws: Auto<Set<String>>,
    /// All routes of the table but the local one; as they are when unset.
    #[attr(as_attribute)]
    pub route: Auto<BlockSet<RouteLine>>,
    /// ARN of the table.
    pub arn: Out<String>,
    /// Account that owns the table.
    pub owner_id: Out<String>,
    /// Tags of the table.
    pub tags: Tags,
}

impl Driver for RouteTable {
    type Cloud = Aws;
    type Seen = (String, types::RouteTable);

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let call = aws.ec2().create_route_table().client_token(op.token()).vpc_id(&self.vpc_id);
        let call = call.set_tag_specifications(tagged(types::ResourceType::RouteTable, &self.tags));
        let made = call.send().await?;
        Id::need(made.route_table.and_then(|it| it.route_table_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        let Some(seen) = aws.load::<RouteTables>(id).await? else { return Ok(None) };
        let owner = seen.owner_id().unwrap_or_default();
        Ok(Some((aws.arn("ec2", owner, format_args!("route-table/{id}")), seen)))
    }

    fn status(_: &Self::Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Self::Seen) {
        let known = self.lines();
        let here = |it: &RouteLine| known.iter().any(|k| k.destination() == it.destination());
        let lines = seen.routes().iter().map(|it| (is_written(it), RouteLine::from(it)));
        // A local route stands here only where it is written here.
        let lines = lines.filter(|(written, it)| *written || here(it)).map(|(_, it)| it);
        // What AWS tells in other words than it was written stays as it was written.
        let lines = lines.map(|it| known.iter().find(|k| k.plain() == it).cloned().unwrap_or(it));
        self.route.set(BlockSet(lines.collect()));
        let gateways = seen.propagating_vgws().iter().filter_map(|it| it.gateway_id.clone());
        self.propagating_vgws.set(gateways.collect::<Set<_>>());
        self.arn.set(arn);
        if let Some(vpc) = seen.vpc_id {
            self.vpc_id = vpc;
        }
        self.owner_id.set(seen.owner_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.propagating_vgws.differs(&have.propagating_vgws) {
            return self.change_propagation(have, id, aws).await;
        }
        if self.route.differs(&have.route) {
            return self.change_routes(have, id, aws).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ec2().delete_route_table().route_table_id(&**id).send().await?;
        Ok(())
    }
}

impl RouteTable {
    fn lines(&self) -> Vec<RouteLine> {
        self.route.get().map(|it| it.0.clone()).unwrap_or_default()
    }

    /// Each route by itself: AWS takes no more than one in a call, and none of them waits.
    async fn change_routes(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (want, now) = (self.lines(), have.lines());
        let same = |a: &RouteLine, b: &RouteLine| a.destination() == b.destination();
        for old in now.iter().filter(|old| !want.iter().any(|it| same(it, old))) {
            unless_gone(old.delete(aws, id).await)?;
        }
        for new in &want {
            match now.iter().find(|it| same(it, new)) {
                None => new.create(aws, id).await?,
                Some(old) if old.plain() != new.plain() => new.replace(aws, id).await?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn change_propagation(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let want = self.propagating_vgws.given().unwrap_or_default();
        let now = have.propagating_vgws.given().unwrap_or_default();
        for old in now.minus(&want) {
            let call = aws.ec2().disable_vgw_route_propagation().route_table_id(&**id);
            call.gateway_id(old).send().await?;
        }
        for new in want.minus(&now) {
            let call = aws.ec2().enable_vgw_route_propagation().route_table_id(&**id);
            call.gateway_id(new).send().await?;
        }
        Ok(())
    }
}
