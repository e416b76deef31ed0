//! Enumerations of the SDK as field types.
//!
//! A value that this build does not know is kept as it is: AWS adds values, and what was observed
//! yesterday must read back from the state today. Plan refuses unknown ones by the table.

/// Lets enumerations of an SDK stand in a resource struct.
#[allow(unused_macros)]
macro_rules! fields {
    ($($name:ty),* $(,)?) => {$(
        impl crate::schema::Field for $name {
            const KIND: crate::schema::Kind = crate::schema::Kind::String;
            const ONE_OF: &'static [&'static str] = <$name>::values();
            fn from_value(
                value: &crate::lang::value::Value,
            ) -> Result<Self, crate::schema::Mistake> {
                let text = value.as_str();
                text.map(Self::from).ok_or_else(|| crate::schema::Mistake::shape("a string", value))
            }
            fn to_value(&self) -> crate::lang::value::Value {
                self.as_str().into()
            }
            fn blank() -> Self {
                Self::from("")
            }
        }
    )*};
}

#[cfg(feature = "autoscaling")]
mod autoscaling {
    use aws_sdk_applicationautoscaling::types::*;

    fields!(
        AdjustmentType,
        MetricAggregationType,
        MetricStatistic,
        PolicyType,
        PredictiveScalingMaxCapacityBreachBehavior,
        PredictiveScalingMode,
    );
}

#[cfg(feature = "cloudwatch")]
mod cloudwatch {
    use aws_sdk_cloudwatch::types::*;

    fields!(ComparisonOperator, StandardUnit, Statistic);
}

#[cfg(feature = "ec2")]
mod ec2 {
    use aws_sdk_ec2::types::*;

    fields!(
        AvailabilityMode,
        AvailabilityZoneState,
        ConnectivityType,
        DestinationFileFormat,
        DnsRecordIpType,
        DomainType,
        HostnameType,
        IpAddressType,
        LogDestinationType,
        RuleAction,
        ServiceType,
        TaggableResourceType,
        Tenancy,
        TrafficType,
        VpcEndpointType,
    );
}

#[cfg(feature = "ecr")]
mod ecr {
    use aws_sdk_ecr::types::*;

    fields!(EncryptionType, ImageTagMutability, ImageTagMutabilityExclusionFilterType);
}

#[cfg(feature = "ecs")]
mod ecs {
    use aws_sdk_ecs::types::*;

    fields!(
        AvailabilityZoneRebalancing,
        ClusterSettingName,
        Compatibility,
        CpuArchitecture,
        DeploymentControllerType,
        DeploymentStrategy,
        EbsResourceType,
        EfsAuthorizationConfigIam,
        EfsTransitEncryption,
        ExecuteCommandLogging,
        IpcMode,
        LaunchType,
        LogDriver,
        NetworkMode,
        OsFamily,
        PidMode,
        PlacementConstraintType,
        PlacementStrategyType,
        PropagateTags,
        ProxyConfigurationType,
        SchedulingStrategy,
        Scope,
        ServiceConnectAccessLoggingFormat,
        ServiceConnectIncludeQueryParameters,
        TaskDefinitionPlacementConstraintType,
        TaskFilesystemType,
    );
}

#[cfg(feature = "events")]
mod events {
    use aws_sdk_eventbridge::types::*;

    fields!(LaunchType, PlacementConstraintType, PlacementStrategyType, PropagateTags, RuleState,);
}

#[cfg(feature = "elasticache")]
mod elasticache {
    use aws_sdk_elasticache::types::*;

    fields!(
        AuthTokenUpdateStrategyType,
        ClusterMode,
        DestinationType,
        Durability,
        InputAuthenticationType,
        IpDiscovery,
        LogFormat,
        LogType,
        NetworkType,
        TransitEncryptionMode,
    );
}

#[cfg(feature = "kinesis")]
mod kinesis {
    use aws_sdk_kinesis::types::*;

    fields!(StreamMode);
}

#[cfg(feature = "kms")]
mod kms {
    use aws_sdk_kms::types::*;

    fields!(KeySpec, KeyUsageType);
}

#[cfg(feature = "lambda")]
mod lambda {
    use aws_sdk_lambda::types::*;

    fields!(
        Architecture,
        EventSourceMappingMetric,
        EventSourcePosition,
        FullDocument,
        FunctionResponseType,
        FunctionUrlAuthType,
        FunctionVersionLatestPublished,
        KafkaSchemaRegistryAuthType,
        KafkaSchemaValidationAttribute,
        LogFormat,
        PackageType,
        Runtime,
        SchemaRegistryEventRecordFormat,
        SnapStartApplyOn,
        SourceAccessType,
        TenantIsolationMode,
        TracingMode,
    );
}

#[cfg(feature = "logs")]
mod logs {
    use aws_sdk_cloudwatchlogs::types::*;

    fields!(LogGroupClass, StandardUnit);
}

#[cfg(feature = "rds")]
mod rds {
    use aws_sdk_rds::types::*;

    fields!(DatabaseInsightsMode, ReplicaMode, SourceType);
}
