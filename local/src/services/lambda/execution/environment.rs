//! An execution environment: process, Runtime API and log.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::bounds::Bounds;
use super::ending::Ending;
use super::failure::Failure;
use super::journal::Journal;
use super::output::Output;
use super::process::Process;
use super::report::{Format, Report, Status};
use super::runtime_api::{RuntimeApi, Signal, Work};
use super::variables::variables;
use super::{Outcome, memory};
use crate::services::iam;
use crate::services::lambda::code::Folder;
use crate::services::lambda::function::{Function, Revision};
use crate::services::lambda::role;
use crate::{ApiError, Cloud};

/// A longer initialisation is killed. As after any failed one, another follows within the invocation.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// Memory sampling interval.
const MEMORY_INTERVAL: Duration = Duration::from_millis(10);
/// How long a process that has responded may take to ask for the next event before the response goes out regardless.
const SETTLE_LIMIT: Duration = Duration::from_millis(50);

/// An environment. Dropping it kills its process.
pub(in super::super) struct Environment {
    cloud: Cloud,
    function: Function,
    revision: Revision,
    journal: Arc<Journal>,
    format: Format,
    running: Option<Running>,
    /// Idle since.
    pub(super) idle_since: Instant,
}

struct Running {
    process: Process,
    api: RuntimeApi,
    output: Output,
    /// Last, so that the process is gone when it goes.
    _folder: Arc<Folder>,
}

/// The next event of a process.
enum Event {
    Signal(Signal),
    Exited(ExitStatus),
    OutOfMemory,
    Late,
}

/// How an attempt to start a process ended.
enum Start {
    /// It asks for an event.
    Ready,
    /// It does not, in time.
    Late,
    Failed(Ending),
}

impl Environment {
    /// An environment whose process has not started.
    pub(super) fn new(cloud: &Cloud, function: &Function, revision: &Revision) -> Self {
        let group = &revision.settings.logging.group;
        Self {
            cloud: cloud.clone(),
            function: function.clone(),
            revision: revision.clone(),
            journal: Arc::new(Journal::new(cloud, function, &revision.version, group)),
            format: Format::named(&revision.settings.logging.format),
            running: None,
            idle_since: Instant::now(),
        }
    }

    /// Its revision.
    pub(super) fn revision_id(&self) -> &str {
        &self.revision.revision_id
    }

    /// Its cloud.
    pub(super) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Its function's unqualified ARN.
    pub(super) fn function(&self) -> &Function {
        &self.function
    }

    /// Its function version.
    pub(super) fn version(&self) -> &str {
        &self.revision.version
    }

    /// Whether it can take another invocation.
    pub(super) fn is_usable(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| running.process.is_alive())
    }

    /// Runs one invocation of an ARN to any outcome.
    ///
    /// # Errors
    /// When the role can no longer be assumed.
    pub(super) async fn invoke(
        &mut self,
        request_id: &str,
        invoked_arn: &str,
        payload: Bytes,
    ) -> Result<Outcome, ApiError> {
        let init = if self.running.is_none() { self.initialise().await? } else { None };
        let started = Instant::now();
        let failed = if self.running.is_none() { self.initialise_again(started).await? } else { None };
        self.journal.write([self.format.start(request_id, &self.revision.version)]);
        let ending = match failed {
            Some(ending) => ending,
            None => self.work(request_id, invoked_arn, payload, started + self.timeout()).await?,
        };
        let duration = started.elapsed().min(self.timeout().max(Duration::from_millis(1)));
        Ok(self.conclude(request_id, ending, duration, init).await)
    }

    /// Starts the process and waits until it asks for an event. The duration, unless it failed; then no process runs.
    async fn initialise(&mut self) -> Result<Option<Duration>, ApiError> {
        let runtime_arn = self.revision.settings.runtime_version_arn(&self.function.region);
        self.journal.write([self.format.init_start(&self.revision.settings.runtime, &runtime_arn)]);
        let started = Instant::now();
        match self.bring_up(started + INIT_LIMIT).await? {
            Start::Ready => return Ok(Some(started.elapsed())),
            Start::Late => self.report_init("init", INIT_LIMIT, None).await,
            Start::Failed(ending) => self.report_init("init", started.elapsed(), Some(&ending)).await,
        }
        Ok(None)
    }

    /// The second attempt, which is part of the invocation and its timeout ("Failures during the Init phase" in Lambda's
    /// guide). The failure, if any.
    async fn initialise_again(&mut self, started: Instant) -> Result<Option<Ending>, ApiError> {
        match self.bring_up(started + self.timeout()).await? {
            Start::Ready => Ok(None),
            Start::Late => {
                self.report_init("invoke", started.elapsed(), None).await;
                Ok(Some(Ending::Failed(Failure::TimedOut(self.timeout()))))
            }
            Start::Failed(ending) => {
                self.report_init("invoke", started.elapsed(), Some(&ending)).await;
                Ok(Some(ending))
            }
        }
    }

    /// Ends a process whose initialisation failed, or is late, and says so.
    async fn report_init(&mut self, phase: &str, duration: Duration, ending: Option<&Ending>) {
        self.stop().await;
        let error_type = ending.map(|ending| ending.error_type().unwrap_or("Runtime.Unknown"));
        self.journal.write([self.format.init_report(phase, duration, error_type)]);
    }

    async fn bring_up(&mut self, deadline: Instant) -> Result<Start, ApiError> {
        if let Err(failure) = self.start().await? {
            return Ok(Start::Failed(Ending::Failed(failure)));
        }
        Ok(match self.next_event(deadline).await {
            Event::Signal(Signal::Ready) => Start::Ready,
            Event::Signal(Signal::InitError { body, error_type }) => {
                Start::Failed(Ending::InitError { body, error_type })
            }
            Event::Signal(_) => Start::Failed(Ending::Failed(Failure::Exited(ExitStatus::default()))),
            Event::Exited(status) => Start::Failed(Ending::Failed(Failure::Exited(status))),
            Event::OutOfMemory => Start::Failed(Ending::Failed(Failure::OutOfMemory)),
            Event::Late => Start::Late,
        })
    }

    async fn start(&mut self) -> Result<Result<(), Failure>, ApiError> {
        let settings = &self.revision.settings;
        let session = iam::service_session(&self.cloud, &settings.role, role::SERVICE, &self.function.name)
            .map_err(|_| role::not_assumable())?;
        let folder = self.revision.code.folder().await.map_err(internal)?;
        let task_root = folder.path();
        let api = RuntimeApi::start().await.map_err(internal)?;
        let (output, writer) = Output::new(Arc::clone(&self.journal)).map_err(internal)?;
        let address = api.address.to_string();
        let variables =
            variables(&self.cloud, &self.function, &self.revision, &self.journal, session, &address, task_root);
        let bounds = Bounds::new(self.memory_limit(), settings.storage());
        match Process::start(&self.cloud, task_root, variables, writer, bounds).await {
            Ok(process) => {
                self.running = Some(Running { process, api, output, _folder: folder });
                Ok(Ok(()))
            }
            Err(reason) => Ok(Err(Failure::InvalidEntrypoint(reason))),
        }
    }

    async fn work(
        &mut self,
        request_id: &str,
        invoked_arn: &str,
        payload: Bytes,
        deadline: Instant,
    ) -> Result<Ending, ApiError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let work = Work {
            request_id: request_id.to_owned(),
            payload,
            deadline: jiff::Timestamp::now().as_millisecond() + i64::try_from(left.as_millis()).unwrap_or(i64::MAX),
            invoked_arn: invoked_arn.to_owned(),
        };
        if let Some(running) = &self.running {
            running.api.assign(work);
        }
        loop {
            return Ok(match self.next_event(deadline).await {
                Event::Signal(Signal::Ready) => continue,
                Event::Signal(Signal::Response(body)) if self.is_over_memory() => {
                    drop(body);
                    Ending::Failed(Failure::OutOfMemory)
                }
                Event::Signal(Signal::Response(body)) => Ending::Response(body),
                Event::Signal(Signal::ResponseTooLarge) => Ending::Failed(Failure::ResponseTooLarge),
                Event::Signal(Signal::Error(body)) => Ending::Error(body),
                Event::Signal(Signal::InitError { body, error_type }) => Ending::InitError { body, error_type },
                Event::Exited(status) => Ending::Failed(Failure::Exited(status)),
                Event::OutOfMemory => Ending::Failed(Failure::OutOfMemory),
                Event::Late => Ending::Failed(Failure::TimedOut(self.timeout())),
            });
        }
    }

    /// Waits for the first event. A message of the process precedes its exit, which may follow at once.
    async fn next_event(&mut self, deadline: Instant) -> Event {
        let limit = self.memory_limit();
        let Some(Running { process, api, .. }) = &mut self.running else { return Event::Late };
        let id = process.id();
        let over_memory = async move {
            let mut ticks = tokio::time::interval(MEMORY_INTERVAL);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            while memory::peak(id).is_none_or(|bytes| bytes <= limit) {
                ticks.tick().await;
            }
        };
        tokio::select! {
            biased;
            signal = api.signal() => Event::Signal(signal),
            status = process.wait() => Event::Exited(status.unwrap_or_default()),
            () = tokio::time::sleep_until(deadline.into()) => Event::Late,
            () = over_memory => Event::OutOfMemory,
        }
    }

    /// Logs an outcome and converts it to the caller's result.
    async fn conclude(
        &mut self,
        request_id: &str,
        ending: Ending,
        duration: Duration,
        init: Option<Duration>,
    ) -> Outcome {
        let memory_used = self.peak_memory(&ending);
        match &ending {
            Ending::Response(_) | Ending::Error(_) => self.settle().await,
            Ending::Failed(Failure::ResponseTooLarge) => self.settle().await,
            Ending::InitError { .. } | Ending::Failed(_) => self.stop().await,
        }
        if let Some(running) = &self.running {
            running.output.drain();
        }
        let status = ending.status();
        if status == Status::Timeout {
            self.journal.write([timeout_line(request_id, self.timeout())]);
        }
        if let Ending::Failed(failure @ (Failure::Exited(_) | Failure::OutOfMemory | Failure::InvalidEntrypoint(_))) =
            &ending
        {
            self.journal.write([format!("{}\n{}", failure.message(request_id), failure.error_type())]);
        }
        let memory_size = self.revision.settings.memory;
        let report = Report { request_id: request_id.to_owned(), duration, init, memory_size, memory_used, status };
        self.journal.write(self.format.end(&report));
        Outcome {
            is_error: !matches!(ending, Ending::Response(_)),
            payload: ending.payload(request_id),
            duration,
            version: self.revision.version.clone(),
            log_tail: self.journal.take_tail(),
        }
    }

    /// Gives the process a moment to ask for an event or exit.
    async fn settle(&mut self) {
        if !matches!(self.next_event(Instant::now() + SETTLE_LIMIT).await, Event::Signal(_) | Event::Late) {
            self.stop().await;
        }
    }

    /// Kills the process and flushes its output to the log.
    async fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.process.kill().await;
            running.output.finish();
        }
    }

    fn peak_memory(&self, ending: &Ending) -> u64 {
        if matches!(ending, Ending::Failed(Failure::OutOfMemory)) {
            return self.memory_limit();
        }
        self.running.as_ref().and_then(|running| memory::peak(running.process.id())).unwrap_or_default()
    }

    /// Memory may rise and fall between two samples; the peak catches that.
    fn is_over_memory(&self) -> bool {
        self.peak_memory(&Ending::Response(Bytes::new())) > self.memory_limit()
    }

    fn memory_limit(&self) -> u64 {
        u64::from(self.revision.settings.memory) << 20
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.revision.settings.timeout.into())
    }
}

fn timeout_line(request_id: &str, timeout: Duration) -> String {
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
    format!("{time} {request_id} Task timed out after {:.2} seconds", timeout.as_secs_f64())
}

fn internal(error: std::io::Error) -> ApiError {
    ApiError::new("ServiceException", error.to_string()).with_status(500)
}
