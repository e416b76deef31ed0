//! `aws_vpc`: a network of its own.
//!
//! Longer than most: AWS tells a VPC's settings one at a time, and what it made along with the VPC
//! (security group, route table, ACL) from three more places.

use super::acls::NetworkAcls;
use super::groups::SecurityGroups;
use super::prelude::*;
use super::routes::RouteTables;
use crate::schema::Given;
use types::{IpSource, Tenancy, VpcAttributeName, VpcCidrBlockStateCode, VpcState, VpcTenancy};

/// A network of its own, in which subnets, gateways and everything with an address live.
///
/// ```hcl
/// resource "aws_vpc" "main" {
///   cidr_block           = "10.0.0.0/16"
///   enable_dns_hostnames = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_vpc", tags = "vpc")]
pub struct Vpc {
    /// Range of IPv4 addresses, such as `10.0.0.0/16`; AWS takes one from the IPAM pool when unset.
    #[attr(
        replace,
        conflicts("ipv4_netmask_length"),
        format = "cidr_network",
        prefix(16, 28),
        at_least_one_of("cidr_block", "ipv4_ipam_pool_id")
    )]
    pub cidr_block: Auto<String>,
    /// Whether AWS gives the network a /56 of its own IPv6 addresses; none when unset.
    #[attr(conflicts("ipv6_ipam_pool_id"))]
    pub assign_generated_ipv6_cidr_block: Option<bool>,
    /// Whether instances get public DNS names; not when unset.
    pub enable_dns_hostnames: Auto<bool>,
    /// Whether the network has AWS's DNS resolver.
    #[attr(default = true)]
    pub enable_dns_support: bool,
    /// Whether AWS counts the addresses in use; not when unset.
    pub enable_network_address_usage_metrics: Auto<bool>,
    /// `dedicated` puts every instance on hardware of its own; that cannot be switched on later.
    #[attr(default = "default", one_of("dedicated", "default"), may_replace)]
    pub instance_tenancy: Tenancy,
    /// IPAM pool to take the IPv4 range from; none when unset.
    #[attr(replace)]
    pub ipv4_ipam_pool_id: Option<String>,
    /// Size of the IPv4 range to take from the pool; the pool's default when unset.
    #[attr(replace, range(16, 28), conflicts("cidr_block"), required_with("ipv4_ipam_pool_id"))]
    pub ipv4_netmask_length: Option<i32>,
    /// Range of IPv6 addresses from the IPAM pool; AWS chooses when unset.
    #[attr(
        conflicts("assign_generated_ipv6_cidr_block", "ipv6_netmask_length"),
        format = "ipv6_cidr_network",
        required_with("ipv6_ipam_pool_id")
    )]
    pub ipv6_cidr_block: Auto<String>,
    /// Zone group that advertises the IPv6 range; the region when unset.
    #[attr(required_with("assign_generated_ipv6_cidr_block"))]
    pub ipv6_cidr_block_network_border_group: Auto<String>,
    /// IPAM pool to take the IPv6 range from; none when unset.
    #[attr(conflicts("assign_generated_ipv6_cidr_block"))]
    pub ipv6_ipam_pool_id: Option<String>,
    /// Size of the IPv6 range to take from the pool: 44 to 60 by fours; the pool's default when unset.
    #[attr(
        conflicts("ipv6_cidr_block"),
        numbers(44, 48, 52, 56, 60),
        required_with("ipv6_ipam_pool_id")
    )]
    pub ipv6_netmask_length: Option<i32>,
    /// ARN of the VPC.
    pub arn: Out<String>,
    /// Network ACL that AWS made along with the VPC.
    pub default_network_acl_id: Out<String>,
    /// Route table that AWS made along with the VPC.
    pub default_route_table_id: Out<String>,
    /// Security group that AWS made along with the VPC.
    pub default_security_group_id: Out<String>,
    /// DHCP options that the VPC uses.
    pub dhcp_options_id: Out<String>,
    /// Association of the IPv6 range with the VPC.
    pub ipv6_association_id: Out<String>,
    /// Route table of subnets that name no other.
    pub main_route_table_id: Out<String>,
    /// Account that owns the VPC.
    pub owner_id: Out<String>,
    /// Tags of the VPC.
    pub tags: Tags,
}

/// A VPC with what AWS tells of it elsewhere.
#[derive(Default)]
pub struct Seen {
    arn: String,
    vpc: Option<types::Vpc>,
    dns_support: Option<bool>,
    dns_hostnames: Option<bool>,
    usage_metrics: Option<bool>,
    group: Option<String>,
    table: Option<String>,
    acl: Option<String>,
}

impl Driver for Vpc {
    type Cloud = Aws;
    type Seen = Seen;

    fn replaces(_: &str, _: &VpcDraft<'_>, will_be: &VpcDraft<'_>) -> bool {
        // AWS takes it back, but does not give it to a VPC that is there.
        will_be.instance_tenancy() == Given::Known(Tenancy::Dedicated)
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(id) = resumed(aws, op).await? {
            return Ok(id);
        }
        let made = aws
            .ec2()
            .create_vpc()
            .set_cidr_block(self.cidr_block.given().filter(|_| self.ipv4_netmask_length.is_none()))
            .set_amazon_provided_ipv6_cidr_block(self.assign_generated_ipv6_cidr_block)
            .instance_tenancy(self.instance_tenancy.clone())
            .set_ipv4_ipam_pool_id(self.ipv4_ipam_pool_id.clone())
            .set_ipv4_netmask_length(self.ipv4_netmask_length)
            .set_ipv6_cidr_block(self.pool_range())
            .set_ipv6_cidr_block_network_border_group(self.border_group())
            .set_ipv6_ipam_pool_id(self.ipv6_ipam_pool_id.clone())
            .set_ipv6_netmask_length(self.ipv6_netmask_length)
            .set_tag_specifications(tagged_with_token(types::ResourceType::Vpc, &self.tags, op))
            .customize()
            .config_override(once())
            .send()
            .await?;
        Id::need(made.vpc.and_then(|it| it.vpc_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        Self::blank().look(id, aws).await
    }

    async fn look(&self, id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let acl = async {
            match aws.leaves::<Vpc>("default_network_acl_id", self.arn.get().is_some()) {
                true => Ok(self.default_network_acl_id.get().cloned()),
                false => Ok(aws.load::<NetworkAcls>(id).await?.and_then(|it| it.network_acl_id)),
            }
        };
        // At once, so that the groups and tables of the network are read along with its own.
        let (vpc, dns_support, dns_hostnames, usage_metrics, group, table, acl) = tokio::try_join!(
            aws.load::<Vpcs>(id),
            setting(aws, id, VpcAttributeName::EnableDnsSupport),
            setting(aws, id, VpcAttributeName::EnableDnsHostnames),
            setting(aws, id, VpcAttributeName::EnableNetworkAddressUsageMetrics),
            aws.load::<SecurityGroups>(id),
            aws.load::<RouteTables>(id),
            acl,
        )?;
        let Some(it) = vpc.as_ref() else { return Ok(None) };
        let arn = aws.arn("ec2", it.owner_id().unwrap_or_default(), format_args!("vpc/{id}"));
        let group = group.and_then(|it| it.group_id);
        let table = table.and_then(|it| it.route_table_id);
        Ok(Some(Seen { arn, vpc, dns_support, dns_hostnames, usage_metrics, group, table, acl }))
    }

    fn status(seen: &Seen) -> Status {
        let vpc = seen.vpc.as_ref();
        let changing = vpc.and_then(|it| {
            let states = it.ipv6_cidr_block_association_set().iter().filter_map(|it| {
                it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref())
            });
            states.map(|it| it.as_str()).find(|it| matches!(*it, "associating" | "disassociating"))
        });
        match (vpc.and_then(|it| it.state.as_ref()), changing) {
            (Some(VpcState::Available), None) => Status::Ready,
            (Some(VpcState::Available), Some(range)) => Status::busy(format!("IPv6 range {range}")),
            (Some(other), _) => Status::busy(other.as_str()),
            (None, _) => Status::Gone,
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Some(vpc) = seen.vpc else { return };
        let range = vpc.ipv6_cidr_block_association_set().iter().find(|it| {
            let state = it.ipv6_cidr_block_state.as_ref().and_then(|it| it.state.as_ref());
            state == Some(&VpcCidrBlockStateCode::Associated)
        });
        let generated = range.is_some_and(|it| {
            it.ip_source == Some(IpSource::Amazon) || it.ipv6_pool.as_deref() == Some("Amazon")
        });
        self.assign_generated_ipv6_cidr_block =
            unless_false(self.assign_generated_ipv6_cidr_block, Some(generated));
        self.ipv6_association_id.set(range.and_then(|it| it.association_id.clone()));
        self.ipv6_cidr_block.set(range.and_then(|it| it.ipv6_cidr_block.clone()));
        self.ipv6_cidr_block_network_border_group
            .set(range.and_then(|it| it.network_border_group.clone()));
        let pool = range.filter(|_| !generated).and_then(|it| it.ipv6_pool.clone());
        self.ipv6_ipam_pool_id = pool.filter(|it| it.starts_with("ipam-pool-"));
        if self.ipv6_ipam_pool_id.is_none() {
            self.ipv6_netmask_length = None;
        }
        self.arn.set(seen.arn);
        self.cidr_block.set(vpc.cidr_block);
        self.enable_dns_hostnames.set(seen.dns_hostnames);
        self.enable_dns_support = seen.dns_support.unwrap_or(self.enable_dns_support);
        self.enable_network_address_usage_metrics.set(seen.usage_metrics);
        if let Some(tenancy) = vpc.instance_tenancy {
            self.instance_tenancy = tenancy;
        }
        self.default_network_acl_id.set(seen.acl);
        self.default_security_group_id.set(seen.group);
        // Another table may become the main one; the default is the one that was first.
        if self.default_route_table_id.get().is_none() {
            self.default_route_table_id.set(seen.table.clone());
        }
        self.main_route_table_id.set(seen.table);
        self.dhcp_options_id.set(vpc.dhcp_options_id);
        self.owner_id.set(vpc.owner_id);
        self.tags.observe(pairs(vpc.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let modify = aws.ec2().modify_vpc_attribute().vpc_id(&**id);
        // Names need the resolver: it is switched on before them and off after them.
        if self.enable_dns_support && !have.enable_dns_support {
            modify.enable_dns_support(flag(true)).send().await?;
        } else if self.enable_dns_hostnames.differs(&have.enable_dns_hostnames) {
            modify
                .set_enable_dns_hostnames(self.enable_dns_hostnames.given().map(flag))
                .send()
                .await?;
        } else if self.enable_dns_support != have.enable_dns_support {
            modify.enable_dns_support(flag(self.enable_dns_support)).send().await?;
        } else if self
            .enable_network_address_usage_metrics
            .differs(&have.enable_network_address_usage_metrics)
        {
            let metrics = self.enable_network_address_usage_metrics.given().map(flag);
            modify.set_enable_network_address_usage_metrics(metrics).send().await?;
        } else if self.instance_tenancy != have.instance_tenancy {
            self.change_tenancy(id, aws).await?;
        } else if self.range_differs(have) {
            self.change_range(have, id, aws).await?;
        } else {
            aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await?;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ec2().delete_vpc().vpc_id(&**id).send().await?;
        Ok(())
    }
}

impl Vpc {
    async fn change_tenancy(&self, id: &Id, aws: &Aws) -> Result<()> {
        if self.instance_tenancy != Tenancy::Default {
            let why = "AWS cannot make `instance_tenancy` of an existing VPC `dedicated`";
            return Err(Failure::fatal(why).hint("replace the VPC: plan with `-replace`"));
        }
        let call = aws.ec2().modify_vpc_tenancy().vpc_id(&**id);
        call.instance_tenancy(VpcTenancy::Default).send().await?;
        Ok(())
    }

    fn generated(&self) -> bool {
        self.assign_generated_ipv6_cidr_block == Some(true)
    }

    fn pool_range(&self) -> Option<String> {
        self.ipv6_cidr_block
            .given()
            .filter(|_| self.ipv6_ipam_pool_id.is_some() && self.ipv6_netmask_length.is_none())
    }

    fn border_group(&self) -> Option<String> {
        self.ipv6_cidr_block_network_border_group.given().filter(|_| self.generated())
    }

    fn range_differs(&self, have: &Self) -> bool {
        self.generated() != have.generated()
            || self.ipv6_ipam_pool_id != have.ipv6_ipam_pool_id
            || (self.ipv6_ipam_pool_id.is_some()
                && self.ipv6_cidr_block.differs(&have.ipv6_cidr_block))
    }

    /// The old IPv6 range leaves first; the next step brings the new one.
    async fn change_range(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if let Some(association) = have.ipv6_association_id.get() {
            let call = aws.ec2().disassociate_vpc_cidr_block();
            call.association_id(association).send().await?;
            return Ok(());
        }
        let call = aws.ec2().associate_vpc_cidr_block().vpc_id(&**id);
        call.set_amazon_provided_ipv6_cidr_block(self.generated().then_some(true))
            .set_ipv6_cidr_block(self.pool_range())
            .set_ipv6_cidr_block_network_border_group(self.border_group())
            .set_ipv6_ipam_pool_id(self.ipv6_ipam_pool_id.clone())
            .set_ipv6_netmask_length(self.ipv6_netmask_length)
            .send()
            .await?;
        Ok(())
    }
}

/// One setting, which AWS tells one at a time.
pub(super) async fn setting(aws: &Aws, id: &str, name: VpcAttributeName) -> Result<Option<bool>> {
    let told = aws.ec2().describe_vpc_attribute().vpc_id(id).attribute(name).send().await?;
    let values = [
        told.enable_dns_support,
        told.enable_dns_hostnames,
        told.enable_network_address_usage_metrics,
    ];
    Ok(values.into_iter().flatten().find_map(|it| it.value))
}

/// Every VPC being read right now, in one call.
pub(super) struct Vpcs;

impl Batch for Vpcs {
    type Item = types::Vpc;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::Vpc>> {
        let call = aws.ec2().describe_vpcs().filters(filter("vpc-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.vpc_id.clone()))
    }
}
