//! Invokes the generator, then polls until every stage was seen or time is up.

use std::time::{Duration, Instant};

use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use incident_model::Incident;
use jiff::{SignedDuration, Timestamp};

use super::{Drill, DrillError, Progress, Stage};
use crate::incidents::{Filter, IncidentsError};
use incident_deploy::aws::{AwsError, Explain};

/// The first pause between two polls; each further one is longer by half, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How far the clocks of this machine and AWS may differ.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

/// Runs a drill. Calls `report` at each stage; `progress` also shows how far a failed drill got.
///
/// # Errors
/// If the stack is missing, AWS refuses, or a stage does not happen in time.
pub async fn run(
    drill: &Drill,
    progress: &mut Progress,
    mut report: impl FnMut(Stage, Duration, &Progress),
) -> Result<Incident, DrillError> {
    let started = Instant::now();
    let since = Timestamp::now().checked_sub(CLOCK_DIFFERENCE).unwrap_or(Timestamp::UNIX_EPOCH);
    let id = uuid::Uuid::new_v4().to_string();
    let request_id = drill.invoke(&id).await?;
    progress.request_id = Some(request_id.clone());
    progress.reach(Stage::Invoked, started, &mut report);
    let mut pause = FIRST_PAUSE;
    loop {
        if progress.at(Stage::Failed).is_none() && drill.has_failed(&request_id, since).await.unwrap_or(false) {
            // A record implies the failure, so an unreadable log group only costs detail.
            progress.reach(Stage::Failed, started, &mut report);
        }
        drill.look(&id, since, started, progress, &mut report).await?;
        match &progress.incident {
            Some(incident) if progress.at(Stage::Notified).is_some() => return Ok(incident.clone()),
            _ if started.elapsed() >= drill.limit => {
                return Err(DrillError::Missing { stage: progress.missing(), limit: drill.limit });
            }
            _ => tokio::time::sleep(pause).await,
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

impl Drill {
    async fn invoke(&self, id: &str) -> Result<String, DrillError> {
        let function = self.stack.generator();
        let mut payload = self.kind.payload();
        payload["incidentctl_drill"] = id.into();
        let reply = self
            .clients
            .lambda
            .invoke()
            .function_name(&function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(payload.to_string()))
            .send()
            .await
            .explain("lambda:Invoke");
        match reply {
            Ok(reply) => Ok(reply.request_id().unwrap_or_default().to_owned()),
            Err(error) if error.is("ResourceNotFoundException") => {
                Err(DrillError::NoStack { function, stack: self.stack.clone() })
            }
            Err(error) => Err(DrillError::Invoke(error)),
        }
    }

    async fn look(
        &self,
        id: &str,
        since: Timestamp,
        started: Instant,
        progress: &mut Progress,
        report: &mut impl FnMut(Stage, Duration, &Progress),
    ) -> Result<(), DrillError> {
        progress.incident = match progress.incident.take() {
            Some(incident) => self.incidents.get(&incident.incident_id).await?.or(Some(incident)),
            None => self.recorded(id, since).await?,
        };
        if let Some(incident) = &progress.incident {
            let notified = incident.notified_at.is_some();
            progress.reach(Stage::Failed, started, report);
            progress.reach(Stage::Recorded, started, report);
            if notified {
                progress.reach(Stage::Notified, started, report);
            }
        }
        Ok(())
    }

    /// Whether the generator's log shows the end of the invocation.
    async fn has_failed(&self, request_id: &str, since: Timestamp) -> Result<bool, AwsError> {
        let found = self
            .clients
            .logs
            .filter_log_events()
            .log_group_name(format!("/aws/lambda/{}", self.stack.generator()))
            .start_time(since.as_millisecond())
            .filter_pattern(format!("\"{request_id}\""))
            .send()
            .await
            .explain("logs:FilterLogEvents")?;
        let messages = found.events().iter().filter_map(|event| event.message());
        Ok(messages.into_iter().any(|message| message.starts_with("REPORT ") || message.starts_with("END ")))
    }

    async fn recorded(&self, id: &str, since: Timestamp) -> Result<Option<Incident>, IncidentsError> {
        let filter =
            Filter { since: Some(since.to_string()), drill: Some(id.to_owned()), limit: Some(1), ..Filter::default() };
        Ok(self.incidents.list(&filter).await?.incidents.pop())
    }
}
