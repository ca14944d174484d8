//! Where evidence is looked for: of each kind of resource, and never where only an event says.

use incident_model::analysis::origin;

use super::*;

/// An incident of a source, with an origin.
fn of(source: &str, resource: &str, said: &[(&str, &str)]) -> Result<Incident, Box<dyn std::error::Error>> {
    let origin = said.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(Incident { source: source.to_owned(), resource: resource.to_owned(), origin, ..incident()? })
}

fn operations(aws: &Aws) -> Vec<String> {
    aws.calls().into_iter().map(|call| call.operation).collect()
}

#[tokio::test(start_paused = true)]
async fn the_version_that_ran_is_compared() -> Tested {
    for (said, expected) in [
        (vec![(origin::VERSION, "42"), (origin::ALIAS, "live")], Some("Qualifier=42")),
        (vec![(origin::ALIAS, "live")], Some("Qualifier=live")),
        (vec![(origin::VERSION, "$LATEST")], None),
        (vec![(origin::VERSION, "4 2")], None),
        (vec![], None),
    ] {
        let aws = answering();
        gathered(&aws, &asked(&of("lambda", "orders", &said)?), AnalysisPolicy::default()).await;
        let uri = aws.input("GetFunctionConfiguration");
        let uri = uri.as_str().unwrap_or_default();
        assert!(uri.contains("/functions/orders/configuration"), "{uri}");
        assert_eq!(uri.split_once('?').map(|(_, query)| query), expected, "{said:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_alarm_about_a_function_has_its_changes_and_metrics_but_no_lines() -> Tested {
    let aws = answering();
    let alarm = of("cloudwatch", "orders-errors", &[(origin::FUNCTION, "orders")])?;
    let found = gathered(&aws, &asked(&alarm), AnalysisPolicy::default()).await;
    assert!(found.function.found().is_some() && found.rates.found().is_some());
    assert_eq!(missing(&found, EvidenceKind::Log), Some(WhyMissing::None));
    assert_eq!(operations(&aws), ["GetFunctionConfiguration", "GetItem", "GetMetricData", "Query"]);
    Ok(())
}

/// Calls that were throttled leave no lines. What is reserved for them is asked instead.
#[tokio::test(start_paused = true)]
async fn what_is_reserved_is_asked_when_calls_were_throttled() -> Tested {
    let throttled = |source: &str, class: &str| -> Result<Incident, Box<dyn std::error::Error>> {
        let said: &[(&str, &str)] = if source == "cloudwatch" { &[(origin::FUNCTION, "orders")] } else { &[] };
        let resource = if source == "cloudwatch" { "orders-throttles" } else { "orders" };
        Ok(Incident { error_type: class.to_owned(), ..of(source, resource, said)? })
    };
    for (answer, concurrency, unreserved) in [
        (Answer::Ok(json!({"ReservedConcurrentExecutions": 5})), Some(5), false),
        (Answer::Ok(json!({})), None, true),
        (Answer::Error(429, "TooManyRequestsException", "Rate exceeded"), None, false),
    ] {
        for incident in [
            throttled("lambda-metrics", "Throttles")?,
            throttled("cloudwatch", "Threshold Crossed")?,
            throttled("lambda", "Lambda.TooManyRequestsException")?,
        ] {
            let aws = answering().with("GetFunctionConcurrency", answer.clone());
            let found = gathered(&aws, &asked(&incident), AnalysisPolicy::default()).await;
            let state = found.function.found().ok_or("no function")?;
            assert_eq!((state.concurrency, state.unreserved), (concurrency, unreserved), "{}", incident.source);
            let asked = operations(&aws);
            assert!(asked.len() <= 5 && asked.contains(&"GetFunctionConcurrency".to_owned()), "{asked:?}");
            assert!(!asked.contains(&"FilterLogEvents".to_owned()), "{asked:?}");
        }
    }
    let others = throttled("lambda", "ThrottlingException")?;
    let aws = answering();
    gathered(&aws, &asked(&others), AnalysisPolicy::default()).await;
    assert!(operations(&aws).contains(&"FilterLogEvents".to_owned()), "another service throttled the function");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failed_execution_names_its_state() -> Tested {
    let failed = "LambdaFunctionFailed";
    let cause = r#"{"errorMessage":"login with password=hunter2 failed","errorType":"LoginError"}"#;
    let task = |id: i64, kind: &str, previous: i64, details: Value| {
        let mut event = json!({"id": id, "previousEventId": previous, "timestamp": NOW, "type": kind});
        for (name, value) in details.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    };
    let events = [
        task(7, "ExecutionFailed", 6, json!({"executionFailedEventDetails": {"error": "Stop", "cause": "it failed"}})),
        task(6, "FailStateEntered", 5, json!({"stateEnteredEventDetails": {"name": "Give up"}})),
        task(5, failed, 4, json!({"lambdaFunctionFailedEventDetails": {"error": "LoginError", "cause": cause}})),
        task(4, "LambdaFunctionStarted", 3, json!({})),
        task(
            3,
            "LambdaFunctionScheduled",
            2,
            json!({"lambdaFunctionScheduledEventDetails": {"resource": "arn:aws:lambda:eu-west-1:111111111111:function:login"}}),
        ),
        task(2, "TaskStateEntered", 1, json!({"stateEnteredEventDetails": {"name": "Log in"}})),
        task(1, "ExecutionStarted", 0, json!({})),
    ];
    let execution = "arn:aws:states:eu-west-1:111111111111:execution:nightly:4f1c";
    let aws = answering().with("GetExecutionHistory", Answer::Ok(json!({"events": events})));
    let machine = of("states", "nightly", &[(origin::EXECUTION, execution)])?;
    let found = gathered(&aws, &asked(&machine), AnalysisPolicy::default()).await;
    let step = found.execution.found().ok_or("no step")?;
    assert_eq!((step.state.as_str(), step.error.as_str()), ("Log in", "LoginError"));
    assert_eq!(step.resource, "arn:aws:lambda:eu-west-1:111111111111:function:login");
    assert!(step.cause.contains("login with password") && !step.cause.contains("hunter2"), "{}", step.cause);
    assert_eq!(operations(&aws), ["Query", "GetExecutionHistory"]);
    assert_eq!(aws.input("GetExecutionHistory")["includeExecutionData"], false);
    let aws = aws.with("GetExecutionHistory", Answer::Ok(json!({"events": [events[0]]})));
    let found = gathered(&aws, &asked(&machine), AnalysisPolicy::default()).await;
    assert_eq!(found.execution.found().map(|step| step.error.clone()).as_deref(), Some("Stop"));
    Ok(())
}

fn definition(driver: &str, options: Value) -> Answer {
    Answer::Ok(json!({"taskDefinition": {"containerDefinitions": [
        {"name": "proxy"},
        {"name": "app", "environment": [{"name": "TOKEN", "value": "hunter2"}],
         "logConfiguration": {"logDriver": driver, "options": options}},
    ]}}))
}

#[tokio::test(start_paused = true)]
async fn a_container_has_its_last_lines() -> Tested {
    let options = json!({"awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"});
    let lines = json!({"events": [{"timestamp": NOW * 1000, "message": "panic: nil map, password=hunter2"}]});
    let definition_arn = "arn:aws:ecs:eu-west-1:111111111111:task-definition/web:3";
    let said = [(origin::TASK_DEFINITION, definition_arn), (origin::TASK, "0f9d"), (origin::CONTAINER, "app")];
    let task = of("ecs", "web", &said)?;
    let aws = Aws::default().with("GetLogEvents", Answer::Ok(lines));
    let aws = aws.with("DescribeTaskDefinition", definition("awslogs", options.clone()));
    let found = gathered(&aws, &asked(&task), AnalysisPolicy::default()).await;
    assert_eq!(
        found.log.found().map(|log| log.error_line().to_owned()).as_deref(),
        Some("panic: nil map, password=[redacted]")
    );
    assert_eq!(operations(&aws), ["Query", "DescribeTaskDefinition", "GetLogEvents"]);
    let asked_for = aws.input("GetLogEvents");
    assert_eq!((&asked_for["logGroupName"], &asked_for["logStreamName"]), (&json!("/ecs/web"), &json!("ecs/app/0f9d")));
    // Logs that are elsewhere, or nowhere.
    let mut abroad = options;
    abroad["awslogs-region"] = json!("us-east-1");
    for definition in [definition("awslogs", abroad), definition("splunk", json!({})), Answer::Ok(json!({}))] {
        let aws = Aws::default().with("DescribeTaskDefinition", definition);
        let found = gathered(&aws, &asked(&task), AnalysisPolicy::default()).await;
        assert_eq!(missing(&found, EvidenceKind::Log), Some(WhyMissing::None));
        assert_eq!(operations(&aws), ["Query", "DescribeTaskDefinition"]);
    }
    Ok(())
}

/// Whoever may send events chooses the names in them.
#[tokio::test(start_paused = true)]
async fn what_an_event_invents_reaches_no_call() -> Tested {
    let long = "x".repeat(65);
    let names = [
        "../orders",
        "orders/..%2f",
        "a b",
        "/aws/lambda/orders",
        "orders\"",
        "arn:aws:lambda:us-east-1:1:function:f",
        "",
        &long,
    ];
    for name in names {
        let aws = answering();
        gathered(&aws, &asked(&of("lambda", name, &[])?), AnalysisPolicy::default()).await;
        assert_eq!(operations(&aws), ["Query"], "{name}");
    }
    for (account, region) in [("222222222222", "eu-west-1"), ("111111111111", "us-east-1")] {
        let (account, region) = (account.to_owned(), region.to_owned());
        let aws = answering();
        let elsewhere = Incident { account, region, ..of("lambda", "orders", &[])? };
        gathered(&aws, &asked(&elsewhere), AnalysisPolicy::default()).await;
        assert_eq!(operations(&aws), ["Query"]);
    }
    for id in ["x\" \"password", "*", "", "password", "?ERROR", &"a".repeat(36)] {
        let aws = answering();
        let forged = Incident { request_id: Some(id.to_owned()), ..incident()? };
        gathered(&aws, &asked(&forged), AnalysisPolicy::default()).await;
        assert!(!operations(&aws).iter().any(|operation| operation.ends_with("LogEvents")), "{id}");
    }
    let task = |definition: &str| {
        of("ecs", "web", &[(origin::TASK_DEFINITION, definition), (origin::TASK, "0f9d"), (origin::CONTAINER, "app")])
    };
    for definition in [
        "arn:aws:ecs:us-east-1:111111111111:task-definition/web:3",
        "arn:aws:ecs:eu-west-1:222222222222:task-definition/web:3",
        "arn:aws:ecs:::task-definition/web:3",
        "arn:aws:ecs:eu-west-1:111111111111:task-definition/../web:3",
        "web:3",
    ] {
        let aws = answering();
        gathered(&aws, &asked(&task(definition)?), AnalysisPolicy::default()).await;
        assert_eq!(operations(&aws), ["Query"], "{definition}");
    }
    for execution in [
        "arn:aws:states:us-east-1:111111111111:execution:nightly:4f1c",
        "arn:aws:states:eu-west-1:111111111111:express:nightly:4f1c:1",
    ] {
        let aws = answering();
        gathered(&aws, &asked(&of("states", "nightly", &[(origin::EXECUTION, execution)])?), AnalysisPolicy::default())
            .await;
        assert_eq!(operations(&aws), ["Query"], "{execution}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_switched_off_is_not_asked_for() -> Tested {
    let all = AnalysisPolicy::default();
    for (policy, kinds, calls) in [
        (
            AnalysisPolicy { logs: false, ..all },
            vec![EvidenceKind::Log],
            vec!["GetFunctionConfiguration", "GetItem", "GetMetricData", "Query"],
        ),
        (
            AnalysisPolicy { changes: false, ..all },
            vec![EvidenceKind::Change, EvidenceKind::Earlier],
            vec!["GetMetricData", "Query", "FilterLogEvents", "GetLogEvents"],
        ),
        (
            AnalysisPolicy { metrics: false, ..all },
            vec![EvidenceKind::Rate],
            vec!["GetFunctionConfiguration", "GetItem", "Query", "FilterLogEvents", "GetLogEvents"],
        ),
    ] {
        let (aws, incident) = (answering(), incident()?);
        let found = gathered(&aws, &asked(&incident), policy).await;
        for (_, kind) in SOURCES {
            let expected = kinds.contains(&kind).then_some(WhyMissing::Off);
            assert_eq!(missing(&found, kind), expected, "{policy:?} {kind:?}");
        }
        // What does not apply is not off.
        assert_eq!(missing(&found, EvidenceKind::Execution), Some(WhyMissing::None));
        assert_eq!(operations(&aws), calls, "{policy:?}");
    }
    Ok(())
}

/// The index is by month.
#[tokio::test(start_paused = true)]
async fn on_the_first_day_of_a_month_the_former_one_counts_while_a_call_is_left() -> Tested {
    let (history, now) = (FunctionHistory::default(), 1_796_083_800);
    let incident = Incident { request_id: None, ..incident()? };
    let months = Answer::Each(vec![
        Answer::Ok(json!({"Items": [neighbour("inc-1", "orders")]})),
        Answer::Ok(json!({"Items": [neighbour("inc-2", "billing")]})),
    ]);
    let aws = answering().with("Query", months);
    let found =
        gathered(&aws, &Asked { history: Some(&history), now, ..asked(&incident) }, AnalysisPolicy::default()).await;
    assert_eq!(found.around.found().map(Vec::len), Some(1));
    let values: Vec<Value> = aws
        .calls()
        .into_iter()
        .filter(|call| call.operation == "Query")
        .map(|call| call.input["ExpressionAttributeValues"].clone())
        .collect();
    let since = json!({"S": "2026-11-30T00:10:00.000Z"});
    assert_eq!(
        values,
        [json!({":month": {"S": "2026-12"}, ":since": since}), json!({":month": {"S": "2026-11"}, ":since": since})]
    );
    Ok(())
}
