//! A function's resource policy: invocation by services and other accounts.

use serde_json::{Map, Value, json};

use super::function::{Function, check_revision, conflict, new_revision_id};
use super::rest::{Reply, Request};
use super::store;
use super::validation::violation;
use super::{Reference, Source};
use crate::config::ACCOUNT;
use crate::policy::{Decision, Need, Policy, Requester};
use crate::{ApiError, Input, Principal};

/// The statements of a function's policy.
#[derive(Debug, Clone, Default)]
pub(super) struct ResourcePolicy {
    statements: Vec<Statement>,
    revision_id: String,
}

#[derive(Debug, Clone)]
struct Statement {
    id: String,
    /// The qualifier it was added for.
    qualifier: Option<String>,
    document: Value,
}

impl ResourcePolicy {
    /// The policy document of one qualifier; `None` if empty.
    fn document(&self, qualifier: Option<&str>) -> Option<Value> {
        let statements: Vec<&Value> = self.of_qualifier(qualifier).map(|statement| &statement.document).collect();
        (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }))
    }

    /// Removes the statements of a qualifier, with which it goes.
    pub(super) fn remove_qualifier(&mut self, qualifier: &str) {
        self.statements.retain(|statement| statement.qualifier.as_deref() != Some(qualifier));
    }

    fn of_qualifier(&self, qualifier: Option<&str>) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.qualifier.as_deref() == qualifier)
    }

    /// Whether the policy allows a service to invoke the function for one of its resources.
    fn admits(&self, source: &Source, function_arn: &str, qualifier: Option<&str>) -> bool {
        let Some(document) = self.document(qualifier) else { return false };
        let Ok(policy) = Policy::parse(&document.to_string()) else { return false };
        let requester = Requester::local(Principal::Service(source.service_principal.clone()));
        let need = Need::new("lambda:InvokeFunction", function_arn)
            .with("aws:SourceArn", source.source_arn.as_str())
            .with("aws:SourceAccount", ACCOUNT);
        policy.evaluate(&requester, &need) == Decision::Allow
    }
}

/// Requires the policy to allow a service to invoke the function for one of its resources.
///
/// # Errors
/// `AccessDeniedException`.
pub(super) fn check_admitted(function: &Function, source: &Source, reference: &Reference) -> Result<(), ApiError> {
    let arn = reference.asked_arn();
    if function.policy.admits(source, &arn, reference.qualifier.as_deref()) {
        return Ok(());
    }
    let message = format!(
        "User: {} is not authorized to perform: lambda:InvokeFunction on resource: {arn} because no resource-based \
         policy allows the lambda:InvokeFunction action",
        source.service_principal
    );
    Err(ApiError::new("AccessDeniedException", message).with_status(403))
}

pub(super) fn add(request: &Request) -> Result<Reply, ApiError> {
    request.only(&[
        "StatementId",
        "Action",
        "Principal",
        "SourceArn",
        "SourceAccount",
        "EventSourceToken",
        "PrincipalOrgID",
        "RevisionId",
    ])?;
    let reference = reference(request)?;
    let input = &request.input;
    let id = input.required_text("StatementId")?.to_owned();
    check_statement_id(&id)?;
    let document = statement(&id, input, &reference.asked_arn())?;
    store::change(request.cloud, &reference, |function| {
        if let Some(qualifier) = &reference.qualifier
            && function.revision(qualifier).is_none()
        {
            return Err(reference.not_found());
        }
        check_policy_revision(input.text("RevisionId"), &function.policy)?;
        if function.policy.of_qualifier(reference.qualifier.as_deref()).any(|existing| existing.id == id) {
            return Err(conflict(format!(
                "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the \
                 existing statement."
            )));
        }
        let statement = Statement { id, qualifier: reference.qualifier.clone(), document: document.clone() };
        function.policy.statements.push(statement);
        function.policy.revision_id = new_revision_id();
        Ok(())
    })?;
    Ok(Reply::json(201, &json!({ "Statement": document.to_string() })))
}

pub(super) fn remove(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    let id = request.segment(1);
    store::change(request.cloud, &reference, |function| {
        check_policy_revision(request.query("RevisionId"), &function.policy)?;
        let before = function.policy.statements.len();
        function.policy.statements.retain(|statement| statement.id != id || statement.qualifier != reference.qualifier);
        if function.policy.statements.len() == before {
            let message = format!("Statement {id} is not found in resource policy.");
            return Err(ApiError::new("ResourceNotFoundException", message).with_status(404));
        }
        function.policy.revision_id = new_revision_id();
        Ok(())
    })?;
    Ok(Reply::empty(204))
}

pub(super) fn get(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::read(request.cloud, &reference, |function| {
        let document = function.policy.document(reference.qualifier.as_deref()).ok_or_else(|| {
            let message = "The resource you requested does not exist.";
            ApiError::new("ResourceNotFoundException", message).with_status(404)
        })?;
        Ok(Reply::json(200, &json!({ "Policy": document.to_string(), "RevisionId": function.policy.revision_id })))
    })
}

fn reference(request: &Request) -> Result<Reference, ApiError> {
    Reference::parse(request.segment(0), request.query("Qualifier"), &request.http.region)
}

fn check_policy_revision(expected: Option<&str>, policy: &ResourcePolicy) -> Result<(), ApiError> {
    check_revision(expected, &policy.revision_id)
}

fn check_statement_id(id: &str) -> Result<(), ApiError> {
    let is_word = id.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    if id.is_empty() || id.len() > 100 || !is_word {
        return Err(violation(id, "statementId", "satisfy regular expression pattern: ([a-zA-Z0-9-_]+)"));
    }
    Ok(())
}

fn statement(id: &str, input: &Input, function_arn: &str) -> Result<Value, ApiError> {
    let action = input.required_text("Action")?;
    let principal = input.required_text("Principal")?;
    let known = action == "*" || action.strip_prefix("lambda:").is_some_and(|name| !name.is_empty());
    if !known {
        return Err(violation(
            action,
            "action",
            "satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])",
        ));
    }
    let mut statement = json!({
        "Sid": id,
        "Effect": "Allow",
        "Principal": principal_element(principal)?,
        "Action": action,
        "Resource": function_arn,
    });
    let conditions = conditions(input);
    if !conditions.is_empty() {
        statement["Condition"] = Value::Object(conditions);
    }
    Ok(statement)
}

fn principal_element(principal: &str) -> Result<Value, ApiError> {
    let is_account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    match principal {
        "*" => Ok(json!("*")),
        account if is_account => Ok(json!({ "AWS": format!("arn:aws:iam::{account}:root") })),
        arn if arn.starts_with("arn:") => Ok(json!({ "AWS": arn })),
        service if service.ends_with(".amazonaws.com") => Ok(json!({ "Service": service })),
        _ => Err(ApiError::new(
            "InvalidParameterValueException",
            "The provided principal was invalid. Please check the principal and try again.",
        )),
    }
}

fn conditions(input: &Input) -> Map<String, Value> {
    let mut conditions = Map::new();
    let equals: Map<String, Value> = [
        ("AWS:SourceAccount", input.text("SourceAccount")),
        ("lambda:EventSourceToken", input.text("EventSourceToken")),
        ("aws:PrincipalOrgID", input.text("PrincipalOrgID")),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), json!(value?))))
    .collect();
    if !equals.is_empty() {
        conditions.insert("StringEquals".to_owned(), Value::Object(equals));
    }
    if let Some(source) = input.text("SourceArn") {
        conditions.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": source }));
    }
    conditions
}
