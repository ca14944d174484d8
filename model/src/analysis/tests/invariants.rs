//! What holds for any evidence.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const ERRORS: [(&str, &str); 9] = [
    ("KeyError", "'QUEUE_URL'"),
    ("Runtime.ImportModuleError", "Unable to import module 'app'"),
    ("AccessDenied", "is not authorized to perform: s3:GetObject"),
    ("Error", "getaddrinfo ENOTFOUND api.example.com"),
    ("Sandbox.Timedout", "Task timed out after 3.00 seconds"),
    ("Runtime.OutOfMemory", "signal: killed"),
    ("JSONDecodeError", "Expecting value: line 1"),
    ("Error", "Something went wrong"),
    ("", ""),
];

proptest! {
    #[test]
    fn a_change_after_the_first_failure_is_never_the_cause(
        error in select(&ERRORS[..]), after in 30..3_000_i64, errors in 1..20_u32, failing_for in 0..100_i64, memory in select(&[128_u64, 1024][..]),
    ) {
        let case = Case::of(error.0, error.1)?.failing(errors.into(), failing_for);
        let changed = Case::of(error.0, error.1)?.failing(errors.into(), failing_for).updated(-after, |state| {
            state.code = "new".to_owned();
            state.memory = Some(memory);
            state.environment.clear();
        });
        // Only the snapshot says when they came at the earliest; the metrics that calls failed before.
        let mut changed = changed;
        if let Gathered::Found(history) = &mut changed.evidence.history {
            history.seen_at = ZERO + 20;
        }
        let found = changed.analysis();
        prop_assert!(!matches!(found.cause, Cause::Deployment | Cause::Configuration) || found.cause == case.analysis().cause, "{found:#?}");
        prop_assert!(found.changed.is_empty(), "{found:#?}");
    }

    #[test]
    fn nothing_is_likely_without_evidence(error in select(&ERRORS[7..])) {
        let case = Case::of(error.0, error.1)?;
        let found = analyse(&case.incident, &Evidence::default(), ZERO);
        prop_assert_eq!(found.confidence, Confidence::Possible);
        prop_assert_eq!(found.cause, Cause::Unknown);
    }

    #[test]
    fn the_change_of_a_setting_is_named_with_its_time(error in select(&ERRORS[..]), ago in 61..280_i64) {
        let found = Case::of(error.0, error.1)?.updated(ago, |state| state.code = "new".to_owned()).analysis();
        prop_assert_eq!(found.changed, ["code"]);
        let all = std::iter::once((found.cause, &found.statement)).chain(found.candidates.iter().map(|one| (one.cause, &one.statement)));
        let mut of_code = all.filter(|(cause, _)| *cause == Cause::Deployment);
        let when = crate::analysis::words::span(ago);
        prop_assert!(of_code.any(|(_, statement)| statement.contains(&when)), "{when}");
    }

    #[test]
    fn an_analysis_is_as_it_was_written(error in select(&ERRORS[..]), ago in -100..400_i64) {
        let found = Case::of(error.0, error.1)?.updated(ago, |state| state.memory = Some(128)).logged(&["a", "b"]).analysis();
        let read: Analysis = serde_json::from_str(&serde_json::to_string(&found)?)?;
        prop_assert_eq!(read, found);
    }
}
