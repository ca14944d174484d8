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
    let twice = |name: &str, list: &str| format!("{INVALID}Duplicate AttributeName in {list}: {name}");
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
        (changed("/AttributeDefinitions", json!(definitions)), twice("status", "AttributeDefinitions")),
        (included(&["note", "note"]), twice("note", "NonKeyAttributes")),
        (included(&["note", "last_seen_at"]), key("last_seen_at")),
        (included(&["incident_id"]), key("incident_id")),
        (included(&twenty_one), "1 validation error detected: Value at 'projection.nonKeyAttributes' failed to satisfy constraint: Member must have length less than or equal to 20".to_owned()),
        (wide, format!("{INVALID}The indexes of a table include at most 100 non-key attributes, not 102")),
        (changed("/Tags", json!(tags(51))), limit),
        (tag(&long_key, ""), format!("The Tag Key provided is invalid, Key: {long_key}")),
        (tag("aws:cloudformation:stack-name", "s"), "The Tag Key provided is invalid, Key: aws:cloudformation:stack-name".to_owned()),
        (tag("AWS:a", "s"), "The Tag Key provided is invalid, Key: AWS:a".to_owned()),
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

#[tokio::test]
async fn tags_that_differ_by_case_are_two() {
    let (cloud, _directory) = with_table().await;
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/incidents";
    let tags = json!([{"Key": "Team", "Value": "one"}, {"Key": "team", "Value": "two"}]);
    assert_eq!(call(&cloud, "TagResource", json!({"ResourceArn": arn, "Tags": tags})).await, json!({}));
    let listed = async || call(&cloud, "ListTagsOfResource", json!({"ResourceArn": arn})).await["Tags"].clone();
    let own = json!({"Key": "incidentctl:stack", "Value": "devops"});
    assert_eq!(listed().await, json!([tags[0], own, tags[1]]));
    assert_eq!(call(&cloud, "UntagResource", json!({"ResourceArn": arn, "TagKeys": ["Team"]})).await, json!({}));
    assert_eq!(listed().await, json!([own, tags[1]]));
    let none = error(&cloud, "UntagResource", json!({"ResourceArn": arn, "TagKeys": []})).await;
    assert_eq!(none.1, "Atleast one Tag Key needs to be provided as Input.");
    let reserved = error(&cloud, "UntagResource", json!({"ResourceArn": arn, "TagKeys": ["aws:x"]})).await;
    assert_eq!(reserved.1, "The Tag Key provided is invalid, Key: aws:x");
}

fn with_units(units: Value) -> Value {
    let mut table = incidents();
    table["ProvisionedThroughput"] = units;
    table
}

#[tokio::test]
async fn names_in_a_definition_have_their_limits() {
    let (cloud, _directory) = cloud(Duration::ZERO);
    let long = "n".repeat(256);
    let must = |value: &str, path: &str, must: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must {must}"
        )
    };
    let at_most = "have length less than or equal to 255";
    let index = "globalSecondaryIndexes.1.member.indexName";
    for (table, expected) in [
        (
            changed("/AttributeDefinitions/0/AttributeName", json!(long)),
            must(&long, "attributeDefinitions.1.member.attributeName", at_most),
        ),
        (
            changed("/AttributeDefinitions/1/AttributeName", json!("")),
            must("", "attributeDefinitions.2.member.attributeName", "have length greater than or equal to 1"),
        ),
        (
            changed("/AttributeDefinitions/0/AttributeType", json!("SS")),
            must("SS", "attributeDefinitions.1.member.attributeType", "satisfy enum value set: [B, N, S]"),
        ),
        (changed("/KeySchema/0/AttributeName", json!(long)), must(&long, "keySchema.1.member.attributeName", at_most)),
        (
            changed("/KeySchema/0/KeyType", json!("SORT")),
            must("SORT", "keySchema.1.member.keyType", "satisfy enum value set: [HASH, RANGE]"),
        ),
        (
            changed("/GlobalSecondaryIndexes/1/KeySchema/0/AttributeName", json!(long)),
            must(&long, "globalSecondaryIndexes.2.member.keySchema.1.member.attributeName", at_most),
        ),
        (
            included(&[long.as_str()]),
            must(&long, "globalSecondaryIndexes.2.member.projection.nonKeyAttributes.1.member", at_most),
        ),
        (changed("/GlobalSecondaryIndexes/0/IndexName", json!("ab")), must("ab", index, "have length greater than or equal to 3")),
        (changed("/GlobalSecondaryIndexes/0/IndexName", json!(long)), must(&long, index, at_most)),
        (
            changed("/GlobalSecondaryIndexes/0/IndexName", json!("by@x")),
            must("by@x", "indexName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ),
        (with_units(json!({"WriteCapacityUnits": 1})), "1 validation error detected: Value null at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must not be null".to_owned()),
        (with_units(json!({"ReadCapacityUnits": 0, "WriteCapacityUnits": 1})), must("0", "provisionedThroughput.readCapacityUnits", "have value greater than or equal to 1")),
        (with_units(units(1, 1)), format!("{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")),
        (changed("/GlobalSecondaryIndexes", json!([])), format!("{INVALID}List of GlobalSecondaryIndexes is empty")),
    ] {
        assert_eq!(error(&cloud, "CreateTable", table).await, ("ValidationException".to_owned(), expected));
    }
    let mut longest = changed("/GlobalSecondaryIndexes/0/IndexName", json!(&long[1..]));
    longest["TableName"] = json!(&long[1..]);
    assert!(call(&cloud, "CreateTable", longest).await["TableDescription"].is_object());
}

#[tokio::test]
async fn an_update_says_one_thing_and_redefines_nothing() {
    let (cloud, _directory) = with_table().await;
    let create = |attribute: &str| json!({"IndexName": "another", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}]});
    let change = |changes: Value, definitions: Value| json!({"GlobalSecondaryIndexUpdates": changes, "AttributeDefinitions": definitions});
    let definition = |name: &str, kind: &str| json!([{"AttributeName": name, "AttributeType": kind}]);
    let one = "A GlobalSecondaryIndexUpdate is exactly one of Create, Update and Delete";
    for (input, part) in [
        (change(json!([{}]), json!([])), one),
        (change(json!([{"Create": create("x"), "Delete": {"IndexName": "by-status"}}]), definition("x", "S")), one),
        (change(json!([{"Create": create("status")}]), definition("status", "N")), "Attributes cannot be redefined"),
        (change(json!([{"Create": create("x")}]), json!([])), "Some index key attributes are not defined"),
        (
            json!({"GlobalSecondaryIndexUpdates": []}),
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
        ),
    ] {
        let (code, message) = error(&cloud, "UpdateTable", input).await;
        assert_eq!(code, "ValidationException");
        assert!(message.contains(part), "{message}");
    }
    let described = call(&cloud, "DescribeTable", json!({})).await;
    assert_eq!(described["Table"]["AttributeDefinitions"], incidents()["AttributeDefinitions"]);
}

#[tokio::test]
async fn a_time_to_live_has_one_attribute_at_a_time() {
    let (cloud, _directory) = with_table().await;
    let set =
        |name: &str, enabled: bool| json!({"TimeToLiveSpecification": {"AttributeName": name, "Enabled": enabled}});
    let length = |value: &str, must: &str| {
        format!(
            "1 validation error detected: Value '{value}' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length {must}"
        )
    };
    let long = "e".repeat(256);
    let other = "TimeToLive is active on a different AttributeName: current AttributeName is expires_at";
    assert_eq!(error(&cloud, "UpdateTimeToLive", set("expires_at", false)).await.1, "TimeToLive is already disabled");
    assert_eq!(error(&cloud, "UpdateTimeToLive", set("", true)).await.1, length("", "greater than or equal to 1"));
    assert_eq!(error(&cloud, "UpdateTimeToLive", set(&long, true)).await.1, length(&long, "less than or equal to 255"));
    assert!(call(&cloud, "UpdateTimeToLive", set("expires_at", true)).await["TimeToLiveSpecification"].is_object());
    for (input, expected) in [
        (set("expires_at", true), "TimeToLive is already enabled"),
        (set("other", true), other),
        (set("other", false), other),
        (set("expires_at", false), "Time to live has been modified multiple times within a fixed interval"),
    ] {
        assert_eq!(
            error(&cloud, "UpdateTimeToLive", input).await,
            ("ValidationException".to_owned(), expected.to_owned())
        );
    }
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
