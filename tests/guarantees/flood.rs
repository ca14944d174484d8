//! Forged events: whoever may call `events:PutEvents` can say that functions fail. What it cannot do is keep the failures of
//! others from people.

use std::io::Write;
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_lambda::primitives::Blob;
use incident_model::{Incident, Status};
use serde_json::{Value, json};

use super::bus;
use super::outage::most_at_once;
use super::stack::{EVENTS, Stack};
use crate::harness::{Aws, Control, TestResult, eventually};
use crate::watch::create;

/// The mapping's maximum, and those that sweep: one every six seconds on this clock, each for thirty at most.
const HANDLERS: f64 = 10.0 + 5.0;
/// Mails about single incidents in a minute, one of them for something CRITICAL.
const SINGLES: usize = 6 + 1;
/// Items of the table for a forged event: its incident, two pointers and a marker.
const ITEMS: usize = 4;
/// The table's other items: budgets, the state of the watch over all functions, the incidents of others.
const OTHER_ITEMS: usize = 60;
/// A real failure is in one of so many digests, however many forged ones came before it.
const DIGESTS: usize = 3;
/// Far above what these digests take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(360);

/// `INCIDENTCTL_TEST_STORM=1` forges five thousand.
#[tokio::test(flavor = "multi_thread")]
async fn guarantee_5_a_flood_of_forged_failures_hides_no_failure_of_others() -> TestResult {
    let is_whole = std::env::var("INCIDENTCTL_TEST_STORM").is_ok_and(|value| value == "1");
    let count = if is_whole { 5_000 } else { 500 };
    let stack = Stack::new("10").await?;
    create(&stack.aws, "orders").await?;
    happened(&stack.aws, &alarm("before")).await?;
    stack.until_mailed("[", "before").await?;
    let attacker = attacker(&stack.aws).await?;
    cannot_speak_for_a_service(&attacker).await?;

    let began = Instant::now();
    bus::put_as(&attacker, &(0..count).map(forged).collect::<Vec<_>>()).await?;
    bus::put_as(&attacker, &lies()).await?;
    // What really fails meanwhile: a workflow, and a function that is called synchronously.
    happened(&stack.aws, &workflow("billing")).await?;
    let failed = stack.aws.lambda.invoke().function_name("orders").payload(Blob::new("{}")).send().await?;
    assert!(failed.function_error().is_some());

    for (source, resource) in [("states", "billing"), ("lambda-metrics", "orders")] {
        let digests = until_told(&stack, source, resource, began).await?;
        writeln!(
            std::io::stderr(),
            "flood: {source} {resource} told after {:.0} s, {} mails and {digests} digests",
            began.elapsed().as_secs_f64(),
            stack.aws.alerts()?.len()
        )?;
        assert!(digests <= DIGESTS, "{resource} is in digest {digests}");
    }
    within_budget(&stack.aws)?;
    let most = most_at_once(&stack).await?;
    assert!(most <= HANDLERS, "{most} handlers at once");
    let items = stack.scan().await?.len();
    assert!(items <= ITEMS * (count + lies().len()) + OTHER_ITEMS, "{items} items for {count} forged events");

    // Nothing of it ended an incident, and what waits is found out.
    let incidents = stack.incidents().await?;
    let of = |resource: &str| incidents.iter().filter(|one| one.resource == resource).collect::<Vec<_>>();
    assert!(of("before").iter().all(|one| one.status == Status::Open) && of("before").len() == 1);
    assert!(of("devops-incident-handler").is_empty(), "the alert path does not watch itself");
    let foreign = "arn:aws:lambda:us-east-1:999999999999:function:orders";
    assert!(of(foreign).iter().all(|one| one.account == stack.aws.account), "{foreign}");
    eventually("a forged function that is found out", async || {
        let is_found_out = |one: &Incident| one.resource.starts_with("forged-") && one.function_missing_at.is_some();
        Ok(stack.incidents().await?.iter().any(is_found_out).then_some(()))
    })
    .await
}

/// A failure of a function that does not exist, CRITICAL and with a fingerprint of its own.
fn forged(number: usize) -> Value {
    bus::crash(&format!("forged-{number}"), number)
}

/// Forged ends, drills, and failures of what is not the sender's.
fn lies() -> Vec<Value> {
    let mut over = bus::failure("before", 1);
    over["requestContext"]["condition"] = json!("Success");
    let mut drill = bus::failure("devops-error-generator", 2);
    drill["requestPayload"] = json!({"incidentctl_drill": "forged"});
    let mut foreign = bus::failure("orders", 3);
    foreign["requestContext"]["functionArn"] = json!("arn:aws:lambda:us-east-1:999999999999:function:orders:$LATEST");
    let mut control = bus::failure("control", 4);
    control["incidentctl"] = json!("self-check");
    let own = bus::failure("devops-incident-handler", 5);
    let mut unqualified = bus::failure("devops-incident-handler", 6);
    unqualified["requestContext"]["functionArn"] =
        json!("arn:aws:lambda:us-east-1:000000000000:function:devops-incident-handler");
    vec![over, drill, foreign, control, own, unqualified]
}

/// Who may put events on the default bus and nothing else.
async fn attacker(aws: &Aws) -> TestResult<aws_sdk_eventbridge::Client> {
    let [key, secret, token] = aws.person("attacker").await?.map(|(_, value)| value);
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "events:PutEvents", "Resource": aws.arn("events", "event-bus/default")}});
    let put = aws.iam.put_role_policy().role_name("attacker").policy_name("attacker");
    put.policy_document(policy.to_string()).send().await?;
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(aws_config::Region::new(aws.region.clone()))
        .endpoint_url(&aws.endpoint)
        .credentials_provider(Credentials::new(key, secret, Some(token), None, "tests"))
        .load()
        .await;
    let events = aws_sdk_eventbridge::Client::new(&sdk);
    eventually("the attacker's permission", async || {
        let entry = PutEventsRequestEntry::builder().source("nothing").detail_type("nothing").detail("{}").build();
        Ok(events.put_events().entries(entry).send().await.ok())
    })
    .await?;
    Ok(events)
}

/// The names of AWS's services are AWS's: alarms, workflows and all else but functions cannot be forged.
async fn cannot_speak_for_a_service(attacker: &aws_sdk_eventbridge::Client) -> TestResult {
    for event in [alarm("forged"), workflow("forged")] {
        let text = |name: &str| event[name].as_str().unwrap_or_default();
        let entry = PutEventsRequestEntry::builder().source(text("source")).detail_type(text("detail-type"));
        let answer = attacker.put_events().entries(entry.detail(event["detail"].to_string()).build()).send().await?;
        let codes: Vec<_> = answer.entries().iter().filter_map(|entry| entry.error_code()).collect();
        assert_eq!(codes, ["NotAuthorizedForSourceException"], "{answer:?}");
    }
    Ok(())
}

fn alarm(name: &str) -> Value {
    json!({
        "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "detail": {"alarmName": name, "state": {"value": "ALARM", "reason": "Threshold Crossed"}},
    })
}

fn workflow(name: &str) -> Value {
    json!({
        "source": "aws.states", "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "status": "FAILED", "error": "Timeout", "cause": "it took too long", "name": "1",
            "executionArn": format!("arn:aws:states:us-east-1:000000000000:execution:{name}:1"),
            "stateMachineArn": format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}"),
        },
    })
}

/// Sends an event as the service itself.
async fn happened(aws: &Aws, event: &Value) -> TestResult {
    Control::of(aws).await?.call("POST", "events", &event.to_string()).await.map(drop)
}

/// Waits for a mail about a resource; returns the number of digests up to then.
async fn until_told(stack: &Stack, source: &str, resource: &str, began: Instant) -> TestResult<usize> {
    while began.elapsed() < PATIENCE {
        let incidents = stack.incidents().await?;
        let found = incidents.iter().find(|one| one.source == source && one.resource == resource);
        let alerts = stack.aws.alerts()?;
        let position = found.and_then(|one| alerts.iter().position(|mail| mail.body.contains(&one.incident_id)));
        if let Some(position) = position {
            return Ok(alerts.iter().take(position + 1).filter(|mail| mail.subject.starts_with("[DIGEST]")).count());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let subjects: Vec<_> = stack.aws.alerts()?.into_iter().map(|mail| mail.subject).collect();
    let incidents = stack.incidents().await?;
    let found = incidents.iter().find(|one| one.source == source && one.resource == resource);
    let waiting = stack.waiting(EVENTS).await?;
    Err(format!("{source} {resource} was not told of; {waiting} events wait; {found:?}; {subjects:?}").into())
}

/// The handler's mails over the whole time, within their budgets. Those of the alarms on the alert path do not come from it,
/// and drills have a budget of their own. A mail may be delivered seconds after it is taken from its budget, so no window
/// is exact.
fn within_budget(aws: &Aws) -> TestResult {
    let mails = aws.alerts()?;
    let of_handler = mails.iter().filter(|mail| mail.subject.starts_with('[') && !mail.subject.contains("TEST:"));
    let (digests, singles): (Vec<_>, Vec<_>) = of_handler.partition(|mail| mail.subject.starts_with("[DIGEST]"));
    let dates = || mails.iter().filter_map(|mail| mail.date).map(|date| date.as_second());
    let seconds = usize::try_from(dates().max().ok_or("no mail")? - dates().min().ok_or("no mail")?)?;
    let (most_singles, most_digests) = (SINGLES * (seconds / 60 + 1), seconds / 50 + 1);
    let subjects = || mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>();
    assert!(singles.len() <= most_singles, "{} mails in {seconds} s: {:?}", singles.len(), subjects());
    assert!(digests.len() <= most_digests, "{} digests in {seconds} s: {:?}", digests.len(), subjects());
    Ok(())
}
