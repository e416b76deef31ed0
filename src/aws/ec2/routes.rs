//! What a route and a route written inside its table share: where it leads, and by what.

use super::prelude::*;
use types::RouteOrigin;

/// A route, as it is written inside `aws_route_table`.
#[derive(Clone, Debug, Default, PartialEq, Nested)]
pub struct RouteLine {
    /// Destination as a range of IPv4 addresses.
    #[attr(format = "ipv4_cidr_network")]
    pub cidr_block: Option<String>,
    /// Destination as a range of IPv6 addresses.
    #[attr(format = "ipv6_cidr_network")]
    pub ipv6_cidr_block: Option<String>,
    /// Destination as a managed prefix list.
    pub destination_prefix_list_id: Option<String>,
    /// Carrier gateway of a Wavelength zone to go by.
    pub carrier_gateway_id: Option<String>,
    /// ARN of the Cloud WAN core network to go by.
    #[attr(format = "arn")]
    pub core_network_arn: Option<String>,
    /// Egress-only internet gateway to go by, for IPv6.
    pub egress_only_gateway_id: Option<String>,
    /// Internet gateway or virtual private gateway to go by.
    pub gateway_id: Option<String>,
    /// Local gateway of an Outpost to go by.
    pub local_gateway_id: Option<String>,
    /// NAT gateway to go by.
    pub nat_gateway_id: Option<String>,
    /// Network interface to go by.
    pub network_interface_id: Option<String>,
    /// ARN of the Oracle Database@AWS network to go by.
    #[attr(format = "arn")]
    pub odb_network_arn: Option<String>,
    /// Transit gateway to go by.
    pub transit_gateway_id: Option<String>,
    /// Gateway Load Balancer endpoint to go by.
    pub vpc_endpoint_id: Option<String>,
    /// VPC peering connection to go by.
    pub vpc_peering_connection_id: Option<String>,
}

/// The same calls with the same words: creating and replacing a route differ in their name only.
macro_rules! send {
    ($call:expr, $line:expr) => {{
        let it = $line;
        $call
            .set_destination_cidr_block(it.cidr_block)
            .set_destination_ipv6_cidr_block(it.ipv6_cidr_block)
            .set_destination_prefix_list_id(it.destination_prefix_list_id)
            .set_carrier_gateway_id(it.carrier_gateway_id)
            .set_core_network_arn(it.core_network_arn)
            .set_egress_only_internet_gateway_id(it.egress_only_gateway_id)
            .set_gateway_id(it.gateway_id)
            .set_local_gateway_id(it.local_gateway_id)
            .set_nat_gateway_id(it.nat_gateway_id)
            .set_network_interface_id(it.network_interface_id)
            .set_odb_network_arn(it.odb_network_arn)
            .set_transit_gateway_id(it.transit_gateway_id)
            .set_vpc_endpoint_id(it.vpc_endpoint_id)
            .set_vpc_peering_connection_id(it.vpc_peering_connection_id)
    }};
}

impl RouteLine {
    /// The route without empty texts: written as an attribute, what is not meant is written so.
    pub(super) fn plain(&self) -> RouteLine {
        let set = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        RouteLine {
            cidr_block: set(&self.cidr_block),
            ipv6_cidr_block: set(&self.ipv6_cidr_block),
            destination_prefix_list_id: set(&self.destination_prefix_list_id),
            carrier_gateway_id: set(&self.carrier_gateway_id),
            core_network_arn: set(&self.core_network_arn),
            egress_only_gateway_id: set(&self.egress_only_gateway_id),
            gateway_id: set(&self.gateway_id),
            local_gateway_id: set(&self.local_gateway_id),
            nat_gateway_id: set(&self.nat_gateway_id),
            network_interface_id: set(&self.network_interface_id),
            odb_network_arn: set(&self.odb_network_arn),
            transit_gateway_id: set(&self.transit_gateway_id),
            vpc_endpoint_id: set(&self.vpc_endpoint_id),
            vpc_peering_connection_id: set(&self.vpc_peering_connection_id),
        }
    }

    /// Where the route leads: a table has one route for each destination.
    pub(super) fn destination(&self) -> String {
        let all = [&self.cidr_block, &self.ipv6_cidr_block, &self.destination_prefix_list_id];
        all.into_iter().flatten().find(|it| !it.is_empty()).cloned().unwrap_or_default()
    }

    /// Adds the route. Sent once: sent again after a lost reply, AWS would say that it exists.
    pub(super) async fn create(&self, aws: &Aws, table: &str) -> Result<()> {
        let call = send!(aws.ec2().create_route().route_table_id(table), self.plain());
        call.customize().config_override(once()).send().await?;
        Ok(())
    }

    /// Lets the destination be reached by another way.
    pub(super) async fn replace(&self, aws: &Aws, table: &str) -> Result<()> {
        send!(aws.ec2().replace_route().route_table_id(table), self.plain()).send().await?;
        Ok(())
    }

    /// Takes the route away.
    pub(super) async fn delete(&self, aws: &Aws, table: &str) -> Result<()> {
        let it = self.plain();
        let call = aws.ec2().delete_route().route_table_id(table);
        call.set_destination_cidr_block(it.cidr_block)
            .set_destination_ipv6_cidr_block(it.ipv6_cidr_block)
            .set_destination_prefix_list_id(it.destination_prefix_list_id)
            .send()
            .await?;
        Ok(())
    }
}

impl From<&types::Route> for RouteLine {
    fn from(it: &types::Route) -> Self {
        // AWS tells an endpoint in the place of a gateway.
        let (endpoint, gateway) = match it.gateway_id.clone() {
            Some(id) if id.starts_with("vpce-") => (Some(id), None),
            other => (None, other),
        };
        // The instance's interface is told beside the instance, and an own interface without one.
        RouteLine {
            cidr_block: it.destination_cidr_block.clone(),
            ipv6_cidr_block: it.destination_ipv6_cidr_block.clone(),
            destination_prefix_list_id: it.destination_prefix_list_id.clone(),
            carrier_gateway_id: it.carrier_gateway_id.clone(),
            core_network_arn: it.core_network_arn.clone(),
            egress_only_gateway_id: it.egress_only_internet_gateway_id.clone(),
            gateway_id: gateway,
            local_gateway_id: it.local_gateway_id.clone(),
            nat_gateway_id: it.nat_gateway_id.clone(),
            network_interface_id: it.network_interface_id.clone(),
            odb_network_arn: it.odb_network_arn.clone(),
            transit_gateway_id: it.transit_gateway_id.clone(),
            vpc_endpoint_id: endpoint,
            vpc_peering_connection_id: it.vpc_peering_connection_id.clone(),
        }
        .plain()
    }
}

/// Whether somebody wrote the route: AWS adds local ones, propagated ones, and those of gateway
/// endpoints by itself.
pub(super) fn is_written(route: &types::Route) -> bool {
    let endpoint = route.gateway_id().is_some_and(|it| it.starts_with("vpce-"));
    let by_endpoint = endpoint && route.destination_prefix_list_id.is_some();
    let origin = route.origin.as_ref();
    origin.is_none_or(|it| *it == RouteOrigin::CreateRoute)
        && route.gateway_id() != Some("local")
        && !by_endpoint
}

/// What AWS tells of a table's routes, in the words that are known where both mean the same.
pub(super) fn told(
    known: Option<&BlockSet<RouteLine>>,
    seen: &types::RouteTable,
) -> Vec<RouteLine> {
    let known = known.map(|it| it.0.as_slice()).unwrap_or_default();
    let here = |it: &RouteLine| known.iter().any(|k| k.destination() == it.destination());
    let lines = seen.routes().iter().map(|it| (is_written(it), RouteLine::from(it)));
    // A local route stands here only where it is written here.
    let lines = lines.filter(|(written, it)| *written || here(it)).map(|(_, it)| it);
    lines.map(|it| known.iter().find(|k| k.plain() == it).cloned().unwrap_or(it)).collect()
}

/// Makes the routes of a table those wanted, each by itself: AWS takes no more than one in a call,
/// and none of them waits.
pub(super) async fn change(
    aws: &Aws,
    table: &str,
    want: &[RouteLine],
    now: &[RouteLine],
) -> Result<()> {
    let same = |a: &RouteLine, b: &RouteLine| a.destination() == b.destination();
    for old in now.iter().filter(|old| !want.iter().any(|it| same(it, old))) {
        unless_gone(old.delete(aws, table).await)?;
    }
    for new in want {
        match now.iter().find(|it| same(it, new)) {
            None => new.create(aws, table).await?,
            Some(old) if old.plain() != new.plain() => new.replace(aws, table).await?,
            Some(_) => {}
        }
    }
    Ok(())
}

/// Virtual private gateways that add routes to a table by themselves.
pub(super) fn propagating(seen: &types::RouteTable) -> Set<String> {
    seen.propagating_vgws().iter().filter_map(|it| it.gateway_id.clone()).collect()
}

/// Makes the gateways that add routes by themselves those wanted.
pub(super) async fn propagate(
    aws: &Aws,
    table: &str,
    want: &Set<String>,
    now: &Set<String>,
) -> Result<()> {
    for old in now.minus(want) {
        let call = aws.ec2().disable_vgw_route_propagation().route_table_id(table);
        call.gateway_id(old).send().await?;
    }
    for new in want.minus(now) {
        let call = aws.ec2().enable_vgw_route_propagation().route_table_id(table);
        call.gateway_id(new).send().await?;
    }
    Ok(())
}

/// A table, and its ARN.
pub type Seen = (String, types::RouteTable);

/// The table of that identifier.
pub(super) async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
    let Some(seen) = aws.load::<RouteTables>(id).await? else { return Ok(None) };
    let owner = seen.owner_id().unwrap_or_default();
    Ok(Some((aws.arn("ec2", owner, format_args!("route-table/{id}")), seen)))
}

/// Every route table being read right now, in one call where they are in networks that are read too:
/// by its own identifier, by those of its associations, by what is associated with it, or as the main
/// table of a VPC.
pub(super) struct RouteTables;

impl Batch for RouteTables {
    type Item = types::RouteTable;
    const MAX: usize = 200;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::RouteTable>> {
        let stages = [
            ("vpc-", "vpc-id"),
            ("rtb-", "route-table-id"),
            ("rtbassoc-", "association.route-table-association-id"),
            ("subnet-", "association.subnet-id"),
            ("igw-", "association.gateway-id"),
            ("vgw-", "association.gateway-id"),
        ];
        let ask = |filters| async move {
            let call = aws.ec2().describe_route_tables().set_filters(Some(filters));
            Ok(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?)
        };
        let names_of = |it: &types::RouteTable| {
            let mut names: Vec<String> = it.route_table_id.iter().cloned().collect();
            for it in it.associations() {
                let all = [&it.route_table_association_id, &it.subnet_id, &it.gateway_id];
                names.extend(all.into_iter().flatten().cloned());
            }
            let is_main = it.associations().iter().any(|it| it.main == Some(true));
            names.extend(it.vpc_id.clone().filter(|_| is_main));
            names
        };
        staged(&names, &stages, filter("association.main", ["true"]), ask, names_of).await
    }
}
