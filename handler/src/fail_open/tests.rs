//! Mails without the table: in seconds, few, bounded, and none about what was mailed a moment ago.

use std::cell::RefCell;
use std::collections::BTreeMap;

use incident_model::{Rules, classify};
use serde_json::json;

use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

const MINUTE: i64 = 60;

/// SNS, which takes mails or refuses them.
#[derive(Default)]
struct Mails {
    taken: RefCell<Vec<Mail>>,
    taken_at: RefCell<Vec<tokio::time::Instant>>,
    tries: RefCell<usize>,
    refuses: bool,
}

impl Notifier for Mails {
    async fn publish(&self, mail: &Mail) -> Result<(), NotifyError> {
        *self.tries.borrow_mut() += 1;
        if self.refuses {
            return Err(NotifyError { code: "InternalError".to_owned(), message: String::new() });
        }
        self.taken.borrow_mut().push(mail.clone());
        self.taken_at.borrow_mut().push(tokio::time::Instant::now());
        Ok(())
    }
}

/// The failure of a function; all of one function share a fingerprint.
fn failure(function: &str, event_id: &str) -> Result<Classification, Box<dyn std::error::Error>> {
    static RULES: std::sync::LazyLock<Result<Rules, incident_model::RulesError>> =
        std::sync::LazyLock::new(Rules::defaults);
    let event = json!({
        "id": event_id, "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
        "account": "111111111111", "region": "eu-west-1", "time": "2026-01-01T00:00:00Z",
        "detail": {
            "requestContext": {"requestId": event_id, "condition": "RetriesExhausted",
                "functionArn": format!("arn:aws:lambda:eu-west-1:111111111111:function:{function}:$LATEST")},
            "responsePayload": {"errorType": "ValueError", "errorMessage": "no such order"},
        },
    });
    let rules = RULES.as_ref().map_err(|_| "no rules")?;
    Ok(classify(&event, rules)?.remove(0))
}

fn denied() -> StoreError {
    StoreError::Unusable { code: "AccessDeniedException".to_owned(), message: "denied".to_owned() }
}

/// A handler instance.
#[derive(Default)]
struct Instance {
    fail_open: FailOpen,
    mails: Mails,
}

impl Instance {
    fn fails(&self, event: &Classification, severity: Severity, kept: Kept, clock: &Clock) {
        let now = clock.now();
        if let Some(incident) = event.incident(String::new(), now.text.clone()) {
            self.fail_open.collect(event, Incident { severity, ..incident }, kept, &denied(), now.seconds);
        }
    }

    async fn tell(&self, clock: &Clock) -> Result<Option<u64>, NotifyError> {
        self.fail_open.tell(&self.mails, clock, "devops").await
    }

    fn subjects(&self) -> Vec<String> {
        self.mails.taken.borrow().iter().map(|mail| mail.subject.clone()).collect()
    }
}

/// More than ten in a second end the subscription, and alarms mail too.
#[tokio::test(start_paused = true)]
async fn guarantee_6_handlers_that_meet_an_outage_at_once_do_not_mail_at_once() -> Tested {
    let clock = Clock::default();
    let begun = tokio::time::Instant::now();
    let handlers: Vec<Instance> = (0..10).map(|_| Instance::default()).collect();
    for handler in &handlers {
        handler.fails(&failure("orders", "e1")?, Severity::Medium, Kept::InQueue, &clock);
    }
    let told = handlers.iter().map(|handler| handler.tell(&clock)).collect();
    for told in crate::concurrently::at_most(10, told).await {
        assert_eq!(told?, Some(1));
    }
    let mut times: Vec<_> = handlers.iter().flat_map(|handler| handler.mails.taken_at.take()).collect();
    times.sort_unstable();
    assert!(times.iter().all(|at| at.duration_since(begun) <= SPREAD), "{times:?}");
    let within = |at| times.iter().filter(|other| **other >= at && **other - at < Duration::from_secs(1)).count();
    assert!(times.len() == 10 && times.iter().all(|at| within(*at) < 9), "{times:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_6_the_first_mail_goes_in_seconds_and_the_next_a_minute_later_with_the_worst_first() -> Tested {
    let (one, clock) = (Instance::default(), Clock::default());
    one.fails(&failure("orders", "e1")?, Severity::Medium, Kept::InQueue, &clock);
    assert_eq!(one.tell(&clock).await?, Some(1));
    for number in 0..30 {
        one.fails(&failure(&format!("f{number}"), &format!("f{number}"))?, Severity::Low, Kept::InQueue, &clock);
    }
    one.fails(&failure("payments", "e2")?, Severity::Critical, Kept::InQueue, &clock);
    clock.pass(MINUTE - 2);
    assert_eq!(one.tell(&clock).await?, None);
    clock.pass(2);
    assert_eq!(one.tell(&clock).await?, Some(31));
    assert_eq!(
        one.subjects(),
        [
            "NOT RECORDED: 1 failure (1 MEDIUM): orders failed: ValueError: no such order",
            "NOT RECORDED: 31 failures (1 CRITICAL, 30 LOW): payments failed: ValueError: no such order"
        ]
    );
    let body = one.mails.taken.borrow()[0].body.clone();
    assert!(body.contains("kept in the queue of events") && body.contains("AccessDeniedException: denied"), "{body}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_6_what_was_mailed_is_not_mailed_again_at_every_attempt() -> Tested {
    let (one, clock) = (Instance::default(), Clock::default());
    let event = failure("orders", "e1")?;
    let mut mailed_at = Vec::new();
    for minute in 0..360 {
        if minute % 3 == 0 {
            one.fails(&event, Severity::Medium, Kept::InQueue, &clock);
        }
        if one.tell(&clock).await?.is_some() {
            mailed_at.push(minute);
        }
        clock.pass(MINUTE);
    }
    assert_eq!(mailed_at, [0, 10, 30, 70, 130, 190, 250, 310]);
    // One event, however often it was tried.
    assert!(one.subjects().iter().all(|subject| subject.starts_with("NOT RECORDED: 1 failure (1 MEDIUM)")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ten_times_as_many_failures_are_news() -> Tested {
    let (one, clock) = (Instance::default(), Clock::default());
    let mut told = Vec::new();
    for number in 1..=1_000 {
        one.fails(&failure("orders", &format!("e{number}"))?, Severity::Medium, Kept::InQueue, &clock);
        clock.pass(MINUTE / 60);
        told.extend(one.tell(&clock).await?);
    }
    assert_eq!(told, [1, 61, 610]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_by_then_is_not_mailed() -> Tested {
    let (one, clock) = (Instance::default(), Clock::default());
    let event = failure("orders", "e1")?;
    one.fails(&event, Severity::Medium, Kept::InQueue, &clock);
    one.fail_open.recorded(&event.fingerprint.digest);
    assert_eq!(one.tell(&clock).await?, None);
    one.fails(&event, Severity::Medium, Kept::InQueue, &clock);
    assert_eq!(one.tell(&clock).await?, Some(1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_is_refused_is_tried_again_a_minute_later() -> Tested {
    let (mut one, clock) = (Instance::default(), Clock::default());
    one.mails.refuses = true;
    one.fails(&failure("orders", "e1")?, Severity::Medium, Kept::Nowhere, &clock);
    assert!(one.tell(&clock).await.is_err());
    for _ in 0..10 {
        assert_eq!(one.tell(&clock).await?, None);
    }
    assert_eq!(*one.mails.tries.borrow(), 1);
    one.mails.refuses = false;
    clock.pass(MINUTE);
    assert_eq!(one.tell(&clock).await?, Some(1));
    assert!(one.mails.taken.borrow()[0].body.contains("in this mail only"));
    Ok(())
}

/// Ten handlers that share the retries of a thousand fingerprints, of which one in a hundred is CRITICAL, for six hours
/// without the table.
#[tokio::test(start_paused = true)]
async fn guarantee_6_ten_handlers_and_a_thousand_fingerprints_for_six_hours_stay_within_the_bound() -> Tested {
    const HANDLERS: usize = 10;
    const MINUTES: usize = 360;
    let clock = Clock::default();
    let handlers: Vec<Instance> = (0..HANDLERS).map(|_| Instance::default()).collect();
    let events: Vec<Classification> = (0..1_000)
        .map(|number| failure(&format!("f{number:03}-x"), &format!("e{number}")))
        .collect::<Result<_, _>>()?;
    let incident = |event: &Classification| event.incident(String::new(), clock.now().text);
    let incidents: Vec<Incident> = events.iter().filter_map(incident).collect();
    let severity = |number: usize| if number.is_multiple_of(100) { Severity::Critical } else { Severity::Medium };
    let mut mails_at: Vec<Vec<usize>> = vec![Vec::new(); HANDLERS];
    for minute in 0..MINUTES {
        let now = clock.now().seconds;
        for (number, event) in events.iter().enumerate() {
            // Hidden for three minutes, then received by any of the handlers.
            if (minute + number) % 3 == 0 {
                let handler = (number * 7 + minute * 13 + number * minute) % HANDLERS;
                let incident = Incident { severity: severity(number), ..incidents[number].clone() };
                handlers[handler].fail_open.collect(event, incident, Kept::InQueue, &denied(), now);
            }
        }
        for (handler, mails_at) in handlers.iter().zip(&mut mails_at) {
            // Several invocations a minute.
            for _ in 0..3 {
                if handler.tell(&clock).await?.is_some() {
                    mails_at.push(minute);
                }
            }
        }
        clock.pass(MINUTE);
    }
    let mails: usize = mails_at.iter().map(Vec::len).sum();
    assert!(mails <= HANDLERS * MINUTES, "{mails} mails");
    for mails_at in &mails_at {
        assert!(mails_at.windows(2).all(|pair| pair[0] < pair[1]), "more than one a minute: {mails_at:?}");
    }
    for (handler, mails_at) in handlers.iter().zip(&mails_at) {
        named_seldom(handler, mails_at);
    }
    for number in (0..1_000).step_by(100) {
        let name = format!("f{number:03}-x");
        let is_named = |mail: &Mail| mail.body.contains(&format!("lambda {name},"));
        assert!(handlers.iter().any(|one| one.mails.taken.borrow().iter().take(4).any(is_named)), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn guarantee_6_more_fingerprints_than_are_remembered_are_not_mailed_more_often() -> Tested {
    let (one, clock) = (Instance::default(), Clock::default());
    let events: Vec<Classification> = (0..1_300)
        .map(|number| failure(&format!("f{number:04}-x"), &format!("e{number}")))
        .collect::<Result<_, _>>()?;
    let mut mails_at = Vec::new();
    for minute in 0..30 {
        for event in &events {
            one.fails(event, Severity::Medium, Kept::InQueue, &clock);
        }
        if minute == 20 {
            one.fails(&failure("payments", "worst")?, Severity::Critical, Kept::InQueue, &clock);
        }
        if one.tell(&clock).await?.is_some() {
            mails_at.push(minute);
        }
        clock.pass(MINUTE);
    }
    named_seldom(&one, &mails_at);
    assert!(one.subjects().iter().any(|subject| subject.contains("1 CRITICAL")), "{:?}", one.subjects());
    Ok(())
}

/// No handler names a fingerprint twice within ten minutes.
fn named_seldom(handler: &Instance, mails_at: &[usize]) {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for (mail, minute) in handler.mails.taken.borrow().iter().zip(mails_at) {
        for name in mail.body.lines().filter_map(|line| line.strip_prefix("  lambda ")?.split(',').next()) {
            if let Some(before) = named.insert(name.to_owned(), *minute) {
                assert!(minute - before >= 10, "{name} at {before} and {minute}");
            }
        }
    }
    assert!(!named.is_empty());
}
