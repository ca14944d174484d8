//! What keeps an alert from arriving.

use incident_model::alarms;
use serde::Serialize;

use super::facts::{Facts, complaint};
use crate::ui::count;

/// Something that breaks the alert path, and what repairs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// Everything that is broken, the worst first. A difference that keeps no alert away is none of these.
pub(super) fn of(facts: &Facts) -> Vec<Problem> {
    if !facts.exists {
        let message = format!("the stack `{}` is not deployed here", facts.stack);
        return vec![Problem { message, hint: "`incidentctl up` deploys it; --stack and --region choose another" }];
    }
    let problems = [newer(facts), way(facts), handler(facts), subscribers(facts), alarms(facts)];
    problems.into_iter().flatten().chain(queues(facts)).collect()
}

/// What this program does not know it cannot judge.
fn newer(facts: &Facts) -> Option<Problem> {
    let message = format!("it cannot be said what differs: {}", facts.newer.as_ref()?);
    Some(Problem { message, hint: "update incidentctl" })
}

fn way(facts: &Facts) -> Option<Problem> {
    let message = format!("failures may go unseen: {}", facts.broken_way.join(", "));
    (!facts.broken_way.is_empty())
        .then_some(Problem { message, hint: "`incidentctl plan` shows what differs, `incidentctl up` repairs it" })
}

fn handler(facts: &Facts) -> Option<Problem> {
    match &facts.self_check {
        // That it is missing was told already.
        None | Some(Ok(_)) => None,
        Some(Err(answer)) => Some(Problem {
            message: format!("the handler does not work: {}", complaint(answer)),
            hint: "`incidentctl logs handler` shows what it says",
        }),
    }
}

fn subscribers(facts: &Facts) -> Option<Problem> {
    let pending: Vec<&str> =
        facts.subscriptions.iter().filter(|one| one.pending).map(|one| one.endpoint.as_str()).collect();
    match facts.subscriptions.len() {
        0 => Some(Problem {
            message: "nobody gets the alerts: there is no subscription".to_owned(),
            hint: "`incidentctl up --email you@example.com` adds an address",
        }),
        all if all == pending.len() => Some(Problem {
            message: format!("nobody gets the alerts: not confirmed by {}", pending.join(", ")),
            hint: "follow the link in the mail `AWS Notification - Subscription Confirmation`",
        }),
        _ => None,
    }
}

/// The alarm on functions goes off when a function fails: then the path works.
fn alarms(facts: &Facts) -> Option<Problem> {
    let is_own = |name: &str| !alarms::is_of_functions(name);
    let loud = facts.alarms.iter().filter(|alarm| alarm.state == "ALARM" && is_own(&alarm.name));
    let loud: Vec<&str> = loud.map(|alarm| alarm.name.as_str()).collect();
    (!loud.is_empty()).then(|| Problem {
        message: format!("an alarm about the alert path is on: {}", loud.join(", ")),
        hint: "`incidentctl logs handler` shows what the handler says",
    })
}

fn queues(facts: &Facts) -> Vec<Problem> {
    let queues = [
        (facts.queues.rule, "EventBridge could not deliver to the handler", "rule-dlq"),
        (facts.queues.handler, "the handler gave up on", "handler-dlq"),
    ];
    let full =
        queues.into_iter().filter_map(|(depth, what, queue)| Some((depth.filter(|depth| *depth > 0)?, what, queue)));
    full.map(|(depth, what, queue)| {
        let events = count(usize::try_from(depth).unwrap_or(usize::MAX), "event");
        Problem {
            message: format!("{events} that {what} wait in {}-{queue}", facts.stack),
            hint: "`incidentctl dead-letters list` says why, `incidentctl dead-letters redrive --all` sends them again",
        }
    })
    .collect()
}
