//! What a function's description lacks, its aliases and its reserved concurrency: a round of its own, with two calls for each
//! function.

use std::time::Duration;

use incident_model::analysis::FunctionState;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::functions::Functions;
use super::round::PERIOD;
use crate::refused::Refused;

/// Functions of one sweep: forty calls.
pub(super) const MOST: i32 = 20;
/// Time between two calls, as between two pages.
const BETWEEN: Duration = super::BETWEEN_PAGES;

/// Where the round is; part of the round's item. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Cursor {
    begun_at: i64,
    /// Where the next page begins; `None` at the begin, and when the round is complete.
    marker: Option<String>,
    /// Functions of that page that are done.
    done: usize,
    is_complete: bool,
    /// When the last complete round began: the aliases of each function that existed then were asked for later.
    complete_since: i64,
    /// Nothing is asked for before, because the role may not ask.
    not_before: i64,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { begun_at: 0, marker: None, done: 0, is_complete: true, complete_since: 0, not_before: 0 }
    }
}

impl Cursor {
    /// Begins the next round if it is time.
    pub(super) fn start(&mut self, now: i64) {
        if self.is_complete && now >= self.next_at() {
            self.begin(now);
        }
    }

    /// The first page is next.
    pub(super) fn begin(&mut self, now: i64) {
        *self = Self { begun_at: now, marker: None, done: 0, is_complete: false, ..self.clone() };
    }

    /// Whether functions are to be asked about.
    pub(super) fn is_due(&self, now: i64) -> bool {
        !self.is_complete && now >= self.not_before
    }

    /// When the next function is due.
    pub(super) fn next_at(&self) -> i64 {
        let next = if self.is_complete { self.begun_at + PERIOD } else { self.begun_at };
        next.max(self.not_before)
    }

    pub(super) fn postpone(&mut self, until: i64) {
        self.not_before = until;
    }

    pub(super) fn marker(&self) -> Option<&str> {
        self.marker.as_deref()
    }

    /// Functions of the page that need not be asked about again.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// One more function of the page is done.
    pub(super) fn step(&mut self) {
        self.done += 1;
    }

    /// The page is done; `marker` is where the next one begins.
    pub(super) fn advance(&mut self, marker: Option<String>) {
        self.done = 0;
        self.marker = marker.filter(|marker| !marker.is_empty());
        if self.marker.is_none() {
            self.is_complete = true;
            self.complete_since = self.begun_at;
        }
    }

    pub(super) fn complete_since(&self) -> i64 {
        self.complete_since
    }
}

/// When the next call may be made.
#[derive(Debug)]
pub(super) struct Pace(Instant);

impl Pace {
    /// The first call comes after a call of now.
    pub(super) fn new() -> Self {
        Self(Instant::now() + BETWEEN)
    }

    pub(super) async fn call<T>(&mut self, call: impl Future<Output = T>) -> T {
        sleep_until(self.0).await;
        self.0 = Instant::now() + BETWEEN;
        call.await
    }
}

/// A function's aliases and reserved concurrency, in a state that knows nothing else.
pub(super) async fn of(functions: &impl Functions, name: &str, pace: &mut Pace) -> Result<FunctionState, Refused> {
    let aliases = pace.call(functions.aliases(name)).await?;
    let concurrency = pace.call(functions.reserved(name)).await?;
    Ok(FunctionState { aliases, concurrency, unreserved: concurrency.is_none(), ..FunctionState::default() })
}
