#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::engine::cloudformation::planned_change::tests::planned as planned_change;

fn planned(changes: &[(&str, Action)]) -> Plan {
    let changes = changes.iter().map(|(id, action)| unplanned(id, "AWS::X::Y", *action));
    Plan { changes: changes.collect(), leftovers: Vec::new() }
}

/// `RESOURCE STATUS REASON`, one second apart; the stack itself is `stack`.
fn record_all(log: &mut EventLog<'_>, lines: &[&str]) -> Vec<String> {
    let mut reported = Vec::new();
    for (second, line) in lines.iter().enumerate() {
        let mut words = line.splitn(3, ' ');
        let logical_id = words.next().unwrap().to_owned();
        let resource_type = if logical_id == "stack" { "AWS::CloudFormation::Stack" } else { "AWS::X::Y" }.to_owned();
        let status = words.next().unwrap().to_owned();
        let at = f64::from(u32::try_from(second).unwrap());
        let reason = words.next().map(str::to_owned);
        reported.extend(log.record(&Occurrence { logical_id, resource_type, status, reason, at }).map(short));
    }
    reported
}

fn short(event: Event) -> String {
    match event {
        Event::ResourceStarted { logical_id, action, .. } => format!("{logical_id} {action:?} began"),
        Event::ResourceFinished { logical_id, action, seconds, .. } => {
            format!("{logical_id} {action:?} took {seconds} s")
        }
        Event::ResourceFailed { logical_id, failure, .. } => format!("{logical_id} failed: {}", failure.message),
        Event::ResourceSkipped { logical_id, because } => format!("{logical_id} skipped because of {because}"),
        Event::StackChanged { status, .. } => format!("stack {status}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_creation_is_reported_once_per_resource() {
    let plan = planned(&[("A", Action::Create), ("B", Action::Create)]);
    let mut log = EventLog::of(&plan, &[]);
    let reported = record_all(
        &mut log,
        &[
            "stack CREATE_IN_PROGRESS User Initiated",
            "A CREATE_IN_PROGRESS",
            "A CREATE_IN_PROGRESS Resource creation Initiated",
            "A CREATE_COMPLETE",
        ],
    );
    assert_eq!(reported, ["stack CREATE_IN_PROGRESS", "A Create began", "A Create took 2 s"]);
    let outcome = log.into_outcome();
    assert_eq!(outcome.count(Action::Create), 1);
    assert_eq!(outcome.not_begun, ["B"]);
}

#[test]
fn the_first_failure_is_the_cause_and_a_rollback_does_not_count() {
    let plan = planned(&[("A", Action::Create), ("B", Action::Create), ("C", Action::Create)]);
    let mut log = EventLog::of(&plan, &[]);
    let reported = record_all(
        &mut log,
        &[
            "A CREATE_IN_PROGRESS",
            "B CREATE_IN_PROGRESS",
            "C CREATE_IN_PROGRESS",
            "A CREATE_COMPLETE",
            "B CREATE_FAILED it may not be",
            "C CREATE_FAILED Resource creation cancelled",
            "stack CREATE_FAILED The following resource(s) failed to create: [B].",
            "stack DELETE_IN_PROGRESS",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "stack DELETE_COMPLETE",
        ],
    );
    assert_eq!(
        reported[4..],
        [
            "B failed: it may not be",
            "C skipped because of B",
            "stack CREATE_FAILED",
            "stack DELETE_IN_PROGRESS",
            "A Delete began",
            "A Delete took 1 s",
            "stack DELETE_COMPLETE",
        ]
    );
    assert_eq!(log.status(), Some("DELETE_COMPLETE"));
    let outcome = log.into_outcome();
    let [(change, error)] = outcome.failures.as_slice() else { unreachable!("{outcome:?}") };
    assert_eq!((change.logical_id.as_str(), error.message.as_str()), ("B", "it may not be"));
    assert_eq!(outcome.skipped, ["C"]);
    assert!(outcome.finished.is_empty());
}

#[test]
fn an_update_is_reported_as_it_was_planned() {
    let plan =
        planned(&[("Old", Action::Replace), ("Same", Action::None), ("Maybe", Action::None), ("Gone", Action::Delete)]);
    let planned = [planned_change("Maybe", "Modify", false)];
    let mut log = EventLog::of(&plan, &planned);
    let reported = record_all(
        &mut log,
        &[
            "Same UPDATE_IN_PROGRESS",
            "Same UPDATE_COMPLETE",
            "Maybe UPDATE_IN_PROGRESS",
            "Maybe UPDATE_COMPLETE",
            "Old UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource",
            "Old UPDATE_COMPLETE",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "Old DELETE_IN_PROGRESS",
            "Old DELETE_COMPLETE",
            "Gone DELETE_IN_PROGRESS",
            "Gone DELETE_COMPLETE",
            "stack UPDATE_COMPLETE",
        ],
    );
    assert_eq!(
        reported,
        [
            "Maybe Update began",
            "Maybe Update took 1 s",
            "Old Replace began",
            "Old Replace took 1 s",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "Gone Delete began",
            "Gone Delete took 1 s",
            "stack UPDATE_COMPLETE",
        ]
    );
    let outcome = log.into_outcome();
    let counts = [Action::Update, Action::Replace, Action::Delete].map(|action| outcome.count(action));
    assert_eq!(counts, [1, 1, 1]);
}

#[test]
fn a_stack_that_fails_by_itself_is_its_own_cause() {
    let plan = planned(&[("A", Action::Create)]);
    let mut log = EventLog::of(&plan, &[]);
    record_all(&mut log, &["stack CREATE_FAILED no template can do this"]);
    let outcome = log.into_outcome();
    assert_eq!(outcome.failures[0].1.message, "no template can do this");
}
