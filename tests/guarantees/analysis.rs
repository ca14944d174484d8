//! Whatever becomes of the evidence, the alert arrives: within its second, redacted, once.

mod broken;
mod cost;
mod failure;
mod hostile;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use incident_model::Incident;
use incident_model::analysis::{Analysis, WhyMissing};
use incident_model::table::{INCIDENT_ID, analysis_key, budget_key};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;
use serde_json::{Value, json};

use self::failure::Failure;
use super::secrets::SECRETS;
use super::stack::Stack;
use crate::harness::{Control, TestResult, eventually};

/// Calls for the evidence about one failure, at most.
const MOST_CALLS: u64 = 5;
/// From the record of a failure to its mail, in milliseconds: the evidence's second, and what a busy machine takes besides.
const LONGEST: i64 = 3_000;
/// Log lines of an analysis, and their bytes.
const MOST_LINES: (usize, usize) = (20, 4 * 1024);

#[tokio::test]
async fn guarantees_2_4_and_8_hold_whatever_becomes_of_the_evidence() -> TestResult {
    // An event whose handler does not start on a busy machine comes back before the test gives up.
    let stack = Stack::with("4", "alerts: {mails_per_minute: 8}\n").await?;
    let mut names = Vec::new();
    for round in 0..broken::WAYS {
        let failures = broken::failures(&stack.aws, round, now()?);
        let analyses = alerted(&stack, broken::rules(&stack.aws, round), &failures).await?;
        for (name, analysis) in &analyses {
            is_missing(name, round, analysis);
        }
        names.extend(analyses.into_keys());
    }
    let failures = broken::failures(&stack.aws, broken::WAYS, now()?);
    names.extend(alerted(&stack, broken::all_hang(&stack.aws), &failures).await?.into_keys());

    let analyses = alerted(&stack, Vec::new(), &hostile::failures(now()?)).await?;
    for (name, analysis) in &analyses {
        let (lines, bytes) = (analysis.lines.len(), analysis.lines.iter().map(|line| line.text.len()).sum::<usize>());
        assert!((1..=MOST_LINES.0).contains(&lines) && bytes <= MOST_LINES.1, "{name}: {lines} lines, {bytes} bytes");
    }
    let of_streams = analyses.get("streams").ok_or("no streams")?;
    assert!(of_streams.lines.iter().any(|line| line.text.contains("ERROR 37 ")), "{:?}", of_streams.lines);
    assert_eq!(
        of_streams.lines.iter().filter(|line| line.text.contains("ERROR ")).count(),
        1,
        "{:?}",
        of_streams.lines
    );
    names.extend(analyses.into_keys());
    in_time(&stack, names.len()).await?;
    once(&stack, &names)?;
    no_secret(&stack).await
}

fn now() -> TestResult<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

/// Lets them fail side by side, and waits for their mails. Returns the analyses by the failures' names.
async fn alerted(stack: &Stack, faults: Vec<Value>, failures: &[Failure]) -> TestResult<BTreeMap<String, Analysis>> {
    let aws = &stack.aws;
    // As if a minute had passed.
    let budget = aws_sdk_dynamodb::types::AttributeValue::S(budget_key("mails"));
    aws.dynamodb.delete_item().table_name("devops-incidents").key(INCIDENT_ID, budget).send().await?;
    let mut control = Control::of(aws).await?;
    for logs in failures.iter().flat_map(|failure| &failure.logs) {
        control.call("PUT", "history", &json!({ "logs": [logs] }).to_string()).await?;
    }
    let broken = faults.len();
    // Rules that break nothing count calls.
    let counters = broken::CALLS.iter().map(|call| {
        let mut counter = broken::rule(aws, *call, &json!("throttle"));
        counter["call"] = 1_000_000.into();
        counter
    });
    let rules: Vec<Value> = faults.into_iter().chain(counters).collect();
    control.call("PUT", "faults", &json!(rules).to_string()).await?;
    for failure in failures {
        control.call("POST", "events", &failure.event.to_string()).await?;
    }
    let is_mailed = async || {
        let alerts = aws.alerts()?;
        let is_about = |failure: &Failure| alerts.iter().any(|mail| mail.subject.contains(&failure.name));
        Ok(failures.iter().all(is_about).then_some(()))
    };
    if let Err(error) = eventually("a mail about each", is_mailed).await {
        let subjects: Vec<String> = aws.alerts()?.into_iter().map(|mail| mail.subject).collect();
        return Err(format!("{error}: {subjects:#?}, {}", stack.log().await?).into());
    }
    let found = eventually("the analyses", async || found(stack, failures).await).await?;

    let struck = control.call("GET", "faults", "").await?;
    let seen: Vec<u64> = struck.as_array().into_iter().flatten().filter_map(|rule| rule[1].as_u64()).collect();
    let (faults, counters) = seen.split_at_checked(broken).ok_or("no faults")?;
    // The sweep makes the last one as well, and about a failure it comes when there is time left.
    let own = |seen: &[u64]| seen.iter().copied().take(broken::CALLS.len() - 1).collect::<Vec<_>>();
    assert!(own(faults).iter().all(|seen| *seen > 0), "a call was not made: {struck:#}");
    let calls: u64 = own(counters).iter().sum();
    assert!(calls <= MOST_CALLS * failures.len() as u64, "{calls} calls about {} failures: {struck:#}", failures.len());
    Ok(found)
}

/// The analyses, once each failure has its incident, which counts it once and was mailed, and its analysis.
async fn found(stack: &Stack, failures: &[Failure]) -> TestResult<Option<BTreeMap<String, Analysis>>> {
    let incidents = stack.incidents().await?;
    let mut items: BTreeMap<String, _> = BTreeMap::new();
    for item in stack.scan().await? {
        if let Some(id) = item.get(INCIDENT_ID).and_then(|id| id.as_s().ok()).cloned() {
            items.insert(id, item);
        }
    }
    let mut analyses = BTreeMap::new();
    for Failure { name, .. } in failures {
        let of = |incident: &&Incident| incident.resource.split('/').any(|part| part == name);
        let of: Vec<&Incident> = incidents.iter().filter(of).collect();
        let [incident] = of[..] else { return Err(format!("{} incidents of {name}: {of:#?}", of.len()).into()) };
        assert_eq!(incident.occurrences, 1, "{incident:#?}");
        let item = items.remove(&analysis_key(&incident.incident_id));
        let Some(item) = item.filter(|_| incident.notified_at.is_some()) else { return Ok(None) };
        analyses.insert(name.clone(), from_item(item)?);
    }
    Ok(Some(analyses))
}

/// What was broken is missing by name. On a busy machine it may be late before it is denied.
fn is_missing(name: &str, round: usize, analysis: &Analysis) {
    for (kind, reason) in broken::missing(name, round) {
        let found: Vec<WhyMissing> =
            analysis.missing.iter().filter(|one| one.kind == kind).map(|one| one.reason).collect();
        assert!(found == [reason] || found == [WhyMissing::Late], "{name}: {kind:?} {found:?} for {reason:?}");
    }
}

/// By the handler's own clock, from its record to its mail, each of so many failures was mailed once, and soon.
async fn in_time(stack: &Stack, failures: usize) -> TestResult {
    let times = eventually("the log", async || {
        let log = stack.log().await?;
        let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut times: BTreeMap<&str, (Vec<i64>, Vec<i64>)> = BTreeMap::new();
        for line in &lines {
            let (Some(id), Some(at)) = (line["incident_id"].as_str(), line["_aws"]["Timestamp"].as_i64()) else {
                continue;
            };
            let (opened, mailed) = times.entry(id).or_default();
            match line["outcome"].as_str() {
                Some("opened") => opened.push(at),
                Some("mailed") => mailed.push(at),
                _ => {}
            }
        }
        let is_whole = times.len() == failures && times.values().all(|(_, mailed)| !mailed.is_empty());
        Ok(is_whole.then(|| times.into_values().collect::<Vec<_>>()))
    })
    .await?;
    let mut took = Vec::new();
    for (opened, mailed) in times {
        let ([opened], [mailed]) = (&opened[..], &mailed[..]) else {
            return Err(format!("opened at {opened:?}, mailed at {mailed:?}").into());
        };
        took.push(mailed - opened);
    }
    took.sort_unstable();
    let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
    writeln!(
        std::io::stderr(),
        "evidence: {failures} failures, mailed {median} ms after they were recorded, at most {longest} ms"
    )?;
    assert!(longest < LONGEST, "{took:?}");
    Ok(())
}

/// Each failure has one mail. The stack's own alarms may have some, since the sweep's calls fail as well.
fn once(stack: &Stack, names: &[String]) -> TestResult {
    let alerts = stack.aws.alerts()?;
    for name in names {
        let about: Vec<_> = alerts.iter().map(|mail| &mail.subject).filter(|subject| subject.contains(name)).collect();
        assert_eq!(about.len(), 1, "{name}: {about:?}");
    }
    Ok(())
}

/// Neither the table nor a mail nor the handler's log has a secret.
async fn no_secret(stack: &Stack) -> TestResult {
    let mails: String = stack.aws.mails()?.iter().map(|mail| format!("{}\n{}\n", mail.subject, mail.body)).collect();
    for (place, text) in [("the table", stack.table().await?), ("a mail", mails), ("the log", stack.log().await?)] {
        let leaked: Vec<_> = SECRETS.iter().filter(|secret| text.contains(**secret)).collect();
        let around =
            |secret: &&&str| text.find(**secret).map(|at| text[..at].chars().rev().take(300).collect::<Vec<_>>());
        let around: Vec<String> = leaked.iter().filter_map(around).map(|it| it.into_iter().rev().collect()).collect();
        assert!(leaked.is_empty(), "{leaked:?} in {place} after {around:?}");
    }
    Ok(())
}
