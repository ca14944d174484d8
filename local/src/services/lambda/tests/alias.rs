//! Aliases, and versions that are called by them.

use http::Method;
use serde_json::{Value, json};

use super::fixture::{Answer, Fixture};
use crate::services::tests;

const ECHO: &str = "/2015-03-31/functions/echo";
const ARN: &str = "arn:aws:lambda:eu-west-1:000000000000:function:echo";
const ALIASES: &str = "/2015-03-31/functions/echo/aliases";
const LIVE: &str = "/2015-03-31/functions/echo/aliases/live";

impl Fixture {
    /// Publishes what is not published yet, with a new description.
    async fn publish(&self, description: &str) {
        let configuration = format!("{ECHO}/configuration");
        let changed = self.send(Method::PUT, &configuration, json!({ "Description": description })).await;
        assert_eq!(changed.status, 200);
        assert_eq!(self.send(Method::POST, &format!("{ECHO}/versions"), json!({})).await.status, 201);
    }

    async fn alias(&self, members: Value) -> Answer {
        self.send(Method::POST, ALIASES, members).await
    }
}

#[tokio::test]
async fn an_alias_is_created_moved_listed_and_deleted() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({})).await;
    fixture.publish("one").await;
    fixture.publish("two").await;
    let created = fixture.alias(json!({ "Name": "live", "FunctionVersion": "1" })).await;
    let revision = created.body["RevisionId"].clone();
    let alias = json!({
        "AliasArn": format!("{ARN}:live"), "Name": "live", "FunctionVersion": "1", "Description": "",
        "RevisionId": revision,
    });
    assert_eq!((created.status, &created.body), (201, &alias));
    assert_eq!(fixture.send(Method::GET, LIVE, Value::Null).await.body, alias);
    let configuration = fixture.send(Method::GET, &format!("{ECHO}/configuration?Qualifier=live"), Value::Null).await;
    assert_eq!(configuration.body["FunctionArn"], format!("{ARN}:live"));
    assert_eq!((&configuration.body["Version"], &configuration.body["Description"]), (&json!("1"), &json!("one")));
    let moved = json!({ "FunctionVersion": "2", "Description": "new", "RevisionId": revision });
    let moved = fixture.send(Method::PUT, LIVE, moved).await;
    assert_eq!(
        (moved.status, &moved.body["FunctionVersion"], &moved.body["Description"]),
        (200, &json!("2"), &json!("new"))
    );
    let stale = fixture.send(Method::PUT, LIVE, json!({ "FunctionVersion": "1", "RevisionId": revision })).await;
    assert!(stale.is_error(412, "PreconditionFailedException", "Revision Id"));
    let split = json!({ "RoutingConfig": { "AdditionalVersionWeights": { "1": 0.25 } } });
    let split = fixture.send(Method::PUT, LIVE, split).await;
    assert_eq!(split.body["RoutingConfig"], json!({ "AdditionalVersionWeights": { "1": 0.25 } }));
    fixture.alias(json!({ "Name": "old", "FunctionVersion": "1" })).await;
    let names = |answer: &Answer| -> Vec<Value> {
        answer.body["Aliases"].as_array().unwrap().iter().map(|alias| alias["Name"].clone()).collect()
    };
    let first = fixture.send(Method::GET, &format!("{ALIASES}?MaxItems=1"), Value::Null).await;
    assert_eq!((names(&first), &first.body["NextMarker"]), (vec![json!("live")], &json!("1")));
    let of_two = fixture.send(Method::GET, &format!("{ALIASES}?FunctionVersion=2"), Value::Null).await;
    assert_eq!(names(&of_two), ["live"]);
    let in_use = fixture.send(Method::DELETE, &format!("{ECHO}?Qualifier=1"), Value::Null).await;
    let words = "Unable to delete version because the following aliases reference it: [live, old]";
    assert!(in_use.is_error(409, "ResourceConflictException", words));
    for _ in 0..2 {
        assert_eq!(fixture.send(Method::DELETE, LIVE, Value::Null).await.status, 204);
    }
    let gone = fixture.send(Method::GET, LIVE, Value::Null).await;
    assert!(gone.is_error(404, "ResourceNotFoundException", &format!("Cannot find alias arn: {ARN}:live")));
    // A number is never used again.
    assert_eq!(fixture.send(Method::DELETE, &format!("{ECHO}?Qualifier=2"), Value::Null).await.status, 204);
    fixture.publish("three").await;
    let versions = fixture.send(Method::GET, &format!("{ECHO}/versions"), Value::Null).await;
    let numbers: Vec<&Value> =
        versions.body["Versions"].as_array().unwrap().iter().map(|one| &one["Version"]).collect();
    assert_eq!(numbers, ["$LATEST", "1", "3"]);
    assert_eq!(versions.body["Versions"][0].get("State"), None, "lists do not say it");
}

/// As recorded on AWS in November 2023.
#[tokio::test]
async fn wrong_aliases_are_refused_in_awss_words() {
    let fixture = Fixture::new().await;
    fixture.declare("echo", json!({})).await;
    fixture.publish("one").await;
    fixture.publish("two").await;
    fixture.alias(json!({ "Name": "taken", "FunctionVersion": "1" })).await;
    let weights = |version: &str, weights: Value| json!({ "Name": "new", "FunctionVersion": version, "RoutingConfig": { "AdditionalVersionWeights": weights } });
    let (invalid, missing) = ("InvalidParameterValueException", "ResourceNotFoundException");
    let cases = [
        (
            json!({ "Name": "taken", "FunctionVersion": "1" }),
            409,
            "ResourceConflictException",
            format!("Alias already exists: {ARN}:taken"),
        ),
        (json!({ "Name": "new", "FunctionVersion": "10" }), 404, missing, format!("Function not found: {ARN}:10")),
        (
            json!({ "Name": "17", "FunctionVersion": "1" }),
            400,
            "ValidationException",
            "Value '17' at 'name' failed".to_owned(),
        ),
        (
            json!({ "Name": "new", "FunctionVersion": "one" }),
            400,
            "ValidationException",
            "'one' at 'functionVersion'".to_owned(),
        ),
        (
            weights("1", json!({ "1": 0.5 })),
            400,
            invalid,
            "Function version 1 is already included in routing".to_owned(),
        ),
        (weights("1", json!({ "10": 0.5 })), 404, missing, format!("Function not found: {ARN}:10")),
        (weights("1", json!({ "2": 2.0 })), 400, "ValidationException", "Value '{2=2.0}' at 'routingConfig".to_owned()),
        (weights("1", json!({ "$LATEST": 0.5 })), 400, "ValidationException", "Value '{$LATEST=0.5}' at".to_owned()),
        (weights("$LATEST", json!({ "1": 0.5 })), 400, invalid, "$LATEST is not supported for an alias".to_owned()),
        (weights("1", json!({ "1": 0.5, "2": 0.5 })), 400, invalid, "cannot be greater than 1".to_owned()),
    ];
    for (members, status, code, words) in cases {
        assert!(fixture.alias(members.clone()).await.is_error(status, code, &words), "{members}");
    }
    let absent = "/2015-03-31/functions/absent/aliases";
    let refused = fixture.send(Method::POST, absent, json!({ "Name": "a", "FunctionVersion": "1" })).await;
    assert!(refused.is_error(
        404,
        missing,
        "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:absent:1"
    ));
    let permission =
        json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com" });
    let refused = fixture.send(Method::POST, &format!("{ECHO}/policy?Qualifier=absent"), permission).await;
    assert!(refused.is_error(404, missing, &format!("Function not found: {ARN}:absent")));
}

#[tokio::test]
async fn an_invocation_by_alias_runs_its_version_and_says_so() {
    let fixture = Fixture::with_time(200.0, std::time::Duration::ZERO).await;
    fixture.ask("sqs", "CreateQueue", json!({ "QueueName": "results" })).await;
    fixture.create("echo", json!({})).await;
    fixture.publish("one").await;
    fixture.alias(json!({ "Name": "live", "FunctionVersion": "1" })).await;
    let answer = fixture.invoke("echo:live", json!({ "headers": true })).await;
    assert_eq!(answer.headers["x-amz-executed-version"], "1");
    assert!(answer.body.to_string().contains(&format!("invoked-function-arn: {ARN}:live")), "{}", answer.body);
    let queue = "arn:aws:sqs:eu-west-1:000000000000:results";
    let config = json!({ "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": queue } } });
    let path = "/2019-09-25/functions/echo/event-invoke-config?Qualifier=live";
    assert_eq!(fixture.send(Method::PUT, path, config).await.status, 200);
    let event = [("x-amz-invocation-type", "Event")];
    assert_eq!(fixture.invoke_with("echo:live", json!({ "error": "on purpose" }), &event).await.status, 202);
    let record = tests::receive_body(&fixture.cloud, "results").await;
    assert_eq!(record["requestContext"]["functionArn"], format!("{ARN}:live"));
    assert_eq!(record["responseContext"]["executedVersion"], "1");
}

/// Each has a permission of its own, on the function.
#[tokio::test]
async fn operations_on_aliases_take_a_permission_on_the_function() {
    let fixture = Fixture::new().await;
    let needed = |method: Method, path: &str| {
        let request = crate::RestRequest {
            method,
            path: path.to_owned(),
            query: String::new(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
            principal: crate::Principal::Root,
            region: tests::REGION.to_owned(),
            request_id: String::new(),
        };
        let need = crate::services::lambda::authorization(&fixture.cloud, &request).remove(0);
        (need.action, need.resource)
    };
    let cases = [
        (Method::POST, ALIASES, "lambda:CreateAlias"),
        (Method::GET, ALIASES, "lambda:ListAliases"),
        (Method::GET, LIVE, "lambda:GetAlias"),
        (Method::PUT, LIVE, "lambda:UpdateAlias"),
        (Method::DELETE, LIVE, "lambda:DeleteAlias"),
    ];
    for (method, path, action) in cases {
        assert_eq!(needed(method, path), (action.to_owned(), ARN.to_owned()));
    }
}
