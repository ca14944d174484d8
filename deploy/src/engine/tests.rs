#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::aws::Clients;
use crate::plan::{self, Action, Observations, Observed, Ownership, Plan};
use crate::progress::{Event, Progress};
use crate::resources::{Context, RULES};
use crate::template::{Desired, Stack};

/// A resource whose changes take no time and make no calls.
pub(super) fn desired(id: &str, needs: impl IntoIterator<Item = String>) -> Desired {
    Desired { needs: needs.into_iter().collect(), ..plan::tests::desired(id, serde_json::json!({})) }
}

fn stack(needs: &[(&str, &[&str])]) -> Stack {
    plan::tests::stack(
        needs.iter().map(|(id, needs)| desired(id, needs.iter().map(|need| (*need).to_owned()))).collect(),
    )
}

pub(super) async fn carry_out(stack: &Stack, plan: &Plan, interrupt: Interrupt) -> (Outcome, Vec<Event>) {
    let sdk = SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
    let clients = Clients::new(&sdk);
    let context = Context { clients: &clients, place: &stack.place, package: None, progress: Progress::silent() };
    let (sender, mut receiver) = unbounded_channel();
    let outcome = apply(&context, plan, &sender, interrupt).await;
    drop(sender);
    let mut events = Vec::new();
    while let Some(event) = receiver.recv().await {
        events.push(event);
    }
    (outcome, events)
}

fn done(outcome: &Outcome) -> Vec<&str> {
    outcome.finished.iter().map(|finished| finished.change.logical_id.as_str()).collect()
}

#[tokio::test]
async fn makers_wait_for_what_they_need_and_undoing_goes_backwards() {
    let stack = stack(&[("A", &[]), ("B", &["A"]), ("C", &["B"])]);
    let plan = Plan::up(&stack, &Observations::default(), &RULES).unwrap();
    let (outcome, _) = carry_out(&stack, &plan, Interrupt::times(0)).await;
    assert_eq!(done(&outcome), ["A", "B", "C"]);
    let (undone, _) = carry_out(&stack, &outcome.undo(&plan, &Observations::default()), Interrupt::times(0)).await;
    assert_eq!(done(&undone), ["C", "B", "A"]);
    assert_eq!(undone.count(Action::Delete), 3);
}

#[test]
fn what_failed_by_half_is_undone_when_it_is_ours() {
    let stack = stack(&[("Half", &[]), ("Taken", &[]), ("Nothing", &[]), ("Skipped", &["Half"])]);
    let plan = Plan::up(&stack, &Observations::default(), &RULES).unwrap();
    let refusal = crate::aws::AwsError::new("x:Y", "Refused", "no");
    let failures = plan.changes[..3].iter().map(|change| (change.clone(), refusal.clone())).collect();
    let outcome = Outcome { failures, skipped: vec!["Skipped".into()], ..Outcome::default() };
    let thing = |ownership| Observed { physical_id: "x".into(), properties: serde_json::json!({}), ownership };
    let resources = BTreeMap::from([
        ("Half".to_owned(), thing(Ownership::Ours)),
        ("Taken".to_owned(), thing(Ownership::Foreign { why: "it lacks the tag".into() })),
        ("Skipped".to_owned(), thing(Ownership::Ours)),
    ]);
    let undo = outcome.undo(&plan, &Observations { resources, orphans: Vec::new() });
    assert_eq!(undo.changes.iter().map(|change| change.logical_id.as_str()).collect::<Vec<_>>(), ["Half"]);
}

#[tokio::test]
async fn deletions_wait_for_what_needs_them() {
    let stack = stack(&[("A", &[]), ("B", &["A"])]);
    let thing = Observed { physical_id: "x".into(), properties: serde_json::json!({}), ownership: Ownership::Ours };
    let resources = BTreeMap::from([("A".to_owned(), thing.clone()), ("B".to_owned(), thing)]);
    let plan = Plan::down(&stack, &Observations { resources, orphans: Vec::new() });
    assert_eq!(done(&carry_out(&stack, &plan, Interrupt::times(0)).await.0), ["B", "A"]);
}

#[tokio::test]
async fn after_an_interrupt_nothing_begins_until_it_is_answered() {
    let stack = stack(&[("A", &[]), ("B", &["A"])]);
    let plan = Plan::up(&stack, &Observations::default(), &RULES).unwrap();
    for times in [1, 2] {
        let interrupt = Interrupt::times(times);
        let (outcome, _) = carry_out(&stack, &plan, interrupt.clone()).await;
        assert_eq!(outcome.not_begun, ["A", "B"]);
        assert!(outcome.finished.is_empty());
        assert_eq!(done(&carry_out(&stack, &plan, interrupt.answered()).await.0), ["A", "B"]);
    }
}
