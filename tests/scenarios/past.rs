//! What the services have recorded before the failure: logs, metrics, what the sweep knows of functions.

use incident_model::analysis::function_state::{Altered, MOST_CHANGES};
use incident_model::analysis::{Change, FunctionHistory};
use incident_model::table::{INCIDENT_ID, function_key};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account;
use super::format::{Function, RequestLines, Scenario};
use crate::harness::{Aws, TestResult};

/// Most events in a request to the local AWS.
const BATCH: usize = 2000;

/// Brings in logs and metrics, and the snapshots of the sweep.
pub(super) async fn bring_in(aws: &Aws, table: &str, scenario: &Scenario, failure: Timestamp) -> TestResult {
    let functions = scenario.functions();
    let mut histories: Vec<Value> = metrics(scenario, failure)?;
    for (number, request) in scenario.logs.iter().enumerate() {
        let of_function = functions.iter().find(|function| function.name == request.function);
        let group = of_function.and_then(|function| function.log_group.clone());
        let group = group.unwrap_or_else(|| format!("/aws/lambda/{}", request.function));
        histories.extend(log(scenario, request, &group, number, failure)?);
    }
    for history in &histories {
        account::history(aws, history).await?;
    }
    for function in &functions {
        if let Some(snapshot) = &function.snapshot {
            let history = seen(aws, scenario, function, snapshot, failure).await?;
            let mut item = serde_dynamo::aws_sdk_dynamodb_1::to_item(history)?;
            let key = aws_sdk_dynamodb::types::AttributeValue::S(function_key(&function.name));
            item.insert(INCIDENT_ID.to_owned(), key);
            aws.dynamodb.put_item().table_name(table).set_item(Some(item)).send().await?;
        }
    }
    Ok(())
}

/// The lines of a request: the last one when it failed, all in one stream.
fn log(
    scenario: &Scenario,
    request: &RequestLines,
    group: &str,
    number: usize,
    failure: Timestamp,
) -> TestResult<Vec<Value>> {
    let of_request = |one: &&super::format::Failure| {
        // An event names its request anywhere.
        let named = one.event.as_ref().zip(request.request.as_ref());
        let is_named = named.is_some_and(|(event, id)| event.to_string().contains(id));
        is_named || (one.function.as_ref() == Some(&request.function) && one.request == request.request)
    };
    let failed = scenario.failures.iter().find(of_request).map(|failure| failure.at).unwrap_or_default();
    let end = failed.after(failure)?.as_millisecond();
    let lines: Vec<&str> =
        request.lines.iter().flat_map(|line| std::iter::repeat_n(line.line.as_str(), line.count)).collect();
    let version = lines.iter().find_map(|line| line.strip_prefix("START RequestId: ")?.rsplit_once("Version: "));
    let version = version.map_or("$LATEST", |(_, version)| version.trim());
    let stream = format!("{}/[{version}]{number:032x}", failed.after(failure)?.strftime("%Y/%m/%d"));
    // Two milliseconds from line to line.
    let time = |at: usize| {
        Timestamp::from_millisecond(end - 2 * i64::try_from(lines.len() - 1 - at)?).map_err(TestError::from)
    };
    let events = lines.iter().enumerate().map(|(at, text)| Ok(json!({"at": time(at)?.to_string(), "text": text})));
    let events = events.collect::<TestResult<Vec<_>>>()?;
    Ok(events
        .chunks(BATCH)
        .map(|events| json!({"logs": [{"group": group, "stream": stream, "events": events}]}))
        .collect())
}

type TestError = Box<dyn std::error::Error>;

fn metrics(scenario: &Scenario, failure: Timestamp) -> TestResult<Vec<Value>> {
    let minute = |at: super::moment::Moment| -> TestResult<Timestamp> {
        let second = at.after(failure)?.as_second();
        Ok(Timestamp::from_second(second - second.rem_euclid(60))?)
    };
    scenario
        .metrics
        .iter()
        .map(|metric| {
            // A scenario's last minute is part of it, a history's is not.
            let until = Timestamp::from_second(minute(metric.to)?.as_second() + 60)?;
            Ok(json!({"metrics": [{
                "namespace": "AWS/Lambda",
                "name": metric.metric,
                "dimensions": {"FunctionName": metric.function},
                "values": [{"from": minute(metric.from)?.to_string(), "to": until.to_string(), "value": metric.each}],
            }]}))
        })
        .collect()
}

/// What the sweep knows: the last snapshot, and deployments that it saw before.
async fn seen(
    aws: &Aws,
    scenario: &Scenario,
    function: &Function,
    snapshot: &Function,
    failure: Timestamp,
) -> TestResult<FunctionHistory> {
    let at = snapshot.at.unwrap_or_default();
    let is_seen = |past: &&super::format::Past| {
        past.function.as_ref() == Some(&function.name) && past.code.is_some() && past.at < at
    };
    let mut changes = scenario
        .history
        .iter()
        .filter(is_seen)
        .map(|past| {
            let altered = Altered::Code { version: "$LATEST".to_owned() };
            Ok(Change { altered, at: past.at.after(failure)?.as_second(), since: None, by: None })
        })
        .collect::<TestResult<Vec<_>>>()?;
    changes.reverse();
    changes.truncate(MOST_CHANGES);
    let state = account::seen(aws, scenario, function, snapshot, failure).await?;
    let seen_at = at.after(failure)?.as_second();
    Ok(FunctionHistory { seen_at, beside_at: Some(seen_at), state, changes })
}
