//! Plays a scenario: the account as it was, its past, the failures.

use std::time::{Duration, SystemTime};

use incident_local::outbox::StoredMail;
use incident_model::table::{INCIDENT_ID, analysis_key};
use incident_model::{Analysis, Incident};
use jiff::Timestamp;
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, from_item};
use serde_json::{Value, json};

use super::elapse::{Item, Items, moved};
use super::format::{Earlier, Fault, Function, Health, REGION, Scenario};
use super::moment::Moment;
use super::stage::{HANDLER, Stage};
use super::{account, events, past};
use crate::harness::TestResult;

/// How often the handler does what is due until the alert is out.
const SWEEPS: usize = 4;
/// How long is between two sweeps, in seconds.
const MINUTE: i64 = 60;

/// What the handler itself remembers is not older than this, in seconds after the failure.
const REMEMBERED: i64 = -120;

/// Calls that gather evidence. Of `Query`, those of the index by month.
const EVIDENCE: [&str; 7] = [
    "FilterLogEvents",
    "GetLogEvents",
    "GetFunctionConfiguration",
    "GetMetricData",
    "Query",
    "GetExecutionHistory",
    "DescribeTaskDefinition",
];

/// What came of a scenario.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) incident: Option<Incident>,
    pub(super) analysis: Option<Analysis>,
    /// The mails about the incident.
    pub(super) mails: Vec<String>,
    /// All records and mails.
    pub(super) everything: String,
    /// From the event to the mail.
    pub(super) to_mail: Option<Duration>,
    /// Milliseconds from the last call before the evidence to the last call for it.
    pub(super) analysis_took: Option<i64>,
    /// Calls for evidence.
    pub(super) calls: usize,
    /// How often a minute passed before the mail: the alert waited for others of its cause.
    pub(super) minutes: usize,
}

/// What happens at a time.
enum Happening<'a> {
    Incident(&'a Earlier),
    Health(&'a Health),
    Failure(&'a super::format::Failure),
}

/// Plays a scenario whose failure is now.
pub(super) async fn play(stage: &Stage, scenario: &Scenario) -> TestResult<Played> {
    let zero = Timestamp::from_second(Timestamp::now().as_second())?;
    let functions = scenario.functions();
    for function in &functions {
        let created = account::create(&stage.aws, scenario, function, zero).await;
        created.map_err(|error| format!("cannot create {}: {error:?}", function.name))?;
    }
    past::bring_in(&stage.aws, super::stage::TABLE, scenario, zero).await?;
    stage.break_calls(&json!(scenario.faults.iter().map(broken).collect::<Vec<_>>())).await?;

    let incidents = scenario.incidents.iter().map(|incident| (incident.opened, Happening::Incident(incident)));
    let reports = scenario.history.iter().filter_map(|past| Some((past.at, Happening::Health(past.health.as_ref()?))));
    let failures = scenario.failures.iter().map(|failure| (failure.at, Happening::Failure(failure)));
    let mut happenings: Vec<_> = incidents.chain(reports).chain(failures).collect();
    happenings.sort_by_key(|(at, _)| *at);
    let mut played = None;
    let mut is_remembered = happenings.iter().any(|(at, _)| at.0 < REMEMBERED);
    for (at, what) in happenings {
        if is_remembered && at.0 >= REMEMBERED {
            stage.forget().await?;
            is_remembered = false;
        }
        match what {
            Happening::Incident(earlier) => solved(stage, earlier, &functions, zero).await?,
            Happening::Health(health) => {
                let event = events::health(&stage.aws, health, at, zero)?;
                delivered_at(stage, &event, at).await?;
            }
            Happening::Failure(failure) => {
                let event = events::failure(&stage.aws, failure, &functions, zero)?;
                played = match played {
                    None => failed(stage, &event, at, &scenario.expect.of).await?,
                    played => {
                        stage.deliver(&event).await?;
                        played
                    }
                };
            }
        }
    }
    let mut played = played.unwrap_or_default();
    let mails = stage.aws.mails()?;
    let texts = mails.iter().map(|mail| format!("{}\n{}\n", mail.subject, mail.body));
    played.everything = format!("{:?}\n{}", stage.items().await?, texts.collect::<String>());
    Ok(played)
}

/// A rule that breaks a call of the handler.
fn broken(fault: &Fault) -> Value {
    let status = match fault.answer.as_str() {
        // JSON services answer 400 whatever the error.
        _ if fault.call.ends_with("LogEvents") || fault.call.ends_with("History") => 400,
        "TooManyRequestsException" => 429,
        answer if answer.contains("AccessDenied") => 403,
        answer if answer.contains("Internal") || answer.contains("ServiceException") => 500,
        answer if answer.contains("Unavailable") => 503,
        _ => 400,
    };
    let action = match fault.answer.as_str() {
        "hang" | "late" => json!("hang-before"),
        "drop" => json!("drop-before"),
        "throttle" => json!("throttle"),
        code => json!({"error": {"code": code, "message": fault.message, "status": status}}),
    };
    // Not those of this test.
    json!({"operation": fault.call, "caller": format!("{HANDLER}-{REGION}"), "action": action})
}

/// Delivers an event of the past.
async fn delivered_at(stage: &Stage, event: &Value, at: Moment) -> TestResult {
    let before = stage.items().await?;
    stage.deliver(event).await?;
    stage.put(moved(&before, &stage.items().await?, at.0)).await
}

/// An incident that was there and is over.
async fn solved(stage: &Stage, earlier: &Earlier, functions: &[Function], zero: Timestamp) -> TestResult {
    let before = stage.items().await?;
    stage.deliver(&events::earlier(&stage.aws, earlier, functions, zero)?).await?;
    let items = stage.items().await?;
    let opened = incidents(&items).find(|incident| !before.contains_key(&incident.incident_id));
    let id = opened.ok_or_else(|| format!("no incident of {}", earlier.function))?.incident_id;
    let Some(resolved) = earlier.resolved else {
        return stage.put(moved(&before, &items, earlier.opened.0)).await;
    };
    let note = earlier.note.as_deref().unwrap_or("solved");
    let resolve = ["incidents", "resolve", &id, "--by", "on-call", "--note", note, "--local"];
    stage.world.run(&resolve).await?.succeeded()?;
    let mut items = moved(&before, &stage.items().await?, earlier.opened.0);
    for item in items.iter_mut().filter(|item| item.contains_key("resolved_at")) {
        let at = aws_sdk_dynamodb::types::AttributeValue::S(format!("{:.3}", resolved.after(zero)?));
        item.insert("resolved_at".to_owned(), at);
    }
    stage.put(items).await
}

/// Delivers a failure; what came of it, if it opened the incident that is meant.
async fn failed(stage: &Stage, event: &Value, at: Moment, of: &str) -> TestResult<Option<Played>> {
    let before = stage.items().await?;
    stage.control("DELETE", "calls", &Value::Null).await?;
    let begin = SystemTime::now();
    stage.deliver(event).await?;
    let items = stage.items().await?;
    let Some(incident) = incidents(&items).find(|incident| incident.resource == of && is_new(incident, &before)) else {
        stage.put(moved(&before, &items, at.0)).await?;
        return Ok(None);
    };
    let (mut items, mut mails) = (items, about(stage, &incident)?);
    let mut minutes = 0;
    while minutes < SWEEPS {
        if items.contains_key(&analysis_key(&incident.incident_id)) && !mails.is_empty() {
            break;
        }
        // A minute passes.
        stage.put(moved(&Items::new(), &items, -MINUTE)).await?;
        stage.sweep().await?;
        (items, mails) = (stage.items().await?, about(stage, &incident)?);
        minutes += 1;
    }
    let calls = Calls::of(&stage.control("GET", "calls", &Value::Null).await?);
    let sent = mails.first().map(|mail| std::fs::metadata(&mail.file).and_then(|file| file.modified())).transpose()?;
    Ok(Some(Played {
        analysis: items.get(&analysis_key(&incident.incident_id)).map(analysis_of).transpose()?,
        mails: mails.into_iter().map(|mail| mail.body).collect(),
        to_mail: sent.and_then(|sent| sent.duration_since(begin).ok()),
        analysis_took: calls.took,
        calls: calls.count,
        minutes,
        incident: Some(incident),
        ..Played::default()
    }))
}

fn is_new(incident: &Incident, before: &Items) -> bool {
    !before.contains_key(&incident.incident_id)
}

fn incidents(items: &Items) -> impl Iterator<Item = Incident> {
    let heads = items.iter().filter(|(key, _)| key.starts_with("inc-") && !key.contains('#'));
    heads.filter_map(|(_, item)| from_item(item.clone()).ok())
}

/// The analysis in an item of its own.
fn analysis_of(item: &Item) -> TestResult<Analysis> {
    match item.get("analysis") {
        Some(analysis) => Ok(from_attribute_value(analysis.clone())?),
        None => {
            let mut item = item.clone();
            item.remove(INCIDENT_ID);
            Ok(from_item(item)?)
        }
    }
}

/// The alerts that name an incident, oldest first.
fn about(stage: &Stage, incident: &Incident) -> TestResult<Vec<StoredMail>> {
    let alerts = stage.aws.alerts()?;
    Ok(alerts.into_iter().filter(|mail| mail.body.contains(&incident.incident_id)).collect())
}

/// The handler's calls for evidence.
struct Calls {
    count: usize,
    took: Option<i64>,
}

impl Calls {
    fn of(recorded: &Value) -> Self {
        let is_of_handler = |call: &&Value| text(call, "principal").contains(&format!("/{HANDLER}"));
        let calls: Vec<&Value> = recorded.as_array().into_iter().flatten().filter(is_of_handler).collect();
        let is_evidence = |call: &Value| {
            let operation = text(call, "operation");
            EVIDENCE.contains(&operation) && (operation != "Query" || text(call, "resource").ends_with("/by-month"))
        };
        let at = |call: &Value| call["at"].as_i64();
        let first = calls.iter().position(|call| is_evidence(call));
        let before = first.and_then(|first| first.checked_sub(1)).and_then(|before| at(calls[before]));
        let last = calls.iter().rev().find(|call| is_evidence(call)).and_then(|call| at(call));
        Self {
            count: calls.iter().filter(|call| is_evidence(call)).count(),
            took: last.zip(before).map(|(last, before)| last - before),
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
