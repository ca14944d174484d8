//! The mails about an incident in words: those sent, and why the next one has not been sent yet.

use incident_model::{Incident, Reason, Silence, Status, time};

use crate::cli::time_arg;

/// The mails sent about an incident, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Outlook {
    /// The mails so far.
    pub(super) sent: String,
    /// What happens next without intervention; empty when nothing does.
    pub(super) next: String,
}

impl Outlook {
    /// For an incident at a moment, in seconds since 1970.
    pub(in crate::cli) fn of(incident: &Incident, silences: &[Silence], now: i64) -> Self {
        Self { sent: sent(incident), next: next(incident, silences, now) }
    }
}

/// The silence that holds the mail of an incident back, unless it is gone.
pub(super) fn holding<'s>(incident: &Incident, silences: &'s [Silence]) -> Option<&'s Silence> {
    let id = incident.silenced_by.as_ref()?;
    silences.iter().find(|silence| silence.silence_id == *id)
}

fn sent(incident: &Incident) -> String {
    let waiting = u64::from(incident.due.is_some());
    let number = usize::try_from(incident.notices.saturating_sub(waiting)).unwrap_or(usize::MAX);
    let last = incident.last_notified_at.as_ref().or(incident.notified_at.as_ref());
    match (last, number) {
        (None, _) => "none yet".to_owned(),
        (Some(last), 0 | 1) => format!("1, at {}", time_arg::readable(last)),
        (Some(last), number) => format!("{number}, the last at {}", time_arg::readable(last)),
    }
}

fn next(incident: &Incident, silences: &[Silence], now: i64) -> String {
    let at = incident.due_at.unwrap_or(now);
    match incident.due {
        Some(reason) => {
            format!("mail {} ({}), {}", incident.notices, described(reason), held(incident, silences, at, now))
        }
        None if incident.status == Status::Resolved || incident.due_at.is_none() => String::new(),
        None => format!("{}: {}", coming(incident), readable(at, now)),
    }
}

/// What the handler will check for. Alarms report their own end, and only unacknowledged incidents get reminders.
fn coming(incident: &Incident) -> &'static str {
    let is_reminded = incident.status.is_untaken() && incident.drill.is_none();
    match (is_reminded, incident.end_is_reported()) {
        (true, true) => "a reminder",
        (true, false) => "a reminder or, if nothing fails until then, resolution",
        (false, _) => "resolution, if nothing fails until then",
    }
}

/// Why a due mail has not been sent yet.
fn held(incident: &Incident, silences: &[Silence], at: i64, now: i64) -> String {
    let until = format!("held back until {}", readable(at, now));
    match (holding(incident, silences), &incident.silenced_by) {
        (Some(silence), _) => {
            format!("{until} by silence {} ({}): {}", silence.silence_id, silence.by, silence.reason)
        }
        (None, Some(id)) => format!("was held back by {id}, which has ended; the next sweep sends it"),
        (None, None) if at <= now => "the next sweep sends it".to_owned(),
        (None, None) if incident.flapping => format!("{until}, because it is flapping"),
        (None, None) => {
            format!("being sent or, over the mail budget, in the next digest: {}", readable(at, now))
        }
    }
}

fn readable(at: i64, now: i64) -> String {
    let time = time::rfc3339(at);
    format!("{} ({})", time_arg::readable(&time), time_arg::from_now(&time, now))
}

fn described(reason: Reason) -> &'static str {
    match reason {
        Reason::Opened => "new",
        Reason::Flapping => "flapping",
        Reason::Escalated => "escalated",
        Reason::Reminder => "unacknowledged",
        Reason::Recovered => "recovered",
        Reason::Other(word) => word.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::incidents::tests::incident;
    use incident_model::Severity;

    const NOW: i64 = 1_769_860_800; // 2026-01-31 12:00:00

    fn outlook(change: impl FnOnce(&mut Incident), silences: &[Silence]) -> (String, String) {
        let mut incident = incident("1", Severity::High);
        change(&mut incident);
        let Outlook { sent, next } = Outlook::of(&incident, silences, NOW);
        (sent, next)
    }

    #[test]
    fn whatever_holds_a_mail_back_is_named() {
        let silence = Silence {
            silence_id: "sil-1".to_owned(),
            by: "ada".to_owned(),
            reason: "we deploy".to_owned(),
            created_at: String::new(),
            until: String::new(),
            pattern: serde_json::Value::Null,
        };
        let due = |at: i64| {
            move |incident: &mut Incident| (incident.due, incident.due_at) = (Some(Reason::Opened), Some(NOW + at))
        };
        let silenced = |incident: &mut Incident| {
            due(7200)(incident);
            incident.silenced_by = Some("sil-1".to_owned());
        };
        let flapping = |incident: &mut Incident| {
            due(600)(incident);
            (incident.due, incident.flapping) = (Some(Reason::Recovered), true);
        };
        for ((_, next), expected) in [
            (outlook(due(-1), &[]), "mail 1 (new), the next sweep sends it"),
            (
                outlook(silenced, &[silence]),
                "mail 1 (new), held back until 2026-01-31 14:00:00 (in 2 h) by silence sil-1 (ada): we deploy",
            ),
            (outlook(silenced, &[]), "mail 1 (new), was held back by sil-1, which has ended; the next sweep sends it"),
            (
                outlook(flapping, &[]),
                "mail 1 (recovered), held back until 2026-01-31 12:10:00 (in 10 min), because it is flapping",
            ),
            (
                outlook(due(60), &[]),
                "mail 1 (new), being sent or, over the mail budget, in the next digest: 2026-01-31 12:01:00 (in 60 s)",
            ),
            (
                outlook(|incident| incident.due_at = Some(NOW + 3600), &[]),
                "a reminder or, if nothing fails until then, resolution: 2026-01-31 13:00:00 (in 60 min)",
            ),
            (
                outlook(|incident| (incident.status, incident.due_at) = (Status::Acknowledged, Some(NOW + 3600)), &[]),
                "resolution, if nothing fails until then: 2026-01-31 13:00:00 (in 60 min)",
            ),
            (outlook(|_| {}, &[]), ""),
        ] {
            assert_eq!(next, expected);
        }
    }

    #[test]
    fn mails_are_counted_without_the_one_that_waits() {
        let last = |incident: &mut Incident| incident.last_notified_at = Some("2026-01-31T11:00:00.000Z".to_owned());
        let third = |incident: &mut Incident| {
            last(incident);
            (incident.notices, incident.due) = (3, Some(Reason::Reminder));
        };
        assert_eq!(outlook(|_| {}, &[]).0, "none yet");
        assert_eq!(outlook(last, &[]).0, "1, at 2026-01-31 11:00:00");
        assert_eq!(outlook(third, &[]).0, "2, the last at 2026-01-31 11:00:00");
    }
}
