//! `aws_sns_topic`: messages that everybody gets who subscribed.
//!
//! Longer than most: five ways of delivery have three settings each, and SNS takes one in a call.

use std::collections::BTreeMap;

use super::prelude::*;
use super::{set, tag, tags_of};
use crate::aws::names;

/// Sends messages to everybody who subscribed.
///
/// ```hcl
/// resource "aws_sns_topic" "alarms" {
///   name              = "alarms"
///   kms_master_key_id = "alias/aws/sns"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sns_topic", tags = "topic")]
pub struct Topic {
    /// Role to log failed deliveries to applications with; not logged when unset.
    #[attr(format = "arn")]
    pub application_failure_feedback_role_arn: Option<String>,
    /// Role to log deliveries to applications with; not logged when unset.
    #[attr(format = "arn")]
    pub application_success_feedback_role_arn: Option<String>,
    /// Percentage of the deliveries to applications that are logged.
    #[attr(range(0, 100))]
    pub application_success_feedback_sample_rate: Option<i32>,
    /// How long messages are kept to be sent again; fifo topics only, not kept when unset.
    #[attr(json, format = "json")]
    pub archive_policy: Option<String>,
    /// Takes equal bodies within five minutes for one message; fifo topics only.
    #[attr(default = false)]
    pub content_based_deduplication: bool,
    /// How deliveries are tried again; as SNS does when unset.
    #[attr(json, format = "json")]
    pub delivery_policy: Option<String>,
    /// Sender of text messages and e-mails.
    pub display_name: Option<String>,
    /// What the limit of throughput is for, the `Topic` or each `MessageGroup`; fifo topics only.
    #[attr(one_of("MessageGroup", "Topic"))]
    pub fifo_throughput_scope: Auto<String>,
    /// Keeps messages in order and each once; the name ends in `.fifo` then.
    #[attr(replace, default = false)]
    pub fifo_topic: bool,
    /// Role to log failed deliveries to Firehose with; not logged when unset.
    #[attr(format = "arn")]
    pub firehose_failure_feedback_role_arn: Option<String>,
    /// Role to log deliveries to Firehose with; not logged when unset.
    #[attr(format = "arn")]
    pub firehose_success_feedback_role_arn: Option<String>,
    /// Percentage of the deliveries to Firehose that are logged.
    #[attr(range(0, 100))]
    pub firehose_success_feedback_sample_rate: Option<i32>,
    /// Role to log failed deliveries by HTTP with; not logged when unset.
    #[attr(format = "arn")]
    pub http_failure_feedback_role_arn: Option<String>,
    /// Role to log deliveries by HTTP with; not logged when unset.
    #[attr(format = "arn")]
    pub http_success_feedback_role_arn: Option<String>,
    /// Percentage of the deliveries by HTTP that are logged.
    #[attr(range(0, 100))]
    pub http_success_feedback_sample_rate: Option<i32>,
    /// Key to encrypt messages with: identifier, ARN or alias; not encrypted when unset.
    pub kms_master_key_id: Option<String>,
    /// Role to log failed deliveries to Lambda with; not logged when unset.
    #[attr(format = "arn")]
    pub lambda_failure_feedback_role_arn: Option<String>,
    /// Role to log deliveries to Lambda with; not logged when unset.
    #[attr(format = "arn")]
    pub lambda_success_feedback_role_arn: Option<String>,
    /// Percentage of the deliveries to Lambda that are logged.
    #[attr(range(0, 100))]
    pub lambda_success_feedback_sample_rate: Option<i32>,
    /// Name of the topic; made up when unset.
    #[attr(replace, conflicts("name_prefix"))]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, conflicts("name"))]
    pub name_prefix: Auto<String>,
    /// Who may do what with the topic; everyone in the account when unset.
    #[attr(json, format = "json")]
    pub policy: Auto<String>,
    /// How messages are signed: 1 with SHA1, 2 with SHA256; 1 when unset.
    #[attr(range(1, 2))]
    pub signature_version: Auto<i32>,
    /// Role to log failed deliveries to queues with; not logged when unset.
    #[attr(format = "arn")]
    pub sqs_failure_feedback_role_arn: Option<String>,
    /// Role to log deliveries to queues with; not logged when unset.
    #[attr(format = "arn")]
    pub sqs_success_feedback_role_arn: Option<String>,
    /// Percentage of the deliveries to queues that are logged.
    #[attr(range(0, 100))]
    pub sqs_success_feedback_sample_rate: Option<i32>,
    /// `Active` traces messages with X-Ray, `PassThrough` only what the sender traces.
    #[attr(one_of("Active", "PassThrough"))]
    pub tracing_config: Auto<String>,
    /// ARN of the topic.
    pub arn: Out<String>,
    /// Since when messages are kept.
    pub beginning_archive_time: Out<String>,
    /// Number of the account that owns the topic.
    pub owner: Out<String>,
    /// Tags of the topic.
    pub tags: Tags,
}

/// Roles to log deliveries with, by the names of their attributes.
macro_rules! roles {
    ($($topic:tt)+) => {[
        ("ApplicationFailureFeedbackRoleArn", $($topic)+.application_failure_feedback_role_arn),
        ("ApplicationSuccessFeedbackRoleArn", $($topic)+.application_success_feedback_role_arn),
        ("FirehoseFailureFeedbackRoleArn", $($topic)+.firehose_failure_feedback_role_arn),
        ("FirehoseSuccessFeedbackRoleArn", $($topic)+.firehose_success_feedback_role_arn),
        ("HTTPFailureFeedbackRoleArn", $($topic)+.http_failure_feedback_role_arn),
        ("HTTPSuccessFeedbackRoleArn", $($topic)+.http_success_feedback_role_arn),
        ("LambdaFailureFeedbackRoleArn", $($topic)+.lambda_failure_feedback_role_arn),
        ("LambdaSuccessFeedbackRoleArn", $($topic)+.lambda_success_feedback_role_arn),
        ("SQSFailureFeedbackRoleArn", $($topic)+.sqs_failure_feedback_role_arn),
        ("SQSSuccessFeedbackRoleArn", $($topic)+.sqs_success_feedback_role_arn),
    ]};
}

/// Percentages of deliveries that are logged, by the names of their attributes.
macro_rules! rates {
    ($($topic:tt)+) => {[
        ("ApplicationSuccessFeedbackSampleRate", $($topic)+.application_success_feedback_sample_rate),
        ("FirehoseSuccessFeedbackSampleRate", $($topic)+.firehose_success_feedback_sample_rate),
        ("HTTPSuccessFeedbackSampleRate", $($topic)+.http_success_feedback_sample_rate),
        ("LambdaSuccessFeedbackSampleRate", $($topic)+.lambda_success_feedback_sample_rate),
        ("SQSSuccessFeedbackSampleRate", $($topic)+.sqs_success_feedback_sample_rate),
    ]};
}

/// What two reads tell of a topic.
pub struct Seen {
    arn: String,
    attributes: Attributes,
    tags: BTreeMap<String, String>,
}

impl Driver for Topic {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &TopicDraft<'_>, diagnostics: &mut Diagnostics) {
        let is_fifo = match draft.fifo_topic() {
            Given::Unknown => None,
            Given::Known(it) => Some(it),
            Given::Absent => Some(false),
        };
        for (argument, name) in [("name", draft.name()), ("name_prefix", draft.name_prefix())] {
            let name = name.known();
            let mistake = |it: String| names::fifo_mistake(&it, argument == "name", is_fifo, 256);
            if let Some(why) = name.and_then(mistake) {
                draft.refuse(diagnostics, argument, why);
            }
        }
        let only_fifo = [
            ("archive_policy", draft.archive_policy().is_set()),
            (
                "content_based_deduplication",
                draft.content_based_deduplication().known() == Some(true),
            ),
            ("fifo_throughput_scope", draft.fifo_throughput_scope().is_set()),
        ];
        if is_fifo == Some(false) {
            for (argument, _) in only_fifo.iter().filter(|(_, is_set)| *is_set) {
                let why = "it is for fifo topics: write `fifo_topic = true` beside it";
                draft.refuse(diagnostics, argument, why);
            }
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let name = names::fifo(name, self.fifo_topic);
        let arn = aws.arn("sns", aws.account().await?, &name);
        // SNS takes the creation of a topic that is there for success, whoever made it.
        if aws.load::<Topics>(&arn).await?.is_some() {
            return if op.is_resumed() { Ok(Id(arn)) } else { Err(taken(&name, &arn)) };
        }
        // What is logged of deliveries can only be set afterwards.
        let at_once = |name: &str, value: &str| !(value.is_empty() || name.contains("Feedback"));
        let mut attributes: Attributes = self
            .attributes()
            .into_iter()
            .filter_map(|(name, value)| {
                Some((name.into(), value.filter(|value| at_once(name, value))?))
            })
            .collect();
        if self.fifo_topic {
            attributes.insert("FifoTopic".into(), "true".into());
        }
        let call = aws.sns().create_topic().name(name).set_attributes(Some(attributes));
        let tags = self.tags.all.iter().filter_map(|(k, v)| tag(k, v)).collect();
        let call = call.set_tags(Some(tags).filter(|_| !self.tags.all.is_empty()));
        let made = call.send().await.map_err(|it| known_soon(it.into()))?;
        Id::need(made.topic_arn)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let (attributes, tags) = tokio::join!(aws.load::<Topics>(id), tags_of(aws, id));
        let Some(attributes) = attributes? else { return Ok(None) };
        Ok(Some(Seen { arn: id.0.clone(), attributes, tags: tags? }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { arn, mut attributes, tags } = seen;
        let mut text = |name: &str| attributes.remove(name).filter(|it| !it.is_empty());
        self.name.set(arn.rsplit(':').next().map(String::from));
        self.arn.set(arn);
        self.owner.set(text("Owner"));
        self.beginning_archive_time.set(text("BeginningArchiveTime"));
        let is = |it: Option<String>| it.is_some_and(|it| it.eq_ignore_ascii_case("true"));
        self.fifo_topic = is(text("FifoTopic"));
        self.content_based_deduplication = is(text("ContentBasedDeduplication"));
        self.display_name = text("DisplayName");
        self.kms_master_key_id = text("KmsMasterKeyId");
        self.fifo_throughput_scope.set(text("FifoThroughputScope"));
        // What SNS does when it tells neither.
        let tracing = text("TracingConfig").unwrap_or_else(|| "PassThrough".into());
        self.tracing_config.set(tracing);
        let signature = text("SignatureVersion").and_then(|it| it.parse().ok());
        self.signature_version.set(signature.unwrap_or(1));
        self.policy.set(agreed(self.policy.get(), text("Policy")));
        self.archive_policy = agreed(self.archive_policy.as_ref(), text("ArchivePolicy"));
        self.delivery_policy = restated(self.delivery_policy.as_ref(), text("DeliveryPolicy"));
        for (name, role) in roles!(&mut self) {
            *role = text(name);
        }
        for (name, rate) in rates!(&mut self) {
            // No rate and a rate of nothing are told alike.
            let told = text(name).and_then(|it| it.parse().ok()).filter(|it| *it != 0);
            *rate = told.or(rate.filter(|it| *it == 0));
        }
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        for ((name, want), (_, has)) in self.attributes().into_iter().zip(have.attributes()) {
            let (Some(want), has) = (want, has.unwrap_or_default()) else { continue };
            if want != has && !same_json(&want, &has) {
                let none = name == ARCHIVE && want.is_empty();
                return set(aws, id, name, if none { "{}".into() } else { want }).await;
            }
        }
        aws.sync_tags::<tags::Sns>(id, &self.tags, &have.tags).await
    }

    /// A topic that keeps its messages is not deleted before it has let go of them.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if self.archive_policy.is_some() {
            set(aws, id, ARCHIVE, "{}".into()).await?;
        }
        aws.sns().delete_topic().topic_arn(&**id).send().await?;
        Ok(())
    }
}

impl Topic {
    /// The attributes that can change, always in the same order; none where AWS decides.
    fn attributes(&self) -> Vec<(&'static str, Option<String>)> {
        let text = |it: &Option<String>| Some(it.clone().unwrap_or_default());
        let by_content = self.content_based_deduplication.to_string();
        let single = [
            ("ContentBasedDeduplication", Some(by_content).filter(|_| self.fifo_topic)),
            ("DeliveryPolicy", text(&self.delivery_policy)),
            ("DisplayName", text(&self.display_name)),
            ("FifoThroughputScope", self.fifo_throughput_scope.given()),
            ("KmsMasterKeyId", text(&self.kms_master_key_id)),
            ("Policy", self.policy.given()),
            ("SignatureVersion", self.signature_version.given().map(|it| it.to_string())),
            ("TracingConfig", self.tracing_config.given()),
            (ARCHIVE, text(&self.archive_policy).filter(|_| self.fifo_topic)),
        ];
        let rate = |it: &Option<i32>| Some(it.unwrap_or_default().to_string());
        let roles = roles!(&self).map(|(name, it)| (name, text(it)));
        let rates = rates!(&self).map(|(name, it)| (name, rate(it)));
        single.into_iter().chain(roles).chain(rates).collect()
    }
}

/// The attribute that says how long messages are kept; an empty document ends it.
const ARCHIVE: &str = "ArchivePolicy";

fn taken(name: &str, arn: &str) -> Failure {
    let why = format!("there is a topic `{name}` already");
    Failure::new(FailureKind::Exists, why).hint(format!(
        "choose another name, or bring the topic in: `import {{ id = \"{arn}\" … }}`"
    ))
}
