//! The configuration of a function's asynchronous invocations.

use aws_sdk_lambda::types::{DestinationConfig, OnFailure, OnSuccess};

use super::{Function, Watch};
use incident_deploy::aws::{Absent, AwsError, Explain};

const ABSENT: &str = "ResourceNotFoundException";

/// The parts that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) on_failure: Option<String>,
    pub(super) on_success: Option<String>,
    /// Whether it sets retries or event age.
    pub(super) limits_tries: bool,
}

impl Watch {
    pub(super) async fn config(&self, function: &Function) -> Result<Option<Config>, AwsError> {
        let call = self.clients.lambda.get_function_event_invoke_config().function_name(&function.arn);
        let call = call.set_qualifier(function.qualifier.clone()).send().await;
        let found = call.explain("lambda:GetFunctionEventInvokeConfig").or_absent(ABSENT)?;
        Ok(found.map(|found| Config {
            limits_tries: found.maximum_retry_attempts().is_some() || found.maximum_event_age_in_seconds().is_some(),
            on_failure: found.destination_config().and_then(on_failure),
            on_success: found.destination_config().and_then(on_success),
        }))
    }

    /// Sets the on-failure destination or, with `None`, removes it; everything else stays.
    pub(super) async fn set_destination(
        &self,
        function: &Function,
        existing: Option<&Config>,
        destination: Option<&str>,
    ) -> Result<(), AwsError> {
        let success = existing.and_then(|config| config.on_success.clone());
        // Always send both: AWS does not document whether an update keeps a destination it omits.
        let config = DestinationConfig::builder()
            .on_failure(OnFailure::builder().set_destination(destination.map(str::to_owned)).build())
            .on_success(OnSuccess::builder().set_destination(success).build())
            .build();
        let lambda = &self.clients.lambda;
        // Update fails if there is no configuration; Put would reset whatever it omits.
        let answer = match existing {
            None => {
                let call = lambda.put_function_event_invoke_config().function_name(&function.arn);
                let call = call.set_qualifier(function.qualifier.clone()).destination_config(config);
                call.send().await.explain("lambda:PutFunctionEventInvokeConfig")?.destination_config
            }
            Some(_) => {
                let call = lambda.update_function_event_invoke_config().function_name(&function.arn);
                let call = call.set_qualifier(function.qualifier.clone()).destination_config(config);
                call.send().await.explain("lambda:UpdateFunctionEventInvokeConfig")?.destination_config
            }
        };
        match answer.as_ref().and_then(on_failure).as_deref() == destination {
            true => Ok(()),
            false => Err(AwsError::new(
                "lambda:UpdateFunctionEventInvokeConfig",
                "NotChanged",
                "Lambda still reports another destination",
            )),
        }
    }

    pub(super) async fn delete_config(&self, function: &Function) -> Result<(), AwsError> {
        let call = self.clients.lambda.delete_function_event_invoke_config().function_name(&function.arn);
        let answer = call.set_qualifier(function.qualifier.clone()).send().await;
        answer.explain("lambda:DeleteFunctionEventInvokeConfig").or_absent(ABSENT).map(drop)
    }
}

/// The on-failure destination.
pub(super) fn on_failure(config: &DestinationConfig) -> Option<String> {
    config.on_failure()?.destination().filter(|arn| !arn.is_empty()).map(str::to_owned)
}

fn on_success(config: &DestinationConfig) -> Option<String> {
    config.on_success()?.destination().filter(|arn| !arn.is_empty()).map(str::to_owned)
}
