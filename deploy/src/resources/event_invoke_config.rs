//! `AWS::Lambda::EventInvokeConfig`: retries of asynchronous invocations, and where failures go.

use async_trait::async_trait;
use aws_sdk_lambda::operation::get_function_event_invoke_config::GetFunctionEventInvokeConfigOutput;
use aws_sdk_lambda::types::{DestinationConfig, OnFailure, OnSuccess};
use serde_json::{Value, json};

use super::{Context, Provider, Values};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub(super) struct EventInvokeConfig;

const ABSENT: &str = "ResourceNotFoundException";

#[async_trait]
impl Provider for EventInvokeConfig {
    fn properties(&self) -> &'static [&'static str] {
        &["FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["FunctionName", "Qualifier"]
    }

    fn attributes(&self, _properties: &Value, _place: &Place) -> Attributes {
        Attributes::default()
    }

    fn parent(&self, properties: &Value) -> Option<String> {
        properties.optional_text("FunctionName")
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let properties = &desired.properties;
        Ok(get(context, properties).await?.map(|output| Observed {
            physical_id: properties.text("FunctionName"),
            properties: json!({
                "FunctionName": properties.text("FunctionName"),
                "Qualifier": properties.text("Qualifier"),
                "MaximumRetryAttempts": output.maximum_retry_attempts(),
                "MaximumEventAgeInSeconds": output.maximum_event_age_in_seconds(),
                "DestinationConfig": on_failure(output.destination_config()),
            }),
            ownership: Ownership::Child,
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        // The call overwrites everything, so attributes that the template does not manage are written back unchanged.
        let existing = get(context, properties).await?;
        let attempts = existing.as_ref().and_then(|config| config.maximum_retry_attempts());
        let age = existing.as_ref().and_then(|config| config.maximum_event_age_in_seconds());
        let on_success = existing.and_then(|config| config.destination_config?.on_success?.destination);
        let config = DestinationConfig::builder()
            .set_on_failure(destination(properties).map(|arn| OnFailure::builder().destination(arn).build()))
            .set_on_success(on_success.map(|arn| OnSuccess::builder().destination(arn).build()))
            .build();
        retry(&context.progress, || async {
            let call = context
                .clients
                .lambda
                .put_function_event_invoke_config()
                .function_name(properties.text("FunctionName"))
                .qualifier(properties.text("Qualifier"))
                .set_maximum_retry_attempts(properties.integer("MaximumRetryAttempts").or(attempts))
                .set_maximum_event_age_in_seconds(properties.integer("MaximumEventAgeInSeconds").or(age))
                .destination_config(config.clone());
            call.send().await.explain("lambda:PutFunctionEventInvokeConfig")
        })
        .await
        .map(|_| ())
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        self.create(context, &change.desired).await
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        retry(&context.progress, || async {
            let call = context.clients.lambda.delete_function_event_invoke_config();
            let call = call.function_name(desired.properties.text("FunctionName"));
            let call = call.qualifier(desired.properties.text("Qualifier"));
            call.send().await.explain("lambda:DeleteFunctionEventInvokeConfig").or_absent(ABSENT)
        })
        .await
        .map(|_| ())
    }
}

async fn get(
    context: &Context<'_>,
    properties: &Value,
) -> Result<Option<GetFunctionEventInvokeConfigOutput>, AwsError> {
    let call = context.clients.lambda.get_function_event_invoke_config();
    let call = call.function_name(properties.text("FunctionName")).qualifier(properties.text("Qualifier"));
    call.send().await.explain("lambda:GetFunctionEventInvokeConfig").or_absent(ABSENT)
}

/// The destination that the template manages: that of successes belongs to others.
fn on_failure(config: Option<&DestinationConfig>) -> Value {
    match config.and_then(|config| config.on_failure()?.destination()) {
        Some(arn) => json!({"OnFailure": {"Destination": arn}}),
        None => json!({}),
    }
}

fn destination(properties: &Value) -> Option<String> {
    properties.get("DestinationConfig")?.get("OnFailure")?.optional_text("Destination")
}
