//! What a table takes in a second.

use super::*;
use crate::config::Throughput;

/// Few enough units that a test reaches them.
const FEW: LimitsProfile =
    LimitsProfile { partition: Throughput { read: 10, write: 10 }, table: Throughput { read: 40, write: 40 } };

/// A clock that hardly moves: a second of it lasts a hundred.
const SLOW: f64 = 0.01;

/// Two tables with hash key `p` and an index of keys by `g`, on demand or with a throughput.
async fn with_tables(limits: LimitsProfile, time_scale: f64, throughput: Option<Value>) -> (Cloud, tempfile::TempDir) {
    let latency = LatencyProfile { table: Duration::ZERO, index: Duration::ZERO, ..LatencyProfile::QUICK };
    let config = LocalConfig { latency, limits: Some(limits), time_scale, ..LocalConfig::default() };
    let (cloud, directory) = tests::cloud(config);
    let attributes = ["p", "g"].map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
    for name in ["one", "two"] {
        let mut index = json!({"IndexName": "by-g", "Projection": {"ProjectionType": "KEYS_ONLY"},
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]});
        let mut table = json!({"TableName": name, "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "AttributeDefinitions": attributes});
        match &throughput {
            None => table["BillingMode"] = json!("PAY_PER_REQUEST"),
            Some(units) => {
                table["ProvisionedThroughput"] = units.clone();
                index["ProvisionedThroughput"] = units.clone();
            }
        }
        table["GlobalSecondaryIndexes"] = json!([index]);
        let created = call(&cloud, "CreateTable", table).await;
        assert!(created["TableDescription"].is_object(), "{created}");
    }
    (cloud, directory)
}

async fn few() -> (Cloud, tempfile::TempDir) {
    with_tables(FEW, SLOW, None).await
}

/// An item that costs this many units.
fn item(key: &str, units: usize) -> Value {
    json!({"p": {"S": key}, "t": {"S": "x".repeat(units * 1024 - 2 - key.len())}})
}

fn in_index(key: &str, group: &str) -> Value {
    json!({"p": {"S": key}, "g": {"S": group}})
}

async fn put(cloud: &Cloud, table: &str, item: Value) -> Value {
    call(cloud, "PutItem", json!({"TableName": table, "Item": item})).await
}

fn reason(resource: &str, reason: &str) -> Value {
    json!([{"reason": reason, "resource": format!("arn:aws:dynamodb:eu-west-1:000000000000:table/{resource}")}])
}

fn is_throttled(reply: &Value) -> bool {
    reply["__type"] == "com.amazon.coral.availability#ThrottlingException"
}

#[tokio::test]
async fn a_hash_key_takes_a_thousand_units_in_a_second() {
    let (cloud, _directory) = with_tables(LimitsProfile::AWS, SLOW, None).await;
    for _ in 0..10 {
        assert_eq!(put(&cloud, "one", item("a", 100)).await, json!({}));
    }
    let refused = put(&cloud, "one", item("a", 100)).await;
    assert!(is_throttled(&refused), "{refused}");
    assert_eq!(refused["throttlingReasons"], reason("one", "TableWriteKeyRangeThroughputExceeded"));
    assert!(refused["message"].as_str().unwrap().starts_with("Throughput exceeds the current capacity of your table"));
    assert_eq!(put(&cloud, "one", item("b", 100)).await, json!({}), "another key");
    assert_eq!(put(&cloud, "two", item("a", 100)).await, json!({}), "another table");
    let get = json!({"TableName": "one", "Key": {"p": {"S": "a"}}});
    assert!(call(&cloud, "GetItem", get).await["Item"].is_object(), "reads have units of their own");
    let table = [("TableName", "one")];
    assert_eq!(metric(&cloud, "WriteThrottleEvents", &table).await, 1.0);
    assert_eq!(metric(&cloud, "ThrottledRequests", &[table[0], ("Operation", "PutItem")]).await, 1.0);
    assert_eq!(metric(&cloud, "ConsumedWriteCapacityUnits", &table).await, 1100.0);
}

#[tokio::test]
async fn a_refused_key_is_taken_again_when_time_has_passed() {
    let (cloud, _directory) = with_tables(FEW, 10.0, None).await;
    while !is_throttled(&put(&cloud, "one", item("a", 10)).await) {}
    while is_throttled(&put(&cloud, "one", item("a", 10)).await) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn without_limits_everything_is_taken() {
    let (cloud, _directory) = limited(None);
    call(&cloud, "CreateTable", incidents()).await;
    for _ in 0..20 {
        let large = json!({"incident_id": {"S": "a"}, "t": {"S": "x".repeat(300_000)}});
        assert_eq!(put(&cloud, "incidents", large).await, json!({}));
    }
}

#[tokio::test]
async fn a_table_takes_so_many_units_over_all_its_keys() {
    let (cloud, _directory) = few().await;
    for key in ["a", "b", "c", "d"] {
        assert_eq!(put(&cloud, "one", item(key, 10)).await, json!({}), "{key}");
    }
    assert!(is_throttled(&put(&cloud, "one", item("e", 1)).await));
    assert_eq!(put(&cloud, "two", item("e", 1)).await, json!({}));
}

#[tokio::test]
async fn an_index_that_is_over_its_units_refuses_the_write_of_its_table() {
    let (cloud, _directory) = few().await;
    for number in 0..10 {
        assert_eq!(put(&cloud, "one", in_index(&format!("{number}"), "hot")).await, json!({}));
    }
    let refused = put(&cloud, "one", in_index("10", "hot")).await;
    assert!(is_throttled(&refused), "{refused}");
    assert_eq!(refused["throttlingReasons"], reason("one/index/by-g", "IndexWriteKeyRangeThroughputExceeded"));
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("Throughput exceeds the current capacity for one or more global secondary indexes"));
    assert_eq!(put(&cloud, "one", in_index("10", "cold")).await, json!({}), "nothing was taken from the table's key");
    assert_eq!(put(&cloud, "one", item("11", 1)).await, json!({}), "what is in no index");
    // What is refused took nothing: the key has all of its ten units.
    assert_eq!(put(&cloud, "one", item("12", 10)).await, json!({}));
    let index = [("TableName", "one"), ("GlobalSecondaryIndexName", "by-g")];
    assert_eq!(metric(&cloud, "WriteThrottleEvents", &index).await, 1.0);
}

#[tokio::test]
async fn reads_of_a_table_and_of_an_index_are_refused_each_for_itself() {
    let (cloud, _directory) = few().await;
    put(&cloud, "one", item("a", 8)).await;
    put(&cloud, "one", in_index("b", "g")).await;
    let get = |consistent: bool| json!({"TableName": "one", "Key": {"p": {"S": "a"}}, "ConsistentRead": consistent});
    for _ in 0..5 {
        assert!(call(&cloud, "GetItem", get(true)).await["Item"].is_object());
    }
    let refused = call(&cloud, "GetItem", get(false)).await;
    assert_eq!(refused["throttlingReasons"], reason("one", "TableReadKeyRangeThroughputExceeded"));
    let query = json!({"TableName": "one", "IndexName": "by-g", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "g"}}});
    for _ in 0..20 {
        assert_eq!(call(&cloud, "Query", query.clone()).await["Count"], 1);
    }
    let refused = call(&cloud, "Query", query).await;
    assert_eq!(refused["throttlingReasons"], reason("one/index/by-g", "IndexReadKeyRangeThroughputExceeded"));
    assert_eq!(call(&cloud, "Scan", json!({"TableName": "one"})).await["Count"], 2, "the table has more");
}

#[tokio::test]
async fn a_batch_leaves_what_it_cannot_do() {
    let (cloud, _directory) = few().await;
    let put_request = |key: &str, units| json!({"PutRequest": {"Item": item(key, units)}});
    put(&cloud, "one", item("hot", 10)).await;
    let batch = json!({"RequestItems": {
        "one": [put_request("cold", 1), put_request("hot", 1)], "two": [put_request("hot", 1)]}});
    let written = call(&cloud, "BatchWriteItem", batch).await;
    assert_eq!(written, json!({"UnprocessedItems": {"one": [put_request("hot", 1)]}}));
    let retried = call(&cloud, "BatchWriteItem", json!({"RequestItems": written["UnprocessedItems"]})).await;
    assert!(is_throttled(&retried), "{retried}");
    let get = json!({"TableName": "one", "Key": {"p": {"S": "hot"}}, "ConsistentRead": true});
    for _ in 0..3 {
        call(&cloud, "GetItem", get.clone()).await;
    }
    let keys = json!({"ConsistentRead": true, "ProjectionExpression": "p",
        "Keys": [{"p": {"S": "hot"}}, {"p": {"S": "cold"}}]});
    let read = call(&cloud, "BatchGetItem", json!({"RequestItems": {"one": keys}})).await;
    assert_eq!(read["Responses"], json!({"one": [{"p": {"S": "cold"}}]}));
    let mut left = keys.clone();
    left["Keys"] = json!([{"p": {"S": "hot"}}]);
    assert_eq!(read["UnprocessedKeys"], json!({"one": left}));
    let retried = call(&cloud, "BatchGetItem", json!({"RequestItems": read["UnprocessedKeys"]})).await;
    assert!(is_throttled(&retried), "{retried}");
}

#[tokio::test]
async fn a_transaction_is_cancelled_with_the_reason_and_writes_nothing() {
    let (cloud, _directory) = few().await;
    put(&cloud, "one", item("hot", 9)).await;
    let put_action = |key: &str| json!({"Put": {"TableName": "one", "Item": in_index(key, "g")}});
    let transaction = json!({"TransactItems": [put_action("cold"), put_action("hot")]});
    let cancelled = call(&cloud, "TransactWriteItems", transaction).await;
    assert_eq!(cancelled["__type"], "com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
    let reasons = &cancelled["CancellationReasons"];
    assert_eq!((&reasons[0]["Code"], &reasons[1]["Code"]), (&json!("None"), &json!("ThrottlingError")));
    assert!(cancelled["Message"].as_str().unwrap().ends_with("[None, ThrottlingError]"), "{cancelled}");
    let get = json!({"TableName": "one", "Key": {"p": {"S": "cold"}}});
    assert_eq!(call(&cloud, "GetItem", get).await, json!({}));
    let read = |key: &str| json!({"Get": {"TableName": "one", "Key": {"p": {"S": key}}}});
    let reads = json!({"TransactItems": [read("hot")]});
    assert!(call(&cloud, "TransactGetItems", reads.clone()).await["Responses"].is_array(), "6 of 10");
    assert_eq!(call(&cloud, "TransactGetItems", reads).await["CancellationReasons"][0]["Code"], "ThrottlingError");
}

#[tokio::test]
async fn a_provisioned_table_refuses_in_other_words() {
    let units = json!({"ReadCapacityUnits": 3, "WriteCapacityUnits": 2});
    let (cloud, _directory) = with_tables(FEW, SLOW, Some(units)).await;
    assert_eq!(put(&cloud, "one", item("a", 2)).await, json!({}));
    let refused = put(&cloud, "one", item("b", 1)).await;
    assert_eq!(refused["__type"], "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException");
    assert_eq!(refused["ThrottlingReasons"], reason("one", "TableWriteProvisionedThroughputExceeded"));
    let transaction = json!({"TransactItems": [{"Delete": {"TableName": "one", "Key": {"p": {"S": "b"}}}}]});
    let cancelled = call(&cloud, "TransactWriteItems", transaction).await;
    assert_eq!(cancelled["CancellationReasons"][0]["Code"], "ProvisionedThroughputExceeded");
    put(&cloud, "two", in_index("a", "g")).await;
    assert_eq!(put(&cloud, "two", in_index("b", "g")).await, json!({}));
}
