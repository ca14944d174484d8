//! A topic in memory, whose every step follows a script.

use std::cell::RefCell;
use std::rc::Rc;

use incident_model::mail::Mail;
use tokio::time::Instant;

use super::script::Script;
use crate::notify::{Notifier, NotifyError};

/// The mails that were accepted.
#[derive(Default)]
pub(super) struct Mailbox {
    script: Rc<Script>,
    mails: RefCell<Vec<Mail>>,
    times: RefCell<Vec<Instant>>,
}

impl Mailbox {
    pub(super) fn of(script: Rc<Script>) -> Self {
        Self { script, mails: RefCell::default(), times: RefCell::default() }
    }

    pub(super) fn count(&self) -> usize {
        self.mails.borrow().len()
    }

    pub(super) fn subjects(&self) -> Vec<String> {
        self.mails.borrow().iter().map(|mail| mail.subject.clone()).collect()
    }

    /// When each mail was accepted, on the runtime's clock.
    pub(super) fn times(&self) -> Vec<Instant> {
        self.times.borrow().clone()
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.mails.borrow().iter().map(|mail| mail.body.clone()).collect()
    }
}

impl Notifier for Mailbox {
    async fn publish(&self, mail: &Mail) -> Result<(), NotifyError> {
        let refused = |_| NotifyError { code: "InternalError".to_owned(), message: "fails on demand".to_owned() };
        let accept = || {
            self.mails.borrow_mut().push(mail.clone());
            self.times.borrow_mut().push(Instant::now());
            Ok(())
        };
        self.script.step(refused, accept).await
    }
}
