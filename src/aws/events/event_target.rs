//! `aws_cloudwatch_event_target`: what is called when a rule matches.
//!
//! Longer than most: each kind of target has arguments of its own, which stand in
//! `target_parameters.rs` and `ecs_parameters.rs`.

pub use super::ecs_parameters::*;
use super::prelude::*;
pub use super::target_parameters::*;
use types::Target;

/// Called with every event that a rule matches.
///
/// ```hcl
/// resource "aws_cloudwatch_event_target" "ops" {
///   rule = aws_cloudwatch_event_rule.nightly.name
///   arn  = "arn:aws:sns:eu-central-1:123456789012:ops"
///
///   input_transformer {
///     input_paths    = { at = "$.time" }
///     input_template = "\"It is <at>\""
///   }
/// }
///
/// resource "aws_cloudwatch_event_rule" "nightly" {
///   name                = "nightly"
///   schedule_expression = "cron(0 3 * * ? *)"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_event_target")]
pub struct EventTarget {
    /// ARN of what is called.
    #[attr(format = "arn")]
    pub arn: String,
    /// Name or ARN of the bus that the rule belongs to.
    #[attr(replace, default = "default", length(1, 1600))]
    pub event_bus_name: String,
    /// Removes the target though AWS manages its rule for another service.
    #[attr(default = false, local)]
    pub force_destroy: bool,
    /// JSON that is passed on instead of the event.
    #[attr(conflicts("input_path", "input_transformer"), length(0, 8192), format = "json")]
    pub input: Option<String>,
    /// Part of the event that is passed on, as a JSON path; all of it when unset.
    #[attr(conflicts("input", "input_transformer"), length(0, 256))]
    pub input_path: Option<String>,
    /// ARN of the role that calls the target.
    #[attr(format = "arn")]
    pub role_arn: Option<String>,
    /// Name of the rule.
    #[attr(replace, length(1, 64), characters = "a-zA-Z0-9._-")]
    pub rule: String,
    /// Name of the target within its rule; made up when unset.
    #[attr(replace, length(1, 64), characters = "a-zA-Z0-9._-")]
    pub target_id: Auto<String>,
    /// What an AppSync target is asked.
    pub appsync_target: Block<AppsyncTarget>,
    /// How a Batch target starts its job.
    pub batch_target: Block<BatchTarget>,
    /// Where events go that cannot be delivered; they are lost when unset.
    pub dead_letter_config: Block<DeadLetterConfig>,
    /// How an ECS target runs its tasks.
    pub ecs_target: Block<EcsTarget>,
    /// How an HTTP target is asked.
    pub http_target: Block<HttpTarget>,
    /// Text made of parts of the event, passed on instead of it.
    #[attr(conflicts("input", "input_path"))]
    pub input_transformer: Block<InputTransformer>,
    /// How events are put on a Kinesis stream.
    pub kinesis_target: Block<KinesisTarget>,
    /// Statement that a Redshift target runs.
    pub redshift_target: Block<RedshiftTarget>,
    /// How often and how long delivery is tried; 185 times in a day when unset.
    pub retry_policy: Block<RetryPolicy>,
    /// Instances that a Run Command target runs on.
    #[attr(count(0, 5))]
    pub run_command_targets: Blocks<RunCommandTarget>,
    /// How a SageMaker pipeline is started.
    pub sagemaker_pipeline_target: Block<SagemakerPipelineTarget>,
    /// How events are put into a FIFO queue.
    pub sqs_target: Block<SqsTarget>,
}

/// Bus and rule of a target, and itself.
pub struct Seen {
    bus: String,
    rule: String,
    target: Target,
}

impl Driver for EventTarget {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &EventTargetDraft<'_>, diagnostics: &mut Diagnostics) {
        if draft.event_bus_name().known().is_some_and(|it| !is_bus(&it)) {
            draft.refuse(diagnostics, "event_bus_name", "it is neither a name nor an ARN of a bus");
        }
        let kinesis = draft.kinesis_target().known().and_then(|it| it.0);
        if kinesis.is_some_and(|it| it.partition_key_path.is_none()) {
            let why = "`partition_key_path` is needed: without the block the event's id is taken";
            draft.refuse(diagnostics, "kinesis_target", why);
        }
        let transformer = draft.input_transformer().known().and_then(|it| it.0);
        if let Some(why) = transformer.as_ref().and_then(InputTransformer::mistake) {
            draft.refuse(diagnostics, "input_transformer", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.target_id, &Auto::default(), "terraform-");
        self.put(&name, aws).await?;
        Ok(self.id(&name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some((rule, name)) = id.rsplit_once('/') else { return Ok(None) };
        let targets = aws.load::<Targets>(rule).await?.unwrap_or_default();
        let Some(target) = targets.into_iter().find(|it| it.id == name) else { return Ok(None) };
        let (bus, rule) = split(rule);
        Ok(Some(Seen { bus: bus.into(), rule: rule.into(), target }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { bus, rule, target } = seen;
        if !same_bus(&self.event_bus_name, &bus) {
            self.event_bus_name = bus;
        }
        self.rule = rule;
        self.target_id.set(target.id);
        self.arn = target.arn;
        self.input = told(self.input.take(), target.input);
        self.input_path = told(self.input_path.take(), target.input_path);
        self.role_arn = told(self.role_arn.take(), target.role_arn);
        self.appsync_target.observe(target.app_sync_parameters);
        self.batch_target.observe(target.batch_parameters);
        self.dead_letter_config.observe(target.dead_letter_config);
        self.ecs_target.observe(target.ecs_parameters);
        self.http_target.observe(target.http_parameters);
        self.input_transformer.observe(target.input_transformer);
        self.kinesis_target.observe(target.kinesis_parameters);
        self.redshift_target.observe(target.redshift_data_parameters);
        self.retry_policy.observe(target.retry_policy);
        let commands = target.run_command_parameters.map(|it| it.run_command_targets);
        self.run_command_targets = Blocks(RunCommandTarget::seen(commands.unwrap_or_default()));
        self.sagemaker_pipeline_target.observe(target.sage_maker_pipeline_parameters);
        self.sqs_target.observe(target.sqs_parameters);
    }

    /// A target is put whole, and only asked for where something differs.
    async fn update(&self, _: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let name = id.rsplit_once('/').map_or(&**id, |(_, name)| name);
        self.put(name, aws).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let name = id.rsplit_once('/').map_or(&**id, |(_, name)| name);
        let call = aws.events().remove_targets().event_bus_name(&self.event_bus_name);
        let call = call.rule(&self.rule).ids(name).force(self.force_destroy);
        let failed = call.send().await?.failed_entries.unwrap_or_default().into_iter().next();
        failed.map_or(Ok(()), |it| Err(failure("RemoveTargets", it.error_code, it.error_message)))
    }

    /// A state that Terraform wrote names a target by its rule and itself with a hyphen between,
    /// which cannot be taken apart.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        Ok(self.target_id.get().map(|name| self.id(name)))
    }
}

impl EventTarget {
    fn id(&self, name: &str) -> Id {
        Id(format!("{}/{name}", joined(&self.event_bus_name, &self.rule)))
    }

    /// Makes the target or takes its place: the call is the same.
    async fn put(&self, name: &str, aws: &Aws) -> Result<()> {
        let target = Target::builder()
            .id(name)
            .arn(&self.arn)
            .set_input(self.input.clone())
            .set_input_path(self.input_path.clone())
            .set_role_arn(self.role_arn.clone())
            .set_app_sync_parameters(self.appsync_target.sent())
            .set_batch_parameters(self.batch_target.sent())
            .set_dead_letter_config(self.dead_letter_config.sent())
            .set_ecs_parameters(self.ecs_target.sent())
            .set_http_parameters(self.http_target.sent())
            .set_input_transformer(self.input_transformer.sent())
            .set_kinesis_parameters(self.kinesis_target.sent())
            .set_redshift_data_parameters(self.redshift_target.sent())
            .set_retry_policy(self.retry_policy.sent())
            .set_run_command_parameters(RunCommandTarget::sent(&self.run_command_targets.0))
            .set_sage_maker_pipeline_parameters(self.sagemaker_pipeline_target.sent())
            .set_sqs_parameters(self.sqs_target.sent());
        let target = target.build().map_err(|it| Failure::fatal(it.to_string()))?;
        let call = aws.events().put_targets().event_bus_name(&self.event_bus_name);
        let call = call.rule(&self.rule).targets(target).send();
        let reply = call.await.map_err(|it| known_soon(it.into()))?;
        let failed = reply.failed_entries.unwrap_or_default().into_iter().next();
        failed.map_or(Ok(()), |it| Err(failure("PutTargets", it.error_code, it.error_message)))
    }
}

/// A target that was refused by itself, in a call that succeeded.
fn failure(operation: &str, code: Option<String>, message: Option<String>) -> Failure {
    let kind = crate::aws::error::kind("events", operation, code.as_deref().unwrap_or_default());
    let mut it = Failure::new(kind, message.unwrap_or_else(|| "no reason is given".into()));
    it.operation = Some(format!("events:{operation}"));
    it.code = code;
    known_soon(it)
}
