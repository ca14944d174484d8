//! Taking dead letters out of their queues, and saying what became of each.

use serde_json::{Map, Value, json};

use super::Desk;
use super::selection::Selection;
use crate::dead_letters::{DeadLetter, Disposal, dispose};
use crate::error::CommandError;
use crate::ui::{Ui, count};
use incident_deploy::aws::AwsError;

/// How a command speaks of what it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// The command.
    pub(super) command: &'static str,
    /// The member of the result that counts.
    pub(super) done: &'static str,
    /// What became of a message.
    pub(super) past: &'static str,
    /// Why it is safe to run the command again.
    pub(super) again: &'static str,
}

impl Words {
    /// What became of one message, as it happens.
    fn tell(self, id: &str, error: Option<&AwsError>, ui: &Ui) -> Result<(), CommandError> {
        if ui.is_json() {
            let outcome = if error.is_none() { self.done } else { "stays" };
            let error = error.map(ToString::to_string);
            return ui.json(&json!({"type": "dead-letter", "message_id": id, "outcome": outcome, "error": error}));
        }
        match error {
            None => ui.say(format!("{id} {}", self.past)),
            Some(error) => ui.error_line(&format!("{id} stays: {error}")),
        }
        Ok(())
    }
}

/// The work on a selection.
pub(super) struct Removal<'a> {
    words: Words,
    desk: &'a Desk,
    selection: &'a Selection,
    gone: usize,
    /// Ids of messages that stay, and why; the last error is the command's.
    stayed: Vec<(String, AwsError)>,
    /// Messages that were not met or not begun.
    unmet: usize,
    stopped: Option<AwsError>,
}

impl<'a> Removal<'a> {
    /// Nothing is done yet.
    pub(super) fn new(words: Words, desk: &'a Desk, selection: &'a Selection) -> Self {
        Self { words, desk, selection, gone: 0, stayed: Vec::new(), unmet: 0, stopped: None }
    }

    /// Takes them out, queue by queue.
    ///
    /// # Errors
    /// When the person interrupts a second time, or standard output is full.
    pub(super) async fn run(
        &mut self,
        mut act: impl AsyncFnMut(&DeadLetter) -> Result<(), AwsError>,
        is_its_own: impl Fn(&AwsError) -> bool,
    ) -> Result<(), CommandError> {
        let (desk, selection) = (self.desk, self.selection);
        for seen in &selection.seen {
            let wanted = selection.ids_of(seen);
            if self.stopped.is_some() || desk.interrupt.is_set() {
                self.unmet += wanted.len();
                continue;
            }
            let mut told = Ok(());
            let settled = |id: &str, error: Option<&AwsError>| {
                if told.is_ok() {
                    told = self.words.tell(id, error, &desk.ui);
                }
            };
            let work =
                async { Ok(dispose(&seen.queue, wanted, &desk.interrupt, &mut act, &is_its_own, settled).await) };
            let disposal = desk.unless_hurried(work).await?;
            told?;
            self.take(disposal, &seen.queue.name)?;
        }
        Ok(())
    }

    fn take(&mut self, disposal: Disposal, queue: &str) -> Result<(), CommandError> {
        let ui = &self.desk.ui;
        self.gone += disposal.gone.len();
        self.unmet += disposal.unmet.len();
        self.stopped = disposal.stopped;
        if let Some(error) = &disposal.not_put_back {
            ui.warn(&format!(
                "messages of {queue} stay hidden for a minute, because they could not be put back: {error}"
            ));
        }
        if ui.is_json() {
            for id in &disposal.unmet {
                ui.json(&json!({"type": "dead-letter", "message_id": id, "outcome": "stays", "error": null}))?;
            }
        }
        self.stayed.extend(disposal.stayed.into_iter().map(|one| (one.message_id, one.error)));
        Ok(())
    }

    /// Says what was done and what stays.
    ///
    /// # Errors
    /// When something that was asked for stays.
    pub(super) fn report(self) -> Result<(), CommandError> {
        let Words { command, done, past, again } = self.words;
        let stays = self.stays();
        let facts = json!({done: self.gone, "stays": stays});
        let Some(failure) = self.failure() else {
            return self.succeeded(facts, &format!("{} {past}", count(self.gone, "dead letter")), &self.desk.ui);
        };
        let hint = format!(
            "{} {past}, {stays} stay: run `incidentctl dead-letters {command}` again to go on; {again}",
            self.gone
        );
        let failure = failure.hint(hint);
        let Value::Object(members) = facts else { return Err(failure) };
        Err(members.into_iter().fold(failure, |failure, (name, value)| failure.detail(&name, value)))
    }

    /// Of what was asked for.
    fn stays(&self) -> usize {
        self.stayed.len() + self.unmet
    }

    fn failure(&self) -> Option<CommandError> {
        let (stays, all) = (self.stays(), self.selection.letters.len());
        if stays == 0 {
            return None;
        }
        let past = self.words.past;
        let refused = self.stayed.iter().map(|(id, error)| format!("{id}: {error}"));
        let failed = CommandError::failed(format!("{stays} of {} were not {past}", count(all, "dead letter")));
        let first = self.stopped.as_ref().or(self.stayed.first().map(|(_, error)| error));
        let hints = first.and_then(AwsError::hint).map(str::to_owned);
        match first {
            Some(error) if self.stayed.is_empty() => Some(failed.caused_by(error.clone()).hints(hints)),
            Some(_) => Some(failed.causes(refused).hints(hints)),
            None if self.desk.interrupt.is_set() => Some(CommandError::interrupted()),
            None => Some(failed.hint("others have them in their hands, or took them out")),
        }
    }

    fn succeeded(&self, facts: Value, line: &str, ui: &Ui) -> Result<(), CommandError> {
        let others = self.selection.others();
        if ui.is_json() {
            let head = json!({"type": "result", "ok": true});
            let members: Map<String, Value> =
                [head, facts, json!({"others": others})].into_iter().filter_map(into_members).flatten().collect();
            ui.json(&members)?;
        }
        match (self.selection.letters.len(), others) {
            (0, _) => ui.say("no dead letters"),
            (_, 0) => ui.say(line),
            (_, others) => ui.say(format!("{line}; about {others} more stay")),
        }
        Ok(())
    }
}

fn into_members(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}
