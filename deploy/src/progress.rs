//! What happened: past-tense facts, one JSON line each.

use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

use crate::plan::{Action, Change, Plan};

/// Something that happened while a plan was carried out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The plan is known.
    PlanMade {
        /// Resources to create.
        create: usize,
        /// Resources to update.
        update: usize,
        /// Resources to delete and make anew.
        replace: usize,
        /// Resources to delete.
        delete: usize,
        /// Resources that are as they should be.
        unchanged: usize,
    },
    /// Work on a resource began.
    ResourceStarted {
        /// Its name in the template.
        logical_id: String,
        /// `AWS::Service::Type`.
        resource_type: String,
        /// What happens to it.
        action: Action,
        /// The step that it belongs to.
        step: u8,
    },
    /// Work on a resource waits for AWS.
    ResourceWaiting {
        /// Its name in the template.
        logical_id: String,
        /// What is waited for.
        reason: String,
    },
    /// Work on a resource is done.
    ResourceFinished {
        /// Its name in the template.
        logical_id: String,
        /// `AWS::Service::Type`.
        resource_type: String,
        /// What happened to it.
        action: Action,
        /// The step that it belongs to.
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
        /// What should have happened to it.
        action: Action,
        /// The step that it belongs to.
        step: u8,
        /// Why.
        failure: Failure,
    },
    /// A resource was left alone because something that it needs failed.
    ResourceSkipped {
        /// Its name in the template.
        logical_id: String,
        /// Logical id of what failed; empty when the person cancelled.
        because: String,
    },
    /// No further work begins because the person interrupted.
    Interrupted,
    /// Something beside the changes of single resources, for people.
    #[serde(skip)]
    Note {
        /// A sentence.
        text: String,
    },
    /// Something that stays untidy, for people.
    #[serde(skip)]
    Warning {
        /// A sentence.
        text: String,
    },
    /// CloudFormation says how far the stack is.
    StackChanged {
        /// Such as `UPDATE_ROLLBACK_IN_PROGRESS`.
        status: String,
        /// Why, if CloudFormation says.
        reason: Option<String>,
    },
}

impl Event {
    /// It is known what changes.
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

/// What AWS answered to a call that failed.
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

/// Tells events about one resource.
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

    /// Nobody listens.
    pub fn silent() -> Self {
        Self { sender: None, logical_id: String::new() }
    }

    /// Tells what is waited for.
    pub fn waiting(&self, reason: &str) {
        self.tell(Event::ResourceWaiting { logical_id: self.logical_id.clone(), reason: reason.to_owned() });
    }

    fn tell(&self, event: Event) {
        if let Some(sender) = &self.sender {
            // A display that went away must not stop the work.
            let _ = sender.send(event);
        }
    }
}
