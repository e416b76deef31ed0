//! What of an `aws_cloudwatch_metric_alarm` is refused at plan.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::metric_alarm::{MetricAlarmDraft, MetricQuery};
use super::prelude::*;
use types::Statistic;

/// Refuses what AWS would refuse later.
pub(super) fn check(draft: &MetricAlarmDraft<'_>, diagnostics: &mut Diagnostics) {
    check_numbers(draft, diagnostics);
    check_parts(draft, diagnostics);
    let queries = draft.metric_query().known();
    if let Some(BlockSet(queries)) = queries.filter(|it| !it.0.is_empty()) {
        for why in mistakes(&queries) {
            draft.refuse(diagnostics, "metric_query", why);
        }
    }
}

/// Each number and text by itself.
fn check_numbers(draft: &MetricAlarmDraft<'_>, diagnostics: &mut Diagnostics) {
    let (periods, points) =
        (draft.evaluation_periods().known(), draft.datapoints_to_alarm().known());
    if let (Some(periods), Some(points)) = (periods, points)
        && points > periods
    {
        let why =
            format!("no more than the {periods} of `evaluation_periods` can be out of bounds");
        draft.refuse(diagnostics, "datapoints_to_alarm", why);
    }
    if draft.extended_statistic().known().is_some_and(|it| !is_extended(&it)) {
        let why = "it is a percentile such as `p99` or `p99.9`, a trimmed statistic such as `tm90`, \
                   `wm98`, `TM(10%:90%)` or `PR(:300)`, or `IQM`";
        draft.refuse(diagnostics, "extended_statistic", why);
    }
    if draft.namespace().known().is_some_and(|it| it.starts_with(':')) {
        draft.refuse(diagnostics, "namespace", "it cannot begin with `:`");
    }
}

/// Which arguments each kind of alarm needs.
fn check_parts(draft: &MetricAlarmDraft<'_>, diagnostics: &mut Diagnostics) {
    let blocks = |name: &str| match draft.value(name) {
        it if !it.is_known() => None,
        it => Some(it.as_slice().is_some_and(|it| !it.is_empty())),
    };
    let by_query = blocks("evaluation_criteria");
    let mut need = |name: &str, is_set: bool, why: &str| {
        if !is_set {
            draft.refuse(diagnostics, name, why);
        }
    };
    if by_query == Some(false) {
        let why = "an alarm of metrics needs it";
        need("comparison_operator", draft.comparison_operator().is_set(), why);
        need("evaluation_periods", draft.evaluation_periods().is_set(), why);
        let bound = draft.threshold().is_set() || draft.threshold_metric_id().is_set();
        need("threshold", bound, "an alarm of metrics needs it, or `threshold_metric_id`");
    }
    if matches!(draft.metric_name(), Given::Known(_)) {
        let why = "an alarm of one metric needs it";
        need("namespace", draft.namespace().is_set(), why);
        need("period", draft.period().is_set(), why);
        let statistic = draft.statistic().is_set() || draft.extended_statistic().is_set();
        need("statistic", statistic, "an alarm of one metric needs it, or `extended_statistic`");
    }
}

/// What is wrong with queries that go together.
fn mistakes(queries: &[MetricQuery]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for it in queries {
        let id = &it.id;
        if !ids.insert(id) {
            wrong.push(format!("there are two with the id `{id}`"));
        }
        let allowed = |it: char| it.is_ascii_alphanumeric() || it == '_';
        if !id.starts_with(|it: char| it.is_ascii_lowercase()) || !id.chars().all(allowed) {
            wrong
                .push(format!("the id `{id}` is not a small letter and then letters, digits, `_`"));
        }
        let stat = it.metric.get().map(|it| it.stat.as_str());
        if stat.is_some_and(|it| !Statistic::values().contains(&it) && !is_extended(it)) {
            wrong.push(format!("the `stat` of `{id}` is none that there is"));
        }
    }
    if !queries.iter().any(|it| it.return_data) {
        wrong.push("none is watched: write `return_data = true` in one".into());
    }
    wrong
}

/// Whether the text names a percentile or a trimmed statistic.
fn is_extended(text: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let number = r"(100|\d{1,2}(\.\d{1,10})?)";
        let percent = format!("({number}%)?");
        let value = r"(\d+(\.\d+)?)?";
        Regex::new(&format!(
            r"^(IQM|(p|tm|wm|tc|ts){number}|(TM|WM|TC|TS)\(({percent}:{percent}|{value}:{value})\)|PR\({value}:{value}\))$"
        ))
        .ok()
    });
    PATTERN.as_ref().is_none_or(|it| it.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_told_from_typing_errors() {
        let good = [
            "p0",
            "p99",
            "p99.9",
            "p100",
            "tm90",
            "wm98.5",
            "tc1",
            "ts50",
            "IQM",
            "TM(10%:90%)",
            "TM(:90%)",
            "WM(10%:)",
            "TC(150:1000)",
            "PR(:300)",
            "PR(100.5:)",
        ];
        for it in good {
            assert!(is_extended(it), "{it}");
        }
        for it in ["", "p", "p101", "99", "P99", "Average", "tm90%", "TM(10:90%)", "PR", "p99 "] {
            assert!(!is_extended(it), "{it}");
        }
    }
}
