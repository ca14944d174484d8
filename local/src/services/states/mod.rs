//! AWS Step Functions: the histories of executions that tests bring in. No state machine runs here.

mod past;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::arn::Arn;
use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Output};

pub(crate) use past::{PastExecution, bring_in};

/// State of the service.
#[derive(Debug, Default)]
pub struct States {
    /// Events, oldest first, by the execution's ARN.
    executions: Mutex<BTreeMap<String, Vec<Value>>>,
}

impl States {
    fn executions(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Value>>> {
        self.executions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handles one call.
///
/// # Errors
/// AWS's validation errors.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "GetExecutionHistory" => history(cloud, call),
        other => Err(ApiError::not_implemented("states", other)),
    }
}

/// The required permission: on the execution.
pub fn authorization(call: &Call) -> Vec<Need> {
    let resource = call.input.text("executionArn").unwrap_or("*");
    vec![Need::new(format!("states:{}", call.operation), resource)]
}

const MOST: i64 = 1000;
/// Events in a page where `maxResults` is 0 or absent.
const PAGE: usize = 100;

fn history(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let arn = call.input.text("executionArn").ok_or_else(|| violation("null", "executionArn", "not be null"))?;
    if !is_execution(arn, &call.region) {
        return Err(ApiError::new("InvalidArn", format!("Invalid Arn: 'Invalid ARN: {arn}'")));
    }
    let size = page_size(call)?;
    let start = match call.input.text("nextToken") {
        Some(token) => token.parse().map_err(|_| ApiError::new("InvalidToken", "Invalid Token: 'Invalid token'"))?,
        None => 0_usize,
    };
    let mut events = cloud
        .states
        .executions()
        .get(arn)
        .cloned()
        .ok_or_else(|| ApiError::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'")))?;
    if call.input.flag("reverseOrder") == Some(true) {
        events.reverse();
    }
    let has_data = call.input.flag("includeExecutionData") != Some(false);
    let next = start.saturating_add(size);
    let has_more = next < events.len();
    let page = events.into_iter().skip(start).take(size).map(|event| written(event, has_data)).collect();
    Ok(Output::structure([
        ("events", Some(Output::List(page))),
        ("nextToken", has_more.then(|| next.to_string().into())),
    ]))
}

/// Whether a text is the ARN of an execution of a standard workflow in a region.
fn is_execution(text: &str, region: &str) -> bool {
    let parts = Arn::parse(text).filter(|arn| arn.service == "states" && arn.region == region);
    let names = parts.and_then(|arn| arn.resource.strip_prefix("execution:")?.split_once(':'));
    text.len() <= 256 && names.is_some_and(|(machine, name)| !machine.is_empty() && !name.is_empty())
}

fn page_size(call: &Call) -> Result<usize, ApiError> {
    match call.input.integer("maxResults").unwrap_or(0) {
        0 => Ok(PAGE),
        size @ 1..=MOST => Ok(usize::try_from(size).unwrap_or(PAGE)),
        size if size < 0 => Err(violation(&size.to_string(), "maxResults", "have value greater than or equal to 0")),
        size => Err(violation(&size.to_string(), "maxResults", &format!("have value less than or equal to {MOST}"))),
    }
}

fn violation(value: &str, member: &str, constraint: &str) -> ApiError {
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
        ),
    )
}

/// An event as the reply has it; without its data where that is not wanted.
fn written(mut event: Value, has_data: bool) -> Output {
    if !has_data && let Some(members) = event.as_object_mut() {
        for details in members.values_mut().filter_map(Value::as_object_mut) {
            details.retain(|name, _| !["input", "output", "inputDetails", "outputDetails"].contains(&name.as_str()));
        }
    }
    event.into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
