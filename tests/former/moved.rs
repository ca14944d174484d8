//! Moving the former version's table to the layout of today.

use std::collections::{BTreeSet, HashMap};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_deploy::aws::Clients;
use incident_deploy::backfill::Backfill;
use incident_deploy::template::{Indexes, compact};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::table::{FORMER, LIST, TABLE, UP, former, indexes, is_head, items, put_items, stored};
use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

const PLAN: [&str; 7] = ["plan", "--local", "--email", ADDRESS, "--detailed-exitcode", "--output", "json"];

#[tokio::test]
async fn up_moves_all_incidents_and_deletes_the_former_indexes_last() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let before = stored(&aws).await?;
    let planned = world.run(&PLAN).await?.ended_with(2)?;
    for index in FORMER {
        let path = format!("GlobalSecondaryIndexes[{index}]");
        assert!(planned.stdout.contains(&path), "{planned:?}");
    }
    assert!(planned.stderr.contains("by-status, by-due, by-created"), "{planned:?}");

    // Interrupted before the last index, which shows all.
    let of_last = json!([{"service": "dynamodb", "operation": "UpdateTable", "call": 5, "times": 1,
        "action": {"error": {"code": "AccessDeniedException", "message": "not now", "status": 400}}}]);
    faults(&aws, &of_last).await?;
    let stopped = world.run(&UP).await?.ended_with(1)?;
    assert!(stopped.stderr.contains("` goes on where this run stopped"), "{stopped:?}");
    faults(&aws, &json!([])).await?;
    assert_eq!(indexes(&aws).await?, ["by-created", "by-month", "due"]);
    are_all_listed(&world, &before).await?;
    let finished = world.run(&UP).await?.succeeded()?;
    assert!(finished.stderr.contains("former index by-created deleted"), "{finished:?}");
    assert_eq!(indexes(&aws).await?, ["by-month", "due"]);
    are_all_listed(&world, &before).await?;
    are_moved(&before, &stored(&aws).await?);
    world.run(&PLAN).await?.succeeded()?;
    let again = world.run(&UP).await?.succeeded()?;
    assert!(again.stderr.contains("nothing to change"), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn the_move_goes_on_after_an_interruption_at_every_write() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let before = stored(&aws).await?;
    let heads = before.keys().filter(|id| is_head(id)).count();
    let clients = clients(&world, &aws).await?;
    let backfill = Backfill::of(&clients, TABLE);
    let mut moved = 0;
    for call in 1.. {
        let refusal = json!([{"service": "dynamodb", "operation": "UpdateItem", "call": call,
            "action": {"error": {"code": "AccessDeniedException", "message": "not now", "status": 400}}, "times": 1}]);
        put_items(&aws).await?;
        aws.dynamodb
            .delete_item()
            .table_name(TABLE)
            .key("incident_id", AttributeValue::S("calendar".to_owned()))
            .send()
            .await?;
        faults(&aws, &refusal).await?;
        let stopped = backfill.run(&|_| {}).await;
        faults(&aws, &json!([])).await?;
        if call % 7 == 1 {
            are_all_listed(&world, &before).await?;
        }
        let rest = backfill.run(&|_| {}).await?;
        are_moved(&before, &stored(&aws).await?);
        assert!(rest.left.is_empty(), "{rest:?}");
        if let Ok(all) = stopped {
            moved = all.incidents;
            assert_eq!(rest.incidents, 0, "a second run finds nothing to do");
            assert_eq!(call, heads as u64 + 2, "every write was refused once");
            break;
        }
        assert!(rest.incidents > 0, "nothing was left at write {call}");
    }
    assert_eq!(moved, heads);
    Ok(())
}

#[tokio::test]
async fn a_head_that_another_writer_changes_is_placed_as_it_is_then() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let id = "inc-01a21dc3-d54d-765d-9149-d9bbd53fe108";
    let clients = clients(&world, &aws).await?;
    let backfill = Backfill::of(&clients, TABLE);
    // The resolution comes while the move waits for its first write.
    let slow = json!([{"service": "dynamodb", "operation": "UpdateItem", "call": 1, "times": 1,
        "action": {"delay": {"milliseconds": 1500}}}]);
    faults(&aws, &slow).await?;
    let resolve = ["incidents", "resolve", id, "--by", "ada", "--local"];
    let (moved, resolved) = tokio::join!(backfill.run(&|_| {}), world.run(&resolve));
    resolved?.succeeded()?;
    moved?;
    let head = &stored(&aws).await?[id];
    assert_eq!((&head["status"], &head["month"]), (&json!("resolved"), &json!("2026-11")));
    assert!(head.get("due_queue").is_none() && head["resolved_at"].is_string(), "{head}");
    Ok(())
}

#[tokio::test]
async fn a_throttled_table_delays_the_move() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let before = stored(&aws).await?;
    let clients = clients(&world, &aws).await?;
    let throttled = json!([{"service": "dynamodb", "operation": "UpdateItem", "action": "throttle", "times": 12},
        {"service": "dynamodb", "operation": "Query", "action": "throttle", "times": 8}]);
    faults(&aws, &throttled).await?;
    let moved = Backfill::of(&clients, TABLE).run(&|_| {}).await?;
    assert!(moved.left.is_empty(), "{moved:?}");
    are_moved(&before, &stored(&aws).await?);
    Ok(())
}

#[tokio::test]
async fn an_incident_of_a_former_handler_that_still_runs_is_moved() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    // The deletion of the second former index takes its time.
    let slow = json!([{"service": "dynamodb", "operation": "UpdateTable", "call": 4, "times": 1,
        "action": {"delay": {"milliseconds": 3000}}}]);
    faults(&aws, &slow).await?;
    let mut late = items()?.into_iter().find(|item| item["incident_id"].as_s().is_ok_and(|id| is_head(id)));
    let late = late.as_mut().ok_or("no head")?;
    late.insert("incident_id".to_owned(), AttributeValue::S("inc-late".to_owned()));
    let write = async {
        let is_past = async || Ok((!indexes(&aws).await?.contains(&"by-status".to_owned())).then_some(()));
        eventually("the first former index to be gone", is_past).await?;
        aws.dynamodb.put_item().table_name(TABLE).set_item(Some(late.clone())).send().await?;
        TestResult::Ok(())
    };
    let (finished, written) = tokio::join!(world.run(&UP), write);
    written?;
    finished?.succeeded()?;
    assert_eq!(indexes(&aws).await?, ["by-month", "due"]);
    assert!(stored(&aws).await?["inc-late"]["month"].is_string());
    assert!(world.run(&LIST).await?.succeeded()?.stdout.contains("inc-late"));
    Ok(())
}

#[tokio::test]
async fn an_incident_without_room_keeps_the_index_that_shows_it() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let mut large = items()?.into_iter().find(|item| item["incident_id"].as_s().is_ok_and(|id| is_head(id)));
    let large = large.as_mut().ok_or("no head")?;
    large.insert("incident_id".to_owned(), AttributeValue::S("inc-large".to_owned()));
    let (mut fits, mut too_large) = (300_000, 500_000);
    while too_large - fits > 1 {
        let length = usize::midpoint(fits, too_large);
        large.insert("remark".to_owned(), AttributeValue::S("x".repeat(length)));
        match aws.dynamodb.put_item().table_name(TABLE).set_item(Some(large.clone())).send().await {
            Ok(_) => fits = length,
            Err(_) => too_large = length,
        }
    }
    let finished = world.run(&UP).await?.succeeded()?;
    assert!(finished.stderr.contains("by-created stays") && finished.stderr.contains("inc-large"), "{finished:?}");
    assert_eq!(indexes(&aws).await?, ["by-created", "by-month", "due"]);
    let stored = stored(&aws).await?;
    let unmoved = stored.iter().filter(|(id, item)| is_head(id) && item.get("month").is_none());
    assert_eq!(unmoved.map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["inc-large"], "it stops no other");
    assert!(world.run(&LIST).await?.succeeded()?.stdout.contains("inc-large"));
    Ok(())
}

#[tokio::test]
async fn cloudformation_moves_it_by_successive_updates() -> TestResult {
    let world = World::new()?;
    let up = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", "cloudformation"];
    world.run(&up).await?.succeeded()?;
    let aws = world.aws().await?;
    aws.events.disable_rule().name("devops-sweep").send().await?;
    let deployed = aws.cloudformation.get_template().stack_name("devops").send().await?;
    let deployed = deployed.template_body.ok_or("no template")?;
    let (new, old) = (Indexes::read(&deployed)?, Indexes::read(include_str!("indexes.yaml"))?);
    let names = ["by-created", "by-status", "by-due"];
    for number in 1..=3 {
        update(&aws, &new.with(&old, &names[..number]).put(&deployed)?).await?;
    }
    update(&aws, &old.with(&new, &["due"]).put(&deployed)?).await?;
    update(&aws, &old.put(&deployed)?).await?;
    assert_eq!(indexes(&aws).await?, FORMER);
    put_items(&aws).await?;
    let before = stored(&aws).await?;

    let planned = world.run(&PLAN).await?.ended_with(2)?;
    assert!(planned.stderr.contains("by-status, by-due, by-created"), "{planned:?}");
    // The second new index is refused, and the deletion of the second former one.
    for refused in [2, 3] {
        let refusal = json!([{"service": "dynamodb", "operation": "UpdateTable", "call": refused, "times": 1,
            "action": {"error": {"code": "ValidationException", "message": "not now", "status": 400}}}]);
        faults(&aws, &refusal).await?;
        let stopped = world.run(&up).await?.ended_with(1)?;
        assert!(stopped.stderr.contains("not now"), "{stopped:?}");
        faults(&aws, &json!([])).await?;
        are_all_listed(&world, &before).await?;
    }
    let finished = world.run(&up).await?.succeeded()?;
    assert!(finished.stderr.contains("former index by-created deleted"), "{finished:?}");
    assert_eq!(indexes(&aws).await?, ["by-month", "due"]);
    are_all_listed(&world, &before).await?;
    are_moved(&before, &stored(&aws).await?);
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

/// Updates the stack of CloudFormation with a template.
async fn update(aws: &Aws, template: &str) -> TestResult {
    use aws_sdk_cloudformation::types::{Capability, Parameter};
    let bucket = Parameter::builder().parameter_key("CodeBucket").use_previous_value(true).build();
    let call =
        aws.cloudformation.update_stack().stack_name("devops").template_body(compact(template)?).parameters(bucket);
    call.capabilities(Capability::CapabilityNamedIam).send().await?;
    eventually("the update", async || {
        let stacks = aws.cloudformation.describe_stacks().stack_name("devops").send().await?;
        let status = stacks.stacks().first().and_then(|stack| stack.stack_status()).ok_or("no stack")?.as_str();
        match status {
            "UPDATE_COMPLETE" => Ok(Some(())),
            status if status.contains("ROLLBACK") => Err(format!("{status}: {:?}", stacks.stacks()).into()),
            _ => Ok(None),
        }
    })
    .await
}

/// Every incident is listed once, and is the same but for what the move adds.
async fn are_all_listed(world: &World, before: &HashMap<String, Value>) -> TestResult {
    let mut listed = world.run(&LIST).await?.succeeded()?.json()?;
    let mut expected: Value = serde_json::from_str(include_str!("list.json"))?;
    for list in [&mut listed, &mut expected] {
        for incident in list.as_array_mut().into_iter().flatten() {
            let incident = incident.as_object_mut().ok_or("no object")?;
            incident.retain(|name, _| !["acknowledged_at", "resolved_at"].contains(&name.as_str()));
        }
    }
    assert_eq!(listed, expected, "{} heads", before.keys().filter(|id| is_head(id)).count());
    Ok(())
}

/// Every head has its place in the indexes, and nothing else was changed.
fn are_moved(before: &HashMap<String, Value>, after: &HashMap<String, Value>) {
    const ADDED: [&str; 5] = ["month", "due_queue", "due_at", "acknowledged_at", "resolved_at"];
    let mut months = BTreeSet::new();
    for (id, old) in before.iter().filter(|(id, _)| is_head(id)) {
        let new = &after[id];
        let (status, month) = (&old["status"], new["month"].as_str().unwrap_or_default());
        assert!(!month.is_empty() && old["created_at"].as_str().is_some_and(|at| at.starts_with(month)), "{new}");
        months.insert(month);
        let needs_attention = status != "resolved" || old.get("due_at").is_some();
        assert_eq!(new.get("due_queue").is_some(), needs_attention, "{new}");
        assert_eq!(new.get("due_at").is_some(), needs_attention, "{new}");
        for attribute in old.as_object().into_iter().flatten().map(|(name, _)| name) {
            assert_eq!(old[attribute], new[attribute], "{attribute} of {id}");
        }
        for (attribute, _) in new.as_object().into_iter().flatten() {
            assert!(old.get(attribute).is_some() || ADDED.contains(&attribute.as_str()), "{attribute} of {id}");
        }
        assert_eq!(new.get("resolved_at").is_some(), status == "resolved", "{new}");
    }
    let calendar = &after["calendar"]["months"];
    let entered: BTreeSet<&str> = calendar.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(months.is_subset(&entered), "{months:?} of {entered:?}");
}

/// The deployer's clients.
async fn clients(world: &World, aws: &Aws) -> TestResult<Clients> {
    let status = world.run(&["local", "status", "--output", "json"]).await?.succeeded()?.json()?;
    let key = status["environment"]["AWS_ACCESS_KEY_ID"].as_str().ok_or("no access key")?;
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new(aws.region.clone()))
        .endpoint_url(&aws.endpoint)
        .credentials_provider(Credentials::new(key, &aws.secret, None, None, "tests"))
        .load()
        .await;
    Ok(Clients::new(&sdk))
}

/// Breaks calls by these rules from now on.
pub(crate) async fn faults(aws: &Aws, rules: &Value) -> TestResult {
    let host = aws.endpoint.strip_prefix("http://").ok_or("an endpoint without a host")?;
    let (secret, body) = (&aws.secret, rules.to_string());
    let request = format!(
        "PUT /_local/faults HTTP/1.1\r\nhost: {host}\r\nx-local-secret: {secret}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(())
}
