//! Fail open: a failure is mailed even if it cannot be recorded. Without the table there is no shared mail budget, so
//! each handler instance has a small one; what exceeds it ends in the dead-letter queue after Lambda's retries.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use incident_model::mail::{self, Notice};
use incident_model::{Incident, Reason};
use serde_json::json;

use crate::context::Context;
use crate::error::HandlerError;
use crate::log;
use crate::notify::Notifier;
use crate::store::Store;

/// Pause, in seconds, between mails about one fingerprint: longer than Lambda retries an event.
const SAME_SECONDS: i64 = 10 * 60;
/// Mails of one handler instance per minute. Fifty instances together stay below the ten per second at which SNS ends
/// an email subscription.
const MAILS_PER_MINUTE: usize = 6;

/// The recent mails of this handler instance without a record.
#[derive(Debug, Default)]
pub(crate) struct FailOpen {
    mailed: Mutex<VecDeque<(String, i64)>>,
}

impl FailOpen {
    /// Whether to mail about a fingerprint now, which then counts as mailed.
    fn may_mail(&self, fingerprint: &str, now: i64) -> bool {
        let mut mailed = self.mailed.lock().unwrap_or_else(PoisonError::into_inner);
        mailed.retain(|(_, at)| *at > now - SAME_SECONDS);
        let in_this_minute = mailed.iter().filter(|(_, at)| *at > now - 60).count();
        let is_known = mailed.iter().any(|(known, _)| known == fingerprint);
        let may_mail = !is_known && in_this_minute < MAILS_PER_MINUTE;
        if may_mail {
            mailed.push_back((fingerprint.to_owned(), now));
        }
        may_mail
    }

    fn forget(&self, fingerprint: &str) {
        let mut mailed = self.mailed.lock().unwrap_or_else(PoisonError::into_inner);
        mailed.retain(|(known, _)| known != fingerprint);
    }
}

impl FailOpen {
    /// Mails an incident that could not be recorded.
    pub(crate) async fn mail<S: Store, N: Notifier>(
        &self,
        context: &Context<S, N>,
        incident: &Incident,
    ) -> Result<(), HandlerError> {
        if !self.may_mail(&incident.fingerprint, context.clock.now().seconds) {
            context.held_back(incident, "not recorded, and already mailed or over the limit");
            return Ok(());
        }
        let notice = Notice { number: 1, reason: Reason::Opened, stack: &context.settings.stack, recorded: false };
        if let Err(error) = context.notifier.publish(&mail::about(incident, &notice)).await {
            self.forget(&incident.fingerprint);
            return Err(error.into());
        }
        log::line("mailed-unrecorded", json!({ "source": incident.source, "resource": incident.resource }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fingerprint_is_mailed_once_and_few_in_a_minute() {
        let fail_open = FailOpen::default();
        assert!(fail_open.may_mail("a", 0) && !fail_open.may_mail("a", 100) && fail_open.may_mail("a", 600));
        let allowed = (0..20).filter(|number| fail_open.may_mail(&format!("b{number}"), 1000)).count();
        assert_eq!(allowed, MAILS_PER_MINUTE);
        assert!(fail_open.may_mail("c", 1060));
        fail_open.forget("c");
        assert!(fail_open.may_mail("c", 1061));
    }
}
