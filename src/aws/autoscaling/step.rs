//! Policies that change a size by steps, as far as an alarm's metric is from its threshold.

use super::prelude::*;
use types::{AdjustmentType, MetricAggregationType};

/// Changes the size by steps when an alarm calls.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct StepScaling {
    /// What the numbers of steps mean.
    pub adjustment_type: Option<AdjustmentType>,
    /// Seconds between two changes.
    pub cooldown: Option<i32>,
    /// How the metric's values are taken together.
    pub metric_aggregation_type: Option<MetricAggregationType>,
    /// Smallest change, where steps are in percent.
    pub min_adjustment_magnitude: Option<i32>,
    /// The steps.
    pub step_adjustment: BlockSet<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Step {
    /// Lowest distance from the threshold; any when unset.
    #[attr(format = "nullable_float")]
    pub metric_interval_lower_bound: Option<String>,
    /// Highest distance from the threshold; any when unset.
    #[attr(format = "nullable_float")]
    pub metric_interval_upper_bound: Option<String>,
    /// The change.
    pub scaling_adjustment: i32,
}

impl StepScaling {
    pub(super) fn sent(&self) -> types::StepScalingPolicyConfiguration {
        let bound = |it: &Option<String>| it.as_ref().and_then(|it| it.parse().ok());
        let step = |it: &Step| {
            types::StepAdjustment::builder()
                .set_metric_interval_lower_bound(bound(&it.metric_interval_lower_bound))
                .set_metric_interval_upper_bound(bound(&it.metric_interval_upper_bound))
                .scaling_adjustment(it.scaling_adjustment)
                .build()
                .ok()
        };
        types::StepScalingPolicyConfiguration::builder()
            .set_adjustment_type(self.adjustment_type.clone())
            .set_cooldown(self.cooldown)
            .set_metric_aggregation_type(self.metric_aggregation_type.clone())
            .set_min_adjustment_magnitude(self.min_adjustment_magnitude)
            .set_step_adjustments(some(self.step_adjustment.0.iter().filter_map(step).collect()))
            .build()
    }

    pub(super) fn told(
        it: types::StepScalingPolicyConfiguration,
        known: Option<&StepScaling>,
    ) -> Self {
        let step = |it: types::StepAdjustment| {
            let (lower, upper) = (it.metric_interval_lower_bound, it.metric_interval_upper_bound);
            // Bounds as they were written, where they are the same numbers.
            let same = |text: &Option<String>, number: Option<f64>| {
                text.as_ref().and_then(|it| it.parse::<f64>().ok()) == number
            };
            let written = known.iter().flat_map(|it| &it.step_adjustment.0).find(|known| {
                known.scaling_adjustment == it.scaling_adjustment
                    && same(&known.metric_interval_lower_bound, lower)
                    && same(&known.metric_interval_upper_bound, upper)
            });
            written.cloned().unwrap_or_else(|| Step {
                metric_interval_lower_bound: lower.map(|it| text_of(it, None)),
                metric_interval_upper_bound: upper.map(|it| text_of(it, None)),
                scaling_adjustment: it.scaling_adjustment,
            })
        };
        StepScaling {
            adjustment_type: it.adjustment_type,
            cooldown: it.cooldown,
            metric_aggregation_type: it.metric_aggregation_type,
            min_adjustment_magnitude: it.min_adjustment_magnitude,
            step_adjustment: BlockSet(
                it.step_adjustments.into_iter().flatten().map(step).collect(),
            ),
        }
    }
}
