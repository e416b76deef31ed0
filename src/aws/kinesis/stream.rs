//! `aws_kinesis_stream`: records in order, kept for a while.
//!
//! Longer than most: eight settings are changed by a call of their own each, and AWS takes the next
//! only when the stream is `ACTIVE` again.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{EncryptionType, MetricsName, ScalingType, StreamMode, StreamStatus};

/// Takes records, and keeps them in order for readers.
///
/// ```hcl
/// resource "aws_kinesis_stream" "orders" {
///   name             = "orders"
///   shard_count      = 2
///   retention_period = 168
///   encryption_type  = "KMS"
///   kms_key_id       = "alias/aws/kinesis"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kinesis_stream", tags = "stream", create = "5m", update = "120m", delete = "120m")]
pub struct Stream {
    /// `KMS` encrypts records at rest with a key, `NONE` does not.
    #[attr(default = "NONE", one_of("KMS", "NONE"), fold_case)]
    pub encryption_type: String,
    /// Deletes the stream though consumers are registered.
    #[attr(default = false, local)]
    pub enforce_consumer_deletion: bool,
    /// Key to encrypt with: identifier, ARN or alias, such as `alias/aws/kinesis`.
    pub kms_key_id: Option<String>,
    /// Largest record in KiB; 1024 when unset.
    #[attr(range(1024, 10240))]
    pub max_record_size_in_kib: Auto<i32>,
    /// Name of the stream.
    #[attr(replace, length(1, 128))]
    pub name: String,
    /// Hours that records are kept.
    #[attr(default = 24, range(24, 8760))]
    pub retention_period: i32,
    /// Number of shards; only while the stream is provisioned.
    #[attr(conflicts("warm_throughput_mib_ps"))]
    pub shard_count: Option<i32>,
    /// Metrics of each single shard that CloudWatch keeps; none when unset.
    #[attr(one_of(
        "ALL",
        "IncomingBytes",
        "IncomingRecords",
        "IteratorAgeMilliseconds",
        "OutgoingBytes",
        "OutgoingRecords",
        "ReadProvisionedThroughputExceeded",
        "WriteProvisionedThroughputExceeded"
    ))]
    pub shard_level_metrics: Option<Set<String>>,
    /// MiB a second that an on-demand stream is ready to take at once.
    #[attr(conflicts("shard_count"))]
    pub warm_throughput_mib_ps: Option<i32>,
    /// How the stream's capacity is decided; by its number of shards when unset.
    #[attr(computed)]
    pub stream_mode_details: Block<StreamModeDetails>,
    /// ARN of the stream.
    pub arn: Out<String>,
    /// Tags of the stream.
    pub tags: Tags,
}

/// How a stream's capacity is decided.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct StreamModeDetails {
    /// `PROVISIONED` has the shards it is given, `ON_DEMAND` grows and shrinks.
    pub stream_mode: StreamMode,
}

/// What two reads tell of a stream.
pub struct Seen {
    stream: types::StreamDescriptionSummary,
    tags: BTreeMap<String, String>,
}

impl Driver for Stream {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &StreamDraft<'_>, diagnostics: &mut Diagnostics) {
        let mode = match draft.stream_mode_details() {
            Given::Unknown => None,
            Given::Absent => Some(StreamMode::Provisioned),
            Given::Known(it) => Some(mode(&it)),
        };
        match (mode, draft.shard_count()) {
            (Some(StreamMode::Provisioned), Given::Absent | Given::Known(..1)) => {
                let why = "a provisioned stream has one shard or more";
                draft.refuse(diagnostics, "shard_count", why);
            }
            (Some(StreamMode::OnDemand), Given::Known(_)) => {
                let why = "a stream in the mode `ON_DEMAND` decides it by itself: leave it out";
                draft.refuse(diagnostics, "shard_count", why);
            }
            _ => {}
        }
        let encrypts = draft.encryption_type().known().is_some_and(|it| is_kms(&it));
        if encrypts && !draft.kms_key_id().is_set() {
            let why = "encryption needs a key: `alias/aws/kinesis` is the one that AWS keeps";
            draft.refuse(diagnostics, "kms_key_id", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let id = Id(aws.arn("kinesis", aws.account().await?, format!("stream/{}", self.name)));
        let details =
            types::StreamModeDetails::builder().stream_mode(mode(&self.stream_mode_details));
        let made = aws
            .kinesis()
            .create_stream()
            .stream_name(&self.name)
            .set_max_record_size_in_kib(self.max_record_size_in_kib.given())
            .set_shard_count(self.shard_count)
            .set_stream_mode_details(details.build().ok())
            .set_tags(
                Some(self.tags.all.clone().into_iter().collect())
                    .filter(|_| !self.tags.all.is_empty()),
            )
            .set_warm_throughput_mibps(self.warm_throughput_mib_ps)
            .customize()
            .config_override(once())
            .send()
            .await;
        op.or_adopt(made.map(|_| id.clone()).map_err(Failure::from), || id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let stream = aws.kinesis().describe_stream_summary().stream_arn(&**id).send();
        let (stream, tags) = tokio::join!(stream, tags_of(aws, id));
        let Some(stream) = stream?.stream_description_summary else { return Ok(None) };
        match (tags, &stream.stream_status) {
            (Ok(tags), _) => Ok(Some(Seen { stream, tags })),
            (Err(_), StreamStatus::Deleting) => Ok(Some(Seen { stream, tags: BTreeMap::new() })),
            (Err(it), _) => Err(it),
        }
    }

    fn status(seen: &Seen) -> Status {
        match &seen.stream.stream_status {
            StreamStatus::Active => Status::Ready,
            other => Status::busy(other.as_str()),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { stream, tags } = seen;
        let details = stream.stream_mode_details.map(|it| it.stream_mode);
        let stream_mode = details.unwrap_or(StreamMode::Provisioned);
        self.shard_count =
            Some(stream.open_shard_count).filter(|_| stream_mode == StreamMode::Provisioned);
        self.stream_mode_details = Block(Some(StreamModeDetails { stream_mode }));
        self.arn.set(stream.stream_arn);
        self.name = stream.stream_name;
        self.retention_period = stream.retention_period_hours;
        let encryption = stream.encryption_type.unwrap_or(EncryptionType::None);
        if !self.encryption_type.eq_ignore_ascii_case(encryption.as_str()) {
            self.encryption_type = encryption.as_str().into();
        }
        self.kms_key_id = stream.key_id;
        self.max_record_size_in_kib.set(stream.max_record_size_in_kib);
        let metrics = stream.enhanced_monitoring.into_iter().flat_map(|it| it.shard_level_metrics);
        let metrics: Set<String> =
            metrics.into_iter().flatten().map(|it| it.as_str().to_string()).collect();
        // `ALL` is told as the list of all.
        let all = |it: &Set<String>| it.0.iter().any(|it| it == "ALL") && metrics.0.len() == 7;
        match &mut self.shard_level_metrics {
            Some(known) if all(known) => {}
            None if metrics.0.is_empty() => {}
            known => *known = Some(metrics),
        }
        if self.warm_throughput_mib_ps.is_some() {
            self.warm_throughput_mib_ps = stream.warm_throughput.and_then(|it| it.target_mibps);
        }
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (kinesis, arn) = (aws.kinesis(), &**id);
        let none = Set::default();
        let metrics = self.shard_level_metrics.as_ref().unwrap_or(&none);
        let has_metrics = have.shard_level_metrics.as_ref().unwrap_or(&none);
        let (more, fewer) = (metrics.minus(has_metrics), has_metrics.minus(metrics));
        let (encrypts, encrypted) = (is_kms(&self.encryption_type), is_kms(&have.encryption_type));
        let (hours, has_hours) = (self.retention_period, have.retention_period);
        let (mode, has_mode) = (mode(&self.stream_mode_details), mode(&have.stream_mode_details));
        let named = |it: Vec<String>| Some(it.iter().map(|it| MetricsName::from(&**it)).collect());
        if self.stream_mode_details.get().is_some() && mode != has_mode {
            let details = types::StreamModeDetails::builder().stream_mode(mode).build().ok();
            let call = kinesis.update_stream_mode().stream_arn(arn);
            let call = call.set_warm_throughput_mibps(self.warm_throughput_mib_ps);
            call.set_stream_mode_details(details).send().await?;
        } else if let Some(count) =
            self.shard_count.filter(|_| self.shard_count != have.shard_count)
        {
            let call = kinesis.update_shard_count().stream_arn(arn).target_shard_count(count);
            call.scaling_type(ScalingType::UniformScaling).send().await?;
        } else if hours > has_hours {
            let call = kinesis.increase_stream_retention_period().stream_arn(arn);
            call.retention_period_hours(hours).send().await?;
        } else if hours < has_hours {
            let call = kinesis.decrease_stream_retention_period().stream_arn(arn);
            call.retention_period_hours(hours).send().await?;
        } else if !fewer.is_empty() {
            let call = kinesis.disable_enhanced_monitoring().stream_arn(arn);
            call.set_shard_level_metrics(named(fewer)).send().await?;
        } else if !more.is_empty() {
            let call = kinesis.enable_enhanced_monitoring().stream_arn(arn);
            call.set_shard_level_metrics(named(more)).send().await?;
        } else if encrypts && (!encrypted || self.kms_key_id != have.kms_key_id) {
            let call = kinesis.start_stream_encryption().stream_arn(arn);
            let call = call.encryption_type(EncryptionType::Kms);
            call.set_key_id(self.kms_key_id.clone()).send().await?;
        } else if !encrypts && encrypted {
            let call = kinesis.stop_stream_encryption().stream_arn(arn);
            let call = call.encryption_type(EncryptionType::Kms);
            call.set_key_id(have.kms_key_id.clone()).send().await?;
        } else if self.max_record_size_in_kib.differs(&have.max_record_size_in_kib) {
            let call = kinesis.update_max_record_size().stream_arn(arn);
            call.set_max_record_size_in_kib(self.max_record_size_in_kib.given()).send().await?;
        } else if let Some(wanted) =
            self.warm_throughput_mib_ps.filter(|it| have.warm_throughput_mib_ps != Some(*it))
        {
            let call = kinesis.update_stream_warm_throughput().stream_arn(arn);
            call.warm_throughput_mibps(wanted).send().await?;
        } else {
            return aws.sync_tags::<tags::Kinesis>(id, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.kinesis().delete_stream().stream_arn(&**id);
        call.enforce_consumer_deletion(self.enforce_consumer_deletion).send().await?;
        Ok(())
    }

    /// Streams are imported by name.
    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        match text.starts_with("arn:") {
            true => Ok(text.into()),
            false => Ok(aws.arn("kinesis", aws.account().await?, format!("stream/{text}")).into()),
        }
    }
}

fn mode(details: &Block<StreamModeDetails>) -> StreamMode {
    details.get().map_or(StreamMode::Provisioned, |it| it.stream_mode.clone())
}

fn is_kms(encryption_type: &str) -> bool {
    encryption_type.eq_ignore_ascii_case("KMS")
}
