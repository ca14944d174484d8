//! awsQuery responses: XML.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::{ApiError, Call, Output};

/// Operations without a result, as the services' Smithy models say; the result of the others may be empty.
const WITHOUT_RESULT: [(&str, &[&str]); 4] = [
    ("cloudformation", &["CancelUpdateStack", "DeleteStack"]),
    (
        "monitoring",
        &[
            "DeleteAlarms",
            "DisableAlarmActions",
            "EnableAlarmActions",
            "PutMetricAlarm",
            "PutMetricData",
            "SetAlarmState",
        ],
    ),
    (
        "iam",
        &[
            "AttachRolePolicy",
            "DeletePolicy",
            "DeletePolicyVersion",
            "DeleteRole",
            "DeleteRolePermissionsBoundary",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "SetDefaultPolicyVersion",
            "TagPolicy",
            "TagRole",
            "UntagPolicy",
            "UntagRole",
            "UpdateAssumeRolePolicy",
        ],
    ),
    (
        "sns",
        &[
            "AddPermission",
            "DeleteTopic",
            "PutDataProtectionPolicy",
            "RemovePermission",
            "SetSubscriptionAttributes",
            "SetTopicAttributes",
            "Unsubscribe",
        ],
    ),
];

/// `<OperationResponse>` with the result and the request id.
pub(super) fn success(call: &Call, output: &Output) -> String {
    let Call { service, operation, request_id, .. } = call;
    let mut body = String::new();
    if has_result(service, operation) {
        tagged(&mut body, &format!("{operation}Result"), output);
    }
    format!(
        "<{operation}Response xmlns=\"{}\">{body}<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>",
        namespace(service)
    )
}

fn has_result(service: &str, operation: &str) -> bool {
    !WITHOUT_RESULT.iter().any(|(of, operations)| *of == service && operations.contains(&operation))
}

/// `<ErrorResponse>` with code, message and request id.
pub(super) fn failure(service: &str, request_id: &str, error: &ApiError) -> String {
    let kind = if error.status < 500 { "Sender" } else { "Receiver" };
    format!(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        namespace(service),
        escape(error.code.as_str()),
        escape(error.message.as_str()),
    )
}

fn namespace(service: &str) -> &'static str {
    match service {
        "iam" => "https://iam.amazonaws.com/doc/2010-05-08/",
        "sts" => "https://sts.amazonaws.com/doc/2011-06-15/",
        "sns" => "http://sns.amazonaws.com/doc/2010-03-31/",
        "sqs" => "http://queue.amazonaws.com/doc/2012-11-05/",
        "cloudformation" => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
        "monitoring" => "http://monitoring.amazonaws.com/doc/2010-08-01/",
        _ => "http://local.invalid/",
    }
}

fn value(xml: &mut String, output: &Output) {
    match output {
        Output::Null => {}
        Output::Bool(flag) => _ = write!(xml, "{flag}"),
        Output::Integer(integer) => _ = write!(xml, "{integer}"),
        Output::Double(double) => _ = write!(xml, "{double}"),
        Output::Timestamp(seconds) => xml.push_str(&instant(*seconds)),
        Output::Text(text) => xml.push_str(&escape(text.as_str())),
        Output::List(elements) => elements.iter().for_each(|element| tagged(xml, "member", element)),
        Output::Structure(members) => members.iter().for_each(|(name, member)| tagged(xml, name, member)),
        Output::Map(entries) => {
            for (key, entry) in entries {
                let _ = write!(xml, "<entry><key>{}</key>", escape(key.as_str()));
                tagged(xml, "value", entry);
                xml.push_str("</entry>");
            }
        }
    }
}

fn tagged(xml: &mut String, name: &str, output: &Output) {
    if *output != Output::Null {
        let _ = write!(xml, "<{name}>");
        value(xml, output);
        let _ = write!(xml, "</{name}>");
    }
}

fn instant(seconds: f64) -> String {
    jiff::Timestamp::from_millisecond((seconds * 1000.0) as i64).unwrap_or_default().to_string()
}
