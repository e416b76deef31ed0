//! `aws_subnet`: a part of a VPC in one zone.
//!
//! Longer than most: AWS changes a subnet's settings one at a time.

use super::prelude::*;
use crate::schema::Given;
use types::{HostnameType, SubnetCidrBlockStateCode, SubnetState};

/// Part of a VPC's addresses, in one availability zone.
///
/// ```hcl
/// resource "aws_subnet" "private" {
///   vpc_id            = "vpc-0123456789abcdef0"
///   cidr_block        = "10.0.1.0/24"
///   availability_zone = "eu-central-1a"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_subnet", tags = "subnet", create = "10m", delete = "20m")]
pub struct Subnet {
    /// VPC that the subnet is part of.
    #[attr(replace)]
    pub vpc_id: String,
    /// Range of IPv4 addresses, such as `10.0.1.0/24`; from the IPAM pool, or none, when unset.
    #[attr(replace, conflicts("ipv4_netmask_length"), format = "ipv4_cidr_network")]
    pub cidr_block: Auto<String>,
    /// Zone by its name, such as `eu-central-1a`; AWS picks one when unset.
    #[attr(replace, conflicts("availability_zone_id"))]
    pub availability_zone: Auto<String>,
    /// Zone by its identifier, such as `euc1-az2`, which is the same in every account.
    #[attr(replace, conflicts("availability_zone"))]
    pub availability_zone_id: Auto<String>,
    /// Whether network interfaces made here get an IPv6 address.
    #[attr(default = false)]
    pub assign_ipv6_address_on_creation: bool,
    /// Pool of your own addresses on an Outpost; none when unset.
    #[attr(required_with("map_customer_owned_ip_on_launch", "outpost_arn"))]
    pub customer_owned_ipv4_pool: Option<String>,
    /// Whether the resolver makes IPv6 addresses up for names that have only IPv4 ones.
    #[attr(default = false)]
    pub enable_dns64: bool,
    /// Interface index at which instances on an Outpost get a local network; none when unset.
    #[attr(range(1, ..))]
    pub enable_lni_at_device_index: Option<i32>,
    /// Whether instances' resource names resolve to IPv4 addresses.
    #[attr(default = false)]
    pub enable_resource_name_dns_a_record_on_launch: bool,
    /// Whether instances' resource names resolve to IPv6 addresses.
    #[attr(default = false)]
    pub enable_resource_name_dns_aaaa_record_on_launch: bool,
    /// IPAM pool to take the IPv4 range from; none when unset.
    #[attr(replace, conflicts("customer_owned_ipv4_pool"))]
    pub ipv4_ipam_pool_id: Option<String>,
    /// Size of the IPv4 range to take from the pool; the pool's default when unset.
    #[attr(
        replace,
        range(16, 28),
        conflicts("cidr_block", "customer_owned_ipv4_pool"),
        required_with("ipv4_ipam_pool_id")
    )]
    pub ipv4_netmask_length: Option<i32>,
    /// Range of IPv6 addresses, a part of the VPC's; none when unset.
    #[attr(format = "ipv6_cidr_network", may_replace)]
    pub ipv6_cidr_block: Auto<String>,
    /// IPAM pool to take the IPv6 range from; none when unset.
    #[attr(replace)]
    pub ipv6_ipam_pool_id: Option<String>,
    /// Whether the subnet has IPv6 addresses only.
    #[attr(replace, default = false)]
    pub ipv6_native: bool,
    /// Size of the IPv6 range to take from the pool: 44 to 64 by fours; the pool's default when unset.
    #[attr(
        replace,
        conflicts("ipv6_cidr_block"),
        numbers(44, 48, 52, 56, 60, 64),
        required_with("ipv6_ipam_pool_id")
    )]
    pub ipv6_netmask_length: Option<i32>,
    /// Whether interfaces made here get an address of your own pool; not when unset.
    #[attr(required_with("customer_owned_ipv4_pool", "outpost_arn"))]
    pub map_customer_owned_ip_on_launch: Option<bool>,
    /// Whether instances launched here get a public IPv4 address.
    #[attr(default = false)]
    pub map_public_ip_on_launch: bool,
    /// ARN of the Outpost that the subnet is on; none when unset.
    #[attr(replace, format = "arn")]
    pub outpost_arn: Option<String>,
    /// What instances' host names are made of: `ip-name` or `resource-name`; AWS chooses when unset.
    pub private_dns_hostname_type_on_launch: Auto<HostnameType>,
    /// ARN of the subnet.
    pub arn: Out<String>,
    /// Association of the IPv6 range with the subnet.
    pub ipv6_cidr_block_association_id: Out<String>,
    /// Account that owns the subnet.
    pub owner_id: Out<String>,
    /// Tags of the subnet.
    pub tags: Tags,
}

impl Driver for Subnet {
    type Cloud = Aws;
    type Seen = types::Subnet;

    fn replaces(_: &str, is: &SubnetDraft<'_>, _: &SubnetDraft<'_>) -> bool {
        // One that has no other addresses cannot be without.
        is.ipv6_native() == Given::Known(true)
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(id) = resumed(aws, op).await? {
            return Ok(id);
        }
        let made = aws
            .ec2()
            .create_subnet()
            .vpc_id(&self.vpc_id)
            .set_cidr_block(self.cidr_block.given().filter(|_| self.ipv4_netmask_length.is_none()))
            .set_availability_zone(self.availability_zone.given())
            .set_availability_zone_id(self.availability_zone_id.given())
            .set_ipv4_ipam_pool_id(self.ipv4_ipam_pool_id.clone())
            .set_ipv4_netmask_length(self.ipv4_netmask_length)
            .set_ipv6_cidr_block(self.ipv6_cidr_block.given())
            .set_ipv6_ipam_pool_id(self.ipv6_ipam_pool_id.clone())
            .set_ipv6_native(self.ipv6_native.then_some(true))
            .set_ipv6_netmask_length(self.ipv6_netmask_length)
            .set_outpost_arn(self.outpost_arn.clone())
            .set_tag_specifications(tagged_with_token(types::ResourceType::Subnet, &self.tags, op))
            .customize()
            .config_override(once())
            .send()
            .await?;
        Id::need(made.subnet.and_then(|it| it.subnet_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::Subnet>> {
        aws.load::<Subnets>(id).await
    }

    fn status(seen: &types::Subnet) -> Status {
        let states = seen.ipv6_cidr_block_association_set().iter();
        let mut states = states.filter_map(|it| it.ipv6_cidr_block_state.as_ref()?.state.as_ref());
        let changing = states.find(|it| matches!(it.as_str(), "associating" | "disassociating"));
        match (seen.state.as_ref(), changing) {
            (Some(SubnetState::Available), None) => Status::Ready,
            (Some(SubnetState::Available), Some(range)) => {
                Status::busy(format!("IPv6 range {}", range.as_str()))
            }
            (Some(SubnetState::Pending), _) => Status::busy("pending"),
            (Some(other), _) => Status::failed(other.as_str()),
            (None, _) => Status::Gone,
        }
    }

    fn observe(&mut self, seen: types::Subnet) {
        let range = seen.ipv6_cidr_block_association_set().iter().find(|it| {
            let state = it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref());
            state == Some(&SubnetCidrBlockStateCode::Associated)
        });
        self.ipv6_cidr_block.set(range.and_then(|it| it.ipv6_cidr_block.clone()));
        self.ipv6_cidr_block_association_id.set(range.and_then(|it| it.association_id.clone()));
        self.arn.set(seen.subnet_arn);
        self.assign_ipv6_address_on_creation = seen.assign_ipv6_address_on_creation == Some(true);
        self.availability_zone.set(seen.availability_zone);
        self.availability_zone_id.set(seen.availability_zone_id);
        self.cidr_block.set(seen.cidr_block.filter(|it| !it.is_empty()));
        self.customer_owned_ipv4_pool = seen.customer_owned_ipv4_pool.filter(|it| !it.is_empty());
        self.enable_dns64 = seen.enable_dns64 == Some(true);
        self.enable_lni_at_device_index = seen.enable_lni_at_device_index.filter(|it| *it > 0);
        self.ipv6_native = seen.ipv6_native == Some(true);
        self.map_customer_owned_ip_on_launch = unless_false(
            self.map_customer_owned_ip_on_launch,
            seen.map_customer_owned_ip_on_launch,
        );
        self.map_public_ip_on_launch = seen.map_public_ip_on_launch == Some(true);
        self.outpost_arn = seen.outpost_arn.filter(|it| !it.is_empty());
        self.owner_id.set(seen.owner_id);
        if let Some(names) = seen.private_dns_name_options_on_launch {
            let (a, aaaa) = (
                names.enable_resource_name_dns_a_record,
                names.enable_resource_name_dns_aaaa_record,
            );
            self.enable_resource_name_dns_a_record_on_launch = a == Some(true);
            self.enable_resource_name_dns_aaaa_record_on_launch = aaaa == Some(true);
            self.private_dns_hostname_type_on_launch.set(names.hostname_type);
        }
        if let Some(vpc) = seen.vpc_id {
            self.vpc_id = vpc;
        }
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let modify = aws.ec2().modify_subnet_attribute().subnet_id(&**id);
        if self.ipv6_cidr_block.differs(&have.ipv6_cidr_block) {
            return self.change_range(have, id, aws).await;
        }
        let change = if self.map_public_ip_on_launch != have.map_public_ip_on_launch {
            modify.map_public_ip_on_launch(flag(self.map_public_ip_on_launch))
        } else if self.assign_ipv6_address_on_creation != have.assign_ipv6_address_on_creation {
            modify.assign_ipv6_address_on_creation(flag(self.assign_ipv6_address_on_creation))
        } else if self.enable_dns64 != have.enable_dns64 {
            modify.enable_dns64(flag(self.enable_dns64))
        } else if self.enable_resource_name_dns_a_record_on_launch
            != have.enable_resource_name_dns_a_record_on_launch
        {
            let on = self.enable_resource_name_dns_a_record_on_launch;
            modify.enable_resource_name_dns_a_record_on_launch(flag(on))
        } else if self.enable_resource_name_dns_aaaa_record_on_launch
            != have.enable_resource_name_dns_aaaa_record_on_launch
        {
            let on = self.enable_resource_name_dns_aaaa_record_on_launch;
            modify.enable_resource_name_dns_aaaa_record_on_launch(flag(on))
        } else if self
            .private_dns_hostname_type_on_launch
            .differs(&have.private_dns_hostname_type_on_launch)
        {
            let kind = self.private_dns_hostname_type_on_launch.given();
            modify.set_private_dns_hostname_type_on_launch(kind)
        } else if self.customer_owned_ipv4_pool != have.customer_owned_ipv4_pool
            || self.map_customer_owned_ip_on_launch != have.map_customer_owned_ip_on_launch
        {
            let map = self.map_customer_owned_ip_on_launch == Some(true);
            modify
                .map_customer_owned_ip_on_launch(flag(map))
                .set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone())
        } else if self.enable_lni_at_device_index != have.enable_lni_at_device_index {
            match self.enable_lni_at_device_index {
                Some(index) => modify.enable_lni_at_device_index(index),
                None => modify.disable_lni_at_device_index(flag(true)),
            }
        } else {
            return aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await;
        };
        change.send().await?;
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ec2().delete_subnet().subnet_id(&**id).send().await?;
        Ok(())
    }
}

impl Subnet {
    /// The old IPv6 range leaves first; the next step brings the new one.
    async fn change_range(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if let Some(association) = have.ipv6_cidr_block_association_id.get() {
            let call = aws.ec2().disassociate_subnet_cidr_block();
            call.association_id(association).send().await?;
        } else {
            let call = aws.ec2().associate_subnet_cidr_block().subnet_id(&**id);
            call.set_ipv6_cidr_block(self.ipv6_cidr_block.given()).send().await?;
        }
        Ok(())
    }
}

/// Every subnet being read right now, in one call.
struct Subnets;

impl Batch for Subnets {
    type Item = types::Subnet;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::Subnet>> {
        let call = aws.ec2().describe_subnets().filters(filter("subnet-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.subnet_id.clone()))
    }
}
