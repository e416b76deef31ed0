//! `aws_default_route_table`: the table that AWS made along with a VPC, under control.

use super::prelude::*;
use super::routes::{RouteLine, RouteTables, Seen, change, find, propagate, propagating, told};

/// Route table that AWS made along with a VPC. It is taken over as it is found, its routes are
/// replaced by those written here, and it stays when this resource is deleted.
///
/// ```hcl
/// # Without routes: subnets that name no other table reach their own network only.
/// resource "aws_default_route_table" "closed" {
///   default_route_table_id = "rtb-0123456789abcdef0"
///   route                  = []
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_default_route_table", tags = "route-table", create = "2m", update = "2m")]
pub struct DefaultRouteTable {
    /// The table, such as `aws_vpc.main.default_route_table_id`.
    #[attr(replace)]
    pub default_route_table_id: String,
    /// Virtual private gateways that add routes by themselves; none when unset.
    pub propagating_vgws: Option<Set<String>>,
    /// All routes of the table but the local one; none in a table that is taken over, and as they are
    /// afterwards, when unset.
    #[attr(as_attribute)]
    pub route: Auto<BlockSet<RouteLine>>,
    /// ARN of the table.
    pub arn: Out<String>,
    /// Account that owns the table.
    pub owner_id: Out<String>,
    /// VPC that the table belongs to.
    pub vpc_id: Out<String>,
    /// Tags of the table.
    pub tags: Tags,
}

impl Driver for DefaultRouteTable {
    type Cloud = Aws;
    type Seen = Seen;

    const STAYS: bool = true;

    /// Makes nothing: the table is there, and its routes give way to those written here.
    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let id = Id(self.default_route_table_id.clone());
        let missing = || {
            let why = format!("there is no route table `{id}`");
            let hint = "write `default_route_table_id = aws_vpc.….default_route_table_id`";
            Failure::new(FailureKind::NotFound, why).hint(hint)
        };
        let (_, seen) = find(&id, aws).await?.ok_or_else(missing)?;
        let want = self.route.given().unwrap_or_default();
        change(aws, &id, &want.0, &told(self.route.get(), &seen)).await?;
        Ok(id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        self.route.set(BlockSet(told(self.route.get(), &seen)));
        let known = self.propagating_vgws.is_some();
        self.propagating_vgws = Some(propagating(&seen)).filter(|it| known || !it.0.is_empty());
        self.arn.set(arn);
        if let Some(table) = seen.route_table_id {
            self.default_route_table_id = table;
        }
        self.owner_id.set(seen.owner_id);
        self.vpc_id.set(seen.vpc_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (want, now) = (self.propagating_vgws.clone(), have.propagating_vgws.clone());
        let (want, now) = (want.unwrap_or_default(), now.unwrap_or_default());
        if want != now {
            return propagate(aws, id, &want, &now).await;
        }
        if self.route.differs(&have.route) {
            let (want, now) = (self.route.given(), have.route.given());
            return change(aws, id, &want.unwrap_or_default().0, &now.unwrap_or_default().0).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }

    /// A VPC is named instead of its table.
    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        if !text.starts_with("vpc-") {
            return Ok(Id(text.into()));
        }
        let missing = || Failure::new(FailureKind::NotFound, format!("there is no VPC `{text}`"));
        let table = aws.load::<RouteTables>(text).await?.ok_or_else(missing)?;
        Id::need(table.route_table_id)
    }
}
