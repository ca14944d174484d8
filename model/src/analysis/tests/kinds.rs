//! Kinds of errors, by one example of each wording: what they are about, in a function that did not change.

use super::*;

/// The error of a function that did not change, in some of its calls.
fn cause(class: &str, message: &str, errors: f64) -> Result<(Cause, Confidence), serde_json::Error> {
    let analysis = Case::of(class, message)?.failing(errors, 5).analysis();
    Ok((analysis.cause, analysis.confidence))
}

#[test]
fn errors_say_their_kind() -> Result<(), serde_json::Error> {
    for (class, message, errors, expected) in [
        (
            "TransportError",
            "TransportError(429, 'circuit_breaking_exception', '[parent] Data too large')",
            8.0,
            Cause::Dependency,
        ),
        ("Error", "Received HTTP/1.1 503 from billing", 8.0, Cause::Dependency),
        (
            "PrismaClientInitializationError",
            "Can't reach database server at `db.internal.example:5432`",
            8.0,
            Cause::Dependency,
        ),
        (
            "SqlException",
            "A network-related or instance-specific error occurred while establishing a connection",
            8.0,
            Cause::Dependency,
        ),
        (
            "MaxRetriesPerRequestError",
            "Reached the max retries per request limit (which is 20).",
            8.0,
            Cause::Dependency,
        ),
        (
            "EFSMountConnectivityException",
            "The function couldn't connect to the Amazon EFS file system",
            8.0,
            Cause::Dependency,
        ),
        (
            "AuthorizationException",
            "AuthorizationException(403, 'security_exception', 'no permissions for [indices:data/write/bulk]')",
            8.0,
            Cause::Permission,
        ),
        ("NotAuthorizedException", "Access Token has been revoked", 8.0, Cause::Permission),
        (
            "MessageRejected",
            "Email address is not verified. The following identities failed the check",
            8.0,
            Cause::Permission,
        ),
        (
            "Error",
            "Allowed memory size of 134217728 bytes exhausted (tried to allocate 81513688 bytes)",
            8.0,
            Cause::Limit,
        ),
        (
            "ClientError",
            "An error occurred (CodeStorageExceededException) when calling the UpdateFunctionCode operation: Code storage limit exceeded.",
            8.0,
            Cause::Limit,
        ),
        (
            "ThrottlingException",
            "An error occurred (ThrottlingException) when calling the InvokeModel operation: Too many tokens",
            8.0,
            Cause::Limit,
        ),
        (
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput was exceeded",
            8.0,
            Cause::Limit,
        ),
        (
            "HTTPError",
            "429 Client Error: Too Many Requests for url: https://api.crm.example/v3",
            8.0,
            Cause::Dependency,
        ),
        ("ConditionalCheckFailedException", "The conditional request failed", 1.0, Cause::Input),
        ("UniqueViolation", "duplicate key value violates unique constraint \"users_email_key\"", 1.0, Cause::Input),
        ("NumericValueOutOfRange", "integer out of range", 1.0, Cause::Input),
        ("Faraday::ConnectionFailed", "bad handshake", 8.0, Cause::Dependency),
        ("NoLivingConnectionsError", "There are no living connections", 8.0, Cause::Dependency),
        ("OperationalError", "FATAL: Timed-out waiting to acquire database connection", 8.0, Cause::Dependency),
        ("TypeError", "connection.close is not a function", 8.0, Cause::Unknown),
        ("KMS.DisabledException", "arn:aws:kms:eu-west-1:111122223333:key/1a is disabled.", 8.0, Cause::Dependency),
        ("RefreshError", "('invalid_grant: Token has been expired or revoked.')", 8.0, Cause::Permission),
        ("ResourceLimitExceeded", "The account-level quota for jobs is 0", 8.0, Cause::Limit),
        ("Error", "SERVER_UNAVAILABLE: The server is temporarily unavailable", 8.0, Cause::Dependency),
        ("Error", "Internal server error", 8.0, Cause::Unknown),
        ("NumError", "strconv.Atoi: parsing \"12a\": invalid syntax", 1.0, Cause::Input),
        ("ScannerError", "mapping values are not allowed here, line 3, column 9", 1.0, Cause::Input),
        ("AssertionError", "", 8.0, Cause::Unknown),
    ] {
        assert_eq!(cause(class, message, errors)?.0, expected, "{class}: {message}");
    }
    Ok(())
}

#[test]
fn a_quota_of_aws_may_be_its_limit_or_its_trouble() -> Result<(), serde_json::Error> {
    let throttled =
        Case::of("ThrottlingException", "Rate exceeded when calling the GetParameter operation")?.failing(8.0, 5);
    let analysis = throttled.analysis();
    assert_eq!((analysis.cause, analysis.confidence), (Cause::Limit, Confidence::Possible));
    assert!(analysis.candidates.iter().any(|other| other.cause == Cause::Dependency), "{:?}", analysis.candidates);
    let reported = throttled.beside("health", "SSM", "AWS_SSM_OPERATIONAL_ISSUE", 15 * MINUTE).analysis();
    assert_eq!(reported.cause, Cause::Platform);
    Ok(())
}

#[test]
fn what_a_process_said_last_is_why_it_exited() -> Result<(), serde_json::Error> {
    let exit = "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: Runtime exited with error: exit status 1";
    for (lines, expected) in [
        (vec!["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", exit], Cause::Limit),
        (
            vec!["thread 'main' panicked at src/main.rs:9:5:", "connect ECONNREFUSED db.internal.example:5432", exit],
            Cause::Dependency,
        ),
        (
            vec!["ERROR attempt 1 of 3: connect ECONNREFUSED db.internal.example:5432", "done after attempt 2", exit],
            Cause::Unknown,
        ),
        (vec!["job 17 done", exit], Cause::Unknown),
    ] {
        let analysis = Case::of("Runtime.ExitError", exit)?.failing(8.0, 5).logged(&lines).analysis();
        assert_eq!(analysis.cause, expected, "{lines:?}");
    }
    Ok(())
}

#[test]
fn a_heap_with_room_around_it_has_a_limit_of_its_own() -> Result<(), serde_json::Error> {
    let report =
        |used: u32| format!("REPORT RequestId: 1\tDuration: 9.00 ms\tMemory Size: 3008 MB\tMax Memory Used: {used} MB");
    let said = |used: u32| -> Result<(String, String), serde_json::Error> {
        let full = "Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory";
        let analysis = Case::of("Error", full)?.failing(8.0, 5).logged(&[full, &report(used)]).analysis();
        Ok((analysis.statement, analysis.advice.join(" ")))
    };
    let (full, raise) = said(3000)?;
    assert!(full.contains("used all of its 3008 MB") && !raise.contains("--max-old-space-size"), "{full} {raise}");
    let (room, look) = said(1540)?;
    assert!(!room.contains("used all") && look.contains("--max-old-space-size"), "{room} {look}");
    Ok(())
}
