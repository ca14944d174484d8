//! Read operations on functions.

use serde_json::{Value, json};

use super::reference::Reference;
use super::rest::{Reply, Request};
use super::{concurrency, manage, pages, store};
use crate::ApiError;

pub(super) fn get(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::read(request.cloud, &reference, |function| {
        let revision = function.revision(reference.qualifier()).ok_or_else(|| reference.not_found())?;
        let mut body = json!({
            "Configuration": function.describe_as(revision, reference.qualifier.as_deref()),
            "Code": manage::code_location(request, revision),
        });
        if !function.tags.is_empty() {
            body["Tags"] = json!(function.tags);
        }
        if let Some(reserved) = function.reserved_concurrency {
            body["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
        }
        Ok(Reply::json(200, &body))
    })
}

pub(super) fn configuration(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::read(request.cloud, &reference, |function| {
        let revision = function.revision(reference.qualifier()).ok_or_else(|| reference.not_found())?;
        Ok(Reply::json(200, &function.describe_as(revision, reference.qualifier.as_deref())))
    })
}

pub(super) fn list(request: &Request) -> Result<Reply, ApiError> {
    let all_versions = request.query("FunctionVersion") == Some("ALL");
    let functions: Vec<Value> = store::functions(request.cloud)
        .values()
        .filter(|function| function.region == request.http.region)
        .flat_map(|function| {
            let published = if all_versions { function.published.as_slice() } else { &[] };
            let latest = function.summarise(&function.latest, all_versions);
            std::iter::once(latest).chain(published.iter().map(|revision| function.summarise(revision, true)))
        })
        .collect();
    pages::reply(request, "Functions", functions, pages::PAGE)
}

/// `GetFunctionCodeSigningConfig`: never set.
pub(super) fn code_signing(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::read(request.cloud, &reference, |function| Ok(Reply::json(200, &json!({ "FunctionName": function.name }))))
}

/// `GetRuntimeManagementConfig`: AWS's default, automatic updates.
pub(super) fn runtime_management(request: &Request) -> Result<Reply, ApiError> {
    let reference = reference(request)?;
    store::read(request.cloud, &reference, |function| {
        let arn = function.qualified_arn(reference.qualifier());
        Ok(Reply::json(200, &json!({ "UpdateRuntimeOn": "Auto", "FunctionArn": arn })))
    })
}

/// `GetFunctionRecursionConfig`: AWS's default.
pub(super) fn recursion(request: &Request) -> Result<Reply, ApiError> {
    store::read(request.cloud, &reference(request)?, |_| Ok(Reply::json(200, &json!({ "RecursiveLoop": "Terminate" }))))
}

/// `GetFunctionUrlConfig` and `GetProvisionedConcurrencyConfig`: never set.
pub(super) fn absent(request: &Request) -> Result<Reply, ApiError> {
    store::read(request.cloud, &reference(request)?, |_| {
        let (code, message) = match request.operation {
            "GetProvisionedConcurrencyConfig" => (
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
            ),
            _ => ("ResourceNotFoundException", "The resource you requested does not exist."),
        };
        Err(ApiError::new(code, message).with_status(404))
    })
}

pub(super) fn account(request: &Request) -> Result<Reply, ApiError> {
    let functions = store::functions(request.cloud);
    let mine = || functions.values().filter(|function| function.region == request.http.region);
    let code_size: usize = mine().map(|function| function.latest.code.size()).sum();
    let reserved: u32 = mine().filter_map(|function| function.reserved_concurrency).sum();
    Ok(Reply::json(
        200,
        &json!({
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800_u64,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": concurrency::ACCOUNT_LIMIT,
                "UnreservedConcurrentExecutions": concurrency::ACCOUNT_LIMIT - reserved,
            },
            "AccountUsage": { "TotalCodeSize": code_size, "FunctionCount": mine().count() },
        }),
    ))
}

fn reference(request: &Request) -> Result<Reference, ApiError> {
    Reference::parse(request.segment(0), request.query("Qualifier"), &request.http.region)
}
