//! Nested blocks of `aws_lambda_event_source_mapping`, and how they are sent and seen.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{
    EndPointType, EventSourceMappingMetric, FullDocument, KafkaSchemaRegistryAccessConfig,
    KafkaSchemaRegistryAuthType, KafkaSchemaRegistryConfig, KafkaSchemaValidationAttribute,
    KafkaSchemaValidationConfig, SchemaRegistryEventRecordFormat, SourceAccessConfiguration,
    SourceAccessType,
};

/// How a cluster of Amazon MSK is read.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ManagedKafka {
    /// Group of consumers that the reader joins; made up when unset.
    #[attr(replace, length(1, 200))]
    pub consumer_group_id: Auto<String>,
    /// Where the schemas of records are.
    #[attr(replace)]
    pub schema_registry_config: Block<SchemaRegistry>,
}

/// How a Kafka cluster of one's own is read.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SelfManagedKafka {
    /// Group of consumers that the reader joins; made up when unset.
    #[attr(replace, length(1, 200))]
    pub consumer_group_id: Auto<String>,
    /// Where the schemas of records are.
    #[attr(replace)]
    pub schema_registry_config: Block<SchemaRegistry>,
}

/// Where the schemas of records are.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SchemaRegistry {
    /// Whether records are passed on as JSON, or as they are.
    #[attr(replace)]
    pub event_record_format: Option<SchemaRegistryEventRecordFormat>,
    /// ARN of the Glue registry, or URL of another.
    #[attr(replace, length(1, 10000), characters = "a-zA-Z0-9/*:_+=.@-")]
    pub schema_registry_uri: Option<String>,
    /// How the registry knows the reader.
    #[attr(replace)]
    pub access_config: BlockSet<RegistryAccess>,
    /// What of a record must fit its schema.
    #[attr(replace)]
    pub schema_validation_config: BlockSet<SchemaValidation>,
}

/// How a registry knows the reader.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RegistryAccess {
    /// Kind of credentials.
    #[attr(name = "type", replace)]
    pub kind: Option<KafkaSchemaRegistryAuthType>,
    /// ARN of the secret that has them.
    #[attr(replace, format = "arn")]
    pub uri: Option<String>,
}

/// What of a record must fit its schema.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SchemaValidation {
    /// `KEY` or `VALUE`.
    #[attr(replace)]
    pub attribute: Option<KafkaSchemaValidationAttribute>,
}

impl Part for SchemaRegistry {
    type Of = KafkaSchemaRegistryConfig;

    fn sent(&self) -> Option<Self::Of> {
        let access = |it: &RegistryAccess| {
            let access = KafkaSchemaRegistryAccessConfig::builder().set_type(it.kind.clone());
            access.set_uri(it.uri.clone()).build()
        };
        let accesses: Vec<_> = self.access_config.0.iter().map(access).collect();
        let validation = |it: &SchemaValidation| {
            KafkaSchemaValidationConfig::builder().set_attribute(it.attribute.clone()).build()
        };
        let validations: Vec<_> = self.schema_validation_config.0.iter().map(validation).collect();
        let it = KafkaSchemaRegistryConfig::builder()
            .set_access_configs(Some(accesses).filter(|it| !it.is_empty()))
            .set_event_record_format(self.event_record_format.clone())
            .set_schema_registry_uri(self.schema_registry_uri.clone())
            .set_schema_validation_configs(Some(validations).filter(|it| !it.is_empty()));
        Some(it.build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let accesses = it.access_configs.unwrap_or_default().into_iter();
        let accesses = accesses.map(|it| RegistryAccess { kind: it.r#type, uri: it.uri });
        let validations = it.schema_validation_configs.unwrap_or_default().into_iter();
        let validations = validations.map(|it| SchemaValidation { attribute: it.attribute });
        Some(SchemaRegistry {
            event_record_format: it.event_record_format,
            schema_registry_uri: it.schema_registry_uri,
            access_config: BlockSet(accesses.collect()),
            schema_validation_config: BlockSet(validations.collect()),
        })
    }
}

/// The same for both kinds of Kafka, whose types have nothing in common but their fields.
macro_rules! kafka {
    ($($part:ident: $of:ident;)*) => {$(
        impl Part for $part {
            type Of = types::$of;

            fn sent(&self) -> Option<Self::Of> {
                let it = types::$of::builder()
                    .set_consumer_group_id(self.consumer_group_id.given())
                    .set_schema_registry_config(self.schema_registry_config.sent())
                    .build();
                Some(it).filter(|it| *it != types::$of::builder().build())
            }

            fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
                let mut registry = known.map_or(Block(None), |it| it.schema_registry_config.clone());
                registry.observe(it.schema_registry_config);
                let mut consumer_group_id = Auto::default();
                consumer_group_id.set(it.consumer_group_id);
                Some($part { consumer_group_id, schema_registry_config: registry })
            }
        }
    )*};
}
kafka! {
    ManagedKafka: AmazonManagedKafkaEventSourceConfig;
    SelfManagedKafka: SelfManagedKafkaEventSourceConfig;
}

/// Where records go that the function fails on.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DestinationConfig {
    /// Where they go.
    pub on_failure: Block<OnFailure>,
}

/// Where records go that the function fails on.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct OnFailure {
    /// ARN of the queue, topic, bucket or function, or `kafka://` and a topic.
    pub destination_arn: String,
}

impl Part for DestinationConfig {
    type Of = types::DestinationConfig;

    fn sent(&self) -> Option<Self::Of> {
        let to = &self.on_failure.get()?.destination_arn;
        let on_failure = types::OnFailure::builder().destination(to).build();
        Some(types::DestinationConfig::builder().on_failure(on_failure).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let destination_arn = it.on_failure?.destination.filter(|it| !it.is_empty())?;
        Some(DestinationConfig { on_failure: Block(Some(OnFailure { destination_arn })) })
    }
}

/// What of a DocumentDB cluster is read.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DocumentDb {
    /// Name of the collection; all when unset.
    pub collection_name: Option<String>,
    /// Name of the database.
    pub database_name: String,
    /// Whether a changed document is passed on whole.
    #[attr(default = "Default")]
    pub full_document: FullDocument,
}

impl Part for DocumentDb {
    type Of = types::DocumentDbEventSourceConfig;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::DocumentDbEventSourceConfig::builder()
            .set_collection_name(self.collection_name.clone())
            .database_name(&self.database_name)
            .full_document(self.full_document.clone());
        Some(it.build())
    }

    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let collection = known.and_then(|it| it.collection_name.clone());
        Some(DocumentDb {
            collection_name: told(collection, it.collection_name),
            database_name: it.database_name?,
            full_document: it.full_document.unwrap_or(FullDocument::Default),
        })
    }
}

/// Which records are passed on.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct FilterCriteria {
    /// Patterns, of which a record must match one.
    #[attr(count(0, 10))]
    pub filter: BlockSet<Filter>,
}

/// Pattern that a record may match.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Filter {
    /// The pattern, as JSON.
    #[attr(length(0, 4096), format = "json")]
    pub pattern: Option<String>,
}

impl Part for FilterCriteria {
    type Of = types::FilterCriteria;

    fn sent(&self) -> Option<Self::Of> {
        let patterns = self.filter.0.iter().filter_map(|it| it.pattern.clone());
        let filter = |it| types::Filter::builder().pattern(it).build();
        let filters: Vec<_> = patterns.map(filter).collect();
        let filters = Some(filters).filter(|it| !it.is_empty())?;
        Some(types::FilterCriteria::builder().set_filters(Some(filters)).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let filters = it.filters.filter(|it| !it.is_empty())?.into_iter();
        let filters = filters.map(|it| Filter { pattern: it.pattern });
        Some(FilterCriteria { filter: BlockSet(filters.collect()) })
    }
}

/// Metrics of the mapping.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct MetricsConfig {
    /// Metrics that CloudWatch gets.
    #[attr(items(1, ..))]
    pub metrics: Set<EventSourceMappingMetric>,
}

impl Part for MetricsConfig {
    type Of = types::EventSourceMappingMetricsConfig;

    fn sent(&self) -> Option<Self::Of> {
        let metrics = Some(self.metrics.0.clone()).filter(|it| !it.is_empty())?;
        let it = types::EventSourceMappingMetricsConfig::builder();
        Some(it.set_metrics(Some(metrics)).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let metrics = it.metrics.filter(|it| !it.is_empty())?;
        Some(MetricsConfig { metrics: Set(metrics) })
    }
}

/// Pollers of one's own.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ProvisionedPollers {
    /// Most pollers; AWS chooses when unset.
    #[attr(range(1, 2000))]
    pub maximum_pollers: Auto<i32>,
    /// Fewest pollers; AWS chooses when unset.
    #[attr(range(1, 200))]
    pub minimum_pollers: Auto<i32>,
    /// Group whose mappings share their pollers; none when unset.
    #[attr(length(1, 128))]
    pub poller_group_name: Auto<String>,
}

impl Part for ProvisionedPollers {
    type Of = types::ProvisionedPollerConfig;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::ProvisionedPollerConfig::builder()
            .set_maximum_pollers(self.maximum_pollers.given())
            .set_minimum_pollers(self.minimum_pollers.given())
            .set_poller_group_name(self.poller_group_name.given())
            .build();
        Some(it).filter(|it| *it != types::ProvisionedPollerConfig::builder().build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let mut pollers = ProvisionedPollers {
            maximum_pollers: Auto::default(),
            minimum_pollers: Auto::default(),
            poller_group_name: Auto::default(),
        };
        pollers.maximum_pollers.set(it.maximum_pollers);
        pollers.minimum_pollers.set(it.minimum_pollers);
        pollers.poller_group_name.set(it.poller_group_name);
        Some(pollers).filter(|it| it.sent().is_some())
    }
}

/// How far the reader of a queue grows.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ScalingConfig {
    /// Most calls at a time; as many as the function takes when unset.
    #[attr(range(2, ..))]
    pub maximum_concurrency: Option<i32>,
}

impl Part for ScalingConfig {
    type Of = types::ScalingConfig;

    fn sent(&self) -> Option<Self::Of> {
        let most = self.maximum_concurrency?;
        Some(types::ScalingConfig::builder().maximum_concurrency(most).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        it.maximum_concurrency.map(|it| ScalingConfig { maximum_concurrency: Some(it) })
    }
}

/// Cluster of one's own.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SelfManagedSource {
    /// Servers by kind: `KAFKA_BOOTSTRAP_SERVERS`, with commas between.
    #[attr(replace)]
    pub endpoints: BTreeMap<String, String>,
}

impl Part for SelfManagedSource {
    type Of = types::SelfManagedEventSource;

    fn sent(&self) -> Option<Self::Of> {
        let it = types::SelfManagedEventSource::builder();
        let it = self.endpoints.iter().fold(it, |it, (kind, servers)| {
            let servers = servers.split(',').map(|it| it.trim().to_string());
            it.endpoints(EndPointType::from(kind.as_str()), servers.collect())
        });
        Some(it.build())
    }

    /// Servers have no order.
    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let words = |kind: &str, mut servers: Vec<String>| {
            let known = known.and_then(|it| it.endpoints.get(kind));
            let listed = known.map(|it| it.split(',').map(|it| it.trim().to_string()));
            let mut listed: Vec<String> = listed.into_iter().flatten().collect();
            servers.sort();
            listed.sort();
            known.filter(|_| listed == servers).cloned().unwrap_or_else(|| servers.join(","))
        };
        let endpoints = it.endpoints?.into_iter();
        let endpoints = endpoints
            .map(|(kind, servers)| (kind.as_str().to_string(), words(kind.as_str(), servers)));
        Some(SelfManagedSource { endpoints: endpoints.collect() })
    }
}

/// How a source knows the reader, or which network it is in.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SourceAccess {
    /// Kind of credentials, or of the part of the network.
    #[attr(name = "type")]
    pub kind: SourceAccessType,
    /// ARN of the secret, or `subnet:` or `security_group:` and an identifier.
    pub uri: String,
}

impl SourceAccess {
    pub(super) fn sent(those: &[Self]) -> Vec<SourceAccessConfiguration> {
        let access = |it: &Self| {
            let access = SourceAccessConfiguration::builder().r#type(it.kind.clone());
            access.uri(&it.uri).build()
        };
        those.iter().map(access).collect()
    }

    pub(super) fn seen(those: Vec<SourceAccessConfiguration>) -> Vec<Self> {
        let access = |it: SourceAccessConfiguration| {
            Some(SourceAccess { kind: it.r#type?, uri: it.uri.unwrap_or_default() })
        };
        those.into_iter().filter_map(access).collect()
    }
}
