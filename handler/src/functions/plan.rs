//! What is new in the functions' metrics. Pure.
//!
//! Failures arrive late, in the minute in which their invocation began. So each answer reads again what was read before,
//! and what is new is what a function has more than is counted. The beginning of the window moves on when everything
//! before it has arrived.

use std::collections::BTreeMap;

use incident_model::function_metrics::News;
use incident_model::{FunctionMetric, FunctionReport};

use super::watch::{Failing, LATE_SECONDS, Many, MetricWatch, Window, hour};

/// Series that a query names at most
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html>).
pub(crate) const MOST_SERIES: usize = 500;
/// Reports that one sweep records; more wait for the next. An item has 400 KB at most.
pub(crate) const MOST_REPORTS: usize = 100;
/// How long, in seconds, a question may wait for the budget before that is reported.
const WAIT_SECONDS: i64 = 15 * 60;
/// Functions that the report about many names.
const NAMED: usize = 5;

/// Values by the beginning of their period, in seconds since 1970.
pub(crate) type Points = BTreeMap<i64, f64>;

/// What CloudWatch answered about one metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answer {
    /// Failures by function, those of the stack's own left out.
    pub(crate) failures: BTreeMap<String, Points>,
    /// Calls by function.
    pub(crate) calls: BTreeMap<String, Points>,
    /// Whether there are more functions than it names.
    pub(crate) is_cut: bool,
}

fn sum(points: &Points, from: i64) -> u64 {
    points.range(from..).map(|(_, value)| value.max(0.0)).sum::<f64>().round() as u64
}

/// The period of the first, or last, failure after a moment.
fn failures(points: &Points, after: i64) -> impl DoubleEndedIterator<Item = i64> {
    points.range(after..).filter(|(_, value)| **value > 0.0).map(|(start, _)| *start)
}

impl MetricWatch {
    /// Failures of a function that are not counted, of those in the window.
    fn fresh(&self, function: &str, points: &Points, window: &Window) -> u64 {
        match self.failing.get(function) {
            Some(known) if window.from == self.from => sum(points, window.from).saturating_sub(known.counted),
            Some(_) => sum(points, window.from),
            None => sum(points, window.from.max(self.covered)),
        }
    }

    /// The functions whose calls are to be read: those that fail.
    pub(crate) fn callers(&self, failures: &BTreeMap<String, Points>, window: &Window) -> Vec<String> {
        let is_failing = |function: &String, points| {
            self.fresh(function, points, window) > 0 || self.failing.get(function).is_some_and(|known| !known.ended)
        };
        let callers = failures.iter().filter(|(function, points)| is_failing(function, points));
        callers.map(|(function, _)| function.clone()).take(MOST_SERIES).collect()
    }

    /// Counts an answer, and returns what is new. `is_on`: whether the alarm is on, so that more may come.
    pub(crate) fn count(
        &mut self,
        metric: FunctionMetric,
        answer: &Answer,
        window: &Window,
        is_on: bool,
    ) -> Vec<FunctionReport> {
        let now = window.to;
        let reported_until = self.to;
        let report = |news, at| FunctionReport { metric, news, at, from: reported_until, to: now };
        if window.from != self.from {
            self.failing.values_mut().for_each(|known| (known.counted, known.counted_calls) = (0, 0));
            self.from = window.from;
        }
        let next_from = hour(now - LATE_SECONDS).max(self.from);
        let mut reports = self.count_many(answer, window).map(|news| report(news, now)).into_iter().collect::<Vec<_>>();
        if let Some(last) = self.unnamed.take() {
            reports.push(report(News::UnnamedRecovered, last));
        }
        let names_all = self.many.as_ref().is_none_or(|many| many.last < now);
        for (function, points) in &answer.failures {
            let count = self.fresh(function, points, window);
            let is_known = self.failing.contains_key(function);
            if !is_known && (count == 0 || !names_all || self.failing.len() >= MOST_SERIES) {
                continue;
            }
            let from = if is_known { window.from } else { window.from.max(self.covered) };
            let known = self.failing.entry(function.clone()).or_default();
            if count > 0 {
                known.failed_again(count, points, from, window);
            }
            if let Some(calls) = answer.calls.get(function) {
                known.called(calls, window, next_from);
            }
            known.counted = sum(points, next_from);
            if count > 0 {
                let (failed, calls, since) = (known.failed, known.calls, known.since);
                let function = function.clone();
                reports.push(report(News::Failed { function, count, failed, calls, since }, known.last));
            }
        }
        if !answer.is_cut {
            // Without data nothing is left to count.
            let silent = self.failing.iter_mut().filter(|(function, _)| !answer.failures.contains_key(*function));
            silent.filter(|(_, known)| known.last <= next_from).for_each(|(_, known)| known.counted = 0);
        }
        let reaches = |function: &str| !answer.is_cut || answer.failures.contains_key(function);
        let room = MOST_REPORTS.saturating_sub(reports.len());
        reports.extend(self.recovered(now, room, reaches).into_iter().map(|(news, at)| report(news, at)));
        (self.from, self.to) = (next_from, now);
        self.open_since = is_on.then_some(now);
        self.failing.retain(|_, known| !known.ended || known.last > next_from);
        reports
    }

    /// What to say while a question waits for the budget, until `next`: failures that belong to no incident must not go
    /// unnoticed. It ends with the answer, or when the alarm has been off for a while.
    pub(crate) fn wait(
        &mut self,
        metric: FunctionMetric,
        is_on: bool,
        next: Option<i64>,
        now: i64,
    ) -> Option<FunctionReport> {
        let report = |news, from| FunctionReport { metric, news, at: now, from, to: now };
        let is_known = self.many.is_some() || self.failing.values().any(|known| !known.ended);
        match (is_on, self.unnamed) {
            (true, Some(_)) => {
                self.unnamed = Some(now);
                None
            }
            (false, Some(last)) if last + LATE_SECONDS <= now => {
                self.unnamed = None;
                Some(report(News::UnnamedRecovered, last))
            }
            (true, None) if !is_known => {
                let until = next.filter(|next| *next > now + WAIT_SECONDS)?;
                self.unnamed = Some(now);
                Some(report(News::Unnamed { until }, self.to))
            }
            _ => None,
        }
    }

    /// What ended while the alarm is off and everything is answered; at most so much, the rest later.
    pub(crate) fn end(&mut self, metric: FunctionMetric, now: i64, room: usize) -> Vec<FunctionReport> {
        let from = self.to;
        let ended = self.recovered(now, room, |_| true).into_iter();
        ended.map(|(news, at)| FunctionReport { metric, news, at, from, to: now }).collect()
    }

    /// The functions that have not failed for a while, of those that are known of, and the time of their last failure.
    fn recovered(&mut self, now: i64, room: usize, is_known: impl Fn(&str) -> bool) -> Vec<(News, i64)> {
        let is_over = |last: i64| last + LATE_SECONDS <= now;
        let over =
            self.failing.iter_mut().filter(|(name, known)| !known.ended && is_over(known.last) && is_known(name));
        let mut ended: Vec<(News, i64)> = over
            .take(room)
            .map(|(function, known)| {
                known.ended = true;
                (News::Recovered { function: function.clone() }, known.last)
            })
            .collect();
        if let Some(many) = self.many.take_if(|many| is_over(many.last)) {
            ended.push((News::ManyRecovered, many.last));
        }
        ended
    }

    /// Whether more functions fail than the answer names; what is new about them.
    fn count_many(&mut self, answer: &Answer, window: &Window) -> Option<News> {
        let new = |(function, points): (&String, &Points)| {
            let count = self.fresh(function, points, window);
            let is_recent = failures(points, window.to - LATE_SECONDS - window.period).next().is_some();
            (is_recent || count > 0).then(|| (function.clone(), count))
        };
        let failing: Vec<(String, u64)> = answer.failures.iter().filter_map(new).collect();
        if !answer.is_cut || failing.len() < MOST_SERIES {
            return None;
        }
        let now = window.to;
        let first = || answer.failures.values().filter_map(|points| failures(points, window.from).next()).min();
        let since = self.many.as_ref().map_or_else(|| first().unwrap_or(now), |many| many.since);
        self.many = Some(Many { since, last: now });
        self.covered = now;
        // Those that have an incident of their own are counted there.
        let others = failing.iter().filter(|(function, _)| !self.failing.contains_key(function));
        let count = others.map(|(_, count)| count).sum();
        let mut most = failing;
        most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let named = most.len() as u64;
        most.truncate(NAMED);
        (count > 0).then_some(News::ManyFailed { named, count, since, most })
    }
}

impl Failing {
    /// Failures that are not counted yet: of the same episode, or of a new one.
    fn failed_again(&mut self, count: u64, points: &Points, from: i64, window: &Window) {
        let latest =
            failures(points, from).next_back().map_or(window.to, |start| (start + window.period).min(window.to));
        if self.ended || self.failed == 0 {
            let begins = failures(points, from.max(self.last)).next();
            let since = begins.unwrap_or(latest - window.period);
            *self = Self { since, last: self.last, counted_calls: 0, ..Self::default() };
        }
        self.failed += count;
        self.last = self.last.max(latest);
    }

    /// Counts the calls since it began.
    fn called(&mut self, calls: &Points, window: &Window, next_from: i64) {
        let since = self.since.div_euclid(window.period) * window.period;
        self.calls += sum(calls, window.from.max(since)).saturating_sub(self.counted_calls);
        self.counted_calls = sum(calls, next_from.max(since));
    }
}
