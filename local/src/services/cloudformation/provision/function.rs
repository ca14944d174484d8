//! `AWS::Lambda::Function`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::schema::{LIST_OF_TEXTS, Property, Shape, TAGS, lacking, of, text as text_property};
use super::site::{Site, Tagging};
use super::{Identity, Kind, differs, only, text, with};
use crate::arn;
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Function;

const CODE: Shape = Shape::Structure(&[
    text_property("S3Bucket"),
    text_property("S3Key"),
    text_property("S3ObjectVersion"),
    lacking("ImageUri"),
    lacking("SourceKMSKeyArn"),
    // Source text and no package.
    lacking("ZipFile"),
]);
const LOGGING: Shape = Shape::Structure(&[
    text_property("ApplicationLogLevel"),
    text_property("LogFormat"),
    text_property("LogGroup"),
    text_property("SystemLogLevel"),
]);
const PROPERTIES: &[Property] = &[
    of("Architectures", LIST_OF_TEXTS),
    of("Code", CODE).required(),
    of("DeadLetterConfig", Shape::Structure(&[text_property("TargetArn")])),
    text_property("Description"),
    of("Environment", Shape::Structure(&[of("Variables", Shape::Texts)])),
    of("EphemeralStorage", Shape::Structure(&[of("Size", Shape::Whole).required()])),
    text_property("FunctionName").replaces(),
    text_property("Handler"),
    text_property("KmsKeyArn"),
    of("LoggingConfig", LOGGING),
    of("MemorySize", Shape::Whole),
    text_property("PackageType").replaces(),
    of("ReservedConcurrentExecutions", Shape::Whole),
    text_property("Role").required(),
    text_property("Runtime"),
    TAGS,
    of("Timeout", Shape::Whole),
    of("TracingConfig", Shape::Structure(&[text_property("Mode")])),
    lacking("CapacityProviderConfig"),
    lacking("CodeSigningConfigArn"),
    lacking("DurableConfig"),
    lacking("FileSystemConfigs"),
    lacking("FunctionScalingConfig"),
    lacking("ImageConfig"),
    lacking("Layers"),
    lacking("PublishToLatestPublished"),
    lacking("RecursiveLoop"),
    lacking("RuntimeManagementConfig"),
    lacking("SnapStart"),
    lacking("TenancyConfig"),
    lacking("VpcConfig"),
];
/// Properties that `UpdateFunctionConfiguration` changes.
const SETTINGS: [&str; 12] = [
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "KmsKeyArn",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
];

#[async_trait]
impl Kind for Function {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn name(&self) -> Option<&'static str> {
        Some("FunctionName")
    }

    fn identity(&self, name: &str, _: &Value, home: &Home) -> Identity {
        Identity::of(name, [("Arn", arn_of(&home.region, name))])
    }

    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal> {
        let input = json!({"FunctionName": resource.physical_id});
        Ok(site.find("lambda", "GetFunctionConfiguration", input).await?.is_some())
    }

    /// Complete before Lambda has prepared the function: its first state is `Pending`.
    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let names: Vec<&str> = SETTINGS.into_iter().chain(["Architectures", "Code", "PackageType"]).collect();
        let input = with(
            parameters(only(properties, &names)),
            [("FunctionName", resource.physical_id.as_str().into()), ("Tags", Tagging::LAMBDA.form(properties))],
        );
        site.call("lambda", "CreateFunction", input).await?;
        if properties.get("ReservedConcurrentExecutions").is_some() {
            reserve(site, resource).await?;
        }
        Ok(None)
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let (name, properties) = (after.physical_id.as_str(), &after.properties);
        let touches = |property: &str| differs(&before.properties, properties, property);
        let settings: Map<String, Value> = SETTINGS
            .into_iter()
            .filter(|name| touches(name))
            .map(|name| (name.to_owned(), setting(properties, name)))
            .collect();
        if !settings.is_empty() {
            let input = with(parameters(settings.into()), [("FunctionName", name.into())]);
            site.call("lambda", "UpdateFunctionConfiguration", input).await?;
            until_ready(site, name).await?;
        }
        if touches("Code") || touches("Architectures") {
            let architectures = properties.get("Architectures").cloned().unwrap_or(json!(["x86_64"]));
            let code = properties.get("Code").cloned().unwrap_or_default();
            let input = with(code, [("FunctionName", name.into()), ("Architectures", architectures)]);
            site.call("lambda", "UpdateFunctionCode", input).await?;
            until_ready(site, name).await?;
        }
        if touches("ReservedConcurrentExecutions") {
            reserve(site, after).await?;
        }
        Tagging::LAMBDA.update(site, &arn_of(site.region(), name), &before.properties, properties).await
    }

    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        let name = resource.physical_id.as_str();
        site.find("lambda", "DeleteFunction", json!({"FunctionName": name})).await?;
        let input = json!({"FunctionName": name});
        site.until("lambda", "GetFunctionConfiguration", input, |found| Ok(found.is_none())).await
    }
}

/// The value of a setting, which the call has to name also where the template does not any more.
fn setting(properties: &Value, name: &str) -> Value {
    properties.get(name).cloned().unwrap_or_else(|| match name {
        "DeadLetterConfig" => json!({"TargetArn": ""}),
        "Environment" => json!({"Variables": {}}),
        "EphemeralStorage" => json!({"Size": 512}),
        "LoggingConfig" => json!({"LogFormat": "Text"}),
        "MemorySize" => json!(128),
        "Timeout" => json!(3),
        "TracingConfig" => json!({"Mode": "PassThrough"}),
        _ => json!(""),
    })
}

/// Lambda writes the name of one parameter in another way.
fn parameters(mut input: Value) -> Value {
    if let Some(members) = input.as_object_mut()
        && let Some(key) = members.remove("KmsKeyArn")
    {
        members.insert("KMSKeyArn".to_owned(), key);
    }
    input
}

async fn reserve(site: &Site<'_>, function: &Resource) -> Result<(), Refusal> {
    let name = &function.physical_id;
    match function.properties.get("ReservedConcurrentExecutions") {
        Some(executions) => {
            let input = json!({"FunctionName": name, "ReservedConcurrentExecutions": executions});
            site.call("lambda", "PutFunctionConcurrency", input).await.map(drop)
        }
        None => site.find("lambda", "DeleteFunctionConcurrency", json!({"FunctionName": name})).await.map(drop),
    }
}

async fn until_ready(site: &Site<'_>, name: &str) -> Result<(), Refusal> {
    let input = json!({"FunctionName": name});
    site.until("lambda", "GetFunctionConfiguration", input, |found| {
        let now = found.unwrap_or(&Value::Null);
        match (text(now, "State"), text(now, "LastUpdateStatus")) {
            ("Failed", _) => Err(Refusal::new("InternalFailure", text(now, "StateReason"))),
            (_, "Failed") => Err(Refusal::new("InternalFailure", text(now, "LastUpdateStatusReason"))),
            (state, status) => Ok(state != "Pending" && status != "InProgress"),
        }
    })
    .await
}

fn arn_of(region: &str, name: &str) -> String {
    arn::local("lambda", region, &format!("function:{name}"))
}
