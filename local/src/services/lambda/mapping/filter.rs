//! Filter criteria: which messages of the queue invoke the function. The others are deleted ("Control which events Lambda
//! sends to your function" in the Lambda developer guide).

use incident_model::Pattern;
use serde_json::{Value, json};

use crate::services::lambda::validation::{invalid, violation};
use crate::{ApiError, Input};

/// Filters of one mapping, AWS's default quota.
const MOST: usize = 5;
/// Characters of a pattern.
const LONGEST: usize = 4096;

/// The filters of a mapping; without any, all messages match.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters(Vec<(String, Pattern)>);

impl Filters {
    /// Reads `FilterCriteria`.
    ///
    /// # Errors
    /// `InvalidParameterValueException` and `ValidationException` in AWS's words.
    pub(super) fn read(criteria: &Input) -> Result<Self, ApiError> {
        let filters = criteria.structures("Filters");
        if filters.len() > MOST {
            return Err(invalid(format!("Number of filters for the event source exceeds the limit of {MOST}.")));
        }
        filters
            .iter()
            .map(|filter| read(filter.text("Pattern").unwrap_or_default()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// `FilterCriteria`, if there are any.
    pub(super) fn describe(&self) -> Option<Value> {
        let filters: Vec<Value> = self.0.iter().map(|(text, _)| json!({ "Pattern": text })).collect();
        (!filters.is_empty()).then(|| json!({ "Filters": filters }))
    }

    /// Whether a message, as the event's record, matches any filter. A body that is JSON is matched as such.
    pub(super) fn admit(&self, record: &Value) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let mut record = record.clone();
        if let Some(body) = record["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok())
            && body.is_object()
        {
            record["body"] = body;
        }
        self.0.iter().any(|(_, pattern)| pattern.matches(&record))
    }
}

fn read(text: &str) -> Result<(String, Pattern), ApiError> {
    if text.chars().count() > LONGEST {
        let constraint = format!("have length less than or equal to {LONGEST}");
        return Err(violation(text, "filterCriteria.filters.1.member.pattern", &constraint));
    }
    let pattern = Pattern::parse(text).map_err(|_| invalid("Invalid filter pattern definition."))?;
    Ok((text.to_owned(), pattern))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn filters(patterns: &[Value]) -> Result<Filters, ApiError> {
        let patterns: Vec<Value> = patterns.iter().map(|pattern| json!({ "Pattern": pattern.to_string() })).collect();
        Filters::read(&Input(json!({ "Filters": patterns }).as_object().unwrap().clone()))
    }

    #[test]
    fn any_filter_admits_a_message_of_the_same_kind() {
        for (patterns, body, admits) in [
            (vec![], "text", true),
            (vec![json!({"body": {"kind": ["a", "b"]}})], r#"{"kind": "b"}"#, true),
            (vec![json!({"body": {"kind": ["a"]}})], r#"{"kind": "b"}"#, false),
            (
                vec![json!({"body": {"kind": ["a"]}}), json!({"body": {"n": [{"numeric": [">", 1]}]}})],
                r#"{"n": 2}"#,
                true,
            ),
            (vec![json!({"body": ["text"]})], "text", true),
            // A filter for text admits no JSON, and the other way round.
            (vec![json!({"body": ["text"]})], r#"{"kind": "text"}"#, false),
            (vec![json!({"body": {"kind": ["a"]}})], "text", false),
            (vec![json!({"attributes": {"MessageGroupId": ["g"]}})], "text", true),
        ] {
            let record = json!({"body": body, "attributes": {"MessageGroupId": "g"}});
            assert_eq!(filters(&patterns).unwrap().admit(&record), admits, "{patterns:?} {body}");
        }
    }

    #[test]
    fn patterns_are_validated() {
        for pattern in [Value::Null, json!("text"), json!({"body": "text"}), json!({"body": {"a": []}})] {
            let error = filters(std::slice::from_ref(&pattern)).unwrap_err();
            assert_eq!(error.message, "Invalid filter pattern definition.", "{pattern}");
        }
        let six = vec![json!({"body": ["a"]}); 6];
        assert!(filters(&six[..5]).is_ok());
        assert_eq!(filters(&six).unwrap_err().code, "InvalidParameterValueException");
    }
}
