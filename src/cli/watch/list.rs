//! `incidentctl watch list`.

use clap::Args;
use incident_model::{FunctionMetric, alarms};
use serde_json::Value;

use crate::error::CommandError;
use crate::settings::StackName;
use crate::ui::{Cell, Label, Table, Ui, count};
use crate::watch::{Coverage, Kind, Watch};
use incident_deploy::aws::{AwsError, Clients, Explain};

/// Show how failures of each function in the region are detected
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Function names [default: all]
    #[arg(value_name = "FUNCTION")]
    pub functions: Vec<String>,
}

pub(super) async fn run(
    args: &ListArgs,
    watch: &Watch,
    clients: &Clients,
    stack: &StackName,
    ui: &Ui,
) -> Result<(), CommandError> {
    let (coverage, alarm) = tokio::try_join!(watch.coverage(&args.functions), alarm(clients, stack))?;
    let known = |name: &&String| !coverage.iter().any(|row| row.function == **name);
    let unknown: Vec<&str> = args.functions.iter().filter(known).map(String::as_str).collect();
    if ui.is_json() {
        let rows = coverage.iter().map(|row| document(row, alarm_of(row, alarm.as_deref(), stack)));
        ui.json(&rows.collect::<Result<Vec<_>, _>>()?)?;
    } else if !coverage.is_empty() {
        ui.table(&table(&coverage, alarm.as_deref(), stack))?;
    }
    if !unknown.is_empty() {
        return Err(CommandError::user(format!("no function {} in this region", unknown.join(", "))));
    }
    let unseen = coverage.iter().filter(|row| row.kind != Kind::DefaultBus && !is_own(row, stack)).count();
    ui.say(format!(
        "{}, {unseen} whose asynchronous failures arrive without their error",
        count(coverage.len(), "function")
    ));
    if unseen > 0 {
        ui.hint("`incidentctl watch add FUNCTION` sends them to the event bus, with error and stack trace");
    }
    Ok(())
}

/// The stack's alarm on the errors of all functions, if it exists.
async fn alarm(clients: &Clients, stack: &StackName) -> Result<Option<String>, AwsError> {
    let name = alarms::of_functions(stack.as_str(), FunctionMetric::Errors);
    let answer = clients.cloudwatch.describe_alarms().alarm_names(&name).send().await;
    let answer = answer.explain("cloudwatch:DescribeAlarms")?;
    Ok((!answer.metric_alarms().is_empty()).then_some(name))
}

/// The alarm that watches the function: the handler leaves out the stack's own.
fn alarm_of<'a>(row: &Coverage, alarm: Option<&'a str>, stack: &StackName) -> Option<&'a str> {
    alarm.filter(|_| !is_own(row, stack))
}

fn is_own(row: &Coverage, stack: &StackName) -> bool {
    row.function == stack.handler() || row.function == stack.generator()
}

fn document(row: &Coverage, alarm: Option<&str>) -> Result<Value, CommandError> {
    let mut document = serde_json::to_value(row)?;
    document["alarm"] = alarm.into();
    Ok(document)
}

fn table(coverage: &[Coverage], alarm: Option<&str>, stack: &StackName) -> Table {
    let mut table = Table::new(["FUNCTION", "QUALIFIER", "EVERY ERROR", "ASYNCHRONOUS FAILURES GO TO"]);
    for row in coverage {
        let errors = match alarm {
            _ if is_own(row, stack) => Cell::labelled("the stack's own", Label::Faint),
            Some(_) => "alarm".into(),
            None => Cell::labelled("not seen", Label::Warning),
        };
        table.row([
            row.function.clone().into(),
            row.qualifier.as_deref().unwrap_or("-").into(),
            errors,
            destination(row),
        ]);
    }
    table
}

fn destination(row: &Coverage) -> Cell {
    let name = row.destination.as_deref().map(last).unwrap_or_default();
    let place = match row.kind {
        Kind::DefaultBus if row.watched => return Cell::labelled("the default bus, watched", Label::Success),
        Kind::DefaultBus => return Cell::labelled("the default bus", Label::Success),
        Kind::Bus => format!("the bus {name}"),
        Kind::Queue => format!("the queue {name}"),
        Kind::Topic => format!("the topic {name}"),
        Kind::Function => format!("the function {name}"),
        Kind::Bucket => format!("the bucket {name}"),
        Kind::Nothing => "nowhere".to_owned(),
    };
    match &row.dead_letter {
        Some(arn) => format!("{place}; the event to {}", last(arn)).into(),
        None => place.into(),
    }
}

/// The name at the end of an ARN.
fn last(arn: &str) -> &str {
    arn.splitn(6, ':').last().unwrap_or(arn).trim_start_matches("event-bus/").trim_start_matches("function:")
}
