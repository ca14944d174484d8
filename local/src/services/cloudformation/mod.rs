//! AWS CloudFormation: templates, stacks, change sets, events and states. It makes resources by the operations of the
//! other services, as its caller.

mod actions;
mod change_set;
mod describe;
mod difference;
mod error;
mod graph;
mod operation;
mod provision;
mod provisioner;
mod read_template;
mod request;
mod resource;
mod stack;
mod status;
mod store;
mod tagging;
mod template;
#[cfg(test)]
mod tests;

use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Output, arn};

#[cfg(test)]
pub(crate) use provisioner::{Declaration, Home, Provisioner, Refusal, Resolved, Resource, Workplace};
pub use store::Cloudformation;

/// Parameters of what a stack is made from.
const MADE_FROM: [&str; 7] =
    ["StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters", "Tags", "Capabilities"];

/// The operations and the parameters that each understands beside those of what it is made from.
const PARAMETERS: [(&str, &[&str]); 23] = [
    ("CreateChangeSet", &["ChangeSetName", "ChangeSetType", "ClientToken", "Description", "OnStackFailure"]),
    ("CreateStack", &["ClientRequestToken", "DisableRollback", "OnFailure", "EnableTerminationProtection"]),
    ("UpdateStack", &["ClientRequestToken", "DisableRollback"]),
    ("DescribeChangeSet", &["StackName", "ChangeSetName", "NextToken", "IncludePropertyValues"]),
    ("ExecuteChangeSet", &["StackName", "ChangeSetName", "ClientRequestToken", "DisableRollback"]),
    ("DeleteChangeSet", &["StackName", "ChangeSetName"]),
    ("ListChangeSets", &["StackName", "NextToken"]),
    ("DeleteStack", &["StackName", "ClientRequestToken", "RetainResources", "DeletionMode"]),
    ("CancelUpdateStack", &["StackName", "ClientRequestToken"]),
    ("ContinueUpdateRollback", &["StackName", "ClientRequestToken", "ResourcesToSkip"]),
    ("RollbackStack", &["StackName", "ClientRequestToken"]),
    ("UpdateTerminationProtection", &["StackName", "EnableTerminationProtection"]),
    ("DescribeStacks", &["StackName", "NextToken"]),
    ("ListStacks", &["StackStatusFilter", "NextToken"]),
    ("DescribeStackEvents", &["StackName", "NextToken"]),
    ("DescribeStackResources", &["StackName", "LogicalResourceId", "PhysicalResourceId"]),
    ("DescribeStackResource", &["StackName", "LogicalResourceId"]),
    ("ListStackResources", &["StackName", "NextToken"]),
    ("GetTemplate", &["StackName", "TemplateStage"]),
    ("GetTemplateSummary", &["StackName", "TemplateBody", "TemplateURL"]),
    ("ValidateTemplate", &["TemplateBody", "TemplateURL"]),
    ("GetStackPolicy", &["StackName"]),
    ("ListExports", &["NextToken"]),
];

/// Answers a call.
///
/// # Errors
/// What AWS answers a wrong call with.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    check_parameters(call)?;
    match call.operation.as_str() {
        "CreateChangeSet" => change_set::create(cloud, call),
        "DescribeChangeSet" => change_set::describe(cloud, call),
        "ExecuteChangeSet" => change_set::execute(cloud, call),
        "DeleteChangeSet" => change_set::delete(cloud, call),
        "ListChangeSets" => change_set::list(cloud, call),
        "CreateStack" => actions::create(cloud, call),
        "UpdateStack" => actions::update(cloud, call),
        "DeleteStack" => actions::delete(cloud, call),
        "CancelUpdateStack" => actions::cancel_update(cloud, call),
        "ContinueUpdateRollback" => actions::continue_update_rollback(cloud, call),
        "RollbackStack" => actions::roll_back(cloud, call),
        "UpdateTerminationProtection" => actions::protect(cloud, call),
        "DescribeStacks" => describe::stacks(cloud, call),
        "ListStacks" => describe::list(cloud, call),
        "DescribeStackEvents" => describe::events(cloud, call),
        "DescribeStackResources" => describe::resources(cloud, call),
        "DescribeStackResource" => describe::one_resource(cloud, call),
        "ListStackResources" => describe::list_resources(cloud, call),
        "GetTemplate" => read_template::get(cloud, call),
        "GetTemplateSummary" => read_template::summary(cloud, call),
        "ValidateTemplate" => read_template::validate(cloud, call),
        // Neither stack policies nor exports can be made here.
        "GetStackPolicy" => Ok(Output::empty()),
        "ListExports" => Ok(Output::structure([("Exports", Some(Output::List(Vec::new())))])),
        operation => Err(ApiError::not_implemented("cloudformation", operation)),
    }
}

/// Refuses parameters that the operation knows on AWS and not here. An empty one asks for nothing.
fn check_parameters(call: &Call) -> Result<(), ApiError> {
    let Some((operation, known)) = PARAMETERS.iter().find(|(operation, _)| *operation == call.operation) else {
        return Ok(());
    };
    let makes = matches!(*operation, "CreateChangeSet" | "CreateStack" | "UpdateStack");
    let is_known = |name: &str| known.contains(&name) || makes && MADE_FROM.contains(&name);
    let asks = |value: &serde_json::Value| {
        let nothing = value.as_str().is_some_and(|text| text.is_empty() || text == "false");
        !nothing && value.as_array().is_none_or(|elements| !elements.is_empty())
    };
    match call.input.0.iter().find(|(name, value)| !is_known(name) && asks(value)) {
        Some((name, _)) => Err(ApiError::not_implemented("cloudformation", &format!("{operation} with {name}"))),
        None => Ok(()),
    }
}

/// What a caller needs: the operation on the stack. What is done to resources is asked of the caller's permissions when
/// it is done.
pub fn authorization(call: &Call) -> Vec<Need> {
    let resource = match call.input.text("StackName").or_else(|| call.input.text("ChangeSetName")) {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(name) => arn::local("cloudformation", &call.region, &format!("stack/{name}/*")),
        None => "*".to_owned(),
    };
    vec![Need::new(format!("cloudformation:{}", call.operation), resource)]
}
