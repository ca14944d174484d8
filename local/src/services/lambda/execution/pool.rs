//! Warm environments and concurrency.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::environment::Environment;
use super::guardian::Guardian;
use super::process::kill_group;
use crate::Cloud;
use crate::services::lambda::store;

/// Process limit on this machine. The account's quota is 1000, too many for a laptop.
pub(in super::super) const PROCESS_LIMIT: usize = 50;
/// Idle timeout of an environment.
const IDLE_LIMIT: Duration = Duration::from_secs(300);
const REAP_INTERVAL: Duration = Duration::from_secs(30);

/// The processes of all functions.
#[derive(Default)]
pub(in super::super) struct Pool {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By revision id.
    idle: HashMap<String, Vec<Environment>>,
    /// By function ARN.
    running: HashMap<String, u32>,
    processes: BTreeSet<u32>,
    guardian: Guardian,
    has_reaper: bool,
    is_closed: bool,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pool").field("processes", &self.inner().processes).finish()
    }
}

/// A concurrency permit, released when dropped.
pub(super) struct Permit {
    cloud: Cloud,
    function_arn: String,
    /// Current invocations of the function, including this one.
    pub(super) concurrency: u32,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut inner = self.cloud.lambda.pool.inner();
        if let Some(running) = inner.running.get_mut(&self.function_arn) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                inner.running.remove(&self.function_arn);
            }
        }
    }
}

impl Pool {
    /// Acquires a permit, or returns the throttle's `Reason`.
    pub(super) fn admit(
        &self,
        cloud: &Cloud,
        function_arn: &str,
        reserved: Option<u32>,
    ) -> Result<Permit, &'static str> {
        let mut inner = self.inner();
        let total: usize = inner.running.values().map(|running| *running as usize).sum();
        let running = inner.running.entry(function_arn.to_owned()).or_default();
        if reserved.is_some_and(|reserved| *running >= reserved) {
            return Err("ReservedFunctionConcurrentInvocationLimitExceeded");
        }
        if total >= PROCESS_LIMIT {
            return Err("ConcurrentInvocationLimitExceeded");
        }
        *running += 1;
        Ok(Permit { cloud: cloud.clone(), function_arn: function_arn.to_owned(), concurrency: *running })
    }

    /// The most recently used warm environment of a revision.
    pub(super) fn take(&self, revision_id: &str) -> Option<Environment> {
        loop {
            let mut environment = self.inner().idle.get_mut(revision_id)?.pop()?;
            if environment.is_usable() {
                return Some(environment);
            }
        }
    }

    /// Returns an environment to the pool, unless its revision has been replaced.
    pub(super) fn release(&self, mut environment: Environment) {
        if !environment.is_usable() || !is_current(&environment) {
            return;
        }
        environment.idle_since = Instant::now();
        let mut inner = self.inner();
        if !inner.is_closed {
            inner.idle.entry(environment.revision_id().to_owned()).or_default().push(environment);
        }
    }

    /// Ends a function's idle environments; busy ones end when they finish.
    pub(in super::super) fn retire(&self, function_arn: &str) {
        self.remove_idle(|environment| environment.function().arn == function_arn);
    }

    /// Starts the idle reaper, once.
    pub(super) fn start_reaper(&self, cloud: &Cloud) {
        let mut inner = self.inner();
        if inner.has_reaper {
            return;
        }
        inner.has_reaper = true;
        let cloud = cloud.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REAP_INTERVAL).await;
                cloud.lambda.pool.remove_idle(|environment| environment.idle_since.elapsed() > IDLE_LIMIT);
            }
        });
    }

    /// Registers a process to be killed on shutdown. `false` after shutdown has begun.
    pub(super) fn register(&self, process: u32) -> bool {
        let mut inner = self.inner();
        if inner.is_closed {
            return false;
        }
        inner.processes.insert(process);
        inner.inform();
        true
    }

    /// Unregisters an exited process.
    pub(super) fn unregister(&self, process: u32) {
        let mut inner = self.inner();
        inner.processes.remove(&process);
        inner.inform();
    }

    /// Kills all processes and prevents new ones.
    pub(in super::super) fn close(&self) {
        let mut inner = self.inner();
        inner.is_closed = true;
        for process in &inner.processes {
            kill_group(*process);
        }
        drop(inner);
        self.remove_idle(|_| true);
    }

    /// Dropping an environment takes the lock again, so drop it outside.
    fn remove_idle(&self, unwanted: impl Fn(&Environment) -> bool) {
        let removed: Vec<Environment> = {
            let mut inner = self.inner();
            let removed = inner.idle.values_mut().flat_map(|idle| idle.extract_if(.., |one| unwanted(one))).collect();
            inner.idle.retain(|_, idle| !idle.is_empty());
            removed
        };
        drop(removed);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn inform(&mut self) {
        self.guardian.guard(&self.processes);
    }
}

fn is_current(environment: &Environment) -> bool {
    let function = environment.function();
    let functions = store::functions(environment.cloud());
    functions
        .get(&(function.region.clone(), function.name.clone()))
        .and_then(|function| function.revision(environment.version()))
        .is_some_and(|revision| revision.revision_id == environment.revision_id())
}
