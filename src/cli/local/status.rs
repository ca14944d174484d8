//! `incidentctl local status`.

use clap::Args;
use incident_local::daemon::{self, Found, Status};

use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;

/// Show whether the local AWS runs, and where
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print the environment of other clients of AWS for a shell: eval "$(incidentctl local status --export)"
    #[arg(long)]
    pub export: bool,
}

pub(super) async fn run(args: &StatusArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match daemon::find(&settings.local_directory).await {
        Found::Running(status) if args.export => return ui.print(&exports(&status, has_session_token())),
        Found::Running(status) => return super::show(&status, ui),
        Found::Absent => ui.say("the local AWS does not run; a command with --local starts it"),
        Found::Stale { pid } => ui.say(&format!(
            "the local AWS does not run: its process {pid} ended without being stopped; a command with --local starts it anew"
        )),
        Found::Foreign { pid, port } => ui.say(&format!(
            "the local AWS does not run: its process {pid} is gone, and another program answers on its port {port}; \
             a command with --local starts it anew on a free port"
        )),
    }
    if args.export {
        return Err(CommandError::user("there is no local AWS whose environment could be printed")
            .hint("`incidentctl local start` starts it"));
    }
    if ui.is_json() {
        ui.json(&super::document(None))?;
    }
    Ok(())
}

/// Whether this environment, and so that of the shell that asks, has the token of a session of AWS: it would go with
/// the key of the local AWS, to which it does not belong.
fn has_session_token() -> bool {
    std::env::var_os("AWS_SESSION_TOKEN").is_some()
}

/// What a shell evaluates.
fn exports(status: &Status, unsets_session: bool) -> String {
    let export = |(name, value): (&str, &str)| format!("export {name}={}", quoted(value));
    let unset = unsets_session.then(|| "unset AWS_SESSION_TOKEN".to_owned());
    status.environment().map(export).into_iter().chain(unset).collect::<Vec<_>>().join("\n")
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_any_text_as_one_word() {
        assert_eq!(quoted("a+b/c="), "'a+b/c='");
        assert_eq!(quoted("$(id) it's"), r"'$(id) it'\''s'");
    }
}
