//! The alert policy: budget, digest, reminders, escalation, silences, flapping, quiet periods.

use incident_model::{Incident, Reason, Severity, Silence};

use super::*;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// A silence of everything, for the given time.
pub(super) fn silence(flow: &Flow<Memory, Mailbox>, seconds: i64) -> Silence {
    let now = flow.context.clock.now();
    Silence {
        silence_id: "sil-1".to_owned(),
        by: "ada".to_owned(),
        reason: "maintenance".to_owned(),
        created_at: now.text,
        until: incident_model::time::rfc3339(now.seconds + seconds),
        pattern: json!({ "source": [{ "exists": true }] }),
    }
}

/// Advances the clock by minutes, with a sweep in each.
pub(super) async fn minutes(flow: &Flow<Memory, Mailbox>, minutes: i64) -> Tested {
    for _ in 0..minutes {
        flow.context.clock.pass(MINUTE);
        flow.sweep().await?;
    }
    Ok(())
}

pub(super) async fn storm(flow: &Flow<Memory, Mailbox>, name: &str, functions: usize) -> Tested {
    for number in 0..functions {
        deliver(flow, &failure_of(&format!("{name}-{number}"), &format!("{name}-{number}"))).await?;
    }
    Ok(())
}

/// Subjects without ids.
fn subjects(flow: &Flow<Memory, Mailbox>) -> Vec<String> {
    let plain = |subject: String| subject.split(" (").next().unwrap_or_default().to_owned();
    flow.context.notifier.subjects().into_iter().map(plain).collect()
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_beyond_the_budget_a_digest_tells() -> Tested {
    let flow = flow();
    storm(&flow, "orders", 20).await?;
    assert_eq!(flow.context.notifier.count(), 6);
    minutes(&flow, 2).await?;
    let subjects = flow.context.notifier.subjects();
    assert_eq!(subjects.len(), 7, "{subjects:?}");
    assert!(subjects[6].starts_with("[DIGEST] 14 incidents (14 MEDIUM)"), "{subjects:?}");
    assert!(
        flow.context.store.incidents().iter().all(|incident| incident.notified_at.is_some() && incident.due.is_none())
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_a_storm_that_lasts_sends_a_digest_a_minute() -> Tested {
    let flow = flow();
    for minute in 0..10 {
        storm(&flow, &format!("minute-{minute}"), 30).await?;
        minutes(&flow, 1).await?;
    }
    minutes(&flow, 2).await?;
    assert!(flow.context.notifier.count() <= 6 * 10 + 12, "{} mails", flow.context.notifier.count());
    assert!(flow.context.store.incidents().iter().all(|incident| incident.notified_at.is_some()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_drill_does_not_wait_for_the_budget() -> Tested {
    let flow = flow();
    storm(&flow, "orders", 6).await?;
    let mut drill = failure_of("devops-error-generator", "drill");
    drill["detail"]["requestPayload"] = json!({ "incidentctl_drill": "d-1" });
    deliver(&flow, &drill).await?;
    assert!(subjects(&flow)[6].starts_with("[MEDIUM] TEST: "), "{:?}", subjects(&flow));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn one_fingerprint_mails_once_and_again_when_it_gets_worse() -> Tested {
    let flow = flow();
    for number in 0..150 {
        deliver(&flow, &failure_of("orders", &format!("e{number}"))).await?;
    }
    assert_eq!(
        subjects(&flow),
        [
            "[MEDIUM] orders failed: ValueError: no such order",
            "[HIGH] ESCALATED: orders failed: ValueError: no such order"
        ]
    );
    let incidents = flow.context.store.incidents();
    assert_eq!((incidents[0].severity, incidents[0].occurrences), (Severity::High, 150));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_nobody_takes_is_reported_again_until_somebody_does() -> Tested {
    let flow = flow();
    deliver(&flow, &alarm("e1", "ALARM")).await?;
    minutes(&flow, 8 * 60 + 2).await?;
    assert_eq!(subjects(&flow)[1..], ["[HIGH] REMINDER: alarm cpu: Threshold Crossed"; 2]);
    let incident_id = flow.context.store.incidents()[0].incident_id.clone();
    flow.context.store.set_status(&incident_id, Status::Acknowledged);
    minutes(&flow, 8 * 60).await?;
    assert_eq!(flow.context.notifier.count(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_silence_hides_mails_and_its_end_says_which() -> Tested {
    let flow = flow();
    flow.context.store.silence(silence(&flow, HOUR));
    storm(&flow, "orders", 2).await?;
    deliver(&flow, &alarm("e1", "ALARM")).await?;
    deliver(&flow, &alarm("e2", "OK")).await?;
    minutes(&flow, 59).await?;
    assert_eq!(flow.context.notifier.count(), 0);
    assert!(flow.context.store.incidents().iter().all(|incident| incident.silenced_by.as_deref() == Some("sil-1")));
    minutes(&flow, 2).await?;
    let subjects = flow.context.notifier.subjects();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(subjects[0].starts_with("[SILENCE ENDED] 3 incidents (1 HIGH, 2 MEDIUM)"), "{subjects:?}");
    let body = flow.context.notifier.bodies().remove(0);
    assert!(body.contains("The silence by ada") && body.contains("HIGH recovered - \"alarm cpu"), "{body}");
    assert!(
        flow.context.store.incidents().iter().all(|incident| incident.silenced_by.is_none() && incident.due.is_none())
    );
    minutes(&flow, 10).await?;
    assert_eq!((flow.context.store.silence_count(), flow.context.notifier.count()), (0, 1));
    deliver(&flow, &failure_of("payments", "e3")).await?;
    assert_eq!(flow.context.notifier.count(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_silence_holds_reminders_and_escalations_back() -> Tested {
    let flow = flow();
    deliver(&flow, &alarm("e1", "ALARM")).await?;
    deliver(&flow, &failure_of("orders", "first")).await?;
    flow.context.store.silence(silence(&flow, 5 * HOUR));
    for number in 0..100 {
        deliver(&flow, &failure_of("orders", &format!("e{number}"))).await?;
    }
    minutes(&flow, 5 * 60 - 1).await?;
    assert_eq!(flow.context.notifier.count(), 2);
    minutes(&flow, 2).await?;
    let subjects = subjects(&flow);
    assert_eq!(subjects.len(), 4, "{subjects:?}");
    assert!(subjects[2..].iter().any(|subject| subject.starts_with("[SILENCE ENDED] 1 incident")), "{subjects:?}");
    assert!(subjects[2..].iter().any(|subject| subject.starts_with("[HIGH] REMINDER: alarm cpu")), "{subjects:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn flapping_is_one_mail_and_the_state_that_stays_another() -> Tested {
    let flow = flow();
    for number in 0..6 {
        deliver(&flow, &alarm(&format!("on-{number}"), "ALARM")).await?;
        minutes(&flow, 2).await?;
        deliver(&flow, &alarm(&format!("off-{number}"), "OK")).await?;
        minutes(&flow, 2).await?;
    }
    let expected = [
        "[HIGH] alarm cpu: Threshold Crossed",
        "[RECOVERED] alarm cpu: Threshold Crossed",
        "[HIGH] FLAPPING: alarm cpu: Threshold Crossed",
    ];
    assert_eq!(subjects(&flow), expected);
    minutes(&flow, 40).await?;
    assert_eq!(subjects(&flow)[3..], ["[RECOVERED] alarm cpu: Threshold Crossed"]);
    deliver(&flow, &alarm("later", "ALARM")).await?;
    assert_eq!(subjects(&flow)[4..], ["[HIGH] alarm cpu: Threshold Crossed"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_quiet_is_resolved_and_an_alarm_is_not() -> Tested {
    let flow = flow();
    deliver(&flow, &failure_of("orders", "e1")).await?;
    deliver(&flow, &alarm("e2", "ALARM")).await?;
    flow.context.clock.pass(20 * HOUR);
    deliver(&flow, &failure_of("orders", "e3")).await?;
    flow.context.clock.pass(20 * HOUR);
    flow.sweep().await?;
    let resolved = || {
        let is_resolved = |incident: &&Incident| incident.status == Status::Resolved;
        flow.context
            .store
            .incidents()
            .iter()
            .filter(is_resolved)
            .map(|incident| incident.source.clone())
            .collect::<Vec<_>>()
    };
    assert!(resolved().is_empty());
    flow.context.clock.pass(5 * HOUR);
    flow.sweep().await?;
    assert_eq!(resolved(), ["lambda"]);
    flow.context.clock.pass(1000 * HOUR);
    flow.sweep().await?;
    assert_eq!(resolved(), ["lambda"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_returns_is_linked_to_what_was() -> Tested {
    let flow = flow();
    deliver(&flow, &failure_of("orders", "e1")).await?;
    let first = flow.context.store.incidents()[0].incident_id.clone();
    flow.context.store.set_status(&first, Status::Resolved);
    deliver(&flow, &failure_of("orders", "e2")).await?;
    let second =
        flow.context.store.incidents().into_iter().find(|incident| incident.incident_id != first).ok_or("no second")?;
    assert_eq!(second.previous_incident_id.as_ref(), Some(&first));
    assert!(flow.context.notifier.bodies()[1].contains(&format!("It recurred; the previous incident is {first}.")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_recovery_ends_all_that_its_resource_has_open() -> Tested {
    let flow = flow();
    let run = |id: &str, status: &str, error: &str| {
        json!({
            "id": id, "source": "aws.states", "detail-type": "Step Functions Execution Status Change",
            "region": "eu-west-1", "time": "2026-01-01T00:00:00Z",
            "detail": {
                "status": status, "error": error, "cause": error, "name": id,
                "executionArn": format!("arn:aws:states:eu-west-1:111111111111:execution:billing:{id}"),
                "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:billing",
            },
        })
    };
    deliver(&flow, &run("r1", "FAILED", "Timeout")).await?;
    deliver(&flow, &run("r2", "FAILED", "Denied")).await?;
    assert_eq!(flow.context.store.incidents().len(), 2);
    deliver(&flow, &run("r3", "SUCCEEDED", "")).await?;
    assert!(flow.context.store.incidents().iter().all(|incident| incident.status == Status::Resolved));
    assert_eq!(subjects(&flow).iter().filter(|subject| subject.starts_with("[RECOVERED]")).count(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_end_that_arrives_before_its_beginning_ends_it() -> Tested {
    let flow = flow();
    let mut over = alarm("e2", "OK");
    over["time"] = "2026-01-01T00:05:00Z".into();
    deliver(&flow, &over).await?;
    assert!(flow.context.store.incidents().is_empty());
    deliver(&flow, &alarm("e1", "ALARM")).await?;
    let incident = flow.context.store.incidents().remove(0);
    assert_eq!((incident.status, incident.due), (Status::Resolved, None::<Reason>));
    let mut later = alarm("e3", "ALARM");
    later["time"] = "2026-01-01T00:06:00Z".into();
    deliver(&flow, &later).await?;
    assert!(flow.context.store.incidents().iter().any(|incident| incident.status == Status::Open));
    Ok(())
}
