//! What is known about a stack.

use incident_deploy::plan::{Action, PlanError};
use incident_deploy::resources::{COUNTS, Values, messages};
use incident_model::Incident;
use jiff::{Span, Timestamp};
use serde::Serialize;

use super::queries::{self, Queries};
use crate::cli::deployed::Deployed;
use crate::cli::deployment;
use crate::cli::doctor::coverage;
use crate::error::CommandError;
use crate::health::LIFETIME_HOURS;
use crate::incidents::{Filter, Incidents, IncidentsError, Listing, SilenceState};
use crate::local_session;
use crate::session::Session;
use crate::settings::{Settings, StackName};
use incident_deploy::aws::{Absent, AwsError, Clients, Explain};
use incident_deploy::self_check::self_check;
use incident_local::outbox::Trouble;

/// How many incidents to show.
const INCIDENTS: usize = 5;

/// Everything that `status` reports.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) stack: String,
    /// Whether any resource of the stack exists.
    pub(super) exists: bool,
    pub(super) resources: Resources,
    pub(super) drift: Vec<Drift>,
    /// Set when a newer program deployed the stack.
    pub(super) newer: Option<String>,
    /// What is broken on the way of an event to the handler, in words.
    pub(super) broken_way: Vec<String>,
    pub(super) subscriptions: Vec<Subscriber>,
    pub(super) incidents: Vec<Incident>,
    /// IDs of incidents, among the newest, that this version cannot read.
    pub(super) unreadable: Vec<String>,
    pub(super) silences: Vec<SilenceState>,
    pub(super) queues: Queues,
    /// The state of the mapping that gives events to the handler, such as `Enabled`; `None` if it is missing.
    pub(super) mapping: Option<String>,
    pub(super) alarms: Vec<Alarm>,
    /// What it cost this month to ask which functions fail; absent if nothing was asked.
    pub(super) queries: Option<Queries>,
    /// Why the local AWS cannot write mails.
    pub(super) storage: Option<Trouble>,
    /// The handler's version, or its complaint.
    pub(super) self_check: Option<Result<String, String>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Resources {
    pub(super) total: usize,
    pub(super) as_they_should_be: usize,
}

/// A resource that `up` would change.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Drift {
    pub(super) logical_id: String,
    pub(super) action: Action,
    /// Paths of the properties that differ.
    pub(super) properties: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Subscriber {
    pub(super) endpoint: String,
    pub(super) pending: bool,
    /// Since when it is pending; null when it is confirmed, or when the start was not recorded.
    pub(super) pending_since: Option<Timestamp>,
    /// When SNS drops it.
    pub(super) expires_at: Option<Timestamp>,
}

/// Messages in the queues, those in flight included; null if the queue is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Queues {
    /// On their way to the handler.
    pub(super) events: Option<u64>,
    /// Dead letters of the rules.
    pub(super) rule: Option<u64>,
    /// Dead letters of the handler.
    pub(super) handler: Option<u64>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Alarm {
    pub(super) name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub(super) state: String,
}

impl Facts {
    /// Gathers the facts, as concurrently as possible.
    pub(super) async fn read(session: &Session, settings: &Settings) -> Result<Self, CommandError> {
        let stack = settings.stack.to_string();
        let deployed = Deployed::read(session, settings).await?;
        if !deployed.exists() {
            return Ok(Self { stack, ..Self::default() });
        }
        let clients = &deployed.deployment.clients;
        let (subscriptions, listing, silences, queues, alarms, queries, self_check) = tokio::try_join!(
            subscribers(&deployed),
            incidents(clients, &settings.stack),
            silences(clients, &settings.stack),
            queues(clients, &settings.stack),
            alarms(clients, &settings.stack),
            queries::of_this_month(clients, &settings.stack),
            checked(clients, &settings.stack),
        )?;
        let facts = Self {
            stack,
            exists: true,
            subscriptions,
            incidents: listing.incidents,
            unreadable: listing.unreadable,
            silences,
            queues,
            mapping: mapping(&deployed),
            alarms,
            queries,
            self_check,
            storage: local_session::storage_trouble(session).await?,
            ..Self::default()
        };
        Ok(facts.compared(&deployed))
    }

    /// Adds the drift from the desired state.
    fn compared(mut self, deployed: &Deployed) -> Self {
        let plan = match deployed.plan() {
            Ok(plan) => plan,
            Err(PlanError::Newer(newer)) => {
                self.newer = Some(newer.to_string());
                return self;
            }
            Err(error) => {
                self.broken_way = vec![error.to_string()];
                return self;
            }
        };
        self.resources = Resources { total: plan.changes.len(), as_they_should_be: plan.count(Action::None) };
        self.broken_way = coverage::broken(&plan).into_iter().map(coverage::described).collect();
        let changed = plan.changes.iter().filter(|change| change.action != Action::None);
        self.drift = changed
            .map(|change| Drift {
                logical_id: change.logical_id.clone(),
                action: change.action,
                properties: change.properties.iter().map(|property| property.path.clone()).collect(),
            })
            .collect();
        self
    }
}

async fn subscribers(deployed: &Deployed) -> Result<Vec<Subscriber>, CommandError> {
    let memory = deployment::pending(&deployed.deployment);
    let mut subscribers = Vec::new();
    for found in deployed.deployment.subscriptions().await? {
        let since = match found.pending {
            true => memory.since(&found.endpoint).await.ok().flatten(),
            false => None,
        };
        subscribers.push(Subscriber {
            endpoint: found.endpoint,
            pending: found.pending,
            pending_since: since,
            expires_at: since.and_then(|since| since.checked_add(Span::new().hours(LIFETIME_HOURS)).ok()),
        });
    }
    Ok(subscribers)
}

async fn incidents(clients: &Clients, stack: &StackName) -> Result<Listing, CommandError> {
    let filter = Filter { limit: Some(INCIDENTS), ..Filter::default() };
    of_table(Incidents::new(clients, stack).list(&filter).await)
}

async fn silences(clients: &Clients, stack: &StackName) -> Result<Vec<SilenceState>, CommandError> {
    let states = of_table(Incidents::new(clients, stack).silence_states(Timestamp::now().as_second()).await)?;
    let mut silences = states.silences;
    silences.retain(|state| !state.ended);
    Ok(silences)
}

/// Reads the table; empty if the table is missing, which is already reported as drift.
fn of_table<T: Default>(answer: Result<T, IncidentsError>) -> Result<T, CommandError> {
    match answer {
        Err(IncidentsError::NoTable { .. }) => Ok(T::default()),
        answer => Ok(answer?),
    }
}

async fn queues(clients: &Clients, stack: &StackName) -> Result<Queues, CommandError> {
    let (events, rule, handler) = (stack.event_queue(), stack.rule_queue(), stack.handler_queue());
    let (events, rule, handler) =
        tokio::try_join!(depth(clients, &events), depth(clients, &rule), depth(clients, &handler))?;
    Ok(Queues { events, rule, handler })
}

fn mapping(deployed: &Deployed) -> Option<String> {
    let observed = deployed.observations.get("EventMapping")?;
    observed.properties.optional_text("State")
}

/// Messages in a queue, those in flight included.
async fn depth(clients: &Clients, queue: &str) -> Result<Option<u64>, AwsError> {
    const ABSENT: &str = "QueueDoesNotExist";
    let absent = |error: &AwsError| error.is(ABSENT) || error.code.ends_with("NonExistentQueue");
    let url = match clients.sqs.get_queue_url().queue_name(queue).send().await.explain("sqs:GetQueueUrl") {
        Err(error) if absent(&error) => return Ok(None),
        answer => answer?.queue_url.unwrap_or_default(),
    };
    let call = clients.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(COUNTS.to_vec()));
    let answer = call.send().await.explain("sqs:GetQueueAttributes").or_absent(ABSENT)?;
    let attributes = answer.and_then(|answer| answer.attributes).unwrap_or_default();
    Ok(Some(messages(&attributes)))
}

async fn alarms(clients: &Clients, stack: &StackName) -> Result<Vec<Alarm>, CommandError> {
    let call = clients.cloudwatch.describe_alarms().alarm_name_prefix(format!("{stack}-"));
    let answer = call.send().await.explain("cloudwatch:DescribeAlarms")?;
    let alarms = answer.metric_alarms().iter().map(|alarm| Alarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        state: alarm.state_value().map(|state| state.as_str().to_owned()).unwrap_or_default(),
    });
    Ok(alarms.collect())
}

async fn checked(clients: &Clients, stack: &StackName) -> Result<Option<Result<String, String>>, CommandError> {
    match self_check(clients, &stack.handler()).await {
        Err(error) if error.is("ResourceNotFoundException") => Ok(None),
        // A function that cannot run is a finding of this command, not an error.
        Err(error) => Ok(Some(Err(error.to_string()))),
        Ok(answer) => Ok(Some(answer)),
    }
}
