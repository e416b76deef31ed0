//! Policies that change a size before the load does.

use super::prelude::*;
use super::target_tracking::Dimension;
use types::{PredictiveScalingMaxCapacityBreachBehavior as BreachBehavior, PredictiveScalingMode};

/// Changes the size before the load does, as it did before.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PredictiveScaling {
    /// Whether the forecast may go beyond the target's largest size.
    pub max_capacity_breach_behavior: Option<BreachBehavior>,
    /// How far beyond, in percent.
    #[attr(range(0, 100))]
    pub max_capacity_buffer: Option<i32>,
    /// Forecasts only, or scales too.
    pub mode: Auto<PredictiveScalingMode>,
    /// Seconds by which it is earlier than the load.
    #[attr(range(0, 3600))]
    pub scheduling_buffer_time: Auto<i32>,
    /// What is forecast.
    #[attr(count(1, 18446744073709551615))]
    pub metric_specification: Blocks<MetricSpecification>,
}

/// What is forecast: a load, and a metric that is kept at a value.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct MetricSpecification {
    /// Value that the metric is kept at.
    #[attr(format = "nullable_float")]
    pub target_value: String,
    /// A capacity of one's own.
    pub customized_capacity_metric_specification: Block<Queries>,
    /// A load of one's own.
    pub customized_load_metric_specification: Block<Queries>,
    /// A metric of one's own.
    pub customized_scaling_metric_specification: Block<Queries>,
    /// A load that AWS knows.
    pub predefined_load_metric_specification: Block<PredefinedMetric>,
    /// A load and a metric that AWS knows.
    pub predefined_metric_pair_specification: Block<PredefinedMetric>,
    /// A metric that AWS knows.
    pub predefined_scaling_metric_specification: Block<PredefinedMetric>,
}

/// A metric that AWS knows.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PredefinedMetric {
    /// Its name.
    #[attr(length(1, 128))]
    pub predefined_metric_type: String,
    /// What of a load balancer is counted.
    #[attr(length(1, 1023))]
    pub resource_label: Option<String>,
}

/// Metrics, and what is calculated of them.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Queries {
    /// The metrics.
    #[attr(count(1, 18446744073709551615))]
    pub metric_data_query: Blocks<Query>,
}

/// A metric, or what is calculated of others.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Query {
    /// What is calculated.
    #[attr(length(1, 2048))]
    pub expression: Option<String>,
    /// Name by which expressions call it.
    pub id: String,
    /// What it is, in words.
    pub label: Option<String>,
    /// Whether it is the one that counts; it is when unset.
    pub return_data: Option<bool>,
    /// The metric.
    pub metric_stat: Block<Stat>,
}

/// A metric, and how its values are taken together.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Stat {
    /// How its values are taken together.
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
    pub metric_name: Option<String>,
    /// Namespace of the metric.
    pub namespace: Option<String>,
    /// Dimensions of the metric.
    pub dimension: BlockSet<Dimension>,
}

impl PredictiveScaling {
    pub(super) fn sent(&self) -> Option<types::PredictiveScalingPolicyConfiguration> {
        let specifications = self.metric_specification.0.iter().filter_map(|it| it.sent());
        types::PredictiveScalingPolicyConfiguration::builder()
            .set_max_capacity_breach_behavior(self.max_capacity_breach_behavior.clone())
            .set_max_capacity_buffer(self.max_capacity_buffer)
            .set_mode(self.mode.given())
            .set_scheduling_buffer_time(self.scheduling_buffer_time.given())
            .set_metric_specifications(Some(specifications.collect()))
            .build()
            .ok()
    }

    pub(super) fn told(
        it: types::PredictiveScalingPolicyConfiguration,
        known: Option<&PredictiveScaling>,
    ) -> Self {
        let known = |at: usize| {
            let it = known.and_then(|it| it.metric_specification.0.get(at));
            it.map(|it| it.target_value.as_str())
        };
        let specifications = it.metric_specifications.into_iter().enumerate();
        let specifications =
            specifications.map(|(at, it)| MetricSpecification::told(it, known(at)));
        PredictiveScaling {
            max_capacity_breach_behavior: it.max_capacity_breach_behavior,
            max_capacity_buffer: it.max_capacity_buffer,
            mode: it.mode.into(),
            scheduling_buffer_time: it.scheduling_buffer_time.into(),
            metric_specification: Blocks(specifications.collect()),
        }
    }
}

impl MetricSpecification {
    fn sent(&self) -> Option<types::PredictiveScalingMetricSpecification> {
        let queries = |it: &Block<Queries>| it.get().and_then(Queries::sent);
        let pair = self.predefined_metric_pair_specification.get().and_then(|it| {
            types::PredictiveScalingPredefinedMetricPairSpecification::builder()
                .predefined_metric_type(&it.predefined_metric_type)
                .set_resource_label(it.resource_label.clone())
                .build()
                .ok()
        });
        let load = self.predefined_load_metric_specification.get().and_then(|it| {
            types::PredictiveScalingPredefinedLoadMetricSpecification::builder()
                .predefined_metric_type(&it.predefined_metric_type)
                .set_resource_label(it.resource_label.clone())
                .build()
                .ok()
        });
        let scaling = self.predefined_scaling_metric_specification.get().and_then(|it| {
            types::PredictiveScalingPredefinedScalingMetricSpecification::builder()
                .predefined_metric_type(&it.predefined_metric_type)
                .set_resource_label(it.resource_label.clone())
                .build()
                .ok()
        });
        types::PredictiveScalingMetricSpecification::builder()
            .set_target_value(self.target_value.parse().ok())
            .set_customized_capacity_metric_specification(queries(
                &self.customized_capacity_metric_specification,
            ))
            .set_customized_load_metric_specification(queries(
                &self.customized_load_metric_specification,
            ))
            .set_customized_scaling_metric_specification(queries(
                &self.customized_scaling_metric_specification,
            ))
            .set_predefined_load_metric_specification(load)
            .set_predefined_metric_pair_specification(pair)
            .set_predefined_scaling_metric_specification(scaling)
            .build()
            .ok()
    }

    fn told(it: types::PredictiveScalingMetricSpecification, known: Option<&str>) -> Self {
        let metric = |predefined_metric_type, resource_label| PredefinedMetric {
            predefined_metric_type,
            resource_label,
        };
        let load = it.predefined_load_metric_specification;
        let pair = it.predefined_metric_pair_specification;
        let scaling = it.predefined_scaling_metric_specification;
        let queries = |it: Option<types::PredictiveScalingCustomizedMetricSpecification>| {
            Block(it.map(Queries::told))
        };
        MetricSpecification {
            target_value: text_of(it.target_value, known),
            customized_capacity_metric_specification: queries(
                it.customized_capacity_metric_specification,
            ),
            customized_load_metric_specification: queries(it.customized_load_metric_specification),
            customized_scaling_metric_specification: queries(
                it.customized_scaling_metric_specification,
            ),
            predefined_load_metric_specification: Block(
                load.map(|it| metric(it.predefined_metric_type, it.resource_label)),
            ),
            predefined_metric_pair_specification: Block(
                pair.map(|it| metric(it.predefined_metric_type, it.resource_label)),
            ),
            predefined_scaling_metric_specification: Block(
                scaling.map(|it| metric(it.predefined_metric_type, it.resource_label)),
            ),
        }
    }
}

impl Queries {
    fn sent(&self) -> Option<types::PredictiveScalingCustomizedMetricSpecification> {
        let queries = self.metric_data_query.0.iter().filter_map(Query::sent).collect();
        types::PredictiveScalingCustomizedMetricSpecification::builder()
            .set_metric_data_queries(Some(queries))
            .build()
            .ok()
    }

    fn told(it: types::PredictiveScalingCustomizedMetricSpecification) -> Self {
        let queries = it.metric_data_queries.into_iter().map(Query::told);
        Queries { metric_data_query: Blocks(queries.collect()) }
    }
}

impl Query {
    fn sent(&self) -> Option<types::PredictiveScalingMetricDataQuery> {
        let dimension = |it: &Dimension| {
            let sent = types::PredictiveScalingMetricDimension::builder().name(&it.name);
            sent.value(&it.value).build().ok()
        };
        let metric = |it: &Metric| {
            types::PredictiveScalingMetric::builder()
                .set_metric_name(it.metric_name.clone())
                .set_namespace(it.namespace.clone())
                .set_dimensions(some(it.dimension.0.iter().filter_map(dimension).collect()))
                .build()
        };
        let stat = self.metric_stat.get().and_then(|it| {
            types::PredictiveScalingMetricStat::builder()
                .stat(&it.stat)
                .set_unit(it.unit.clone())
                .set_metric(it.metric.get().map(metric))
                .build()
                .ok()
        });
        types::PredictiveScalingMetricDataQuery::builder()
            .set_expression(self.expression.clone())
            .id(&self.id)
            .set_label(self.label.clone())
            .set_return_data(self.return_data)
            .set_metric_stat(stat)
            .build()
            .ok()
    }

    fn told(it: types::PredictiveScalingMetricDataQuery) -> Self {
        let dimension = |it: types::PredictiveScalingMetricDimension| Dimension {
            name: it.name,
            value: it.value,
        };
        let metric = |it: types::PredictiveScalingMetric| Metric {
            metric_name: it.metric_name,
            namespace: it.namespace,
            dimension: BlockSet(it.dimensions.into_iter().flatten().map(dimension).collect()),
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
            return_data: it.return_data,
            metric_stat: Block(stat),
        }
    }
}
