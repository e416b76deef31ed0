//! `aws_kinesis_stream`, read only: a stream and its shards.

use std::collections::BTreeMap;

use super::super::prelude::*;

/// Stream that is declared elsewhere.
///
/// ```hcl
/// data "aws_kinesis_stream" "orders" {
///   name = "orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kinesis_stream")]
pub struct Stream {
    /// Name of the stream.
    pub name: String,
    /// ARN of the stream.
    pub arn: Out<String>,
    /// Shards that take no more records, but can still be read.
    pub closed_shards: Out<Set<String>>,
    /// When the stream was made, in seconds since 1970.
    pub creation_timestamp: Out<i64>,
    /// `KMS` where records are encrypted at rest with a key.
    pub encryption_type: Out<String>,
    /// Key that records are encrypted with.
    pub kms_key_id: Out<String>,
    /// Largest record in KiB.
    pub max_record_size_in_kib: Out<i32>,
    /// Shards that take records.
    pub open_shards: Out<Set<String>>,
    /// Hours that records are kept.
    pub retention_period: Out<i32>,
    /// Metrics of each single shard that CloudWatch keeps.
    pub shard_level_metrics: Out<Set<String>>,
    /// How far along the stream is.
    pub status: Out<String>,
    /// How the stream's capacity is decided.
    pub stream_mode_details: Out<Vec<StreamModeDetails>>,
    /// Tags of the stream.
    pub tags: Auto<BTreeMap<String, String>>,
    /// What an on-demand stream is ready to take at once.
    pub warm_throughput: Out<Vec<WarmThroughput>>,
}

/// How a stream's capacity is decided.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct StreamModeDetails {
    /// `PROVISIONED` or `ON_DEMAND`.
    pub stream_mode: Out<String>,
}

/// What an on-demand stream is ready to take at once.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct WarmThroughput {
    /// MiB a second now.
    pub current_mib_ps: Out<i32>,
    /// MiB a second asked for.
    pub target_mib_ps: Out<i32>,
}

impl DataSource for Stream {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let kinesis = aws.kinesis();
        let found = kinesis.describe_stream_summary().stream_name(&self.name).send().await?;
        let Some(stream) = found.stream_description_summary else {
            return Err(Failure::fatal("the reply names no stream"));
        };
        let (tags, shards) =
            tokio::try_join!(tags_of(aws, &stream.stream_arn), shards(aws, &stream.stream_arn))?;
        let is_open = |it: &types::Shard| match &it.sequence_number_range {
            Some(range) => range.ending_sequence_number.is_none(),
            None => true,
        };
        let (open, closed): (Vec<_>, Vec<_>) = shards.into_iter().partition(is_open);
        self.open_shards.set(open.into_iter().map(|it| it.shard_id).collect::<Set<_>>());
        self.closed_shards.set(closed.into_iter().map(|it| it.shard_id).collect::<Set<_>>());
        self.creation_timestamp.set(stream.stream_creation_timestamp.secs());
        self.encryption_type.set(stream.encryption_type.map(|it| it.as_str().to_string()));
        self.kms_key_id.set(stream.key_id);
        self.max_record_size_in_kib.set(stream.max_record_size_in_kib);
        self.retention_period.set(stream.retention_period_hours);
        let metrics = stream.enhanced_monitoring.into_iter().flat_map(|it| it.shard_level_metrics);
        let metrics = metrics.flatten().map(|it| it.as_str().to_string());
        self.shard_level_metrics.set(metrics.collect::<Set<_>>());
        self.status.set(stream.stream_status.as_str().to_string());
        let details = stream.stream_mode_details.map(|it| StreamModeDetails {
            stream_mode: Some(it.stream_mode.as_str().to_string()).into(),
        });
        self.stream_mode_details.set(details.into_iter().collect::<Vec<_>>());
        let throughput = stream.warm_throughput.map(|it| WarmThroughput {
            current_mib_ps: it.current_mibps.into(),
            target_mib_ps: it.target_mibps.into(),
        });
        self.warm_throughput.set(throughput.into_iter().collect::<Vec<_>>());
        self.arn.set(stream.stream_arn.clone());
        let own = tags.into_iter().filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        Ok(Id(stream.stream_arn))
    }
}

/// Every shard of the stream: AWS tells a page at a time, and later pages by their mark alone.
async fn shards(aws: &Aws, arn: &str) -> Result<Vec<types::Shard>> {
    let mut all = Vec::new();
    let mut call = aws.kinesis().list_shards().stream_arn(arn);
    loop {
        let page = call.send().await?;
        all.extend(page.shards.unwrap_or_default());
        match page.next_token {
            Some(next) => call = aws.kinesis().list_shards().stream_arn(arn).next_token(next),
            None => return Ok(all),
        }
    }
}
