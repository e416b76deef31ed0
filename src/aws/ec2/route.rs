//! `aws_route`: one way out of a route table.
//!
//! Longer than most: AWS gives a route no identifier, and there are eleven ways to go.

use super::prelude::*;
use super::routes::{RouteLine, RouteTables};

/// One destination of a route table, and the way there.
///
/// ```hcl
/// resource "aws_route" "internet" {
///   route_table_id         = "rtb-0123456789abcdef0"
///   destination_cidr_block = "0.0.0.0/0"
///   gateway_id             = "igw-0123456789abcdef0"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_route", create = "5m", update = "2m", delete = "5m")]
pub struct Route {
    /// Route table that the route is part of.
    #[attr(replace)]
    pub route_table_id: String,
    /// Destination as a range of IPv4 addresses, such as `0.0.0.0/0`.
    #[attr(
        replace,
        exactly_one_of(
            "destination_cidr_block",
            "destination_ipv6_cidr_block",
            "destination_prefix_list_id"
        ),
        format = "ipv4_cidr_network"
    )]
    pub destination_cidr_block: Option<String>,
    /// Destination as a range of IPv6 addresses, such as `::/0`.
    #[attr(replace, format = "ipv6_cidr_network")]
    pub destination_ipv6_cidr_block: Option<String>,
    /// Destination as a managed prefix list.
    #[attr(replace)]
    pub destination_prefix_list_id: Option<String>,
    /// Carrier gateway of a Wavelength zone to go by.
    #[attr(
        conflicts("destination_ipv6_cidr_block"),
        exactly_one_of(
            "carrier_gateway_id",
            "core_network_arn",
            "egress_only_gateway_id",
            "gateway_id",
            "local_gateway_id",
            "nat_gateway_id",
            "network_interface_id",
            "odb_network_arn",
            "transit_gateway_id",
            "vpc_endpoint_id",
            "vpc_peering_connection_id"
        )
    )]
    pub carrier_gateway_id: Option<String>,
    /// ARN of the Cloud WAN core network to go by.
    #[attr(format = "arn")]
    pub core_network_arn: Option<String>,
    /// Egress-only internet gateway to go by, for IPv6.
    #[attr(conflicts("destination_cidr_block"))]
    pub egress_only_gateway_id: Option<String>,
    /// Internet gateway or virtual private gateway to go by.
    pub gateway_id: Option<String>,
    /// Local gateway of an Outpost to go by.
    pub local_gateway_id: Option<String>,
    /// NAT gateway to go by.
    pub nat_gateway_id: Option<String>,
    /// Network interface to go by.
    pub network_interface_id: Auto<String>,
    /// ARN of the Oracle Database@AWS network to go by.
    #[attr(format = "arn")]
    pub odb_network_arn: Option<String>,
    /// Transit gateway to go by.
    pub transit_gateway_id: Option<String>,
    /// Gateway Load Balancer endpoint to go by.
    #[attr(conflicts("destination_prefix_list_id"))]
    pub vpc_endpoint_id: Option<String>,
    /// VPC peering connection to go by.
    pub vpc_peering_connection_id: Option<String>,
    /// Instance that the network interface belongs to.
    pub instance_id: Out<String>,
    /// Account of that instance.
    pub instance_owner_id: Out<String>,
    /// How the route came about.
    pub origin: Out<String>,
    /// Whether the way is open (`active`) or leads nowhere (`blackhole`).
    pub state: Out<String>,
}

impl Driver for Route {
    type Cloud = Aws;
    type Seen = (String, types::Route);

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let line = self.line();
        let id = identifier(&self.route_table_id, &line.destination());
        let made = line.create(aws, &self.route_table_id).await;
        op.or_adopt(made.map(|()| id.clone()), || id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        for table in tables(id) {
            let Some(seen) = aws.load::<RouteTables>(table).await? else { continue };
            let mut routes = seen.routes.unwrap_or_default().into_iter();
            let named = |it: &types::Route| identifier(table, &RouteLine::from(it).destination());
            return Ok(routes.find(|it| named(it) == *id).map(|it| (table.into(), it)));
        }
        Ok(None)
    }

    fn status(_: &Self::Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (table, seen): Self::Seen) {
        let it = RouteLine::from(&seen);
        self.route_table_id = table;
        self.destination_cidr_block = it.cidr_block;
        self.destination_ipv6_cidr_block = it.ipv6_cidr_block;
        self.destination_prefix_list_id = it.destination_prefix_list_id;
        self.carrier_gateway_id = it.carrier_gateway_id;
        self.core_network_arn = it.core_network_arn;
        self.egress_only_gateway_id = it.egress_only_gateway_id;
        self.gateway_id = it.gateway_id;
        self.local_gateway_id = it.local_gateway_id;
        self.nat_gateway_id = it.nat_gateway_id;
        self.network_interface_id.set(it.network_interface_id);
        self.odb_network_arn = it.odb_network_arn;
        self.transit_gateway_id = it.transit_gateway_id;
        self.vpc_endpoint_id = it.vpc_endpoint_id;
        self.vpc_peering_connection_id = it.vpc_peering_connection_id;
        self.instance_id.set(seen.instance_id);
        self.instance_owner_id.set(seen.instance_owner_id);
        self.origin.set(seen.origin.map(|it| it.to_string()));
        self.state.set(seen.state.map(|it| it.to_string()));
    }

    async fn update(&self, have: &Self, _: &Id, aws: &Aws) -> Result<()> {
        match self.line() == have.line() {
            true => Ok(()),
            false => self.line().replace(aws, &self.route_table_id).await,
        }
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        self.line().delete(aws, &self.route_table_id).await
    }

    async fn import(text: &str, _: &Aws) -> Result<Id> {
        let id = Id::from(text);
        let [table, destination] = id.parts('_')?;
        Ok(identifier(table, destination))
    }
}

impl Route {
    fn line(&self) -> RouteLine {
        let mut it = RouteLine {
            cidr_block: self.destination_cidr_block.clone(),
            ipv6_cidr_block: self.destination_ipv6_cidr_block.clone(),
            destination_prefix_list_id: self.destination_prefix_list_id.clone(),
            carrier_gateway_id: self.carrier_gateway_id.clone(),
            core_network_arn: self.core_network_arn.clone(),
            egress_only_gateway_id: self.egress_only_gateway_id.clone(),
            gateway_id: self.gateway_id.clone(),
            local_gateway_id: self.local_gateway_id.clone(),
            nat_gateway_id: self.nat_gateway_id.clone(),
            network_interface_id: None,
            odb_network_arn: self.odb_network_arn.clone(),
            transit_gateway_id: self.transit_gateway_id.clone(),
            vpc_endpoint_id: self.vpc_endpoint_id.clone(),
            vpc_peering_connection_id: self.vpc_peering_connection_id.clone(),
        }
        .plain();
        // AWS tells an interface for other targets too: it is the target where nothing else is.
        let ways = [
            &it.carrier_gateway_id,
            &it.core_network_arn,
            &it.egress_only_gateway_id,
            &it.gateway_id,
            &it.local_gateway_id,
            &it.nat_gateway_id,
            &it.odb_network_arn,
            &it.transit_gateway_id,
            &it.vpc_endpoint_id,
            &it.vpc_peering_connection_id,
        ];
        if ways.iter().all(|way| way.is_none()) {
            it.network_interface_id = self.network_interface_id.given();
        }
        it
    }
}

/// A route's identifier as Terraform makes it: the table, and a checksum of the destination.
fn identifier(table: &str, destination: &str) -> Id {
    let mut sum = flate2::Crc::new();
    sum.update(destination.as_bytes());
    Id(format!("r-{table}{}", sum.sum()))
}

/// Tables that the identifier may name: theirs end with 17 digits, or 8 where they are old, and
/// what follows looks the same.
fn tables(id: &Id) -> impl Iterator<Item = &str> {
    let rest = id.strip_prefix("r-").unwrap_or_default();
    ["rtb-".len() + 17, "rtb-".len() + 8].into_iter().filter_map(|end| rest.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_terraform() {
        let id = identifier("rtb-0123456789abcdef0", "0.0.0.0/0");
        assert_eq!(&*id, "r-rtb-0123456789abcdef01080289494");
        let tables: Vec<&str> = tables(&id).collect();
        assert_eq!(tables, ["rtb-0123456789abcdef0", "rtb-01234567"]);
    }
}
