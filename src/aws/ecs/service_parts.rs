//! Where tasks of a service run, and what leads to them.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{
    AssignPublicIp, EbsResourceType, PlacementConstraintType, PlacementStrategyType, PropagateTags,
    TaskFilesystemType,
};

/// Share of one capacity provider.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct CapacityProviderStrategy {
    /// Tasks that run on it at least; for one provider only.
    #[attr(range(0, 100000))]
    pub base: Option<i32>,
    /// Name of the capacity provider.
    pub capacity_provider: String,
    /// Share of it in all tasks.
    #[attr(range(0, 1000))]
    pub weight: Option<i32>,
}

/// Load balancer that leads to the tasks.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct LoadBalancer {
    /// Name of the container that answers.
    pub container_name: String,
    /// Port that it answers at.
    #[attr(range(0, 65536))]
    pub container_port: i32,
    /// Name of a Classic Load Balancer.
    pub elb_name: Option<String>,
    /// ARN of the target group.
    #[attr(format = "arn", exactly_one_of("target_group_arn", "elb_name"))]
    pub target_group_arn: Option<String>,
    /// What blue/green deployments switch.
    pub advanced_configuration: Block<AdvancedConfiguration>,
}

/// What blue/green deployments switch.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct AdvancedConfiguration {
    /// ARN of the other target group.
    #[attr(format = "arn")]
    pub alternate_target_group_arn: String,
    /// ARN of the rule that leads to users' traffic.
    #[attr(format = "arn")]
    pub production_listener_rule: String,
    /// ARN of the role that switches.
    #[attr(format = "arn")]
    pub role_arn: String,
    /// ARN of the rule that leads to test traffic.
    #[attr(format = "arn")]
    pub test_listener_rule: Option<String>,
}

/// Network of the tasks.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct NetworkConfiguration {
    /// Gives tasks an address on the internet; only for Fargate.
    #[attr(default = false)]
    pub assign_public_ip: bool,
    /// Security groups; the default one of the VPC when unset.
    pub security_groups: Option<Set<String>>,
    /// Subnets that tasks run in.
    pub subnets: Set<String>,
}

/// How tasks are spread over instances.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PlacementStrategy {
    /// What is spread or filled, such as `instanceId` or `memory`.
    #[attr(fold_case)]
    pub field: Option<String>,
    /// The strategy.
    #[attr(name = "type")]
    pub kind: PlacementStrategyType,
}

/// Which instances tasks may run on.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PlacementConstraint {
    /// Expression of the cluster query language; none for `distinctInstance`.
    pub expression: Option<String>,
    /// What is asked.
    #[attr(name = "type")]
    pub kind: PlacementConstraintType,
}

/// Registry by which tasks are found.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ServiceRegistry {
    /// Name of the container that answers.
    pub container_name: Option<String>,
    /// Port that it answers at.
    #[attr(range(0, 65536))]
    pub container_port: Option<i32>,
    /// Port in records of the type SRV.
    #[attr(range(0, 65536))]
    pub port: Option<i32>,
    /// ARN of the service in Cloud Map.
    #[attr(format = "arn")]
    pub registry_arn: String,
}

/// Volume that a task gets when it starts.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct VolumeConfiguration {
    /// Name of the volume in the task definition.
    pub name: String,
    /// Disk that ECS makes for each task.
    #[attr(count(1, 1))]
    pub managed_ebs_volume: Block<ManagedEbsVolume>,
}

/// Disk that ECS makes for each task.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ManagedEbsVolume {
    /// Whether it is encrypted.
    #[attr(default = true)]
    pub encrypted: bool,
    /// File system on it.
    #[attr(default = "xfs")]
    pub file_system_type: TaskFilesystemType,
    /// Operations a second.
    pub iops: Option<i32>,
    /// Key that it is encrypted with; the account's own when unset.
    pub kms_key_id: Option<String>,
    /// ARN of the role that makes it.
    #[attr(format = "arn")]
    pub role_arn: String,
    /// Size in GiB; that of the snapshot when unset.
    pub size_in_gb: Option<i32>,
    /// Snapshot that it begins with.
    pub snapshot_id: Option<String>,
    /// MiB a second.
    #[attr(range(0, 1000))]
    pub throughput: Option<i32>,
    /// MiB a second at which a snapshot is read.
    pub volume_initialization_rate: Option<i32>,
    /// Type such as `gp3`.
    pub volume_type: Option<String>,
    /// Tags of the disk.
    pub tag_specifications: Blocks<TagSpecification>,
}

/// Tags of a disk.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TagSpecification {
    /// Whose tags it has besides.
    pub propagate_tags: Option<PropagateTags>,
    /// What they are for.
    pub resource_type: EbsResourceType,
    /// The tags.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Target group of VPC Lattice that leads to the tasks.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct VpcLattice {
    /// Name of the port in the task definition.
    #[attr(length(1, 64), characters = "a-zA-Z0-9_-")]
    pub port_name: String,
    /// ARN of the role that registers tasks.
    #[attr(format = "arn")]
    pub role_arn: String,
    /// ARN of the target group.
    #[attr(format = "arn")]
    pub target_group_arn: String,
}

impl CapacityProviderStrategy {
    pub(super) fn sent(&self) -> Option<types::CapacityProviderStrategyItem> {
        types::CapacityProviderStrategyItem::builder()
            .base(self.base.unwrap_or_default())
            .capacity_provider(&self.capacity_provider)
            .weight(self.weight.unwrap_or_default())
            .build()
            .ok()
    }

    pub(super) fn told(it: types::CapacityProviderStrategyItem) -> Self {
        let (base, weight) = (Some(it.base), Some(it.weight));
        CapacityProviderStrategy { base, capacity_provider: it.capacity_provider, weight }
    }
}

impl LoadBalancer {
    pub(super) fn sent(&self) -> types::LoadBalancer {
        let advanced = |it: &AdvancedConfiguration| {
            types::AdvancedConfiguration::builder()
                .alternate_target_group_arn(&it.alternate_target_group_arn)
                .production_listener_rule(&it.production_listener_rule)
                .role_arn(&it.role_arn)
                .set_test_listener_rule(it.test_listener_rule.clone())
                .build()
        };
        types::LoadBalancer::builder()
            .container_name(&self.container_name)
            .container_port(self.container_port)
            .set_load_balancer_name(self.elb_name.clone())
            .set_target_group_arn(self.target_group_arn.clone())
            .set_advanced_configuration(self.advanced_configuration.get().map(advanced))
            .build()
    }

    pub(super) fn told(it: types::LoadBalancer) -> Self {
        let advanced = |it: types::AdvancedConfiguration| AdvancedConfiguration {
            alternate_target_group_arn: it.alternate_target_group_arn.unwrap_or_default(),
            production_listener_rule: it.production_listener_rule.unwrap_or_default(),
            role_arn: it.role_arn.unwrap_or_default(),
            test_listener_rule: it.test_listener_rule,
        };
        LoadBalancer {
            container_name: it.container_name.unwrap_or_default(),
            container_port: it.container_port.unwrap_or_default(),
            elb_name: it.load_balancer_name,
            target_group_arn: it.target_group_arn,
            advanced_configuration: Block(it.advanced_configuration.map(advanced)),
        }
    }
}

impl NetworkConfiguration {
    pub(super) fn sent(&self) -> Option<types::NetworkConfiguration> {
        let public = match self.assign_public_ip {
            true => AssignPublicIp::Enabled,
            false => AssignPublicIp::Disabled,
        };
        let network = types::AwsVpcConfiguration::builder()
            .assign_public_ip(public)
            .set_security_groups(self.security_groups.clone().map(|it| it.0))
            .set_subnets(Some(self.subnets.0.clone()))
            .build()
            .ok()?;
        Some(types::NetworkConfiguration::builder().awsvpc_configuration(network).build())
    }

    pub(super) fn told(it: types::NetworkConfiguration) -> Option<Self> {
        let it = it.awsvpc_configuration?;
        Some(NetworkConfiguration {
            assign_public_ip: it.assign_public_ip == Some(AssignPublicIp::Enabled),
            security_groups: it.security_groups.map(Set),
            subnets: Set(it.subnets),
        })
    }
}

impl PlacementStrategy {
    pub(super) fn sent(&self) -> types::PlacementStrategy {
        let it = types::PlacementStrategy::builder().set_field(self.field.clone());
        it.r#type(self.kind.clone()).build()
    }

    pub(super) fn told(it: types::PlacementStrategy) -> Option<Self> {
        Some(PlacementStrategy { field: it.field, kind: it.r#type? })
    }
}

impl PlacementConstraint {
    pub(super) fn sent(&self) -> types::PlacementConstraint {
        let it = types::PlacementConstraint::builder().set_expression(self.expression.clone());
        it.r#type(self.kind.clone()).build()
    }

    pub(super) fn told(it: types::PlacementConstraint) -> Option<Self> {
        Some(PlacementConstraint { expression: it.expression, kind: it.r#type? })
    }
}

impl ServiceRegistry {
    pub(super) fn sent(&self) -> types::ServiceRegistry {
        types::ServiceRegistry::builder()
            .set_container_name(self.container_name.clone())
            .set_container_port(self.container_port)
            .set_port(self.port)
            .registry_arn(&self.registry_arn)
            .build()
    }

    pub(super) fn told(it: types::ServiceRegistry) -> Self {
        ServiceRegistry {
            container_name: it.container_name,
            container_port: it.container_port,
            port: it.port,
            registry_arn: it.registry_arn.unwrap_or_default(),
        }
    }
}

impl VolumeConfiguration {
    pub(super) fn sent(&self) -> Option<types::ServiceVolumeConfiguration> {
        let disk = self.managed_ebs_volume.get().and_then(|it| {
            let tags = it.tag_specifications.0.iter().filter_map(TagSpecification::sent);
            types::ServiceManagedEbsVolumeConfiguration::builder()
                .encrypted(it.encrypted)
                .filesystem_type(it.file_system_type.clone())
                .set_iops(it.iops)
                .set_kms_key_id(it.kms_key_id.clone())
                .role_arn(&it.role_arn)
                .set_size_in_gib(it.size_in_gb)
                .set_snapshot_id(it.snapshot_id.clone())
                .set_throughput(it.throughput)
                .set_volume_initialization_rate(it.volume_initialization_rate)
                .set_volume_type(it.volume_type.clone())
                .set_tag_specifications(Some(tags.collect::<Vec<_>>()).filter(|it| !it.is_empty()))
                .build()
                .ok()
        });
        let it = types::ServiceVolumeConfiguration::builder().name(&self.name);
        it.set_managed_ebs_volume(disk).build().ok()
    }

    pub(super) fn told(it: types::ServiceVolumeConfiguration) -> Self {
        let disk = it.managed_ebs_volume.map(|it| ManagedEbsVolume {
            encrypted: it.encrypted.unwrap_or(true),
            file_system_type: it.filesystem_type.unwrap_or(TaskFilesystemType::Xfs),
            iops: it.iops,
            kms_key_id: it.kms_key_id,
            role_arn: it.role_arn,
            size_in_gb: it.size_in_gib,
            snapshot_id: it.snapshot_id,
            throughput: it.throughput,
            volume_initialization_rate: it.volume_initialization_rate,
            volume_type: it.volume_type,
            tag_specifications: Blocks(
                it.tag_specifications.into_iter().flatten().map(TagSpecification::told).collect(),
            ),
        });
        VolumeConfiguration { name: it.name, managed_ebs_volume: Block(disk) }
    }
}

impl TagSpecification {
    fn sent(&self) -> Option<types::EbsTagSpecification> {
        types::EbsTagSpecification::builder()
            .set_propagate_tags(self.propagate_tags.clone())
            .resource_type(self.resource_type.clone())
            .set_tags(self.tags.as_ref().and_then(tagged))
            .build()
            .ok()
    }

    fn told(it: types::EbsTagSpecification) -> Self {
        let tags: BTreeMap<String, String> = pairs(it.tags).collect();
        TagSpecification {
            propagate_tags: it.propagate_tags.filter(|it| *it != PropagateTags::None),
            resource_type: it.resource_type,
            tags: Some(tags).filter(|it| !it.is_empty()),
        }
    }
}

impl VpcLattice {
    pub(super) fn sent(&self) -> Option<types::VpcLatticeConfiguration> {
        types::VpcLatticeConfiguration::builder()
            .port_name(&self.port_name)
            .role_arn(&self.role_arn)
            .target_group_arn(&self.target_group_arn)
            .build()
            .ok()
    }

    pub(super) fn told(it: types::VpcLatticeConfiguration) -> Self {
        VpcLattice {
            port_name: it.port_name,
            role_arn: it.role_arn,
            target_group_arn: it.target_group_arn,
        }
    }
}
