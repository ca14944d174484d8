//! Where to look for evidence. Whoever may send events chooses the names in them: only valid names, of the stack's account
//! and region, reach a call.

use incident_model::analysis::{FunctionHistory, is_throttled, origin};
use incident_model::time::seconds_of;
use incident_model::{Incident, Reason};
use uuid::Uuid;

use super::Asked;
use crate::function_name::{function_of, is_name};
use crate::opened::Opened;
use crate::settings::Settings;

/// Longest name of a version or an alias
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>).
const LONGEST_QUALIFIER: usize = 128;
/// Longest name of a container, or of a family of task definitions
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>).
const LONGEST_CONTAINER: usize = 255;
/// How far, in seconds, a failure may lie in the future: clocks differ.
const AHEAD: i64 = 60;

/// What failed, as far as evidence can be asked for.
#[derive(Debug, Clone)]
pub(super) struct Subject<'a> {
    /// The incident.
    pub(super) incident: &'a Incident,
    /// The function that failed, or that an alarm is about.
    pub(super) function: Option<Function<'a>>,
    /// Id of the function's failed request.
    pub(super) request: Option<&'a str>,
    /// ARN of the failed execution of a state machine.
    pub(super) execution: Option<&'a str>,
    /// The ECS task that stopped.
    pub(super) task: Option<Task<'a>>,
    /// What the sweep knows of the function.
    pub(super) history: Option<&'a FunctionHistory>,
    /// Whether the sweep seems to know nothing of the function: that was looked for.
    pub(super) is_unknown: bool,
    /// Whether calls of the function were throttled, which leave no log lines.
    pub(super) is_throttled: bool,
    /// What this handler opened a moment ago.
    pub(super) opened: Option<&'a Opened>,
    /// When it failed, in seconds since 1970.
    pub(super) failed_at: i64,
    /// Now, in seconds since 1970.
    pub(super) now: i64,
}

/// A function of this account and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Function<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The version that ran, or the alias that was called, if it was not the latest code.
    pub(super) qualifier: Option<&'a str>,
}

/// A container of an ECS task of this account and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task<'a> {
    /// ARN of its definition.
    pub(super) definition: &'a str,
    /// Its id.
    pub(super) id: &'a str,
    /// Name of the container.
    pub(super) container: &'a str,
}

impl<'a> Subject<'a> {
    /// The subject of a question.
    pub(super) fn of(asked: &Asked<'a>, settings: &Settings) -> Self {
        let Asked { incident, history, event, opened, now } = *asked;
        let failed_at = incident.last_failed_at.as_deref().unwrap_or(&incident.last_seen_at);
        let subject = Self {
            incident,
            function: None,
            request: None,
            execution: None,
            task: None,
            history,
            // What opens was looked for with what is known of its function.
            is_unknown: history.is_none() && event.is_some() && incident.due == Some(Reason::Opened),
            is_throttled: is_throttled(incident),
            opened,
            failed_at: seconds_of(failed_at).unwrap_or(now).min(now + AHEAD),
            now,
        };
        if !settings.is_here(&incident.account, &incident.region) {
            return subject;
        }
        let of_lambda = incident.names_function();
        let is_here = |arn: &&str| is_of_stack(arn, settings);
        Self {
            function: function(incident),
            request: incident.request_id.as_deref().filter(|id| of_lambda && is_uuid(id)),
            execution: said(incident, origin::EXECUTION).filter(|arn| is_execution(arn)).filter(is_here),
            task: task(incident).filter(|task| is_here(&task.definition)),
            ..subject
        }
    }
}

fn said<'a>(incident: &'a Incident, what: &str) -> Option<&'a str> {
    incident.origin.get(what).map(String::as_str)
}

fn function(incident: &Incident) -> Option<Function<'_>> {
    let name = function_of(incident)?;
    // An alarm watches all versions. `$LATEST` is what the name alone means.
    let qualifier = said(incident, origin::VERSION).or_else(|| said(incident, origin::ALIAS));
    let qualifier = qualifier.filter(|qualifier| name == incident.resource && is_name(qualifier, LONGEST_QUALIFIER));
    Some(Function { name, qualifier })
}

fn task(incident: &Incident) -> Option<Task<'_>> {
    let definition = said(incident, origin::TASK_DEFINITION).filter(|arn| is_task_definition(arn))?;
    let id = said(incident, origin::TASK).filter(|id| is_name(id, LONGEST_CONTAINER))?;
    let container = said(incident, origin::CONTAINER).filter(|name| is_name(name, LONGEST_CONTAINER))?;
    Some(Task { definition, id, container })
}

/// The form of Lambda's request ids: nothing else becomes a pattern that searches a log.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// `arn:aws:states:eu-west-1:111111111111:execution:orders:4f1c`. Executions of express state machines have no history.
fn is_execution(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    matches!(parts[..], ["arn", _, "states", _, _, "execution", machine, id] if !machine.is_empty() && !id.is_empty())
}

/// `arn:aws:ecs:eu-west-1:111111111111:task-definition/web:3`.
fn is_task_definition(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "ecs", _, _, family, revision] = parts[..] else { return false };
    let is_number = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit());
    is_number && family.strip_prefix("task-definition/").is_some_and(|family| is_name(family, LONGEST_CONTAINER))
}

/// Whether an ARN names the stack's account and region.
fn is_of_stack(arn: &str, settings: &Settings) -> bool {
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    !region.is_empty() && !account.is_empty() && settings.is_here(account, region)
}
