//! Alerts under pressure: what is worst is mailed first, and nothing for ever last.

use incident_model::Severity;

use super::alerting::{minutes, storm};
use super::*;

/// A CRITICAL failure.
pub(super) fn crash_of(function: &str, event_id: &str) -> Value {
    let mut failure = failure_of(function, event_id);
    failure["detail"]["responsePayload"] =
        json!({"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module 'app'"});
    failure
}

/// Failures of one function with messages that have nothing in common.
async fn free_text(flow: &Flow<Memory, Mailbox>, messages: std::ops::Range<usize>) -> Tested {
    for number in messages {
        let word: String = number.to_string().bytes().map(|digit| char::from(digit + 56)).collect();
        let mut failure = failure_of("orders", &format!("text-{number}"));
        failure["detail"]["responsePayload"]["errorMessage"] = format!("unexpected {word} at {word}{word}").into();
        deliver(flow, &failure).await?;
    }
    Ok(())
}

fn mailed_singly(flow: &Flow<Memory, Mailbox>, function: &str) -> bool {
    flow.context
        .notifier
        .subjects()
        .iter()
        .any(|subject| subject.starts_with("[CRITICAL] ") && subject.contains(function))
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_critical_does_not_wait_for_a_storm_of_others() -> Tested {
    let flow = flow();
    free_text(&flow, 0..700).await?;
    assert!(flow.context.store.incidents().len() >= 600, "{}", flow.context.store.incidents().len());
    deliver(&flow, &crash_of("payments", "c1")).await?;
    assert!(mailed_singly(&flow, "payments"), "{:?}", flow.context.notifier.subjects());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_of_many_critical_ones_none_waits_longer_than_a_digest() -> Tested {
    let flow = flow();
    for minute in 0..5 {
        storm(&flow, &format!("minute-{minute}"), 150).await?;
        for number in 0..20 {
            let name = format!("crash-{minute}-{number}");
            deliver(&flow, &crash_of(&name, &name)).await?;
        }
        minutes(&flow, 1).await?;
        let waiting = flow.context.store.incidents().into_iter().filter(|incident| incident.notified_at.is_none());
        let worst = waiting.map(|incident| incident.severity).max();
        assert!(worst < Some(Severity::Critical), "minute {minute}");
    }
    let bodies = flow.context.notifier.bodies();
    let digest = bodies.iter().find(|body| body.contains("The mail limit per minute")).ok_or("no digest")?;
    let first_of = |text: &str| digest.find(text).unwrap_or(usize::MAX);
    assert!(first_of("\nCRITICAL - ") < first_of("\nMEDIUM - "), "{digest}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_a_sweep_that_comes_a_moment_early_skips_no_digest() -> Tested {
    let flow = flow();
    for minute in 0..10 {
        storm(&flow, &format!("minute-{minute}"), 30).await?;
        flow.context.clock.pass(59);
        flow.sweep().await?;
    }
    let digests = flow.context.notifier.subjects().iter().filter(|subject| subject.starts_with("[DIGEST]")).count();
    assert_eq!(digests, 10);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_5_a_storm_of_new_fingerprints_is_told_of_in_the_end_however_long_it_lasts() -> Tested {
    let flow = flow();
    for minute in 0..5 {
        storm(&flow, &format!("minute-{minute}"), 300).await?;
        minutes(&flow, 1).await?;
    }
    minutes(&flow, 2).await?;
    assert!(flow.context.store.incidents().iter().all(|incident| incident.notified_at.is_some()));
    Ok(())
}
