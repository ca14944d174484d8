//! The stack on a local AWS whose minutes are seconds.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::types::QueueAttributeName;
use incident_model::Incident;
use incident_model::table::{INCIDENT_ID, tally_key};
use incident_model::tally::Tally;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;
use serde_json::Value;

use crate::harness::{Aws, TestResult, World, eventually};

pub(super) const HANDLER: &str = "devops-incident-handler";
/// The queue of events.
pub(super) const EVENTS: &str = "devops-events";
const TABLE: &str = "devops-incidents";

/// A running stack.
pub(super) struct Stack {
    pub(super) aws: Aws,
    /// The local AWS's process id.
    pub(super) process: u64,
    /// Stops the local AWS when dropped.
    _world: World,
}

impl Stack {
    /// On a local AWS with this time scale.
    pub(super) async fn new(time_scale: &str) -> TestResult<Self> {
        Self::with(time_scale, "").await
    }

    /// With a configuration file.
    pub(super) async fn with(time_scale: &str, settings: &str) -> TestResult<Self> {
        let world = World::new()?;
        std::fs::write(world.home().join("incidentctl.yaml"), settings)?;
        world.run(&["local", "start", "--time-scale", time_scale]).await?.succeeded()?;
        let aws = world.up().await?;
        let status = world.run(&["local", "status", "--output", "json"]).await?.succeeded()?.json()?;
        Ok(Self { aws, process: status["pid"].as_u64().ok_or("no process id")?, _world: world })
    }

    /// All incidents, with what their tallies counted.
    pub(super) async fn incidents(&self) -> TestResult<Vec<Incident>> {
        let items: Vec<_> = self.scan().await?.into_iter().filter_map(|item| Some((id_of(&item)?, item))).collect();
        let mut items: BTreeMap<_, _> = items.into_iter().collect();
        let ids: Vec<String> = items.keys().filter(|id| id.starts_with("inc-") && !id.contains('#')).cloned().collect();
        let mut incidents = Vec::new();
        for id in ids {
            let head = items.remove(&id).ok_or("no head")?;
            let tally = items.remove(&tally_key(&id)).map(from_item::<Tally>).transpose()?;
            incidents.push(from_item::<Incident>(head)?.with_tally(tally.as_ref()));
        }
        Ok(incidents)
    }

    /// Every item of the table.
    pub(super) async fn scan(&self) -> TestResult<Vec<HashMap<String, AttributeValue>>> {
        let scan = self.aws.dynamodb.scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
        Ok(scan.collect::<Result<Vec<_>, _>>().await?)
    }

    /// Every item of the table, as text.
    pub(super) async fn table(&self) -> TestResult<String> {
        Ok(format!("{:?}", self.scan().await?))
    }

    /// Every line of the handler's log.
    pub(super) async fn log(&self) -> TestResult<String> {
        let group = format!("/aws/lambda/{HANDLER}");
        let mut pages = self.aws.logs.filter_log_events().log_group_name(group).into_paginator().send();
        let mut log = String::new();
        while let Some(page) = pages.next().await {
            let page = page?;
            log.extend(page.events().iter().filter_map(|event| event.message()).flat_map(|line| [line, "\n"]));
        }
        Ok(log)
    }

    pub(super) async fn metric(&self, name: &str) -> TestResult<f64> {
        let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs())?;
        let handler = Dimension::builder().name("FunctionName").value(HANDLER).build();
        let statistics = self.aws.cloudwatch.get_metric_statistics().namespace("AWS/Lambda").metric_name(name);
        let statistics = statistics.dimensions(handler).statistics(Statistic::Sum).period(3600);
        let statistics = statistics.start_time(DateTime::from_secs(now - 7200));
        let statistics = statistics.end_time(DateTime::from_secs(now + 3600)).send().await?;
        Ok(statistics.datapoints().iter().filter_map(|point| point.sum()).sum())
    }

    /// The state of an alarm.
    pub(super) async fn alarm_state(&self, name: &str) -> TestResult<String> {
        let answer = self.aws.cloudwatch.describe_alarms().alarm_names(name).send().await?;
        let state = answer.metric_alarms().first().and_then(|alarm| alarm.state_value());
        Ok(state.ok_or("no alarm")?.as_str().to_owned())
    }

    /// Invokes the handler; returns its response, or its error if it failed.
    pub(super) async fn invoke(&self, payload: &str) -> TestResult<(bool, Value)> {
        let answer = self.aws.lambda.invoke().function_name(HANDLER).payload(Blob::new(payload)).send().await?;
        let body = answer.payload().map(AsRef::as_ref).unwrap_or_default();
        Ok((answer.function_error().is_none(), serde_json::from_slice(body)?))
    }

    /// Puts messages into the queue of events.
    pub(super) async fn enqueue(&self, bodies: &[&str]) -> TestResult {
        for body in bodies {
            self.aws.sqs.send_message().queue_url(self.queue(EVENTS).await?).message_body(*body).send().await?;
        }
        Ok(())
    }

    /// The URL of a queue.
    pub(super) async fn queue(&self, name: &str) -> TestResult<String> {
        Ok(self.aws.sqs.get_queue_url().queue_name(name).send().await?.queue_url.ok_or("no URL")?)
    }

    /// The messages of a queue, those included that a handler holds.
    pub(super) async fn waiting(&self, queue: &str) -> TestResult<u32> {
        // In one answer: between two, a message may come back.
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let url = self.aws.sqs.get_queue_url().queue_name(queue).send().await?.queue_url.ok_or("no queue")?;
        let ask = self.aws.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let found = ask.send().await?.attributes.unwrap_or_default();
        names.iter().map(|name| Ok(found.get(name).ok_or("no number")?.parse::<u32>()?)).sum()
    }

    /// Waits for this many messages in a queue.
    pub(super) async fn until_queued(&self, queue: &str, depth: u32) -> TestResult {
        let ask = async || Ok((self.aws.depth(queue).await? == depth).then_some(()));
        eventually(&format!("{depth} messages in {queue}"), ask).await
    }

    /// Waits for an alert with this start of the subject and part of the body; returns the body.
    pub(super) async fn until_mailed(&self, subject: &str, body: &str) -> TestResult<String> {
        let ask = async || {
            let mut alerts = self.aws.alerts()?.into_iter();
            Ok(alerts.find(|mail| mail.subject.starts_with(subject) && mail.body.contains(body)).map(|mail| mail.body))
        };
        eventually(&format!("a mail `{subject}…{body}`"), ask).await
    }

    /// Removes a service's actions from the handler's policy; returns the previous policy.
    pub(super) async fn forbid(&self, service: &str) -> TestResult<String> {
        let policy =
            self.aws.iam.get_role_policy().role_name(self.role()).policy_name("incident-handler").send().await?;
        let document = percent_encoding::percent_decode_str(policy.policy_document()).decode_utf8()?.into_owned();
        let without = document.replace(&format!("\"{service}:"), &format!("\"{service}:Not"));
        assert_ne!(without, document, "the policy does not name {service}");
        self.allow(&without).await?;
        Ok(document)
    }

    /// Sets the handler's own policy.
    pub(super) async fn allow(&self, document: &str) -> TestResult {
        let put = self.aws.iam.put_role_policy().role_name(self.role()).policy_name("incident-handler");
        put.policy_document(document).send().await?;
        Ok(())
    }

    fn role(&self) -> String {
        format!("{HANDLER}-{}", self.aws.region)
    }
}

fn id_of(item: &HashMap<String, AttributeValue>) -> Option<String> {
    item.get(INCIDENT_ID)?.as_s().ok().cloned()
}
