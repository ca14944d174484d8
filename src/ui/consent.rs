//! Asking before a change that cannot be taken back.

use std::io::{BufRead, IsTerminal, Write};

use super::Ui;
use crate::error::CommandError;

impl Ui {
    /// Asks whether to go on; `yes` answers for the person.
    ///
    /// # Errors
    /// When the answer is no, and when there is nobody to ask: without a terminal a question would hang.
    pub fn consent(&self, question: &str, yes: bool) -> Result<(), CommandError> {
        if yes {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(CommandError::user(format!("{question} Nobody is here to answer: this is not a terminal"))
                .hint("add --yes to go on without a question"));
        }
        match self.question(&format!("{question} [y/N]"))?.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(CommandError::user("stopped: the answer was not yes; nothing was changed")),
        }
    }

    /// Asks for the whole word `yes` before data is lost; `allowed` answers for the person.
    ///
    /// # Errors
    /// When the answer is anything else, and when there is nobody to ask.
    pub fn consent_to_loss(&self, question: &str, allowed: bool) -> Result<(), CommandError> {
        if allowed {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(CommandError::user(format!("{question} Nobody is here to answer: this is not a terminal"))
                .hint("add --allow-data-loss if that data may go"));
        }
        match self.question(&format!("{question} [type yes]"))?.trim() {
            "yes" => Ok(()),
            _ => Err(CommandError::user("stopped: the answer was not yes; nothing was changed")),
        }
    }

    /// Whether somebody is there to answer.
    pub fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && self.stderr.terminal
    }

    /// Asks, and gives back the line that is answered.
    ///
    /// # Errors
    /// When the streams are closed.
    pub fn question(&self, question: &str) -> Result<String, CommandError> {
        {
            // Not held while the person thinks: an interrupt has something to say meanwhile.
            let mut stderr = std::io::stderr().lock();
            write!(stderr, "{question} ")?;
            stderr.flush()?;
        }
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    }
}
