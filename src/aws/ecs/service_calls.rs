//! What is sent to make a service, and to change what differs.

use aws_sdk_ecs::operation::create_service::builders::CreateServiceFluentBuilder;

use super::deployment::{Alarms, CircuitBreaker, Controller};
use super::prelude::*;
use super::service::Service;
use super::service_connect;
use super::service_parts::{
    CapacityProviderStrategy, LoadBalancer, NetworkConfiguration, PlacementConstraint,
    PlacementStrategy, ServiceRegistry, VolumeConfiguration, VpcLattice,
};
use crate::schema::unmet::unmet;
use crate::schema::{Resource as _, Row};
use types::SchedulingStrategy;

/// The call that makes it.
pub(super) fn create(it: &Service, aws: &Aws, token: &str) -> CreateServiceFluentBuilder {
    let is_daemon = it.scheduling_strategy == SchedulingStrategy::Daemon;
    let connect = it.service_connect_configuration.get().map(|it| it.sent());
    aws.ecs()
        .create_service()
        .client_token(token)
        .service_name(&it.name)
        .set_availability_zone_rebalancing(it.availability_zone_rebalancing.given())
        .set_cluster(it.cluster.given())
        .set_deployment_configuration(Some(deployments(it)))
        .set_desired_count((!is_daemon).then(|| it.desired_count.unwrap_or_default()))
        .enable_ecs_managed_tags(it.enable_ecs_managed_tags)
        .enable_execute_command(it.enable_execute_command)
        .set_health_check_grace_period_seconds(it.health_check_grace_period_seconds)
        .set_role(it.iam_role.given())
        .set_launch_type(it.launch_type.given())
        .set_platform_version(it.platform_version.given())
        .set_propagate_tags(it.propagate_tags.clone())
        .scheduling_strategy(it.scheduling_strategy.clone())
        .set_task_definition(it.task_definition.clone())
        .set_capacity_provider_strategy(some(strategy(it)))
        .set_deployment_controller(it.deployment_controller.get().and_then(Controller::sent))
        .set_load_balancers(some(balancers(it)))
        .set_network_configuration(network(it))
        .set_placement_strategy(some(placement(it)))
        .set_placement_constraints(some(constraints(it)))
        .set_service_connect_configuration(connect)
        .set_service_registries(some(registries(it)))
        .set_volume_configurations(some(volumes(it)))
        .set_vpc_lattice_configurations(some(lattices(it)))
        .set_tags(tagged(&it.tags.all))
}

/// Changes whatever differs, in one call.
pub(super) async fn update(
    want: &Service,
    have: &Service,
    (cluster, name): (&str, &str),
    aws: &Aws,
) -> Result<()> {
    let other = unmet(Service::SCHEMA, &want.to_row(), &have.to_row());
    let forces = want.force_new_deployment == Some(true);
    let begins = have.force_new_deployment != Some(true) || want.triggers.differs(&have.triggers);
    if other.is_empty() && !(forces && begins) {
        return Ok(());
    }
    let differs = |name: &str| other.iter().any(|it| it == name);
    let mut call = aws.ecs().update_service().cluster(cluster).service(name);
    call = call.set_force_new_deployment(forces.then_some(true));
    if differs("availability_zone_rebalancing") {
        call = call.set_availability_zone_rebalancing(want.availability_zone_rebalancing.given());
    }
    let deploying = [
        "alarms",
        "deployment_circuit_breaker",
        "deployment_configuration",
        "deployment_maximum_percent",
        "deployment_minimum_healthy_percent",
    ];
    if deploying.iter().any(|it| differs(it)) {
        call = call.deployment_configuration(deployments(want));
    }
    if differs("desired_count") {
        call = call.desired_count(want.desired_count.unwrap_or_default());
    }
    if differs("enable_ecs_managed_tags") {
        call = call.enable_ecs_managed_tags(want.enable_ecs_managed_tags);
    }
    if differs("enable_execute_command") {
        call = call.enable_execute_command(want.enable_execute_command);
    }
    if differs("health_check_grace_period_seconds") {
        let seconds = want.health_check_grace_period_seconds.unwrap_or_default();
        call = call.health_check_grace_period_seconds(seconds);
    }
    if differs("platform_version") {
        call = call.set_platform_version(want.platform_version.given());
    }
    if differs("propagate_tags") {
        let whose = want.propagate_tags.clone().unwrap_or(types::PropagateTags::None);
        call = call.propagate_tags(whose);
    }
    if differs("task_definition") {
        call = call.set_task_definition(want.task_definition.clone());
    }
    if differs("capacity_provider_strategy") && !want.capacity_provider_strategy.0.is_empty() {
        // AWS takes it with new tasks only.
        call = call.set_capacity_provider_strategy(Some(strategy(want)));
        call = call.force_new_deployment(true);
    }
    if differs("deployment_controller") {
        let controller = want.deployment_controller.get().and_then(Controller::sent);
        call = call.set_deployment_controller(controller);
    }
    if differs("load_balancer") {
        call = call.set_load_balancers(Some(balancers(want)));
    }
    if differs("network_configuration") {
        call = call.set_network_configuration(network(want));
    }
    if differs("ordered_placement_strategy") {
        call = call.set_placement_strategy(Some(placement(want)));
    }
    if differs("placement_constraints") {
        call = call.set_placement_constraints(Some(constraints(want)));
    }
    if differs("service_connect_configuration") {
        let connect = want.service_connect_configuration.get();
        let connect = connect.map_or_else(service_connect::off, |it| it.sent());
        call = call.service_connect_configuration(connect);
    }
    if differs("service_registries") {
        call = call.set_service_registries(Some(registries(want)));
    }
    if differs("volume_configuration") {
        call = call.set_volume_configurations(Some(volumes(want)));
    }
    if differs("vpc_lattice_configurations") {
        call = call.set_vpc_lattice_configurations(Some(lattices(want)));
    }
    call.send().await.map_err(|it| known_soon(it.into()))?;
    Ok(())
}

/// How deployments are made, all in one: what is not sent would be forgotten.
fn deployments(it: &Service) -> types::DeploymentConfiguration {
    let is_daemon = it.scheduling_strategy == SchedulingStrategy::Daemon;
    let (most, least) = (it.deployment_maximum_percent, it.deployment_minimum_healthy_percent);
    let call = types::DeploymentConfiguration::builder()
        .set_maximum_percent((!is_daemon || most != 200).then_some(most))
        .set_minimum_healthy_percent((!is_daemon || least != 100).then_some(least))
        .set_alarms(it.alarms.get().and_then(Alarms::sent))
        .set_deployment_circuit_breaker(
            it.deployment_circuit_breaker.get().map(CircuitBreaker::sent),
        );
    match it.deployment_configuration.get() {
        Some(it) => it.add_to(call).build(),
        None => call.build(),
    }
}

/// A list that is not empty.
fn some<T>(all: Vec<T>) -> Option<Vec<T>> {
    Some(all).filter(|it| !it.is_empty())
}

fn strategy(it: &Service) -> Vec<types::CapacityProviderStrategyItem> {
    it.capacity_provider_strategy.0.iter().filter_map(CapacityProviderStrategy::sent).collect()
}

fn balancers(it: &Service) -> Vec<types::LoadBalancer> {
    it.load_balancer.0.iter().map(LoadBalancer::sent).collect()
}

fn network(it: &Service) -> Option<types::NetworkConfiguration> {
    it.network_configuration.get().and_then(NetworkConfiguration::sent)
}

fn placement(it: &Service) -> Vec<types::PlacementStrategy> {
    it.ordered_placement_strategy.0.iter().map(PlacementStrategy::sent).collect()
}

fn constraints(it: &Service) -> Vec<types::PlacementConstraint> {
    it.placement_constraints.0.iter().map(PlacementConstraint::sent).collect()
}

fn registries(it: &Service) -> Vec<types::ServiceRegistry> {
    it.service_registries.get().map(ServiceRegistry::sent).into_iter().collect()
}

fn volumes(it: &Service) -> Vec<types::ServiceVolumeConfiguration> {
    it.volume_configuration.get().and_then(VolumeConfiguration::sent).into_iter().collect()
}

fn lattices(it: &Service) -> Vec<types::VpcLatticeConfiguration> {
    it.vpc_lattice_configurations.0.iter().filter_map(VpcLattice::sent).collect()
}
