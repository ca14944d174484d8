//! `incidentctl incidents list`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use incident_model::{Cause, Incident, Severity, Status};

use super::render;
use crate::cli::time_arg::TimeArg;
use crate::error::CommandError;
use crate::incidents::{Filter, Incidents, Listing};
use crate::ui::{Ui, count};

/// List incidents, newest first
///
/// A wide table shows the suspected cause, with a question mark if it is possible rather than likely.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Show only incidents with this status; may be repeated
    #[arg(long, value_enum, value_name = "STATUS")]
    pub status: Vec<StatusArg>,

    /// Show only incidents of this severity: CRITICAL, HIGH, MEDIUM, LOW; may be repeated
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Vec<Severity>,

    /// Show only incidents from this source: lambda, ecs, cloudwatch …; may be repeated
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,

    /// Show only incidents of this resource: a function, a task, an alarm; may be repeated
    #[arg(long, value_name = "NAME")]
    pub resource: Vec<String>,

    /// Show only incidents with this suspected cause; may be repeated
    #[arg(long, value_name = "CAUSE", value_parser = cause())]
    pub cause: Vec<Cause>,

    /// Show only incidents newer than a span (30m, 2h, 7d) or a time (2026-01-31T12:00Z)
    #[arg(long, value_name = "TIME")]
    pub since: Option<TimeArg>,

    /// Maximum number of incidents to show
    #[arg(long, value_name = "NUMBER", default_value = "50")]
    pub limit: usize,

    /// Show all incidents
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
}

/// A status on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusArg {
    /// Not acknowledged yet
    Open,
    /// Acknowledged, not resolved
    Acknowledged,
    /// Resolved
    Resolved,
}

impl From<StatusArg> for Status {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Open => Self::Open,
            StatusArg::Acknowledged => Self::Acknowledged,
            StatusArg::Resolved => Self::Resolved,
        }
    }
}

pub(super) async fn run(args: &ListArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let filter = Filter { brief: !ui.is_json(), ..filter(args) };
    let Listing { incidents: found, unreadable } = incidents.list(&filter).await?;
    print(&found, ui)?;
    match found.len() {
        0 => ui.say("no incidents"),
        number if Some(number) == filter.limit => ui.say(format!("showing the newest {number}; use --all for all")),
        number => ui.say(count(number, "incident")),
    }
    super::tell_unreadable(&unreadable, ui);
    Ok(())
}

/// Prints incidents: a JSON array or a table.
pub(in crate::cli) fn print(incidents: &[Incident], ui: &Ui) -> Result<(), CommandError> {
    match (ui.is_json(), incidents) {
        (true, _) => ui.json(&incidents),
        // A table of headings only would pass for data.
        (false, []) => Ok(()),
        (false, _) if ui.stdout_is_terminal() => ui.table(&render::table_on_terminal(incidents, ui.width())),
        (false, _) => ui.table(&render::table(incidents)),
    }
}

fn cause() -> impl TypedValueParser<Value = Cause> {
    let named =
        |name: String| Cause::ALL.into_iter().find(|cause| cause.name() == name).ok_or("no cause has this name");
    PossibleValuesParser::new(Cause::ALL.map(Cause::name)).try_map(named)
}

fn filter(args: &ListArgs) -> Filter {
    Filter {
        statuses: args.status.iter().map(|status| Status::from(*status)).collect(),
        severities: args.severity.clone(),
        sources: args.source.clone(),
        resources: args.resource.clone(),
        causes: args.cause.clone(),
        since: args.since.as_ref().map(TimeArg::rfc3339),
        limit: Some(args.limit).filter(|_| !args.all),
        ..Filter::default()
    }
}
