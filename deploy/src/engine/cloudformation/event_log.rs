//! Turns the stack events of one operation into progress events and the plan's outcome.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::StackEvent;

use super::PlannedChange;
use super::reason::{self, Reason};
use crate::engine::{Finished, Outcome};
use crate::plan::{Action, Cause, Change, Plan, unchanged};
use crate::progress::Event;
use crate::template::{Attributes, Desired};

/// A stack event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Occurrence {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    /// Seconds since 1970.
    pub(super) at: f64,
}

impl Occurrence {
    /// Whether it concerns the stack itself.
    pub(super) fn is_of_stack(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack"
    }
}

impl From<&StackEvent> for Occurrence {
    fn from(event: &StackEvent) -> Self {
        Self {
            logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
            resource_type: event.resource_type().unwrap_or_default().to_owned(),
            status: event.resource_status().map_or("", |status| status.as_str()).to_owned(),
            reason: event.resource_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
            at: event.timestamp().map_or(0.0, aws_sdk_cloudformation::primitives::DateTime::as_secs_f64),
        }
    }
}

/// One operation on a stack, as reconstructed from its events.
#[derive(Debug)]
pub struct EventLog<'a> {
    plan: &'a Plan,
    planned: &'a [PlannedChange],
    /// When work on each resource began.
    running: BTreeMap<String, f64>,
    failed: BTreeSet<String>,
    /// The last status of the stack itself.
    status: Option<String>,
    /// Whether CloudFormation is rolling back.
    rolling_back: bool,
    outcome: Outcome,
}

impl<'a> EventLog<'a> {
    /// An empty log for a plan and, with a change set, the changes that it announced.
    pub fn of(plan: &'a Plan, planned: &'a [PlannedChange]) -> Self {
        Self {
            plan,
            planned,
            running: BTreeMap::new(),
            failed: BTreeSet::new(),
            status: None,
            rolling_back: false,
            outcome: Outcome::default(),
        }
    }

    /// The last reported status of the stack.
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// The plan's outcome. Changes without any event were not begun.
    pub fn into_outcome(mut self) -> Outcome {
        let seen = |change: &&Change| {
            let id = &change.logical_id;
            self.failed.contains(id) || self.outcome.finished.iter().any(|finished| finished.change.logical_id == *id)
        };
        let open = self.plan.changes.iter().filter(|change| change.action != Action::None);
        let open: Vec<String> = open.filter(|change| !seen(change)).map(|change| change.logical_id.clone()).collect();
        let (begun, not_begun) = open.into_iter().partition(|id| self.running.contains_key(id));
        if self.rolling_back {
            // Everything was rolled back.
            self.outcome.finished.clear();
        }
        self.outcome.abandoned = begun;
        self.outcome.not_begun = not_begun;
        self.outcome
    }

    /// Records the next event, and returns what to report about it.
    pub(super) fn record(&mut self, occurrence: &Occurrence) -> Option<Event> {
        if occurrence.is_of_stack() {
            return self.stack_changed(occurrence);
        }
        let (verb, progress) = occurrence.status.split_once('_')?;
        let change = self.change(occurrence, verb)?;
        match progress {
            "IN_PROGRESS" => self.started(occurrence, &change),
            "COMPLETE" => self.finished(occurrence, change),
            "FAILED" => self.failed(occurrence, change),
            _ => None,
        }
    }

    /// The status of the stack itself changed.
    fn stack_changed(&mut self, occurrence: &Occurrence) -> Option<Event> {
        let status = &occurrence.status;
        let deleted_against_plan = status == "DELETE_IN_PROGRESS" && !self.is_deletion();
        self.rolling_back |= status.contains("ROLLBACK") || deleted_against_plan;
        if self.status.as_ref() == Some(status) {
            return None;
        }
        self.status = Some(status.clone());
        // Only if no resource gave a reason.
        if status.ends_with("_FAILED") && self.outcome.failures.is_empty() {
            self.fail(occurrence, unplanned(&occurrence.logical_id, &occurrence.resource_type, Action::Update));
        }
        Some(Event::StackChanged { status: status.clone(), reason: occurrence.reason.clone() })
    }

    fn started(&mut self, occurrence: &Occurrence, change: &Change) -> Option<Event> {
        // CloudFormation repeats the event when the service has answered.
        if self.running.contains_key(&occurrence.logical_id) {
            return None;
        }
        self.running.insert(occurrence.logical_id.clone(), occurrence.at);
        Some(Event::started(change))
    }

    fn finished(&mut self, occurrence: &Occurrence, change: Change) -> Option<Event> {
        let began = self.running.remove(&occurrence.logical_id)?;
        let seconds = (occurrence.at - began).max(0.0);
        let event = Event::finished(&change, seconds);
        if !self.rolling_back {
            self.outcome.finished.push(Finished { change, began, made: occurrence.at, ended: occurrence.at });
        }
        Some(event)
    }

    fn failed(&mut self, occurrence: &Occurrence, change: Change) -> Option<Event> {
        self.running.remove(&occurrence.logical_id);
        self.fail(occurrence, change)
    }

    fn fail(&mut self, occurrence: &Occurrence, change: Change) -> Option<Event> {
        self.failed.insert(occurrence.logical_id.clone());
        let text = occurrence.reason.as_deref().unwrap_or("CloudFormation gave no reason");
        match reason::read(text) {
            Reason::Cancelled => {
                let root = self.outcome.failures.first().map(|(change, _)| change.logical_id.clone());
                self.outcome.skipped.push(change.logical_id.clone());
                Some(Event::ResourceSkipped { logical_id: change.logical_id, because: root.unwrap_or_default() })
            }
            Reason::Refused(error) => {
                let event = Event::failed(&change, (&error).into());
                self.outcome.failures.push((change, error));
                Some(event)
            }
        }
    }

    fn is_deletion(&self) -> bool {
        self.plan.changes.iter().all(|change| matches!(change.action, Action::Delete | Action::None))
    }

    /// The change that an event concerns: the planned one, or one derived from the event. `None` for an event without a
    /// change: the cleanup after a replacement, or a mere check.
    fn change(&self, occurrence: &Occurrence, verb: &str) -> Option<Change> {
        let id = &occurrence.logical_id;
        let by_verb = match verb {
            "CREATE" => Action::Create,
            "DELETE" => Action::Delete,
            _ => Action::Update,
        };
        let Some(planned) = self.plan.changes.iter().find(|change| change.logical_id == *id) else {
            return Some(unplanned(id, &occurrence.resource_type, by_verb));
        };
        let action = match (planned.action, by_verb) {
            (_, by_verb) if self.rolling_back => by_verb,
            (Action::None, Action::Update) if self.planned.iter().all(|one| one.logical_id != *id) => return None,
            (Action::None, by_verb) => by_verb,
            (Action::Create | Action::Update | Action::Replace, Action::Delete) => return None,
            (planned, _) => planned,
        };
        Some(Change { action, ..planned.clone() })
    }
}

/// A change of a resource that is not in the template.
pub(super) fn unplanned(logical_id: &str, resource_type: &str, action: Action) -> Change {
    let desired = Desired {
        logical_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        step: 0,
        properties: serde_json::Value::Null,
        attributes: Attributes::default(),
        needs: BTreeSet::new(),
        retain: false,
    };
    Change { action, cause: Some(Cause::Removed), ..unchanged(&desired, None) }
}

#[cfg(test)]
mod tests;
