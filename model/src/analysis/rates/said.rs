//! The metrics in words and as a picture.

use super::{Failing, MINUTE, Minute, Rates, Throttled};
use crate::analysis::words::{clock, count};

/// Minutes of one bar of a sparkline.
const BAR: i64 = 5 * MINUTE;
/// Bars of a sparkline: three hours.
const BARS: i64 = 36;
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Rates {
    /// How bad it is, in one sentence: `312 of 340 calls fail since 10:02 UTC; none of 8 000 before`.
    pub fn sentence(&self) -> String {
        let failing = self.failing().map(|failing| self.of_failing(&failing));
        let throttled = self.throttled().map(|throttled| of_throttled(&throttled));
        match (failing, throttled) {
            (Some(failing), Some(throttled)) => format!("{failing}; {throttled}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => match self.minutes.iter().map(Minute::calls).sum::<f64>() {
                calls if calls > 0.0 => {
                    format!("the metrics show no failure yet among {} calls of the last 3 h", count(calls))
                }
                _ => "the metrics show no call of the last 3 h yet".to_owned(),
            },
        }
    }

    /// Errors of the last three hours by five minutes, as bars; empty without errors.
    pub fn sparkline(&self) -> String {
        let begin = self.until - BAR * BARS;
        let errors: Vec<f64> = (0..BARS)
            .map(|bar| {
                let from = begin + bar * BAR;
                let within = |minute: &&Minute| minute.at >= from && minute.at < from + BAR;
                self.minutes.iter().filter(within).map(|minute| minute.errors).sum()
            })
            .collect();
        let most = errors.iter().copied().fold(0.0, f64::max);
        if most <= 0.0 {
            return String::new();
        }
        let height = |errors: f64| {
            // The bars of any error differ from those of none.
            let step = (errors / most * 7.0).ceil();
            HEIGHTS
                .iter()
                .rev()
                .zip((0..8).rev())
                .find(|(_, number)| step >= f64::from(*number))
                .map_or('▁', |(bar, _)| *bar)
        };
        errors.into_iter().map(height).collect()
    }

    fn of_failing(&self, failing: &Failing) -> String {
        let is_of_all = failing.calls_before <= 0.0 && failing.since <= self.until - 170 * MINUTE;
        let now = format!("{} of {} calls", count(failing.errors), count(failing.calls));
        if is_of_all {
            return format!("{now} fail for 3 h at least{}", self.the_day_before());
        }
        let verb = if failing.errors > 1.0 || failing.calls > 1.0 { "fail" } else { "failed" };
        let before = match (failing.errors_before, failing.calls_before) {
            (_, calls) if calls <= 0.0 => String::new(),
            (errors, calls) if errors <= 0.0 => format!("; none of {} before", count(calls)),
            (errors, calls) => format!("; {} of {} before", count(errors), count(calls)),
        };
        format!("{now} {verb} since {}{before}{}", clock(failing.since), self.the_day_before())
    }

    /// The same hours of the day before, if some of their calls failed.
    fn the_day_before(&self) -> String {
        let errors: f64 = self.day_before.iter().map(|minute| minute.errors).sum();
        let calls: f64 = self.day_before.iter().map(Minute::calls).sum();
        if errors > 0.0 {
            format!("; {} of {} at this time the day before", count(errors), count(calls))
        } else {
            String::new()
        }
    }
}

fn of_throttled(throttled: &Throttled) -> String {
    let Throttled { since, throttles, concurrency, calls, calls_before } = throttled;
    let at_once =
        if *concurrency > 0.0 { format!(" at {} executions at once", count(*concurrency)) } else { String::new() };
    let more = if *calls_before > 0.0 && *calls > 1.5 * calls_before {
        format!("; {} calls a minute began, {} before", count(*calls), count(*calls_before))
    } else {
        String::new()
    };
    format!("{} calls were throttled{at_once} since {}{more}", count(*throttles), clock(*since))
}
