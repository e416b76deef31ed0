//! `aws_db_instance`: a database.
//!
//! Longer than most: some ninety arguments. The ways of being born stand in `births`, the call that
//! changes one in `modification`.
//!
//! An instance that is born of another cannot be given everything in that call, and of a password
//! nobody can tell later whether it was set. So it carries a tag that says that it is owed the rest;
//! the first update gives it all of that at once, and takes the tag away.

use super::observation::{has_failed, name_in};
use super::prelude::*;
use super::{births, modification};
use crate::aws::tags::TOKEN;
use types::{DatabaseInsightsMode, ReplicaMode};

/// Database that AWS runs: new, a replica of another, or made of a backup.
///
/// ```hcl
/// resource "aws_db_instance" "orders" {
///   identifier                  = "orders"
///   engine                      = "postgres"
///   engine_version              = "16"
///   instance_class              = "db.t4g.medium"
///   allocated_storage           = 50
///   storage_encrypted           = true
///   username                    = "orders"
///   manage_master_user_password = true
///   multi_az                    = true
///   backup_retention_period     = 7
///   skip_final_snapshot         = true
/// }
///
/// resource "aws_db_instance" "replica" {
///   identifier          = "orders-replica"
///   replicate_source_db = aws_db_instance.orders.identifier
///   instance_class      = "db.t4g.medium"
///   skip_final_snapshot = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_db_instance", tags = "db", create = "50m", update = "80m", delete = "60m")]
pub struct Instance {
    /// GiB of storage; with `max_allocated_storage` what AWS adds is no difference. Of a replica or
    /// restored database that of its origin when unset.
    pub allocated_storage: Auto<i32>,
    /// Lets `engine_version` be changed to another major version.
    #[attr(local)]
    pub allow_major_version_upgrade: Option<bool>,
    /// Makes changes at once, with a restart where they need one, instead of in the next maintenance
    /// window.
    #[attr(default = false, local)]
    pub apply_immediately: bool,
    /// Lets AWS install new minor versions in the maintenance window.
    #[attr(default = true)]
    pub auto_minor_version_upgrade: bool,
    /// Zone that the database stands in; AWS picks one when unset.
    #[attr(replace)]
    pub availability_zone: Auto<String>,
    /// Days that backups are kept; `0` makes none.
    #[attr(range(0, 35))]
    pub backup_retention_period: Auto<i32>,
    /// Where backups are kept: `region`, or `outposts`.
    #[attr(replace, one_of("outposts", "region"), conflicts("s3_import"))]
    pub backup_target: Auto<String>,
    /// Part of the day in UTC in which backups are made, such as `03:00-04:00`; AWS picks one when
    /// unset.
    #[attr(format = "daily_window")]
    pub backup_window: Auto<String>,
    /// Authority that signs the certificate of the database; AWS's default one when unset.
    pub ca_cert_identifier: Auto<String>,
    /// Character set of an Oracle or SQL Server database.
    #[attr(
        replace,
        conflicts(
            "replicate_source_db",
            "restore_to_point_in_time",
            "s3_import",
            "snapshot_identifier"
        )
    )]
    pub character_set_name: Auto<String>,
    /// Copies the tags to snapshots.
    #[attr(default = false)]
    pub copy_tags_to_snapshot: bool,
    /// Instance profile of an RDS Custom database.
    #[attr(replace)]
    pub custom_iam_instance_profile: Option<String>,
    /// Gives a database on Outposts an address of the customer's own network.
    pub customer_owned_ip_enabled: Option<bool>,
    /// `standard` or `advanced` Database Insights; `advanced` keeps 465 days or more.
    pub database_insights_mode: Auto<DatabaseInsightsMode>,
    /// Name of the first database inside; none when unset.
    #[attr(replace, conflicts("replicate_source_db"))]
    pub db_name: Auto<String>,
    /// Subnet group that the database stands in; the default VPC's when unset.
    pub db_subnet_group_name: Auto<String>,
    /// Keeps the log on a volume of its own.
    #[attr(default = false)]
    pub dedicated_log_volume: bool,
    /// Deletes the automated backups with the database.
    #[attr(default = true, local)]
    pub delete_automated_backups: bool,
    /// Refuses to be deleted until this is taken back.
    pub deletion_protection: Option<bool>,
    /// Identifier of an AWS Managed Microsoft AD directory to join.
    #[attr(conflicts("domain_auth_secret_arn", "domain_dns_ips", "domain_fqdn", "domain_ou"))]
    pub domain: Option<String>,
    /// ARN of the secret with the credentials to join a self-managed directory with.
    #[attr(conflicts("domain", "domain_iam_role_name"), format = "arn")]
    pub domain_auth_secret_arn: Option<String>,
    /// Addresses of the two domain controllers of a self-managed directory.
    #[attr(conflicts("domain", "domain_iam_role_name"), format = "ip_address", items(2, 2))]
    pub domain_dns_ips: Option<Vec<String>>,
    /// Domain name of a self-managed directory.
    #[attr(conflicts("domain", "domain_iam_role_name"))]
    pub domain_fqdn: Auto<String>,
    /// Role by which RDS joins the directory.
    #[attr(conflicts("domain_auth_secret_arn", "domain_dns_ips", "domain_fqdn", "domain_ou"))]
    pub domain_iam_role_name: Option<String>,
    /// Organizational unit of a self-managed directory.
    #[attr(conflicts("domain", "domain_iam_role_name"))]
    pub domain_ou: Option<String>,
    /// Logs that are sent to CloudWatch; none when unset.
    #[attr(one_of(
        "agent",
        "alert",
        "audit",
        "diag.log",
        "error",
        "general",
        "iam-db-auth-error",
        "listener",
        "notify.log",
        "oemagent",
        "postgresql",
        "slowquery",
        "trace",
        "upgrade"
    ))]
    pub enabled_cloudwatch_logs_exports: Option<Set<String>>,
    /// Engine, such as `postgres`; that of its origin for replicas and restored ones.
    #[attr(replace, fold_case)]
    pub engine: Auto<String>,
    /// Whether an engine version past its standard support goes on with the extended, paid one.
    #[attr(one_of(
        "open-source-rds-extended-support",
        "open-source-rds-extended-support-disabled"
    ))]
    pub engine_lifecycle_support: Auto<String>,
    /// Version, or its beginning: `16` is any 16, whatever minor version AWS runs.
    #[attr(version)]
    pub engine_version: Auto<String>,
    /// Name of the snapshot that is made when the database is deleted; needed unless
    /// `skip_final_snapshot` is set.
    #[attr(local, length(1, 255), format = "identifier")]
    pub final_snapshot_identifier: Option<String>,
    /// Lets IAM users and roles log in.
    pub iam_database_authentication_enabled: Option<bool>,
    /// Name of the database, in lower-case letters; made up when unset. Another name renames it.
    #[attr(
        conflicts("identifier_prefix"),
        follows("identifier_prefix"),
        length(1, 63),
        characters = "a-z0-9-",
        format = "identifier"
    )]
    pub identifier: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(
        conflicts("identifier"),
        length(1, 37),
        characters = "a-z0-9-",
        format = "identifier_prefix"
    )]
    pub identifier_prefix: Auto<String>,
    /// Processors and memory, such as `db.t4g.medium`.
    pub instance_class: String,
    /// Operations a second of the storage; what its type comes with when unset.
    pub iops: Auto<i32>,
    /// ARN of the key that encrypts the storage; AWS's own for RDS when unset.
    #[attr(replace, format = "arn")]
    pub kms_key_id: Auto<String>,
    /// Licence model of the engine.
    pub license_model: Auto<String>,
    /// Part of the week in UTC for maintenance, such as `sun:04:00-sun:05:00`; AWS picks one when
    /// unset.
    #[attr(fold_case, format = "weekly_window")]
    pub maintenance_window: Auto<String>,
    /// Has RDS make up the password, keep it in Secrets Manager and rotate it.
    #[attr(conflicts("password", "password_wo"))]
    pub manage_master_user_password: Option<bool>,
    /// Key that encrypts the managed password: identifier, ARN or alias; AWS's own when unset.
    #[attr(format = "kms_key_id")]
    pub master_user_secret_kms_key_id: Auto<String>,
    /// GiB that AWS may let the storage grow to; `0` or unset for no growth.
    pub max_allocated_storage: Option<i32>,
    /// Seconds between measurements of enhanced monitoring; `0` for none.
    #[attr(default = 0, numbers(0, 1, 5, 10, 15, 30, 60))]
    pub monitoring_interval: i32,
    /// ARN of the role that sends measurements of enhanced monitoring to CloudWatch.
    #[attr(format = "arn")]
    pub monitoring_role_arn: Auto<String>,
    /// Keeps a standby in another zone.
    pub multi_az: Auto<bool>,
    /// National character set of an Oracle database.
    #[attr(replace)]
    pub nchar_character_set_name: Auto<String>,
    /// `IPV4`, or `DUAL` for IPv6 besides.
    #[attr(one_of("DUAL", "IPV4"))]
    pub network_type: Auto<String>,
    /// Option group; the default one of the engine when unset.
    pub option_group_name: Auto<String>,
    /// Parameter group; the default one of the engine when unset.
    pub parameter_group_name: Auto<String>,
    /// Password of the master user. It is stored in the state: prefer `password_wo` or
    /// `manage_master_user_password`.
    #[attr(local, conflicts("manage_master_user_password", "password_wo"))]
    pub password: Option<Secret<String>>,
    /// Password of the master user, which is sent and never stored; sent again when
    /// `password_wo_version` changes.
    #[attr(
        conflicts("manage_master_user_password", "password"),
        required_with("password_wo_version")
    )]
    pub password_wo: WriteOnly<String>,
    /// Version of `password_wo`: another one sends the password again.
    #[attr(local, required_with("password_wo"))]
    pub password_wo_version: Option<i32>,
    /// Keeps measurements of queries.
    #[attr(default = false)]
    pub performance_insights_enabled: bool,
    /// ARN of the key that encrypts measurements of queries; AWS's own for RDS when unset.
    #[attr(format = "arn")]
    pub performance_insights_kms_key_id: Auto<String>,
    /// Days that measurements of queries are kept: 7, 731 or a multiple of 31; 7 when unset.
    #[attr(numbers(7, 731), multiple_of = 31)]
    pub performance_insights_retention_period: Auto<i32>,
    /// Port that the database listens on; the engine's own when unset.
    pub port: Auto<i32>,
    /// Gives the database a public address.
    #[attr(default = false)]
    pub publicly_accessible: bool,
    /// `open-read-only` or `mounted`; replicas of Oracle databases only.
    pub replica_mode: Auto<ReplicaMode>,
    /// Identifier or ARN of the database that this is a replica of. Taken out, the replica becomes
    /// a database of its own.
    pub replicate_source_db: Option<String>,
    /// Makes no snapshot when the database is deleted.
    #[attr(default = false, local)]
    pub skip_final_snapshot: bool,
    /// Identifier or ARN of the snapshot that the database is made of.
    #[attr(replace, local)]
    pub snapshot_identifier: Auto<String>,
    /// Encrypts the storage; a replica or restored database is as its origin when unset.
    #[attr(replace)]
    pub storage_encrypted: Auto<bool>,
    /// MiB a second of `gp3` storage; what its size comes with when unset.
    pub storage_throughput: Auto<i32>,
    /// `gp2`, `gp3`, `io1`, `io2` or `standard`; `gp2`, or `io1` with `iops`, when unset.
    pub storage_type: Auto<String>,
    /// Time zone of a Db2 or SQL Server database.
    #[attr(replace, conflicts("s3_import"))]
    pub timezone: Auto<String>,
    /// Has the storage of a new replica in the newest format.
    #[attr(local)]
    pub upgrade_storage_config: Option<bool>,
    /// Name of the master user.
    #[attr(replace, conflicts("replicate_source_db"))]
    pub username: Auto<String>,
    /// Security groups; the VPC's default one when unset.
    pub vpc_security_group_ids: Auto<Set<String>>,
    /// Makes the database of what another was at some time.
    #[attr(replace, local, conflicts("replicate_source_db", "s3_import", "snapshot_identifier"))]
    pub restore_to_point_in_time: Block<RestoreToPointInTime>,
    /// Makes the database of a MySQL backup in a bucket.
    #[attr(local, conflicts("replicate_source_db", "snapshot_identifier"))]
    pub s3_import: Block<S3Import>,
    /// Host name of the database.
    #[attr(follows("identifier", "identifier_prefix"))]
    pub address: Out<String>,
    /// ARN of the database.
    #[attr(follows("identifier", "identifier_prefix"))]
    pub arn: Out<String>,
    /// Host name and port, with a colon between.
    #[attr(follows("identifier", "identifier_prefix", "port"))]
    pub endpoint: Out<String>,
    /// Version that runs.
    #[attr(follows("engine_version"))]
    pub engine_version_actual: Out<String>,
    /// Route 53 zone of the host name.
    pub hosted_zone_id: Out<String>,
    /// Latest moment that the database can be restored to.
    pub latest_restorable_time: Out<String>,
    /// Listener of a SQL Server availability group.
    pub listener_endpoint: Out<Vec<ListenerEndpoint>>,
    /// Secret of the managed password.
    #[attr(follows("manage_master_user_password", "master_user_secret_kms_key_id"))]
    pub master_user_secret: Out<Vec<MasterUserSecret>>,
    /// Identifiers of the replicas of this database.
    pub replicas: Out<Vec<String>>,
    /// Identifier that stays when the database is renamed; the same as `id`.
    pub resource_id: Out<String>,
    /// How far along the database is.
    pub status: Out<String>,
    /// Which databases of a fleet are upgraded first, as the account decides.
    pub upgrade_rollout_order: Out<String>,
    /// Tags of the database.
    pub tags: Tags,
}

/// What another database was at some time.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RestoreToPointInTime {
    /// The moment, in UTC, such as `2026-01-02T03:04:05Z`.
    #[attr(conflicts("use_latest_restorable_time"), format = "utc_timestamp")]
    pub restore_time: Option<String>,
    /// ARN of the other database's automated backups, where it is gone itself.
    pub source_db_instance_automated_backups_arn: Option<String>,
    /// Identifier of the other database.
    pub source_db_instance_identifier: Option<String>,
    /// `resource_id` of the other database, where it is gone itself.
    pub source_dbi_resource_id: Option<String>,
    /// The latest moment that there is a backup of.
    #[attr(conflicts("restore_time"))]
    pub use_latest_restorable_time: Option<bool>,
}

/// MySQL backup in a bucket.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct S3Import {
    /// Bucket that the backup is in.
    #[attr(replace)]
    pub bucket_name: String,
    /// What the names of its objects begin with; all objects when unset.
    #[attr(replace)]
    pub bucket_prefix: Option<String>,
    /// ARN of the role that reads the bucket.
    #[attr(replace)]
    pub ingestion_role: String,
    /// Engine that was backed up: `mysql`.
    #[attr(replace)]
    pub source_engine: String,
    /// Version that was backed up.
    #[attr(replace)]
    pub source_engine_version: String,
}

/// Listener of a SQL Server availability group.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ListenerEndpoint {
    /// Host name of the listener.
    pub address: Out<String>,
    /// Route 53 zone of the host name.
    pub hosted_zone_id: Out<String>,
    /// Port of the listener.
    pub port: Out<i32>,
}

/// Secret of a managed password.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct MasterUserSecret {
    /// Key that encrypts the secret.
    pub kms_key_id: Out<String>,
    /// ARN of the secret.
    pub secret_arn: Out<String>,
    /// How far along the secret is.
    pub secret_status: Out<String>,
}

/// What is told of a database, and of one that failed its last events.
pub struct Seen {
    instance: types::DbInstance,
    events: Vec<String>,
}

impl Driver for Instance {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &InstanceDraft<'_>, diagnostics: &mut Diagnostics) {
        let profile = draft.custom_iam_instance_profile().known();
        if profile.is_some_and(|it| !it.starts_with("AWSRDSCustom")) {
            let why = "its name begins with `AWSRDSCustom`";
            draft.refuse(diagnostics, "custom_iam_instance_profile", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.identifier, &self.identifier_prefix, "terraform-");
        match births::born(self, aws, &name).await {
            Ok(made) => Id::need(made.and_then(|it| it.dbi_resource_id)),
            Err(it) if op.is_resumed() && it.kind == FailureKind::Exists => named(aws, &name).await,
            Err(it) => Err(it),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(instance) = aws.load::<Instances>(id).await? else { return Ok(None) };
        let events = match (has_failed(&instance), &instance.db_instance_identifier) {
            (true, Some(name)) => events(aws, name).await,
            _ => Vec::new(),
        };
        Ok(Some(Seen { instance, events }))
    }

    fn status(seen: &Seen) -> Status {
        let status = seen.instance.db_instance_status.as_deref().unwrap_or_default();
        match status {
            "available" | "stopped" | "storage-optimization" => Status::Ready,
            "deleted" => Status::Gone,
            _ if has_failed(&seen.instance) => {
                let mut why = vec![format!("it is `{status}`")];
                let infos = seen.instance.status_infos.iter().flatten();
                why.extend(infos.filter_map(|it| it.message.clone()));
                why.extend(seen.events.iter().cloned());
                Status::failed(why.join("; "))
            }
            _ => Status::busy(status),
        }
    }

    /// For a while after a change was asked for, the database is still `available`.
    fn progress(&self, seen: &Seen) -> Status {
        let pending = seen.instance.pending_modified_values.as_ref();
        match Self::status(seen) {
            Status::Ready if pending.is_some_and(|it| self.waits_for(it)) => {
                Status::busy("about to be modified")
            }
            other => other,
        }
    }

    fn observe(&mut self, seen: Seen) {
        self.see(seen.instance);
    }

    async fn update(&self, have: &Self, _: &Id, aws: &Aws) -> Result<()> {
        let arn = have.arn.get().cloned().unwrap_or_default();
        let owed = have.tags.all.contains_key(TOKEN);
        match (&self.replicate_source_db, &have.replicate_source_db) {
            (None, Some(_)) => {
                // A replica takes no password: it is owed one.
                if modification::password(self, have, owed).is_some() {
                    let token = [(TOKEN.to_string(), have.name().to_string())];
                    <tags::Rds as tags::Dialect>::set(aws, &arn, token.into()).await?;
                }
                let call = aws.rds().promote_read_replica().db_instance_identifier(have.name());
                let call = call.set_backup_retention_period(self.backup_retention_period.given());
                call.set_preferred_backup_window(self.backup_window.given()).send().await?;
                return Ok(());
            }
            (Some(want), have)
                if have.as_ref().is_none_or(|have| name_in(have) != name_in(want)) =>
            {
                let why = "a database cannot become a replica of another one";
                return Err(Failure::fatal(why).hint("replace it: `--replace` with its address"));
            }
            _ => {}
        }
        if let Some(changes) = modification::of(self, have, owed) {
            changes.send_with(aws.rds()).await?;
        }
        aws.sync_tags::<tags::Rds>(&arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        let snapshot = match (&self.final_snapshot_identifier, self.skip_final_snapshot) {
            // AWS makes none of a replica.
            _ if self.replicate_source_db.is_some() => None,
            (_, true) => None,
            (Some(name), false) => Some(name.clone()),
            (None, false) => {
                return Err(Failure::fatal("it is not said what becomes of its data").hint(
                    "write `skip_final_snapshot = true` or `final_snapshot_identifier = \"…\"`, \
                     apply that, and delete it then",
                ));
            }
        };
        let call = aws.rds().delete_db_instance().db_instance_identifier(self.name());
        let deleted = call
            .delete_automated_backups(self.delete_automated_backups)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot)
            .send()
            .await;
        deleted.map(drop).map_err(|it| {
            let it = Failure::from(it);
            match it.message.contains("protected") {
                true => {
                    it.hint("write `deletion_protection = false`, apply that, and delete it then")
                }
                false => it,
            }
        })
    }

    /// Databases are imported by their identifier.
    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        let is_resource_id = |it: &str| {
            let upper = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit();
            it.len() > 20 && it.chars().all(upper)
        };
        match text.strip_prefix("db-").is_some_and(is_resource_id) {
            true => Ok(text.into()),
            false => named(aws, text).await,
        }
    }
}

impl Instance {
    /// The identifier that AWS knows the database by now, whatever it is to become.
    pub(super) fn name(&self) -> &str {
        let of_arn = self.arn.get().and_then(|it| it.rsplit(':').next());
        of_arn.or(self.identifier.get().map(String::as_str)).unwrap_or_default()
    }
}

/// What RDS said of the database last. Without leave to read it, the status alone must do.
async fn events(aws: &Aws, name: &str) -> Vec<String> {
    const A_DAY: i32 = 24 * 60;
    let call = aws.rds().describe_events().source_type(types::SourceType::DbInstance);
    let told = call.source_identifier(name).duration(A_DAY).send().await;
    let events = told.ok().and_then(|it| it.events).unwrap_or_default();
    let messages: Vec<String> = events.into_iter().filter_map(|it| it.message).collect();
    let last = messages.len().saturating_sub(3);
    messages.into_iter().skip(last).collect()
}

/// The database of that identifier.
async fn named(aws: &Aws, name: &str) -> Result<Id> {
    let found = aws.rds().describe_db_instances().db_instance_identifier(name).send().await?;
    let found = found.db_instances.into_iter().flatten().next();
    Id::need(found.and_then(|it| it.dbi_resource_id))
}

/// Every database being read right now, with its tags.
struct Instances;

impl Batch for Instances {
    type Item = types::DbInstance;
    const MAX: usize = 100;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::DbInstance>> {
        let filter = types::Filter::builder().name("dbi-resource-id").set_values(Some(ids));
        let call = aws.rds().describe_db_instances().filters(filter.build());
        let found = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        Ok(found.into_iter().filter_map(|it| Some((it.dbi_resource_id.clone()?, it))).collect())
    }
}
