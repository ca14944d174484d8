//! Policy simulation.

use super::authority::{bounded, decide, policies_in_force, role_by_arn};
use super::paging;
use super::store::{no_such_entity, propagation};
use super::validation::{inline_document, required};
use crate::arn::Arn;
use crate::policy::{Decision, Need, Requester};
use crate::{ApiError, Call, Cloud, Input, Output, Principal};

/// `SimulatePrincipalPolicy` for a role: every action on every resource.
pub(super) fn principal(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let source = required(&call.input, "PolicySourceArn")?;
    let actions = call.input.texts("ActionNames");
    let mut resources = call.input.texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let mut results = Vec::new();
    for action in &actions {
        for resource in &resources {
            let need = with_context(Need::new(action, resource), &call.input);
            let decision = simulate(cloud, &call.input, source, &need)?;
            results.push(Output::structure([
                ("EvalActionName", Some(action.as_str().into())),
                ("EvalResourceName", Some(resource.as_str().into())),
                ("EvalDecision", Some(decision.into())),
                ("MatchedStatements", Some(Output::List(Vec::new()))),
                ("MissingContextValues", Some(Output::List(Vec::new()))),
            ]));
        }
    }
    Ok(paging::whole("EvaluationResults", results))
}

fn simulate(cloud: &Cloud, input: &Input, source: &str, need: &Need) -> Result<&'static str, ApiError> {
    // The account's own credentials may do anything.
    if Arn::parse(source).is_some_and(|arn| arn.resource == "root") {
        return Ok("allowed");
    }
    let iam = cloud.iam.lock();
    let role = role_by_arn(&iam, source).ok_or_else(|| no_such_entity(format!("{source} cannot be found.")))?;
    let session_arn = crate::arn::local("sts", "", &format!("assumed-role/{}/simulation", role.name));
    let requester = Requester::local(Principal::Role { role_name: role.name.clone(), session_arn });
    let mut policies = policies_in_force(&iam, role, propagation(cloud));
    for text in input.texts("PolicyInputList") {
        policies.push(inline_document(&text)?.policy);
    }
    Ok(match bounded(&iam, role, propagation(cloud), &requester, need, decide(&policies, &requester, need)) {
        Decision::Allow => "allowed",
        Decision::Deny => "explicitDeny",
        Decision::NoMatch => "implicitDeny",
    })
}

fn with_context(mut need: Need, input: &Input) -> Need {
    for entry in input.structures("ContextEntries") {
        if let Some(key) = entry.text("ContextKeyName") {
            need.context.insert(key.to_owned(), entry.texts("ContextKeyValues"));
        }
    }
    need
}
