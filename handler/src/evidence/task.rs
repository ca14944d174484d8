//! The last log lines of a stopped container.

use aws_sdk_ecs::types::{ContainerDefinition, LogDriver};
use incident_model::analysis::{LogEvent, RequestLog, WhyMissing};

use super::Gather;
use super::calls::Calls;
use super::logs::{error_of, of_stream};
use super::subject::{Subject, Task};
use crate::clients::EvidenceClients;

/// Log events to read, the newest ones.
const EVENTS: i32 = 100;
/// How long after it stopped, in seconds, a container's lines may come.
const SLACK: i64 = 60;

/// `ecs:DescribeTaskDefinition`, which names the log group, then `logs:GetLogEvents` of the container's stream.
#[derive(Debug)]
pub(super) struct TaskLog<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
}

impl Gather for TaskLog<'_> {
    type Found = RequestLog;

    async fn gather(&self, of: &Subject<'_>) -> Result<RequestLog, WhyMissing> {
        let task = of.task.ok_or(WhyMissing::None)?;
        let ask = self.clients.ecs().describe_task_definition().task_definition(task.definition);
        let definition = self.calls.make(ask.send()).await?.task_definition.ok_or(WhyMissing::None)?;
        let mut containers = definition.container_definitions.unwrap_or_default().into_iter();
        let container = containers.find(|container| container.name.as_deref() == Some(task.container));
        let (group, stream) = container.and_then(|container| place(&container, &task)).ok_or(WhyMissing::None)?;
        let ask = self.clients.logs().get_log_events().log_group_name(&group).log_stream_name(&stream);
        let ask = ask.end_time((of.failed_at + SLACK) * 1000).start_from_head(false).limit(EVENTS);
        let events = self.calls.make(ask.send()).await?.events.unwrap_or_default();
        let events: Vec<LogEvent> = events.into_iter().filter_map(|event| of_stream(event, &stream)).collect();
        RequestLog::of(&group, &events, None, error_of(of.incident)).ok_or(WhyMissing::None)
    }
}

/// Log group and stream of a container whose driver is `awslogs`, in the task's own region: the stream is
/// `prefix/container/task`
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html>).
fn place(container: &ContainerDefinition, task: &Task<'_>) -> Option<(String, String)> {
    let logging = container.log_configuration()?;
    let options = logging.options()?;
    let option = |name: &str| options.get(name).filter(|value| !value.is_empty());
    let is_here = option("awslogs-region").is_none_or(|region| task.definition.split(':').nth(3) == Some(region));
    if *logging.log_driver() != LogDriver::Awslogs || !is_here {
        return None;
    }
    let stream = format!("{}/{}/{}", option("awslogs-stream-prefix")?, task.container, task.id);
    Some((option("awslogs-group")?.clone(), stream))
}
