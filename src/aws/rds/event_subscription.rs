//! `aws_db_event_subscription`: what happens to databases, told to a topic.

use std::collections::BTreeMap;

use super::prelude::*;
use types::SourceType;

/// Tells a topic what happens to databases.
///
/// ```hcl
/// resource "aws_db_event_subscription" "orders" {
///   name             = "orders-db"
///   sns_topic        = "arn:aws:sns:eu-central-1:123456789012:alarms"
///   source_type      = "db-instance"
///   event_categories = ["availability", "failover", "failure"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_db_event_subscription",
    tags = "es",
    create = "40m",
    update = "40m",
    delete = "40m"
)]
pub struct EventSubscription {
    /// Whether events are told at all.
    #[attr(default = true)]
    pub enabled: bool,
    /// Kinds of events that are told; all when unset.
    pub event_categories: Option<Set<String>>,
    /// Name of the subscription; made up when unset.
    #[attr(replace, conflicts("name_prefix"), length(1, 255), characters = "a-zA-Z0-9-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, conflicts("name"), length(1, 229), characters = "a-zA-Z0-9-")]
    pub name_prefix: Auto<String>,
    /// ARN of the topic.
    #[attr(format = "arn")]
    pub sns_topic: String,
    /// Identifiers of the objects whose events are told; all of the type when unset.
    #[attr(required_with("source_type"))]
    pub source_ids: Option<Set<String>>,
    /// What the events come from, such as `db-instance`; everything when unset.
    pub source_type: Option<SourceType>,
    /// ARN of the subscription.
    pub arn: Out<String>,
    /// Account that the subscription belongs to.
    pub customer_aws_id: Out<String>,
    /// Tags of the subscription.
    pub tags: Tags,
}

/// What two reads tell of a subscription.
pub struct Seen {
    subscription: types::EventSubscription,
    tags: BTreeMap<String, String>,
}

impl Driver for EventSubscription {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let call = aws
            .rds()
            .create_event_subscription()
            .subscription_name(&name)
            .enabled(self.enabled)
            .set_event_categories(self.event_categories.clone().map(|it| it.0))
            .sns_topic_arn(&self.sns_topic)
            .set_source_ids(self.source_ids.clone().map(|it| it.0))
            .set_source_type(self.source_type())
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| Id(name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("rds", aws.account().await?, format!("es:{id}"));
        let (subscription, tags) = tokio::join!(aws.load::<Subscriptions>(id), tags_of(aws, &arn));
        let Some(subscription) = subscription? else { return Ok(None) };
        Ok(Some(Seen { subscription, tags: tags? }))
    }

    fn status(seen: &Seen) -> Status {
        match seen.subscription.status.as_deref() {
            Some("active") | None => Status::Ready,
            Some("no-permission") => Status::failed(
                "no-permission: RDS may not publish to the topic; its policy must let it",
            ),
            Some("topic-not-exist") => Status::failed("topic-not-exist: there is no such topic"),
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { subscription, tags } = seen;
        self.enabled = subscription.enabled.unwrap_or_default();
        let categories = subscription.event_categories_list.map(Set);
        self.event_categories = told(self.event_categories.take(), categories);
        self.name.set(subscription.cust_subscription_id);
        self.sns_topic = subscription.sns_topic_arn.unwrap_or_default();
        let sources = subscription.source_ids_list.map(Set);
        self.source_ids = told(self.source_ids.take(), sources);
        let of = subscription.source_type.filter(|it| !it.is_empty());
        self.source_type = of.map(|it| SourceType::from(&*it));
        self.arn.set(subscription.event_subscription_arn);
        self.customer_aws_id.set(subscription.customer_aws_id);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (rds, none) = (aws.rds(), Set::default());
        let same = (self.enabled, &self.event_categories, &self.sns_topic, &self.source_type)
            == (have.enabled, &have.event_categories, &have.sns_topic, &have.source_type);
        let sources = self.source_ids.as_ref().unwrap_or(&none);
        let has_sources = have.source_ids.as_ref().unwrap_or(&none);
        if !same {
            let categories = self.event_categories.clone().unwrap_or_default().0;
            rds.modify_event_subscription()
                .subscription_name(&**id)
                .enabled(self.enabled)
                .set_event_categories(Some(categories))
                .sns_topic_arn(&self.sns_topic)
                .set_source_type(self.source_type())
                .send()
                .await?;
        } else if let Some(more) = sources.minus(has_sources).first() {
            let call = rds.add_source_identifier_to_subscription().subscription_name(&**id);
            call.source_identifier(more).send().await?;
        } else if let Some(fewer) = has_sources.minus(sources).first() {
            let call = rds.remove_source_identifier_from_subscription().subscription_name(&**id);
            call.source_identifier(fewer).send().await?;
        } else {
            let arn = have.arn.get().cloned().unwrap_or_default();
            return aws.sync_tags::<tags::Rds>(&arn, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.rds().delete_event_subscription().subscription_name(&**id).send().await?;
        Ok(())
    }
}

impl EventSubscription {
    fn source_type(&self) -> Option<String> {
        self.source_type.as_ref().map(|it| it.as_str().to_string())
    }
}

/// Every subscription being read right now: one by its name, several in one listing, because AWS
/// takes no list of names.
struct Subscriptions;

impl Batch for Subscriptions {
    type Item = types::EventSubscription;
    const MAX: usize = 10_000;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::EventSubscription>> {
        let mut call = aws.rds().describe_event_subscriptions();
        if let [name] = names.as_slice() {
            call = call.subscription_name(name);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named =
            listed.into_iter().filter_map(|it| Some((it.cust_subscription_id.clone()?, it)));
        Ok(named.filter(|(name, _)| names.contains(name)).collect())
    }
}
