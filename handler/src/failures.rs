//! Failures of one fingerprint: records them, and sends the notice that recording made due.

use incident_model::explanation::{explains, stands_for};
use incident_model::{Classification, Incident, Observation, Status};
use serde_json::json;

use crate::concurrently;
use crate::context::Context;
use crate::error::HandlerError;
use crate::log::{self, Unit};
use crate::notify::Notifier;
use crate::outbox::{self, Delivery, Known};
use crate::record::{How, Recorded, Recorder, Sends, alarm_on_errors_of, children_of, sketch};
use crate::recovery::of_trouble;
use crate::store::backoff::Backoff;
use crate::store::{Store, Trouble};

/// How many alarms of a composite one are looked for at once.
const CHILDREN_AT_ONCE: usize = 5;

/// Records failures of one fingerprint, oldest first, and sends what is due.
///
/// # Errors
/// `NotRecorded` when some of them are not in the table; another one when they are, but their notice could not be sent,
/// or not be marked as sent.
pub(crate) async fn handle<S: Store, N: Notifier>(
    context: &Context<S, N>,
    failures: &[&Classification],
    backoff: Backoff,
) -> Result<(), HandlerError> {
    let now = context.clock.now();
    let Some((first, incident)) = failures.first().and_then(|first| Some((first, sketch(first, &now)?))) else {
        return Ok(());
    };
    let recorder = Recorder { store: &context.store, settings: &context.settings };
    let mut looked = None;
    if incident.source == "cloudwatch" || alarm_on_errors_of(&first.observation).is_some() {
        let (explained, snapshot) = tokio::join!(
            explanation(context, &first.observation, &incident, now.seconds),
            recorder.look(failures, &incident)
        );
        // A lookup that failed is repeated below, with patience.
        looked = snapshot.ok();
        let is_open = |newest: &Incident| newest.status != Status::Resolved;
        let is_counted = looked.as_ref().and_then(|snapshot| snapshot.newest.as_ref()).is_some_and(is_open);
        let parent = looked.as_ref().and_then(|snapshot| snapshot.alarm_of_subject.as_ref());
        let parent = parent.filter(|parent| stands_for(parent, &incident, now.seconds));
        let named = parent.map(|parent| format!("incident {} is open for a composite alarm of it", parent.incident_id));
        if let Some(reason) = explained.or(named).filter(|_| !is_counted) {
            failures.iter().for_each(|event| context.ignored(event, &reason));
            return Ok(());
        }
    }
    let recorded = recorder.record(failures, looked, &now, backoff).await.map_err(HandlerError::NotRecorded)?;
    for recorded in &recorded {
        if recorded.how == How::Opened {
            context.opened.remember(&recorded.incident);
        }
        notify(context, recorded).await?;
    }
    Ok(())
}

/// Why an alarm is redundant: the failure that raised it, or one of the alarms that turned it on, was just mailed. An
/// unreadable table suppresses nothing.
async fn explanation<S: Store, N: Notifier>(
    context: &Context<S, N>,
    seen: &Observation,
    alarm: &Incident,
    now: i64,
) -> Option<String> {
    if let Some(function) = alarm_on_errors_of(seen) {
        let trouble = Trouble { place: alarm.place(), source: "lambda", name: function };
        let failures = of_trouble(&context.store, &trouble).await.ok()?;
        let cause = failures.iter().find(|failure| explains(failure, alarm, now))?;
        return Some(format!("incident {} is open for the errors of {function}", cause.incident_id));
    }
    let children = children_of(seen);
    let newest = children.iter().map(|name| async move {
        let trouble = Trouble { place: alarm.place(), source: "cloudwatch", name };
        Some((name, context.store.newest_of_trouble(&trouble).await.ok()??))
    });
    let found = concurrently::at_most(CHILDREN_AT_ONCE, newest.collect()).await;
    let (name, child) = found.into_iter().flatten().find(|(_, child)| stands_for(child, alarm, now))?;
    Some(format!("incident {} is open for its alarm {name}", child.incident_id))
}

/// Sends the notice that recording made due.
async fn notify<S: Store, N: Notifier>(context: &Context<S, N>, recorded: &Recorded<'_>) -> Result<(), HandlerError> {
    let incident = &recorded.incident;
    log_outcome(context, recorded);
    let delivery = match recorded.sends {
        Sends::No => outbox::send_if_due(context, incident).await?,
        sends => {
            let Recorded { occurred_at: failed_at, history, latest, .. } = recorded;
            let known = Known { failed_at, history: history.as_ref(), event: *latest };
            Box::pin(outbox::send(context, incident, known, sends)).await?
        }
    };
    if recorded.how == How::Opened && delivery == Delivery::NotOurs {
        context.held_back(incident, "silenced, flapping or over the mail budget");
    }
    Ok(())
}

fn log_outcome<S, N>(context: &Context<S, N>, recorded: &Recorded<'_>) {
    let incident = &recorded.incident;
    let outcome = match recorded.how {
        How::Opened => "opened",
        How::Escalated => "escalated",
        How::Counted => "counted",
        How::Duplicate => "duplicate",
    };
    let fields = json!({
        "incident_id": incident.incident_id,
        "severity": incident.severity,
        "rule": incident.rule,
        "source": incident.source,
        "resource": incident.resource,
        "request_id": incident.request_id,
        "failures": recorded.failures,
        "occurrences": incident.occurrences,
    });
    let failures = recorded.failures as f64;
    match recorded.how {
        How::Opened => {
            context.measured(outcome, fields, Some(incident.severity), &[("Incidents", Unit::Count, 1.0)]);
        }
        How::Duplicate => log::line(outcome, fields),
        How::Escalated | How::Counted => {
            context.measured(outcome, fields, None, &[("Recurrences", Unit::Count, failures)]);
        }
    }
}
