//! Drills: their origin, and the number of their mails.

use super::*;

fn drill_of(function: &str, id: &str) -> Value {
    let mut drill = failure_of(function, id);
    drill["detail"]["requestPayload"] = json!({ "incidentctl_drill": id });
    drill
}

#[tokio::test(start_paused = true)]
async fn what_a_payload_says_makes_no_drill_of_a_failure() -> Tested {
    let flow = flow();
    for number in 0..60 {
        deliver(&flow, &drill_of("orders", &format!("d-{number}"))).await?;
    }
    let subjects = flow.context.notifier.subjects();
    assert!(subjects.iter().all(|subject| !subject.contains("TEST")), "{subjects:?}");
    assert_eq!(flow.context.store.occurrences(), [60]);
    assert_eq!(flow.context.notifier.count(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_no_kind_of_mail_brings_the_others_to_ten_in_a_second() -> Tested {
    for limit in 1..=8 {
        let mut flow = flow();
        flow.context.settings.alerts = serde_json::from_value(json!({ "mails_per_minute": limit }))?;
        for number in 0..60 {
            deliver(&flow, &drill_of("devops-error-generator", &format!("d-{number}"))).await?;
            deliver(&flow, &failure_of(&format!("orders-{number}"), &format!("e-{number}"))).await?;
        }
        flow.context.clock.pass(20);
        flow.sweep().await?;
        // The clock stands still while a drill waits for the next second.
        assert!(flow.context.notifier.count() < 10, "{limit}: {:?}", flow.context.notifier.subjects());
        let drills = flow.context.notifier.subjects().iter().filter(|subject| subject.contains("TEST: ")).count();
        assert!(drills > 0, "{limit}: no drill was mailed");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn drills_beyond_their_budget_are_in_a_digest() -> Tested {
    let flow = flow();
    for number in 0..20 {
        deliver(&flow, &drill_of("devops-error-generator", &format!("d-{number}"))).await?;
        flow.context.clock.pass(2);
    }
    assert_eq!(flow.context.notifier.count(), 10);
    flow.context.clock.pass(60);
    flow.sweep().await?;
    assert_eq!(flow.context.notifier.count(), 11);
    assert!(
        flow.context.notifier.subjects()[10].starts_with("[DIGEST] 10 incidents"),
        "{:?}",
        flow.context.notifier.subjects()
    );
    assert!(
        flow.context.store.incidents().iter().all(|incident| incident.due.is_none() && incident.notified_at.is_some())
    );
    Ok(())
}
