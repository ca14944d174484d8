//! What the call log and the control API say about consumed capacity.

use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::target;

async fn dynamodb(client: &Client, operation: &str, input: Value) -> u16 {
    target(client, "dynamodb", &format!("DynamoDB_20120810.{operation}"), input).await.status
}

#[tokio::test]
async fn each_call_is_recorded_with_what_it_consumed() {
    let client = Client::start().await;
    let attributes = ["p", "g"].map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
    let key = |name: &str| json!([{"AttributeName": name, "KeyType": "HASH"}]);
    let index = json!({"IndexName": "by-g", "KeySchema": key("g"), "Projection": {"ProjectionType": "KEYS_ONLY"}});
    let table = json!({"TableName": "items", "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("p"),
        "AttributeDefinitions": attributes, "GlobalSecondaryIndexes": [index]});
    assert_eq!(dynamodb(&client, "CreateTable", table).await, 200);
    let item = json!({"p": {"S": "a"}, "g": {"S": "g"}, "t": {"S": "x".repeat(1500)}});
    let mut put = json!({"TableName": "items", "Item": item, "ConditionExpression": "attribute_not_exists(p)"});
    // The table needs a moment.
    while dynamodb(&client, "PutItem", put.clone()).await != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    client.handle.forget_calls();
    assert_eq!(dynamodb(&client, "PutItem", put.clone()).await, 400);
    put["Item"]["p"] = json!({"S": "b"});
    assert_eq!(dynamodb(&client, "PutItem", put).await, 200);
    let get = json!({"TableName": "items", "Key": {"p": {"S": "b"}}});
    assert_eq!(dynamodb(&client, "GetItem", get).await, 200);
    assert_eq!(dynamodb(&client, "ListTables", json!({})).await, 200);
    let calls = client.control(Method::GET, "/_local/calls", "").await.json();
    let units = |index: Value, read: f64, write: f64| json!({"table": "items", "index": index, "read_units": read, "write_units": write});
    let seen: Vec<Value> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| json!([call["operation"], call["read_units"], call["write_units"], call["consumed"]]))
        .collect();
    let expected = [
        json!(["PutItem", 0.0, 2.0, [units(Value::Null, 0.0, 2.0)]]),
        json!(["PutItem", 0.0, 3.0, [units(Value::Null, 0.0, 2.0), units(json!("by-g"), 0.0, 1.0)]]),
        json!(["GetItem", 0.5, 0.0, [units(Value::Null, 0.5, 0.0)]]),
        json!(["ListTables", 0.0, 0.0, []]),
    ];
    assert_eq!(seen, expected);
    assert_eq!(seen[3][2].to_string(), "0.0", "no sign");
    let totals = client.control(Method::GET, "/_local/consumed", "").await.json();
    assert_eq!(
        totals[1],
        json!({"region": "us-east-1", "table": "items", "index": null, "operation": "PutItem", "calls": 3,
            "throttled": 0, "read_units": 0.0, "write_units": 6.0})
    );
    assert_eq!(client.handle.consumed().iter().map(|total| total.write_units).sum::<f64>(), 8.0);
}
