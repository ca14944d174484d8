//! What an alert says about its cause, and that no analysis keeps, delays or doubles it.

use incident_model::analysis::{Cause, Confidence, FunctionHistory};
use incident_model::{Incident, Severity};
use tokio::time::{Duration, Instant};

use super::alerting::{minutes, storm};
use super::functions::{failed, report};
use super::script::Fault;
use super::*;

fn only(flow: &Flow<Memory, Mailbox>) -> Result<Incident, Box<dyn std::error::Error>> {
    let mut incidents = flow.context.store.incidents();
    match incidents.len() {
        1 => Ok(incidents.remove(0)),
        number => Err(format!("{number} incidents").into()),
    }
}

fn history() -> FunctionHistory {
    FunctionHistory { seen_at: 7, ..FunctionHistory::default() }
}

#[tokio::test(start_paused = true)]
async fn an_alert_has_its_cause_in_the_record_and_beside_it() -> Tested {
    let (flow, analyst) = flow_with(Answer::AtOnce);
    flow.context.store.has_seen("orders", history());
    deliver(&flow, &failure_of("orders", "e1")).await?;
    let incident = only(&flow)?;
    assert_eq!((incident.cause, incident.confidence), (Some(Cause::Deployment), Some(Confidence::Likely)));
    let kept = flow.context.store.kept_analyses();
    assert_eq!(kept[&incident.incident_id].statement, "Something changed for orders.");
    let [question] = analyst.questions().try_into().map_err(|_| "asked more than once")?;
    assert_eq!(question.history, Some(history()));
    assert!(question.event_id.is_some_and(|id| id.starts_with("e1-")));
    Ok(())
}

/// Its snapshot comes with the lookup, at no call of its own.
#[tokio::test(start_paused = true)]
async fn a_failure_that_metrics_show_has_what_is_known_of_its_function() -> Tested {
    let (flow, analyst) = flow_with(Answer::AtOnce);
    flow.context.store.has_seen("orders", history());
    report(&flow, &failed("orders", 3, 1)).await?;
    assert_eq!(analyst.questions()[0].history, Some(history()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_another_account_nothing_is_known() -> Tested {
    let (flow, analyst) = flow_with(Answer::AtOnce);
    flow.context.store.has_seen("orders", history());
    let mut elsewhere = failure_of("orders", "e1");
    elsewhere["account"] = "222222222222".into();
    deliver(&flow, &elsewhere).await?;
    assert_eq!(analyst.questions()[0].history, None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_analyst_who_hangs_or_panics_delays_an_alert_by_a_second_at_most() -> Tested {
    for (answer, most) in [(Answer::Hangs, 1_000), (Answer::Panics, 0)] {
        let (flow, _) = flow_with(answer);
        let begun = Instant::now();
        deliver(&flow, &failure_of("orders", "e1")).await?;
        let [mailed] = flow.context.notifier.times().try_into().map_err(|_| "not one mail")?;
        assert!(mailed - begun <= Duration::from_millis(most + 5), "{answer:?}: {:?}", mailed - begun);
        let incident = only(&flow)?;
        assert_eq!((incident.cause, incident.due, incident.notified_at.is_some()), (None, None, true), "{answer:?}");
        assert!(flow.context.store.kept_analyses().is_empty());
    }
    Ok(())
}

fn other_alarm() -> Value {
    let mut other = alarm("other", "ALARM");
    other["detail"]["alarmName"] = "disk".into();
    other
}

#[tokio::test(start_paused = true)]
async fn only_what_is_mailed_alone_and_new_or_worse_is_analysed() -> Tested {
    let (flow, analyst) = flow_with(Answer::AtOnce);
    storm(&flow, "orders", 20).await?;
    assert_eq!(analyst.questions().len(), 6, "beyond the budget is a digest");
    minutes(&flow, 2).await?;
    for number in 0..20 {
        deliver(&flow, &failure_of(&format!("orders-{number}"), &format!("again-{number}"))).await?;
        deliver(&flow, &failure_of(&format!("orders-{number}"), &format!("again-{number}"))).await?;
    }
    assert_eq!(analyst.questions().len(), 6, "a repetition, and an event that comes twice");
    for number in 0..6 {
        let state = if number % 2 == 0 { "ALARM" } else { "OK" };
        deliver(&flow, &alarm(&format!("a-{number}"), state)).await?;
        flow.context.clock.pass(61);
    }
    assert_eq!(analyst.questions().len(), 7, "an end, and what flaps");
    deliver(&flow, &other_alarm()).await?;
    minutes(&flow, 8 * 60).await?;
    let subjects = flow.context.notifier.subjects();
    assert!(subjects.iter().any(|subject| subject.contains("REMINDER")), "{subjects:?}");
    assert_eq!(analyst.questions().len(), 8, "a reminder");
    for number in 0..100 {
        deliver(&flow, &failure_of("orders-0", &format!("more-{number}"))).await?;
    }
    assert_eq!(analyst.questions().len(), 9, "an escalation");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_fails_more_than_half_of_the_time_is_critical_in_mail_and_record() -> Tested {
    let (flow, _) = flow_with(Answer::Critical);
    deliver(&flow, &failure_of("orders", "e1")).await?;
    minutes(&flow, 3).await?;
    let subjects = flow.context.notifier.subjects();
    assert!(subjects.len() == 1 && subjects[0].starts_with("[CRITICAL] orders failed"), "{subjects:?}");
    let incident = only(&flow)?;
    assert_eq!((incident.severity, incident.due), (Severity::Critical, None));
    let entries: Vec<&str> = incident.timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert!(entries.contains(&"raised to CRITICAL: more than half of the calls fail"), "{entries:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rule_about_the_analysis_judges_mail_and_record() -> Tested {
    for (severity, entry) in
        [(Severity::High, "raised to HIGH by rule bad-deploy"), (Severity::Medium, "judged anew by rule bad-deploy")]
    {
        let (flow, _) = flow_with(Answer::Rejudged(severity));
        deliver(&flow, &failure_of("orders", "e1")).await?;
        let subjects = flow.context.notifier.subjects();
        assert!(subjects[0].starts_with(&format!("[{severity}] a deployment broke it")), "{subjects:?}");
        let incident = only(&flow)?;
        assert_eq!((incident.severity, incident.rule.as_str()), (severity, "bad-deploy"));
        assert_eq!((incident.summary.as_str(), incident.runbook), ("a deployment broke it", None));
        assert!(incident.timeline.iter().any(|one| one.what == entry), "{:?}", incident.timeline);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_analysis_that_cannot_be_kept_neither_fails_nor_doubles_its_alert() -> Tested {
    let steps = {
        let flow = flow();
        deliver(&flow, &failure_of("orders", "e1")).await?;
        flow.context.store.script.steps()
    };
    let mut lost = 0;
    for fault in [Fault::Refused, Fault::Throttled, Fault::Conflict, Fault::AnswerLost] {
        for step in 0..steps {
            let flow = flow();
            flow.context.store.script.plan(step, fault);
            let first = deliver(&flow, &failure_of("orders", "e1")).await;
            if flow.context.store.kept_analyses().is_empty() && flow.context.notifier.count() == 1 {
                lost += 1;
                first?;
                assert!(only(&flow)?.due.is_none());
            }
        }
    }
    assert_eq!(lost, 3, "the write was refused in three ways");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_cause_that_the_table_does_not_take_doubles_no_alert() -> Tested {
    let mut unstated = 0;
    for step in 0..8 {
        let (flow, _) = flow_with(Answer::Rejudged(Severity::High));
        flow.context.store.script.plan(step, Fault::Invalid);
        let first = deliver(&flow, &failure_of("orders", "e1")).await;
        flow.context.store.script.clear();
        if flow.context.notifier.count() == 1 {
            first?;
            let incident = only(&flow)?;
            assert!(incident.due.is_none());
            unstated += usize::from(incident.cause.is_none());
            minutes(&flow, 3).await?;
            // Who reads MEDIUM in the record read HIGH in the mail.
            assert_eq!(flow.context.notifier.count(), 1);
        }
    }
    assert_eq!(unstated, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_changed_something_is_looked_up_ten_minutes_later() -> Tested {
    for (who, at) in [(false, 24 * 60 * 60), (true, 600)] {
        let (mut flow, _) = flow_with(Answer::AtOnce);
        flow.context.settings.analysis.who = who;
        flow.context.clock.stop();
        deliver(&flow, &failure_of("orders", "e1")).await?;
        let now = flow.context.clock.now().seconds;
        let incident = only(&flow)?;
        // Unless that is asked, a reminder is next.
        let due_in = incident.due_at.map_or(0, |due_at| due_at - now);
        assert!(if who { due_in == at } else { due_in > 600 && due_in <= at }, "{who}: {due_in}");
        flow.context.clock.pass(601);
        assert_eq!(flow.sweep().await?.looked_at.len(), usize::from(who));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_helped_last_time_comes_with_the_next_incident() -> Tested {
    let flow = flow();
    for (time, note) in [(1, "x".repeat(5_000)), (2, "rolled back".to_owned())] {
        deliver(&flow, &failure_of("orders", &format!("e{time}"))).await?;
        let open = flow.context.store.incidents().into_iter().find(|one| one.status == Status::Open);
        let open = open.ok_or("none is open")?;
        let earlier = open.earlier.as_ref();
        assert_eq!(earlier.map_or(0, |earlier| earlier.times), time - 1);
        assert!(earlier.is_none_or(|earlier| earlier.note.as_ref().is_some_and(|note| note.len() == 300)));
        flow.context.clock.pass(90);
        let at = flow.context.clock.now().text;
        flow.context.store.change(&open.incident_id, |one| {
            (one.status, one.resolved_at, one.resolution_note) = (Status::Resolved, Some(at), Some(note));
        });
    }
    deliver(&flow, &failure_of("orders", "e3")).await?;
    let incidents = flow.context.store.incidents();
    let last = incidents.iter().find(|one| one.status == Status::Open).and_then(|one| one.earlier.clone());
    let earlier = last.ok_or("nothing about before")?;
    assert_eq!((earlier.times, earlier.note.as_deref()), (2, Some("rolled back")));
    assert!((89..=91).contains(&earlier.lasted), "{earlier:?}");
    assert!(incidents.iter().any(|one| one.incident_id == earlier.incident_id));
    Ok(())
}
