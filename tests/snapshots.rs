//! Snapshots of functions, with the role that the stack gives its handler.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use crate::deployer::calls;
use crate::harness::{Aws, TestResult, World};
use crate::watch::create;

type Item = HashMap<String, AttributeValue>;

#[tokio::test]
async fn the_sweep_sees_all_functions_and_what_changed_since() -> TestResult {
    let world = World::new()?;
    // The sweeps of this test are those that it makes.
    std::fs::write(world.home().join("incidentctl.yaml"), "schedule: never\n")?;
    let aws = world.up().await?;
    create(&aws, "orders").await?;
    let answer = ask(&aws, &json!("sweep")).await?;
    assert_eq!(answer["self_check"]["ok"], true, "{answer}");
    for function in ["orders", "devops-incident-handler", "devops-error-generator"] {
        let item = item(&aws, function).await?.ok_or(function)?;
        assert!(item.contains_key("record_version") && item.contains_key("expires_at"), "{function}: {item:?}");
        assert!(changes(&item).is_empty(), "{function} was seen for the first time");
    }
    let handler = item(&aws, "devops-incident-handler").await?.ok_or("no handler")?;
    let names = format!("{:?}", handler.get("state"));
    assert!(names.contains("INCIDENT_TOPIC_ARN") && !names.contains(":devops-alerts"), "names, no values: {names}");

    aws.lambda.update_function_configuration().function_name("orders").timeout(7).send().await?;
    let taken = ask(&aws, &json!({"snapshot": {"function": "orders"}})).await?;
    assert!(taken["seen_at"].is_number() && taken["error"].is_null(), "{taken}");
    let orders = item(&aws, "orders").await?.ok_or("no orders")?;
    let [change] = changes(&orders) else { return Err(format!("not one change: {orders:?}").into()) };
    let change = change.as_m().map_err(|_| "no map")?;
    let field = |name: &str| change.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
    assert_eq!(
        (field("what"), field("name"), field("to")),
        (Some("setting"), Some("timeout"), Some("7")),
        "{change:?}"
    );

    let before = lists(&aws).await?;
    ask(&aws, &json!("sweep")).await?;
    assert_eq!((before, lists(&aws).await?), (1, 1), "one page an hour");
    let unknown = ask(&aws, &json!({"snapshot": {"function": "nobody"}})).await?;
    assert!(unknown["error"].as_str().is_some_and(|error| error.contains("ResourceNotFound")), "{unknown}");
    Ok(())
}

/// The handler's answer to a request.
async fn ask(aws: &Aws, request: &Value) -> TestResult<Value> {
    let payload = Blob::new(json!({ "incidentctl": request }).to_string());
    let answer = aws.lambda.invoke().function_name("devops-incident-handler").payload(payload).send().await?;
    assert_eq!(answer.function_error(), None, "{answer:?}");
    Ok(serde_json::from_slice(answer.payload().ok_or("no answer")?.as_ref())?)
}

async fn item(aws: &Aws, function: &str) -> TestResult<Option<Item>> {
    let key = AttributeValue::S(format!("function#{function}"));
    let get = aws.dynamodb.get_item().table_name("devops-incidents").key("incident_id", key).consistent_read(true);
    Ok(get.send().await?.item)
}

fn changes(item: &Item) -> &[AttributeValue] {
    item.get("changes").and_then(|changes| changes.as_l().ok()).map_or(&[], Vec::as_slice)
}

/// How often the handler listed functions.
async fn lists(aws: &Aws) -> TestResult<usize> {
    let calls = calls(&aws.endpoint, &aws.secret).await?;
    let by_handler = |call: &&Value| {
        let principal = call["principal"].as_str().unwrap_or_default();
        call["operation"] == "ListFunctions" && principal.contains("assumed-role/devops-incident-handler-")
    };
    Ok(calls.as_array().ok_or("no calls")?.iter().filter(by_handler).count())
}
