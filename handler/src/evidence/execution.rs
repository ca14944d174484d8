//! Which state of a state machine's execution failed, and why.

use std::collections::HashMap;

use aws_sdk_sfn::types::HistoryEvent;
use incident_model::analysis::evidence::{FailedStep, WhyMissing};
use incident_model::redact;
use serde_json::Value;

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;

/// Events to read, newest first: the failure is near the end.
const EVENTS: i32 = 50;
/// Longest cause, in characters.
const LONGEST_CAUSE: usize = 1000;
/// States between the end of an execution and what failed: a handler that a `Catch` leads to, and its `Fail`.
const STATES_BETWEEN: usize = 2;

/// `states:GetExecutionHistory`.
#[derive(Debug)]
pub(super) struct Execution<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
}

impl Gather for Execution<'_> {
    type Found = FailedStep;

    async fn gather(&self, of: &Subject<'_>) -> Result<FailedStep, WhyMissing> {
        let execution = of.execution.ok_or(WhyMissing::None)?;
        let ask = self
            .clients
            .states()
            .get_execution_history()
            .execution_arn(execution)
            .reverse_order(true)
            .max_results(EVENTS)
            // Inputs and outputs are the caller's data; errors and causes are none.
            .include_execution_data(false);
        let history = self.calls.make(ask.send()).await?;
        failed_step(history.events()).ok_or(WhyMissing::None)
    }
}

/// The step that failed, of events with the newest first.
fn failed_step(events: &[HistoryEvent]) -> Option<FailedStep> {
    let by_id: HashMap<i64, &HistoryEvent> = events.iter().map(|event| (event.id, event)).collect();
    let (failed, (error, cause)) = failure(chain(&by_id, events.first()?))?;
    let state = chain(&by_id, failed).find_map(HistoryEvent::state_entered_event_details);
    let in_state = chain(&by_id, failed).take_while(|event| event.state_entered_event_details().is_none());
    Some(FailedStep {
        state: state.map(|entered| redact(&entered.name)).unwrap_or_default(),
        resource: in_state.filter_map(resource).next().map(|resource| redact(&resource)).unwrap_or_default(),
        error: redact(error),
        cause: redact(cause).chars().take(LONGEST_CAUSE).collect(),
    })
}

/// An event and those that led to it, each of which comes before the next.
fn chain<'e>(by_id: &HashMap<i64, &'e HistoryEvent>, from: &'e HistoryEvent) -> impl Iterator<Item = &'e HistoryEvent> {
    std::iter::successors(Some(from), |event| {
        by_id.get(&event.previous_event_id).copied().filter(|previous| previous.id < event.id)
    })
}

/// The failure that ended an execution, with its error and cause: that of a step where there is one, which says more than
/// that of the execution.
fn failure<'e>(events: impl Iterator<Item = &'e HistoryEvent>) -> Option<(&'e HistoryEvent, (&'e str, &'e str))> {
    let (mut of_execution, mut states) = (None, 0);
    for event in events {
        if let Some(error) = error_of_step(event) {
            return Some((event, error));
        }
        of_execution = of_execution.or_else(|| Some((event, error_of_execution(event)?)));
        states += usize::from(event.state_entered_event_details().is_some());
        if states > STATES_BETWEEN {
            break;
        }
    }
    of_execution
}

/// Error and cause, if the event has the details.
macro_rules! error_in {
    ($event:expr, $($details:ident),+) => {
        None$(.or_else(|| {
            let details = $event.$details()?;
            Some((details.error().unwrap_or_default(), details.cause().unwrap_or_default()))
        }))+
    };
}

fn error_of_step(event: &HistoryEvent) -> Option<(&str, &str)> {
    error_in!(
        event,
        task_failed_event_details,
        task_timed_out_event_details,
        task_start_failed_event_details,
        task_submit_failed_event_details,
        lambda_function_failed_event_details,
        lambda_function_timed_out_event_details,
        lambda_function_start_failed_event_details,
        lambda_function_schedule_failed_event_details,
        activity_failed_event_details,
        activity_timed_out_event_details,
        activity_schedule_failed_event_details,
        map_run_failed_event_details,
        evaluation_failed_event_details
    )
}

fn error_of_execution(event: &HistoryEvent) -> Option<(&str, &str)> {
    error_in!(event, execution_failed_event_details, execution_timed_out_event_details, execution_aborted_event_details)
}

/// What a step called: a function's ARN or name, or a service integration such as `dynamodb:putItem`.
fn resource(event: &HistoryEvent) -> Option<String> {
    if let Some(scheduled) = event.lambda_function_scheduled_event_details() {
        return Some(scheduled.resource.clone());
    }
    if let Some(scheduled) = event.activity_scheduled_event_details() {
        return Some(scheduled.resource.clone());
    }
    let scheduled = event.task_scheduled_event_details()?;
    let parameters: Value = serde_json::from_str(&scheduled.parameters).unwrap_or_default();
    let function =
        parameters.get("FunctionName").and_then(Value::as_str).filter(|_| scheduled.resource_type == "lambda");
    Some(function.map_or_else(|| format!("{}:{}", scheduled.resource_type, scheduled.resource), str::to_owned))
}
