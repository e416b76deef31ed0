//! Policies that keep a metric at a value.

use super::prelude::*;
use types::{MetricStatistic, MetricType};

/// Keeps a metric at a value.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TargetTracking {
    /// Never makes it smaller.
    #[attr(default = false)]
    pub disable_scale_in: bool,
    /// Seconds after it became smaller before it does again.
    pub scale_in_cooldown: Option<i32>,
    /// Seconds after it became larger before it does again.
    pub scale_out_cooldown: Option<i32>,
    /// Value that the metric is kept at.
    pub target_value: f64,
    /// A metric of one's own.
    #[attr(
        conflicts("predefined_metric_specification"),
        exactly_one_of("customized_metric_specification", "predefined_metric_specification")
    )]
    pub customized_metric_specification: Block<CustomizedMetric>,
    /// A metric that AWS knows, such as `ECSServiceAverageCPUUtilization`.
    #[attr(conflicts("customized_metric_specification"))]
    pub predefined_metric_specification: Block<PredefinedMetric>,
}

/// A metric of one's own.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct CustomizedMetric {
    /// Name of the metric.
    #[attr(conflicts("metrics"))]
    pub metric_name: Option<String>,
    /// Namespace of the metric.
    #[attr(conflicts("metrics"))]
    pub namespace: Option<String>,
    /// How its values are taken together.
    #[attr(conflicts("metrics"))]
    pub statistic: Option<MetricStatistic>,
    /// Its unit.
    #[attr(conflicts("metrics"))]
    pub unit: Option<String>,
    /// Dimensions of the metric.
    #[attr(conflicts("metrics"))]
    pub dimensions: BlockSet<Dimension>,
    /// Metrics, and what is calculated of them.
    #[attr(conflicts("dimensions", "metric_name", "namespace", "statistic", "unit"))]
    pub metrics: BlockSet<Query>,
}

/// Dimension of a metric.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Dimension {
    /// Name of the dimension.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A metric, or what is calculated of others.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Query {
    /// What is calculated.
    #[attr(length(1, 2047))]
    pub expression: Option<String>,
    /// Name by which expressions call it.
    #[attr(length(1, 255))]
    pub id: String,
    /// What it is, in words.
    #[attr(length(1, 2047))]
    pub label: Option<String>,
    /// Whether it is the one that is kept at the value.
    #[attr(default = true)]
    pub return_data: bool,
    /// The metric.
    pub metric_stat: Block<Stat>,
}

/// A metric, and how its values are taken together.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Stat {
    /// How its values are taken together.
    #[attr(length(1, 100))]
    pub stat: String,
    /// Its unit.
    pub unit: Option<String>,
    /// The metric.
    #[attr(count(1, 1))]
    pub metric: Block<Metric>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Metric {
    /// Name of the metric.
    pub metric_name: String,
    /// Namespace of the metric.
    pub namespace: String,
    /// Dimensions of the metric.
    pub dimensions: BlockSet<Dimension>,
}

/// A metric that AWS knows.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PredefinedMetric {
    /// Its name.
    pub predefined_metric_type: String,
    /// What of a load balancer is counted, for `ALBRequestCountPerTarget`.
    #[attr(length(0, 1023))]
    pub resource_label: Option<String>,
}

impl TargetTracking {
    pub(super) fn sent(&self) -> Option<types::TargetTrackingScalingPolicyConfiguration> {
        let predefined = self.predefined_metric_specification.get().and_then(|it| {
            let label = it.resource_label.clone().filter(|it| !it.is_empty());
            types::PredefinedMetricSpecification::builder()
                .predefined_metric_type(MetricType::from(&*it.predefined_metric_type))
                .set_resource_label(label)
                .build()
                .ok()
        });
        types::TargetTrackingScalingPolicyConfiguration::builder()
            .disable_scale_in(self.disable_scale_in)
            .set_scale_in_cooldown(self.scale_in_cooldown)
            .set_scale_out_cooldown(self.scale_out_cooldown)
            .target_value(self.target_value)
            .set_customized_metric_specification(
                self.customized_metric_specification.get().map(CustomizedMetric::sent),
            )
            .set_predefined_metric_specification(predefined)
            .build()
            .ok()
    }

    pub(super) fn told(it: types::TargetTrackingScalingPolicyConfiguration) -> Self {
        let predefined = it.predefined_metric_specification.map(|it| PredefinedMetric {
            predefined_metric_type: it.predefined_metric_type.as_str().into(),
            resource_label: it.resource_label,
        });
        TargetTracking {
            disable_scale_in: it.disable_scale_in.unwrap_or_default(),
            scale_in_cooldown: it.scale_in_cooldown,
            scale_out_cooldown: it.scale_out_cooldown,
            target_value: it.target_value,
            customized_metric_specification: Block(
                it.customized_metric_specification.map(CustomizedMetric::told),
            ),
            predefined_metric_specification: Block(predefined),
        }
    }
}

impl CustomizedMetric {
    fn sent(&self) -> types::CustomizedMetricSpecification {
        let dimension = |it: &Dimension| {
            types::MetricDimension::builder().name(&it.name).value(&it.value).build().ok()
        };
        let dimensions = self.dimensions.0.iter().filter_map(dimension).collect();
        types::CustomizedMetricSpecification::builder()
            .set_metric_name(self.metric_name.clone())
            .set_namespace(self.namespace.clone())
            .set_statistic(self.statistic.clone())
            .set_unit(self.unit.clone())
            .set_dimensions(some(dimensions))
            .set_metrics(some(self.metrics.0.iter().filter_map(Query::sent).collect()))
            .build()
    }

    fn told(it: types::CustomizedMetricSpecification) -> Self {
        let dimension = |it: types::MetricDimension| Dimension { name: it.name, value: it.value };
        let dimensions = it.dimensions.into_iter().flatten().map(dimension);
        CustomizedMetric {
            metric_name: it.metric_name,
            namespace: it.namespace,
            statistic: it.statistic,
            unit: it.unit,
            dimensions: BlockSet(dimensions.collect()),
            metrics: BlockSet(it.metrics.into_iter().flatten().map(Query::told).collect()),
        }
    }
}

impl Query {
    fn sent(&self) -> Option<types::TargetTrackingMetricDataQuery> {
        let dimension = |it: &Dimension| {
            let sent = types::TargetTrackingMetricDimension::builder().name(&it.name);
            sent.value(&it.value).build().ok()
        };
        let metric = |it: &Metric| {
            types::TargetTrackingMetric::builder()
                .metric_name(&it.metric_name)
                .namespace(&it.namespace)
                .set_dimensions(some(it.dimensions.0.iter().filter_map(dimension).collect()))
                .build()
        };
        let stat = self.metric_stat.get().and_then(|it| {
            types::TargetTrackingMetricStat::builder()
                .stat(&it.stat)
                .set_unit(it.unit.clone())
                .set_metric(it.metric.get().map(metric))
                .build()
                .ok()
        });
        types::TargetTrackingMetricDataQuery::builder()
            .set_expression(self.expression.clone())
            .id(&self.id)
            .set_label(self.label.clone())
            .return_data(self.return_data)
            .set_metric_stat(stat)
            .build()
            .ok()
    }

    fn told(it: types::TargetTrackingMetricDataQuery) -> Self {
        let dimension =
            |it: types::TargetTrackingMetricDimension| Dimension { name: it.name, value: it.value };
        let metric = |it: types::TargetTrackingMetric| Metric {
            metric_name: it.metric_name.unwrap_or_default(),
            namespace: it.namespace.unwrap_or_default(),
            dimensions: BlockSet(it.dimensions.into_iter().flatten().map(dimension).collect()),
        };
        let stat = it.metric_stat.map(|it| Stat {
            stat: it.stat,
            unit: it.unit,
            metric: Block(it.metric.map(metric)),
        });
        Query {
            expression: it.expression,
            id: it.id,
            label: it.label,
            return_data: it.return_data.unwrap_or(true),
            metric_stat: Block(stat),
        }
    }
}
