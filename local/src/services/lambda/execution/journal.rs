//! An environment's log stream, written with the function's role.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::ACCOUNT;
use crate::policy::Need;
use crate::services::lambda::function::Function;
use crate::services::lambda::role;
use crate::services::{iam, logs};
use crate::{Cloud, Principal};

/// Size of the `LogType: Tail` excerpt.
const TAIL: usize = 4096;

/// An environment's log stream. Without permission to write, or without the group and permission to create it, output
/// is dropped without an error, as on AWS.
pub(super) struct Journal {
    cloud: Cloud,
    principal: Principal,
    region: String,
    pub(super) group: String,
    pub(super) stream: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    transcript: String,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Journal").field("group", &self.group).field("stream", &self.stream).finish()
    }
}

impl Journal {
    /// The journal of a new environment. In a group that is not the function's own, the stream says whose it is
    /// (Lambda's guide, "Configuring CloudWatch log groups").
    pub(super) fn new(cloud: &Cloud, function: &Function, version: &str, group: &str) -> Self {
        let day = jiff::Timestamp::now().strftime("%Y/%m/%d");
        let is_own = group.strip_prefix("/aws/lambda/") == Some(function.name.as_str());
        let owner = if is_own { "" } else { function.name.as_str() };
        let stream = format!("{day}/{owner}[{version}]{}", uuid::Uuid::new_v4().simple());
        Self {
            cloud: cloud.clone(),
            principal: role::principal(function),
            region: function.region.clone(),
            group: group.to_owned(),
            stream,
            state: Mutex::default(),
        }
    }

    /// Writes lines with the current time.
    pub(super) fn write(&self, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<String> = lines.into_iter().collect();
        if lines.is_empty() {
            return;
        }
        let mut state = self.state();
        for line in &lines {
            state.transcript.push_str(line);
            state.transcript.push('\n');
        }
        if !state.is_open {
            state.is_open = self.open();
        }
        if state.is_open && self.may("logs:PutLogEvents", &format!("{}:log-stream:{}", self.group, self.stream)) {
            let now = jiff::Timestamp::now().as_millisecond();
            // An event has at least one character (CloudWatch Logs API reference, InputLogEvent): a blank line is its end.
            let text = |line: String| if line.is_empty() { "\n".to_owned() } else { line };
            let events = lines.into_iter().map(|line| (now, text(line))).collect();
            state.is_open = logs::append(&self.cloud, &self.region, &self.group, &self.stream, events).is_ok();
        }
    }

    /// The tail of what was written since the last call.
    pub(super) fn take_tail(&self) -> Vec<u8> {
        let transcript = std::mem::take(&mut self.state().transcript).into_bytes();
        let start = transcript.len().saturating_sub(TAIL);
        transcript[start..].to_vec()
    }

    fn open(&self) -> bool {
        let group_exists = logs::group_exists(&self.cloud, &self.region, &self.group)
            || (self.may("logs:CreateLogGroup", &format!("{}:log-stream:", self.group))
                && logs::create_group(&self.cloud, &self.region, &self.group).is_ok());
        group_exists && self.may("logs:CreateLogStream", &format!("{}:log-stream:{}", self.group, self.stream))
    }

    fn may(&self, action: &str, group_and_stream: &str) -> bool {
        let resource = format!("arn:aws:logs:{}:{ACCOUNT}:log-group:{group_and_stream}", self.region);
        iam::authorize(&self.cloud, &self.principal, &Need::new(action, resource)).is_ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
