//! The element `userIdentity` of an event.

use serde_json::{Value, json};

use crate::config::ACCOUNT;
use crate::services::iam;
use crate::{Cloud, Principal, arn};

/// Who calls where a service calls for its own caller.
pub(super) const INTERNAL: &str = "AWS Internal";

/// The caller, as "CloudTrail userIdentity element" describes it.
pub(super) fn of(cloud: &Cloud, principal: &Principal, access_key: Option<&str>) -> Value {
    let mut identity = named(cloud, principal);
    match access_key {
        Some(key) => identity["accessKeyId"] = json!(key),
        None if identity.get("invokedBy").is_none() => identity["invokedBy"] = json!(INTERNAL),
        None => {}
    }
    identity
}

fn named(cloud: &Cloud, principal: &Principal) -> Value {
    match principal {
        Principal::Root => json!({
            "type": "Root", "principalId": ACCOUNT, "arn": principal.arn(), "accountId": ACCOUNT,
        }),
        Principal::Role { role_name, session_arn } => {
            let id = iam::role_id_of(cloud, role_name).unwrap_or_default();
            let session = session_name(session_arn);
            json!({
                "type": "AssumedRole", "principalId": format!("{id}:{session}"), "arn": session_arn,
                "accountId": ACCOUNT,
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role", "principalId": id, "arn": arn::local("iam", "", &format!("role/{role_name}")),
                        "accountId": ACCOUNT, "userName": role_name,
                    },
                },
            })
        }
        Principal::Service(name) => json!({ "type": "AWSService", "invokedBy": name }),
        Principal::Anonymous => json!({ "type": "Unknown" }),
    }
}

/// The user's name in a lookup: that of an IAM user, of a role's session, or `root`.
pub(super) fn username(identity: &Value) -> Option<String> {
    let text = |name: &str| identity[name].as_str().map(str::to_owned);
    match identity["type"].as_str()? {
        "Root" => Some("root".to_owned()),
        "AssumedRole" => identity["arn"].as_str().map(|arn| session_name(arn).to_owned()),
        _ => text("userName"),
    }
}

fn session_name(session_arn: &str) -> &str {
    session_arn.rsplit('/').next().unwrap_or(session_arn)
}
