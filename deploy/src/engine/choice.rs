//! Which engine owns a stack, and therefore deploys it.

use super::Engine;
use super::cloudformation::StackRecord;
use crate::plan::{Observations, Ownership, Plan};

/// The requested engine does not own the stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stack belongs to the engine `{owner}`, so `{wanted}` cannot change it")]
pub struct OwnedByOther {
    /// The engine that owns the stack.
    pub owner: Engine,
    /// The requested engine.
    pub wanted: Engine,
}

/// The engine for a stack: its owner, else the requested one, else the default.
///
/// `has_resources` says whether anything with the stack's tag exists.
///
/// # Errors
/// When the requested engine is not the owner.
pub fn choose(
    wanted: Option<Engine>,
    record: Option<&StackRecord>,
    has_resources: bool,
) -> Result<Engine, OwnedByOther> {
    let managed = record.is_some_and(StackRecord::is_managed);
    let owner = match (managed, has_resources) {
        (true, _) => Engine::CloudFormation,
        (false, true) => Engine::Direct,
        (false, false) => return Ok(wanted.unwrap_or_default()),
    };
    match wanted {
        Some(wanted) if wanted != owner => Err(OwnedByOther { owner, wanted }),
        _ => Ok(owner),
    }
}

/// Whether anything of the stack exists and carries its tag.
pub fn has_resources(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| change.observed.as_ref().is_some_and(|one| one.ownership == Ownership::Ours))
}

/// The same for observations.
pub fn any_is_ours(observations: &Observations) -> bool {
    let orphans = observations.orphans.iter().map(|(_, observed)| observed);
    observations.resources.values().chain(orphans).any(|one| one.ownership == Ownership::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_may_deploy_a_stack() {
        use Engine::{CloudFormation, Direct};
        let record = |status: &str, ours| Some(StackRecord { status: status.into(), ours, ..StackRecord::default() });
        let refused = |owner, wanted| Err(OwnedByOther { owner, wanted });
        for (wanted, record, has_resources, expected) in [
            (None, None, false, Ok(Direct)),
            (Some(CloudFormation), None, false, Ok(CloudFormation)),
            (None, None, true, Ok(Direct)),
            (Some(CloudFormation), None, true, refused(Direct, CloudFormation)),
            (None, record("CREATE_COMPLETE", true), true, Ok(CloudFormation)),
            (Some(Direct), record("CREATE_COMPLETE", true), true, refused(CloudFormation, Direct)),
            (Some(Direct), record("ROLLBACK_COMPLETE", true), false, refused(CloudFormation, Direct)),
            // A change set that was never executed created nothing.
            (Some(Direct), record("REVIEW_IN_PROGRESS", true), false, Ok(Direct)),
            (None, record("REVIEW_IN_PROGRESS", true), true, Ok(Direct)),
            // A foreign stack of that name is unrelated to ours.
            (Some(Direct), record("CREATE_COMPLETE", false), true, Ok(Direct)),
        ] {
            let chosen = choose(wanted, record.as_ref(), has_resources);
            assert_eq!(chosen, expected, "{wanted:?} {record:?} {has_resources}");
        }
    }
}
