//! Who made a change: an event of CloudTrail.
//!
//! Its format: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>.

use incident_model::redact::redact;
use incident_model::time::seconds_of;
use serde::Deserialize;

/// Longest name, in characters: a role has 64, its path more.
const LONGEST: usize = 100;

/// Who called what, when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    /// `role/ci`, `user/ada`, `root`, `cloudformation.amazonaws.com`.
    pub(crate) who: String,
    /// The call, without the version of the API.
    pub(crate) call: String,
    /// In seconds since 1970.
    pub(crate) at: i64,
}

/// What is read of an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    event_name: String,
    event_time: String,
    error_code: Option<String>,
    user_identity: Identity,
    request_parameters: Option<Parameters>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Identity {
    arn: String,
    invoked_by: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Parameters {
    function_name: String,
}

impl Author {
    /// The author of a call that changed a function; `None` if the call failed, or was about something else.
    pub(crate) fn of(event: &str, function: &str) -> Option<Self> {
        let event: Event = serde_json::from_str(event).ok()?;
        let named = event.request_parameters.unwrap_or_default().function_name;
        if event.error_code.is_some() || name_in(&named) != function {
            return None;
        }
        let who = event.user_identity.name()?;
        let call = event.event_name.split(|letter: char| letter.is_ascii_digit()).next().unwrap_or_default();
        Some(Self { who, call: printable(call), at: seconds_of(&event.event_time)? })
    }
}

impl Identity {
    /// The name of a role or a user, without the account and the session: a session is often a person's address.
    fn name(&self) -> Option<String> {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let mut parts = resource.split('/');
        let name = match (parts.next().unwrap_or_default(), parts.next()) {
            ("assumed-role", Some(role)) => format!("role/{role}"),
            ("user" | "role" | "federated-user", Some(_)) => {
                let kind = resource.split('/').next().unwrap_or_default();
                format!("{kind}/{}", resource.rsplit('/').next().unwrap_or_default())
            }
            ("root", _) => "root".to_owned(),
            _ => self.invoked_by.clone(),
        };
        let name = printable(&redact(&name));
        (!name.is_empty()).then_some(name)
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_graphic()).take(LONGEST).collect()
}

/// The function's name in a parameter, which may be a name, a whole or a partial ARN, each with or without a version or an
/// alias (<https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>).
fn name_in(parameter: &str) -> &str {
    let parts: Vec<&str> = parameter.split(':').collect();
    let after = parts.iter().position(|part| *part == "function").filter(|_| parts.len() > 1).map(|at| at + 1);
    parts.get(after.unwrap_or(0)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const AT: &str = "2026-11-27T09:58:00Z";

    fn event(identity: Value, function: &str) -> Value {
        json!({
            "eventVersion": "1.11", "eventSource": "lambda.amazonaws.com", "eventTime": AT, "userIdentity": identity,
            "eventName": "UpdateFunctionCode20150331v2", "requestParameters": {"functionName": function},
        })
    }

    fn arn(arn: &str) -> Value {
        json!({ "arn": arn })
    }

    #[test]
    fn an_author_has_a_name() {
        for (identity, who) in [
            (arn("arn:aws:sts::111111111111:assumed-role/ci/run-4711"), Some("role/ci")),
            (arn("arn:aws-us-gov:sts::111111111111:assumed-role/Admin/ada@example.com"), Some("role/Admin")),
            (arn("arn:aws:iam::111111111111:user/ada"), Some("user/ada")),
            (arn("arn:aws:iam::111111111111:user/team/shop/ada"), Some("user/ada")),
            (arn("arn:aws:sts::111111111111:federated-user/ada"), Some("federated-user/ada")),
            (arn("arn:aws:iam::111111111111:root"), Some("root")),
            (
                json!({"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}),
                Some("cloudformation.amazonaws.com"),
            ),
            (arn("arn:aws:iam::111111111111:user/AKIAIOSFODNN7EXAMPLE"), Some("user/[redacted]")),
            (arn("arn:aws:sts::111111111111:assumed-role/c\u{1b}[31mi\n/x"), Some("role/c[31mi")),
            (arn("no arn"), None),
            (json!({}), None),
        ] {
            let author = Author::of(&event(identity.clone(), "orders").to_string(), "orders");
            assert_eq!(author.as_ref().map(|author| author.who.as_str()), who, "{identity}");
            let is_of_call = |author: &Author| author.call == "UpdateFunctionCode" && author.at == 1_795_773_480;
            assert!(author.as_ref().is_none_or(is_of_call), "{author:?}");
        }
        let long = format!("arn:aws:iam::111111111111:user/{}", "a".repeat(500));
        let author = Author::of(&event(arn(&long), "orders").to_string(), "orders");
        assert_eq!(author.map(|author| author.who.len()), Some(LONGEST));
    }

    #[test]
    fn an_event_is_about_a_function() {
        let identity = arn("arn:aws:iam::111111111111:user/ada");
        for (parameter, is_meant) in [
            ("orders", true),
            ("orders:live", true),
            ("111111111111:function:orders", true),
            ("arn:aws:lambda:eu-west-1:111111111111:function:orders", true),
            ("arn:aws:lambda:eu-west-1:111111111111:function:orders:7", true),
            ("orders-2", false),
            ("arn:aws:lambda:eu-west-1:111111111111:function:bills", false),
            ("function", false),
            ("", false),
        ] {
            let author = Author::of(&event(identity.clone(), parameter).to_string(), "orders");
            assert_eq!(author.is_some(), is_meant, "{parameter}");
        }
        assert!(Author::of(&event(identity.clone(), "function").to_string(), "function").is_some());
        let mut failed = event(identity, "orders");
        failed["errorCode"] = json!("AccessDenied");
        assert_eq!(Author::of(&failed.to_string(), "orders"), None);
        for broken in ["", "{}", "[]", r#"{"requestParameters": null}"#, r#"{"userIdentity": 7}"#] {
            assert_eq!(Author::of(broken, "orders"), None, "{broken}");
        }
    }
}
