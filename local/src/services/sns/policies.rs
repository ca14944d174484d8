//! A topic's access policy, and its data protection policy, which is stored and has no effect.

use serde_json::{Value, json};

use super::errors::{self, required};
use super::state::Sns;
use super::tags::with_resource;
use crate::config::ACCOUNT;
use crate::policy::Policy;
use crate::{ApiError, Call, Output};

/// The default policy: full access for the account.
pub(super) fn default_policy(topic_arn: &str) -> String {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"
            ],
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
        }]
    })
    .to_string()
}

/// A topic's policy may only contain SNS actions.
pub(super) fn check_policy(text: &str) -> Result<(), String> {
    Policy::parse(text).map_err(|error| format!("Policy Error: {error}"))?;
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let one_or_many = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let foreign = one_or_many(&document["Statement"])
        .iter()
        .flat_map(|statement| one_or_many(&statement["Action"]))
        .any(|action| action.as_str().is_some_and(|action| !action.to_ascii_lowercase().starts_with("sns:")));
    if foreign { Err("Policy statement action out of service scope!".to_owned()) } else { Ok(()) }
}

/// `AddPermission`: lets other accounts act on the topic.
pub(super) fn add_permission(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let label = required(call, "Label")?;
    let principals: Vec<String> =
        call.input.texts("AWSAccountId").iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> = call.input.texts("ActionName").iter().map(|action| format!("SNS:{action}")).collect();
    edit_statements(sns, call, |topic_arn, statements| {
        if statements.iter().any(|statement| statement["Sid"] == label) {
            return Err(errors::invalid("Statement already exists"));
        }
        statements.push(json!({
            "Sid": label, "Effect": "Allow", "Principal": {"AWS": principals}, "Action": actions, "Resource": topic_arn
        }));
        Ok(())
    })
}

pub(super) fn remove_permission(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let label = required(call, "Label")?;
    edit_statements(sns, call, |_, statements| {
        statements.retain(|statement| statement["Sid"] != label);
        Ok(())
    })
}

fn edit_statements(
    sns: &Sns,
    call: &Call,
    edit: impl FnOnce(&str, &mut Vec<Value>) -> Result<(), ApiError>,
) -> Result<Output, ApiError> {
    sns.with_topic(required(call, "TopicArn")?, |topic| {
        let text = topic.attributes.get("Policy").cloned().unwrap_or_else(|| default_policy(&topic.arn));
        let mut document: Value = serde_json::from_str(&text).unwrap_or_default();
        if !document["Statement"].is_array() {
            document["Statement"] = json!([document["Statement"]]);
        }
        if let Value::Array(statements) = &mut document["Statement"] {
            edit(&topic.arn, statements)?;
        }
        topic.attributes.insert("Policy".to_owned(), document.to_string());
        Ok(Output::empty())
    })
}

pub(super) fn data_protection_policy(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let policy = topic.data_protection_policy.clone().unwrap_or_default();
        Ok(Output::structure([("DataProtectionPolicy", Some(policy.into()))]))
    })
}

pub(super) fn put_data_protection_policy(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let policy = required(call, "DataProtectionPolicy")?;
    with_resource(sns, call, |topic| {
        topic.data_protection_policy = Some(policy.to_owned());
        Ok(Output::empty())
    })
}
