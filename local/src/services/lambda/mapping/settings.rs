//! A mapping's settings: parsed, validated, shown.

use serde_json::{Value, json};

use super::filter::Filters;
use crate::services::lambda::validation::{check_range, invalid, violation};
use crate::{ApiError, Input};

/// Parameters of `CreateEventSourceMapping` and `UpdateEventSourceMapping` that are settings.
pub(super) const PARAMETERS: [&str; 7] = [
    "FunctionName",
    "Enabled",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "ScalingConfig",
    "FilterCriteria",
];
/// The only response type.
const PARTIAL: &str = "ReportBatchItemFailures";
/// The largest batch without a batching window.
const WITHOUT_WINDOW: u32 = 10;

/// A mapping's settings.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) enabled: bool,
    /// Messages of a batch at most: 1 to 10 000.
    pub(super) batch_size: u32,
    /// Seconds a batch waits for more messages: 0 to 300.
    pub(super) window: u32,
    /// Whether the function reports the messages that failed.
    pub(super) reports_failures: bool,
    /// Concurrent invocations at most: 2 to 1000.
    pub(super) maximum_concurrency: Option<u32>,
    pub(super) filters: Filters,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            batch_size: 10,
            window: 0,
            reports_failures: false,
            maximum_concurrency: None,
            filters: Filters::default(),
        }
    }
}

impl Settings {
    /// These settings with those that are given.
    ///
    /// # Errors
    /// `ValidationException` and `InvalidParameterValueException` in AWS's words.
    pub(super) fn with(mut self, input: &Input) -> Result<Self, ApiError> {
        self.enabled = input.flag("Enabled").unwrap_or(self.enabled);
        self.batch_size = check_range(input, "BatchSize", 1, 10_000)?.unwrap_or(self.batch_size);
        self.window = check_range(input, "MaximumBatchingWindowInSeconds", 0, 300)?.unwrap_or(self.window);
        if input.get("FunctionResponseTypes").is_some() {
            self.reports_failures = reports_failures(&input.texts("FunctionResponseTypes"))?;
        }
        if let Some(scaling) = input.structure("ScalingConfig") {
            self.maximum_concurrency = check_range(&scaling, "MaximumConcurrency", 2, 1000).map_err(in_scaling)?;
        }
        if let Some(criteria) = input.structure("FilterCriteria") {
            self.filters = Filters::read(&criteria)?;
        }
        if self.batch_size > WITHOUT_WINDOW && self.window == 0 {
            return Err(invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ));
        }
        Ok(self)
    }

    /// Adds the settings to an `EventSourceMappingConfiguration`.
    pub(super) fn describe(&self, members: &mut Value) {
        let types = if self.reports_failures { json!([PARTIAL]) } else { json!([]) };
        members["BatchSize"] = json!(self.batch_size);
        members["MaximumBatchingWindowInSeconds"] = json!(self.window);
        members["FunctionResponseTypes"] = types;
        if let Some(concurrency) = self.maximum_concurrency {
            members["ScalingConfig"] = json!({ "MaximumConcurrency": concurrency });
        }
        if let Some(criteria) = self.filters.describe() {
            members["FilterCriteria"] = criteria;
        }
    }
}

fn reports_failures(types: &[String]) -> Result<bool, ApiError> {
    match types {
        [] => Ok(false),
        [only] if only == PARTIAL => Ok(true),
        [_] => Err(violation(
            &format!("[{}]", types.join(", ")),
            "functionResponseTypes",
            &format!("satisfy constraint: [Member must satisfy enum value set: [{PARTIAL}], Member must not be null]"),
        )),
        _ => Err(violation(
            &format!("[{}]", types.join(", ")),
            "functionResponseTypes",
            "have length less than or equal to 1",
        )),
    }
}

/// The member's full name.
fn in_scaling(error: ApiError) -> ApiError {
    ApiError { message: error.message.replace("'maximumConcurrency'", "'scalingConfig.maximumConcurrency'"), ..error }
}
