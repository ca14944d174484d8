//! Reserved concurrency.

use serde_json::json;

use super::reference::Reference;
use super::rest::{Reply, Request};
use super::store;
use super::validation::{check_range, invalid};
use crate::ApiError;

/// The account's concurrent executions, AWS's default quota.
pub(super) const ACCOUNT_LIMIT: u32 = 1000;
/// Minimum unreserved concurrency.
const MINIMUM_UNRESERVED: u32 = 100;

pub(super) fn put(request: &Request) -> Result<Reply, ApiError> {
    request.only(&["ReservedConcurrentExecutions"])?;
    let reference = reference(request)?;
    let wanted = check_range(&request.input, "ReservedConcurrentExecutions", 0, u32::MAX)?
        .ok_or_else(|| invalid("ReservedConcurrentExecutions must be given."))?;
    let mut functions = store::functions(request.cloud);
    let others: u32 = functions
        .values()
        .filter(|function| function.region == reference.region && function.name != reference.name)
        .filter_map(|function| function.reserved_concurrency)
        .sum();
    let function = functions.get_mut(&store::key(&reference)).ok_or_else(|| reference.not_found())?;
    if others.saturating_add(wanted) > ACCOUNT_LIMIT - MINIMUM_UNRESERVED {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution \
             below its minimum value of [{MINIMUM_UNRESERVED}]."
        )));
    }
    function.reserved_concurrency = Some(wanted);
    Ok(Reply::json(200, &json!({ "ReservedConcurrentExecutions": wanted })))
}

pub(super) fn get(request: &Request) -> Result<Reply, ApiError> {
    store::read(request.cloud, &reference(request)?, |function| {
        Ok(Reply::json(
            200,
            &match function.reserved_concurrency {
                Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
                None => json!({}),
            },
        ))
    })
}

pub(super) fn delete(request: &Request) -> Result<Reply, ApiError> {
    store::change(request.cloud, &reference(request)?, |function| {
        function.reserved_concurrency = None;
        Ok(Reply::empty(204))
    })
}

fn reference(request: &Request) -> Result<Reference, ApiError> {
    Reference::parse(request.segment(0), None, &request.http.region)
}
