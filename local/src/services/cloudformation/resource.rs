//! Work on one resource, told as events.

use super::difference::Modification;
use super::graph::Task;
use super::operation::Work;
use super::provisioner::{Refusal, Resource};
use super::stack::{Member, made_up_name};
use super::tagging;

/// Does one step.
///
/// # Errors
/// Why it was not done; the stack's events have told it.
pub(super) async fn perform(work: &Work, task: &Task) -> Result<(), Refusal> {
    match task {
        Task::Create(resource) => create(work, resource).await,
        Task::Modify(modification) if modification.replaces.is_some() => replace(work, modification).await,
        Task::Modify(modification) => update(work, modification).await,
        Task::Delete(member) => delete(work, member).await,
        Task::Retain(member) => {
            tell_of(work, member, "DELETE_SKIPPED", None);
            leave(work, member);
            Ok(())
        }
    }
}

async fn create(work: &Work, resource: &Resource) -> Result<(), Refusal> {
    let now = work.cloud.clock.now();
    let member = Member {
        resource: resource.clone(),
        physical_id: String::new(),
        status: "CREATE_IN_PROGRESS",
        reason: None,
        at: now,
        exists: false,
    };
    let id = resource.logical_id.as_str();
    work.change(|stack| {
        stack.members.insert(id.to_owned(), member);
        stack.tell(id, "CREATE_IN_PROGRESS", None, now);
    });
    let made = make(work, resource).await;
    finish(work, id, "CREATE", made).await
}

/// Makes a resource that is not there, and says so.
async fn make(work: &Work, resource: &Resource) -> Result<(), Refusal> {
    let id = resource.logical_id.as_str();
    let made = work.provisioner.create(&work.workplace, resource).await;
    let (physical_id, made) = match made {
        Ok(physical_id) => (physical_id, Ok(())),
        Err(refusal) => (None, Err(refusal)),
    };
    let physical_id = physical_id.unwrap_or_else(|| match resource.physical_id.as_str() {
        "" => made_up_name(&work.workplace.home.stack, id),
        known => known.to_owned(),
    });
    if made.as_ref().map_or_else(|refusal| refusal.exists, |()| true) {
        tagging::mark(work, resource, &physical_id);
        let now = work.cloud.clock.now();
        work.change(|stack| {
            let Some(member) = stack.members.get_mut(id) else { return };
            (member.exists, member.physical_id) = (true, physical_id);
            // What was given up meanwhile is not begun once more.
            if member.status.ends_with("_IN_PROGRESS") {
                let status = member.status;
                stack.tell(id, status, Some("Resource creation Initiated"), now);
            }
        });
    }
    made
}

async fn update(work: &Work, modification: &Modification) -> Result<(), Refusal> {
    let (before, after) = (&modification.before.resource, &modification.before.identified(&modification.after));
    let id = after.logical_id.as_str();
    let now = work.cloud.clock.now();
    work.change(|stack| {
        if let Some(member) = stack.members.get_mut(id) {
            // An update that fails may have been made by half: the way back starts from here.
            member.resource = after.clone();
        }
        stack.tell(id, "UPDATE_IN_PROGRESS", None, now);
    });
    let updated = work.provisioner.update(&work.workplace, before, after).await;
    finish(work, id, "UPDATE", updated).await
}

/// Makes a new resource in the place of an old one, which stays until everything else is done.
async fn replace(work: &Work, modification: &Modification) -> Result<(), Refusal> {
    const REASON: &str = "Requested update requires the creation of a new physical resource; hence creating one.";
    let after = &modification.after;
    let id = after.logical_id.as_str();
    let now = work.cloud.clock.now();
    work.change(|stack| stack.tell(id, "UPDATE_IN_PROGRESS", Some(REASON), now));
    if after.physical_id == modification.before.physical_id {
        let message = format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and update the stack again.",
            after.physical_id
        );
        let now = work.cloud.clock.now();
        work.change(|stack| stack.tell(id, "UPDATE_FAILED", Some(&message), now));
        return Err(Refusal::new("InvalidRequest", message));
    }
    work.change(|stack| {
        if let Some(member) = stack.members.get_mut(id) {
            let old = member.clone();
            (member.resource, member.exists) = (after.clone(), false);
            stack.replaced.push(old);
        }
    });
    let made = make(work, after).await;
    finish(work, id, "UPDATE", made).await
}

async fn delete(work: &Work, member: &Member) -> Result<(), Refusal> {
    tell_of(work, member, "DELETE_IN_PROGRESS", None);
    let deleted = work.provisioner.delete(&work.workplace, &member.identified(&member.resource)).await;
    work.cloud.clock.sleep(work.cloud.config.latency.stack_resource).await;
    match &deleted {
        Ok(()) => {
            tell_of(work, member, "DELETE_COMPLETE", None);
            leave(work, member);
        }
        Err(refusal) => tell_of(work, member, "DELETE_FAILED", Some(&refusal.reason())),
    }
    deleted
}

/// Tells how work on a resource ended, unless it was given up and that was told already.
async fn finish(work: &Work, id: &str, verb: &str, outcome: Result<(), Refusal>) -> Result<(), Refusal> {
    if outcome.is_ok() {
        // CloudFormation looks until the resource is as it should be.
        work.cloud.clock.sleep(work.cloud.config.latency.stack_resource).await;
    }
    let (status, reason) = match (&outcome, verb) {
        (Ok(()), "CREATE") => ("CREATE_COMPLETE", None),
        (Ok(()), _) => ("UPDATE_COMPLETE", None),
        (Err(refusal), "CREATE") => ("CREATE_FAILED", Some(refusal.reason())),
        (Err(refusal), _) => ("UPDATE_FAILED", Some(refusal.reason())),
    };
    let now = work.cloud.clock.now();
    work.change(|stack| {
        let open = stack.members.get(id).is_some_and(|member| member.status.ends_with("_IN_PROGRESS"));
        if open {
            stack.tell(id, status, reason.as_deref(), now);
        }
    });
    outcome
}

/// Tells of a resource of the stack, or of one that another took the place of.
fn tell_of(work: &Work, member: &Member, status: &'static str, reason: Option<&str>) {
    let now = work.cloud.clock.now();
    let id = member.resource.logical_id.as_str();
    work.change(|stack| match stack.members.get(id) {
        Some(current) if current.physical_id == member.physical_id => stack.tell(id, status, reason, now),
        _ => stack.tell_of(member, status, reason, now),
    });
}

/// A resource is not the stack's any more.
fn leave(work: &Work, member: &Member) {
    work.change(|stack| {
        if let Some(current) = stack.members.get_mut(&member.resource.logical_id)
            && current.physical_id == member.physical_id
        {
            current.exists = false;
        }
    });
}
