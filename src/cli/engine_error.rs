//! What a person reads when an engine did not reach its aim.

use super::failure::{failure, root_cause};
use crate::error::{CommandError, Kind};
use incident_deploy::engine::cloudformation::NamedReplacement;
use incident_deploy::engine::{EngineError, Outcome, OwnedByOther, Rollback};
use incident_deploy::package::{CustomRulesError, PackageError};
use incident_deploy::plan::{NewerSchema, PlanError};
use incident_deploy::resources::DeleteBlocker;
use incident_deploy::template::TemplateError;

impl CommandError {
    /// The failure of an engine; `command` is the one that goes on where it stopped.
    pub(super) fn of_engine(error: EngineError, command: &str) -> Self {
        match error {
            EngineError::Aws(error) => error.into(),
            EngineError::Template(error) => error.into(),
            EngineError::Plan(error) => error.into(),
            EngineError::Replacement(error) => error.into(),
            EngineError::Declined(declined) => Self::user(&declined).hints(declined.hint),
            EngineError::Interrupted => Self::interrupted(),
            EngineError::Unchecked => Self::interrupted().hint("everything was asked to be deleted"),
            EngineError::Detached(arn) => Self::interrupted()
                .hint(format!("CloudFormation goes on by itself with {arn}"))
                .hint("the same command follows it again"),
            EngineError::Blocked(found) => blocked(&found),
            EngineError::Unfinished { outcome, rollback } => unfinished(&outcome, rollback, command),
            EngineError::Ended { status, outcome, cancelled } => ended(&status, &outcome, cancelled),
            EngineError::NewerSchema(error) => error.into(),
            EngineError::Filled(_) => Self::user(&error).hint("run the command again, which plans anew"),
            EngineError::Stale(_) => Self::user(&error).hint(format!("run `{command}` again, which plans anew")),
            EngineError::StillThere(_) => {
                Self::failed(&error).hint(format!("AWS may need a moment: run `{command}` again"))
            }
            EngineError::ForeignStack(_) => Self::user(&error).hint("choose another --stack name"),
            EngineError::Protected(ref arn) => Self::user(&error).hint(format!(
                "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {arn}` \
                 switches that off"
            )),
            EngineError::HalfDeleted(_) => Self::user(&error)
                .hint("`incidentctl down` deletes the rest; then run `incidentctl up` again"),
            EngineError::NothingKept(_) => Self::user(&error)
                .hint("run `incidentctl down` without --keep-data, or `incidentctl up` first"),
            EngineError::NotRetained => Self::failed(&error).hint("nothing was deleted"),
        }
    }
}

fn blocked(found: &[DeleteBlocker]) -> CommandError {
    let Some(first) = found.first() else { return CommandError::user("something keeps this from being deleted") };
    let refusal = CommandError::user(format!("{}; nothing was deleted", first.what)).hint(&first.remedy);
    let others = found.iter().skip(1).flat_map(|other| [format!("also, {}", other.what), other.remedy.clone()]);
    refusal.hints(others)
}

fn unfinished(outcome: &Outcome, rollback: Option<Rollback>, command: &str) -> CommandError {
    let again = rollback.is_none().then_some(command);
    let failed = failure(outcome, again).unwrap_or_else(|| CommandError::failed("not all changes were made"));
    match rollback {
        Some(Rollback { removed, complete: true }) => failed.hint(format!("rolled back: {removed} removed")),
        Some(_) => failed.hint("not everything could be rolled back: run `incidentctl down`"),
        None if command == UP && !outcome.finished.is_empty() => failed.hint("`incidentctl down` removes what exists"),
        None => failed,
    }
}

/// The first cause, and what CloudFormation made of it.
fn ended(status: &str, outcome: &Outcome, cancelled: bool) -> CommandError {
    let failure = match root_cause(outcome) {
        _ if cancelled => CommandError::interrupted(),
        Some(failure) => failure,
        None => CommandError::failed(format!("CloudFormation ended with {status}")),
    };
    failure.hint(match status {
        "DELETE_COMPLETE" => "CloudFormation has deleted what it had made: nothing is left".to_owned(),
        "UPDATE_ROLLBACK_COMPLETE" => "CloudFormation has rolled back: the stack is as it was before".to_owned(),
        status => format!("the stack is left in the state {status}: run the command again to repair it"),
    })
}

/// The commands that go on where they stopped.
pub(super) const UP: &str = "incidentctl up";
pub(super) const DOWN: &str = "incidentctl down";

impl From<TemplateError> for CommandError {
    fn from(error: TemplateError) -> Self {
        Self::from_error(Kind::Failed, &error)
    }
}

impl From<NewerSchema> for CommandError {
    fn from(error: NewerSchema) -> Self {
        Self::from_error(Kind::User, &error).hint(NewerSchema::HINT)
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        Self::from_error(Kind::User, &error).hint(error.hint())
    }
}

impl From<NamedReplacement> for CommandError {
    fn from(error: NamedReplacement) -> Self {
        Self::from_error(Kind::User, &error).hint(
            "`incidentctl down --keep-data` and `incidentctl up --engine direct` make it anew, without CloudFormation",
        )
    }
}

impl From<OwnedByOther> for CommandError {
    fn from(error: OwnedByOther) -> Self {
        Self::from_error(Kind::User, &error)
            .hint(format!("`--engine {}`, or none, works on it", error.owner))
            .hint("another --stack name makes a stack of its own")
    }
}

impl From<PackageError> for CommandError {
    fn from(error: PackageError) -> Self {
        let failure = match &error {
            // One line each: a file has as many problems as it likes.
            PackageError::Rules(CustomRulesError::Wrong { source, .. }) => Self::user(&error).causes(source.lines()),
            _ => Self::from_error(Kind::User, &error),
        };
        failure.hints(error.hint().map(str::to_owned))
    }
}
