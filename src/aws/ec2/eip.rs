//! `aws_eip`: a public IPv4 address that stays.

use super::prelude::*;
use types::{AddressAttributeName, DomainType};

/// Public IPv4 address that is yours until it is released, whatever it points at.
///
/// ```hcl
/// resource "aws_eip" "nat" {
///   domain = "vpc"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_eip", tags = "elastic-ip", update = "5m", delete = "3m", read = "15m")]
pub struct Eip {
    /// Address to take from a pool of your own, or to recover after its release; any when unset.
    #[attr(replace, local)]
    pub address: Option<String>,
    /// Private address to point at where the instance or interface has several; its first when unset.
    #[attr(local)]
    pub associate_with_private_ip: Option<String>,
    /// Pool of your own addresses on an Outpost; none when unset.
    pub customer_owned_ipv4_pool: Option<String>,
    /// Where the address is used; `vpc` when unset.
    #[attr(replace)]
    pub domain: Auto<DomainType>,
    /// Instance that the address points at; none when unset.
    pub instance: Auto<String>,
    /// IPAM pool to take the address from; AWS's own addresses when unset.
    #[attr(replace)]
    pub ipam_pool_id: Auto<String>,
    /// Zone group that advertises the address; the region when unset.
    #[attr(replace)]
    pub network_border_group: Auto<String>,
    /// Network interface that the address points at; none when unset.
    pub network_interface: Auto<String>,
    /// Pool to take the address from; AWS's own addresses when unset.
    #[attr(replace)]
    pub public_ipv4_pool: Auto<String>,
    /// Identifier of the address.
    pub allocation_id: Out<String>,
    /// ARN of the address.
    pub arn: Out<String>,
    /// Association with what the address points at.
    pub association_id: Out<String>,
    /// Address in the carrier's network, in a Wavelength zone.
    pub carrier_ip: Out<String>,
    /// Address from a pool of your own.
    pub customer_owned_ip: Out<String>,
    /// DNS name of the private address.
    pub private_dns: Out<String>,
    /// Private address that it points at.
    pub private_ip: Out<String>,
    /// Name that the address resolves back to.
    pub ptr_record: Out<String>,
    /// DNS name of the address.
    pub public_dns: Out<String>,
    /// The address.
    pub public_ip: Out<String>,
    /// Tags of the address.
    pub tags: Tags,
}

/// An address with what AWS tells of it elsewhere.
pub struct Seen {
    address: types::Address,
    arn: String,
    region: String,
    pointer: Option<String>,
}

impl Driver for Eip {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(id) = resumed(aws, op).await? {
            return Ok(id);
        }
        let kind = types::ResourceType::ElasticIp;
        let made = aws
            .ec2()
            .allocate_address()
            .set_address(self.address.clone())
            .set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone())
            .domain(self.domain.given().unwrap_or(DomainType::Vpc))
            .set_ipam_pool_id(self.ipam_pool_id.given())
            .set_network_border_group(self.network_border_group.given())
            .set_public_ipv4_pool(self.public_ipv4_pool.given())
            .set_tag_specifications(tagged_with_token(kind, &self.tags, op))
            .customize()
            .config_override(once())
            .send()
            .await?;
        Id::need(made.allocation_id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        Self::blank().look(id, aws).await
    }

    async fn look(&self, id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(address) = aws.load::<Addresses>(id).await? else { return Ok(None) };
        let pointer = match aws.leaves::<Eip>("ptr_record", self.arn.get().is_some()) {
            true => self.ptr_record.get().cloned(),
            false => aws.load::<Pointers>(id).await?,
        };
        let account = aws.account().await?;
        let arn = aws.arn("ec2", account, format_args!("elastic-ip/{id}"));
        Ok(Some(Seen { address, arn, region: aws.region().into(), pointer }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, Seen { address, arn, region, pointer }: Seen) {
        let (public, private) = domains(&region);
        let name = |ip: &Option<String>, prefix: &str, domain: &str| {
            ip.as_ref().map(|it| format!("{prefix}-{}.{domain}", it.replace('.', "-")))
        };
        self.private_dns.set(name(&address.private_ip_address, "ip", &private));
        self.public_dns.set(name(&address.public_ip, "ec2", &public));
        self.allocation_id.set(address.allocation_id);
        self.arn.set(arn);
        self.association_id.set(address.association_id);
        self.carrier_ip.set(address.carrier_ip);
        self.customer_owned_ip.set(address.customer_owned_ip);
        self.customer_owned_ipv4_pool =
            address.customer_owned_ipv4_pool.filter(|it| !it.is_empty());
        self.domain.set(address.domain);
        self.instance.set(address.instance_id.filter(|it| !it.is_empty()));
        self.network_border_group.set(address.network_border_group);
        self.network_interface.set(address.network_interface_id.filter(|it| !it.is_empty()));
        self.private_ip.set(address.private_ip_address);
        self.ptr_record.set(pointer);
        self.public_ip.set(address.public_ip);
        let pool = address.public_ipv4_pool.filter(|it| !it.is_empty());
        if let Some(pool) = pool.clone().filter(|it| it.starts_with("ipam-pool-")) {
            self.ipam_pool_id.set(pool);
        }
        self.public_ipv4_pool.set(pool);
        self.tags.observe(pairs(address.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let elsewhere = self.instance.differs(&have.instance)
            || self.network_interface.differs(&have.network_interface)
            || self.associate_with_private_ip != have.associate_with_private_ip;
        match (elsewhere, have.association_id.get()) {
            (true, Some(association)) => {
                aws.ec2().disassociate_address().association_id(association).send().await?;
            }
            (true, None) => {
                let call = aws.ec2().associate_address().allocation_id(&**id);
                let interface = self.network_interface.given();
                call.set_instance_id(self.instance.given().filter(|_| interface.is_none()))
                    .set_network_interface_id(interface)
                    .set_private_ip_address(self.associate_with_private_ip.clone())
                    .send()
                    .await?;
            }
            (false, _) => aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await?,
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let pointing = self.instance.get().or(self.network_interface.get()).is_some();
        if let Some(association) = self.association_id.get().filter(|_| pointing) {
            let call = aws.ec2().disassociate_address().association_id(association);
            unless_gone(call.send().await)?;
        }
        let call = aws.ec2().release_address().allocation_id(&**id);
        let group = self.network_border_group.given().filter(|it| it != aws.region());
        call.set_network_border_group(group).send().await?;
        Ok(())
    }
}

/// What public and private DNS names end with.
fn domains(region: &str) -> (String, String) {
    match region {
        "us-east-1" => ("compute-1.amazonaws.com".into(), "ec2.internal".into()),
        _ => {
            let suffix = crate::aws::partition(region).1;
            (format!("{region}.compute.{suffix}"), format!("{region}.compute.internal"))
        }
    }
}

/// Every address being read right now, in one call.
struct Addresses;

impl Batch for Addresses {
    type Item = types::Address;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::Address>> {
        let found =
            aws.ec2().describe_addresses().filters(filter("allocation-id", ids)).send().await?;
        Ok(keyed(found.addresses.unwrap_or_default(), |it| it.allocation_id.clone()))
    }
}

/// Names that addresses resolve back to; addresses without one are absent.
struct Pointers;

impl Batch for Pointers {
    type Item = String;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<String>> {
        let call = aws.ec2().describe_addresses_attribute().set_allocation_ids(Some(ids));
        let call = call.attribute(AddressAttributeName::DomainName);
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(found?.into_iter().filter_map(|it| Some((it.allocation_id?, it.ptr_record?))).collect())
    }
}
