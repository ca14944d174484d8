//! Consent before a change that cannot be undone.

use std::io::{BufRead, IsTerminal};

use super::{Ui, streams};
use crate::error::CommandError;

impl Ui {
    /// Asks whether to proceed; `yes` answers for the user.
    ///
    /// # Errors
    /// If the answer is no, or there is no terminal, where a question would hang.
    pub fn consent(&self, question: &str, yes: bool) -> Result<(), CommandError> {
        if yes {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(CommandError::user(format!("confirmation needed, but this is not a terminal: {question}"))
                .hint("add --yes to skip the question"));
        }
        match self.question(&format!("{question} [y/N]"))?.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(CommandError::user("cancelled: the answer was not yes; nothing changed")),
        }
    }

    /// Asks for the whole word `yes` before data is lost; `allowed` answers for the user.
    ///
    /// # Errors
    /// If the answer is anything else, or there is no terminal.
    pub fn consent_to_loss(&self, question: &str, allowed: bool) -> Result<(), CommandError> {
        if allowed {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(CommandError::user(format!("confirmation needed, but this is not a terminal: {question}"))
                .hint("add --allow-data-loss to allow it"));
        }
        match self.question(&format!("{question} [type yes]"))?.trim() {
            "yes" => Ok(()),
            _ => Err(CommandError::user("cancelled: the answer was not yes; nothing changed")),
        }
    }

    /// Whether a question can be asked and answered.
    pub fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && self.stderr.terminal
    }

    /// Asks, and returns the line typed.
    ///
    /// # Errors
    /// If the streams are closed.
    pub fn question(&self, question: &str) -> Result<String, CommandError> {
        streams::ask(question)?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    }
}
