//! Parses the reason of a failed resource: CloudFormation embeds the service's error in text, in several forms.

use std::sync::LazyLock;

use regex::Regex;

use crate::aws::AwsError;

/// A parsed reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Cancelled because another resource failed first.
    Cancelled,
    /// The service returned an error.
    Refused(AwsError),
}

/// Patterns for the parts of a reason, in AWS's old and new form.
const PARTS: [&str; 4] = [
    // The operation: `API: sqs:CreateQueue …` or `… is not authorized to perform: sqs:CreateQueue …`.
    r"(?:^API: |not authorized to perform: )([a-z0-9-]+:[A-Za-z]+)",
    // The code, the more specific one first.
    r"(?:Error Code|HandlerErrorCode): ([A-Za-z.]+)",
    r"Request ?I[Dd]: ([A-Za-z0-9-]+)",
    // The resource handler's message, without the envelope.
    r#"(?s)^Resource handler returned message: "(.*?)(?: ?\(Service: .*)?" \(RequestToken: "#,
];

static EXPRESSIONS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| PARTS.iter().map(|pattern| Regex::new(pattern).ok()).collect());

/// Reads the reason of a resource that failed.
pub(super) fn read(reason: &str) -> Reason {
    if reason.starts_with("Resource creation cancelled") || reason.starts_with("Resource update cancelled") {
        return Reason::Cancelled;
    }
    let part = |index: usize| {
        let expression = EXPRESSIONS.get(index)?.as_ref()?;
        Some(expression.captures(reason)?.get(1)?.as_str().to_owned())
    };
    let message = part(3).unwrap_or_else(|| without_service(reason).to_owned());
    Reason::Refused(AwsError {
        call: part(0).unwrap_or_else(|| "CloudFormation".to_owned()),
        code: part(1).unwrap_or_else(|| code_by_words(&message).to_owned()),
        message,
        request_id: part(2),
        retries_exhausted: false,
    })
}

/// The old form ends with the service's details in parentheses.
fn without_service(reason: &str) -> &str {
    reason.split_once(" (Service: ").map_or(reason, |(message, _)| message)
}

/// The code for a text without one.
fn code_by_words(message: &str) -> &'static str {
    const WORDS: [(&str, &str); 3] = [
        ("not authorized to perform", "AccessDenied"),
        ("already exists", "AlreadyExists"),
        ("limit", "LimitExceeded"),
    ];
    WORDS.iter().find(|(words, _)| message.contains(words)).map_or("Failed", |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_answer_is_taken_out_of_its_wrapping() {
        for (reason, call, code, message, request_id) in [
            (
                r#"Resource handler returned message: "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: events:PutRule on resource: x (Service: EventBridge, Status Code: 400, Request ID: 1b-2) (SDK Attempt Count: 1)" (RequestToken: 77, HandlerErrorCode: AccessDenied)"#,
                "events:PutRule",
                "AccessDenied",
                "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: events:PutRule on resource: x",
                Some("1b-2"),
            ),
            (
                r#"Resource handler returned message: "Table already exists: devops-incidents" (RequestToken: 77, HandlerErrorCode: AlreadyExists)"#,
                "CloudFormation",
                "AlreadyExists",
                "Table already exists: devops-incidents",
                None,
            ),
            (
                "API: iam:CreateRole User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:CreateRole on resource: role",
                "iam:CreateRole",
                "AccessDenied",
                "API: iam:CreateRole User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:CreateRole on resource: role",
                None,
            ),
            (
                "The queue is gone (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.QueueDeletedRecently; Request ID: 9; Proxy: null)",
                "CloudFormation",
                "AWS.SimpleQueueService.QueueDeletedRecently",
                "The queue is gone",
                Some("9"),
            ),
            ("devops-alerts already exists", "CloudFormation", "AlreadyExists", "devops-alerts already exists", None),
            ("Something new", "CloudFormation", "Failed", "Something new", None),
        ] {
            let expected = AwsError {
                call: call.to_owned(),
                code: code.to_owned(),
                message: message.to_owned(),
                request_id: request_id.map(str::to_owned),
                retries_exhausted: false,
            };
            assert_eq!(read(reason), Reason::Refused(expected), "{reason}");
        }
    }

    #[test]
    fn a_cancelled_resource_is_not_the_cause() {
        for reason in ["Resource creation cancelled", "Resource update cancelled"] {
            assert_eq!(read(reason), Reason::Cancelled);
        }
    }
}
