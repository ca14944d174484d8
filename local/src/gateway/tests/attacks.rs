//! Hostile requests: other users on the machine, browser pages, and input meant to crash the process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::Client;
use super::{form, query, target};
use crate::LocalConfig;
use crate::config::LatencyProfile;
use crate::services::cloudformation::{Declaration, Home, Provisioner, Refusal, Resolved, Resource, Workplace};

/// Sends only the head of a request with a body: the reply must depend on the head alone.
async fn status_by_head(client: &Client, head: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(client.host()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 64];
    let read = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut answer)).await.ok()?.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    Some(answer.split(' ').nth(1).unwrap().parse().unwrap())
}

#[tokio::test]
async fn foreign_host_names_are_rejected() {
    let client = Client::start().await;
    let port = client.host().rsplit_once(':').unwrap().1.to_owned();
    let secret = &client.cloud.access_key.secret_access_key;
    let head = |hosts: &[String], more: &str| {
        let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        format!("GET /_local/status HTTP/1.1\r\n{hosts}X-Local-Secret: {secret}\r\n{more}\r\n")
    };
    for host in [format!("127.0.0.1:{port}"), format!("LocalHost:{port}")] {
        assert_eq!(status_by_head(&client, &head(std::slice::from_ref(&host), "")).await, Some(200), "{host}");
        let page = head(&[host], "Origin: https://evil.example\r\n");
        assert_eq!(status_by_head(&client, &page).await, Some(403));
    }
    let own = format!("127.0.0.1:{port}");
    for hosts in [
        vec![],
        vec!["127.0.0.1".to_owned()],
        vec!["localhost:1".to_owned()],
        vec![format!("evil.example:{port}")],
        vec![format!("127.0.0.1.evil.example:{port}")],
        vec![own.clone(), format!("evil.example:{port}")],
    ] {
        assert_ne!(status_by_head(&client, &head(&hosts, "")).await, Some(200), "{hosts:?}");
    }
    let absolute = format!(
        "GET http://evil.example:{port}/_local/status HTTP/1.1\r\nHost: {own}\r\nX-Local-Secret: {secret}\r\n\r\n"
    );
    assert_eq!(status_by_head(&client, &absolute).await, Some(403));
}

#[tokio::test]
async fn the_control_api_requires_the_secret() {
    let client = Client::start().await;
    for (method, path) in [
        (Method::GET, "/_local/status"),
        (Method::POST, "/_local/stop"),
        (Method::GET, "/_local/faults"),
        (Method::PUT, "/_local/faults"),
        (Method::GET, "/_local/calls"),
        (Method::DELETE, "/_local/calls"),
        (Method::POST, "/_local/events"),
        (Method::GET, "/_local/consumed"),
        (Method::PUT, "/_local/history"),
        (Method::GET, "/_local/anything"),
    ] {
        for secret in ["", "test", &client.cloud.access_key.access_key_id] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: {}\r\nX-Local-Secret: {secret}\r\nContent-Length: 9\r\n\r\n",
                client.host()
            );
            assert_eq!(status_by_head(&client, &head).await, Some(403), "{method} {path}");
        }
    }
    assert_eq!(client.control(Method::GET, "/_local/status", "").await.status, 200, "it still runs");
}

#[tokio::test]
async fn a_bad_head_is_rejected_before_its_body_is_read() {
    let client = Client::start().await;
    let (host, key) = (client.host(), client.cloud.access_key.access_key_id.clone());
    let now = client.cloud.clock.now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let head = |key: &str, time: &str, length: u64| {
        let scope = format!("{key}/{}/us-east-1/lambda/aws4_request", &time[..8]);
        format!(
            "POST /2015-03-31/functions HTTP/1.1\r\nHost: {host}\r\nX-Amz-Date: {time}\r\nContent-Length: {length}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0\r\n\r\n"
        )
    };
    let unsigned = format!("POST /2015-03-31/functions HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\n");
    let presigned = |key: &str, seconds: &str| {
        let scope = format!("{key}%2F{}%2Fus-east-1%2Flambda%2Faws4_request", &now[..8]);
        format!(
            "POST /2015-03-31/functions?X-Amz-Credential={scope}&X-Amz-Date={now}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host&X-Amz-Signature=0 HTTP/1.1\r\n\
             Host: {host}\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n"
        )
    };
    for (what, head, expected) in [
        ("the well-known key", head("test", &now, 9), Some(403)),
        ("an old signature", head(&key, "20200101T000000Z", 9), Some(403)),
        ("a signature of tomorrow", head(&key, "29990101T000000Z", 9), Some(403)),
        ("a body beyond the operation's limit", head(&key, &now, 71_000_000), Some(413)),
        ("no signature", unsigned, Some(403)),
        ("the well-known key, presigned", presigned("test", "900"), Some(403)),
        ("presigned for ever", presigned(&key, "99999999"), Some(403)),
        ("a right head, whose signature is of the body too", head(&key, &now, 9), None),
    ] {
        assert_eq!(status_by_head(&client, &head).await, expected, "{what}");
    }
}

#[tokio::test]
async fn the_well_known_key_works_only_if_configured() {
    let identity = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
    for (open, status) in [(false, 403), (true, 200)] {
        let client = Client::with(LocalConfig { open, ..LocalConfig::default() }).await;
        let known = client.as_key_id("test").as_key(|key| key.secret_access_key = "test".to_owned());
        assert_eq!(query(&known, "sts", &identity).await.status, status, "open: {open}");
    }
}

#[tokio::test]
async fn the_limit_holds_for_decompressed_bodies() {
    let client = Client::start().await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![b' '; 8 * 1024 * 1024]).unwrap();
    let headers = [("x-amz-target", "AmazonSQS.CreateQueue"), ("content-encoding", "gzip")];
    assert_eq!(client.post("sqs", "/", &headers, encoder.finish().unwrap()).await.status, 413);
}

/// Clients of before November 2023 would find no message in an answer that they cannot read.
#[tokio::test]
async fn sqs_in_the_query_protocol_says_that_it_is_not_implemented() {
    let client = Client::start().await;
    let call = [("Action", "ReceiveMessage"), ("Version", "2012-11-05"), ("QueueUrl", "x")];
    let reply = query(&client, "sqs", &call).await;
    let text = reply.text();
    assert_eq!(reply.status, 501, "{text}");
    assert!(
        text.contains("<Code>NotImplemented</Code>") && text.contains("ReceiveMessage in the query protocol"),
        "{text}"
    );
}

/// An account with the table `deep`, keyed by `a`.
async fn with_a_table() -> Client {
    let latency = LatencyProfile { table: Duration::ZERO, ..LatencyProfile::QUICK };
    let client = Client::with(LocalConfig { latency, ..LocalConfig::default() }).await;
    let table = json!({"TableName": "deep", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]});
    assert_eq!(target(&client, "dynamodb", "DynamoDB_20120810.CreateTable", table).await.status, 200);
    client
}

/// Like Python's HTTP client: sends the whole body before reading the response.
#[tokio::test]
async fn a_rejected_body_is_drained() {
    let client = Client::start().await;
    let head = format!("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: {}\r\n\r\n", 20_000_000);
    let mut stream = TcpStream::connect(client.host()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        stream.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer.as_slice(), b"HTTP/1.1 403");
}

#[tokio::test]
async fn nested_items_are_limited_as_in_dynamodb() {
    let client = with_a_table().await;
    let list = |levels: usize| (0..levels).fold(json!({"S": "x"}), |inner, _| json!({"L": [inner]}));
    for (levels, status) in [(31, 200), (32, 400), (33, 400), (60, 400)] {
        let input = json!({"TableName": "deep", "Item": {"a": {"S": "x"}, "v": list(levels)}});
        let reply = target(&client, "dynamodb", "DynamoDB_20120810.PutItem", input).await;
        assert_eq!(reply.status, status, "{levels}: {}", reply.text());
    }
    // Path and value are each within their limit; together they are not.
    let update = json!({"TableName": "deep", "Key": {"a": {"S": "x"}}, "UpdateExpression": "SET v[0][0] = :v",
        "ExpressionAttributeValues": {":v": list(30)}});
    let reply = target(&client, "dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.text().contains("Nesting Levels"), "{}", reply.text());
}

/// Inputs that overflowed the stack, or would.
#[tokio::test]
async fn excessive_nesting_is_a_client_error() {
    let client = with_a_table().await;
    let nested = |open: &str, count: usize, inner: &str, close: &str| open.repeat(count) + inner + &close.repeat(count);
    for count in [500, 20_000, 200_000] {
        let filter = |text: String| json!({"TableName": "deep", "FilterExpression": text, "ExpressionAttributeValues": {":a": {"S": "x"}}});
        for text in [nested("(", count, "a = :a", ")"), "NOT ".repeat(count) + "a = :a"] {
            let reply = target(&client, "dynamodb", "DynamoDB_20120810.Scan", filter(text)).await;
            assert_eq!(reply.status, 400, "{}", reply.text());
            assert!(reply.text().contains("Invalid FilterExpression"), "{}", reply.text());
        }
        for text in [nested("(", count, "1", ")"), "-".repeat(count) + "1", nested("ABS(", count, "1", ")")] {
            let input = json!({"StartTime": 1_795_776_000, "EndTime": 1_795_776_300,
                "MetricDataQueries": [{"Id": "a", "Expression": text}]});
            let reply = target(&client, "monitoring", "GraniteServiceVersion20100801.GetMetricData", input).await;
            assert_eq!(reply.status, 400, "{}", reply.text());
        }
        let pattern =
            json!({"logGroupName": "g", "filterPattern": format!("{{{}}}", nested("(", count, "$.a = 1", ")"))});
        let reply = target(&client, "logs", "Logs_20140328.FilterLogEvents", pattern).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        let json = nested("{\"a\":", count, "1", "}");
        let reply = client.post("sqs", "/", &[("x-amz-target", "AmazonSQS.CreateQueue")], json.into_bytes()).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        let cbor = [vec![0x81; count], vec![1]].concat();
        let headers = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
        let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        assert_eq!(client.post("monitoring", path, &headers, cbor).await.status, 400);
        client.send_s3(Method::PUT, "/deep", Vec::new()).await;
        let xml = nested("<a>", count, "", "</a>").into_bytes();
        let reply = client.send_s3(Method::PUT, "/deep?versioning", xml).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
    }
    let pattern = nested("{\"a\":", 100, "[\"x\"]", "}");
    let rule = json!({"Name": "deep", "EventPattern": pattern});
    assert_eq!(target(&client, "events", "AWSEvents.PutRule", rule).await.status, 400);
    assert_eq!(client.control(Method::GET, "/_local/status", "").await.status, 200);
}

/// The nesting limits fit in the stack.
#[tokio::test]
async fn maximum_nesting_is_accepted() {
    let client = with_a_table().await;
    let item = json!({"TableName": "deep", "Item": {"a": {"S": "x"}}});
    assert_eq!(target(&client, "dynamodb", "DynamoDB_20120810.PutItem", item).await.status, 200);
    for (text, found) in [
        ("NOT ".repeat(48) + "a = :a", 1),
        ("(a = :a AND ".repeat(49) + "a = :a" + &")".repeat(49), 1),
        ("(NOT a <> :a AND NOT ".repeat(24) + "(a = :a)" + &")".repeat(24), 1),
        ("a = :a OR ".repeat(149) + "a = :a", 1),
    ] {
        let scan =
            json!({"TableName": "deep", "FilterExpression": text, "ExpressionAttributeValues": {":a": {"S": "x"}}});
        let reply = target(&client, "dynamodb", "DynamoDB_20120810.Scan", scan).await;
        assert_eq!((reply.status, reply.json()["Count"].as_i64()), (200, Some(found)), "{text}: {}", reply.text());
    }
    for text in ["(".repeat(49) + "1" + &")".repeat(49), "-".repeat(49) + "1", "1+".repeat(1000) + "1"] {
        let input = json!({"StartTime": 1_795_776_000, "EndTime": 1_795_776_300,
            "MetricDataQueries": [{"Id": "a", "Expression": text}]});
        let reply = target(&client, "monitoring", "GraniteServiceVersion20100801.GetMetricData", input).await;
        assert_eq!(reply.status, 200, "{text}: {}", reply.text());
    }
}

#[tokio::test]
async fn false_cbor_lengths_are_rejected() {
    let client = Client::start().await;
    let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
    let headers = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
    for body in
        [b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(), b"\xa1\x61a\x5b\x00\x00\x00\xff\xff\xff\xff\xff".to_vec()]
    {
        assert_eq!(client.post("monitoring", path, &headers, body).await.status, 400);
    }
}

#[tokio::test]
async fn extreme_timestamps_are_a_client_error() {
    let client = Client::start().await;
    let input = json!({"StartTime": -9.3e15, "EndTime": 9.3e15, "Period": 60, "Namespace": "N", "MetricName": "M",
        "Statistics": ["Sum"]});
    let reply = target(&client, "monitoring", "GraniteServiceVersion20100801.GetMetricStatistics", input).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
}

#[tokio::test]
async fn data_points_per_call_are_limited() {
    let client = Client::start().await;
    let ask = |queries: usize| {
        let query = |number: usize| json!({"Id": format!("q{number}"), "Expression": "1", "Period": 60});
        let queries: Vec<Value> = (0..queries).map(query).collect();
        json!({"StartTime": 1_795_776_000, "EndTime": 1_795_776_000 + 60 * 100_000, "MetricDataQueries": queries})
    };
    for (queries, status) in [(1, 200), (2, 400), (501, 400)] {
        let reply = target(&client, "monitoring", "GraniteServiceVersion20100801.GetMetricData", ask(queries)).await;
        assert_eq!(reply.status, status, "{queries}: {:.300}", reply.text());
    }
}

/// Disconnects mid-call.
struct Broken;

#[async_trait]
impl Provisioner for Broken {
    fn parse(&self, _: &str) -> Result<Declaration, String> {
        unreachable!("a mistake of ours")
    }

    fn resolve(&self, _: &str, _: &std::collections::BTreeMap<String, String>, _: &Home) -> Result<Resolved, String> {
        unreachable!("a mistake of ours")
    }

    fn replacement(&self, _: &Resource, _: &Resource) -> Option<String> {
        None
    }

    async fn create(&self, _: &Workplace, _: &Resource) -> Result<Option<String>, Refusal> {
        Ok(None)
    }

    async fn update(&self, _: &Workplace, _: &Resource, _: &Resource) -> Result<(), Refusal> {
        Ok(())
    }

    async fn delete(&self, _: &Workplace, _: &Resource) -> Result<(), Refusal> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_fails_one_call_with_500() {
    let client = Client::start().await;
    client.cloud.cloudformation.provision_with(Arc::new(Broken));
    let fields = [("Action", "ValidateTemplate"), ("Version", "2010-05-15"), ("TemplateBody", "{}")];
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let reply = client.post("cloudformation", "/", &headers, form(&fields)).await;
    assert_eq!(reply.status, 500);
    assert!(reply.text().contains("<Code>InternalFailure</Code>"), "{}", reply.text());
    let queues = target(&client, "sqs", "AmazonSQS.ListQueues", Value::Object(Default::default())).await;
    assert_eq!(queues.status, 200);
}
