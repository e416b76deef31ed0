//! The one call that changes a database: everything that differs, at once.

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDbInstanceInputBuilder;

use super::births;
use super::instance::Instance;
use super::prelude::*;
use crate::schema::compare::is_version;
use types::CloudwatchLogsExportConfiguration;

/// What is to be sent, where anything is. `owed` when the database was made by a call that could not
/// give it everything: the rest is given at once, and the password with it.
pub(super) fn of(
    want: &Instance,
    have: &Instance,
    owed: bool,
) -> Option<ModifyDbInstanceInputBuilder> {
    let changes = ModifyDbInstanceInputBuilder::default()
        .set_auto_minor_version_upgrade(other(
            want.auto_minor_version_upgrade,
            have.auto_minor_version_upgrade,
        ))
        .set_backup_retention_period(changed(
            &want.backup_retention_period,
            &have.backup_retention_period,
        ))
        .set_ca_certificate_identifier(changed(&want.ca_cert_identifier, &have.ca_cert_identifier))
        .set_cloudwatch_logs_export_configuration(exports(want, have))
        .set_copy_tags_to_snapshot(other(want.copy_tags_to_snapshot, have.copy_tags_to_snapshot))
        .set_db_instance_class(
            Some(want.instance_class.clone()).filter(|it| *it != have.instance_class),
        )
        .set_db_parameter_group_name(changed(
            &want.parameter_group_name,
            &have.parameter_group_name,
        ))
        .set_db_port_number(changed(&want.port, &have.port))
        .set_db_subnet_group_name(changed(&want.db_subnet_group_name, &have.db_subnet_group_name))
        .set_dedicated_log_volume(other(want.dedicated_log_volume, have.dedicated_log_volume))
        .set_deletion_protection(flag(want.deletion_protection, have.deletion_protection))
        .set_enable_customer_owned_ip(flag(
            want.customer_owned_ip_enabled,
            have.customer_owned_ip_enabled,
        ))
        .set_enable_iam_database_authentication(flag(
            want.iam_database_authentication_enabled,
            have.iam_database_authentication_enabled,
        ))
        .set_engine_lifecycle_support(changed(
            &want.engine_lifecycle_support,
            &have.engine_lifecycle_support,
        ))
        .set_license_model(changed(&want.license_model, &have.license_model))
        .set_manage_master_user_password(flag(
            want.manage_master_user_password,
            have.manage_master_user_password,
        ))
        .set_master_user_password(password(want, have, owed))
        .set_master_user_secret_kms_key_id(changed(
            &want.master_user_secret_kms_key_id,
            &have.master_user_secret_kms_key_id,
        ))
        .set_max_allocated_storage(limit(want, have))
        .set_multi_az(changed(&want.multi_az, &have.multi_az))
        .set_network_type(changed(&want.network_type, &have.network_type))
        .set_new_db_instance_identifier(name(want, have))
        .set_option_group_name(changed(&want.option_group_name, &have.option_group_name))
        .set_preferred_backup_window(changed(&want.backup_window, &have.backup_window))
        .set_preferred_maintenance_window(window(want, have))
        .set_publicly_accessible(other(want.publicly_accessible, have.publicly_accessible))
        .set_replica_mode(changed(&want.replica_mode, &have.replica_mode))
        .set_vpc_security_group_ids(
            changed(&want.vpc_security_group_ids, &have.vpc_security_group_ids).map(|it| it.0),
        );
    let changes = version(changes, want, have);
    let changes = storage(changes, want, have);
    let changes = monitoring(changes, want, have);
    let changes = insights(changes, want, have);
    let changes = domain(changes, want, have);
    // Without anything else it makes what is pending happen now.
    let hastened = want.apply_immediately && !have.apply_immediately;
    let differs = hastened || changes != ModifyDbInstanceInputBuilder::default();
    differs.then(|| {
        changes
            .db_instance_identifier(have.name())
            .apply_immediately(want.apply_immediately || owed)
    })
}

/// The password, where it has to be sent.
pub(super) fn password(want: &Instance, have: &Instance, owed: bool) -> Option<String> {
    let is_new = want.password.is_some() && want.password != have.password;
    let no_longer_managed = have.manage_master_user_password == Some(true)
        && want.manage_master_user_password != Some(true);
    let again = want.password_wo_version != have.password_wo_version;
    births::password(want).filter(|_| owed || is_new || again || no_longer_managed)
}

/// What is wanted, where the database has something else.
fn changed<T: Clone + PartialEq>(want: &Auto<T>, have: &Auto<T>) -> Option<T> {
    want.given().filter(|_| want.differs(have))
}

fn other(want: bool, have: bool) -> Option<bool> {
    (want != have).then_some(want)
}

/// What is unset is off.
fn flag(want: Option<bool>, have: Option<bool>) -> Option<bool> {
    other(want.unwrap_or_default(), have.unwrap_or_default())
}

/// The version, unless the one that runs is what its beginning asks for.
fn version(
    changes: ModifyDbInstanceInputBuilder,
    want: &Instance,
    have: &Instance,
) -> ModifyDbInstanceInputBuilder {
    let Some(version) = changed(&want.engine_version, &have.engine_version) else { return changes };
    if have.engine_version_actual.get().is_some_and(|it| is_version(&version, it)) {
        return changes;
    }
    changes
        .engine_version(version)
        .set_allow_major_version_upgrade(want.allow_major_version_upgrade.filter(|it| *it))
        // A group of the old version's family cannot stay.
        .set_db_parameter_group_name(want.parameter_group_name.given())
}

/// Type, size, operations and throughput, which AWS judges together.
fn storage(
    changes: ModifyDbInstanceInputBuilder,
    want: &Instance,
    have: &Instance,
) -> ModifyDbInstanceInputBuilder {
    let kind = changed(&want.storage_type, &have.storage_type);
    let size = changed(&want.allocated_storage, &have.allocated_storage);
    let iops = changed(&want.iops, &have.iops);
    let throughput = changed(&want.storage_throughput, &have.storage_throughput);
    if kind.is_none() && size.is_none() && iops.is_none() && throughput.is_none() {
        return changes;
    }
    let provisioned = want.storage_type.get().is_some_and(|it| it.starts_with("io"));
    let with_iops = iops.is_some() || throughput.is_some() || provisioned;
    let with_size = size.is_some() || with_iops;
    changes
        .set_allocated_storage(want.allocated_storage.given().filter(|_| with_size))
        .set_iops(want.iops.given().filter(|_| with_iops))
        .set_storage_throughput(throughput)
        .set_storage_type(kind)
}

/// How far the storage may grow. No further than it is, where it may not grow.
fn limit(want: &Instance, have: &Instance) -> Option<i32> {
    let limit = |it: &Instance| it.max_allocated_storage.filter(|it| *it > 0);
    match (limit(want), limit(have)) {
        (want, have) if want == have => None,
        (Some(limit), _) => Some(limit),
        (None, _) => have.allocated_storage.given(),
    }
}

/// The interval and the role are one setting.
fn monitoring(
    changes: ModifyDbInstanceInputBuilder,
    want: &Instance,
    have: &Instance,
) -> ModifyDbInstanceInputBuilder {
    let role = want.monitoring_role_arn.differs(&have.monitoring_role_arn);
    if want.monitoring_interval == have.monitoring_interval && !role {
        return changes;
    }
    let role = want.monitoring_role_arn.given().filter(|_| want.monitoring_interval > 0);
    changes.monitoring_interval(want.monitoring_interval).set_monitoring_role_arn(role)
}

/// Performance Insights and Database Insights are one setting.
fn insights(
    changes: ModifyDbInstanceInputBuilder,
    want: &Instance,
    have: &Instance,
) -> ModifyDbInstanceInputBuilder {
    let key = changed(&want.performance_insights_kms_key_id, &have.performance_insights_kms_key_id);
    let days = want
        .performance_insights_retention_period
        .differs(&have.performance_insights_retention_period);
    let mode = changed(&want.database_insights_mode, &have.database_insights_mode);
    let enabled = want.performance_insights_enabled;
    if enabled == have.performance_insights_enabled && key.is_none() && !days && mode.is_none() {
        return changes;
    }
    let days = want.performance_insights_retention_period.given();
    changes
        .set_database_insights_mode(mode)
        .enable_performance_insights(enabled)
        .set_performance_insights_kms_key_id(key.filter(|_| enabled))
        .set_performance_insights_retention_period(days.filter(|_| enabled))
}

/// The directory, whole: it is left where none is wanted.
fn domain(
    changes: ModifyDbInstanceInputBuilder,
    want: &Instance,
    have: &Instance,
) -> ModifyDbInstanceInputBuilder {
    let managed = |it: &Instance| (it.domain.clone(), it.domain_iam_role_name.clone());
    let own = |it: &Instance| {
        (it.domain_auth_secret_arn.clone(), it.domain_dns_ips.clone(), it.domain_ou.clone())
    };
    let fqdn = want.domain_fqdn.differs(&have.domain_fqdn);
    if managed(want) == managed(have) && own(want) == own(have) && !fqdn {
        return changes;
    }
    if want.domain.is_none() && want.domain_auth_secret_arn.is_none() {
        return changes.disable_domain(true);
    }
    changes
        .set_domain(want.domain.clone())
        .set_domain_auth_secret_arn(want.domain_auth_secret_arn.clone())
        .set_domain_dns_ips(want.domain_dns_ips.clone())
        .set_domain_fqdn(want.domain_fqdn.given().filter(|_| want.domain.is_none()))
        .set_domain_iam_role_name(want.domain_iam_role_name.clone())
        .set_domain_ou(want.domain_ou.clone())
}

fn exports(want: &Instance, have: &Instance) -> Option<CloudwatchLogsExportConfiguration> {
    let none = Set::default();
    let wanted = want.enabled_cloudwatch_logs_exports.as_ref().unwrap_or(&none);
    let had = have.enabled_cloudwatch_logs_exports.as_ref().unwrap_or(&none);
    let (more, fewer) = (wanted.minus(had), had.minus(wanted));
    let changes = CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(Some(more.clone()).filter(|it| !it.is_empty()))
        .set_disable_log_types(Some(fewer.clone()).filter(|it| !it.is_empty()));
    (!more.is_empty() || !fewer.is_empty()).then(|| changes.build())
}

/// Upper and lower case aside.
fn window(want: &Instance, have: &Instance) -> Option<String> {
    let have = have.maintenance_window.get();
    let same = |it: &String| have.is_some_and(|have| have.eq_ignore_ascii_case(it));
    want.maintenance_window.given().filter(|it| !same(it))
}

/// Another identifier: the one wanted, else the old one with another beginning.
fn name(want: &Instance, have: &Instance) -> Option<String> {
    if let Some(name) = want.identifier.given() {
        return Some(name)
            .filter(|it| want.identifier.differs(&have.identifier) && *it != have.name());
    }
    let prefix = changed(&want.identifier_prefix, &have.identifier_prefix)?;
    let old = have.identifier_prefix.given().unwrap_or_default();
    let rest = have.name().strip_prefix(old.as_str()).unwrap_or(have.name());
    Some(prefix + rest)
}
