//! Functions that only metrics show to fail: from a synchronous invocation to the incident, and what it cost.

use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricDataQuery};
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use crate::harness::{Aws, TestResult, World, eventually};
use crate::watch::create;

const STATUS: [&str; 4] = ["status", "--local", "--output", "json"];

#[tokio::test]
async fn a_function_that_fails_when_it_is_called_becomes_an_incident() -> TestResult {
    let world = World::new()?;
    // The sweeps of this test are those that it makes.
    std::fs::write(world.home().join("incidentctl.yaml"), "schedule: never\n")?;
    let aws = world.up().await?;
    for name in ["orders", "bills"] {
        create(&aws, name).await?;
    }
    assert_eq!(world.run(&STATUS).await?.succeeded()?.json()?["function_queries"], Value::Null, "nothing was asked");
    for function in ["orders", "orders", "orders", "bills", "devops-error-generator"] {
        let failed = aws.lambda.invoke().function_name(function).payload(Blob::new("{}")).send().await?;
        assert!(failed.function_error().is_some(), "{function}");
    }
    is_on(&aws, "devops-function-errors").await?;
    sweep(&aws).await?;

    let list = ["incidents", "list", "--local", "--output", "json"];
    let incidents = world.run(&list).await?.succeeded()?.json()?;
    let incidents = incidents.as_array().ok_or("no list")?;
    let mut found: Vec<_> = incidents.iter().map(|incident| (&incident["source"], &incident["resource"])).collect();
    found.sort_by_key(|(_, resource)| resource.to_string());
    let source = json!("lambda-metrics");
    assert_eq!(found, [(&source, &json!("bills")), (&source, &json!("orders"))], "{incidents:#?}");
    let orders = incidents.iter().find(|incident| incident["resource"] == "orders").ok_or("no orders")?;
    let summary = orders["summary"].as_str().unwrap_or_default();
    assert!(summary.starts_with("orders: 3 of 3 calls failed since "), "{summary}");

    let status = world.run(&STATUS).await?.succeeded()?.json()?;
    let queries = &status["function_queries"];
    assert_eq!((&queries["budget_usd"], &queries["stretched"]), (&json!(5.0), &json!(false)), "{queries}");
    let spent = queries["spent_usd"].as_f64().ok_or("no costs")?;
    assert!(spent > 0.0 && spent < 0.001, "{queries}");
    // The alarm itself opened none, and the next sweep asks nothing new within the minute.
    sweep(&aws).await?;
    assert_eq!(world.run(&list).await?.succeeded()?.json()?.as_array().map(Vec::len), Some(2));
    let again = world.run(&STATUS).await?.succeeded()?.json()?;
    assert_eq!(again["function_queries"], *queries);
    Ok(())
}

#[tokio::test]
async fn doctor_names_a_metric_that_does_not_exist() -> TestResult {
    let world = World::new()?;
    world.start().await?;
    let doctor = ["doctor", "--local", "--output", "json"];
    let checks = world.run(&doctor).await?.json()?["checks"].clone();
    let checks = checks.as_array().ok_or("no checks")?;
    let metrics = checks.iter().find(|check| check["name"] == "metrics").ok_or("no check of the metrics")?;
    assert_eq!(metrics["status"], "warn", "{metrics}");
    assert!(metrics["message"].as_str().is_some_and(|text| text.contains("Errors and Throttles")), "{metrics}");
    Ok(())
}

/// The stack of an older version has an alarm of the same name, on a query that names functions.
#[tokio::test]
async fn up_makes_a_standard_alarm_of_the_one_on_a_query() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let query = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName";
    let query = MetricDataQuery::builder().id("errors").expression(query).period(60).return_data(true).build();
    let name = "devops-function-errors";
    let put = aws.cloudwatch.put_metric_alarm().alarm_name(name).metrics(query).evaluation_periods(1).threshold(0.0);
    put.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await?;
    world.run(&["up", "--local", "--yes"]).await?.succeeded()?;
    let found = aws.cloudwatch.describe_alarms().alarm_names(name).send().await?;
    let [alarm] = found.metric_alarms() else { return Err(format!("{found:?}").into()) };
    assert_eq!(
        (alarm.metric_name(), alarm.metrics().len(), alarm.dimensions().len()),
        (Some("Errors"), 0, 0),
        "{alarm:?}"
    );
    assert_eq!((alarm.evaluation_periods(), alarm.datapoints_to_alarm()), (Some(16), Some(1)), "{alarm:?}");
    Ok(())
}

async fn is_on(aws: &Aws, alarm: &str) -> TestResult {
    eventually("the alarm", async || {
        let found = aws.cloudwatch.describe_alarms().alarm_names(alarm).send().await?;
        let state = found.metric_alarms().first().and_then(|alarm| alarm.state_value()).map(|state| state.as_str());
        Ok((state == Some("ALARM")).then_some(()))
    })
    .await
}

async fn sweep(aws: &Aws) -> TestResult {
    let sweep = Blob::new(r#"{"incidentctl":"sweep"}"#);
    let swept = aws.lambda.invoke().function_name("devops-incident-handler").payload(sweep).send().await?;
    match swept.function_error() {
        None => Ok(()),
        Some(_) => Err(String::from_utf8_lossy(swept.payload().ok_or("no answer")?.as_ref()).into_owned().into()),
    }
}
