//! `aws_region`: the region that calls go to.

use crate::aws::Aws;
use crate::driver::{DataSource, Failure, Id, Result};
use crate::schema::{Auto, Out, Resource};

/// The region that calls go to, or another by its name or endpoint.
///
/// ```hcl
/// data "aws_region" "current" {
/// }
///
/// output "region" {
///   value = data.aws_region.current.region
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_region")]
pub struct Region {
    /// Name of the region, such as `eu-central-1`; the provider's when unset.
    pub region: Auto<String>,
    /// Older name of `region`.
    pub name: Auto<String>,
    /// Endpoint of EC2 in the region; that of the provider's region when unset.
    pub endpoint: Auto<String>,
    /// Where the region is, such as `Europe (Frankfurt)`; its name where that is not known.
    pub description: Out<String>,
}

impl DataSource for Region {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let endpoint = |region: &str| format!("ec2.{region}.{}", crate::aws::partition(region).1);
        let named = |endpoint: String| {
            let rest = endpoint.strip_prefix("ec2.").map(String::from)?;
            Some(rest.split('.').next()?.to_string())
        };
        let region = match (self.region.given().or(self.name.given()), self.endpoint.given()) {
            (Some(name), _) => name,
            (None, Some(text)) => named(text.clone()).ok_or_else(|| {
                let why = format!("{text:?} is not an endpoint of EC2");
                Failure::fatal(why).hint("write it as `ec2.eu-central-1.amazonaws.com`")
            })?,
            (None, None) => aws.region().to_string(),
        };
        self.endpoint.set(endpoint(&region));
        let place = PLACES.iter().find(|(name, _)| *name == region);
        self.description.set(place.map_or_else(|| region.clone(), |(_, it)| it.to_string()));
        self.name.set(region.clone());
        self.region.set(region.clone());
        Ok(Id(region))
    }
}

/// Where regions are, as AWS words it. There is no call that tells.
const PLACES: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("eusc-de-east-1", "AWS European Sovereign Cloud (Germany)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];
