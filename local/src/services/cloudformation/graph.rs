//! Work on many resources at once: each begins when all that it has to wait for is done.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::difference::Modification;
use super::operation::Work;
use super::provisioner::Resource;
use super::resource;
use super::stack::Member;

/// Work on one resource.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) logical_id: String,
    /// Logical ids of steps that have to be done first.
    waits_for: BTreeSet<String>,
    pub(super) task: Task,
}

/// What is done to a resource.
#[derive(Debug, Clone)]
pub(super) enum Task {
    Create(Resource),
    Modify(Box<Modification>),
    Delete(Member),
    /// Leaves the stack and stays.
    Retain(Member),
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// At the first failure, or when the operation is cancelled.
    UntilFailure,
    /// When all that can be done is done.
    ToTheEnd,
}

/// What was not done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failures {
    /// What was attempted, and logical ids.
    failed: Vec<(&'static str, String)>,
    /// Whether somebody stopped the operation.
    pub(super) cancelled: bool,
}

impl Step {
    /// Makes a resource after all that it needs.
    pub(super) fn create(resource: Resource) -> Self {
        Self {
            logical_id: resource.logical_id.clone(),
            waits_for: resource.needs.clone(),
            task: Task::Create(resource),
        }
    }

    /// Changes a resource after all that it needs.
    pub(super) fn modify(modification: Box<Modification>) -> Self {
        Self {
            logical_id: modification.after.logical_id.clone(),
            waits_for: modification.after.needs.clone(),
            task: Task::Modify(modification),
        }
    }

    /// Removes a resource after all that need it.
    pub(super) fn delete(member: &Member, all: &[Member], retain: &[String]) -> Self {
        let logical_id = member.resource.logical_id.clone();
        let users = all.iter().filter(|other| other.resource.needs.contains(&logical_id));
        let waits_for = users.map(|other| other.resource.logical_id.clone()).collect();
        let task = match member.resource.retain || retain.contains(&logical_id) {
            true => Task::Retain(member.clone()),
            false => Task::Delete(member.clone()),
        };
        Self { logical_id, waits_for, task }
    }

    fn verb(&self) -> &'static str {
        match self.task {
            Task::Create(_) => "create",
            Task::Modify(_) => "update",
            Task::Delete(_) | Task::Retain(_) => "delete",
        }
    }
}

impl Failures {
    /// The reason that the stack gives, if anything was not done.
    pub(super) fn reason(&self) -> Option<String> {
        let of = |verb: &str| -> Vec<&str> {
            self.failed.iter().filter(|(of, _)| *of == verb).map(|(_, id)| id.as_str()).collect()
        };
        let parts = ["create", "update", "delete"].map(|verb| (verb, of(verb)));
        let texts: Vec<String> = parts
            .iter()
            .filter(|(_, ids)| !ids.is_empty())
            .map(|(verb, ids)| format!("The following resource(s) failed to {verb}: [{}].", ids.join(", ")))
            .collect();
        match texts.is_empty() {
            true => self.cancelled.then(|| "User Initiated".to_owned()),
            false => Some(texts.join(" ")),
        }
    }
}

/// Does all steps that can be done.
pub(super) async fn run(work: &Work, steps: Vec<Step>, mode: Mode) -> Failures {
    let all: BTreeSet<String> = steps.iter().map(|step| step.logical_id.clone()).collect();
    let mut waiting = steps;
    let mut running = FuturesUnordered::new();
    let mut in_flight: Vec<Step> = Vec::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut failures = Failures::default();
    let mut stopped = false;
    let mut cancel = work.cancel.clone();
    loop {
        let free = |step: &mut Step| step.waits_for.iter().all(|id| done.contains(id) || !all.contains(id));
        let ready: Vec<Step> = if stopped { Vec::new() } else { waiting.extract_if(.., free).collect() };
        for step in ready {
            in_flight.push(step.clone());
            running.push(async move {
                let outcome = resource::perform(work, &step.task).await;
                (step, outcome)
            });
        }
        let ended = tokio::select! {
            ended = running.next() => ended,
            _ = cancel.wait_for(|stop| *stop), if mode == Mode::UntilFailure && !stopped => {
                (stopped, failures.cancelled) = (true, true);
                give_up(work, &in_flight, &mut failures);
                continue;
            }
        };
        let Some((step, outcome)) = ended else {
            // Whoever stopped it after the last step stopped it all the same.
            failures.cancelled |= mode == Mode::UntilFailure && *cancel.borrow();
            return failures;
        };
        in_flight.retain(|other| other.logical_id != step.logical_id);
        match outcome {
            Ok(()) => _ = done.insert(step.logical_id),
            Err(_) if stopped => {}
            Err(_) => {
                failures.failed.push((step.verb(), step.logical_id));
                if mode == Mode::UntilFailure {
                    stopped = true;
                    give_up(work, &in_flight, &mut failures);
                }
            }
        }
    }
}

/// Tells of everything in flight that it is given up. It is waited for all the same, so that what it makes is known.
fn give_up(work: &Work, in_flight: &[Step], failures: &mut Failures) {
    for step in in_flight {
        failures.failed.push((step.verb(), step.logical_id.clone()));
        let (status, reason) = match step.task {
            Task::Create(_) => ("CREATE_FAILED", "Resource creation cancelled"),
            _ => ("UPDATE_FAILED", "Resource update cancelled"),
        };
        let now = work.cloud.clock.now();
        work.change(|stack| stack.tell(&step.logical_id, status, Some(reason), now));
    }
}
