//! The functions that Lambda lists.

use aws_sdk_lambda::config::Config;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::FunctionConfiguration;

use crate::refused::Refused;

/// Functions of a page, at most
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>).
const PAGE: i32 = 50;

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

    /// One function.
    fn function(&self, name: &str) -> impl Future<Output = Result<GetFunctionConfigurationOutput, Refused>>;
}

/// Lambda.
#[derive(Debug)]
pub(crate) struct OnLambda(pub(crate) aws_sdk_lambda::Client);

impl Functions for OnLambda {
    async fn page(&self, marker: Option<&str>) -> Result<Page, Refused> {
        // Retries would take from what the account's other users need; the next sweep is early enough.
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let list = self.0.list_functions().max_items(PAGE).set_marker(marker.map(str::to_owned));
        let listed =
            list.customize().config_override(once).send().await.map_err(Refused::of("lambda:ListFunctions"))?;
        Ok(Page { functions: listed.functions.unwrap_or_default(), marker: listed.next_marker })
    }

    async fn function(&self, name: &str) -> Result<GetFunctionConfigurationOutput, Refused> {
        let get = self.0.get_function_configuration().function_name(name);
        get.send().await.map_err(Refused::of("lambda:GetFunctionConfiguration"))
    }
}
