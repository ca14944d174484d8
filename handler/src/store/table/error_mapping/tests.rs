use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

/// What the handler does next.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Anew,
    Later,
    Never,
}

fn then(error: &StoreError) -> Then {
    match error {
        StoreError::Conflict => Then::Anew,
        StoreError::Throttled { .. } => Then::Later,
        StoreError::Unusable { .. } => Then::Never,
    }
}

fn error_mapping<E>(error: E) -> Result<SdkError<E, Response>, Box<dyn std::error::Error>> {
    Ok(SdkError::service_error(error, Response::new(StatusCode::try_from(400)?, SdkBody::empty())))
}

fn cancelled(codes: &[&str]) -> TransactWriteItemsError {
    let reason = |code: &&str| CancellationReason::builder().code(*code).message("as the test asks").build();
    let exception = TransactionCanceledException::builder();
    let exception = exception.set_cancellation_reasons(Some(codes.iter().map(reason).collect()));
    TransactWriteItemsError::TransactionCanceledException(exception.build())
}

#[test]
fn each_reason_of_a_cancelled_transaction_has_its_meaning() -> Result<(), Box<dyn std::error::Error>> {
    let cases: &[(&[&str], Then)] = &[
        (&["None", "ConditionalCheckFailed"], Then::Anew),
        (&["TransactionConflict", "None"], Then::Anew),
        (&["ThrottlingError"], Then::Later),
        (&["None", "ProvisionedThroughputExceeded"], Then::Later),
        (&["ItemCollectionSizeLimitExceeded"], Then::Never),
        (&["None", "ValidationError"], Then::Never),
        (&["AccessDenied"], Then::Never),
        (&["SomethingNew"], Then::Never),
        // The same transaction is not what is written next.
        (&["ValidationError", "ConditionalCheckFailed"], Then::Anew),
        (&["TransactionConflict", "ItemCollectionSizeLimitExceeded"], Then::Anew),
        // Deciding again at once would add to the throttling.
        (&["TransactionConflict", "ThrottlingError"], Then::Later),
        (&["ProvisionedThroughputExceeded", "ConditionalCheckFailed", "ValidationError"], Then::Later),
        // Nothing says why.
        (&["None", "None"], Then::Anew),
        (&[], Then::Anew),
    ];
    for (codes, expected) in cases {
        assert_eq!(then(&not_transacted(&error_mapping(cancelled(codes))?)), *expected, "{codes:?}");
    }
    Ok(())
}

#[test]
fn each_error_of_a_call_has_its_meaning() -> Result<(), Box<dyn std::error::Error>> {
    let cases = [
        ("ConditionalCheckFailedException", Then::Anew),
        ("TransactionConflictException", Then::Anew),
        ("TransactionInProgressException", Then::Anew),
        ("ThrottlingException", Then::Later),
        ("ProvisionedThroughputExceededException", Then::Later),
        ("RequestLimitExceeded", Then::Later),
        ("ItemCollectionSizeLimitExceededException", Then::Never),
        ("IdempotentParameterMismatchException", Then::Never),
        ("ValidationException", Then::Never),
        ("AccessDeniedException", Then::Never),
        ("ResourceNotFoundException", Then::Never),
        ("InternalServerError", Then::Never),
    ];
    for (code, expected) in cases {
        let error = || ErrorMetadata::builder().code(code).message("as the test asks").build();
        assert_eq!(then(&refused(&error_mapping(UpdateItemError::generic(error()))?)), expected, "{code}");
        assert_eq!(
            then(&not_transacted(&error_mapping(TransactWriteItemsError::generic(error()))?)),
            expected,
            "{code}"
        );
    }
    Ok(())
}

#[test]
fn the_reason_that_decides_is_named() -> Result<(), Box<dyn std::error::Error>> {
    let error = not_transacted(&error_mapping(cancelled(&["None", "ValidationError"]))?);
    assert_eq!(error, StoreError::unusable("ValidationError", "as the test asks"));
    Ok(())
}
