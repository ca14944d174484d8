//! What a function's answer says about the messages of its batch. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

/// The result of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All but these messages succeeded, by id.
    Except(BTreeSet<String>),
    /// All failed, because the answer is unusable.
    AllFailed(&'static str),
}

/// Reads a partial batch response ("Implementing partial batch responses" in the Lambda developer guide). Success is an
/// answer that is empty or null, or whose list is. An answer of another shape fails the batch here, while AWS ignores
/// members that it does not know.
pub(super) fn read(answer: &[u8], ids: &BTreeSet<String>) -> Verdict {
    if answer.is_empty() {
        return Verdict::Except(BTreeSet::new());
    }
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return Verdict::AllFailed("it is not JSON") };
    let failures = match &answer {
        Value::Null => return Verdict::Except(BTreeSet::new()),
        Value::String(text) if text.is_empty() => return Verdict::Except(BTreeSet::new()),
        Value::Array(elements) if elements.is_empty() => return Verdict::Except(BTreeSet::new()),
        Value::Object(members) => match members.get("batchItemFailures") {
            Some(Value::Null) => return Verdict::Except(BTreeSet::new()),
            Some(Value::Array(failures)) => failures,
            None if members.is_empty() => return Verdict::Except(BTreeSet::new()),
            _ => return Verdict::AllFailed("it has no list of batchItemFailures"),
        },
        _ => return Verdict::AllFailed("it is not an object"),
    };
    let identifier = |failure: &Value| failure.get("itemIdentifier")?.as_str().map(str::to_owned);
    match failures.iter().map(identifier).collect::<Option<BTreeSet<String>>>() {
        None => Verdict::AllFailed("a failure has no itemIdentifier"),
        Some(failed) if failed.is_subset(ids) => Verdict::Except(failed),
        Some(_) => Verdict::AllFailed("an itemIdentifier is no message of the batch"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_mean_what_the_developer_guide_says() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        for (answer, failed) in [
            ("", Some(&[][..])),
            ("null", Some(&[])),
            ("{}", Some(&[])),
            ("[]", Some(&[])),
            ("\"\"", Some(&[])),
            (r#"{"batchItemFailures": []}"#, Some(&[])),
            (r#"{"batchItemFailures": null}"#, Some(&[])),
            (r#"{"batchItemFailures": [], "statusCode": 200}"#, Some(&[])),
            (r#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, Some(&["b"])),
            (r#"{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}"#, Some(&["b"])),
            (r#"{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}"#, Some(&["a", "b"])),
            (r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, None),
            (r#"{"batchItemFailures": [{"itemIdentifier": null}]}"#, None),
            (r#"{"batchItemFailures": [{"itemIdentifier": 7}]}"#, None),
            (r#"{"batchItemFailures": [{"id": "a"}]}"#, None),
            (r#"{"batchItemFailures": ["a"]}"#, None),
            (r#"{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "other"}]}"#, None),
            (r#"{"batchItemFailures": {"itemIdentifier": "a"}}"#, None),
            (r#"{"failures": ["a"]}"#, None),
            ("[1]", None),
            ("true", None),
            ("\"ok\"", None),
            ("{not json", None),
        ] {
            let verdict = read(answer.as_bytes(), &ids(&["a", "b", "c"]));
            match failed {
                Some(failed) => assert_eq!(verdict, Verdict::Except(ids(failed)), "{answer}"),
                None => assert!(matches!(verdict, Verdict::AllFailed(_)), "{answer}: {verdict:?}"),
            }
        }
    }
}
