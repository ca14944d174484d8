//! Since when calls fail, and how many.

use super::{MINUTE, Minute, Rates};

/// How long the last minutes are over which the share of failures is taken, in seconds.
const LAST: i64 = 5 * MINUTE;
/// How old failures can be that belong to what fails now, in seconds: metrics are some minutes late.
const CURRENT: i64 = 15 * MINUTE;
/// Minutes with calls of which none fails, within what counts as one failure.
const LONGEST_GAP: usize = 2;
/// Calls of the day before that make a share of failures a usual one.
const ENOUGH: f64 = 20.0;

/// What fails, as the metrics show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failing {
    /// The begin of the first minute with failures, in seconds since 1970.
    pub since: i64,
    /// Failures since then.
    pub errors: f64,
    /// Calls since then.
    pub calls: f64,
    /// Failures before, within the three hours.
    pub errors_before: f64,
    /// Calls before, within the three hours.
    pub calls_before: f64,
    /// The share of calls that fail in the last minutes, 0 to 1.
    pub share: f64,
    /// Calls of these last minutes.
    pub recent_calls: f64,
    /// Whether about as many failed the day before: nothing began.
    pub is_usual: bool,
}

/// What was throttled, as the metrics show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttled {
    /// The begin of the first minute with throttles, in seconds since 1970.
    pub since: i64,
    /// Calls that did not begin, since then.
    pub throttles: f64,
    /// Most executions at once since then.
    pub concurrency: f64,
    /// Calls a minute that began, since then.
    pub calls: f64,
    /// Calls a minute before.
    pub calls_before: f64,
}

impl Failing {
    /// Whether hardly any call failed before.
    pub fn is_new(&self) -> bool {
        !self.is_usual && share(self.errors_before, self.calls_before) < 0.1 * share(self.errors, self.calls)
    }
}

impl Rates {
    /// What fails now; `None` if no call failed in the last quarter of an hour.
    pub fn failing(&self) -> Option<Failing> {
        let usual = self.usual_share();
        let fails = |minute: &Minute| minute.errors > 0.0 && share(minute.errors, minute.calls()) > 2.0 * usual;
        let minutes: Vec<&Minute> = self.minutes.iter().filter(|minute| minute.has_data()).collect();
        let last = minutes.iter().rposition(|minute| fails(minute) && minute.at > self.until - CURRENT);
        let is_usual = last.is_none();
        let last = last
            .or_else(|| minutes.iter().rposition(|minute| minute.errors > 0.0 && minute.at > self.until - CURRENT))?;
        let begin = if is_usual {
            minutes.iter().position(|minute| minute.errors > 0.0)?
        } else {
            begin(&minutes, last, fails)
        };
        let (before, since) = minutes.split_at(begin);
        let newest = minutes.last()?.at;
        let recent: Vec<&Minute> = since.iter().copied().filter(|minute| minute.at > newest - LAST).collect();
        let recent = if recent.iter().any(|minute| minute.errors > 0.0) { recent } else { since.to_vec() };
        Some(Failing {
            since: since.first()?.at,
            errors: errors(since),
            calls: calls(since),
            errors_before: errors(before),
            calls_before: calls(before),
            share: share(errors(&recent), calls(&recent)),
            recent_calls: calls(&recent),
            is_usual,
        })
    }

    /// What is throttled now; `None` if nothing was in the last quarter of an hour.
    pub fn throttled(&self) -> Option<Throttled> {
        let is_throttled = |minute: &Minute| minute.throttles > 0.0;
        let last = self.minutes.iter().rposition(|minute| is_throttled(minute) && minute.at > self.until - CURRENT)?;
        let minutes: Vec<&Minute> = self.minutes.iter().collect();
        let (before, since) = minutes.split_at(begin(&minutes, last, is_throttled));
        let per_minute = |minutes: &[&Minute]| calls(minutes) / minutes.len().max(1) as f64;
        Some(Throttled {
            since: since.first()?.at,
            throttles: since.iter().map(|minute| minute.throttles).sum(),
            concurrency: since.iter().map(|minute| minute.concurrency).fold(0.0, f64::max),
            calls: per_minute(since),
            calls_before: per_minute(before),
        })
    }

    /// Calls that succeeded in the whole minutes between two times, in seconds since 1970; `None` if the metrics do not reach
    /// back so far.
    pub fn served(&self, from: i64, to: i64) -> Option<f64> {
        let between = |minute: &&Minute| minute.at >= from && minute.at + MINUTE <= to;
        let seen = self.minutes.iter().chain(&self.day_before).filter(between).map(Minute::successes).sum();
        let reaches = from >= self.until - 3 * 60 * MINUTE;
        (reaches || seen > 0.0).then_some(seen)
    }

    /// The longest duration of a call between two times, in milliseconds; 0 if it is not known.
    pub fn longest(&self, from: i64, to: i64) -> f64 {
        let between = |minute: &&Minute| minute.at >= from && minute.at < to;
        self.minutes.iter().filter(between).map(|minute| minute.duration).fold(0.0, f64::max)
    }

    /// The share of calls that failed the day before, if there were enough.
    fn usual_share(&self) -> f64 {
        let before: Vec<&Minute> = self.day_before.iter().collect();
        if calls(&before) < ENOUGH { 0.0 } else { share(errors(&before), calls(&before)) }
    }
}

/// Where what goes on at `last` began: where more minutes in a row are without it than a gap has. If as much of it was before,
/// with larger gaps, it began with the first of all.
fn begin(minutes: &[&Minute], last: usize, is: impl Fn(&Minute) -> bool) -> usize {
    let (mut begin, mut gap) = (last, 0);
    for at in (0..last).rev() {
        if is(minutes[at]) {
            (begin, gap) = (at, 0);
        } else if minutes[at].has_data() {
            gap += 1;
            if gap > LONGEST_GAP {
                break;
            }
        }
    }
    let density =
        |minutes: &[&Minute]| share(minutes.iter().filter(|minute| is(minute)).count() as f64, minutes.len() as f64);
    let is_sporadic = density(&minutes[..begin]) > 0.25 * density(&minutes[begin..]);
    if is_sporadic { minutes.iter().position(|minute| is(minute)).unwrap_or(begin) } else { begin }
}

fn errors(minutes: &[&Minute]) -> f64 {
    minutes.iter().map(|minute| minute.errors).sum()
}

fn calls(minutes: &[&Minute]) -> f64 {
    minutes.iter().map(|minute| minute.calls()).sum()
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
