//! Growth of the classification time with hostile input: four times the bytes may take about four times as long.
//!
//! `cargo bench -p incident-model --bench growth`. Fails when something grows faster.

#![expect(clippy::print_stdout, reason = "a bench prints its measurements")]

#[path = "../tests/growth/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use hostile::{HOSTILE, crowds, event, of};
use incident_model::normalise::normalise;
use incident_model::{Pattern, Rules, classify, redact};
use serde_json::json;

/// The smaller of the two sizes, in bytes.
const SIZE: usize = 64 << 10;
/// Limit on the time for four times the input. Linear work takes four times as long, quadratic sixteen times.
const MOST: f64 = 8.0;
/// The clock ticks every few milliseconds.
const MEASURABLE: Duration = Duration::from_millis(60);

/// The time of one run, measured over enough runs to be measurable.
fn duration(mut work: impl FnMut()) -> Duration {
    let mut times = 1;
    loop {
        let start = Clock::now();
        (0..times).for_each(|_| work());
        let elapsed = start.elapsed();
        if elapsed >= MEASURABLE {
            return elapsed / times;
        }
        times *= 2;
    }
}

/// CPU time of this thread, where the system provides it, so that other programs do not count; else wall-clock time.
enum Clock {
    Ran(Duration),
    Passed(Instant),
}

impl Clock {
    fn now() -> Self {
        Self::ran().map_or_else(|| Self::Passed(Instant::now()), Self::Ran)
    }

    fn ran() -> Option<Duration> {
        let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        statistics.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::Ran(start) => Self::ran().unwrap_or_default().saturating_sub(*start),
            Self::Passed(start) => start.elapsed(),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::defaults()?;
    let wildcard = Pattern::parse(r#"{"a": [{"wildcard": "*a*a*a*a*b"}]}"#)?;
    let mut slow = Vec::new();
    let mut compare = |what: String, small: Duration, large: Duration| {
        let growth = large.as_secs_f64() / small.as_secs_f64().max(f64::EPSILON);
        println!("{growth:6.1} times, {large:>12.1?}  {what}");
        if growth > MOST {
            slow.push(what);
        }
    };
    for unit in HOSTILE {
        let at = |size: usize| {
            let text = of(unit, size);
            let event = event(&text);
            let value = json!({ "a": text });
            [
                duration(|| drop(redact(&text))),
                duration(|| drop(normalise(&text))),
                duration(|| drop(classify(&event, &rules))),
                duration(|| drop(wildcard.mismatch(&value))),
            ]
        };
        let (small, large) = (at(SIZE), at(4 * SIZE));
        for (at, work) in ["redact", "normalise", "classify", "wildcard"].into_iter().enumerate() {
            compare(format!("{work} {unit:?}"), small[at], large[at]);
        }
    }
    for ((what, small), (_, large)) in crowds(SIZE).into_iter().zip(crowds(4 * SIZE)) {
        compare(
            what.to_owned(),
            duration(|| drop(classify(&small, &rules))),
            duration(|| drop(classify(&large, &rules))),
        );
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("grows faster than its input: {slow:?}").into()) }
}
