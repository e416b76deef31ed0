//! `aws_sns_topic_subscription`: somebody who gets the messages of a topic.

use super::prelude::*;

/// Gets the messages of a topic to a queue, a function, an address on the web or a mailbox.
///
/// ```hcl
/// resource "aws_sns_topic_subscription" "on_call" {
///   topic_arn = aws_sns_topic.alarms.arn
///   protocol  = "email"
///   endpoint  = "on-call@example.com"
/// }
///
/// resource "aws_sns_topic" "alarms" {
///   name = "alarms"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sns_topic_subscription")]
pub struct TopicSubscription {
    /// Has no effect: how long a confirmation is waited for is the time limit of the step.
    #[attr(default = 1, local)]
    pub confirmation_timeout_in_minutes: i32,
    /// How deliveries by HTTP are tried again; as the topic says when unset.
    #[attr(json, format = "json")]
    pub delivery_policy: Option<String>,
    /// Where messages go, in the form of the protocol: an ARN, a URL, an address or a number.
    #[attr(replace)]
    pub endpoint: String,
    /// Whether an address on the web confirms by itself, which is then waited for.
    #[attr(default = false, local)]
    pub endpoint_auto_confirms: bool,
    /// Which messages go there; all when unset.
    #[attr(json, format = "json")]
    pub filter_policy: Option<String>,
    /// What the filter looks at, `MessageAttributes` or `MessageBody`; the former when unset.
    #[attr(one_of("MessageAttributes", "MessageBody"), follows("filter_policy"))]
    pub filter_policy_scope: Auto<String>,
    /// How messages are delivered.
    #[attr(
        replace,
        one_of(
            "application",
            "email",
            "email-json",
            "firehose",
            "http",
            "https",
            "lambda",
            "sms",
            "sqs"
        )
    )]
    pub protocol: String,
    /// Delivers messages as they were sent, without what SNS puts around them.
    #[attr(default = false)]
    pub raw_message_delivery: bool,
    /// Queue for messages that cannot be delivered; they are dropped when unset.
    #[attr(json, format = "json")]
    pub redrive_policy: Option<String>,
    /// From when on kept messages are sent again; fifo topics only, none when unset.
    #[attr(json, format = "json")]
    pub replay_policy: Option<String>,
    /// Role to deliver to Firehose with.
    #[attr(format = "arn")]
    pub subscription_role_arn: Option<String>,
    /// ARN of the topic.
    #[attr(replace, format = "arn")]
    pub topic_arn: String,
    /// ARN of the subscription.
    pub arn: Out<String>,
    /// Whether only the owner of the topic or of the subscription can end it.
    pub confirmation_was_authenticated: Out<bool>,
    /// Number of the account that owns the subscription.
    pub owner_id: Out<String>,
    /// Whether the endpoint has not confirmed yet that it wants messages.
    pub pending_confirmation: Out<bool>,
}

impl Driver for TopicSubscription {
    type Cloud = Aws;
    type Seen = (Id, Attributes);

    fn check(draft: &TopicSubscriptionDraft<'_>, diagnostics: &mut Diagnostics) {
        let protocol = draft.protocol().known();
        let is_firehose = protocol.as_deref().is_some_and(|it| it == "firehose");
        if is_firehose && !draft.subscription_role_arn().is_set() {
            let why = "SNS delivers to Firehose with a role only: write its ARN";
            draft.refuse(diagnostics, "subscription_role_arn", why);
        } else if protocol.is_some() && !is_firehose && draft.subscription_role_arn().is_set() {
            let why = "a role is only for the protocol `firehose`: leave it out";
            draft.refuse(diagnostics, "subscription_role_arn", why);
        }
    }

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let at_once = |it: &String| !(it.is_empty() || it == "false");
        let attributes: Attributes = self
            .attributes()
            .into_iter()
            .filter_map(|(name, value)| Some((name.into(), value.filter(at_once)?)))
            .collect();
        let call = aws.sns().subscribe().topic_arn(&self.topic_arn).protocol(&self.protocol);
        let call = call.endpoint(&self.endpoint).set_attributes(Some(attributes));
        // The same endpoint again is the same subscription.
        let made = call.return_subscription_arn(true).send().await;
        Id::need(made.map_err(|it| known_soon(it.into()))?.subscription_arn)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(Id, Attributes)>> {
        let reply = aws.sns().get_subscription_attributes().subscription_arn(&**id).send().await?;
        Ok(reply.attributes.map(|it| (id.clone(), it)))
    }

    fn status(_: &(Id, Attributes)) -> Status {
        Status::Ready
    }

    fn progress(&self, (_, attributes): &(Id, Attributes)) -> Status {
        match self.endpoint_auto_confirms && is(attributes.get(PENDING)) {
            true => Status::busy("pending confirmation"),
            false => Status::Ready,
        }
    }

    fn observe(&mut self, (id, mut attributes): (Id, Attributes)) {
        self.pending_confirmation.set(is(attributes.get(PENDING)));
        let authenticated = is(attributes.get("ConfirmationWasAuthenticated"));
        self.confirmation_was_authenticated.set(authenticated);
        self.raw_message_delivery = is(attributes.get("RawMessageDelivery"));
        let mut text = |name: &str| attributes.remove(name).filter(|it| !it.is_empty());
        self.arn.set(id.0);
        self.owner_id.set(text("Owner"));
        if let Some(it) = text("TopicArn") {
            self.topic_arn = it;
        }
        if let Some(it) = text("Protocol") {
            self.protocol = it;
        }
        if let Some(it) = text("Endpoint").filter(|it| !hides(it, &self.endpoint)) {
            self.endpoint = it;
        }
        self.subscription_role_arn = text("SubscriptionRoleArn");
        self.delivery_policy = restated(self.delivery_policy.as_ref(), text("DeliveryPolicy"));
        self.filter_policy = agreed(self.filter_policy.as_ref(), text("FilterPolicy"));
        self.redrive_policy = agreed(self.redrive_policy.as_ref(), text("RedrivePolicy"));
        self.replay_policy = agreed(self.replay_policy.as_ref(), text("ReplayPolicy"));
        // Without a filter AWS tells no scope; the one that was stays.
        if let Some(scope) = text("FilterPolicyScope") {
            self.filter_policy_scope.set(scope);
        }
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let changed: Vec<(&str, String)> = self
            .attributes()
            .into_iter()
            .zip(have.attributes())
            .filter_map(|((name, want), (_, has))| {
                let (want, has) = (want?, has.unwrap_or_default());
                (want != has && !same_json(&want, &has)).then_some((name, want))
            })
            .collect();
        // The filter must fit its scope all the while, and in bodies every filter does.
        let widens = changed.iter().position(|(name, to)| *name == SCOPE && to == "MessageBody");
        let Some((name, value)) = changed.into_iter().nth(widens.unwrap_or(0)) else {
            return Ok(());
        };
        let value = match (name, value.is_empty()) {
            // What stands for none differs.
            ("FilterPolicy" | "ReplayPolicy", true) => Some("{}".into()),
            ("RedrivePolicy", true) => None,
            _ => Some(value),
        };
        let call = aws.sns().set_subscription_attributes().subscription_arn(&**id);
        let call = call.attribute_name(name).set_attribute_value(value);
        call.send().await.map_err(|it| known_soon(it.into()))?;
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let gone = aws.sns().unsubscribe().subscription_arn(&**id).send().await;
        match gone.map_err(Failure::from) {
            Err(it) if it.message.contains("pending confirmation") => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// AWS does not end what was never confirmed: it forgets it after some days.
    fn stays(&self) -> bool {
        self.pending_confirmation.get() == Some(&true)
    }
}

impl TopicSubscription {
    /// The attributes that can change, always in the same order; none where AWS decides.
    fn attributes(&self) -> [(&'static str, Option<String>); 7] {
        let text = |it: &Option<String>| Some(it.clone().unwrap_or_default());
        [
            ("DeliveryPolicy", text(&self.delivery_policy)),
            ("FilterPolicy", text(&self.filter_policy)),
            (SCOPE, self.filter_policy_scope.given()),
            ("RawMessageDelivery", Some(self.raw_message_delivery.to_string())),
            ("RedrivePolicy", text(&self.redrive_policy)),
            ("ReplayPolicy", text(&self.replay_policy)),
            ("SubscriptionRoleArn", text(&self.subscription_role_arn)),
        ]
    }
}

const PENDING: &str = "PendingConfirmation";
const SCOPE: &str = "FilterPolicyScope";

fn is(it: Option<&String>) -> bool {
    it.is_some_and(|it| it.eq_ignore_ascii_case("true"))
}

/// Whether a URL is the other with its password hidden: `https://user:****@example.com`.
fn hides(told: &str, known: &str) -> bool {
    let Some((start, end)) = told.split_once(":****@") else { return false };
    let password = known.strip_prefix(start).and_then(|it| it.strip_suffix(end));
    password.is_some_and(|it| it.starts_with(':') && it.ends_with('@'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_hidden_password_is_no_other_endpoint() {
        let told = "https://me:****@example.com/in";
        let cases = [
            ("https://me:secret@example.com/in", true),
            ("https://me:secret@example.com/out", false),
            ("https://you:secret@example.com/in", false),
            ("https://example.com/in", false),
        ];
        for (known, expected) in cases {
            assert_eq!(super::hides(told, known), expected, "{known}");
        }
        assert!(!super::hides("https://example.com/in", "https://example.com/in"));
    }
}
