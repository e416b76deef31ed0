//! `aws_db_instance`, read only: a database that is declared elsewhere.

use std::collections::BTreeMap;

use super::super::instance::MasterUserSecret;
use super::super::prelude::*;

/// Database that is declared elsewhere.
///
/// ```hcl
/// data "aws_db_instance" "orders" {
///   db_instance_identifier = "orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_db_instance")]
pub struct Instance {
    /// Name of the database; found by `tags` when unset.
    pub db_instance_identifier: Auto<String>,
    /// Host name of the database.
    pub address: Out<String>,
    /// GiB of storage.
    pub allocated_storage: Out<i32>,
    /// Whether AWS installs new minor versions.
    pub auto_minor_version_upgrade: Out<bool>,
    /// Zone that the database stands in.
    pub availability_zone: Out<String>,
    /// Days that backups are kept.
    pub backup_retention_period: Out<i32>,
    /// Authority that signs the certificate of the database.
    pub ca_cert_identifier: Out<String>,
    /// `standard` or `advanced` Database Insights.
    pub database_insights_mode: Out<String>,
    /// Cluster that the database is a member of.
    pub db_cluster_identifier: Out<String>,
    /// ARN of the database.
    pub db_instance_arn: Out<String>,
    /// Processors and memory.
    pub db_instance_class: Out<String>,
    /// Port as the instance itself tells it; that of a cluster's member differs from `port`.
    pub db_instance_port: Out<i32>,
    /// Name of the first database inside.
    pub db_name: Out<String>,
    /// Parameter groups of the database.
    pub db_parameter_groups: Out<Vec<String>>,
    /// Subnet group that the database stands in.
    pub db_subnet_group: Out<String>,
    /// Logs that are sent to CloudWatch.
    pub enabled_cloudwatch_logs_exports: Out<Vec<String>>,
    /// Host name and port, with a colon between.
    pub endpoint: Out<String>,
    /// Engine of the database.
    pub engine: Out<String>,
    /// Version that runs.
    pub engine_version: Out<String>,
    /// Route 53 zone of the host name.
    pub hosted_zone_id: Out<String>,
    /// Operations a second of the storage.
    pub iops: Out<i32>,
    /// Key that encrypts the storage.
    pub kms_key_id: Out<String>,
    /// Licence model of the engine.
    pub license_model: Out<String>,
    /// Secret of the managed password.
    pub master_user_secret: Out<Vec<MasterUserSecret>>,
    /// Name of the master user.
    pub master_username: Out<String>,
    /// GiB that AWS may let the storage grow to.
    pub max_allocated_storage: Out<i32>,
    /// Seconds between measurements of enhanced monitoring.
    pub monitoring_interval: Out<i32>,
    /// Role that sends measurements of enhanced monitoring to CloudWatch.
    pub monitoring_role_arn: Out<String>,
    /// Whether there is a standby in another zone.
    pub multi_az: Out<bool>,
    /// `IPV4` or `DUAL`.
    pub network_type: Out<String>,
    /// Option groups of the database.
    pub option_group_memberships: Out<Vec<String>>,
    /// Port that the database listens on.
    pub port: Out<i32>,
    /// Part of the day in which backups are made.
    pub preferred_backup_window: Out<String>,
    /// Part of the week for maintenance.
    pub preferred_maintenance_window: Out<String>,
    /// Whether the database has a public address.
    pub publicly_accessible: Out<bool>,
    /// Database that this is a replica of.
    pub replicate_source_db: Out<String>,
    /// Identifier that stays when the database is renamed.
    pub resource_id: Out<String>,
    /// Whether the storage is encrypted.
    pub storage_encrypted: Out<bool>,
    /// MiB a second of the storage.
    pub storage_throughput: Out<i32>,
    /// Type of the storage.
    pub storage_type: Out<String>,
    /// Tags of the database; the ones it must have where it is found by them.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Time zone of the database.
    pub timezone: Out<String>,
    /// Which databases of a fleet are upgraded first, as the account decides.
    pub upgrade_rollout_order: Out<String>,
    /// Security groups of the database.
    pub vpc_security_groups: Out<Vec<String>>,
}

impl DataSource for Instance {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let call = aws.rds().describe_db_instances();
        let call = call.set_db_instance_identifier(self.db_instance_identifier.given());
        let mut found = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        if let Some(tags) = self.tags.get() {
            found.retain(|it| {
                let has: BTreeMap<_, _> = pairs(it.tag_list.clone()).collect();
                tags.iter().all(|(name, value)| has.get(name) == Some(value))
            });
        }
        let (Some(seen), true) = (found.pop(), found.is_empty()) else {
            let why = "not exactly one database fits";
            return Err(Failure::fatal(why).hint("name it: `db_instance_identifier = \"…\"`"));
        };
        let id = Id::need(seen.db_instance_identifier.clone())?;
        self.see(seen);
        Ok(id)
    }
}

impl Instance {
    fn see(&mut self, seen: types::DbInstance) {
        let endpoint = seen.endpoint;
        self.address.set(endpoint.as_ref().and_then(|it| it.address.clone()));
        self.allocated_storage.set(seen.allocated_storage);
        self.auto_minor_version_upgrade.set(seen.auto_minor_version_upgrade);
        self.availability_zone.set(seen.availability_zone);
        self.backup_retention_period.set(seen.backup_retention_period);
        self.ca_cert_identifier.set(seen.ca_certificate_identifier);
        self.database_insights_mode
            .set(seen.database_insights_mode.map(|it| it.as_str().to_string()));
        self.db_cluster_identifier.set(seen.db_cluster_identifier);
        self.db_instance_arn.set(seen.db_instance_arn);
        self.db_instance_class.set(seen.db_instance_class);
        self.db_instance_identifier.set(seen.db_instance_identifier);
        self.db_instance_port.set(seen.db_instance_port);
        self.db_name.set(seen.db_name);
        let groups = seen.db_parameter_groups.into_iter().flatten();
        self.db_parameter_groups
            .set(groups.filter_map(|it| it.db_parameter_group_name).collect::<Vec<_>>());
        self.db_subnet_group.set(seen.db_subnet_group.and_then(|it| it.db_subnet_group_name));
        self.enabled_cloudwatch_logs_exports
            .set(seen.enabled_cloudwatch_logs_exports.unwrap_or_default());
        let whole = endpoint.as_ref().and_then(|it| Some((it.address()?, it.port()?)));
        self.endpoint.set(whole.map(|(address, port)| format!("{address}:{port}")));
        self.engine.set(seen.engine);
        self.engine_version.set(seen.engine_version);
        self.hosted_zone_id.set(endpoint.as_ref().and_then(|it| it.hosted_zone_id.clone()));
        self.iops.set(seen.iops);
        self.kms_key_id.set(seen.kms_key_id);
        self.license_model.set(seen.license_model);
        let secret = seen.master_user_secret.map(MasterUserSecret::from);
        self.master_user_secret.set(secret.into_iter().collect::<Vec<_>>());
        self.master_username.set(seen.master_username);
        self.max_allocated_storage.set(seen.max_allocated_storage);
        self.monitoring_interval.set(seen.monitoring_interval);
        self.monitoring_role_arn.set(seen.monitoring_role_arn);
        self.multi_az.set(seen.multi_az);
        self.network_type.set(seen.network_type);
        let options = seen.option_group_memberships.into_iter().flatten();
        self.option_group_memberships
            .set(options.filter_map(|it| it.option_group_name).collect::<Vec<_>>());
        self.port.set(endpoint.and_then(|it| it.port));
        self.preferred_backup_window.set(seen.preferred_backup_window);
        self.preferred_maintenance_window.set(seen.preferred_maintenance_window);
        self.publicly_accessible.set(seen.publicly_accessible);
        self.replicate_source_db.set(seen.read_replica_source_db_instance_identifier);
        self.resource_id.set(seen.dbi_resource_id);
        self.storage_encrypted.set(seen.storage_encrypted);
        self.storage_throughput.set(seen.storage_throughput);
        self.storage_type.set(seen.storage_type);
        let own = pairs(seen.tag_list).filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        self.timezone.set(seen.timezone);
        self.upgrade_rollout_order
            .set(seen.upgrade_rollout_order.map(|it| it.as_str().to_string()));
        let groups = seen.vpc_security_groups.into_iter().flatten();
        self.vpc_security_groups
            .set(groups.filter_map(|it| it.vpc_security_group_id).collect::<Vec<_>>());
    }
}
