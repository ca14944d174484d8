//! The guarantees of the handler, on a store and a notifier that fail on demand. The number in a test's name
//! is the guarantee's.

mod alarms;
mod alerting;
mod analysis;
mod analyst;
mod batches;
mod drills;
mod existence;
mod fake;
mod faults;
mod folding;
mod functions;
mod interleaved;
mod mailbox;
mod pressure;
mod queue;
mod script;
mod storm;

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

use incident_model::{Rules, RulesError, Status, Unreadable};
use serde_json::{Value, json};

use super::*;
use crate::delivery::Reading;
use analyst::{Answer, Fake};
use fake::Memory;
use mailbox::Mailbox;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// All guarantees hold with analysis on.
fn flow() -> Flow<Memory, Mailbox> {
    flow_with(Answer::AtOnce).0
}

/// With an analyst who gives this answer.
fn flow_with(answer: Answer) -> (Flow<Memory, Mailbox>, Arc<Fake>) {
    let store = Memory::default();
    let notifier = Mailbox::of(Rc::clone(&store.script));
    let mut flow = Flow::new(store, notifier, Settings::of_devops());
    let analyst = Fake::that(answer);
    flow.context.analyst = Some(Box::new(Arc::clone(&analyst)));
    (flow, analyst)
}

fn failure_of(function: &str, event_id: &str) -> Value {
    json!({
        "id": event_id, "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
        "account": "111111111111", "region": "eu-west-1", "time": "2026-01-01T00:00:00Z",
        "detail": {
            "requestContext": {
                "requestId": format!("request-{event_id}"), "condition": "RetriesExhausted",
                "functionArn": format!("arn:aws:lambda:eu-west-1:111111111111:function:{function}:$LATEST"),
            },
            "responsePayload": {"errorType": "ValueError", "errorMessage": "no such order"},
        },
    })
}

/// A failure that is as severe as the alarm.
fn timeout_of(function: &str, event_id: &str) -> Value {
    let mut failure = failure_of(function, event_id);
    failure["detail"]["responsePayload"] =
        json!({"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"});
    failure
}

fn alarm(event_id: &str, state: &str) -> Value {
    json!({
        "id": event_id, "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "account": "111111111111", "region": "eu-west-1", "time": "2026-01-01T00:00:00Z", "detail": {"alarmName": "cpu", "state": {"value": state, "reason": "Threshold Crossed"}},
    })
}

fn contributor(event_id: &str) -> Value {
    json!({
        "id": event_id, "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm Contributor State Change",
        "account": "111111111111", "region": "eu-west-1",
        "detail": {
            "alarmName": "devops-function-errors", "alarmContributor": {"id": "1", "attributes": {"FunctionName": "orders"}},
            "state": {"value": "ALARM", "reason": "Threshold Crossed"},
            "configuration": {"metrics": [{"expression": "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName"}]},
        },
    })
}

impl Flow<Memory, Mailbox> {
    /// Handles every event of a delivery, as an invocation does; returns their number.
    async fn deliver(&self, delivery: &Value, rules: &Rules) -> Result<usize, HandlerError> {
        self.breaker.reset();
        let Reading { events, unreadable } = Reading::of(delivery, &self.context.settings, rules);
        let failed = self.handle_all(&events).await.into_iter().filter_map(Result::err).next_back();
        failed.or(unreadable.map(HandlerError::from)).map_or(Ok(events.len()), Err)
    }
}

async fn deliver(flow: &Flow<Memory, Mailbox>, event: &Value) -> Result<usize, HandlerError> {
    static RULES: LazyLock<Result<Rules, RulesError>> = LazyLock::new(Rules::defaults);
    flow.deliver(event, RULES.as_ref().map_err(|_| Unreadable::Empty)?).await
}

#[tokio::test(start_paused = true)]
async fn guarantee_2_an_event_delivered_twice_counts_and_mails_once() -> Tested {
    let flow = flow();
    for _ in 0..2 {
        deliver(&flow, &failure_of("orders", "e1")).await?;
    }
    assert_eq!(flow.context.store.occurrences(), [1]);
    assert_eq!(flow.context.notifier.count(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_3_failures_of_one_fingerprint_are_one_incident_also_at_once() -> Tested {
    let flow = flow();
    let events: Vec<Value> = (0..20).map(|number| failure_of("orders", &format!("e{number}"))).collect();
    let deliveries = events.iter().map(|event| deliver(&flow, event));
    for delivered in join_all(deliveries).await {
        delivered?;
    }
    assert_eq!(flow.context.store.occurrences(), [20]);
    assert_eq!(flow.context.notifier.count(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_3_a_resolved_incident_that_returns_is_a_new_one() -> Tested {
    let flow = flow();
    deliver(&flow, &alarm("e1", "ALARM")).await?;
    deliver(&flow, &alarm("e2", "OK")).await?;
    deliver(&flow, &alarm("e3", "ALARM")).await?;
    assert_eq!(flow.context.store.occurrences(), [1, 1]);
    assert_eq!(flow.context.notifier.count(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_7_own_failures_do_not_loop() -> Tested {
    let flow = flow();
    deliver(&flow, &failure_of("devops-incident-handler", "e1")).await?;
    assert_eq!(flow.context.notifier.count(), 0);
    assert!(flow.context.store.occurrences().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_1_what_comes_back_from_the_handlers_queue_is_handled() -> Tested {
    let flow = flow();
    let record = json!({
        "version": "1.0",
        "requestContext": {
            "requestId": "r", "condition": "RetriesExhausted",
            "functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:devops-incident-handler:$LATEST",
        },
        "requestPayload": failure_of("orders", "e1"),
    });
    let message = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": record.to_string()}]});
    deliver(&flow, &message).await?;
    assert_eq!(flow.context.store.occurrences(), [1]);
    Ok(())
}

/// A message as the handler's own dead-letter queue holds it.
fn from_own_queue(payload: &Value) -> Value {
    let arn = "arn:aws:lambda:eu-west-1:111111111111:function:devops-incident-handler:$LATEST";
    let record = json!({"requestContext": {"requestId": "r", "condition": "RetriesExhausted", "functionArn": arn}, "requestPayload": payload});
    json!({"eventSource": "aws:sqs", "messageId": "m", "body": record.to_string()})
}

#[tokio::test(start_paused = true)]
async fn guarantee_1_no_record_of_a_batch_hides_another() -> Tested {
    let message = |body: &str| json!({"eventSource": "aws:sqs", "messageId": "q", "body": body});
    let good = message(&failure_of("orders", "e1").to_string());
    let again = from_own_queue(&failure_of("payments", "e2"));
    for garbage in [
        json!(null),
        json!(7),
        json!([]),
        message(""),
        message("{not json"),
        message("devops-incident-handler {\"requestPayload\":"),
        from_own_queue(&json!(null)),
        from_own_queue(&json!({})),
        json!({"eventSource": "aws:kinesis", "kinesis": {"data": "%"}}),
    ] {
        let flow = flow();
        let _ = deliver(&flow, &json!({"Records": [garbage, good, again]})).await;
        let recorded: Vec<_> = flow.context.store.incidents().into_iter().map(|incident| incident.resource).collect();
        for resource in ["orders", "payments"] {
            assert!(recorded.iter().any(|seen| seen == resource), "{garbage} hides {resource}: {recorded:?}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_1_an_unreadable_record_is_reported() -> Tested {
    let flow = flow();
    let arn = "arn:aws:sqs:eu-west-1:111111111111:team-events";
    let garbage = json!({"eventSource": "aws:sqs", "messageId": "q1", "eventSourceARN": arn, "body": " "});
    let good = json!({"eventSource": "aws:sqs", "messageId": "q2", "body": failure_of("orders", "e1").to_string()});
    deliver(&flow, &json!({"Records": [garbage, good]})).await?;
    let bodies = flow.context.notifier.bodies();
    assert!(bodies.iter().any(|body| body.contains("a record from team-events cannot be read")), "{bodies:?}");
    // Nothing in it can be read: the delivery fails and ends in the dead-letter queue, which raises an alarm.
    assert!(matches!(deliver(&flow, &json!({"Records": [garbage]})).await, Err(HandlerError::Unreadable(_))));
    assert!(matches!(
        deliver(&flow, &json!({"Records": [from_own_queue(&json!({}))]})).await,
        Err(HandlerError::Unreadable(_))
    ));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_9_garbage_is_an_error() {
    for garbage in [json!(null), json!({}), json!([]), json!("text")] {
        assert!(matches!(deliver(&flow(), &garbage).await, Err(HandlerError::Unreadable(_))), "{garbage}");
    }
}

/// Runs futures in turns until all are done.
async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(move |context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(std::mem::take(&mut done)) } else { std::task::Poll::Pending }
    })
    .await
}
