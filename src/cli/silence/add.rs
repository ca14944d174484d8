//! `incidentctl silence add`.

use clap::Args;
use incident_model::silence::{LONGEST_SILENCE, check_pattern};
use incident_model::{Incident, Interval, Severity, Silence, Status, time};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::pattern;
use crate::cli::time_arg;
use crate::error::CommandError;
use crate::incidents::{Filter, Incidents};
use crate::ui::{Line, Ui, count};

/// Longest reason and longest name, in characters: all silences share one item of the table.
const LONGEST_TEXT: usize = 200;
/// Matching incidents to list; more are only counted.
const SHOWN: usize = 5;

/// Hold back mails about matching incidents until a given time, then summarise them in one mail
///
/// --source, --resource, --rule, --severity, --error-type, --fingerprint and --incident may be repeated, and
/// values may contain `*`. An incident matches if it has one of the values of every given flag.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Source: lambda, ecs, cloudwatch …
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,

    /// Resource name: a function, a task, an alarm
    #[arg(long, value_name = "NAME")]
    pub resource: Vec<String>,

    /// Severity rule
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,

    /// Severity: CRITICAL, HIGH, MEDIUM, LOW
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Vec<Severity>,

    /// Error type: Sandbox.Timedout, ValueError …
    #[arg(long, value_name = "TYPE")]
    pub error_type: Vec<String>,

    /// Fingerprint, as printed by `incidents show`
    #[arg(long, value_name = "FINGERPRINT")]
    pub fingerprint: Vec<String>,

    /// Incident ID, for its fingerprint
    #[arg(long, value_name = "ID")]
    pub incident: Vec<String>,

    /// EventBridge pattern over the fields of an incident, instead of the flags above
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with_all = ["source", "resource", "rule", "severity", "error_type", "fingerprint", "incident"]
    )]
    pub pattern: Option<String>,

    /// Allow a pattern that matches nearly everything
    #[arg(long)]
    pub all: bool,

    /// Duration: 90s, 15m, 4h, 3d; at most 30d
    #[arg(long = "for", value_name = "LENGTH", required_unless_present = "until", conflicts_with = "until")]
    pub length: Option<Interval>,

    /// End, such as 2026-01-31T12:00:00Z; at most 30 days from now
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,

    /// Reason, shown to everyone who lists silences
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// Name to record [default: your user name]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

pub(super) async fn run(args: AddArgs, incidents: &Incidents, user: &str, ui: &Ui) -> Result<(), CommandError> {
    let now = Timestamp::now().as_second();
    let silence = Silence {
        silence_id: format!("sil-{}", uuid::Uuid::now_v7()),
        by: text("--by", args.by.as_deref().unwrap_or(user))?,
        reason: text("--reason", &args.reason)?,
        created_at: time::rfc3339(now),
        until: time::rfc3339(end_of(args.length, args.until, now)?),
        pattern: wanted(&args, incidents).await?,
    };
    let unresolved = Filter { statuses: vec![Status::Open, Status::Acknowledged], ..Filter::default() };
    let mut matching = incidents.list(&unresolved).await?.incidents;
    matching.retain(|incident| silence.covers(incident));
    incidents.add_silence(&silence).await?;
    match ui.is_json() {
        true => ui.json(&document(&silence, &matching)?)?,
        false => ui.print_all(summary(&silence, &matching, now))?,
    }
    ui.hint(&format!("`incidentctl silence end {}` ends it", silence.silence_id));
    Ok(())
}

/// The pattern that the flags describe, validated.
async fn wanted(args: &AddArgs, incidents: &Incidents) -> Result<Value, CommandError> {
    let wanted = match &args.pattern {
        Some(text) => {
            serde_json::from_str(text).map_err(|error| CommandError::usage("--pattern is not JSON").caused_by(error))?
        }
        None => from_flags(args, incidents).await?,
    };
    let wanted = if wanted == json!({}) && args.all { pattern::everything() } else { wanted };
    checked(wanted, args.all)
}

async fn from_flags(args: &AddArgs, incidents: &Incidents) -> Result<Value, CommandError> {
    let mut fingerprints = args.fingerprint.clone();
    for id in &args.incident {
        fingerprints.push(incidents.find(id).await?.fingerprint);
    }
    Ok(pattern::of([
        ("source", args.source.clone()),
        ("resource", args.resource.clone()),
        ("rule", args.rule.clone()),
        ("severity", args.severity.iter().map(Severity::to_string).collect()),
        ("error_type", args.error_type.clone()),
        ("fingerprint", fingerprints),
    ]))
}

fn checked(wanted: Value, is_all_meant: bool) -> Result<Value, CommandError> {
    if wanted == json!({}) {
        return Err(CommandError::usage("no incidents selected")
            .hint("use --source, --resource, --incident or another filter; --all silences every incident"));
    }
    check_pattern(&wanted).map_err(|error| CommandError::usage("invalid pattern over incidents").caused_by(error))?;
    if wanted.to_string().len() > pattern::LONGEST {
        return Err(CommandError::usage(format!("a pattern may have at most {} bytes", pattern::LONGEST)));
    }
    let nearly_everything = pattern::matches_nearly_everything(&wanted)
        .map_err(|error| CommandError::usage("invalid pattern over incidents").caused_by(error))?;
    match nearly_everything && !is_all_meant {
        true => {
            Err(CommandError::usage("this would silence nearly every incident").hint("narrow the filter, or add --all"))
        }
        false => Ok(wanted),
    }
}

/// The end of a silence that starts now, in seconds since 1970.
fn end_of(length: Option<Interval>, until: Option<Timestamp>, now: i64) -> Result<i64, CommandError> {
    let end = match (length, until) {
        (Some(length), _) => length.after(now),
        (None, until) => until.map(Timestamp::as_second),
    };
    match end {
        Some(end) if end <= now => Err(CommandError::usage("the end is in the past")),
        Some(end) if end - now <= LONGEST_SILENCE => Ok(end),
        _ => Err(CommandError::usage("a silence may last at most 30 days")
            .hint("to stop mails for good, use a severity rule")),
    }
}

fn text(flag: &str, text: &str) -> Result<String, CommandError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(CommandError::usage(format!("{flag} is empty"))),
        1..=LONGEST_TEXT => Ok(text),
        _ => Err(CommandError::usage(format!("{flag} may have at most {LONGEST_TEXT} characters"))),
    }
}

fn document(silence: &Silence, matching: &[Incident]) -> Result<Value, CommandError> {
    let mut document = serde_json::to_value(silence)?;
    document["matching"] = matching.iter().map(|incident| incident.incident_id.as_str()).collect();
    Ok(document)
}

fn summary(silence: &Silence, matching: &[Incident], now: i64) -> Vec<Line> {
    let until = format!("{} UTC, {}", time_arg::readable(&silence.until), time_arg::from_now(&silence.until, now));
    let mut lines = vec![
        silence.silence_id.clone(),
        format!("hides   incidents with {}", pattern::words(&silence.pattern)),
        format!("until   {until}"),
        format!("by      {}: {}", silence.by, silence.reason),
        format!("covers  {} now", count(matching.len(), "open incident")),
    ];
    let shown = matching.iter().take(SHOWN);
    lines
        .extend(shown.map(|incident| {
            format!("        {}  {:8}  {}", incident.incident_id, incident.severity, incident.summary)
        }));
    if matching.len() > SHOWN {
        lines.push(format!("        and {} more", matching.len() - SHOWN));
    }
    lines.into_iter().map(Line::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_has_an_end_within_thirty_days() -> Result<(), Box<dyn std::error::Error>> {
        let now = 1_800_000_000;
        let day = 24 * 60 * 60;
        for (length, until, end) in [
            (Some("2h"), None, Some(now + 7200)),
            (Some("30d"), None, Some(now + 30 * day)),
            (Some("31d"), None, None),
            (Some("never"), None, None),
            (None, Some(now + 60), Some(now + 60)),
            (None, Some(now), None),
            (None, Some(now + 30 * day + 1), None),
        ] {
            let length = length.map(str::parse).transpose()?;
            let until = until.map(Timestamp::from_second).transpose()?;
            assert_eq!(end_of(length, until, now).ok(), end, "{length:?} {until:?}");
        }
        Ok(())
    }

    #[test]
    fn what_would_hide_everything_has_to_be_meant() {
        let refused =
            |wanted: Value, is_all_meant: bool| checked(wanted, is_all_meant).err().map(|error| error.to_string());
        assert_eq!(refused(json!({}), false), Some("no incidents selected".to_owned()));
        let everything = json!({"source": [{"wildcard": "*"}]});
        assert_eq!(refused(everything.clone(), false), Some("this would silence nearly every incident".to_owned()));
        assert_eq!(refused(everything, true), None);
        assert_eq!(refused(json!({"source": ["lambda"]}), false), None);
        let unknown = refused(json!({"colour": ["red"]}), true).unwrap_or_default();
        assert!(unknown.contains("cannot match the field `colour`"), "{unknown}");
        let long = json!({"resource": ["x".repeat(pattern::LONGEST)]});
        assert_eq!(refused(long, false), Some("a pattern may have at most 2048 bytes".to_owned()));
    }

    #[test]
    fn a_reason_is_one_line_that_says_something() {
        assert_eq!(text("--reason", " we\n deploy ").ok().as_deref(), Some("we deploy"));
        assert!(text("--reason", " \n").is_err());
        assert!(text("--reason", &"x".repeat(201)).is_err());
    }
}
