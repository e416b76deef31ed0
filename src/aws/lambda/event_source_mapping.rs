//! `aws_lambda_event_source_mapping`: reads a queue, stream or topic and calls a function.
//!
//! Longer than most: each kind of source has arguments of its own, which stand in
//! `mapping_parts.rs`.

use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingInputBuilder;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

pub use super::mapping_parts::*;
use super::prelude::*;
use super::{function_name, only_changed, tagged};
use crate::aws::tags::TOKEN;
use crate::aws::times::rfc3339;
use types::{EventSourcePosition, FunctionResponseType};

/// Reads a queue, stream or topic, and calls a function with what is there.
///
/// ```hcl
/// resource "aws_lambda_event_source_mapping" "orders" {
///   event_source_arn  = "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"
///   function_name     = "orders"
///   starting_position = "LATEST"
///   batch_size        = 50
///
///   filter_criteria {
///     filter {
///       pattern = jsonencode({ data = { kind = ["order"] } })
///     }
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_lambda_event_source_mapping",
    tags = "event-source-mapping",
    create = "10m",
    update = "10m",
    delete = "5m"
)]
pub struct EventSourceMapping {
    /// Most records of one call; 10 of a queue and 100 of others when unset.
    pub batch_size: Option<i32>,
    /// Halves a batch that the function fails on, and tries both; streams only.
    pub bisect_batch_on_function_error: Option<bool>,
    /// Whether it reads.
    #[attr(default = true)]
    pub enabled: bool,
    /// ARN of the queue, stream, cluster or consumer that is read.
    #[attr(replace, exactly_one_of("event_source_arn", "self_managed_event_source"))]
    pub event_source_arn: Option<String>,
    /// Name or ARN of the function, or of a version or alias of it.
    pub function_name: String,
    /// `ReportBatchItemFailures` where the function tells which records failed.
    pub function_response_types: Option<Set<FunctionResponseType>>,
    /// ARN of the key that filters are encrypted with; AWS's own when unset.
    #[attr(format = "arn")]
    pub kms_key_arn: Option<String>,
    /// Seconds that records are gathered for one call; none when unset.
    pub maximum_batching_window_in_seconds: Option<i32>,
    /// Seconds after which a record is too old, `-1` for never; streams only.
    #[attr(numbers(-1), range(60, 604800))]
    pub maximum_record_age_in_seconds: Auto<i32>,
    /// How often a failed call is made again, `-1` for ever; streams only.
    #[attr(range(-1, 10000))]
    pub maximum_retry_attempts: Auto<i32>,
    /// Calls at a time for each shard; streams only.
    #[attr(range(1, 10))]
    pub parallelization_factor: Auto<i32>,
    /// Name of the queue of an Amazon MQ broker.
    #[attr(replace, length(1, 1000), items(0, 1))]
    pub queues: Option<Vec<String>>,
    /// Where in a stream or topic reading begins.
    #[attr(replace)]
    pub starting_position: Option<EventSourcePosition>,
    /// Time from which on is read, with `AT_TIMESTAMP`.
    #[attr(replace, format = "utc_timestamp")]
    pub starting_position_timestamp: Option<String>,
    /// Name of the Kafka topic.
    #[attr(replace, length(1, 249))]
    pub topics: Option<Set<String>>,
    /// Seconds of a window that calls share their state in; streams only.
    #[attr(range(0, 900))]
    pub tumbling_window_in_seconds: Option<i32>,
    /// How a cluster of Amazon MSK is read.
    #[attr(
        replace,
        computed,
        conflicts("self_managed_event_source", "self_managed_kafka_event_source_config")
    )]
    pub amazon_managed_kafka_event_source_config: Block<ManagedKafka>,
    /// Where records go that the function fails on; they are dropped when unset.
    pub destination_config: Block<DestinationConfig>,
    /// What of a DocumentDB cluster is read.
    pub document_db_event_source_config: Block<DocumentDb>,
    /// Which records are passed on; all when unset.
    pub filter_criteria: Block<FilterCriteria>,
    /// Metrics of the mapping; none when unset.
    pub metrics_config: Block<MetricsConfig>,
    /// Pollers of one's own, for Kafka and queues; shared ones when unset.
    pub provisioned_poller_config: Block<ProvisionedPollers>,
    /// How far the reader of a queue grows.
    pub scaling_config: Block<ScalingConfig>,
    /// Cluster of one's own that is read.
    #[attr(replace)]
    pub self_managed_event_source: Block<SelfManagedSource>,
    /// How a Kafka cluster of one's own is read.
    #[attr(
        replace,
        computed,
        conflicts("amazon_managed_kafka_event_source_config", "event_source_arn")
    )]
    pub self_managed_kafka_event_source_config: Block<SelfManagedKafka>,
    /// How the source knows the reader, and which network it is in.
    #[attr(count(0, 22))]
    pub source_access_configuration: BlockSet<SourceAccess>,
    /// ARN of the mapping.
    pub arn: Out<String>,
    /// ARN of the function.
    pub function_arn: Out<String>,
    /// When the mapping was last changed.
    pub last_modified: Out<String>,
    /// What became of the last call.
    pub last_processing_result: Out<String>,
    /// Whether it reads, or is on its way to.
    pub state: Out<String>,
    /// Why it is in that state.
    pub state_transition_reason: Out<String>,
    /// Identifier of the mapping.
    pub uuid: Out<String>,
    /// Tags of the mapping.
    pub tags: Tags,
}

/// A mapping and its tags, which another call tells.
pub struct Seen {
    mapping: GetEventSourceMappingOutput,
    tags: Vec<(String, String)>,
}

impl Driver for EventSourceMapping {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &EventSourceMappingDraft<'_>, diagnostics: &mut Diagnostics) {
        let mut refuse = |name: &str, why: &str| draft.refuse(diagnostics, name, why);
        let source = draft.event_source_arn().known();
        let service = source.as_deref().and_then(|it| it.split(':').nth(2)).unwrap_or_default();
        if ["kinesis", "dynamodb", "kafka", "rds"].contains(&service)
            && !draft.starting_position().is_set()
        {
            refuse("starting_position", "reading a stream or topic begins somewhere");
        }
        if service == "sqs" && draft.starting_position().is_set() {
            refuse("starting_position", "a queue is read from its beginning");
        }
        let at = draft.starting_position_timestamp();
        let by_time =
            draft.starting_position().known().map(|it| it == EventSourcePosition::AtTimestamp);
        if by_time == Some(true) && !at.is_set() {
            refuse("starting_position_timestamp", "`AT_TIMESTAMP` needs it");
        }
        if by_time == Some(false) && at.is_set() {
            let why = "it is for `starting_position = \"AT_TIMESTAMP\"` only";
            refuse("starting_position_timestamp", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(made) = self.resumed(aws, op).await? {
            return Ok(made);
        }
        let access = SourceAccess::sent(&self.source_access_configuration.0);
        let responses = self.function_response_types.as_ref().map(|it| it.0.clone());
        let at = self.starting_position_timestamp.as_deref().and_then(time);
        let token = (TOKEN.to_string(), op.token().to_string());
        let made = aws
            .lambda()
            .create_event_source_mapping()
            .set_event_source_arn(self.event_source_arn.clone())
            .function_name(&self.function_name)
            .enabled(self.enabled)
            .set_batch_size(self.batch_size)
            .set_filter_criteria(self.filter_criteria.sent())
            .set_kms_key_arn(self.kms_key_arn.clone())
            .set_metrics_config(self.metrics_config.sent())
            .set_scaling_config(self.scaling_config.sent())
            .set_maximum_batching_window_in_seconds(self.maximum_batching_window_in_seconds)
            .set_parallelization_factor(self.parallelization_factor.given())
            .set_starting_position(self.starting_position.clone())
            .set_starting_position_timestamp(at)
            .set_destination_config(self.destination_config.sent())
            .set_maximum_record_age_in_seconds(self.maximum_record_age_in_seconds.given())
            .set_bisect_batch_on_function_error(self.bisect_batch_on_function_error)
            .set_maximum_retry_attempts(self.maximum_retry_attempts.given())
            .set_tags(tagged(self.tags.all.iter().chain([(&token.0, &token.1)])))
            .set_tumbling_window_in_seconds(self.tumbling_window_in_seconds)
            .set_topics(self.topics.as_ref().map(|it| it.0.clone()))
            .set_queues(self.queues.clone())
            .set_source_access_configurations(Some(access).filter(|it| !it.is_empty()))
            .set_self_managed_event_source(self.self_managed_event_source.sent())
            .set_function_response_types(responses)
            .set_amazon_managed_kafka_event_source_config(
                self.amazon_managed_kafka_event_source_config.sent(),
            )
            .set_self_managed_kafka_event_source_config(
                self.self_managed_kafka_event_source_config.sent(),
            )
            .set_document_db_event_source_config(self.document_db_event_source_config.sent())
            .set_provisioned_poller_config(self.provisioned_poller_config.sent())
            .customize()
            .config_override(once())
            .send()
            .await;
        Id::need(made.map_err(|it| known_soon(it.into()))?.uuid)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let mapping = aws.lambda().get_event_source_mapping().uuid(&**id).send();
        let (mapping, tags) = tokio::join!(mapping, tags_of(aws, id));
        let mapping = mapping?;
        match (tags, mapping.state()) {
            (Ok(tags), _) => Ok(Some(Seen { mapping, tags })),
            (Err(_), Some("Deleting")) => Ok(Some(Seen { mapping, tags: Vec::new() })),
            (Err(it), _) => Err(it),
        }
    }

    fn status(seen: &Seen) -> Status {
        match seen.mapping.state() {
            Some("Enabled" | "Disabled") | None => Status::Ready,
            Some("Failed") => {
                let why = seen.mapping.state_transition_reason();
                Status::failed(why.unwrap_or("it could not be made"))
            }
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { mapping: it, tags } = seen;
        let usual = usual_batch(it.event_source_arn());
        let is_open = self.batch_size.is_none();
        self.batch_size = it.batch_size.filter(|it| !(is_open && *it == usual));
        let halves = it.bisect_batch_on_function_error;
        self.bisect_batch_on_function_error =
            told(self.bisect_batch_on_function_error.take(), halves);
        let state = it.state.unwrap_or_default();
        self.enabled = !["Disabled", "Disabling"].contains(&state.as_str());
        self.event_source_arn = it.event_source_arn;
        let arn = it.function_arn.unwrap_or_default();
        if function_name(&self.function_name) != function_name(&arn) {
            self.function_name = arn.clone();
        }
        self.function_arn.set(arn);
        self.function_response_types =
            told(self.function_response_types.take(), it.function_response_types.map(Set));
        self.kms_key_arn = told(self.kms_key_arn.take(), it.kms_key_arn);
        let window = it.maximum_batching_window_in_seconds;
        self.maximum_batching_window_in_seconds =
            told(self.maximum_batching_window_in_seconds.take(), window);
        self.maximum_record_age_in_seconds.set(it.maximum_record_age_in_seconds);
        self.maximum_retry_attempts.set(it.maximum_retry_attempts);
        self.parallelization_factor.set(it.parallelization_factor);
        self.queues = told(self.queues.take(), it.queues);
        self.starting_position = it.starting_position;
        let known = self.starting_position_timestamp.as_deref().and_then(time);
        if known.map(|it| it.secs()) != it.starting_position_timestamp.map(|it| it.secs()) {
            self.starting_position_timestamp =
                it.starting_position_timestamp.as_ref().and_then(rfc3339);
        }
        self.topics = told(self.topics.take(), it.topics.map(Set));
        let window = it.tumbling_window_in_seconds;
        self.tumbling_window_in_seconds = told(self.tumbling_window_in_seconds.take(), window);
        self.amazon_managed_kafka_event_source_config
            .observe(it.amazon_managed_kafka_event_source_config);
        self.destination_config.observe(it.destination_config);
        self.document_db_event_source_config.observe(it.document_db_event_source_config);
        // Filters that the caller may not decrypt are not told, and stay as they were.
        if it.filter_criteria_error.is_none() {
            self.filter_criteria.observe(it.filter_criteria);
        }
        self.metrics_config.observe(it.metrics_config);
        self.provisioned_poller_config.observe(it.provisioned_poller_config);
        self.scaling_config.observe(it.scaling_config);
        self.self_managed_event_source.observe(it.self_managed_event_source);
        self.self_managed_kafka_event_source_config
            .observe(it.self_managed_kafka_event_source_config);
        let access = it.source_access_configurations.unwrap_or_default();
        self.source_access_configuration = BlockSet(SourceAccess::seen(access));
        self.arn.set(it.event_source_mapping_arn);
        self.last_modified.set(it.last_modified.as_ref().and_then(rfc3339));
        self.last_processing_result.set(it.last_processing_result);
        self.state.set(state);
        self.state_transition_reason.set(it.state_transition_reason);
        self.uuid.set(it.uuid);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.tags.all != have.tags.all {
            let arn = arn_of(aws, id).await?;
            return aws.sync_tags::<tags::Lambda>(&arn, &self.tags, &have.tags).await;
        }
        let Some(changes) = self.changes(have) else { return Ok(()) };
        let sent = changes.uuid(&**id).send_with(aws.lambda()).await;
        sent.map(drop).map_err(|it| known_soon(it.into()))
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.lambda().delete_event_source_mapping().uuid(&**id).send().await?;
        Ok(())
    }
}

impl EventSourceMapping {
    /// All that can be changed; what is not set is sent as the empty one that takes it away.
    fn settings(&self) -> UpdateEventSourceMappingInputBuilder {
        let no_filters = || types::FilterCriteria::builder().set_filters(Some(Vec::new())).build();
        let nowhere = || {
            let on_failure = types::OnFailure::builder().destination("").build();
            types::DestinationConfig::builder().on_failure(on_failure).build()
        };
        let no_metrics = || {
            let none = types::EventSourceMappingMetricsConfig::builder();
            none.set_metrics(Some(Vec::new())).build()
        };
        let shared = || types::ProvisionedPollerConfig::builder().build();
        let unbounded = || types::ScalingConfig::builder().build();
        let responses = self.function_response_types.as_ref().map(|it| it.0.clone());
        let access = SourceAccess::sent(&self.source_access_configuration.0);
        UpdateEventSourceMappingInputBuilder::default()
            .function_name(&self.function_name)
            .enabled(self.enabled)
            .batch_size(self.batch_size.unwrap_or(usual_batch(self.event_source_arn.as_deref())))
            .filter_criteria(self.filter_criteria.sent().unwrap_or_else(no_filters))
            .kms_key_arn(self.kms_key_arn.clone().unwrap_or_default())
            .metrics_config(self.metrics_config.sent().unwrap_or_else(no_metrics))
            .scaling_config(self.scaling_config.sent().unwrap_or_else(unbounded))
            .maximum_batching_window_in_seconds(
                self.maximum_batching_window_in_seconds.unwrap_or_default(),
            )
            .set_parallelization_factor(self.parallelization_factor.given())
            .destination_config(self.destination_config.sent().unwrap_or_else(nowhere))
            .set_maximum_record_age_in_seconds(self.maximum_record_age_in_seconds.given())
            .bisect_batch_on_function_error(self.bisect_batch_on_function_error.unwrap_or_default())
            .set_maximum_retry_attempts(self.maximum_retry_attempts.given())
            .tumbling_window_in_seconds(self.tumbling_window_in_seconds.unwrap_or_default())
            .set_source_access_configurations(Some(access))
            .set_function_response_types(Some(responses.unwrap_or_default()))
            .set_document_db_event_source_config(self.document_db_event_source_config.sent())
            .provisioned_poller_config(self.provisioned_poller_config.sent().unwrap_or_else(shared))
    }

    /// What is otherwise; none where nothing is.
    fn changes(&self, have: &Self) -> Option<UpdateEventSourceMappingInputBuilder> {
        only_changed!(
            UpdateEventSourceMappingInputBuilder, self.settings(), have.settings();
            get_function_name => set_function_name,
            get_enabled => set_enabled,
            get_batch_size => set_batch_size,
            get_filter_criteria => set_filter_criteria,
            get_kms_key_arn => set_kms_key_arn,
            get_metrics_config => set_metrics_config,
            get_scaling_config => set_scaling_config,
            get_maximum_batching_window_in_seconds => set_maximum_batching_window_in_seconds,
            get_parallelization_factor => set_parallelization_factor,
            get_destination_config => set_destination_config,
            get_maximum_record_age_in_seconds => set_maximum_record_age_in_seconds,
            get_bisect_batch_on_function_error => set_bisect_batch_on_function_error,
            get_maximum_retry_attempts => set_maximum_retry_attempts,
            get_tumbling_window_in_seconds => set_tumbling_window_in_seconds,
            get_source_access_configurations => set_source_access_configurations,
            get_function_response_types => set_function_response_types,
            get_document_db_event_source_config => set_document_db_event_source_config,
            get_provisioned_poller_config => set_provisioned_poller_config,
        )
    }

    /// What an earlier run of the same operation made: the mapping of the function that carries its
    /// tag. No call at all where the operation is new.
    async fn resumed(&self, aws: &Aws, op: &Op) -> Result<Option<Id>> {
        if !op.is_resumed() {
            return Ok(None);
        }
        let call = aws.lambda().list_event_source_mappings().function_name(&self.function_name);
        let call = call.set_event_source_arn(self.event_source_arn.clone());
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        for uuid in listed.into_iter().filter_map(|it| it.uuid) {
            let tags = tags_of(aws, &uuid).await?;
            if tags.iter().any(|(name, value)| name == TOKEN && value == op.token()) {
                return Ok(Some(Id(uuid)));
            }
        }
        Ok(None)
    }
}

/// Records of one call where nothing is said.
fn usual_batch(source: Option<&str>) -> i32 {
    if source.is_some_and(|it| it.contains(":sqs:")) { 10 } else { 100 }
}

/// The time that a text in RFC 3339 names.
fn time(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, Format::DateTimeWithOffset).ok()
}

async fn arn_of(aws: &Aws, uuid: &str) -> Result<String> {
    Ok(aws.arn("lambda", aws.account().await?, format!("event-source-mapping:{uuid}")))
}

async fn tags_of(aws: &Aws, uuid: &str) -> Result<Vec<(String, String)>> {
    let arn = arn_of(aws, uuid).await?;
    let reply = aws.lambda().list_tags().resource(arn).send().await?;
    Ok(reply.tags.unwrap_or_default().into_iter().collect())
}
