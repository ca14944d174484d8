//! Maps DynamoDB's errors to the handler's: decide again, retry later, or give up.
//!
//! The [list of errors] documents which calls may be retried, and [TransactWriteItems] why a transaction is cancelled:
//! one reason per write, `None` for writes without a problem.
//!
//! [list of errors]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
//! [TransactWriteItems]: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html

#[cfg(test)]
mod tests;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use incident_model::error_code;

use crate::store::{StoreError, kind};

/// Whether the condition of a write does not hold.
pub(super) fn is_condition<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// For calls other than transactions, and transactions that failed before they could be cancelled.
pub(super) fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> StoreError {
    meaning(error.code().unwrap_or(kind(error)), error.message().unwrap_or("no answer from DynamoDB"))
}

/// For a transaction. Transient reasons take precedence: permanent ones remain for the retry.
pub(super) fn not_transacted(error: &SdkError<TransactWriteItemsError>) -> StoreError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return refused(error);
    };
    let reasons = cancelled.cancellation_reasons().iter().map(|reason| (reason.code().unwrap_or("None"), reason));
    let reasons = reasons.filter(|(code, _)| *code != "None");
    let meanings = reasons.map(|(code, reason)| meaning(code, reason.message().unwrap_or_default()));
    let by_hope = |meaning: &StoreError| match meaning {
        StoreError::Throttled { .. } => 0,
        StoreError::Conflict => 1,
        StoreError::Unusable { .. } => 2,
    };
    meanings.min_by_key(by_hope).unwrap_or(StoreError::Conflict)
}

/// Cancellation reasons have the names of other calls' exceptions.
fn meaning(code: &str, message: &str) -> StoreError {
    match error_code::bare(code) {
        // The response to the same transaction was lost: the marker shows whether it succeeded.
        "TransactionInProgress" | "ConditionalCheckFailed" | "TransactionConflict" => StoreError::Conflict,
        "Throttling" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded" => {
            StoreError::throttled(code, message)
        }
        _ => StoreError::unusable(code, message),
    }
}
