//! Alarms and dashboards.

use fastcart_hcl::driver::Op;
use serde_json::{Value as Json, json};

use crate::play::Play;

fn alarm(name: &str, more: Json) -> Json {
    let mut it = json!({
        "alarm_name": name, "namespace": "AWS/Kinesis", "period": 60, "evaluation_periods": 3,
        "metric_name": "GetRecords.IteratorAgeMilliseconds", "statistic": "Maximum",
        "comparison_operator": "GreaterThanThreshold", "threshold": 60000,
    });
    for (k, v) in more.as_object().unwrap() {
        it[k] = v.clone();
    }
    it
}

#[tokio::test]
async fn an_alarm_lives() {
    let play = Play::new().await;
    let it = play.create("aws_cloudwatch_metric_alarm", alarm("lag", json!({}))).await;
    assert_eq!(*it.id, *"lag");
    assert_eq!(it.at("arn"), json!("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:lag"));
    assert_eq!(it.at("treat_missing_data"), json!("missing"));
    assert_eq!(it.at("alarm_actions"), json!(null), "nothing is nothing");
    let topic = |it: &str| format!("arn:aws:sns:eu-central-1:123456789012:{it}");
    let full = alarm(
        "lag",
        json!({
            "alarm_description": "orders wait", "actions_enabled": false, "unit": "Milliseconds",
            "dimensions": { "StreamName": "orders" }, "datapoints_to_alarm": 2, "threshold": 1.5,
            "alarm_actions": [topic("a"), topic("b")], "ok_actions": [topic("a")],
            "insufficient_data_actions": [topic("c")], "treat_missing_data": "notbreaching",
            "statistic": null, "extended_statistic": "p99.9", "period": 120,
            "evaluate_low_sample_count_percentiles": "ignore", "evaluation_periods": 4,
            "comparison_operator": "LessThanThreshold", "tags": { "a": "1", "b": "2" },
        }),
    );
    let it = play.update(&it, full.clone()).await;
    assert_eq!(it.at("threshold"), json!(1.5));
    assert_eq!(it.at("treat_missing_data"), json!("notbreaching"), "as the user wrote it");
    assert_eq!(it.at("tags_all"), json!({ "a": "1", "b": "2" }));
    play.same_by_import(&it, "lag", &["treat_missing_data"]).await;
    let mut less = full;
    less["tags"] = json!({ "b": "3" });
    less["threshold"] = json!(0);
    for name in ["alarm_description", "dimensions", "datapoints_to_alarm", "ok_actions", "unit"] {
        less[name] = json!(null);
    }
    let it = play.update(&it, less.clone()).await;
    assert_eq!(it.at("tags_all"), json!({ "b": "3" }));
    assert_eq!(it.at("threshold"), json!(0));
    assert_eq!(it.at("dimensions"), json!(null));
    let again = play.make("aws_cloudwatch_metric_alarm", &less, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "put again it is the same alarm");
    let before = play.aws().calls().snapshot();
    let it = play.update(&it, less).await;
    let after = play.aws().calls().snapshot();
    let puts = |of: &std::collections::BTreeMap<String, u64>| {
        of.get("cloudwatch:PutMetricAlarm").copied().unwrap_or_default()
    };
    assert_eq!(puts(&before), puts(&after), "nothing is put where nothing differs");
    play.delete(&it).await;
}

#[tokio::test]
async fn an_alarm_of_an_expression_lives() {
    let play = Play::new().await;
    let query = |id: &str, name: &str, more: Json| {
        json!({ "id": id, "return_data": false, "metric": [{
            "metric_name": name, "namespace": "AWS/Lambda", "period": 60, "stat": "Sum",
            "dimensions": more,
        }] })
    };
    let rate = |expression: &str| json!({ "id": "rate", "expression": expression, "label": "rate", "return_data": true });
    let config = |queries: Json| {
        json!({
            "alarm_name": "rate", "comparison_operator": "GreaterThanThreshold", "threshold": 1,
            "evaluation_periods": 2, "metric_query": queries, "tags": { "a": "1" },
        })
    };
    let named = json!({ "FunctionName": "f" });
    let all = json!([
        query("errors", "Errors", named.clone()),
        query("calls", "Invocations", named),
        rate("errors / calls"),
    ]);
    let it = play.create("aws_cloudwatch_metric_alarm", config(all)).await;
    assert_eq!(it.at("metric_query").as_array().map(Vec::len), Some(3));
    play.same_by_import(&it, "rate", &[]).await;
    let fewer = json!([query("errors", "Errors", json!({})), rate("errors * 2")]);
    let it = play.update(&it, config(fewer)).await;
    let simple = alarm("rate", json!({ "tags": { "a": "1" } }));
    let it = play.update(&it, simple).await;
    assert_eq!(it.at("metric_query"), json!([]));
    play.delete(&it).await;
}

#[tokio::test]
async fn an_alarm_of_a_query_lives() {
    let play = Play::new().await;
    let config = |query: &str, more: Json| {
        let mut criteria = json!({ "query": query });
        for (k, v) in more.as_object().unwrap() {
            criteria[k] = v.clone();
        }
        json!({ "alarm_name": "query", "evaluation_interval": 60,
            "evaluation_criteria": [{ "promql_criteria": [criteria] }] })
    };
    let it = play.create("aws_cloudwatch_metric_alarm", config("up == 0", json!({}))).await;
    let more = json!({ "pending_period": 60, "recovery_period": 0 });
    let it = play.update(&it, config("up == 1", more)).await;
    assert_eq!(it.at("evaluation_criteria")[0]["promql_criteria"][0]["pending_period"], json!(60));
    let it = play.update(&it, config("up == 1", json!({ "recovery_period": 5 }))).await;
    play.same_by_import(&it, "query", &[]).await;
    play.delete(&it).await;
}

#[tokio::test]
async fn many_alarms_are_read_in_one_call() {
    let play = Play::new().await;
    let mut made = Vec::new();
    for number in 0..15 {
        let config = alarm(&format!("many-{number}"), json!({ "tags": { "a": "1" } }));
        made.push(play.create("aws_cloudwatch_metric_alarm", config).await);
    }
    let before = play.aws().calls().snapshot();
    let driver = play.driver("aws_cloudwatch_metric_alarm");
    let reads = made.iter().map(|it| driver.read(&play.cloud, &it.id, it.row.clone()));
    for seen in futures_util::future::join_all(reads).await {
        assert!(seen.unwrap().is_some());
    }
    let calls = play.aws().calls().snapshot();
    let since = |name: &str| {
        calls.get(name).copied().unwrap_or_default() - before.get(name).copied().unwrap_or_default()
    };
    assert_eq!(since("cloudwatch:DescribeAlarms"), 1);
    assert_eq!(since("cloudwatch:ListTagsForResource"), 15, "AWS tells tags one by one");
    for it in &made {
        play.delete(it).await;
    }
}

#[tokio::test]
async fn a_dashboard_lives() {
    let play = Play::new().await;
    let config = |text: &str| {
        json!({ "dashboard_name": "orders", "dashboard_body": json!({ "widgets": [
            { "type": "text", "width": 6, "height": 3, "properties": { "markdown": text } }
        ] }).to_string() })
    };
    let it = play.create("aws_cloudwatch_dashboard", config("one")).await;
    assert_eq!(*it.id, *"orders");
    assert!(it.at("dashboard_arn").as_str().unwrap().ends_with(":dashboard/orders"));
    let mut spaced = config("one");
    spaced["dashboard_body"] =
        json!(spaced["dashboard_body"].as_str().unwrap().replace(':', " : "));
    let before = play.aws().calls().snapshot();
    let it = play.update(&it, spaced).await;
    let puts = "cloudwatch:PutDashboard";
    assert_eq!(before.get(puts), play.aws().calls().snapshot().get(puts), "it means the same");
    let it = play.update(&it, config("two")).await;
    play.same_by_import(&it, "orders", &[]).await;
    let again = play.make("aws_cloudwatch_dashboard", &config("two"), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id);
    play.delete(&it).await;
    let gone = play.driver("aws_cloudwatch_dashboard");
    assert!(gone.read(&play.cloud, &it.id, gone.blank()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_at_plan() {
    let play = Play::new().await;
    let alarms: &[(Json, &[&str])] = &[
        (json!({}), &[]),
        (json!({ "period": 45 }), &["period"]),
        (json!({ "period": 30, "evaluation_periods": 0 }), &["evaluation_periods"]),
        (json!({ "datapoints_to_alarm": 4 }), &["datapoints_to_alarm"]),
        (json!({ "statistic": null }), &["statistic"]),
        (json!({ "statistic": null, "extended_statistic": "p99" }), &[]),
        (json!({ "statistic": null, "extended_statistic": "q99" }), &["extended_statistic"]),
        (json!({ "threshold": null }), &["threshold"]),
        (json!({ "threshold": null, "threshold_metric_id": "band" }), &[]),
        (json!({ "comparison_operator": null }), &["comparison_operator"]),
        (json!({ "namespace": null, "period": null }), &["namespace", "period"]),
        (json!({ "alarm_actions": ["ops"] }), &["alarm_actions"]),
        (json!({ "evaluation_interval": 60 }), &["evaluation_interval", "metric_name"]),
        (
            json!({ "metric_name": null, "metric_query": [{ "id": "A" }] }),
            &["metric_query", "metric_query", "metric_query", "metric_query"],
        ),
    ];
    for (more, expected) in alarms {
        let config = alarm("a", more.clone());
        assert_eq!(play.refused("aws_cloudwatch_metric_alarm", &config), *expected, "{more}");
    }
    let dashboard = json!({ "dashboard_name": "a b", "dashboard_body": "{}" });
    assert_eq!(play.refused("aws_cloudwatch_dashboard", &dashboard), ["dashboard_name"]);
}
