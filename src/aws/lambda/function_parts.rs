//! Nested blocks of `aws_lambda_function`, and how they are sent and seen.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{
    ApplicationLogLevel, LambdaManagedInstancesCapacityProviderConfig, LogFormat, SnapStartApplyOn,
    SystemLogLevel, TenantIsolationMode, TracingMode,
};

/// Capacity of one's own that a function runs on.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct CapacityProviderConfig {
    /// Instances that Lambda manages in one's own account.
    #[attr(count(1, 1))]
    pub lambda_managed_instances_capacity_provider_config: Block<ManagedInstances>,
}

/// Instances that Lambda manages in one's own account.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ManagedInstances {
    /// ARN of the capacity provider.
    #[attr(format = "arn")]
    pub capacity_provider_arn: String,
    /// GiB of memory for each virtual CPU; AWS chooses when unset.
    pub execution_environment_memory_gib_per_vcpu: Auto<f64>,
    /// Most calls that one environment answers at a time; AWS chooses when unset.
    pub per_execution_environment_max_concurrency: Auto<i32>,
}

impl Part for CapacityProviderConfig {
    type Of = types::CapacityProviderConfig;

    fn sent(&self) -> Option<Self::Of> {
        let it = self.lambda_managed_instances_capacity_provider_config.get()?;
        let (memory, most) = (
            it.execution_environment_memory_gib_per_vcpu.given(),
            it.per_execution_environment_max_concurrency.given(),
        );
        let it = LambdaManagedInstancesCapacityProviderConfig::builder()
            .capacity_provider_arn(&it.capacity_provider_arn)
            .set_execution_environment_memory_gib_per_v_cpu(memory)
            .set_per_execution_environment_max_concurrency(most);
        let config = types::CapacityProviderConfig::builder();
        let it = it.build().ok()?;
        Some(config.lambda_managed_instances_capacity_provider_config(it).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let it = it.lambda_managed_instances_capacity_provider_config?;
        let mut instances = ManagedInstances {
            capacity_provider_arn: it.capacity_provider_arn,
            execution_environment_memory_gib_per_vcpu: Auto::default(),
            per_execution_environment_max_concurrency: Auto::default(),
        };
        let memory = it.execution_environment_memory_gib_per_v_cpu;
        instances.execution_environment_memory_gib_per_vcpu.set(memory);
        let most = it.per_execution_environment_max_concurrency;
        instances.per_execution_environment_max_concurrency.set(most);
        let config = Block(Some(instances));
        Some(CapacityProviderConfig { lambda_managed_instances_capacity_provider_config: config })
    }
}

/// Where calls go that failed.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DeadLetterConfig {
    /// ARN of the queue or topic.
    #[attr(format = "arn")]
    pub target_arn: String,
}

impl Part for DeadLetterConfig {
    type Of = types::DeadLetterConfig;

    fn sent(&self) -> Option<Self::Of> {
        Some(types::DeadLetterConfig::builder().target_arn(&self.target_arn).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let target_arn = it.target_arn.filter(|it| !it.is_empty())?;
        Some(DeadLetterConfig { target_arn })
    }
}

/// How a durable function is kept.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DurableConfig {
    /// Seconds that an execution may take, pauses included.
    #[attr(range(1, 31622400))]
    pub execution_timeout: i32,
    /// Days that the history of an execution is kept.
    #[attr(default = 14, range(1, 90))]
    pub retention_period: i32,
}

impl Part for DurableConfig {
    type Of = types::DurableConfig;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::DurableConfig::builder().execution_timeout(self.execution_timeout);
        Some(it.retention_period_in_days(self.retention_period).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let execution_timeout = it.execution_timeout?;
        let retention_period = it.retention_period_in_days.unwrap_or(14);
        Some(DurableConfig { execution_timeout, retention_period })
    }
}

/// Environment of a function.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Environment {
    /// Environment variables.
    pub variables: Option<BTreeMap<String, String>>,
}

impl Part for Environment {
    type Of = BTreeMap<String, String>;

    fn sent(&self) -> Option<Self::Of> {
        self.variables.clone().filter(|it| !it.is_empty())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(it).filter(|it| !it.is_empty()).map(|it| Environment { variables: Some(it) })
    }
}

/// Temporary files of a function.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct EphemeralStorage {
    /// Size of `/tmp` in MiB; 512 when unset.
    #[attr(range(512, 10240))]
    pub size: Auto<i32>,
}

impl Part for EphemeralStorage {
    type Of = types::EphemeralStorage;

    fn sent(&self) -> Option<Self::Of> {
        types::EphemeralStorage::builder().size(self.size.given()?).build().ok()
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(EphemeralStorage { size: it.size.into() })
    }
}

/// File system that a function has.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct FileSystemConfig {
    /// ARN of the access point.
    #[attr(format = "arn")]
    pub arn: String,
    /// Where the files are, beginning with `/mnt/`.
    pub local_mount_path: String,
}

impl Part for FileSystemConfig {
    type Of = Vec<types::FileSystemConfig>;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::FileSystemConfig::builder().arn(&self.arn);
        it.local_mount_path(&self.local_mount_path).build().ok().map(|it| vec![it])
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let it = it.into_iter().next()?;
        Some(FileSystemConfig { arn: it.arn, local_mount_path: it.local_mount_path })
    }
}

/// What of an image is done otherwise.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ImageConfig {
    /// Arguments of the entry point; the image's when unset.
    pub command: Option<Vec<String>>,
    /// Program that is run; the image's when unset.
    pub entry_point: Option<Vec<String>>,
    /// Directory in which it is run; the image's when unset.
    pub working_directory: Option<String>,
}

impl Part for ImageConfig {
    type Of = types::ImageConfig;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::ImageConfig::builder()
            .set_command(self.command.clone().filter(|it| !it.is_empty()))
            .set_entry_point(self.entry_point.clone().filter(|it| !it.is_empty()))
            .set_working_directory(self.working_directory.clone().filter(|it| !it.is_empty()))
            .build();
        Some(it).filter(|it| *it != types::ImageConfig::builder().build())
    }

    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let known = known.cloned();
        let (command, entry_point, directory) = known
            .map_or((None, None, None), |it| (it.command, it.entry_point, it.working_directory));
        let config = ImageConfig {
            command: told(command, it.command),
            entry_point: told(entry_point, it.entry_point),
            working_directory: told(directory, it.working_directory),
        };
        Some(config).filter(|it| it.sent().is_some())
    }
}

/// How a function writes its log.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct LoggingConfig {
    /// Least important lines of one's own that are kept; `JSON` only. All of them when unset, but for
    /// `DEBUG` and `TRACE`.
    #[attr(default = "", one_of("DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"))]
    pub application_log_level: String,
    /// Whether lines are objects in JSON, or text.
    pub log_format: LogFormat,
    /// Name of the log group; `/aws/lambda/` and the function's name when unset.
    #[attr(length(1, 512), characters = "a-zA-Z0-9._/#-")]
    pub log_group: Auto<String>,
    /// Least important lines of Lambda's that are kept; `JSON` only. All but `DEBUG` when unset.
    #[attr(default = "", one_of("DEBUG", "INFO", "WARN"))]
    pub system_log_level: String,
}

impl Part for LoggingConfig {
    type Of = types::LoggingConfig;

    fn sent(&self) -> Option<Self::Of> {
        let level = |it: &String| Some(it.clone()).filter(|it| !it.is_empty());
        let application = level(&self.application_log_level);
        let system = level(&self.system_log_level);
        let it = types::LoggingConfig::builder()
            .log_format(self.log_format.clone())
            .set_application_log_level(application.map(|it| ApplicationLogLevel::from(&*it)))
            .set_system_log_level(system.map(|it| SystemLogLevel::from(&*it)))
            .set_log_group(self.log_group.given());
        Some(it.build())
    }

    /// Of levels that are not set AWS tells its default.
    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let open = |known: Option<&String>, seen: Option<&str>| {
            let is_open = known.is_none_or(|it| it.is_empty());
            seen.filter(|it| !(is_open && *it == "INFO")).unwrap_or_default().to_string()
        };
        let (application, system) =
            (known.map(|it| &it.application_log_level), known.map(|it| &it.system_log_level));
        let now = it.application_log_level.as_ref().map(ApplicationLogLevel::as_str);
        let application_log_level = open(application, now);
        let now = it.system_log_level.as_ref().map(SystemLogLevel::as_str);
        let system_log_level = open(system, now);
        let mut log_group = Auto::default();
        log_group.set(it.log_group);
        let log_format = it.log_format.unwrap_or(LogFormat::Text);
        Some(LoggingConfig { application_log_level, log_format, log_group, system_log_level })
    }
}

/// Whether a function's versions start from a snapshot.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SnapStart {
    /// `PublishedVersions` makes a snapshot of each version, `None` does not.
    pub apply_on: SnapStartApplyOn,
    /// Whether snapshots are in use.
    pub optimization_status: Out<String>,
}

impl Part for SnapStart {
    type Of = types::SnapStartResponse;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::SnapStartResponse::builder().apply_on(self.apply_on.clone()).build();
        Some(it).filter(|_| self.apply_on != SnapStartApplyOn::None)
    }

    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let apply_on = it.apply_on.unwrap_or(SnapStartApplyOn::None);
        let status = it.optimization_status.map(|it| it.as_str().to_string());
        let says = apply_on != SnapStartApplyOn::None || known.is_some();
        says.then(|| SnapStart { apply_on, optimization_status: status.into() })
    }
}

/// Whether tenants are kept apart.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TenancyConfig {
    /// `PER_TENANT` gives each tenant environments of its own.
    pub tenant_isolation_mode: TenantIsolationMode,
}

impl Part for TenancyConfig {
    type Of = types::TenancyConfig;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::TenancyConfig::builder();
        it.tenant_isolation_mode(self.tenant_isolation_mode.clone()).build().ok()
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(TenancyConfig { tenant_isolation_mode: it.tenant_isolation_mode })
    }
}

/// Which calls are traced by X-Ray.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TracingConfig {
    /// `Active` traces some calls itself, `PassThrough` those that come with a trace.
    pub mode: TracingMode,
}

impl Part for TracingConfig {
    type Of = TracingMode;

    fn sent(&self) -> Option<Self::Of> {
        Some(self.mode.clone())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(TracingConfig { mode: it })
    }
}

/// Network that a function is in.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct VpcConfig {
    /// Lets the function open IPv6 connections, in subnets that have both.
    #[attr(default = false)]
    pub ipv6_allowed_for_dual_stack: bool,
    /// Security groups of the function.
    pub security_group_ids: Set<String>,
    /// Subnets of the function.
    pub subnet_ids: Set<String>,
    /// Network that the subnets are in.
    pub vpc_id: Out<String>,
}

impl Part for VpcConfig {
    type Of = types::VpcConfigResponse;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::VpcConfigResponse::builder()
            .ipv6_allowed_for_dual_stack(self.ipv6_allowed_for_dual_stack)
            .set_security_group_ids(Some(sorted(&self.security_group_ids)))
            .set_subnet_ids(Some(sorted(&self.subnet_ids)));
        let is_empty = self.security_group_ids.0.is_empty() && self.subnet_ids.0.is_empty();
        Some(it.build()).filter(|_| !is_empty)
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let config = VpcConfig {
            ipv6_allowed_for_dual_stack: it.ipv6_allowed_for_dual_stack.unwrap_or_default(),
            security_group_ids: Set(it.security_group_ids.unwrap_or_default()),
            subnet_ids: Set(it.subnet_ids.unwrap_or_default()),
            vpc_id: it.vpc_id.filter(|it| !it.is_empty()).into(),
        };
        Some(config).filter(|it| it.sent().is_some())
    }
}

/// The request's form of what a reply tells; both have the same words.
pub(super) fn network(it: types::VpcConfigResponse) -> types::VpcConfig {
    types::VpcConfig::builder()
        .set_ipv6_allowed_for_dual_stack(it.ipv6_allowed_for_dual_stack)
        .set_security_group_ids(it.security_group_ids)
        .set_subnet_ids(it.subnet_ids)
        .build()
}

fn sorted(those: &Set<String>) -> Vec<String> {
    let mut all = those.0.clone();
    all.sort();
    all
}
