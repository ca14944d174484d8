//! How the local AWS's CloudFormation reads templates and makes resources: as `up` does, with the same providers,
//! through the local AWS's own endpoint and with its caller's permissions.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use incident_local::Cloud;
use incident_local::services::cloudformation::{
    Declaration, DeclaredParameter, Home, Provisioner, Refusal, Resolved, Resource, Workplace,
};
use serde_json::Value;
use tokio::sync::Mutex;

use incident_deploy::aws::{AwsError, Clients};
use incident_deploy::package::{Architecture, Package};
use incident_deploy::plan::{Action, Change, PropertyChange, differences, unchanged};
use incident_deploy::progress::Progress;
use incident_deploy::resources::{self, Context, Provider, Values};
use incident_deploy::template::{Desired, Expression, Inputs, Place, Template, TemplateError};

/// Lets the CloudFormation of a local AWS make resources.
pub fn provision(cloud: &Cloud) {
    cloud.cloudformation.provision_with(Arc::new(Providers::default()));
}

/// The providers of `up`.
#[derive(Default)]
struct Providers {
    /// The clients made last, and the access key that they sign with: all resources of one operation have one.
    clients: Mutex<Option<(String, Clients)>>,
}

/// What a provider works with, for one resource.
struct Site {
    clients: Clients,
    place: Place,
    package: Option<Package>,
}

impl Site {
    fn context(&self) -> Context<'_> {
        let (clients, place) = (&self.clients, &self.place);
        Context { clients, place, package: self.package.as_ref(), progress: Progress::silent(), remembers: false }
    }
}

#[async_trait]
impl Provisioner for Providers {
    fn parse(&self, template: &str) -> Result<Declaration, String> {
        let parsed = Template::parse(template).map_err(problem)?;
        let document: yaml_serde::Value = yaml_serde::from_str(template).unwrap_or_default();
        let description = document.get("Description").and_then(yaml_serde::Value::as_str).map(str::to_owned);
        let parameters = parsed.parameters.into_iter().map(|(name, parameter)| DeclaredParameter {
            name,
            kind: if parameter.is_list { "CommaDelimitedList" } else { "String" }.to_owned(),
            default: parameter.default,
            description: None,
            allowed_values: parameter.allowed_values,
        });
        let resources = parsed.resources.into_iter().map(|(id, resource)| {
            let names = match resource.properties {
                Expression::Map(entries) => entries.into_keys().collect(),
                _ => Vec::new(),
            };
            (id, resource.resource_type, names)
        });
        Ok(Declaration { description, parameters: parameters.collect(), resources: resources.collect() })
    }

    fn resolve(&self, template: &str, parameters: &BTreeMap<String, String>, home: &Home) -> Result<Resolved, String> {
        let inputs = Inputs { place: place(home), parameters: parameters.clone() };
        let stack = Template::parse(template).and_then(|parsed| parsed.resolve(&inputs, resources::naming));
        let stack = stack.map_err(problem)?;
        resources::check(&stack).map_err(problem)?;
        let resources = stack.resources.into_iter().map(|desired| Resource {
            logical_id: desired.logical_id,
            resource_type: desired.resource_type,
            physical_id: desired.attributes.reference,
            properties: desired.properties,
            needs: desired.needs,
            retain: desired.retain,
        });
        Ok(Resolved { resources: resources.collect(), outputs: stack.outputs.into_iter().collect() })
    }

    fn replacement(&self, before: &Resource, after: &Resource) -> Option<String> {
        // Whether it is replaced does not depend on where it is.
        let place = Place::new("stack", "000000000000", "us-east-1", None);
        let change = change(desired(after, &place)?, before);
        resources::provider(&after.resource_type)?.replacement(&change)
    }

    async fn create(&self, workplace: &Workplace, resource: &Resource) -> Result<(), Refusal> {
        let (provider, site) = self.site(workplace, resource).await?;
        let context = site.context();
        let desired = desired(resource, &site.place).ok_or_else(|| unknown_type(resource))?;
        let exists = async || provider.read(&context, &desired).await.is_ok_and(|observed| observed.is_some());
        if !is_part(&resource.resource_type) && exists().await {
            let Resource { resource_type, physical_id, .. } = resource;
            let message = format!("Resource of type '{resource_type}' with identifier '{physical_id}' already exists.");
            return Err(Refusal::new("AlreadyExists", message));
        }
        match provider.create(&context, &desired).await {
            Ok(()) => Ok(()),
            Err(error) => Err(Refusal { exists: exists().await, ..refusal(&error) }),
        }
    }

    async fn update(&self, workplace: &Workplace, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let (provider, site) = self.site(workplace, after).await?;
        let desired = desired(after, &site.place).ok_or_else(|| unknown_type(after))?;
        let context = site.context();
        let observed = provider.read(&context, &desired).await.map_err(|error| refusal(&error))?;
        if observed.is_none() && !is_part(&after.resource_type) {
            let Resource { resource_type, physical_id, .. } = after;
            let message = format!("Resource of type '{resource_type}' with identifier '{physical_id}' was not found.");
            return Err(Refusal::new("NotFound", message));
        }
        let change = Change { observed, ..change(desired, before) };
        provider.update(&context, &change).await.map_err(|error| refusal(&error))
    }

    async fn delete(&self, workplace: &Workplace, resource: &Resource) -> Result<(), Refusal> {
        let (provider, site) = self.site(workplace, resource).await?;
        let desired = desired(resource, &site.place).ok_or_else(|| unknown_type(resource))?;
        provider.delete(&site.context(), &desired).await.map_err(|error| refusal(&error))
    }
}

impl Providers {
    async fn site(&self, workplace: &Workplace, resource: &Resource) -> Result<(&'static dyn Provider, Site), Refusal> {
        let provider = resources::provider(&resource.resource_type).ok_or_else(|| unknown_type(resource))?;
        let package = workplace.code.as_ref().map(|zip| Package::packed(zip.to_vec(), architecture(resource)));
        let clients = self.clients(workplace).await;
        Ok((provider, Site { clients, place: place(&workplace.home), package }))
    }

    async fn clients(&self, workplace: &Workplace) -> Clients {
        let credentials = &workplace.credentials;
        let mut known = self.clients.lock().await;
        if let Some((key, clients)) = known.as_ref()
            && *key == credentials.access_key_id
        {
            return clients.clone();
        }
        let session = Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            Some(credentials.session_token.clone()),
            None,
            "local CloudFormation",
        );
        let sdk = crate::session::local(&workplace.home.endpoint, &workplace.home.region, session);
        let clients = Clients::new(&sdk);
        *known = Some((credentials.access_key_id.clone(), clients.clone()));
        clients
    }
}

fn place(home: &Home) -> Place {
    Place::new(&home.stack, &home.account, &home.region, Some(home.endpoint.clone()))
}

fn desired(resource: &Resource, place: &Place) -> Option<Desired> {
    Some(Desired {
        logical_id: resource.logical_id.clone(),
        resource_type: resource.resource_type.clone(),
        step: 0,
        attributes: resources::naming(&resource.resource_type, &resource.properties, place)?,
        properties: resource.properties.clone(),
        needs: resource.needs.clone(),
        retain: resource.retain,
    })
}

/// What differs between two templates. CloudFormation does not look at what exists.
fn change(desired: Desired, before: &Resource) -> Change {
    let mut properties = differences(&desired.properties, &before.properties);
    let gone = before.properties.as_object().into_iter().flatten();
    properties.extend(
        gone.filter(|(name, _)| desired.properties.get(name.as_str()).is_none()).map(|(name, value)| PropertyChange {
            path: name.clone(),
            before: value.clone(),
            after: Value::Null,
        }),
    );
    Change { action: Action::Update, properties, ..unchanged(&desired, None) }
}

/// The types that are a part of another resource, which has one from its beginning or takes the same one again.
fn is_part(resource_type: &str) -> bool {
    matches!(
        resource_type,
        "AWS::SNS::TopicPolicy" | "AWS::SQS::QueuePolicy" | "AWS::SNS::Subscription" | "AWS::Lambda::Permission"
    )
}

fn architecture(resource: &Resource) -> Architecture {
    match resource.properties.texts("Architectures").first().map(String::as_str) {
        Some("arm64") => Architecture::Arm64,
        _ => Architecture::X86_64,
    }
}

fn unknown_type(resource: &Resource) -> Refusal {
    Refusal::new("InvalidRequest", format!("Unrecognized resource types: [{}]", resource.resource_type))
}

fn refusal(error: &AwsError) -> Refusal {
    let service = match error.call.split(':').next().unwrap_or_default() {
        "cloudwatch" => "CloudWatch",
        "dynamodb" => "DynamoDb",
        "events" => "EventBridge",
        "iam" => "Iam",
        "lambda" => "Lambda",
        "logs" => "CloudWatchLogs",
        "sns" => "Sns",
        "sqs" => "Sqs",
        _ => "",
    };
    Refusal { code: error.code.clone(), message: error.message.clone(), service: service.to_owned(), exists: false }
}

/// What is wrong with a template, as CloudFormation says it.
fn problem(error: TemplateError) -> String {
    match error {
        TemplateError::Syntax(_) => "Template format error: YAML not well-formed.".to_owned(),
        TemplateError::Invalid { place, problem } => format!("Template format error: {place}: {problem}"),
        TemplateError::Cycle(members) => format!("Circular dependency between resources: [{}]", members.join(", ")),
        TemplateError::NotAllowed { name, .. } => format!("Parameter '{name}' must be one of AllowedValues"),
        TemplateError::NoValue(name) => format!("Parameters: [{name}] must have values"),
        TemplateError::UnknownParameter(name) => format!("Parameters: [{name}] do not exist in the template"),
    }
}
