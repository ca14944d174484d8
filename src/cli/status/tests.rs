//! What is broken and what is not.

use super::facts::{Alarm, Facts, Queues, Subscriber};
use super::problems::of;
use super::queries::Queries;

fn subscriber(pending: bool) -> Subscriber {
    Subscriber { endpoint: "ada@example.com".to_owned(), pending, pending_since: None, expires_at: None }
}

fn healthy() -> Facts {
    Facts {
        stack: "devops".to_owned(),
        exists: true,
        subscriptions: vec![subscriber(false), subscriber(true)],
        queues: Queues { events: Some(3), rule: Some(0), handler: Some(0) },
        mapping: Some("Enabled".to_owned()),
        alarms: vec![Alarm { name: "devops-function-errors".to_owned(), state: "ALARM".to_owned() }],
        self_check: Some(Ok("0.1.0".to_owned())),
        ..Facts::default()
    }
}

#[test]
fn a_function_that_fails_breaks_nothing() {
    assert_eq!(of(&healthy()), []);
}

#[test]
fn whatever_keeps_an_alert_away_is_a_problem() {
    let alarm = Alarm { name: "devops-handler-errors".to_owned(), state: "ALARM".to_owned() };
    let report = r#"{"ok":false,"rules":{"ok":true},"table":{"ok":false,"error":"AccessDenied"},"topic":{"ok":true}}"#;
    for (facts, said) in [
        (Facts { stack: "devops".to_owned(), ..Facts::default() }, "not deployed"),
        (Facts { subscriptions: Vec::new(), ..healthy() }, "no subscription"),
        (Facts { subscriptions: vec![subscriber(true)], ..healthy() }, "not confirmed by ada@example.com"),
        (
            Facts { queues: Queues { rule: Some(1), ..Queues::default() }, ..healthy() },
            "1 event that EventBridge could not",
        ),
        (
            Facts { queues: Queues { handler: Some(2), ..Queues::default() }, ..healthy() },
            "2 events that the handler gave up",
        ),
        (Facts { alarms: vec![alarm], ..healthy() }, "devops-handler-errors"),
        (Facts { self_check: Some(Err(report.to_owned())), ..healthy() }, "does not work: table: AccessDenied"),
        (Facts { self_check: Some(Err("no JSON".to_owned())), ..healthy() }, "does not work: no JSON"),
        (Facts { broken_way: vec!["SweepRule is missing".to_owned()], ..healthy() }, "unnoticed: SweepRule is missing"),
    ] {
        let problems = of(&facts);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.message.contains(said)), "{said}: {problems:?}");
    }
}

#[test]
fn intervals_that_the_budget_stretches_are_told() {
    let queries = |metrics, next_at| Queries::new("2026-11".to_owned(), metrics, 500, 1_795_775_400, next_at);
    let often = queries(216_000, 1_795_775_450);
    assert_eq!(
        (often.stretched, often.line().as_str()),
        (false, "$2.16 of $5.00 this month to ask which functions fail")
    );
    let seldom = queries(420_000, 1_795_775_400 + 26_400);
    assert!(seldom.stretched && seldom.line().starts_with("$4.20 of $5.00 "), "{}", seldom.line());
    assert!(seldom.line().contains("the budget stretches the interval to 7 h 20 min: next at "), "{}", seldom.line());
}
