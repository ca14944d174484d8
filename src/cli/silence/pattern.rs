//! Which incidents a silence matches: from flags to a pattern, and from a pattern to words.

use incident_model::{Pattern, PatternError, Severity};
use serde_json::{Map, Value, json};

/// The longest pattern allowed, in bytes: EventBridge's own limit for a rule.
pub(super) const LONGEST: usize = 2048;

/// The fields, in display order.
const ORDER: [&str; 9] =
    ["source", "resource", "account", "region", "severity", "rule", "error_type", "error_message", "fingerprint"];

/// The pattern for fields and their allowed values. A value with `*` is a wildcard.
pub(super) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, Vec<String>)>) -> Value {
    let matcher = |value: String| if value.contains('*') { json!({ "wildcard": value }) } else { Value::from(value) };
    let named = fields.into_iter().filter(|(_, values)| !values.is_empty());
    let members: Map<String, Value> =
        named.map(|(name, values)| (name.to_owned(), values.into_iter().map(matcher).collect())).collect();
    Value::Object(members)
}

/// The pattern that matches every incident.
pub(super) fn everything() -> Value {
    json!({"severity": [{"exists": true}]})
}

/// Whether a pattern excludes next to nothing: it matches incidents that have nothing in common.
///
/// # Errors
/// When the pattern is invalid.
pub(super) fn matches_nearly_everything(pattern: &Value) -> Result<bool, PatternError> {
    let pattern = Pattern::from_value(pattern)?;
    let strangers =
        Severity::ALL.iter().flat_map(|severity| ["", "⌘ never seen"].map(|text| stranger(*severity, text)));
    Ok(strangers.into_iter().all(|fields| pattern.matches(&fields)))
}

/// An incident's fields, with the same text in all of them.
fn stranger(severity: Severity, text: &str) -> Value {
    let mut fields: Map<String, Value> = ORDER.iter().map(|name| ((*name).to_owned(), text.into())).collect();
    fields.insert("severity".to_owned(), severity.name().into());
    Value::Object(fields)
}

/// A pattern in words: `source lambda, resource orders-* or bills`.
pub(super) fn words(pattern: &Value) -> String {
    if *pattern == everything() {
        return "everything".to_owned();
    }
    let mut fields: Vec<_> = pattern.as_object().into_iter().flatten().collect();
    // A map from the table has no order.
    fields.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len()));
    fields.into_iter().map(|(name, values)| field(name, values)).collect::<Vec<_>>().join(", ")
}

fn field(name: &str, values: &Value) -> String {
    let plain = values.as_array().and_then(|values| values.iter().map(plain).collect::<Option<Vec<_>>>());
    match plain {
        Some(values) => format!("{name} {}", values.join(" or ")),
        None => format!("{name} {values}"),
    }
}

/// A value as on the command line.
fn plain(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("wildcard")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_a_pattern_and_the_pattern_words() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let pattern =
            of([("source", texts(&["lambda"])), ("rule", texts(&[])), ("resource", texts(&["orders-*", "bills"]))]);
        assert_eq!(pattern, json!({"source": ["lambda"], "resource": [{"wildcard": "orders-*"}, "bills"]}));
        assert_eq!(words(&pattern), "source lambda, resource orders-* or bills");
        let unordered = json!({"resource": ["bills"], "$or": [{"rule": ["x"]}], "source": ["ecs"]});
        assert_eq!(words(&unordered), r#"source ecs, resource bills, $or [{"rule":["x"]}]"#);
        assert_eq!(words(&json!({"region": [{"prefix": "eu-"}]})), r#"region [{"prefix":"eu-"}]"#);
        assert_eq!(words(&everything()), "everything");
    }

    #[test]
    fn what_leaves_out_next_to_nothing_is_found() -> Result<(), PatternError> {
        for (pattern, nearly_everything) in [
            (everything(), true),
            (json!({"source": [{"wildcard": "*"}]}), true),
            (json!({"source": [{"prefix": ""}], "resource": [{"exists": true}]}), true),
            (json!({"severity": ["CRITICAL", "HIGH", "MEDIUM", "LOW"]}), true),
            (json!({"source": [{"anything-but": "lambda"}]}), true),
            (json!({"$or": [{"source": [{"wildcard": "*"}]}, {"resource": ["orders"]}]}), true),
            (json!({"severity": ["LOW"]}), false),
            (json!({"source": ["lambda"]}), false),
            (json!({"source": [{"wildcard": "*"}], "resource": [{"wildcard": "orders-*"}]}), false),
        ] {
            assert_eq!(matches_nearly_everything(&pattern)?, nearly_everything, "{pattern}");
        }
        assert!(matches_nearly_everything(&json!({})).is_err(), "EventBridge has no empty pattern");
        Ok(())
    }
}
