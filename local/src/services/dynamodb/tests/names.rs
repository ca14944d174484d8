//! How tables are named.

use super::*;

const OWN: &str = "arn:aws:dynamodb:eu-west-1:000000000000:table/";

#[tokio::test]
async fn a_table_answers_to_its_name_and_to_its_arn() {
    let (cloud, _directory) = with_table().await;
    for name in ["incidents".to_owned(), format!("{OWN}incidents")] {
        let put = json!({"TableName": name, "Item": key("a")});
        assert_eq!(call(&cloud, "PutItem", put).await, json!({}));
        let batch = json!({"RequestItems": {&name: {"Keys": [key("a")]}}});
        assert_eq!(call(&cloud, "BatchGetItem", batch).await["Responses"][&name], json!([key("a")]));
        let described = call(&cloud, "DescribeTable", json!({"TableName": name})).await;
        assert_eq!(described["Table"]["TableName"], "incidents");
    }
    // One item, however its table is named.
    let both =
        json!({"RequestItems": {"incidents": {"Keys": [key("a")]}, format!("{OWN}incidents"): {"Keys": [key("a")]}}});
    assert_eq!(error(&cloud, "BatchGetItem", both).await.1, "Provided list of item keys contains duplicates");
}

#[tokio::test]
async fn an_arn_of_another_place_names_no_table_here() {
    let (cloud, _directory) = with_table().await;
    for other in [
        "arn:aws:dynamodb:us-east-1:000000000000:table/incidents",
        "arn:aws:dynamodb:eu-west-1:111111111111:table/incidents",
        "arn:aws-cn:dynamodb:eu-west-1:000000000000:table/incidents",
        "arn:aws:sqs:eu-west-1:000000000000:table/incidents",
    ] {
        for (operation, input) in [
            ("GetItem", json!({"TableName": other, "Key": key("a")})),
            ("DescribeTable", json!({"TableName": other})),
            ("DeleteTable", json!({"TableName": other})),
            ("DescribeTimeToLive", json!({"TableName": other})),
            ("BatchGetItem", json!({"RequestItems": {other: {"Keys": [key("a")]}}})),
            ("TransactWriteItems", json!({"TransactItems": [{"Put": {"TableName": other, "Item": key("a")}}]})),
            ("ListTagsOfResource", json!({"ResourceArn": other})),
        ] {
            let refused = error(&cloud, operation, input).await;
            assert_eq!(refused.0, "ResourceNotFoundException", "{operation} {other}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_a_name_is_refused() {
    let (cloud, _directory) = with_table().await;
    let index = format!("{OWN}incidents/index/by-status");
    for name in ["ab", "a name", "incidents/index/by-status", "é23", &index, &"n".repeat(256)] {
        let get = error(&cloud, "GetItem", json!({"TableName": name, "Key": key("a")})).await;
        let described = error(&cloud, "DescribeTable", json!({"TableName": name})).await;
        assert_eq!((get.0.as_str(), described.0.as_str()), ("ValidationException", "ValidationException"), "{name}");
    }
    let tags = json!({"ResourceArn": index, "Tags": [{"Key": "a", "Value": "b"}]});
    let refused = error(&cloud, "TagResource", tags).await;
    assert!(refused.1.contains("Invalid resource arn provided, only table or stream is accepted"), "{refused:?}");
}
