//! `aws_availability_zones`: the zones of the region.

use super::super::prelude::*;
use super::{FilterBlock, filters, some};
use types::AvailabilityZoneState;

/// Availability zones of the region, by name.
///
/// ```hcl
/// data "aws_availability_zones" "available" {
///   state = "available"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_availability_zones", read = "20m")]
pub struct AvailabilityZones {
    /// Whether local zones that the account has not opted in to are told too; not when unset.
    pub all_availability_zones: Option<bool>,
    /// Names of zones to leave out; none when unset.
    pub exclude_names: Option<Set<String>>,
    /// Identifiers of zones to leave out; none when unset.
    pub exclude_zone_ids: Option<Set<String>>,
    /// What zones must have to be told.
    pub filter: BlockSet<FilterBlock>,
    /// State that zones must be in; any when unset.
    pub state: Option<AvailabilityZoneState>,
    /// Groups that the zones belong to.
    pub group_names: Out<Set<String>>,
    /// Names of the zones, sorted.
    pub names: Out<Vec<String>>,
    /// Identifiers of the zones, in the order of their names.
    pub zone_ids: Out<Vec<String>>,
}

impl DataSource for AvailabilityZones {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut wanted = filters(&self.filter, None);
        wanted.extend(self.state.as_ref().map(|it| super::filter("state", [it.as_str()])));
        let call = aws.ec2().describe_availability_zones().set_filters(some(wanted));
        let found = call.set_all_availability_zones(self.all_availability_zones).send().await?;
        let excluded = |set: &Option<Set<String>>, it: &Option<String>| {
            let has = |set: &Set<String>| it.as_ref().is_some_and(|it| set.0.contains(it));
            set.as_ref().is_some_and(has)
        };
        let mut zones = found.availability_zones.unwrap_or_default();
        zones.retain(|it| {
            !excluded(&self.exclude_names, &it.zone_name)
                && !excluded(&self.exclude_zone_ids, &it.zone_id)
        });
        zones.sort_by(|a, b| a.zone_name.cmp(&b.zone_name));
        let groups: std::collections::BTreeSet<String> =
            zones.iter().filter_map(|it| it.group_name.clone()).collect();
        self.group_names.set(groups.into_iter().collect::<Set<_>>());
        self.names.set(zones.iter().filter_map(|it| it.zone_name.clone()).collect::<Vec<_>>());
        self.zone_ids.set(zones.iter().filter_map(|it| it.zone_id.clone()).collect::<Vec<_>>());
        Ok(aws.region().into())
    }
}
