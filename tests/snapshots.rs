//! Snapshots of functions, with the role that the stack gives its handler.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use incident_model::time::rfc3339;
use serde_json::{Value, json};

use crate::deployer::calls;
use crate::harness::{Aws, Control, TestResult, World, eventually};
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
    assert_eq!((before, lists(&aws).await?), (2, 2), "a page an hour, and one for what it lacks");
    let unknown = ask(&aws, &json!({"snapshot": {"function": "nobody"}})).await?;
    assert!(unknown["error"].as_str().is_some_and(|error| error.contains("ResourceNotFound")), "{unknown}");
    Ok(())
}

/// The sweep saw where the alias led. Then it is moved, and the function fails by it.
#[tokio::test]
async fn a_moved_alias_is_named_with_the_way_back() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "schedule: never\n")?;
    let aws = world.up().await?;
    create(&aws, "orders").await?;
    for (memory, version) in [(128, "1"), (256, "2")] {
        aws.lambda.update_function_configuration().function_name("orders").memory_size(memory).send().await?;
        let publish = aws.lambda.publish_version().function_name("orders");
        let published = eventually("the update's end", async || Ok(publish.clone().send().await.ok())).await?;
        assert_eq!(published.version(), Some(version));
    }
    aws.lambda.create_alias().function_name("orders").name("live").function_version("1").send().await?;
    aws.lambda.put_function_concurrency().function_name("orders").reserved_concurrent_executions(7).send().await?;
    ask(&aws, &json!("sweep")).await?;
    let known = format!("{:?}", item(&aws, "orders").await?.ok_or("no orders")?.get("state"));
    assert!(known.contains(r#""live": S("1")"#) && known.contains(r#""concurrency": N("7")"#), "{known}");

    aws.lambda.update_alias().function_name("orders").name("live").function_version("2").send().await?;
    let failure = failure_by_alias(&aws, "2")?;
    Control::of(&aws).await?.call("POST", "events", &failure.to_string()).await?;
    let alerts = aws.until_alerts(1).await?;
    let mail = format!("{:?}", alerts.first().ok_or("no alert")?);
    for words in [
        "alias live was moved from version 1 to 2",
        "Roll back to version 1: `aws lambda update-alias --function-name orders --name live --function-version 1 ",
    ] {
        assert!(mail.contains(words), "no `{words}` in {mail}");
    }
    Ok(())
}

/// The failure of a version that was called by the alias, now.
fn failure_by_alias(aws: &Aws, version: &str) -> TestResult<Value> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    Ok(json!({
        "id": "00000000-0000-4000-8000-0000000a11a5", "source": "lambda", "time": rfc3339(now),
        "detail-type": "Lambda Function Invocation Result - Failure", "account": aws.account, "region": aws.region,
        "detail": {
            "version": "1.0", "timestamp": rfc3339(now),
            "requestContext": {
                "requestId": "00000000-0000-4000-8000-00000000a11a", "condition": "RetriesExhausted",
                "functionArn": aws.arn("lambda", "function:orders:live"), "approximateInvokeCount": 3,
            },
            "requestPayload": {},
            "responseContext": {"statusCode": 200, "executedVersion": version, "functionError": "Unhandled"},
            "responsePayload": {"errorType": "KeyError", "errorMessage": "'total'"},
        },
    }))
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
