#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::config::{LatencyProfile, LimitsProfile};
use crate::gateway::faults::Action;
use crate::services::tests;
use crate::{Call, Cloud, LocalConfig};

mod capacity;
mod definition;
mod expressions;
mod keys;
mod names;
mod paging;
mod parameters;
mod projected;
mod throughput;
mod together;
mod transactions;

fn cloud(table_delay: Duration) -> (Cloud, tempfile::TempDir) {
    cloud_with(LatencyProfile { table: table_delay, index: Duration::ZERO, ..LatencyProfile::QUICK })
}

fn cloud_with(latency: LatencyProfile) -> (Cloud, tempfile::TempDir) {
    tests::cloud(LocalConfig { latency, ..LocalConfig::default() })
}

fn limited(limits: Option<LimitsProfile>) -> (Cloud, tempfile::TempDir) {
    let latency = LatencyProfile { table: Duration::ZERO, index: Duration::ZERO, ..LatencyProfile::QUICK };
    tests::cloud(LocalConfig { latency, limits, ..LocalConfig::default() })
}

/// The sum of a metric over the last minutes.
async fn metric(cloud: &Cloud, name: &str, dimensions: &[(&str, &str)]) -> f64 {
    let dimensions: Vec<_> = dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    let now = cloud.clock.now().as_second();
    // A minute of a slow clock is a long one.
    let statistics = json!({"Namespace": "AWS/DynamoDB", "MetricName": name, "Period": 86400, "Statistics": ["Sum"],
        "StartTime": now - 86400, "EndTime": now + 86400, "Dimensions": dimensions});
    let reply = tests::ask(cloud, "monitoring", "GetMetricStatistics", statistics).await.unwrap();
    reply["Datapoints"].as_array().unwrap().iter().filter_map(|point| point["Sum"].as_f64()).sum()
}

fn request(operation: &str, input: &Value) -> Call {
    tests::call("dynamodb", operation, input.clone())
}

/// Calls with `TableName` filled in; the body of the answer, whatever its status.
async fn call(cloud: &Cloud, operation: &str, mut input: Value) -> Value {
    let names_one = ["Transact", "Batch", "List"].iter().all(|others| !operation.starts_with(others));
    if ["TableName", "ResourceArn"].iter().all(|name| input.get(name).is_none()) && names_one {
        input["TableName"] = json!("incidents");
    }
    broken(cloud, operation, input, None).await
}

async fn broken(cloud: &Cloud, operation: &str, input: Value, fault: Option<Action>) -> Value {
    let call = request(operation, &input);
    let reply = super::handle(cloud, &call, input.to_string().as_bytes(), fault.as_ref()).await;
    serde_json::from_slice(reply.body()).unwrap()
}

async fn error(cloud: &Cloud, operation: &str, input: Value) -> (String, String) {
    let reply = call(cloud, operation, input).await;
    let code = reply["__type"].as_str().unwrap_or("no error").rsplit('#').next().unwrap().to_owned();
    let message = reply.get("message").or_else(|| reply.get("Message"));
    (code, message.and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn incidents() -> Value {
    let definition = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let index = |name: &str, partition: &str, sort: &str, projection: Value| {
        json!({"IndexName": name, "Projection": projection,
            "KeySchema": [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]})
    };
    let definitions = ["incident_id", "record_type", "created_at", "status", "last_seen_at"].map(definition);
    json!({
        "TableName": "incidents",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "incident_id", "KeyType": "HASH"}],
        "AttributeDefinitions": definitions,
        "GlobalSecondaryIndexes": [
            index("by-created", "record_type", "created_at", json!({"ProjectionType": "ALL"})),
            index("by-status", "status", "last_seen_at", json!({"ProjectionType": "KEYS_ONLY"})),
        ],
        "SSESpecification": {"Enabled": true},
        "Tags": [{"Key": "incidentctl:stack", "Value": "devops"}],
    })
}

async fn with_table() -> (Cloud, tempfile::TempDir) {
    let (cloud, directory) = cloud(Duration::ZERO);
    assert!(call(&cloud, "CreateTable", incidents()).await["TableDescription"].is_object());
    (cloud, directory)
}

fn key(id: &str) -> Value {
    json!({"incident_id": {"S": id}})
}

#[tokio::test]
async fn a_table_goes_through_its_states() {
    let (cloud, _directory) = cloud(Duration::from_secs(3600));
    let created = call(&cloud, "CreateTable", incidents()).await;
    assert_eq!(created["TableDescription"]["TableStatus"], "CREATING");
    assert_eq!(created["TableDescription"]["SSEDescription"]["Status"], "ENABLED");
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/incidents";
    assert_eq!(created["TableDescription"]["TableArn"], arn);
    let recovery = json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    let cases = [
        ("CreateTable", incidents(), "ResourceInUseException", "Table already exists: incidents"),
        ("GetItem", json!({"Key": key("a")}), "ResourceNotFoundException", "Requested resource not found"),
        (
            "DeleteTable",
            json!({}),
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being created: incidents",
        ),
        (
            "UpdateTable",
            json!({"DeletionProtectionEnabled": true}),
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being created: incidents",
        ),
        (
            "UpdateContinuousBackups",
            recovery,
            "ContinuousBackupsUnavailableException",
            "Backups are being enabled for the table. Please retry later",
        ),
    ];
    for (operation, input, code, message) in cases {
        assert_eq!(error(&cloud, operation, input).await, (code.to_owned(), message.to_owned()), "{operation}");
    }
}

#[tokio::test]
async fn a_table_keeps_its_settings_until_it_is_gone() {
    let (cloud, _directory) = with_table().await;
    let description = call(&cloud, "DescribeTable", json!({})).await;
    assert_eq!(description["Table"]["TableStatus"], "ACTIVE");
    assert_eq!(description["Table"]["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(description["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    let arn = description["Table"]["TableArn"].clone();
    let tags = call(&cloud, "ListTagsOfResource", json!({"ResourceArn": arn})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "incidentctl:stack", "Value": "devops"}]));
    let recovery = json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    call(&cloud, "UpdateContinuousBackups", recovery).await;
    let backups = call(&cloud, "DescribeContinuousBackups", json!({})).await;
    let status =
        &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"];
    assert_eq!(status, "ENABLED");
    let expiry =
        |enabled: bool| json!({"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": enabled}});
    call(&cloud, "UpdateTimeToLive", expiry(true)).await;
    assert_eq!(error(&cloud, "UpdateTimeToLive", expiry(true)).await.1, "TimeToLive is already enabled");
    let again = error(&cloud, "UpdateTimeToLive", expiry(false)).await;
    assert_eq!(again.1, "Time to live has been modified multiple times within a fixed interval");
    let ttl = call(&cloud, "DescribeTimeToLive", json!({})).await;
    assert_eq!(ttl["TimeToLiveDescription"], json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}));
    assert_eq!(error(&cloud, "GetResourcePolicy", json!({"ResourceArn": arn})).await.0, "PolicyNotFoundException");
    call(&cloud, "UpdateTable", json!({"DeletionProtectionEnabled": true})).await;
    let protected = error(&cloud, "DeleteTable", json!({})).await;
    assert_eq!(
        protected.1,
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    );
    call(&cloud, "UpdateTable", json!({"DeletionProtectionEnabled": false})).await;
    let deleted = call(&cloud, "DeleteTable", json!({})).await["TableDescription"].clone();
    assert_eq!((&deleted["TableStatus"], deleted.get("KeySchema")), (&json!("DELETING"), None));
    let gone = error(&cloud, "DescribeTable", json!({})).await;
    assert_eq!(gone.1, "Requested resource not found: Table: incidents not found");
}

#[tokio::test]
async fn indexes_come_and_go_one_at_a_time() {
    let (cloud, _directory) = with_table().await;
    let create = json!({"Create": {"IndexName": "by-severity", "Projection": {"ProjectionType": "ALL"},
        "KeySchema": [{"AttributeName": "severity", "KeyType": "HASH"}]}});
    let delete = json!({"Delete": {"IndexName": "by-status"}});
    let both = json!({"GlobalSecondaryIndexUpdates": [create, delete],
        "AttributeDefinitions": [{"AttributeName": "severity", "AttributeType": "S"}]});
    assert_eq!(error(&cloud, "UpdateTable", both.clone()).await.0, "LimitExceededException");
    for change in [create, delete] {
        let mut one = both.clone();
        one["GlobalSecondaryIndexUpdates"] = json!([change]);
        assert!(call(&cloud, "UpdateTable", one).await["TableDescription"].is_object());
    }
    let described = call(&cloud, "DescribeTable", json!({})).await;
    let indexes = described["Table"]["GlobalSecondaryIndexes"].as_array().unwrap();
    let names: Vec<&str> = indexes.iter().filter_map(|index| index["IndexName"].as_str()).collect();
    assert_eq!(names, ["by-created", "by-severity"]);
}

#[tokio::test]
async fn bad_requests_are_refused_in_the_words_of_aws() {
    let (cloud, _directory) = with_table().await;
    call(&cloud, "PutItem", json!({"Item": {"incident_id": {"S": "a"}, "n": {"S": "text"}}})).await;
    let update = |expression: &str| json!({"Key": key("a"), "UpdateExpression": expression, "ExpressionAttributeValues": {":v": {"N": "1"}}});
    let cases = [
        (
            "PutItem",
            json!({"Item": {"x": {"S": "a"}}}),
            "One or more parameter values were invalid: Missing the key incident_id in the item",
        ),
        (
            "PutItem",
            json!({"Item": {"incident_id": {"N": "1"}}}),
            "One or more parameter values were invalid: Type mismatch for key incident_id expected: S actual: N",
        ),
        (
            "PutItem",
            json!({"Item": {"incident_id": {"S": ""}}}),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: incident_id",
        ),
        (
            "PutItem",
            json!({"Item": {"incident_id": {"S": "a"}, "n": {"N": "x"}}}),
            "The parameter cannot be converted to a numeric value: x",
        ),
        (
            "PutItem",
            json!({"Item": {"incident_id": {"S": "a"}, "big": {"S": "x".repeat(400 * 1024)}}}),
            "Item size has exceeded the maximum allowed size",
        ),
        ("GetItem", json!({"Key": {"id": {"S": "a"}}}), "The provided key element does not match the schema"),
        (
            "UpdateItem",
            update("SET incident_id = :v"),
            "One or more parameter values were invalid: Cannot update attribute incident_id. This attribute is part of the key",
        ),
        (
            "UpdateItem",
            update("SET status = :v"),
            "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status",
        ),
        (
            "UpdateItem",
            update("SET a = :w"),
            "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :w",
        ),
        (
            "UpdateItem",
            update("REMOVE a"),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            "Query",
            json!({"KeyConditionExpression": "another_key = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}),
            "Query condition missed key schema element: incident_id",
        ),
        (
            "Query",
            json!({"IndexName": "none", "KeyConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}),
            "The table does not have the specified index: none",
        ),
        (
            "Query",
            json!({"IndexName": "by-created", "ConsistentRead": true, "KeyConditionExpression": "record_type = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}),
            "Consistent reads are not supported on global secondary indexes",
        ),
    ];
    for (operation, input, message) in cases {
        assert_eq!(error(&cloud, operation, input).await, ("ValidationException".to_owned(), message.to_owned()));
    }
    assert_eq!(error(&cloud, "UpdateItem", update("ADD n :v")).await.0, "ValidationException");
}

#[tokio::test]
async fn a_condition_guards_a_write_and_shows_what_was_there() {
    let (cloud, _directory) = with_table().await;
    let put = json!({"Item": {"incident_id": {"S": "a"}, "count": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(incident_id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    assert_eq!(call(&cloud, "PutItem", put.clone()).await, json!({}));
    let refused = call(&cloud, "PutItem", put).await;
    assert_eq!(refused["__type"], "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
    assert_eq!(refused["Item"]["count"]["N"], "1");
    for (condition, holds) in [
        ("#c <> :v", true),
        ("absent <> :v", true),
        ("#c = :v", false),
        ("#c < :v", true),
        ("NOT #c > :v", true),
        ("attribute_exists(absent) OR #c IN (:v)", false),
        ("size(incident_id) < :v AND #c BETWEEN :v AND :v", false),
    ] {
        let mut update = json!({"Key": key("a"), "ConditionExpression": condition, "UpdateExpression": "SET seen = :v",
            "ExpressionAttributeValues": {":v": {"N": "2"}}});
        if condition.contains("#c") {
            update["ExpressionAttributeNames"] = json!({"#c": "count"});
        }
        let reply = call(&cloud, "UpdateItem", update).await;
        assert_eq!(reply == json!({}), holds, "{condition}: {reply}");
    }
}

#[tokio::test]
async fn an_update_answers_with_what_was_asked_for() {
    let (cloud, _directory) = with_table().await;
    let update = |returns: &str| {
        json!({"Key": key("a"), "ReturnValues": returns,
        "UpdateExpression": "SET timeline = list_append(if_not_exists(timeline, :none), :entry), first = if_not_exists(first, :one) ADD occurrences :one",
        "ExpressionAttributeValues": {":none": {"L": []}, ":entry": {"L": [{"S": "seen"}]}, ":one": {"N": "1"}}})
    };
    let update = |returns: &str| {
        let mut input = update(returns);
        input["UpdateExpression"] = json!(input["UpdateExpression"].as_str().unwrap().replace("first", "#f"));
        input["ExpressionAttributeNames"] = json!({"#f": "first"});
        input
    };
    assert_eq!(call(&cloud, "UpdateItem", update("ALL_OLD")).await, json!({}));
    let new = call(&cloud, "UpdateItem", update("UPDATED_NEW")).await;
    assert_eq!(
        new["Attributes"],
        json!({"timeline": {"L": [{"S": "seen"}, {"S": "seen"}]}, "first": {"N": "1"}, "occurrences": {"N": "2"}})
    );
    let old = call(&cloud, "UpdateItem", update("UPDATED_OLD")).await;
    assert_eq!(old["Attributes"]["occurrences"], json!({"N": "2"}));
    let all = call(&cloud, "UpdateItem", update("ALL_NEW")).await;
    assert_eq!(all["Attributes"]["incident_id"], json!({"S": "a"}));
}

#[tokio::test]
async fn an_index_pages_backwards_over_equal_sort_keys() {
    let (cloud, _directory) = with_table().await;
    for (id, created) in
        [("a", Some("1")), ("b", Some("2")), ("c", Some("2")), ("d", Some("2")), ("e", Some("3")), ("sparse", None)]
    {
        let mut item = json!({"incident_id": {"S": id}, "record_type": {"S": "incident"}, "status": {"S": "open"}, "last_seen_at": {"S": "9"}, "note": {"S": "n"}});
        if let Some(created) = created {
            item["created_at"] = json!({"S": created});
        }
        assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    }
    let mut seen = Vec::new();
    let mut start = Value::Null;
    loop {
        let page = call(
            &cloud,
            "Query",
            json!({"IndexName": "by-created", "KeyConditionExpression": "record_type = :r", "ScanIndexForward": false,
            "Limit": 2, "ExpressionAttributeValues": {":r": {"S": "incident"}}, "ExclusiveStartKey": start}),
        )
        .await;
        seen.extend(
            page["Items"].as_array().unwrap().iter().map(|item| item["incident_id"]["S"].as_str().unwrap().to_owned()),
        );
        start = page["LastEvaluatedKey"].clone();
        if start.is_null() {
            break;
        }
        assert!(start.get("created_at").is_some() && start.get("incident_id").is_some());
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"]);
    let keys = call(&cloud, "Query", json!({"IndexName": "by-status", "KeyConditionExpression": "#s = :s AND begins_with(last_seen_at, :l)", "Limit": 1,
        "ExpressionAttributeNames": {"#s": "status"}, "ExpressionAttributeValues": {":s": {"S": "open"}, ":l": {"S": "9"}}})).await;
    assert_eq!(keys["Items"][0].get("note"), None);
    let filtered = call(&cloud, "Scan", json!({"FilterExpression": "contains(incident_id, :s)", "ExpressionAttributeValues": {":s": {"S": "spar"}}, "Select": "COUNT"})).await;
    assert_eq!(filtered, json!({"Count": 1, "ScannedCount": 6}));
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing_and_says_why() {
    let (cloud, _directory) = with_table().await;
    let put = |id: &str| json!({"Put": {"TableName": "incidents", "Item": {"incident_id": {"S": id}}, "ConditionExpression": "attribute_not_exists(incident_id)"}});
    let count = json!({"Update": {"TableName": "incidents", "Key": key("count"), "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}});
    let first = json!({"TransactItems": [put("event"), count], "ClientRequestToken": "t1"});
    assert_eq!(call(&cloud, "TransactWriteItems", first.clone()).await, json!({}));
    assert_eq!(call(&cloud, "TransactWriteItems", first).await, json!({}));
    let other = json!({"TransactItems": [put("other")], "ClientRequestToken": "t1"});
    assert_eq!(error(&cloud, "TransactWriteItems", other).await.0, "IdempotentParameterMismatchException");
    let refused = call(&cloud, "TransactWriteItems", json!({"TransactItems": [count, put("event")]})).await;
    assert_eq!(
        refused["Message"],
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"
    );
    assert_eq!(refused["CancellationReasons"][0], json!({"Code": "None"}));
    assert_eq!(
        refused["CancellationReasons"][1],
        json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"})
    );
    let twice = json!({"TransactItems": [count, count]});
    assert_eq!(
        error(&cloud, "TransactWriteItems", twice).await.1,
        "Transaction request cannot include multiple operations on one item"
    );
    let got = call(&cloud, "GetItem", json!({"Key": key("count"), "ConsistentRead": true})).await;
    assert_eq!(got["Item"]["n"]["N"], "1");
}

#[tokio::test]
async fn batches_write_and_read_many_items() {
    let (cloud, _directory) = with_table().await;
    let put = |id: &str| json!({"PutRequest": {"Item": {"incident_id": {"S": id}}}});
    let requests: Vec<Value> = (0..26).map(|number| put(&number.to_string())).collect();
    let refused = error(&cloud, "BatchWriteItem", json!({"RequestItems": {"incidents": requests.clone()}})).await;
    assert!(refused.1.contains("Member must have length less than or equal to 25"), "{refused:?}");
    let written = call(&cloud, "BatchWriteItem", json!({"RequestItems": {"incidents": &requests[..25]}})).await;
    assert_eq!(written, json!({"UnprocessedItems": {}}));
    let twice = json!({"RequestItems": {"incidents": [put("a"), put("a")]}});
    assert_eq!(error(&cloud, "BatchWriteItem", twice).await.1, "Provided list of item keys contains duplicates");
    let read =
        call(&cloud, "BatchGetItem", json!({"RequestItems": {"incidents": {"Keys": [key("3"), key("none")]}}})).await;
    assert_eq!(read["Responses"]["incidents"], json!([key("3")]));
}

#[tokio::test]
async fn a_fault_leaves_keys_of_a_batch_unprocessed() {
    let (cloud, _directory) = with_table().await;
    call(&cloud, "PutItem", json!({"Item": {"incident_id": {"S": "a"}}})).await;
    let batch = |keys: &[&str]| {
        let keys: Vec<Value> = keys.iter().map(|id| key(id)).collect();
        json!({"RequestItems": {"incidents": {"Keys": keys, "ConsistentRead": true}}})
    };
    let read = |keys: &'static [&'static str]| broken(&cloud, "BatchGetItem", batch(keys), Some(Action::Unprocessed));
    let part = read(&["a", "b", "c"]).await;
    assert_eq!(part["Responses"]["incidents"], json!([key("a")]));
    assert_eq!(part["UnprocessedKeys"], batch(&["b", "c"])["RequestItems"]);
    let single = read(&["a"]).await;
    assert_eq!(single["__type"], "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException");
    let wrong = read(&["a", "b", "b"]).await;
    assert_eq!(wrong["message"], "Provided list of item keys contains duplicates");
}

#[tokio::test]
async fn a_fault_cancels_a_transaction_and_nothing_is_written() {
    let (cloud, _directory) = with_table().await;
    let put = json!({"Put": {"TableName": "incidents", "Item": {"incident_id": {"S": "a"}}}});
    let reasons = vec!["None".to_owned(), "ThrottlingError".to_owned()];
    let input = json!({"TransactItems": [put]});
    let refused = broken(&cloud, "TransactWriteItems", input, Some(Action::Cancel { reasons })).await;
    assert_eq!(
        refused["Message"],
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ThrottlingError]"
    );
    assert_eq!(refused["CancellationReasons"][0], json!({"Code": "None"}));
    assert_eq!(refused["CancellationReasons"][1]["Code"], "ThrottlingError");
    assert_eq!(call(&cloud, "GetItem", json!({"Key": key("a")})).await, json!({}));
}

#[test]
fn each_part_of_a_transaction_needs_its_own_permission() {
    let input = json!({"TransactItems": [
        {"Put": {"TableName": "incidents"}}, {"ConditionCheck": {"TableName": "incidents"}}, {"Update": {"TableName": "other"}}]});
    let needs = super::authorization(&request("TransactWriteItems", &input));
    let texts: Vec<String> = needs.iter().map(|need| format!("{} {}", need.action, need.resource)).collect();
    let table = "arn:aws:dynamodb:eu-west-1:000000000000:table";
    assert_eq!(
        texts,
        [
            format!("dynamodb:PutItem {table}/incidents"),
            format!("dynamodb:ConditionCheckItem {table}/incidents"),
            format!("dynamodb:UpdateItem {table}/other"),
        ]
    );
    let query = super::authorization(&request("Query", &json!({"TableName": "incidents", "IndexName": "by-created"})));
    assert_eq!(query[0].resource, format!("{table}/incidents/index/by-created"));
}
