//! Event source mappings of a stack.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Account;
use crate::services::tests::{REGION, call};

impl Account {
    /// With the queues `jobs` and `more` and the functions `worker` and `other`.
    async fn with_sources() -> Self {
        let account = Self::new().await;
        for queue in ["jobs", "more"] {
            account.ask("sqs", "CreateQueue", json!({"QueueName": queue})).await;
        }
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        let role = json!({"RoleName": "runner", "AssumeRolePolicyDocument": trust.to_string()});
        let arn = account.ask("iam", "CreateRole", role).await["Role"]["Arn"].clone();
        let policy =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]});
        let policy = json!({"RoleName": "runner", "PolicyName": "all", "PolicyDocument": policy.to_string()});
        account.ask("iam", "PutRolePolicy", policy).await;
        tokio::time::sleep(account.cloud().clock.scaled(account.cloud().config.latency.role_propagation)).await;
        for function in ["worker", "other"] {
            let input = json!({"FunctionName": function, "Runtime": "provided.al2023", "Handler": "h", "Role": arn, "Code": {"ZipFile": package()}});
            account.lambda("CreateFunction", input).await;
        }
        account
    }

    async fn lambda(&self, operation: &str, input: Value) -> Value {
        self.cloud().perform(call("lambda", operation, input)).await.unwrap()
    }

    /// The only mapping.
    async fn mapping(&self) -> Value {
        let found = self.lambda("ListEventSourceMappings", json!({})).await;
        let [mapping] = found["EventSourceMappings"].as_array().unwrap().as_slice() else { panic!("{found}") };
        mapping.clone()
    }
}

fn package() -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(b"nothing").unwrap();
    STANDARD.encode(writer.finish().unwrap().into_inner())
}

fn template(queue: &str, function: &str, more: &Value) -> Value {
    let mut properties =
        json!({"EventSourceArn": format!("arn:aws:sqs:{REGION}:000000000000:{queue}"), "FunctionName": function});
    for (name, value) in more.as_object().unwrap() {
        properties[name] = value.clone();
    }
    json!({"M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}})
}

#[tokio::test]
async fn a_mapping_is_made_changed_replaced_and_removed() {
    let account = Account::with_sources().await;
    let all = json!({
        "BatchSize": "20", "MaximumBatchingWindowInSeconds": 1, "ScalingConfig": {"MaximumConcurrency": 10},
        "FunctionResponseTypes": ["ReportBatchItemFailures"], "Tags": [{"Key": "color", "Value": "red"}],
        "FilterCriteria": {"Filters": [{"Pattern": "{\"body\":[\"a\"]}"}]},
    });
    let made = account.deploy("CreateStack", &template("jobs", "worker", &all)).await;
    assert_eq!(made, "CREATE_COMPLETE", "{:?}", account.reasons().await);
    let mapping = account.mapping().await;
    let settings = |mapping: &Value| {
        [
            "State",
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "ScalingConfig",
            "FunctionResponseTypes",
            "FilterCriteria",
        ]
        .map(|name| mapping[name].clone())
    };
    let given = [
        json!("Enabled"),
        json!(20),
        json!(1),
        all["ScalingConfig"].clone(),
        all["FunctionResponseTypes"].clone(),
        all["FilterCriteria"].clone(),
    ];
    assert_eq!(settings(&mapping), given);
    let resources = account.ask("cloudformation", "DescribeStackResources", json!({"StackName": "s"})).await;
    assert_eq!(resources["StackResources"][0]["PhysicalResourceId"], mapping["UUID"]);
    let tags = account.lambda("ListTags", json!({"Resource": mapping["EventSourceMappingArn"]})).await;
    assert_eq!((&tags["Tags"]["color"], &tags["Tags"]["aws:cloudformation:logical-id"]), (&json!("red"), &json!("M")));

    // What leaves the template is as if it had never been there; another function is no other mapping.
    let less = json!({"Enabled": false});
    let changed = account.deploy("UpdateStack", &template("jobs", "other", &less)).await;
    assert_eq!(changed, "UPDATE_COMPLETE", "{:?}", account.reasons().await);
    let after = account.mapping().await;
    assert_eq!(after["UUID"], mapping["UUID"]);
    assert!(after["FunctionArn"].as_str().unwrap().ends_with(":function:other"), "{after}");
    let defaults = [json!("Disabled"), json!(10), json!(0), Value::Null, json!([]), Value::Null];
    assert_eq!(settings(&after), defaults);

    let wrong = json!({"Enabled": true, "BatchSize": 11});
    assert_eq!(account.deploy("UpdateStack", &template("jobs", "other", &wrong)).await, "UPDATE_ROLLBACK_COMPLETE");
    let reasons = account.reasons().await;
    assert!(
        reasons.iter().any(|reason| reason.contains("Maximum batch window in seconds must be greater than 0")),
        "{reasons:?}"
    );
    assert_eq!(settings(&account.mapping().await), defaults);

    let replaced = account.deploy("UpdateStack", &template("more", "other", &less)).await;
    assert_eq!(replaced, "UPDATE_COMPLETE", "{:?}", account.reasons().await);
    let other = account.mapping().await;
    assert_ne!(other["UUID"], mapping["UUID"]);
    assert!(other["EventSourceArn"].as_str().unwrap().ends_with(":more"), "{other}");

    let stack = account.ask("cloudformation", "DescribeStacks", json!({"StackName": "s"})).await;
    account.ask("cloudformation", "DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(account.settled(stack["Stacks"][0]["StackId"].as_str().unwrap()).await, "DELETE_COMPLETE");
    let left = account.lambda("ListEventSourceMappings", json!({})).await;
    assert_eq!(left["EventSourceMappings"], json!([]));
}

#[tokio::test]
async fn a_mapping_that_is_there_already_fails_the_resource_and_stays() {
    let account = Account::with_sources().await;
    let arn = format!("arn:aws:sqs:{REGION}:000000000000:jobs");
    let input = json!({"EventSourceArn": arn, "FunctionName": "worker"});
    let made = account.lambda("CreateEventSourceMapping", input).await;
    let failed = account.deploy("CreateStack", &template("jobs", "worker", &json!({}))).await;
    assert_eq!(failed, "ROLLBACK_COMPLETE");
    let reasons = account.reasons().await;
    assert!(
        reasons[0].contains("already exists. Please update or delete the existing mapping with UUID"),
        "{reasons:?}"
    );
    assert_eq!(account.mapping().await["UUID"], made["UUID"]);
}
