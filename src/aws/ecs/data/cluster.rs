//! `aws_ecs_cluster`, read only: a cluster and how much runs in it.

use std::collections::BTreeMap;

use super::super::Clusters;
use super::super::prelude::*;

/// Cluster that is declared elsewhere.
///
/// ```hcl
/// data "aws_ecs_cluster" "shop" {
///   cluster_name = "shop"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecs_cluster")]
pub struct Cluster {
    /// Name of the cluster.
    pub cluster_name: String,
    /// ARN of the cluster.
    pub arn: Out<String>,
    /// Number of tasks that are about to run.
    pub pending_tasks_count: Out<i32>,
    /// Number of instances that run tasks.
    pub registered_container_instances_count: Out<i32>,
    /// Number of tasks that run.
    pub running_tasks_count: Out<i32>,
    /// Where services find each other by default.
    pub service_connect_defaults: Out<Vec<ServiceConnectDefaults>>,
    /// Settings of the cluster.
    pub setting: Out<Set<Setting>>,
    /// How far along the cluster is.
    pub status: Out<String>,
    /// Tags of the cluster.
    pub tags: Auto<BTreeMap<String, String>>,
}

/// Where services find each other by default.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ServiceConnectDefaults {
    /// ARN of the namespace.
    pub namespace: Out<String>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Setting {
    /// Name of the setting.
    pub name: Out<String>,
    /// Its value.
    pub value: Out<String>,
}

impl DataSource for Cluster {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let found = aws.load::<Clusters>(&self.cluster_name).await?;
        let Some(seen) = found.filter(|it| it.status() != Some("INACTIVE")) else {
            let why = format!("there is no cluster `{}`", self.cluster_name);
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        self.pending_tasks_count.set(seen.pending_tasks_count);
        self.registered_container_instances_count.set(seen.registered_container_instances_count);
        self.running_tasks_count.set(seen.running_tasks_count);
        let defaults = seen.service_connect_defaults.into_iter();
        let defaults = defaults.map(|it| ServiceConnectDefaults { namespace: it.namespace.into() });
        self.service_connect_defaults.set(defaults.collect::<Vec<_>>());
        let settings = seen.settings.into_iter().flatten().map(|it| Setting {
            name: it.name.map(|it| it.as_str().to_string()).into(),
            value: it.value.into(),
        });
        self.setting.set(settings.collect::<Set<_>>());
        self.status.set(seen.status);
        let tags = pairs(seen.tags).filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(tags.collect::<BTreeMap<_, _>>());
        self.arn.set(seen.cluster_arn.clone());
        Id::need(seen.cluster_arn)
    }
}
