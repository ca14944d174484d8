//! What the former version needs of an incident, frozen: it reads what this version writes while both work.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;

use super::table::{TABLE, former, is_head, items, stored};
use crate::harness::{TestResult, World, eventually, samples};

/// The attributes that the former version requires, and the types that it expects of the others.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read is of interest")]
struct FormerIncident {
    incident_id: String,
    status: String,
    severity: String,
    summary: String,
    recommendation: String,
    created_at: String,
    last_seen_at: String,
    occurrences: u64,
    fingerprint: String,
    source: String,
    resource: String,
    account: String,
    region: String,
    error_type: String,
    error_message: String,
    rule: String,
    request_id: Option<String>,
    runbook: Option<String>,
    console_url: Option<String>,
    trouble: Option<String>,
    drill: Option<String>,
    notified_at: Option<String>,
    last_notified_at: Option<String>,
    #[serde(default)]
    notices: u64,
    due: Option<String>,
    due_at: Option<i64>,
    silenced_by: Option<String>,
    previous_incident_id: Option<String>,
    beside_incident_id: Option<String>,
    explains_incident_id: Option<String>,
    #[serde(default)]
    recovered: bool,
    #[serde(default)]
    recent_changes: Vec<i64>,
    #[serde(default)]
    flapping: bool,
    #[serde(default)]
    timeline: Vec<FormerEntry>,
    #[serde(default)]
    timeline_left_out: u64,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read is of interest")]
struct FormerEntry {
    at: String,
    what: String,
}

fn read(item: HashMap<String, AttributeValue>) -> Result<FormerIncident, serde_dynamo::Error> {
    serde_dynamo::from_item(item)
}

#[test]
fn the_frozen_copy_reads_what_the_former_version_wrote() -> TestResult {
    let heads = items()?.into_iter().filter(|item| item["incident_id"].as_s().is_ok_and(|id| is_head(id)));
    let unread: Vec<String> = heads.filter_map(|head| read(head).err()).map(|error| error.to_string()).collect();
    assert_eq!(unread.len(), 1, "all but the one that is unreadable on purpose: {unread:?}");
    Ok(())
}

#[tokio::test]
async fn the_former_version_reads_new_heads_by_its_indexes() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let before = stored(&aws).await?;
    let file = "ecs-06-service-task-placement-failure.json";
    let event = samples()?.into_iter().find(|sample| sample.file == file).ok_or("no sample")?.event;
    let payload = Blob::new(event.to_string());
    aws.lambda.invoke().function_name("devops-incident-handler").payload(payload).send().await?;
    let id = eventually("the incident", async || {
        Ok(stored(&aws).await?.into_keys().find(|id| is_head(id) && !before.contains_key(id)))
    })
    .await?;
    for (index, partition, value) in [
        ("by-created", "record_type", "incident"),
        ("by-status", "status", "open"),
        ("by-due", "record_type", "incident"),
    ] {
        let head = eventually("the index to show it", async || {
            let query = aws.dynamodb.query().table_name(TABLE).index_name(index);
            let query = query.key_condition_expression("#key = :value").expression_attribute_names("#key", partition);
            let query = query.expression_attribute_values(":value", AttributeValue::S(value.to_owned()));
            let found = query.send().await?.items.unwrap_or_default();
            Ok(found.into_iter().find(|head| head["incident_id"].as_s().is_ok_and(|found| *found == id)))
        })
        .await?;
        let head = read(head)?;
        assert_eq!((head.incident_id, head.status.as_str()), (id.clone(), "open"));
    }
    let listed = world.run(&super::table::LIST).await?.succeeded()?.json()?;
    assert!(listed.as_array().into_iter().flatten().any(|one| one["incident_id"] == id), "{listed}");
    Ok(())
}
