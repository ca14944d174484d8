//! A function's state and representation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::alias::Alias;
use super::code::Code;
use super::event_invoke::EventInvokeConfig;
use super::permission::ResourcePolicy;
use super::reference::LATEST;
use super::settings::Settings;
use crate::ApiError;

/// A function with everything that belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    /// Unqualified.
    pub(super) arn: String,
    pub(super) region: String,
    pub(super) latest: Revision,
    pub(super) published: Vec<Revision>,
    /// The number of the next published version.
    pub(super) next_version: u64,
    /// By name.
    pub(super) aliases: BTreeMap<String, Alias>,
    pub(super) lifecycle: Lifecycle,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) reserved_concurrency: Option<u32>,
    pub(super) policy: ResourcePolicy,
    /// By qualifier.
    pub(super) event_invoke: BTreeMap<String, EventInvokeConfig>,
}

/// Code and configuration of one version: `$LATEST`, or a published one.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    pub(super) version: String,
    pub(super) revision_id: String,
    /// The id until the creation or update that made it is done: becoming active is a revision of its own.
    pub(super) unsettled_revision_id: String,
    pub(super) last_modified: Timestamp,
    pub(super) settings: Settings,
    pub(super) code: Arc<Code>,
}

impl Revision {
    /// `$LATEST` with a new revision id.
    pub(super) fn new(settings: Settings, code: Arc<Code>) -> Self {
        Self {
            version: LATEST.to_owned(),
            revision_id: new_revision_id(),
            unsettled_revision_id: new_revision_id(),
            last_modified: Timestamp::now(),
            settings,
            code,
        }
    }
}

pub(super) fn new_revision_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A random number from 0 up to 1.
fn chance() -> f64 {
    let [.., third, fourth] = uuid::Uuid::new_v4().into_bytes();
    f64::from(u16::from_be_bytes([third, fourth])) / 65_536.0
}

/// The lifecycle state of a function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifecycle {
    change: Change,
    settles_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Creation,
    Update,
}

impl Lifecycle {
    /// A function that is pending until then.
    pub(super) fn created(settles_at: Instant) -> Self {
        Self { change: Change::Creation, settles_at }
    }

    /// A function whose update is in progress until then.
    pub(super) fn updated(settles_at: Instant) -> Self {
        Self { change: Change::Update, settles_at }
    }

    fn is_settled(&self) -> bool {
        Instant::now() >= self.settles_at
    }

    /// Whether the function cannot run yet.
    pub(super) fn is_pending(&self) -> bool {
        self.change == Change::Creation && !self.is_settled()
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        const REASON: &str = "The function is being created.";
        match (self.change, self.is_settled()) {
            (_, true) => vec![("State", json!("Active")), ("LastUpdateStatus", json!("Successful"))],
            (Change::Creation, false) => vec![
                ("State", json!("Pending")),
                ("StateReason", json!(REASON)),
                ("StateReasonCode", json!("Creating")),
            ],
            (Change::Update, false) => vec![
                ("State", json!("Active")),
                ("LastUpdateStatus", json!("InProgress")),
                ("LastUpdateStatusReason", json!(REASON)),
                ("LastUpdateStatusReasonCode", json!("Creating")),
            ],
        }
    }
}

impl Function {
    /// The revision of a qualifier. An alias has that of its first version.
    pub(super) fn revision(&self, qualifier: &str) -> Option<&Revision> {
        match self.aliases.get(qualifier) {
            Some(alias) => self.version(&alias.version),
            None => self.version(qualifier),
        }
    }

    /// The revision that an invocation of a qualifier runs.
    pub(super) fn revision_to_run(&self, qualifier: &str) -> Option<&Revision> {
        match self.aliases.get(qualifier) {
            Some(alias) => self.version(alias.version_for(chance())),
            None => self.version(qualifier),
        }
    }

    fn version(&self, version: &str) -> Option<&Revision> {
        match version {
            LATEST => Some(&self.latest),
            number => self.published.iter().find(|revision| revision.version == number),
        }
    }

    /// An alias by name.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(super) fn alias(&self, name: &str) -> Result<&Alias, ApiError> {
        self.aliases.get(name).ok_or_else(|| {
            let message = format!("Cannot find alias arn: {}", self.qualified_arn(name));
            ApiError::new("ResourceNotFoundException", message).with_status(404)
        })
    }

    /// The qualified ARN.
    pub(super) fn qualified_arn(&self, qualifier: &str) -> String {
        format!("{}:{qualifier}", self.arn)
    }

    /// Rejects a change while the function is pending or another update is in progress.
    ///
    /// # Errors
    /// `ResourceConflictException` in AWS's words, which clients match to wait.
    pub(super) fn check_settled(&self) -> Result<(), ApiError> {
        self.check_runnable()?;
        if self.lifecycle.is_settled() {
            return Ok(());
        }
        Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            self.arn
        )))
    }

    /// Rejects an invocation while the function is pending.
    ///
    /// # Errors
    /// `ResourceConflictException` while the function is pending.
    pub(super) fn check_runnable(&self) -> Result<(), ApiError> {
        if !self.lifecycle.is_pending() {
            return Ok(());
        }
        Err(conflict(
            "The operation cannot be performed at this time. The function is currently in the following state: Pending"
                .to_owned(),
        ))
    }

    /// Rejects a change based on another revision.
    ///
    /// # Errors
    /// `PreconditionFailedException`.
    pub(super) fn check_revision(&self, expected: Option<&str>) -> Result<(), ApiError> {
        check_revision(expected, self.revision_id(&self.latest))
    }

    /// A revision's current id.
    fn revision_id<'r>(&self, revision: &'r Revision) -> &'r str {
        let is_settled = revision.version != LATEST || self.lifecycle.is_settled();
        if is_settled { &revision.revision_id } else { &revision.unsettled_revision_id }
    }

    /// A revision's `FunctionConfiguration`. `qualified` includes the version in the ARN.
    pub(super) fn describe(&self, revision: &Revision, qualified: bool) -> Value {
        self.describe_as(revision, qualified.then_some(revision.version.as_str()))
    }

    /// The same in a list, which says nothing of the state and of the runtime's version (API reference, `ListFunctions`).
    pub(super) fn summarise(&self, revision: &Revision, qualified: bool) -> Value {
        let mut summary = self.describe(revision, qualified);
        if let Value::Object(members) = &mut summary {
            members.retain(|name, _| !(name.starts_with("State") || name.starts_with("LastUpdateStatus")));
            members.remove("RuntimeVersionConfig");
        }
        summary
    }

    /// A revision's `FunctionConfiguration`, with the qualifier that was asked for in the ARN: a version or an alias.
    pub(super) fn describe_as(&self, revision: &Revision, qualifier: Option<&str>) -> Value {
        let arn = qualifier.map_or_else(|| self.arn.clone(), |qualifier| self.qualified_arn(qualifier));
        let mut members = Map::new();
        members.insert("FunctionName".to_owned(), json!(self.name));
        members.insert("FunctionArn".to_owned(), json!(arn));
        revision.settings.describe(&mut members);
        let rest = [
            ("CodeSize", json!(revision.code.size())),
            ("CodeSha256", json!(revision.code.sha256)),
            ("LastModified", json!(last_modified(revision.last_modified))),
            ("RevisionId", json!(self.revision_id(revision))),
            ("Version", json!(revision.version)),
            ("PackageType", json!("Zip")),
            ("SnapStart", json!({ "ApplyOn": "None", "OptimizationStatus": "Off" })),
            (
                "RuntimeVersionConfig",
                json!({ "RuntimeVersionArn": revision.settings.runtime_version_arn(&self.region) }),
            ),
        ];
        for (name, value) in rest.into_iter().chain(self.lifecycle.members()) {
            members.insert(name.to_owned(), value);
        }
        Value::Object(members)
    }
}

/// Rejects a change based on another revision of a function or its policy.
///
/// # Errors
/// `PreconditionFailedException`.
pub(super) fn check_revision(expected: Option<&str>, actual: &str) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != actual => Err(ApiError::new(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the \
             GetFunction/GetAlias API to retrieve the latest Revision Id",
        )
        .with_status(412)),
        _ => Ok(()),
    }
}

pub(super) fn conflict(message: String) -> ApiError {
    ApiError::new("ResourceConflictException", message).with_status(409)
}

/// `2026-01-31T12:00:00.000+0000`, a format only Lambda uses.
fn last_modified(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}
