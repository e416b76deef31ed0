//! What each kind of target takes: nested blocks, and how they are sent and seen.

use std::collections::{BTreeMap, HashMap};

use super::prelude::*;
use types::{BatchArrayProperties, BatchRetryStrategy, SageMakerPipelineParameter};

/// What an AppSync target is asked.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct AppsyncTarget {
    /// Operation in GraphQL.
    #[attr(length(1, 1048576))]
    pub graphql_operation: Option<String>,
}

impl Part for AppsyncTarget {
    type Of = types::AppSyncParameters;

    fn sent(&self) -> Option<Self::Of> {
        let operation = self.graphql_operation.clone()?;
        Some(types::AppSyncParameters::builder().graph_ql_operation(operation).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(AppsyncTarget { graphql_operation: it.graph_ql_operation })
    }
}

/// How a Batch target starts its job.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct BatchTarget {
    /// How many jobs the array has; a single job when unset.
    #[attr(range(2, 10000))]
    pub array_size: Option<i32>,
    /// How often the job is tried.
    #[attr(range(1, 10))]
    pub job_attempts: Option<i32>,
    /// ARN or name of the job definition.
    pub job_definition: String,
    /// Name of the job.
    pub job_name: String,
}

impl Part for BatchTarget {
    type Of = types::BatchParameters;

    fn sent(&self) -> Option<Self::Of> {
        let size = |it| BatchArrayProperties::builder().size(it).build();
        let attempts = |it| BatchRetryStrategy::builder().attempts(it).build();
        types::BatchParameters::builder()
            .job_definition(&self.job_definition)
            .job_name(&self.job_name)
            .set_array_properties(self.array_size.map(size))
            .set_retry_strategy(self.job_attempts.map(attempts))
            .build()
            .ok()
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(BatchTarget {
            array_size: told(None, it.array_properties.map(|it| it.size)),
            job_attempts: told(None, it.retry_strategy.map(|it| it.attempts)),
            job_definition: it.job_definition,
            job_name: it.job_name,
        })
    }
}

/// Where events go that cannot be delivered.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DeadLetterConfig {
    /// ARN of the queue.
    #[attr(format = "arn")]
    pub arn: Option<String>,
}

impl Part for DeadLetterConfig {
    type Of = types::DeadLetterConfig;

    fn sent(&self) -> Option<Self::Of> {
        Some(types::DeadLetterConfig::builder().arn(self.arn.clone()?).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(DeadLetterConfig { arn: Some(it.arn?) })
    }
}

/// How an HTTP target is asked.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct HttpTarget {
    /// Headers to send.
    #[attr(length(0, 512))]
    pub header_parameters: Option<BTreeMap<String, String>>,
    /// What stands for each `*` of the path, in order.
    pub path_parameter_values: Option<Vec<String>>,
    /// Parameters of the query.
    #[attr(length(0, 512))]
    pub query_string_parameters: Option<BTreeMap<String, String>>,
}

impl Part for HttpTarget {
    type Of = types::HttpParameters;

    fn sent(&self) -> Option<Self::Of> {
        Some(
            types::HttpParameters::builder()
                .set_header_parameters(self.header_parameters.as_ref().map(hashed))
                .set_path_parameter_values(self.path_parameter_values.clone())
                .set_query_string_parameters(self.query_string_parameters.as_ref().map(hashed))
                .build(),
        )
    }

    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let known = known.cloned();
        let (headers, path, query) = known.map_or((None, None, None), |it| {
            (it.header_parameters, it.path_parameter_values, it.query_string_parameters)
        });
        Some(HttpTarget {
            header_parameters: told(headers, it.header_parameters.map(ordered)),
            path_parameter_values: told(path, it.path_parameter_values),
            query_string_parameters: told(query, it.query_string_parameters.map(ordered)),
        })
    }
}

/// Text made of parts of the event.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct InputTransformer {
    /// Parts of the event by name, as JSON paths; none when unset.
    #[attr(items(0, 100))]
    pub input_paths: Option<BTreeMap<String, String>>,
    /// What is passed on, with the parts as `<name>`.
    #[attr(length(1, 8192))]
    pub input_template: String,
}

impl Part for InputTransformer {
    type Of = types::InputTransformer;

    fn sent(&self) -> Option<Self::Of> {
        let paths = self.input_paths.as_ref().map(hashed);
        let it = types::InputTransformer::builder().set_input_paths_map(paths);
        it.input_template(&self.input_template).build().ok()
    }

    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let known = known.and_then(|it| it.input_paths.clone());
        Some(InputTransformer {
            input_paths: told(known, it.input_paths_map.map(ordered)),
            input_template: it.input_template,
        })
    }
}

impl InputTransformer {
    /// What AWS would refuse.
    pub(super) fn mistake(&self) -> Option<String> {
        let mut names = self.input_paths.iter().flatten().map(|(name, _)| name);
        let reserved = names.find(|it| it.to_lowercase().starts_with("aws"));
        reserved.map(|name| format!("names such as `{name}` are reserved for AWS"))
    }
}

/// How events are put on a Kinesis stream.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct KinesisTarget {
    /// Part of the event that is the partition key, as a JSON path.
    #[attr(length(1, 256))]
    pub partition_key_path: Option<String>,
}

impl Part for KinesisTarget {
    type Of = types::KinesisParameters;

    fn sent(&self) -> Option<Self::Of> {
        let path = self.partition_key_path.clone()?;
        types::KinesisParameters::builder().partition_key_path(path).build().ok()
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(KinesisTarget { partition_key_path: Some(it.partition_key_path) })
    }
}

/// Statement that a Redshift target runs.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RedshiftTarget {
    /// Name of the database.
    #[attr(length(1, 64))]
    pub database: String,
    /// User of the database, for temporary credentials.
    #[attr(length(1, 128))]
    pub db_user: Option<String>,
    /// ARN of the secret that has the credentials.
    #[attr(format = "arn")]
    pub secrets_manager_arn: Option<String>,
    /// The statement.
    #[attr(length(1, 100000))]
    pub sql: Option<String>,
    /// Name of the statement.
    #[attr(length(1, 500))]
    pub statement_name: Option<String>,
    /// Whether an event is sent when the statement has run; not when unset.
    pub with_event: Option<bool>,
}

impl Part for RedshiftTarget {
    type Of = types::RedshiftDataParameters;

    fn sent(&self) -> Option<Self::Of> {
        types::RedshiftDataParameters::builder()
            .database(&self.database)
            .set_db_user(self.db_user.clone())
            .set_secret_manager_arn(self.secrets_manager_arn.clone())
            .set_sql(self.sql.clone())
            .set_statement_name(self.statement_name.clone())
            .set_with_event(self.with_event)
            .build()
            .ok()
    }

    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(RedshiftTarget {
            database: it.database,
            db_user: it.db_user,
            secrets_manager_arn: it.secret_manager_arn,
            sql: it.sql,
            statement_name: it.statement_name,
            with_event: told(known.and_then(|it| it.with_event), it.with_event),
        })
    }
}

/// How often and how long delivery is tried.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RetryPolicy {
    /// Seconds that an event is kept for delivery; a day when unset.
    #[attr(range(0, 86400))]
    pub maximum_event_age_in_seconds: Option<i32>,
    /// How often delivery is tried again; 185 times when unset.
    #[attr(range(0, 185))]
    pub maximum_retry_attempts: Option<i32>,
}

impl Part for RetryPolicy {
    type Of = types::RetryPolicy;

    fn sent(&self) -> Option<Self::Of> {
        Some(
            types::RetryPolicy::builder()
                .set_maximum_event_age_in_seconds(self.maximum_event_age_in_seconds)
                .set_maximum_retry_attempts(self.maximum_retry_attempts)
                .build(),
        )
    }

    /// Of what was left open AWS tells its default.
    fn seen(known: Option<&Self>, it: Self::Of) -> Option<Self> {
        let open = |known: Option<i32>, default, seen: Option<i32>| {
            seen.filter(|it| known.is_some() || *it != default)
        };
        let age = known.and_then(|it| it.maximum_event_age_in_seconds);
        let attempts = known.and_then(|it| it.maximum_retry_attempts);
        let policy = RetryPolicy {
            maximum_event_age_in_seconds: open(age, 86400, it.maximum_event_age_in_seconds),
            maximum_retry_attempts: open(attempts, 185, it.maximum_retry_attempts),
        };
        let says = policy.maximum_event_age_in_seconds.is_some()
            || policy.maximum_retry_attempts.is_some();
        (says || known.is_some()).then_some(policy)
    }
}

/// Instances that a command runs on.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RunCommandTarget {
    /// `tag:` and a tag's name, or `InstanceIds`.
    #[attr(length(1, 128))]
    pub key: String,
    /// The tag's values, or the instances.
    #[attr(length(1, 256), items(0, 50))]
    pub values: Vec<String>,
}

impl RunCommandTarget {
    pub(super) fn sent(those: &[Self]) -> Option<types::RunCommandParameters> {
        let target = |it: &Self| {
            let target = types::RunCommandTarget::builder().key(&it.key);
            target.set_values(Some(it.values.clone())).build().ok()
        };
        let targets: Vec<_> = those.iter().filter_map(target).collect();
        let targets = Some(targets).filter(|it| !it.is_empty())?;
        types::RunCommandParameters::builder().set_run_command_targets(Some(targets)).build().ok()
    }

    pub(super) fn seen(those: Vec<types::RunCommandTarget>) -> Vec<Self> {
        those.into_iter().map(|it| RunCommandTarget { key: it.key, values: it.values }).collect()
    }
}

/// How a SageMaker pipeline is started.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SagemakerPipelineTarget {
    /// Parameters of the pipeline.
    #[attr(count(0, 200))]
    pub pipeline_parameter_list: BlockSet<PipelineParameter>,
}

/// Parameter of a pipeline.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PipelineParameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Part for SagemakerPipelineTarget {
    type Of = types::SageMakerPipelineParameters;

    fn sent(&self) -> Option<Self::Of> {
        let parameter = |it: &PipelineParameter| {
            SageMakerPipelineParameter::builder().name(&it.name).value(&it.value).build().ok()
        };
        let all: Vec<_> = self.pipeline_parameter_list.0.iter().filter_map(parameter).collect();
        let all = Some(all).filter(|it| !it.is_empty())?;
        let it = types::SageMakerPipelineParameters::builder();
        Some(it.set_pipeline_parameter_list(Some(all)).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        let all = it.pipeline_parameter_list.unwrap_or_default().into_iter();
        let all = all.map(|it| PipelineParameter { name: it.name, value: it.value });
        Some(SagemakerPipelineTarget { pipeline_parameter_list: BlockSet(all.collect()) })
    }
}

/// How events are put into a FIFO queue.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SqsTarget {
    /// Group within which messages stay in order.
    pub message_group_id: Option<String>,
}

impl Part for SqsTarget {
    type Of = types::SqsParameters;

    fn sent(&self) -> Option<Self::Of> {
        let group = self.message_group_id.clone()?;
        Some(types::SqsParameters::builder().message_group_id(group).build())
    }

    fn seen(_: Option<&Self>, it: Self::Of) -> Option<Self> {
        Some(SqsTarget { message_group_id: it.message_group_id })
    }
}

fn hashed(those: &BTreeMap<String, String>) -> HashMap<String, String> {
    those.clone().into_iter().collect()
}

fn ordered(those: HashMap<String, String>) -> BTreeMap<String, String> {
    those.into_iter().collect()
}
