//! The watch over all functions: while an alarm on one of their metrics is on, it asks CloudWatch which fail, within a
//! monthly budget, and reports each.
//!
//! A sweep calls [`FunctionWatch::find`], records each report, and calls [`FunctionWatch::keep`]. What is new is decided in
//! [`plan`], which is pure; CloudWatch is behind [`Metrics`], the table behind [`Memory`].

mod ask;
mod metrics;
mod plan;
mod state;
#[cfg(test)]
mod tests;
mod watch;

use incident_model::query_budget::{Dollars, Month, Pace};
use incident_model::{FunctionMetric, FunctionReport, Observation};

use crate::clients::Clients;
use crate::settings::Settings;
use ask::most;
pub(crate) use metrics::{CloudWatch, Metrics, MetricsError};
use plan::MOST_REPORTS;
pub(crate) use state::{Memory, MemoryError, Spending, TableMemory};
use watch::Watch;

/// How long, in seconds, the number of functions holds.
const COUNT_SECONDS: i64 = 24 * 3600;

/// Why a watch could not be completed; the next sweep goes on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WatchError {
    /// CloudWatch refused.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The table refused.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// Watches the functions of an account and region.
#[derive(Debug)]
pub(crate) struct FunctionWatch<C, M> {
    metrics: C,
    memory: M,
    /// The stack's own functions, which have alarms and reports of their own.
    own: [String; 2],
    account: String,
    region: String,
    budget: Dollars,
}

impl FunctionWatch<CloudWatch, TableMemory> {
    /// The watch of a stack.
    pub(crate) fn on_aws(settings: &Settings, clients: &Clients) -> Self {
        let metrics = CloudWatch::new(clients.cloudwatch.clone(), settings.stack.clone());
        let memory = TableMemory::new(clients.dynamodb.clone(), settings.table.clone());
        Self::new(metrics, memory, settings)
    }
}

/// What a sweep found; nothing if another one is at it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Found {
    watch: Watch,
    version: u64,
}

impl Found {
    /// The reports to record now; more wait for the next sweep.
    pub(crate) fn reports(&self) -> &[FunctionReport] {
        self.watch.pending.get(..MOST_REPORTS).unwrap_or(&self.watch.pending)
    }
}

impl<C: Metrics, M: Memory> FunctionWatch<C, M> {
    pub(crate) fn new(metrics: C, memory: M, settings: &Settings) -> Self {
        let mut topic = settings.topic_arn.split(':').skip(3).map(str::to_owned);
        let (region, account) = (topic.next().unwrap_or_default(), topic.next().unwrap_or_default());
        Self {
            metrics,
            memory,
            own: [settings.function.clone(), format!("{}-error-generator", settings.stack)],
            account,
            region,
            budget: settings.alerts.monthly_query_budget,
        }
    }

    /// Asks, if there is something to ask. What it finds is kept in the table until [`Self::keep`].
    pub(crate) async fn find(&self, now: i64) -> Result<Found, WatchError> {
        let (on, loaded) = tokio::join!(self.metrics.alarming(), self.memory.load());
        let (on, (before, version)) = (on?, loaded?);
        let mut watch = before.clone();
        watch.note(&on, now);
        if watch.pending.len() >= MOST_REPORTS {
            return Ok(Found { watch, version });
        }
        let month = Month::of(now);
        let next = self.next(&watch, &month).await?;
        let mut version = version;
        if next.is_some_and(|next| next <= now) {
            // Whoever writes this asks; a crash leaves the next question to a later sweep.
            watch.asked_at = now;
            if !self.memory.save(&watch, version).await? {
                return Ok(Found::default());
            }
            version += 1;
            self.ask(&mut watch, &on, &month, now).await?;
        }
        for (metric, state) in &mut watch.metrics {
            let room = MOST_REPORTS.saturating_sub(watch.pending.len());
            if state.open_since.is_none() {
                watch.pending.extend(state.end(*metric, now, room));
            }
            watch.pending.extend(state.wait(*metric, on.contains(metric), next, now));
        }
        if watch != before && !self.memory.save(&watch, version).await? {
            return Ok(Found::default());
        }
        let version = if watch != before { version + 1 } else { version };
        Ok(Found { watch, version })
    }

    /// The event of a report.
    pub(crate) fn observation(&self, report: &FunctionReport) -> Observation {
        report.observation(&self.account, &self.region)
    }

    /// Forgets the reports that are recorded. If this fails, or another sweep was faster, they are recorded again, which
    /// counts nothing twice.
    pub(crate) async fn keep(&self, found: Found, recorded: &[FunctionReport]) -> Result<(), WatchError> {
        let Found { mut watch, version } = found;
        watch.pending.retain(|report| !recorded.contains(report));
        if !recorded.is_empty() {
            self.memory.save(&watch, version).await?;
        }
        Ok(())
    }

    /// When the budget allows the next question, in seconds since 1970; `None` if there is none.
    async fn next(&self, watch: &Watch, month: &Month) -> Result<Option<i64>, WatchError> {
        if watch.open().is_empty() {
            return Ok(None);
        }
        let pace = Pace { budget: self.budget, spent: self.memory.spent(month).await? };
        Ok(Some(pace.next(month, most(watch), watch.asked_at)))
    }

    async fn ask(&self, watch: &mut Watch, on: &[FunctionMetric], month: &Month, now: i64) -> Result<(), WatchError> {
        if now >= watch.counted_at + COUNT_SECONDS {
            (watch.functions, watch.counted_at) = (self.metrics.functions().await?, now);
        }
        // The most that it can cost is charged before, so that no crash makes it cheaper than it is.
        let most = most(watch);
        let spent = self.memory.spent(month).await?;
        if (Pace { budget: self.budget, spent }).next(month, most, 0) > now {
            // The number of functions was not known before.
            return self.charge(month, now, spent, 0, most).await;
        }
        self.charge(month, now, spent, most as i64, most).await?;
        let mut read = 0;
        let answered = self.ask_each(watch, on, now, &mut read).await;
        // Without an answer too: what CloudWatch refuses costs nothing.
        self.charge(month, now, spent + read, read as i64 - most as i64, most).await?;
        answered
    }

    async fn ask_each(
        &self,
        watch: &mut Watch,
        on: &[FunctionMetric],
        now: i64,
        read: &mut u64,
    ) -> Result<(), WatchError> {
        for metric in watch.open() {
            let Some(state) = watch.metrics.get_mut(&metric) else { continue };
            let window = state.window(now);
            let answer = self.answer(metric, state, &window, watch.functions, read).await?;
            watch.pending.extend(state.count(metric, &answer, &window, on.contains(&metric)));
            if watch.pending.len() >= MOST_REPORTS {
                // The rest is asked when these are recorded: an item has 400 KB at most.
                break;
            }
        }
        Ok(())
    }

    async fn charge(&self, month: &Month, now: i64, spent: u64, metrics: i64, next: u64) -> Result<(), WatchError> {
        let pace = Pace { budget: self.budget, spent };
        let next_at = pace.next(month, next, now);
        let spending = Spending { metrics, asked_at: now, next_at, budget_cents: self.budget.cents() };
        Ok(self.memory.spend(month, &spending).await?)
    }
}
