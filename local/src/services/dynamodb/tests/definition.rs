//! How tables and their tags may be defined.

use super::*;

const INVALID: &str = "One or more parameter values were invalid: ";

/// A definition of a table on demand, with one change.
fn changed(pointer: &str, value: Value) -> Value {
    let mut table = incidents();
    *table.pointer_mut(pointer).unwrap() = value;
    table
}

fn included(names: &[&str]) -> Value {
    changed("/GlobalSecondaryIndexes/1/Projection", json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names}))
}

fn tags(count: usize) -> Vec<Value> {
    (0..count).map(|number| json!({"Key": format!("key-{number}"), "Value": ""})).collect()
}

#[tokio::test]
async fn definitions_that_say_something_twice_or_too_much_are_refused() {
    let twice = "Cannot have two attributes with the same name".to_owned();
    let definition = |kind: &str| json!({"AttributeName": "status", "AttributeType": kind});
    let mut definitions = incidents()["AttributeDefinitions"].as_array().unwrap().clone();
    definitions.push(definition("N"));
    let twenty_one: Vec<String> = (0..21).map(|number| format!("a{number}")).collect();
    let twenty_one: Vec<&str> = twenty_one.iter().map(String::as_str).collect();
    let key = |name: &str| {
        format!("{INVALID}NonKeyAttributes of the index by-status name the key {name}, which it holds anyway")
    };
    let mut wide = incidents();
    wide["GlobalSecondaryIndexes"] = (0..6)
        .map(|number| {
            let names: Vec<String> = (0..17).map(|name| format!("a{name}")).collect();
            json!({"IndexName": format!("index-{number}"), "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}})
        })
        .collect();
    wide["AttributeDefinitions"] = json!([{"AttributeName": "incident_id", "AttributeType": "S"}, definition("S")]);
    let tag = |key: &str, value: &str| changed("/Tags", json!([{"Key": key, "Value": value}]));
    let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
    let limit = "Number of Tags exceed the current limit for the provided ResourceArn".to_owned();
    let cases = [
        (changed("/AttributeDefinitions", json!(definitions)), twice.clone()),
        (included(&["note", "note"]), twice),
        (included(&["note", "last_seen_at"]), key("last_seen_at")),
        (included(&["incident_id"]), key("incident_id")),
        (included(&twenty_one), "1 validation error detected: Value at 'projection.nonKeyAttributes' failed to satisfy constraint: Member must have length less than or equal to 20".to_owned()),
        (wide, format!("{INVALID}The indexes of a table include at most 100 non-key attributes, not 102")),
        (changed("/Tags", json!(tags(51))), limit),
        (tag(&long_key, ""), format!("The Tag Key provided is invalid, Key: {long_key}")),
        (tag("", ""), "The Tag Key provided is invalid, Key: ".to_owned()),
        (tag("a", &long_value), format!("The Tag Value provided is invalid, Value: {long_value}")),
        (tag("a", "#!%"), "The Tag Value provided is invalid, Value: #!%".to_owned()),
        (changed("/Tags", json!([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])), "Duplicate Tag Keys provided as input: Duplicate Tag Key found a".to_owned()),
    ];
    let (cloud, _directory) = cloud(Duration::ZERO);
    for (table, message) in cases {
        assert_eq!(error(&cloud, "CreateTable", table).await, ("ValidationException".to_owned(), message));
    }
    assert_eq!(error(&cloud, "DescribeTable", json!({})).await.0, "ResourceNotFoundException", "none was made");
    // A key of one index may be included in another.
    let created = call(&cloud, "CreateTable", included(&["created_at", "note"])).await;
    assert!(created["TableDescription"].is_object(), "{created}");
}

#[tokio::test]
async fn a_table_has_fifty_tags_at_most() {
    let (cloud, _directory) = with_table().await;
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/incidents";
    let tag = |tags: Value| json!({"ResourceArn": arn, "Tags": tags});
    assert_eq!(call(&cloud, "TagResource", tag(json!(tags(49)))).await, json!({}));
    let over = error(&cloud, "TagResource", tag(json!([{"Key": "another", "Value": ""}]))).await;
    assert_eq!(over.1, "Number of Tags exceed the current limit for the provided ResourceArn");
    let changed = json!([{"Key": "key-1", "Value": "new: a.b/c=d+e@f_g-h"}]);
    assert_eq!(call(&cloud, "TagResource", tag(changed)).await, json!({}));
    let none = error(&cloud, "TagResource", tag(json!([]))).await;
    assert_eq!(none.1, "Atleast one Tag needs to be provided as Input.");
    let listed = call(&cloud, "ListTagsOfResource", json!({"ResourceArn": arn})).await;
    assert_eq!(listed["Tags"].as_array().unwrap().len(), 50);
}

fn units(read: i64, write: i64) -> Value {
    json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write})
}

#[tokio::test]
async fn a_provisioned_index_has_a_throughput_of_its_own() {
    let (cloud, _directory) = cloud(Duration::ZERO);
    let mut table = incidents();
    table["BillingMode"] = json!("PROVISIONED");
    table["ProvisionedThroughput"] = units(9, 8);
    let refused = error(&cloud, "CreateTable", table.clone()).await;
    assert_eq!(refused.1, format!("{INVALID}ProvisionedThroughput must be specified for index: by-created"));
    for (index, (read, write)) in [(7, 6), (5, 4)].into_iter().enumerate() {
        table["GlobalSecondaryIndexes"][index]["ProvisionedThroughput"] = units(read, write);
    }
    call(&cloud, "CreateTable", table).await;
    let described = async || {
        let table = call(&cloud, "DescribeTable", json!({})).await["Table"].clone();
        ["", "/GlobalSecondaryIndexes/0", "/GlobalSecondaryIndexes/1"].map(|of| {
            let of = |name: &str| table.pointer(&format!("{of}/ProvisionedThroughput/{name}")).and_then(Value::as_i64);
            (of("ReadCapacityUnits").unwrap(), of("WriteCapacityUnits").unwrap())
        })
    };
    assert_eq!(described().await, [(9, 8), (7, 6), (5, 4)]);
    let update = json!({"GlobalSecondaryIndexUpdates": [
        {"Update": {"IndexName": "by-created", "ProvisionedThroughput": units(3, 2)}}]});
    assert!(call(&cloud, "UpdateTable", update).await["TableDescription"].is_object());
    assert_eq!(described().await, [(9, 8), (3, 2), (5, 4)]);
    call(&cloud, "UpdateTable", json!({"BillingMode": "PAY_PER_REQUEST"})).await;
    assert_eq!(described().await, [(0, 0); 3]);
    let mut back = json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(1, 1)});
    let refused = error(&cloud, "UpdateTable", back.clone()).await;
    assert_eq!(refused.1, format!("{INVALID}ProvisionedThroughput must be specified for index: by-created"));
    let of = |name: &str| json!({"Update": {"IndexName": name, "ProvisionedThroughput": units(2, 2)}});
    back["GlobalSecondaryIndexUpdates"] = json!([of("by-created"), of("by-status")]);
    call(&cloud, "UpdateTable", back).await;
    assert_eq!(described().await, [(1, 1), (2, 2), (2, 2)]);
    let unknown = error(&cloud, "UpdateTable", json!({"GlobalSecondaryIndexUpdates": [of("none")]})).await;
    assert_eq!(unknown.1, "Requested resource not found: Index: none not found");
    let mut on_demand = incidents();
    on_demand["TableName"] = json!("other");
    on_demand["GlobalSecondaryIndexes"][1]["ProvisionedThroughput"] = units(1, 1);
    let refused = error(&cloud, "CreateTable", on_demand).await;
    let expected = format!(
        "{INVALID}ProvisionedThroughput should not be specified for index: by-status when BillingMode is PAY_PER_REQUEST"
    );
    assert_eq!(refused.1, expected);
}
