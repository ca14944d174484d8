//! Expressions in requests: on keys, on indexes, and what an update answers.

use super::*;

async fn with_incident(attributes: Value) -> (Cloud, tempfile::TempDir) {
    let (cloud, directory) = with_table().await;
    let mut item = json!({"incident_id": {"S": "a"}, "record_type": {"S": "incident"}, "created_at": {"S": "5"}});
    for (name, value) in attributes.as_object().unwrap() {
        item[name] = value.clone();
    }
    assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    (cloud, directory)
}

fn update(text: &str, values: Value) -> Value {
    let mut update = json!({"Key": key("a"), "UpdateExpression": text});
    if values != json!({}) {
        update["ExpressionAttributeValues"] = values;
    }
    update
}

#[tokio::test]
async fn an_update_makes_no_map_on_its_way() {
    let (cloud, _directory) = with_incident(json!({"word": {"S": "t"}, "times": {"L": []}})).await;
    let refused = "The document path provided in the update expression is invalid for update".to_owned();
    for text in ["SET x.y = :v", "SET word.y = :v", "SET times.y = :v", "SET word[0] = :v", "ADD x.y :v"] {
        let answer = error(&cloud, "UpdateItem", update(text, json!({":v": {"N": "1"}}))).await;
        assert_eq!(answer, ("ValidationException".to_owned(), refused.clone()), "{text}");
    }
    let item = call(&cloud, "GetItem", json!({"Key": key("a")})).await["Item"].clone();
    assert_eq!((&item["word"], &item["times"], item.get("x")), (&json!({"S": "t"}), &json!({"L": []}), None));
}

#[tokio::test]
async fn an_update_answers_with_the_paths_it_is_about() {
    let (cloud, _directory) = with_incident(json!({"m": {"M": {"k": {"N": "1"}, "other": {"S": "o"}}}})).await;
    for (returns, expected) in [("UPDATED_OLD", "1"), ("UPDATED_NEW", "3")] {
        let mut input = update("SET m.k = m.k + :v", json!({":v": {"N": "1"}}));
        input["ReturnValues"] = json!(returns);
        let answer = call(&cloud, "UpdateItem", input).await;
        assert_eq!(answer["Attributes"], json!({"m": {"M": {"k": {"N": expected}}}}), "{returns}");
    }
}

#[tokio::test]
async fn removing_from_an_item_that_is_not_there_makes_none() {
    let (cloud, _directory) = with_table().await;
    for text in ["REMOVE x", "REMOVE x.y, l[0]"] {
        let mut input = update(text, json!({}));
        input["ReturnValues"] = json!("ALL_NEW");
        assert_eq!(call(&cloud, "UpdateItem", input).await, json!({}), "{text}");
    }
    assert_eq!(call(&cloud, "GetItem", json!({"Key": key("a")})).await, json!({}));
    call(&cloud, "UpdateItem", json!({"Key": key("a")})).await;
    assert_eq!(call(&cloud, "GetItem", json!({"Key": key("a")})).await["Item"], key("a"));
}

#[tokio::test]
async fn numbers_are_exact() {
    let (cloud, _directory) = with_incident(json!({"n": {"N": "12345678901234567890123456789012345678"}})).await;
    let mut input = update("SET n = n + :v", json!({":v": {"N": "1.0"}}));
    input["ReturnValues"] = json!("UPDATED_NEW");
    let sum = call(&cloud, "UpdateItem", input).await;
    assert_eq!(sum["Attributes"], json!({"n": {"N": "12345678901234567890123456789012345679"}}));
    let overflow = error(&cloud, "UpdateItem", update("ADD n :v", json!({":v": {"N": "1e-5"}}))).await;
    assert_eq!(overflow.1, "Number overflow. Attempting to store a number with magnitude larger than supported range");
    let put = |number: &str| json!({"Item": {"incident_id": {"S": "b"}, "n": {"N": number}}});
    let precise = error(&cloud, "PutItem", put(&"1".repeat(39))).await;
    assert_eq!(precise.1, "Attempting to store more than 38 significant digits in a Number");
}

#[tokio::test]
async fn a_query_filters_no_key_and_a_scan_may() {
    let (cloud, _directory) = with_incident(json!({})).await;
    let query = json!({"KeyConditionExpression": "incident_id = :v", "FilterExpression": "attribute_exists(incident_id)",
        "ExpressionAttributeValues": {":v": {"S": "a"}}});
    let refused = "Filter Expression can only contain non-primary key attributes: Primary key attribute: ";
    assert_eq!(error(&cloud, "Query", query.clone()).await.1, format!("{refused}incident_id"));
    let mut index = query.clone();
    index["IndexName"] = json!("by-created");
    index["KeyConditionExpression"] = json!("record_type = :v");
    assert_eq!(call(&cloud, "Query", index.clone()).await["Count"], 0);
    index["FilterExpression"] = json!("created_at > :v");
    assert_eq!(error(&cloud, "Query", index).await.1, format!("{refused}created_at"));
    let scan = json!({"FilterExpression": "incident_id = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}});
    assert_eq!(call(&cloud, "Scan", scan).await["Count"], 1);
}

#[tokio::test]
async fn nothing_is_in_a_key() {
    let (cloud, _directory) = with_incident(json!({})).await;
    let scalars = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ";
    for (operation, input, expected) in [
        ("Scan", json!({"FilterExpression": "attribute_exists(incident_id.x)"}), "Key: incident_id"),
        ("Scan", json!({"ProjectionExpression": "created_at[0]"}), "IndexKey: created_at"),
        ("GetItem", json!({"Key": key("a"), "ProjectionExpression": "incident_id[0]"}), "Key: incident_id"),
        ("UpdateItem", update("SET x = created_at.y", json!({})), "IndexKey: created_at"),
        (
            "DeleteItem",
            json!({"Key": key("a"), "ConditionExpression": "attribute_exists(incident_id.x)"}),
            "Key: incident_id",
        ),
    ] {
        assert_eq!(error(&cloud, operation, input).await.1, format!("{scalars}{expected}"));
    }
    let of_key = error(&cloud, "UpdateItem", update("REMOVE incident_id.x", json!({}))).await;
    assert_eq!(
        of_key.1,
        "One or more parameter values were invalid: Cannot update attribute incident_id. This attribute is part of the key"
    );
}

async fn query(cloud: &Cloud, condition: &str) -> Value {
    let all =
        json!({":r": {"S": "incident"}, ":low": {"S": "3"}, ":high": {"S": "6"}, ":n": {"N": "1"}, ":none": {"S": ""}});
    let words: Vec<&str> = condition.split([' ', '(', ')', ',']).collect();
    let used = all.as_object().unwrap().iter().filter(|(name, _)| words.contains(&name.as_str()));
    let mut input = json!({"IndexName": "by-created", "KeyConditionExpression": condition});
    for (name, value) in used {
        input["ExpressionAttributeValues"][name] = value.clone();
    }
    call(cloud, "Query", input).await
}

#[tokio::test]
async fn a_key_condition_has_the_operators_of_the_sort_key() {
    let (cloud, _directory) = with_incident(json!({})).await;
    for (sort, count) in [
        ("created_at = :low", 0),
        ("created_at > :low", 1),
        (":low < created_at", 1),
        (":low >= created_at", 0),
        ("created_at <= :high", 1),
        ("created_at BETWEEN :low AND :high", 1),
        ("begins_with(created_at, :low)", 0),
    ] {
        for condition in [format!("record_type = :r AND {sort}"), format!("(({sort}) AND (:r = record_type))")] {
            assert_eq!(query(&cloud, &condition).await["Count"], count, "{condition}");
        }
    }
}

#[tokio::test]
async fn a_key_condition_is_refused_in_the_words_of_aws() {
    let (cloud, _directory) = with_incident(json!({})).await;
    let operator = |operator: &str| format!("Invalid operator used in KeyConditionExpression: {operator}");
    let condition = |what: &str| format!("Invalid condition in KeyConditionExpression: {what}");
    let first =
        |operator: &str| condition(&format!("{operator} operator must have the key attribute as its first operand"));
    let mismatch = "One or more parameter values were invalid: Condition parameter type does not match schema type";
    for (text, expected) in [
        ("record_type = :r AND size(b) > c OR a > c", operator("OR")),
        ("NOT record_type = :r", operator("NOT")),
        ("record_type IN (:r)", operator("IN")),
        ("record_type <> :r", operator("<>")),
        ("record_type = :r AND attribute_exists(created_at)", operator("attribute_exists")),
        ("contains(record_type, :r)", operator("contains")),
        (":r BETWEEN size(b) AND size(a)", first("BETWEEN")),
        ("begins_with(:r, b) AND a > :low", first("begins_with")),
        ("a > size(b.d)", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        ("b > a.b", condition("Multiple attribute names used in one condition")),
        ("begins_with(a, b)", condition("Multiple attribute names used in one condition")),
        ("b[0] > a", "KeyConditionExpressions cannot have conditions on nested attributes".to_owned()),
        (":r > :low AND a < :r", condition("No key attribute specified")),
        (
            "record_type = :r AND created_at > :low AND created_at < :high",
            "KeyConditionExpressions must only contain one condition per key".to_owned(),
        ),
        ("record_type = :r AND a = :r AND b = :r", "Conditions can be of length 1 or 2 only".to_owned()),
        ("created_at = :low", "Query condition missed key schema element: record_type".to_owned()),
        ("record_type = :r AND a = :low", "Query condition missed key schema element: created_at".to_owned()),
        ("record_type > :r", "Query key condition not supported".to_owned()),
        ("begins_with(record_type, :r)", "Query key condition not supported".to_owned()),
        ("record_type = :n", mismatch.to_owned()),
        ("record_type = :r AND created_at > :n", mismatch.to_owned()),
        (
            "record_type = :none",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: record_type".to_owned(),
        ),
    ] {
        let refused = query(&cloud, text).await;
        assert_eq!(refused["message"], json!(expected), "{text}");
    }
    let on_table = json!({"KeyConditionExpression": "incident_id = :v AND b = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}});
    assert_eq!(error(&cloud, "Query", on_table).await.1, "Query key condition not supported");
}

#[tokio::test]
async fn keys_and_names_have_their_limits() {
    let (cloud, _directory) = with_table().await;
    let item = |name: &str, length: usize| {
        let mut item = json!({"incident_id": {"S": "a"}, "record_type": {"S": "r"}, "created_at": {"S": "1"}});
        item[name] = json!({"S": "k".repeat(length)});
        json!({"Item": item})
    };
    let invalid = "One or more parameter values were invalid: ";
    let partition = format!("{invalid}Size of hashkey has exceeded the maximum size limit of2048 bytes");
    let sort = format!("{invalid}Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
    for (name, limit, message) in
        [("incident_id", 2048, &partition), ("record_type", 2048, &partition), ("created_at", 1024, &sort)]
    {
        assert_eq!(call(&cloud, "PutItem", item(name, limit)).await, json!({}), "{name}");
        assert_eq!(error(&cloud, "PutItem", item(name, limit + 1)).await.1, *message, "{name}");
    }
    let get = json!({"Key": key(&"k".repeat(2049))});
    assert_eq!(error(&cloud, "GetItem", get).await.1, partition);
    let long = "n".repeat(65_536);
    let too_large = "1 validation error detected: Attribute name is too large, must be less than 65536 bytes";
    assert_eq!(error(&cloud, "PutItem", item(&long, 1)).await.1, too_large);
    assert_eq!(call(&cloud, "PutItem", item(&long[1..], 1)).await, json!({}));
    let mut named = update("REMOVE #n", json!({}));
    named["ExpressionAttributeNames"] = json!({"#n": long});
    assert_eq!(error(&cloud, "UpdateItem", named).await.1, too_large);
    let empty = "One or more parameter values were invalid: Empty attribute name";
    assert_eq!(error(&cloud, "PutItem", item("", 1)).await.1, empty);
}

#[tokio::test]
async fn batches_of_nothing_are_refused_and_others_counted() {
    let (cloud, _directory) = with_table().await;
    let write = error(&cloud, "BatchWriteItem", json!({"RequestItems": {"incidents": []}})).await;
    assert!(write.1.contains("at 'requestItems' failed to satisfy constraint: Map value"), "{write:?}");
    let counted =
        json!({"RequestItems": {"incidents": {"Keys": [key("a"), key("b")]}}, "ReturnConsumedCapacity": "TOTAL"});
    let capacity = call(&cloud, "BatchGetItem", counted).await["ConsumedCapacity"].clone();
    assert_eq!(capacity, json!([{"TableName": "incidents", "CapacityUnits": 1.0}]));
    let get = error(&cloud, "BatchGetItem", json!({"RequestItems": {"incidents": {"Keys": []}}})).await;
    assert!(get.1.contains("at 'requestItems.incidents.member.keys' failed"), "{get:?}");
}

#[tokio::test]
async fn an_index_leaves_out_older_items_of_other_types() {
    let (cloud, _directory) = with_table().await;
    for (id, severity) in [("text", json!({"S": "HIGH"})), ("number", json!({"N": "3"}))] {
        let item = json!({"incident_id": {"S": id}, "severity": severity});
        assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    }
    let create = json!({"Create": {"IndexName": "by-severity", "Projection": {"ProjectionType": "ALL"},
        "KeySchema": [{"AttributeName": "severity", "KeyType": "HASH"}]}});
    let definitions = json!([{"AttributeName": "severity", "AttributeType": "S"}]);
    let change = json!({"GlobalSecondaryIndexUpdates": [create], "AttributeDefinitions": definitions});
    assert!(call(&cloud, "UpdateTable", change).await["TableDescription"].is_object());
    let scan = call(&cloud, "Scan", json!({"IndexName": "by-severity"})).await;
    assert_eq!((&scan["Count"], &scan["Items"][0]["incident_id"]["S"]), (&json!(1), &json!("text")));
}

#[tokio::test]
async fn a_time_to_live_needs_an_attribute() {
    let (cloud, _directory) = with_table().await;
    let nameless = json!({"TimeToLiveSpecification": {"AttributeName": "", "Enabled": true}});
    let refused = error(&cloud, "UpdateTimeToLive", nameless).await;
    assert!(refused.1.contains("'timeToLiveSpecification.attributeName' failed"), "{refused:?}");
}
