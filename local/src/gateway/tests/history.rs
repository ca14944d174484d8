//! `PUT /_local/history`.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::{TRUST, query, target};

/// A client of a local AWS that has the function `orders`, with one version.
async fn with_function() -> Client {
    let client = Client::start().await;
    let role =
        [("Action", "CreateRole"), ("Version", "2010-05-08"), ("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)];
    query(&client, "iam", &role).await;
    let create = json!({
        "FunctionName": "orders", "Runtime": "python3.12", "Handler": "app.handler", "Publish": true,
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": { "ZipFile": BASE64_STANDARD.encode(package()) },
    });
    // The role needs a moment.
    for _ in 0..100 {
        let body = create.to_string().into_bytes();
        let reply = client.request(Method::POST, "lambda", "/2015-03-31/functions", body).await;
        if reply.status == 201 {
            return client;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no function");
}

/// Publishes a version, once the function is active.
async fn publish(client: &Client) -> String {
    for _ in 0..100 {
        let path = "/2015-03-31/functions/orders/versions";
        let reply = client.request(Method::POST, "lambda", path, b"{}".to_vec()).await;
        if reply.status == 201 {
            return reply.json()["Version"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no version");
}

fn package() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("app.py", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(b"def handler(event, context): pass").unwrap();
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn the_past_of_every_service_is_brought_in() {
    let client = with_function().await;
    let history = json!({
        "functions": [{
            "name": "orders", "last_modified": "2026-11-27T09:56:00Z", "next_version": 41,
            "versions": { "1": "2026-11-20T09:00:00Z" }, "layers": ["arn:aws:lambda:us-east-1:000000000000:layer:base:3"],
            "vpc": { "vpc_id": "vpc-1", "subnets": ["subnet-1"], "security_groups": ["sg-1"] },
        }],
        "metrics": [{
            "namespace": "AWS/Lambda", "name": "Errors", "dimensions": { "FunctionName": "orders" }, "unit": "Count",
            "values": [
                { "from": "2026-11-26T06:00:00Z", "to": "2026-11-27T09:00:00Z", "value": 2 },
                { "at": "2026-11-27T09:58:10Z", "sum": 12, "count": 4, "min": 1, "max": 5 },
            ],
        }],
        "logs": [{
            "group": "/aws/lambda/orders", "stream": "a",
            "events": [{ "at": "2025-01-01T00:00:00Z", "text": "[ERROR] of long ago" }],
        }],
    });
    let reply = client.put("/_local/history", history.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());

    let latest = client.get("lambda", "/2015-03-31/functions/orders/configuration").await.json();
    assert_eq!(latest["LastModified"], "2026-11-27T09:56:00.000+0000");
    assert_eq!(latest["Layers"][0]["Arn"], "arn:aws:lambda:us-east-1:000000000000:layer:base:3");
    assert_eq!(
        (&latest["VpcConfig"]["VpcId"], &latest["VpcConfig"]["SubnetIds"]),
        (&json!("vpc-1"), &json!(["subnet-1"]))
    );
    let first = client.get("lambda", "/2015-03-31/functions/orders/configuration?Qualifier=1").await.json();
    assert_eq!(first["LastModified"], "2026-11-20T09:00:00.000+0000");
    assert_eq!(publish(&client).await, "41");

    let query = |stat: &str| {
        let metric = json!({ "Namespace": "AWS/Lambda", "MetricName": "Errors",
            "Dimensions": [{ "Name": "FunctionName", "Value": "orders" }] });
        json!({ "Id": stat.to_lowercase(), "MetricStat": { "Metric": metric, "Period": 60, "Stat": stat } })
    };
    let input = json!({
        "StartTime": 1_795_672_800, "EndTime": 1_795_773_600, "ScanBy": "TimestampAscending",
        "MetricDataQueries": [query("Sum"), query("Maximum"), query("Average")],
    });
    let asked = std::time::Instant::now();
    let data = target(&client, "monitoring", "GraniteServiceVersion20100801.GetMetricData", input).await.json();
    assert!(asked.elapsed() < std::time::Duration::from_secs(2), "{:?}", asked.elapsed());
    let values = |index: usize| data["MetricDataResults"][index]["Values"].as_array().unwrap().clone();
    assert_eq!(
        (values(0).len(), values(0).first().cloned(), values(0).last().cloned()),
        (1621, Some(json!(2.0)), Some(json!(12.0)))
    );
    assert_eq!((values(1).last().cloned(), values(2).last().cloned()), (Some(json!(5.0)), Some(json!(3.0))));

    let lines =
        target(&client, "logs", "Logs_20140328.FilterLogEvents", json!({ "logGroupName": "/aws/lambda/orders" })).await;
    assert_eq!(lines.json()["events"][0]["message"], "[ERROR] of long ago");
}

#[tokio::test]
async fn a_history_that_cannot_be_brought_in_changes_nothing() {
    let client = with_function().await;
    let fine = json!({ "name": "orders", "last_modified": "2026-11-27T09:56:00Z" });
    let cases = [
        (json!({ "functions": [fine, { "name": "absent" }] }), "there is no function absent"),
        (
            json!({ "functions": [fine, { "name": "orders", "versions": { "9": "2026-11-27T09:56:00Z" } }] }),
            "no version 9",
        ),
        (json!({ "functions": [fine, { "name": "orders", "next_version": 1 }] }), "is 2 or later"),
        (json!({ "functions": [fine], "colour": [] }), "unknown field `colour`"),
        (json!({ "functions": [{ "name": "orders", "last_modified": "yesterday" }] }), "`yesterday` is no time"),
        (
            json!({ "functions": [fine], "metrics": [{ "namespace": "n", "name": "m", "values": [{ "value": 1 }] }] }),
            "lacks `at`",
        ),
        (json!({ "functions": [fine], "trail": [{ "eventName": "a" }] }), "an event of the trail lacks"),
        (json!({ "functions": [fine], "executions": [{ "arn": "a", "events": [] }] }), "`a` is no ARN of an execution"),
        (
            json!({ "functions": [fine], "task_definitions": [{ "family": "a" }] }),
            "a task definition lacks its `revision`",
        ),
        (json!({ "functions": [fine], "logs": [{ "group": "a b", "stream": "s", "events": [] }] }), "`a b` is no name"),
    ];
    for (history, words) in cases {
        let reply = client.put("/_local/history", history.to_string()).await;
        let error: Value = reply.json()["error"].clone();
        assert!(reply.status == 400 && error.as_str().unwrap().contains(words), "{history}: {error}");
    }
    let latest = client.get("lambda", "/2015-03-31/functions/orders/configuration").await.json();
    assert_ne!(latest["LastModified"], "2026-11-27T09:56:00.000+0000");
}
