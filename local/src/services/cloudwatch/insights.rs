//! Metrics Insights: `SELECT FUNCTION(metric) FROM … WHERE … GROUP BY … ORDER BY … LIMIT n`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::ApiError;

use super::query::{Line, Window};
use super::series::{Sample, Series, Store};
use super::validation;

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Insights {
    region: String,
    statistic: &'static str,
    metric: String,
    namespace: String,
    /// With `SCHEMA(namespace, …)`: exactly the dimensions a metric must have.
    schema: Option<Vec<String>>,
    /// Dimension, whether equality is required, value.
    conditions: Vec<(String, bool, String)>,
    pub(super) group_by: Vec<String>,
    order: Option<Order>,
    limit: usize,
}

/// `ORDER BY`: the statistic of each group over the whole window.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Order {
    statistic: &'static str,
    descends: bool,
}

/// Time series that a query returns at most
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html>).
const MOST_SERIES: usize = 500;
/// Metrics that a query processes at most; further ones are left out (the same page).
const MOST_METRICS: usize = 10_000;

const NAME: &str = r#"(?:"[^"]+"|[A-Za-z_][A-Za-z0-9_]*)"#;

#[expect(clippy::unwrap_used, reason = "the pattern is a constant that the tests compile")]
static QUERY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"(?is)^\s*SELECT\s+(?<function>\w+)\s*\(\s*(?<metric>{NAME})\s*\)\s+FROM\s+(?:SCHEMA\s*\(\s*(?<schema>{NAME}(?:\s*,\s*{NAME})*)\s*\)|(?<namespace>{NAME}))(?:\s+WHERE\s+(?<where>.+?))?(?:\s+GROUP\s+BY\s+(?<group>{NAME}(?:\s*,\s*{NAME})*))?(?:\s+ORDER\s+BY\s+(?<order>\w+)\s*\(\s*\)(?:\s+(?<direction>ASC|DESC))?)?(?:\s+LIMIT\s+(?<limit>\d+))?\s*$"#
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "the pattern is a constant that the tests compile")]
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?is)^\s*(?<name>{NAME})\s*(?<operator>=|!=)\s*'(?<value>[^']*)'\s*(?:AND\s+(?<rest>.*))?$"))
        .unwrap()
});

fn unquoted(name: &str) -> String {
    name.trim().trim_matches('"').to_owned()
}

impl Insights {
    /// Parses a query.
    ///
    /// # Errors
    /// `ValidationError` for an invalid query.
    pub(super) fn parse(text: &str, region: &str) -> Result<Self, ApiError> {
        let wrong = || validation(format!("Error in expression '{text}': invalid Metrics Insights query."));
        let found = QUERY.captures(text).ok_or_else(wrong)?;
        let part = |name: &str| found.name(name).map(|part| part.as_str());
        let names = |list: &str| list.split(',').map(unquoted).collect::<Vec<_>>();
        let (namespace, schema) = match part("schema").map(names) {
            Some(mut schema) => (schema.remove(0), Some(schema)),
            None => (part("namespace").map(unquoted).ok_or_else(wrong)?, None),
        };
        let statistic = statistic(part("function").unwrap_or_default()).ok_or_else(wrong)?;
        let descends = part("direction").is_some_and(|direction| direction.eq_ignore_ascii_case("DESC"));
        let order = match part("order") {
            Some(function) => Some(Order { statistic: self::statistic(function).ok_or_else(wrong)?, descends }),
            None => None,
        };
        let limit = part("limit").and_then(|limit| limit.parse().ok()).unwrap_or(MOST_SERIES);
        if limit == 0 {
            return Err(wrong());
        }
        let mut conditions = Vec::new();
        let mut rest = part("where");
        while let Some(condition) = rest {
            let found = CONDITION.captures(condition).ok_or_else(wrong)?;
            conditions.push((unquoted(&found["name"]), &found["operator"] == "=", found["value"].to_owned()));
            rest = found.name("rest").map(|rest| rest.as_str());
        }
        Ok(Self {
            region: region.to_owned(),
            statistic,
            metric: part("metric").map(unquoted).ok_or_else(wrong)?,
            namespace,
            schema,
            conditions,
            group_by: part("group").map(names).unwrap_or_default(),
            order,
            limit: limit.min(MOST_SERIES),
        })
    }

    fn selects(&self, series: &Series) -> bool {
        let has_schema = |schema: &Vec<String>| {
            schema.len() == series.dimensions.len() && schema.iter().all(|name| series.dimension(name).is_some())
        };
        series.region == self.region
            && series.namespace == self.namespace
            && series.name == self.metric
            && self.schema.as_ref().is_none_or(has_schema)
            && self.group_by.iter().all(|name| series.dimension(name).is_some())
            && self
                .conditions
                .iter()
                .all(|(name, equal, value)| series.dimension(name).is_some_and(|actual| (actual == value) == *equal))
    }

    /// One series per group, at most 500. Without `ORDER BY` AWS does not say which: here those whose names
    /// come last, so that nothing relies on those that come first.
    pub(super) fn lines(&self, store: &Store, window: &Window) -> Vec<Line> {
        let mut groups: BTreeMap<Vec<(String, String)>, BTreeMap<i64, Sample>> = BTreeMap::new();
        for series in store.series().into_iter().filter(|series| self.selects(series)).take(MOST_METRICS) {
            let value = |name: &String| (name.clone(), series.dimension(name).unwrap_or_default().to_owned());
            let samples = groups.entry(self.group_by.iter().map(value).collect()).or_default();
            for start in &window.starts {
                if let Some(sample) = store.between(series, *start, start + window.period, None) {
                    samples.entry(*start).and_modify(|kept| kept.merge(&sample)).or_insert(sample);
                }
            }
        }
        let line = |(group, samples): (Vec<(String, String)>, BTreeMap<i64, Sample>)| Line {
            group,
            points: samples
                .iter()
                .filter_map(|(start, sample)| Some((*start, sample.statistic(self.statistic)?)))
                .collect(),
        };
        let mut groups: Vec<_> = groups.into_iter().collect();
        match self.order {
            Some(order) => groups.sort_by(|one, other| order.compare(&one.1, &other.1)),
            None => drop(groups.drain(..groups.len().saturating_sub(self.limit))),
        }
        groups.into_iter().map(line).take(self.limit).collect()
    }
}

impl Order {
    /// Groups without data, which are of use to alarms only, come last.
    fn compare(self, one: &BTreeMap<i64, Sample>, other: &BTreeMap<i64, Sample>) -> Ordering {
        let value = |samples: &BTreeMap<i64, Sample>| {
            let merged = samples.values().cloned().reduce(|mut all, sample| {
                all.merge(&sample);
                all
            });
            merged.and_then(|merged| merged.statistic(self.statistic))
        };
        let (one, other) = (value(one), value(other));
        let ascending = one.unwrap_or_default().total_cmp(&other.unwrap_or_default());
        one.is_none().cmp(&other.is_none()).then(if self.descends { ascending.reverse() } else { ascending })
    }
}

/// The statistic of a function.
fn statistic(function: &str) -> Option<&'static str> {
    Some(match function.to_ascii_uppercase().as_str() {
        "SUM" => "Sum",
        "AVG" => "Average",
        "MIN" => "Minimum",
        "MAX" => "Maximum",
        "COUNT" => "SampleCount",
        _ => return None,
    })
}
