#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use serde_json::{Value, json};

use super::{authorize, can_be_assumed, service_session};
use crate::config::LatencyProfile;
use crate::policy::Need;
use crate::services::tests;
use crate::{ApiError, Cloud, LocalConfig, Principal};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const PUBLISH: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}]}"#;

struct Account {
    cloud: Cloud,
    _directory: tempfile::TempDir,
}

impl Account {
    fn new(role_propagation: Duration) -> Self {
        let latency = LatencyProfile { role_propagation, ..LatencyProfile::QUICK };
        let (cloud, _directory) = tests::cloud(LocalConfig { latency, ..LocalConfig::default() });
        Self { cloud, _directory }
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        tests::ask(&self.cloud, "iam", operation, input).await
    }

    /// The reply of a call; panics on an error.
    async fn done(&self, operation: &str, input: Value) -> Value {
        self.ask(operation, input.clone()).await.unwrap_or_else(|error| unreachable!("{operation} {input}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        let error = self.ask(operation, input).await.unwrap_err();
        (error.code, error.message)
    }

    async fn with_role(role_propagation: Duration) -> Self {
        let account = Self::new(role_propagation);
        account.done("CreateRole", json!({"RoleName":"r","AssumeRolePolicyDocument":TRUST})).await;
        account
    }
}

fn session_of_r() -> Principal {
    Principal::Role { role_name: "r".to_owned(), session_arn: "arn:aws:sts::000000000000:assumed-role/r/s".to_owned() }
}

#[tokio::test]
async fn mistakes_return_awss_messages() {
    let account = Account::with_role(Duration::ZERO).await;
    account.done("PutRolePolicy", json!({"RoleName":"r","PolicyName":"p","PolicyDocument":PUBLISH})).await;
    let cases = [
        (
            "CreateRole",
            json!({"RoleName":"R","AssumeRolePolicyDocument":TRUST}),
            "EntityAlreadyExists",
            "Role with name R already exists.",
        ),
        ("GetRole", json!({"RoleName":"x"}), "NoSuchEntity", "The role with name x cannot be found."),
        ("GetRole", json!({}), "ValidationError", "Value null at 'roleName'"),
        (
            "CreateRole",
            json!({"RoleName":"a b","AssumeRolePolicyDocument":TRUST}),
            "ValidationError",
            "roleName is invalid",
        ),
        (
            "CreateRole",
            json!({"RoleName":"a".repeat(65),"AssumeRolePolicyDocument":TRUST}),
            "ValidationError",
            "less than or equal to 64",
        ),
        ("CreateRole", json!({"RoleName":"a","AssumeRolePolicyDocument":"{}"}), "MalformedPolicyDocument", "Statement"),
        (
            "CreateRole",
            json!({"RoleName":"a","AssumeRolePolicyDocument":PUBLISH}),
            "MalformedPolicyDocument",
            "prohibited field Resource",
        ),
        (
            "CreateRole",
            json!({"RoleName":"a","AssumeRolePolicyDocument":TRUST,"Path":"x"}),
            "ValidationError",
            "path is invalid",
        ),
        (
            "CreateRole",
            json!({"RoleName":"a","AssumeRolePolicyDocument":TRUST,"MaxSessionDuration":"60"}),
            "ValidationError",
            "greater than or equal to 3600",
        ),
        (
            "CreateRole",
            json!({"RoleName":"a","AssumeRolePolicyDocument":TRUST,"Colour":"red"}),
            "ValidationError",
            "parameter Colour",
        ),
        (
            "PutRolePolicy",
            json!({"RoleName":"r","PolicyName":"q","PolicyDocument":TRUST}),
            "MalformedPolicyDocument",
            "should not specify a principal",
        ),
        (
            "GetRolePolicy",
            json!({"RoleName":"r","PolicyName":"q"}),
            "NoSuchEntity",
            "The role policy with name q cannot be found.",
        ),
        ("DeleteRole", json!({"RoleName":"r"}), "DeleteConflict", "Cannot delete entity, must delete policies first."),
        (
            "AttachRolePolicy",
            json!({"RoleName":"r","PolicyArn":"arn:aws:iam::aws:policy/No"}),
            "NoSuchEntity",
            "does not exist or is not attachable",
        ),
        (
            "DetachRolePolicy",
            json!({"RoleName":"r","PolicyArn":"arn:aws:iam::aws:policy/No"}),
            "NoSuchEntity",
            "was not found",
        ),
        ("Dream", json!({}), "NotImplemented", "the local AWS does not implement iam:Dream"),
    ];
    for (operation, input, code, message) in cases {
        let (found_code, found_message) = account.refused(operation, input.clone()).await;
        assert_eq!(found_code, code, "{operation} {input}: {found_message}");
        assert!(found_message.contains(message), "{operation} {input}: {found_message}");
    }
}

#[tokio::test]
async fn an_empty_role_is_deleted_and_recreated_with_a_new_id() {
    let account = Account::with_role(Duration::ZERO).await;
    let id = |reply: &Value| reply["Role"]["RoleId"].as_str().unwrap().to_owned();
    let first = id(&account.done("GetRole", json!({"RoleName":"r"})).await);
    let policy = json!({"RoleName":"r","PolicyArn":"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"});
    account.done("AttachRolePolicy", policy.clone()).await;
    let (_, message) = account.refused("DeleteRole", json!({"RoleName":"r"})).await;
    assert_eq!(message, "Cannot delete entity, must detach all policies first.");
    account.done("DetachRolePolicy", policy).await;
    account.done("DeleteRole", json!({"RoleName":"r"})).await;
    let again = account.done("CreateRole", json!({"RoleName":"r","AssumeRolePolicyDocument":TRUST})).await;
    assert_ne!(id(&again), first);
}

#[tokio::test]
async fn documents_are_percent_encoded_and_tags_listed() {
    let account = Account::with_role(Duration::ZERO).await;
    account.done("TagRole", json!({"RoleName":"r","Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":""}]})).await;
    account.done("UntagRole", json!({"RoleName":"r","TagKeys":["a"]})).await;
    let role = account.done("GetRole", json!({"RoleName":"r"})).await;
    let document = role["Role"]["AssumeRolePolicyDocument"].as_str().unwrap();
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{document}");
    assert_eq!(role["Role"]["Tags"], json!([{"Key": "b", "Value": ""}]));
}

#[tokio::test]
async fn policies_and_boundaries_combine() {
    let account = Account::with_role(Duration::ZERO).await;
    let publish = Need::new("sns:Publish", "arn:aws:sns:eu-west-1:000000000000:t");
    let decide = || authorize(&account.cloud, &session_of_r(), &publish).map_err(|denied| denied.message);
    let reason =
        |result: Result<(), String>| result.unwrap_err().split("t because").nth(1).unwrap_or("other").to_owned();
    assert_eq!(reason(decide()), " no identity-based policy allows the sns:Publish action");
    let arn = "arn:aws:iam::000000000000:policy/own";
    account.done("CreatePolicy", json!({"PolicyName":"own","PolicyDocument":PUBLISH})).await;
    account.done("AttachRolePolicy", json!({"RoleName":"r","PolicyArn":arn})).await;
    assert_eq!(decide(), Ok(()));

    let logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    account.done("PutRolePermissionsBoundary", json!({"RoleName":"r","PermissionsBoundary":logs})).await;
    assert_eq!(reason(decide()), " no permissions boundary allows the sns:Publish action");
    account.done("DeleteRolePermissionsBoundary", json!({"RoleName":"r"})).await;
    assert_eq!(decide(), Ok(()));

    let deny = PUBLISH.replace("Allow", "Deny");
    account.done("CreatePolicyVersion", json!({"PolicyArn":arn,"PolicyDocument":deny,"SetAsDefault":"true"})).await;
    assert!(decide().unwrap_err().ends_with("with an explicit deny in an identity-based policy"));
    let (code, _) = account.refused("DeletePolicy", json!({"PolicyArn":arn})).await;
    assert_eq!(code, "DeleteConflict");
    account.done("DetachRolePolicy", json!({"RoleName":"r","PolicyArn":arn})).await;
    account.done("DeletePolicyVersion", json!({"PolicyArn":arn,"VersionId":"v1"})).await;
    account.done("DeletePolicy", json!({"PolicyArn":arn})).await;
}

#[tokio::test]
async fn a_changed_policy_is_in_force_after_the_delay() {
    let account = Account::with_role(Duration::from_secs(3600)).await;
    account.done("PutRolePolicy", json!({"RoleName":"r","PolicyName":"p","PolicyDocument":PUBLISH})).await;
    let read = account.ask("GetRolePolicy", json!({"RoleName":"r","PolicyName":"p"})).await;
    assert!(read.is_ok(), "reads see it at once");
    assert!(authorize(&account.cloud, &session_of_r(), &Need::new("sns:Publish", "*")).is_err());
    assert!(can_be_assumed(&account.cloud, "arn:aws:iam::000000000000:role/r", "lambda.amazonaws.com").is_err());
}

#[tokio::test]
async fn a_role_is_assumable_by_those_it_trusts() {
    let account = Account::with_role(Duration::ZERO).await;
    let arn = "arn:aws:iam::000000000000:role/r";
    assert!(service_session(&account.cloud, arn, "lambda.amazonaws.com", "f").is_ok());
    let assume = async |input: Value| tests::ask(&account.cloud, "sts", "AssumeRole", input).await;
    let refused = assume(json!({"RoleArn":arn,"RoleSessionName":"me"})).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "AccessDenied: User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/r"
    );
    let trust = TRUST.replace("\"Service\":\"lambda.amazonaws.com\"", "\"AWS\":\"000000000000\"");
    account.done("UpdateAssumeRolePolicy", json!({"RoleName":"r","PolicyDocument":trust})).await;
    let session = assume(json!({"RoleArn":arn,"RoleSessionName":"me"})).await.unwrap();
    assert_eq!(session["AssumedRoleUser"]["Arn"], "arn:aws:sts::000000000000:assumed-role/r/me");
    let long = json!({"RoleArn":arn,"RoleSessionName":"me","DurationSeconds":"7200"});
    let refused = assume(long).await.unwrap_err();
    assert!(refused.message.contains("exceeds the MaxSessionDuration"), "{refused}");
}

#[tokio::test]
async fn a_simulation_matches_enforcement() {
    let account = Account::with_role(Duration::ZERO).await;
    account.done("PutRolePolicy", json!({"RoleName":"r","PolicyName":"p","PolicyDocument":PUBLISH})).await;
    let input = json!({
        "PolicySourceArn": "arn:aws:iam::000000000000:role/r",
        "ActionNames": ["sns:Publish", "sns:Subscribe"],
    });
    let output = account.done("SimulatePrincipalPolicy", input).await;
    let results = output["EvaluationResults"].as_array().unwrap();
    let decisions: Vec<&Value> = results.iter().map(|result| &result["EvalDecision"]).collect();
    assert_eq!(decisions, ["allowed", "implicitDeny"]);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let account = Account::new(Duration::ZERO);
    for name in ["a", "b", "c"] {
        account.done("CreateRole", json!({"RoleName":name,"AssumeRolePolicyDocument":TRUST})).await;
    }
    let first = account.done("ListRoles", json!({"MaxItems":"2"})).await;
    let rest = account.done("ListRoles", json!({"MaxItems":"2","Marker":first["Marker"]})).await;
    assert_eq!((rest["Roles"].as_array().map(Vec::len), &rest["IsTruncated"]), (Some(1), &json!(false)));
}

#[tokio::test]
async fn tag_keys_of_a_role_that_differ_by_case_are_one_key() {
    let account = Account::new(Duration::ZERO);
    let role = |keys: &[&str]| {
        let tags: Vec<Value> = keys.iter().map(|key| json!({"Key": key, "Value": "1"})).collect();
        json!({"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Tags": tags})
    };
    let (code, message) = account.refused("CreateRole", role(&["Env", "env"])).await;
    assert_eq!(code, "InvalidInput");
    assert_eq!(message, "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    account.done("CreateRole", role(&["Env", "team"])).await;
    account.done("TagRole", json!({"RoleName": "r", "Tags": [{"Key": "ENV", "Value": "2"}]})).await;
    account.done("UntagRole", json!({"RoleName": "r", "TagKeys": ["TEAM"]})).await;
    let read = account.done("GetRole", json!({"RoleName": "r"})).await;
    assert_eq!(read["Role"]["Tags"], json!([{"Key": "ENV", "Value": "2"}]));
    for (tags, code) in [
        (json!([{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "1"}]), "InvalidInput"),
        (json!([{"Key": "a<", "Value": "1"}]), "ValidationError"),
        (json!([{"Key": "a", "Value": "\n"}]), "ValidationError"),
    ] {
        assert_eq!(account.refused("TagRole", json!({"RoleName": "r", "Tags": tags})).await.0, code, "{tags}");
    }
    let document = json!({"PolicyName": "p", "PolicyDocument": PUBLISH, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]});
    account.done("CreatePolicy", document).await;
}
