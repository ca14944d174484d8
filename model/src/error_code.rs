//! Comparing AWS's error codes.

/// A code without what only some of AWS's protocols add to it: a name space before it, `Exception` behind it; and of two
/// names for the same the one that is in use.
///
/// The same refusal is `OperationAborted` in one answer and `OperationAbortedException` in another, and
/// `AWS.SimpleQueueService.NonExistentQueue` beside `NonExistentQueue`: the query protocol's codes have another form than
/// the shapes of the service's model (botocore: `awsQueryCompatible`).
pub fn bare(code: &str) -> &str {
    let code = code.rsplit('.').next().unwrap_or(code);
    match code.strip_suffix("Exception").filter(|rest| !rest.is_empty()).unwrap_or(code) {
        // Of SQS's model; its protocols say the other.
        "QueueDoesNotExist" => "NonExistentQueue",
        code => code,
    }
}

/// Whether two codes mean the same refusal.
pub fn is_same(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_refusal_has_several_codes() {
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
