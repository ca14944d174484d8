//! Alarms end to end: from a metric over its threshold to the topic's queue and the rule's.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use serde_json::{Value, json};

use super::REGION;
use crate::{ApiError, Cloud, LocalConfig};

type Tested<T = ()> = Result<T, Box<dyn Error>>;

const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:alerts";

/// An account whose queue `topic` is subscribed to the topic, and whose queue `rule` receives CloudWatch's events.
struct Account {
    cloud: Cloud,
    _directory: tempfile::TempDir,
}

impl Account {
    async fn new() -> Tested<Self> {
        // A minute lasts three seconds.
        let (cloud, _directory) = super::cloud(LocalConfig { time_scale: 20.0, ..LocalConfig::default() });
        let account = Self { cloud, _directory };
        for queue in ["topic", "rule"] {
            let policy = json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
                "Action": "sqs:SendMessage", "Resource": arn_of(queue)
            }]});
            let input = json!({"QueueName": queue, "Attributes": {"Policy": policy.to_string()}});
            account.call("sqs", "CreateQueue", input).await?;
        }
        account.call("sns", "CreateTopic", json!({"Name": "alerts"})).await?;
        let subscription = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": arn_of("topic")});
        account.call("sns", "Subscribe", subscription).await?;
        let pattern = json!({"source": ["aws.cloudwatch"]}).to_string();
        account.call("events", "PutRule", json!({"Name": "alarms", "EventPattern": pattern})).await?;
        let target = json!({"Rule": "alarms", "Targets": [{"Id": "queue", "Arn": arn_of("rule")}]});
        account.call("events", "PutTargets", target).await?;
        Ok(account)
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, ApiError> {
        super::ask(&self.cloud, service, operation, input).await
    }

    async fn put_alarm(&self, settings: Value) -> Tested {
        let mut alarm = json!({
            "AlarmName": "errors", "EvaluationPeriods": 1, "Threshold": 1, "AlarmDescription": "any error",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
        });
        if let (Some(alarm), Some(settings)) = (alarm.as_object_mut(), settings.as_object()) {
            alarm.extend(settings.clone());
        }
        self.call("monitoring", "PutMetricAlarm", alarm).await?;
        Ok(())
    }

    async fn put_errors(&self, function: &str) -> Tested {
        let dimensions = json!([{"Name": "FunctionName", "Value": function}]);
        let datum = json!({"MetricName": "Errors", "Dimensions": dimensions, "Value": 3, "Unit": "Count"});
        self.call("monitoring", "PutMetricData", json!({"Namespace": "Orders", "MetricData": [datum]})).await?;
        Ok(())
    }

    /// The next matching message of a queue; skips others.
    async fn receive(&self, queue: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let body = super::receive_body(&self.cloud, queue).await;
            if is_wanted(&body) {
                return body;
            }
        }
    }
}

fn arn_of(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:000000000000:{queue}")
}

/// An event that AWS sent or documents.
fn sample(file: &str) -> Tested<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/events").join(file);
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// The paths of all members, except below user-defined names and values.
fn shape(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, shape: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) if !path.ends_with("/dimensions") => {
                members.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"), shape));
            }
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, &format!("{path}/*"), shape)),
            _ => drop(shape.insert(path.to_owned())),
        }
    }
    let mut paths = BTreeSet::new();
    walk(value, "", &mut paths);
    paths
}

#[tokio::test]
async fn an_alarm_notifies_topic_and_bus_in_awss_format() -> Tested {
    let account = Account::new().await?;
    let metric = json!({
        "Namespace": "Orders", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
        "Dimensions": [{"Name": "FunctionName", "Value": "orders"}], "AlarmActions": [TOPIC],
    });
    account.put_alarm(metric).await?;
    // The sample's alarm was OK before; a new alarm has no data for its first state.
    account.receive("rule", |event| event["detail"]["state"]["value"] == "OK").await;
    account.put_errors("orders").await?;
    let event = account.receive("rule", |event| event["detail"]["state"]["value"] == "ALARM").await;
    assert_eq!(shape(&event), shape(&sample("alarm-01-single-metric-alarm.json")?));
    assert_eq!(event["detail-type"], "CloudWatch Alarm State Change");
    assert_eq!(event["resources"], json!(["arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors"]));
    let notification = account.receive("topic", |_| true).await;
    assert_eq!(notification["Subject"], "ALARM: \"errors\" in EU (Ireland)");
    let message: Value = serde_json::from_str(notification["Message"].as_str().unwrap_or_default())?;
    let documented = sample("alarm-12-sns-single-metric.json")?;
    let documented = documented.pointer("/Records/0/Sns/Message").and_then(Value::as_str).unwrap_or_default();
    let missing: Vec<_> = shape(&serde_json::from_str(documented)?).difference(&shape(&message)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?} in {message}");
    assert_eq!((&message["NewStateValue"], &message["OldStateValue"]), (&json!("ALARM"), &json!("OK")));
    Ok(())
}

#[tokio::test]
async fn each_series_of_a_group_by_alarm_has_its_own_event() -> Tested {
    let account = Account::new().await?;
    let query = "SELECT SUM(Errors) FROM SCHEMA(\"Orders\", FunctionName) GROUP BY FunctionName";
    let metrics = json!([{"Id": "m1", "Expression": query, "Period": 60, "ReturnData": true}]);
    account.put_alarm(json!({"Metrics": metrics})).await?;
    for function in ["orders", "payments"] {
        account.put_errors(function).await?;
    }
    let documented = shape(&sample("alarm-17-contributor-lambda-errors.json")?);
    let mut functions = BTreeSet::new();
    while functions.len() < 2 {
        let event = account.receive("rule", |event| event["detail"]["state"]["value"] == "ALARM").await;
        if event["detail-type"] == "CloudWatch Alarm State Change" {
            continue;
        }
        assert_eq!(shape(&event), documented);
        assert_eq!(event["detail-type"], "CloudWatch Alarm Contributor State Change");
        let function = &event["detail"]["alarmContributor"]["attributes"]["FunctionName"];
        functions.insert(function.as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(functions, BTreeSet::from(["orders".to_owned(), "payments".to_owned()]));
    Ok(())
}
