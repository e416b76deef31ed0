//! `aws_subnet`: a part of a VPC that is already there.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::{FilterBlock, by, filters, one, some};

/// The one subnet that has what is asked for.
///
/// ```hcl
/// data "aws_subnet" "public" {
///   vpc_id            = "vpc-0123456789abcdef0"
///   availability_zone = "eu-central-1a"
///
///   tags = {
///     Tier = "public"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_subnet", read = "20m")]
pub struct Subnet {
    /// Identifier of the subnet; any when unset.
    pub id: Auto<String>,
    /// Zone by its name; any when unset.
    pub availability_zone: Auto<String>,
    /// Zone by its identifier; any when unset.
    pub availability_zone_id: Auto<String>,
    /// Range of IPv4 addresses; any when unset.
    pub cidr_block: Auto<String>,
    /// Whether it is the default subnet of its zone; either when unset.
    pub default_for_az: Auto<bool>,
    /// What the subnet must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Range of IPv6 addresses; any when unset.
    pub ipv6_cidr_block: Auto<String>,
    /// State that the subnet must be in; any when unset.
    pub state: Auto<String>,
    /// Tags that the subnet must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// VPC that the subnet is part of; any when unset.
    pub vpc_id: Auto<String>,
    /// ARN of the subnet.
    pub arn: Out<String>,
    /// Whether network interfaces made here get an IPv6 address.
    pub assign_ipv6_address_on_creation: Out<bool>,
    /// How many addresses are free.
    pub available_ip_address_count: Out<i32>,
    /// Pool of your own addresses on an Outpost.
    pub customer_owned_ipv4_pool: Out<String>,
    /// Whether the resolver makes IPv6 addresses up for names that have only IPv4 ones.
    pub enable_dns64: Out<bool>,
    /// Interface index at which instances on an Outpost get a local network.
    pub enable_lni_at_device_index: Out<i32>,
    /// Whether instances' resource names resolve to IPv4 addresses.
    pub enable_resource_name_dns_a_record_on_launch: Out<bool>,
    /// Whether instances' resource names resolve to IPv6 addresses.
    pub enable_resource_name_dns_aaaa_record_on_launch: Out<bool>,
    /// Association of the IPv6 range with the subnet.
    pub ipv6_cidr_block_association_id: Out<String>,
    /// Whether the subnet has IPv6 addresses only.
    pub ipv6_native: Out<bool>,
    /// Whether interfaces made here get an address of your own pool.
    pub map_customer_owned_ip_on_launch: Out<bool>,
    /// Whether instances launched here get a public IPv4 address.
    pub map_public_ip_on_launch: Out<bool>,
    /// ARN of the Outpost that the subnet is on.
    pub outpost_arn: Out<String>,
    /// Account that owns the subnet.
    pub owner_id: Out<String>,
    /// What instances' host names are made of.
    pub private_dns_hostname_type_on_launch: Out<String>,
}

impl DataSource for Subnet {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut wanted = filters(&self.filter, self.tags.get());
        wanted.extend(by("subnet-id", self.id.given()));
        wanted.extend(by("availability-zone", self.availability_zone.given()));
        wanted.extend(by("availability-zone-id", self.availability_zone_id.given()));
        wanted.extend(by("cidr-block", self.cidr_block.given()));
        wanted.extend(by("default-for-az", self.default_for_az.given().map(|it| it.to_string())));
        let range = self.ipv6_cidr_block.given();
        wanted.extend(by("ipv6-cidr-block-association.ipv6-cidr-block", range));
        wanted.extend(by("state", self.state.given()));
        wanted.extend(by("vpc-id", self.vpc_id.given()));
        let call = aws.ec2().describe_subnets().set_filters(some(wanted));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let subnet = one("subnet", found?)?;
        let id = Id::need(subnet.subnet_id.clone())?;
        self.tell(subnet);
        Ok(id)
    }
}

impl Subnet {
    fn tell(&mut self, subnet: types::Subnet) {
        let range = subnet.ipv6_cidr_block_association_set().iter().find(|it| {
            let state = it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref());
            state == Some(&types::SubnetCidrBlockStateCode::Associated)
        });
        self.ipv6_cidr_block.set(range.and_then(|it| it.ipv6_cidr_block.clone()));
        self.ipv6_cidr_block_association_id.set(range.and_then(|it| it.association_id.clone()));
        let names = subnet.private_dns_name_options_on_launch;
        let names = names.as_ref();
        self.enable_resource_name_dns_a_record_on_launch
            .set(names.and_then(|it| it.enable_resource_name_dns_a_record));
        self.enable_resource_name_dns_aaaa_record_on_launch
            .set(names.and_then(|it| it.enable_resource_name_dns_aaaa_record));
        self.private_dns_hostname_type_on_launch
            .set(names.and_then(|it| it.hostname_type.as_ref()).map(ToString::to_string));
        self.id.set(subnet.subnet_id);
        self.arn.set(subnet.subnet_arn);
        self.assign_ipv6_address_on_creation.set(subnet.assign_ipv6_address_on_creation);
        self.availability_zone.set(subnet.availability_zone);
        self.availability_zone_id.set(subnet.availability_zone_id);
        self.available_ip_address_count.set(subnet.available_ip_address_count);
        self.cidr_block.set(subnet.cidr_block);
        self.customer_owned_ipv4_pool.set(subnet.customer_owned_ipv4_pool);
        self.default_for_az.set(subnet.default_for_az);
        self.enable_dns64.set(subnet.enable_dns64);
        self.enable_lni_at_device_index.set(subnet.enable_lni_at_device_index);
        self.ipv6_native.set(subnet.ipv6_native);
        self.map_customer_owned_ip_on_launch.set(subnet.map_customer_owned_ip_on_launch);
        self.map_public_ip_on_launch.set(subnet.map_public_ip_on_launch);
        self.outpost_arn.set(subnet.outpost_arn);
        self.owner_id.set(subnet.owner_id);
        self.state.set(subnet.state.map(|it| it.to_string()));
        self.tags.set(pairs(subnet.tags).collect::<BTreeMap<_, _>>());
        self.vpc_id.set(subnet.vpc_id);
    }
}
