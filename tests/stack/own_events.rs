//! Events of the user's own: from the configuration file to an incident, and away again.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

const RULE: &str = "devops-own-events";
const CONFIGURATION: &str = "\
events:
  - {source: [my.orders], detail: {status: [FAILED, COMPLETED]}}
  - {source: [my.bills]}
";

#[tokio::test]
async fn patterns_of_the_configuration_file_reach_the_handler_with_either_engine() -> TestResult {
    for engine in ["direct", "cloudformation"] {
        let world = World::new()?;
        let file = world.home().join("incidentctl.yaml");
        let up = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", engine, "--output", "json"];
        world.run(&up).await?.succeeded()?;
        std::fs::write(&file, CONFIGURATION)?;
        let added = world.run(&up).await?.succeeded()?.result()?;
        assert_eq!(added["created"], 1, "{engine}: {added}");
        let aws = world.aws().await?;
        assert_eq!(pattern(&aws).await?, Some(pattern_of_both()), "{engine}");
        assert!(allowed(&aws).await?, "{engine}");
        let again = world.run(&up).await?.succeeded()?.result()?;
        for kind in ["created", "updated", "replaced", "deleted"] {
            assert_eq!(again[kind], 0, "{engine}: {again}");
        }

        for (source, status) in [("my.orders", "FAILED"), ("my.orders", "RUNNING"), ("my.shop", "FAILED")] {
            put(&aws, source, status).await?;
        }
        let resolved = |status: &'static str| {
            let world = &world;
            eventually("the incident", async move || {
                let list = ["incidents", "list", "--local", "--output", "json"];
                let incidents = world.run(&list).await?.succeeded()?.json()?;
                let found = incidents.as_array().and_then(|incidents| incidents.first()).cloned();
                assert!(incidents.as_array().is_none_or(|incidents| incidents.len() < 2), "{incidents}");
                Ok(found.filter(|incident| incident["status"] == status))
            })
        };
        let incident = resolved("open").await?;
        assert_eq!((&incident["source"], &incident["resource"]), (&json!("my.orders"), &json!("order-7")), "{engine}");
        put(&aws, "my.orders", "COMPLETED").await?;
        resolved("resolved").await?;

        std::fs::write(&file, "events: []\n")?;
        let removed = world.run(&up).await?.succeeded()?.result()?;
        // CloudFormation may subscribe a pending address again.
        assert!(removed["deleted"].as_u64() >= Some(1), "{engine}: {removed}");
        assert_eq!(pattern(&aws).await?, None, "{engine}");
        assert!(!allowed(&aws).await?, "{engine}");
    }
    Ok(())
}

#[tokio::test]
async fn a_pattern_that_eventbridge_would_reject_is_refused_before_any_call() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "stack: devops\nevents:\n  - {source: my.orders}\n")?;
    let refused = world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.ended_with(2)?;
    assert!(refused.stderr.contains("EventBridge rejects pattern 1: "), "{refused:?}");
    Ok(())
}

fn pattern_of_both() -> Value {
    json!({"$or": [
        {"source": ["my.orders"], "detail": {"status": ["FAILED", "COMPLETED"]}},
        {"source": ["my.bills"]},
    ]})
}

async fn pattern(aws: &Aws) -> TestResult<Option<Value>> {
    let rules = aws.events.list_rules().name_prefix(RULE).send().await?;
    let pattern = rules.rules().first().and_then(|rule| rule.event_pattern());
    Ok(pattern.map(serde_json::from_str).transpose()?)
}

/// Whether both queues take messages from the rule.
async fn allowed(aws: &Aws) -> TestResult<bool> {
    let mut allowed = BTreeSet::new();
    for queue in ["devops-events", "devops-rule-dlq"] {
        let policy = aws.queue_attribute(queue, QueueAttributeName::Policy).await?;
        allowed.insert(policy.contains(&format!("rule/{RULE}")));
    }
    assert_eq!(allowed.len(), 1, "one queue without the other");
    Ok(allowed.contains(&true))
}

async fn put(aws: &Aws, source: &str, status: &str) -> TestResult {
    let detail = json!({"status": status, "name": "order-7"});
    let entry = PutEventsRequestEntry::builder().source(source).detail_type("Order Status Change");
    let answer = aws.events.put_events().entries(entry.detail(detail.to_string()).build()).send().await?;
    assert_eq!(answer.failed_entry_count(), 0, "{answer:?}");
    Ok(())
}
