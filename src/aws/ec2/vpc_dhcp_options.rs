//! `aws_vpc_dhcp_options`: what instances of a VPC are told when they start.

use super::prelude::*;
use types::NewDhcpConfiguration;

/// Names and servers that DHCP tells the instances of a VPC.
///
/// ```hcl
/// resource "aws_vpc_dhcp_options" "internal" {
///   domain_name         = "shop.internal"
///   domain_name_servers = ["AmazonProvidedDNS"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_vpc_dhcp_options", tags = "dhcp-options")]
pub struct VpcDhcpOptions {
    /// Domain that names without a dot are looked up in; none when unset.
    #[attr(
        replace,
        at_least_one_of(
            "domain_name",
            "domain_name_servers",
            "ipv6_address_preferred_lease_time",
            "netbios_name_servers",
            "netbios_node_type",
            "ntp_servers"
        )
    )]
    pub domain_name: Option<String>,
    /// Name servers, at most four; `AmazonProvidedDNS` is that of the VPC. None when unset.
    #[attr(replace, items(0, 4))]
    pub domain_name_servers: Option<Vec<String>>,
    /// Seconds that IPv6 addresses are held for, or `Infinite`; 140 seconds when unset.
    #[attr(replace)]
    pub ipv6_address_preferred_lease_time: Option<String>,
    /// NetBIOS name servers, at most four; none when unset.
    #[attr(replace, items(0, 4))]
    pub netbios_name_servers: Option<Vec<String>>,
    /// NetBIOS node type: `1`, `2`, `4` or `8`; none when unset.
    #[attr(replace, one_of("1", "2", "4", "8"))]
    pub netbios_node_type: Option<String>,
    /// Time servers, at most four; none when unset.
    #[attr(replace, items(0, 4))]
    pub ntp_servers: Option<Vec<String>>,
    /// ARN of the options.
    pub arn: Out<String>,
    /// Account that owns the options.
    pub owner_id: Out<String>,
    /// Tags of the options.
    pub tags: Tags,
}

impl Driver for VpcDhcpOptions {
    type Cloud = Aws;
    type Seen = (String, types::DhcpOptions);

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(id) = resumed(aws, op).await? {
            return Ok(id);
        }
        let kind = types::ResourceType::DhcpOptions;
        let made = aws
            .ec2()
            .create_dhcp_options()
            .set_dhcp_configurations(Some(self.sent()))
            .set_tag_specifications(tagged_with_token(kind, &self.tags, op))
            .customize()
            .config_override(once())
            .send()
            .await?;
        Id::need(made.dhcp_options.and_then(|it| it.dhcp_options_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        let Some(seen) = aws.load::<DhcpOptions>(id).await? else { return Ok(None) };
        let owner = seen.owner_id().unwrap_or_default();
        Ok(Some((aws.arn("ec2", owner, format_args!("dhcp-options/{id}")), seen)))
    }

    fn status(_: &Self::Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Self::Seen) {
        let all = |key: &str| {
            let of_key = seen.dhcp_configurations().iter().find(|it| it.key() == Some(key));
            let values = of_key.map(|it| it.values()).unwrap_or_default();
            let values: Vec<String> = values.iter().filter_map(|it| it.value.clone()).collect();
            Some(values).filter(|it| !it.is_empty())
        };
        let one = |key: &str| all(key).and_then(|it| it.into_iter().next());
        self.domain_name = one("domain-name");
        self.domain_name_servers = all("domain-name-servers");
        self.ipv6_address_preferred_lease_time = one("ipv6-address-preferred-lease-time");
        self.netbios_name_servers = all("netbios-name-servers");
        self.netbios_node_type = one("netbios-node-type");
        self.ntp_servers = all("ntp-servers");
        self.arn.set(arn);
        self.owner_id.set(seen.owner_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    /// VPCs that use the options get AWS's own first: AWS refuses to delete what is in use.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let users = aws.ec2().describe_vpcs().filters(filter("dhcp-options-id", [&**id]));
        let users: Result<Vec<_>, _> = users.into_paginator().items().send().collect().await;
        for vpc in users?.into_iter().filter_map(|it| it.vpc_id) {
            let call = aws.ec2().associate_dhcp_options().dhcp_options_id("default").vpc_id(vpc);
            unless_gone(call.send().await)?;
        }
        aws.ec2().delete_dhcp_options().dhcp_options_id(&**id).send().await?;
        Ok(())
    }
}

impl VpcDhcpOptions {
    fn sent(&self) -> Vec<NewDhcpConfiguration> {
        let one = |it: &Option<String>| it.iter().cloned().collect::<Vec<_>>();
        let all = |it: &Option<Vec<String>>| it.clone().unwrap_or_default();
        let values = [
            ("domain-name", one(&self.domain_name)),
            ("domain-name-servers", all(&self.domain_name_servers)),
            ("ipv6-address-preferred-lease-time", one(&self.ipv6_address_preferred_lease_time)),
            ("netbios-name-servers", all(&self.netbios_name_servers)),
            ("netbios-node-type", one(&self.netbios_node_type)),
            ("ntp-servers", all(&self.ntp_servers)),
        ];
        let set = values.into_iter().filter(|(_, it)| it.iter().any(|it| !it.is_empty()));
        let option = |(key, values): (&str, Vec<String>)| {
            NewDhcpConfiguration::builder().key(key).set_values(Some(values)).build()
        };
        set.map(option).collect()
    }
}

/// All options being read right now, in one call.
struct DhcpOptions;

impl Batch for DhcpOptions {
    type Item = types::DhcpOptions;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::DhcpOptions>> {
        let call = aws.ec2().describe_dhcp_options().filters(filter("dhcp-options-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.dhcp_options_id.clone()))
    }
}
