//! `aws_cloudwatch_log_metric_filter`: numbers made of log events.

use std::collections::{BTreeMap, HashMap};

use super::prelude::*;
use types::{MetricFilter, MetricTransformation, StandardUnit};

/// Turns the events of a log group that match a pattern into a metric.
///
/// ```hcl
/// resource "aws_cloudwatch_log_metric_filter" "errors" {
///   name           = "errors"
///   log_group_name = "/fastcart/orders"
///   pattern        = "ERROR"
///
///   metric_transformation {
///     name      = "Errors"
///     namespace = "FastCart"
///     value     = "1"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_log_metric_filter")]
pub struct LogMetricFilter {
    /// Matches events as a transformer left them; as they came when unset.
    pub apply_on_transformed_logs: Auto<bool>,
    /// Name of the group whose events are matched.
    #[attr(replace, length(1, 512), characters = "a-zA-Z0-9_/.#-")]
    pub log_group_name: String,
    /// Name of the filter.
    #[attr(replace, length(1, 512))]
    pub name: String,
    /// Which events match; empty for all.
    #[attr(length(0, 1024))]
    pub pattern: String,
    /// Metric that matching events become.
    #[attr(count(1, 1))]
    pub metric_transformation: Block<Transformation>,
}

/// Metric that matching events become.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Transformation {
    /// Number to tell while no event matches; none when unset.
    #[attr(format = "nullable_float", conflicts("dimensions"))]
    pub default_value: Option<String>,
    /// Dimensions of the metric, each with the field of the event that fills it.
    pub dimensions: Option<BTreeMap<String, String>>,
    /// Name of the metric.
    #[attr(length(0, 255))]
    pub name: String,
    /// Namespace of the metric.
    #[attr(length(0, 255))]
    pub namespace: String,
    /// Unit of the number.
    #[attr(default = "None")]
    pub unit: StandardUnit,
    /// Number to tell for each event: a constant, or the field that holds it.
    #[attr(length(0, 100))]
    pub value: String,
}

impl Driver for LogMetricFilter {
    type Cloud = Aws;
    type Seen = MetricFilter;

    fn check(draft: &LogMetricFilterDraft<'_>, diagnostics: &mut Diagnostics) {
        let marks = |it: &String| it.contains([':', '*']);
        if draft.name().known().is_some_and(|it| marks(&it)) {
            draft.refuse(diagnostics, "name", "`:` and `*` cannot stand in it");
        }
        let block = draft.metric_transformation().known();
        let Some(it) = block.as_ref().and_then(|it| it.get()) else { return };
        for (name, text) in [("name", &it.name), ("namespace", &it.namespace)] {
            if text.contains([':', '*', '$']) {
                let why = format!("`:`, `*` and `$` cannot stand in `{name}`");
                draft.refuse(diagnostics, "metric_transformation", why);
            }
        }
    }

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        self.put(aws).await?;
        Ok(Id(format!("{}:{}", self.log_group_name, self.name)))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<MetricFilter>> {
        let [group, name] = id.parts(':')?;
        let call = aws.logs().describe_metric_filters().log_group_name(group);
        let call = call.filter_name_prefix(name).into_paginator().items().send();
        let found = call.collect::<Result<Vec<_>, _>>().await?;
        let named = found.into_iter().find(|it| it.filter_name.as_deref() == Some(name));
        Ok(named.map(|mut it| {
            it.log_group_name.get_or_insert_with(|| group.into());
            it
        }))
    }

    fn status(_: &MetricFilter) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: MetricFilter) {
        self.apply_on_transformed_logs.set(seen.apply_on_transformed_logs);
        self.log_group_name = seen.log_group_name.unwrap_or_default();
        self.name = seen.filter_name.unwrap_or_default();
        let pattern = seen.filter_pattern.unwrap_or_default();
        if self.pattern.trim() != pattern.trim() {
            self.pattern = pattern;
        }
        let known = self.metric_transformation.get().and_then(|it| it.default_value.clone());
        let first = seen.metric_transformations.unwrap_or_default().into_iter().next();
        self.metric_transformation = Block(first.map(|it| Transformation::seen(it, known)));
    }

    async fn update(&self, have: &Self, _: &Id, aws: &Aws) -> Result<()> {
        let same = self.pattern.trim() == have.pattern.trim()
            && self.metric_transformation == have.metric_transformation
            && !self.apply_on_transformed_logs.differs(&have.apply_on_transformed_logs);
        if same { Ok(()) } else { self.put(aws).await }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let [group, name] = id.parts(':')?;
        let call = aws.logs().delete_metric_filter().log_group_name(group).filter_name(name);
        call.send().await?;
        Ok(())
    }
}

impl LogMetricFilter {
    /// Makes the filter or takes its place: the call is the same.
    async fn put(&self, aws: &Aws) -> Result<()> {
        let transformation = self.metric_transformation.get().and_then(Transformation::sent);
        aws.logs()
            .put_metric_filter()
            .log_group_name(&self.log_group_name)
            .filter_name(&self.name)
            .filter_pattern(self.pattern.trim())
            .set_apply_on_transformed_logs(self.apply_on_transformed_logs.given())
            .set_metric_transformations(Some(transformation.into_iter().collect()))
            .send()
            .await?;
        Ok(())
    }
}

impl Transformation {
    fn sent(&self) -> Option<MetricTransformation> {
        let dimensions: Option<HashMap<_, _>> =
            self.dimensions.clone().map(|it| it.into_iter().collect());
        MetricTransformation::builder()
            .metric_name(&self.name)
            .metric_namespace(&self.namespace)
            .metric_value(&self.value)
            .set_default_value(self.default_value.as_ref().and_then(|it| it.parse().ok()))
            .set_dimensions(dimensions.filter(|it| !it.is_empty()))
            .unit(self.unit.clone())
            .build()
            .ok()
    }

    /// What AWS tells; a number stays in the notation that it is known in.
    fn seen(it: MetricTransformation, known: Option<String>) -> Self {
        let number = |text: &String| text.parse::<f64>().ok();
        let default_value = match it.default_value {
            Some(now) if known.as_ref().and_then(number) == Some(now) => known,
            now => now.map(|it| it.to_string()),
        };
        let dimensions = it.dimensions.filter(|it| !it.is_empty());
        Transformation {
            default_value,
            dimensions: dimensions.map(|it| it.into_iter().collect()),
            name: it.metric_name,
            namespace: it.metric_namespace,
            unit: it.unit.unwrap_or(StandardUnit::None),
            value: it.metric_value,
        }
    }
}
