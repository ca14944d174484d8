//! The functions that Lambda lists, and what it says of each.

use std::collections::BTreeMap;

use aws_sdk_lambda::config::Config;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::FunctionConfiguration;

use crate::refused::Refused;

/// Functions of a page, at most
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>).
const PAGE: i32 = 50;

/// Aliases of a function that are asked for: the most of one answer
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html>).
const ALIASES: i32 = 50;

/// Some functions of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) functions: Vec<FunctionConfiguration>,
    /// Where the next page begins.
    pub(crate) marker: Option<String>,
}

/// What Lambda says about functions.
pub(crate) trait Functions {
    /// The page that begins at a marker; the first one without.
    fn page(&self, marker: Option<&str>) -> impl Future<Output = Result<Page, Refused>>;

    /// The functions of a smaller page, at most so many.
    fn some(&self, marker: Option<&str>, most: i32) -> impl Future<Output = Result<Page, Refused>>;

    /// The versions of a function's aliases; of many, the first fifty.
    fn aliases(&self, name: &str) -> impl Future<Output = Result<BTreeMap<String, String>, Refused>>;

    /// The reserved concurrency of a function, if it has one.
    fn reserved(&self, name: &str) -> impl Future<Output = Result<Option<u64>, Refused>>;

    /// One function.
    fn function(&self, name: &str) -> impl Future<Output = Result<GetFunctionConfigurationOutput, Refused>>;
}

/// Lambda.
#[derive(Debug)]
pub(crate) struct OnLambda(pub(crate) aws_sdk_lambda::Client);

/// Retries would take from what the account's other users need; the next sweep is early enough.
fn once() -> aws_sdk_lambda::config::Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

impl Functions for OnLambda {
    async fn page(&self, marker: Option<&str>) -> Result<Page, Refused> {
        self.some(marker, PAGE).await
    }

    async fn some(&self, marker: Option<&str>, most: i32) -> Result<Page, Refused> {
        let list = self.0.list_functions().max_items(most).set_marker(marker.map(str::to_owned));
        let listed =
            list.customize().config_override(once()).send().await.map_err(Refused::of("lambda:ListFunctions"))?;
        Ok(Page { functions: listed.functions.unwrap_or_default(), marker: listed.next_marker })
    }

    async fn aliases(&self, name: &str) -> Result<BTreeMap<String, String>, Refused> {
        let list = self.0.list_aliases().function_name(name).max_items(ALIASES);
        let listed =
            list.customize().config_override(once()).send().await.map_err(Refused::of("lambda:ListAliases"))?;
        let versions = listed.aliases.unwrap_or_default().into_iter();
        Ok(versions.filter_map(|alias| Some((alias.name?, alias.function_version?))).collect())
    }

    async fn reserved(&self, name: &str) -> Result<Option<u64>, Refused> {
        let get = self.0.get_function_concurrency().function_name(name).customize().config_override(once());
        let answer = get.send().await.map_err(Refused::of("lambda:GetFunctionConcurrency"))?;
        Ok(answer.reserved_concurrent_executions.and_then(|reserved| u64::try_from(reserved).ok()))
    }

    async fn function(&self, name: &str) -> Result<GetFunctionConfigurationOutput, Refused> {
        let get = self.0.get_function_configuration().function_name(name);
        get.send().await.map_err(Refused::of("lambda:GetFunctionConfiguration"))
    }
}
