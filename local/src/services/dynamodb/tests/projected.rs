//! What can be read from an index that holds keys only.

use super::*;

const REFUSED: &str = "One or more parameter values were invalid: ";

fn query(expressions: Value) -> Value {
    let mut query = json!({"IndexName": "by-status", "KeyConditionExpression": "#s = :s",
        "ExpressionAttributeNames": {"#s": "status"}, "ExpressionAttributeValues": {":s": {"S": "open"}}});
    for (name, value) in expressions.as_object().unwrap() {
        query[name] = value.clone();
    }
    query
}

#[tokio::test]
async fn an_index_of_keys_answers_with_keys() {
    let (cloud, _directory) = with_table().await;
    let keys = json!({"incident_id": {"S": "a"}, "status": {"S": "open"}, "last_seen_at": {"S": "9"}});
    let mut item = keys.clone();
    item["note"] = json!({"S": "n"});
    call(&cloud, "PutItem", json!({"Item": item})).await;
    for expressions in [
        json!({}),
        json!({"Select": "ALL_PROJECTED_ATTRIBUTES"}),
        json!({"ProjectionExpression": "incident_id, #s, last_seen_at"}),
        json!({"FilterExpression": "begins_with(incident_id, :s) OR attribute_exists(incident_id)"}),
    ] {
        assert_eq!(call(&cloud, "Query", query(expressions.clone())).await["Items"], json!([keys]), "{expressions}");
    }
}

#[tokio::test]
async fn an_index_of_keys_refuses_to_look_at_anything_else() {
    let (cloud, _directory) = with_table().await;
    let unprojected = "Global secondary index by-status does not project [note, due]";
    let unfiltered = "Secondary index by-status does not project one or more filter attributes: ";
    for (expressions, expected) in [
        (json!({"ProjectionExpression": "note, incident_id, due.since"}), unprojected.to_owned()),
        (json!({"FilterExpression": "attribute_exists(note)"}), format!("{unfiltered}[note]")),
        (json!({"FilterExpression": "NOT note = :s AND incident_id > :s"}), format!("{unfiltered}[note]")),
        (json!({"FilterExpression": "size(due) > :s OR note.a IN (:s, due)"}), format!("{unfiltered}[due, note]")),
        (json!({"FilterExpression": "due BETWEEN :s AND note"}), format!("{unfiltered}[due, note]")),
        (json!({"FilterExpression": "contains(note, :s)"}), format!("{unfiltered}[note]")),
    ] {
        let (code, message) = error(&cloud, "Query", query(expressions.clone())).await;
        assert_eq!((code.as_str(), message), ("ValidationException", format!("{REFUSED}{expected}")), "{expressions}");
    }
    let consistent = error(&cloud, "Query", query(json!({"ConsistentRead": true}))).await;
    assert_eq!(consistent.1, "Consistent reads are not supported on global secondary indexes");
}
