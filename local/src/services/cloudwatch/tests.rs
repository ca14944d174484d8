#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use serde_json::{Value, json};

use super::actions::Change;
use super::alarm::StateValue;
use super::evaluation::{Comparison, Rule, TreatMissing};
use super::expression::Expression;
use super::insights::Insights;
use super::query::{Points, Window};
use super::{Datum, evaluator};
use crate::services::tests::{self, REGION};
use crate::{ApiError, Cloud, LocalConfig, Principal};

fn cloud() -> (Cloud, tempfile::TempDir) {
    tests::cloud(LocalConfig::default())
}

async fn call(cloud: &Cloud, operation: &str, input: Value) -> Result<Value, ApiError> {
    tests::ask(cloud, "monitoring", operation, input).await
}

fn errors_alarm(treat: &str) -> Value {
    json!({"AlarmName": "errors", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
        "Dimensions": [{"Name": "FunctionName", "Value": "f"}], "EvaluationPeriods": 1, "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": treat,
        "AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:topic"]})
}

fn error_of(function: &str) -> Datum {
    Datum {
        namespace: "AWS/Lambda".to_owned(),
        name: "Errors".to_owned(),
        dimensions: vec![("FunctionName".to_owned(), function.to_owned())],
        value: 3.0,
        unit: "Count".to_owned(),
    }
}

async fn state_of(cloud: &Cloud, name: &str) -> String {
    let reply = call(cloud, "DescribeAlarms", json!({"AlarmNames": [name]})).await.unwrap();
    reply["MetricAlarms"][0]["StateValue"].as_str().unwrap_or("absent").to_owned()
}

#[tokio::test]
async fn an_alarm_follows_its_metric() {
    let (cloud, _directory) = cloud();
    call(&cloud, "PutMetricAlarm", errors_alarm("notBreaching")).await.unwrap();
    assert_eq!(state_of(&cloud, "errors").await, "INSUFFICIENT_DATA");
    super::record(&cloud, REGION, error_of("other"));
    super::record(&cloud, REGION, error_of("f"));
    tokio::time::timeout(Duration::from_secs(10), async {
        while state_of(&cloud, "errors").await != "ALARM" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    call(&cloud, "DeleteAlarms", json!({"AlarmNames": ["errors", "absent"]})).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), async {
        while cloud.cloudwatch.state().evaluating {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn invalid_alarms_are_rejected() {
    let (cloud, _directory) = cloud();
    let cases = [
        ("Period", json!(61), "ValidationError"),
        ("EvaluationPeriods", json!(0), "ValidationError"),
        ("EvaluationPeriods", Value::Null, "MissingParameter"),
        ("ComparisonOperator", json!("Above"), "ValidationError"),
        ("TreatMissingData", json!("maybe"), "ValidationError"),
        ("AlarmActions", json!(["topic"]), "ValidationError"),
        ("DatapointsToAlarm", json!(2), "ValidationError"),
        ("Statistic", json!("Total"), "ValidationError"),
        ("ExtendedStatistic", json!("p99"), "ValidationError"),
        ("Threshold", Value::Null, "MissingParameter"),
        ("Metrics", json!([{"Id": "m1", "Expression": "1"}]), "ValidationError"),
        ("Period", json!(86400), "absent"),
    ];
    for (name, value, code) in cases {
        let mut alarm = errors_alarm("missing");
        alarm[name] = value.clone();
        let actual = call(&cloud, "PutMetricAlarm", alarm).await.err().map_or("absent".to_owned(), |error| error.code);
        assert_eq!(actual, code, "{name} = {value}");
    }
}

#[tokio::test]
async fn each_series_in_alarm_is_a_contributor() {
    let (cloud, _directory) = cloud();
    let alarm = json!({"AlarmName": "all", "EvaluationPeriods": 1, "Threshold": 1, "TreatMissingData": "notBreaching",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "AlarmDescription": "any function error",
        "Metrics": [{"Id": "m1", "ReturnData": true, "Period": 60, "Expression":
            "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) WHERE FunctionName != 'handler' GROUP BY FunctionName"}]});
    call(&cloud, "PutMetricAlarm", alarm).await.unwrap();
    for function in ["orders", "mails", "handler"] {
        super::record(&cloud, REGION, error_of(function));
    }
    let changes = evaluator::evaluate(&cloud);
    let named: Vec<String> = changes
        .iter()
        .map(|change| match change {
            Change::Contributor { group, state, .. } => format!("{} {}", group[0].1, state.value.as_str()),
            Change::Alarm { alarm, .. } => format!("{} {}", alarm.state.value.as_str(), alarm.state.reason),
        })
        .collect();
    assert_eq!(named, ["mails ALARM", "orders ALARM", "ALARM 2 out of 2 time series evaluated to ALARM"]);
    assert!(evaluator::evaluate(&cloud).is_empty());
    let reply = call(&cloud, "DescribeAlarmContributors", json!({"AlarmName": "all"})).await.unwrap();
    assert_eq!(reply["AlarmContributors"][0]["ContributorAttributes"], json!({"FunctionName": "mails"}));
}

#[tokio::test]
async fn the_depth_of_a_queue_is_a_metric() {
    let (cloud, _directory) = cloud();
    tests::ask(&cloud, "sqs", "CreateQueue", json!({"QueueName": "dead"})).await.unwrap();
    let mut alarm = errors_alarm("notBreaching");
    alarm["Namespace"] = json!("AWS/SQS");
    alarm["MetricName"] = json!("ApproximateNumberOfMessagesVisible");
    alarm["Statistic"] = json!("Maximum");
    alarm["Dimensions"] = json!([{"Name": "QueueName", "Value": "dead"}]);
    call(&cloud, "PutMetricAlarm", alarm).await.unwrap();
    evaluator::evaluate(&cloud);
    assert_eq!(state_of(&cloud, "errors").await, "OK");
    let queue = "arn:aws:sqs:eu-west-1:000000000000:dead";
    let message = crate::services::sqs::Outgoing { body: "x".to_owned(), ..Default::default() };
    crate::services::sqs::send(&cloud, queue, message, Principal::Root, None).await.unwrap();
    evaluator::evaluate(&cloud);
    assert_eq!(state_of(&cloud, "errors").await, "ALARM");
}

#[test]
fn a_rule_evaluates_present_and_missing_data() {
    use StateValue::{Alarm, InsufficientData, Ok};
    type Case = (&'static str, [Option<f64>; 4], usize, Option<StateValue>);
    let cases: [Case; 9] = [
        ("missing", [None, None, None, None], 2, Some(InsufficientData)),
        ("notBreaching", [None, None, None, None], 2, Some(Ok)),
        ("breaching", [None, None, None, None], 2, Some(Alarm)),
        ("ignore", [None, None, None, None], 2, None),
        ("missing", [None, Some(5.0), Some(5.0), None], 2, Some(Alarm)),
        ("missing", [None, Some(5.0), Some(0.0), None], 2, Some(Ok)),
        ("missing", [Some(5.0), None, None, Some(5.0)], 2, Some(Ok)),
        ("notBreaching", [None, None, Some(5.0), Some(5.0)], 2, Some(Alarm)),
        ("breaching", [None, None, None, Some(0.0)], 3, Some(Ok)),
    ];
    for (treat, values, datapoints, expected) in cases {
        let missing = TreatMissing::parse(treat).unwrap();
        let comparison = Comparison::GreaterOrEqual;
        let rule = Rule { comparison, threshold: 1.0, periods: 3, datapoints, is_share: true, missing };
        let window = rule.window(600_000, 60_000);
        assert_eq!(window.starts, [420_000, 480_000, 540_000, 600_000]);
        let points: Points =
            window.starts.iter().zip(values).filter_map(|(start, value)| Some((*start, value?))).collect();
        let verdict = rule.judge(&window, &points, 600_000, Some("Sum"), 60, InsufficientData);
        assert_eq!(verdict.map(|verdict| verdict.value), expected, "{treat} {values:?}");
    }
}

#[test]
fn reasons_read_as_on_aws() {
    let rule = Rule {
        comparison: Comparison::Greater,
        threshold: 50.0,
        periods: 1,
        datapoints: 1,
        is_share: true,
        missing: TreatMissing::Missing,
    };
    let now = "2019-10-02T16:59:30Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let window = rule.window(now, 60_000);
    let points = Points::from([(window.starts[1], 99.501)]);
    let verdict = rule.judge(&window, &points, now, Some("Average"), 60, StateValue::Ok).unwrap();
    insta::assert_snapshot!(verdict.reason, @"Threshold Crossed: 1 out of the last 1 datapoints [99.501 (02/10/19 16:59:00)] was greater than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).");
    insta::assert_snapshot!(verdict.reason_data, @r#"{"version":"1.0","queryDate":"2019-10-02T16:59:30.000+0000","startDate":"2019-10-02T16:59:00.000+0000","statistic":"Average","period":60,"recentDatapoints":[99.501],"threshold":50.0,"evaluatedDatapoints":[{"timestamp":"2019-10-02T16:59:00.000+0000","value":99.501}]}"#);
    let whole = Rule { is_share: false, ..rule };
    let reason = |rule: Rule, points: &Points| {
        let window = rule.window(now, 60_000);
        rule.judge(&window, points, now, Some("Average"), 60, StateValue::Ok).unwrap().reason
    };
    insta::assert_snapshot!(reason(whole, &points), @"Threshold Crossed: 1 datapoint [99.501 (02/10/19 16:59:00)] was greater than the threshold (50.0).");
    let calm = Points::from([(window.starts[0], 12.0)]);
    insta::assert_snapshot!(reason(whole, &calm), @"Threshold Crossed: 1 datapoint [12.0 (02/10/19 16:58:00)] was not greater than the threshold (50.0).");
    let twice = Points::from([(window.starts[0], 70.0), (window.starts[1], 99.501)]);
    insta::assert_snapshot!(reason(Rule { periods: 2, datapoints: 2, ..whole }, &twice), @"Threshold Crossed: 2 datapoints [99.501 (02/10/19 16:59:00), 70.0 (02/10/19 16:58:00)] were greater than the threshold (50.0).");
    insta::assert_snapshot!(rule.contributor_reason(&verdict), @"Threshold Crossed: 1 datapoint was greater than the threshold (50.0). The most recent datapoint which crossed the threshold: [99.501 (02/10/19 16:59:00)].");
}

#[test]
fn metric_math_is_arithmetic_over_present_data() {
    let window = Window { starts: vec![0, 60], period: 60 };
    let metrics = [("m1".to_owned(), Points::from([(0, 6.0), (60, 4.0)])), ("m2".to_owned(), Points::from([(0, 2.0)]))];
    let cases: [(&str, &[(i64, f64)]); 6] = [
        ("m1/m2", &[(0, 3.0)]),
        ("100*(m1-1)", &[(0, 500.0), (60, 300.0)]),
        ("SUM(METRICS())", &[(0, 8.0), (60, 4.0)]),
        ("m1 + FILL(m2, 0)", &[(0, 8.0), (60, 4.0)]),
        ("IF(m1 > 5, 1, 0)", &[(0, 1.0), (60, 0.0)]),
        ("MAX(m1) - m1", &[(0, 0.0), (60, 2.0)]),
    ];
    for (text, expected) in cases {
        let points = Expression::parse(text).unwrap().evaluate(&metrics.clone().into(), &window).unwrap();
        assert_eq!(points, expected.iter().copied().collect(), "{text}");
    }
    for wrong in ["m1 +", "(m1", "m1 m2", "m1 ? m2", "SUM(m1"] {
        assert_eq!(Expression::parse(wrong).unwrap_err().code, "ValidationError", "{wrong}");
    }
}

#[test]
fn insights_queries_parse_or_are_rejected() {
    for text in [
        "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName",
        "select avg(\"x y\") from \"AWS/DynamoDB\" where TableName = 'a' and Operation != 'b' group by TableName order by MAX() desc limit 10",
        "SELECT COUNT(m) FROM ns",
    ] {
        assert!(Insights::parse(text, REGION).is_ok(), "{text}");
    }
    for text in ["SELECT Errors FROM x", "SELECT MEDIAN(e) FROM x", "SELECT SUM(e) FROM x WHERE a > 1", "SELECT SUM(e)"]
    {
        assert_eq!(Insights::parse(text, REGION).unwrap_err().code, "ValidationError", "{text}");
    }
}

#[tokio::test]
async fn dashboards_are_json() {
    let (cloud, _directory) = cloud();
    for body in ["nonsense", "[]", "{}", "{\"widgets\":[{\"type\":\"pie\"}]}"] {
        let error = call(&cloud, "PutDashboard", json!({"DashboardName": "d", "DashboardBody": body})).await;
        assert_eq!(error.unwrap_err().code, "InvalidParameterInput", "{body}");
    }
    let body = "{\"widgets\":[{\"type\":\"text\",\"properties\":{\"markdown\":\"hi\"}}]}";
    call(&cloud, "PutDashboard", json!({"DashboardName": "d", "DashboardBody": body})).await.unwrap();
    let got = call(&cloud, "GetDashboard", json!({"DashboardName": "d"})).await.unwrap();
    assert_eq!(got["DashboardArn"], "arn:aws:cloudwatch::000000000000:dashboard/d");
    assert_eq!(got["DashboardBody"], body);
    call(&cloud, "DeleteDashboards", json!({"DashboardNames": ["d"]})).await.unwrap();
    let gone = call(&cloud, "GetDashboard", json!({"DashboardName": "d"})).await.unwrap_err();
    assert_eq!(gone.code, "ResourceNotFound");
}

#[tokio::test]
async fn metrics_are_summed_by_period() {
    let (cloud, _directory) = cloud();
    let data = json!([{"MetricName": "m", "Timestamp": 1_700_000_000, "Value": 2}, {"MetricName": "m", "Timestamp": 1_700_000_060, "Values": [1, 4], "Counts": [1, 2]}]);
    call(&cloud, "PutMetricData", json!({"Namespace": "own", "MetricData": data.clone()})).await.unwrap();
    let refused = call(&cloud, "PutMetricData", json!({"Namespace": "AWS/Lambda", "MetricData": data})).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValue");
    let query = json!({"Namespace": "own", "MetricName": "m", "StartTime": 1_699_999_800, "EndTime": 1_700_000_400, "Period": 300, "Statistics": ["Sum", "SampleCount", "Maximum"]});
    let reply = call(&cloud, "GetMetricStatistics", query).await.unwrap();
    let total: f64 = reply["Datapoints"].as_array().unwrap().iter().filter_map(|point| point["Sum"].as_f64()).sum();
    assert!((total - 11.0).abs() < f64::EPSILON, "{reply}");
    let listed = call(&cloud, "ListMetrics", json!({"Namespace": "own"})).await.unwrap();
    assert_eq!(listed["Metrics"][0]["MetricName"], "m");
}

#[tokio::test]
async fn a_datum_has_one_kind_of_value() {
    let (cloud, _directory) = cloud();
    let both = "are mutually exclusive and you have specified both.";
    let statistics = json!({"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1});
    for (datum, code, words) in [
        (
            json!({"Value": 1, "Values": [1]}),
            "InvalidParameterCombination",
            format!("The parameters MetricData.member.2.Value and MetricData.member.2.Values {both}"),
        ),
        (
            json!({"Value": 1, "StatisticValues": statistics}),
            "InvalidParameterCombination",
            format!("The parameters MetricData.member.2.Value and MetricData.member.2.StatisticValues {both}"),
        ),
        (
            json!({"Values": [1, 2], "Counts": [1]}),
            "InvalidParameterValue",
            "The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size."
                .to_owned(),
        ),
        (json!({}), "MissingParameter", "The parameter MetricData.member.2.Value is required.".to_owned()),
        (
            json!({"Values": vec![1; 151]}),
            "InvalidParameterValue",
            "The collection MetricData.member.2.Values must not have a size greater than 150.".to_owned(),
        ),
        (json!({"Value": 1e109}), "InvalidParameterValue", "MetricData.member.2.Value is invalid.".to_owned()),
        (
            json!({"Value": 1, "Unit": "Furlongs"}),
            "InvalidParameterValue",
            "The parameter MetricData.member.2.Unit must be a value in the set".to_owned(),
        ),
    ] {
        let mut bad = json!({"MetricName": "m"});
        bad.as_object_mut().unwrap().extend(datum.as_object().unwrap().clone());
        let data = json!([{"MetricName": "m", "Value": 1}, bad]);
        let error = call(&cloud, "PutMetricData", json!({"Namespace": "own", "MetricData": data})).await.unwrap_err();
        assert!(error.code == code && error.message.contains(&words), "{datum}: {error}");
    }
}

#[tokio::test]
async fn units_stay_apart() {
    let (cloud, _directory) = cloud();
    let at = 1_700_000_000;
    let data = json!([
        {"MetricName": "m", "Timestamp": at, "Value": 1, "Unit": "Seconds"},
        {"MetricName": "m", "Timestamp": at, "Value": 5, "Unit": "Count"},
        {"MetricName": "m", "Timestamp": at, "Value": 10},
    ]);
    call(&cloud, "PutMetricData", json!({"Namespace": "own", "MetricData": data})).await.unwrap();
    let ask = |unit: Option<&str>| {
        let mut query = json!({"Namespace": "own", "MetricName": "m", "StartTime": at - 60, "EndTime": at + 60, "Period": 60, "Statistics": ["Average"]});
        if let Some(unit) = unit {
            query["Unit"] = json!(unit);
        }
        query
    };
    let all = call(&cloud, "GetMetricStatistics", ask(None)).await.unwrap();
    let mut seen: Vec<String> = all["Datapoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| format!("{} {}", point["Average"], point["Unit"]))
        .collect();
    seen.sort();
    assert_eq!(seen, ["1.0 \"Seconds\"", "10.0 \"None\"", "5.0 \"Count\""]);
    let one = call(&cloud, "GetMetricStatistics", ask(Some("Count"))).await.unwrap();
    assert_eq!((one["Datapoints"].as_array().unwrap().len(), &one["Datapoints"][0]["Average"]), (1, &json!(5.0)));
}

#[tokio::test]
async fn a_day_by_minute_need_not_start_at_a_minute() {
    let (cloud, _directory) = cloud();
    let query = |from: i64, to: i64| json!({"Namespace": "own", "MetricName": "m", "StartTime": from, "EndTime": to, "Period": 60, "Statistics": ["Sum"]});
    let from = 1_700_000_017;
    call(&cloud, "GetMetricStatistics", query(from, from + 86_400)).await.unwrap();
    let error = call(&cloud, "GetMetricStatistics", query(from, from + 86_401)).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameterCombination");
    assert!(
        error.message.starts_with("You have requested up to 1441 datapoints, which exceeds the limit of 1440."),
        "{error}"
    );
}

/// One data point of each function, the lower its number the more errors.
fn errors_of(cloud: &Cloud, functions: u32) {
    for number in 0..functions {
        let value = f64::from(functions - number);
        super::record(cloud, REGION, Datum { value, ..error_of(&format!("f{number:04}")) });
    }
}

async fn series_of(cloud: &Cloud, query: &str) -> Vec<(String, f64)> {
    let now = jiff::Timestamp::now().as_second();
    let input = json!({"StartTime": now - 600, "EndTime": now + 60,
        "MetricDataQueries": [{"Id": "errors", "Expression": query, "Period": 60}]});
    let reply = call(cloud, "GetMetricData", input).await.unwrap();
    let results = reply["MetricDataResults"].as_array().unwrap().clone();
    results
        .iter()
        .map(|line| (line["Label"].as_str().unwrap().to_owned(), line["Values"][0].as_f64().unwrap()))
        .collect()
}

const BY_FUNCTION: &str = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName";

#[tokio::test]
async fn a_query_returns_the_500_series_that_its_order_puts_first() {
    let (cloud, _directory) = cloud();
    errors_of(&cloud, 5_000);
    let most = series_of(&cloud, &format!("{BY_FUNCTION} ORDER BY SUM() DESC")).await;
    let expected: Vec<_> = (0..500).map(|number| (format!("f{number:04}"), f64::from(5_000 - number))).collect();
    assert_eq!(most, expected);
    let least = series_of(&cloud, &format!("{BY_FUNCTION} ORDER BY SUM() ASC LIMIT 2")).await;
    assert_eq!(least, [("f4999".to_owned(), 1.0), ("f4998".to_owned(), 2.0)]);
    let unordered = series_of(&cloud, &format!("{BY_FUNCTION} LIMIT 1000")).await;
    assert_eq!(unordered.len(), 500);
    assert_ne!(unordered, expected, "without an order nothing says which they are");
}

#[tokio::test]
async fn a_call_takes_one_query() {
    let (cloud, _directory) = cloud();
    let query = |id: &str| json!({"Id": id, "Expression": BY_FUNCTION, "Period": 60});
    let metric = json!({"Id": "m", "MetricStat": {"Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}});
    let range = |queries: Value| json!({"StartTime": 0, "EndTime": 600, "MetricDataQueries": queries});
    call(&cloud, "GetMetricData", range(json!([query("a"), metric]))).await.unwrap();
    let error = call(&cloud, "GetMetricData", range(json!([query("a"), query("b")]))).await.unwrap_err();
    assert_eq!(error.code, "ValidationError");
}

/// `GetMetricData` declares no error of its parameters.
#[tokio::test]
async fn metric_data_is_refused_by_a_common_error() {
    let (cloud, _directory) = cloud();
    let queries = json!([{"Id": "a", "MetricStat": {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}}]);
    for (input, message) in [
        (json!({"StartTime": 0, "EndTime": 6_048_060, "MetricDataQueries": queries}), "more datapoints than allowed"),
        (json!({"StartTime": 60, "EndTime": 0, "MetricDataQueries": queries}), "must be less than"),
        (json!({"StartTime": 0, "EndTime": 60, "MetricDataQueries": queries, "MaxDatapoints": 0}), "MaxDatapoints"),
        (json!({"StartTime": 0, "EndTime": 600}), "MetricDataQueries"),
    ] {
        let error = call(&cloud, "GetMetricData", input).await.unwrap_err();
        assert!(error.code == "ValidationError" && error.message.contains(message), "{error:?}");
    }
    let pages = json!({"StartTime": 0, "EndTime": 600, "MetricDataQueries": queries, "MaxDatapoints": 9});
    assert_eq!(call(&cloud, "GetMetricData", pages).await.unwrap_err().code, "NotImplemented");
}

/// A function with a timeout of fifteen minutes reports its error in the minute in which it was invoked.
#[tokio::test]
async fn an_alarm_on_one_of_sixteen_datapoints_sees_an_error_of_a_quarter_of_an_hour_ago() {
    let (cloud, _directory) = cloud();
    let mut alarm = errors_alarm("notBreaching");
    alarm["Dimensions"] = json!([]);
    alarm["EvaluationPeriods"] = json!(16);
    alarm["DatapointsToAlarm"] = json!(1);
    call(&cloud, "PutMetricAlarm", alarm).await.unwrap();
    let ago = |minutes: i64| jiff::Timestamp::now().as_millisecond() - minutes * 60_000;
    let error = || Datum { dimensions: Vec::new(), ..error_of("") };
    super::record_at(&cloud, REGION, error(), ago(18));
    evaluator::evaluate(&cloud);
    assert_eq!(state_of(&cloud, "errors").await, "OK");
    super::record_at(&cloud, REGION, error(), ago(15));
    evaluator::evaluate(&cloud);
    assert_eq!(state_of(&cloud, "errors").await, "ALARM");
}

#[test]
fn alarms_are_described_by_whoever_may_read_those_alarms() {
    let need = |input: Value| {
        let call = crate::Call {
            service: "monitoring".to_owned(),
            operation: "DescribeAlarms".to_owned(),
            input: crate::Input(input.as_object().cloned().unwrap_or_default()),
            region: REGION.to_owned(),
            request_id: String::new(),
            principal: Principal::Root,
        };
        super::authorization(&call).into_iter().map(|need| need.resource).collect::<Vec<_>>()
    };
    let alarm = |name: &str| format!("arn:aws:cloudwatch:{REGION}:000000000000:alarm:{name}");
    assert_eq!(need(json!({"AlarmNames": ["a", "b"]})), [alarm("a"), alarm("b")]);
    assert_eq!(need(json!({"AlarmNamePrefix": "a"})), [alarm("*")]);
    assert_eq!(need(json!({"AlarmNames": ["a"], "AlarmTypes": ["CompositeAlarm"]})), ["*"]);
}
