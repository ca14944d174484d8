//! Who may send: the queue's policy decides, except for the account itself.

use crate::arn::Arn;
use crate::policy::{Decision, Need, Policy, Requester};
use crate::{ApiError, Principal};

use super::queue::Queue;

/// Admits the account and its roles, already authorised by the gateway; a service needs an allowing statement in the
/// queue's policy.
pub(super) fn check(queue: &Queue, principal: &Principal, source_arn: Option<&str>) -> Result<(), ApiError> {
    if matches!(principal, Principal::Root | Principal::Role { .. }) {
        return Ok(());
    }
    let requester = Requester { principal: principal.clone(), account: account_of(source_arn).to_owned() };
    let mut context = std::collections::BTreeMap::new();
    if let Some(source) = source_arn {
        context.insert("aws:SourceArn".to_owned(), vec![source.to_owned()]);
        context.insert("aws:SourceAccount".to_owned(), vec![account_of(source_arn).to_owned()]);
    }
    let need = Need { action: "sqs:SendMessage".to_owned(), resource: queue.arn.clone(), context };
    let allowed = queue
        .attributes
        .get("Policy")
        .and_then(|text| Policy::parse(text).ok())
        .is_some_and(|policy| matches!(policy.evaluate(&requester, &need), Decision::Allow));
    if allowed {
        return Ok(());
    }
    Err(ApiError::new("AccessDenied", format!("Access to the resource {} is denied.", queue.arn)).with_status(403))
}

fn account_of(source_arn: Option<&str>) -> &str {
    source_arn.and_then(Arn::parse).map_or(crate::config::ACCOUNT, |arn| arn.account)
}
