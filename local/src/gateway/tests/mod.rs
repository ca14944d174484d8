#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod attacks;
mod client;
mod consumed;
mod history;
mod slow;
mod trail;

use std::time::Duration;

use ciborium::Value as Cbor;
use client::{Client, Reply};
use serde_json::{Value, json};

use crate::config::LatencyProfile;
use crate::services::iam;
use crate::{LocalConfig, Principal};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&").into_bytes()
}

async fn query(client: &Client, service: &str, fields: &[(&str, &str)]) -> Reply {
    client.post(service, "/", &[("content-type", "application/x-www-form-urlencoded")], form(fields)).await
}

async fn target(client: &Client, service: &str, target: &str, body: Value) -> Reply {
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)];
    client.post(service, "/", &headers, body.to_string().into_bytes()).await
}

async fn cbor(client: &Client, operation: &str, body: Cbor) -> (u16, Cbor, Reply) {
    let mut bytes = Vec::new();
    ciborium::into_writer(&body, &mut bytes).unwrap();
    let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
    let headers = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
    let reply = client.post("monitoring", &path, &headers, bytes).await;
    (reply.status, ciborium::from_reader(reply.body.as_slice()).unwrap(), reply)
}

fn member<'a>(value: &'a Cbor, name: &str) -> &'a Cbor {
    let entries = value.as_map().unwrap();
    &entries.iter().find(|(key, _)| key.as_text() == Some(name)).unwrap().1
}

#[tokio::test]
async fn the_query_protocol_answers_in_xml() {
    let client = Client::start().await;
    let reply = query(&client, "sts", &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]).await;
    assert_eq!(reply.status, 200);
    let id = reply.headers["x-amzn-requestid"].to_str().unwrap();
    assert_eq!(
        reply.text(),
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><UserId>000000000000</UserId><Account>000000000000</Account><Arn>arn:aws:iam::000000000000:root</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        )
    );
    let reply = query(&client, "sqs", &[("Action", "ListQueues"), ("Version", "2012-11-05")]).await;
    assert_eq!(reply.status, 501);
    assert!(reply.text().contains("<Code>NotImplemented</Code>"), "{}", reply.text());
    let reply = query(&client, "iam", &[("Action", "GetRole"), ("Version", "2010-05-08"), ("RoleName", "a&b")]).await;
    assert_eq!(reply.status, 404);
    assert!(
        reply.text().contains(
            "<Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name a&amp;b cannot be found.</Message>"
        ),
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn an_empty_result_is_written_where_the_model_has_one() {
    let client = Client::start().await;
    let role =
        [("Action", "CreateRole"), ("Version", "2010-05-08"), ("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)];
    query(&client, "iam", &role).await;
    for (service, fields, written) in [
        ("iam", [("Action", "UpdateRole"), ("Version", "2010-05-08"), ("RoleName", "r")], true),
        ("iam", [("Action", "DeleteRole"), ("Version", "2010-05-08"), ("RoleName", "r")], false),
        (
            "sns",
            [
                ("Action", "DeleteTopic"),
                ("Version", "2010-03-31"),
                ("TopicArn", "arn:aws:sns:us-east-1:000000000000:t"),
            ],
            false,
        ),
    ] {
        let reply = query(&client, service, &fields).await;
        assert_eq!((reply.status, reply.text().contains("Result>")), (200, written), "{}", reply.text());
    }
}

#[tokio::test]
async fn json_carries_members_and_typed_errors() {
    let client = Client::start().await;
    let reply = target(&client, "sqs", "AmazonSQS.CreateQueue", json!({"QueueName":"q"})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.json()["QueueUrl"].as_str().unwrap().ends_with("/000000000000/q"));
    let reply = target(&client, "sqs", "AmazonSQS.GetQueueUrl", json!({"QueueName":"absent"})).await;
    assert_eq!(reply.json()["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
    assert_eq!(reply.headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender");
    let reply = target(&client, "events", "AWSEvents.Dream", json!({})).await;
    assert_eq!((reply.status, reply.json()["__type"].as_str()), (501, Some("NotImplemented")));
    let reply = client.post("logs", "/", &[("x-amz-target", "Logs_20140328.DescribeLogGroups")], b"[]".to_vec()).await;
    assert_eq!(reply.json()["__type"], "SerializationException");
}

#[tokio::test]
async fn cbor_carries_members_and_typed_errors() {
    let client = Client::start().await;
    let (status, body, reply) = cbor(&client, "DescribeAlarms", Cbor::Map(Vec::new())).await;
    assert_eq!((status, reply.headers["smithy-protocol"].to_str().unwrap()), (200, "rpc-v2-cbor"));
    assert!(member(&body, "MetricAlarms").as_array().unwrap().is_empty());
    let (status, body, _) = cbor(&client, "Dream", Cbor::Map(Vec::new())).await;
    assert_eq!((status, member(&body, "__type").as_text()), (501, Some("com.amazonaws.cloudwatch#NotImplemented")));
    let reply = query(&client, "monitoring", &[("Action", "DescribeAlarms"), ("Version", "2010-08-01")]).await;
    assert!(reply.text().contains("<DescribeAlarmsResult><"), "{}", reply.text());
}

#[tokio::test]
async fn lambda_and_dynamodb_read_their_own_requests() {
    let client = Client::start().await;
    let reply = client.get("lambda", "/2015-03-31/functions/").await;
    assert_eq!((reply.status, &reply.json()["Functions"]), (200, &json!([])));
    // ARNs in a path are encoded once on the wire and twice in the canonical request.
    let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/configuration";
    let reply = client.get("lambda", path).await;
    assert_eq!((reply.status, reply.headers["x-amzn-errortype"].to_str().unwrap()), (404, "ResourceNotFoundException"));
    let reply = target(&client, "dynamodb", "DynamoDB_20120810.ListTables", json!({})).await;
    assert_eq!((reply.status, &reply.json()["TableNames"]), (200, &json!([])));
}

#[tokio::test]
async fn a_gzipped_body_is_read() {
    let client = Client::start().await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, br#"{"QueueName":"zipped"}"#).unwrap();
    let headers = [("x-amz-target", "AmazonSQS.CreateQueue"), ("content-encoding", "gzip")];
    let reply = client.post("sqs", "/", &headers, encoder.finish().unwrap()).await;
    assert!(reply.text().contains("/zipped"), "{}", reply.text());
}

#[tokio::test]
async fn invalid_signatures_are_rejected_in_the_protocols_format() {
    let client = Client::start().await;
    let bad_secret = client.as_key(|key| key.secret_access_key = "other".to_owned());
    let unknown = client.as_key_id("AKIAUNKNOWN");
    let late = client.at("20200101T000000Z");
    let unsigned = client.unsigned();
    let cases = [
        (&bad_secret, "SignatureDoesNotMatch", "InvalidSignatureException"),
        (&unknown, "InvalidClientTokenId", "UnrecognizedClientException"),
        (&late, "SignatureDoesNotMatch", "InvalidSignatureException"),
        (&unsigned, "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
    ];
    for (client, in_query, in_json) in cases {
        let reply = query(client, "sts", &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]).await;
        assert_eq!(reply.status, 403);
        assert!(reply.text().contains(&format!("<Code>{in_query}</Code>")), "{}", reply.text());
        let reply = target(client, "sqs", "AmazonSQS.ListQueues", json!({})).await;
        assert!(reply.json()["__type"].as_str().unwrap().ends_with(in_json), "{}", reply.text());
    }
    let reply = query(&unsigned, "sns", &[("Action", "ConfirmSubscription"), ("Token", "t"), ("TopicArn", "x")]).await;
    assert!(!reply.text().contains("MissingAuthentication"), "the link in a mail needs no signature");
}

#[tokio::test]
async fn an_unknown_service_is_named() {
    let client = Client::start().await;
    let reply = client.get("kinesis", "/").await;
    assert!(reply.text().contains("the local AWS has no service kinesis"), "{}", reply.text());
}

#[tokio::test]
async fn s3_signs_the_raw_path_and_returns_its_own_xml_errors() {
    let client = Client::start().await;
    let reply = client.get("s3", "/code/a%20b%2Bc.zip").await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("<Error><Code>NoSuchBucket</Code>"), "{}", reply.text());
    let unknown = client.as_key_id("AKIAUNKNOWN").get("s3", "/code").await;
    assert_eq!(unknown.status, 403);
    assert!(unknown.text().contains("<Error><Code>InvalidAccessKeyId</Code>"), "{}", unknown.text());
}

/// A stack of one queue, once nothing happens to it any more: its status and the events of the queue.
async fn stack_of_a_queue(client: &Client) -> String {
    const TEMPLATE: &str = r#"{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"q"}}}}"#;
    let call = |action| [("Action", action), ("Version", "2010-05-15"), ("StackName", "s"), ("TemplateBody", TEMPLATE)];
    assert_eq!(query(client, "cloudformation", &call("CreateStack")).await.status, 200);
    for _ in 0..500 {
        let events = query(client, "cloudformation", &call("DescribeStackEvents")[..3]).await.text();
        if ["CREATE_COMPLETE", "ROLLBACK_COMPLETE"].iter().any(|end| {
            events.split("<member>").any(|event| event.contains("AWS::CloudFormation::Stack") && event.contains(end))
        }) {
            return events;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the stack was not made");
}

#[tokio::test]
async fn cloudformation_may_do_what_its_caller_may() {
    let (client, arn) = with_propagation(Duration::ZERO).await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:*","sqs:GetQueueAttributes"],"Resource":"*"}]}"#;
    let put = [("Action", "PutRolePolicy"), IAM, ("RoleName", "w"), ("PolicyName", "p"), ("PolicyDocument", policy)];
    assert_eq!(query(&client, "iam", &put).await.status, 200);
    let credentials = iam::service_session(&client.cloud, &arn, "lambda.amazonaws.com", "f").unwrap();
    let events = stack_of_a_queue(&client.as_session(&credentials)).await;
    for words in ["assumed-role/w/f is not authorized to perform: sqs:createqueue", "HandlerErrorCode: AccessDenied"] {
        assert!(events.to_lowercase().contains(&words.to_lowercase()), "{words}: {events}");
    }
    let refused = client.handle.calls().into_iter().find(|call| call.operation == "CreateQueue").unwrap();
    assert_eq!(refused.principal, "arn:aws:sts::000000000000:assumed-role/w/f");
}

#[tokio::test]
async fn the_calls_of_cloudformation_meet_fault_rules_and_are_made_again_when_their_answer_is_lost() {
    let client = Client::start().await;
    let rules = json!([{"operation": "CreateQueue", "call": 1, "action": "drop-after"}]);
    assert_eq!(client.put("/_local/faults", rules.to_string()).await.status, 200);
    let events = stack_of_a_queue(&client).await;
    assert!(!events.contains("_FAILED"), "{events}");
    let made = client.handle.calls().into_iter().filter(|call| call.operation == "CreateQueue");
    assert_eq!(made.map(|call| call.status).collect::<Vec<_>>(), [None, Some(200)]);
}

const IAM: (&str, &str) = ("Version", "2010-05-08");

async fn with_propagation(role_propagation: Duration) -> (Client, String) {
    let latency = LatencyProfile { role_propagation, ..LatencyProfile::QUICK };
    let client = Client::with(LocalConfig { latency, ..LocalConfig::default() }).await;
    let create = [("Action", "CreateRole"), IAM, ("RoleName", "w"), ("AssumeRolePolicyDocument", TRUST)];
    assert_eq!(query(&client, "iam", &create).await.status, 200);
    let arn = iam::role_arn_of(&client.cloud, "w").unwrap();
    (client, arn)
}

#[tokio::test]
async fn a_new_role_cannot_be_assumed_before_propagation() {
    let (client, arn) = with_propagation(Duration::from_secs(3600)).await;
    assert!(iam::can_be_assumed(&client.cloud, &arn, "lambda.amazonaws.com").is_err());
    let (client, arn) = with_propagation(Duration::ZERO).await;
    assert_eq!(iam::can_be_assumed(&client.cloud, &arn, "lambda.amazonaws.com"), Ok(()));
    assert!(iam::can_be_assumed(&client.cloud, &arn, "events.amazonaws.com").is_err(), "not trusted");
}

#[tokio::test]
async fn a_session_may_do_what_its_role_allows() {
    let (client, arn) = with_propagation(Duration::ZERO).await;
    let credentials = iam::service_session(&client.cloud, &arn, "lambda.amazonaws.com", "f").unwrap();
    let session = client.as_session(&credentials);

    let list = || target(&session, "sqs", "AmazonSQS.ListQueues", json!({}));
    assert_eq!(
        list().await.json()["message"],
        "User: arn:aws:sts::000000000000:assumed-role/w/f is not authorized to perform: sqs:ListQueues on resource: * because no identity-based policy allows the sqs:ListQueues action"
    );
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
    let put = [("Action", "PutRolePolicy"), IAM, ("RoleName", "w"), ("PolicyName", "p"), ("PolicyDocument", policy)];
    assert_eq!(query(&client, "iam", &put).await.status, 200);
    assert_eq!(list().await.status, 200);
    let identity = query(&session, "sts", &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]).await;
    assert!(identity.text().contains("<Arn>arn:aws:sts::000000000000:assumed-role/w/f</Arn>"), "{}", identity.text());

    let without_token = session.as_key(|key| key.session_token = None);
    let reply = target(&without_token, "sqs", "AmazonSQS.ListQueues", json!({})).await;
    assert_eq!(reply.headers["x-amzn-errortype"], "UnrecognizedClientException");

    query(&client, "iam", &[("Action", "DeleteRolePolicy"), IAM, ("RoleName", "w"), ("PolicyName", "p")]).await;
    query(&client, "iam", &[("Action", "DeleteRole"), IAM, ("RoleName", "w")]).await;
    assert_eq!(iam::principal_of(&client.cloud, &credentials.access_key_id), None, "a session ends with its role");
    assert_eq!(iam::principal_of(&client.cloud, &client.cloud.access_key.access_key_id), Some(Principal::Root));
}

#[tokio::test]
async fn faults_break_matching_calls_and_calls_are_recorded() {
    let client = Client::start().await;
    let rules = json!([
        {"service": "sqs", "operation": "ListQueues", "call": 2, "action": "throttle"},
        {"operation": "CreateQueue", "call": 1, "action": "drop-before"},
        {"operation": "CreateQueue", "call": 2, "action": "drop-after"},
        {"operation": "GetQueueUrl", "action": {"error": {"code": "RequestThrottled", "message": "m", "status": 418}}},
    ]);
    assert_eq!(client.put("/_local/faults", rules.to_string()).await.status, 200);
    assert_eq!(client.put("/_local/faults", "[{\"action\":\"explode\"}]").await.status, 400);
    let list = || target(&client, "sqs", "AmazonSQS.ListQueues", json!({}));
    let create = |name: &'static str| {
        client.try_post("sqs", &[("x-amz-target", "AmazonSQS.CreateQueue")], json!({"QueueName": name}))
    };
    let statuses = [list().await.status, list().await.status, list().await.status];
    assert_eq!(statuses, [200, 400, 200]);
    assert!(create("before").await.is_none());
    assert!(create("after").await.is_none());
    let queues = list().await.text();
    assert!(queues.contains("/after") && !queues.contains("/before"), "{queues}");
    let reply = target(&client, "sqs", "AmazonSQS.GetQueueUrl", json!({"QueueName": "after"})).await;
    assert_eq!((reply.status, reply.headers["x-amzn-errortype"].to_str().unwrap()), (418, "RequestThrottled"));

    let calls = client.control(http::Method::GET, "/_local/calls", "").await.json();
    let seen: Vec<(&str, Option<u64>)> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (call["operation"].as_str().unwrap(), call["status"].as_u64()))
        .collect();
    let expected = [
        ("ListQueues", Some(200)),
        ("ListQueues", Some(400)),
        ("ListQueues", Some(200)),
        ("CreateQueue", None),
        ("CreateQueue", None),
        ("ListQueues", Some(200)),
        ("GetQueueUrl", Some(418)),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_fault_matches_one_resource_and_hangs_are_signalled() {
    let client = Client::start().await;
    let rule = |name: &str, action: &str| json!({"resource": format!("arn:aws:sqs:us-east-1:000000000000:{name}"), "action": action});
    let rules = json!([rule("broken", "throttle"), rule("before", "hang-before"), rule("after", "hang-after")]);
    client.put("/_local/faults", rules.to_string()).await;
    let create = |name: &'static str| {
        client.try_post("sqs", &[("x-amz-target", "AmazonSQS.CreateQueue")], json!({"QueueName": name}))
    };
    assert_eq!(create("broken").await.unwrap().status, 400);
    assert_eq!(create("other").await.unwrap().status, 200);
    for name in ["before", "after"] {
        tokio::select! {
            _ = create(name) => unreachable!("{name} must not be answered"),
            () = client.handle.until_a_call_hangs() => {}
        }
    }
    let queues = target(&client, "sqs", "AmazonSQS.ListQueues", json!({})).await.text();
    assert!(queues.contains("/after") && !queues.contains("/before"), "{queues}");
    let seen: Vec<_> = client.handle.calls().into_iter().map(|call| call.resource).collect();
    assert_eq!(seen[..2], ["broken", "other"].map(|name| format!("arn:aws:sqs:us-east-1:000000000000:{name}")));
}

#[tokio::test]
async fn a_call_completes_when_its_caller_disconnects() {
    const CALLERS: u64 = 40;
    let client = Client::start().await;
    let topic = "arn:aws:sns:us-east-1:000000000000:t";
    let create = [("Action", "CreateTopic"), ("Version", "2010-03-31"), ("Name", "t")];
    assert_eq!(query(&client, "sns", &create).await.status, 200);
    for number in 0..CALLERS {
        let address = format!("{number}@example.com");
        let fields = [("Action", "Subscribe"), ("Version", "2010-03-31"), ("TopicArn", topic), ("Protocol", "email")];
        let fields = [&fields[..], &[("Endpoint", address.as_str())]].concat();
        // They disconnect at different moments, most before the reply.
        let patience = Duration::from_micros(100 * number);
        let _ = tokio::time::timeout(patience, query(&client, "sns", &fields)).await;
    }
    client.handle.connections().until(0).await;
    client.handle.until_idle().await;
    let subscribed = client.handle.calls().len() - 1;
    let mails = crate::outbox::read(&client.cloud.config.directory.join("outbox")).unwrap();
    let topics = [("Action", "GetTopicAttributes"), ("Version", "2010-03-31"), ("TopicArn", topic)];
    let attributes = query(&client, "sns", &topics).await.text();
    assert!(
        attributes.contains(&format!("<key>SubscriptionsPending</key><value>{subscribed}</value>")),
        "{attributes}"
    );
    assert_eq!(mails.len(), subscribed);
    assert!(subscribed > 0);
}

#[tokio::test]
async fn fault_rules_reload_when_their_file_changes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("faults.json");
    let client = Client::with(LocalConfig { faults: Some(file.clone()), ..LocalConfig::default() }).await;
    let list = || target(&client, "sqs", "AmazonSQS.ListQueues", json!({}));
    assert_eq!(list().await.status, 200);
    std::fs::write(&file, r#"[{"action":"internal-error"}]"#).unwrap();
    assert_eq!(list().await.status, 500);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(list().await.status, 200);
}

/// A zip with one file, as base64 and as bytes.
fn package() -> (String, Vec<u8>) {
    use base64::Engine;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("bootstrap", zip::write::SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    (base64::engine::general_purpose::STANDARD.encode(&bytes), bytes)
}

#[tokio::test]
async fn assigning_a_role_requires_pass_role_and_code_is_downloadable() {
    let (client, arn) = with_propagation(Duration::ZERO).await;
    let session = client.as_session(&iam::service_session(&client.cloud, &arn, "lambda.amazonaws.com", "f").unwrap());
    let (encoded, bytes) = package();
    let create = || {
        let body = json!({"FunctionName": "f", "Runtime": "provided.al2023", "Handler": "h", "Role": arn,
            "Code": {"ZipFile": encoded}});
        session.post("lambda", "/2015-03-31/functions", &[], body.to_string().into_bytes())
    };
    let allow = |statements: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let client = client.clone();
        async move {
            let put =
                [("Action", "PutRolePolicy"), IAM, ("RoleName", "w"), ("PolicyName", "p"), ("PolicyDocument", &policy)];
            assert_eq!(query(&client, "iam", &put).await.status, 200);
        }
    };
    let functions = json!({"Effect": "Allow", "Action": "lambda:*", "Resource": "*"});
    allow(json!([functions])).await;
    let refused = create().await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains(&format!("iam:PassRole on resource: {arn}")), "{}", refused.text());
    let pass = |service: &str| {
        json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": arn,
            "Condition": {"StringEquals": {"iam:PassedToService": service}}})
    };
    allow(json!([functions, pass("ecs.amazonaws.com")])).await;
    assert_eq!(create().await.status, 403);
    allow(json!([functions, pass("lambda.amazonaws.com")])).await;
    let created = create().await;
    assert_eq!(created.status, 201, "{}", created.text());

    let function = client.get("lambda", "/2015-03-31/functions/f").await.json();
    let location = function["Code"]["Location"].as_str().unwrap().strip_prefix(&client.cloud.endpoint).unwrap();
    let download = client.unsigned().get("", location).await;
    assert_eq!((download.status, download.body), (200, bytes));
    assert_ne!(client.unsigned().get("", "/lambda-packages/other.zip").await.status, 200);
}
