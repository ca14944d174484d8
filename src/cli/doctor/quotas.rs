//! The account's quotas, as far as AWS reports them.

use aws_sdk_iam::types::SummaryKeyType;

use crate::health::Check;
use incident_deploy::aws::{AwsError, Clients, Explain};

/// New accounts get ten, which a burst of failures exhausts at once.
const FEW_EXECUTIONS: i32 = 100;
/// Storage for the code of both functions, in bytes.
const CODE_BYTES: i64 = 64 * 1024 * 1024;
/// Roles in the stack.
const ROLES: i32 = 2;
/// EventBridge's default quota of rules per bus; the account's own is not available.
const RULES: usize = 300;
/// Rules in the stack.
const OWN_RULES: usize = 5;

/// Checks the quotas of Lambda, IAM and EventBridge.
pub(super) async fn checks(clients: &Clients) -> Vec<Check> {
    let (lambda, roles, rules) = tokio::join!(lambda(clients), roles(clients), rules(clients));
    lambda.into_iter().chain([roles, rules]).collect()
}

async fn lambda(clients: &Clients) -> Vec<Check> {
    let settings = match clients.lambda.get_account_settings().send().await.explain("lambda:GetAccountSettings") {
        Ok(settings) => settings,
        Err(error) => return vec![unknown("concurrency", &error)],
    };
    let limit = settings.account_limit();
    let executions = limit.map_or(0, |limit| limit.concurrent_executions());
    let unreserved = limit.and_then(|limit| limit.unreserved_concurrent_executions()).unwrap_or(executions);
    let most = limit.map_or(0, |limit| limit.total_code_size());
    let used = settings.account_usage().map_or(0, |usage| usage.total_code_size());
    vec![concurrency(executions, unreserved), code_storage(most, used)]
}

fn concurrency(executions: i32, unreserved: i32) -> Check {
    const NAME: &str = "concurrency";
    let message = format!("{unreserved} of {executions} concurrent executions are unreserved");
    match unreserved {
        ..FEW_EXECUTIONS => Check::warn(NAME, message)
            .hint("a burst of failures would be throttled: raise Lambda's quota of concurrent executions"),
        _ => Check::ok(NAME, message),
    }
}

fn code_storage(most: i64, used: i64) -> Check {
    const NAME: &str = "code storage";
    let megabytes = |bytes: i64| bytes / (1024 * 1024);
    let message = format!("{} of {} MB used", megabytes(used), megabytes(most));
    match most - used < CODE_BYTES {
        true => Check::fail(NAME, message).hint("delete old functions or versions, or raise Lambda's quota"),
        false => Check::ok(NAME, message),
    }
}

async fn roles(clients: &Clients) -> Check {
    const NAME: &str = "roles";
    let summary = match clients.iam.get_account_summary().send().await.explain("iam:GetAccountSummary") {
        Ok(summary) => summary.summary_map.unwrap_or_default(),
        Err(error) => return unknown(NAME, &error),
    };
    let number = |key: SummaryKeyType| summary.get(&key).copied().unwrap_or_default();
    // The SDK has no constants for the role keys.
    let (used, most) = (number(SummaryKeyType::from("Roles")), number(SummaryKeyType::from("RolesQuota")));
    let message = format!("{used} of {most} used");
    match most > 0 && most - used < ROLES {
        true => Check::warn(NAME, message).hint("a new stack needs two: delete unused roles, or raise IAM's quota"),
        false => Check::ok(NAME, message),
    }
}

async fn rules(clients: &Clients) -> Check {
    const NAME: &str = "rules";
    let used = match count_rules(clients).await {
        Ok(used) => used,
        Err(error) => return unknown(NAME, &error),
    };
    let message = format!("{used} on the default bus; the default quota is {RULES}");
    match used + OWN_RULES > RULES {
        true => {
            Check::warn(NAME, message).hint("a new stack needs five: delete unused rules, or raise EventBridge's quota")
        }
        false => Check::ok(NAME, message),
    }
}

/// Counts the rules of the default bus, up to the quota.
async fn count_rules(clients: &Clients) -> Result<usize, AwsError> {
    let mut used = 0;
    let mut next = None;
    loop {
        let page = clients.events.list_rules().set_next_token(next).send().await.explain("events:ListRules")?;
        used += page.rules().len();
        next = page.next_token;
        if next.is_none() || used >= RULES {
            return Ok(used);
        }
    }
}

fn unknown(name: &'static str, error: &AwsError) -> Check {
    Check::warn(name, format!("could not be checked: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::CheckStatus;

    #[test]
    fn quotas_that_are_almost_used_up_are_told() {
        const GIGABYTE: i64 = 1 << 30;
        for (check, status) in [
            (concurrency(1000, 900), CheckStatus::Ok),
            (concurrency(10, 10), CheckStatus::Warn),
            (concurrency(1000, 99), CheckStatus::Warn),
            (code_storage(75 * GIGABYTE, GIGABYTE), CheckStatus::Ok),
            (code_storage(75 * GIGABYTE, 75 * GIGABYTE - 1), CheckStatus::Fail),
        ] {
            assert_eq!(check.status, status, "{check:?}");
            assert_eq!(check.hint.is_none(), status == CheckStatus::Ok, "{check:?}");
        }
    }
}
