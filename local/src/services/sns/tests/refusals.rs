//! What SNS refuses, in the words that were recorded of it.

use serde_json::{Value, json};

use super::Fixture;
use crate::arn;
use crate::services::tests::REGION;

#[tokio::test]
async fn a_topic_is_reached_in_its_own_region_and_account_only() {
    let fixture = Fixture::new().await;
    let subscription = fixture.subscribe_email(json!({})).await;
    let name = "TopicArn";
    for (operation, parameter, extra) in [
        ("Publish", name, json!({"Message": "x"})),
        ("Publish", "TargetArn", json!({"Message": "x"})),
        ("PublishBatch", name, json!({"PublishBatchRequestEntries": [{"Id": "a", "Message": "x"}]})),
        ("Subscribe", name, json!({"Protocol": "email", "Endpoint": "a@b.cd"})),
        ("GetTopicAttributes", name, json!({})),
        ("SetTopicAttributes", name, json!({"AttributeName": "DisplayName", "AttributeValue": "x"})),
        ("ListSubscriptionsByTopic", name, json!({})),
        ("DeleteTopic", name, json!({})),
        ("TagResource", "ResourceArn", json!({"Tags": []})),
        ("GetSubscriptionAttributes", "SubscriptionArn", json!({})),
    ] {
        let arn = if parameter == "SubscriptionArn" { &subscription } else { &fixture.topic };
        for elsewhere in [arn.replace(REGION, "ap-southeast-2"), arn.replace("000000000000", "111122223333")] {
            let mut input = extra.clone();
            input[parameter] = json!(elsewhere);
            let error = fixture.call(operation, input).await.unwrap_err();
            let expected = ("InvalidParameter", format!("Invalid parameter: {parameter}"));
            assert_eq!((error.code.as_str(), error.message), expected, "{operation} {elsewhere}");
        }
    }
    fixture.on_topic("GetTopicAttributes", json!({})).await.unwrap();
}

#[tokio::test]
async fn message_attributes_are_checked_as_aws_does() {
    let fixture = Fixture::new().await;
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let prefixes = "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.";
    let empty = |kind: &str| {
        format!(
            "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type '{kind}'."
        )
    };
    let illegal = "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.";
    for (name, attribute, message) in [
        ("attr1", text(""), empty("String")),
        ("attr1", json!({"DataType": "String"}), empty("String")),
        ("attr1", json!({"DataType": "Binary", "BinaryValue": ""}), empty("Binary")),
        (
            "attr1",
            json!({"DataType": "String", "BinaryValue": "eA=="}),
            "The message attribute 'attr1' with type 'String' must use field 'String'.".to_owned(),
        ),
        (
            "attr1",
            json!({"DataType": "Number", "BinaryValue": "eA=="}),
            "The message attribute 'attr1' with type 'Number' must use field 'String'.".to_owned(),
        ),
        (
            "attr1",
            json!({"DataType": "Binary", "StringValue": "x"}),
            "The message attribute 'attr1' with type 'Binary' must use field 'Binary'.".to_owned(),
        ),
        ("attr1", json!({"DataType": "Text", "StringValue": "x"}), prefixes.to_owned()),
        ("attr1", json!({"DataType": "String.", "StringValue": "x"}), prefixes.to_owned()),
        ("attr1", json!({"DataType": "Stringprefixed", "StringValue": "x"}), prefixes.to_owned()),
        (&"a".repeat(257), text("x"), "Length of message attribute name must be less than 256 bytes.".to_owned()),
        ("^attr", text("x"), illegal.to_owned()),
        (".attr", text("x"), "Invalid message attribute name starting with character '.' was found.".to_owned()),
        ("attr.", text("x"), "Invalid message attribute name ending with character '.' was found.".to_owned()),
        ("at..tr", text("x"), "Message attribute name can not have successive '.' character.".to_owned()),
    ] {
        let attributes = json!({name: attribute});
        let one = fixture.on_topic("Publish", json!({"Message": "x", "MessageAttributes": attributes})).await;
        let entries =
            json!([{"Id": "ok", "Message": "x"}, {"Id": "a", "Message": "x", "MessageAttributes": attributes}]);
        let batch = fixture.on_topic("PublishBatch", json!({"PublishBatchRequestEntries": entries})).await;
        for error in [one.unwrap_err(), batch.unwrap_err()] {
            assert_eq!(
                (error.code.as_str(), &error.message),
                ("ParameterValueInvalid", &message),
                "{name} {attribute}"
            );
        }
    }
    let untyped = json!({"Message": "x", "MessageAttributes": {"attr1": {"StringValue": "x"}}});
    let error = fixture.on_topic("Publish", untyped).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), &*error.message),
        (
            "ValidationError",
            "1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to satisfy constraint: Member must not be null"
        )
    );
    for data_type in ["String.prefixed", "String.  prefixed.", "Number.int"] {
        let attributes = json!({"attr1": {"DataType": data_type, "StringValue": "1"}});
        fixture.on_topic("Publish", json!({"Message": "x", "MessageAttributes": attributes})).await.unwrap();
    }
}

#[tokio::test]
async fn calls_that_sns_refuses_are_refused() {
    let fixture = Fixture::new().await;
    let tags = |keys: &[&str]| json!(keys.iter().map(|key| json!({"Key": key, "Value": "v"})).collect::<Vec<_>>());
    let many: Vec<String> = (0..151).map(|at| at.to_string()).collect();
    let filter = |policy: Value, scope: &str| json!({"Protocol": "email", "Endpoint": "a@b.cd", "Attributes": {"FilterPolicy": policy.to_string(), "FilterPolicyScope": scope}});
    let complex = "Invalid parameter: Attributes Reason: FilterPolicy: Filter policy is too complex";
    let keys = "Invalid parameter: Attributes Reason: FilterPolicy: Filter policy can not have more than 5 keys";
    let by_body = "MessageBody";
    for (operation, input, message) in [
        (
            "CreateTopic",
            json!({"Name": "a", "Tags": tags(&["k", "k"])}),
            "Invalid parameter: Duplicated keys are not allowed.",
        ),
        (
            "CreateTopic",
            json!({"Name": "a", "Tags": tags(&["<k>"])}),
            "Invalid parameter: Tags Reason: the tag key '<k>' is not valid",
        ),
        ("Subscribe", filter(json!({"key": many}), "MessageAttributes"), complex),
        ("Subscribe", filter(json!({"a": many[..100], "b": many[..51]}), "MessageAttributes"), complex),
        (
            "Subscribe",
            filter(json!({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}, "f": [1, 2, 3]}), by_body),
            complex,
        ),
        (
            "Subscribe",
            filter(
                json!({"source": [1, 2, 3, 4], "$or": [
                    {"name": [1, 2, 3, 4, 5, 6]},
                    {"type": [1, 2, 3, 4], "$or": [{"id": [1, 2, 3, 4]}, {"space": [1, 2, 3, 4]}]}
                ]}),
                "MessageAttributes",
            ),
            complex,
        ),
        (
            "Subscribe",
            filter(json!({"a": {"b": [1], "c": [1], "d": [1], "e": [1], "f": [1], "g": [1]}}), by_body),
            keys,
        ),
        (
            "Subscribe",
            filter(json!({"a": {"b": [1]}}), "MessageAttributes"),
            "Invalid parameter: Attributes Reason: Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            "Subscribe",
            json!({"Protocol": "sqs", "Endpoint": arn::local("sqs", REGION, "q.fifo")}),
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        (
            "Publish",
            json!({"Message": "x", "MessageDeduplicationId": "1"}),
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
        ),
        (
            "PublishBatch",
            json!({"PublishBatchRequestEntries": [{"Id": "a.b", "Message": "x"}]}),
            "The Id of a batch entry in the batch request contains an impermissible character: a.b",
        ),
        (
            "PublishBatch",
            json!({"PublishBatchRequestEntries": [{"Id": "a", "Message": "x".repeat(200_000)}, {"Id": "b", "Message": "x".repeat(100_000)}]}),
            "The length of all the messages put together is more than the limit.",
        ),
    ] {
        let error = fixture.on_topic(operation, input.clone()).await.unwrap_err();
        assert_eq!(error.message, message, "{operation} {input}");
    }
    fixture.on_topic("Subscribe", filter(json!({"a": many[..50], "b": [1, 2, 3]}), "MessageAttributes")).await.unwrap();
    for protocol in ["sms", "application", "firehose"] {
        let input = json!({"Protocol": protocol, "Endpoint": "+15551234567"});
        let error = fixture.on_topic("Subscribe", input).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501), "{protocol}");
    }
}
