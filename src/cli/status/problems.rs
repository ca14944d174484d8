//! What stops alerts from arriving.

use incident_model::alarms;
use serde::Serialize;

use super::facts::Facts;
use crate::health::CONFIRM_HINT;
use crate::local_session;
use crate::ui::count;
use incident_deploy::self_check::complaint;

/// Something that breaks the alert path, and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// Everything that is broken, the worst first. Drift that stops no alert is not included.
pub(super) fn of(facts: &Facts) -> Vec<Problem> {
    if !facts.exists {
        let message = format!("the stack `{}` is not deployed here", facts.stack);
        return vec![Problem { message, hint: "`incidentctl up` deploys it; --stack and --region select another" }];
    }
    let problems = [newer(facts), way(facts), handler(facts), subscribers(facts), storage(facts), alarms(facts)];
    problems.into_iter().flatten().chain(queues(facts)).collect()
}

/// A program must not judge what it does not know.
fn newer(facts: &Facts) -> Option<Problem> {
    let message = format!("cannot compare the stack: {}", facts.newer.as_ref()?);
    Some(Problem { message, hint: "update incidentctl" })
}

fn way(facts: &Facts) -> Option<Problem> {
    let message = format!("failures may go unnoticed: {}", facts.broken_way.join(", "));
    (!facts.broken_way.is_empty())
        .then_some(Problem { message, hint: "`incidentctl plan` shows what differs, `incidentctl up` repairs it" })
}

fn handler(facts: &Facts) -> Option<Problem> {
    match &facts.self_check {
        // A missing handler is already reported.
        None | Some(Ok(_)) => None,
        Some(Err(answer)) => Some(Problem {
            message: format!("the handler does not work: {}", complaint(answer)),
            hint: "`incidentctl logs handler` shows its log",
        }),
    }
}

fn subscribers(facts: &Facts) -> Option<Problem> {
    let pending: Vec<&str> =
        facts.subscriptions.iter().filter(|one| one.pending).map(|one| one.endpoint.as_str()).collect();
    match facts.subscriptions.len() {
        0 => Some(Problem {
            message: "alerts have no recipient: there is no subscription".to_owned(),
            hint: "`incidentctl up --email you@example.com` adds an address",
        }),
        all if all == pending.len() => Some(Problem {
            message: format!("alerts have no recipient: not confirmed by {}", pending.join(", ")),
            hint: CONFIRM_HINT,
        }),
        _ => None,
    }
}

fn storage(facts: &Facts) -> Option<Problem> {
    let message = facts.storage.as_ref()?.to_string();
    Some(Problem { message, hint: local_session::STORAGE_HINT })
}

/// The alarm on functions fires when a function fails: the path works.
fn alarms(facts: &Facts) -> Option<Problem> {
    let is_own = |name: &str| !alarms::is_of_functions(name);
    let loud = facts.alarms.iter().filter(|alarm| alarm.state == "ALARM" && is_own(&alarm.name));
    let loud: Vec<&str> = loud.map(|alarm| alarm.name.as_str()).collect();
    (!loud.is_empty()).then(|| Problem {
        message: format!("an alarm on the alert path is firing: {}", loud.join(", ")),
        hint: "`incidentctl logs handler` shows the handler's log",
    })
}

fn queues(facts: &Facts) -> Vec<Problem> {
    let queues = [
        (facts.queues.rule, "EventBridge could not deliver", "rule-dlq"),
        (facts.queues.handler, "the handler gave up on", "handler-dlq"),
    ];
    let full =
        queues.into_iter().filter_map(|(depth, what, queue)| Some((depth.filter(|depth| *depth > 0)?, what, queue)));
    full.map(|(depth, what, queue)| {
        let events = count(usize::try_from(depth).unwrap_or(usize::MAX), "event");
        Problem {
            message: format!("{events} that {what} wait in {}-{queue}", facts.stack),
            hint: "`incidentctl dead-letters list` shows why, `incidentctl dead-letters redrive --all` resends them",
        }
    })
    .collect()
}
