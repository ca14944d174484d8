//! The event history, in bounded memory. Reads are kept apart, so that many of them cannot push out what changed something.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::{identity, names};
use crate::past::PastTime;

/// Events of one kind, writes or reads.
const EVENTS: usize = 10_000;
/// Bytes of their records.
const BYTES: usize = 32 << 20;

/// Parameters that name a resource, and its type.
const RESOURCES: [(&str, &str); 13] = [
    ("functionName", "AWS::Lambda::Function"),
    ("roleName", "AWS::IAM::Role"),
    ("role", "AWS::IAM::Role"),
    ("policyArn", "AWS::IAM::Policy"),
    ("logGroupName", "AWS::Logs::LogGroup"),
    ("tableName", "AWS::DynamoDB::Table"),
    ("topicArn", "AWS::SNS::Topic"),
    ("queueUrl", "AWS::SQS::Queue"),
    ("queueName", "AWS::SQS::Queue"),
    ("stackName", "AWS::CloudFormation::Stack"),
    ("bucketName", "AWS::S3::Bucket"),
    ("alarmName", "AWS::CloudWatch::Alarm"),
    ("rule", "AWS::Events::Rule"),
];

/// An event, with what lookups ask for.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Increases with every event; set by the store.
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) region: String,
    /// Milliseconds since 1970.
    pub(super) time: i64,
    /// From when on lookups return it.
    pub(super) visible: i64,
    pub(super) is_read_only: bool,
    pub(super) username: Option<String>,
    pub(super) access_key: Option<String>,
    /// Type and name of each.
    pub(super) resources: Vec<(String, String)>,
    /// The whole event, as JSON.
    pub(super) record: String,
}

impl Event {
    /// Reads an event; `None` without a time, name, source and region.
    pub(super) fn of(record: &Value, visible: i64) -> Option<Self> {
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        let name = text("eventName")?;
        Some(Self {
            number: 0,
            id: text("eventID")?,
            source: text("eventSource")?,
            region: text("awsRegion")?,
            time: PastTime::parse(record["eventTime"].as_str()?).ok()?.0,
            visible,
            is_read_only: record["readOnly"].as_bool().unwrap_or_else(|| names::is_read_only(&name)),
            username: identity::username(&record["userIdentity"]),
            access_key: record["userIdentity"]["accessKeyId"].as_str().map(str::to_owned),
            resources: resources(&record["requestParameters"]),
            record: record.to_string(),
            name,
        })
    }

    /// Its place in the history: the newest comes first.
    pub(super) fn place(&self) -> (i64, u64) {
        (self.time, self.number)
    }
}

fn resources(parameters: &Value) -> Vec<(String, String)> {
    let named = |(parameter, kind): &(&str, &str)| {
        Some(((*kind).to_owned(), parameters[*parameter].as_str().filter(|name| !name.is_empty())?.to_owned()))
    };
    RESOURCES.iter().filter_map(named).collect()
}

#[derive(Debug, Default)]
pub(super) struct Store {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    writes: Kept,
    reads: Kept,
    next: u64,
    /// When each region was asked last, at most twice.
    asked: Vec<(String, Instant)>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, event: Event) {
        self.bytes += event.record.len();
        self.events.push_back(event);
        while self.events.len() > EVENTS || self.bytes > BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.record.len();
        }
    }
}

impl Store {
    pub(super) fn add(&self, mut event: Event) {
        let mut inner = self.inner();
        event.number = inner.next;
        inner.next += 1;
        if event.is_read_only { inner.reads.add(event) } else { inner.writes.add(event) }
    }

    /// The newest events that are meant, newest first.
    pub(super) fn newest(&self, most: usize, is_meant: impl Fn(&Event) -> bool) -> Vec<Event> {
        let inner = self.inner();
        let all = inner.writes.events.iter().chain(&inner.reads.events);
        let mut meant: Vec<&Event> = all.filter(|event| is_meant(event)).collect();
        meant.sort_by_key(|event| std::cmp::Reverse(event.place()));
        meant.into_iter().take(most).cloned().collect()
    }

    /// Takes note of a lookup in a region; false beyond two within a time.
    pub(super) fn may_look_up(&self, region: &str, within: std::time::Duration) -> bool {
        let mut inner = self.inner();
        inner.asked.retain(|(_, at)| at.elapsed() < within);
        if inner.asked.iter().filter(|(asked, _)| asked == region).count() >= 2 {
            return false;
        }
        inner.asked.push((region.to_owned(), Instant::now()));
        true
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
