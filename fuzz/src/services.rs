//! Policies, patterns, schedules, templates, packages: what the other services parse.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use incident_local::Principal;
use incident_local::arn::Arn;
use incident_local::policy::{Need, Policy, Requester};
use incident_model::Pattern;
use serde_json::{Value, json};

use crate::Target;
use crate::account::{ACCOUNT, Account, halves, text};

pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("arn", arn),
    ("iam-policy", policy),
    ("event-pattern", event_pattern),
    ("schedule", schedule),
    ("input-transformer", input_transformer),
    ("sns-filter-policy", filter_policy),
    ("mapping-filter", mapping_filter),
    ("template", template),
    ("package", package),
    ("lambda-request", lambda_request),
    ("s3-request", s3_request),
    ("s3-chunks", s3_chunks),
    ("members", members),
];

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

fn arn(bytes: &[u8]) {
    let text = text(bytes);
    if let Some(Arn { partition, service, region, account, resource }) = Arn::parse(text) {
        assert_eq!(format!("arn:{partition}:{service}:{region}:{account}:{resource}"), text);
    }
}

/// A document and the value of the keys that its conditions may name.
fn policy(bytes: &[u8]) {
    let (document, value) = halves(bytes);
    let _ = (Policy::parse_identity(document).is_ok(), Policy::parse_trust(document).is_ok());
    let Ok(policy) = Policy::parse(document) else { return };
    let need = Need::new("s3:GetObject", "arn:aws:s3:::bucket/key").with("aws:SourceArn", value).with("k", value);
    let _ = policy.evaluate(&Requester::local(Principal::Root), &need);
}

/// A pattern and an event. The matcher of the local AWS and the handler's agree.
fn event_pattern(bytes: &[u8]) {
    let (pattern, event) = halves(bytes);
    let answer = ACCOUNT.call("events", "TestEventPattern", json!({"EventPattern": pattern, "Event": event}));
    let read = (Pattern::parse(pattern), serde_json::from_str::<Value>(event));
    if let (Ok(answer), (Ok(pattern), Ok(event))) = (answer, read) {
        assert_eq!(Value::from(&answer)["Result"], json!(pattern.matches(&event)));
    }
}

fn schedule(bytes: &[u8]) {
    let _ =
        ACCOUNT.call("events", "PutRule", json!({"Name": "s", "State": "DISABLED", "ScheduleExpression": text(bytes)}));
}

static RULE: LazyLock<&Account> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    account.make("sqs", "CreateQueue", json!({"QueueName": "q"}));
    account.make("events", "PutRule", json!({"Name": "r", "EventPattern": "{\"source\":[\"a\"]}"}));
    account
});

/// A template and the path of its only value, for an event that then reaches the target.
fn input_transformer(bytes: &[u8]) {
    let (template, path) = halves(bytes);
    let transformer = json!({"InputPathsMap": {"v": path}, "InputTemplate": template});
    let targets = json!([{"Id": "1", "Arn": QUEUE, "InputTransformer": transformer}]);
    let _ = RULE.call("events", "PutTargets", json!({"Rule": "r", "Targets": targets}));
    let entry = json!({"Source": "a", "DetailType": "d", "Detail": "{\"a\":[1,{\"b\":\"\\\"<v>\"}]}"});
    let _ = RULE.call("events", "PutEvents", json!({"Entries": [entry]}));
    RULE.settle();
    let _ = RULE.call("sqs", "PurgeQueue", json!({"QueueUrl": "http://127.0.0.1/000000000000/q"}));
}

static SUBSCRIPTION: LazyLock<(&Account, String)> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    account.make("sqs", "CreateQueue", json!({"QueueName": "q"}));
    account.make("sns", "CreateTopic", json!({"Name": "t"}));
    let subscribe = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "ReturnSubscriptionArn": "true"});
    let answer = account.call("sns", "Subscribe", subscribe).expect("a subscription");
    let arn = Value::from(&answer)["SubscriptionArn"].as_str().unwrap_or_default().to_owned();
    (account, arn)
});

/// A filter policy and the message that it is applied to.
fn filter_policy(bytes: &[u8]) {
    let (account, arn) = &*SUBSCRIPTION;
    let (policy, message) = halves(bytes);
    for scope in ["MessageBody", "MessageAttributes"] {
        let set =
            |name: &str, value: &str| json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value});
        let _ = account.call("sns", "SetSubscriptionAttributes", set("FilterPolicyScope", scope));
        let _ = account.call("sns", "SetSubscriptionAttributes", set("FilterPolicy", policy));
        let attributes = json!({"a": {"DataType": "String.Array", "StringValue": message}, "b": {"DataType": "Number", "StringValue": message}});
        let publish = json!({"TopicArn": TOPIC, "Message": message, "MessageAttributes": attributes});
        let _ = account.call("sns", "Publish", publish);
        let structured = json!({"TopicArn": TOPIC, "Message": message, "MessageStructure": "json"});
        let _ = account.call("sns", "Publish", structured);
    }
    account.settle();
    let _ = account.call("sqs", "PurgeQueue", json!({"QueueUrl": "http://127.0.0.1/000000000000/q"}));
}

static FUNCTION: LazyLock<&Account> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    let role = account.role();
    account.make("sqs", "CreateQueue", json!({"QueueName": "q"}));
    let function = json!({"FunctionName": "f", "Runtime": "provided.al2023", "Handler": "h", "Role": role,
        "Code": {"ZipFile": BASE64_STANDARD.encode(include_bytes!("../corpus/package/one-file"))}});
    let created = account.rest("lambda", Method::POST, "/2015-03-31/functions", &[], function.to_string().as_bytes());
    assert_eq!(created.status(), 201, "{created:?}");
    account
});

static MAPPING: LazyLock<String> = LazyLock::new(|| {
    let mapping = json!({"FunctionName": "f", "EventSourceArn": QUEUE, "Enabled": false});
    let path = "/2015-03-31/event-source-mappings";
    let created = FUNCTION.rest("lambda", Method::POST, path, &[], mapping.to_string().as_bytes());
    let mapping: Value = serde_json::from_slice(created.body()).unwrap_or_default();
    format!("{path}/{}", mapping["UUID"].as_str().unwrap_or_else(|| panic!("{created:?}")))
});

fn mapping_filter(bytes: &[u8]) {
    let filter = json!({"FilterCriteria": {"Filters": [{"Pattern": text(bytes)}]}});
    FUNCTION.rest("lambda", Method::PUT, &MAPPING, &[], filter.to_string().as_bytes());
}

fn template(bytes: &[u8]) {
    let body = text(bytes);
    let _ = ACCOUNT.call("cloudformation", "ValidateTemplate", json!({"TemplateBody": body}));
    let set = json!({"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": body,
        "Capabilities": ["CAPABILITY_NAMED_IAM"]});
    if ACCOUNT.call("cloudformation", "CreateChangeSet", set).is_ok() {
        ACCOUNT.settle();
        let _ = ACCOUNT.call("cloudformation", "DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "c"}));
        let _ = ACCOUNT.call("cloudformation", "DeleteStack", json!({"StackName": "s"}));
        ACCOUNT.settle();
    }
}

fn package(bytes: &[u8]) {
    let code = json!({"ZipFile": BASE64_STANDARD.encode(bytes)});
    FUNCTION.rest("lambda", Method::PUT, "/2015-03-31/functions/f/code", &[], code.to_string().as_bytes());
}

/// A method by its first byte, a path, and after a zero byte the body.
fn lambda_request(bytes: &[u8]) {
    let Some((method, path, body)) = rest(bytes) else { return };
    // An invocation starts a process.
    if !path.contains("invo") {
        assert_ne!(FUNCTION.rest("lambda", method, path, &[], body).status(), 500);
    }
}

static BUCKET: LazyLock<&Account> = LazyLock::new(|| {
    let account: &Account = &ACCOUNT;
    assert_eq!(account.rest("s3", Method::PUT, "/bucket", &[], b"").status(), 200);
    account
});

fn s3_request(bytes: &[u8]) {
    let Some((method, path, body)) = rest(bytes) else { return };
    assert_ne!(BUCKET.rest("s3", method, path, &[], body).status(), 500);
}

/// The chunks of a streamed body after the length that they have together.
fn s3_chunks(bytes: &[u8]) {
    let Some((length, body)) = bytes.split_first() else { return };
    for kind in ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"] {
        let length = length.to_string();
        let headers = [("x-amz-content-sha256", kind), ("x-amz-decoded-content-length", length.as_str())];
        assert_ne!(BUCKET.rest("s3", Method::PUT, "/bucket/key", &headers, body).status(), 500);
    }
}

fn rest(bytes: &[u8]) -> Option<(Method, &str, &[u8])> {
    let (method, rest) = bytes.split_first()?;
    let methods = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::HEAD];
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let (path, body) = rest.split_at(end);
    Some((methods[usize::from(*method) % methods.len()].clone(), text(path), body.get(1..).unwrap_or_default()))
}

/// The members of any operation of a service with a common protocol: `service operation {members}`.
fn members(bytes: &[u8]) {
    let mut words = text(bytes).splitn(3, ' ');
    let (Some(service), Some(operation), Some(members)) = (words.next(), words.next(), words.next()) else { return };
    let services = ["iam", "sts", "sns", "sqs", "events", "monitoring", "logs", "cloudformation"];
    let is_known = services.contains(&service);
    // A long poll waits, as it should.
    let Ok(members) = serde_json::from_str::<Value>(members) else { return };
    if is_known && members.get("WaitTimeSeconds").is_none() {
        let _ = RULE.call(service, operation, members);
    }
}
