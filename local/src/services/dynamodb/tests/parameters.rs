//! What a request may say at all.

use super::*;

/// A call that is right but for what is changed.
fn with(mut input: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

fn unmet(value: &str, path: &str, must: &str) -> String {
    format!("1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must {must}")
}

#[tokio::test]
async fn members_of_another_type_are_refused() {
    let (cloud, _directory) = with_table().await;
    let get = json!({"Key": key("a")});
    let query = json!({"KeyConditionExpression": "incident_id = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}});
    for (operation, input) in [
        ("GetItem", with(get.clone(), json!({"ConsistentRead": "yes"}))),
        ("GetItem", with(get.clone(), json!({"ProjectionExpression": 7}))),
        ("GetItem", with(get.clone(), json!({"Key": [key("a")]}))),
        ("GetItem", with(get.clone(), json!({"ExpressionAttributeNames": {"#a": 1}, "ProjectionExpression": "#a"}))),
        ("GetItem", with(get, json!({"TableName": ["incidents"]}))),
        ("Query", with(query.clone(), json!({"ScanIndexForward": "false"}))),
        ("Query", with(query.clone(), json!({"Limit": "10"}))),
        ("Query", with(query.clone(), json!({"Limit": 1.5}))),
        ("Query", with(query.clone(), json!({"IndexName": 3}))),
        ("Query", with(query, json!({"Select": true}))),
        ("Scan", json!({"ExclusiveStartKey": "a"})),
        ("PutItem", json!({"Item": "a"})),
        ("UpdateItem", json!({"Key": key("a"), "UpdateExpression": ["SET a = b"]})),
        ("BatchGetItem", json!({"RequestItems": {"incidents": {"Keys": key("a")}}})),
        ("BatchWriteItem", json!({"RequestItems": {"incidents": {"PutRequest": {"Item": key("a")}}}})),
        ("TransactGetItems", json!({"TransactItems": {"Get": {"TableName": "incidents", "Key": key("a")}}})),
        ("TransactWriteItems", json!({"TransactItems": [], "ClientRequestToken": 1})),
        ("UpdateTable", json!({"DeletionProtectionEnabled": "true"})),
        ("UpdateTimeToLive", json!({"TimeToLiveSpecification": {"AttributeName": 3, "Enabled": true}})),
        ("UpdateTimeToLive", json!({"TimeToLiveSpecification": {"AttributeName": "e", "Enabled": "dog"}})),
        ("ListTables", json!({"Limit": "7"})),
    ] {
        let refused = error(&cloud, operation, input.clone()).await;
        assert_eq!(refused.0, "SerializationException", "{operation} {input}");
    }
}

#[tokio::test]
async fn values_that_no_member_has_are_refused() {
    let (cloud, _directory) = with_table().await;
    let item = json!({"Item": {"incident_id": {"S": "a"}}});
    let query = json!({"KeyConditionExpression": "incident_id = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}});
    let put = |more: Value| json!({"TransactItems": [{"Put": with(with(item.clone(), json!({"TableName": "incidents"})), more)}]});
    let token = "t".repeat(37);
    for (operation, input, message) in [
        (
            "PutItem",
            with(item.clone(), json!({"ReturnValues": "ALL"})),
            unmet("ALL", "returnValues", "satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"),
        ),
        (
            "PutItem",
            with(item.clone(), json!({"ReturnItemCollectionMetrics": "ALL"})),
            unmet("ALL", "returnItemCollectionMetrics", "satisfy enum value set: [SIZE, NONE]"),
        ),
        (
            "PutItem",
            with(item.clone(), json!({"ReturnValuesOnConditionCheckFailure": "all_old"})),
            unmet("all_old", "returnValuesOnConditionCheckFailure", "satisfy enum value set: [ALL_OLD, NONE]"),
        ),
        (
            "PutItem",
            with(item.clone(), json!({"ReturnConsumedCapacity": "ALL"})),
            unmet("ALL", "returnConsumedCapacity", "satisfy enum value set: [INDEXES, TOTAL, NONE]"),
        ),
        (
            "PutItem",
            with(item.clone(), json!({"ReturnValues": "ALL_NEW"})),
            "Return values set to invalid value".to_owned(),
        ),
        (
            "Query",
            with(query.clone(), json!({"Limit": 0})),
            unmet("0", "limit", "have value greater than or equal to 1"),
        ),
        (
            "Query",
            with(query, json!({"Select": "ALL"})),
            unmet(
                "ALL",
                "select",
                "satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
            ),
        ),
        (
            "TransactWriteItems",
            put(json!({"ReturnValuesOnConditionCheckFailure": "dog"})),
            unmet(
                "dog",
                "transactItems.1.member.put.returnValuesOnConditionCheckFailure",
                "satisfy enum value set: [ALL_OLD, NONE]",
            ),
        ),
        (
            "TransactWriteItems",
            with(put(json!({})), json!({"ClientRequestToken": token})),
            unmet(&token, "clientRequestToken", "have length less than or equal to 36"),
        ),
        ("ListTables", json!({"Limit": 101}), unmet("101", "limit", "have value less than or equal to 100")),
        (
            "UpdateTable",
            json!({"TableClass": "CHEAP"}),
            unmet("CHEAP", "tableClass", "satisfy enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]"),
        ),
    ] {
        assert_eq!(error(&cloud, operation, input).await, ("ValidationException".to_owned(), message));
    }
}

#[tokio::test]
async fn members_that_are_not_there_and_have_to_be_are_named() {
    let (cloud, _directory) = with_table().await;
    let missing = |path: &str| {
        format!(
            "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
        )
    };
    let update = json!({"TransactItems": [{"Update": {"TableName": "incidents", "Key": key("a")}}]});
    for (operation, input, path) in [
        ("PutItem", json!({}), "item"),
        ("GetItem", json!({"Key": null}), "key"),
        ("DeleteItem", json!({}), "key"),
        ("BatchGetItem", json!({}), "requestItems"),
        ("BatchWriteItem", json!({}), "requestItems"),
        ("TransactWriteItems", update, "updateExpression"),
        ("UpdateTimeToLive", json!({"TimeToLiveSpecification": {"Enabled": true}}), "attributeName"),
        (
            "UpdateTimeToLive",
            json!({"TimeToLiveSpecification": {"AttributeName": "e"}}),
            "timeToLiveSpecification.enabled",
        ),
    ] {
        assert_eq!(error(&cloud, operation, input).await, ("ValidationException".to_owned(), missing(path)));
    }
}

#[tokio::test]
async fn members_that_are_not_implemented_are_never_ignored() {
    let (cloud, _directory) = with_table().await;
    let get = |more: Value| json!({"RequestItems": {"incidents": with(json!({"Keys": [key("a")]}), more)}});
    let condition = json!({"PutRequest": {"Item": key("a"), "ConditionExpression": "attribute_exists(incident_id)"}});
    for (operation, input, member) in [
        ("GetItem", json!({"Key": key("a"), "AttributesToGet": ["a"]}), "AttributesToGet"),
        ("BatchGetItem", get(json!({"AttributesToGet": ["a"]})), "AttributesToGet"),
        ("PutItem", json!({"Item": key("a"), "Expected": {}}), "Expected"),
        ("UpdateItem", json!({"Key": key("a"), "AttributeUpdates": {}}), "AttributeUpdates"),
        ("Query", json!({"KeyConditions": {}}), "KeyConditions"),
        ("Scan", json!({"ScanFilter": {}}), "ScanFilter"),
        ("Scan", json!({"Filter": "a = b"}), "Filter"),
        ("BatchWriteItem", json!({"RequestItems": {"incidents": [condition]}}), "ConditionExpression"),
        ("UpdateTable", json!({"StreamSpecification": {"StreamEnabled": true}}), "StreamSpecification"),
        ("CreateTable", with(incidents(), json!({"OnDemandThroughput": {}})), "OnDemandThroughput"),
    ] {
        let (code, message) = error(&cloud, operation, input).await;
        let expected = format!("the local AWS does not implement dynamodb:the parameter {member}");
        assert_eq!((code.as_str(), message), ("NotImplemented", expected), "{operation}");
    }
}
