//! `incidentctl local status`.

use clap::Args;
use incident_local::daemon::{self, Found, Status};

use crate::error::CommandError;
use crate::settings::{Settings, single_quoted};
use crate::ui::{Line, Ui};

/// Show whether the local AWS is running, and where
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print shell exports for other AWS clients: eval "$(incidentctl local status --export)"
    #[arg(long)]
    pub export: bool,
}

pub(super) async fn run(args: &StatusArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match daemon::find(&settings.local_directory).await {
        Found::Running(status) if args.export => return ui.print_all(exports(&status, has_session_token())),
        Found::Running(status) => return super::show(&status, ui),
        Found::Absent => ui.say("the local AWS is not running; any command with --local starts it"),
        Found::Stale { pid } => ui
            .say(format!("the local AWS is not running: its process {pid} died; any command with --local restarts it")),
        Found::Foreign { pid, port } => ui.say(format!(
            "the local AWS is not running: its process {pid} is gone and another program uses its port {port}; \
             any command with --local restarts it on a free port"
        )),
    }
    if args.export {
        return Err(CommandError::user("the local AWS is not running, so there is no environment to print")
            .hint("`incidentctl local start` starts it"));
    }
    if ui.is_json() {
        ui.json(&super::document(None))?;
    }
    Ok(())
}

/// Whether the environment, and so the calling shell's, has a session token: clients would send it with the key of the
/// local AWS, to which it does not belong.
fn has_session_token() -> bool {
    std::env::var_os("AWS_SESSION_TOKEN").is_some()
}

/// Shell code that sets the environment.
fn exports(status: &Status, unsets_session: bool) -> impl Iterator<Item = Line> {
    let export = |(name, value): (&str, &str)| format!("export {name}={}", single_quoted(value));
    let unset = unsets_session.then(|| "unset AWS_SESSION_TOKEN".to_owned());
    status.environment().map(export).into_iter().chain(unset).map(Line::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_any_text_as_one_word() {
        assert_eq!(single_quoted("a+b/c="), "'a+b/c='");
        assert_eq!(single_quoted("$(id) it's"), r"'$(id) it'\''s'");
    }
}
