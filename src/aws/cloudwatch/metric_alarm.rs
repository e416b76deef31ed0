//! `aws_cloudwatch_metric_alarm`: tells when a number is out of bounds.
//!
//! Longer than most: three kinds of alarms in one type (a metric, an expression of metrics, a PromQL
//! query), each with arguments that the others refuse.

use std::collections::BTreeMap;

use super::prelude::*;
use super::{Alarms, tagged, tags_of};
use types::{
    AlarmPromQlCriteria, ComparisonOperator, Dimension, EvaluationCriteria as Criteria, Metric,
    MetricDataQuery, MetricStat, StandardUnit, Statistic,
};

/// Watches a metric, and acts when it is out of bounds for some time.
///
/// ```hcl
/// resource "aws_cloudwatch_metric_alarm" "lag" {
///   alarm_name          = "orders-iterator-age"
///   namespace           = "AWS/Kinesis"
///   metric_name         = "GetRecords.IteratorAgeMilliseconds"
///   dimensions          = { StreamName = "orders" }
///   statistic           = "Maximum"
///   period              = 60
///   evaluation_periods  = 5
///   comparison_operator = "GreaterThanThreshold"
///   threshold           = 60000
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_metric_alarm", tags = "alarm")]
pub struct MetricAlarm {
    /// Whether the actions are taken at all.
    #[attr(default = true)]
    pub actions_enabled: bool,
    /// ARNs of what is done when the alarm goes off, such as SNS topics; nothing when unset.
    #[attr(items(0, 5), format = "arn")]
    pub alarm_actions: Option<Set<String>>,
    /// What the alarm means, in words.
    #[attr(length(0, 1024))]
    pub alarm_description: Option<String>,
    /// Name of the alarm.
    #[attr(replace, length(1, 255))]
    pub alarm_name: String,
    /// How the metric is compared with the threshold; required but for PromQL.
    pub comparison_operator: Option<ComparisonOperator>,
    /// How many of the last periods must be out of bounds; all of them when unset.
    #[attr(range(1, ..))]
    pub datapoints_to_alarm: Option<i32>,
    /// Dimensions of the metric.
    #[attr(conflicts("metric_query"))]
    pub dimensions: Option<BTreeMap<String, String>>,
    /// What a percentile of few samples means: `evaluate` or `ignore`; `evaluate` when unset.
    #[attr(one_of("evaluate", "ignore"), fold_case)]
    pub evaluate_low_sample_count_percentiles: Auto<String>,
    /// Seconds between evaluations of a PromQL query: 10, 20, 30 or whole minutes.
    #[attr(
        conflicts("metric_name", "metric_query"),
        numbers(10, 20, 30),
        multiple_of = 60,
        required_with("evaluation_criteria")
    )]
    pub evaluation_interval: Option<i32>,
    /// How many of the last periods are looked at; required but for PromQL.
    #[attr(range(1, ..))]
    pub evaluation_periods: Option<i32>,
    /// Percentile or trimmed statistic, such as `p99.9` or `tm90`, instead of `statistic`.
    #[attr(conflicts("metric_query", "statistic"))]
    pub extended_statistic: Option<String>,
    /// ARNs of what is done when there is too little data; nothing when unset.
    #[attr(items(0, 5), format = "arn")]
    pub insufficient_data_actions: Option<Set<String>>,
    /// Name of the metric.
    #[attr(
        conflicts("metric_query"),
        length(1, 255),
        exactly_one_of("metric_name", "metric_query", "evaluation_criteria")
    )]
    pub metric_name: Option<String>,
    /// Namespace of the metric, such as `AWS/Kinesis`.
    #[attr(conflicts("metric_query"), length(1, 255))]
    pub namespace: Option<String>,
    /// ARNs of what is done when all is well again; nothing when unset.
    #[attr(items(0, 5), format = "arn")]
    pub ok_actions: Option<Set<String>>,
    /// Seconds of one period: 10, 20, 30 or whole minutes.
    #[attr(conflicts("metric_query"), numbers(10, 20, 30), multiple_of = 60)]
    pub period: Option<i32>,
    /// How the samples of a period become one number.
    #[attr(conflicts("extended_statistic", "metric_query"))]
    pub statistic: Option<Statistic>,
    /// Number that the metric is compared with.
    #[attr(conflicts("threshold_metric_id"))]
    pub threshold: Option<f64>,
    /// `id` of the `metric_query` that is the band of an anomaly detection, instead of `threshold`.
    #[attr(conflicts("threshold"), length(1, 255))]
    pub threshold_metric_id: Option<String>,
    /// What a period without data means.
    #[attr(
        default = "missing",
        one_of("breaching", "ignore", "missing", "notBreaching"),
        fold_case
    )]
    pub treat_missing_data: String,
    /// Unit of the metric; any when unset.
    pub unit: Option<StandardUnit>,
    /// PromQL query that is watched, instead of a metric.
    #[attr(conflicts(
        "comparison_operator",
        "datapoints_to_alarm",
        "dimensions",
        "evaluation_periods",
        "extended_statistic",
        "metric_name",
        "metric_query",
        "namespace",
        "period",
        "statistic",
        "threshold",
        "threshold_metric_id",
        "unit"
    ))]
    pub evaluation_criteria: Block<EvaluationCriteria>,
    /// Metrics and expressions of metrics, one of which is watched, instead of a single metric.
    #[attr(conflicts("metric_name"))]
    pub metric_query: BlockSet<MetricQuery>,
    /// ARN of the alarm.
    pub arn: Out<String>,
    /// Tags of the alarm.
    pub tags: Tags,
}

/// Query that is watched instead of a metric.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct EvaluationCriteria {
    /// Query in PromQL.
    #[attr(count(1, 1))]
    pub promql_criteria: Block<PromqlCriteria>,
}

/// Query in PromQL: the alarm goes off while it has results.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PromqlCriteria {
    /// Seconds that there must be results before the alarm goes off; none when unset.
    #[attr(range(0, 86400))]
    pub pending_period: Option<i32>,
    /// The query.
    #[attr(length(1, 10000))]
    pub query: String,
    /// Seconds without results before all is well again; none when unset.
    #[attr(range(0, 86400))]
    pub recovery_period: Option<i32>,
}

/// One metric, or an expression of other queries.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct MetricQuery {
    /// Account that has the metric; this one when unset.
    #[attr(length(1, 255))]
    pub account_id: Option<String>,
    /// Expression in which other queries stand by their `id`, instead of `metric`.
    #[attr(length(1, 1024), exactly_one_of("expression", "metric"))]
    pub expression: Option<String>,
    /// Name of the query in expressions: a small letter, then letters, digits and `_`.
    #[attr(length(1, 255))]
    pub id: String,
    /// How the result is shown.
    pub label: Option<String>,
    /// Seconds of one period of an expression's result.
    #[attr(numbers(1, 5, 10, 20, 30), multiple_of = 60)]
    pub period: Option<i32>,
    /// Whether this is what is watched.
    #[attr(default = false)]
    pub return_data: bool,
    /// The metric.
    pub metric: Block<QueryMetric>,
}

/// Metric of a query.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct QueryMetric {
    /// Dimensions of the metric.
    pub dimensions: Option<BTreeMap<String, String>>,
    /// Name of the metric.
    #[attr(length(1, 255))]
    pub metric_name: String,
    /// Namespace of the metric.
    #[attr(length(1, 255))]
    pub namespace: Option<String>,
    /// Seconds of one period: 1, 5, 10, 20, 30 or whole minutes.
    #[attr(numbers(1, 5, 10, 20, 30), multiple_of = 60)]
    pub period: i32,
    /// How the samples of a period become one number, such as `Sum` or `p99`.
    pub stat: String,
    /// Unit of the metric; any when unset.
    pub unit: Option<StandardUnit>,
}

/// An alarm and its tags, which another call tells.
pub struct Seen {
    alarm: types::MetricAlarm,
    tags: BTreeMap<String, String>,
}

impl Driver for MetricAlarm {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &MetricAlarmDraft<'_>, diagnostics: &mut Diagnostics) {
        super::alarm_check::check(draft, diagnostics);
    }

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        self.put(aws).await?;
        Ok(Id(self.alarm_name.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(alarm) = aws.load::<Alarms>(id).await? else { return Ok(None) };
        let tags = tags_of(aws, alarm.alarm_arn().unwrap_or_default()).await?;
        Ok(Some(Seen { alarm, tags }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { alarm, tags } = seen;
        self.actions_enabled = alarm.actions_enabled.unwrap_or(true);
        self.alarm_actions = told(self.alarm_actions.take(), alarm.alarm_actions.map(Set));
        self.ok_actions = told(self.ok_actions.take(), alarm.ok_actions.map(Set));
        let actions = alarm.insufficient_data_actions.map(Set);
        self.insufficient_data_actions = told(self.insufficient_data_actions.take(), actions);
        self.alarm_description = told(self.alarm_description.take(), alarm.alarm_description);
        self.alarm_name = alarm.alarm_name.unwrap_or_default();
        self.comparison_operator = alarm.comparison_operator;
        self.datapoints_to_alarm = alarm.datapoints_to_alarm;
        self.dimensions = told(self.dimensions.take(), dimensions(alarm.dimensions));
        if let Some(now) = alarm.evaluate_low_sample_count_percentile {
            let known = self.evaluate_low_sample_count_percentiles.get();
            if !known.is_some_and(|it| it.eq_ignore_ascii_case(&now)) {
                self.evaluate_low_sample_count_percentiles.set(now);
            }
        }
        self.evaluation_interval = alarm.evaluation_interval;
        self.evaluation_periods = alarm.evaluation_periods;
        self.extended_statistic = alarm.extended_statistic;
        self.metric_name = alarm.metric_name;
        self.namespace = alarm.namespace;
        self.period = alarm.period;
        self.statistic = alarm.statistic;
        self.threshold = alarm.threshold;
        self.threshold_metric_id = alarm.threshold_metric_id;
        let missing = alarm.treat_missing_data.unwrap_or_else(|| "missing".into());
        if !self.treat_missing_data.eq_ignore_ascii_case(&missing) {
            self.treat_missing_data = missing;
        }
        self.unit = alarm.unit;
        let known = self.evaluation_criteria.0.take();
        let criteria = alarm.evaluation_criteria;
        self.evaluation_criteria =
            Block(criteria.and_then(|it| EvaluationCriteria::seen(it, known)));
        let known = std::mem::take(&mut self.metric_query.0);
        let queries = alarm.metrics.unwrap_or_default().into_iter();
        self.metric_query = BlockSet(queries.map(|it| MetricQuery::seen(it, &known)).collect());
        self.arn.set(alarm.alarm_arn);
        self.tags.observe(tags);
    }

    /// An alarm is put whole. Tags are not part of that: AWS ignores them where the alarm exists.
    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.tags.all == have.tags.all {
            return self.put(aws).await;
        }
        let arn = match have.arn.get() {
            Some(arn) => arn.clone(),
            None => aws.arn("cloudwatch", aws.account().await?, format!("alarm:{id}")),
        };
        aws.sync_tags::<tags::CloudWatch>(&arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.cloudwatch().delete_alarms().alarm_names(&**id).send().await?;
        Ok(())
    }
}

impl MetricAlarm {
    /// Makes the alarm or takes its place: the call is the same.
    async fn put(&self, aws: &Aws) -> Result<()> {
        let criteria = self.evaluation_criteria.get().and_then(EvaluationCriteria::sent);
        let actions = |it: &Option<Set<String>>| it.as_ref().map(|it| it.0.clone());
        let queries: Vec<_> = self.metric_query.0.iter().map(MetricQuery::sent).collect();
        // Not applicable to PromQL.
        let missing = Some(self.treat_missing_data.clone()).filter(|_| criteria.is_none());
        aws.cloudwatch()
            .put_metric_alarm()
            .alarm_name(&self.alarm_name)
            .actions_enabled(self.actions_enabled)
            .set_alarm_actions(actions(&self.alarm_actions))
            .set_alarm_description(self.alarm_description.clone())
            .set_comparison_operator(self.comparison_operator.clone())
            .set_datapoints_to_alarm(self.datapoints_to_alarm)
            .set_dimensions(self.dimensions.as_ref().map(dimensions_sent))
            .set_evaluate_low_sample_count_percentile(
                self.evaluate_low_sample_count_percentiles.given(),
            )
            .set_evaluation_criteria(criteria)
            .set_evaluation_interval(self.evaluation_interval)
            .set_evaluation_periods(self.evaluation_periods)
            .set_extended_statistic(self.extended_statistic.clone())
            .set_insufficient_data_actions(actions(&self.insufficient_data_actions))
            .set_metric_name(self.metric_name.clone())
            .set_metrics(Some(queries).filter(|it| !it.is_empty()))
            .set_namespace(self.namespace.clone())
            .set_ok_actions(actions(&self.ok_actions))
            .set_period(self.period)
            .set_statistic(self.statistic.clone())
            .set_tags(tagged(&self.tags.all))
            .set_threshold(self.threshold)
            .set_threshold_metric_id(self.threshold_metric_id.clone())
            .set_treat_missing_data(missing)
            .set_unit(self.unit.clone())
            .send()
            .await?;
        Ok(())
    }
}

impl EvaluationCriteria {
    fn sent(&self) -> Option<Criteria> {
        let it = self.promql_criteria.get()?;
        let it = AlarmPromQlCriteria::builder()
            .query(&it.query)
            .set_pending_period(it.pending_period)
            .set_recovery_period(it.recovery_period);
        Some(Criteria::PromQlCriteria(it.build()))
    }

    fn seen(it: Criteria, known: Option<Self>) -> Option<Self> {
        let Criteria::PromQlCriteria(it) = it else { return None };
        let known = known.and_then(|it| it.promql_criteria.0);
        let (pending, recovery) = known.map_or((None, None), |it| {
            let PromqlCriteria { pending_period, recovery_period, .. } = it;
            (pending_period, recovery_period)
        });
        let criteria = PromqlCriteria {
            pending_period: told(pending, it.pending_period),
            query: it.query.unwrap_or_default(),
            recovery_period: told(recovery, it.recovery_period),
        };
        Some(EvaluationCriteria { promql_criteria: Block(Some(criteria)) })
    }
}

impl MetricQuery {
    fn sent(&self) -> MetricDataQuery {
        MetricDataQuery::builder()
            .id(&self.id)
            .set_account_id(self.account_id.clone())
            .set_expression(self.expression.clone())
            .set_label(self.label.clone())
            .set_metric_stat(self.metric.get().map(QueryMetric::sent))
            .set_period(self.period)
            .return_data(self.return_data)
            .build()
    }

    /// What AWS tells, in the words of the known query of that `id`.
    fn seen(it: MetricDataQuery, known: &[MetricQuery]) -> Self {
        let id = it.id.unwrap_or_default();
        let known = known.iter().find(|it| it.id == id).cloned();
        let (label, metric) = known.map_or((None, None), |it| (it.label, it.metric.0));
        let known = metric.and_then(|it| it.dimensions);
        MetricQuery {
            account_id: it.account_id,
            expression: it.expression,
            id,
            label: told(label, it.label),
            period: it.period,
            return_data: it.return_data.unwrap_or(true),
            metric: Block(it.metric_stat.map(|it| QueryMetric::seen(it, known))),
        }
    }
}

impl QueryMetric {
    fn sent(&self) -> MetricStat {
        let metric = Metric::builder()
            .metric_name(&self.metric_name)
            .set_namespace(self.namespace.clone())
            .set_dimensions(self.dimensions.as_ref().map(dimensions_sent));
        MetricStat::builder()
            .metric(metric.build())
            .period(self.period)
            .stat(&self.stat)
            .set_unit(self.unit.clone())
            .build()
    }

    fn seen(it: MetricStat, known: Option<BTreeMap<String, String>>) -> Self {
        let (name, namespace, seen) = it
            .metric
            .map_or((None, None, None), |it| (it.metric_name, it.namespace, it.dimensions));
        QueryMetric {
            dimensions: told(known, dimensions(seen)),
            metric_name: name.unwrap_or_default(),
            namespace,
            period: it.period.unwrap_or_default(),
            stat: it.stat.unwrap_or_default(),
            unit: it.unit,
        }
    }
}

fn dimensions_sent(those: &BTreeMap<String, String>) -> Vec<Dimension> {
    those.iter().map(|(k, v)| Dimension::builder().name(k).value(v).build()).collect()
}

fn dimensions(those: Option<Vec<Dimension>>) -> Option<BTreeMap<String, String>> {
    those.map(|it| it.into_iter().filter_map(|it| Some((it.name?, it.value?))).collect())
}
