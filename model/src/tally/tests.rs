use proptest::prelude::*;

use super::*;
use crate::{classify, rules::Rules};

type Tested = Result<(), Box<dyn std::error::Error>>;

fn incident() -> Result<Incident, Box<dyn std::error::Error>> {
    let failure = serde_json::json!({
        "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
        "detail": {"requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:orders"}},
    });
    let seen = classify(&failure, &Rules::defaults()?)?;
    Ok(seen[0].incident("inc-1".to_owned(), "2026-01-31T12:00:00.000Z".to_owned()).ok_or("no failure")?)
}

/// As the table stores it and a reader sees it.
fn counted(head: &Incident, latest: &Incident, failures: u64) -> Incident {
    let tally = Tally {
        occurrences: failures,
        last_seen_at: latest.last_seen_at.clone(),
        last_failed_at: latest.last_failed_at.clone(),
        latest: Head::of(head).differences(latest),
        closed: false,
        others: BTreeMap::new(),
    };
    head.clone().with_tally(Some(&tally))
}

#[test]
fn head_and_tally_are_the_whole_incident_with_its_latest_failure() -> Tested {
    let head = Incident { runbook: Some("https://example.com/1".to_owned()), ..incident()? };
    let latest = Incident {
        summary: "another".to_owned(),
        error_message: "m".repeat(300),
        request_id: Some("r-2".to_owned()),
        runbook: None,
        last_seen_at: "2026-01-31T12:05:00.000Z".to_owned(),
        ..head.clone()
    };
    let expected = Incident { occurrences: 8, head: Some(Box::new(Head::of(&head))), ..latest.clone() };
    assert_eq!(counted(&head, &latest, 7), expected);
    Ok(())
}

#[test]
fn an_incident_without_a_tally_is_its_head() -> Tested {
    let head = incident()?;
    assert_eq!(head.clone().with_tally(None), Incident { head: Some(Box::new(Head::of(&head))), ..head });
    Ok(())
}

#[test]
fn a_failure_that_an_older_version_counted_in_the_head_is_counted_and_shown_if_it_is_the_latest() -> Tested {
    let head = incident()?;
    let latest =
        Incident { summary: "second".to_owned(), last_seen_at: "2026-01-31T12:05:00.000Z".to_owned(), ..head.clone() };
    let tally = Tally {
        occurrences: 2,
        last_seen_at: latest.last_seen_at.clone(),
        last_failed_at: latest.last_failed_at.clone(),
        latest: Head::of(&head).differences(&latest),
        closed: false,
        others: BTreeMap::new(),
    };
    let later = Incident {
        occurrences: 5,
        summary: "third".to_owned(),
        last_seen_at: "2026-01-31T12:09:00.000Z".to_owned(),
        ..head
    };
    let read = later.with_tally(Some(&tally));
    assert_eq!((read.occurrences, read.summary.as_str()), (7, "third"));
    Ok(())
}

proptest! {
    #[test]
    fn what_a_forged_event_names_fits_too(request_id in "[a-z😀]{0,300}", error_type in "[a-z😀]{0,300}", message in "[a-z😀]{0,900}") {
        let head = incident().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let link = Some(format!("https://example.com/{}", "a".repeat(300)));
        let prose = "p".repeat(400);
        let latest = Incident {
            summary: prose.clone(),
            recommendation: prose,
            error_message: message,
            error_type,
            rule: "lambda-user-exception-2".to_owned(),
            request_id: Some(request_id),
            console_url: link.clone(),
            runbook: link,
            ..head.clone()
        };
        let differences = Head::of(&head).differences(&latest);
        prop_assert!(size(&differences) <= MOST_BYTES, "{}", size(&differences));
    }

    #[test]
    fn differences_fit_and_identities_stay_whole(
        texts in proptest::collection::vec("[a-zäß€😀 ]{0,1500}", 4),
        rule in "[a-z-]{1,60}",
        request_id in proptest::option::of("[0-9a-f-]{36}"),
        link in proptest::option::of("https://[a-z]{10,400}"),
    ) {
        let head = incident().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let latest = Incident {
            summary: texts[0].clone(),
            recommendation: texts[1].clone(),
            error_message: texts[2].clone(),
            error_type: texts[3].chars().take(20).collect(),
            rule,
            request_id,
            console_url: link.clone(),
            runbook: link,
            last_seen_at: "2026-01-31T12:05:00.000Z".to_owned(),
            ..head.clone()
        };
        let differences = Head::of(&head).differences(&latest);
        prop_assert!(size(&differences) <= MOST_BYTES, "{}", size(&differences));
        let read = counted(&head, &latest, 1);
        prop_assert_eq!((&read.rule, &read.request_id, &read.error_type), (&latest.rule, &latest.request_id, &latest.error_type));
        for (shown, whole) in [(&read.summary, &latest.summary), (&read.error_message, &latest.error_message)] {
            prop_assert!(shown == whole || whole.starts_with(shown.trim_end_matches("...")), "{} of {}", shown, whole);
        }
        // A link of another failure is never shown.
        prop_assert!(read.console_url.is_none() || read.console_url == latest.console_url);
    }
}
