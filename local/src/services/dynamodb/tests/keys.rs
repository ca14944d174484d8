//! What a key can be, wherever a request has one.

use super::*;

const INVALID: &str = "One or more parameter values were invalid: ";

fn attribute(value: Value) -> Value {
    json!({"S": value})
}

/// A table with keys and an index of text and of bytes.
fn pairs() -> Value {
    let definition = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    json!({
        "TableName": "pairs", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "c", "KeyType": "RANGE"}],
        "AttributeDefinitions": [definition("p", "S"), definition("c", "B"), definition("x", "N")],
        "GlobalSecondaryIndexes": [{"IndexName": "by-x", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}, {"AttributeName": "c", "KeyType": "RANGE"}]}],
    })
}

/// Every way to name a key, each with what it answers to a key that is wrong.
async fn answers(cloud: &Cloud, partition: Value, sort: Value) -> Vec<(&'static str, String)> {
    let key = json!({"p": partition, "c": sort});
    let values = json!({":p": partition, ":c": sort});
    let of_table = json!({"TableName": "pairs", "Key": key});
    let calls = [
        ("GetItem", of_table.clone()),
        ("DeleteItem", of_table.clone()),
        ("UpdateItem", of_table.clone()),
        ("PutItem", json!({"TableName": "pairs", "Item": key})),
        ("BatchGetItem", json!({"RequestItems": {"pairs": {"Keys": [key]}}})),
        ("BatchWriteItem", json!({"RequestItems": {"pairs": [{"DeleteRequest": {"Key": key}}]}})),
        ("TransactGetItems", json!({"TransactItems": [{"Get": of_table}]})),
        ("TransactWriteItems", json!({"TransactItems": [{"Delete": of_table}]})),
        (
            "Query",
            json!({"TableName": "pairs", "KeyConditionExpression": "p = :p AND c >= :c", "ExpressionAttributeValues": values}),
        ),
        ("Scan", json!({"TableName": "pairs", "ExclusiveStartKey": key})),
    ];
    let mut all = Vec::new();
    for (operation, input) in calls {
        let reply = call(cloud, operation, input).await;
        let message = reply.pointer("/CancellationReasons/0/Message").or_else(|| reply.get("message"));
        all.push((operation, message.and_then(Value::as_str).unwrap_or_default().to_owned()));
    }
    all
}

#[tokio::test]
async fn keys_are_refused_wherever_they_are() {
    let (cloud, _directory) = with_table().await;
    call(&cloud, "CreateTable", pairs()).await;
    let text = |length: usize| attribute(json!("k".repeat(length)));
    let bytes = |length: usize| json!({"B": "AAAA".repeat(length / 3) + ["", "AA==", "AAA="][length % 3]});
    for answer in answers(&cloud, text(2048), bytes(1024)).await {
        assert_eq!(answer.1, "", "{}", answer.0);
    }
    let empty = |kind: &str, key: &str| {
        format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {key}"
        )
    };
    for (partition, sort, expected) in [
        (text(2049), bytes(1), format!("{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes")),
        (
            text(1),
            bytes(1025),
            format!("{INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
        ),
        (text(0), bytes(1), empty("string", "p")),
        (text(1), bytes(0), empty("binary", "c")),
    ] {
        for (operation, message) in answers(&cloud, partition.clone(), sort.clone()).await {
            assert!(message.ends_with(&expected), "{operation}: {message}");
        }
    }
    for (partition, sort) in [(json!({"N": "1"}), bytes(1)), (text(1), text(1)), (json!({"BOOL": true}), bytes(1))] {
        for (operation, message) in answers(&cloud, partition.clone(), sort.clone()).await {
            let fits = ["match", "expected: "].iter().any(|part| message.contains(part));
            assert!(fits, "{operation}: {message}");
        }
    }
}

#[tokio::test]
async fn an_index_leaves_out_what_cannot_be_its_key() {
    let (cloud, _directory) = with_table().await;
    let items = [
        ("good", attribute(json!("HIGH"))),
        ("longest", attribute(json!("h".repeat(2048)))),
        ("longer", attribute(json!("h".repeat(2049)))),
        ("empty", attribute(json!(""))),
        ("number", json!({"N": "3"})),
        ("null", json!({"NULL": true})),
    ];
    for (id, severity) in items {
        let item = json!({"incident_id": {"S": id}, "severity": severity});
        assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    }
    let index = json!({"IndexName": "by-severity", "Projection": {"ProjectionType": "ALL"},
        "KeySchema": [{"AttributeName": "severity", "KeyType": "HASH"}]});
    let definitions = json!([{"AttributeName": "severity", "AttributeType": "S"}]);
    let change = json!({"GlobalSecondaryIndexUpdates": [{"Create": index}], "AttributeDefinitions": definitions});
    assert!(call(&cloud, "UpdateTable", change).await["TableDescription"].is_object());
    let held = async || {
        let scan = call(&cloud, "Scan", json!({"IndexName": "by-severity"})).await;
        let mut ids: Vec<String> = scan["Items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["incident_id"]["S"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(held().await, ["good", "longest"]);
    // What is there already stays as it is, out of the index; nothing new like it comes in.
    let touch = |id: &str, text: &str| json!({"Key": key(id), "UpdateExpression": text, "ExpressionAttributeValues": {":v": {"N": "3"}}});
    assert_eq!(call(&cloud, "UpdateItem", touch("number", "SET seen = :v")).await, json!({}));
    assert_eq!(held().await, ["good", "longest"]);
    let refused = error(&cloud, "UpdateItem", touch("good", "SET severity = :v")).await;
    let mismatch = "Type mismatch for Index Key severity Expected: S Actual: N IndexName: by-severity";
    assert_eq!(refused.1, format!("{INVALID}{mismatch}"));
    let put = json!({"Item": {"incident_id": {"S": "good"}, "severity": {"S": ""}}});
    assert!(
        error(&cloud, "PutItem", put)
            .await
            .1
            .ends_with("empty string value. IndexName: by-severity, IndexKey: severity")
    );
}
