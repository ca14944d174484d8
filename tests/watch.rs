//! `watch`: failures of existing functions reach the bus, and still their previous destination.

use aws_sdk_lambda::operation::get_function_event_invoke_config::GetFunctionEventInvokeConfigOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{DestinationConfig, FunctionCode, InvocationType, OnFailure, OnSuccess, Runtime};
use serde_json::{Value, json};

use crate::harness::{Aws, TestResult, World, eventually, tiny_program};

const LIST: [&str; 5] = ["watch", "list", "--local", "--output", "json"];
const TAG: &str = "incidentctl:watched-before";

#[tokio::test]
async fn failures_of_a_watched_function_become_incidents() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    create(&aws, "orders").await?;
    allow(&aws, "orders", "events:PutEvents").await?;
    world.run(&["watch", "add", "orders", "--local"]).await?.succeeded()?;
    // Lambda's own retries are minutes apart.
    aws.lambda.update_function_event_invoke_config().function_name("orders").maximum_retry_attempts(0).send().await?;
    aws.lambda.invoke().function_name("orders").invocation_type(InvocationType::Event).send().await?;
    let list = ["incidents", "list", "--resource", "orders", "--local", "--output", "json"];
    let incident =
        eventually("the incident", async || Ok(world.run(&list).await?.succeeded()?.json()?.get(0).cloned())).await?;
    assert_eq!(incident["error_type"], "Runtime.ExitError", "{incident}");

    let coverage =
        world.run(&[&LIST[..], &["orders", "devops-incident-handler"]].concat()).await?.succeeded()?.json()?;
    assert_eq!(coverage[1]["function"], "orders");
    assert_eq!((&coverage[1]["kind"], &coverage[1]["watched"]), (&json!("default-bus"), &json!(true)));
    assert_eq!(coverage[1]["alarm"], "devops-function-errors");
    assert_eq!((&coverage[0]["kind"], &coverage[0]["alarm"]), (&json!("nothing"), &Value::Null), "{coverage}");
    let refused = world.run(&["watch", "add", "devops-incident-handler", "--local"]).await?.ended_with(1)?;
    assert!(refused.stderr.contains("must not loop back"), "{}", refused.stderr);
    Ok(())
}

#[tokio::test]
async fn the_previous_destination_is_restored() -> TestResult {
    let (world, aws) = with_orders().await?;
    for action in ["events:PutEvents", "sqs:SendMessage"] {
        allow(&aws, "orders", action).await?;
    }
    for queue in ["failed", "done"] {
        aws.sqs.create_queue().queue_name(queue).send().await?;
    }
    let destinations = DestinationConfig::builder()
        .on_failure(OnFailure::builder().destination(aws.arn("sqs", "failed")).build())
        .on_success(OnSuccess::builder().destination(aws.arn("sqs", "done")).build())
        .build();
    let put = aws.lambda.put_function_event_invoke_config().function_name("orders").maximum_retry_attempts(1);
    put.maximum_event_age_in_seconds(120).destination_config(destinations).send().await?;
    let before = config(&aws, "orders").await?.ok_or("no configuration")?;

    let refused = world.run(&["watch", "add", "orders", "--local"]).await?.ended_with(1)?;
    for words in ["the failures of orders already go to", ":failed", "--replace sends them to the bus instead"] {
        assert!(refused.stderr.contains(words), "`{words}` is missing in {}", refused.stderr);
    }
    assert_eq!(config(&aws, "orders").await?, Some(before.clone()), "nothing was changed");

    let added =
        world.run(&["watch", "add", "orders", "--replace", "--local", "--output", "json"]).await?.succeeded()?;
    assert_eq!(added.json()?[0]["before"], aws.arn("sqs", "failed"));
    assert!(added.stderr.contains("rule devops-function-failures does not exist here"), "{}", added.stderr);
    let watched = config(&aws, "orders").await?.ok_or("no configuration")?;
    assert_eq!(watched.failure, aws.arn("events", "event-bus/default"));
    assert_eq!(Config { failure: before.failure.clone(), ..watched }, before, "only the destination is another one");
    assert_eq!(tag(&aws, "orders").await?, Some(aws.arn("sqs", "failed")));
    let again = world.run(&["watch", "add", "orders", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    assert_eq!(
        again[0],
        json!({"function": "orders", "ok": true, "changed": false, "before": aws.arn("sqs", "failed")})
    );

    world.run(&["watch", "remove", "orders", "--local"]).await?.succeeded()?;
    assert_eq!(config(&aws, "orders").await?, Some(before));
    assert_eq!(tag(&aws, "orders").await?, None);
    let unknown = world.run(&["watch", "remove", "orders", "--local"]).await?.ended_with(1)?;
    assert!(unknown.stderr.contains("orders is not watched"), "{}", unknown.stderr);
    Ok(())
}

#[tokio::test]
async fn a_function_without_a_configuration_ends_without_one() -> TestResult {
    let (world, aws) = with_orders().await?;
    let denied = world.run(&["watch", "add", "orders", "--local"]).await?.ended_with(1)?;
    let statement = format!(
        r#"{{"Effect":"Allow","Action":"events:PutEvents","Resource":"{}"}}"#,
        aws.arn("events", "event-bus/default")
    );
    assert!(denied.stderr.contains(&statement), "{}", denied.stderr);
    assert_eq!((config(&aws, "orders").await?, tag(&aws, "orders").await?), (None, None));

    allow(&aws, "orders", "events:PutEvents").await?;
    aws.lambda.publish_version().function_name("orders").send().await?;
    let version = ["watch", "add", "orders", "--qualifier", "1", "--local"];
    world.run(&version).await?.succeeded()?;
    let list = world.run(&LIST).await?.succeeded()?.json()?;
    let rows: Vec<_> = list.as_array().into_iter().flatten().map(|row| (&row["qualifier"], &row["kind"])).collect();
    assert_eq!(rows, [(&Value::Null, &json!("nothing")), (&json!("1"), &json!("default-bus"))]);
    world.run(&["watch", "add", "orders", "--local"]).await?.succeeded()?;
    let table = world.run(&LIST[..3]).await?.succeeded()?.stdout;
    assert_eq!(table.matches("the default bus, watched").count(), 2, "{table}");
    for qualifier in [&[][..], &["--qualifier", "1"]] {
        world.run(&[&["watch", "remove", "orders", "--local"], qualifier].concat()).await?.succeeded()?;
    }
    let configs = aws.lambda.list_function_event_invoke_configs().function_name("orders").send().await?;
    assert_eq!(configs.function_event_invoke_configs().len(), 0);
    let arn = aws.arn("lambda", "function:orders");
    let tags = aws.lambda.list_tags().resource(arn).send().await?;
    assert!(tags.tags().is_none_or(|tags| tags.keys().all(|key| !key.starts_with(TAG))), "{tags:?}");
    let unknown = world.run(&["watch", "list", "nonesuch", "--local"]).await?.ended_with(1)?;
    assert!(unknown.stderr.contains("no function nonesuch"), "{}", unknown.stderr);
    Ok(())
}

#[tokio::test]
async fn without_iam_permissions_lambda_is_asked() -> TestResult {
    let (world, aws) = with_orders().await?;
    let variables = aws.person("person").await?;
    for action in ["lambda:*", "events:DescribeRule", "iam:PassRole"] {
        allow(&aws, "person", action).await?;
    }
    let add = ["watch", "add", "orders", "--endpoint-url", &aws.endpoint, "--region", &aws.region];

    let refused = world.run_with(&add, &variables).await?.ended_with(1)?;
    assert!(refused.stderr.contains("lacks events:PutEvents on the default bus"), "{}", refused.stderr);
    assert!(refused.stderr.contains(r#""Action":"events:PutEvents""#), "{}", refused.stderr);
    assert_eq!((config(&aws, "orders").await?, tag(&aws, "orders").await?), (None, None));
    allow(&aws, "orders", "events:PutEvents").await?;
    let added = world.run_with(&add, &variables).await?.succeeded()?;
    assert!(added.stderr.contains("could not check whether orders's role allows events:PutEvents"), "{}", added.stderr);
    assert_eq!(
        config(&aws, "orders").await?.map(|config| config.failure),
        Some(aws.arn("events", "event-bus/default"))
    );
    Ok(())
}

#[tokio::test]
async fn later_changes_are_kept() -> TestResult {
    let (world, aws) = with_orders().await?;
    for action in ["events:PutEvents", "sqs:SendMessage"] {
        allow(&aws, "orders", action).await?;
    }
    aws.sqs.create_queue().queue_name("mine").send().await?;
    world.run(&["watch", "add", "orders", "--local"]).await?.succeeded()?;
    let mine = OnFailure::builder().destination(aws.arn("sqs", "mine")).build();
    let mine = DestinationConfig::builder().on_failure(mine).build();
    aws.lambda.update_function_event_invoke_config().function_name("orders").destination_config(mine).send().await?;
    let removed = world.run(&["watch", "remove", "orders", "--local"]).await?.succeeded()?;
    assert!(removed.stderr.contains(":mine in the meantime and stays"), "{}", removed.stderr);
    assert_eq!(config(&aws, "orders").await?.map(|config| config.failure), Some(aws.arn("sqs", "mine")));
    assert_eq!(tag(&aws, "orders").await?, None);
    Ok(())
}

/// A local AWS with the function `orders` and without a stack.
async fn with_orders() -> TestResult<(World, Aws)> {
    let world = World::new()?;
    let aws = world.start().await?;
    create(&aws, "orders").await?;
    Ok((world, aws))
}

/// A function that exits at once, whose role has no permissions.
pub(crate) async fn create(aws: &Aws, name: &str) -> TestResult {
    create_with(aws, name, &tiny_program()).await
}

/// Creates a function of this program, and its role.
pub(crate) async fn create_with(aws: &Aws, name: &str, program: &[u8]) -> TestResult {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}});
    let role = aws.iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await?;
    let role = role.role().ok_or("no role")?.arn().to_owned();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("bootstrap", zip::write::SimpleFileOptions::default().unix_permissions(0o755))?;
    std::io::Write::write_all(&mut writer, program)?;
    let code = FunctionCode::builder().zip_file(Blob::new(writer.finish()?.into_inner())).build();
    eventually("the role to be assumable", async || {
        let call = aws.lambda.create_function().function_name(name).role(&role).code(code.clone());
        let call = call.runtime(Runtime::from("provided.al2023")).handler("none");
        Ok(call.send().await.ok())
    })
    .await?;
    eventually("the function to be active", async || {
        let found = aws.lambda.get_function_configuration().function_name(name).send().await?;
        Ok(found.state().is_some_and(|state| state.as_str() == "Active").then_some(()))
    })
    .await
}

/// Grants a function's role an action and waits until that is in force.
pub(crate) async fn allow(aws: &Aws, name: &str, action: &str) -> TestResult {
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
        .to_string();
    let policy_name = action.replace([':', '*'], "-");
    aws.iam.put_role_policy().role_name(name).policy_name(policy_name).policy_document(policy).send().await?;
    let role = aws.iam.get_role().role_name(name).send().await?.role.ok_or("no role")?.arn;
    eventually("the policy to spread", async || {
        let call = aws.iam.simulate_principal_policy().policy_source_arn(&role).action_names(action);
        let answer = call.send().await?;
        let mut results = answer.evaluation_results().iter();
        Ok(results.all(|result| result.eval_decision().as_str() == "allowed").then_some(()))
    })
    .await
}

/// The observable part of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Config {
    retries: Option<i32>,
    age: Option<i32>,
    success: String,
    failure: String,
}

async fn config(aws: &Aws, name: &str) -> TestResult<Option<Config>> {
    let answer = aws.lambda.get_function_event_invoke_config().function_name(name).send().await;
    match answer {
        Ok(found) => Ok(Some(Config::of(&found))),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Config {
    fn of(found: &GetFunctionEventInvokeConfigOutput) -> Self {
        let destinations = found.destination_config();
        let success = destinations.and_then(|config| config.on_success()?.destination()).unwrap_or_default();
        let failure = destinations.and_then(|config| config.on_failure()?.destination()).unwrap_or_default();
        Self {
            retries: found.maximum_retry_attempts(),
            age: found.maximum_event_age_in_seconds(),
            success: success.to_owned(),
            failure: failure.to_owned(),
        }
    }
}

async fn tag(aws: &Aws, name: &str) -> TestResult<Option<String>> {
    let answer = aws.lambda.list_tags().resource(aws.arn("lambda", &format!("function:{name}"))).send().await?;
    Ok(answer.tags().and_then(|tags| tags.get(TAG)).cloned())
}
