//! `aws_vpc`: a network that is already there.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::super::routes::RouteTables;
use super::super::vpc::setting;
use super::{FilterBlock, by, filters, one, some};
use types::VpcAttributeName::{
    EnableDnsHostnames, EnableDnsSupport, EnableNetworkAddressUsageMetrics,
};

/// The one VPC that has what is asked for.
///
/// ```hcl
/// data "aws_vpc" "default" {
///   default = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_vpc", read = "20m")]
pub struct Vpc {
    /// Identifier of the VPC; any when unset.
    pub id: Auto<String>,
    /// Range of IPv4 addresses of the VPC; any when unset.
    pub cidr_block: Auto<String>,
    /// Whether it is the region's default VPC; either when unset.
    pub default: Auto<bool>,
    /// DHCP options of the VPC; any when unset.
    pub dhcp_options_id: Auto<String>,
    /// What the VPC must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// State that the VPC must be in; any when unset.
    pub state: Auto<String>,
    /// Tags that the VPC must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// ARN of the VPC.
    pub arn: Out<String>,
    /// All ranges of IPv4 addresses of the VPC.
    pub cidr_block_associations: Out<Vec<Range>>,
    /// Whether instances get public DNS names.
    pub enable_dns_hostnames: Out<bool>,
    /// Whether the network has AWS's DNS resolver.
    pub enable_dns_support: Out<bool>,
    /// Whether AWS counts the addresses in use.
    pub enable_network_address_usage_metrics: Out<bool>,
    /// Whether instances get hardware of their own.
    pub instance_tenancy: Out<String>,
    /// Association of the first IPv6 range with the VPC.
    pub ipv6_association_id: Out<String>,
    /// First range of IPv6 addresses of the VPC.
    pub ipv6_cidr_block: Out<String>,
    /// All ranges of IPv6 addresses of the VPC.
    pub ipv6_cidr_block_associations: Out<Set<Range6>>,
    /// Route table of subnets that name no other.
    pub main_route_table_id: Out<String>,
    /// Account that owns the VPC.
    pub owner_id: Out<String>,
}

/// A range of IPv4 addresses.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Range {
    /// Association of the range with the VPC.
    pub association_id: Out<String>,
    /// The range.
    pub cidr_block: Out<String>,
    /// How far along the association is.
    pub state: Out<String>,
}

/// A range of IPv6 addresses.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Range6 {
    /// Association of the range with the VPC.
    pub association_id: Out<String>,
    /// Whose addresses they are.
    pub ip_source: Out<String>,
    /// Whether the range is advertised.
    pub ipv6_address_attribute: Out<String>,
    /// The range.
    pub ipv6_cidr_block: Out<String>,
    /// Pool that the range is from.
    pub ipv6_pool: Out<String>,
    /// Zone group that advertises the range.
    pub network_border_group: Out<String>,
    /// How far along the association is.
    pub state: Out<String>,
}

impl DataSource for Vpc {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut wanted = filters(&self.filter, self.tags.get());
        wanted.extend(by("vpc-id", self.id.given()));
        wanted.extend(by("cidr", self.cidr_block.given()));
        wanted.extend(by("is-default", self.default.given().map(|it| it.to_string())));
        wanted.extend(by("dhcp-options-id", self.dhcp_options_id.given()));
        wanted.extend(by("state", self.state.given()));
        let call = aws.ec2().describe_vpcs().set_filters(some(wanted));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let vpc = one("VPC", found?)?;
        let id = Id::need(vpc.vpc_id.clone())?;
        let (hostnames, support, metrics, table) = tokio::try_join!(
            setting(aws, &id, EnableDnsHostnames),
            setting(aws, &id, EnableDnsSupport),
            setting(aws, &id, EnableNetworkAddressUsageMetrics),
            aws.load::<RouteTables>(&id),
        )?;
        let owner = vpc.owner_id().unwrap_or_default();
        self.arn.set(aws.arn("ec2", owner, format_args!("vpc/{id}")));
        self.enable_dns_hostnames.set(hostnames);
        self.enable_dns_support.set(support);
        self.enable_network_address_usage_metrics.set(metrics);
        self.main_route_table_id.set(table.and_then(|it| it.route_table_id));
        self.tell(vpc);
        Ok(id)
    }
}

impl Vpc {
    fn tell(&mut self, vpc: types::Vpc) {
        let range = |it: &types::VpcCidrBlockAssociation| Range {
            association_id: it.association_id.clone().into(),
            cidr_block: it.cidr_block.clone().into(),
            state: it.cidr_block_state.as_ref().and_then(|it| Some(it.state()?.to_string())).into(),
        };
        let range6 = |it: &types::VpcIpv6CidrBlockAssociation| Range6 {
            association_id: it.association_id.clone().into(),
            ip_source: it.ip_source.as_ref().map(ToString::to_string).into(),
            ipv6_address_attribute: it
                .ipv6_address_attribute
                .as_ref()
                .map(ToString::to_string)
                .into(),
            ipv6_cidr_block: it.ipv6_cidr_block.clone().into(),
            ipv6_pool: it.ipv6_pool.clone().into(),
            network_border_group: it.network_border_group.clone().into(),
            state: it
                .ipv6_cidr_block_state
                .as_ref()
                .and_then(|it| Some(it.state()?.to_string()))
                .into(),
        };
        let ranges: Vec<Range> = vpc.cidr_block_association_set().iter().map(range).collect();
        let six = vpc.ipv6_cidr_block_association_set();
        self.ipv6_association_id.set(six.first().and_then(|it| it.association_id.clone()));
        self.ipv6_cidr_block.set(six.first().and_then(|it| it.ipv6_cidr_block.clone()));
        self.ipv6_cidr_block_associations.set(six.iter().map(range6).collect::<Set<_>>());
        self.cidr_block_associations.set(ranges);
        self.id.set(vpc.vpc_id);
        self.cidr_block.set(vpc.cidr_block);
        self.default.set(vpc.is_default);
        self.dhcp_options_id.set(vpc.dhcp_options_id);
        self.instance_tenancy.set(vpc.instance_tenancy.map(|it| it.to_string()));
        self.owner_id.set(vpc.owner_id);
        self.state.set(vpc.state.map(|it| it.to_string()));
        self.tags.set(pairs(vpc.tags).collect::<BTreeMap<_, _>>());
    }
}
