//! The account's functions whose failures could go unnoticed.

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::health::Check;
use crate::ui::count;
use incident_deploy::aws::{Absent, AwsError, Clients, Explain};

const NAME: &str = "functions";
/// Each function costs two calls; beyond this many, the rest is skipped and the message says so.
const MOST: usize = 50;
/// Maximum concurrent calls.
const AT_ONCE: usize = 10;

/// What can hide failures of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Function {
    name: String,
    /// Reserved concurrency 0: it never runs.
    is_stopped: bool,
    /// Asynchronous failures go to a destination of its own.
    has_destination: bool,
}

/// Checks the account's functions, all of which the alarms on functions watch.
pub(super) async fn check(clients: &Clients) -> Check {
    match read(clients).await {
        Ok((functions, total)) => judge(&functions, total),
        Err(error) => Check::warn(NAME, format!("could not be checked: {error}")),
    }
}

async fn read(clients: &Clients) -> Result<(Vec<Function>, usize), AwsError> {
    let mut names = Vec::new();
    let mut pages = clients.lambda.list_functions().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.explain("lambda:ListFunctions")?;
        names.extend(page.functions().iter().filter_map(|function| Some(function.function_name()?.to_owned())));
    }
    let total = names.len();
    names.truncate(MOST);
    let functions = stream::iter(names).map(|name| look(clients, name)).buffered(AT_ONCE).try_collect().await?;
    Ok((functions, total))
}

async fn look(clients: &Clients, name: String) -> Result<Function, AwsError> {
    let concurrency = async {
        let call = clients.lambda.get_function_concurrency().function_name(&name);
        call.send().await.explain("lambda:GetFunctionConcurrency").or_absent("ResourceNotFoundException")
    };
    let config = async {
        let call = clients.lambda.get_function_event_invoke_config().function_name(&name);
        call.send().await.explain("lambda:GetFunctionEventInvokeConfig").or_absent("ResourceNotFoundException")
    };
    let (concurrency, config) = tokio::try_join!(concurrency, config)?;
    let is_stopped = concurrency.and_then(|found| found.reserved_concurrent_executions) == Some(0);
    let destination = config.and_then(|config| config.destination_config?.on_failure?.destination);
    let has_destination = destination.is_some_and(|arn| !arn.contains(":event-bus/default"));
    Ok(Function { is_stopped, has_destination, name })
}

fn judge(functions: &[Function], total: usize) -> Check {
    let names = |is: fn(&Function) -> bool| {
        functions.iter().filter(|one| is(one)).map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (stopped, elsewhere) = (names(|one| one.is_stopped), names(|one| one.has_destination));
    let mut message =
        format!("{} in this region; the alarms on functions see the failures of all", count(total, "function"));
    if total > functions.len() {
        message += &format!(" (only the first {} were checked)", functions.len());
    }
    if !elsewhere.is_empty() {
        message += &format!("; with an on-failure destination of their own: {elsewhere}");
    }
    match stopped.is_empty() {
        true => Check::ok(NAME, message),
        false => Check::warn(NAME, format!("{message}; never run, because their reserved concurrency is 0: {stopped}"))
            .hint("remove the reserved concurrency of functions that should run"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::CheckStatus;

    #[test]
    fn a_function_that_never_runs_is_named() {
        let function = |name: &str| Function { name: name.to_owned(), ..Function::default() };
        assert_eq!(judge(&[function("a")], 1).status, CheckStatus::Ok);
        let stopped = Function { is_stopped: true, ..function("orders") };
        let elsewhere = Function { has_destination: true, ..function("bills") };
        let check = judge(&[stopped, elsewhere], 70);
        assert_eq!(check.status, CheckStatus::Warn);
        for words in ["70 functions", "the first 2", "own: bills", "is 0: orders"] {
            assert!(check.message.contains(words), "`{words}` is missing in {check:?}");
        }
    }
}
