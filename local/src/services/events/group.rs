//! The message group of a target that is a queue: `SqsParameters.MessageGroupId`.

use serde_json::Value;

use super::transform::Path;
use super::validation::{invalid, violated};
use crate::ApiError;

/// Length limit of the parameter (API reference, `SqsParameters`). What a path resolves to may have 128 characters, the
/// limit of SQS.
const LONGEST: usize = 100;

/// How the id of the message group is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Group {
    /// The same for every event.
    Static(String),
    /// A part of the event, such as `$.source` ("Dynamic path parameters" in the EventBridge user guide). Only a whole
    /// parameter can be a path.
    Dynamic(Path),
}

impl Group {
    /// Reads the parameter; `field` names it in errors.
    ///
    /// # Errors
    /// `ValidationException` when it is longer than 100 characters, or begins like a path and is none.
    pub(super) fn parse(text: &str, field: &str) -> Result<Self, ApiError> {
        if text.chars().count() > LONGEST {
            let constraint = format!("Member must have length less than or equal to {LONGEST}");
            return Err(violated(text, field, &constraint));
        }
        if !text.starts_with("$.") {
            return Ok(Self::Static(text.to_owned()));
        }
        let invalid_path = || invalid(format!("Parameter {text} is not valid. Reason: Invalid JsonPath."));
        Path::parse(text).map(Self::Dynamic).ok_or_else(invalid_path)
    }

    /// The id for an event.
    ///
    /// # Errors
    /// `InvalidParameterValue` when the event has no text, number or flag at the path: the delivery fails for good.
    pub(super) fn resolve(&self, event: &Value) -> Result<String, ApiError> {
        let path = match self {
            Self::Static(id) => return Ok(id.clone()),
            Self::Dynamic(path) => path,
        };
        match path.find(event) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            _ => Err(ApiError::new(
                "InvalidParameterValue",
                "The message group id is a path at which the event has no value of a usable type.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_path_is_resolved_and_all_else_is_static() {
        let event = json!({"source": "orders", "detail": {"n": 7, "who": {"arn": "f:$LATEST"}, "none": null}});
        for (parameter, expected) in [
            ("failures", Some("failures")),
            ("$.source", Some("orders")),
            ("$.detail.n", Some("7")),
            ("$.detail.who.arn", Some("f:$LATEST")),
            // A path within a text is text.
            ("a-$.source", Some("a-$.source")),
            ("$LATEST", Some("$LATEST")),
            ("$.detail.who", None),
            ("$.detail.none", None),
            ("$.detail.absent", None),
        ] {
            let resolved = Group::parse(parameter, "f").unwrap().resolve(&event);
            assert_eq!(resolved.ok().as_deref(), expected, "{parameter}");
        }
    }

    #[test]
    fn the_parameter_has_at_most_100_characters() {
        assert!(Group::parse(&"g".repeat(100), "f").is_ok());
        let error = Group::parse(&"g".repeat(101), "targets.1.member.sqsParameters.messageGroupId").unwrap_err();
        let words = "at 'targets.1.member.sqsParameters.messageGroupId' failed to satisfy constraint: Member must have \
                     length less than or equal to 100";
        assert!(error.message.ends_with(words), "{error}");
        assert_eq!(Group::parse("$..source", "f").unwrap_err().code, "ValidationException");
    }
}
