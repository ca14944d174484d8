//! The queue and the function of a mapping: they have to exist and to fit each other.

use crate::arn::Arn;
use crate::config::ACCOUNT;
use crate::policy::Need;
use crate::services::lambda::function::Function;
use crate::services::lambda::reference::Reference;
use crate::services::lambda::validation::invalid;
use crate::services::lambda::{role, store};
use crate::services::sqs;
use crate::{ApiError, Cloud, Input};

/// What the function's role has to be allowed on the queue (Lambda developer guide, "Configuring a queue to use with
/// Lambda").
const ACTIONS: [&str; 3] = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

/// The queue's ARN in the parameters of `CreateEventSourceMapping`.
///
/// # Errors
/// `InvalidParameterValueException` in AWS's words; `NotImplemented` for a source that is no standard queue.
pub(super) fn queue(input: &Input) -> Result<&str, ApiError> {
    let source = input.text("EventSourceArn").filter(|arn| !arn.is_empty());
    let source = source.ok_or_else(|| invalid("Unrecognized event source."))?;
    match Arn::parse(source) {
        Some(arn) if arn.service == "sqs" && arn.resource.ends_with(".fifo") => {
            Err(ApiError::not_implemented("lambda", "CreateEventSourceMapping of a FIFO queue"))
        }
        Some(arn) if arn.service == "sqs" => Ok(source),
        Some(arn) => Err(ApiError::not_implemented(
            "lambda",
            &format!("CreateEventSourceMapping of a source of {}", arn.service),
        )),
        None => Err(invalid("Unrecognized event source.")),
    }
}

/// Checks that the function exists, that its role may poll the queue, and that the queue exists and hides a message for as
/// long as the function may run.
///
/// # Errors
/// `InvalidParameterValueException` in AWS's words.
pub(super) fn check(cloud: &Cloud, queue_arn: &str, reference: &Reference) -> Result<(), ApiError> {
    let function = find(cloud, reference)?;
    let revision = function.revision(reference.qualifier()).ok_or_else(no_function)?;
    for action in ACTIONS {
        let need = Need::new(format!("sqs:{action}"), queue_arn);
        role::check_permission(cloud, &function, &need).map_err(|_| {
            invalid(format!("The provided execution role does not have permissions to call {action} on SQS"))
        })?;
    }
    let here = Arn::parse(queue_arn).is_some_and(|arn| arn.region == reference.region && arn.account == ACCOUNT);
    let visibility = sqs::visibility_timeout(cloud, queue_arn).filter(|_| here).ok_or_else(no_queue)?;
    let timeout = revision.settings.timeout;
    if visibility < u64::from(timeout) {
        return Err(invalid(format!(
            "Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )));
    }
    Ok(())
}

fn find(cloud: &Cloud, reference: &Reference) -> Result<Function, ApiError> {
    store::functions(cloud).get(&store::key(reference)).cloned().ok_or_else(no_function)
}

fn no_function() -> ApiError {
    invalid("Function does not exist")
}

fn no_queue() -> ApiError {
    invalid(
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: \
         The specified queue does not exist.",
    )
}
