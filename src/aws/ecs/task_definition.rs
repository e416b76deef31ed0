//! `aws_ecs_task_definition`: what a task runs, in numbered revisions.
//!
//! Longer than most: what ECS tells in other words has to be recognised, and what Fargate refuses
//! is refused before.

use std::collections::BTreeMap;

use super::containers;
use super::prelude::*;
use super::volumes::Volume;
use crate::aws::tags::TOKEN;
use crate::schema::compare::same_json;
use types::{
    Compatibility, CpuArchitecture, IpcMode, NetworkMode, OsFamily, PidMode,
    ProxyConfigurationType, TaskDefinitionField, TaskDefinitionPlacementConstraintType,
    TaskDefinitionStatus,
};

/// Describes what a task runs: containers, their size, rights and storage. Every change is another
/// revision.
///
/// ```hcl
/// resource "aws_ecs_task_definition" "orders" {
///   family                   = "orders"
///   requires_compatibilities = ["FARGATE"]
///   network_mode             = "awsvpc"
///   cpu                      = "256"
///   memory                   = "512"
///
///   container_definitions = jsonencode([{
///     name         = "orders"
///     image        = "public.ecr.aws/docker/library/nginx:1.29"
///     portMappings = [{ containerPort = 80 }]
///   }])
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecs_task_definition", tags = "task-definition")]
pub struct TaskDefinition {
    /// The containers, as JSON in the words of the ECS API; compared by what they run.
    #[attr(replace, json)]
    pub container_definitions: String,
    /// CPU units of the task, such as `256`, or `.25 vCPU`; needed for Fargate.
    #[attr(replace)]
    pub cpu: Option<String>,
    /// Whether faults may be injected into the task.
    #[attr(replace)]
    pub enable_fault_injection: Auto<bool>,
    /// ARN of the role that starts the task: pulls its image, reads its secrets, opens its log.
    #[attr(replace, format = "arn")]
    pub execution_role_arn: Option<String>,
    /// Name that all revisions share.
    #[attr(replace, length(1, 255), characters = "a-zA-Z0-9_-")]
    pub family: String,
    /// Whose memory the containers share with each other.
    #[attr(replace)]
    pub ipc_mode: Option<IpcMode>,
    /// Memory of the task in MiB, such as `512`, or `1 GB`; needed for Fargate.
    #[attr(replace)]
    pub memory: Option<String>,
    /// How containers reach the network; `awsvpc` for Fargate.
    #[attr(replace)]
    pub network_mode: Auto<NetworkMode>,
    /// Whose processes the containers see.
    #[attr(replace)]
    pub pid_mode: Option<PidMode>,
    /// What the task is checked to run on, such as `FARGATE`.
    #[attr(replace)]
    pub requires_compatibilities: Option<Set<Compatibility>>,
    /// Leaves revisions usable when they are replaced or deleted here.
    #[attr(default = false, local)]
    pub skip_destroy: bool,
    /// ARN of the role that the task's own code has.
    #[attr(replace, format = "arn")]
    pub task_role_arn: Option<String>,
    /// Compares with the latest revision of the family, whoever made it. Decided for each revision
    /// when it is made.
    #[attr(default = false, local)]
    pub track_latest: bool,
    /// Disk of the task.
    #[attr(replace)]
    pub ephemeral_storage: Block<EphemeralStorage>,
    /// Instances that the task may be placed on.
    #[attr(replace, count(0, 10))]
    pub placement_constraints: BlockSet<PlacementConstraint>,
    /// Proxy that traffic goes through.
    #[attr(replace)]
    pub proxy_configuration: Block<ProxyConfiguration>,
    /// Operating system and processor.
    #[attr(replace)]
    pub runtime_platform: Block<RuntimePlatform>,
    /// Storage that containers mount.
    #[attr(replace)]
    pub volume: BlockSet<Volume>,
    /// ARN of the revision.
    pub arn: Out<String>,
    /// ARN of the family.
    pub arn_without_revision: Out<String>,
    /// Number of the revision.
    pub revision: Out<i32>,
    /// Tags of the revision.
    pub tags: Tags,
}

/// Disk of a task.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct EphemeralStorage {
    /// Its size in GiB.
    #[attr(replace, range(21, 200))]
    pub size_in_gib: i32,
}

/// Where a task may be placed.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PlacementConstraint {
    /// Expression of the cluster query language.
    #[attr(replace)]
    pub expression: Option<String>,
    /// What is asked of the instance.
    #[attr(replace, name = "type")]
    pub kind: TaskDefinitionPlacementConstraintType,
}

/// Proxy that traffic goes through.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ProxyConfiguration {
    /// Name of the container that is the proxy.
    #[attr(replace)]
    pub container_name: String,
    /// Settings of the proxy.
    #[attr(replace)]
    pub properties: Option<BTreeMap<String, String>>,
    /// What kind of proxy.
    #[attr(replace, default = "APPMESH", name = "type")]
    pub kind: ProxyConfigurationType,
}

/// Operating system and processor.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RuntimePlatform {
    /// The processor.
    #[attr(replace)]
    pub cpu_architecture: Option<CpuArchitecture>,
    /// The operating system.
    #[attr(replace)]
    pub operating_system_family: Option<OsFamily>,
}

/// What a read tells of a revision.
pub struct Seen {
    revision: types::TaskDefinition,
    tags: Option<Vec<types::Tag>>,
}

impl Driver for TaskDefinition {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &TaskDefinitionDraft<'_>, diagnostics: &mut Diagnostics) {
        let definitions = draft.container_definitions().known().map(|it| containers::read(&it));
        if let Some(Err(wrong)) = &definitions {
            for it in wrong {
                draft.refuse(diagnostics, "container_definitions", it.as_str());
            }
        }
        let Given::Known(kinds) = draft.requires_compatibilities() else { return };
        if kinds.0.contains(&Compatibility::Fargate) {
            check_fargate(draft, &definitions.and_then(Result::ok), diagnostics);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(made) = self.resumed(aws, op).await? {
            return Ok(made);
        }
        let containers = containers::read(&self.container_definitions)
            .map_err(|it| Failure::fatal(format!("`container_definitions`: {}", it.join("; "))))?;
        let token = types::Tag::builder().key(TOKEN).value(op.token()).build();
        let tags = tagged(&self.tags.all).unwrap_or_default().into_iter().chain([token]);
        let volumes: Vec<_> = self.volume.0.iter().map(Volume::sent).collect();
        let constraints: Vec<_> = self.placement_constraints.0.iter().map(constraint).collect();
        let platform = self.runtime_platform.get().map(|it| {
            types::RuntimePlatform::builder()
                .set_cpu_architecture(it.cpu_architecture.clone())
                .set_operating_system_family(it.operating_system_family.clone())
                .build()
        });
        let disk = self.ephemeral_storage.get();
        let disk = disk.map(|it| types::EphemeralStorage::builder().size_in_gib(it.size_in_gib));
        let made = aws
            .ecs()
            .register_task_definition()
            .family(&self.family)
            .set_container_definitions(Some(containers))
            .set_cpu(self.cpu.clone())
            .set_enable_fault_injection(self.enable_fault_injection.given())
            .set_ephemeral_storage(disk.map(|it| it.build()))
            .set_execution_role_arn(self.execution_role_arn.clone())
            .set_ipc_mode(self.ipc_mode.clone())
            .set_memory(self.memory.clone())
            .set_network_mode(self.network_mode.given())
            .set_pid_mode(self.pid_mode.clone())
            .set_placement_constraints(Some(constraints).filter(|it| !it.is_empty()))
            .set_proxy_configuration(self.proxy_configuration.get().and_then(proxy))
            .set_requires_compatibilities(self.requires_compatibilities.clone().map(|it| it.0))
            .set_runtime_platform(platform)
            .set_task_role_arn(self.task_role_arn.clone())
            .set_volumes(Some(volumes).filter(|it| !it.is_empty()))
            .set_tags(Some(tags.collect()))
            .customize()
            .config_override(once())
            .send()
            .await?;
        self.identified(made.task_definition.and_then(|it| it.task_definition_arn))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(name) = sought(id) else { return Ok(None) };
        let call = aws.ecs().describe_task_definition().task_definition(name);
        let found = call.include(TaskDefinitionField::Tags).send().await?;
        Ok(found.task_definition.map(|revision| Seen { revision, tags: found.tags }))
    }

    fn status(seen: &Seen) -> Status {
        match &seen.revision.status {
            Some(TaskDefinitionStatus::Active) => Status::Ready,
            _ => Status::Gone,
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { revision: it, tags } = seen;
        let known = containers::read(&self.container_definitions).ok();
        let known = known.map(|all| told(all, &it.network_mode));
        let seen = told(it.container_definitions.unwrap_or_default(), &it.network_mode);
        if !known.is_some_and(|known| same_json(&known, &seen)) {
            self.container_definitions = seen;
        }
        let units = |known: &Option<String>, seen: Option<String>| match (known, &seen) {
            (Some(a), Some(b)) if number(a).is_some() && number(a) == number(b) => known.clone(),
            _ => seen,
        };
        self.cpu = units(&self.cpu, it.cpu);
        self.memory = units(&self.memory, it.memory);
        self.enable_fault_injection.set(it.enable_fault_injection.unwrap_or_default());
        self.execution_role_arn = it.execution_role_arn;
        self.task_role_arn = it.task_role_arn;
        self.ipc_mode = it.ipc_mode;
        self.pid_mode = it.pid_mode;
        self.network_mode.set(it.network_mode);
        let kinds = it.requires_compatibilities.filter(|it| !it.is_empty()).map(Set);
        if kinds.is_some()
            || self.requires_compatibilities.as_ref().is_none_or(|it| !it.0.is_empty())
        {
            self.requires_compatibilities = kinds;
        }
        let disk = it.ephemeral_storage.map(|it| EphemeralStorage { size_in_gib: it.size_in_gib });
        self.ephemeral_storage = Block(disk);
        let constraints = it.placement_constraints.into_iter().flatten();
        let constraints = constraints.filter_map(|it| {
            Some(PlacementConstraint { expression: it.expression, kind: it.r#type? })
        });
        self.placement_constraints = BlockSet(constraints.collect());
        self.proxy_configuration = Block(it.proxy_configuration.map(proxy_told));
        self.runtime_platform = Block(it.runtime_platform.map(|it| RuntimePlatform {
            cpu_architecture: it.cpu_architecture,
            operating_system_family: it.operating_system_family,
        }));
        self.volume = BlockSet(it.volumes.into_iter().flatten().map(Volume::told).collect());
        self.family = it.family.unwrap_or_default();
        self.revision.set(it.revision);
        let arn = it.task_definition_arn;
        let family = arn.as_ref().and_then(|it| it.rsplit_once(':')).map(|it| it.0.to_string());
        self.arn_without_revision.set(family);
        self.arn.set(arn);
        self.tags.observe(pairs(tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        // With `track_latest` the identifier names no revision.
        let arn = have.arn.get().unwrap_or(&id.0);
        aws.sync_tags::<tags::Ecs>(arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if !self.skip_destroy {
            let arn = self.arn.get().unwrap_or(&id.0);
            aws.ecs().deregister_task_definition().task_definition(arn).send().await?;
        }
        Ok(())
    }

    /// States of Terraform know a revision by its family alone.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        let arn = self.arn.get().filter(|it| !it.is_empty());
        arn.map(|it| self.identified(Some(it.clone()))).transpose()
    }

    /// Revisions are imported by ARN.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        match text.starts_with("arn:") && sought(text).is_some() {
            true => Ok(text.into()),
            false => Err(Failure::fatal(format!("`{text}` names no revision"))
                .hint("write its ARN, which ends with its number")),
        }
    }

    /// With `track_latest` the family has other revisions still.
    fn stays(&self) -> bool {
        self.skip_destroy || self.track_latest
    }
}

impl TaskDefinition {
    /// The revision's ARN, or the family's latest where that is the one to compare with.
    fn identified(&self, arn: Option<String>) -> Result<Id> {
        match self.track_latest {
            true => Ok(Id(format!("{}:latest", self.family))),
            false => Id::need(arn),
        }
    }

    /// What an earlier run of the same operation registered: the revision that carries its tag. No
    /// call at all where the operation is new.
    async fn resumed(&self, aws: &Aws, op: &Op) -> Result<Option<Id>> {
        if !op.is_resumed() {
            return Ok(None);
        }
        // The latest revisions: it was the last thing that was done.
        let call = aws.ecs().list_task_definitions().family_prefix(&self.family);
        let listed = call.sort(types::SortOrder::Desc).max_results(10).send().await?;
        for arn in listed.task_definition_arns.unwrap_or_default() {
            let Some(seen) = Self::find(&Id(arn.clone()), aws).await? else { continue };
            if pairs(seen.tags).any(|(name, value)| name == TOKEN && value == op.token()) {
                return self.identified(Some(arn)).map(Some);
            }
        }
        Ok(None)
    }
}

/// What is to be described: a revision, or a family, of which ECS tells the latest revision. A name
/// without either says too little.
fn sought(id: &str) -> Option<&str> {
    let (family, revision) = id.rsplit_once(':')?;
    match revision {
        "latest" => Some(family),
        _ => revision.parse::<u64>().is_ok().then_some(id),
    }
}

/// CPU units or MiB: `512`, `.5 vCPU` and `0.5 vcpu` are the same, and so are `1024` and `1 GB`.
fn number(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let unit = text.strip_suffix("vcpu").or_else(|| text.strip_suffix("gb"));
    match unit {
        Some(units) => units.trim().parse::<f64>().ok().map(|it| (it * 1024.0).round() as i64),
        None => text.parse().ok(),
    }
}

/// CPU units of Fargate, and the memory that goes with them: least, most, and steps of it.
const FARGATE: &[(i64, i64, i64, i64)] = &[
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// What is wrong with that memory for that CPU on Fargate.
fn misfit(cpu: i64, memory: i64) -> Option<String> {
    let (_, least, most, step) = FARGATE.iter().find(|it| it.0 == cpu)?;
    let fits = (*least..=*most).contains(&memory) && (memory - least) % step == 0;
    let smallest = if cpu == 256 { "512, or " } else { "" };
    (!fits && (cpu, memory) != (256, 512)).then(|| {
        format!("with `cpu = \"{cpu}\"` it is {smallest}{least} to {most} in steps of {step}")
    })
}

fn check_fargate(
    draft: &TaskDefinitionDraft<'_>,
    definitions: &Option<Vec<types::ContainerDefinition>>,
    diagnostics: &mut Diagnostics,
) {
    match draft.network_mode() {
        Given::Known(NetworkMode::Awsvpc) | Given::Unknown => {}
        _ => draft.refuse(diagnostics, "network_mode", "Fargate takes `awsvpc` only"),
    }
    for (name, it) in [("cpu", draft.cpu()), ("memory", draft.memory())] {
        if !it.is_set() {
            draft.refuse(diagnostics, name, "Fargate needs the task's `cpu` and `memory`");
        }
    }
    let of = |it: Given<String>| it.known().and_then(|it| number(&it));
    if let (Some(cpu), Some(memory)) = (of(draft.cpu()), of(draft.memory()))
        && let Some(why) = misfit(cpu, memory)
    {
        draft.refuse(diagnostics, "memory", why);
    }
    let starts = |it: &types::ContainerDefinition| {
        let log = it.log_configuration().map(|it| it.log_driver().as_str());
        !it.secrets().is_empty() || log == Some("awslogs")
    };
    let needs_role = definitions.iter().flatten().any(starts);
    if needs_role && !draft.execution_role_arn().is_set() {
        let why = "secrets and the log driver `awslogs` need it on Fargate";
        draft.refuse(diagnostics, "execution_role_arn", why);
    }
}

/// The document. In `awsvpc` the port on the host is the container's own: ECS fills it in.
fn told(mut all: Vec<types::ContainerDefinition>, mode: &Option<NetworkMode>) -> String {
    if *mode == Some(NetworkMode::Awsvpc) {
        let ports = all.iter_mut().filter_map(|it| it.port_mappings.as_mut()).flatten();
        for it in ports.filter(|it| it.host_port == it.container_port) {
            it.host_port = None;
        }
    }
    containers::write(&all)
}

fn constraint(it: &PlacementConstraint) -> types::TaskDefinitionPlacementConstraint {
    types::TaskDefinitionPlacementConstraint::builder()
        .set_expression(it.expression.clone())
        .r#type(it.kind.clone())
        .build()
}

fn proxy(it: &ProxyConfiguration) -> Option<types::ProxyConfiguration> {
    let pair = |(name, value): (&String, &String)| {
        types::KeyValuePair::builder().name(name).value(value).build()
    };
    types::ProxyConfiguration::builder()
        .container_name(&it.container_name)
        .set_properties(it.properties.as_ref().map(|it| it.iter().map(pair).collect()))
        .r#type(it.kind.clone())
        .build()
        .ok()
}

fn proxy_told(it: types::ProxyConfiguration) -> ProxyConfiguration {
    let properties = it.properties.filter(|it| !it.is_empty()).map(|all| {
        let pair = |it: types::KeyValuePair| Some((it.name?, it.value.unwrap_or_default()));
        all.into_iter().filter_map(pair).collect()
    });
    let kind = it.r#type.unwrap_or(ProxyConfigurationType::Appmesh);
    ProxyConfiguration { container_name: it.container_name, properties, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_or_the_latest_is_sought() {
        let arn = "arn:aws:ecs:eu-central-1:1:task-definition/app:7";
        let cases = [
            (arn, Some(arn)),
            ("app:latest", Some("app")),
            ("app", None),
            ("arn:aws:ecs:eu-central-1:1:task-definition/app", None),
        ];
        for (id, expected) in cases {
            assert_eq!(sought(id), expected, "{id}");
        }
    }

    #[test]
    fn units_are_the_same_in_any_words() {
        let cases = [("512", Some(512)), (".5 vCPU", Some(512)), ("1 GB", Some(1024)), ("x", None)];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text}");
        }
    }
    #[test]
    fn memory_of_fargate_goes_with_its_cpu() {
        let fitting = [(256, 512), (256, 2048), (512, 3072), (4096, 30_720), (8192, 20_480)];
        let others = [(256, 1536), (256, 4096), (512, 512), (1024, 2560), (16_384, 36_864)];
        // A size that AWS adds later is for AWS to judge.
        assert!(fitting.iter().chain(&[(32_768, 1)]).all(|it| misfit(it.0, it.1).is_none()));
        assert!(others.iter().all(|it| misfit(it.0, it.1).is_some()));
    }
}
