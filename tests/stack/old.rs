//! Stacks as former versions deployed them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus, Tag};
use incident_deploy::aws::Clients;
use incident_deploy::engine::cloudformation::Bucket;
use incident_deploy::engine::{Interrupt, apply};
use incident_deploy::package::{Destination, Package};
use incident_deploy::plan::Plan;
use incident_deploy::progress::Progress;
use incident_deploy::resources::{self, Context, Scope, observe};
use incident_deploy::template::{Completion, Inputs, Place, Template, compact};

use crate::harness::{ADDRESS, Aws, TestResult, eventually};

/// What deploys a stack of a former template.
pub(super) struct Old {
    clients: Clients,
    place: Place,
    package: Package,
    /// The completed template, as text and parsed.
    text: String,
    template: Template,
    parameters: [(&'static str, String); 2],
}

impl Old {
    /// With the template of a former version.
    pub(super) async fn of(aws: &Aws, template: &str) -> TestResult<Self> {
        let package = Package::make(None, None, Destination::Emulator).await?;
        let place = Place::new("devops", &aws.account, &aws.region, Some(aws.endpoint.clone()));
        let parameters = [("Architecture", package.architecture().name().to_owned()), ("CodeKey", package.key())];
        let completion = Completion {
            emails: vec![ADDRESS.to_owned()],
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            ..Completion::default()
        };
        let (text, template) = completion.apply(template, resources::naming)?;
        let clients = Clients::new(&aws.sdk);
        Ok(Self { clients, place, package, text, template, parameters })
    }

    /// Through the services' own APIs.
    pub(super) async fn deploy(&self) -> TestResult {
        let inputs = Inputs { place: self.place.clone(), parameters: BTreeMap::new() };
        let mut stack = self.template.resolve(&inputs, resources::naming)?;
        resources::with_package(&mut stack, &self.package);
        let progress = Progress::silent();
        let context = Context { clients: &self.clients, place: &stack.place, package: Some(&self.package), progress };
        let found = observe(&context, &stack, Scope::WithOrphans).await?;
        let plan = Plan::up(&stack, &found, &resources::RULES)?;
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let outcome = apply(&context, &plan, &events, Interrupt::never()).await;
        assert!(outcome.is_complete(), "{:?}", outcome.failures);
        Ok(())
    }

    pub(super) async fn deploy_through_cloudformation(&self, aws: &Aws) -> TestResult {
        let bucket = Bucket::of(&self.clients, &self.place);
        bucket.hold(&self.package.key(), &self.package).await?;
        let parameter =
            |name: &str, value: &str| Parameter::builder().parameter_key(name).parameter_value(value).build();
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let mut call = aws.cloudformation.create_stack().stack_name("devops").template_body(compact(&self.text)?);
        for (name, value) in &self.parameters {
            call = call.parameters(parameter(name, value));
        }
        call = call.parameters(parameter("CodeBucket", bucket.name()));
        call = call.tags(tag("incidentctl:stack", "devops")).tags(tag("incidentctl:schema", "1"));
        call.capabilities(Capability::CapabilityNamedIam).send().await?;
        eventually("the stack", async || {
            let found = aws.cloudformation.describe_stacks().stack_name("devops").send().await?;
            let status = found.stacks()[0].stack_status().cloned();
            match status {
                Some(StackStatus::CreateComplete) => Ok(Some(())),
                Some(StackStatus::CreateInProgress) => Ok(None),
                other => Err(format!("{other:?}").into()),
            }
        })
        .await?;
        Ok(())
    }
}
