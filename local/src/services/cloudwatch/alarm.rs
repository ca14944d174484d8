//! A metric alarm: settings, validated as `PutMetricAlarm` does, and state.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use crate::arn::Arn;
use crate::{ApiError, Call, Input, Output, arn};

use super::evaluation::{Comparison, Rule, TreatMissing};
use super::query::{MetricStat, Query, Source, check_period, check_statistic, checked_unit};
use super::series::Series;
use super::{dimensions, invalid, missing, required, timestamp, validation};

/// History entries per alarm.
const HISTORY: usize = 100;

/// State of an alarm or contributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StateValue {
    Ok,
    Alarm,
    InsufficientData,
}

impl StateValue {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.as_str() == text)
    }
}

/// A state and its reason. Times in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AlarmState {
    pub(super) value: StateValue,
    pub(super) reason: String,
    pub(super) reason_data: Option<String>,
    pub(super) updated: i64,
    pub(super) transitioned: i64,
}

/// A metric alarm.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) region: String,
    /// The parameters as given, for descriptions.
    pub(super) settings: Map<String, Value>,
    pub(super) queries: Vec<Query>,
    pub(super) rule: Rule,
    /// Period in seconds.
    pub(super) period: u64,
    pub(super) actions_enabled: bool,
    pub(super) configured: i64,
    pub(super) state: AlarmState,
    /// With `GROUP BY`: the state of each series that has been in alarm.
    pub(super) contributors: BTreeMap<Vec<(String, String)>, AlarmState>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) history: VecDeque<Output>,
}

impl Alarm {
    /// Parses the parameters of `PutMetricAlarm`.
    ///
    /// # Errors
    /// `ValidationError`, `MissingParameter`, `InvalidParameterValue`, as on AWS.
    pub(super) fn read(call: &Call, now: i64) -> Result<Self, ApiError> {
        let input = &call.input;
        let name = required(input, "AlarmName")?;
        if name.len() > 255 {
            return Err(validation(format!(
                "1 validation error detected: Value '{name}' at 'alarmName' failed to satisfy constraint: Member must have length less than or equal to 255"
            )));
        }
        let queries = read_queries(input, &call.region)?;
        let period = queries.iter().find(|query| query.returned).map_or(60, |query| query.seconds(&queries));
        let rule = read_rule(input, period)?;
        check_actions(input)?;
        let mut settings = input.0.clone();
        settings.remove("Tags");
        Ok(Self {
            arn: arn::local("cloudwatch", &call.region, &format!("alarm:{name}")),
            name: name.to_owned(),
            region: call.region.clone(),
            settings,
            queries,
            rule,
            period,
            actions_enabled: input.flag("ActionsEnabled").unwrap_or(true),
            configured: now,
            state: AlarmState {
                value: StateValue::InsufficientData,
                reason: "Unchecked: Initial alarm creation".to_owned(),
                reason_data: None,
                updated: now,
                transitioned: now,
            },
            contributors: BTreeMap::new(),
            tags: super::tags::read(input)?,
            history: VecDeque::new(),
        })
    }

    pub(super) fn input(&self) -> Input {
        Input(self.settings.clone())
    }

    /// The query that returns the watched data.
    pub(super) fn watched(&self) -> Option<&Query> {
        self.queries.iter().find(|query| query.returned)
    }

    /// Whether each group of a Metrics Insights query has its own state.
    pub(super) fn has_contributors(&self) -> bool {
        self.watched().is_some_and(|query| match &query.source {
            Source::Insights(insights) => !insights.group_by.is_empty(),
            _ => false,
        })
    }

    /// ARNs of a state's actions.
    pub(super) fn actions(&self, state: StateValue) -> Vec<String> {
        self.input().texts(match state {
            StateValue::Ok => "OKActions",
            StateValue::Alarm => "AlarmActions",
            StateValue::InsufficientData => "InsufficientDataActions",
        })
    }

    pub(super) fn remember(&mut self, kind: &str, summary: String, data: Value, at: i64) {
        if self.history.len() >= HISTORY {
            self.history.pop_back();
        }
        self.history.push_front(Output::structure([
            ("AlarmName", Some(self.name.as_str().into())),
            ("AlarmType", Some("MetricAlarm".into())),
            ("Timestamp", Some(timestamp(at))),
            ("HistoryItemType", Some(kind.into())),
            ("HistorySummary", Some(summary.into())),
            ("HistoryData", Some(data.to_string().into())),
        ]));
    }

    /// The entry in `DescribeAlarms`.
    pub(super) fn output(&self) -> Output {
        let mut members = vec![
            ("AlarmName".to_owned(), self.name.as_str().into()),
            ("AlarmArn".to_owned(), self.arn.as_str().into()),
            ("AlarmConfigurationUpdatedTimestamp".to_owned(), timestamp(self.configured)),
            ("ActionsEnabled".to_owned(), self.actions_enabled.into()),
            ("StateValue".to_owned(), self.state.value.as_str().into()),
            ("StateReason".to_owned(), self.state.reason.as_str().into()),
            ("StateUpdatedTimestamp".to_owned(), timestamp(self.state.updated)),
            ("StateTransitionedTimestamp".to_owned(), timestamp(self.state.transitioned)),
        ];
        let data = self.state.reason_data.as_deref();
        members.extend(data.map(|data| ("StateReasonData".to_owned(), data.into())));
        for list in ["OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"] {
            let elements = self.settings.get(list).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
            members.push((list.to_owned(), elements.into()));
        }
        let input = self.input();
        for text in [
            "AlarmDescription",
            "MetricName",
            "Namespace",
            "Statistic",
            "Unit",
            "ComparisonOperator",
            "TreatMissingData",
            "EvaluateLowSampleCountPercentile",
        ] {
            members.extend(input.text(text).map(|value| (text.to_owned(), value.into())));
        }
        for number in ["Period", "EvaluationPeriods", "DatapointsToAlarm"] {
            members.extend(input.integer(number).map(|value| (number.to_owned(), value.into())));
        }
        members.extend(input.double("Threshold").map(|value| ("Threshold".to_owned(), value.into())));
        if !input.list("Metrics").is_empty() {
            members.push((
                "Metrics".to_owned(),
                Output::List(input.structures("Metrics").iter().map(metric_output).collect()),
            ));
        }
        Output::Structure(members)
    }
}

/// One entry of `Metrics`, with typed numbers and flags whatever the protocol.
fn metric_output(query: &Input) -> Output {
    let stat = query.structure("MetricStat").map(|stat| {
        let metric = stat.get("Metric").cloned().map(|mut metric| {
            if let Some(metric) = metric.as_object_mut() {
                metric.entry("Dimensions").or_insert_with(|| Value::Array(Vec::new()));
            }
            Output::from(metric)
        });
        Output::structure([
            ("Metric", metric),
            ("Period", stat.integer("Period").map(Output::from)),
            ("Stat", stat.text("Stat").map(Output::from)),
            ("Unit", stat.text("Unit").map(Output::from)),
        ])
    });
    Output::structure([
        ("Id", query.text("Id").map(Output::from)),
        ("MetricStat", stat),
        ("Expression", query.text("Expression").map(Output::from)),
        ("Label", query.text("Label").map(Output::from)),
        ("ReturnData", Some(query.flag("ReturnData").unwrap_or(true).into())),
        ("Period", query.integer("Period").map(Output::from)),
        ("AccountId", query.text("AccountId").map(Output::from)),
    ])
}

fn read_queries(input: &Input, region: &str) -> Result<Vec<Query>, ApiError> {
    let metrics = input.structures("Metrics");
    if metrics.is_empty() {
        return Ok(vec![single_metric(input, region)?]);
    }
    for exclusive in ["MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic", "Dimensions", "Unit"] {
        if input.get(exclusive).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty())) {
            return Err(validation(format!("{exclusive} must not be set when Metrics is set.")));
        }
    }
    let queries = metrics.iter().map(|metric| Query::read(metric, region)).collect::<Result<Vec<_>, _>>()?;
    if queries.iter().filter(|query| query.returned).count() != 1 {
        return Err(validation("Exactly one element of the metrics list should return data."));
    }
    for query in &queries {
        let Source::Math(expression) = &query.source else { continue };
        if let Some(unknown) = expression.metrics().into_iter().find(|id| queries.iter().all(|query| query.id != *id)) {
            return Err(validation(format!(
                "Invalid metrics list: expression {} uses the unknown id {unknown}.",
                query.id
            )));
        }
    }
    Ok(queries)
}

fn single_metric(input: &Input, region: &str) -> Result<Query, ApiError> {
    let series = Series::new(region, required(input, "Namespace")?, required(input, "MetricName")?, dimensions(input)?);
    let statistic = match (input.text("Statistic"), input.text("ExtendedStatistic")) {
        (Some(statistic), None) | (None, Some(statistic)) => check_statistic(statistic)?,
        _ => return Err(validation("Exactly one of Statistic or ExtendedStatistic must be set.")),
    };
    let period = check_period(input.integer("Period").ok_or_else(|| missing("Period"))?)?;
    let unit = checked_unit(input, "Unit")?.map(str::to_owned);
    Ok(Query {
        id: uuid::Uuid::new_v4().to_string(),
        source: Source::Metric(MetricStat { series, statistic, unit, period }),
        label: None,
        period: Some(period),
        returned: true,
    })
}

fn read_rule(input: &Input, period: u64) -> Result<Rule, ApiError> {
    let operator = required(input, "ComparisonOperator")?;
    if operator.contains("Lower") || operator.contains("Upper") {
        return Err(ApiError::not_implemented("monitoring", "anomaly detection alarms"));
    }
    let comparison = Comparison::parse(operator).ok_or_else(|| {
        validation(format!("1 validation error detected: Value '{operator}' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [GreaterThanOrEqualToThreshold, GreaterThanThreshold, GreaterThanUpperThreshold, LessThanLowerOrGreaterThanUpperThreshold, LessThanLowerThreshold, LessThanOrEqualToThreshold, LessThanThreshold]"))
    })?;
    let threshold = input.double("Threshold").ok_or_else(|| missing("Threshold"))?;
    let periods = input.integer("EvaluationPeriods").ok_or_else(|| missing("EvaluationPeriods"))?;
    let periods = usize::try_from(periods).ok().filter(|periods| *periods > 0).ok_or_else(|| {
        validation(format!("1 validation error detected: Value '{periods}' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1"))
    })?;
    let datapoints = match input.integer("DatapointsToAlarm") {
        None => periods,
        Some(datapoints) => usize::try_from(datapoints)
            .ok()
            .filter(|datapoints| (1..=periods).contains(datapoints))
            .ok_or_else(|| validation("DatapointsToAlarm must be greater than 0 and at most EvaluationPeriods."))?,
    };
    let limit = if period < 3600 { 86_400 } else { 604_800 };
    if periods as u64 * period > limit {
        return Err(validation(format!(
            "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {limit}).",
            if limit == 86_400 { "a day" } else { "seven days" }
        )));
    }
    let treat = input.text("TreatMissingData").unwrap_or("missing");
    let missing = TreatMissing::parse(treat).ok_or_else(|| {
        validation("Option must be one of breaching, notBreaching, ignore, missing for parameter TreatMissingData.")
    })?;
    let is_share = input.get("DatapointsToAlarm").is_some();
    Ok(Rule { comparison, threshold, periods, datapoints, is_share, missing })
}

fn check_actions(input: &Input) -> Result<(), ApiError> {
    const SERVICES: [&str; 7] = ["sns", "lambda", "automate", "autoscaling", "swf", "ssm", "ssm-incidents"];
    for list in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        let actions = input.texts(list);
        if actions.len() > 5 {
            return Err(invalid(format!("The collection {list} must not have a size greater than 5.")));
        }
        for action in actions {
            let known =
                Arn::parse(&action).is_some_and(|arn| SERVICES.contains(&arn.service) || arn.service == "aiops");
            if !known {
                return Err(validation(format!("Invalid arn syntax: {action}")));
            }
        }
    }
    Ok(())
}
