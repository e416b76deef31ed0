//! How a target runs tasks of ECS: nested blocks, and how they are sent and seen.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, EcsParameters, LaunchType,
    NetworkConfiguration, PlacementConstraint, PlacementConstraintType, PlacementStrategy,
    PlacementStrategyType, PropagateTags, Tag,
};

use crate::schema::Set;

/// How an ECS target runs its tasks.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct EcsTarget {
    /// Tags the tasks with the names of their cluster and service.
    #[attr(default = false)]
    pub enable_ecs_managed_tags: bool,
    /// Lets commands be run inside of the containers.
    #[attr(default = false)]
    pub enable_execute_command: bool,
    /// Group of the tasks; their family when unset.
    #[attr(length(1, 255))]
    pub group: Option<String>,
    /// What the tasks run on; what the cluster has as its default when unset.
    pub launch_type: Option<LaunchType>,
    /// Version of Fargate; the latest when unset.
    #[attr(length(0, 1600))]
    pub platform_version: Option<String>,
    /// Whether the tasks have the tags of their definition; not when unset.
    pub propagate_tags: Option<PropagateTags>,
    /// Tags of the tasks.
    pub tags: Option<BTreeMap<String, String>>,
    /// How many tasks are run.
    #[attr(default = 1, range(1, ..))]
    pub task_count: i32,
    /// ARN of the task definition.
    #[attr(format = "arn")]
    pub task_definition_arn: String,
    /// Capacity providers that the tasks are shared among, instead of `launch_type`.
    pub capacity_provider_strategy: BlockSet<CapacityProviderStrategy>,
    /// Network of the tasks; needed for `awsvpc`.
    pub network_configuration: Block<TaskNetwork>,
    /// Where tasks are put, in order.
    #[attr(count(0, 5))]
    pub ordered_placement_strategy: Blocks<OrderedPlacementStrategy>,
    /// Where tasks may be put.
    #[attr(count(0, 10))]
    pub placement_constraint: BlockSet<Placement>,
}

/// Share of one capacity provider.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct CapacityProviderStrategy {
    /// Tasks that run there at least; none when unset.
    #[attr(range(0, 100000))]
    pub base: Option<i32>,
    /// Name of the capacity provider.
    pub capacity_provider: String,
    /// Share of the tasks, relative to the others; none when unset.
    #[attr(range(0, 1000))]
    pub weight: Option<i32>,
}

/// Network that tasks are in.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TaskNetwork {
    /// Gives the tasks public addresses.
    #[attr(default = false)]
    pub assign_public_ip: bool,
    /// Security groups of the tasks; the default one when unset.
    pub security_groups: Option<Set<String>>,
    /// Subnets of the tasks.
    pub subnets: Set<String>,
}

/// How tasks are put.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct OrderedPlacementStrategy {
    /// What is looked at, such as `attribute:ecs.availability-zone`.
    #[attr(length(0, 255))]
    pub field: Option<String>,
    /// Whether tasks are spread, packed, or put anywhere.
    #[attr(name = "type")]
    pub kind: PlacementStrategyType,
}

/// Where tasks may be put.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Placement {
    /// Condition in the cluster query language.
    pub expression: Option<String>,
    /// Whether each task has an instance of its own, or the expression says it.
    #[attr(name = "type")]
    pub kind: PlacementConstraintType,
}

impl Part for EcsTarget {
    type Of = EcsParameters;

    fn sent(&self) -> Option<EcsParameters> {
        let tag = |(k, v): (&String, &String)| Tag::builder().key(k).value(v).build().ok();
        let tags = self.tags.as_ref().map(|it| it.iter().filter_map(tag).collect());
        let provider = |it: &CapacityProviderStrategy| {
            CapacityProviderStrategyItem::builder()
                .capacity_provider(&it.capacity_provider)
                .set_base(it.base)
                .set_weight(it.weight)
                .build()
                .ok()
        };
        let providers: Vec<_> =
            self.capacity_provider_strategy.0.iter().filter_map(provider).collect();
        let constraint = |it: &Placement| {
            let constraint = PlacementConstraint::builder().r#type(it.kind.clone());
            constraint.set_expression(it.expression.clone()).build()
        };
        let constraints: Vec<_> = self.placement_constraint.0.iter().map(constraint).collect();
        let strategy = |it: &OrderedPlacementStrategy| {
            let strategy = PlacementStrategy::builder().r#type(it.kind.clone());
            strategy.set_field(it.field.clone()).build()
        };
        let strategies: Vec<_> = self.ordered_placement_strategy.0.iter().map(strategy).collect();
        EcsParameters::builder()
            .task_definition_arn(&self.task_definition_arn)
            .task_count(self.task_count)
            .enable_ecs_managed_tags(self.enable_ecs_managed_tags)
            .enable_execute_command(self.enable_execute_command)
            .set_capacity_provider_strategy(Some(providers).filter(|it| !it.is_empty()))
            .set_group(self.group.clone())
            .set_launch_type(self.launch_type.clone())
            .set_network_configuration(self.network_configuration.get().and_then(TaskNetwork::sent))
            .set_placement_constraints(Some(constraints).filter(|it| !it.is_empty()))
            .set_placement_strategy(Some(strategies).filter(|it| !it.is_empty()))
            .set_platform_version(self.platform_version.clone())
            .set_propagate_tags(self.propagate_tags.clone())
            .set_tags(tags)
            .build()
            .ok()
    }

    fn seen(known: Option<&Self>, it: EcsParameters) -> Option<Self> {
        let providers = known.map(|it| it.capacity_provider_strategy.0.as_slice());
        let provider = |it| CapacityProviderStrategy::seen(providers.unwrap_or_default(), it);
        let constraint = |it: PlacementConstraint| {
            Some(Placement { expression: it.expression, kind: it.r#type? })
        };
        let strategy = |it: PlacementStrategy| {
            Some(OrderedPlacementStrategy { field: it.field, kind: it.r#type? })
        };
        let tags = it.tags.map(|it| it.into_iter().map(|it| (it.key, it.value)).collect());
        let network = it.network_configuration.and_then(|it| it.awsvpc_configuration);
        let providers = it.capacity_provider_strategy.unwrap_or_default();
        let constraints = it.placement_constraints.unwrap_or_default();
        let strategies = it.placement_strategy.unwrap_or_default();
        Some(EcsTarget {
            enable_ecs_managed_tags: it.enable_ecs_managed_tags,
            enable_execute_command: it.enable_execute_command,
            group: it.group,
            launch_type: it.launch_type,
            platform_version: told(
                known.and_then(|it| it.platform_version.clone()),
                it.platform_version,
            ),
            propagate_tags: it.propagate_tags,
            tags: told(known.and_then(|it| it.tags.clone()), tags),
            task_count: it.task_count.unwrap_or(1),
            task_definition_arn: it.task_definition_arn,
            capacity_provider_strategy: BlockSet(providers.into_iter().map(provider).collect()),
            network_configuration: Block(network.map(|it| TaskNetwork::seen(known, it))),
            ordered_placement_strategy: Blocks(
                strategies.into_iter().filter_map(strategy).collect(),
            ),
            placement_constraint: BlockSet(
                constraints.into_iter().filter_map(constraint).collect(),
            ),
        })
    }
}

impl CapacityProviderStrategy {
    fn seen(known: &[Self], it: CapacityProviderStrategyItem) -> Self {
        let known = known.iter().find(|known| known.capacity_provider == it.capacity_provider);
        CapacityProviderStrategy {
            base: told(known.and_then(|it| it.base), it.base),
            capacity_provider: it.capacity_provider,
            weight: told(known.and_then(|it| it.weight), it.weight),
        }
    }
}

impl TaskNetwork {
    fn sent(&self) -> Option<NetworkConfiguration> {
        let public = match self.assign_public_ip {
            true => AssignPublicIp::Enabled,
            false => AssignPublicIp::Disabled,
        };
        let network = AwsVpcConfiguration::builder()
            .assign_public_ip(public)
            .set_security_groups(self.security_groups.as_ref().map(|it| it.0.clone()))
            .set_subnets(Some(self.subnets.0.clone()))
            .build();
        Some(NetworkConfiguration::builder().awsvpc_configuration(network.ok()?).build())
    }

    fn seen(known: Option<&EcsTarget>, it: AwsVpcConfiguration) -> Self {
        let known = known.and_then(|it| it.network_configuration.get());
        let groups = known.and_then(|it| it.security_groups.clone());
        TaskNetwork {
            assign_public_ip: it.assign_public_ip == Some(AssignPublicIp::Enabled),
            security_groups: told(groups, it.security_groups.map(Set)),
            subnets: Set(it.subnets),
        }
    }
}
