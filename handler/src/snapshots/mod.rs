//! Snapshots of functions, which show what changed: a function's own record has the time of its last change, not what was
//! before.
//!
//! The scheduled sweep reads pages of the account's functions, a few at a time, so that each function is seen within the
//! hour ([`round`]). The table has an item for each ([`memory`]), which is written when the function changed.

mod beside;
mod functions;
mod memory;
mod round;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use incident_model::analysis::{FunctionHistory, FunctionState};
use incident_model::control::SnapshotTaken;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};

use crate::clients::Clients;
use crate::concurrently;
use crate::function_name::is_function_name;
use crate::function_state::Described;
use crate::log;
use crate::refused::Refused;
use crate::settings::Settings;
use beside::Pace;
pub(crate) use functions::{Functions, OnLambda};
pub(crate) use memory::TableMemory;
use memory::{Known, Memory};
use round::Round;

/// Longest time for the pages of one sweep.
const BUDGET: Duration = Duration::from_secs(10);
/// Shortest time between two pages. Lambda takes fifteen calls a second of the whole account, all operations of its
/// control plane together (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>): people's deployments
/// get at least two thirds of them.
const BETWEEN_PAGES: Duration = Duration::from_millis(200);
/// Concurrent writes.
const AT_ONCE: usize = 5;
/// How long, in seconds, no page is asked for after a call that the role may not make.
const DENIED_SECONDS: i64 = 15 * 60;
/// How long, in seconds, a snapshot is kept that is not written again: that of a deleted function.
const KEPT_SECONDS: i64 = 90 * 24 * 3600;
/// The snapshot of a function that never changes is written again when it would be kept no longer than this.
const REWRITTEN_SECONDS: i64 = 60 * 24 * 3600;

/// Takes snapshots of the functions of an account and region.
#[derive(Debug)]
pub(crate) struct Snapshots<F, M> {
    functions: F,
    memory: M,
    is_on: bool,
    /// When this handler looks at the round again, in seconds since 1970.
    next_at: AtomicI64,
    /// The last error of each part, which is logged once.
    failing: Failing,
    failing_beside: Failing,
}

/// The code of the last error, until there is none.
#[derive(Debug, Default)]
struct Failing(Mutex<Option<String>>);

impl Failing {
    /// Logs an error, unless the last one was the same.
    fn report(&self, error: &Refused) {
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failing.as_ref() != Some(&error.code) {
            log::line("no-snapshots", json!({ "error": error.to_string() }));
            *failing = Some(error.code.clone());
        }
    }

    fn is_over(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Snapshots<OnLambda, TableMemory> {
    /// Those of a stack.
    pub(crate) fn on_aws(settings: &Settings, clients: &Clients) -> Self {
        let memory = TableMemory::new(clients.dynamodb.clone(), settings.table.clone());
        Self::new(OnLambda(clients.lambda.clone()), memory, settings.analysis.changes)
    }
}

impl<F: Functions, M: Memory> Snapshots<F, M> {
    pub(crate) fn new(functions: F, memory: M, is_on: bool) -> Self {
        Self {
            functions,
            memory,
            is_on,
            next_at: AtomicI64::new(0),
            failing: Failing::default(),
            failing_beside: Failing::default(),
        }
    }

    /// Takes the pages that are due. The first call that fails ends it until the next sweep: nothing depends on it.
    pub(crate) async fn take(&self, now: i64) {
        if !self.is_on || now < self.next_at.load(Ordering::Relaxed) {
            return;
        }
        match self.pages(now).await {
            Ok(next_at) => {
                self.next_at.store(next_at, Ordering::Relaxed);
                self.failing.is_over();
            }
            Err(error) => {
                if error.is_denied() {
                    self.next_at.store(now + DENIED_SECONDS, Ordering::Relaxed);
                }
                self.failing.report(&error);
            }
        }
    }

    /// What is known of a function, if the table says so.
    pub(crate) async fn history(&self, function: &str) -> Option<FunctionHistory> {
        let functions = [function];
        let (known, round) = tokio::join!(self.memory.known(&functions), self.memory.round());
        let history = known.ok()?.remove(function)?.history;
        let Ok((round, _)) = round else { return Some(history) };
        Some(history.unchanged_at(round.complete_since(), round.beside.complete_since()))
    }

    /// Takes the snapshot of one function.
    pub(crate) async fn of(&self, function: &str, now: i64) -> SnapshotTaken {
        let (seen_at, error) = match self.one(function, now).await {
            Ok(seen_at) => (seen_at, None),
            Err(error) => (None, Some(error)),
        };
        SnapshotTaken { function: function.to_owned(), seen_at, error }
    }

    async fn one(&self, function: &str, now: i64) -> Result<Option<i64>, String> {
        if !self.is_on {
            return Err("changes of functions are not looked at: `changes` of the setting `analysis` is off".to_owned());
        }
        if !is_function_name(function) {
            return Err("not the name of a function".to_owned());
        }
        let refused = |error: Refused| error.to_string();
        let found = self.functions.function(function).await.map_err(refused)?;
        // Without them, the snapshot has what is known of them.
        let beside = beside::of(&self.functions, function, &mut Pace::new()).await.unwrap_or_default();
        let known = self.memory.known(&[function]).await.map_err(refused)?;
        let known = known.get(function);
        let due = memory::due(&found, beside, known, 0, now);
        if let Some(history) = &due {
            self.memory.keep(function, history, known, now + KEPT_SECONDS).await.map_err(refused)?;
        }
        Ok(due.as_ref().or(known.map(|known| &known.history)).map(|history| history.seen_at))
    }

    /// Takes the pages that are due, if no other sweep is at it. Returns when to look again.
    async fn pages(&self, now: i64) -> Result<i64, Refused> {
        let (read, version) = self.memory.round().await?;
        let Some(mut round) = read.claimed(now) else { return Ok(read.next_at()) };
        if !self.memory.save(&round, version).await? {
            // Another sweep was faster.
            return Ok(now);
        }
        let deadline = Instant::now() + BUDGET;
        let mut result = Ok(());
        for left in (0..round.due(now)).rev() {
            // A page that is not done by then is taken by the next sweep.
            result = timeout_at(deadline, self.page(&mut round, now)).await.unwrap_or(Ok(()));
            if result.is_err() || round.is_complete() || left == 0 || Instant::now() >= deadline {
                break;
            }
            sleep(BETWEEN_PAGES).await;
        }
        if result.is_ok() && round.beside.is_due(now) {
            match timeout_at(deadline, self.beside(&mut round, now)).await {
                Ok(Ok(())) => self.failing_beside.is_over(),
                Ok(Err(error)) => {
                    // An older boundary of the role must not keep the pages from being read.
                    if error.is_denied() {
                        round.beside.postpone(now + DENIED_SECONDS);
                    }
                    self.failing_beside.report(&error);
                }
                // The next sweep goes on with what is left.
                Err(_) => {}
            }
        }
        round.release();
        self.memory.save(&round, version + 1).await?;
        result.map(|()| round.next_at())
    }

    /// Takes the next page. The round advances when all of it is written: a crash before leads to the same page again.
    async fn page(&self, round: &mut Round, now: i64) -> Result<(), Refused> {
        let page = match self.functions.page(round.marker()).await {
            Err(error) if error.is("InvalidParameterValueException") && round.marker().is_some() => {
                // Lambda no longer knows the place in the list.
                round.begin(now);
                return Err(error);
            }
            page => page?,
        };
        self.keep(&page.functions, round.complete_since(), now).await?;
        round.advance(page.marker, page.functions.len());
        Ok(())
    }

    /// Asks about the next functions that have a snapshot. Each is done when it is written.
    async fn beside(&self, round: &mut Round, now: i64) -> Result<(), Refused> {
        let mut pace = Pace::new();
        let page = match pace.call(self.functions.some(round.beside.marker(), beside::MOST)).await {
            Err(error) if error.is("InvalidParameterValueException") && round.beside.marker().is_some() => {
                round.beside.begin(now);
                return Err(error);
            }
            page => page?,
        };
        let names: Vec<&str> = page.functions.iter().filter_map(Described::name).skip(round.beside.done()).collect();
        let mut known = if names.is_empty() { BTreeMap::new() } else { self.memory.known(&names).await? };
        for name in names {
            if let Some(known) = known.remove(name) {
                self.keep_beside(name, &known, round.beside.complete_since(), &mut pace, now).await?;
            }
            round.beside.step();
        }
        round.beside.advance(page.marker);
        Ok(())
    }

    /// `unchanged_at` is a time, in seconds since 1970, at which aliases and reserved concurrency were as they are known.
    async fn keep_beside(
        &self,
        name: &str,
        known: &Known,
        unchanged_at: i64,
        pace: &mut Pace,
        now: i64,
    ) -> Result<(), Refused> {
        let beside = match beside::of(&self.functions, name, pace).await {
            // It was deleted a moment ago.
            Err(error) if error.is("ResourceNotFoundException") => return Ok(()),
            beside => beside?,
        };
        let history = known.history.clone().unchanged_at(0, unchanged_at.min(now));
        let Some(history) = history.seen_beside(beside, now).map(memory::bounded) else { return Ok(()) };
        self.memory.keep(name, &history, Some(known), now + KEPT_SECONDS).await
    }

    /// Writes the snapshots of functions that are new or changed. `unchanged_at` is a time, in seconds since 1970, at which
    /// every known function was still as its snapshot says.
    async fn keep(&self, found: &[impl Described], unchanged_at: i64, now: i64) -> Result<(), Refused> {
        let names: Vec<&str> = found.iter().filter_map(Described::name).collect();
        if names.is_empty() {
            return Ok(());
        }
        let known = self.memory.known(&names).await?;
        let written = found.iter().filter_map(|function| {
            let name = function.name()?;
            Some((
                name,
                known.get(name),
                memory::due(function, FunctionState::default(), known.get(name), unchanged_at, now)?,
            ))
        });
        let writes = written.map(|(name, known, history)| async move {
            self.memory.keep(name, &history, known, now + KEPT_SECONDS).await
        });
        concurrently::at_most(AT_ONCE, writes.collect()).await.into_iter().collect()
    }
}
