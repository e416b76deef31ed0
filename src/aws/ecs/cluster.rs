//! `aws_ecs_cluster`: where services and tasks run together.

use super::Clusters;
use super::prelude::*;
use crate::schema::Row;
use crate::schema::told::told;
use crate::schema::unmet::unmet;
use types::{ClusterSettingName, ExecuteCommandLogging};

/// Holds services and tasks that run together.
///
/// ```hcl
/// resource "aws_ecs_cluster" "shop" {
///   name = "shop"
///
///   setting {
///     name  = "containerInsights"
///     value = "enhanced"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecs_cluster", tags = "cluster")]
pub struct Cluster {
    /// How commands run in containers, and where tasks keep their data.
    pub configuration: Block<Configuration>,
    /// Name of the cluster.
    #[attr(replace, length(1, 255), characters = "a-zA-Z0-9_-")]
    pub name: String,
    /// Where services find each other by default.
    pub service_connect_defaults: Block<ServiceConnectDefaults>,
    /// Settings of the cluster, such as `containerInsights`; those of the account when unset.
    #[attr(computed)]
    pub setting: BlockSet<Setting>,
    /// ARN of the cluster.
    pub arn: Out<String>,
    /// Tags of the cluster.
    pub tags: Tags,
}

/// How commands run in containers, and where tasks keep their data.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Configuration {
    /// How commands run in containers.
    pub execute_command_configuration: Block<ExecuteCommand>,
    /// Keys that data of tasks is encrypted with.
    pub managed_storage_configuration: Block<ManagedStorage>,
}

/// How commands run in containers.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ExecuteCommand {
    /// Key that sessions are encrypted with.
    pub kms_key_id: Option<String>,
    /// Where output goes: to the logs of the task, nowhere, or as `log_configuration` says.
    #[attr(default = "DEFAULT")]
    pub logging: ExecuteCommandLogging,
    /// Where output goes with `logging = "OVERRIDE"`.
    pub log_configuration: Block<LogConfiguration>,
}

/// Where output of commands goes.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct LogConfiguration {
    /// Whether the log group is encrypted.
    pub cloud_watch_encryption_enabled: Option<bool>,
    /// Name of the log group.
    pub cloud_watch_log_group_name: Option<String>,
    /// Whether the bucket is encrypted.
    pub s3_bucket_encryption_enabled: Option<bool>,
    /// Name of the bucket.
    pub s3_bucket_name: Option<String>,
    /// Beginning of the objects' keys.
    pub s3_key_prefix: Option<String>,
}

/// Keys that data of tasks is encrypted with.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ManagedStorage {
    /// Key for the disks of Fargate tasks.
    pub fargate_ephemeral_storage_kms_key_id: Option<String>,
    /// Key for volumes that ECS makes.
    pub kms_key_id: Option<String>,
}

/// Where services find each other by default.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ServiceConnectDefaults {
    /// ARN of the namespace.
    #[attr(format = "arn")]
    pub namespace: String,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Setting {
    /// Name of the setting.
    pub name: ClusterSettingName,
    /// `enhanced`, `enabled` or `disabled`.
    pub value: String,
}

impl Driver for Cluster {
    type Cloud = Aws;
    type Seen = types::Cluster;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        // The same name makes the same cluster; other arguments for it are refused.
        let call = aws.ecs().create_cluster().cluster_name(&self.name);
        let call = call
            .set_configuration(self.configuration.get().map(sent))
            .set_service_connect_defaults(defaults(&self.service_connect_defaults))
            .set_settings(Some(settings(&self.setting)).filter(|it| !it.is_empty()))
            .set_tags(tagged(&self.tags.all));
        let made = call.send().await.map_err(|it| known_soon(it.into()))?;
        Id::need(made.cluster.and_then(|it| it.cluster_arn))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::Cluster>> {
        aws.load::<Clusters>(id).await
    }

    fn status(seen: &types::Cluster) -> Status {
        match seen.status.as_deref() {
            Some("ACTIVE") => Status::Ready,
            Some("INACTIVE") | None => Status::Gone,
            Some("FAILED") => Status::failed("what belongs to the cluster could not be made"),
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: types::Cluster) {
        self.arn.set(seen.cluster_arn);
        self.name = seen.cluster_name.unwrap_or_default();
        let known = self.configuration.get();
        let seen_configuration = seen.configuration.map(|it| observed(it, known));
        let nothing = seen_configuration.as_ref().is_none_or(Configuration::is_nothing);
        if self.configuration.get().is_some_and(|it| !it.is_nothing()) || !nothing {
            self.configuration = Block(seen_configuration);
        }
        let namespace = seen.service_connect_defaults.and_then(|it| it.namespace);
        let namespace = namespace.filter(|it| !it.is_empty());
        let defaults = namespace.map(|namespace| ServiceConnectDefaults { namespace });
        self.service_connect_defaults = Block(defaults);
        let settings = seen.settings.into_iter().flatten();
        let settings = settings
            .filter_map(|it| Some(Setting { name: it.name?, value: it.value.unwrap_or_default() }));
        self.setting = BlockSet(settings.collect());
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let other = unmet(Self::SCHEMA, &self.to_row(), &have.to_row());
        let differs = |name: &str| other.iter().any(|it| it == name);
        let mut call = aws.ecs().update_cluster().cluster(&**id);
        if differs("configuration") {
            call = call.configuration(self.configuration.get().map_or_else(nothing_special, sent));
        }
        if differs("service_connect_defaults") {
            // An empty name takes the namespace away.
            let none = types::ClusterServiceConnectDefaultsRequest::builder().namespace("").build();
            let it = defaults(&self.service_connect_defaults).or(none.ok());
            call = call.set_service_connect_defaults(it);
        }
        let has_settings = !self.setting.0.is_empty() && differs("setting");
        if has_settings {
            call = call.set_settings(Some(settings(&self.setting)));
        }
        if has_settings || differs("configuration") || differs("service_connect_defaults") {
            call.send().await?;
            return Ok(());
        }
        aws.sync_tags::<tags::Ecs>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        match aws.ecs().delete_cluster().cluster(&**id).send().await.map_err(Failure::from) {
            Err(it) if it.code.as_deref() == Some("ClusterContainsServicesException") => {
                Err(with_services(it, id, aws).await)
            }
            other => other.map(|_| ()),
        }
    }

    /// Clusters are imported by name.
    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        match text.starts_with("arn:") {
            true => Ok(text.into()),
            false => Ok(aws.arn("ecs", aws.account().await?, format!("cluster/{text}")).into()),
        }
    }
}

impl Configuration {
    /// Whether it says what ECS does by itself.
    fn is_nothing(&self) -> bool {
        let commands = self.execute_command_configuration.get().is_none_or(|it| {
            it.kms_key_id.is_none()
                && it.logging == ExecuteCommandLogging::Default
                && it.log_configuration.get().is_none()
        });
        let storage = self.managed_storage_configuration.get().is_none_or(|it| {
            it.fargate_ephemeral_storage_kms_key_id.is_none() && it.kms_key_id.is_none()
        });
        commands && storage
    }
}

/// Names what stands in the way.
async fn with_services(it: Failure, cluster: &str, aws: &Aws) -> Failure {
    let listed = aws.ecs().list_services().cluster(cluster).send().await;
    let arns = listed.ok().and_then(|it| it.service_arns).unwrap_or_default();
    let names: Vec<String> = arns.iter().map(|it| format!("`{}`", last(it))).collect();
    match names.is_empty() {
        true => it,
        false => it.hint(format!("delete what runs in it: {}", names.join(", "))),
    }
}

fn settings(them: &BlockSet<Setting>) -> Vec<types::ClusterSetting> {
    let one = |it: &Setting| {
        types::ClusterSetting::builder().name(it.name.clone()).value(&it.value).build()
    };
    them.0.iter().map(one).collect()
}

fn defaults(
    it: &Block<ServiceConnectDefaults>,
) -> Option<types::ClusterServiceConnectDefaultsRequest> {
    let it = types::ClusterServiceConnectDefaultsRequest::builder().namespace(&it.get()?.namespace);
    it.build().ok()
}

/// The configuration of a cluster for which none is given.
fn nothing_special() -> types::ClusterConfiguration {
    let commands = types::ExecuteCommandConfiguration::builder();
    let commands = commands.logging(ExecuteCommandLogging::Default).build();
    types::ClusterConfiguration::builder().execute_command_configuration(commands).build()
}

fn sent(it: &Configuration) -> types::ClusterConfiguration {
    let log = |it: &LogConfiguration| {
        types::ExecuteCommandLogConfiguration::builder()
            .cloud_watch_encryption_enabled(it.cloud_watch_encryption_enabled.unwrap_or_default())
            .set_cloud_watch_log_group_name(it.cloud_watch_log_group_name.clone())
            .s3_encryption_enabled(it.s3_bucket_encryption_enabled.unwrap_or_default())
            .set_s3_bucket_name(it.s3_bucket_name.clone())
            .set_s3_key_prefix(it.s3_key_prefix.clone())
            .build()
    };
    let commands = it.execute_command_configuration.get().map(|it| {
        types::ExecuteCommandConfiguration::builder()
            .set_kms_key_id(it.kms_key_id.clone())
            .logging(it.logging.clone())
            .set_log_configuration(it.log_configuration.get().map(log))
            .build()
    });
    let storage = it.managed_storage_configuration.get().map(|it| {
        types::ManagedStorageConfiguration::builder()
            .set_fargate_ephemeral_storage_kms_key_id(
                it.fargate_ephemeral_storage_kms_key_id.clone(),
            )
            .set_kms_key_id(it.kms_key_id.clone())
            .build()
    });
    types::ClusterConfiguration::builder()
        .set_execute_command_configuration(commands)
        .set_managed_storage_configuration(storage)
        .build()
}

fn observed(it: types::ClusterConfiguration, known: Option<&Configuration>) -> Configuration {
    let known = known.and_then(|it| it.execute_command_configuration.get());
    let known = known.and_then(|it| it.log_configuration.get());
    let log = |it: types::ExecuteCommandLogConfiguration| LogConfiguration {
        cloud_watch_encryption_enabled: told(
            known.and_then(|it| it.cloud_watch_encryption_enabled),
            it.cloud_watch_encryption_enabled,
        ),
        cloud_watch_log_group_name: it.cloud_watch_log_group_name,
        s3_bucket_encryption_enabled: told(
            known.and_then(|it| it.s3_bucket_encryption_enabled),
            it.s3_encryption_enabled,
        ),
        s3_bucket_name: it.s3_bucket_name,
        s3_key_prefix: it.s3_key_prefix,
    };
    let commands = it.execute_command_configuration.map(|it| ExecuteCommand {
        kms_key_id: it.kms_key_id,
        logging: it.logging.unwrap_or(ExecuteCommandLogging::Default),
        log_configuration: Block(it.log_configuration.map(log)),
    });
    let storage = it.managed_storage_configuration.map(|it| ManagedStorage {
        fargate_ephemeral_storage_kms_key_id: it.fargate_ephemeral_storage_kms_key_id,
        kms_key_id: it.kms_key_id,
    });
    Configuration {
        execute_command_configuration: Block(commands),
        managed_storage_configuration: Block(storage),
    }
}
