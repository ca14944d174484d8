//! CloudWatch and the table in memory. Every reader sees what has been reported by the time of the reading.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use incident_model::query_budget::Month;
use incident_model::{AlertPolicy, Dollars};

use super::super::metrics::Named;
use super::super::plan::{MOST_SERIES, Points};
use super::super::watch::{Watch, Window};
use super::super::*;

/// 2026-11-01T00:00:00Z, the beginning of a month.
pub(super) const START: i64 = 1_793_491_200;
pub(super) const MINUTE: i64 = 60;
/// The alarms' window.
const SIXTEEN_MINUTES: i64 = 16 * MINUTE;
const PERIODS: [i64; 4] = [60, 300, 900, 3600];

/// By the time of a measurement: when it is reported, and its value.
type Measured = BTreeMap<i64, Vec<(i64, u64)>>;
/// By metric and function.
type Series = BTreeMap<&'static str, BTreeMap<String, Measured>>;

/// An account with functions, and its handler's watch.
pub(super) struct World {
    now: Cell<i64>,
    functions: u64,
    budget: Dollars,
    data: RefCell<Series>,
    state: RefCell<(String, u64)>,
    pub(super) spent: RefCell<BTreeMap<String, i64>>,
    /// The longest time, in seconds, that the table says to wait after a round.
    planned: Cell<i64>,
    /// Whether CloudWatch refuses to read by function.
    pub(super) is_throttled: Cell<bool>,
    /// When a query was asked, and how many metrics it read.
    asked: RefCell<Vec<(i64, u64)>>,
}

impl World {
    pub(super) fn of(functions: u64) -> Self {
        Self::with_budget(functions, Dollars::whole(1_000))
    }

    pub(super) fn with_budget(functions: u64, budget: Dollars) -> Self {
        Self {
            now: Cell::new(START),
            functions,
            budget,
            data: RefCell::default(),
            state: RefCell::default(),
            spent: RefCell::default(),
            planned: Cell::default(),
            is_throttled: Cell::default(),
            asked: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> i64 {
        self.now.get()
    }

    /// A minute passes.
    pub(super) fn pass(&self) {
        self.now.set(self.now.get() + MINUTE);
    }

    fn measure(&self, metric: &'static str, function: &str, minute: i64, value: u64, after: i64) {
        let at = START + minute * MINUTE;
        let mut data = self.data.borrow_mut();
        let series = data.entry(metric).or_default().entry(function.to_owned()).or_default();
        series.entry(at).or_default().push((at + after * MINUTE, value));
    }

    /// Calls in a minute, some of which fail.
    pub(super) fn call(&self, function: &str, minute: i64, calls: u64, failed: u64) {
        self.measure("Invocations", function, minute, calls, 1);
        self.measure("Errors", function, minute, failed, 1);
    }

    /// Calls in a minute that fail minutes later.
    pub(super) fn late(&self, function: &str, minute: i64, failed: u64, after: i64) {
        self.measure("Invocations", function, minute, failed, after);
        self.measure("Errors", function, minute, failed, after);
    }

    pub(super) fn throttle(&self, function: &str, minute: i64, calls: u64, throttled: u64) {
        self.measure("Invocations", function, minute, calls, 1);
        self.measure("Throttles", function, minute, throttled, 1);
    }

    pub(super) fn undelivered(&self, function: &str, minute: i64, records: u64) {
        self.measure("DestinationDeliveryFailures", function, minute, records, 1);
    }

    /// The handler's watch; a new handler each time.
    pub(super) fn watch(&self) -> FunctionWatch<&Self, &Self> {
        let settings = Settings {
            table: "devops-incidents".to_owned(),
            topic_arn: "arn:aws:sns:eu-west-1:111111111111:devops-alerts".to_owned(),
            stack: "devops".to_owned(),
            function: "devops-incident-handler".to_owned(),
            alerts: AlertPolicy { monthly_query_budget: self.budget, ..AlertPolicy::default() },
            analysis: Default::default(),
            alerts_problem: None,
            analysis_problem: None,
            queues: None,
        };
        FunctionWatch::new(self, self, &settings)
    }

    /// A sweep each minute; what they record.
    pub(super) async fn run(&self, minutes: i64) -> Result<Vec<FunctionReport>, WatchError> {
        self.run_every(1, minutes).await
    }

    /// A sweep every few minutes; what they record.
    pub(super) async fn run_every(&self, step: i64, minutes: i64) -> Result<Vec<FunctionReport>, WatchError> {
        let mut all = Vec::new();
        for _ in 0..minutes / step {
            self.now.set(self.now.get() + step * MINUTE);
            let found = self.watch().find(self.now()).await?;
            let reports = found.reports().to_vec();
            self.watch().keep(found, &reports).await?;
            all.extend(reports);
        }
        Ok(all)
    }

    /// Metrics that were read in the last minutes.
    pub(super) fn asked_in(&self, minutes: i64) -> u64 {
        let since = self.now() - minutes * MINUTE;
        self.asked.borrow().iter().filter(|(at, _)| *at > since).map(|(_, metrics)| metrics).sum()
    }

    /// The longest time between two rounds of queries, in minutes.
    pub(super) fn longest_wait(&self) -> i64 {
        let asked = self.asked.borrow();
        asked.windows(2).map(|pair| (pair[1].0 - pair[0].0) / MINUTE).max().unwrap_or_default()
    }

    pub(super) fn longest_plan(&self) -> i64 {
        self.planned.get()
    }

    pub(super) fn state_bytes(&self) -> usize {
        self.state.borrow().0.len()
    }

    fn points(&self, metric: &str, function: Option<&str>, window: Window) -> Points {
        assert!(PERIODS.contains(&window.period) && window.from % window.period == 0, "{window:?}");
        let mut points = Points::new();
        let data = self.data.borrow();
        let series = data.get(metric).into_iter().flatten();
        for (_, measured) in series.filter(|(of, _)| function.is_none_or(|function| function == *of)) {
            for (at, values) in measured.range(window.from..window.to) {
                for (_, value) in values.iter().filter(|(reported_at, _)| *reported_at <= self.now()) {
                    *points.entry(at.div_euclid(window.period) * window.period).or_default() += *value as f64;
                }
            }
        }
        points
    }

    fn pay(&self, metrics: u64) {
        self.asked.borrow_mut().push((self.now(), metrics));
    }
}

impl Metrics for &World {
    async fn alarming(&self) -> Result<Vec<FunctionMetric>, MetricsError> {
        let to = self.now();
        let window = Window { from: (to - SIXTEEN_MINUTES).div_euclid(60) * 60, to, period: 60 };
        let is_on = |metric: &FunctionMetric| self.points(metric.name(), None, window).values().sum::<f64>() > 0.0;
        Ok(FunctionMetric::ALL.into_iter().filter(is_on).collect())
    }

    async fn functions(&self) -> Result<u64, MetricsError> {
        Ok(self.functions)
    }

    async fn by_function(
        &self,
        metric: FunctionMetric,
        without: &[&str],
        window: Window,
    ) -> Result<BTreeMap<String, Points>, MetricsError> {
        tokio::task::yield_now().await;
        if self.is_throttled.get() {
            return Err(MetricsError::throttled());
        }
        self.pay(self.functions);
        let names: Vec<String> =
            self.data.borrow().get(metric.name()).map(|series| series.keys().cloned().collect()).unwrap_or_default();
        let others = names.into_iter().filter(|name| !without.contains(&name.as_str()));
        let mut found: Vec<_> =
            others.map(|name| (name.clone(), self.points(metric.name(), Some(&name), window))).collect();
        let total = |points: &Points| points.values().sum::<f64>();
        found.sort_by(|one, other| total(&other.1).total_cmp(&total(&one.1)));
        // All the others have no errors.
        let healthy =
            (0..self.functions).map(|number| (format!("healthy-{number}"), Points::from([(window.from, 0.0)])));
        Ok(found.into_iter().chain(healthy).take(MOST_SERIES.min(self.functions as usize)).collect())
    }

    async fn values(&self, of: &[Named<'_>], window: Window) -> Result<Vec<Points>, MetricsError> {
        assert!(of.len() <= 500);
        assert!(of.len() as i64 * (window.to - window.from) / window.period <= 100_800, "{window:?}");
        self.pay(of.len() as u64);
        Ok(of.iter().map(|(metric, function)| self.points(metric, *function, window)).collect())
    }
}

impl Memory for &World {
    async fn load(&self) -> Result<(Watch, u64), MemoryError> {
        let state = self.state.borrow();
        Ok((serde_json::from_str(&state.0).unwrap_or_default(), state.1))
    }

    async fn save(&self, watch: &Watch, version: u64) -> Result<bool, MemoryError> {
        let mut state = self.state.borrow_mut();
        if state.1 != version {
            return Ok(false);
        }
        *state = (serde_json::to_string(watch).map_err(|_| MemoryError::NoText)?, version + 1);
        Ok(true)
    }

    async fn spent(&self, month: &Month) -> Result<u64, MemoryError> {
        Ok(self.spent.borrow().get(&month.name).copied().unwrap_or_default() as u64)
    }

    async fn spend(&self, month: &Month, spending: &Spending) -> Result<(), MemoryError> {
        *self.spent.borrow_mut().entry(month.name.clone()).or_default() += spending.metrics;
        self.planned.set(self.planned.get().max(spending.next_at - spending.asked_at));
        Ok(())
    }
}
