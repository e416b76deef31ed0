//! What AWS tells of a database, in the words in which it was asked for.

use super::instance::{Instance, ListenerEndpoint, MasterUserSecret};
use super::prelude::*;
use crate::aws::times::rfc3339;
use crate::schema::compare::is_version;
use types::PendingModifiedValues;

impl Instance {
    /// Whether a pending change is one that is wanted now. A password is always set at once.
    pub(super) fn waits_for(&self, pending: &PendingModifiedValues) -> bool {
        fn comes<T: Clone + PartialEq>(pending: &Option<T>, wanted: &Auto<T>) -> bool {
            pending.is_some() && *pending == wanted.given()
        }
        let at_once = pending.master_user_password.is_some()
            || pending.pending_cloudwatch_logs_exports.is_some();
        let version =
            |it: &String| self.engine_version.get().is_some_and(|asked| is_version(asked, it));
        at_once
            || (self.apply_immediately
                && (pending.db_instance_class.as_ref() == Some(&self.instance_class)
                    || pending.engine_version.as_ref().is_some_and(version)
                    || comes(&pending.allocated_storage, &self.allocated_storage)
                    || comes(&pending.backup_retention_period, &self.backup_retention_period)
                    || comes(&pending.ca_certificate_identifier, &self.ca_cert_identifier)
                    || comes(&pending.db_instance_identifier, &self.identifier)
                    || comes(&pending.db_subnet_group_name, &self.db_subnet_group_name)
                    || comes(&pending.iops, &self.iops)
                    || comes(&pending.license_model, &self.license_model)
                    || comes(&pending.multi_az, &self.multi_az)
                    || comes(&pending.port, &self.port)
                    || comes(&pending.storage_throughput, &self.storage_throughput)
                    || comes(&pending.storage_type, &self.storage_type)
                    || pending.dedicated_log_volume == Some(self.dedicated_log_volume)
                    || pending.iam_database_authentication_enabled.is_some_and(|it| {
                        it == self.iam_database_authentication_enabled.unwrap_or_default()
                    })))
    }

    /// Sets what AWS tells.
    pub(super) fn see(&mut self, seen: types::DbInstance) {
        // Of one that is imported: what the provider takes for granted.
        self.delete_automated_backups |= self.instance_class.is_empty();
        let seen = match self.apply_immediately {
            true => seen,
            // What waits for the maintenance window counts as done: asking again changes nothing.
            false => with_pending(seen),
        };
        let grown = self.max_allocated_storage.is_some_and(|it| it > 0)
            && self
                .allocated_storage
                .get()
                .zip(seen.allocated_storage.as_ref())
                .is_some_and(|(known, seen)| known < seen);
        if !grown {
            self.allocated_storage.set(seen.allocated_storage);
        }
        self.auto_minor_version_upgrade = seen.auto_minor_version_upgrade.unwrap_or_default();
        self.availability_zone.set(seen.availability_zone);
        self.backup_retention_period.set(seen.backup_retention_period);
        self.backup_target.set(seen.backup_target);
        self.backup_window.set(seen.preferred_backup_window);
        self.ca_cert_identifier.set(seen.ca_certificate_identifier);
        self.character_set_name.set(seen.character_set_name);
        self.copy_tags_to_snapshot = seen.copy_tags_to_snapshot.unwrap_or_default();
        self.custom_iam_instance_profile = seen.custom_iam_instance_profile;
        self.customer_owned_ip_enabled =
            told(self.customer_owned_ip_enabled.take(), seen.customer_owned_ip_enabled);
        self.database_insights_mode.set(seen.database_insights_mode);
        self.db_name.set(seen.db_name);
        self.db_subnet_group_name.set(seen.db_subnet_group.and_then(|it| it.db_subnet_group_name));
        self.dedicated_log_volume = seen.dedicated_log_volume.unwrap_or_default();
        self.deletion_protection = told(self.deletion_protection.take(), seen.deletion_protection);
        let domain = seen.domain_memberships.into_iter().flatten().next();
        self.domain_auth_secret_arn = domain.as_ref().and_then(|it| it.auth_secret_arn.clone());
        self.domain_dns_ips = domain.as_ref().and_then(|it| it.dns_ips.clone());
        self.domain_fqdn.set(domain.as_ref().and_then(|it| it.fqdn.clone()));
        self.domain_iam_role_name = domain.as_ref().and_then(|it| it.iam_role_name.clone());
        self.domain_ou = domain.as_ref().and_then(|it| it.ou.clone());
        // A self-managed directory is told with its name as that of the domain as well.
        let managed = domain.filter(|it| it.auth_secret_arn.is_none());
        self.domain = managed.and_then(|it| it.domain);
        let exports = seen.enabled_cloudwatch_logs_exports.map(Set);
        self.enabled_cloudwatch_logs_exports =
            told(self.enabled_cloudwatch_logs_exports.take(), exports);
        self.engine.set(seen.engine);
        self.engine_lifecycle_support.set(seen.engine_lifecycle_support);
        self.engine_version.set(seen.engine_version.clone());
        self.engine_version_actual.set(seen.engine_version);
        self.iam_database_authentication_enabled = told(
            self.iam_database_authentication_enabled.take(),
            seen.iam_database_authentication_enabled,
        );
        let begins = |it: &String| {
            seen.db_instance_identifier.as_ref().is_some_and(|name| name.starts_with(it))
        };
        self.identifier_prefix.set(self.identifier_prefix.given().filter(begins));
        self.identifier.set(seen.db_instance_identifier);
        self.instance_class = seen.db_instance_class.unwrap_or_default();
        self.iops.set(seen.iops);
        self.kms_key_id.set(words::key(self.kms_key_id.get(), seen.kms_key_id));
        self.license_model.set(seen.license_model);
        self.maintenance_window.set(seen.preferred_maintenance_window);
        let secret = seen.master_user_secret;
        self.manage_master_user_password =
            told(self.manage_master_user_password.take(), Some(secret.is_some()));
        let key = secret.as_ref().and_then(|it| it.kms_key_id.clone());
        self.master_user_secret_kms_key_id
            .set(words::key(self.master_user_secret_kms_key_id.get(), key));
        let secret = secret.map(MasterUserSecret::from);
        self.master_user_secret.set(secret.into_iter().collect::<Vec<_>>());
        self.max_allocated_storage =
            told(self.max_allocated_storage.take(), seen.max_allocated_storage);
        self.monitoring_interval = seen.monitoring_interval.unwrap_or_default();
        self.monitoring_role_arn.set(seen.monitoring_role_arn);
        self.multi_az.set(seen.multi_az);
        self.nchar_character_set_name.set(seen.nchar_character_set_name);
        self.network_type.set(seen.network_type);
        let options = seen.option_group_memberships.into_iter().flatten();
        let stays = |it: &types::OptionGroupMembership| {
            !it.status.as_deref().is_some_and(|it| it.contains("remov"))
        };
        self.option_group_name
            .set(options.into_iter().find(stays).and_then(|it| it.option_group_name));
        let parameters = seen.db_parameter_groups.into_iter().flatten().next();
        self.parameter_group_name.set(parameters.and_then(|it| it.db_parameter_group_name));
        self.performance_insights_enabled = seen.performance_insights_enabled.unwrap_or_default();
        self.performance_insights_kms_key_id.set(words::key(
            self.performance_insights_kms_key_id.get(),
            seen.performance_insights_kms_key_id,
        ));
        self.performance_insights_retention_period.set(seen.performance_insights_retention_period);
        self.publicly_accessible = seen.publicly_accessible.unwrap_or_default();
        self.replica_mode.set(seen.replica_mode);
        // A source in another region is told as its ARN.
        let source = seen.read_replica_source_db_instance_identifier.filter(|it| !it.is_empty());
        self.replicate_source_db = match (&self.replicate_source_db, source) {
            (Some(known), Some(seen)) if name_in(known) == name_in(&seen) => Some(known.clone()),
            (_, seen) => seen,
        };
        self.storage_encrypted.set(seen.storage_encrypted);
        self.storage_throughput.set(seen.storage_throughput);
        self.storage_type.set(seen.storage_type);
        self.timezone.set(seen.timezone);
        self.username.set(seen.master_username);
        let groups = seen.vpc_security_groups.into_iter().flatten();
        let groups = groups.filter(|it| it.status.as_deref() != Some("removing"));
        self.vpc_security_group_ids
            .set(groups.filter_map(|it| it.vpc_security_group_id).collect::<Set<_>>());
        let endpoint = seen.endpoint;
        self.port.set(endpoint.as_ref().and_then(|it| it.port).or(self.port.given()));
        self.endpoint.set(
            endpoint.as_ref().and_then(|it| Some(format!("{}:{}", it.address()?, it.port()?))),
        );
        self.hosted_zone_id.set(endpoint.as_ref().and_then(|it| it.hosted_zone_id.clone()));
        self.address.set(endpoint.and_then(|it| it.address));
        self.arn.set(seen.db_instance_arn);
        self.latest_restorable_time.set(seen.latest_restorable_time.as_ref().and_then(rfc3339));
        let listener = seen.listener_endpoint.map(|it| ListenerEndpoint {
            address: it.address.into(),
            hosted_zone_id: it.hosted_zone_id.into(),
            port: it.port.into(),
        });
        self.listener_endpoint.set(listener.into_iter().collect::<Vec<_>>());
        self.replicas.set(seen.read_replica_db_instance_identifiers.unwrap_or_default());
        self.resource_id.set(seen.dbi_resource_id);
        self.status.set(seen.db_instance_status);
        self.upgrade_rollout_order
            .set(seen.upgrade_rollout_order.map(|it| it.as_str().to_string()));
        self.tags.observe(pairs(seen.tag_list));
    }
}

impl From<types::MasterUserSecret> for MasterUserSecret {
    fn from(it: types::MasterUserSecret) -> Self {
        MasterUserSecret {
            kms_key_id: it.kms_key_id.into(),
            secret_arn: it.secret_arn.into(),
            secret_status: it.secret_status.into(),
        }
    }
}

/// The identifier in an identifier or ARN.
pub(super) fn name_in(text: &str) -> &str {
    text.rsplit(':').next().unwrap_or(text)
}

/// The database as it is to become.
fn with_pending(mut seen: types::DbInstance) -> types::DbInstance {
    let Some(it) = seen.pending_modified_values.take() else { return seen };
    seen.allocated_storage = it.allocated_storage.or(seen.allocated_storage);
    seen.backup_retention_period = it.backup_retention_period.or(seen.backup_retention_period);
    seen.ca_certificate_identifier =
        it.ca_certificate_identifier.or(seen.ca_certificate_identifier);
    seen.db_instance_class = it.db_instance_class.or(seen.db_instance_class);
    seen.db_instance_identifier = it.db_instance_identifier.or(seen.db_instance_identifier);
    seen.dedicated_log_volume = it.dedicated_log_volume.or(seen.dedicated_log_volume);
    seen.engine_version = it.engine_version.or(seen.engine_version);
    seen.iam_database_authentication_enabled =
        it.iam_database_authentication_enabled.or(seen.iam_database_authentication_enabled);
    seen.iops = it.iops.or(seen.iops);
    seen.license_model = it.license_model.or(seen.license_model);
    seen.multi_az = it.multi_az.or(seen.multi_az);
    seen.storage_throughput = it.storage_throughput.or(seen.storage_throughput);
    seen.storage_type = it.storage_type.or(seen.storage_type);
    if let (Some(name), Some(group)) = (it.db_subnet_group_name, &mut seen.db_subnet_group) {
        group.db_subnet_group_name = Some(name);
    }
    if let (Some(port), Some(endpoint)) = (it.port, &mut seen.endpoint) {
        endpoint.port = Some(port);
    }
    seen
}

/// Whether it will not become available by itself.
pub(super) fn has_failed(seen: &types::DbInstance) -> bool {
    let status = seen.db_instance_status.as_deref().unwrap_or_default();
    let ends = ["failed", "insufficient-capacity", "restore-error", "storage-full"];
    let begins = ["incompatible-", "inaccessible-encryption-credentials"];
    ends.contains(&status) || begins.iter().any(|it| status.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Row;

    fn pending() -> types::builders::PendingModifiedValuesBuilder {
        PendingModifiedValues::builder()
    }

    #[test]
    fn only_what_is_wanted_now_is_waited_for() {
        let mut it = Instance::blank();
        it.instance_class = "db.r6g.xlarge".into();
        it.engine_version.set("17".to_string());
        it.multi_az.set(true);
        let cases = [
            // pending, waited for later, waited for at once
            (pending(), false, false),
            (pending().master_user_password("****"), true, true),
            (pending().db_instance_class("db.r6g.xlarge"), false, true),
            (pending().db_instance_class("db.r6g.large"), false, false),
            (pending().engine_version("17.6"), false, true),
            (pending().engine_version("16.4"), false, false),
            (pending().multi_az(true), false, true),
            (pending().multi_az(false), false, false),
            (pending().iops(3000), false, false),
        ];
        for (pending, later, at_once) in cases {
            let pending = pending.build();
            for (apply_immediately, expected) in [(false, later), (true, at_once)] {
                it.apply_immediately = apply_immediately;
                assert_eq!(it.waits_for(&pending), expected, "{apply_immediately} {pending:?}");
            }
        }
    }

    #[test]
    fn what_is_pending_counts_unless_it_is_wanted_now() {
        let seen = types::DbInstance::builder()
            .db_instance_class("db.r6g.large")
            .engine_version("16.4")
            .pending_modified_values(pending().db_instance_class("db.r6g.xlarge").build())
            .build();
        let mut it = Instance::blank();
        it.see(seen.clone());
        assert_eq!(it.instance_class, "db.r6g.xlarge");
        assert!(it.delete_automated_backups, "as the provider takes it for granted");
        it.apply_immediately = true;
        it.see(seen);
        assert_eq!(it.instance_class, "db.r6g.large");
    }

    #[test]
    fn some_states_do_not_end_by_themselves() {
        for (status, expected) in [
            ("available", false),
            ("configuring-enhanced-monitoring", false),
            ("incompatible-network", true),
            ("incompatible-parameters", true),
            ("storage-full", true),
            ("failed", true),
        ] {
            let seen = types::DbInstance::builder().db_instance_status(status).build();
            assert_eq!(has_failed(&seen), expected, "{status}");
        }
    }
}
