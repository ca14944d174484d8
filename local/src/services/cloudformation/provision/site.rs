//! How a type of resource reaches the services: as the caller of the stack's operation, patiently.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::front::NO_ANSWER;
use crate::services::cloudformation::provisioner::{Refusal, Workplace};
use crate::{ApiError, Call, Input};

/// Calls whose answers are lost, refused for now or failed inside AWS are made so often in all.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// For how long one call may take.
const ANSWER: Duration = Duration::from_secs(60);
/// For how long a resource may take to become as it should be.
const STABLE: Duration = Duration::from_secs(600);

/// Refusals that pass by themselves, by signing name, code and a part of the message, and after how many seconds they
/// do not. CloudFormation waits for them ("stabilization" in its user guide); AWS publishes no limits.
const PASSING: [(&str, &str, &str, u64); 15] = [
    ("dynamodb", "ContinuousBackupsUnavailableException", "", 60),
    ("dynamodb", "LimitExceededException", "simultaneously", 600),
    ("dynamodb", "ResourceInUseException", "still in use", 600),
    ("events", "ConcurrentModificationException", "", 60),
    ("events", "ValidationException", "since it has targets", 60),
    ("iam", "ConcurrentModification", "", 60),
    ("iam", "DeleteConflict", "must delete policies first", 10),
    ("iam", "MalformedPolicyDocument", "Invalid principal in policy", 60),
    ("lambda", "InvalidParameterValueException", "cannot be assumed by Lambda", 60),
    ("lambda", "InvalidParameterValueException", "execution role does not have permissions", 60),
    ("lambda", "ResourceConflictException", "currently in the following state: Pending", 60),
    ("lambda", "ResourceConflictException", "An update is in progress", 60),
    ("lambda", "ResourceInUseException", "event source mapping", 600),
    ("logs", "OperationAbortedException", "", 60),
    ("sqs", "QueueDeletedRecently", "", 70),
];

/// Where one resource is worked on.
pub(super) struct Site<'a> {
    workplace: &'a Workplace,
}

impl<'a> Site<'a> {
    pub(super) fn new(workplace: &'a Workplace) -> Self {
        Self { workplace }
    }

    /// The region of the stack.
    pub(super) fn region(&self) -> &str {
        &self.workplace.home.region
    }

    /// Calls an operation until it answers for good. One that makes something and whose answer was lost has done so when
    /// the next attempt finds it there.
    ///
    /// # Errors
    /// What the service answers.
    pub(super) async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, Refusal> {
        let Value::Object(members) = input else { return Err(Refusal::new("InternalFailure", "no parameters")) };
        // AWS takes no null for a member that is not set.
        let members: Map<String, Value> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let begun = Instant::now();
        let (mut attempt, mut was_lost, mut pause) = (1, false, FIRST_PAUSE);
        loop {
            let error = match self.once(service, operation, members.clone()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let refusal = Refusal::of(service, &error);
            if was_lost && refusal.handler_code() == "AlreadyExists" {
                return Ok(Value::Null);
            }
            was_lost |= error.code == NO_ANSWER;
            let is_temporary = error.status >= 500 && error.status != 501 || refusal.handler_code() == "Throttling";
            let passes = PASSING.iter().any(|(of, code, part, seconds)| {
                let limit = self.workplace.cloud.clock.scaled(Duration::from_secs(*seconds));
                *of == service && *code == error.code && error.message.contains(part) && begun.elapsed() < limit
            });
            if !passes && (!is_temporary || attempt == ATTEMPTS) {
                return Err(refusal);
            }
            attempt += u32::from(is_temporary);
            self.workplace.cloud.clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(&self, service: &str, operation: &str, members: Map<String, Value>) -> Result<Value, ApiError> {
        let Workplace { cloud, home, principal } = self.workplace;
        let call = Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: Input(members),
            region: home.region.clone(),
            request_id: uuid::Uuid::new_v4().to_string(),
            principal: principal.clone(),
        };
        match tokio::time::timeout(ANSWER, cloud.perform(call)).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(ApiError::new(NO_ANSWER, elapsed.to_string()).with_status(503)),
        }
    }

    /// Calls an operation on something that may not be there; nothing then.
    ///
    /// # Errors
    /// What the service answers else.
    pub(super) async fn find(&self, service: &str, operation: &str, input: Value) -> Result<Option<Value>, Refusal> {
        match self.call(service, operation, input).await {
            Ok(reply) => Ok(Some(reply)),
            Err(refusal) if refusal.handler_code() == "NotFound" => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Looks at something until it is as it should be, which `is_stable` says of what is found, or of nothing.
    ///
    /// # Errors
    /// What the question or `is_stable` fails with, and `NotStabilized` when it takes too long.
    pub(super) async fn until(
        &self,
        service: &str,
        operation: &str,
        input: Value,
        is_stable: impl Fn(Option<&Value>) -> Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let clock = &self.workplace.cloud.clock;
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        while !is_stable(self.find(service, operation, input.clone()).await?.as_ref())? {
            if begun.elapsed() > clock.scaled(STABLE) {
                return Err(Refusal::new("TimedOut", "Resource did not stabilize."));
            }
            clock.sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }
}

/// How a service takes tags.
pub(super) struct Tagging {
    pub(super) service: &'static str,
    /// The operations that add and remove.
    pub(super) operations: [&'static str; 2],
    /// The members for the resource, its tags and the keys of those that go.
    pub(super) members: [&'static str; 3],
    /// Whether tags are a map and no list of keys and values.
    pub(super) is_map: bool,
}

impl Tagging {
    /// Of functions and event source mappings.
    pub(super) const LAMBDA: Self = Self {
        service: "lambda",
        operations: ["TagResource", "UntagResource"],
        members: ["Resource", "Tags", "TagKeys"],
        is_map: true,
    };

    /// Tags in the form of the service.
    pub(super) fn form(&self, properties: &Value) -> Value {
        match self.is_map {
            true => tags(properties).into_iter().map(|(key, value)| (key, Value::from(value))).collect(),
            false => properties.get("Tags").cloned().unwrap_or(Value::Array(Vec::new())),
        }
    }

    /// Brings the tags of a resource from one set of properties to another.
    pub(super) async fn update(&self, site: &Site<'_>, id: &str, before: &Value, after: &Value) -> Result<(), Refusal> {
        let (old, new) = (tags(before), tags(after));
        let gone: Vec<&str> = old.keys().filter(|key| !new.contains_key(*key)).map(String::as_str).collect();
        let ([add, remove], [of, with, keys]) = (self.operations, self.members);
        let input = |name: &str, value: Value| {
            Value::Object([(of.to_owned(), id.into()), (name.to_owned(), value)].into_iter().collect())
        };
        if !gone.is_empty() {
            site.call(self.service, remove, input(keys, gone.into())).await?;
        }
        if new.iter().any(|(key, value)| old.get(key) != Some(value)) {
            site.call(self.service, add, input(with, self.form(after))).await?;
        }
        Ok(())
    }
}

fn tags(properties: &Value) -> BTreeMap<String, String> {
    let tags = properties.get("Tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned())))
        .collect()
}
