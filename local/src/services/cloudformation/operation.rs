//! What happens to a stack in the background: creation, update, deletion, and the way back from each.

use std::sync::Arc;

use super::difference::{Difference, differences};
use super::error::validation;
use super::graph::{self, Failures, Mode, Step};
use super::provisioner::{Provisioner, Workplace};
use super::stack::{Blueprint, Member, Stack};
use super::status::Status;
use super::store;
use crate::{ApiError, Call, Cloud, Principal};
use tokio::sync::{Mutex, watch};

/// What is done when a creation or an update fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    Rollback,
    Delete,
    DoNothing,
}

impl OnFailure {
    /// `OnStackFailure` of a change set; only a new stack can be deleted.
    pub(super) fn of_change_set(text: Option<&str>, is_create: bool) -> Result<Self, ApiError> {
        match Self::parse(text)? {
            Self::Delete if !is_create => {
                Err(validation("OnStackFailure DELETE is only supported for change sets of type CREATE"))
            }
            on_failure => Ok(on_failure),
        }
    }

    /// `DELETE`, `ROLLBACK` or `DO_NOTHING`.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None | Some("ROLLBACK") => Ok(Self::Rollback),
            Some("DELETE") => Ok(Self::Delete),
            Some("DO_NOTHING") => Ok(Self::DoNothing),
            Some(other) => Err(validation(format!(
                "1 validation error detected: Value '{other}' at 'onFailure' failed to satisfy constraint: Member must satisfy enum value set: [DELETE, ROLLBACK, DO_NOTHING]"
            ))),
        }
    }

    /// The same, unless rollback is switched off.
    pub(super) fn or_disabled(self, disabled: bool) -> Self {
        if disabled { Self::DoNothing } else { self }
    }

    /// As AWS writes it; nothing for the default.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Rollback => None,
            Self::Delete => Some("DELETE"),
            Self::DoNothing => Some("DO_NOTHING"),
        }
    }
}

/// Everything that an operation works with.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) cloud: Cloud,
    pub(super) stack_id: String,
    pub(super) provisioner: Arc<dyn Provisioner>,
    pub(super) workplace: Workplace,
    pub(super) cancel: watch::Receiver<bool>,
    turn: Arc<Mutex<()>>,
}

/// Who works, and with what.
#[derive(Clone)]
pub(super) struct Worker {
    cloud: Cloud,
    provisioner: Arc<dyn Provisioner>,
    principal: Principal,
}

impl Worker {
    /// Works as the caller: CloudFormation may do what it may.
    pub(super) fn of(cloud: &Cloud, call: &Call) -> Self {
        let provisioner = cloud.cloudformation.provisioner();
        Self { cloud: cloud.clone(), provisioner, principal: call.principal.clone() }
    }

    /// Begins an operation on a stack; the one that runs is told to stop.
    fn begin(self, stack: &mut Stack, status: Status, token: Option<String>) -> Work {
        let cancel = stack.begin(token);
        stack.enter(status, Some("User Initiated"), self.cloud.clock.now());
        Work {
            stack_id: stack.id.clone(),
            workplace: Workplace {
                cloud: self.cloud.clone(),
                home: stack.home(&self.cloud),
                principal: self.principal,
            },
            cloud: self.cloud,
            provisioner: self.provisioner,
            cancel,
            turn: Arc::clone(&stack.turn),
        }
    }
}

impl Work {
    /// Works on the stack under lock.
    pub(super) fn change<T: Default>(&self, work: impl FnOnce(&mut Stack) -> T) -> T {
        store::change(&self.cloud, &self.stack_id, work).unwrap_or_default()
    }

    fn enter(&self, status: Status, reason: Option<&str>) {
        let now = self.cloud.clock.now();
        self.change(|stack| stack.enter(status, reason, now));
    }

    /// Runs in the background, once the operation before it has ended.
    fn spawn<J: Future<Output = ()> + Send + 'static>(self, job: impl FnOnce(Self) -> J) {
        let turn = Arc::clone(&self.turn);
        let job = job(self);
        tokio::spawn(async move {
            let _turn = turn.lock().await;
            job.await;
        });
    }
}

/// Begins to create a stack.
pub(super) fn create(
    worker: Worker,
    stack: &mut Stack,
    blueprint: Blueprint,
    on_failure: OnFailure,
    token: Option<String>,
) {
    stack.disable_rollback = on_failure == OnFailure::DoNothing;
    stack.blueprint = blueprint;
    let work = worker.begin(stack, Status::CreateInProgress, token);
    work.spawn(async move |work| creation(&work, on_failure).await);
}

async fn creation(work: &Work, on_failure: OnFailure) {
    let resources = work.change(|stack| stack.blueprint.resources.clone());
    let steps = resources.into_iter().map(Step::create).collect();
    let failures = graph::run(work, steps, Mode::UntilFailure).await;
    if failures.cancelled {
        // Only a deletion stops a creation, and it takes over from here.
        return;
    }
    let Some(reason) = failures.reason() else { return work.enter(Status::CreateComplete, None) };
    match on_failure {
        OnFailure::DoNothing => work.enter(Status::CreateFailed, Some(&reason)),
        OnFailure::Rollback => {
            work.enter(Status::RollbackInProgress, Some(&format!("{reason} Rollback requested by user.")));
            remove_all(work, &[], Status::RollbackComplete, Status::RollbackFailed).await;
        }
        OnFailure::Delete => {
            work.enter(Status::DeleteInProgress, Some(&format!("{reason} Delete requested by user.")));
            remove_all(work, &[], Status::DeleteComplete, Status::DeleteFailed).await;
        }
    }
}

/// Begins to delete a stack. A creation that still runs is given up first.
pub(super) fn delete(worker: Worker, stack: &mut Stack, retain: Vec<String>, force: bool, token: Option<String>) {
    let failed = if force { Status::DeleteComplete } else { Status::DeleteFailed };
    let work = worker.begin(stack, Status::DeleteInProgress, token);
    work.spawn(async move |work| remove_all(&work, &retain, Status::DeleteComplete, failed).await);
}

/// Removes all resources that exist, what needs others first.
async fn remove_all(work: &Work, retain: &[String], done: Status, failed: Status) {
    let members: Vec<Member> =
        work.change(|stack| stack.members.values().filter(|member| member.exists).cloned().collect());
    match remove(work, members, retain).await.reason() {
        None => work.enter(done, None),
        Some(reason) => work.enter(failed, Some(&reason)),
    }
}

async fn remove(work: &Work, members: Vec<Member>, retain: &[String]) -> Failures {
    let steps = members.iter().map(|member| Step::delete(member, &members, retain)).collect();
    graph::run(work, steps, Mode::ToTheEnd).await
}

/// Begins to update a stack.
pub(super) fn update(
    worker: Worker,
    stack: &mut Stack,
    blueprint: Blueprint,
    on_failure: OnFailure,
    token: Option<String>,
) {
    stack.updated = Some(worker.cloud.clock.now());
    stack.disable_rollback = on_failure == OnFailure::DoNothing;
    let found = differences(stack, &blueprint.resources, worker.provisioner.as_ref());
    let before = std::mem::replace(&mut stack.blueprint, blueprint);
    // An update that mends a failed one still goes back to what was before both.
    stack.previous.get_or_insert(before);
    let work = worker.begin(stack, Status::UpdateInProgress, token);
    work.spawn(async move |work| match forward(&work, found).await {
        Ok(gone) => clean_up_update(&work, gone).await,
        Err(reason) if on_failure == OnFailure::DoNothing => work.enter(Status::UpdateFailed, Some(&reason)),
        Err(reason) => {
            work.enter(Status::UpdateRollbackInProgress, Some(&reason));
            roll_back(&work, &[]).await;
        }
    });
}

/// Adds and changes; what is to be removed is returned.
async fn forward(work: &Work, found: Vec<Difference>) -> Result<Vec<Member>, String> {
    let (steps, gone) = split(found);
    let failures = graph::run(work, steps, Mode::UntilFailure).await;
    match failures.reason() {
        None => Ok(gone),
        Some(reason) => Err(reason),
    }
}

fn split(found: Vec<Difference>) -> (Vec<Step>, Vec<Member>) {
    let (mut steps, mut gone) = (Vec::new(), Vec::new());
    for difference in found {
        match difference {
            Difference::Add(resource) => steps.push(Step::create(resource)),
            Difference::Modify(modification) => steps.push(Step::modify(modification)),
            Difference::Remove(member) => gone.push(member),
        }
    }
    (steps, gone)
}

/// Removes what the update left over. What cannot be removed does not undo the update.
async fn clean_up_update(work: &Work, mut gone: Vec<Member>) {
    work.enter(Status::UpdateCompleteCleanupInProgress, None);
    let replaced = work.change(|stack| std::mem::take(&mut stack.replaced));
    gone.extend(replaced.into_iter().map(|mut old| {
        old.resource.retain = old.resource.retain_replaced;
        old
    }));
    remove(work, gone, &[]).await;
    work.change(|stack| {
        stack.previous = None;
        stack.adopt_blueprint();
    });
    work.enter(Status::UpdateComplete, None);
}

/// Begins to roll back an update, for the first time or once more; what is skipped is taken for what it should be.
pub(super) fn roll_back_update(worker: Worker, stack: &mut Stack, skip: Vec<String>, token: Option<String>) {
    let work = worker.begin(stack, Status::UpdateRollbackInProgress, token);
    work.spawn(async move |work| roll_back(&work, &skip).await);
}

/// Begins to roll back a creation that failed with rollback switched off.
pub(super) fn roll_back_creation(worker: Worker, stack: &mut Stack, token: Option<String>) {
    let work = worker.begin(stack, Status::RollbackInProgress, token);
    work.spawn(async move |work| remove_all(&work, &[], Status::RollbackComplete, Status::RollbackFailed).await);
}

/// Brings everything back to what it was before the update, then removes what the update made.
async fn roll_back(work: &Work, skip: &[String]) {
    let now = work.cloud.clock.now();
    let found = work.change(|stack| {
        if let Some(previous) = &stack.previous {
            stack.blueprint = previous.clone();
        }
        stack.restore_replaced();
        let wanted = stack.blueprint.resources.clone();
        for resource in wanted.iter().filter(|resource| skip.contains(&resource.logical_id)) {
            stack.take_for(resource, now);
        }
        differences(stack, &wanted, work.provisioner.as_ref())
    });
    let (steps, mut gone) = split(found);
    let failures = graph::run(work, steps, Mode::ToTheEnd).await;
    if let Some(reason) = failures.reason() {
        return work.enter(Status::UpdateRollbackFailed, Some(&reason));
    }
    work.enter(Status::UpdateRollbackCompleteCleanupInProgress, None);
    gone.extend(work.change(|stack| std::mem::take(&mut stack.discarded)));
    remove(work, gone, &[]).await;
    work.change(|stack| {
        stack.previous = None;
        stack.adopt_blueprint();
    });
    work.enter(Status::UpdateRollbackComplete, None);
}
