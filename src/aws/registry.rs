//! Every driver, data source and ephemeral resource, alphabetical, each with its feature.

use std::sync::Arc;

use crate::driver::{self, AnyDataSource, AnyDriver, AnyEphemeral};

/// One line a type: `"aws_vpc": "ec2" => ec2::Vpc,`
macro_rules! registry {
    (
        drivers { $($driver:literal: $driver_feature:literal => $driver_type:path,)* }
        data_sources { $($source:literal: $source_feature:literal => $source_type:path,)* }
        ephemerals { $($brief:literal: $brief_feature:literal => $brief_type:path,)* }
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

        /// Ephemeral resources of this build.
        pub fn ephemerals() -> Vec<Arc<dyn AnyEphemeral>> {
            let all: Vec<Arc<dyn AnyEphemeral>> = Vec::from([
                $(#[cfg(feature = $brief_feature)] driver::ephemeral::<$brief_type>(),)*
            ]);
            all
        }

        /// Types that this build leaves out, each with the feature that brings it.
        pub const BUILT_OUT: &[(&str, &str)] = &[
            $(#[cfg(not(feature = $driver_feature))] ($driver, $driver_feature),)*
            $(#[cfg(not(feature = $source_feature))] ($source, $source_feature),)*
            $(#[cfg(not(feature = $brief_feature))] ($brief, $brief_feature),)*
        ];

        /// Resource types of any build.
        pub const DRIVERS: &[&str] = &[$($driver,)*];

        /// Data sources of any build.
        pub const DATA_SOURCES: &[&str] = &[$($source,)*];

        /// Ephemeral resources of any build.
        pub const EPHEMERALS: &[&str] = &[$($brief,)*];
    };
}

use super::*;

registry! {
    drivers {
        "aws_appautoscaling_policy": "autoscaling" => autoscaling::Policy,
        "aws_appautoscaling_target": "autoscaling" => autoscaling::Target,
        "aws_cloudwatch_dashboard": "cloudwatch" => cloudwatch::Dashboard,
        "aws_cloudwatch_event_rule": "events" => events::EventRule,
        "aws_cloudwatch_event_target": "events" => events::EventTarget,
        "aws_cloudwatch_log_group": "logs" => logs::LogGroup,
        "aws_cloudwatch_log_metric_filter": "logs" => logs::LogMetricFilter,
        "aws_cloudwatch_metric_alarm": "cloudwatch" => cloudwatch::MetricAlarm,
        "aws_db_event_subscription": "rds" => rds::EventSubscription,
        "aws_db_instance": "rds" => rds::Instance,
        "aws_db_parameter_group": "rds" => rds::ParameterGroup,
        "aws_db_subnet_group": "rds" => rds::SubnetGroup,
        "aws_default_network_acl": "ec2" => ec2::DefaultNetworkAcl,
        "aws_default_route_table": "ec2" => ec2::DefaultRouteTable,
        "aws_default_security_group": "ec2" => ec2::DefaultSecurityGroup,
        "aws_ecr_lifecycle_policy": "ecr" => ecr::LifecyclePolicy,
        "aws_ecr_repository": "ecr" => ecr::Repository,
        "aws_ecs_cluster": "ecs" => ecs::Cluster,
        "aws_ecs_cluster_capacity_providers": "ecs" => ecs::ClusterCapacityProviders,
        "aws_ecs_service": "ecs" => ecs::Service,
        "aws_ecs_task_definition": "ecs" => ecs::TaskDefinition,
        "aws_eip": "ec2" => ec2::Eip,
        "aws_elasticache_parameter_group": "elasticache" => elasticache::ParameterGroup,
        "aws_elasticache_replication_group": "elasticache" => elasticache::ReplicationGroup,
        "aws_elasticache_subnet_group": "elasticache" => elasticache::SubnetGroup,
        "aws_elasticache_user": "elasticache" => elasticache::User,
        "aws_elasticache_user_group": "elasticache" => elasticache::UserGroup,
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
        "aws_lambda_event_source_mapping": "lambda" => lambda::EventSourceMapping,
        "aws_lambda_function": "lambda" => lambda::Function,
        "aws_lambda_permission": "lambda" => lambda::Permission,
        "aws_nat_gateway": "ec2" => ec2::NatGateway,
        "aws_network_acl": "ec2" => ec2::NetworkAcl,
        "aws_network_acl_rule": "ec2" => ec2::NetworkAclRule,
        "aws_route": "ec2" => ec2::Route,
        "aws_route_table": "ec2" => ec2::RouteTable,
        "aws_route_table_association": "ec2" => ec2::RouteTableAssociation,
        "aws_secretsmanager_secret": "secretsmanager" => secretsmanager::Secret,
        "aws_secretsmanager_secret_policy": "secretsmanager" => secretsmanager::SecretPolicy,
        "aws_secretsmanager_secret_rotation": "secretsmanager" => secretsmanager::SecretRotation,
        "aws_secretsmanager_secret_version": "secretsmanager" => secretsmanager::SecretVersion,
        "aws_security_group": "ec2" => ec2::SecurityGroup,
        "aws_security_group_rule": "ec2" => ec2::SecurityGroupRule,
        "aws_sns_topic": "sns" => sns::Topic,
        "aws_sns_topic_policy": "sns" => sns::TopicPolicy,
        "aws_sns_topic_subscription": "sns" => sns::TopicSubscription,
        "aws_sqs_queue": "sqs" => sqs::Queue,
        "aws_sqs_queue_policy": "sqs" => sqs::QueuePolicy,
        "aws_sqs_queue_redrive_policy": "sqs" => sqs::QueueRedrivePolicy,
        "aws_subnet": "ec2" => ec2::Subnet,
        "aws_vpc": "ec2" => ec2::Vpc,
        "aws_vpc_dhcp_options": "ec2" => ec2::VpcDhcpOptions,
        "aws_vpc_endpoint": "ec2" => ec2::VpcEndpoint,
        "aws_vpc_security_group_egress_rule": "ec2" => ec2::EgressRule,
        "aws_vpc_security_group_ingress_rule": "ec2" => ec2::IngressRule,
    }
    data_sources {
        "aws_availability_zones": "ec2" => ec2::data::AvailabilityZones,
        "aws_caller_identity": "aws" => sts::CallerIdentity,
        "aws_cloudwatch_log_group": "logs" => logs::data::LogGroup,
        "aws_db_instance": "rds" => rds::data::Instance,
        "aws_ec2_managed_prefix_list": "ec2" => ec2::data::ManagedPrefixList,
        "aws_ecr_repository": "ecr" => ecr::data::Repository,
        "aws_ecs_cluster": "ecs" => ecs::data::Cluster,
        "aws_elasticache_replication_group": "elasticache" => elasticache::data::ReplicationGroup,
        "aws_iam_policy": "iam" => iam::data::Policy,
        "aws_iam_policy_document": "iam" => iam::data::PolicyDocument,
        "aws_iam_role": "iam" => iam::data::Role,
        "aws_kinesis_stream": "kinesis" => kinesis::data::Stream,
        "aws_kms_alias": "kms" => kms::data::Alias,
        "aws_kms_key": "kms" => kms::data::Key,
        "aws_partition": "aws" => sts::Partition,
        "aws_prefix_list": "ec2" => ec2::data::PrefixList,
        "aws_rds_engine_version": "rds" => rds::data::EngineVersion,
        "aws_region": "aws" => sts::Region,
        "aws_secretsmanager_secret": "secretsmanager" => secretsmanager::data::Secret,
        "aws_secretsmanager_secret_version": "secretsmanager" => secretsmanager::data::SecretVersion,
        "aws_security_group": "ec2" => ec2::data::SecurityGroup,
        "aws_sns_topic": "sns" => sns::data::Topic,
        "aws_ssm_parameter": "ssm" => ssm::data::Parameter,
        "aws_subnet": "ec2" => ec2::data::Subnet,
        "aws_subnets": "ec2" => ec2::data::Subnets,
        "aws_vpc": "ec2" => ec2::data::Vpc,
        "aws_vpc_endpoint_service": "ec2" => ec2::data::VpcEndpointService,
        "aws_vpcs": "ec2" => ec2::data::Vpcs,
    }
    ephemerals {
        "aws_secretsmanager_random_password": "secretsmanager" => secretsmanager::ephemeral::RandomPassword,
        "aws_secretsmanager_secret_version": "secretsmanager" => secretsmanager::ephemeral::SecretVersion,
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
        assert!(EPHEMERALS.is_sorted(), "sort the ephemeral resources");
        let built_out: BTreeSet<&str> = BUILT_OUT.iter().map(|it| it.0).collect();
        let named = |all: &[&'static str]| -> Vec<&str> {
            all.iter().filter(|it| !built_out.contains(*it)).copied().collect()
        };
        let drivers: Vec<&str> = drivers().iter().map(|it| it.schema().kind).collect();
        assert_eq!(drivers, named(DRIVERS));
        let sources: Vec<&str> = data_sources().iter().map(|it| it.schema().kind).collect();
        assert_eq!(sources, named(DATA_SOURCES));
        let ephemerals: Vec<&str> = ephemerals().iter().map(|it| it.schema().kind).collect();
        assert_eq!(ephemerals, named(EPHEMERALS));
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
        let cases = [
            ("\nimpl Driver for ", DRIVERS),
            ("\nimpl DataSource for ", DATA_SOURCES),
            ("\nimpl Ephemeral for ", EPHEMERALS),
        ];
        for (marker, registered) in cases {
            let mut found = BTreeSet::new();
            declared(&folder, marker, &mut found);
            let registered: BTreeSet<String> = registered.iter().map(|it| it.to_string()).collect();
            assert_eq!(found, registered);
        }
    }
}
