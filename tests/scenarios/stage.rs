//! The stack on a local AWS, cleaned between scenarios.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use aws_sdk_sqs::types::QueueAttributeName;
use incident_model::control;
use incident_model::table::{CALENDAR, INCIDENT_ID, MONTH, MONTHS, SELF_CHECK};
use serde_json::{Value, json};

use super::elapse::{Item, Items};
use super::format::REGION;
use crate::harness::{ADDRESS, Aws, Control, TestResult, World, eventually};

/// The handler.
pub(super) const HANDLER: &str = "devops-incident-handler";
/// The table.
pub(super) const TABLE: &str = "devops-incidents";
/// The queue of events.
const EVENTS: &str = "devops-events";
/// How long it takes at most until an event leaves a trace.
const UNTRACED: Duration = Duration::from_secs(3);
/// Items of a batch of writes.
const BATCH: usize = 25;

/// A running stack. Its schedule does not fire: a scenario plays at its own pace.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) aws: Aws,
    /// The handler's next memory size: a new one makes a new process.
    memory: AtomicI32,
}

impl Stage {
    pub(super) async fn new() -> TestResult<Self> {
        let world = World::new()?;
        let up = ["up", "--local", "--region", REGION, "--yes", "--email", ADDRESS, "--confirm-email"];
        world.run(&up).await?.succeeded()?;
        let aws = world.aws().await?;
        let rules = aws.events.list_rules().send().await?;
        for rule in rules.rules().iter().filter(|rule| rule.schedule_expression().is_some()) {
            aws.events.disable_rule().name(rule.name().unwrap_or_default()).send().await?;
        }
        Ok(Self { world, aws, memory: AtomicI32::new(300) })
    }

    /// Takes away what a scenario left: functions, records, logs, faults. Metrics stay, as in AWS.
    pub(super) async fn clean(&self, functions: &[String], groups: &[String]) -> TestResult {
        self.break_calls(&json!([])).await?;
        self.until_quiet().await?;
        for function in functions {
            match self.aws.lambda.delete_function().function_name(function).send().await {
                Err(error) if !error.as_service_error().is_some_and(|it| it.is_resource_not_found_exception()) => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        for group in groups {
            match self.aws.logs.delete_log_group().log_group_name(group).send().await {
                Ok(_) => {}
                Err(error) if error.as_service_error().is_some_and(|it| it.is_resource_not_found_exception()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for mail in self.aws.mails()? {
            std::fs::remove_file(mail.file)?;
        }
        let keys = self.items().await?.into_keys().filter(|key| key != SELF_CHECK && !key.starts_with("pending#"));
        let delete = |key| {
            let delete = DeleteRequest::builder().key(INCIDENT_ID, AttributeValue::S(key)).build()?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        self.write(keys.map(delete).collect::<TestResult<Vec<_>>>()?).await
    }

    /// Breaks calls by these rules from now on.
    pub(super) async fn break_calls(&self, rules: &Value) -> TestResult {
        self.control("PUT", "faults", rules).await.map(drop)
    }

    pub(super) async fn control(&self, method: &str, path: &str, body: &Value) -> TestResult<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Control::of(&self.aws).await?.call(method, path, &body).await
    }

    /// Delivers an event of an AWS service and waits until the handler has handled it.
    pub(super) async fn deliver(&self, event: &Value) -> TestResult {
        let before = self.items().await?;
        self.control("POST", "events", event).await?;
        // The bus answers before it delivers. An event that means nothing to the handler leaves no trace.
        let is_changed = async || Ok((self.items().await? != before).then_some(()));
        let _ = tokio::time::timeout(UNTRACED, eventually("a trace of the event", is_changed)).await;
        self.until_quiet().await
    }

    /// Gives the handler a new process: it remembers for minutes what it has seen, which is not of this scenario, or
    /// longer ago than its clock says.
    pub(super) async fn forget(&self) -> TestResult {
        self.until_quiet().await?;
        let memory = self.memory.fetch_xor(1, Ordering::Relaxed);
        self.until_ready().await?;
        let update = self.aws.lambda.update_function_configuration().function_name(HANDLER).memory_size(memory);
        update.send().await?;
        self.until_ready().await?;
        // It starts before the failure comes, as it does where something fails every few minutes.
        self.invoke(control::Control::SelfCheck).await
    }

    async fn until_ready(&self) -> TestResult {
        eventually("the handler's configuration", async || {
            let now = self.aws.lambda.get_function_configuration().function_name(HANDLER).send().await?;
            let is_active = now.state() == Some(&State::Active);
            Ok((is_active && now.last_update_status() == Some(&LastUpdateStatus::Successful)).then_some(()))
        })
        .await
    }

    /// Waits until the queue of events is empty. The handler holds an event until its mail is sent.
    pub(super) async fn until_quiet(&self) -> TestResult {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let url = self.aws.sqs.get_queue_url().queue_name(EVENTS).send().await?.queue_url.ok_or("no queue")?;
        eventually("an empty queue of events", async || {
            let ask = self.aws.sqs.get_queue_attributes().queue_url(&url);
            let found = ask.set_attribute_names(Some(names.to_vec())).send().await?;
            let found = found.attributes.unwrap_or_default();
            let is_empty = names.iter().all(|name| found.get(name).is_some_and(|number| number == "0"));
            Ok(is_empty.then_some(()))
        })
        .await
    }

    /// Has the handler do what is due, as the schedule does every minute.
    pub(super) async fn sweep(&self) -> TestResult {
        self.invoke(control::Control::Sweep).await
    }

    async fn invoke(&self, message: control::Control) -> TestResult {
        let payload = message.payload().to_string();
        let answer = self.aws.lambda.invoke().function_name(HANDLER).payload(Blob::new(payload)).send().await?;
        match answer.function_error() {
            None => Ok(()),
            Some(_) => Err(format!("the handler failed: {:?}", answer.payload()).into()),
        }
    }

    /// Every line of the handler's log.
    pub(super) async fn log(&self) -> TestResult<String> {
        let pages = self.aws.logs.filter_log_events().log_group_name(format!("/aws/lambda/{HANDLER}"));
        let events = pages.into_paginator().send().try_collect().await?;
        let events = events.iter().flat_map(|page| page.events());
        Ok(events.filter_map(|event| event.message()).flat_map(|line| [line, "\n"]).collect())
    }

    /// Every item of the table.
    pub(super) async fn items(&self) -> TestResult<Items> {
        let scan = self.aws.dynamodb.scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
        let items = scan.collect::<Result<Vec<Item>, _>>().await?;
        let key = |item: &Item| item.get(INCIDENT_ID).and_then(|key| key.as_s().ok()).cloned();
        Ok(items.into_iter().filter_map(|item| Some((key(&item)?, item))).collect())
    }

    /// Writes items, and their months into the calendar.
    pub(super) async fn put(&self, items: Vec<Item>) -> TestResult {
        let months: BTreeSet<String> = items.iter().filter_map(|item| item.get(MONTH)?.as_s().ok().cloned()).collect();
        if !months.is_empty() {
            let update =
                self.aws.dynamodb.update_item().table_name(TABLE).key(INCIDENT_ID, AttributeValue::S(CALENDAR.into()));
            let update = update.update_expression("ADD #months :months").expression_attribute_names("#months", MONTHS);
            update
                .expression_attribute_values(":months", AttributeValue::Ss(months.into_iter().collect()))
                .send()
                .await?;
        }
        let put =
            |item| Ok(WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build()?).build());
        self.write(items.into_iter().map(put).collect::<TestResult<Vec<_>>>()?).await
    }

    async fn write(&self, writes: Vec<WriteRequest>) -> TestResult {
        for batch in writes.chunks(BATCH) {
            let answer = self.aws.dynamodb.batch_write_item().request_items(TABLE, batch.to_vec()).send().await?;
            assert_eq!(answer.unprocessed_items().map_or(0, std::collections::HashMap::len), 0, "a batch is written");
        }
        Ok(())
    }
}
