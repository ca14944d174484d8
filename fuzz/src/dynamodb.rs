//! DynamoDB's expressions, items and requests.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::Target;
use crate::account::{ACCOUNT, Account, text};

pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("dynamodb-condition", condition),
    ("dynamodb-update", update),
    ("dynamodb-projection", projection),
    ("dynamodb-key-condition", key_condition),
    ("dynamodb-item", item),
    ("dynamodb-request", request),
];

/// Those whose body has a structure of its own.
const OPERATIONS: [&str; 16] = [
    "CreateTable",
    "UpdateTable",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "GetItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateTimeToLive",
    "TagResource",
    "ListTables",
    "DescribeTable",
];

/// The account with the table `table` and the item `x` in it.
static TABLE: LazyLock<&Account> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    let table = json!({"TableName": "table", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "index", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}]}]});
    let made = account.dynamodb("CreateTable", table.to_string().as_bytes());
    assert_eq!(made.status(), 200, "{made:?}");
    account
});

fn put(account: &Account) {
    let item = json!({"a": {"S": "x"}, "r": {"N": "1"}, "b": {"N": "1"}, "s": {"SS": ["u", "v"]}, "n": {"NS": ["1", "2"]},
        "m": {"M": {"l": {"L": [{"S": "y"}, {"M": {"z": {"BOOL": true}}}]}}}});
    account.dynamodb("PutItem", json!({"TableName": "table", "Item": item}).to_string().as_bytes());
}

/// Calls an operation with the names and values that are in the expressions.
fn express(account: &Account, operation: &str, mut members: Value, expressions: &[&str]) {
    let names = json!({"#n": "b", "#m": "m"});
    let values = json!({":v": {"N": "1"}, ":s": {"S": "x"}, ":l": {"L": [{"S": "y"}]}, ":t": {"SS": ["u"]}});
    let used = |all: Value| -> Value {
        let all = all.as_object().cloned().unwrap_or_default();
        all.into_iter().filter(|(name, _)| expressions.iter().any(|text| text.contains(name.as_str()))).collect()
    };
    for (parameter, used) in [("ExpressionAttributeNames", used(names)), ("ExpressionAttributeValues", used(values))] {
        if used.as_object().is_some_and(|used| !used.is_empty()) {
            members[parameter] = used;
        }
    }
    members["TableName"] = json!("table");
    account.dynamodb(operation, members.to_string().as_bytes());
}

fn condition(bytes: &[u8]) {
    put(&TABLE);
    let text = text(bytes);
    express(&TABLE, "Scan", json!({"FilterExpression": text}), &[text]);
    express(&TABLE, "DeleteItem", json!({"Key": {"a": {"S": "x"}}, "ConditionExpression": text}), &[text]);
}

fn update(bytes: &[u8]) {
    put(&TABLE);
    let text = text(bytes);
    express(&TABLE, "UpdateItem", json!({"Key": {"a": {"S": "x"}}, "UpdateExpression": text}), &[text]);
}

fn projection(bytes: &[u8]) {
    put(&TABLE);
    let text = text(bytes);
    express(&TABLE, "GetItem", json!({"Key": {"a": {"S": "x"}}, "ProjectionExpression": text}), &[text]);
}

fn key_condition(bytes: &[u8]) {
    put(&TABLE);
    let text = text(bytes);
    express(&TABLE, "Query", json!({"IndexName": "index", "KeyConditionExpression": text}), &[text]);
}

/// What can be put can be read, and comes back as something that can be put again.
fn item(bytes: &[u8]) {
    let Ok(mut item) = serde_json::from_slice::<Value>(bytes) else { return };
    let Some(members) = item.as_object_mut() else { return };
    members.insert("a".to_owned(), json!({"S": "x"}));
    TABLE.dynamodb("PutItem", json!({"TableName": "table", "Item": item}).to_string().as_bytes());
    let read = TABLE.dynamodb("GetItem", br#"{"TableName":"table","Key":{"a":{"S":"x"}}}"#);
    assert_eq!(read.status(), 200, "{read:?}");
}

fn request(bytes: &[u8]) {
    let Some((operation, body)) = bytes.split_first() else { return };
    let operation = OPERATIONS[usize::from(*operation) % OPERATIONS.len()];
    TABLE.dynamodb(operation, body);
}
