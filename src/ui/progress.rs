//! Progress of the engine: a moving line per resource on a terminal, plain lines elsewhere, JSON lines
//! for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::line::printable;
use super::{Label, Line, Ui, count};
use crate::error::CommandError;
use incident_deploy::plan::Action;
use incident_deploy::progress::Event;

/// Names of the steps, by number.
const STEPS: [&str; 11] = [
    "",
    "1 roles",
    "2 table",
    "3 topic",
    "4 generator",
    "5 logs, alarms",
    "6 events",
    "7 handler",
    "8 analysis",
    "9 record",
    "10 email",
];

/// The step of the table.
const TABLE: u8 = 2;

/// What marks a line of progress.
type Mark = (&'static str, Option<Label>);
const DONE: Mark = ("✓", Some(Label::Success));
const FAILED: Mark = ("✗", Some(Label::Error));
const SKIPPED: Mark = ("-", None);
const NEWS: Mark = (" ", None);

/// Renders events; knows nothing else.
#[derive(Debug)]
pub struct ProgressView<'a> {
    ui: &'a Ui,
    lines: Option<MultiProgress>,
    running: BTreeMap<String, ProgressBar>,
}

impl<'a> ProgressView<'a> {
    /// Draws on the streams of this process.
    pub fn new(ui: &'a Ui) -> Self {
        let lines = ui.is_live().then(|| ui.progress.clone());
        Self { ui, lines, running: BTreeMap::new() }
    }

    /// Renders an event.
    ///
    /// # Errors
    /// If standard output, where JSON lines go, is full.
    pub fn show(&mut self, event: &Event) -> Result<(), CommandError> {
        let is_for_people = matches!(event, Event::Note { .. } | Event::Warning { .. });
        if self.ui.is_json() && !is_for_people {
            self.ui.json(event)?;
        }
        match event {
            Event::Note { text } => self.ui.without_progress(|| self.ui.say(text)),
            Event::Warning { text } => self.ui.without_progress(|| self.ui.warn(text)),
            Event::ResourceStarted { logical_id, action, step, .. } => self.start(logical_id, *action, *step),
            Event::ResourceWaiting { logical_id, reason } => {
                if let Some(line) = self.running.get(logical_id) {
                    line.set_message(printable(&format!("{logical_id}, waiting for {reason}")));
                }
            }
            _ => {
                if let Some(line) = last_line(event) {
                    self.end(event, line);
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, logical_id: &str, action: Action, step: u8) {
        let Some(lines) = &self.lines else { return };
        let line = lines.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed:.dim}") {
            line.set_style(style);
        }
        line.set_prefix(format!("{:15}", step_name(step)));
        line.set_message(printable(&format!("{logical_id}, {}", verb(action).0)));
        line.enable_steady_tick(Duration::from_millis(100));
        self.running.insert(logical_id.to_owned(), line);
    }

    fn end(&mut self, event: &Event, last: Line) {
        if let Some(line) = logical_id(event).and_then(|id| self.running.remove(id)) {
            line.finish_and_clear();
        }
        match &self.lines {
            // A closed standard error cannot be reported anywhere.
            Some(lines) => lines.println(last.shown(self.ui.stderr.colour)).unwrap_or_default(),
            None => self.ui.say(last),
        }
    }
}

/// The line that stays on the screen.
fn last_line(event: &Event) -> Option<Line> {
    let (mark, text) = match event {
        Event::ResourceFinished { logical_id, action, step, seconds, .. } => {
            let done = verb(*action).1;
            (DONE, format!("{:15} {logical_id} {done} in {seconds:.2} s", step_name(*step)))
        }
        Event::ResourceFailed { logical_id, step, failure, .. } => {
            let step = step_name(*step);
            (FAILED, format!("{step:15} {logical_id}: {} {}: {}", failure.call, failure.code, failure.message))
        }
        Event::ResourceSkipped { logical_id, because } if because.is_empty() => {
            (SKIPPED, format!("{:15} {logical_id} cancelled", ""))
        }
        Event::ResourceSkipped { logical_id, because } => {
            (SKIPPED, format!("{:15} {logical_id} not started, because {because} failed", ""))
        }
        Event::IncidentsMoved { incidents } => {
            let incidents = count(*incidents, "incident");
            (NEWS, format!("{:15} {incidents} moved to the new indexes", step_name(TABLE)))
        }
        Event::IndexRetired { index } => (DONE, format!("{:15} former index {index} deleted", step_name(TABLE))),
        Event::Interrupted => return Some("interrupted: finishing calls in flight, starting no more".into()),
        Event::StackChanged { status, reason } => {
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            (NEWS, format!("{:15} {status}{why}", "CloudFormation"))
        }
        _ => return None,
    };
    let (mark, label) = mark;
    let mark = label.map_or_else(|| mark.into(), |label| Line::labelled(label, mark));
    Some(mark.and(" ").and(text))
}

fn logical_id(event: &Event) -> Option<&str> {
    match event {
        Event::ResourceFinished { logical_id, .. }
        | Event::ResourceFailed { logical_id, .. }
        | Event::ResourceSkipped { logical_id, .. } => Some(logical_id),
        _ => None,
    }
}

fn step_name(step: u8) -> &'static str {
    STEPS.get(usize::from(step)).copied().unwrap_or_default()
}

/// The verb for an action, in progress and done.
fn verb(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Create => ("creating", "created"),
        Action::Update => ("updating", "updated"),
        Action::Replace => ("replacing", "replaced"),
        Action::Delete => ("deleting", "deleted"),
        Action::None => ("checking", "unchanged"),
    }
}
