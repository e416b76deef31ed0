//! `aws_cloudwatch_event_rule`: which events, or which times, something is done on.

use std::collections::BTreeMap;

use super::prelude::*;
use super::{DEFAULT_BUS, tagged};
use crate::schema::compare::settled;
use types::{Rule, RuleState};

/// Picks events of a bus, or times of a schedule, for targets to be called on.
///
/// ```hcl
/// resource "aws_cloudwatch_event_rule" "stopped" {
///   name        = "orders-task-stopped"
///   description = "Tasks of the order service that stop"
///
///   event_pattern = jsonencode({
///     source      = ["aws.ecs"]
///     detail-type = ["ECS Task State Change"]
///     detail      = { lastStatus = ["STOPPED"] }
///   })
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_event_rule", tags = "rule")]
pub struct EventRule {
    /// What the rule is for, in words.
    #[attr(length(0, 512))]
    pub description: Option<String>,
    /// Name or ARN of the bus whose events are looked at.
    #[attr(replace, default = "default", length(1, 1600))]
    pub event_bus_name: String,
    /// Which events match, as JSON.
    #[attr(json, at_least_one_of("event_pattern", "schedule_expression"))]
    pub event_pattern: Option<String>,
    /// Changes and deletes the rule though AWS manages it for another service.
    #[attr(default = false, local)]
    pub force_destroy: bool,
    /// Whether the rule is on; `state` says it since. On when both are unset.
    #[attr(conflicts("state"))]
    pub is_enabled: Option<bool>,
    /// Name of the rule; made up when unset.
    #[attr(replace, conflicts("name_prefix"), length(1, 64), characters = "a-zA-Z0-9._-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, conflicts("name"), length(1, 38), characters = "a-zA-Z0-9._-")]
    pub name_prefix: Auto<String>,
    /// ARN of the role that sends events to a bus of another account.
    #[attr(format = "arn")]
    pub role_arn: Option<String>,
    /// Times as `cron(…)` or `rate(…)`; on the default bus only.
    #[attr(length(0, 256))]
    pub schedule_expression: Option<String>,
    /// Whether the rule is on; `ENABLED` when unset.
    #[attr(conflicts("is_enabled"))]
    pub state: Option<RuleState>,
    /// ARN of the rule.
    pub arn: Out<String>,
    /// Tags of the rule.
    pub tags: Tags,
}

/// A rule and its tags, which another call tells.
pub struct Seen {
    rule: Rule,
    tags: BTreeMap<String, String>,
}

impl Driver for EventRule {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &EventRuleDraft<'_>, diagnostics: &mut Diagnostics) {
        let bus = draft.event_bus_name().known();
        if bus.as_ref().is_some_and(|it| !is_bus(it)) {
            draft.refuse(diagnostics, "event_bus_name", "it is neither a name nor an ARN of a bus");
        }
        if bus.is_some_and(|it| !same_bus(&it, DEFAULT_BUS)) && draft.schedule_expression().is_set()
        {
            let why = "schedules are possible on the default bus only";
            draft.refuse(diagnostics, "schedule_expression", why);
        }
        if let Some(Err(wrong)) = draft.event_pattern().known().map(|it| pattern(&it)) {
            draft.refuse(diagnostics, "event_pattern", wrong);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        self.put(&name, aws).await?;
        Ok(Id(joined(&self.event_bus_name, &name)))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(rule) = aws.load::<Rules>(id).await? else { return Ok(None) };
        // EventBridge itself tells tags with no other call, and for one ARN at a time.
        let arn = rule.arn().unwrap_or_default();
        let ask = async {
            let reply = aws.events().list_tags_for_resource().resource_arn(arn).send().await?;
            let tags = reply.tags.into_iter().flatten();
            Ok(tags.map(|it| (it.key, it.value)).collect())
        };
        let tags = aws.tags(arn, ask).await?;
        Ok(Some(Seen { rule, tags }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { rule, tags } = seen;
        self.description = told(self.description.take(), rule.description);
        let bus = rule.event_bus_name.unwrap_or_else(|| DEFAULT_BUS.into());
        if !same_bus(&self.event_bus_name, &bus) {
            self.event_bus_name = bus;
        }
        let known = self.event_pattern.take();
        self.event_pattern = rule.event_pattern.map(|it| settled(known.as_ref(), it));
        self.name.set(rule.name);
        self.role_arn = told(self.role_arn.take(), rule.role_arn);
        self.schedule_expression = told(self.schedule_expression.take(), rule.schedule_expression);
        let state = rule.state.unwrap_or(RuleState::Enabled);
        match (&mut self.is_enabled, &mut self.state) {
            (None, None) if state == RuleState::Enabled => {}
            (Some(is_enabled), None) => *is_enabled = state != RuleState::Disabled,
            (_, known) => *known = Some(state),
        }
        self.arn.set(rule.arn);
        self.tags.observe(tags);
    }

    /// A rule is put whole. Tags are not part of that: AWS ignores them where the rule exists.
    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (_, name) = split(id);
        match (self.tags.all == have.tags.all, have.arn.get()) {
            (false, Some(arn)) => aws.sync_tags::<tags::Events>(arn, &self.tags, &have.tags).await,
            _ => self.put(name, aws).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let (bus, name) = split(id);
        let call = aws.events().delete_rule().event_bus_name(bus).name(name);
        let deleted = call.force(self.force_destroy).send().await.map_err(Failure::from);
        let Err(refusal) = deleted else { return Ok(()) };
        Err(match refusal.message.contains("has targets") {
            true => still_used(refusal, id, aws).await,
            false => refusal,
        })
    }
}

impl EventRule {
    /// Makes the rule or takes its place: the call is the same.
    async fn put(&self, name: &str, aws: &Aws) -> Result<()> {
        let state = match self.is_enabled {
            Some(false) => RuleState::Disabled,
            _ => RuleState::Enabled,
        };
        let call = aws
            .events()
            .put_rule()
            .name(name)
            .event_bus_name(&self.event_bus_name)
            .set_description(self.description.clone())
            .set_event_pattern(self.event_pattern.clone())
            .set_role_arn(self.role_arn.clone())
            .set_schedule_expression(self.schedule_expression.clone())
            .state(self.state.clone().unwrap_or(state))
            .set_tags(tagged(&self.tags.all));
        call.send().await.map(drop).map_err(|it| known_soon(it.into()))
    }
}

/// The refusal to delete a rule that has targets, with their names. Those that were removed just now
/// are counted for a little longer.
async fn still_used(mut refusal: Failure, id: &Id, aws: &Aws) -> Failure {
    refusal.kind = FailureKind::Retryable;
    let Ok(Some(targets)) = aws.load::<Targets>(id).await else { return refusal };
    let each = targets.iter().map(|it| format!("`{}` ({})", it.id, it.arn));
    match each.collect::<Vec<_>>() {
        none if none.is_empty() => refusal,
        them => refusal.hint(format!("remove the targets {} from the rule", them.join(", "))),
    }
}

/// What is wrong with an event pattern.
fn pattern(text: &str) -> Result<(), String> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(_)) if text.len() > 4096 => {
            Err("it is longer than 4096 characters".into())
        }
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => Err("it is not a JSON object".into()),
        Err(wrong) => Err(format!("it is not JSON: {wrong}; `jsonencode({{ … }})` writes it")),
    }
}
