//! `aws_sqs_queue`: messages that wait until somebody takes them.
//!
//! Longer than most: what a fifo queue takes and another does not, AWS says only when it is made.

use std::collections::BTreeMap;

use super::known_soon;
use super::prelude::*;
use crate::aws::names;

/// Messages that wait until somebody takes them.
///
/// ```hcl
/// resource "aws_sqs_queue" "failed_orders" {
///   name                      = "failed-orders"
///   message_retention_seconds = 1209600
///   sqs_managed_sse_enabled   = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sqs_queue", tags = "queue", create = "3m", update = "3m", delete = "3m")]
pub struct Queue {
    /// Takes equal bodies within five minutes for one message; fifo queues only.
    #[attr(default = false)]
    pub content_based_deduplication: bool,
    /// Where messages are told apart, the whole `queue` or each `messageGroup`; fifo queues only.
    #[attr(one_of("messageGroup", "queue"))]
    pub deduplication_scope: Auto<String>,
    /// Seconds before a new message can be taken.
    #[attr(default = 0, range(0, 900))]
    pub delay_seconds: i32,
    /// Keeps messages in order and each once; the name ends in `.fifo` then.
    #[attr(replace, default = false)]
    pub fifo_queue: bool,
    /// What the limit of throughput is for, `perQueue` or `perMessageGroupId`; fifo queues only.
    #[attr(one_of("perMessageGroupId", "perQueue"))]
    pub fifo_throughput_limit: Auto<String>,
    /// Seconds that a data key is used before KMS is asked for another; 300 when unset.
    #[attr(range(60, 86400))]
    pub kms_data_key_reuse_period_seconds: Auto<i32>,
    /// Key to encrypt messages with: identifier, ARN or alias; SQS uses a key of its own when unset.
    #[attr(conflicts("sqs_managed_sse_enabled"))]
    pub kms_master_key_id: Option<String>,
    /// Largest message in bytes.
    #[attr(default = 262144, range(1024, 1048576))]
    pub max_message_size: i32,
    /// Seconds that a message waits before it is dropped.
    #[attr(default = 345600, range(60, 1209600))]
    pub message_retention_seconds: i32,
    /// Name of the queue; made up when unset.
    #[attr(replace, conflicts("name_prefix"))]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, conflicts("name"))]
    pub name_prefix: Auto<String>,
    /// Who may do what with the queue; left alone when unset, none when empty.
    #[attr(json, format = "json")]
    pub policy: Auto<String>,
    /// Longest time in seconds, 20 at most, that a reader waits for a message to come.
    #[attr(default = 0, range(0, 20))]
    pub receive_wait_time_seconds: i32,
    /// Which queues may send their failed messages here; every one of the account when unset.
    #[attr(json, format = "json")]
    pub redrive_allow_policy: Auto<String>,
    /// Where messages go that were taken too often; they stay here when unset.
    #[attr(json, format = "json")]
    pub redrive_policy: Auto<String>,
    /// Encrypts messages with a key of SQS's own; AWS does unless another key is given.
    #[attr(conflicts("kms_master_key_id"), follows("kms_master_key_id"))]
    pub sqs_managed_sse_enabled: Auto<bool>,
    /// Seconds that a message which somebody took is hidden from others.
    #[attr(default = 30, range(0, 43200))]
    pub visibility_timeout_seconds: i32,
    /// ARN of the queue.
    pub arn: Out<String>,
    /// URL of the queue.
    pub url: Out<String>,
    /// Tags of the queue.
    pub tags: Tags,
}

/// What two reads tell of a queue.
pub struct Seen {
    url: String,
    attributes: Attributes,
    tags: BTreeMap<String, String>,
}

impl Driver for Queue {
    type Cloud = Aws;
    type Seen = Seen;

    const STALE_FOR: Duration = SPREADS_FOR;

    fn check(draft: &QueueDraft<'_>, diagnostics: &mut Diagnostics) {
        let is_fifo = match draft.fifo_queue() {
            Given::Unknown => None,
            Given::Known(it) => Some(it),
            Given::Absent => Some(false),
        };
        for (argument, name) in [("name", draft.name()), ("name_prefix", draft.name_prefix())] {
            let name = name.known();
            let mistake = |it: String| names::fifo_mistake(&it, argument == "name", is_fifo, 80);
            if let Some(why) = name.and_then(mistake) {
                draft.refuse(diagnostics, argument, why);
            }
        }
        let only_fifo = [
            (
                "content_based_deduplication",
                draft.content_based_deduplication().known() == Some(true),
            ),
            ("deduplication_scope", draft.deduplication_scope().is_set()),
            ("fifo_throughput_limit", draft.fifo_throughput_limit().is_set()),
        ];
        if is_fifo == Some(false) {
            for (argument, _) in only_fifo.iter().filter(|(_, is_set)| *is_set) {
                let why = "it is for fifo queues: write `fifo_queue = true` beside it";
                draft.refuse(diagnostics, argument, why);
            }
        }
        let limit = draft.fifo_throughput_limit().known();
        let by_group = draft.deduplication_scope().known().is_none_or(|it| it == "messageGroup");
        let given = draft.deduplication_scope().is_set();
        if limit.is_some_and(|it| it == "perMessageGroupId") && !(given && by_group) {
            let why =
                "`perMessageGroupId` needs `deduplication_scope = \"messageGroup\"` beside it";
            draft.refuse(diagnostics, "fifo_throughput_limit", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let name = names::fifo(name, self.fifo_queue);
        // SQS takes the creation of a queue that is there for success, whoever made it.
        if let Some(url) = url_of(aws, &name).await? {
            return if op.is_resumed() { Ok(Id(url)) } else { Err(taken(&name, &url)) };
        }
        let mut attributes: Attributes = self
            .attributes()
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|it| !it.is_empty())?)))
            .collect();
        if self.fifo_queue {
            attributes.insert(Name::FifoQueue, "true".into());
        }
        let call = aws.sqs().create_queue().queue_name(&name).set_attributes(Some(attributes));
        let tags = Some(self.tags.all.clone().into_iter().collect());
        let call = call.set_tags(tags.filter(|_| !self.tags.all.is_empty()));
        let made = call.send().await.map_err(|it| known_soon(it.into()))?;
        Id::need(made.queue_url)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let (attributes, tags) = tokio::join!(aws.load::<Queues>(id), tags_of(aws, id));
        let Some(attributes) = attributes? else { return Ok(None) };
        Ok(Some(Seen { url: id.0.clone(), attributes, tags: tags? }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { url, mut attributes, tags } = seen;
        let mut text = |name: Name| attributes.remove(&name).filter(|it| !it.is_empty());
        let arn = text(Name::QueueArn);
        self.name.set(arn.as_ref().and_then(|it| it.rsplit(':').next()).map(String::from));
        self.arn.set(arn);
        self.url.set(url);
        self.fifo_queue = text(Name::FifoQueue).is_some_and(|it| it == "true");
        self.content_based_deduplication =
            text(Name::ContentBasedDeduplication).is_some_and(|it| it == "true");
        self.deduplication_scope.set(text(Name::DeduplicationScope));
        self.fifo_throughput_limit.set(text(Name::FifoThroughputLimit));
        self.kms_master_key_id = text(Name::KmsMasterKeyId);
        self.sqs_managed_sse_enabled.set(text(Name::SqsManagedSseEnabled).map(|it| it == "true"));
        // Without a key AWS tells no period; the one that was stays.
        if let Some(seconds) = text(Name::KmsDataKeyReusePeriodSeconds) {
            self.kms_data_key_reuse_period_seconds.set(seconds.parse::<i32>().ok());
        }
        let numbers = [
            (Name::DelaySeconds, &mut self.delay_seconds),
            (Name::MaximumMessageSize, &mut self.max_message_size),
            (Name::MessageRetentionPeriod, &mut self.message_retention_seconds),
            (Name::ReceiveMessageWaitTimeSeconds, &mut self.receive_wait_time_seconds),
            (Name::VisibilityTimeout, &mut self.visibility_timeout_seconds),
        ];
        for (name, field) in numbers {
            if let Some(number) = text(name).and_then(|it| it.parse().ok()) {
                *field = number;
            }
        }
        self.policy.set(agreed(self.policy.get(), text(Name::Policy)));
        let allow = text(Name::RedriveAllowPolicy);
        self.redrive_allow_policy.set(agreed(self.redrive_allow_policy.get(), allow));
        let redrive = text(Name::RedrivePolicy);
        self.redrive_policy.set(restated_redrive(self.redrive_policy.get(), redrive));
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let each = self.attributes().into_iter().zip(have.attributes());
        let changed: Attributes = each
            .filter_map(|((name, want), (_, has))| {
                let (want, has) = (want?, has.unwrap_or_default());
                (want != has && !same_json(&want, &has)).then_some((name, want))
            })
            .collect();
        match changed.is_empty() {
            true => aws.sync_tags::<tags::Sqs>(id, &self.tags, &have.tags).await,
            false => set(aws, id, changed).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.sqs().delete_queue().queue_url(&**id).send().await?;
        Ok(())
    }

    /// Queues are imported by URL, or by name.
    async fn import(text: &str, aws: &Aws) -> Result<Id> {
        match text.contains("://") {
            true => Ok(text.into()),
            false => Ok(Id(url_of(aws, text).await?.unwrap_or_else(|| text.into()))),
        }
    }
}

impl Queue {
    /// The attributes that can change, always in the same order; none where AWS decides.
    fn attributes(&self) -> [(Name, Option<String>); 14] {
        let number = |it: i32| Some(it.to_string());
        let key = self.kms_master_key_id.clone().unwrap_or_default();
        let reuse = self.kms_data_key_reuse_period_seconds.given().filter(|_| !key.is_empty());
        let by_content = self.content_based_deduplication.to_string();
        [
            (Name::ContentBasedDeduplication, Some(by_content).filter(|_| self.fifo_queue)),
            (Name::DeduplicationScope, self.deduplication_scope.given()),
            (Name::DelaySeconds, number(self.delay_seconds)),
            (Name::FifoThroughputLimit, self.fifo_throughput_limit.given()),
            (Name::KmsDataKeyReusePeriodSeconds, reuse.map(|it| it.to_string())),
            (Name::KmsMasterKeyId, Some(key)),
            (Name::MaximumMessageSize, number(self.max_message_size)),
            (Name::MessageRetentionPeriod, number(self.message_retention_seconds)),
            (Name::Policy, self.policy.given()),
            (Name::ReceiveMessageWaitTimeSeconds, number(self.receive_wait_time_seconds)),
            (Name::RedriveAllowPolicy, self.redrive_allow_policy.given()),
            (Name::RedrivePolicy, self.redrive_policy.given()),
            (
                Name::SqsManagedSseEnabled,
                self.sqs_managed_sse_enabled.given().map(|it| it.to_string()),
            ),
            (Name::VisibilityTimeout, number(self.visibility_timeout_seconds)),
        ]
    }
}

/// URL of the queue of that name, where there is one.
async fn url_of(aws: &Aws, name: &str) -> Result<Option<String>> {
    match aws.sqs().get_queue_url().queue_name(name).send().await.map_err(Failure::from) {
        Ok(reply) => Ok(reply.queue_url),
        Err(it) if it.kind == FailureKind::NotFound => Ok(None),
        Err(it) => Err(it),
    }
}

/// For a minute after its deletion a queue may still be seen: that it is there is no last word.
fn taken(name: &str, url: &str) -> Failure {
    let why = format!("there is a queue `{name}` already, at {url}");
    Failure::new(FailureKind::Retryable, why)
        .hint("choose another name, or bring the queue in: `import { id = \"its URL\" … }`")
}

/// Tags of the queue at that URL, which ends in account and name.
async fn tags_of(aws: &Aws, url: &str) -> Result<BTreeMap<String, String>> {
    let mut parts = url.rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    aws.tags(&aws.arn("sqs", account, name), async {
        let reply = aws.sqs().list_queue_tags().queue_url(url).send().await?;
        Ok(reply.tags.into_iter().flatten().collect())
    })
    .await
}
