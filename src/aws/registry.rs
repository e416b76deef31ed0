//! Every driver and data source, alphabetical, each with the feature that brings it.

use std::sync::Arc;

use crate::driver::{self, AnyDataSource, AnyDriver};

/// One line a type: `"aws_vpc": "ec2" => ec2::Vpc,`
macro_rules! registry {
    (
        drivers { $($driver:literal: $driver_feature:literal => $driver_type:path,)* }
        data_sources { $($source:literal: $source_feature:literal => $source_type:path,)* }
    ) => {
        /// Drivers of this build.
        pub fn drivers() -> Vec<Arc<dyn AnyDriver>> {
            let all: Vec<Arc<dyn AnyDriver>> = Vec::from([
                $(#[cfg(feature = $driver_feature)] driver::driver::<$driver_type>(),)*
            ]);
            all
        }

        /// Data sources of this build.
        pub fn data_sources() -> Vec<Arc<dyn AnyDataSource>> {
            let all: Vec<Arc<dyn AnyDataSource>> = Vec::from([
                $(#[cfg(feature = $source_feature)] driver::data_source::<$source_type>(),)*
            ]);
            all
        }

        /// Types that this build leaves out, each with the feature that brings it.
        pub const BUILT_OUT: &[(&str, &str)] = &[
            $(#[cfg(not(feature = $driver_feature))] ($driver, $driver_feature),)*
            $(#[cfg(not(feature = $source_feature))] ($source, $source_feature),)*
        ];

        /// Resource types of any build.
        pub const DRIVERS: &[&str] = &[$($driver,)*];

        /// Data sources of any build.
        pub const DATA_SOURCES: &[&str] = &[$($source,)*];
    };
}

use super::*;

registry! {
    drivers {
        "aws_cloudwatch_log_group": "logs" => logs::LogGroup,
        "aws_cloudwatch_log_metric_filter": "logs" => logs::LogMetricFilter,
        "aws_default_security_group": "ec2" => ec2::DefaultSecurityGroup,
        "aws_eip": "ec2" => ec2::Eip,
        "aws_flow_log": "ec2" => ec2::FlowLog,
        "aws_iam_policy": "iam" => iam::Policy,
        "aws_iam_role": "iam" => iam::Role,
        "aws_iam_role_policy": "iam" => iam::RolePolicy,
        "aws_iam_role_policy_attachment": "iam" => iam::RolePolicyAttachment,
        "aws_iam_service_linked_role": "iam" => iam::ServiceLinkedRole,
        "aws_internet_gateway": "ec2" => ec2::InternetGateway,
        "aws_kinesis_stream": "kinesis" => kinesis::Stream,
        "aws_kinesis_stream_consumer": "kinesis" => kinesis::StreamConsumer,
        "aws_kms_alias": "kms" => kms::Alias,
        "aws_kms_key": "kms" => kms::Key,
        "aws_kms_key_policy": "kms" => kms::KeyPolicy,
        "aws_nat_gateway": "ec2" => ec2::NatGateway,
        "aws_route": "ec2" => ec2::Route,
        "aws_route_table": "ec2" => ec2::RouteTable,
        "aws_route_table_association": "ec2" => ec2::RouteTableAssociation,
        "aws_security_group": "ec2" => ec2::SecurityGroup,
        "aws_subnet": "ec2" => ec2::Subnet,
        "aws_vpc": "ec2" => ec2::Vpc,
        "aws_vpc_security_group_egress_rule": "ec2" => ec2::EgressRule,
        "aws_vpc_security_group_ingress_rule": "ec2" => ec2::IngressRule,
    }
    data_sources {
        "aws_availability_zones": "ec2" => ec2::data::AvailabilityZones,
        "aws_caller_identity": "aws" => sts::CallerIdentity,
        "aws_cloudwatch_log_group": "logs" => logs::data::LogGroup,
        "aws_iam_policy": "iam" => iam::data::Policy,
        "aws_iam_policy_document": "iam" => iam::data::PolicyDocument,
        "aws_iam_role": "iam" => iam::data::Role,
        "aws_kinesis_stream": "kinesis" => kinesis::data::Stream,
        "aws_kms_alias": "kms" => kms::data::Alias,
        "aws_kms_key": "kms" => kms::data::Key,
        "aws_partition": "aws" => sts::Partition,
        "aws_region": "aws" => sts::Region,
        "aws_subnets": "ec2" => ec2::data::Subnets,
        "aws_vpc": "ec2" => ec2::data::Vpc,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn types_are_sorted_and_named_as_their_schema() {
        assert!(DRIVERS.is_sorted(), "sort the drivers");
        assert!(DATA_SOURCES.is_sorted(), "sort the data sources");
        let built_out: BTreeSet<&str> = BUILT_OUT.iter().map(|it| it.0).collect();
        let named = |all: &[&'static str]| -> Vec<&str> {
            all.iter().filter(|it| !built_out.contains(*it)).copied().collect()
        };
        let drivers: Vec<&str> = drivers().iter().map(|it| it.schema().kind).collect();
        assert_eq!(drivers, named(DRIVERS));
        let sources: Vec<&str> = data_sources().iter().map(|it| it.schema().kind).collect();
        assert_eq!(sources, named(DATA_SOURCES));
    }

    /// Types declared by `#[resource("…")]` in the folders, told apart by the trait they implement.
    fn declared(folder: &Path, marker: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                declared(&path, marker, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let kind = text.split_once("\n#[resource(").and_then(|it| it.1.split('"').nth(1));
            if let (Some(kind), true) = (kind, text.contains(marker)) {
                let stem = path.file_stem().unwrap().to_string_lossy();
                assert!(kind.ends_with(&*stem), "{kind} stands in {}", path.display());
                found.insert(kind.into());
            }
        }
    }

    #[test]
    fn every_file_is_registered() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws");
        let cases = [("\nimpl Driver for ", DRIVERS), ("\nimpl DataSource for ", DATA_SOURCES)];
        for (marker, registered) in cases {
            let mut found = BTreeSet::new();
            declared(&folder, marker, &mut found);
            let registered: BTreeSet<String> = registered.iter().map(|it| it.to_string()).collect();
            assert_eq!(found, registered);
        }
    }
}
