//! Configuration of asynchronous invocations: retries, maximum age, destinations.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::function::Function;
use super::reference::{LATEST, Reference};
use super::rest::{Reply, Request};
use super::validation::{check_range, invalid};
use super::{pages, role, store};
use crate::arn::Arn;
use crate::policy::Need;
use crate::{ApiError, Cloud, Input};

/// The configuration of one qualifier.
#[derive(Debug, Clone, Default)]
pub(super) struct EventInvokeConfig {
    /// 0 to 2; AWS's default is 2.
    pub(super) maximum_retry_attempts: Option<u32>,
    /// Seconds, 60 to 21600; AWS's default is 21600.
    pub(super) maximum_event_age: Option<u32>,
    pub(super) on_success: Option<String>,
    pub(super) on_failure: Option<String>,
    last_modified: Timestamp,
}

impl EventInvokeConfig {
    /// Applies the given settings.
    fn update(&mut self, input: &Input) -> Result<(), ApiError> {
        if let Some(attempts) = check_range(input, "MaximumRetryAttempts", 0, 2)? {
            self.maximum_retry_attempts = Some(attempts);
        }
        if let Some(age) = check_range(input, "MaximumEventAgeInSeconds", 60, 21_600)? {
            self.maximum_event_age = Some(age);
        }
        if let Some(destinations) = input.structure("DestinationConfig") {
            if let Some(success) = destinations.structure("OnSuccess") {
                self.on_success = destination(&success);
            }
            if let Some(failure) = destinations.structure("OnFailure") {
                self.on_failure = destination(&failure);
            }
        }
        self.last_modified = Timestamp::now();
        Ok(())
    }

    fn describe(&self, function_arn: &str) -> Value {
        let destination = |arn: &Option<String>| match arn {
            Some(arn) => json!({ "Destination": arn }),
            None => json!({}),
        };
        let mut members = json!({
            "LastModified": self.last_modified.as_millisecond() as f64 / 1000.0,
            "FunctionArn": function_arn,
            "DestinationConfig": { "OnSuccess": destination(&self.on_success), "OnFailure": destination(&self.on_failure) },
        });
        if let Some(attempts) = self.maximum_retry_attempts {
            members["MaximumRetryAttempts"] = json!(attempts);
        }
        if let Some(age) = self.maximum_event_age {
            members["MaximumEventAgeInSeconds"] = json!(age);
        }
        members
    }
}

fn destination(input: &Input) -> Option<String> {
    input.text("Destination").filter(|arn| !arn.is_empty()).map(str::to_owned)
}

/// `PutFunctionEventInvokeConfig`: resets settings that are not given.
pub(super) fn put(request: &Request) -> Result<Reply, ApiError> {
    let input = &request.input;
    let is_empty = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"]
        .iter()
        .all(|name| input.get(name).is_none());
    if is_empty {
        return Err(invalid("You must specify at least one of error handling or destination setting."));
    }
    set(request, |_| Ok(EventInvokeConfig::default()))
}

/// `UpdateFunctionEventInvokeConfig`: keeps settings that are not given.
pub(super) fn update(request: &Request) -> Result<Reply, ApiError> {
    set(request, |function| current(function, &reference(request)?).cloned())
}

fn set(request: &Request, base: impl Fn(&Function) -> Result<EventInvokeConfig, ApiError>) -> Result<Reply, ApiError> {
    request.only(&["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"])?;
    let reference = reference(request)?;
    let function = store::read(request.cloud, &reference, |function| Ok(function.clone()))?;
    let qualifier = reference.qualifier();
    function.revision(qualifier).ok_or_else(|| reference.not_found())?;
    let mut config = base(&function)?;
    config.update(&request.input)?;
    for arn in config.on_success.iter().chain(&config.on_failure) {
        check_destination(request.cloud, &function, arn)?;
    }
    let body = config.describe(&function.qualified_arn(qualifier));
    store::change(request.cloud, &reference, |function| {
        function.event_invoke.insert(qualifier.to_owned(), config);
        Ok(Reply::json(200, &body))
    })
}

pub(super) fn get(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::read(request.cloud, &reference, |function| {
        let config = current(function, &reference)?;
        Ok(Reply::json(200, &config.describe(&function.qualified_arn(reference.qualifier()))))
    })
}

pub(super) fn delete(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::change(request.cloud, &reference, |function| {
        current(function, &reference)?;
        function.event_invoke.remove(reference.qualifier());
        Ok(Reply::empty(204))
    })
}

pub(super) fn list(request: &Request) -> Result<Reply, ApiError> {
    store::read(request.cloud, &reference(request)?, |function| {
        let configs: Vec<Value> = function
            .event_invoke
            .iter()
            .map(|(qualifier, config)| config.describe(&function.qualified_arn(qualifier)))
            .collect();
        pages::reply(request, "FunctionEventInvokeConfigs", configs, pages::PAGE)
    })
}

fn reference(request: &Request) -> Result<Reference, ApiError> {
    Reference::parse(request.segment(0), request.query("Qualifier"), &request.http.region)
}

fn current<'a>(function: &'a Function, reference: &Reference) -> Result<&'a EventInvokeConfig, ApiError> {
    function.event_invoke.get(reference.qualifier()).ok_or_else(|| {
        let arn = function.qualified_arn(reference.qualifier.as_deref().unwrap_or(LATEST));
        let message = format!("The function {arn} doesn't have an EventInvokeConfig");
        ApiError::new("ResourceNotFoundException", message).with_status(404)
    })
}

/// The permission the execution role needs for a destination, and AWS's name of the call; `None` for an unsupported
/// kind of ARN.
pub(super) fn destination_need(arn: &str) -> Option<(&'static str, Need)> {
    let parts = Arn::parse(arn)?;
    let (call, action) = match parts.service {
        "sqs" => ("SendMessage", "sqs:SendMessage"),
        "sns" => ("Publish", "sns:Publish"),
        "lambda" if parts.resource.starts_with("function:") => ("InvokeFunction", "lambda:InvokeFunction"),
        "events" if parts.resource.starts_with("event-bus/") => ("PutEvents", "events:PutEvents"),
        _ => return None,
    };
    Some((call, Need::new(action, arn)))
}

fn check_destination(cloud: &Cloud, function: &Function, arn: &str) -> Result<(), ApiError> {
    let (call, need) =
        destination_need(arn).ok_or_else(|| invalid(format!("The destination ARN {arn} is invalid.")))?;
    if arn == function.arn || arn.strip_prefix(&function.arn).is_some_and(|rest| rest.starts_with(':')) {
        return Err(invalid("You can't specify the function as a destination for itself."));
    }
    role::check_permission(cloud, function, &need).map_err(|_| {
        invalid(format!("The function's execution role does not have permissions to call {call} on {arn}"))
    })
}
