//! A stack whose queues are filled and whose calls are broken.

use std::collections::BTreeSet;
use std::process::Stdio;

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::harness::{ADDRESS, Aws, Finished, TestResult, World, eventually};

pub(super) const RULE_QUEUE: &str = "devops-rule-dlq";
pub(super) const HANDLER_QUEUE: &str = "devops-handler-dlq";
pub(super) const EVENT_QUEUE: &str = "devops-events";
const HANDLER: &str = "devops-incident-handler";

/// A stack on a local AWS.
pub(super) struct Bench {
    pub(super) aws: Aws,
    world: World,
}

impl Bench {
    pub(super) async fn new() -> TestResult<Self> {
        let world = World::new()?;
        Ok(Self { aws: world.up().await?, world })
    }

    /// Runs a command of `dead-letters` with JSON as its output.
    pub(super) async fn run(&self, arguments: &[&str]) -> TestResult<Finished> {
        self.run_as(arguments, "json").await
    }

    /// Runs a command of `dead-letters`.
    pub(super) async fn run_as(&self, arguments: &[&str], output: &str) -> TestResult<Finished> {
        self.world.run(&command(arguments, output)).await
    }

    /// Starts a command of `dead-letters`.
    pub(super) fn start(&self, arguments: &[&str]) -> TestResult<Child> {
        let mut command = tokio::process::Command::from(self.world.command(&command(arguments, "json")));
        Ok(command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?)
    }

    pub(super) async fn status(&self) -> TestResult<Finished> {
        self.world.run(&["status", "--local"]).await
    }

    /// One event that EventBridge may not give to the handler, and one that the handler may not record.
    pub(super) async fn lose_one_of_each(&self) -> TestResult {
        // Refused, because nothing may send to the queue of events.
        let url = self.url(EVENT_QUEUE).await?;
        let attributes = self.aws.sqs.set_queue_attributes().queue_url(url);
        attributes.attributes(QueueAttributeName::Policy, "").send().await?;
        let event = failure(1);
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder().source("lambda");
        let entry = entry.detail_type(event["detail-type"].as_str().unwrap_or_default());
        self.aws.events.put_events().entries(entry.detail(event["detail"].to_string()).build()).send().await?;
        self.until_queued(RULE_QUEUE, 1).await?;
        // From before the queue of events: Lambda's record of a failed invocation.
        self.put(HANDLER_QUEUE, &record(&failure(2)).to_string(), &[]).await?;
        self.until_queued(HANDLER_QUEUE, 1).await
    }

    /// What `up` repairs.
    pub(super) async fn repair(&self) -> TestResult {
        self.world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
        Ok(())
    }

    /// Puts so many different failures of one function into the queue of the rules.
    pub(super) async fn fill(&self, number: usize) -> TestResult {
        for number in 1..=number {
            self.put(RULE_QUEUE, &failure(number).to_string(), &[("ERROR_CODE", "THROTTLING")]).await?;
        }
        Ok(())
    }

    async fn url(&self, queue: &str) -> TestResult<String> {
        Ok(self.aws.sqs.get_queue_url().queue_name(queue).send().await?.queue_url.ok_or("no URL")?)
    }

    /// Puts a message into a queue.
    pub(super) async fn put(&self, queue: &str, body: &str, attributes: &[(&str, &str)]) -> TestResult {
        let mut call = self.aws.sqs.send_message().queue_url(self.url(queue).await?).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build()?;
            call = call.message_attributes(*name, value);
        }
        call.send().await?;
        Ok(())
    }

    /// Breaks calls by these rules from now on.
    pub(super) async fn break_calls(&self, rules: &Value) -> TestResult {
        self.aws.break_calls(rules).await
    }

    async fn until_queued(&self, queue: &str, depth: u32) -> TestResult {
        let ask = async || Ok((self.aws.depth(queue).await? == depth).then_some(()));
        eventually(&format!("{depth} messages in {queue}"), ask).await
    }

    /// Waits until a message is listed, and returns it.
    pub(super) async fn until_listed(&self) -> TestResult<Value> {
        eventually("a dead letter", async || {
            let lines = self.run(&["list"]).await?.succeeded()?.json_lines()?;
            Ok(lines.into_iter().find(|line| line["type"] == "dead-letter"))
        })
        .await
    }

    /// Waits until so many failures are counted, and never sees more.
    pub(super) async fn until_counted(&self, number: u64) -> TestResult {
        eventually(&format!("{number} failures"), async || {
            let list =
                self.world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
            let counted = list.as_array().into_iter().flatten().filter_map(|incident| incident["occurrences"].as_u64());
            let counted: u64 = counted.sum();
            if counted > number {
                Err(format!("{counted} were counted: {list}").into())
            } else {
                Ok((counted == number).then_some(()))
            }
        })
        .await
    }

    /// Waits until the handler has met so many events again.
    pub(super) async fn until_duplicates(&self, number: usize) -> TestResult {
        eventually(&format!("{number} duplicates"), async || {
            let log = self.world.run(&["logs", "handler", "--local"]).await?.succeeded()?.stdout;
            Ok((log.matches("\"duplicate\"").count() >= number).then_some(()))
        })
        .await
    }

    /// A letter without what differs from run to run.
    pub(super) fn told(&self, letter: &Value) -> TestResult<String> {
        let mut letter = letter.clone();
        for pointer in ["/message_id", "/since", "/event/id", "/event/occurred_at", "/reason/request_id"] {
            let found = letter.pointer_mut(pointer).ok_or_else(|| format!("{pointer} is missing"))?;
            if let Some(text) = found.as_str() {
                assert!(!text.is_empty(), "{pointer} is empty");
                *found = json!("…");
            }
        }
        // Which call is refused first is the handler's business.
        let message = letter["reason"]["message"].as_str().unwrap_or_default();
        if let Some((_, action)) = message.split_once("is not authorized to perform: ") {
            let service = action.split(':').next().unwrap_or_default();
            letter["reason"]["message"] = json!(format!("… is not authorized to perform: {service}:…"));
        }
        Ok(serde_json::to_string_pretty(&letter)?)
    }
}

/// What Lambda put into the handler's queue when it failed at every attempt.
fn record(event: &Value) -> Value {
    json!({
        "version": "1.0", "timestamp": "2026-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": "00000000-1111-4222-8333-000000000003", "condition": "RetriesExhausted",
            "functionArn": format!("arn:aws:lambda:us-east-1:000000000000:function:{HANDLER}:$LATEST"),
            "approximateInvokeCount": 1,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "NotRecorded", "errorMessage":
            "the role is not authorized to perform: dynamodb:GetItem"},
    })
}

/// The ids that a list shows.
pub(super) fn ids(listed: &Finished) -> TestResult<BTreeSet<String>> {
    let lines = listed.json_lines()?;
    Ok(lines.iter().filter_map(|line| line["message_id"].as_str()).map(str::to_owned).collect())
}

/// What a command writes.
pub(super) fn lines(child: &mut Child) -> TestResult<Lines<BufReader<ChildStdout>>> {
    Ok(BufReader::new(child.stdout.take().ok_or("no output")?).lines())
}

/// Ctrl-C.
pub(super) fn interrupt(child: &Child) -> TestResult {
    let id = child.id().ok_or("it ended already")?;
    std::process::Command::new("kill").args(["-INT", &id.to_string()]).status()?;
    Ok(())
}

/// The failure of a function, as the bus delivers it. All have one fingerprint.
pub(super) fn failure(number: usize) -> Value {
    json!({
        "id": format!("event-{number}"),
        "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Failure",
        "time": "2026-01-01T00:00:00Z",
        "detail": {
            "version": "1.0",
            "timestamp": "2026-01-01T00:00:00.000Z",
            "requestContext": {
                "requestId": format!("00000000-0000-4000-8000-{number:012x}"),
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:orders:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": {"order": number},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "ValueError", "errorMessage": format!("no such order: {number}")},
        },
    })
}

fn command<'a>(arguments: &[&'a str], output: &'a str) -> Vec<&'a str> {
    [&["dead-letters"], arguments, &["--local", "--output", output]].concat()
}
