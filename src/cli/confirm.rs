//! Consent: from the person at the terminal, or from the flags that answer for them.

use async_trait::async_trait;

use super::deployment;
use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::engine::cloudformation::Aim;
use incident_deploy::engine::{Confirm, Declined, Wish};
use incident_deploy::plan::{Change, Plan};

/// Asks on the terminal, unless a flag has answered.
pub(super) struct Terminal {
    ui: Ui,
    yes: bool,
    allow_data_loss: bool,
    cost: Option<String>,
}

impl Terminal {
    /// Answers with these settings; `allow_data_loss` grants what `--yes` does not.
    pub(super) fn new(ui: &Ui, settings: &Settings, allow_data_loss: bool) -> Self {
        Self { ui: ui.clone(), yes: settings.yes, allow_data_loss, cost: None }
    }

    /// Shows the stack's cost below the changes.
    pub(super) fn with_cost(self, cost: String) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// Asks on a blocking thread, so that waiting for the answer stalls nothing else.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Ui) -> Result<T, CommandError> + Send + 'static,
    ) -> Result<T, Declined> {
        let ui = self.ui.clone();
        let answer = tokio::task::spawn_blocking(move || ui.without_progress(|| question(&ui))).await;
        let stopped = || Declined { message: "stopped while waiting for an answer".to_owned(), hint: None };
        answer.map_err(|_| stopped())?.map_err(|error| declined(&error))
    }
}

#[async_trait]
impl Confirm for Terminal {
    async fn change(&self, plan: &Plan) -> Result<(), Declined> {
        let lost: Vec<String> = plan.touched().filter(|change| change.data_loss).map(Change::described).collect();
        let (plan, yes, allowed, cost) = (plan.clone(), self.yes, self.allow_data_loss, self.cost.clone());
        self.ask(move |ui| {
            show(&plan, cost.as_deref(), yes, ui);
            agree(&lost.join(", "), yes, allowed, ui)
        })
        .await
    }

    async fn remove(&self, plan: &Plan) -> Result<(), Declined> {
        self.ui.say_all(deployment::describe(plan));
        let (question, yes) = (removal_question(plan), self.yes);
        self.ask(move |ui| ui.consent(&question, yes)).await
    }

    async fn step(&self, question: &str) -> Result<(), Declined> {
        let (question, yes) = (question.to_owned(), self.yes);
        self.ask(move |ui| ui.consent(&question, yes)).await
    }

    async fn interrupted(&self, aim: Aim) -> Wish {
        if !self.ui.can_ask() {
            return Wish::Detach;
        }
        let cancel = match aim {
            Aim::Create => ", [c]ancel and delete what it created",
            Aim::Update => ", [c]ancel and roll back",
            // What is being deleted cannot be kept.
            Aim::Delete => "",
        };
        let question = format!("CloudFormation continues on its own. [d]etach{cancel}, or [w]ait?");
        match self.ask(move |ui| ui.question(&question)).await {
            Ok(answer) => wish(&answer, aim),
            Err(_) => Wish::Detach,
        }
    }

    fn is_answered(&self) -> bool {
        self.yes
    }
}

/// Shows the plan and the stack's cost.
fn show(plan: &Plan, cost: Option<&str>, yes: bool, ui: &Ui) {
    match yes {
        true => ui.say(deployment::summary(plan)),
        false => ui.say_all(deployment::describe(plan)),
    }
    if let Some(cost) = cost {
        ui.say(cost);
    }
}

/// Asks for consent; losing the data in `lost` needs a consent of its own.
fn agree(lost: &str, yes: bool, allowed: bool, ui: &Ui) -> Result<(), CommandError> {
    if yes && !allowed && !lost.is_empty() {
        return Err(CommandError::user(format!("this would delete {lost} with all its data"))
            .hint("add --allow-data-loss to allow it; --yes does not"));
    }
    ui.consent("Apply these changes?", yes)?;
    if lost.is_empty() {
        return Ok(());
    }
    ui.consent_to_loss(&format!("This deletes {lost} with all data. Continue?"), allowed)
}

fn removal_question(plan: &Plan) -> String {
    let full: Vec<String> =
        plan.changes.iter().filter(|change| change.holds.is_some()).map(Change::described).collect();
    let records = plan.changes.iter().any(|change| change.data_loss && change.holds.is_none());
    let records = records.then(|| "recorded incidents".to_owned());
    let lost: Vec<String> = records.into_iter().chain(full).collect();
    match lost.as_slice() {
        [] => "Delete all of this?".to_owned(),
        lost => format!("Delete all of this, {} included?", lost.join(" and ")),
    }
}

fn declined(error: &CommandError) -> Declined {
    Declined { message: error.message().to_owned(), hint: error.first_hint().map(str::to_owned) }
}

/// An unclear answer means waiting, which changes nothing.
fn wish(answer: &str, aim: Aim) -> Wish {
    match answer.trim().to_ascii_lowercase().as_str() {
        "c" | "cancel" if aim != Aim::Delete => Wish::Cancel,
        "d" | "detach" => Wish::Detach,
        _ => Wish::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_changes_something() {
        for (answer, aim, expected) in [
            ("c\n", Aim::Create, Wish::Cancel),
            ("Cancel\n", Aim::Update, Wish::Cancel),
            ("c\n", Aim::Delete, Wish::Wait),
            (" d \n", Aim::Delete, Wish::Detach),
            ("\n", Aim::Create, Wish::Wait),
            ("yes\n", Aim::Create, Wish::Wait),
        ] {
            assert_eq!(wish(answer, aim), expected, "{answer:?} {aim:?}");
        }
    }
}
