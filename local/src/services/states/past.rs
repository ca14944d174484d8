//! Executions that tests bring in; see [`history`](crate::history).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::is_execution;
use crate::Cloud;
use crate::arn::Arn;
use crate::past::{HistoryError, PastTime};

/// An execution with its events, oldest first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastExecution {
    arn: String,
    events: Vec<Map<String, Value>>,
}

/// The execution's ARN and its events as replies have them.
pub(crate) struct Prepared(String, Vec<Value>);

impl PastExecution {
    /// Fills in the numbers of the events, each after the one before.
    ///
    /// # Errors
    /// When the ARN is none of an execution, or an event lacks its time or type.
    pub(crate) fn prepare(self) -> Result<Prepared, HistoryError> {
        let region = Arn::parse(&self.arn).map(|arn| arn.region.to_owned()).unwrap_or_default();
        if !is_execution(&self.arn, &region) {
            return Err(HistoryError::Malformed(self.arn, "ARN of an execution"));
        }
        let events = self.events.into_iter().zip(1_u64..).map(|(event, number)| prepared(event, number));
        Ok(Prepared(self.arn, events.collect::<Result<_, _>>()?))
    }
}

fn prepared(mut event: Map<String, Value>, number: u64) -> Result<Value, HistoryError> {
    let time = event.get("timestamp").and_then(Value::as_str).unwrap_or_default();
    let time = PastTime::parse(time)?;
    if event.get("type").and_then(Value::as_str).is_none() {
        return Err(HistoryError::Lacks("an event of an execution", "its `type`"));
    }
    event.insert("timestamp".to_owned(), json!(time.seconds()));
    event.entry("id").or_insert(json!(number));
    event.entry("previousEventId").or_insert(json!(number - 1));
    Ok(Value::Object(event))
}

/// Adds the executions; one that is there is replaced.
pub(crate) fn bring_in(cloud: &Cloud, executions: Vec<Prepared>) {
    let mut all = cloud.states.executions();
    executions.into_iter().for_each(|Prepared(arn, events)| {
        all.insert(arn, events);
    });
}
