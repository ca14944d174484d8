//! Tags with the reserved `aws:` prefix: only AWS itself (CloudFormation, say) may set or remove them. IAM, Lambda, S3
//! and CloudFormation have their own checks and messages.

use serde_json::Value;

use crate::{ApiError, Call};

/// The prefix, compared case-insensitively.
const PREFIX: &str = "aws:";
/// Services without their own check, and the error code each returns.
const SERVICES: [(&str, &str); 6] = [
    ("dynamodb", "ValidationException"),
    ("events", "ValidationException"),
    ("logs", "InvalidParameterException"),
    ("monitoring", "InvalidParameterValue"),
    ("sns", "InvalidParameter"),
    ("sqs", "InvalidParameterValue"),
];

/// Rejects calls that set or remove reserved tags.
///
/// # Errors
/// The service's invalid-parameter code.
pub(super) fn check(call: &Call) -> Result<(), ApiError> {
    let Some((_, code)) = SERVICES.iter().find(|(service, _)| *service == call.service) else { return Ok(()) };
    let members = ["Tags", "tags", "TagKeys", "tagKeys"].into_iter().filter_map(|name| call.input.get(name));
    match members.flat_map(keys).find(|key| key.to_lowercase().starts_with(PREFIX)) {
        Some(key) => Err(ApiError::new(*code, format!("The tag key {key} is reserved: {PREFIX} is AWS's own prefix"))),
        None => Ok(()),
    }
}

/// Tag keys in any form services use: a map, a list of pairs, a list of keys.
fn keys(tags: &Value) -> Vec<&str> {
    match tags {
        Value::Object(map) => map.keys().map(String::as_str).collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(|tag| tag.as_str().or_else(|| tag.get("Key").or_else(|| tag.get("key"))?.as_str()))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;
    use crate::{Call, Input, Principal};

    #[test]
    fn reserved_tags_are_rejected() {
        for (service, input, refused) in [
            ("sqs", json!({"Tags": {"aws:x": "y"}}), true),
            ("sqs", json!({"Tags": {"team": "aws:"}}), false),
            ("sns", json!({"Tags": [{"Key": "AWS:x", "Value": "y"}]}), true),
            ("events", json!({"TagKeys": ["aws:cloudformation:stack-name"]}), true),
            ("logs", json!({"tags": {"aws:x": "y"}}), true),
            ("dynamodb", json!({"Tags": [{"Key": "team", "Value": "y"}]}), false),
            ("sts", json!({"Tags": [{"Key": "aws:x", "Value": "y"}]}), false),
        ] {
            let Value::Object(members) = input.clone() else { continue };
            let call = Call {
                service: service.to_owned(),
                operation: "TagResource".to_owned(),
                input: Input(members),
                region: "us-east-1".to_owned(),
                request_id: String::new(),
                principal: Principal::Root,
            };
            assert_eq!(check(&call).is_err(), refused, "{service} {input}");
        }
    }
}
