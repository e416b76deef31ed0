//! `aws_vpc_endpoint`: a way to a service that does not leave the network.
//!
//! Longer than most: there are six kinds, each with arguments of its own.

use super::endpoints::{
    DnsEntry, DnsOptions, Endpoints, Interfaces, PrefixLists, SubnetConfiguration, sent, some,
};
use super::prelude::*;
use crate::schema::Given;
use crate::schema::compare::{same_json, settled};
use types::{IpAddressType, VpcEndpointType};

/// Lets a network reach a service without a way to the internet: `Gateway` by routes, `Interface` and
/// `GatewayLoadBalancer` by addresses in its subnets.
///
/// ```hcl
/// resource "aws_vpc_endpoint" "s3" {
///   vpc_id          = "vpc-0123456789abcdef0"
///   service_name    = "com.amazonaws.eu-central-1.s3"
///   route_table_ids = ["rtb-0123456789abcdef0"]
/// }
///
/// resource "aws_vpc_endpoint" "logs" {
///   vpc_id              = "vpc-0123456789abcdef0"
///   vpc_endpoint_type   = "Interface"
///   service_name        = "com.amazonaws.eu-central-1.logs"
///   subnet_ids          = ["subnet-0123456789abcdef0"]
///   security_group_ids  = ["sg-0123456789abcdef0"]
///   private_dns_enabled = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_vpc_endpoint",
    tags = "vpc-endpoint",
    create = "10m",
    update = "10m",
    delete = "10m"
)]
pub struct VpcEndpoint {
    /// VPC that the service is to be reached from.
    #[attr(replace)]
    pub vpc_id: String,
    /// Name of the service, such as `com.amazonaws.eu-central-1.s3`.
    #[attr(
        replace,
        conflicts("resource_configuration_arn", "service_network_arn"),
        at_least_one_of("service_name", "resource_configuration_arn", "service_network_arn")
    )]
    pub service_name: Option<String>,
    /// ARN of a resource configuration to reach; only with the type `Resource`.
    #[attr(replace, conflicts("service_name", "service_network_arn"), format = "arn")]
    pub resource_configuration_arn: Option<String>,
    /// ARN of a service network to reach; only with the type `ServiceNetwork`.
    #[attr(replace, conflicts("resource_configuration_arn", "service_name"), format = "arn")]
    pub service_network_arn: Option<String>,
    /// Region of the service; that of the endpoint when unset.
    #[attr(replace)]
    pub service_region: Auto<String>,
    /// How the service is reached.
    #[attr(replace, default = "Gateway")]
    pub vpc_endpoint_type: VpcEndpointType,
    /// Whether a service of the same account is told to accept the endpoint; not when unset.
    #[attr(local)]
    pub auto_accept: Option<bool>,
    /// What addresses the endpoint has; those of its subnets when unset.
    #[attr(fold_case)]
    pub ip_address_type: Auto<IpAddressType>,
    /// Who may do what through the endpoint; everybody everything when unset.
    #[attr(json, format = "json")]
    pub policy: Auto<String>,
    /// Whether the service's own names lead to the endpoint; not when unset. For `Interface` only.
    #[attr(may_replace)]
    pub private_dns_enabled: Auto<bool>,
    /// Tables that get a route to the service; none when unset. For `Gateway` only.
    pub route_table_ids: Auto<Set<String>>,
    /// Groups that say who may talk to the endpoint; the default one of the VPC when unset.
    pub security_group_ids: Auto<Set<String>>,
    /// Subnets that the endpoint has an address in; those of `subnet_configuration` when unset.
    #[attr(follows("subnet_configuration"))]
    pub subnet_ids: Auto<Set<String>>,
    /// Names that lead to the endpoint; as AWS chooses when unset.
    pub dns_options: Auto<Block<DnsOptions>>,
    /// Addresses in the subnets; AWS picks them when unset.
    #[attr(follows("subnet_ids"))]
    pub subnet_configuration: Auto<BlockSet<SubnetConfiguration>>,
    /// ARN of the endpoint.
    pub arn: Out<String>,
    /// Addresses of the service. For `Gateway` only.
    pub cidr_blocks: Out<Vec<String>>,
    /// Names of the endpoint.
    pub dns_entry: Out<Vec<DnsEntry>>,
    /// Network interfaces that the endpoint has in its subnets.
    #[attr(follows("subnet_configuration", "subnet_ids"))]
    pub network_interface_ids: Out<Set<String>>,
    /// Account that owns the endpoint.
    pub owner_id: Out<String>,
    /// Managed prefix list with the addresses of the service. For `Gateway` only.
    pub prefix_list_id: Out<String>,
    /// Whether another service of AWS made the endpoint for itself.
    pub requester_managed: Out<bool>,
    /// How far along the endpoint is.
    pub state: Out<String>,
    /// Tags of the endpoint.
    pub tags: Tags,
}

/// An endpoint with what AWS tells of it elsewhere.
pub struct Seen {
    arn: String,
    endpoint: types::VpcEndpoint,
    service: Option<types::PrefixList>,
    addresses: Vec<SubnetConfiguration>,
}

impl Driver for VpcEndpoint {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &VpcEndpointDraft<'_>, diagnostics: &mut Diagnostics) {
        let kind = match draft.vpc_endpoint_type() {
            Given::Known(kind) => kind,
            Given::Absent => VpcEndpointType::Gateway,
            Given::Unknown => return,
        };
        let gateway = kind == VpcEndpointType::Gateway;
        let only = |diagnostics: &mut Diagnostics, name: &str, fits: bool, wanted: &str| {
            let value = draft.value(name);
            let says_nothing = value.is_null()
                || value.as_bool() == Some(false)
                || value.as_slice().is_some_and(|it| it.is_empty());
            if !fits && !says_nothing {
                let why = format!("an endpoint of type `{kind}` has none: it is for {wanted}");
                draft.refuse(diagnostics, name, why);
            }
        };
        only(diagnostics, "route_table_ids", gateway, "`Gateway`");
        for name in ["subnet_ids", "subnet_configuration", "security_group_ids"] {
            only(diagnostics, name, !gateway, "those with addresses in subnets");
        }
        only(diagnostics, "private_dns_enabled", !gateway, "`Interface`");
    }

    fn replaces(_: &str, is: &VpcEndpointDraft<'_>, _: &VpcEndpointDraft<'_>) -> bool {
        is.vpc_endpoint_type() != Given::Known(VpcEndpointType::Interface)
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        // AWS turns private names on where nothing is said of them.
        let interface = self.vpc_endpoint_type == VpcEndpointType::Interface;
        let names = self.private_dns_enabled.given().or(interface.then_some(false));
        let made = aws
            .ec2()
            .create_vpc_endpoint()
            .client_token(op.token())
            .vpc_id(&self.vpc_id)
            .set_service_name(self.service_name.clone())
            .set_resource_configuration_arn(self.resource_configuration_arn.clone())
            .set_service_network_arn(self.service_network_arn.clone())
            .set_service_region(self.service_region.given())
            .vpc_endpoint_type(self.vpc_endpoint_type.clone())
            .set_ip_address_type(self.address_type())
            .set_policy_document(self.policy.given().filter(|it| !it.is_empty()))
            .set_private_dns_enabled(names)
            .set_route_table_ids(some(self.route_table_ids.given()))
            .set_security_group_ids(some(self.security_group_ids.given()))
            .set_subnet_ids(some(self.subnets()))
            .set_dns_options(self.dns_options.get().and_then(|it| it.get()).map(DnsOptions::sent))
            .set_subnet_configurations(sent(self.given_addresses()))
            .set_tag_specifications(tagged(types::ResourceType::VpcEndpoint, &self.tags))
            .send()
            .await?;
        let made = made.vpc_endpoint;
        let id = Id::need(made.as_ref().and_then(|it| it.vpc_endpoint_id.clone()))?;
        if made.is_some_and(|it| state(&it) == "pendingacceptance") {
            self.accept(aws, &id).await?;
        }
        Ok(id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        Self::blank().look(id, aws).await
    }

    async fn look(&self, id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(endpoint) = aws.load::<Endpoints>(id).await? else { return Ok(None) };
        let gateway = endpoint.vpc_endpoint_type == Some(VpcEndpointType::Gateway);
        let service = async {
            match endpoint.service_name() {
                Some(name) if gateway => aws.load::<PrefixLists>(name).await,
                _ => Ok(None),
            }
        };
        let read_before = self.arn.get().is_some();
        let addresses = async {
            match aws.leaves::<VpcEndpoint>("subnet_configuration", read_before) {
                true => Ok(self.given_addresses()),
                false => addresses(&endpoint, aws).await,
            }
        };
        let (service, addresses) = tokio::try_join!(service, addresses)?;
        let owner = endpoint.owner_id().unwrap_or_default();
        let arn = aws.arn("ec2", owner, format_args!("vpc-endpoint/{id}"));
        Ok(Some(Seen { arn, endpoint, service, addresses }))
    }

    fn status(seen: &Seen) -> Status {
        match &*state(&seen.endpoint) {
            // Whoever owns the service accepts the endpoint, which may take days.
            "available" | "pendingacceptance" => Status::Ready,
            "deleted" => Status::Gone,
            failed @ ("failed" | "rejected" | "expired") => {
                let last = seen.endpoint.last_error.as_ref();
                let why = [
                    Some(failed),
                    seen.endpoint.failure_reason(),
                    last.and_then(|it| it.code()),
                    last.and_then(|it| it.message()),
                ];
                Status::failed(why.into_iter().flatten().collect::<Vec<_>>().join(": "))
            }
            other => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { arn, endpoint, service, addresses } = seen;
        self.arn.set(arn);
        self.subnet_configuration.set(self.known_addresses(addresses));
        self.cidr_blocks.set(service.as_ref().map(|it| it.cidrs().to_vec()).unwrap_or_default());
        self.prefix_list_id.set(service.and_then(|it| it.prefix_list_id));
        let entry = |it: types::DnsEntry| DnsEntry {
            dns_name: it.dns_name.into(),
            hosted_zone_id: it.hosted_zone_id.into(),
        };
        let entries = endpoint.dns_entries.unwrap_or_default();
        self.dns_entry.set(entries.into_iter().map(entry).collect::<Vec<_>>());
        let known = self.dns_options.get().and_then(|it| it.get());
        let options = endpoint.dns_options.map(|it| DnsOptions::told(known, it));
        self.dns_options.set(Block(options));
        self.ip_address_type.set(endpoint.ip_address_type);
        self.network_interface_ids.set(
            endpoint.network_interface_ids.unwrap_or_default().into_iter().collect::<Set<_>>(),
        );
        self.owner_id.set(endpoint.owner_id);
        let policy = endpoint.policy_document.map(|it| settled(self.policy.get(), it));
        self.policy.set(policy);
        self.private_dns_enabled.set(endpoint.private_dns_enabled);
        self.requester_managed.set(endpoint.requester_managed);
        self.resource_configuration_arn = endpoint.resource_configuration_arn;
        self.route_table_ids.set(Set(endpoint.route_table_ids.unwrap_or_default()));
        let groups = endpoint.groups.unwrap_or_default().into_iter();
        self.security_group_ids.set(groups.filter_map(|it| it.group_id).collect::<Set<_>>());
        // A resource or a service network may be told with a service's name too, which nobody wrote.
        let named =
            self.resource_configuration_arn.is_none() && endpoint.service_network_arn.is_none();
        self.service_name = endpoint.service_name.filter(|_| named);
        self.service_network_arn = endpoint.service_network_arn;
        self.service_region.set(endpoint.service_region);
        self.state.set(endpoint.state.map(|it| it.to_string()));
        self.subnet_ids.set(Set(endpoint.subnet_ids.unwrap_or_default()));
        if let Some(kind) = endpoint.vpc_endpoint_type {
            self.vpc_endpoint_type = kind;
        }
        if let Some(vpc) = endpoint.vpc_id {
            self.vpc_id = vpc;
        }
        self.tags.observe(pairs(endpoint.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let waits = have.state.get().is_some_and(|it| it.eq_ignore_ascii_case("pendingAcceptance"));
        if waits && self.auto_accept == Some(true) && have.auto_accept != Some(true) {
            return self.accept(aws, id).await;
        }
        let tables = changed(self.route_table_ids.given(), &have.route_table_ids);
        let groups = changed(self.security_group_ids.given(), &have.security_group_ids);
        let subnets = match self.subnet_ids.differs(&have.subnet_ids) {
            true => self.subnet_ids.given(),
            false => self.subnets(),
        };
        let subnets = changed(subnets, &have.subnet_ids);
        let known = have.given_addresses();
        let addresses = self.given_addresses().into_iter().filter(|it| !known.contains(it));
        let told = have.dns_options.get().and_then(|it| it.get());
        let dns = self.dns_options.get().and_then(|it| it.get()).filter(|it| it.lacks(told));
        let same_policy = |want: &String| have.policy.get().is_some_and(|it| same_json(want, it));
        let names = self.private_dns_enabled.given();
        let kind = self.address_type().filter(|it| Some(it) != have.address_type().as_ref());
        let call = aws
            .ec2()
            .modify_vpc_endpoint()
            .set_add_route_table_ids(tables.0)
            .set_remove_route_table_ids(tables.1)
            .set_add_security_group_ids(groups.0)
            .set_remove_security_group_ids(groups.1)
            .set_add_subnet_ids(subnets.0)
            .set_remove_subnet_ids(subnets.1)
            .set_subnet_configurations(sent(addresses.collect()))
            .set_policy_document(self.policy.given().filter(|it| !same_policy(it)))
            .set_private_dns_enabled(names.filter(|it| Some(it) != have.private_dns_enabled.get()))
            .set_ip_address_type(kind)
            .set_dns_options(dns.map(DnsOptions::sent));
        match *call.as_input() == Default::default() {
            true => aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await,
            false => {
                call.vpc_endpoint_id(&**id).send().await?;
                Ok(())
            }
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let done = aws.ec2().delete_vpc_endpoints().vpc_endpoint_ids(&**id).send().await?;
        all_done("DeleteVpcEndpoints", done.unsuccessful)
    }
}

impl VpcEndpoint {
    /// The service accepts the endpoint, where it is of the same account and that is wanted.
    async fn accept(&self, aws: &Aws, id: &Id) -> Result<()> {
        let (Some(true), Some(name)) = (self.auto_accept, &self.service_name) else {
            return Ok(());
        };
        let services = aws.ec2().describe_vpc_endpoint_services().service_names(name);
        let services = services.send().await?.service_details.unwrap_or_default();
        let Some(service) = services.into_iter().find_map(|it| it.service_id) else {
            let why =
                format!("`{name}` cannot be told to accept: it is no service of this account");
            return Err(Failure::fatal(why).hint("take `auto_accept` away"));
        };
        let call = aws.ec2().accept_vpc_endpoint_connections().service_id(service);
        let done = call.vpc_endpoint_ids(&**id).send().await?;
        all_done("AcceptVpcEndpointConnections", done.unsuccessful)
    }

    fn address_type(&self) -> Option<IpAddressType> {
        let kind = self.ip_address_type.get()?;
        Some(IpAddressType::from(&*kind.as_str().to_ascii_lowercase()))
    }

    /// Subnets that are named, alone or with an address.
    fn subnets(&self) -> Option<Set<String>> {
        let with_address = self.given_addresses().into_iter().filter_map(|it| it.subnet_id);
        let mut all = self.subnet_ids.given().map(|it| it.0);
        for subnet in with_address {
            let all = all.get_or_insert_default();
            if !all.contains(&subnet) {
                all.push(subnet);
            }
        }
        all.map(Set)
    }

    fn given_addresses(&self) -> Vec<SubnetConfiguration> {
        self.subnet_configuration.given().map(|it| it.0).unwrap_or_default()
    }

    /// Addresses as AWS tells them: of the subnets that are written here, where any is.
    fn known_addresses(&self, told: Vec<SubnetConfiguration>) -> BlockSet<SubnetConfiguration> {
        let known = self.given_addresses();
        let of = |told: &SubnetConfiguration| {
            known.iter().find(|known| known.subnet_id == told.subnet_id).cloned()
        };
        let told = told.into_iter().filter(|it| known.is_empty() || of(it).is_some());
        let worded = told.map(|it| match of(&it) {
            // An address that AWS picked beside the one that is written is no change.
            Some(known) if known.is(&it) => known,
            _ => it,
        });
        BlockSet(worded.collect())
    }
}

/// What addresses the endpoint has in its subnets.
async fn addresses(endpoint: &types::VpcEndpoint, aws: &Aws) -> Result<Vec<SubnetConfiguration>> {
    let interfaces = aws.load_all::<Interfaces>(endpoint.network_interface_ids()).await?;
    let addresses = interfaces.into_values().map(|it| SubnetConfiguration {
        subnet_id: it.subnet_id,
        ipv4: it.private_ip_address,
        ipv6: it.ipv6_addresses.unwrap_or_default().into_iter().find_map(|it| it.ipv6_address),
    });
    Ok(addresses.collect())
}

/// How far along it is: the same states are told with and without a capital letter.
fn state(seen: &types::VpcEndpoint) -> String {
    seen.state.as_ref().map_or("deleted".into(), |it| it.as_str().to_ascii_lowercase())
}

/// What is to be added and what removed.
fn changed(
    want: Option<Set<String>>,
    have: &Auto<Set<String>>,
) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let have = have.given().unwrap_or_default();
    let want = want.unwrap_or_else(|| have.clone());
    (some(Some(Set(want.minus(&have)))), some(Some(Set(have.minus(&want)))))
}
