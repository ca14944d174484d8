//! A common cause becomes one mail that lists its incidents, not five.

use incident_model::Severity;
use tokio::time::{Duration, Instant};

use super::alerting::minutes;
use super::*;

const FUNCTIONS: [&str; 5] = ["orders", "payments", "invoices", "carts", "refunds"];

/// The functions that each mail about a failure lists.
fn listed(flow: &Flow<Memory, Mailbox>) -> Vec<Vec<&'static str>> {
    let listed = |body: String| FUNCTIONS.into_iter().filter(|name| body.contains(&format!("{name} failed"))).collect();
    flow.context.notifier.bodies().into_iter().map(listed).collect()
}

fn is_done(flow: &Flow<Memory, Mailbox>) -> bool {
    flow.context.store.incidents().iter().all(|one| one.due.is_none() && one.notified_at.is_some())
}

#[tokio::test(start_paused = true)]
async fn five_functions_with_one_dependency_down_are_two_mails() -> Tested {
    for answer in [Answer::Shared, Answer::SharedAndCritical] {
        let (flow, _) = flow_with(answer);
        for (number, function) in FUNCTIONS.into_iter().enumerate() {
            deliver(&flow, &failure_of(function, &format!("e{number}"))).await?;
            flow.context.clock.pass(3);
        }
        assert_eq!(listed(&flow), [vec!["orders"]], "{answer:?}");
        let kept = flow.context.store.kept_analyses();
        assert_eq!(kept.len(), 5);
        minutes(&flow, 2).await?;
        assert_eq!(listed(&flow), [vec!["orders"], FUNCTIONS[1..].to_vec()], "{answer:?}");
        assert!(is_done(&flow));
        let incidents = flow.context.store.incidents();
        let first = &incidents[0].incident_id;
        assert!(incidents[1..].iter().all(|one| one.shares_cause_with.as_ref() == Some(first)));
        let severity = if answer == Answer::Shared { Severity::Medium } else { Severity::Critical };
        assert!(incidents.iter().all(|one| one.severity == severity));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn five_at_once_are_two_mails_as_well() -> Tested {
    let (flow, _) = flow_with(Answer::Shared);
    let events: Vec<Value> =
        FUNCTIONS.into_iter().enumerate().map(|(number, one)| failure_of(one, &format!("e{number}"))).collect();
    for delivered in join_all(events.iter().map(|event| deliver(&flow, event))).await {
        delivered?;
    }
    assert_eq!(flow.context.notifier.count(), 1);
    minutes(&flow, 2).await?;
    let mails = listed(&flow);
    assert_eq!((mails.len(), mails[0].len(), mails[1].len()), (2, 1, 4), "{mails:?}");
    assert!(is_done(&flow));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_alone_is_a_single_mail_and_does_not_wait_again() -> Tested {
    let (flow, analyst) = flow_with(Answer::Shared);
    deliver(&flow, &failure_of("orders", "e1")).await?;
    deliver(&flow, &failure_of("payments", "e2")).await?;
    assert_eq!(flow.context.notifier.count(), 1);
    minutes(&flow, 2).await?;
    assert_eq!(listed(&flow), [vec!["orders"], vec!["payments"]]);
    let subjects = flow.context.notifier.subjects();
    assert!(subjects[1].starts_with("[MEDIUM] payments failed"), "{subjects:?}");
    // What was found out when it opened, its mail says.
    assert_eq!(analyst.questions().len(), 2);
    assert!(is_done(&flow));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_critical_by_itself_or_a_drill_does_not_wait() -> Tested {
    let (flow, _) = flow_with(Answer::Shared);
    deliver(&flow, &failure_of("orders", "e1")).await?;
    let mut drill = failure_of("devops-error-generator", "drill");
    drill["detail"]["requestPayload"] = json!({ "incidentctl_drill": "d-1" });
    deliver(&flow, &drill).await?;
    assert_eq!(flow.context.notifier.count(), 2);
    let (flow, _) = flow_with(Answer::Rejudged(Severity::Critical));
    deliver(&flow, &failure_of("orders", "e1")).await?;
    deliver(&flow, &failure_of("payments", "e2")).await?;
    assert_eq!(flow.context.notifier.count(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_becomes_critical_while_it_waits_is_mailed_at_once() -> Tested {
    let (flow, _) = flow_with(Answer::Shared);
    deliver(&flow, &failure_of("orders", "e1")).await?;
    deliver(&flow, &failure_of("payments", "e2")).await?;
    let rules = incident_model::Rules::parse(
        "rules:\n- name: all\n  pattern: {source: [lambda]}\n  severity: CRITICAL\n  summary: \"{resource} failed\"\n  \
         recommendation: Look.\n",
    )?;
    flow.deliver(&failure_of("payments", "e3"), &rules).await?;
    let subjects = flow.context.notifier.subjects();
    assert!(subjects.len() == 2 && subjects[1].starts_with("[CRITICAL] payments failed"), "{subjects:?}");
    minutes(&flow, 3).await?;
    assert_eq!(flow.context.notifier.count(), 2);
    assert!(is_done(&flow));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn waiting_for_others_takes_a_minute_and_a_sweep_at_most() -> Tested {
    for pause in [0, 1, 10, 29, 30, 31, 59, 100] {
        let (flow, _) = flow_with(Answer::Shared);
        flow.context.clock.stop();
        deliver(&flow, &failure_of("orders", "e1")).await?;
        flow.context.clock.pass(pause);
        let begun = Instant::now();
        deliver(&flow, &failure_of("payments", "e2")).await?;
        assert!(begun.elapsed() < Duration::from_secs(1));
        let now = flow.context.clock.now().seconds;
        let waiting = flow.context.store.incidents().into_iter().find(|one| one.due.is_some());
        let due_in = waiting.and_then(|one| one.due_at).ok_or("it does not wait")? - now;
        assert!((15..=60).contains(&due_in), "{pause}: {due_in}");
    }
    Ok(())
}
