//! What the sweep takes while nothing fails.

use serde_json::Value;

use super::charges::Charge;
use super::prices;
use crate::template::Desired;

/// Minutes of a month as AWS reckons it, with 730 hours.
const MINUTES: f64 = 730.0 * 60.0;
/// DynamoDB asks KMS for the key of a table that is used all the time, once in five minutes at most.
const MINUTES_OF_KEY: f64 = 5.0;

/// What one sweep takes that finds nothing to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuietSweep {
    /// The item of the self-check.
    pub writes: u32,
    /// Items that are read, each consistently and of at most 4 KB: the silences, the item of the self-check, and what is
    /// known of the functions.
    pub reads: u32,
    /// Queries of an index, one for each severity, which find nothing; each is half a unit.
    pub queries: u32,
    /// Requests to SNS: the look at the topic.
    pub sns_requests: u32,
    /// Looks at the alarms on all functions, which are free.
    pub alarms: u32,
    /// Seconds of the handler.
    pub seconds: f64,
    /// Bytes of Lambda's own log lines, with what CloudWatch adds to each. The sweep writes none.
    pub log_bytes: f64,
}

/// What the handler's code does; a test counts its calls.
pub const QUIET_SWEEP: QuietSweep =
    QuietSweep { writes: 1, reads: 3, queries: 4, sns_requests: 1, alarms: 1, seconds: 0.015, log_bytes: 500.0 };

/// The charges of the sweeps of a month by a function.
pub(super) fn charges(schedule: &str, function: &Desired) -> Option<Vec<Charge>> {
    let runs = runs_a_month(schedule)?;
    let sweep = QUIET_SWEEP;
    let megabytes = function.properties.get("MemorySize").and_then(megabytes)?;
    let time = match function.properties.pointer("/Architectures/0").and_then(Value::as_str) {
        Some("arm64") => &prices::TIME_ON_ARM,
        _ => &prices::TIME_ON_X86,
    };
    let read_units = f64::from(sweep.reads) + f64::from(sweep.queries) / 2.0;
    let key_requests = runs.min(MINUTES / MINUTES_OF_KEY);
    Some(vec![
        Charge::of("invocations of the sweep", &prices::INVOCATION, runs),
        Charge::of("time of the sweep", time, runs * sweep.seconds * megabytes / 1024.0),
        Charge::of("writes of the sweep", &prices::WRITE, runs * f64::from(sweep.writes)),
        Charge::of("reads of the sweep", &prices::READ, runs * read_units),
        Charge::of("requests of the sweep to SNS", &prices::SNS_REQUEST, runs * f64::from(sweep.sns_requests)),
        Charge::of("requests for the key of the table", &prices::KMS_REQUEST, key_requests),
        Charge::of("log lines of the sweep", &prices::LOG_INGESTION, runs * sweep.log_bytes / 1e9),
    ])
}

/// A parameter is text where it is not a number.
fn megabytes(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// How often a schedule runs in a month; of a `cron(…)` the most that it can be, once a minute.
fn runs_a_month(schedule: &str) -> Option<f64> {
    if schedule.starts_with("cron(") {
        return Some(MINUTES);
    }
    let (number, unit) = schedule.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let minutes = match unit.trim_end_matches('s') {
        "minute" => 1.0,
        "hour" => 60.0,
        "day" => 24.0 * 60.0,
        _ => return None,
    };
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    Some(MINUTES / (f64::from(number) * minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_runs_as_often_as_it_says() {
        for (schedule, runs) in [
            ("rate(1 minute)", Some(43_800.0)),
            ("rate(5 minutes)", Some(8_760.0)),
            ("rate(2 hours)", Some(365.0)),
            ("rate(1 day)", Some(43_800.0 / 1440.0)),
            ("cron(0 8 * * ? *)", Some(43_800.0)),
            ("rate(0 minutes)", None),
            ("rate(1 week)", None),
            ("at(2026-11-27T00:00:00)", None),
        ] {
            assert_eq!(runs_a_month(schedule), runs, "{schedule}");
        }
    }
}
