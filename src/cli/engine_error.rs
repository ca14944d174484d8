//! How engine errors read on the command line.

use super::failure::{failure, root_cause};
use crate::error::{CommandError, Kind};
use incident_deploy::engine::cloudformation::NamedReplacement;
use incident_deploy::engine::{EngineError, Outcome, OwnedByOther, Rollback};
use incident_deploy::package::{CustomRulesError, PackageError};
use incident_deploy::plan::{NewerSchema, PlanError};
use incident_deploy::resources::DeleteBlocker;
use incident_deploy::template::TemplateError;

impl CommandError {
    /// The error of an engine as a command's; `command` resumes where it stopped.
    pub(super) fn of_engine(error: EngineError, command: &str) -> Self {
        match error {
            EngineError::Aws(error) => error.into(),
            EngineError::Template(error) => error.into(),
            EngineError::Plan(error) => error.into(),
            EngineError::Replacement(error) => error.into(),
            EngineError::Declined(declined) => Self::user(&declined).hints(declined.hint),
            EngineError::Interrupted => Self::interrupted(),
            EngineError::Unchecked => Self::interrupted().hint("all deletions were requested"),
            EngineError::Detached(arn) => Self::interrupted()
                .hint(format!("CloudFormation continues on its own with {arn}"))
                .hint("run the same command to follow it again"),
            EngineError::Blocked(found) => blocked(&found),
            EngineError::Unfinished { outcome, rollback } => unfinished(&outcome, rollback, command),
            EngineError::Ended { status, outcome, cancelled } => ended(&status, &outcome, cancelled),
            EngineError::NewerSchema(error) => error.into(),
            EngineError::Filled(_) => Self::user(&error).hint("run the command again to make a new plan"),
            EngineError::Stale(_) => Self::user(&error).hint(format!("run `{command}` again to make a new plan")),
            EngineError::StillThere(_) => {
                Self::failed(&error).hint(format!("AWS may need a moment: run `{command}` again"))
            }
            EngineError::ForeignStack(_) => Self::user(&error).hint("choose another --stack name"),
            EngineError::Protected(ref arn) => Self::user(&error).hint(format!(
                "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {arn}` \
                 disables it"
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
    let Some(first) = found.first() else { return CommandError::user("the stack cannot be deleted") };
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

/// The first cause, and the state CloudFormation left behind.
fn ended(status: &str, outcome: &Outcome, cancelled: bool) -> CommandError {
    let failure = match root_cause(outcome) {
        _ if cancelled => CommandError::interrupted(),
        Some(failure) => failure,
        None => CommandError::failed(format!("CloudFormation ended with {status}")),
    };
    failure.hint(match status {
        "DELETE_COMPLETE" => "CloudFormation deleted everything it created".to_owned(),
        "UPDATE_ROLLBACK_COMPLETE" => "CloudFormation rolled the stack back to its previous state".to_owned(),
        status => format!("the stack is in state {status}: run the command again to repair it"),
    })
}

/// The commands that resume a run.
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
            "`incidentctl down --keep-data` and `incidentctl up --engine direct` recreate it without CloudFormation",
        )
    }
}

impl From<OwnedByOther> for CommandError {
    fn from(error: OwnedByOther) -> Self {
        Self::from_error(Kind::User, &error)
            .hint(format!("use `--engine {}`, or omit the flag", error.owner))
            .hint("another --stack name creates a separate stack")
    }
}

impl From<PackageError> for CommandError {
    fn from(error: PackageError) -> Self {
        let failure = match &error {
            // One hint each: a file can have any number of problems.
            PackageError::Rules(CustomRulesError::Wrong { source, .. }) => Self::user(&error).causes(source.lines()),
            _ => Self::from_error(Kind::User, &error),
        };
        failure.hints(error.hint().map(str::to_owned))
    }
}
