//! Every fault at every step: an error, a conflict, a lost response, a crash before it, a crash after it.
//!
//! Afterwards AWS does its part: Lambda retries, the bus may deliver twice, the schedule sweeps.

use std::collections::BTreeMap;

use super::script::Fault;
use super::*;

/// The subject of an invocation; each starts with its own table.
#[derive(Debug, Clone, Copy)]
enum Scene {
    /// A new incident.
    Opens,
    /// Another failure of an open incident.
    Counts,
    /// A failure that makes its incident worse.
    Escalates,
    /// An alarm that recovers.
    Recovers,
    /// An alarm that fires again right after two recoveries.
    Flaps,
    /// An alarm whose end was reported before the alarm.
    ComesLate,
    /// A reminder.
    Reminds,
    /// More incidents than mails.
    Digests,
    /// The end of a silence.
    Reveals,
    /// A quiet period.
    Quiets,
    /// The failure that raised an alarm.
    Explains,
    /// A new incident that its analysis makes CRITICAL.
    Raises,
    /// A new incident whose cause was alerted.
    Folds,
    /// The same, which its analysis makes CRITICAL.
    FoldsAndRaises,
    /// Incidents of one cause, whose notices waited for each other.
    SendsFolded,
}

const SCENES: [Scene; 15] = [
    Scene::Opens,
    Scene::Counts,
    Scene::Escalates,
    Scene::Recovers,
    Scene::Flaps,
    Scene::ComesLate,
    Scene::Reminds,
    Scene::Digests,
    Scene::Reveals,
    Scene::Quiets,
    Scene::Explains,
    Scene::Raises,
    Scene::Folds,
    Scene::FoldsAndRaises,
    Scene::SendsFolded,
];

const HOUR: i64 = 3600;

impl Scene {
    /// What the analyst says.
    fn answer(self) -> Answer {
        match self {
            Self::Raises => Answer::Critical,
            Self::Folds | Self::SendsFolded => Answer::Shared,
            Self::FoldsAndRaises => Answer::SharedAndCritical,
            _ => Answer::AtOnce,
        }
    }

    /// What happened before. Nothing goes wrong there.
    async fn set(self, flow: &Flow<Memory, Mailbox>) -> Tested {
        match self {
            Self::Opens | Self::Raises => {}
            Self::Counts | Self::Quiets => drop(deliver(flow, &failure_of("orders", "before")).await?),
            Self::Escalates => {
                for number in 0..99 {
                    deliver(flow, &failure_of("orders", &format!("before-{number}"))).await?;
                }
            }
            Self::Explains => drop(deliver(flow, &contributor("before")).await?),
            Self::Recovers | Self::Reminds => drop(deliver(flow, &alarm("before", "ALARM")).await?),
            Self::Flaps => {
                for (number, state) in ["ALARM", "OK"].iter().enumerate() {
                    deliver(flow, &alarm(&format!("before-{number}"), state)).await?;
                    flow.context.clock.pass(1);
                }
            }
            Self::ComesLate => {
                let mut over = alarm("before", "OK");
                over["time"] = "2026-01-01T00:01:00Z".into();
                deliver(flow, &over).await?;
            }
            Self::Folds | Self::FoldsAndRaises => drop(deliver(flow, &failure_of("payments", "before")).await?),
            Self::SendsFolded => {
                for number in 0..4 {
                    deliver(flow, &failure_of(&format!("orders-{number}"), &format!("before-{number}"))).await?;
                }
            }
            Self::Digests => {
                for number in 0..12 {
                    deliver(flow, &failure_of(&format!("orders-{number}"), &format!("before-{number}"))).await?;
                }
            }
            Self::Reveals => {
                flow.context.store.silence(alerting::silence(flow, HOUR));
                for number in 0..2 {
                    deliver(flow, &failure_of(&format!("orders-{number}"), &format!("before-{number}"))).await?;
                }
            }
        }
        flow.context.clock.pass(match self {
            Self::Reminds => 4 * HOUR + 1,
            Self::Reveals => HOUR + 1,
            Self::Quiets => 25 * HOUR,
            Self::Digests | Self::SendsFolded => 61,
            _ => 1,
        });
        Ok(())
    }

    /// The event, or nothing for a sweep.
    fn event(self) -> Option<Value> {
        match self {
            Self::Opens | Self::Counts | Self::Escalates | Self::Raises | Self::Folds | Self::FoldsAndRaises => {
                Some(failure_of("orders", "e"))
            }
            Self::Explains => Some(timeout_of("orders", "e")),
            Self::Recovers => Some(alarm("e", "OK")),
            Self::Flaps | Self::ComesLate => Some(alarm("e", "ALARM")),
            Self::Reminds | Self::Digests | Self::Reveals | Self::Quiets | Self::SendsFolded => None,
        }
    }

    /// How often each incident failed in the end, and how many are resolved.
    fn expected(self) -> (Vec<u64>, usize) {
        match self {
            Self::Opens | Self::Reminds | Self::Raises => (vec![1], 0),
            Self::Folds | Self::FoldsAndRaises => (vec![1, 1], 0),
            Self::SendsFolded => (vec![1; 4], 0),
            Self::Counts => (vec![2], 0),
            Self::Escalates => (vec![100], 0),
            Self::Recovers | Self::Quiets | Self::ComesLate => (vec![1], 1),
            Self::Flaps | Self::Explains => (vec![1, 1], 1),
            Self::Digests => (vec![1; 12], 0),
            Self::Reveals => (vec![1; 2], 0),
        }
    }
}

/// One invocation, which may die.
async fn invoke(flow: &Flow<Memory, Mailbox>, event: Option<&Value>) -> Result<(), String> {
    let work = async {
        match event {
            Some(event) => deliver(flow, event).await.map(drop),
            None => flow.sweep().await.map(drop),
        }
    };
    tokio::select! {
        result = work => result.map_err(|error| error.to_string()),
        () = flow.context.store.script.death() => Err("died".to_owned()),
    }
}

/// The invocation with its fault, then whatever AWS does afterwards.
async fn play(
    scene: Scene,
    answer: Answer,
    fault: Option<(usize, Fault)>,
) -> Result<(Flow<Memory, Mailbox>, usize), Box<dyn std::error::Error>> {
    let (flow, _) = flow_with(answer);
    scene.set(&flow).await?;
    flow.context.store.script.clear();
    if let Some((step, fault)) = fault {
        flow.context.store.script.plan(step, fault);
    }
    let event = scene.event();
    let first = invoke(&flow, event.as_ref()).await;
    let steps = flow.context.store.script.steps();
    flow.context.store.script.clear();
    if first.is_err() && event.is_some() {
        flow.context.clock.pass(60);
        invoke(&flow, event.as_ref()).await?;
    }
    if event.is_some() {
        // The bus may deliver what it delivered.
        invoke(&flow, event.as_ref()).await?;
    }
    for _ in 0..4 {
        flow.context.clock.pass(60);
        flow.sweep().await?;
    }
    Ok((flow, steps))
}

/// How often each notice of each incident was mailed, by the references in the mails.
fn notices(flow: &Flow<Memory, Mailbox>) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for incident in flow.context.store.incidents() {
        for number in 1..=incident.notices {
            let reference = format!("{} (notice {number})", incident.incident_id);
            let mails = flow.context.notifier.bodies().iter().filter(|body| body.contains(&reference)).count();
            counts.insert((incident.incident_id.clone(), number), mails);
        }
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn guarantees_2_3_and_4_hold_with_every_fault_at_every_step() -> Tested {
    for (scene, answer) in SCENES.into_iter().flat_map(|scene| [(scene, scene.answer()), (scene, Answer::Hangs)]) {
        let (_, steps) = play(scene, answer, None).await?;
        assert!(steps >= 2, "{scene:?} has {steps} steps");
        for step in 0..steps {
            for fault in Fault::ALL {
                let at = format!("{scene:?}, {answer:?}, {fault:?} at step {step} of {steps}");
                let played = play(scene, answer, Some((step, fault))).await;
                let (flow, _) = played.map_err(|error| format!("{at}: {error}"))?;
                holds(&flow, scene, fault, &at);
            }
        }
    }
    Ok(())
}

fn holds(flow: &Flow<Memory, Mailbox>, scene: Scene, fault: Fault, at: &str) {
    let incidents = flow.context.store.incidents();
    let (occurrences, resolved) = scene.expected();
    assert_eq!(flow.context.store.occurrences(), occurrences, "{at}");
    assert_eq!(incidents.iter().filter(|one| one.status == Status::Resolved).count(), resolved, "{at}");
    assert!(incidents.iter().all(|one| one.due.is_none()), "{at}: left to send");
    assert!(incidents.iter().all(|one| one.notified_at.is_some()), "{at}: not mailed");
    let may_repeat = matches!(fault, Fault::AnswerLost | Fault::CrashAfter | Fault::CrashBefore | Fault::Refused);
    for ((incident_id, number), mails) in notices(flow) {
        let most = if may_repeat { 2 } else { 1 };
        assert!(mails <= most, "{at}: {mails} mails of notice {number} of {incident_id}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_fault_each_notice_is_mailed_once() -> Tested {
    for scene in SCENES {
        let (flow, _) = play(scene, scene.answer(), None).await?;
        assert!(notices(&flow).values().all(|mails| *mails <= 1), "{scene:?}: {:?}", flow.context.notifier.subjects());
    }
    Ok(())
}
