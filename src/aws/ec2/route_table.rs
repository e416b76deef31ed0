//! `aws_route_table`: which way packets leave the subnets that are associated with it.

use super::prelude::*;
use super::routes::{RouteLine, Seen, change, find, propagate, propagating, told};

/// Routes for the subnets that are associated with it; each is written here or as an `aws_route`.
///
/// ```hcl
/// resource "aws_route_table" "public" {
///   vpc_id = "vpc-0123456789abcdef0"
///
///   route {
///     cidr_block = "0.0.0.0/0"
///     gateway_id = "igw-0123456789abcdef0"
///   }
/// }
/// ```
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
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let call = aws.ec2().create_route_table().client_token(op.token()).vpc_id(&self.vpc_id);
        let call = call.set_tag_specifications(tagged(types::ResourceType::RouteTable, &self.tags));
        let made = call.send().await?;
        Id::need(made.route_table.and_then(|it| it.route_table_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        self.route.set(BlockSet(told(self.route.get(), &seen)));
        self.propagating_vgws.set(propagating(&seen));
        self.arn.set(arn);
        if let Some(vpc) = seen.vpc_id {
            self.vpc_id = vpc;
        }
        self.owner_id.set(seen.owner_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.propagating_vgws.differs(&have.propagating_vgws) {
            let (want, now) = (self.propagating_vgws.given(), have.propagating_vgws.given());
            return propagate(aws, id, &want.unwrap_or_default(), &now.unwrap_or_default()).await;
        }
        if self.route.differs(&have.route) {
            let (want, now) = (self.route.given(), have.route.given());
            return change(aws, id, &want.unwrap_or_default().0, &now.unwrap_or_default().0).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ec2().delete_route_table().route_table_id(&**id).send().await?;
        Ok(())
    }
}
