use super::*;
use crate::{Severity, classify};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

fn incident() -> Result<Incident, Box<dyn std::error::Error>> {
    let event = crate::rules::tests::failure(&serde_json::json!({ "errorType": "E", "errorMessage": "m" }));
    let seen = classify(&event, &crate::Rules::defaults()?)?;
    let opened = seen.first().and_then(|seen| seen.incident("inc-1".to_owned(), crate::time::rfc3339(NOW)));
    opened.ok_or_else(|| "no incident".into())
}

fn mailed(severity: Severity) -> Result<Incident, Box<dyn std::error::Error>> {
    let at = crate::time::rfc3339(NOW);
    Ok(Incident { severity, notified_at: Some(at.clone()), last_notified_at: Some(at), notices: 1, ..incident()? })
}

fn look(incident: &Incident, now: i64) -> Attention {
    attention(incident, &AlertPolicy::default(), &[], now)
}

#[test]
fn a_notice_that_is_due_is_sent() -> Result<(), Box<dyn std::error::Error>> {
    let due = Incident { due: Some(Reason::Opened), ..incident()? };
    assert_eq!(look(&due, NOW), Attention::Send);
    let over = Incident { due: Some(Reason::Recovered), status: Status::Resolved, ..incident()? };
    assert_eq!(look(&over, NOW), Attention::Send);
    Ok(())
}

#[test]
fn reminders_come_for_what_is_bad_and_nobody_took() -> Result<(), Box<dyn std::error::Error>> {
    let high = mailed(Severity::High)?;
    assert_eq!(look(&high, NOW + HOUR), Attention::LookAgain(Some(NOW + 4 * HOUR)));
    assert_eq!(look(&high, NOW + 4 * HOUR), Attention::Remind);
    let quiet_at = Attention::LookAgain(Some(NOW + 72 * HOUR));
    assert_eq!(look(&Incident { status: Status::Acknowledged, ..high.clone() }, NOW + 5 * HOUR), quiet_at);
    assert_eq!(look(&Incident { drill: Some("d".to_owned()), ..high }, NOW + 5 * HOUR), quiet_at);
    assert_eq!(look(&mailed(Severity::Medium)?, NOW + 5 * HOUR), Attention::LookAgain(Some(NOW + 24 * HOUR)));
    Ok(())
}

#[test]
fn reminders_of_what_nobody_takes_become_rare() -> Result<(), Box<dyn std::error::Error>> {
    let mut incident = Incident { source: "cloudwatch".to_owned(), ..mailed(Severity::Critical)? };
    let mut reminded = Vec::new();
    for minute in 0..7 * 24 * 60 {
        let now = NOW + minute * 60;
        if look(&incident, now) == Attention::Remind {
            incident.last_notified_at = Some(crate::time::rfc3339(now));
            reminded.push(minute / 60);
        }
    }
    assert_eq!(reminded, [1, 2, 4, 8, 16, 32, 56, 80, 104, 128, 152]);
    Ok(())
}

#[test]
fn quiet_resolves_but_no_alarm_and_nothing_twice() -> Result<(), Box<dyn std::error::Error>> {
    let medium = mailed(Severity::Medium)?;
    assert_eq!(look(&medium, NOW + 24 * HOUR), Attention::Resolve);
    let alarm = Incident { source: "cloudwatch".to_owned(), ..medium.clone() };
    assert_eq!(look(&alarm, NOW + 9999 * HOUR), Attention::LookAgain(None));
    // No event reports the end of what the alarm by function opened, which older versions had.
    let former = Incident { resource: "devops-function-errors (orders)".to_owned(), ..alarm };
    assert_eq!(look(&former, NOW + 24 * HOUR), Attention::Resolve);
    assert_eq!(look(&Incident { status: Status::Resolved, ..medium }, NOW + 24 * HOUR), Attention::LookAgain(None));
    Ok(())
}

#[test]
fn a_silence_holds_notices_back_until_its_end() -> Result<(), Box<dyn std::error::Error>> {
    let silence = |pattern: serde_json::Value, end: i64| Silence {
        silence_id: "sil-1".to_owned(),
        by: "ada".to_owned(),
        reason: "maintenance".to_owned(),
        created_at: crate::time::rfc3339(NOW),
        until: crate::time::rfc3339(end),
        pattern,
    };
    let orders = silence(serde_json::json!({ "resource": ["orders"] }), NOW + HOUR);
    let other = silence(serde_json::json!({ "resource": ["payments"] }), NOW + 2 * HOUR);
    let longer = silence(serde_json::json!({ "source": ["lambda"], "severity": ["MEDIUM"] }), NOW + 2 * HOUR);
    let unusable = silence(serde_json::json!({ "resource": "orders" }), NOW + 3 * HOUR);
    let due = Incident { due: Some(Reason::Opened), ..incident()? };
    let policy = AlertPolicy::default();
    let until = |silences: &[Silence], now| attention(&due, &policy, silences, now);
    assert_eq!(until(&[orders.clone(), other.clone()], NOW), Attention::LookAgain(Some(NOW + HOUR)));
    assert_eq!(until(&[orders.clone(), longer], NOW), Attention::LookAgain(Some(NOW + 2 * HOUR)));
    assert_eq!(until(&[orders, other, unusable], NOW + HOUR), Attention::Send);
    Ok(())
}

#[test]
fn the_first_word_and_the_last_word_are_said() {
    for (waiting, new, remains) in [
        (None, Reason::Escalated, Reason::Escalated),
        (Some(Reason::Opened), Reason::Escalated, Reason::Opened),
        (Some(Reason::Flapping), Reason::Escalated, Reason::Flapping),
        (Some(Reason::Opened), Reason::Recovered, Reason::Recovered),
        (Some(Reason::Reminder), Reason::Escalated, Reason::Escalated),
    ] {
        assert_eq!(superseding(waiting, new), remains);
    }
}

#[test]
fn the_third_change_in_half_an_hour_is_flapping() -> Result<(), Box<dyn std::error::Error>> {
    let recovered = |recent_changes: Vec<i64>, flapping| -> Result<Incident, Box<dyn std::error::Error>> {
        Ok(Incident { status: Status::Resolved, recovered: true, recent_changes, flapping, ..incident()? })
    };
    assert_eq!(beginning(None, NOW), (vec![NOW], Beginning::Fresh));
    let once = recovered(vec![NOW - 200, NOW - 100], false)?;
    assert_eq!(beginning(Some(&once), NOW), (vec![NOW - 200, NOW - 100, NOW], Beginning::BeginsToFlap));
    let again = recovered(vec![NOW - 300, NOW - 200, NOW - 100], true)?;
    assert_eq!(beginning(Some(&again), NOW).1, Beginning::StillFlaps);
    let long_ago = recovered(vec![NOW - 9000, NOW - 8000, NOW - 7000], true)?;
    assert_eq!(beginning(Some(&long_ago), NOW), (vec![NOW], Beginning::Fresh));
    let often: Vec<i64> = (NOW - 1000..NOW).collect();
    let newest = beginning(Some(&recovered(often, true)?), NOW).0;
    assert_eq!(newest, (NOW - MOST_CHANGES as i64..=NOW).collect::<Vec<_>>());
    let by_hand = Incident { recovered: false, ..again };
    assert_eq!(beginning(Some(&by_hand), NOW), (vec![NOW], Beginning::Fresh));
    Ok(())
}
