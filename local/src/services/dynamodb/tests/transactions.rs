//! What a transaction, and a batch, may be together.

use super::*;

fn on(kind: &str, id: &str) -> Value {
    match kind {
        "Put" => json!({"Put": {"TableName": "incidents", "Item": key(id)}}),
        kind => json!({kind: {"TableName": "incidents", "Key": key(id)}}),
    }
}

fn actions(kind: &str, count: usize) -> Value {
    json!({"TransactItems": (0..count).map(|number| on(kind, &number.to_string())).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_transaction_has_a_hundred_actions_on_as_many_items() {
    let (cloud, _directory) = with_table().await;
    let several = "Transaction request cannot include multiple operations on one item";
    for (operation, kind) in [("TransactWriteItems", "Put"), ("TransactGetItems", "Get")] {
        let reply = call(&cloud, operation, actions(kind, 100)).await;
        assert!(reply.get("__type").is_none(), "{reply}");
        for (count, constraint) in [(0, "length greater than or equal to 1"), (101, "length less than or equal to 100")]
        {
            let (code, message) = error(&cloud, operation, actions(kind, count)).await;
            assert_eq!(code, "ValidationException");
            assert!(message.contains("'transactItems'") && message.ends_with(constraint), "{message}");
        }
        let twice = json!({"TransactItems": [on(kind, "a"), on(kind, "b"), on(kind, "a")]});
        assert_eq!(error(&cloud, operation, twice).await.1, several);
    }
    let mixed = json!({"TransactItems": [on("Put", "a"), on("Delete", "a")]});
    assert_eq!(error(&cloud, "TransactWriteItems", mixed).await.1, several);
}

#[tokio::test]
async fn a_transaction_has_four_megabytes_at_most() {
    let (cloud, _directory) = limited(None);
    call(&cloud, "CreateTable", incidents()).await;
    let text = "x".repeat(350 * 1024);
    let puts = |count: usize| -> Value {
        let put = |number: usize| json!({"Put": {"TableName": "incidents", "Item": {"incident_id": {"S": number.to_string()}, "text": {"S": text}}}});
        json!({"TransactItems": (0..count).map(put).collect::<Vec<_>>()})
    };
    let too_large =
        ("ValidationException".to_owned(), "Transaction payload size cannot exceed 4194304 bytes".to_owned());
    assert_eq!(error(&cloud, "TransactWriteItems", puts(12)).await, too_large);
    assert_eq!(call(&cloud, "Scan", json!({"Select": "COUNT"})).await["Count"], 0);
    for id in 0..12 {
        let item = json!({"incident_id": {"S": id.to_string()}, "text": {"S": text}});
        assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    }
    assert_eq!(error(&cloud, "TransactGetItems", actions("Get", 12)).await, too_large);
    assert_eq!(call(&cloud, "TransactGetItems", actions("Get", 11)).await["Responses"].as_array().unwrap().len(), 11);
    // What counts is what the transaction has, not what is there.
    assert_eq!(call(&cloud, "TransactWriteItems", actions("Delete", 12)).await, json!({}));
}

#[tokio::test]
async fn an_item_that_does_not_fit_cancels_and_a_request_that_does_not_is_refused() {
    let (cloud, _directory) = with_table().await;
    let deep = (0..32).fold(json!({"S": "x"}), |inner, _| json!({"L": [inner]}));
    let put = |item: Value| json!({"Put": {"TableName": "incidents", "Item": item}});
    let wrong = json!({"incident_id": {"N": "7"}});
    let conditional = json!({"Put": {"TableName": "incidents", "Item": key("b"), "ConditionExpression": "attribute_exists(incident_id)"}});
    let get = json!({"Get": {"TableName": "incidents", "Key": wrong}});
    let mismatch = "Type mismatch for key incident_id expected: S actual: N";
    let schema = "The provided key element does not match the schema";
    for (operation, first, part) in [
        ("TransactWriteItems", put(wrong.clone()), mismatch),
        ("TransactWriteItems", put(json!({"x": {"S": "a"}})), "Missing the key incident_id in the item"),
        (
            "TransactWriteItems",
            put(json!({"incident_id": {"S": "a"}, "status": {"N": "1"}})),
            "Type mismatch for Index Key status",
        ),
        ("TransactWriteItems", put(json!({"incident_id": {"S": "a"}, "deep": deep})), "Nesting Levels have exceeded"),
        ("TransactWriteItems", put(key(&"k".repeat(2049))), "Size of hashkey has exceeded"),
        ("TransactWriteItems", json!({"Delete": {"TableName": "incidents", "Key": wrong}}), schema),
        ("TransactGetItems", get, schema),
    ] {
        let second = if operation == "TransactGetItems" { on("Get", "b") } else { conditional.clone() };
        let refused = call(&cloud, operation, json!({"TransactItems": [first, second]})).await;
        let reasons = &refused["CancellationReasons"];
        assert_eq!(
            (&reasons[0]["Code"], &reasons[1]),
            (&json!("ValidationError"), &json!({"Code": "None"})),
            "{refused}"
        );
        assert!(reasons[0]["Message"].as_str().unwrap().contains(part), "{refused}");
    }
    for parameters in [
        json!({"ConditionExpression": "a ="}),
        json!({"ConditionExpression": "a = :x"}),
        json!({"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {"#x": "x"}}),
    ] {
        let mut put = put(key("a"));
        for (name, value) in parameters.as_object().unwrap() {
            put["Put"][name] = value.clone();
        }
        let refused = error(&cloud, "TransactWriteItems", json!({"TransactItems": [put]})).await;
        assert_eq!(refused.0, "ValidationException", "{refused:?}");
    }
}

#[tokio::test]
async fn a_reading_transaction_waits_for_no_writing_one() {
    let (cloud, _directory) = with_table().await;
    let (written, read) = tokio::join!(
        call(&cloud, "TransactWriteItems", actions("Put", 1)),
        call(&cloud, "TransactGetItems", actions("Get", 2))
    );
    assert_eq!(written, json!({}));
    assert_eq!(
        read["CancellationReasons"],
        json!([{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}, {"Code": "None"}])
    );
}

#[tokio::test]
async fn a_batch_leaves_an_item_to_the_transaction_that_has_it() {
    let (cloud, _directory) = with_table().await;
    let put = |id: &str| json!({"PutRequest": {"Item": {"incident_id": {"S": id}, "by": {"S": "batch"}}}});
    let (written, batch) = tokio::join!(
        call(&cloud, "TransactWriteItems", actions("Put", 1)),
        call(&cloud, "BatchWriteItem", json!({"RequestItems": {"incidents": [put("0"), put("1")]}}))
    );
    assert_eq!((written, &batch["UnprocessedItems"]), (json!({}), &json!({"incidents": [put("0")]})));
    assert_eq!(call(&cloud, "GetItem", json!({"Key": key("0")})).await["Item"], key("0"));
}

#[tokio::test]
async fn a_token_counts_in_its_region() {
    let (cloud, _directory) = with_table().await;
    let mut first = actions("Put", 1);
    first["ClientRequestToken"] = json!("t");
    assert_eq!(call(&cloud, "TransactWriteItems", first).await, json!({}));
    let ask = async |operation: &str, input: Value| {
        let mut elsewhere = request(operation, &input);
        elsewhere.region = "us-west-2".to_owned();
        let reply = super::super::handle(&cloud, &elsewhere, input.to_string().as_bytes(), None).await;
        serde_json::from_slice::<Value>(reply.body()).unwrap()
    };
    ask("CreateTable", incidents()).await;
    let mut other = actions("Put", 2);
    other["ClientRequestToken"] = json!("t");
    assert_eq!(ask("TransactWriteItems", other).await, json!({}));
}

#[tokio::test]
async fn batches_are_counted_before_anything_is_done() {
    let (cloud, _directory) = with_table().await;
    let puts = |count: usize| {
        (0..count).map(|number| json!({"PutRequest": {"Item": key(&number.to_string())}})).collect::<Vec<_>>()
    };
    let keys = |count: usize| (0..count).map(|number| key(&number.to_string())).collect::<Vec<_>>();
    let both = json!({"PutRequest": {"Item": key("a")}, "DeleteRequest": {"Key": key("a")}});
    let write = |requests: Vec<Value>| json!({"RequestItems": {"incidents": requests}});
    let read = |keys: Vec<Value>| json!({"RequestItems": {"incidents": {"Keys": keys}}});
    for (operation, input, part) in [
        (
            "BatchWriteItem",
            json!({"RequestItems": {}}),
            "at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "BatchGetItem",
            json!({"RequestItems": {}}),
            "at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        ("BatchWriteItem", write(Vec::new()), "Member must have length greater than or equal to 1"),
        ("BatchWriteItem", write(puts(26)), "Member must have length less than or equal to 25"),
        (
            "BatchGetItem",
            read(Vec::new()),
            "at 'requestItems.incidents.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "BatchGetItem",
            read(keys(101)),
            "at 'requestItems.incidents.member.keys' failed to satisfy constraint: Member must have length less than or equal to 100",
        ),
        ("BatchWriteItem", write(vec![both]), "either a PutRequest or a DeleteRequest"),
        ("BatchWriteItem", write(vec![json!({})]), "either a PutRequest or a DeleteRequest"),
        ("BatchWriteItem", write([puts(2), puts(1)].concat()), "Provided list of item keys contains duplicates"),
        ("BatchGetItem", read([keys(2), keys(1)].concat()), "Provided list of item keys contains duplicates"),
    ] {
        let (code, message) = error(&cloud, operation, input).await;
        assert_eq!(code, "ValidationException");
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(call(&cloud, "Scan", json!({"Select": "COUNT"})).await["Count"], 0);
}

#[tokio::test]
async fn a_batch_reads_sixteen_megabytes_and_leaves_the_rest() {
    let (cloud, _directory) = limited(None);
    call(&cloud, "CreateTable", incidents()).await;
    let text = "x".repeat(390 * 1024);
    for number in 0..50 {
        let item = json!({"incident_id": {"S": number.to_string()}, "text": {"S": text}});
        assert_eq!(call(&cloud, "PutItem", json!({"Item": item})).await, json!({}));
    }
    let keys: Vec<Value> = (0..50).map(|number| key(&number.to_string())).collect();
    let read = call(&cloud, "BatchGetItem", json!({"RequestItems": {"incidents": {"Keys": keys}}})).await;
    assert_eq!(read["Responses"]["incidents"].as_array().unwrap().len(), 42);
    assert_eq!(read["UnprocessedKeys"]["incidents"]["Keys"].as_array().unwrap().len(), 8);
}
