//! The events of a run: past-tense facts, one JSON line each.

use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

use crate::plan::{Action, Change, Plan};

/// An event while a plan is applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The plan was made.
    PlanMade {
        /// Resources to create.
        create: usize,
        /// Resources to update.
        update: usize,
        /// Resources to replace.
        replace: usize,
        /// Resources to delete.
        delete: usize,
        /// Resources without a change.
        unchanged: usize,
    },
    /// Work on a resource began.
    ResourceStarted {
        /// Its name in the template.
        logical_id: String,
        /// `AWS::Service::Type`.
        resource_type: String,
        /// The action.
        action: Action,
        /// Its step.
        step: u8,
    },
    /// Work on a resource waits for AWS.
    ResourceWaiting {
        /// Its name in the template.
        logical_id: String,
        /// What AWS is waited for.
        reason: String,
    },
    /// Work on a resource is done.
    ResourceFinished {
        /// Its name in the template.
        logical_id: String,
        /// `AWS::Service::Type`.
        resource_type: String,
        /// The action taken.
        action: Action,
        /// Its step.
        step: u8,
        /// How long it took.
        seconds: f64,
    },
    /// Work on a resource failed.
    ResourceFailed {
        /// Its name in the template.
        logical_id: String,
        /// `AWS::Service::Type`.
        resource_type: String,
        /// The intended action.
        action: Action,
        /// Its step.
        step: u8,
        /// Why.
        failure: Failure,
    },
    /// A resource was skipped because a dependency failed.
    ResourceSkipped {
        /// Its name in the template.
        logical_id: String,
        /// Logical id of what failed; empty when the user cancelled.
        because: String,
    },
    /// No further work begins because the user interrupted.
    Interrupted,
    /// A fact beyond single resources' changes, for people.
    #[serde(skip)]
    Note {
        /// A sentence.
        text: String,
    },
    /// A leftover, for people.
    #[serde(skip)]
    Warning {
        /// A sentence.
        text: String,
    },
    /// Incidents that only a former index showed were moved to the indexes of today.
    IncidentsMoved {
        /// How many, of one page.
        incidents: usize,
    },
    /// An index of a former version was deleted.
    IndexRetired {
        /// Its name.
        index: String,
    },
    /// The CloudFormation stack has a new status.
    StackChanged {
        /// Such as `UPDATE_ROLLBACK_IN_PROGRESS`.
        status: String,
        /// Why, if CloudFormation gives a reason.
        reason: Option<String>,
    },
}

impl Event {
    /// The plan was made.
    pub(crate) fn made(plan: &Plan) -> Self {
        Self::PlanMade {
            create: plan.count(Action::Create),
            update: plan.count(Action::Update),
            replace: plan.count(Action::Replace),
            delete: plan.count(Action::Delete),
            unchanged: plan.count(Action::None),
        }
    }

    /// Work on a change begins.
    pub(crate) fn started(change: &Change) -> Self {
        Self::ResourceStarted {
            logical_id: change.logical_id.clone(),
            resource_type: change.resource_type.clone(),
            action: change.action,
            step: change.desired.step,
        }
    }

    /// Work on a change is done.
    pub(crate) fn finished(change: &Change, seconds: f64) -> Self {
        Self::ResourceFinished {
            logical_id: change.logical_id.clone(),
            resource_type: change.resource_type.clone(),
            action: change.action,
            step: change.desired.step,
            seconds,
        }
    }

    /// Work on a change failed.
    pub(crate) fn failed(change: &Change, failure: Failure) -> Self {
        Self::ResourceFailed {
            logical_id: change.logical_id.clone(),
            resource_type: change.resource_type.clone(),
            action: change.action,
            step: change.desired.step,
            failure,
        }
    }
}

/// AWS's response to a failed call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Service and operation.
    pub call: String,
    /// AWS's error code.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// The id that AWS support asks for.
    pub request_id: Option<String>,
}

/// Reports the events of one resource.
#[derive(Debug, Clone)]
pub struct Progress {
    sender: Option<UnboundedSender<Event>>,
    logical_id: String,
}

impl Progress {
    /// Events about the resource of a change go to `sender`.
    pub(crate) fn of(change: &Change, sender: &UnboundedSender<Event>) -> Self {
        Self { sender: Some(sender.clone()), logical_id: change.logical_id.clone() }
    }

    /// Reports to no one.
    pub fn silent() -> Self {
        Self { sender: None, logical_id: String::new() }
    }

    /// Reports a wait.
    pub fn waiting(&self, reason: &str) {
        self.report(Event::ResourceWaiting { logical_id: self.logical_id.clone(), reason: reason.to_owned() });
    }

    fn report(&self, event: Event) {
        if let Some(sender) = &self.sender {
            // A closed display must not stop the work.
            let _ = sender.send(event);
        }
    }
}
