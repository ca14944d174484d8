//! The control plane.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fixture::{Fixture, ROLE, package_of};
use crate::services::tests::REGION;

const ECHO: &str = "/2015-03-31/functions/echo";
const ARN: &str = "arn:aws:lambda:eu-west-1:000000000000:function:echo";

fn small_package() -> String {
    STANDARD.encode(package_of("bootstrap", b"#!/bin/sh"))
}

#[tokio::test]
async fn a_pending_function_rejects_changes() {
    let fixture = Fixture::with_time(1.0, Duration::from_millis(400)).await;
    let created = fixture.declare("echo", json!({})).await;
    assert_eq!((created.status, &created.body["State"]), (201, &json!("Pending")));
    let pending = "The function is currently in the following state: Pending";
    let configuration = format!("{ECHO}/configuration");
    let change = || fixture.send(Method::PUT, &configuration, json!({ "Timeout": 5 }));
    assert!(change().await.is_error(409, "ResourceConflictException", pending));
    assert!(fixture.invoke("echo", json!({})).await.is_error(409, "ResourceConflictException", pending));
    assert!(fixture.send(Method::DELETE, ECHO, Value::Null).await.is_error(409, "ResourceConflictException", pending));
    settle().await;
    let changed = change().await;
    assert_eq!((&changed.body["LastUpdateStatus"], &changed.body["Timeout"]), (&json!("InProgress"), &json!(5)));
    let busy = format!("An update is in progress for resource: {ARN}");
    assert!(change().await.is_error(409, "ResourceConflictException", &busy));
    settle().await;
    let settled = fixture.send(Method::GET, &configuration, Value::Null).await;
    assert_eq!((&settled.body["State"], &settled.body["LastUpdateStatus"]), (&json!("Active"), &json!("Successful")));
    assert_eq!(fixture.send(Method::DELETE, ECHO, Value::Null).await.status, 204);
    let gone = fixture.send(Method::GET, ECHO, Value::Null).await;
    assert!(gone.is_error(404, "ResourceNotFoundException", &format!("Function not found: {ARN}")));
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

#[tokio::test]
async fn invalid_functions_return_awss_errors() {
    let fixture = Fixture::new().await;
    fixture.declare("taken", json!({})).await;
    let variables = |name: &str, value: String| json!({ "Environment": { "Variables": { name: value } } });
    let zip = |content: &[u8]| json!({ "Code": { "ZipFile": STANDARD.encode(content) } });
    let role = |name: &str| json!({ "Role": format!("arn:aws:iam::000000000000:role/{name}") });
    let invalid = "InvalidParameterValueException";
    let cases = [
        ("taken", json!({}), 409, "ResourceConflictException", "Function already exist: taken"),
        ("new", role("absent"), 400, invalid, "The role defined for the function cannot be assumed by Lambda."),
        ("new", json!({ "Role": "runner" }), 400, "ValidationException", "Value 'runner' at 'role' failed to satisfy"),
        ("new", json!({ "Runtime": "cobol" }), 400, invalid, "Value cobol at 'runtime' failed to satisfy constraint"),
        ("new", json!({ "MemorySize": 64 }), 400, "ValidationException", "Value '64' at 'memorySize' failed"),
        ("new", json!({ "Timeout": 901 }), 400, "ValidationException", "value less than or equal to 900"),
        ("new", json!({ "Architectures": ["mips"] }), 400, "ValidationException", "Value '[mips]' at 'architectures'"),
        ("a b", json!({}), 400, "ValidationException", "Value 'a b' at 'functionName' failed to satisfy constraint"),
        ("new", zip(b"no zip"), 400, invalid, "Could not unzip uploaded file."),
        (
            "new",
            variables("AWS_REGION", "x".to_owned()),
            400,
            invalid,
            "Reserved keys used in this request: AWS_REGION",
        ),
        ("new", variables("LARGE", "x".repeat(4096)), 400, invalid, "exceeded the 4KB limit."),
        ("new", json!({ "VpcConfig": { "SubnetIds": ["subnet-1"] } }), 501, "NotImplemented", "VpcConfig"),
        ("new", json!({ "Layers": ["arn"] }), 501, "NotImplemented", "Layers"),
    ];
    for (name, settings, status, code, words) in cases {
        assert!(fixture.declare(name, settings.clone()).await.is_error(status, code, words), "{name} {settings}");
    }
    assert_eq!(fixture.declare("fine", json!({ "VpcConfig": { "SubnetIds": [] }, "Layers": [] })).await.status, 201);
}

#[tokio::test]
async fn updating_code_changes_its_digest_and_a_stale_revision_is_rejected() {
    let fixture = Fixture::new().await;
    let created = fixture.declare("echo", json!({})).await.body;
    let zip = package_of("bootstrap", b"#!/bin/sh");
    let digest = STANDARD.encode(Sha256::digest(&zip));
    let path = format!("{ECHO}/code");
    let dry = fixture.send(Method::PUT, &path, json!({ "ZipFile": small_package(), "DryRun": true })).await;
    assert_eq!(dry.body["CodeSha256"], digest);
    let stale = json!({ "ZipFile": small_package(), "RevisionId": "stale" });
    assert!(fixture.send(Method::PUT, &path, stale).await.is_error(412, "PreconditionFailedException", "Revision Id"));
    let update = json!({ "ZipFile": small_package(), "RevisionId": created["RevisionId"] });
    let updated = fixture.send(Method::PUT, &path, update).await;
    assert_eq!((updated.status, &updated.body["CodeSha256"]), (200, &json!(digest)));
    assert_eq!(updated.body["CodeSize"], zip.len());
    let read = fixture.send(Method::GET, ECHO, Value::Null).await;
    assert_eq!(read.body["Configuration"]["CodeSha256"], digest);
    assert_ne!(read.body["Configuration"]["RevisionId"], created["RevisionId"]);
}

#[tokio::test]
async fn every_form_of_function_name_resolves() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({})).await;
    let encoded = ARN.replace(':', "%3A");
    for name in ["echo", "echo:$LATEST", "function:echo", "000000000000:function:echo", ARN, &encoded] {
        let found = fixture.send(Method::GET, &format!("/2015-03-31/functions/{name}"), Value::Null).await;
        assert_eq!((found.status, &found.body["Configuration"]["FunctionName"]), (200, &json!("echo")), "{name}");
    }
    let qualified = fixture.send(Method::GET, &format!("{ECHO}?Qualifier=%24LATEST"), Value::Null).await;
    assert_eq!(qualified.body["Configuration"]["FunctionArn"], format!("{ARN}:$LATEST"));
    let elsewhere = ARN.replace(REGION, "us-east-1");
    let refused = fixture.send(Method::GET, &format!("/2015-03-31/functions/{elsewhere}"), Value::Null).await;
    assert!(refused.is_error(404, "ResourceNotFoundException", "not reachable in this region ('eu-west-1')"));
    let refused = fixture.send(Method::GET, &format!("{ECHO}:1?Qualifier=2"), Value::Null).await;
    assert!(refused.is_error(400, "InvalidParameterValueException", "derived qualifier"));
}

#[tokio::test]
async fn event_invoke_settings_are_replaced_by_put_and_merged_by_update() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({})).await;
    let path = "/2019-09-25/functions/echo/event-invoke-config";
    let bus = "arn:aws:events:eu-west-1:000000000000:event-bus/default";
    let missing = fixture.send(Method::GET, path, Value::Null).await;
    assert!(missing.is_error(
        404,
        "ResourceNotFoundException",
        &format!("{ARN}:$LATEST doesn't have an EventInvokeConfig")
    ));
    let put = json!({ "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": bus } } });
    assert_eq!(fixture.send(Method::PUT, path, put.clone()).await.body["FunctionArn"], format!("{ARN}:$LATEST"));
    let merged = fixture.send(Method::POST, path, json!({ "MaximumEventAgeInSeconds": 60 })).await.body;
    assert_eq!((&merged["MaximumRetryAttempts"], &merged["MaximumEventAgeInSeconds"]), (&json!(0), &json!(60)));
    assert_eq!(merged["DestinationConfig"], json!({ "OnSuccess": {}, "OnFailure": { "Destination": bus } }));
    let replaced = fixture.send(Method::PUT, path, json!({ "MaximumRetryAttempts": 1 })).await.body;
    assert_eq!(replaced["DestinationConfig"], json!({ "OnSuccess": {}, "OnFailure": {} }));
    let too_many = fixture.send(Method::PUT, path, json!({ "MaximumRetryAttempts": 3 })).await;
    assert!(too_many.is_error(400, "ValidationException", "'maximumRetryAttempts'"));
    let itself = json!({ "DestinationConfig": { "OnFailure": { "Destination": ARN } } });
    let invalid = "InvalidParameterValueException";
    assert!(fixture.send(Method::PUT, path, itself).await.is_error(400, invalid, "as a destination for itself"));
    fixture.put_role_policy("runner", &["logs:*"]).await;
    let words = format!("The function's execution role does not have permissions to call PutEvents on {bus}");
    assert!(fixture.send(Method::PUT, path, put).await.is_error(400, invalid, &words));
    assert_eq!(fixture.send(Method::DELETE, path, Value::Null).await.status, 204);
}

#[tokio::test]
async fn permissions_are_added_once_listed_and_removed() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({})).await;
    let path = format!("{ECHO}/policy");
    let permission = json!({
        "StatementId": "rule", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
        "SourceArn": "arn:aws:events:eu-west-1:000000000000:rule/failures", "SourceAccount": "000000000000",
    });
    assert_eq!(fixture.send(Method::POST, &path, permission.clone()).await.status, 201);
    let twice = fixture.send(Method::POST, &path, permission).await;
    assert!(twice.is_error(409, "ResourceConflictException", "The statement id (rule) provided already exists."));
    let policy = fixture.send(Method::GET, &path, Value::Null).await.body;
    assert!(policy["RevisionId"].is_string());
    insta::assert_snapshot!(policy["Policy"].as_str().unwrap(), @r#"{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"rule","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:000000000000:function:echo","Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000"},"ArnLike":{"AWS:SourceArn":"arn:aws:events:eu-west-1:000000000000:rule/failures"}}}]}"#);
    assert_eq!(fixture.send(Method::DELETE, &format!("{path}/rule"), Value::Null).await.status, 204);
    assert!(fixture.send(Method::GET, &path, Value::Null).await.is_error(404, "ResourceNotFoundException", ""));
}

#[tokio::test]
async fn terraforms_reads_are_supported() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({ "Tags": { "team": "blue" } })).await;
    let function = fixture.send(Method::GET, ECHO, Value::Null).await.body;
    assert_eq!(function["Tags"], json!({ "team": "blue" }));
    let cases = [
        (format!("{ECHO}/versions?MaxItems=10000"), "/Versions/0/Version", json!("$LATEST")),
        ("/2020-06-30/functions/echo/code-signing-config".to_owned(), "/FunctionName", json!("echo")),
        ("/2021-07-20/functions/echo/runtime-management-config".to_owned(), "/UpdateRuntimeOn", json!("Auto")),
        ("/2024-08-31/functions/echo/recursion-config".to_owned(), "/RecursiveLoop", json!("Terminate")),
        (format!("/2017-03-31/tags/{ARN}"), "/Tags/team", json!("blue")),
        ("/2016-08-19/account-settings/".to_owned(), "/AccountLimit/ConcurrentExecutions", json!(1000)),
        ("/2015-03-31/functions/".to_owned(), "/Functions/0/FunctionName", json!("echo")),
    ];
    for (path, pointer, expected) in cases {
        let answer = fixture.send(Method::GET, &path, Value::Null).await;
        assert_eq!((answer.status, answer.body.pointer(pointer)), (200, Some(&expected)), "{path}");
    }
    fixture.send(Method::POST, &format!("/2017-03-31/tags/{ARN}"), json!({ "Tags": { "tier": "1" } })).await;
    fixture.send(Method::DELETE, &format!("/2017-03-31/tags/{ARN}?tagKeys=team"), Value::Null).await;
    let tags = fixture.send(Method::GET, &format!("/2017-03-31/tags/{ARN}"), Value::Null).await;
    assert_eq!(tags.body, json!({ "Tags": { "tier": "1" } }));
}

#[tokio::test]
async fn a_published_version_keeps_its_code() {
    let fixture = Fixture::new().await;
    let created = fixture.create("echo", json!({ "Publish": true })).await.body;
    assert_eq!((&created["Version"], &created["FunctionArn"]), (&json!("1"), &json!(ARN)));
    fixture.send(Method::PUT, &format!("{ECHO}/code"), json!({ "ZipFile": small_package() })).await;
    let version = fixture.send(Method::GET, &format!("{ECHO}?Qualifier=1"), Value::Null).await.body;
    assert_eq!(version["Configuration"]["CodeSha256"], created["CodeSha256"]);
    let answer = fixture.invoke("echo:1", json!({ "variable": "AWS_LAMBDA_FUNCTION_VERSION" })).await;
    assert_eq!((&answer.body, answer.headers["x-amz-executed-version"].as_str()), (&json!("1"), "1"));
}

#[tokio::test]
async fn a_recreated_role_cannot_decrypt_the_variables() {
    let fixture = Fixture::new().await;
    fixture.create("plain", json!({})).await;
    fixture.create("secret", json!({ "Environment": { "Variables": { "COLOUR": "blue" } } })).await;
    for (operation, input) in [
        ("DeleteRolePolicy", json!({ "RoleName": "runner", "PolicyName": "all" })),
        ("DeleteRole", json!({ "RoleName": "runner" })),
    ] {
        fixture.ask("iam", operation, input).await;
    }
    let absent = fixture.invoke("plain", json!({})).await;
    assert!(absent.is_error(403, "AccessDeniedException", "cannot be assumed by Lambda"));
    fixture.create_role("runner").await;
    assert_eq!(fixture.invoke("plain", json!({})).await.status, 200);
    let denied = fixture.invoke("secret", json!({})).await;
    assert!(denied.is_error(502, "KMSAccessDeniedException", "unable to decrypt the environment variables"));
    fixture.create_role("other").await;
    for role in ["arn:aws:iam::000000000000:role/other", ROLE] {
        let path = "/2015-03-31/functions/secret/configuration";
        assert_eq!(fixture.send(Method::PUT, path, json!({ "Role": role })).await.status, 200);
    }
    assert_eq!(fixture.invoke("secret", json!({ "variable": "COLOUR" })).await.body, "blue");
}

#[tokio::test]
async fn becoming_active_is_a_revision_of_its_own() {
    let fixture = Fixture::with_time(1.0, std::time::Duration::from_millis(300)).await;
    let path = "/2015-03-31/functions/echo/configuration";
    let created = fixture.declare("echo", json!({})).await.body;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let active = fixture.send(Method::GET, path, Value::Null).await.body;
    assert_eq!((&created["State"], &active["State"]), (&json!("Pending"), &json!("Active")));
    assert_ne!(created["RevisionId"], active["RevisionId"]);
    let change = |revision: &Value| json!({ "Timeout": 9, "RevisionId": revision });
    let stale = fixture.send(Method::PUT, path, change(&created["RevisionId"])).await;
    assert!(stale.is_error(412, "PreconditionFailedException", "Revision Id"));
    let updating = fixture.send(Method::PUT, path, change(&active["RevisionId"])).await.body;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let updated = fixture.send(Method::GET, path, Value::Null).await.body;
    assert_eq!(
        (&updating["LastUpdateStatus"], &updated["LastUpdateStatus"]),
        (&json!("InProgress"), &json!("Successful"))
    );
    let ids = [&active["RevisionId"], &updating["RevisionId"], &updated["RevisionId"]];
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}

#[tokio::test]
async fn an_empty_dead_letter_configuration_changes_nothing() {
    let fixture = Fixture::new().await;
    let target = "arn:aws:sqs:eu-west-1:000000000000:dead";
    fixture.declare("echo", json!({ "DeadLetterConfig": { "TargetArn": target } })).await;
    let path = format!("{ECHO}/configuration");
    for (config, expected) in [(json!({}), Some(target)), (json!({ "TargetArn": "" }), None)] {
        let updated = fixture.send(Method::PUT, &path, json!({ "DeadLetterConfig": config })).await;
        let kept = updated.body["DeadLetterConfig"]["TargetArn"].as_str();
        assert_eq!((updated.status, kept), (200, expected), "{config}");
    }
}

#[tokio::test]
async fn lists_have_the_size_that_is_asked_for() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({ "Publish": true })).await;
    for qualifier in ["$LATEST", "1"] {
        let path = format!("/2019-09-25/functions/echo/event-invoke-config?Qualifier={qualifier}");
        fixture.send(Method::PUT, &path, json!({ "MaximumRetryAttempts": 1 })).await;
    }
    let list = "/2019-09-25/functions/echo/event-invoke-config/list";
    let first = fixture.send(Method::GET, &format!("{list}?MaxItems=1"), Value::Null).await.body;
    assert_eq!(first["FunctionEventInvokeConfigs"].as_array().map(Vec::len), Some(1), "{first}");
    let marker = first["NextMarker"].as_str().unwrap();
    let rest = fixture.send(Method::GET, &format!("{list}?Marker={marker}"), Value::Null).await.body;
    assert_eq!((rest["FunctionEventInvokeConfigs"].as_array().map(Vec::len), rest.get("NextMarker")), (Some(1), None));
    for size in ["0", "-1", "10001"] {
        let refused = fixture.send(Method::GET, &format!("{list}?MaxItems={size}"), Value::Null).await;
        assert!(refused.is_error(400, "ValidationException", "at 'maxItems' failed to satisfy constraint"), "{size}");
    }
}
