//! What each operation consumes.

use super::*;
use crate::services::dynamodb::consumed_totals;

/// A table with keys `p` and `s`, and two indexes by `g`: one of keys, one with `note`.
async fn with_indexes() -> (Cloud, tempfile::TempDir) {
    let (cloud, directory) = cloud(Duration::ZERO);
    let definition = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let index = |name: &str, projection: Value| json!({"IndexName": name, "Projection": projection, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]});
    let definitions = ["p", "s", "g"].map(definition);
    let table = json!({"TableName": "items", "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
    "AttributeDefinitions": definitions,
    "GlobalSecondaryIndexes": [
        index("keys", json!({"ProjectionType": "KEYS_ONLY"})),
        index("notes", json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]})),
    ]});
    assert!(call(&cloud, "CreateTable", table).await["TableDescription"].is_object());
    (cloud, directory)
}

fn key(sort: &str) -> Value {
    json!({"p": {"S": "p"}, "s": {"S": sort}})
}

/// An item of exactly this many bytes, in no index.
fn sized(sort: &str, bytes: usize) -> Value {
    let mut item = key(sort);
    // The names p, s and t, and the values of the keys.
    item["t"] = json!({"S": "x".repeat(bytes - 4 - sort.len())});
    item
}

/// The same, in both indexes.
fn indexed(sort: &str, group: &str, note: usize, bytes: usize) -> Value {
    let mut item = sized(sort, bytes - 5 - group.len() - note);
    item["g"] = json!({"S": group});
    item["note"] = json!({"S": "n".repeat(note)});
    item
}

async fn measured(cloud: &Cloud, operation: &str, mut input: Value) -> Value {
    input["ReturnConsumedCapacity"] = json!("INDEXES");
    let is_single = !operation.starts_with("Transact") && !operation.starts_with("Batch");
    if is_single {
        input["TableName"] = json!("items");
    }
    let reply = call(cloud, operation, input).await;
    assert!(reply["ConsumedCapacity"] != Value::Null, "{operation}: {reply}");
    if is_single { reply["ConsumedCapacity"].clone() } else { reply["ConsumedCapacity"][0].clone() }
}

/// Units in total, of the table, of the index of keys, and of the one with notes.
fn units(capacity: &Value) -> [f64; 4] {
    let of = |pointer: &str| capacity.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    [
        of("/CapacityUnits"),
        of("/Table/CapacityUnits"),
        of("/GlobalSecondaryIndexes/keys/CapacityUnits"),
        of("/GlobalSecondaryIndexes/notes/CapacityUnits"),
    ]
}

fn set(sort: &str, attribute: &str, value: usize) -> Value {
    json!({"Key": key(sort), "UpdateExpression": "SET #a = :v", "ExpressionAttributeNames": {"#a": attribute},
        "ExpressionAttributeValues": {":v": {"S": "y".repeat(value)}}})
}

#[tokio::test]
async fn writes_cost_by_the_larger_item_and_by_what_changes_in_each_index() {
    let (cloud, _directory) = with_indexes().await;
    let put = |item: Value| json!({"Item": item});
    let delete = |sort: &str| json!({"Key": key(sort)});
    let remove = |sort: &str, name: &str| json!({"Key": key(sort), "UpdateExpression": format!("REMOVE {name}")});
    // In their order: each finds what the one before left.
    let cases = [
        ("a kilobyte", "PutItem", put(sized("a", 1024)), [1.0, 1.0, 0.0, 0.0]),
        ("a byte more", "PutItem", put(sized("a", 1025)), [2.0, 2.0, 0.0, 0.0]),
        ("a small one in the place of a large one", "PutItem", put(sized("a", 100)), [2.0, 2.0, 0.0, 0.0]),
        ("an update of a part", "UpdateItem", set("a", "t", 1019), [1.0, 1.0, 0.0, 0.0]),
        ("an update that makes it larger", "UpdateItem", set("a", "t", 1020), [2.0, 2.0, 0.0, 0.0]),
        ("an update that makes it smaller", "UpdateItem", set("a", "t", 1), [2.0, 2.0, 0.0, 0.0]),
        ("a deletion", "DeleteItem", delete("a"), [1.0, 1.0, 0.0, 0.0]),
        ("a deletion of nothing", "DeleteItem", delete("a"), [1.0, 1.0, 0.0, 0.0]),
        ("an update that changes nothing", "UpdateItem", remove("a", "t"), [1.0, 1.0, 0.0, 0.0]),
        ("an entry that appears", "PutItem", put(indexed("b", "one", 10, 3000)), [5.0, 3.0, 1.0, 1.0]),
        ("the same again", "PutItem", put(indexed("b", "one", 10, 3000)), [3.0, 3.0, 0.0, 0.0]),
        ("what no index holds", "UpdateItem", set("b", "t", 10), [3.0, 3.0, 0.0, 0.0]),
        ("what one index holds", "UpdateItem", set("b", "note", 11), [2.0, 1.0, 0.0, 1.0]),
        ("an index key that changes", "UpdateItem", set("b", "g", 3), [5.0, 1.0, 2.0, 2.0]),
        ("an entry of a kilobyte", "UpdateItem", set("b", "note", 1024 - 12), [3.0, 2.0, 0.0, 1.0]),
        ("an entry of a byte more", "UpdateItem", set("b", "note", 1025 - 12), [4.0, 2.0, 0.0, 2.0]),
        ("a large entry that moves", "UpdateItem", set("b", "g", 4), [8.0, 2.0, 2.0, 4.0]),
        ("an entry that disappears", "UpdateItem", remove("b", "g"), [5.0, 2.0, 1.0, 2.0]),
        ("an entry that comes back", "UpdateItem", set("b", "g", 3), [5.0, 2.0, 1.0, 2.0]),
        ("an item that leaves", "DeleteItem", delete("b"), [5.0, 2.0, 1.0, 2.0]),
    ];
    for (what, operation, input, expected) in cases {
        assert_eq!(units(&measured(&cloud, operation, input).await), expected, "{what}");
    }
}

#[tokio::test]
async fn reads_cost_by_four_kilobytes_and_by_their_consistency() {
    let (cloud, _directory) = with_indexes().await;
    for item in [sized("a", 4096), sized("b", 4097), sized("c", 100), indexed("d", "one", 5000, 9000)] {
        call(&cloud, "PutItem", json!({"TableName": "items", "Item": item})).await;
    }
    let get =
        |sort: &str, strong: bool| json!({"Key": key(sort), "ConsistentRead": strong, "ProjectionExpression": "p"});
    let query = |from: &str, strong: bool| {
        json!({"KeyConditionExpression": "p = :p AND s >= :s", "ConsistentRead": strong,
            "ExpressionAttributeValues": {":p": {"S": "p"}, ":s": {"S": from}}})
    };
    let of_index = |name: &str, group: &str| {
        json!({"IndexName": name, "KeyConditionExpression": "g = :g", "Select": "COUNT",
            "ExpressionAttributeValues": {":g": {"S": group}}})
    };
    let mut filtered = query("a", false);
    filtered["FilterExpression"] = json!("t = :p");
    let batch = |strong: bool| json!({"RequestItems": {"items": {"ConsistentRead": strong, "Keys": [key("a"), key("b"), key("none")]}}});
    let gets = ["b", "none"].map(|sort| json!({"Get": {"TableName": "items", "Key": key(sort)}}));
    let transaction = json!({"TransactItems": gets});
    let cases = [
        ("4 KB", "GetItem", get("a", false), [0.5, 0.5, 0.0, 0.0]),
        ("4 KB, consistent", "GetItem", get("a", true), [1.0, 1.0, 0.0, 0.0]),
        ("a byte more", "GetItem", get("b", false), [1.0, 1.0, 0.0, 0.0]),
        ("a byte more, consistent", "GetItem", get("b", true), [2.0, 2.0, 0.0, 0.0]),
        ("nothing", "GetItem", get("none", false), [0.5, 0.5, 0.0, 0.0]),
        ("nothing, consistent", "GetItem", get("none", true), [1.0, 1.0, 0.0, 0.0]),
        // 17 293 bytes in all, 9 100 from the third on.
        ("a query sums first", "Query", query("a", true), [5.0, 5.0, 0.0, 0.0]),
        ("a query of a part", "Query", query("c", false), [1.5, 1.5, 0.0, 0.0]),
        ("what the filter leaves out", "Query", filtered, [2.5, 2.5, 0.0, 0.0]),
        ("a query that finds nothing", "Query", query("z", false), [0.5, 0.5, 0.0, 0.0]),
        ("keys of an index", "Query", of_index("keys", "one"), [0.5, 0.0, 0.5, 0.0]),
        ("entries of an index", "Query", of_index("notes", "one"), [1.0, 0.0, 0.0, 1.0]),
        ("nothing in an index", "Query", of_index("notes", "two"), [0.5, 0.0, 0.0, 0.5]),
        ("a scan", "Scan", json!({}), [2.5, 2.5, 0.0, 0.0]),
        ("a scan of an index", "Scan", json!({"IndexName": "notes"}), [1.0, 0.0, 0.0, 1.0]),
        ("a batch", "BatchGetItem", batch(false), [2.0, 2.0, 0.0, 0.0]),
        ("a batch, consistent", "BatchGetItem", batch(true), [4.0, 4.0, 0.0, 0.0]),
        ("a transaction", "TransactGetItems", transaction, [6.0, 6.0, 0.0, 0.0]),
    ];
    for (what, operation, input, expected) in cases {
        let capacity = measured(&cloud, operation, input).await;
        assert_eq!(units(&capacity), expected, "{what}");
        assert!(!capacity.to_string().contains('-'), "{what}: {capacity}");
    }
}

#[tokio::test]
async fn a_transaction_costs_the_table_twice_and_its_replay_a_read() {
    let (cloud, _directory) = with_indexes().await;
    call(&cloud, "PutItem", json!({"TableName": "items", "Item": sized("checked", 5000)})).await;
    let mut transaction = json!({"ClientRequestToken": "once", "TransactItems": [
        {"Put": {"TableName": "items", "Item": indexed("new", "one", 10, 1500)}},
        {"ConditionCheck": {"TableName": "items", "Key": key("checked"), "ConditionExpression": "attribute_exists(p)"}},
        {"Delete": {"TableName": "items", "Key": key("none")}},
    ]});
    let written = measured(&cloud, "TransactWriteItems", transaction.clone()).await;
    // Twice 2, 5 and 1 units, and an entry of each index, which is not doubled.
    assert_eq!(units(&written), [18.0, 16.0, 1.0, 1.0]);
    assert_eq!((&written["WriteCapacityUnits"], &written["ReadCapacityUnits"]), (&json!(18.0), &Value::Null));
    assert_eq!(written["Table"], json!({"CapacityUnits": 16.0, "WriteCapacityUnits": 16.0}));
    let replayed = measured(&cloud, "TransactWriteItems", transaction.clone()).await;
    assert_eq!(units(&replayed), [8.0, 8.0, 0.0, 0.0]);
    assert_eq!((&replayed["ReadCapacityUnits"], &replayed["WriteCapacityUnits"]), (&json!(8.0), &Value::Null));
    transaction["ReturnConsumedCapacity"] = json!("NONE");
    assert_eq!(call(&cloud, "TransactWriteItems", transaction).await, json!({}));
}

#[tokio::test]
async fn only_the_members_that_were_asked_for_are_answered() {
    let (cloud, _directory) = with_indexes().await;
    let mut put = json!({"TableName": "items", "Item": indexed("a", "one", 10, 100)});
    assert_eq!(call(&cloud, "PutItem", put.clone()).await, json!({}));
    put["Item"]["note"] = json!({"S": "other"});
    put["ReturnConsumedCapacity"] = json!("TOTAL");
    let total = call(&cloud, "PutItem", put.clone()).await;
    assert_eq!(total["ConsumedCapacity"], json!({"TableName": "items", "CapacityUnits": 2.0}));
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/items";
    put["TableName"] = json!(arn);
    put["ReturnConsumedCapacity"] = json!("INDEXES");
    let same = call(&cloud, "PutItem", put.clone()).await;
    let table = json!({"CapacityUnits": 1.0});
    assert_eq!(same["ConsumedCapacity"], json!({"TableName": arn, "CapacityUnits": 1.0, "Table": table}));
    let batch = json!({"ReturnConsumedCapacity": "TOTAL", "RequestItems": {"items": [
        {"PutRequest": {"Item": sized("b", 2000)}},
        {"DeleteRequest": {"Key": key("a")}},
    ]}});
    let batch = call(&cloud, "BatchWriteItem", batch).await;
    assert_eq!(batch["ConsumedCapacity"], json!([{"TableName": "items", "CapacityUnits": 5.0}]));
    put["ReturnConsumedCapacity"] = json!("ALL");
    let refused = error(&cloud, "PutItem", put).await;
    assert!(refused.1.contains("Value 'ALL' at 'returnConsumedCapacity' failed"), "{refused:?}");
}

#[tokio::test]
async fn what_is_refused_consumes_too_and_is_counted() {
    let (cloud, _directory) = with_indexes().await;
    call(&cloud, "PutItem", json!({"TableName": "items", "Item": sized("there", 3000)})).await;
    let never = |sort: &str, mut input: Value| {
        input["TableName"] = json!("items");
        input["ConditionExpression"] = json!("attribute_exists(never)");
        if input.get("Item").is_none() {
            input["Key"] = key(sort);
        }
        input
    };
    let growing = set("there", "more", 2100);
    let failures = [
        ("PutItem", never("", json!({"Item": indexed("new", "one", 10, 1500)})), 2.0),
        ("PutItem", never("", json!({"Item": sized("there", 100)})), 3.0),
        ("UpdateItem", never("there", set("there", "t", 1)), 3.0),
        ("UpdateItem", never("there", growing), 5.0),
        ("DeleteItem", never("there", json!({})), 3.0),
        ("DeleteItem", never("none", json!({})), 1.0),
    ];
    let written = |operation: &str| {
        let of = |total: &&super::super::ConsumedTotal| total.operation == operation;
        consumed_totals(&cloud).iter().filter(of).map(|total| total.write_units).sum::<f64>()
    };
    for (operation, input, expected) in failures {
        let before = written(operation);
        assert_eq!(error(&cloud, operation, input.clone()).await.0, "ConditionalCheckFailedException", "{input}");
        assert_eq!(written(operation) - before, expected, "{operation} {input}");
    }
    let transaction = json!({"TransactItems": [
        {"Put": {"TableName": "items", "Item": indexed("new", "one", 10, 1500)}},
        {"Delete": never("there", json!({}))},
    ]});
    assert_eq!(error(&cloud, "TransactWriteItems", transaction).await.0, "TransactionCanceledException");
    assert_eq!(written("TransactWriteItems"), 10.0);
    let invalid = json!({"TableName": "items", "Item": {"p": {"S": "p"}}});
    let before = written("PutItem");
    assert_eq!(error(&cloud, "PutItem", invalid).await.0, "ValidationException");
    assert_eq!(written("PutItem"), before);
}

#[tokio::test]
async fn totals_tell_tables_indexes_and_operations_apart() {
    let (cloud, _directory) = with_indexes().await;
    for note in [10, 11] {
        call(&cloud, "PutItem", json!({"TableName": "items", "Item": indexed("a", "one", note, 1500)})).await;
    }
    call(&cloud, "GetItem", json!({"TableName": "items", "Key": key("a"), "ConsistentRead": true})).await;
    let seen: Vec<_> = consumed_totals(&cloud)
        .into_iter()
        .map(|total| {
            (total.index.unwrap_or_default(), total.operation, total.calls, total.read_units, total.write_units)
        })
        .collect();
    let expected = [
        ("", "GetItem", 1, 1.0, 0.0),
        ("", "PutItem", 2, 0.0, 4.0),
        ("keys", "PutItem", 1, 0.0, 1.0),
        ("notes", "PutItem", 2, 0.0, 2.0),
    ];
    assert_eq!(
        seen,
        expected.map(|(index, operation, calls, read, write)| (index.into(), operation.into(), calls, read, write))
    );
    let table = [("TableName", "items")];
    assert_eq!(metric(&cloud, "ConsumedWriteCapacityUnits", &table).await, 4.0);
    assert_eq!(metric(&cloud, "ConsumedReadCapacityUnits", &table).await, 1.0);
    let index = [("TableName", "items"), ("GlobalSecondaryIndexName", "notes")];
    assert_eq!(metric(&cloud, "ConsumedWriteCapacityUnits", &index).await, 2.0);
}

#[test]
fn numbers_are_sized_as_on_aws() {
    let size = |text: &str| {
        let item = super::super::item::read(&json!({"n": {"N": text}})).unwrap();
        super::super::item::size(&item) - 1
    };
    for (text, bytes) in [
        ("0", 1),
        ("1", 2),
        ("12", 2),
        ("123", 3),
        ("1234", 3),
        ("0042", 2),
        ("100", 2),
        ("1010", 3),
        ("0.0000001", 2),
        ("1E125", 2),
        ("1E-100", 2),
        ("1.5", 3),
        ("15", 2),
        ("1.200", 3),
        ("1.234", 4),
        ("3.14159", 5),
        ("123456", 4),
        ("-15", 3),
        ("12345678901234567890123456789012345678", 20),
    ] {
        assert_eq!(size(text), bytes, "{text}");
    }
}
