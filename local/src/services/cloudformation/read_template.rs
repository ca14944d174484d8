//! What there is to read of templates.

use super::error::validation;
use super::provisioner::{Declaration, DeclaredParameter};
use super::request::{required_capability, template};
use super::store::with;
use crate::{ApiError, Call, Cloud, Output};

/// `GetTemplate`: what the stack was made from last.
pub(super) fn get(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    if let Some(stage) = call.input.text("TemplateStage").filter(|stage| !matches!(*stage, "Original" | "Processed")) {
        return Err(validation(format!(
            "1 validation error detected: Value '{stage}' at 'templateStage' failed to satisfy constraint: Member must satisfy enum value set: [Original, Processed]"
        )));
    }
    with(cloud, &call.region, call.input.required_text("StackName")?, |stack| {
        Ok(Output::structure([
            ("TemplateBody", Some(stack.blueprint.template.as_str().into())),
            ("StagesAvailable", Some(Output::list(["Original", "Processed"]))),
        ]))
    })
}

/// `ValidateTemplate`.
pub(super) fn validate(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let declaration = read(cloud, &template(cloud, &call.input, None)?)?;
    let parameters = declaration.parameters.iter().map(|parameter| {
        Output::structure([
            ("ParameterKey", Some(parameter.name.as_str().into())),
            ("DefaultValue", parameter.default.clone().map(Into::into)),
            ("NoEcho", Some(parameter.no_echo.into())),
            ("Description", parameter.description.clone().map(Into::into)),
        ])
    });
    Ok(Output::structure([
        ("Parameters", Some(Output::List(parameters.collect()))),
        ("Description", declaration.description.clone().map(Into::into)),
        ("Capabilities", needed(&declaration)),
        ("CapabilitiesReason", reason(&declaration)),
    ]))
}

/// `GetTemplateSummary`: of a template, or of the one that a stack was made from.
pub(super) fn summary(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let source = match call.input.text("StackName") {
        Some(name) => with(cloud, &call.region, name, |stack| Ok(stack.blueprint.template.clone()))?,
        None => template(cloud, &call.input, None)?,
    };
    let declaration = read(cloud, &source)?;
    let mut types: Vec<&str> = declaration.resources.iter().map(|(_, kind, _)| kind.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    Ok(Output::structure([
        ("Parameters", Some(Output::List(declaration.parameters.iter().map(declared).collect()))),
        ("Description", declaration.description.clone().map(Into::into)),
        ("Capabilities", needed(&declaration)),
        ("CapabilitiesReason", reason(&declaration)),
        ("ResourceTypes", Some(Output::list(types))),
        ("Version", Some("2010-09-09".into())),
    ]))
}

fn read(cloud: &Cloud, template: &str) -> Result<Declaration, ApiError> {
    cloud.cloudformation.provisioner().parse(template).map_err(validation)
}

fn needed(declaration: &Declaration) -> Option<Output> {
    Some(Output::list([required_capability(declaration)?]))
}

fn reason(declaration: &Declaration) -> Option<Output> {
    required_capability(declaration)?;
    let roles = declaration.resources.iter().filter(|(_, kind, _)| kind.starts_with("AWS::IAM::"));
    let mut types: Vec<&str> = roles.map(|(_, kind, _)| kind.as_str()).collect();
    types.dedup();
    Some(format!("The following resource(s) require capabilities: [{}]", types.join(", ")).into())
}

fn declared(parameter: &DeclaredParameter) -> Output {
    let constraints = Output::structure([(
        "AllowedValues",
        (!parameter.allowed_values.is_empty())
            .then(|| Output::list(parameter.allowed_values.iter().map(String::as_str))),
    )]);
    Output::structure([
        ("ParameterKey", Some(parameter.name.as_str().into())),
        ("DefaultValue", parameter.default.clone().map(Into::into)),
        ("ParameterType", Some(parameter.kind.as_str().into())),
        ("NoEcho", Some(parameter.no_echo.into())),
        ("Description", parameter.description.clone().map(Into::into)),
        ("ParameterConstraints", Some(constraints)),
    ])
}
