//! Batches from the queue of events: which messages stay there, which go to the dead-letter queue, and in which order.

use std::cell::{Cell, RefCell};

use incident_model::mail::Mail;
use lambda_runtime::Context;

use super::*;
use crate::ingest::{Deadline, Ingest, Message, QueueError, Queues, Reason};
use crate::notify::NotifyError;
use crate::rules_file::LoadedRules;

/// How long, in seconds, a message is hidden after it was received.
const VISIBILITY: i64 = 180;
const EVENTS: &str = "arn:aws:sqs:eu-west-1:111111111111:devops-events";

/// The queues, in memory.
#[derive(Default)]
pub(super) struct Letters {
    /// Ids and classes of the dead letters.
    dead: RefCell<Vec<(String, &'static str)>>,
    /// Ids of the messages that the handler deleted itself.
    deleted: RefCell<Vec<String>>,
    refuses: Cell<bool>,
}

impl Letters {
    pub(super) fn deleted(&self, message_id: &str) -> bool {
        self.deleted.borrow().iter().any(|deleted| deleted == message_id)
    }

    pub(super) fn is_without_dead_letters(&self) -> bool {
        self.dead.borrow().is_empty()
    }
}

impl Queues for Letters {
    async fn put_away(&self, message: &Message<'_>, reason: &Reason) -> Result<(), QueueError> {
        if self.refuses.get() {
            return Err(QueueError::Refused { code: "AccessDenied".to_owned(), message: String::new() });
        }
        self.dead.borrow_mut().push((message.id().to_owned(), reason.code));
        Ok(())
    }

    async fn delete(&self, messages: &[&Message<'_>]) -> Result<(), QueueError> {
        self.deleted.borrow_mut().extend(messages.iter().map(|message| message.id().to_owned()));
        Ok(())
    }
}

type Batches = Ingest<Memory, Mailbox, Letters>;

pub(super) fn ingest_of<N: Notifier>(flow: Flow<Memory, N>) -> Result<Ingest<Memory, N, Letters>, RulesError> {
    let loaded = LoadedRules { rules: Rules::defaults()?, problem: None };
    Ok(Ingest::new(flow, loaded, Letters::default()))
}

fn received(id: &str, receives: u64, body: &str) -> Value {
    json!({
        "eventSource": "aws:sqs", "eventSourceARN": EVENTS, "messageId": id, "receiptHandle": format!("r-{id}"),
        "attributes": {"ApproximateReceiveCount": receives.to_string(), "SentTimestamp": "1767225600000"},
        "messageAttributes": {}, "body": body,
    })
}

/// A message with the failure of a function, whose event has the message's id.
pub(super) fn failing(id: &str, function: &str, receives: u64) -> Value {
    received(id, receives, &failure_of(function, id).to_string())
}

/// Lambda's timeout of the handler, or none.
fn context(timeout: Option<u64>) -> Context {
    let mut context = Context::default();
    if let Some(seconds) = timeout {
        let at = std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
        context.deadline = at.duration_since(std::time::UNIX_EPOCH).map_or(0, |at| at.as_millis() as u64);
    }
    context
}

/// The ids of the messages that stay in the queue.
pub(super) async fn batch<N: Notifier>(
    ingest: &Ingest<Memory, N, Letters>,
    records: &[Value],
    timeout: Option<u64>,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let payload = json!({ "Records": records });
    let messages = Message::batch(&payload, &ingest.flow.context.settings).ok_or("no batch")?;
    ingest.begin();
    let answer = ingest.batch(&messages, Deadline::of(&context(timeout))).await;
    let failures = answer["batchItemFailures"].as_array().ok_or("no list of failures")?;
    let mut ids: Vec<String> =
        failures.iter().filter_map(|one| one["itemIdentifier"].as_str().map(str::to_owned)).collect();
    assert_eq!(ids.len(), failures.len(), "{answer}");
    ids.sort_unstable();
    Ok(ids)
}

struct Row {
    what: &'static str,
    records: Vec<Value>,
    before: fn(&Batches),
    stay: &'static [&'static str],
    counts: &'static [u64],
    dead: &'static [(&'static str, &'static str)],
}

impl Row {
    fn of(what: &'static str, records: Vec<Value>) -> Self {
        Self { what, records, before: |_| {}, stay: &[], counts: &[], dead: &[] }
    }
}

fn rows() -> Vec<Row> {
    let broken = || vec![failing("a", "orders", 1), received("b", 1, " "), failing("c", "payments", 4)];
    let redriven = from_own_queue(&failure_of("orders", "e1"))["body"].as_str().unwrap_or_default().to_owned();
    let wrapped = json!({"Type": "Notification", "MessageId": "n", "TopicArn": "arn:aws:sns:eu-west-1:111111111111:t",
        "Message": failure_of("orders", "e1").to_string()});
    let mut moved_back = failing("a", "orders", 2);
    moved_back["attributes"]["DeadLetterQueueSourceArn"] = json!(EVENTS);
    moved_back["messageAttributes"] = json!({"ErrorCode": {"dataType": "String", "stringValue": "UnreadableEvent"},
        "ErrorMessage": {"dataType": "String", "stringValue": "no event"}});
    let mut nameless = failing("a", "orders", 1);
    nameless["messageId"] = Value::Null;
    let table_gone: fn(&Batches) = |ingest| ingest.flow.context.store.script.break_table();
    let no_queue: fn(&Batches) = |ingest| ingest.queues().refuses.set(true);
    vec![
        Row { counts: &[1], ..Row::of("one event", vec![failing("a", "orders", 1)]) },
        Row {
            counts: &[2],
            ..Row::of("events of one failure, one of them twice", {
                vec![
                    failing("a", "orders", 1),
                    failing("b", "orders", 1),
                    received("c", 1, &failure_of("orders", "a").to_string()),
                ]
            })
        },
        Row { counts: &[1, 1], dead: &[("b", "UnreadableEvent")], ..Row::of("one without an event", broken()) },
        Row { counts: &[1, 1], stay: &["b"], before: no_queue, ..Row::of("one that cannot be put away", broken()) },
        Row {
            stay: &["a", "c"],
            dead: &[("b", "UnreadableEvent")],
            before: table_gone,
            ..Row::of("no table", broken())
        },
        Row { counts: &[1], ..Row::of("redriven", vec![received("a", 2, &redriven)]) },
        Row { counts: &[1], ..Row::of("wrapped by a topic", vec![received("a", 1, &wrapped.to_string())]) },
        Row { counts: &[1], ..Row::of("moved back from the dead-letter queue", vec![moved_back]) },
        Row { ..Row::of("of no interest", vec![received("a", 1, r#"{"incidentctl":"sweep"}"#)]) },
        // Lambda takes the whole batch for failed.
        Row { stay: &[""], before: table_gone, ..Row::of("without an id", vec![nameless]) },
        Row {
            dead: &[("a", "UnreadableEvent"), ("b", "UnreadableEvent"), ("c", "UnreadableEvent")],
            ..Row::of(
                "only poison",
                vec![received("a", 1, "{}"), received("b", 7, "[]"), received("c", 1, "[[[[[[[[[[7]]]]]]]]]]")],
            )
        },
    ]
}

#[tokio::test(start_paused = true)]
async fn each_message_is_done_or_stays_or_is_a_dead_letter() -> Tested {
    for row in rows() {
        let ingest = ingest_of(flow())?;
        (row.before)(&ingest);
        assert_eq!(batch(&ingest, &row.records, None).await?, row.stay, "{}", row.what);
        assert_eq!(ingest.flow.context.store.occurrences(), row.counts, "{}", row.what);
        let mut dead = ingest.queues().dead.borrow().clone();
        dead.sort_unstable();
        let dead: Vec<_> = dead.iter().map(|(id, code)| (id.as_str(), *code)).collect();
        assert_eq!(dead, row.dead, "{}", row.what);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn only_the_stacks_own_queue_reads_the_answer() -> Tested {
    let ingest = ingest_of(flow())?;
    let own = failing("a", "orders", 1);
    let mut other = own.clone();
    other["eventSourceARN"] = json!("arn:aws:sqs:eu-west-1:111111111111:team-events");
    let settings = &ingest.flow.context.settings;
    for (records, is_batch) in
        [(json!([own]), true), (json!([other]), false), (json!([own, other]), false), (json!([]), false)]
    {
        assert_eq!(Message::batch(&json!({ "Records": records }), settings).is_some(), is_batch, "{records}");
    }
    assert!(Message::batch(&failure_of("orders", "e1"), settings).is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn guarantee_1_a_delivery_without_a_queue_fails_as_a_whole() -> Tested {
    let ingest = ingest_of(flow())?;
    assert_eq!(ingest.deliver(&failure_of("orders", "e1")).await?, 1);
    assert!(matches!(ingest.deliver(&json!({})).await, Err(HandlerError::Unreadable(_))));
    ingest.flow.context.store.script.break_table();
    ingest.begin();
    let failed = ingest.deliver(&failure_of("orders", "e2")).await;
    assert!(matches!(failed, Err(HandlerError::NotRecorded(_))), "{failed:?}");
    assert!(ingest.queues().dead.borrow().is_empty());
    Ok(())
}

/// SNS, to which one function's mail is fatal.
struct Fatal {
    mails: Cell<usize>,
    then: fn(),
}

impl Notifier for Fatal {
    async fn publish(&self, mail: &Mail) -> Result<(), NotifyError> {
        if mail.subject.contains("killer") {
            (self.then)();
            std::future::pending::<()>().await;
        }
        self.mails.set(self.mails.get() + 1);
        Ok(())
    }
}

fn fatal(then: fn()) -> Result<Ingest<Memory, Fatal, Letters>, RulesError> {
    let crate::context::Context { store, settings, .. } = flow().context;
    ingest_of(Flow::new(store, Fatal { mails: Cell::new(0), then }, settings))
}

#[tokio::test(start_paused = true)]
async fn what_is_unfinished_five_seconds_before_the_deadline_stays_and_the_rest_is_done() -> Tested {
    let ingest = fatal(|| {})?;
    let records =
        [failing("k", "killer", 2), failing("a", "orders", 1), failing("b", "payments", 1), failing("c", "search", 2)];
    let begun = tokio::time::Instant::now();
    let stay = batch(&ingest, &records, Some(30)).await?;
    let elapsed = begun.elapsed().as_secs_f64();
    assert!((24.0..=25.1).contains(&elapsed), "{elapsed}");
    // Chance decides whether `c` came before.
    assert!(stay == ["k"] || stay == ["c", "k"], "{stay:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_unfinished_is_not_half_answered() -> Tested {
    let ingest = fatal(|| {})?;
    let records = [failing("a", "orders", 1), failing("k", "killer", 1)];
    assert_eq!(batch(&ingest, &records, Some(30)).await?, ["a", "k"]);
    // The next time each is alone.
    ingest.flow.context.clock.pass(VISIBILITY);
    let records = [failing("a", "orders", 2), failing("k", "killer", 3)];
    assert_eq!(batch(&ingest, &records, Some(30)).await?, ["k"]);
    assert_eq!(ingest.flow.context.notifier.mails.get(), 1);
    Ok(())
}

#[expect(clippy::panic, reason = "it is what the test is about")]
fn panic_deliberately() {
    panic!("deliberately, in a test")
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_confined_to_its_message() -> Tested {
    let ingest = fatal(panic_deliberately)?;
    let records = [failing("a", "orders", 1), failing("k", "killer", 1), received("p", 1, " ")];
    // Whose panic it is cannot be known.
    assert_eq!(batch(&ingest, &records, None).await?, ["a", "k", "p"]);
    ingest.flow.context.clock.pass(VISIBILITY);
    let records = [failing("k", "killer", 2), failing("a", "orders", 2), received("p", 2, " ")];
    assert!(batch(&ingest, &records, None).await?.is_empty());
    let mut dead = ingest.queues().dead.borrow().clone();
    dead.sort_unstable();
    assert_eq!(dead, [("k".to_owned(), "Panicked"), ("p".to_owned(), "UnreadableEvent")]);
    Ok(())
}

/// What the queue holds after deliveries in batches, of which one message ends the process each time. No more than the
/// mail budget allows: it is the mail that ends it.
#[tokio::test(start_paused = true)]
async fn guarantee_1_a_message_that_ends_the_process_takes_no_other_with_it() -> Tested {
    let ingest = fatal(|| {})?;
    let mut queue: Vec<(String, u64)> = (0..5).map(|number| (format!("f{number}"), 0)).collect();
    queue.insert(2, ("k".to_owned(), 0));
    for _ in 0..40 {
        let records: Vec<Value> = queue
            .iter_mut()
            .map(|(id, receives)| {
                *receives += 1;
                failing(id, if id == "k" { "killer" } else { id }, *receives)
            })
            .collect();
        let payload = json!({ "Records": records });
        let messages = Message::batch(&payload, &ingest.flow.context.settings).ok_or("no batch")?;
        ingest.begin();
        // No answer: the process is gone.
        let work = ingest.batch(&messages, Deadline::of(&context(None)));
        let answer = tokio::time::timeout(std::time::Duration::from_secs(30), work).await;
        assert!(answer.is_err() || queue.iter().all(|(id, _)| id != "k"));
        let deleted = ingest.queues().deleted.borrow().clone();
        queue.retain(|(id, _)| !deleted.contains(id));
        ingest.flow.context.clock.pass(VISIBILITY);
    }
    assert_eq!(queue.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["k"]);
    assert!(ingest.queues().dead.borrow().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_table_that_refuses_is_given_up_for_the_rest_of_the_batch() -> Tested {
    let ingest = ingest_of(flow())?;
    ingest.flow.context.store.script.break_table();
    let records: Vec<Value> = (0..10).map(|number| failing(&format!("m{number}"), &format!("f{number}"), 1)).collect();
    let begun = tokio::time::Instant::now();
    assert_eq!(batch(&ingest, &records, Some(30)).await?.len(), 10);
    // The mail waits up to ten.
    assert!(begun.elapsed().as_secs() < 12, "{:?}", begun.elapsed());
    ingest.flow.context.store.script.clear();
    assert!(batch(&ingest, &records, Some(30)).await?.is_empty());
    assert_eq!(ingest.flow.context.store.occurrences(), [1; 10]);
    Ok(())
}
