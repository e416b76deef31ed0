//! The ways in which a database comes into being: new, as a replica, of a snapshot, of what another
//! was at some time, of a backup in a bucket.

use std::collections::BTreeMap;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::instance::{Instance, RestoreToPointInTime, S3Import};
use super::prelude::*;
use crate::aws::tags::TOKEN;

type Born = Result<Option<types::DbInstance>>;

/// Makes the database, in the one call that its way of being born takes.
pub(super) async fn born(it: &Instance, aws: &Aws, name: &str) -> Born {
    let born = if let Some(source) = &it.replicate_source_db {
        replica(it, aws, name, source).await
    } else if let Some(snapshot) = it.snapshot_identifier.get() {
        restored(it, aws, name, snapshot).await
    } else if let Some(when) = it.restore_to_point_in_time.get() {
        rewound(it, aws, name, when).await
    } else if let Some(backup) = it.s3_import.get() {
        imported(it, aws, name, backup).await
    } else {
        new(it, aws, name).await
    };
    born.map_err(known_soon)
}

/// A role that was just made is refused for some seconds, by the code of any wrong argument.
fn known_soon(mut refusal: Failure) -> Failure {
    let roles = ["ENHANCED_MONITORING", "S3_SNAPSHOT_INGESTION"];
    if roles.iter().any(|it| refusal.message.contains(it)) {
        refusal.kind = FailureKind::Retryable;
    }
    refusal
}

/// What every one of the calls takes.
macro_rules! given_to_all {
    ($call:expr, $it:expr) => {
        $call
            .set_allocated_storage($it.allocated_storage.given())
            .auto_minor_version_upgrade($it.auto_minor_version_upgrade)
            .set_availability_zone($it.availability_zone.given())
            .set_ca_certificate_identifier($it.ca_cert_identifier.given())
            .copy_tags_to_snapshot($it.copy_tags_to_snapshot)
            .db_instance_class(&$it.instance_class)
            .set_db_parameter_group_name($it.parameter_group_name.given())
            .set_db_subnet_group_name($it.db_subnet_group_name.given())
            .set_dedicated_log_volume(Some(true).filter(|_| $it.dedicated_log_volume))
            .set_deletion_protection($it.deletion_protection)
            .set_enable_cloudwatch_logs_exports(
                $it.enabled_cloudwatch_logs_exports.clone().map(|it| it.0),
            )
            .set_enable_iam_database_authentication($it.iam_database_authentication_enabled)
            .set_iops($it.iops.given())
            .set_multi_az($it.multi_az.given())
            .set_network_type($it.network_type.given())
            .set_option_group_name($it.option_group_name.given())
            .set_port($it.port.given())
            .publicly_accessible($it.publicly_accessible)
            .set_storage_throughput($it.storage_throughput.given())
            .set_storage_type($it.storage_type.given())
            .set_vpc_security_group_ids($it.vpc_security_group_ids.given().map(|it| it.0))
    };
}

/// What all but the import from a bucket take.
macro_rules! given_on_site {
    ($call:expr, $it:expr) => {
        $call
            .set_backup_target($it.backup_target.given())
            .set_custom_iam_instance_profile($it.custom_iam_instance_profile.clone())
            .set_domain($it.domain.clone())
            .set_domain_auth_secret_arn($it.domain_auth_secret_arn.clone())
            .set_domain_dns_ips($it.domain_dns_ips.clone())
            .set_domain_fqdn($it.domain_fqdn.given())
            .set_domain_iam_role_name($it.domain_iam_role_name.clone())
            .set_domain_ou($it.domain_ou.clone())
            .set_enable_customer_owned_ip($it.customer_owned_ip_enabled)
    };
}

/// What all but the two kinds of restoring take.
macro_rules! given_at_first {
    ($call:expr, $it:expr) => {
        $call
            .set_database_insights_mode($it.database_insights_mode.given())
            .set_enable_performance_insights(
                Some(true).filter(|_| $it.performance_insights_enabled),
            )
            .set_kms_key_id($it.kms_key_id.given())
            .set_max_allocated_storage($it.max_allocated_storage.filter(|it| *it > 0))
            .set_monitoring_interval(Some($it.monitoring_interval).filter(|it| *it > 0))
            .set_monitoring_role_arn($it.monitoring_role_arn.given())
            .set_performance_insights_kms_key_id($it.performance_insights_kms_key_id.given())
            .set_performance_insights_retention_period(
                $it.performance_insights_retention_period.given(),
            )
    };
}

/// What the calls take that make a database of its own: its master user and its windows.
macro_rules! given_to_masters {
    ($call:expr, $it:expr) => {
        $call
            .set_backup_retention_period($it.backup_retention_period.given())
            .set_license_model($it.license_model.given())
            .set_manage_master_user_password($it.manage_master_user_password.filter(|it| *it))
            .set_master_user_secret_kms_key_id($it.master_user_secret_kms_key_id.given())
            .set_preferred_backup_window($it.backup_window.given())
    };
}

async fn new(it: &Instance, aws: &Aws, name: &str) -> Born {
    let missing = [
        ("engine", it.engine.get().is_none()),
        ("username", it.username.get().is_none()),
        ("allocated_storage", it.allocated_storage.get().is_none()),
    ];
    if let Some((argument, _)) = missing.iter().find(|it| it.1) {
        return Err(Failure::fatal(format!("a new database needs `{argument}`")));
    }
    let password = password(it);
    if password.is_none() && it.manage_master_user_password != Some(true) {
        return Err(Failure::fatal("the master user of a new database needs a password")
            .hint("write `manage_master_user_password = true`, `password_wo` or `password`"));
    }
    let call = aws.rds().create_db_instance().db_instance_identifier(name);
    let call = given_to_all!(call, it);
    let call = given_on_site!(call, it);
    let call = given_at_first!(call, it);
    let call = given_to_masters!(call, it)
        .set_character_set_name(it.character_set_name.given())
        .set_db_name(it.db_name.given())
        .set_engine(it.engine.given())
        .set_engine_lifecycle_support(it.engine_lifecycle_support.given())
        .set_engine_version(it.engine_version.given())
        .set_master_user_password(password)
        .set_master_username(it.username.given())
        .set_nchar_character_set_name(it.nchar_character_set_name.given())
        .set_preferred_maintenance_window(it.maintenance_window.given())
        .set_storage_encrypted(it.storage_encrypted.given())
        .set_tags(tagged(&it.tags.all))
        .set_timezone(it.timezone.given());
    Ok(call.customize().config_override(once()).send().await?.db_instance)
}

async fn replica(it: &Instance, aws: &Aws, name: &str, source: &str) -> Born {
    let call = aws.rds().create_db_instance_read_replica().db_instance_identifier(name);
    let call = given_to_all!(call, it);
    let call = given_on_site!(call, it);
    let call = given_at_first!(call, it)
        .set_replica_mode(it.replica_mode.given())
        .source_db_instance_identifier(source)
        .set_tags(owed(it, name))
        .set_upgrade_storage_config(it.upgrade_storage_config);
    Ok(call.customize().config_override(once()).send().await?.db_instance)
}

async fn restored(it: &Instance, aws: &Aws, name: &str, snapshot: &str) -> Born {
    let call = aws.rds().restore_db_instance_from_db_snapshot().db_instance_identifier(name);
    let call = given_to_all!(call, it);
    let call = given_on_site!(call, it);
    let call = given_to_masters!(call, it)
        .set_db_name(it.db_name.given())
        .db_snapshot_identifier(snapshot)
        .set_engine(it.engine.given())
        .set_engine_lifecycle_support(it.engine_lifecycle_support.given())
        .set_tags(owed(it, name));
    Ok(call.customize().config_override(once()).send().await?.db_instance)
}

async fn rewound(it: &Instance, aws: &Aws, name: &str, when: &RestoreToPointInTime) -> Born {
    let moment = match &when.restore_time {
        None => None,
        Some(text) => {
            Some(DateTime::from_str(text, Format::DateTimeWithOffset).map_err(|why| {
                Failure::fatal(format!("`restore_time`: {why}"))
                    .hint("write it as `2026-01-02T03:04:05Z`")
            })?)
        }
    };
    let call = aws.rds().restore_db_instance_to_point_in_time().target_db_instance_identifier(name);
    let call = given_to_all!(call, it);
    let call = given_on_site!(call, it);
    let backups = when.source_db_instance_automated_backups_arn.clone();
    let call = given_to_masters!(call, it)
        .set_db_name(it.db_name.given())
        .set_engine(it.engine.given())
        .set_engine_lifecycle_support(it.engine_lifecycle_support.given())
        .set_max_allocated_storage(it.max_allocated_storage.filter(|it| *it > 0))
        .set_restore_time(moment)
        .set_source_db_instance_automated_backups_arn(backups)
        .set_source_db_instance_identifier(when.source_db_instance_identifier.clone())
        .set_source_dbi_resource_id(when.source_dbi_resource_id.clone())
        .set_tags(owed(it, name))
        .set_use_latest_restorable_time(when.use_latest_restorable_time);
    Ok(call.customize().config_override(once()).send().await?.db_instance)
}

async fn imported(it: &Instance, aws: &Aws, name: &str, backup: &S3Import) -> Born {
    let call = aws.rds().restore_db_instance_from_s3().db_instance_identifier(name);
    let call = given_to_all!(call, it);
    let call = given_at_first!(call, it);
    let call = given_to_masters!(call, it)
        .set_db_name(it.db_name.given())
        .set_engine(it.engine.given())
        .set_engine_lifecycle_support(it.engine_lifecycle_support.given())
        .set_engine_version(it.engine_version.given())
        .set_master_user_password(password(it))
        .set_master_username(it.username.given())
        .set_preferred_maintenance_window(it.maintenance_window.given())
        .s3_bucket_name(&backup.bucket_name)
        .s3_ingestion_role_arn(&backup.ingestion_role)
        .set_s3_prefix(backup.bucket_prefix.clone())
        .source_engine(&backup.source_engine)
        .source_engine_version(&backup.source_engine_version)
        .set_storage_encrypted(it.storage_encrypted.given())
        .set_tags(tagged(&it.tags.all));
    Ok(call.customize().config_override(once()).send().await?.db_instance)
}

/// The password of the master user, whichever way it is given.
pub(super) fn password(it: &Instance) -> Option<String> {
    let stored = it.password.as_ref().map(|it| it.expose().clone());
    stored.or_else(|| it.password_wo.expose().cloned())
}

/// The tags, and the one that says that the call could not give it everything.
fn owed(it: &Instance, name: &str) -> Option<Vec<types::Tag>> {
    let mut tags: BTreeMap<String, String> = it.tags.all.clone();
    tags.insert(TOKEN.into(), name.into());
    tagged(&tags)
}
