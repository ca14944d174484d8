//! Evaluates an alarm's rule over a window of data points. Pure.

use serde_json::json;

use super::alarm::StateValue;
use super::event_time;
use super::query::{Points, Window};

/// Comparison of a data point with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

impl Comparison {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "GreaterThanOrEqualToThreshold" => Some(Self::GreaterOrEqual),
            "GreaterThanThreshold" => Some(Self::Greater),
            "LessThanThreshold" => Some(Self::Less),
            "LessThanOrEqualToThreshold" => Some(Self::LessOrEqual),
            _ => None,
        }
    }

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// Whether an unfinished period can already breach: more data can only raise a count.
    fn can_judge_early(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
        }
    }
}

/// Treatment of missing data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TreatMissing {
    Breaching,
    NotBreaching,
    Ignore,
    Missing,
}

impl TreatMissing {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "breaching" => Some(Self::Breaching),
            "notBreaching" => Some(Self::NotBreaching),
            "ignore" => Some(Self::Ignore),
            "missing" => Some(Self::Missing),
            _ => None,
        }
    }
}

/// The alarm rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) comparison: Comparison,
    pub(super) threshold: f64,
    pub(super) periods: usize,
    pub(super) datapoints: usize,
    /// Whether the alarm says how many data points of the periods must breach.
    pub(super) is_share: bool,
    pub(super) missing: TreatMissing,
}

/// The outcome of one evaluation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) value: StateValue,
    pub(super) reason: String,
    pub(super) reason_data: String,
    pub(super) datapoints: Vec<(i64, f64)>,
}

impl Rule {
    /// The periods to fetch at an instant: the evaluated ones, then the current one.
    pub(super) fn window(&self, now: i64, period: i64) -> Window {
        let current = now.div_euclid(period) * period;
        let count = self.periods as i64;
        Window { starts: (0..=count).rev().map(|back| current - back * period).collect(), period }
    }

    /// Evaluates a window from [`Rule::window`]. `None` keeps the state.
    pub(super) fn judge(
        &self,
        window: &Window,
        points: &Points,
        now: i64,
        statistic: Option<&str>,
        period_seconds: u64,
        from: StateValue,
    ) -> Option<Verdict> {
        let running = *window.starts.last()?;
        let early = self.comparison.can_judge_early() && points.contains_key(&running);
        let counted = if early { &window.starts[1..] } else { &window.starts[..self.periods] };
        let datapoints: Vec<(i64, f64)> =
            counted.iter().rev().filter_map(|start| Some((*start, *points.get(start)?))).collect();
        let absent = counted.len() - datapoints.len();
        let crossing = datapoints.iter().filter(|(_, value)| self.comparison.holds(*value, self.threshold)).count();
        let breaching = crossing + if self.missing == TreatMissing::Breaching { absent } else { 0 };
        let value = match (breaching >= self.datapoints, datapoints.is_empty(), self.missing) {
            (true, _, _) => StateValue::Alarm,
            (false, true, TreatMissing::Missing) => StateValue::InsufficientData,
            (false, true, TreatMissing::Ignore) => return None,
            (false, ..) => StateValue::Ok,
        };
        let reason = self.reason(value, from, &datapoints, crossing, absent);
        let reason_data = self.reason_data(&datapoints, now, statistic, period_seconds);
        Some(Verdict { value, reason, reason_data, datapoints })
    }

    fn reason(
        &self,
        value: StateValue,
        from: StateValue,
        datapoints: &[(i64, f64)],
        crossing: usize,
        absent: usize,
    ) -> String {
        if value == StateValue::InsufficientData {
            return format!(
                "Insufficient Data: {absent} {} unknown.",
                plural(absent, "datapoint was", "datapoints were")
            );
        }
        let threshold = decimal(self.threshold);
        if datapoints.is_empty() {
            let treated = if self.missing == TreatMissing::Breaching { "Breaching" } else { "NonBreaching" };
            return format!(
                "Threshold Crossed: no datapoints were received for {absent} {} and {absent} missing {} treated as [{treated}].",
                plural(absent, "period", "periods"),
                plural(absent, "datapoint was", "datapoints were")
            );
        }
        let alarming = value == StateValue::Alarm;
        let shown: Vec<String> = datapoints.iter().map(|(start, value)| shown(*start, *value)).collect();
        let count = if alarming { crossing } else { datapoints.len() - crossing };
        let verb = plural(count, "was", "were");
        let not = if alarming { "" } else { "not " };
        let compared =
            format!("[{}] {verb} {not}{} the threshold ({threshold})", shown.join(", "), self.comparison.words());
        if !self.is_share {
            let noun = plural(count, "datapoint", "datapoints");
            return format!("Threshold Crossed: {count} {noun} {compared}.");
        }
        let minimum = if alarming { self.datapoints } else { self.periods + 1 - self.datapoints };
        format!(
            "Threshold Crossed: {count} out of the last {} datapoints {compared} (minimum {minimum} {} for {} -> {} transition).",
            datapoints.len(),
            plural(minimum, "datapoint", "datapoints"),
            if from == value { if alarming { "OK" } else { "ALARM" } } else { transition_source(from, alarming) },
            value.as_str(),
        )
    }

    /// A contributor's reason: shorter, with only the latest data point.
    pub(super) fn contributor_reason(&self, verdict: &Verdict) -> String {
        let crossing: Vec<&(i64, f64)> =
            verdict.datapoints.iter().filter(|(_, value)| self.comparison.holds(*value, self.threshold)).collect();
        let (Some((start, value)), StateValue::Alarm) = (crossing.first(), verdict.value) else {
            return verdict.reason.clone();
        };
        format!(
            "Threshold Crossed: {} {} {} the threshold ({}). The most recent datapoint which crossed the threshold: [{}].",
            crossing.len(),
            plural(crossing.len(), "datapoint was", "datapoints were"),
            self.comparison.words(),
            decimal(self.threshold),
            shown(*start, *value),
        )
    }

    fn reason_data(&self, datapoints: &[(i64, f64)], now: i64, statistic: Option<&str>, period: u64) -> String {
        let mut data = json!({"version": "1.0", "queryDate": event_time(now)});
        if let Some((oldest, _)) = datapoints.last() {
            data["startDate"] = event_time(*oldest).into();
        }
        if let Some(statistic) = statistic {
            data["statistic"] = statistic.into();
        }
        data["period"] = period.into();
        data["recentDatapoints"] = datapoints.iter().rev().map(|(_, value)| json!(value)).collect();
        data["threshold"] = self.threshold.into();
        data["evaluatedDatapoints"] =
            datapoints.iter().map(|(start, value)| json!({"timestamp": event_time(*start), "value": value})).collect();
        data.to_string()
    }
}

/// AWS reports OK as the previous state of an alarm that goes from INSUFFICIENT_DATA to ALARM.
fn transition_source(from: StateValue, alarming: bool) -> &'static str {
    match from {
        StateValue::InsufficientData if alarming => "OK",
        StateValue::InsufficientData => "ALARM",
        other => other.as_str(),
    }
}

fn shown(start: i64, value: f64) -> String {
    let time = jiff::Timestamp::from_millisecond(start).unwrap_or_default();
    format!("{} ({})", decimal(value), time.strftime("%d/%m/%y %H:%M:%S"))
}

/// A number in Java's format: `3.0`, not `3`.
fn decimal(value: f64) -> String {
    format!("{value:?}")
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
