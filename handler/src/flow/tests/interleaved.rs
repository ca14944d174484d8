//! Many concurrent failures of one fingerprint, in hundreds of interleavings: no notice is lost between two of them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake, Waker};

use incident_model::{Incident, Severity};

use super::*;

/// Number of interleavings.
const SEEDS: u64 = 200;

/// Marsaglia's xorshift: the same numbers for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap_or_default()
    }
}

/// Whether a delivery can continue.
struct Turn {
    is_ready: AtomicBool,
    parent: Waker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.is_ready.store(true, Ordering::Relaxed);
        self.parent.wake_by_ref();
    }
}

/// Runs the deliveries so that each step of one may come before or after any step of another.
async fn interleaved(flow: &Flow<Memory, Mailbox>, rules: &Rules, events: &[Value], seed: u64) -> Tested {
    let mut dice = Dice(seed * 2_654_435_761 + 1);
    let parent = std::future::poll_fn(|context| Poll::Ready(context.waker().clone())).await;
    let mut running: Vec<_> = events
        .iter()
        .map(|event| {
            let turn = Turn { is_ready: AtomicBool::new(true), parent: parent.clone() };
            (Arc::new(turn), Box::pin(flow.deliver(event, rules)))
        })
        .collect();
    std::future::poll_fn(move |_| {
        loop {
            let ready: Vec<usize> = running
                .iter()
                .enumerate()
                .filter(|(_, (turn, _))| turn.is_ready.load(Ordering::Relaxed))
                .map(|(index, _)| index)
                .collect();
            if ready.is_empty() {
                return if running.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            // Those that wait for the runtime get ahead of those that are ready.
            if dice.below(4) == 0 {
                parent.wake_by_ref();
                return Poll::Pending;
            }
            let chosen = ready[dice.below(ready.len())];
            let (turn, delivery) = &mut running[chosen];
            turn.is_ready.store(false, Ordering::Relaxed);
            let waker = Waker::from(Arc::clone(turn));
            match delivery.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(_)) => drop(running.swap_remove(chosen)),
                Poll::Pending => {}
            }
        }
    })
    .await?;
    Ok(())
}

/// What each severity would be mailed as.
fn mailed(flow: &Flow<Memory, Mailbox>) -> Option<Severity> {
    let subjects = flow.context.notifier.subjects();
    Severity::ALL
        .into_iter()
        .find(|severity| subjects.iter().any(|subject| subject.starts_with(&format!("[{severity}]"))))
}

/// Rules with an escalation at this number of failures.
fn worse_at(occurrences: usize) -> Result<Rules, RulesError> {
    Rules::parse(&format!(
        "rules:\n- name: any\n  severity: MEDIUM\n  escalate: {{occurrences: {occurrences}, severity: HIGH}}\n  summary: failed\n  \
         recommendation: Look.\n"
    ))
}

#[tokio::test(start_paused = true)]
async fn an_escalation_by_number_is_reported_whoever_counts_that_failure_and_whatever_mail_is_on_its_way() -> Tested {
    let events: Vec<_> = (0..8).map(|number| failure_of("orders", &format!("e{number}"))).collect();
    for occurrences in 2..=8 {
        let rules = worse_at(occurrences)?;
        for seed in 0..SEEDS {
            let flow = flow();
            interleaved(&flow, &rules, &events, seed).await?;
            let incident = flow.context.store.incidents().remove(0);
            assert_eq!((incident.occurrences, incident.severity), (8, Severity::High), "{occurrences}, seed {seed}");
            let subjects = flow.context.notifier.subjects();
            assert_eq!(mailed(&flow), Some(Severity::High), "{occurrences}, seed {seed}: {subjects:?}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_failures_that_differ_in_severity_the_worst_is_recorded_and_told() -> Tested {
    let failure = |class: &str, number: usize| {
        let mut event = failure_of("db", &format!("{class}-{number}"));
        event["detail"]["responsePayload"] = match class {
            "plain" => json!({"errorType": "OperationalError", "errorMessage": "(1146, 'gone')"}),
            _ => json!({"errorType": "OperationalError", "errorMessage": "(2003, 'Connection refused')"}),
        };
        event
    };
    // They have one fingerprint only if their messages are the same without what is quoted.
    let rules = Rules::defaults()?;
    let print = |event: &Value| incident_model::classify(event, &rules).map(|seen| seen[0].fingerprint.digest.clone());
    let events = [0, 1, 2, 3].map(|number| failure(if number % 2 == 0 { "plain" } else { "refused" }, number));
    for seed in 0..SEEDS {
        let flow = flow();
        interleaved(&flow, &rules, &events, seed).await?;
        let incidents = flow.context.store.incidents();
        let worst = incidents.iter().map(|incident| incident.severity).max();
        assert_eq!(worst, Some(Severity::High), "seed {seed}");
        assert_eq!(mailed(&flow), worst, "seed {seed}: {:?}", flow.context.notifier.subjects());
        if print(&events[0])? == print(&events[1])? {
            assert_eq!(incidents.len(), 1, "seed {seed}");
        }
        let words = |incident: &Incident| match incident.rule.as_str() {
            "lambda-dependency-unreachable" => incident.error_message.contains("refused"),
            _ => incident.error_message.contains("gone"),
        };
        assert!(incidents.iter().all(words), "seed {seed}: {incidents:?}");
    }
    Ok(())
}
