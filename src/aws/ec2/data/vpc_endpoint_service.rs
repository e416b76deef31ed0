//! `aws_vpc_endpoint_service`: a service that endpoints can reach.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::{FilterBlock, by, filters, one};
use types::ServiceType;

/// The one endpoint service that has what is asked for, of AWS or of others.
///
/// ```hcl
/// data "aws_vpc_endpoint_service" "s3" {
///   service      = "s3"
///   service_type = "Gateway"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_vpc_endpoint_service", read = "20m")]
pub struct VpcEndpointService {
    /// What the service must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Service of AWS by the end of its name, such as `s3`; any when unset.
    #[attr(conflicts("service_name"))]
    pub service: Option<String>,
    /// Whole name of the service, such as `com.amazonaws.eu-central-1.s3`; any when unset.
    #[attr(conflicts("service"))]
    pub service_name: Auto<String>,
    /// Regions that the service may be in; that of the provider when unset.
    pub service_regions: Option<Set<String>>,
    /// How the service is reached; either way when unset.
    pub service_type: Auto<ServiceType>,
    /// Tags that the service must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Whether the owner accepts each endpoint by hand.
    pub acceptance_required: Out<bool>,
    /// ARN of the service.
    pub arn: Out<String>,
    /// Zones that the service is in.
    pub availability_zones: Out<Set<String>>,
    /// Names that the service has without an endpoint's own.
    pub base_endpoint_dns_names: Out<Set<String>>,
    /// Whether the service makes endpoints by itself.
    pub manages_vpc_endpoints: Out<bool>,
    /// Account that owns the service, or `amazon`.
    pub owner: Out<String>,
    /// Private name of the service.
    pub private_dns_name: Out<String>,
    /// Private names of the service.
    pub private_dns_names: Out<Set<String>>,
    /// Identifier of the service.
    pub service_id: Out<String>,
    /// Region of the service.
    pub service_region: Out<String>,
    /// What addresses endpoints may have.
    pub supported_ip_address_types: Out<Set<String>>,
    /// Whether endpoints may have a policy.
    pub vpc_endpoint_policy_supported: Out<bool>,
}

impl DataSource for VpcEndpointService {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let kind = self.service_type.given();
        let mut wanted = filters(&self.filter, self.tags.get());
        wanted.extend(by("service-type", kind.as_ref().map(ToString::to_string)));
        let beginning: Vec<&str> = aws.dns_suffix().rsplit('.').collect();
        let whole = |it: &String| format!("{}.{}.{it}", beginning.join("."), aws.region());
        let name = self.service_name.given().or_else(|| self.service.as_ref().map(whole));
        let call = aws.ec2().describe_vpc_endpoint_services();
        let call = call.set_service_names(name.map(|it| vec![it]));
        let call = call.set_service_regions(self.service_regions.clone().map(|it| it.0));
        let call = call.set_filters(super::some(wanted));
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = call.clone().set_next_token(next).send().await?;
            found.extend(page.service_details.unwrap_or_default());
            next = page.next_token.filter(|it| !it.is_empty());
            if next.is_none() {
                break;
            }
        }
        // A service by routes and one by addresses may have the same name.
        let has = |it: &types::ServiceDetail, kind: &ServiceType| {
            it.service_type().iter().any(|it| it.service_type.as_ref() == Some(kind))
        };
        if let Some(kind) = &kind {
            found.retain(|it| has(it, kind));
        }
        let service = one("VPC endpoint service", found)?;
        let account = aws.account().await?;
        let id = service.service_id.clone().unwrap_or_default();
        self.arn.set(aws.arn("ec2", account, format_args!("vpc-endpoint-service/{id}")));
        let name = Id::need(service.service_name.clone())?;
        self.tell(service);
        Ok(name)
    }
}

impl VpcEndpointService {
    fn tell(&mut self, service: types::ServiceDetail) {
        let kind = service.service_type().iter().find_map(|it| it.service_type.clone());
        self.service_type.set(kind);
        let names = service.private_dns_names().iter().filter_map(|it| it.private_dns_name.clone());
        self.private_dns_names.set(names.collect::<Set<_>>());
        let types = service.supported_ip_address_types().iter().map(ToString::to_string);
        self.supported_ip_address_types.set(types.collect::<Set<_>>());
        self.acceptance_required.set(service.acceptance_required);
        self.availability_zones.set(service.availability_zones.map(Set));
        self.base_endpoint_dns_names.set(service.base_endpoint_dns_names.map(Set));
        self.manages_vpc_endpoints.set(service.manages_vpc_endpoints);
        self.owner.set(service.owner);
        self.private_dns_name.set(service.private_dns_name);
        self.service_id.set(service.service_id);
        self.service_name.set(service.service_name);
        self.service_region.set(service.service_region);
        self.tags.set(pairs(service.tags).collect::<BTreeMap<_, _>>());
        self.vpc_endpoint_policy_supported.set(service.vpc_endpoint_policy_supported);
    }
}
