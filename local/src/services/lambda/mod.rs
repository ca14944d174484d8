//! AWS Lambda: functions as real processes that use the Runtime API.

mod alias;
mod code;
mod concurrency;
mod event_invoke;
mod execution;
mod function;
mod invoke;
mod manage;
mod mapping;
mod pages;
mod past;
mod permission;
mod queue;
mod read;
mod reference;
mod rest;
mod role;
mod settings;
mod store;
mod tags;
mod validation;
mod version;

use std::path::Path;

use bytes::Bytes;
use http::Method;

use crate::arn::Arn;
use crate::policy::Need;
use crate::{ApiError, Call, Cloud, RestRequest, arn};

pub(crate) use mapping::mark as mark_mapping;
pub(crate) use past::{PastFunction, bring_in};
use queue::AsyncEvent;
use reference::Reference;
use rest::{Reply, Request};
pub(crate) use tags::mark;

/// State of the service.
#[derive(Debug, Default)]
pub struct Lambda {
    store: store::Store,
    pool: execution::pool::Pool,
    queue: queue::Queue,
    mappings: mapping::Mappings,
}

/// The service and the resource on whose behalf a function is invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// For example `events.amazonaws.com`.
    pub service_principal: String,
    /// The invoking rule, topic or queue.
    pub source_arn: String,
}

/// Removes the unpacked packages that an earlier process has left in a local AWS's directory.
pub(crate) fn clean(directory: &Path) {
    code::clean(&store::root_in(directory));
}

/// Handles one request.
pub async fn handle(cloud: &Cloud, request: RestRequest) -> http::Response<Bytes> {
    let answer = match Request::read(cloud, &request) {
        Ok(request) => answer(&request).await,
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error| Reply::error(&error)).into_http(&request.request_id)
}

async fn answer(request: &Request<'_>) -> Result<Reply, ApiError> {
    match request.operation {
        "CreateFunction" => manage::create(request),
        "UpdateFunctionCode" => manage::update_code(request),
        "UpdateFunctionConfiguration" => manage::update_configuration(request),
        "DeleteFunction" => manage::delete(request),
        "PublishVersion" => manage::publish_version(request),
        "GetFunction" => read::get(request),
        "GetFunctionConfiguration" => read::configuration(request),
        "ListFunctions" => read::list(request),
        "GetFunctionCodeSigningConfig" => read::code_signing(request),
        "GetRuntimeManagementConfig" => read::runtime_management(request),
        "GetFunctionRecursionConfig" => read::recursion(request),
        "GetFunctionUrlConfig" | "GetProvisionedConcurrencyConfig" => read::absent(request),
        "CreateEventSourceMapping" => mapping::create(request),
        "GetEventSourceMapping" => mapping::get(request),
        "ListEventSourceMappings" => mapping::list(request),
        "UpdateEventSourceMapping" => mapping::update(request),
        "DeleteEventSourceMapping" => mapping::delete(request),
        "GetAccountSettings" => read::account(request),
        "ListVersionsByFunction" => version::list(request),
        "CreateAlias" => alias::create(request),
        "UpdateAlias" => alias::update(request),
        "GetAlias" => alias::get(request),
        "ListAliases" => alias::list(request),
        "DeleteAlias" => alias::delete(request),
        "AddPermission" => permission::add(request),
        "RemovePermission" => permission::remove(request),
        "GetPolicy" => permission::get(request),
        "PutFunctionEventInvokeConfig" => event_invoke::put(request),
        "UpdateFunctionEventInvokeConfig" => event_invoke::update(request),
        "GetFunctionEventInvokeConfig" => event_invoke::get(request),
        "DeleteFunctionEventInvokeConfig" => event_invoke::delete(request),
        "ListFunctionEventInvokeConfigs" => event_invoke::list(request),
        "PutFunctionConcurrency" => concurrency::put(request),
        "GetFunctionConcurrency" => concurrency::get(request),
        "DeleteFunctionConcurrency" => concurrency::delete(request),
        "Invoke" => invoke::invoke(request).await,
        "ListTags" => tags::list(request),
        "TagResource" => tags::add(request),
        "UntagResource" => tags::remove(request),
        other => Err(ApiError::not_implemented("lambda", other)),
    }
}

/// The operation of a request, if known.
pub fn operation(method: &Method, path: &str) -> Option<&'static str> {
    rest::route(method, path).map(|(operation, _)| operation)
}

/// The request that carries a call: the inverse of [`operation`].
///
/// # Errors
/// `NotImplemented` for an unknown operation.
pub(crate) fn request(call: &Call) -> Result<RestRequest, ApiError> {
    rest::request(call).ok_or_else(|| ApiError::not_implemented("lambda", &call.operation))
}

/// A request's parameters by name, wherever the protocol puts them; not those of an invocation.
pub(crate) fn parameters(request: &RestRequest) -> serde_json::Map<String, serde_json::Value> {
    rest::parameters(request)
}

/// The required permission: most of Lambda's actions are named after the operation.
pub fn authorization(cloud: &Cloud, request: &RestRequest) -> Vec<Need> {
    let Some((operation, segments)) = rest::route(&request.method, &request.path) else { return Vec::new() };
    let action = if operation.starts_with("Invoke") { "InvokeFunction" } else { operation };
    let resource = match segments.first() {
        Some(uuid) if operation.ends_with("EventSourceMapping") => mapping::arn_of(&request.region, uuid),
        Some(arn) if mapping::uuid_in(arn).is_some() => arn.clone(),
        // A qualified request needs the permission on the version or alias (Lambda's guide, "Fine-tuning the Resources and
        // Conditions sections of policies").
        Some(name) => match Reference::parse(name, rest::qualifier(request).as_deref(), &request.region) {
            Ok(reference) => reference.asked_arn(),
            Err(_) => arn::local("lambda", &request.region, &format!("function:{name}")),
        },
        None if operation == "CreateFunction" => {
            arn::local("lambda", &request.region, &format!("function:{}", new_name(request)))
        }
        None => "*".to_owned(),
    };
    let mut need = Need::new(format!("lambda:{action}"), resource);
    if let Some(function) = mapped_function(cloud, request, operation, &segments) {
        need = need.with("lambda:FunctionArn", function);
    }
    let mut needs = vec![need];
    if matches!(operation, "CreateFunction" | "UpdateFunctionConfiguration") {
        needs.extend(passed_role(request));
    }
    needs
}

/// The function of an event source mapping: the condition key `lambda:FunctionArn` of its operations. An update names the new
/// function.
fn mapped_function(cloud: &Cloud, request: &RestRequest, operation: &str, segments: &[String]) -> Option<String> {
    if !operation.ends_with("EventSourceMapping") {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match body["FunctionName"].as_str() {
        Some(name) => Reference::parse(name, None, &request.region).ok().map(|reference| reference.asked_arn()),
        None => mapping::function_of(cloud, segments.first()?),
    }
}

fn new_name(request: &RestRequest) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    body.get("FunctionName").and_then(serde_json::Value::as_str).unwrap_or("*").to_owned()
}

/// Assigning an execution role requires `iam:PassRole`.
fn passed_role(request: &RestRequest) -> Option<Need> {
    let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let role = body.get("Role")?.as_str()?;
    Some(Need::new("iam:PassRole", role).with("iam:PassedToService", role::SERVICE))
}

/// Whether a path is a package link of `GetFunction`.
pub(crate) fn is_package(path: &str) -> bool {
    path.starts_with(manage::PACKAGES)
}

/// The package behind such a link, `None` for any other path.
pub fn package(cloud: &Cloud, path: &str) -> Option<Bytes> {
    manage::package(cloud, path)
}

/// Queues an invocation on behalf of another service and returns its request id. A source whose principal is not an AWS
/// service is the account itself, to which the function's policy does not apply.
///
/// # Errors
/// `ResourceNotFoundException`, `AccessDeniedException` when the function's policy denies the source, and
/// `NotImplemented` for an unsupported runtime. Never throttles: AWS queues the event.
pub async fn invoke_async(
    cloud: &Cloud,
    function_arn: &str,
    payload: Bytes,
    source: Source,
) -> Result<String, ApiError> {
    let region = Arn::parse(function_arn).map_or(cloud.config.region.as_str(), |arn| arn.region);
    let reference = Reference::parse(function_arn, None, region)?;
    store::read(cloud, &reference, |function| {
        function.revision(reference.qualifier()).ok_or_else(|| reference.not_found())?;
        if source.service_principal.ends_with(".amazonaws.com") {
            permission::check_admitted(function, &source, &reference)?;
        }
        execution::check_runtime(function)
    })?;
    let request_id = uuid::Uuid::new_v4().to_string();
    queue::enqueue(cloud, AsyncEvent::new(reference, payload, request_id.clone()));
    Ok(request_id)
}

/// Ends the polling of queues and kills every function process. None may outlive the local AWS.
pub async fn shutdown(cloud: &Cloud) {
    cloud.lambda.mappings.close();
    cloud.lambda.pool.close();
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
