//! `aws_ecs_service`: tasks that are kept running.
//!
//! Longer than most: it has the most arguments of all, and one call changes whatever differs.

use std::collections::BTreeMap;

use super::deployment::{Alarms, CircuitBreaker, Controller, DeploymentConfiguration};
use super::prelude::*;
use super::service_connect::ServiceConnect;
use super::service_parts::{
    CapacityProviderStrategy, LoadBalancer, NetworkConfiguration, PlacementConstraint,
    PlacementStrategy, ServiceRegistry, VolumeConfiguration, VpcLattice,
};
use super::{failing, service_calls};
use types::{
    AvailabilityZoneRebalancing, LaunchType, PropagateTags, SchedulingStrategy, ServiceField,
};

/// Keeps a number of tasks running, and replaces them when their definition changes.
///
/// ```hcl
/// resource "aws_ecs_service" "orders" {
///   name            = "orders"
///   cluster         = "shop"
///   task_definition = "orders:1"
///   launch_type     = "FARGATE"
///   desired_count   = 2
///
///   network_configuration {
///     subnets         = ["subnet-0123456789abcdef0"]
///     security_groups = ["sg-0123456789abcdef0"]
///   }
///
///   deployment_circuit_breaker {
///     enable   = true
///     rollback = true
///   }
///
///   wait_for_steady_state = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecs_service", tags = "service", create = "20m", update = "20m", delete = "20m")]
pub struct Service {
    /// Whether tasks are moved until they are spread evenly over the zones.
    pub availability_zone_rebalancing: Auto<AvailabilityZoneRebalancing>,
    /// Name or ARN of the cluster; `default` when unset.
    #[attr(replace)]
    pub cluster: Auto<String>,
    /// Most tasks during a deployment, in percent of those wanted.
    #[attr(default = 200)]
    pub deployment_maximum_percent: i32,
    /// Fewest healthy tasks during a deployment, in percent of those wanted.
    #[attr(default = 100)]
    pub deployment_minimum_healthy_percent: i32,
    /// Number of tasks; none when unset. Not for `DAEMON`.
    #[attr(range(0, ..))]
    pub desired_count: Option<i32>,
    /// Tags the tasks with the names of cluster and service.
    #[attr(default = false)]
    pub enable_ecs_managed_tags: bool,
    /// Lets commands be run in the containers.
    #[attr(default = false)]
    pub enable_execute_command: bool,
    /// Has no effect: a service is always deleted together with its tasks.
    #[attr(local)]
    pub force_delete: Option<bool>,
    /// Starts new tasks with every update, and when `triggers` changes.
    #[attr(local)]
    pub force_new_deployment: Option<bool>,
    /// Seconds in which failing health checks of a new task do not count.
    #[attr(range(0, 2147483647))]
    pub health_check_grace_period_seconds: Option<i32>,
    /// Role that calls the load balancer; the service's own when unset.
    #[attr(replace)]
    pub iam_role: Auto<String>,
    /// What the tasks run on; as `capacity_provider_strategy` or the cluster says when unset.
    #[attr(replace)]
    pub launch_type: Auto<LaunchType>,
    /// Name of the service.
    #[attr(replace)]
    pub name: String,
    /// Version of Fargate; `LATEST` when unset.
    pub platform_version: Auto<String>,
    /// Whose tags the tasks have besides; nobody's when unset.
    pub propagate_tags: Option<PropagateTags>,
    /// A number of tasks, or one on each instance.
    #[attr(replace, default = "REPLICA")]
    pub scheduling_strategy: SchedulingStrategy,
    /// Family, `family:revision` or ARN of what the tasks run.
    pub task_definition: Option<String>,
    /// Anything: with `force_new_deployment`, a change of it starts new tasks.
    #[attr(local)]
    pub triggers: Auto<BTreeMap<String, String>>,
    /// Is done only when all tasks run and the old ones are gone; fails when they do not start.
    #[attr(default = false, local)]
    pub wait_for_steady_state: bool,
    /// Alarms that end a deployment; left as they are when unset.
    #[attr(computed)]
    pub alarms: Block<Alarms>,
    /// What the tasks run on, in shares; as the cluster says when unset.
    #[attr(computed)]
    pub capacity_provider_strategy: BlockSet<CapacityProviderStrategy>,
    /// What ends a deployment whose tasks do not start; left as it is when unset.
    #[attr(computed)]
    pub deployment_circuit_breaker: Block<CircuitBreaker>,
    /// How one revision replaces another; task by task when unset.
    #[attr(computed)]
    pub deployment_configuration: Block<DeploymentConfiguration>,
    /// Who deploys; ECS itself when unset.
    #[attr(computed)]
    pub deployment_controller: Block<Controller>,
    /// Load balancers that lead to the tasks.
    pub load_balancer: BlockSet<LoadBalancer>,
    /// Network of the tasks; needed for `awsvpc`.
    pub network_configuration: Block<NetworkConfiguration>,
    /// How tasks are spread over instances, in this order.
    #[attr(count(0, 5))]
    pub ordered_placement_strategy: Blocks<PlacementStrategy>,
    /// Which instances tasks may run on.
    #[attr(count(0, 10))]
    pub placement_constraints: BlockSet<PlacementConstraint>,
    /// How the service finds others, and others find it.
    pub service_connect_configuration: Block<ServiceConnect>,
    /// Registry by which tasks are found.
    pub service_registries: Block<ServiceRegistry>,
    /// Volume that a task gets when it starts.
    pub volume_configuration: Block<VolumeConfiguration>,
    /// Target groups of VPC Lattice that lead to the tasks.
    pub vpc_lattice_configurations: BlockSet<VpcLattice>,
    /// ARN of the service.
    pub arn: Out<String>,
    /// Tags of the service.
    pub tags: Tags,
}

/// What the reads tell of a service: itself, and why its tasks do not run.
pub struct Seen {
    service: types::Service,
    why: Option<String>,
}

impl Driver for Service {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &ServiceDraft<'_>, diagnostics: &mut Diagnostics) {
        let strategy = draft.capacity_provider_strategy();
        let has_strategy = strategy.known().is_some_and(|it| !it.0.is_empty());
        if has_strategy && draft.launch_type().known().is_some() {
            let why = "the service runs on what `capacity_provider_strategy` says: leave it out";
            draft.refuse(diagnostics, "launch_type", why);
        }
        let scheduling = draft.scheduling_strategy().known();
        if scheduling == Some(SchedulingStrategy::Daemon) {
            if draft.launch_type().known() == Some(LaunchType::Fargate) {
                let why = "Fargate has no instances to run a task on each of";
                draft.refuse(diagnostics, "scheduling_strategy", why);
            }
            if draft.desired_count().known().is_some() {
                let why = "a `DAEMON` runs a task on each instance: leave it out";
                draft.refuse(diagnostics, "desired_count", why);
            }
        }
        let percent = |it: Given<i32>, default: i32| match it {
            Given::Absent => Some(default),
            other => other.known(),
        };
        let least = percent(draft.deployment_minimum_healthy_percent(), 100);
        let most = percent(draft.deployment_maximum_percent(), 200);
        if let (Some(least), Some(most)) = (least, most)
            && least >= most
            && scheduling != Some(SchedulingStrategy::Daemon)
        {
            let why = "it is more than `deployment_minimum_healthy_percent`, or no task could be \
                       replaced";
            draft.refuse(diagnostics, "deployment_maximum_percent", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let call = service_calls::create(self, aws, op.token());
        let made = call.send().await.map_err(|it| known_soon(it.into()));
        let made = made.and_then(|it| Id::need(it.service.as_ref().and_then(identified)));
        if !matches!(&made, Err(it) if it.kind == FailureKind::Exists) {
            return made;
        }
        let cluster = self.cluster.given().unwrap_or_else(|| "default".into());
        let place = format!("service/{}/{}", last(&cluster), self.name);
        let id = Id(aws.arn("ecs", aws.account().await?, place));
        op.or_adopt(made, || id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(service) = aws.load::<Services>(id).await? else { return Ok(None) };
        let why = failing::why(&service, aws).await;
        Ok(Some(Seen { service, why }))
    }

    fn status(seen: &Seen) -> Status {
        match seen.service.status() {
            Some("ACTIVE") => Status::Ready,
            Some("INACTIVE") | None => Status::Gone,
            Some(other) => Status::busy(other),
        }
    }

    fn progress(&self, seen: &Seen) -> Status {
        match Self::status(seen) {
            Status::Ready if self.wait_for_steady_state => {
                let wanted = self.task_definition.as_deref();
                failing::steadiness(&seen.service, wanted, seen.why.as_deref())
            }
            other => other,
        }
    }

    fn observe(&mut self, seen: Seen) {
        let mut it = seen.service;
        self.arn.set(identified(&it));
        self.observe_deployment(&mut it);
        self.availability_zone_rebalancing.set(it.availability_zone_rebalancing);
        self.cluster.set(as_known(self.cluster.get(), it.cluster_arn, last));
        let is_daemon = it.scheduling_strategy == Some(SchedulingStrategy::Daemon);
        if !is_daemon && (self.desired_count.is_some() || it.desired_count != 0) {
            self.desired_count = Some(it.desired_count);
        }
        self.enable_ecs_managed_tags = it.enable_ecs_managed_tags;
        self.enable_execute_command = it.enable_execute_command;
        let grace = it.health_check_grace_period_seconds;
        if self.health_check_grace_period_seconds.is_some() || grace.is_some_and(|it| it != 0) {
            self.health_check_grace_period_seconds = Some(grace.unwrap_or_default());
        }
        let role = |it: &str| it.rsplit_once(":role/").map_or(it.into(), |it| format!("/{}", it.1));
        let known = self.iam_role.get().filter(|known| {
            let seen = it.role_arn.as_deref().unwrap_or_default();
            *known == seen || last(known) == last(seen)
        });
        self.iam_role.set(known.cloned().or_else(|| it.role_arn.as_deref().map(role)));
        self.launch_type.set(it.launch_type);
        self.name = it.service_name.unwrap_or_default();
        self.platform_version.set(it.platform_version);
        let propagated = it.propagate_tags.unwrap_or(PropagateTags::None);
        if self.propagate_tags.is_some() || propagated != PropagateTags::None {
            self.propagate_tags = Some(propagated);
        }
        if let Some(it) = it.scheduling_strategy {
            self.scheduling_strategy = it;
        }
        let seen = it.task_definition.unwrap_or_default();
        if !self.task_definition.as_deref().is_some_and(|it| failing::names(it, &seen)) {
            self.task_definition = Some(seen).filter(|it| !it.is_empty());
        }
        let strategy = it.capacity_provider_strategy.into_iter().flatten();
        self.capacity_provider_strategy =
            BlockSet(strategy.map(CapacityProviderStrategy::told).collect());
        let balancers = it.load_balancers.into_iter().flatten().map(LoadBalancer::told);
        self.load_balancer = BlockSet(balancers.collect());
        let network = it.network_configuration.and_then(NetworkConfiguration::told);
        self.network_configuration = Block(network);
        let strategy = it.placement_strategy.into_iter().flatten();
        self.ordered_placement_strategy =
            Blocks(strategy.filter_map(PlacementStrategy::told).collect());
        let constraints = it.placement_constraints.into_iter().flatten();
        self.placement_constraints =
            BlockSet(constraints.filter_map(PlacementConstraint::told).collect());
        let registry = it.service_registries.into_iter().flatten().next();
        self.service_registries = Block(registry.map(ServiceRegistry::told));
        self.tags.observe(pairs(it.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        // First the tags: what else differs goes in one call, which may hold more than was asked.
        if self.tags.all != have.tags.all {
            return aws.sync_tags::<tags::Ecs>(id, &self.tags, &have.tags).await;
        }
        service_calls::update(self, have, place(id), aws).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let (cluster, name) = place(id);
        // By force: AWS stops the tasks as it does when the service is scaled to zero before.
        aws.ecs().delete_service().cluster(cluster).service(name).force(true).send().await?;
        Ok(())
    }

    /// Services are imported by `cluster/service`.
    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        if text.starts_with("arn:") {
            return Ok(text.into());
        }
        let [cluster, name] = Id::from(text).parts('/')?.map(String::from);
        Ok(Id(aws.arn("ecs", aws.account().await?, format!("service/{cluster}/{name}"))))
    }
}

impl Service {
    /// What is told with the deployments, or with how they are made.
    fn observe_deployment(&mut self, it: &mut types::Service) {
        let is_daemon = it.scheduling_strategy == Some(SchedulingStrategy::Daemon);
        if let Some(mut seen) = it.deployment_configuration.take() {
            // A daemon has other percents where none were given.
            if !(is_daemon && self.deployment_maximum_percent == 200) {
                self.deployment_maximum_percent = seen.maximum_percent.unwrap_or(200);
            }
            if !(is_daemon && self.deployment_minimum_healthy_percent == 100) {
                self.deployment_minimum_healthy_percent =
                    seen.minimum_healthy_percent.unwrap_or(100);
            }
            self.alarms = Block(seen.alarms.take().map(Alarms::told));
            let breaker = seen.deployment_circuit_breaker.take();
            self.deployment_circuit_breaker = Block(
                breaker.map(|it| CircuitBreaker { enable: it.enable, rollback: it.rollback }),
            );
            self.deployment_configuration = Block(Some(DeploymentConfiguration::told(seen)));
        }
        let controller = it.deployment_controller.take();
        self.deployment_controller = Block(controller.map(|it| Controller { kind: it.r#type }));
        let Some(primary) = failing::primary(it).cloned() else { return };
        let known = self.service_connect_configuration.get();
        self.service_connect_configuration =
            Block(ServiceConnect::told(primary.service_connect_configuration, known));
        let volume = primary.volume_configurations.into_iter().flatten().next();
        self.volume_configuration = Block(volume.map(VolumeConfiguration::told));
        let lattice = primary.vpc_lattice_configurations.into_iter().flatten();
        self.vpc_lattice_configurations = BlockSet(lattice.map(VpcLattice::told).collect());
    }
}

/// The long form of the service's ARN, which names the cluster too.
fn identified(it: &types::Service) -> Option<String> {
    let arn = it.service_arn()?;
    let (account, name) = arn.split_once(":service/")?;
    match name.contains('/') {
        true => Some(arn.into()),
        false => Some(format!("{account}:service/{}/{name}", last(it.cluster_arn()?))),
    }
}

/// Cluster and name of a service, by its ARN.
fn place(id: &str) -> (&str, &str) {
    let path = id.split_once(":service/").map_or(id, |it| it.1);
    path.split_once('/').unwrap_or(("default", path))
}

/// What is known, where it says the same as what is seen.
fn as_known(
    known: Option<&String>,
    seen: Option<String>,
    part: fn(&str) -> &str,
) -> Option<String> {
    match (known, &seen) {
        (Some(a), Some(b)) if part(a) == part(b) => Some(a.clone()),
        _ => seen,
    }
}

/// Every service being read right now, ten in a call. Deleted ones are still told, as `INACTIVE`.
struct Services;

impl Batch for Services {
    type Item = types::Service;
    const MAX: usize = 10;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::Service>> {
        let mut clusters: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for id in &ids {
            clusters.entry(place(id).0).or_default().push(id);
        }
        let reads = clusters.into_iter().map(|(cluster, ids)| async move {
            let names = ids.iter().map(|id| place(id).1.to_string()).collect();
            let call = aws.ecs().describe_services().cluster(cluster).set_services(Some(names));
            let found = match call.include(ServiceField::Tags).send().await.map_err(Failure::from) {
                Ok(it) => it.services.unwrap_or_default(),
                // Another cluster's services may still be there.
                Err(it) if it.kind == FailureKind::NotFound => Vec::new(),
                Err(it) => return Err(it),
            };
            let named = |id: &String| {
                found.iter().find(|it| it.service_name() == Some(place(id).1)).cloned()
            };
            Ok(ids.iter().filter_map(|id| Some(((*id).clone(), named(id)?))).collect::<Vec<_>>())
        });
        let found = futures_util::future::try_join_all(reads).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_with_its_cluster() {
        let long = "arn:aws:ecs:eu-central-1:1:service/shop/orders";
        let short = "arn:aws:ecs:eu-central-1:1:service/orders";
        let cluster = "arn:aws:ecs:eu-central-1:1:cluster/shop";
        for arn in [long, short] {
            let it = types::Service::builder().service_arn(arn).cluster_arn(cluster).build();
            assert_eq!(identified(&it).as_deref(), Some(long));
        }
        assert_eq!(place(long), ("shop", "orders"));
        assert_eq!(place(short), ("default", "orders"));
    }
}
