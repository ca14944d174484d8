//! Comparison of AWS error codes.

/// A code without the additions of some AWS protocols: a namespace prefix and the suffix `Exception`. Of two names for
/// one error, the one in use.
///
/// One error is `OperationAborted` in one response and `OperationAbortedException` in another, and
/// `AWS.SimpleQueueService.NonExistentQueue` as well as `NonExistentQueue`: the query protocol's codes differ from the
/// shapes of the service's model (botocore: `awsQueryCompatible`).
pub fn bare(code: &str) -> &str {
    let code = code.rsplit('.').next().unwrap_or(code);
    match code.strip_suffix("Exception").filter(|rest| !rest.is_empty()).unwrap_or(code) {
        // SQS's model has this name, its protocols the other.
        "QueueDoesNotExist" => "NonExistentQueue",
        code => code,
    }
}

/// Whether two codes mean the same error.
pub fn is_same(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_has_several_codes() {
        for (one, other, same) in [
            ("OperationAborted", "OperationAbortedException", true),
            ("AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue", true),
            ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", true),
            ("ResourceNotFoundException", "ResourceNotFound", true),
            ("ResourceNotFoundException", "ResourceInUseException", false),
            ("Exception", "", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}
