//! CloudTrail over the calls that the gateway serves.

use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::{IAM, TRUST, query, target, with_propagation};
use crate::services::iam;

const LOOKUP: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";

/// The events of a name, once there is one.
async fn events(client: &Client, name: &str) -> Vec<Value> {
    let attribute = json!({ "AttributeKey": "EventName", "AttributeValue": name });
    for _ in 0..100 {
        let reply = target(client, "cloudtrail", LOOKUP, json!({ "LookupAttributes": [attribute] })).await;
        if let Some(events) = reply.json()["Events"].as_array().filter(|events| !events.is_empty()) {
            return events.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Vec::new()
}

#[tokio::test]
async fn management_calls_are_in_the_history_under_awss_names() {
    let client = Client::start().await;
    let role =
        [("Action", "CreateRole"), ("Version", "2010-05-08"), ("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)];
    query(&client, "iam", &role).await;
    // There is no such function, which is in the history as well.
    let path = "/2015-03-31/functions/orders/code";
    let body = json!({ "ZipFile": "c2VjcmV0", "Publish": true }).to_string();
    assert_eq!(client.request(Method::PUT, "lambda", path, body.into_bytes()).await.status, 404);
    let found = events(&client, "UpdateFunctionCode20150331v2").await;
    let [event] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&event["EventSource"], &event["Username"]), (&json!("lambda.amazonaws.com"), &json!("root")));
    assert_eq!(event["Resources"], json!([{ "ResourceType": "AWS::Lambda::Function", "ResourceName": "orders" }]));
    let whole: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(whole["requestParameters"], json!({ "functionName": "orders", "publish": true }));
    assert_eq!(whole["errorCode"], "ResourceNotFoundException");
    assert_eq!(events(&client, "CreateRole").await.len(), 1, "a call without an error");
    let reply =
        target(&client, "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.CreateTrail", json!({}))
            .await;
    assert_eq!((reply.status, &reply.json()["__type"]), (501, &json!("NotImplemented")));
}

#[tokio::test]
async fn reading_the_past_takes_permissions_of_its_own() {
    let (client, role) = with_propagation(std::time::Duration::ZERO).await;
    let credentials = iam::service_session(&client.cloud, &role, "lambda.amazonaws.com", "f").unwrap();
    let session = client.as_session(&credentials);
    let arn = "arn:aws:states:us-east-1:000000000000:execution:machine:run";
    let calls = [
        (LOOKUP, "cloudtrail", json!({}), "cloudtrail:LookupEvents", "*"),
        (
            "AWSStepFunctions.GetExecutionHistory",
            "states",
            json!({ "executionArn": arn }),
            "states:GetExecutionHistory",
            arn,
        ),
        (
            "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition",
            "ecs",
            json!({ "taskDefinition": "a" }),
            "ecs:DescribeTaskDefinition",
            "*",
        ),
    ];
    for (operation, service, input, action, resource) in &calls {
        let reply = target(&session, service, operation, input.clone()).await.json();
        assert_eq!(reply["__type"], "AccessDeniedException", "{action}: {reply}");
        let message = reply["message"].as_str().unwrap();
        assert!(message.contains(&format!("not authorized to perform: {action} on resource: {resource}")), "{message}");
    }
    let statements =
        calls.map(|(.., action, resource)| json!({ "Effect": "Allow", "Action": action, "Resource": resource }));
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let put = [("Action", "PutRolePolicy"), IAM, ("RoleName", "w"), ("PolicyName", "p"), ("PolicyDocument", &policy)];
    assert_eq!(query(&client, "iam", &put).await.status, 200);
    assert_eq!(target(&session, "cloudtrail", LOOKUP, json!({})).await.status, 200);
    let history = "AWSStepFunctions.GetExecutionHistory";
    let own = target(&session, "states", history, json!({ "executionArn": arn })).await.json();
    assert_eq!(own["__type"], "ExecutionDoesNotExist");
    let other = arn.replace("machine", "other");
    let other = target(&session, "states", history, json!({ "executionArn": other })).await.json();
    assert_eq!(other["__type"], "AccessDeniedException");
}
