//! What endpoints have: names, addresses in subnets, and where AWS tells of them.

use super::prelude::*;
use types::{DnsOptionsSpecification, DnsRecordIpType, SubnetConfiguration as SentSubnet};

/// Names that lead to an endpoint.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DnsOptions {
    /// What addresses the names resolve to; as AWS chooses when unset.
    pub dns_record_ip_type: Auto<DnsRecordIpType>,
    /// Whether the private names are for inbound resolvers alone, because the VPC itself goes by a
    /// gateway endpoint; not when unset.
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// For which domains private names are made; as AWS chooses when unset.
    #[attr(
        replace,
        one_of(
            "ALL_DOMAINS",
            "SPECIFIED_DOMAINS_ONLY",
            "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS",
            "VERIFIED_DOMAINS_ONLY"
        )
    )]
    pub private_dns_preference: Auto<String>,
    /// The specified domains; none when unset.
    #[attr(replace, items(1, 10))]
    pub private_dns_specified_domains: Auto<Set<String>>,
}

/// Addresses of an endpoint in one subnet.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SubnetConfiguration {
    /// The subnet, one of `subnet_ids`.
    pub subnet_id: Option<String>,
    /// IPv4 address in it; AWS picks one when unset.
    pub ipv4: Option<String>,
    /// IPv6 address in it; AWS picks one when unset.
    pub ipv6: Option<String>,
}

/// A name of an endpoint.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DnsEntry {
    /// The name.
    pub dns_name: Out<String>,
    /// Hosted zone that the name is in.
    pub hosted_zone_id: Out<String>,
}

impl SubnetConfiguration {
    /// Whether what is written here is so.
    pub(super) fn is(&self, told: &SubnetConfiguration) -> bool {
        let same = |want: &Option<String>, told: &Option<String>| {
            want.as_ref().is_none_or(|it| it.is_empty() || Some(it) == told.as_ref())
        };
        same(&self.ipv4, &told.ipv4) && same(&self.ipv6, &told.ipv6)
    }
}

impl DnsOptions {
    pub(super) fn sent(&self) -> DnsOptionsSpecification {
        DnsOptionsSpecification::builder()
            .set_dns_record_ip_type(self.dns_record_ip_type.given())
            .set_private_dns_only_for_inbound_resolver_endpoint(
                self.private_dns_only_for_inbound_resolver_endpoint,
            )
            .set_private_dns_preference(self.private_dns_preference.given())
            .set_private_dns_specified_domains(some(self.private_dns_specified_domains.given()))
            .build()
    }

    /// Whether AWS has something else than is written here.
    pub(super) fn lacks(&self, have: Option<&DnsOptions>) -> bool {
        let Some(have) = have else { return true };
        let inbound =
            |it: &DnsOptions| it.private_dns_only_for_inbound_resolver_endpoint == Some(true);
        self.dns_record_ip_type.differs(&have.dns_record_ip_type)
            || self.private_dns_preference.differs(&have.private_dns_preference)
            || self.private_dns_specified_domains.differs(&have.private_dns_specified_domains)
            || inbound(self) != inbound(have)
    }

    pub(super) fn told(known: Option<&DnsOptions>, it: types::DnsOptions) -> DnsOptions {
        let mut told = <DnsOptions as crate::schema::Row>::blank();
        told.dns_record_ip_type.set(it.dns_record_ip_type);
        told.private_dns_only_for_inbound_resolver_endpoint = unless_false(
            known.and_then(|it| it.private_dns_only_for_inbound_resolver_endpoint),
            it.private_dns_only_for_inbound_resolver_endpoint,
        );
        told.private_dns_preference.set(it.private_dns_preference);
        told.private_dns_specified_domains.set(it.private_dns_specified_domains.map(Set));
        told
    }
}

/// The elements; none where there are none, because AWS refuses an empty list.
pub(super) fn some(set: Option<Set<String>>) -> Option<Vec<String>> {
    set.map(|it| it.0).filter(|it| !it.is_empty())
}

/// The addresses as they are asked for; none where there are none.
pub(super) fn sent(addresses: Vec<SubnetConfiguration>) -> Option<Vec<SentSubnet>> {
    let given = |it: Option<String>| it.filter(|it| !it.is_empty());
    let one = |it: SubnetConfiguration| {
        let to = SentSubnet::builder().set_subnet_id(given(it.subnet_id));
        to.set_ipv4(given(it.ipv4)).set_ipv6(given(it.ipv6)).build()
    };
    let all: Vec<SentSubnet> = addresses.into_iter().map(one).collect();
    Some(all).filter(|it| !it.is_empty())
}

/// Every endpoint being read right now, in one call.
pub(super) struct Endpoints;

impl Batch for Endpoints {
    type Item = types::VpcEndpoint;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::VpcEndpoint>> {
        let call = aws.ec2().describe_vpc_endpoints().filters(filter("vpc-endpoint-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.vpc_endpoint_id.clone()))
    }
}

/// Addresses of services by the services' names.
pub(super) struct PrefixLists;

impl Batch for PrefixLists {
    type Item = types::PrefixList;
    const MAX: usize = 200;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::PrefixList>> {
        let call = aws.ec2().describe_prefix_lists().filters(filter("prefix-list-name", names));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.prefix_list_name.clone()))
    }
}

/// Network interfaces of endpoints.
pub(super) struct Interfaces;

impl Batch for Interfaces {
    type Item = types::NetworkInterface;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::NetworkInterface>> {
        let by = filter("network-interface-id", ids);
        let call = aws.ec2().describe_network_interfaces().filters(by);
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.network_interface_id.clone()))
    }
}
