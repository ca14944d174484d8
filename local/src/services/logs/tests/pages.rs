//! What a page of events holds, when events are readable, and in which order.

use std::time::Duration;

use serde_json::{Value, json};

use super::{call, cloud, column, refusal};
use crate::Cloud;
use crate::config::{LatencyProfile, LocalConfig};
use crate::services::logs::{append, create_group};
use crate::services::tests::{self, REGION};

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn group(cloud: &Cloud, events: Vec<(i64, String)>) {
    create_group(cloud, REGION, "group").unwrap();
    append(cloud, REGION, "group", "a", events).unwrap();
}

async fn filter(cloud: &Cloud, extra: Value) -> Value {
    let mut input = json!({ "logGroupName": "group" });
    input.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
    call(cloud, "FilterLogEvents", input).await.unwrap()
}

#[tokio::test]
async fn an_event_is_readable_some_time_after_its_ingestion() {
    let latency = LatencyProfile { log_event: Duration::from_secs(30), ..LatencyProfile::QUICK };
    let (cloud, _directory) = tests::cloud(LocalConfig { latency, time_scale: 100.0, ..LocalConfig::default() });
    group(&cloud, vec![(now(), "late".to_owned())]);
    assert_eq!(column(&filter(&cloud, json!({})).await, "events", "message"), [""; 0]);
    let stream = json!({ "logGroupName": "group", "logStreamName": "a" });
    assert_eq!(column(&call(&cloud, "GetLogEvents", stream.clone()).await.unwrap(), "events", "message"), [""; 0]);
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(column(&filter(&cloud, json!({})).await, "events", "message"), ["late"]);
    assert_eq!(column(&call(&cloud, "GetLogEvents", stream).await.unwrap(), "events", "message"), ["late"]);
}

#[tokio::test]
async fn a_page_holds_a_megabyte_and_at_least_one_event() {
    let (cloud, _directory) = cloud();
    let time = now();
    let sizes = [600_000, 400_000, 100_000, 1_048_576];
    group(&cloud, sizes.iter().zip(0..).map(|(size, index)| (time + index, "x".repeat(*size))).collect());
    let lengths = |reply: &Value| -> Vec<usize> {
        column(reply, "events", "message").iter().map(|message| message.as_str().unwrap().len()).collect()
    };
    let first = filter(&cloud, json!({})).await;
    assert_eq!(lengths(&first), [600_000, 400_000]);
    let second = filter(&cloud, json!({ "nextToken": first["nextToken"] })).await;
    assert_eq!(lengths(&second), [100_000]);
    let third = filter(&cloud, json!({ "nextToken": second["nextToken"] })).await;
    assert_eq!((lengths(&third), third.get("nextToken")), (vec![1_048_576], None));
    let stream = json!({ "logGroupName": "group", "logStreamName": "a", "startFromHead": true });
    assert_eq!(lengths(&call(&cloud, "GetLogEvents", stream).await.unwrap()), [600_000, 400_000]);
    let tail = json!({ "logGroupName": "group", "logStreamName": "a" });
    assert_eq!(lengths(&call(&cloud, "GetLogEvents", tail).await.unwrap()), [1_048_576]);
}

#[tokio::test]
async fn a_long_search_ends_with_an_empty_page_and_goes_on() {
    let (cloud, _directory) = cloud();
    let time = now();
    let noise = (0..25_000).map(|_| (time, "noise".to_owned()));
    group(&cloud, noise.chain([(time + 1, "needle".to_owned())]).collect());
    let first = filter(&cloud, json!({ "filterPattern": "needle" })).await;
    assert_eq!(column(&first, "events", "message"), [""; 0]);
    let rest = filter(&cloud, json!({ "filterPattern": "needle", "nextToken": first["nextToken"] })).await;
    assert_eq!((column(&rest, "events", "message"), rest.get("nextToken")), (vec![json!("needle")], None));
    assert_eq!(filter(&cloud, json!({})).await["events"].as_array().unwrap().len(), 10_000);
}

#[tokio::test]
async fn events_are_ordered_by_time_whichever_stream_they_came_from() {
    let (cloud, _directory) = cloud();
    let time = now();
    let event = |offset: i64| (time + offset, offset.to_string());
    group(&cloud, vec![event(3), event(4)]);
    append(&cloud, REGION, "group", "b", vec![event(1), event(5)]).unwrap();
    append(&cloud, REGION, "group", "a", vec![event(2)]).unwrap();
    assert_eq!(column(&filter(&cloud, json!({})).await, "events", "message"), ["1", "2", "3", "4", "5"]);
    let newest = json!({ "startTime": time, "startFromHead": false, "limit": 2 });
    let first = filter(&cloud, newest).await;
    assert_eq!(column(&first, "events", "message"), ["5", "4"]);
    let second = filter(&cloud, json!({ "startTime": time, "nextToken": first["nextToken"] })).await;
    assert_eq!(column(&second, "events", "message"), ["3", "2", "1"]);
    let stream = json!({ "logGroupName": "group", "logStreamName": "a", "startFromHead": true });
    assert_eq!(column(&call(&cloud, "GetLogEvents", stream).await.unwrap(), "events", "message"), ["2", "3", "4"]);
    let streams = json!({ "logStreamNames": ["b"], "endTime": time + 1 });
    assert_eq!(column(&filter(&cloud, streams).await, "events", "message"), ["1"]);
    let prefix = json!({ "logStreamNamePrefix": "b", "startTime": time + 2 });
    assert_eq!(column(&filter(&cloud, prefix).await, "events", "message"), ["5"]);
}

#[tokio::test]
async fn wrong_searches_are_refused() {
    let (cloud, _directory) = cloud();
    group(&cloud, vec![(now(), "m".to_owned())]);
    let cases = [
        (
            json!({ "logStreamNames": ["absent"] }),
            "ResourceNotFoundException: The specified log stream does not exist.",
        ),
        (json!({ "logStreamNames": [] }), "InvalidParameterException: 1 validation error detected"),
        (json!({ "logStreamNames": ["a"], "logStreamNamePrefix": "a" }), "InvalidParameterException: logStreamNames"),
        (
            json!({ "startTime": -1 }),
            "InvalidParameterException: 1 validation error detected: Value '-1' at 'startTime'",
        ),
        (json!({ "startTime": 2, "endTime": 1 }), "InvalidParameterException: startTime must not be after endTime."),
        (json!({ "startFromHead": false }), "InvalidParameterException: startFromHead can be false only"),
        (
            json!({ "limit": 10_001 }),
            "InvalidParameterException: 1 validation error detected: Value '10001' at 'limit'",
        ),
        (json!({ "nextToken": "none" }), "InvalidParameterException: The specified nextToken is invalid."),
        (json!({ "filterPattern": "a:b" }), "InvalidParameterException: Invalid character(s) in term ':'"),
    ];
    for (extra, expected) in cases {
        let mut input = json!({ "logGroupName": "group" });
        input.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        let refused = refusal(&cloud, "FilterLogEvents", input).await;
        assert!(refused.starts_with(expected), "{extra}: {refused}");
    }
}

#[tokio::test]
async fn reading_unmasked_takes_a_permission_of_its_own() {
    let group = "arn:aws:logs:eu-west-1:000000000000:log-group:group:log-stream:";
    let input = json!({ "logGroupName": "group", "unmask": true });
    let needs = super::authorization(&tests::call("logs", "FilterLogEvents", input));
    let needs: Vec<(&str, &str)> = needs.iter().map(|need| (need.action.as_str(), need.resource.as_str())).collect();
    assert_eq!(needs, [("logs:FilterLogEvents", group), ("logs:Unmask", group)]);
}

#[tokio::test]
async fn a_batch_spans_a_day_and_takes_nothing_past_the_retention() {
    let (cloud, _directory) = cloud();
    group(&cloud, Vec::new());
    let day = 24 * 3600 * 1000;
    let put = async |offsets: &[i64]| {
        let events: Vec<Value> =
            offsets.iter().map(|offset| json!({ "timestamp": now() + offset, "message": "m" })).collect();
        call(&cloud, "PutLogEvents", json!({ "logGroupName": "group", "logStreamName": "a", "logEvents": events }))
            .await
    };
    let error = put(&[-day - 60_000, 0]).await.unwrap_err().to_string();
    assert!(error.starts_with("InvalidParameterException: The batch of log events"), "{error}");
    let rejected = put(&[-15 * day, -day, -60_000]).await.unwrap()["rejectedLogEventsInfo"].clone();
    assert_eq!(rejected, json!({ "tooOldLogEventEndIndex": 1 }));
    call(&cloud, "PutRetentionPolicy", json!({ "logGroupName": "group", "retentionInDays": 1 })).await.unwrap();
    let rejected = put(&[-2 * day, -60_000]).await.unwrap()["rejectedLogEventsInfo"].clone();
    assert_eq!(rejected, json!({ "expiredLogEventEndIndex": 1 }));
}
