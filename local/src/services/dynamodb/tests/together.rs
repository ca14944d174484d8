//! Calls that meet each other, and readers that come too early.

use super::*;

fn count(key: &str) -> Value {
    json!({"TransactItems": [{"Update": {"TableName": "incidents", "Key": {"incident_id": {"S": key}},
        "UpdateExpression": "ADD occurrences :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}]})
}

async fn occurrences(cloud: &Cloud, key: &str) -> Value {
    call(cloud, "GetItem", json!({"Key": {"incident_id": {"S": key}}})).await["Item"]["occurrences"]["N"].clone()
}

#[tokio::test]
async fn a_transaction_keeps_its_items_to_itself() {
    let (cloud, _directory) = with_table().await;
    let single = json!({"Key": {"incident_id": {"S": "a"}}, "UpdateExpression": "ADD occurrences :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}});
    let (first, second, update, put, elsewhere, read) = tokio::join!(
        call(&cloud, "TransactWriteItems", count("a")),
        call(&cloud, "TransactWriteItems", count("a")),
        error(&cloud, "UpdateItem", single.clone()),
        error(&cloud, "PutItem", json!({"Item": {"incident_id": {"S": "a"}}})),
        call(&cloud, "TransactWriteItems", count("b")),
        call(&cloud, "GetItem", json!({"Key": {"incident_id": {"S": "a"}}})),
    );
    assert_eq!((&first, &elsewhere, &read), (&json!({}), &json!({}), &json!({})));
    assert_eq!(
        second["CancellationReasons"],
        json!([{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}])
    );
    let conflict = ("TransactionConflictException".to_owned(), "Transaction is ongoing for the item".to_owned());
    assert_eq!((&update, &put), (&conflict, &conflict));
    assert_eq!(occurrences(&cloud, "a").await, "1");
    assert_eq!(call(&cloud, "UpdateItem", single).await, json!({}));
    assert_eq!(occurrences(&cloud, "a").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_lose_no_count() {
    // A hundred writers of one item soon reach what its partition takes.
    let (cloud, _directory) = limited(None);
    call(&cloud, "CreateTable", incidents()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..100 {
        let cloud = cloud.clone();
        tasks.spawn(async move {
            let update = count("a")["TransactItems"][0]["Update"].clone();
            let marker = json!({"Put": {"TableName": "incidents", "Item": {"incident_id": {"S": format!("event-{}", writer % 50)}}, "ConditionExpression": "attribute_not_exists(incident_id)"}});
            loop {
                let reply = match writer % 2 {
                    0 => call(&cloud, "UpdateItem", update.clone()).await,
                    _ => call(&cloud, "TransactWriteItems", json!({"TransactItems": [{"Update": update}, marker]})).await,
                };
                if !reply.to_string().contains("TransactionConflict") {
                    return reply;
                }
                tokio::time::sleep(Duration::from_millis(writer % 7)).await;
            }
        });
    }
    let mut cancelled = 0;
    while let Some(reply) = tasks.join_next().await {
        cancelled += usize::from(reply.unwrap() != json!({}));
    }
    // 50 updates, and of the 50 transactions one for each of the 25 odd markers.
    assert_eq!((occurrences(&cloud, "a").await, cancelled), (json!("75"), 25));
}

#[tokio::test]
async fn a_transaction_under_a_token_is_done_once() {
    let (cloud, _directory) = with_table().await;
    let mut transaction = count("a");
    transaction["ClientRequestToken"] = json!("t");
    let (first, meanwhile) = tokio::join!(
        call(&cloud, "TransactWriteItems", transaction.clone()),
        error(&cloud, "TransactWriteItems", transaction.clone())
    );
    assert_eq!((first, meanwhile.0.as_str()), (json!({}), "TransactionInProgressException"));
    assert_eq!(call(&cloud, "TransactWriteItems", transaction.clone()).await, json!({}));
    assert_eq!(occurrences(&cloud, "a").await, "1");
    transaction["TransactItems"] = count("b")["TransactItems"].clone();
    let other = error(&cloud, "TransactWriteItems", transaction).await;
    assert_eq!(other.0, "IdempotentParameterMismatchException");
}

#[tokio::test]
async fn an_index_follows_its_table() {
    let latency = LatencyProfile { table: Duration::ZERO, index: Duration::from_millis(40), ..LatencyProfile::QUICK };
    let (cloud, _directory) = cloud_with(latency);
    call(&cloud, "CreateTable", incidents()).await;
    let item = json!({"incident_id": {"S": "a"}, "record_type": {"S": "incident"}, "created_at": {"S": "1"}});
    call(&cloud, "PutItem", json!({"Item": item})).await;
    let query = json!({"IndexName": "by-created", "KeyConditionExpression": "record_type = :r", "Select": "COUNT",
        "ExpressionAttributeValues": {":r": {"S": "incident"}}});
    let count = async || call(&cloud, "Query", query.clone()).await["Count"].clone();
    assert_eq!(count().await, 0);
    while count().await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // An item that loses its place in the index leaves it, a moment later too.
    let gone = json!({"Key": {"incident_id": {"S": "a"}}, "UpdateExpression": "REMOVE created_at"});
    call(&cloud, "UpdateItem", gone).await;
    assert_eq!(count().await, 1);
    while count().await == 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_ring_of_times_is_turned_in_one_update() {
    let (cloud, _directory) = with_table().await;
    let key = json!({"incident_id": {"S": "budget#mails"}});
    let times =
        |times: &[u32]| json!({"L": times.iter().map(|time| json!({"N": time.to_string()})).collect::<Vec<_>>()});
    let start = json!({"incident_id": {"S": "budget#mails"}, "sent": times(&[1, 2, 3])});
    call(&cloud, "PutItem", json!({"Item": start})).await;
    let turn = |oldest: &str| {
        json!({"Key": key, "UpdateExpression": "SET sent[3] = :now REMOVE sent[0]",
            "ConditionExpression": "size(sent) = :full AND sent[0] < :before", "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeValues": {":now": {"N": "9"}, ":before": {"N": oldest}, ":full": {"N": "3"}}})
    };
    let turned = call(&cloud, "UpdateItem", turn("2")).await;
    assert_eq!(turned["Attributes"]["sent"], times(&[2, 3, 9]));
    let refused = call(&cloud, "UpdateItem", turn("2")).await;
    assert_eq!(refused["Item"]["sent"], times(&[2, 3, 9]), "{refused}");
    // An index beyond the end appends.
    let beyond = json!({"Key": key, "UpdateExpression": "SET sent[20] = :now", "ReturnValues": "ALL_NEW",
        "ExpressionAttributeValues": {":now": {"N": "10"}}});
    assert_eq!(call(&cloud, "UpdateItem", beyond).await["Attributes"]["sent"], times(&[2, 3, 9, 10]));
}

#[tokio::test]
async fn paths_of_one_update_must_not_overlap() {
    let (cloud, _directory) = with_table().await;
    let cases = [
        ("SET a = :v REMOVE a", "[a], path two: [a]"),
        ("SET a = :v, a.b = :v", "[a], path two: [a, b]"),
        ("SET l[1] = :v REMOVE l[1]", "[l, [1]], path two: [l, [1]]"),
        ("SET l = :v REMOVE l[0]", "[l], path two: [l, [0]]"),
    ];
    for (expression, paths) in cases {
        let update = json!({"Key": {"incident_id": {"S": "a"}}, "UpdateExpression": expression,
            "ExpressionAttributeValues": {":v": {"N": "1"}}});
        let refused = error(&cloud, "UpdateItem", update).await;
        assert_eq!(refused.0, "ValidationException", "{expression}");
        let expected = format!(
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {paths}"
        );
        assert_eq!(refused.1, expected, "{expression}");
    }
}
