//! SNS: topics, subscriptions with confirmation, filter policies, delivery to email, queues and functions.

mod attribute;
mod delivery;
mod errors;
mod filter;
mod mails;
mod pages;
mod policies;
mod publication;
mod state;
mod subscriptions;
mod tags;
#[cfg(test)]
mod tests;
mod topics;

use std::collections::BTreeMap;

use serde_json::Value;

pub use pages::{confirm_page, unsubscribe_page};
pub use publication::{MessageAttribute, Publication, publish};
pub use state::Sns;

use crate::config::ACCOUNT;
use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Input, Output, arn};
pub(crate) use tags::mark;

/// Page size of lists.
const PAGE: usize = 100;

/// Handles one operation.
///
/// # Errors
/// AWS's error codes; `NotImplemented` for an unsupported operation.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let sns = &cloud.sns;
    check_home(call)?;
    match call.operation.as_str() {
        "AddPermission" => policies::add_permission(sns, call),
        "ConfirmSubscription" => subscriptions::confirm(sns, call),
        "CreateTopic" => topics::create(sns, call),
        "DeleteTopic" => topics::delete(sns, call),
        "GetDataProtectionPolicy" => policies::data_protection_policy(sns, call),
        "GetSubscriptionAttributes" => subscriptions::attributes(sns, call),
        "GetTopicAttributes" => topics::attributes(sns, call),
        "ListSubscriptions" => subscriptions::list(sns, call),
        "ListSubscriptionsByTopic" => subscriptions::list_by_topic(sns, call),
        "ListTagsForResource" => tags::list(sns, call),
        "ListTopics" => topics::list(sns, call),
        "Publish" => publication::publish_one(cloud, call).await,
        "PublishBatch" => publication::publish_batch(cloud, call).await,
        "PutDataProtectionPolicy" => policies::put_data_protection_policy(sns, call),
        "RemovePermission" => policies::remove_permission(sns, call),
        "SetSubscriptionAttributes" => subscriptions::set_attribute(sns, call),
        "SetTopicAttributes" => topics::set_attribute(sns, call),
        "Subscribe" => subscriptions::subscribe(cloud, call).await,
        "TagResource" => tags::add(sns, call),
        "Unsubscribe" => subscriptions::unsubscribe(sns, call),
        "UntagResource" => tags::remove(sns, call),
        operation => Err(ApiError::not_implemented(&call.service, operation)),
    }
}

/// Refuses ARNs of another region or account: a topic is reached in its own region only.
fn check_home(call: &Call) -> Result<(), ApiError> {
    for parameter in ["TopicArn", "TargetArn", "ResourceArn", "SubscriptionArn"] {
        let Some(text) = call.input.text(parameter) else { continue };
        state::check_arn(parameter, text)?;
        let is_home = |arn: arn::Arn<'_>| arn.region == call.region && arn.account == ACCOUNT;
        if !arn::Arn::parse(text).is_some_and(is_home) {
            return Err(errors::invalid(parameter));
        }
    }
    Ok(())
}

/// The permissions a call requires.
pub fn authorization(call: &Call) -> Vec<Need> {
    let text = |name| call.input.text(name);
    let resource = match call.operation.as_str() {
        "CreateTopic" => text("Name").map(|name| arn::local("sns", &call.region, name)),
        _ => text("TopicArn").or_else(|| text("TargetArn")).or_else(|| text("ResourceArn")).map(str::to_owned),
    };
    let action = if call.operation == "PublishBatch" { "Publish" } else { &call.operation };
    let mut need = Need::new(format!("sns:{action}"), resource.unwrap_or_else(|| "*".to_owned()));
    if call.operation == "Subscribe" {
        for (key, parameter) in [("sns:Protocol", "Protocol"), ("sns:Endpoint", "Endpoint")] {
            need = text(parameter).into_iter().fold(need, |need, value| need.with(key, value));
        }
    }
    vec![need]
}

/// A map parameter with text values.
fn text_map(input: &Input, name: &str) -> BTreeMap<String, String> {
    let members = input.get(name).and_then(Value::as_object).into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// The requested page of a list, and the next token: the number of elements before it.
fn page<T>(elements: Vec<T>, call: &Call) -> Result<(Vec<T>, Option<String>), ApiError> {
    let start = match call.input.text("NextToken").filter(|token| !token.is_empty()) {
        Some(token) => token.parse().map_err(|_| errors::invalid("NextToken"))?,
        None => 0,
    };
    let next = (elements.len() > start + PAGE).then(|| (start + PAGE).to_string());
    Ok((elements.into_iter().skip(start).take(PAGE).collect(), next))
}
