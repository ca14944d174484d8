//! Where a page begins, and parallel scans.

use super::*;

const INVALID: &str = "The provided starting key is invalid";
const OUTSIDE: &str = "The provided starting key is outside query boundaries based on provided conditions";

async fn with_incidents(count: usize) -> (Cloud, tempfile::TempDir) {
    let (cloud, directory) = with_table().await;
    for number in 0..count {
        let item = json!({"incident_id": {"S": format!("id-{number}")}, "record_type": {"S": "incident"}, "created_at": {"S": "1"}});
        assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    }
    (cloud, directory)
}

#[tokio::test]
async fn a_page_begins_only_where_one_could_have_ended() {
    let (cloud, _directory) = with_incidents(3).await;
    let scan = |start: Value| ("Scan", json!({"ExclusiveStartKey": start}));
    let query = |condition: &str, start: Value| {
        let values = json!({":r": {"S": "incident"}, ":c": {"S": "1"}});
        let values: serde_json::Map<_, _> = values
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| condition.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (
            "Query",
            json!({"IndexName": "by-created", "KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ExclusiveStartKey": start}),
        )
    };
    let start = |kind: &str, created: &str| json!({"incident_id": {"S": "id-0"}, "record_type": {"S": kind}, "created_at": {"S": created}});
    let mut more = start("incident", "1");
    more["note"] = json!({"S": "n"});
    let schema = format!("{INVALID}: The provided key element does not match the schema");
    for ((operation, input), expected) in [
        (scan(json!({})), schema.clone()),
        (scan(json!({"incident_id": {"S": "a"}, "x": {"N": "3"}})), schema.clone()),
        (scan(json!({"incident_id": {"N": "1"}})), schema.clone()),
        (
            scan(json!({"incident_id": {}})),
            format!("{INVALID}: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ),
        (query("record_type = :r", json!({"incident_id": {"S": "id-0"}})), INVALID.to_owned()),
        (
            query("record_type = :r", json!({"record_type": {"S": "incident"}, "created_at": {"S": "1"}})),
            INVALID.to_owned(),
        ),
        (query("record_type = :r", more), INVALID.to_owned()),
        (query("record_type = :r", start("other", "1")), OUTSIDE.to_owned()),
        (
            query("record_type = :r AND created_at > :c", start("incident", "1")),
            "The provided starting key does not match the range key predicate".to_owned(),
        ),
    ] {
        assert_eq!(error(&cloud, operation, input).await, ("ValidationException".to_owned(), expected));
    }
    // Many entries of an index may have one key: there is something behind each.
    let (operation, input) = query("record_type = :r AND created_at = :c", start("incident", "1"));
    assert_eq!(call(&cloud, operation, input).await["Count"], 2);
}

#[tokio::test]
async fn nothing_follows_the_one_item_of_a_key() {
    let (cloud, _directory) = with_incidents(2).await;
    let mut query = json!({"KeyConditionExpression": "incident_id = :v", "Limit": 1, "ExpressionAttributeValues": {":v": {"S": "id-0"}}});
    let page = call(&cloud, "Query", query.clone()).await;
    assert_eq!((&page["Count"], page.get("LastEvaluatedKey")), (&json!(1), None));
    query["ExclusiveStartKey"] = key("id-0");
    let refused = error(&cloud, "Query", query).await;
    assert!(refused.1.starts_with("The provided exclusive start key is invalid: ExclusiveStartKey: "), "{refused:?}");
}

#[tokio::test]
async fn segments_are_the_whole_table_together() {
    let (cloud, _directory) = with_incidents(40).await;
    for index in [Value::Null, json!("by-created")] {
        let mut all = Vec::new();
        for segment in 0..5 {
            let mut start = Value::Null;
            loop {
                let scan = json!({"IndexName": index, "Segment": segment, "TotalSegments": 5, "Limit": 3, "ExclusiveStartKey": start});
                let page = call(&cloud, "Scan", scan).await;
                all.extend(page["Items"].as_array().unwrap().iter().map(|item| item["incident_id"]["S"].to_string()));
                start = page["LastEvaluatedKey"].clone();
                if start.is_null() {
                    break;
                }
            }
        }
        assert_eq!(all.len(), 40);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 40, "each once");
    }
}

#[tokio::test]
async fn segments_are_numbered_from_zero() {
    let (cloud, _directory) = with_incidents(9).await;
    let required = |missing: &str, given: &str| {
        format!("The {missing} parameter is required but was not present in the request when {given} present")
    };
    let constraint = |value: &str, path: &str, must: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must {must}"
        )
    };
    for (input, expected) in [
        (json!({"Segment": 0}), required("TotalSegments", "Segment parameter is")),
        (json!({"TotalSegments": 1}), required("Segment", "parameter TotalSegments is")),
        (json!({"Segment": 4, "TotalSegments": 4}), "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less than TotalSegments: 4".to_owned()),
        (json!({"Segment": -1, "TotalSegments": 4}), constraint("-1", "segment", "have value greater than or equal to 0")),
        (json!({"Segment": 0, "TotalSegments": 0}), constraint("0", "totalSegments", "have value greater than or equal to 1")),
        (json!({"Segment": 0, "TotalSegments": 1_000_001}), constraint("1000001", "totalSegments", "have value less than or equal to 1000000")),
    ] {
        assert_eq!(error(&cloud, "Scan", input).await, ("ValidationException".to_owned(), expected));
    }
    // A key of one segment does not begin a page of another.
    let mut refused = 0;
    for segment in 0..3 {
        let scan = json!({"Segment": segment, "TotalSegments": 3, "ExclusiveStartKey": key("id-0")});
        let answer = error(&cloud, "Scan", scan).await;
        refused +=
            usize::from(answer.1.starts_with("The provided starting key is invalid: Invalid ExclusiveStartKey."));
    }
    assert_eq!(refused, 2);
}
