//! `aws_rds_engine_version`, read only: a version of a database engine.

use std::cmp::Ordering;

use super::super::prelude::*;

/// Version of a database engine that fits the arguments: the newest with `latest`, the
/// first of `preferred_versions` that there is, else the only one. With the engine alone it is the
/// default version.
///
/// ```hcl
/// data "aws_rds_engine_version" "postgres" {
///   engine  = "postgres"
///   version = "16"
///   latest  = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_rds_engine_version")]
pub struct EngineVersion {
    /// Only the default version of the engine, or of the major version in `version`.
    pub default_only: Option<bool>,
    /// Engine, such as `postgres`.
    pub engine: String,
    /// Only versions that can (or cannot) be upgraded to another major version.
    pub has_major_target: Option<bool>,
    /// Only versions that can (or cannot) be upgraded to another minor version.
    pub has_minor_target: Option<bool>,
    /// Also versions that are no longer offered.
    pub include_all: Option<bool>,
    /// The newest of those that fit.
    pub latest: Option<bool>,
    /// Family of parameter groups, such as `postgres16`.
    pub parameter_group_family: Auto<String>,
    /// Only versions that can be upgraded to one of these other major versions.
    pub preferred_major_targets: Option<Vec<String>>,
    /// Only versions that can be upgraded to one of these.
    pub preferred_upgrade_targets: Option<Vec<String>>,
    /// Versions in order of preference.
    pub preferred_versions: Option<Vec<String>>,
    /// Version, or its beginning.
    pub version: Auto<String>,
    /// Further conditions, as RDS takes them.
    pub filter: BlockSet<Filter>,
    /// Character set that new databases have.
    pub default_character_set: Out<String>,
    /// Name of the engine, in words.
    pub engine_description: Out<String>,
    /// Logs that can be sent to CloudWatch.
    pub exportable_log_types: Out<Set<String>>,
    /// Whether the version is offered: `available` or `deprecated`.
    pub status: Out<String>,
    /// Character sets that new databases may have.
    pub supported_character_sets: Out<Set<String>>,
    /// Features, such as `s3Import`.
    pub supported_feature_names: Out<Set<String>>,
    /// Modes, such as `provisioned`.
    pub supported_modes: Out<Set<String>>,
    /// Time zones that new databases may have.
    pub supported_timezones: Out<Set<String>>,
    /// Whether another certificate takes no restart.
    pub supports_certificate_rotation_without_restart: Out<bool>,
    /// Whether it can be part of an Aurora global database.
    pub supports_global_databases: Out<bool>,
    /// Whether it takes zero-ETL integrations.
    pub supports_integrations: Out<bool>,
    /// Whether it can be an Aurora Limitless database.
    pub supports_limitless_database: Out<bool>,
    /// Whether readers can forward writes.
    pub supports_local_write_forwarding: Out<bool>,
    /// Whether logs can be sent to CloudWatch.
    pub supports_log_exports_to_cloudwatch: Out<bool>,
    /// Whether it runs queries in parallel.
    pub supports_parallel_query: Out<bool>,
    /// Whether it can have replicas.
    pub supports_read_replica: Out<bool>,
    /// Other major versions that it can be upgraded to.
    pub valid_major_targets: Out<Set<String>>,
    /// Minor versions that it can be upgraded to.
    pub valid_minor_targets: Out<Set<String>>,
    /// Versions that it can be upgraded to.
    pub valid_upgrade_targets: Out<Set<String>>,
    /// The whole version.
    pub version_actual: Out<String>,
    /// Name of the version, in words.
    pub version_description: Out<String>,
}

/// A condition as RDS takes it.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Filter {
    /// What is compared, such as `engine-mode`.
    pub name: String,
    /// Values of which one must fit.
    pub values: Set<String>,
}

impl DataSource for EngineVersion {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let filters = self.filter.0.iter().map(|it| {
            let filter = types::Filter::builder().name(&it.name);
            filter.set_values(Some(it.values.0.clone())).build()
        });
        let filters: Vec<_> = filters.collect();
        let call = aws
            .rds()
            .describe_db_engine_versions()
            .engine(&self.engine)
            .set_db_parameter_group_family(self.parameter_group_family.given())
            .set_default_only(self.default_only.or(self.is_open().then_some(true)))
            .set_engine_version(self.version.given())
            .set_filters(Some(filters).filter(|it| !it.is_empty()))
            .set_include_all(self.include_all)
            .list_supported_character_sets(true)
            .list_supported_timezones(true);
        let found = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let found: Vec<_> = found.into_iter().filter(|it| self.fits(it)).collect();
        let chosen = self.chosen(found)?;
        let id = Id::need(chosen.engine_version.clone())?;
        self.see(chosen);
        Ok(id)
    }
}

impl EngineVersion {
    /// Whether nothing but the engine is asked for: then the default version is meant.
    fn is_open(&self) -> bool {
        let flags = [self.has_major_target, self.has_minor_target, self.include_all, self.latest];
        let lists = [
            &self.preferred_major_targets,
            &self.preferred_upgrade_targets,
            &self.preferred_versions,
        ];
        self.version.get().is_none()
            && self.parameter_group_family.get().is_none()
            && self.filter.0.is_empty()
            && flags.iter().all(Option::is_none)
            && lists.iter().all(|it| it.is_none())
    }

    fn fits(&self, it: &types::DbEngineVersion) -> bool {
        let one_of = |wanted: &Option<Vec<String>>, there: &[String]| {
            wanted.as_ref().is_none_or(|it| it.iter().any(|it| there.contains(it)))
        };
        let has = |wanted: Option<bool>, there: &[String]| {
            wanted.is_none_or(|wanted| wanted != there.is_empty())
        };
        let (major, minor) = (targets(it, Some(true)), targets(it, Some(false)));
        let preferred = self.preferred_versions.as_ref().is_none_or(|all| {
            it.engine_version.as_ref().is_some_and(|version| all.contains(version))
        });
        preferred
            && has(self.has_major_target, &major)
            && has(self.has_minor_target, &minor)
            && one_of(&self.preferred_major_targets, &major)
            && one_of(&self.preferred_upgrade_targets, &targets(it, None))
    }

    /// The one of those that fit.
    fn chosen(&self, mut found: Vec<types::DbEngineVersion>) -> Result<types::DbEngineVersion> {
        if found.len() > 1 {
            if let Some(all) = &self.preferred_versions
                && self.latest != Some(true)
            {
                let rank = |it: &types::DbEngineVersion| {
                    all.iter().position(|version| Some(version) == it.engine_version.as_ref())
                };
                found.sort_by_key(rank);
                found.truncate(1);
            } else if self.latest == Some(true) {
                found.sort_by(|a, b| by_number(version(b), version(a)));
                found.truncate(1);
            }
        }
        match (found.pop(), found.len()) {
            (Some(it), 0) => Ok(it),
            (None, _) => Err(Failure::fatal(format!("no version of `{}` fits", self.engine))),
            (Some(_), others) => {
                let why = format!("{} versions of `{}` fit", others + 1, self.engine);
                let hint = "write `latest = true`, `default_only = true` or `preferred_versions`";
                Err(Failure::fatal(why).hint(hint))
            }
        }
    }

    fn see(&mut self, it: types::DbEngineVersion) {
        let sets = it.supported_character_sets.iter().flatten();
        let sets = sets.filter_map(|it| it.character_set_name.clone());
        let zones = it.supported_timezones.iter().flatten();
        let zones = zones.filter_map(|it| it.timezone_name.clone());
        self.supported_character_sets.set(sets.collect::<Set<_>>());
        self.supported_timezones.set(zones.collect::<Set<_>>());
        self.valid_major_targets.set(Set(targets(&it, Some(true))));
        self.valid_minor_targets.set(Set(targets(&it, Some(false))));
        self.valid_upgrade_targets.set(Set(targets(&it, None)));
        self.default_character_set
            .set(it.default_character_set.and_then(|it| it.character_set_name));
        self.engine_description.set(it.db_engine_description);
        self.exportable_log_types.set(Set(it.exportable_log_types.unwrap_or_default()));
        self.parameter_group_family.set(it.db_parameter_group_family);
        self.status.set(it.status);
        self.supported_feature_names.set(Set(it.supported_feature_names.unwrap_or_default()));
        self.supported_modes.set(Set(it.supported_engine_modes.unwrap_or_default()));
        self.supports_certificate_rotation_without_restart
            .set(it.supports_certificate_rotation_without_restart);
        self.supports_global_databases.set(it.supports_global_databases);
        self.supports_integrations.set(it.supports_integrations);
        self.supports_limitless_database.set(it.supports_limitless_database);
        self.supports_local_write_forwarding.set(it.supports_local_write_forwarding);
        self.supports_log_exports_to_cloudwatch.set(it.supports_log_exports_to_cloudwatch_logs);
        self.supports_parallel_query.set(it.supports_parallel_query);
        self.supports_read_replica.set(it.supports_read_replica);
        self.version.set(it.engine_version.clone());
        self.version_actual.set(it.engine_version);
        self.version_description.set(it.db_engine_version_description);
    }
}

fn version(it: &types::DbEngineVersion) -> &str {
    it.engine_version.as_deref().unwrap_or_default()
}

/// Versions that one can be upgraded to: of another major version, of the same, or all.
fn targets(it: &types::DbEngineVersion, major: Option<bool>) -> Vec<String> {
    let all = it.valid_upgrade_target.iter().flatten();
    let kind = |it: &&types::UpgradeTarget| {
        major.is_none_or(|major| it.is_major_version_upgrade.unwrap_or_default() == major)
    };
    all.filter(kind).filter_map(|it| it.engine_version.clone()).collect()
}

/// By their numbers: 16.10 is after 16.9.
fn by_number(a: &str, b: &str) -> Ordering {
    let parts = |it: &str| -> Vec<(u64, String)> {
        let parts = it.split(['.', '-', '_']);
        parts.map(|it| (it.parse().unwrap_or_default(), it.to_string())).collect()
    };
    parts(a).cmp(&parts(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_numbers() {
        let cases = [
            ("16.9", "16.10", Ordering::Less),
            ("17.1", "16.10", Ordering::Greater),
            ("8.0.mysql_aurora.3.10.0", "8.0.mysql_aurora.3.9.1", Ordering::Greater),
            ("16.4", "16.4", Ordering::Equal),
        ];
        for (a, b, expected) in cases {
            assert_eq!(by_number(a, b), expected, "{a} {b}");
        }
    }
}
