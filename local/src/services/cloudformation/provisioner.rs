//! What stands between a stack and its resources. Stacks, change sets, events and states know only this; how a template
//! is read and how a resource is made is in [`template`](super::template) and [`provision`](super::provision).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::Value;

use crate::{ApiError, Cloud, Principal};

/// Reads templates, and makes, changes and removes resources.
#[async_trait]
pub(crate) trait Provisioner: Send + Sync {
    /// Reads what a template declares, without values for its parameters.
    ///
    /// # Errors
    /// What is wrong with it, in CloudFormation's words.
    fn parse(&self, template: &str) -> Result<Declaration, String>;

    /// Resolves a template: what should exist, each resource after all that it needs.
    ///
    /// # Errors
    /// What is wrong with it, in CloudFormation's words.
    fn resolve(&self, template: &str, parameters: &BTreeMap<String, String>, home: &Home) -> Result<Resolved, String>;

    /// The property for which AWS puts a new resource in the place of the old one, if such a one differs.
    fn replacement(&self, before: &Resource, after: &Resource) -> Option<String>;

    /// Makes a resource that does not exist, and waits until it can be used. Its physical id, where only the service
    /// knows it.
    async fn create(&self, workplace: &Workplace, resource: &Resource) -> Result<Option<String>, Refusal>;

    /// Brings a resource from one set of properties to another.
    async fn update(&self, workplace: &Workplace, before: &Resource, after: &Resource) -> Result<(), Refusal>;

    /// Removes a resource; that it is gone already is no error.
    async fn delete(&self, workplace: &Workplace, resource: &Resource) -> Result<(), Refusal>;
}

/// Where a stack lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// Endpoint of the local AWS.
    pub(crate) endpoint: String,
    /// Twelve digits.
    pub(crate) account: String,
    /// Such as `eu-central-1`.
    pub(crate) region: String,
    /// Name of the stack.
    pub(crate) stack: String,
    /// Its ARN.
    pub(crate) stack_id: String,
}

/// Where and as whom work is done on the resources of a stack.
#[derive(Clone)]
pub(crate) struct Workplace {
    /// The account.
    pub(crate) cloud: Cloud,
    /// Where the stack lives.
    pub(crate) home: Home,
    /// Whoever asked for the work: CloudFormation may do what its caller may.
    pub(crate) principal: Principal,
}

/// What a template declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// Its description.
    pub(crate) description: Option<String>,
    /// Its parameters.
    pub(crate) parameters: Vec<DeclaredParameter>,
    /// Its resources: logical id, type, and names of the properties that are set.
    pub(crate) resources: Vec<(String, String, Vec<String>)>,
}

/// A parameter that a template declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeclaredParameter {
    /// Its name.
    pub(crate) name: String,
    /// Such as `String`.
    pub(crate) kind: String,
    /// The value when none is given.
    pub(crate) default: Option<String>,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// The only values allowed; empty means any.
    pub(crate) allowed_values: Vec<String>,
    /// Whether its value is not shown.
    pub(crate) no_echo: bool,
}

/// A template with values for its parameters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Resolved {
    /// What should exist, each after all that it needs.
    pub(crate) resources: Vec<Resource>,
    /// What the stack tells, by name.
    pub(crate) outputs: Vec<(String, String)>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// `AWS::Service::Type`.
    pub(crate) resource_type: String,
    /// What `Ref` gives; empty where CloudFormation makes up a name.
    pub(crate) physical_id: String,
    /// Its properties, without references.
    pub(crate) properties: Value,
    /// Logical ids of what has to exist first.
    pub(crate) needs: BTreeSet<String>,
    /// Whether it outlives the stack.
    pub(crate) retain: bool,
    /// Whether it outlives the one that takes its place.
    pub(crate) retain_replaced: bool,
}

/// Why work on a resource failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The code of the service's error, or one of CloudFormation's own, such as `AlreadyExists`.
    pub(crate) code: String,
    /// The service's message.
    pub(crate) message: String,
    /// The service as CloudFormation names it, such as `Lambda`; empty when no service was asked.
    pub(crate) service: String,
    /// Whether the resource exists all the same, so that a rollback has to remove it.
    pub(crate) exists: bool,
}

/// Code of a refusal whose message is the whole reason: no handler was asked.
const UNSAID: &str = "Unsaid";

/// Signing names of services, and their names in reasons.
const SERVICES: [(&str, &str); 8] = [
    ("dynamodb", "DynamoDb"),
    ("events", "EventBridge"),
    ("iam", "Iam"),
    ("lambda", "Lambda"),
    ("logs", "CloudWatchLogs"),
    ("monitoring", "CloudWatch"),
    ("sns", "Sns"),
    ("sqs", "Sqs"),
];

impl Refusal {
    /// A refusal before any service was asked.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), service: String::new(), exists: false }
    }

    /// A refusal by CloudFormation itself, before the type's handler was asked.
    pub(super) fn unsaid(message: impl Into<String>) -> Self {
        Self::new(UNSAID, message)
    }

    /// A refusal of what CloudFormation does and this one does not.
    pub(super) fn lacking(what: &str) -> Self {
        Self::unsaid(format!("the local AWS does not implement {what}"))
    }

    /// A service's error.
    pub(super) fn of(service: &str, error: &ApiError) -> Self {
        let name = SERVICES.iter().find(|(signing, _)| *signing == service).map_or("", |(_, name)| name);
        Self { service: name.to_owned(), ..Self::new(&error.code, error.message.as_str()) }
    }

    /// The reason as CloudFormation writes it into an event.
    pub(super) fn reason(&self) -> String {
        if self.code == UNSAID {
            return self.message.clone();
        }
        let id = uuid::Uuid::new_v4();
        let code = self.handler_code();
        let service = match self.service.as_str() {
            "" => String::new(),
            service => format!(" (Service: {service}, Status Code: {}, Request ID: {id})", status(code)),
        };
        format!(
            "Resource handler returned message: \"{}{service}\" (RequestToken: {id}, HandlerErrorCode: {code})",
            self.message
        )
    }

    /// CloudFormation's own name for a kind of error.
    pub(super) fn handler_code(&self) -> &'static str {
        let has = |words: &[&str]| words.iter().any(|word| self.code.contains(word));
        match () {
            () if has(&["AccessDenied", "AuthorizationError", "Unauthorized"]) => "AccessDenied",
            () if has(&["AlreadyExist", "QueueNameExists"]) || self.message.contains("already exist") => {
                "AlreadyExists"
            }
            () if has(&["NotFound", "NoSuchEntity", "NonExistent", "QueueDoesNotExist"]) => "NotFound",
            () if has(&["Throttl", "TooManyRequests"]) => "Throttling",
            () if has(&["LimitExceeded"]) => "ServiceLimitExceeded",
            () if has(&["TimedOut"]) => "NotStabilized",
            () if has(&["Internal", "ServiceFailure", "ServiceException", "NoAnswer"]) => "ServiceInternalError",
            () if has(&["Invalid", "Validation", "Malformed", "Missing"]) => "InvalidRequest",
            () if has(&["Conflict", "InUse", "DeleteConflict"]) => "ResourceConflict",
            () => "GeneralServiceException",
        }
    }
}

/// The HTTP status that goes with a kind of error.
fn status(handler_code: &str) -> u16 {
    match handler_code {
        "AccessDenied" => 403,
        "NotFound" => 404,
        "AlreadyExists" | "ResourceConflict" => 409,
        "Throttling" => 429,
        "ServiceInternalError" => 500,
        _ => 400,
    }
}
