//! `aws_route_table_association`: which route table a subnet or gateway uses.

use super::prelude::*;
use super::routes::RouteTables;
use types::RouteTableAssociationStateCode as State;

/// Lets a subnet, or what comes in by a gateway, follow a route table.
///
/// ```hcl
/// resource "aws_route_table_association" "public" {
///   subnet_id      = "subnet-0123456789abcdef0"
///   route_table_id = "rtb-0123456789abcdef0"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_route_table_association", create = "5m", update = "2m", delete = "5m")]
pub struct RouteTableAssociation {
    /// Route table to follow.
    pub route_table_id: String,
    /// Subnet that follows it.
    #[attr(replace, exactly_one_of("subnet_id", "gateway_id"))]
    pub subnet_id: Option<String>,
    /// Internet gateway or virtual private gateway whose incoming packets follow it.
    #[attr(replace)]
    pub gateway_id: Option<String>,
}

impl Driver for RouteTableAssociation {
    type Cloud = Aws;
    type Seen = types::RouteTableAssociation;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let call = aws.ec2().associate_route_table().route_table_id(&self.route_table_id);
        let call = call.set_subnet_id(self.subnet_id.clone());
        let call = call.set_gateway_id(self.gateway_id.clone());
        match call.customize().config_override(once()).send().await.map_err(Failure::from) {
            Err(it) if it.kind == FailureKind::Exists && op.is_resumed() => {
                self.moved(aws).await?.ok_or(it)
            }
            other => Id::need(other?.association_id),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::RouteTableAssociation>> {
        let table = aws.load::<RouteTables>(id).await?;
        let mut all = table.into_iter().flat_map(|it| it.associations.unwrap_or_default());
        Ok(all.find(|it| it.route_table_association_id() == Some(id)))
    }

    fn status(seen: &types::RouteTableAssociation) -> Status {
        let state = seen.association_state.as_ref();
        match state.and_then(|it| it.state.as_ref()) {
            Some(State::Associated) | None => Status::Ready,
            Some(State::Disassociated) => Status::Gone,
            Some(State::Failed) => {
                let why = state.and_then(|it| it.status_message.clone());
                Status::failed(why.unwrap_or_else(|| "failed".into()))
            }
            Some(other) => Status::busy(other.as_str()),
        }
    }

    fn observe(&mut self, seen: types::RouteTableAssociation) {
        if let Some(table) = seen.route_table_id {
            self.route_table_id = table;
        }
        self.subnet_id = seen.subnet_id;
        self.gateway_id = seen.gateway_id;
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.route_table_id != have.route_table_id {
            let call = aws.ec2().replace_route_table_association().association_id(&**id);
            call.route_table_id(&self.route_table_id)
                .customize()
                .config_override(once())
                .send()
                .await?;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ec2().disassociate_route_table().association_id(&**id).send().await?;
        Ok(())
    }

    /// An association with another table has another identifier; its subnet or gateway is the same.
    async fn moved(&self, aws: &Aws) -> Result<Option<Id>> {
        let Some(from) = self.subnet_id.as_ref().or(self.gateway_id.as_ref()) else {
            return Ok(None);
        };
        let table = aws.load::<RouteTables>(from).await?;
        let mut all = table.into_iter().flat_map(|it| it.associations.unwrap_or_default());
        let ours = all.find(|it| [&it.subnet_id, &it.gateway_id].contains(&&Some(from.clone())));
        Ok(ours.and_then(|it| it.route_table_association_id).map(Id))
    }

    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        let id = Id::from(text);
        let [from, table] = id.parts('/')?;
        let subnet = from.starts_with("subnet-");
        let named = RouteTableAssociation {
            route_table_id: table.into(),
            subnet_id: subnet.then(|| from.into()),
            gateway_id: (!subnet).then(|| from.into()),
        };
        let missing = format!("`{from}` is associated with no route table");
        named.moved(aws).await?.ok_or_else(|| Failure::new(FailureKind::NotFound, missing))
    }
}
