//! What to do, with the evidence in it. Only names that are valid enter a command.

use serde_json::json;

use super::facts::Facts;
use crate::name::Kind;

/// The most memory of a function, in MB: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MOST_MEMORY: u64 = 10_240;
/// The longest timeout of a function, in seconds; same page.
const LONGEST_TIMEOUT: u64 = 900;
/// The largest `/tmp` of a function, in MB; same page.
const MOST_STORAGE: u64 = 10_240;

/// A change of a setting: `raise the memory from 512 to 1024 MB`, with its command.
fn set(facts: &Facts<'_>, said: &str, flag: &str, value: &str) -> String {
    let command = update(facts, "update-function-configuration", &format!("{flag} {value}"));
    command.map_or_else(|| format!("{said}."), |command| format!("{said}: `{command}`."))
}

/// A command of the AWS CLI about the failed function; `None` without valid names.
fn update(facts: &Facts<'_>, verb: &str, arguments: &str) -> Option<String> {
    let function = facts.function?;
    let region = facts.incident.region.as_str();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || " -_.:/=,$".contains(character);
    let is_valid = Kind::Region.accepts(region) && arguments.chars().all(is_plain) && !arguments.contains("$(");
    let space = if arguments.is_empty() { "" } else { " " };
    is_valid.then(|| format!("aws lambda {verb} --function-name {function}{space}{arguments} --region {region}"))
}

/// Raise the memory that is exhausted.
pub(crate) fn raise_memory(facts: &Facts<'_>) -> Option<String> {
    let setting = facts.report().and_then(|report| report.memory).or_else(|| facts.state()?.memory)?;
    let to = (setting * 2).min(MOST_MEMORY);
    if to <= setting {
        return Some(format!("It has the most memory that Lambda gives, {setting} MB: let it hold less at once."));
    }
    Some(set(facts, &format!("Raise the memory from {setting} to {to} MB"), "--memory-size", &to.to_string()))
}

/// Raise the timeout that was not enough.
pub(crate) fn raise_timeout(facts: &Facts<'_>) -> Option<String> {
    let setting = facts.state().and_then(|state| state.timeout).or_else(|| timed_out_after(&facts.error))?;
    let to = (setting * 2).min(LONGEST_TIMEOUT);
    if to <= setting {
        return Some(format!("It has the longest timeout of Lambda, {setting} s: split its work."));
    }
    Some(set(
        facts,
        &format!("If it only needs more time, raise the timeout from {setting} to {to} s"),
        "--timeout",
        &to.to_string(),
    ))
}

/// The whole seconds of `Task timed out after 3.00 seconds`.
pub(crate) fn timed_out_after(error: &str) -> Option<u64> {
    let (_, rest) = error.split_once("Task timed out after ")?;
    rest.split(['.', ' ']).next()?.parse().ok().filter(|seconds| (1..=LONGEST_TIMEOUT).contains(seconds))
}

/// Raise the size of `/tmp`.
pub(crate) fn raise_storage(facts: &Facts<'_>) -> Option<String> {
    let setting = facts.state()?.storage?;
    let to = (setting * 2).min(MOST_STORAGE);
    let argument = format!("Size={to}");
    (to > setting).then(|| {
        set(facts, &format!("Raise the size of /tmp from {setting} to {to} MB"), "--ephemeral-storage", &argument)
    })
}

/// Give a setting back the value that it had.
pub(crate) fn restore(facts: &Facts<'_>, name: &str, from: &str) -> Option<String> {
    let flag = match name {
        "memory" => "--memory-size",
        "timeout" => "--timeout",
        "role" => "--role",
        "runtime" => "--runtime",
        "handler" => "--handler",
        "storage" => "--ephemeral-storage",
        "concurrency" if from == "none" => {
            let command = update(facts, "delete-function-concurrency", "")?;
            return Some(format!("Remove the reservation: `{command}`."));
        }
        "concurrency" => {
            let verb = "put-function-concurrency";
            let command = update(facts, verb, &format!("--reserved-concurrent-executions {from}"))?;
            return Some(format!("Reserve what it had: `{command}`."));
        }
        "network" => {
            return Some(
                "Give the function its former subnets and security groups, or its network a way to what it calls."
                    .to_owned(),
            );
        }
        _ => return None,
    };
    let value = if name == "storage" { format!("Size={from}") } else { from.to_owned() };
    let command = update(facts, "update-function-configuration", &format!("{flag} {value}"))?;
    Some(format!("Restore the {name}: `{command}`."))
}

/// Lead an alias back to the version before.
pub(crate) fn roll_back(facts: &Facts<'_>, alias: &str, version: &str) -> Option<String> {
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let is_valid = is_number && Kind::Function.accepts(alias);
    let command =
        update(facts, "update-alias", &format!("--name {alias} --function-version {version}")).filter(|_| is_valid)?;
    Some(format!("Roll back to version {version}: `{command}`."))
}

/// The statement that allows an action on a resource.
pub(crate) fn allow(action: &str, resource: Option<&str>) -> Option<String> {
    let is_action = action.split_once(':').is_some_and(|(service, name)| {
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_word(service) && is_word(name)
    });
    let is_arn = |arn: &&str| {
        arn.starts_with("arn:")
            && arn.len() <= 512
            && arn.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_-.*+=,@$".contains(&byte))
    };
    let resource = resource.filter(is_arn)?;
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
    is_action.then(|| format!("Add this statement to a policy of the role: {statement}"))
}

/// What the network of the function has to do with a host that is unreachable.
pub(crate) fn network(facts: &Facts<'_>, host: &str) -> Option<String> {
    let state = facts.state()?;
    let is_aws = host.contains(".amazonaws.com");
    Some(match (state.network.is_empty(), is_aws) {
        (true, _) => format!(
            "The function is in no VPC, so it reaches public addresses only: check that {host} is one, and that it is up."
        ),
        (false, true) => format!(
            "The function is in a VPC: {host} needs a VPC endpoint or a NAT gateway, a route to it, and a security group that allows it."
        ),
        (false, false) => format!(
            "The function is in a VPC: check the route to {host} (NAT gateway for the internet), the security groups of both sides, and that {host} is up."
        ),
    })
}
