//! `AWS::Lambda::Function`, whose code is the package.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::error::BuildError;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::primitives::{Blob, SdkBody};
use aws_sdk_lambda::types::{
    Architecture, Environment, FunctionCode, FunctionConfiguration, LastUpdateStatus, Runtime, State,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::SemaphorePermit;

use super::former_code::FormerCode;
use super::taken::take_up;
use super::values::tag_list;
use super::{Context, Provider, Values, named};
use crate::aws::wait::{retry, until};
use crate::aws::{Absent, AwsError, Explain};
use crate::package::Package;
use crate::plan::{Change, Observed, Ownership, RECREATED};
use crate::template::{Attributes, Desired, Place, ROLE_TAG};

pub(super) struct Function;

const ABSENT: &str = "ResourceNotFoundException";
const LIMIT: Duration = Duration::from_secs(120);

#[async_trait]
impl Provider for Function {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "FunctionName",
            "Description",
            "Runtime",
            "Architectures",
            "Handler",
            "Role",
            "Code",
            "MemorySize",
            "Timeout",
            "Environment",
            "Tags",
        ]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["FunctionName"]
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("FunctionName");
        named(&name, place.arn("lambda", &format!("function:{name}")))
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let call = context.clients.lambda.get_function().function_name(&desired.attributes.reference);
        let output = call.send().await.explain("lambda:GetFunction").or_absent(ABSENT)?;
        let Some(output) = output else { return Ok(None) };
        let Some(configuration) = output.configuration else { return Ok(None) };
        let tags = output.tags.unwrap_or_default();
        let tags = || tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let ownership = match configuration.state() {
            Some(State::Deleting) => Ownership::Deleting,
            _ => Ownership::by_tags(tags(), &context.place.stack),
        };
        let mut properties = shape(&configuration);
        properties["Tags"] = tag_list(tags());
        Ok(Some(Observed { physical_id: configuration.function_name.unwrap_or_default(), properties, ownership }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let call = context
            .clients
            .lambda_at_length
            .create_function()
            .function_name(&desired.attributes.reference)
            .set_description(properties.optional_text("Description"))
            .runtime(Runtime::from(properties.text("Runtime").as_str()))
            .set_architectures(Some(architectures(properties)))
            .handler(properties.text("Handler"))
            .role(properties.text("Role"))
            .set_memory_size(properties.integer("MemorySize"))
            .set_timeout(properties.integer("Timeout"))
            .environment(environment(properties))
            .set_tags(Some(tags(properties)));
        retry(&context.progress, || async {
            let Upload { package, turn: _turn } = upload(context).await?;
            let call = call.clone().code(FunctionCode::builder().zip_file(Blob::default()).build());
            let call = call.customize().map_request(move |request| with_zip(request, &package));
            match call.send().await.explain("lambda:CreateFunction") {
                Err(error) if error.message.contains("already exist") => {
                    take_up(self, context, desired, &error).await.map(drop)
                }
                result => result.map(|_| ()),
            }
        })
        .await
    }

    /// Only invocations need an active function; permissions and settings are accepted earlier.
    async fn ready(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        wait_until_ready(context, &desired.attributes.reference).await
    }

    async fn settle(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        tokio::try_join!(remember_role(context, desired), self.ready(context, desired)).map(|_| ())
    }

    /// Role, then configuration, then code: AWS accepts one change at a time. Tags come last, so that an interrupted
    /// run does not record what it did not do.
    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let lambda = &context.clients.lambda;
        let properties = &change.desired.properties;
        let name = &change.desired.attributes.reference;
        if let (true, Some(detour)) = (change.touches(RECREATED), &change.detour) {
            for role in [detour, &properties.text("Role")] {
                change_role(context, name, role).await?;
            }
        }
        if ["Description", "Runtime", "Handler", "Role", "MemorySize", "Timeout", "Environment"]
            .iter()
            .any(|property| change.touches(property))
        {
            let call = lambda
                .update_function_configuration()
                .function_name(name)
                .description(properties.text("Description"))
                .runtime(Runtime::from(properties.text("Runtime").as_str()))
                .handler(properties.text("Handler"))
                .role(properties.text("Role"))
                .set_memory_size(properties.integer("MemorySize"))
                .set_timeout(properties.integer("Timeout"))
                .environment(environment(properties));
            retry(&context.progress, || async {
                call.clone().send().await.explain("lambda:UpdateFunctionConfiguration")
            })
            .await?;
            wait_until_ready(context, name).await?;
        }
        if change.touches("Code") || change.touches("Architectures") {
            let former = FormerCode::keep(context, change).await;
            let call = context.clients.lambda_at_length.update_function_code().function_name(name);
            let call = call.set_architectures(Some(architectures(properties)));
            retry(&context.progress, || async {
                let Upload { package, turn: _turn } = upload(context).await?;
                let call = call.clone().zip_file(Blob::default()).customize();
                let call = call.map_request(move |request| with_zip(request, &package));
                call.send().await.explain("lambda:UpdateFunctionCode")
            })
            .await?;
            wait_until_ready(context, name).await?;
            if let Some(former) = former {
                former.put_back_unless_new_works(context).await?;
            }
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let call = lambda.untag_resource().resource(arn(context, name)).set_tag_keys(Some(gone));
            call.send().await.explain("lambda:UntagResource")?;
        }
        if change.touches("Tags") {
            tag(context, name, tags(properties)).await?;
        }
        Ok(())
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let name = &desired.attributes.reference;
        retry(&context.progress, || async {
            let call = context.clients.lambda.delete_function().function_name(name);
            call.send().await.explain("lambda:DeleteFunction").or_absent(ABSENT)
        })
        .await?;
        until(&context.progress, "the function to be deleted", LIMIT, || async {
            Ok(configuration(context, name).await?.is_none().then_some(()))
        })
        .await
    }
}

/// Giving a function its role is what makes Lambda grant that role the decryption of the environment.
async fn change_role(context: &Context<'_>, name: &str, role: &str) -> Result<(), AwsError> {
    retry(&context.progress, || async {
        let call = context.clients.lambda.update_function_configuration().function_name(name).role(role);
        call.send().await.explain("lambda:UpdateFunctionConfiguration")
    })
    .await?;
    wait_until_ready(context, name).await
}

/// Records the id of the function's role: a re-created role of the same name has another.
async fn remember_role(context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
    let role = desired.properties.text("Role");
    let name = role.rsplit('/').next().unwrap_or_default();
    let call = context.clients.iam.get_role().role_name(name);
    let Some(role) = call.send().await.explain("iam:GetRole")?.role else { return Ok(()) };
    let id = HashMap::from([(ROLE_TAG.to_owned(), role.role_id().to_owned())]);
    tag(context, &desired.attributes.reference, id).await
}

async fn tag(context: &Context<'_>, name: &str, tags: HashMap<String, String>) -> Result<(), AwsError> {
    let call = context.clients.lambda.tag_resource().resource(arn(context, name)).set_tags(Some(tags));
    call.send().await.explain("lambda:TagResource").map(|_| ())
}

fn arn(context: &Context<'_>, name: &str) -> String {
    context.place.arn("lambda", &format!("function:{name}"))
}

async fn configuration(context: &Context<'_>, name: &str) -> Result<Option<GetFunctionConfigurationOutput>, AwsError> {
    let call = context.clients.lambda.get_function_configuration().function_name(name);
    call.send().await.explain("lambda:GetFunctionConfiguration").or_absent(ABSENT)
}

/// Waits until the function can be invoked and changed.
pub(super) async fn wait_until_ready(context: &Context<'_>, name: &str) -> Result<(), AwsError> {
    until(&context.progress, "the function to become active", LIMIT, || async {
        let Some(now) = configuration(context, name).await? else { return Ok(None) };
        if now.state() == Some(&State::Failed) {
            let reason = now.state_reason().unwrap_or("AWS gave no reason");
            return Err(AwsError::new("lambda:GetFunctionConfiguration", "Failed", reason));
        }
        if now.last_update_status() == Some(&LastUpdateStatus::Failed) {
            let reason = now.last_update_status_reason().unwrap_or("AWS gave no reason");
            return Err(AwsError::new("lambda:GetFunctionConfiguration", "UpdateFailed", reason));
        }
        // Emulators omit states, and an idle function is inactive until invoked.
        let busy =
            now.state() == Some(&State::Pending) || now.last_update_status() == Some(&LastUpdateStatus::InProgress);
        Ok((!busy).then_some(()))
    })
    .await
}

fn shape(configuration: &FunctionConfiguration) -> Value {
    let variables = configuration.environment().and_then(|environment| environment.variables());
    let variables: Value = variables
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({
        "FunctionName": configuration.function_name(),
        "Description": configuration.description(),
        "Runtime": configuration.runtime().map(|runtime| runtime.as_str()),
        "Architectures": configuration.architectures().iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        "Handler": configuration.handler(),
        "Role": configuration.role(),
        "Code": {"Sha256": configuration.code_sha256()},
        "MemorySize": configuration.memory_size(),
        "Timeout": configuration.timeout(),
        "Environment": {"Variables": variables},
        "LastModified": configuration.last_modified(),
    })
}

/// The zip, with the permit to upload it.
struct Upload<'a> {
    package: Package,
    turn: Option<SemaphorePermit<'a>>,
}

async fn upload<'a>(context: &Context<'a>) -> Result<Upload<'a>, AwsError> {
    let Some(package) = context.package else {
        return Err(AwsError::new("lambda:CreateFunction", "NoPackage", "there is no handler to deploy"));
    };
    Ok(Upload { package: package.clone(), turn: package.upload_permit().await })
}

/// Inserts the zip into a request with an empty one. The SDK would hold three more copies while writing the request:
/// the argument, its text, and the text in the body.
fn with_zip(mut request: HttpRequest, package: &Package) -> Result<HttpRequest, BuildError> {
    const EMPTY: &str = r#""ZipFile":""#;
    let body = request.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    let Some((before, after)) = body.split_once(EMPTY) else {
        return Err(BuildError::other("the request has no empty zip to replace"));
    };
    let length = body.len() + package.bytes().len().div_ceil(3) * 4;
    let mut whole = String::with_capacity(length);
    whole.push_str(before);
    whole.push_str(EMPTY);
    STANDARD.encode_string(package.bytes(), &mut whole);
    whole.push_str(after);
    request.headers_mut().insert("content-length", whole.len().to_string());
    *request.body_mut() = SdkBody::from(whole);
    Ok(request)
}

fn architectures(properties: &Value) -> Vec<Architecture> {
    properties.texts("Architectures").iter().map(|name| Architecture::from(name.as_str())).collect()
}

fn environment(properties: &Value) -> Environment {
    let variables = properties.get("Environment").and_then(|environment| environment.get("Variables"));
    let names = variables.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
    let variables: HashMap<String, String> =
        names.map(|name| (name.clone(), variables.map(|all| all.text(name)).unwrap_or_default())).collect();
    Environment::builder().set_variables(Some(variables)).build()
}

fn tags(properties: &Value) -> HashMap<String, String> {
    properties.tags().into_iter().map(|tag| (tag.key, tag.value)).collect()
}
