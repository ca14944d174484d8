#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod mapping;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Services, identity};
use crate::gateway::Gateway;
use crate::services::cloudformation::provisioner::{Home, Provisioner, Resource};
use crate::services::tests::{REGION, ask};
use crate::{Cloud, LocalConfig};

fn home(stack_id: &str) -> Home {
    Home {
        endpoint: "http://127.0.0.1:1".to_owned(),
        account: "000000000000".to_owned(),
        region: REGION.to_owned(),
        stack: "s".to_owned(),
        stack_id: stack_id.to_owned(),
    }
}

fn resource(resource_type: &str, properties: Value) -> Resource {
    let identity = identity(resource_type, "R", &properties, &home("1"));
    Resource {
        logical_id: "R".to_owned(),
        resource_type: resource_type.to_owned(),
        physical_id: identity.physical_id,
        properties,
        needs: Default::default(),
        retain: false,
        retain_replaced: false,
    }
}

#[test]
fn ref_and_get_att_give_what_the_template_reference_says() {
    let function = json!({"FunctionName": "f", "Qualifier": "$LATEST"});
    for (resource_type, properties, reference, attribute, value) in [
        (
            "AWS::CloudWatch::Alarm",
            json!({"AlarmName": "a"}),
            "a",
            "Arn",
            "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a",
        ),
        ("AWS::CloudWatch::Dashboard", json!({"DashboardName": "d"}), "d", "", ""),
        (
            "AWS::DynamoDB::Table",
            json!({"TableName": "t"}),
            "t",
            "Arn",
            "arn:aws:dynamodb:eu-west-1:000000000000:table/t",
        ),
        ("AWS::Events::Rule", json!({"Name": "r"}), "r", "Arn", "arn:aws:events:eu-west-1:000000000000:rule/r"),
        ("AWS::IAM::Role", json!({"RoleName": "r", "Path": "/x/"}), "r", "Arn", "arn:aws:iam::000000000000:role/x/r"),
        ("AWS::Lambda::EventInvokeConfig", function, "f|$LATEST", "", ""),
        (
            "AWS::Lambda::Function",
            json!({"FunctionName": "f"}),
            "f",
            "Arn",
            "arn:aws:lambda:eu-west-1:000000000000:function:f",
        ),
        (
            "AWS::Logs::LogGroup",
            json!({"LogGroupName": "/g"}),
            "/g",
            "Arn",
            "arn:aws:logs:eu-west-1:000000000000:log-group:/g:*",
        ),
        ("AWS::SNS::Topic", json!({"TopicName": "t"}), "arn:aws:sns:eu-west-1:000000000000:t", "TopicName", "t"),
        (
            "AWS::SQS::Queue",
            json!({"QueueName": "q"}),
            "http://127.0.0.1:1/000000000000/q",
            "Arn",
            "arn:aws:sqs:eu-west-1:000000000000:q",
        ),
    ] {
        let found = identity(resource_type, "R", &properties, &home("1"));
        assert_eq!(found.physical_id, reference, "{resource_type}");
        assert_eq!(found.attributes.get(attribute).map_or("", String::as_str), value, "{resource_type}");
    }
}

#[test]
fn a_made_up_name_is_anothers_in_another_stack_and_after_a_replacement() {
    let name = |stack_id: &str, properties: Value| {
        identity("AWS::Lambda::Permission", "R", &properties, &home(stack_id)).physical_id
    };
    let first = name("1", json!({"FunctionName": "f"}));
    assert!(first.starts_with("s-R-") && first.len() == "s-R-".len() + 12, "{first}");
    assert_eq!(name("1", json!({"FunctionName": "f"})), first);
    assert_ne!(name("2", json!({"FunctionName": "f"})), first);
    assert_ne!(name("1", json!({"FunctionName": "g"})), first);
}

#[test]
fn the_template_reference_says_what_replaces() {
    let attributes =
        |kind: &str| json!({"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": kind}], "KeySchema": []});
    let more = json!({"AttributeDefinitions": [{"AttributeName": "b", "AttributeType": "S"}], "KeySchema": []});
    for (resource_type, before, after, replaces) in [
        ("AWS::SQS::Queue", json!({"QueueName": "a"}), json!({"QueueName": "b"}), Some("QueueName")),
        ("AWS::SQS::Queue", json!({"FifoQueue": true}), json!({}), Some("FifoQueue")),
        ("AWS::SQS::Queue", json!({"DelaySeconds": 1}), json!({"DelaySeconds": 2}), None),
        // A parameter's value is a text.
        ("AWS::SQS::Queue", json!({"FifoQueue": true}), json!({"FifoQueue": "true"}), None),
        ("AWS::IAM::Role", json!({"Path": "/a/"}), json!({}), Some("Path")),
        ("AWS::IAM::Role", json!({"Description": "a"}), json!({}), None),
        ("AWS::DynamoDB::Table", attributes("S"), attributes("N"), Some("AttributeDefinitions")),
        ("AWS::DynamoDB::Table", attributes("S"), more, None),
        ("AWS::Lambda::Permission", json!({"Principal": "a"}), json!({"Principal": "b"}), Some("Principal")),
        ("AWS::SNS::Subscription", json!({"Endpoint": "a"}), json!({"Endpoint": "b"}), Some("Endpoint")),
        ("AWS::SNS::TopicPolicy", json!({"Topics": ["a"]}), json!({"Topics": ["b"]}), None),
        ("AWS::Lambda::Function", json!({"Role": "a"}), json!({"Role": "b"}), None),
        (
            "AWS::Lambda::EventSourceMapping",
            json!({"FunctionName": "f", "EventSourceArn": "a"}),
            json!({"FunctionName": "f", "EventSourceArn": "b"}),
            Some("EventSourceArn"),
        ),
        (
            "AWS::Lambda::EventSourceMapping",
            json!({"FunctionName": "f"}),
            json!({"FunctionName": "f", "StartingPosition": "LATEST"}),
            Some("StartingPosition"),
        ),
        ("AWS::Lambda::EventSourceMapping", json!({"FunctionName": "f"}), json!({"FunctionName": "g"}), None),
    ] {
        let found =
            Services.replacement(&resource(resource_type, before.clone()), &resource(resource_type, after.clone()));
        assert_eq!(found.as_deref(), replaces, "{resource_type} {before} {after}");
    }
}

/// An account behind a gateway, and a stack in it.
pub(super) struct Account {
    gateway: Gateway,
    _directory: tempfile::TempDir,
}

impl Account {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config =
            LocalConfig { directory: directory.path().to_owned(), port: 0, time_scale: 50.0, ..LocalConfig::default() };
        Self { gateway: Gateway::bind(config).await.unwrap(), _directory: directory }
    }

    pub(super) fn cloud(&self) -> &Cloud {
        self.gateway.cloud()
    }

    pub(super) async fn ask(&self, service: &str, operation: &str, input: Value) -> Value {
        ask(self.cloud(), service, operation, input).await.unwrap()
    }

    /// Creates or updates the stack, and waits for the end.
    pub(super) async fn deploy(&self, operation: &str, resources: &Value) -> String {
        let template = json!({"Resources": resources}).to_string();
        let input = json!({"StackName": "s", "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]});
        let id = self.ask("cloudformation", operation, input).await["StackId"].as_str().unwrap().to_owned();
        self.settled(&id).await
    }

    pub(super) async fn settled(&self, id: &str) -> String {
        let begun = Instant::now();
        loop {
            let stacks = self.ask("cloudformation", "DescribeStacks", json!({"StackName": id})).await;
            let status = stacks["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned();
            if !status.ends_with("_IN_PROGRESS") {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{status}: {:?}", self.reasons().await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Why resources failed.
    pub(super) async fn reasons(&self) -> Vec<String> {
        let events = self.ask("cloudformation", "DescribeStackEvents", json!({"StackName": "s"})).await;
        let events = events["StackEvents"].as_array().unwrap().clone();
        let failed = events.iter().filter(|event| event["ResourceStatus"].as_str().unwrap().ends_with("_FAILED"));
        failed.filter_map(|event| event["ResourceStatusReason"].as_str().map(str::to_owned)).collect()
    }
}

/// One of each type but Lambda's, whose code is in a bucket.
fn everything(days: u64, color: &str) -> Value {
    let tags = json!([{"Key": "color", "Value": color}]);
    let document = |action: &str, principal: &str| {
        let statement =
            json!({"Effect": "Allow", "Principal": {"Service": principal}, "Action": action, "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let inline =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]});
    let metric = json!({
        "AlarmName": "alarm", "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": "1",
        "Threshold": days, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [{"Ref": "Topic"}], "Tags": tags,
    });
    json!({
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "queue", "DelaySeconds": days, "Tags": tags}},
        "QueuePolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": document("sqs:SendMessage", "events.amazonaws.com")}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "topic", "DisplayName": color, "Tags": tags}},
        "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}]}}},
        "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}, "RawMessageDelivery": days == 1}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "role", "AssumeRolePolicyDocument": trust, "Description": color, "Policies": [{"PolicyName": color, "PolicyDocument": inline}], "Tags": tags}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "group", "RetentionInDays": days.to_string(), "Tags": tags}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {"Name": "rule", "EventPattern": {"source": [color]}, "Targets": [{"Id": color, "Arn": {"Fn::GetAtt": "Queue.Arn"}}], "Tags": tags}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": metric},
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": "dashboard", "DashboardBody": {"widgets": [{"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": color}}]}}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "table", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": days == 1}, "DeletionProtectionEnabled": false, "Tags": tags}},
    })
}

#[tokio::test]
async fn a_stack_of_every_type_is_made_changed_and_removed() {
    let account = Account::new().await;
    assert_eq!(
        account.deploy("CreateStack", &everything(1, "red")).await,
        "CREATE_COMPLETE",
        "{:?}",
        account.reasons().await
    );
    assert_eq!(facts(&account).await, json!(["red", "1", "red", 1, "[\"red\"]", ["red"], "red", ["red"]]));
    assert_eq!(
        account.deploy("UpdateStack", &everything(3, "blue")).await,
        "UPDATE_COMPLETE",
        "{:?}",
        account.reasons().await
    );
    assert_eq!(facts(&account).await, json!(["blue", "3", "blue", 3, "[\"blue\"]", ["blue"], "blue", ["blue"]]));
    let stack = account.ask("cloudformation", "DescribeStacks", json!({"StackName": "s"})).await;
    let id = stack["Stacks"][0]["StackId"].as_str().unwrap();
    account.ask("cloudformation", "DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(account.settled(id).await, "DELETE_COMPLETE");
    for (service, operation, list) in [
        ("sqs", "ListQueues", "QueueUrls"),
        ("sns", "ListTopics", "Topics"),
        ("iam", "ListRoles", "Roles"),
        ("logs", "DescribeLogGroups", "logGroups"),
        ("events", "ListRules", "Rules"),
        ("monitoring", "DescribeAlarms", "MetricAlarms"),
        ("monitoring", "ListDashboards", "DashboardEntries"),
    ] {
        let found = account.ask(service, operation, json!({})).await;
        assert!(found[list].as_array().is_none_or(Vec::is_empty), "{found}");
    }
}

/// Something of most resources.
async fn facts(account: &Account) -> Value {
    let topic = json!({"TopicArn": format!("arn:aws:sns:{REGION}:000000000000:topic")});
    let queue =
        json!({"QueueUrl": format!("{}/000000000000/queue", account.cloud().endpoint), "AttributeNames": ["All"]});
    let role = json!({"RoleName": "role"});
    let targets = account.ask("events", "ListTargetsByRule", json!({"Rule": "rule"})).await;
    let tags = account.ask("iam", "ListRoleTags", role.clone()).await;
    let own = |tags: &Value| {
        let tags = tags["Tags"].as_array().unwrap().clone();
        tags.iter().filter(|tag| tag["Key"] == "color").map(|tag| tag["Value"].clone()).collect::<Vec<_>>()
    };
    let rule = account.ask("events", "DescribeRule", json!({"Name": "rule"})).await;
    let pattern: Value = serde_json::from_str(rule["EventPattern"].as_str().unwrap()).unwrap();
    json!([
        account.ask("sns", "GetTopicAttributes", topic).await["Attributes"]["DisplayName"],
        account.ask("sqs", "GetQueueAttributes", queue).await["Attributes"]["DelaySeconds"],
        account.ask("iam", "GetRole", role.clone()).await["Role"]["Description"],
        account.ask("logs", "DescribeLogGroups", json!({})).await["logGroups"][0]["retentionInDays"],
        pattern["source"].to_string(),
        account.ask("iam", "ListRolePolicies", role).await["PolicyNames"],
        targets["Targets"][0]["Id"],
        own(&tags),
    ])
}

#[tokio::test]
async fn properties_that_a_type_does_not_have_fail_the_resource() {
    for (properties, reason) in [
        (json!({"Name": "q"}), "#: extraneous key [Name] is not permitted"),
        (json!({"DelaySeconds": "soon"}), "#/DelaySeconds: expected type: Integer, found: String"),
        (json!({"Tags": [{"Key": "a"}]}), "#/Tags/0: required key [Value] not found"),
    ] {
        let account = Account::new().await;
        let template = json!({"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}});
        assert_eq!(account.deploy("CreateStack", &template).await, "ROLLBACK_COMPLETE");
        let expected = format!("Properties validation failed for resource Q with message:\n{reason}");
        assert_eq!(account.reasons().await, [expected]);
    }
}

#[tokio::test]
async fn what_is_there_already_fails_the_resource_and_stays() {
    let account = Account::new().await;
    account.ask("logs", "CreateLogGroup", json!({"logGroupName": "group"})).await;
    let template = json!({"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "group"}}});
    assert_eq!(account.deploy("CreateStack", &template).await, "ROLLBACK_COMPLETE");
    let [reason] = account.reasons().await.try_into().unwrap_or_else(|all| panic!("{all:?}"));
    assert!(reason.contains("with identifier 'group' already exists."), "{reason}");
    let groups = account.ask("logs", "DescribeLogGroups", json!({})).await;
    assert_eq!(groups["logGroups"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_update_makes_one_index_at_most() {
    let account = Account::new().await;
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let index = |name: &str| json!({"IndexName": name, "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}});
    let table = |names: &[&str]| {
        let attributes: Vec<Value> = ["key"].iter().chain(names).map(|name| attribute(name)).collect();
        let indexes: Vec<Value> = names.iter().map(|name| index(name)).collect();
        json!({"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "table", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes, "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}], "GlobalSecondaryIndexes": indexes}}})
    };
    assert_eq!(
        account.deploy("CreateStack", &table(&["one"])).await,
        "CREATE_COMPLETE",
        "{:?}",
        account.reasons().await
    );
    assert_eq!(
        account.deploy("UpdateStack", &table(&["one", "two"])).await,
        "UPDATE_COMPLETE",
        "{:?}",
        account.reasons().await
    );
    assert_eq!(account.deploy("UpdateStack", &table(&["three"])).await, "UPDATE_ROLLBACK_COMPLETE");
    let reasons = account.reasons().await;
    assert!(reasons.iter().any(|reason| reason.contains("more than one GSI creation or deletion")), "{reasons:?}");
}
