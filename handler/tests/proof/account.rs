//! A local AWS with the stack's table, its topic, and a subscriber who confirmed.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use incident_handler::clients::{Clients, Connection, EvidenceClients};
use incident_handler::error::HandlerError;
use incident_handler::handler::Handler;
use incident_handler::settings::{QueueUrls, Settings};
use incident_handler::store::Table;
use incident_local::config::LatencyProfile;
use incident_local::gateway::{Gateway, Handle};
use incident_local::outbox::{MailKind, StoredMail, read};
use incident_local::{AccessKey, LocalConfig};
use incident_model::table::{
    DUE_AT, DUE_QUEUE, INCIDENT_ID, INDEX_BY_MONTH, INDEX_DUE, MONTH, tally_key, timeline_key,
};
use incident_model::tally::Tally;
use incident_model::timeline::LaterEntries;
use incident_model::{AlertPolicy, Incident};
use lambda_runtime::{Context, LambdaEvent};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;
use serde_json::{Value, json};

use crate::events;
use crate::runtime_api::Surroundings;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const TABLE: &str = "devops-incidents";
const REGION: &str = "us-east-1";
/// The queues of the stack.
pub(crate) const EVENTS: &str = "devops-events";
pub(crate) const DEAD_LETTERS: &str = "devops-handler-dlq";
/// Timeout of a client: far more than a response takes, even on a busy machine.
const ANSWER: Duration = Duration::from_secs(20);
/// Timeout where responses are dropped on purpose.
const ANSWER_IN_A_HURRY: Duration = Duration::from_secs(1);
/// Attempts of a client per call.
pub(crate) const ATTEMPTS: u64 = 3;
/// How often Lambda delivers an event.
const DELIVERIES: usize = 3;
/// After this many sweeps nothing may be due.
const SWEEPS: usize = 6;
/// The seconds between two sweeps, and between two deliveries: more than any lease.
const PAUSE: i64 = 600;

pub(crate) struct Account {
    pub(crate) aws: Handle,
    clients: Clients,
    endpoint: String,
    access_key: AccessKey,
    topic_arn: String,
    directory: tempfile::TempDir,
}

impl Account {
    pub(crate) async fn new() -> TestResult<Self> {
        let directory = tempfile::tempdir()?;
        let latency = LatencyProfile { table: Duration::ZERO, ..LatencyProfile::QUICK };
        let config = LocalConfig { directory: directory.path().to_owned(), latency, ..LocalConfig::default() };
        let gateway = Gateway::bind(config).await?;
        let (aws, endpoint) = (gateway.handle(), gateway.cloud().endpoint.clone());
        let access_key = gateway.cloud().access_key.clone();
        let clients = clients(&endpoint, &access_key, ANSWER);
        tokio::spawn(gateway.run(std::future::pending()));
        create_table(&clients.dynamodb).await?;
        let topic = clients.sns.create_topic().name("devops-alerts").send().await?;
        let topic_arn = topic.topic_arn().unwrap_or_default().to_owned();
        let account = Self { aws, clients, endpoint, access_key, topic_arn, directory };
        account.subscribe().await?;
        account.aws.forget_calls();
        Ok(account)
    }

    async fn subscribe(&self) -> TestResult {
        let subscribe = self.clients.sns.subscribe().topic_arn(&self.topic_arn).protocol("email");
        subscribe.endpoint("ada@example.com").send().await?;
        let link = self.all_mails().await?.into_iter().find_map(|mail| mail.link).ok_or("no mail asks to confirm")?;
        let (_, token) = link.split_once("Token=").ok_or("the link has no token")?;
        let token = token.split('&').next().unwrap_or_default();
        self.clients.sns.confirm_subscription().topic_arn(&self.topic_arn).token(token).send().await?;
        Ok(())
    }

    /// The ARN of the function that fails on purpose.
    pub(crate) fn generator(&self) -> String {
        let topic = self.topic_arn.replacen(":sns:", ":lambda:", 1);
        let place = topic.rsplit_once(':').map_or("", |(place, _)| place);
        format!("{place}:function:devops-error-generator")
    }

    pub(crate) fn handler(&self) -> TestResult<Handler> {
        self.handler_with(&self.clients)
    }

    /// A handler with a short timeout.
    pub(crate) fn hurried_handler(&self) -> TestResult<Handler> {
        self.handler_with(&clients(&self.endpoint, &self.access_key, ANSWER_IN_A_HURRY))
    }

    fn handler_with(&self, clients: &Clients) -> TestResult<Handler> {
        let settings = Settings {
            table: TABLE.to_owned(),
            topic_arn: self.topic_arn.clone(),
            stack: "devops".to_owned(),
            function: "devops-incident-handler".to_owned(),
            queues: QueueUrls::beside(&self.queue_url(DEAD_LETTERS)),
            alerts: AlertPolicy::default(),
            analysis: Default::default(),
            alerts_problem: None,
            analysis_problem: None,
        };
        Ok(Handler::on_aws(settings, clients)?)
    }

    /// The environment of the handler's program.
    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            endpoint: self.endpoint.clone(),
            access_key: self.access_key.clone(),
            region: REGION,
            topic_arn: self.topic_arn.clone(),
            dead_letter_queue_url: self.queue_url(DEAD_LETTERS),
        }
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.endpoint)
    }

    /// Creates the queues, and puts messages into that of the events.
    pub(crate) async fn put_into_queue(&self, bodies: &[String]) -> TestResult {
        for name in [EVENTS, DEAD_LETTERS] {
            let created = self.clients.sqs.create_queue().queue_name(name).send().await?;
            assert_eq!(created.queue_url(), Some(self.queue_url(name).as_str()));
        }
        for body in bodies {
            let send = self.clients.sqs.send_message().queue_url(self.queue_url(EVENTS));
            send.message_body(body).send().await?;
        }
        Ok(())
    }

    /// Messages of a queue, which are visible again at once.
    pub(crate) async fn messages(&self, queue: &str) -> TestResult<Vec<Message>> {
        let receive = self.clients.sqs.receive_message().queue_url(self.queue_url(queue)).max_number_of_messages(10);
        let receive = receive.visibility_timeout(0).message_attribute_names("All");
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        Ok(receive.send().await?.messages.unwrap_or_default())
    }

    /// What Lambda does with a batch: the payload of the invocation.
    pub(crate) async fn batch(&self) -> TestResult<Value> {
        let record = |message: Message| {
            let attributes: serde_json::Map<String, Value> = message
                .attributes
                .iter()
                .flatten()
                .map(|(name, value)| (name.as_str().to_owned(), value.as_str().into()))
                .collect();
            json!({
                "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:{REGION}:000000000000:{EVENTS}"),
                "awsRegion": REGION, "messageId": message.message_id, "receiptHandle": message.receipt_handle,
                "body": message.body, "attributes": attributes, "messageAttributes": {},
            })
        };
        let records: Vec<Value> = self.messages(EVENTS).await?.into_iter().map(record).collect();
        Ok(json!({ "Records": records }))
    }

    /// Delivers an event as often as Lambda does, until it is handled; an error is that of the last delivery, with
    /// which Lambda puts the event into the handler's queue.
    pub(crate) async fn delivered_by_lambda(&self, handler: &Handler, event: &Value) -> TestResult {
        let mut delivered = Ok(());
        for _ in 0..DELIVERIES {
            delivered = handled(handler, event).await;
            if delivered.is_ok() {
                return Ok(());
            }
            self.time_passes().await?;
        }
        Ok(delivered?)
    }

    /// Sweeps until no notice is due.
    pub(crate) async fn settled(&self) -> TestResult<Vec<Incident>> {
        let handler = self.handler()?;
        for _ in 0..SWEEPS {
            let incidents = self.incidents().await?;
            if incidents.iter().all(|incident| incident.notified_at.is_some() && incident.due.is_none()) {
                return Ok(incidents);
            }
            self.time_passes().await?;
            // A sweep that fails is followed by another one.
            let _ = handled(&handler, &events::sweep()).await;
        }
        Err(format!("after {SWEEPS} sweeps something is still due: {:#?}", self.items().await?).into())
    }

    /// Moves every due time into the past: leases end, budgets are free again.
    pub(crate) async fn time_passes(&self) -> TestResult {
        for mut item in self.items().await? {
            let is_budget =
                item.get(INCIDENT_ID).and_then(|key| key.as_s().ok()).is_some_and(|key| key.starts_with("budget#"));
            let moments: Vec<_> = item
                .iter_mut()
                .filter(|(name, _)| is_budget || matches!(name.as_str(), "due_at" | "mail_lease"))
                .collect();
            if moments.is_empty() {
                continue;
            }
            for (_, value) in moments {
                earlier(value);
            }
            self.put(item).await?;
        }
        // The indexes follow.
        tokio::time::sleep(LatencyProfile::QUICK.index * 2).await;
        Ok(())
    }

    /// Makes the timeline of the only incident as long as an item can hold, with a reminder due. Returns the number of
    /// entries.
    pub(crate) async fn grow_with_a_reminder_due(&self) -> TestResult<usize> {
        let mut items = self.items().await?;
        items.retain(|item| item.contains_key(MONTH));
        let mut item = items.pop().ok_or("no incident")?;
        item.insert("due".to_owned(), AttributeValue::S("reminder".to_owned()));
        item.insert("due_at".to_owned(), AttributeValue::N("1700000000".to_owned()));
        item.insert("notices".to_owned(), AttributeValue::N("20".to_owned()));
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let entry = HashMap::from([
            ("at".to_owned(), text("2026-01-01T00:00:00.000Z")),
            ("what".to_owned(), text(&"notified (reminder, notice 19) ".repeat(2))),
        ]);
        let (mut fitting, mut too_many) = (0, 5_000);
        while too_many - fitting > 1 {
            let entries = usize::midpoint(fitting, too_many);
            item.insert("timeline".to_owned(), AttributeValue::L(vec![AttributeValue::M(entry.clone()); entries]));
            match self.put(item.clone()).await {
                Ok(()) => fitting = entries,
                Err(_) => too_many = entries,
            }
        }
        Ok(fitting)
    }

    /// Puts an item; waits while it is throttled, because one item takes a thousand write units a second.
    pub(crate) async fn put(&self, item: HashMap<String, AttributeValue>) -> TestResult {
        loop {
            let put = self.clients.dynamodb.put_item().table_name(TABLE).set_item(Some(item.clone()));
            match put.send().await {
                Err(error) if error.code() == Some("ThrottlingException") => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                answer => return Ok(answer.map(drop)?),
            }
        }
    }

    /// The table, as the handler sees it.
    pub(crate) fn table(&self) -> Table {
        Table::new(self.clients.dynamodb.clone(), TABLE.to_owned())
    }

    /// Fills the history in the head of the only incident, and adds a later entry as the command line did.
    pub(crate) async fn fill_history(&self) -> TestResult {
        let mut items = self.items().await?;
        items.retain(|item| item.contains_key(MONTH));
        let mut head = items.pop().ok_or("no incident")?;
        let key = head.get(INCIDENT_ID).and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
        let entry = |what: &str| {
            let text = |text: &str| AttributeValue::S(text.to_owned());
            let entry = [("at".to_owned(), text("2026-01-01T00:00:00.000Z")), ("what".to_owned(), text(what))];
            AttributeValue::M(entry.into())
        };
        head.insert("timeline".to_owned(), AttributeValue::L(vec![entry("notified (reminder, notice 2)"); 10]));
        self.clients.dynamodb.put_item().table_name(TABLE).set_item(Some(head)).send().await?;
        let put = self.clients.dynamodb.put_item().table_name(TABLE);
        let put = put.item(INCIDENT_ID, AttributeValue::S(timeline_key(&key)));
        put.item("timeline", AttributeValue::L(vec![entry("acknowledged by ada")])).send().await?;
        Ok(())
    }

    /// Makes the only incident one that version 1 of the fingerprint opened.
    pub(crate) async fn take_back_to_version_1(&self) -> TestResult {
        let mut items = self.items().await?;
        let head = items.iter().find(|item| item.contains_key(MONTH)).cloned().ok_or("no incident")?;
        let attribute = |name: &str| head.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        let (today, former) = (attribute("fingerprint"), attribute("former_fingerprint"));
        let mut head = head.clone();
        head.remove("former_fingerprint");
        head.insert("fingerprint".to_owned(), AttributeValue::S(former.clone()));
        self.put(head).await?;
        let key = |item: &HashMap<String, AttributeValue>| item.get(INCIDENT_ID)?.as_s().ok().cloned();
        items.retain(|item| key(item).is_some_and(|key| key.ends_with(&today)));
        let mut pointer = items.pop().ok_or("no pointer")?;
        let key = key(&pointer).unwrap_or_default();
        let delete = self.clients.dynamodb.delete_item().table_name(TABLE);
        delete.key(INCIDENT_ID, AttributeValue::S(key.clone())).send().await?;
        pointer.insert(INCIDENT_ID.to_owned(), AttributeValue::S(key.replace(&today, &former)));
        self.put(pointer).await
    }

    /// Resolves every incident, as the command line does.
    pub(crate) async fn resolve_all(&self) -> TestResult {
        for mut item in self.items().await? {
            if item.contains_key(MONTH) {
                item.insert("status".to_owned(), AttributeValue::S("resolved".to_owned()));
                self.put(item).await?;
            }
        }
        Ok(())
    }

    /// Puts an item of this many bytes.
    pub(crate) async fn put_sibling(&self, key: &str, bytes: usize) -> TestResult {
        let put = self.clients.dynamodb.put_item().table_name(TABLE);
        let put = put.item(INCIDENT_ID, AttributeValue::S(key.to_owned()));
        put.item("lines", AttributeValue::S("x".repeat(bytes))).send().await?;
        Ok(())
    }

    pub(crate) async fn incidents(&self) -> TestResult<Vec<Incident>> {
        let mut items = self.items().await?;
        let key = |item: &HashMap<String, AttributeValue>| item.get(INCIDENT_ID)?.as_s().ok().cloned();
        let all: HashMap<String, _> = items.iter().filter_map(|item| Some((key(item)?, item.clone()))).collect();
        items.retain(|item| item.contains_key(MONTH));
        let mut incidents = Vec::new();
        for item in items {
            let incident: Incident = from_item(item)?;
            let tally = all.get(&tally_key(&incident.incident_id)).cloned();
            let tally: Option<Tally> = tally.map(from_item).transpose()?;
            let later = all.get(&timeline_key(&incident.incident_id)).cloned();
            let later: Option<LaterEntries> = later.map(from_item).transpose()?;
            incidents.push(incident.with_tally(tally.as_ref()).with_later(later.unwrap_or_default()));
        }
        Ok(incidents)
    }

    pub(crate) async fn items(&self) -> TestResult<Vec<HashMap<String, AttributeValue>>> {
        let scan = self.clients.dynamodb.scan().table_name(TABLE).consistent_read(true);
        Ok(scan.into_paginator().items().send().collect::<Result<_, _>>().await?)
    }

    /// Subjects of the alerts that reached the subscriber, in the order they were sent.
    pub(crate) async fn subjects(&self) -> TestResult<Vec<String>> {
        Ok(self.alerts().await?.into_iter().map(|mail| mail.subject).collect())
    }

    /// The alerts that reached the subscriber, in the order they were sent.
    pub(crate) async fn alerts(&self) -> TestResult<Vec<StoredMail>> {
        let mut mails = self.all_mails().await?;
        mails.retain(|mail| mail.kind.as_deref() == Some(MailKind::NOTIFICATION));
        Ok(mails)
    }

    async fn all_mails(&self) -> TestResult<Vec<StoredMail>> {
        // SNS accepts a message before it has delivered it.
        self.aws.until_idle().await;
        Ok(read(&self.directory.path().join("outbox"))?)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.aws.stop();
    }
}

/// The handler's response to an event.
pub(crate) async fn delivered(handler: &Handler, event: &Value) -> TestResult<Value> {
    let delivery = LambdaEvent::new(event.clone(), Context::default());
    Ok(handler.handle(delivery).await?)
}

/// Whether the handler succeeded. A sweep also checks the rules file, which does not exist here.
async fn handled(handler: &Handler, event: &Value) -> Result<(), HandlerError> {
    match handler.handle(LambdaEvent::new(event.clone(), Context::default())).await {
        Ok(_) | Err(HandlerError::Unhealthy(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Moves a time, or a list of times, into the past: in seconds, or in milliseconds for large numbers. Numbers that are
/// too small are not times.
fn earlier(value: &mut AttributeValue) {
    match value {
        AttributeValue::N(number) => {
            let pause = match number.parse::<i64>() {
                Ok(1_000_000_000..1_000_000_000_000) => PAUSE,
                Ok(1_000_000_000_000..) => PAUSE * 1000,
                _ => return,
            };
            *number = number.parse::<i64>().map(|moment| moment - pause).unwrap_or_default().to_string();
        }
        AttributeValue::L(list) => list.iter_mut().for_each(earlier),
        _ => {}
    }
}

/// What the index by month holds, as the template declares it.
const LISTED: &[&str] = &[
    "status",
    "severity",
    "summary",
    "source",
    "resource",
    "account",
    "region",
    "error_type",
    "rule",
    "fingerprint",
    "drill",
    "acknowledged_at",
    "resolved_at",
    "cause",
    "confidence",
    "record_version",
];

async fn create_table(dynamodb: &aws_sdk_dynamodb::Client) -> TestResult {
    let attribute = |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let mut create = dynamodb.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    create = create.key_schema(key(INCIDENT_ID, KeyType::Hash)?);
    for name in [INCIDENT_ID, MONTH, "created_at", DUE_QUEUE] {
        create = create.attribute_definitions(attribute(name, ScalarAttributeType::S)?);
    }
    create = create.attribute_definitions(attribute(DUE_AT, ScalarAttributeType::N)?);
    for (name, partition, sort, attributes) in
        [(INDEX_BY_MONTH, MONTH, "created_at", LISTED), (INDEX_DUE, DUE_QUEUE, DUE_AT, &["status", "silenced_by"])]
    {
        let projection = Projection::builder().projection_type(ProjectionType::Include);
        let projection =
            projection.set_non_key_attributes(Some(attributes.iter().map(|name| (*name).to_owned()).collect())).build();
        let index = GlobalSecondaryIndex::builder().index_name(name).projection(projection);
        let index = index.key_schema(key(partition, KeyType::Hash)?).key_schema(key(sort, KeyType::Range)?);
        create = create.global_secondary_indexes(index.build()?);
    }
    create.send().await?;
    Ok(())
}

/// Like the function's clients, with short backoff.
fn clients(endpoint: &str, access_key: &AccessKey, answer: Duration) -> Clients {
    let AccessKey { access_key_id, secret_access_key } = access_key;
    let credentials =
        SharedCredentialsProvider::new(Credentials::new(access_key_id, secret_access_key, None, None, "test"));
    let http = aws_smithy_http_client::Builder::new().build_http();
    let attempts = u32::try_from(ATTEMPTS).unwrap_or(u32::MAX);
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(5));
    let limits = TimeoutConfig::builder().operation_attempt_timeout(answer).build();
    macro_rules! client {
        ($service:ident) => {{
            let config = $service::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(http.clone())
                .region(Region::new(REGION))
                .credentials_provider(credentials.clone())
                .retry_config(retries.clone())
                // The accounts of other tests must not use up the retries of this one.
                .retry_partition($service::config::retry::RetryPartition::new(endpoint.to_owned()))
                .timeout_config(limits.clone())
                .endpoint_url(endpoint);
            $service::Client::from_conf(config.build())
        }};
    }
    let (dynamodb, sns, sqs) = (client!(aws_sdk_dynamodb), client!(aws_sdk_sns), client!(aws_sdk_sqs));
    let (cloudwatch, lambda) = (client!(aws_sdk_cloudwatch), client!(aws_sdk_lambda));
    let region = Region::new(REGION);
    let connection = Connection { http, endpoint: Some(endpoint.to_owned()), region, credentials };
    Clients { dynamodb, sns, sqs, cloudwatch, lambda, evidence: Arc::new(EvidenceClients::new(connection)) }
}
