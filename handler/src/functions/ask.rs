//! A question about one metric: the cheapest that answers it.

use std::collections::BTreeMap;

use incident_model::FunctionMetric;

use super::metrics::{Metrics, Named};
use super::plan::{Answer, MOST_SERIES, Points};
use super::state::Memory;
use super::watch::{MetricWatch, Watch, Window};
use super::{FunctionWatch, WatchError};

/// Up to so many known functions are read by name, with the stack's own, to see whether others fail at all.
const MOST_NAMED: usize = 100;

impl<C: Metrics, M: Memory> FunctionWatch<C, M> {
    /// What CloudWatch says about a metric. Where few functions are known to fail, it is cheaper to ask for these by name,
    /// and whether others fail at all.
    pub(super) async fn answer(
        &self,
        metric: FunctionMetric,
        state: &MetricWatch,
        window: &Window,
        functions: u64,
        read: &mut u64,
    ) -> Result<Answer, WatchError> {
        let own = self.own.each_ref().map(String::as_str);
        let named = self.named(metric, state, window, read).await?;
        let (failures, is_cut) = match named {
            Some(failures) => (failures, false),
            None => {
                let found = self.metrics.by_function(metric, &own, *window).await?;
                *read += functions.max(found.len() as u64);
                let is_cut = found.len() >= MOST_SERIES && functions > found.len() as u64;
                (found.into_iter().filter(|(function, _)| !own.contains(&function.as_str())).collect(), is_cut)
            }
        };
        let calls = self.calls(metric, &state.callers(&failures, window), &failures, window, read).await?;
        Ok(Answer { failures, calls, is_cut })
    }

    /// The failures of the functions that are known to fail; `None` if others fail, or too many are known.
    async fn named(
        &self,
        metric: FunctionMetric,
        state: &MetricWatch,
        window: &Window,
        read: &mut u64,
    ) -> Result<Option<BTreeMap<String, Points>>, WatchError> {
        let known: Vec<&str> = state.known().collect();
        if known.len() > MOST_NAMED {
            return Ok(None);
        }
        let functions = self.own.iter().map(String::as_str).chain(known.iter().copied());
        let of: Vec<Named<'_>> =
            std::iter::once(None).chain(functions.map(Some)).map(|one| (metric.name(), one)).collect();
        let mut values = self.metrics.values(&of, *window).await?;
        *read += of.len() as u64;
        let total = |points: &Points| points.values().sum::<f64>();
        let others = values.iter().skip(1).map(total).sum::<f64>();
        let is_all = values.first().is_some_and(|all| total(all) - others < 0.5);
        let known = known.into_iter().map(str::to_owned).zip(values.drain(1 + self.own.len()..));
        Ok(is_all.then(|| known.collect()))
    }

    /// The calls of functions: throttled ones are no invocations.
    async fn calls(
        &self,
        metric: FunctionMetric,
        callers: &[String],
        failures: &BTreeMap<String, Points>,
        window: &Window,
        read: &mut u64,
    ) -> Result<BTreeMap<String, Points>, WatchError> {
        if callers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let of: Vec<Named<'_>> = callers.iter().map(|function| ("Invocations", Some(function.as_str()))).collect();
        let values = self.metrics.values(&of, *window).await?;
        *read += of.len() as u64;
        let mut calls: BTreeMap<String, Points> = callers.iter().cloned().zip(values).collect();
        if metric == FunctionMetric::Throttles {
            for (function, points) in &mut calls {
                for (start, throttled) in failures.get(function).into_iter().flatten() {
                    *points.entry(*start).or_default() += throttled;
                }
            }
        }
        Ok(calls)
    }
}

/// The most metrics that a round can read.
pub(super) fn most(watch: &Watch) -> u64 {
    let callers = watch.functions.min(MOST_SERIES as u64);
    let named = |state: &MetricWatch| state.known().count().min(MOST_NAMED) as u64 + 3;
    let open = watch.metrics.values().filter(|state| state.open_since.is_some());
    open.map(|state| watch.functions + callers + named(state)).sum()
}
