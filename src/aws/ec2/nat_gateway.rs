//! `aws_nat_gateway`: a way out of private subnets.
//!
//! Longer than most: a gateway is public or private, zonal or regional, and each of the four keeps
//! its further addresses in another way.

use std::collections::BTreeMap;

use super::prelude::*;
use crate::schema::Given;
use types::{AvailabilityMode, ConnectivityType, NatGatewayAddress, NatGatewayState};

/// Lets private subnets open connections outward without being reachable from outside.
///
/// ```hcl
/// resource "aws_nat_gateway" "zone" {
///   subnet_id     = "subnet-0123456789abcdef0"
///   allocation_id = aws_eip.nat.allocation_id
/// }
///
/// resource "aws_eip" "nat" {}
/// ```
#[derive(Debug, Resource)]
#[resource("aws_nat_gateway", tags = "natgateway", create = "10m", update = "10m", delete = "30m")]
pub struct NatGateway {
    /// Elastic IP to answer from; public zonal gateways only.
    #[attr(replace)]
    pub allocation_id: Option<String>,
    /// `zonal` sits in one subnet, `regional` spans the zones of a VPC; zonal when unset.
    #[attr(replace)]
    pub availability_mode: Auto<AvailabilityMode>,
    /// `public` answers from an Elastic IP; `private` only reaches your other networks.
    #[attr(replace, default = "public")]
    pub connectivity_type: ConnectivityType,
    /// Address inside the subnet; AWS picks one when unset.
    #[attr(replace, format = "ipv4_address")]
    pub private_ip: Auto<String>,
    /// Further Elastic IPs of a public gateway; none when unset.
    pub secondary_allocation_ids: Auto<Set<String>>,
    /// How many further addresses a private gateway has; none when unset.
    #[attr(conflicts("secondary_private_ip_addresses"), may_replace)]
    pub secondary_private_ip_address_count: Auto<i32>,
    /// Further addresses of a private gateway; AWS picks them when only their number is given.
    #[attr(conflicts("secondary_private_ip_address_count"))]
    pub secondary_private_ip_addresses: Auto<Set<String>>,
    /// Subnet the gateway sits in; zonal gateways only.
    #[attr(replace)]
    pub subnet_id: Option<String>,
    /// VPC the gateway spans; regional gateways only, that of the subnet otherwise.
    #[attr(replace)]
    pub vpc_id: Auto<String>,
    /// Elastic IPs of a regional gateway by zone; AWS provides zones and addresses when unset.
    #[attr(may_replace)]
    pub availability_zone_address: BlockSet<ZoneAddress>,
    /// Association of the Elastic IP with the gateway.
    pub association_id: Out<String>,
    /// Whether a regional gateway grows into further zones by itself.
    pub auto_provision_zones: Out<String>,
    /// Whether a regional gateway takes further Elastic IPs by itself.
    pub auto_scaling_ips: Out<String>,
    /// Network interface that the gateway answers with.
    pub network_interface_id: Out<String>,
    /// Address that the outside sees.
    pub public_ip: Out<String>,
    /// Addresses of a regional gateway.
    pub regional_nat_gateway_address: Out<Set<RegionalAddress>>,
    /// Whether AWS provides zones and addresses of a regional gateway.
    pub regional_nat_gateway_auto_mode: Out<String>,
    /// Route table of a regional gateway.
    pub route_table_id: Out<String>,
    /// Tags of the gateway.
    pub tags: Tags,
}

/// Elastic IPs of a regional gateway in one zone.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ZoneAddress {
    /// Elastic IPs to answer from in this zone.
    pub allocation_ids: Option<Set<String>>,
    /// Name of the zone.
    pub availability_zone: Option<String>,
    /// Identifier of the zone; that of the named one when unset.
    pub availability_zone_id: Auto<String>,
}

/// One address of a regional gateway.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RegionalAddress {
    /// Elastic IP.
    pub allocation_id: Out<String>,
    /// Association of the Elastic IP with the gateway.
    pub association_id: Out<String>,
    /// Name of the zone.
    pub availability_zone: Out<String>,
    /// Identifier of the zone.
    pub availability_zone_id: Out<String>,
    /// Network interface that the gateway answers with.
    pub network_interface_id: Out<String>,
    /// Address that the outside sees.
    pub public_ip: Out<String>,
    /// How far along the address is.
    pub status: Out<String>,
}

impl Driver for NatGateway {
    type Cloud = Aws;
    type Seen = types::NatGateway;

    fn replaces(argument: &str, is: &NatGatewayDraft<'_>, will_be: &NatGatewayDraft<'_>) -> bool {
        let by_hand = |it: &NatGatewayDraft<'_>| {
            it.value("availability_zone_address").as_slice().map(|zones| !zones.is_empty())
        };
        match argument {
            "secondary_private_ip_address_count" => {
                is.connectivity_type() == Given::Known(ConnectivityType::Private)
            }
            // Zones are provided by AWS or by hand from the beginning.
            _ => {
                let regional = is.availability_mode() == Given::Known(AvailabilityMode::Regional);
                regional && by_hand(will_be).is_some_and(|it| Some(it) != by_hand(is))
            }
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let regional = self.availability_mode.get() == Some(&AvailabilityMode::Regional);
        let zones = self.availability_zone_address.0.iter().map(ZoneAddress::given).collect();
        let made = aws
            .ec2()
            .create_nat_gateway()
            .client_token(op.token())
            .set_allocation_id(self.allocation_id.clone())
            .set_availability_mode(self.availability_mode.given())
            .connectivity_type(self.connectivity_type.clone())
            .set_private_ip_address(self.private_ip.given())
            .set_secondary_allocation_ids(some(self.secondary_allocation_ids.given()))
            .set_secondary_private_ip_address_count(self.secondary_private_ip_address_count.given())
            .set_secondary_private_ip_addresses(some(self.secondary_private_ip_addresses.given()))
            .set_subnet_id(self.subnet_id.clone())
            .set_vpc_id(self.vpc_id.given().filter(|_| regional))
            .set_availability_zone_addresses(Some(zones).filter(|it: &Vec<_>| !it.is_empty()))
            .set_tag_specifications(tagged(types::ResourceType::Natgateway, &self.tags))
            .send()
            .await?;
        Id::need(made.nat_gateway.and_then(|it| it.nat_gateway_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::NatGateway>> {
        aws.load::<NatGateways>(id).await
    }

    fn status(seen: &types::NatGateway) -> Status {
        let changing = addresses(seen).filter_map(|it| it.status.as_ref()).find(|it| {
            matches!(it.as_str(), "assigning" | "associating" | "disassociating" | "unassigning")
        });
        match (seen.state.as_ref(), changing) {
            (Some(NatGatewayState::Available), None) => Status::Ready,
            (Some(NatGatewayState::Available), Some(address)) => Status::busy(address.as_str()),
            (Some(NatGatewayState::Deleted) | None, _) => Status::Gone,
            (Some(NatGatewayState::Failed), _) => {
                let (code, message) = (seen.failure_code(), seen.failure_message());
                Status::failed([code, message].into_iter().flatten().collect::<Vec<_>>().join(": "))
            }
            (Some(other), _) => Status::busy(other.as_str()),
        }
    }

    fn observe(&mut self, seen: types::NatGateway) {
        let regional = seen.availability_mode == Some(AvailabilityMode::Regional);
        let primary =
            addresses(&seen).find(|it| it.is_primary != Some(false)).filter(|_| !regional);
        self.allocation_id = primary.and_then(|it| it.allocation_id.clone());
        self.association_id.set(primary.and_then(|it| it.association_id.clone()));
        self.network_interface_id.set(primary.and_then(|it| it.network_interface_id.clone()));
        self.private_ip.set(primary.and_then(|it| it.private_ip.clone()));
        self.public_ip.set(primary.and_then(|it| it.public_ip.clone()));
        let further = || addresses(&seen).filter(|it| it.is_primary == Some(false) && !regional);
        let allocations: Set<String> =
            further().filter_map(|it| it.allocation_id.clone()).collect();
        self.secondary_allocation_ids.set(allocations);
        let public = seen.connectivity_type != Some(ConnectivityType::Private);
        let own: Set<String> =
            further().filter(|_| !public).filter_map(|it| it.private_ip.clone()).collect();
        self.secondary_private_ip_address_count.set(i32::try_from(own.0.len()).ok());
        self.secondary_private_ip_addresses.set(own);
        let by_hand =
            seen.auto_provision_zones.as_ref().is_some_and(|it| it.as_str() == "disabled");
        if regional && by_hand {
            self.availability_zone_address = BlockSet(zones(&seen));
        }
        let mode = regional.then(|| if by_hand { "disabled" } else { "enabled" }.to_string());
        self.regional_nat_gateway_auto_mode.set(mode);
        let all =
            addresses(&seen).filter(|_| regional).map(RegionalAddress::from).collect::<Set<_>>();
        self.regional_nat_gateway_address.set(all);
        self.auto_provision_zones.set(seen.auto_provision_zones.as_ref().map(|it| it.to_string()));
        self.auto_scaling_ips.set(seen.auto_scaling_ips.as_ref().map(|it| it.to_string()));
        self.availability_mode.set(seen.availability_mode);
        if let Some(it) = seen.connectivity_type {
            self.connectivity_type = it;
        }
        self.subnet_id = seen.subnet_id.filter(|_| !regional);
        self.vpc_id.set(seen.vpc_id);
        self.route_table_id.set(seen.route_table_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.secondary_allocation_ids.differs(&have.secondary_allocation_ids) {
            return self.change_allocations(have, id, aws).await;
        }
        if self.secondary_private_ip_addresses.differs(&have.secondary_private_ip_addresses) {
            return self.change_private(have, id, aws).await;
        }
        let more = self.secondary_private_ip_address_count.given().unwrap_or_default()
            - have.secondary_private_ip_address_count.given().unwrap_or_default();
        if self.secondary_private_ip_address_count.given().is_some() && more > 0 {
            let call = aws.ec2().assign_private_nat_gateway_address().nat_gateway_id(&**id);
            call.private_ip_address_count(more).send().await?;
            return Ok(());
        }
        if self.availability_zone_address != have.availability_zone_address {
            return self.change_zones(have, id, aws).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ec2().delete_nat_gateway().nat_gateway_id(&**id).send().await?;
        Ok(())
    }
}

impl NatGateway {
    async fn change_allocations(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let want = self.secondary_allocation_ids.given().unwrap_or_default();
        let now = have.secondary_allocation_ids.given().unwrap_or_default();
        let (new, old) = (want.minus(&now), now.minus(&want));
        match new.is_empty() {
            true => leave(aws, id, &old).await,
            false => {
                let call = aws.ec2().associate_nat_gateway_address().nat_gateway_id(&**id);
                call.set_allocation_ids(Some(new)).send().await?;
                Ok(())
            }
        }
    }

    async fn change_private(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let want = self.secondary_private_ip_addresses.given().unwrap_or_default();
        let now = have.secondary_private_ip_addresses.given().unwrap_or_default();
        let (new, old) = (want.minus(&now), now.minus(&want));
        if new.is_empty() {
            let call = aws.ec2().unassign_private_nat_gateway_address().nat_gateway_id(&**id);
            call.set_private_ip_addresses(Some(old)).send().await?;
        } else {
            let call = aws.ec2().assign_private_nat_gateway_address().nat_gateway_id(&**id);
            call.set_private_ip_addresses(Some(new)).send().await?;
        }
        Ok(())
    }

    /// One zone that lacks addresses gets them; where none lacks any, those too many leave.
    async fn change_zones(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let now: Set<String> =
            have.availability_zone_address.0.iter().flat_map(ZoneAddress::ids).collect();
        for zone in &self.availability_zone_address.0 {
            let new = zone.ids().collect::<Set<_>>().minus(&now);
            if !new.is_empty() {
                let call = aws.ec2().associate_nat_gateway_address().nat_gateway_id(&**id);
                call.set_allocation_ids(Some(new))
                    .set_availability_zone(zone.availability_zone.clone())
                    .set_availability_zone_id(zone.chosen_id())
                    .send()
                    .await?;
                return Ok(());
            }
        }
        let want: Set<String> =
            self.availability_zone_address.0.iter().flat_map(ZoneAddress::ids).collect();
        leave(aws, id, &now.minus(&want)).await
    }
}

impl ZoneAddress {
    fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.allocation_ids.iter().flat_map(|it| it.0.iter().cloned())
    }

    /// The zone's identifier where it has no name: AWS takes one of the two.
    fn chosen_id(&self) -> Option<String> {
        self.availability_zone_id.given().filter(|_| self.availability_zone.is_none())
    }

    fn given(&self) -> types::AvailabilityZoneAddress {
        types::AvailabilityZoneAddress::builder()
            .set_availability_zone(self.availability_zone.clone())
            .set_availability_zone_id(self.chosen_id())
            .set_allocation_ids(self.allocation_ids.clone().map(|it| it.0))
            .build()
    }
}

impl From<&NatGatewayAddress> for RegionalAddress {
    fn from(it: &NatGatewayAddress) -> Self {
        RegionalAddress {
            allocation_id: it.allocation_id.clone().into(),
            association_id: it.association_id.clone().into(),
            availability_zone: it.availability_zone.clone().into(),
            availability_zone_id: it.availability_zone_id.clone().into(),
            network_interface_id: it.network_interface_id.clone().into(),
            public_ip: it.public_ip.clone().into(),
            status: it.status.as_ref().map(|it| it.to_string()).into(),
        }
    }
}

fn addresses(seen: &types::NatGateway) -> impl Iterator<Item = &NatGatewayAddress> {
    let gone =
        |it: &&NatGatewayAddress| it.status.as_ref().is_none_or(|it| it.as_str() != "failed");
    seen.nat_gateway_addresses().iter().filter(gone)
}

/// Addresses of a regional gateway by zone.
fn zones(seen: &types::NatGateway) -> Vec<ZoneAddress> {
    let mut zones: BTreeMap<(Option<String>, Option<String>), Vec<String>> = BTreeMap::new();
    for it in addresses(seen) {
        let zone = (it.availability_zone.clone(), it.availability_zone_id.clone());
        zones.entry(zone).or_default().extend(it.allocation_id.clone());
    }
    let zone = |((name, id), ids): ((Option<String>, Option<String>), Vec<String>)| {
        let mut it = ZoneAddress {
            allocation_ids: Some(Set(ids)),
            availability_zone: name,
            availability_zone_id: Auto::default(),
        };
        it.availability_zone_id.set(id);
        it
    };
    zones.into_iter().map(zone).collect()
}

/// Takes Elastic IPs from a gateway, which names them by their associations.
async fn leave(aws: &Aws, id: &Id, allocations: &[String]) -> Result<()> {
    let Some(seen) = NatGateway::find(id, aws).await? else { return Ok(()) };
    let leaving = addresses(&seen)
        .filter(|it| it.allocation_id.as_ref().is_some_and(|it| allocations.contains(it)));
    let associations = leaving.filter_map(|it| it.association_id.clone()).collect();
    let call = aws.ec2().disassociate_nat_gateway_address().nat_gateway_id(&**id);
    call.set_association_ids(Some(associations)).send().await?;
    Ok(())
}

fn some(set: Option<Set<String>>) -> Option<Vec<String>> {
    set.map(|it| it.0).filter(|it| !it.is_empty())
}

/// Every gateway being read right now, in one call.
struct NatGateways;

impl Batch for NatGateways {
    type Item = types::NatGateway;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::NatGateway>> {
        let call = aws.ec2().describe_nat_gateways().filter(filter("nat-gateway-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.nat_gateway_id.clone()))
    }
}
