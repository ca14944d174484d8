//! Routes a call to its service.

use crate::services::{cloudformation, cloudtrail, cloudwatch, ecs, events, iam, logs, sns, sqs, states, sts};
use crate::{ApiError, Call, Cloud, Output};

/// Calls a service that leaves the protocol to the gateway.
pub(super) async fn dispatch(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.service.as_str() {
        "iam" => iam::handle(cloud, call).await,
        "sts" => sts::handle(cloud, call).await,
        "sns" => sns::handle(cloud, call).await,
        "sqs" => sqs::handle(cloud, call).await,
        "events" => events::handle(cloud, call).await,
        "monitoring" => cloudwatch::handle(cloud, call).await,
        "logs" => logs::handle(cloud, call).await,
        "cloudformation" => cloudformation::handle(cloud, call).await,
        "cloudtrail" => cloudtrail::handle(cloud, call).await,
        "states" => states::handle(cloud, call).await,
        "ecs" => ecs::handle(cloud, call).await,
        service => Err(ApiError::not_implemented(service, &call.operation)),
    }
}
