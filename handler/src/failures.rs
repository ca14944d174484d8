//! Failures of one fingerprint: records them, and sends the notice that recording made due.

use incident_model::explanation::explains;
use incident_model::{Classification, Incident};
use serde_json::json;

use crate::context::Context;
use crate::error::HandlerError;
use crate::log::{self, Unit};
use crate::notify::Notifier;
use crate::outbox::{self, Delivery};
use crate::record::{How, Recorded, Recorder, Sends, alarm_on_errors_of, sketch};
use crate::recovery::of_trouble;
use crate::store::backoff::Backoff;
use crate::store::{Store, Trouble};

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
    let recorder = Recorder { store: &context.store, policy: &context.settings.alerts };
    let mut looked = None;
    if let Some(function) = alarm_on_errors_of(&first.observation) {
        let (explanation, snapshot) =
            tokio::join!(explanation(context, function, &incident, now.seconds), recorder.look(failures, &incident));
        if let Some(reason) = explanation {
            failures.iter().for_each(|event| context.ignored(event, &reason));
            return Ok(());
        }
        // A lookup that failed is repeated below, with patience.
        looked = snapshot.ok();
    }
    let recorded = recorder.record(failures, looked, &now, backoff).await.map_err(HandlerError::NotRecorded)?;
    for recorded in &recorded {
        notify(context, recorded).await?;
    }
    Ok(())
}

/// Why an alarm on a function's errors is redundant, if the failure that raised it was just mailed. An unreadable
/// table suppresses nothing.
async fn explanation<S: Store, N: Notifier>(
    context: &Context<S, N>,
    function: &str,
    alarm: &Incident,
    now: i64,
) -> Option<String> {
    let trouble = Trouble { place: alarm.place(), source: "lambda", name: function };
    let failures = of_trouble(&context.store, &trouble).await.ok()?;
    let cause = failures.iter().find(|failure| explains(failure, alarm, now))?;
    Some(format!("incident {} is open for the errors of {function}", cause.incident_id))
}

/// Sends the notice that recording made due.
async fn notify<S: Store, N: Notifier>(context: &Context<S, N>, recorded: &Recorded) -> Result<(), HandlerError> {
    let incident = &recorded.incident;
    log_outcome(context, recorded);
    let delivery = match recorded.sends {
        Sends::No => outbox::send_if_due(context, incident).await?,
        sends => outbox::send(context, incident, &recorded.occurred_at, sends).await?,
    };
    if recorded.how == How::Opened && delivery == Delivery::NotOurs {
        context.held_back(incident, "silenced, flapping or over the mail budget");
    }
    Ok(())
}

fn log_outcome<S, N>(context: &Context<S, N>, recorded: &Recorded) {
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
