//! An alarm on a function's errors, and the failures that may have raised it.

use incident_model::Severity;

use super::*;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Delivers the alarm, and returns whether it became a mailed incident.
async fn is_alerted(flow: &Flow<Memory, Mailbox>) -> Result<bool, HandlerError> {
    let mails = flow.context.notifier.count();
    deliver(flow, &contributor("alarm")).await?;
    let alarm = flow.context.store.incidents().into_iter().find(|incident| incident.source == "cloudwatch");
    let is_recorded = alarm.is_some_and(|alarm| alarm.severity == Severity::High && alarm.status == Status::Open);
    let subject = flow.context.notifier.subjects().split_off(mails).join("\n");
    assert_eq!(is_recorded, subject.starts_with("[HIGH] function orders has errors"), "{subject}");
    Ok(is_recorded)
}

#[tokio::test(start_paused = true)]
async fn an_alarm_whose_failure_people_just_heard_of_says_nothing_new() -> Tested {
    let flow = flow();
    deliver(&flow, &timeout_of("orders", "e1")).await?;
    flow.context.clock.pass(3 * MINUTE);
    assert!(!is_alerted(&flow).await?);
    assert!(is_alerted(&self::flow()).await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stray_failure_swallows_no_alarm() -> Tested {
    let flow = flow();
    deliver(&flow, &failure_of("orders", "e1")).await?;
    assert!(is_alerted(&flow).await?, "less severe");

    let flow = self::flow();
    deliver(&flow, &timeout_of("orders", "e1")).await?;
    flow.context.clock.pass(10 * HOUR);
    assert!(is_alerted(&flow).await?, "hours ago");

    let flow = self::flow();
    deliver(&flow, &timeout_of("orders", "e1")).await?;
    let incident_id = flow.context.store.incidents()[0].incident_id.clone();
    flow.context.store.set_status(&incident_id, Status::Acknowledged);
    assert!(is_alerted(&flow).await?, "acknowledged");

    let flow = self::flow();
    flow.context.store.silence(incident_model::Silence {
        pattern: json!({"error_type": ["Sandbox.Timedout"]}),
        ..alerting::silence(&flow, HOUR)
    });
    deliver(&flow, &timeout_of("orders", "e1")).await?;
    assert!(is_alerted(&flow).await?, "silenced");

    let flow = self::flow();
    let mut forged = failure_of("orders", "e1");
    forged["detail"]["requestPayload"] = json!({"incidentctl_drill": "d-1"});
    deliver(&flow, &forged).await?;
    assert!(is_alerted(&flow).await?, "marked as a drill");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_older_failure_explains_beside_a_newer_one_that_does_not() -> Tested {
    let flow = flow();
    deliver(&flow, &timeout_of("orders", "e1")).await?;
    deliver(&flow, &failure_of("orders", "e2")).await?;
    assert!(!is_alerted(&flow).await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_cause_that_comes_after_its_alarm_takes_its_place() -> Tested {
    let flow = flow();
    deliver(&flow, &contributor("a1")).await?;
    flow.context.clock.pass(3 * MINUTE);
    deliver(&flow, &timeout_of("orders", "e1")).await?;
    let incidents = flow.context.store.incidents();
    let (alarm, cause) = (&incidents[0], &incidents[1]);
    assert_eq!((alarm.status, cause.status), (Status::Resolved, Status::Open));
    assert_eq!(cause.explains_incident_id.as_ref(), Some(&alarm.incident_id));
    assert!(
        flow.context.notifier.bodies()[1]
            .contains(&format!("the cause of the alarm in incident {}", alarm.incident_id))
    );
    deliver(&flow, &contributor("a2")).await?;
    deliver(&flow, &timeout_of("payments", "e2")).await?;
    assert_eq!(flow.context.store.incidents().iter().filter(|incident| incident.status == Status::Open).count(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_explains_no_alarm_leaves_it_open() -> Tested {
    for (what, failure, minutes, status) in [
        ("less severe", failure_of("orders", "e1"), 3, Status::Open),
        ("hours later", timeout_of("orders", "e1"), 600, Status::Open),
        ("taken", timeout_of("orders", "e1"), 3, Status::Acknowledged),
        ("another function", timeout_of("payments", "e1"), 3, Status::Open),
    ] {
        let flow = flow();
        deliver(&flow, &contributor("a1")).await?;
        let alarm = flow.context.store.incidents()[0].incident_id.clone();
        flow.context.store.set_status(&alarm, status);
        flow.context.clock.pass(minutes * MINUTE);
        deliver(&flow, &failure).await?;
        let incidents = flow.context.store.incidents();
        assert!(incidents.iter().all(|incident| incident.status != Status::Resolved), "{what}");
        assert!(incidents.iter().all(|incident| incident.explains_incident_id.is_none()), "{what}");
    }
    Ok(())
}

fn alarm_at(event_id: &str, state: &str, at: &str) -> Value {
    let mut event = alarm(event_id, state);
    event["time"] = at.into();
    event
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_comes_late_ends_no_later_failure() -> Tested {
    let (begins, ends, returns) = ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z");
    let flow = flow();
    deliver(&flow, &alarm_at("e1", "ALARM", begins)).await?;
    deliver(&flow, &alarm_at("e3", "ALARM", returns)).await?;
    deliver(&flow, &alarm_at("e2", "OK", ends)).await?;
    let statuses: Vec<Status> = flow.context.store.incidents().iter().map(|incident| incident.status).collect();
    assert_eq!(statuses, [Status::Open]);
    deliver(&flow, &alarm_at("e4", "OK", "2026-01-01T00:03:00Z")).await?;
    assert_eq!(flow.context.store.incidents()[0].status, Status::Resolved);
    Ok(())
}
