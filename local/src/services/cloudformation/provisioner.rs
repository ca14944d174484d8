//! What makes the resources of a stack. Stacks, change sets, events and states are kept here; how a template is read
//! and how a resource is made is known to the program that the local AWS is part of.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

use crate::services::iam::SessionCredentials;

/// Reads templates, and makes, changes and removes resources.
#[async_trait]
pub trait Provisioner: Send + Sync {
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

    /// Makes a resource that does not exist, and waits until it can be used.
    async fn create(&self, workplace: &Workplace, resource: &Resource) -> Result<(), Refusal>;

    /// Brings a resource from one set of properties to another.
    async fn update(&self, workplace: &Workplace, before: &Resource, after: &Resource) -> Result<(), Refusal>;

    /// Removes a resource; that it is gone already is no error.
    async fn delete(&self, workplace: &Workplace, resource: &Resource) -> Result<(), Refusal>;
}

/// Where a stack lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Endpoint of the local AWS.
    pub endpoint: String,
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
    /// Name of the stack.
    pub stack: String,
}

/// Where and as whom work is done on one resource.
#[derive(Debug, Clone)]
pub struct Workplace {
    /// Where the stack lives.
    pub home: Home,
    /// A session of whoever asked for the work: CloudFormation may do what its caller may.
    pub credentials: SessionCredentials,
    /// The zip that a function's `Code` names.
    pub code: Option<Bytes>,
}

/// What a template declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Its description.
    pub description: Option<String>,
    /// Its parameters.
    pub parameters: Vec<DeclaredParameter>,
    /// Its resources: logical id, type, and names of the properties that are set.
    pub resources: Vec<(String, String, Vec<String>)>,
}

/// A parameter that a template declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredParameter {
    /// Its name.
    pub name: String,
    /// Such as `String`.
    pub kind: String,
    /// The value when none is given.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The only values allowed; empty means any.
    pub allowed_values: Vec<String>,
}

/// A template with values for its parameters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// What should exist, each after all that it needs.
    pub resources: Vec<Resource>,
    /// What the stack tells, by name.
    pub outputs: Vec<(String, String)>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::Service::Type`.
    pub resource_type: String,
    /// What `Ref` gives; empty where CloudFormation makes up a name.
    pub physical_id: String,
    /// Its properties, without references.
    pub properties: Value,
    /// Logical ids of what has to exist first.
    pub needs: BTreeSet<String>,
    /// Whether it outlives the stack.
    pub retain: bool,
}

/// Why work on a resource failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the service's error, or one of CloudFormation's own, such as `AlreadyExists`.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The service as CloudFormation names it, such as `Lambda`; empty when no service was asked.
    pub service: String,
    /// Whether the resource exists all the same, so that a rollback has to remove it.
    pub exists: bool,
}

impl Refusal {
    /// A refusal before any service was asked.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), service: String::new(), exists: false }
    }

    /// The reason as CloudFormation writes it into an event.
    pub(super) fn reason(&self) -> String {
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
