#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod refusals;

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::outbox::{self, MailKind, StoredMail};
use crate::services::tests::{self, REGION};
use crate::{LocalConfig, Principal};

/// An account with one topic.
struct Fixture {
    cloud: Cloud,
    topic: String,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let (cloud, _folder) = tests::cloud(LocalConfig { time_scale: 1000.0, ..LocalConfig::default() });
        let created = tests::ask(&cloud, "sns", "CreateTopic", json!({"Name": "alerts"})).await.unwrap();
        Self { cloud, topic: text(&created["TopicArn"]), _folder }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        tests::ask(&self.cloud, "sns", operation, input).await
    }

    /// The call with `TopicArn` added.
    async fn on_topic(&self, operation: &str, mut input: Value) -> Result<Value, ApiError> {
        input["TopicArn"] = json!(self.topic);
        self.call(operation, input).await
    }

    async fn subscribe_email(&self, attributes: Value) -> String {
        let input = json!({
            "Protocol": "email", "Endpoint": "ada@example.com", "ReturnSubscriptionArn": "true", "Attributes": attributes
        });
        text(&self.on_topic("Subscribe", input).await.unwrap()["SubscriptionArn"])
    }

    fn mails(&self, kind: &str) -> Vec<StoredMail> {
        let mails = outbox::read(self.cloud.outbox.directory()).unwrap();
        mails.into_iter().filter(|mail| mail.kind.as_deref() == Some(kind)).collect()
    }

    async fn confirm_newest(&self) -> (u16, String) {
        let link = self.mails(MailKind::CONFIRMATION).pop().unwrap().link.unwrap();
        confirm_page(&self.cloud, link.split_once('?').unwrap().1)
    }

    /// Waits for mails delivered in the background.
    async fn notifications(&self, count: usize) -> Vec<StoredMail> {
        for _ in 0..200 {
            let mails = self.mails(MailKind::NOTIFICATION);
            if mails.len() >= count {
                return mails;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("fewer than {count} mails");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn publication(message: &str) -> Publication {
    Publication {
        subject: None,
        message: message.to_owned(),
        attributes: BTreeMap::new(),
        principal: Principal::Root,
        source_arn: None,
    }
}

#[tokio::test]
async fn invalid_parameters_return_awss_errors() {
    let fixture = Fixture::new().await;
    let email = |address: &str| json!({"Protocol": "email", "Endpoint": address});
    let cases = [
        ("CreateTopic", json!({"Name": "no spaces"}), "Invalid parameter: Topic Name"),
        ("CreateTopic", json!({"Name": "x".repeat(257)}), "Invalid parameter: Topic Name"),
        (
            "CreateTopic",
            json!({"Name": "a", "Attributes": {"Colour": "red"}}),
            "Invalid parameter: Attributes Reason: Unknown attribute Colour",
        ),
        (
            "CreateTopic",
            json!({"Name": "alerts", "Tags": [{"Key": "a", "Value": "b"}]}),
            "Invalid parameter: Tags Reason: Topic already exists with different tags",
        ),
        (
            "CreateTopic",
            json!({"Name": "alerts", "Attributes": {"DisplayName": "x"}}),
            "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
        ),
        (
            "SetTopicAttributes",
            json!({"AttributeName": "Policy", "AttributeValue": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}"}),
            "Invalid parameter: Policy statement action out of service scope!",
        ),
        (
            "SetTopicAttributes",
            json!({"AttributeName": "Owner", "AttributeValue": "me"}),
            "Invalid parameter: AttributeName",
        ),
        ("Subscribe", email("not an address"), "Invalid parameter: Email address"),
        ("Subscribe", email("ada@localhost"), "Invalid parameter: Email address"),
        ("Subscribe", email("ada@example..com"), "Invalid parameter: Email address"),
        ("Subscribe", email(""), "Invalid parameter: Email address"),
        (
            "Subscribe",
            json!({"Protocol": "pigeon", "Endpoint": "x"}),
            "Invalid parameter: Amazon SNS does not support this protocol string: pigeon",
        ),
        ("Subscribe", json!({"Protocol": "sqs", "Endpoint": "queue"}), "Invalid parameter: SQS endpoint ARN"),
        ("Subscribe", json!({"Protocol": "lambda", "Endpoint": "f"}), "Invalid parameter: Lambda endpoint ARN"),
        (
            "Subscribe",
            json!({"Protocol": "email", "Endpoint": "a@b.cd", "Attributes": {"RawMessageDelivery": "true"}}),
            "Invalid parameter: Attributes Reason: Delivery protocol [email] does not support raw message delivery.",
        ),
        (
            "Subscribe",
            json!({"Protocol": "email", "Endpoint": "a@b.cd", "Attributes": {"FilterPolicy": "{\"a\":\"b\"}"}}),
            "Invalid parameter: Attributes Reason: FilterPolicy: \"a\" must be an object or an array",
        ),
        ("ConfirmSubscription", json!({"Token": "wrong"}), "Invalid parameter: Token"),
        ("Publish", json!({"Message": ""}), "Invalid parameter: Empty message"),
        ("Publish", json!({"Message": "x", "Subject": ""}), "Invalid parameter: Subject"),
        ("Publish", json!({"Message": "x", "Subject": "s".repeat(101)}), "Invalid parameter: Subject"),
        ("Publish", json!({"Message": "x", "Subject": "two\nlines"}), "Invalid parameter: Subject"),
        ("Publish", json!({"Message": "x".repeat(256 * 1024 + 1)}), "Invalid parameter: Message too long"),
        (
            "Publish",
            json!({"Message": "{}", "MessageStructure": "json"}),
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            "Publish",
            json!({"Message": "x", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "ten"}}}),
            "Could not cast message attribute 'n' value to number.",
        ),
        ("PublishBatch", json!({}), "The batch request doesn't contain any entries."),
    ];
    for (operation, input, message) in cases {
        let error = fixture.on_topic(operation, input.clone()).await.unwrap_err();
        assert_eq!(error.message, message, "{operation} {input}");
    }
}

#[tokio::test]
async fn a_missing_topic_is_not_found_and_deleting_it_succeeds() {
    let fixture = Fixture::new().await;
    fixture.on_topic("DeleteTopic", json!({})).await.unwrap();
    fixture.on_topic("DeleteTopic", json!({})).await.unwrap();
    for (operation, input) in
        [("GetTopicAttributes", json!({})), ("Subscribe", json!({"Protocol": "email", "Endpoint": "a@b.cd"}))]
    {
        let error = fixture.on_topic(operation, input).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("NotFound", 404), "{operation}");
    }
}

#[tokio::test]
async fn a_pending_address_gets_no_messages() {
    let fixture = Fixture::new().await;
    let input = json!({"Protocol": "email", "Endpoint": "ada@example.com"});
    let answer = fixture.on_topic("Subscribe", input).await.unwrap();
    assert_eq!(answer["SubscriptionArn"], "pending confirmation");
    publish(&fixture.cloud, &fixture.topic, publication("too early")).await.unwrap();

    let (status, html) = fixture.confirm_newest().await;
    assert_eq!(status, 200, "{html}");
    publish(&fixture.cloud, &fixture.topic, publication("in time")).await.unwrap();
    let mails = fixture.notifications(1).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.starts_with("in time\n\n--\n"), "{}", mails[0].body);
    assert_eq!(mails[0].subject, "AWS Notification Message");
}

#[tokio::test]
async fn subscribing_again_returns_the_same_subscription_and_mails_again() {
    let fixture = Fixture::new().await;
    let first = fixture.subscribe_email(json!({})).await;
    assert_eq!(fixture.subscribe_email(json!({})).await, first);
    assert_eq!(fixture.mails(MailKind::CONFIRMATION).len(), 2);

    let listed = fixture.on_topic("ListSubscriptionsByTopic", json!({})).await.unwrap();
    let arns: Vec<&Value> =
        listed["Subscriptions"].as_array().unwrap().iter().map(|each| &each["SubscriptionArn"]).collect();
    assert_eq!(arns, ["PendingConfirmation"]);

    let refused = fixture.call("Unsubscribe", json!({"SubscriptionArn": first})).await.unwrap_err();
    assert!(refused.message.contains("Cannot unsubscribe a subscription that is pending confirmation"));
    let different =
        json!({"Protocol": "email", "Endpoint": "ada@example.com", "Attributes": {"FilterPolicy": "{\"a\":[1]}"}});
    let refused = fixture.on_topic("Subscribe", different).await.unwrap_err();
    assert!(refused.message.contains("Subscription already exists with different attributes"));

    fixture.confirm_newest().await;
    fixture.subscribe_email(json!({})).await;
    assert_eq!(fixture.mails(MailKind::CONFIRMATION).len(), 2, "a confirmed address is not asked again");
}

#[tokio::test]
async fn the_unsubscribe_link_works_unless_authentication_is_required() {
    let fixture = Fixture::new().await;
    let arn = fixture.subscribe_email(json!({})).await;
    let query = |fixture: &Fixture| {
        let token = fixture.cloud.sns.with_subscription(&arn, |each| Ok(each.unsubscribe_token.clone())).unwrap();
        format!("SubscriptionArn={}&Token={token}", arn.replace(':', "%3A"))
    };
    let link = fixture.mails(MailKind::CONFIRMATION)[0].link.clone().unwrap();
    let token = link.split("Token=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let input = json!({"Token": token, "AuthenticateOnUnsubscribe": "true"});
    fixture.on_topic("ConfirmSubscription", input).await.unwrap();
    assert_eq!(unsubscribe_page(&fixture.cloud, &query(&fixture)).0, 403);

    fixture
        .cloud
        .sns
        .with_subscription(&arn, |each| {
            each.confirmation = state::Confirmation::Confirmed { token: None, authenticated: false };
            Ok(())
        })
        .unwrap();
    assert_eq!(unsubscribe_page(&fixture.cloud, "SubscriptionArn=x&Token=y").0, 400);
    let query = query(&fixture);
    assert_eq!(unsubscribe_page(&fixture.cloud, &query).0, 200);
    assert_eq!(unsubscribe_page(&fixture.cloud, &query).0, 404);
    let attributes = fixture.on_topic("GetTopicAttributes", json!({})).await.unwrap();
    assert_eq!(attributes["Attributes"]["SubscriptionsDeleted"], "1");
}

#[tokio::test]
async fn more_than_ten_mails_in_a_second_make_a_subscription_pending() {
    let fixture = Fixture::new().await;
    let arn = fixture.subscribe_email(json!({})).await;
    fixture.confirm_newest().await;
    for number in 0..11 {
        publish(&fixture.cloud, &fixture.topic, publication(&number.to_string())).await.unwrap();
    }
    let attributes = fixture.call("GetSubscriptionAttributes", json!({"SubscriptionArn": arn})).await.unwrap();
    assert_eq!(attributes["Attributes"]["PendingConfirmation"], "true");
    assert_eq!(fixture.notifications(10).await.len(), 10);
}

#[tokio::test]
async fn a_filter_policy_matches_attributes_or_body() {
    let attribute =
        |data_type: &str, value: &str| MessageAttribute { data_type: data_type.to_owned(), value: value.to_owned() };
    let attributes = BTreeMap::from([
        ("severity".to_owned(), attribute("String", "HIGH")),
        ("count".to_owned(), attribute("Number", "7")),
        ("teams".to_owned(), attribute("String.Array", "[\"blue\", \"red\"]")),
    ]);
    let body = r#"{"detail": {"state": "ALARM"}}"#;
    let cases = [
        (r#"{"severity": ["HIGH"]}"#, None, true),
        (r#"{"severity": ["LOW"]}"#, None, false),
        (r#"{"count": [{"numeric": [">", 5]}]}"#, None, true),
        (r#"{"teams": ["red"]}"#, None, true),
        (r#"{"absent": [{"exists": false}]}"#, None, true),
        (r#"{"severity": [{"anything-but": "HIGH"}]}"#, None, false),
        (r#"{"detail": {"state": ["ALARM"]}}"#, Some("MessageBody"), true),
        (r#"{"detail": {"state": ["OK"]}}"#, Some("MessageBody"), false),
        ("{}", None, true),
    ];
    for (policy, scope, expected) in cases {
        let policy = filter::FilterPolicy::parse(policy, scope).unwrap();
        assert_eq!(policy.accepts(body, &attributes), expected, "{policy:?}");
    }
    let by_body = filter::FilterPolicy::parse(r#"{"a": [1]}"#, Some("MessageBody")).unwrap();
    assert!(!by_body.accepts("no json", &attributes));
    assert!(filter::FilterPolicy::parse(r#"{"a": {"b": [1]}}"#, None).is_err(), "attributes have no members");
}

#[tokio::test]
async fn a_service_needs_the_topics_policy_to_publish() {
    let fixture = Fixture::new().await;
    let alarm = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:devops-rule-dlq-depth";
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
        "Resource": fixture.topic, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:devops-*"}}
    }]});
    let input = json!({"AttributeName": "Policy", "AttributeValue": policy.to_string()});
    fixture.on_topic("SetTopicAttributes", input).await.unwrap();
    let cases = [
        (Principal::Service("cloudwatch.amazonaws.com".to_owned()), alarm, true),
        (
            Principal::Service("cloudwatch.amazonaws.com".to_owned()),
            "arn:aws:cloudwatch:eu-west-1:1:alarm:other",
            false,
        ),
        (Principal::Service("events.amazonaws.com".to_owned()), alarm, false),
        (Principal::Anonymous, alarm, false),
        (Principal::Root, alarm, true),
    ];
    for (principal, source, permitted) in cases {
        let attempt =
            Publication { principal: principal.clone(), source_arn: Some(source.to_owned()), ..publication("x") };
        let outcome = publish(&fixture.cloud, &fixture.topic, attempt).await;
        assert_eq!(outcome.is_ok(), permitted, "{principal:?} {source} {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!((error.code.as_str(), error.status), ("AuthorizationError", 403));
        }
    }
}

#[tokio::test]
async fn the_default_policy_admits_alarms_but_not_rules() {
    let fixture = Fixture::new().await;
    for (service, permitted) in [("cloudwatch.amazonaws.com", true), ("events.amazonaws.com", false)] {
        let attempt = Publication { principal: Principal::Service(service.to_owned()), ..publication("x") };
        assert_eq!(publish(&fixture.cloud, &fixture.topic, attempt).await.is_ok(), permitted, "{service}");
    }
}

#[tokio::test]
async fn each_protocol_gets_its_own_body() {
    let fixture = Fixture::new().await;
    fixture.subscribe_email(json!({})).await;
    fixture.confirm_newest().await;
    let message = json!({"default": "for all", "email": "for mail"}).to_string();
    let input = json!({"Message": message, "MessageStructure": "json", "Subject": "[HIGH] it broke"});
    fixture.on_topic("Publish", input).await.unwrap();
    let mails = fixture.notifications(1).await;
    assert!(mails[0].body.starts_with("for mail\n"));
    assert_eq!(mails[0].subject, "[HIGH] it broke");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let fixture = Fixture::new().await;
    for number in 0..120 {
        fixture.call("CreateTopic", json!({"Name": format!("topic-{number}")})).await.unwrap();
    }
    let first = fixture.call("ListTopics", json!({})).await.unwrap();
    assert_eq!(first["Topics"].as_array().map(Vec::len), Some(100));
    let second = fixture.call("ListTopics", json!({"NextToken": first["NextToken"]})).await.unwrap();
    assert_eq!(second["Topics"].as_array().map(Vec::len), Some(21));
}

#[tokio::test]
async fn a_queue_gets_the_envelope_or_the_raw_message_and_failures_are_dead_lettered() {
    const TOPICS: &str = "arn:aws:sns:*:*:*";
    let fixture = Fixture::new().await;
    for (queue, source) in
        [("open", TOPICS), ("raw", TOPICS), ("dlq", TOPICS), ("closed", "arn:aws:sns:eu-west-1:1:other")]
    {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": source}}
        }]});
        let input = json!({"QueueName": queue, "Attributes": {"Policy": policy.to_string()}});
        tests::ask(&fixture.cloud, "sqs", "CreateQueue", input).await.unwrap();
    }
    let arn = |queue: &str| arn::local("sqs", REGION, queue);
    let redrive = json!({"deadLetterTargetArn": arn("dlq")}).to_string();
    let subscriptions = [
        ("open", json!({})),
        ("raw", json!({"RawMessageDelivery": "true"})),
        ("closed", json!({"RawMessageDelivery": "true", "RedrivePolicy": redrive})),
    ];
    for (queue, attributes) in subscriptions {
        let input = json!({"Protocol": "sqs", "Endpoint": arn(queue), "Attributes": attributes});
        fixture.on_topic("Subscribe", input).await.unwrap();
    }
    let message = Publication { subject: Some("it broke".to_owned()), ..publication("details") };
    let id = publish(&fixture.cloud, &fixture.topic, message).await.unwrap();

    let envelope = tests::receive_body(&fixture.cloud, "open").await;
    let expected = [
        ("Type", "Notification"),
        ("MessageId", &id),
        ("TopicArn", &fixture.topic),
        ("Subject", "it broke"),
        ("Message", "details"),
    ];
    for (name, value) in expected {
        assert_eq!(envelope[name], value, "{name}");
    }
    for queue in ["raw", "dlq"] {
        assert_eq!(tests::receive(&fixture.cloud, queue).await["Body"], "details", "{queue}");
    }
}
