//! The errors that runtimes, SDKs and the platform report, and their summaries.

use serde_json::{Value, json};

use super::readable::judged_lines;

fn error(class: &str, message: &str) -> Value {
    json!({ "errorType": class, "errorMessage": message })
}

/// A name and the reported payload.
fn shapes() -> Vec<(&'static str, Value)> {
    vec![
        ("python", error("ValueError", "no such order")),
        ("python key", error("KeyError", "'total'")),
        (
            "python in a text",
            json!("Traceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nValueError: no such order"),
        ),
        (
            "python syntax",
            error("Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax (app.py, line 3)"),
        ),
        ("python handler", error("Runtime.HandlerNotFound", "Handler 'main' missing on module 'app'")),
        (
            "python marshal",
            error(
                "Runtime.MarshalError",
                "Unable to marshal response: Object of type Decimal is not JSON serializable",
            ),
        ),
        ("python memory", error("MemoryError", "")),
        (
            "python client",
            error(
                "ClientError",
                "An error occurred (ResourceNotFoundException) when calling the GetItem operation: Requested resource not found",
            ),
        ),
        (
            "python read timeout",
            error("ReadTimeoutError", "Read timeout on endpoint URL: \"https://dynamodb.eu-west-1.amazonaws.com/\""),
        ),
        ("node type", error("TypeError", "Cannot read properties of undefined (reading 'id')")),
        ("node rejection", error("Runtime.UnhandledPromiseRejection", "TypeError: fetch failed")),
        (
            "node import",
            error(
                "Runtime.ImportModuleError",
                "Error: Cannot find module 'axios'\nRequire stack:\n- /var/task/index.js",
            ),
        ),
        (
            "node exit",
            error(
                "Runtime.NodeJsExit",
                "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled.",
            ),
        ),
        ("node refused", error("Error", "connect ECONNREFUSED 10.0.3.61:5432")),
        ("node thrown text", error("string", "no luck")),
        ("java", error("java.lang.NullPointerException", "Cannot invoke \"Order.total()\" because \"order\" is null")),
        (
            "java cause",
            json!({"errorType": "java.lang.RuntimeException", "errorMessage": "cannot save", "stackTrace": [], "cause": {"errorType": "java.sql.SQLException", "errorMessage": "connection closed"}}),
        ),
        (
            "java repeated cause",
            json!({"errorType": "java.lang.RuntimeException", "errorMessage": "java.sql.SQLException: connection closed", "cause": {"errorType": "java.sql.SQLException", "errorMessage": "connection closed"}}),
        ),
        ("java class", error("java.lang.ClassNotFoundException", "Class not found: com.example.Handler")),
        ("java heap", error("java.lang.OutOfMemoryError", "Java heap space")),
        (
            "java sdk",
            error(
                "software.amazon.awssdk.services.dynamodb.model.DynamoDbException",
                "User: arn:aws:sts::444455556666:assumed-role/r/f is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:444455556666:table/orders (Service: DynamoDb, Status Code: 400, Request ID: 5J3B)",
            ),
        ),
        ("go", error("errorString", "cannot parse the order")),
        (
            "go panic",
            json!({"errorType": "boundsError", "errorMessage": "runtime error: index out of range [3] with length 3", "stackTrace": [{"path": "main.go", "line": 7, "label": "main.handler"}]}),
        ),
        ("go wrapped", error("*fmt.wrapError", "load: open /tmp/x: no such file or directory")),
        (
            "go bootstrap",
            error(
                "Runtime.InvalidEntrypoint",
                "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: fork/exec /var/task/bootstrap: exec format error",
            ),
        ),
        ("ruby", error("Function<NoMethodError>", "undefined method `total' for nil:NilClass")),
        ("ruby init", error("Init<LoadError>", "cannot load such file -- nokogiri")),
        ("dotnet", error("NullReferenceException", "Object reference not set to an instance of an object.")),
        (
            "dotnet nested",
            json!({"errorType": "AggregateException", "errorMessage": "One or more errors occurred.", "cause": {"errorType": "TimeoutException", "errorMessage": "The operation has timed out."}}),
        ),
        (
            "dotnet handler",
            error("LambdaValidationException", "Unable to find method 'Handle' in type 'Orders.Function'"),
        ),
        (
            "rust",
            error(
                "&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>",
                "cannot parse the order",
            ),
        ),
        (
            "rust panic",
            error(
                "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>",
                "Lambda panicked: index out of bounds: the len is 3 but the index is 3",
            ),
        ),
        ("rust panic in full", error("Panic", "thread 'main' panicked at src/main.rs:3:5:\nno such order")),
        ("rust class", error("orders::Error", "no such order")),
        (
            "timeout",
            error(
                "Sandbox.Timedout",
                "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: Task timed out after 3.00 seconds",
            ),
        ),
        (
            "old timeout",
            json!({"errorMessage": "2024-04-08T16:56:22.000Z 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Task timed out after 900.10 seconds"}),
        ),
        (
            "out of memory",
            error("Runtime.OutOfMemory", "RequestId: 3f6cbe3a Error: Runtime exited with error: signal: killed"),
        ),
        ("exit", error("Runtime.ExitError", "RequestId: 3f6cbe3a Error: Runtime exited with error: exit status 127")),
        (
            "signal",
            error(
                "Runtime.ExitError",
                "RequestId: 3f6cbe3a Error: Runtime exited with error: signal: segmentation fault",
            ),
        ),
        ("old exit", json!({"errorMessage": "RequestId: 3f6cbe3a Process exited before completing request"})),
        ("extension", error("Extension.Crash", "RequestId: 3f6cbe3a Error: exit code 1")),
        (
            "too large",
            error(
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            ),
        ),
        (
            "throttle",
            error(
                "ClientError",
                "An error occurred (ThrottlingException) when calling the GetItem operation: Rate exceeded",
            ),
        ),
        ("disk", error("OSError", "[Errno 28] No space left on device")),
        (
            "decrypt",
            error(
                "KMSAccessDeniedException",
                "Lambda was unable to decrypt the environment variables because KMS access was denied.",
            ),
        ),
        (
            "file system",
            error("EFSMountConnectivityException", "The function couldn't connect to the Amazon EFS file system."),
        ),
        ("nothing", Value::Null),
        ("empty object", json!({})),
        ("empty texts", error("", "")),
        ("number", json!(42)),
        ("list", json!(["a"])),
        ("a text", json!("it broke")),
        ("json in a text", json!("{\"errorType\":\"ValueError\",\"errorMessage\":\"no such order\"}")),
        (
            "an object as message",
            json!({"errorType": "Error", "errorMessage": {"message": "no such order", "code": 7}}),
        ),
        ("an object as error", json!({"error": {"type": "NotFound", "message": "no such order"}})),
    ]
}

#[test]
fn each_shape_has_a_readable_summary() -> Result<(), Box<dyn std::error::Error>> {
    let shapes = shapes().into_iter().map(|(name, payload)| (name.to_owned(), payload)).collect();
    insta::assert_snapshot!(judged_lines(shapes)?, @r#"
    python: MEDIUM orders failed: ValueError: no such order by lambda-user-exception
    python key: MEDIUM orders failed: KeyError: 'total' by lambda-user-exception
    python in a text: MEDIUM orders failed: ValueError: no such order by lambda-user-exception
    python syntax: CRITICAL orders cannot start: Syntax error in module 'app': invalid syntax (app.py, line 3) by lambda-init-failure
    python handler: CRITICAL orders cannot start: Handler 'main' missing on module 'app' by lambda-init-failure
    python marshal: MEDIUM orders failed: Unable to marshal response: Object of type Decimal is not JSON serializable by lambda-user-exception
    python memory: HIGH orders ran out of memory: MemoryError: The function reported an error without a message; its log may say more. by lambda-out-of-memory
    python client: HIGH orders uses a missing resource: ResourceNotFoundException when calling GetItem: Requested resource not found by lambda-resource-missing
    python read timeout: HIGH orders timed out: ReadTimeoutError: Read timeout on endpoint URL: "https://dynamodb.eu-west-1.amazonaws.com/" by lambda-timeout-inside
    node type: MEDIUM orders failed: TypeError: Cannot read properties of undefined (reading 'id') by lambda-user-exception
    node rejection: HIGH orders cannot reach a dependency: TypeError: fetch failed by lambda-dependency-unreachable
    node import: CRITICAL orders cannot start: Cannot find module 'axios' by lambda-init-failure
    node exit: HIGH orders crashed: The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promi... by lambda-runtime-exit
    node refused: HIGH orders cannot reach a dependency: connect ECONNREFUSED 10.0.3.61:5432 by lambda-dependency-unreachable
    node thrown text: MEDIUM orders failed: no luck by lambda-user-exception
    java: MEDIUM orders failed: java.lang.NullPointerException: Cannot invoke "Order.total()" because "order" is null by lambda-user-exception
    java cause: MEDIUM orders failed: java.lang.RuntimeException: cannot save (caused by java.sql.SQLException: connection closed) by lambda-user-exception
    java repeated cause: MEDIUM orders failed: java.lang.RuntimeException: java.sql.SQLException: connection closed by lambda-user-exception
    java class: CRITICAL orders cannot start: java.lang.ClassNotFoundException: Class not found: com.example.Handler by lambda-init-failure
    java heap: HIGH orders ran out of memory: java.lang.OutOfMemoryError: Java heap space by lambda-out-of-memory
    java sdk: HIGH orders lacks a permission: not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:444455556666:table/orders by lambda-permission-denied
    go: MEDIUM orders failed: cannot parse the order by lambda-user-exception
    go panic: HIGH orders panicked: boundsError: runtime error: index out of range [3] with length 3 by lambda-panic
    go wrapped: MEDIUM orders failed: load: open /tmp/x: no such file or directory by lambda-user-exception
    go bootstrap: CRITICAL orders cannot start: fork/exec /var/task/bootstrap: exec format error by lambda-init-failure
    ruby: MEDIUM orders failed: NoMethodError: undefined method `total' for nil:NilClass by lambda-user-exception
    ruby init: CRITICAL orders cannot start: LoadError: cannot load such file -- nokogiri by lambda-init-failure
    dotnet: MEDIUM orders failed: NullReferenceException: Object reference not set to an instance of an object. by lambda-user-exception
    dotnet nested: MEDIUM orders failed: AggregateException: One or more errors occurred. (caused by TimeoutException: The operation has timed out.) by lambda-user-exception
    dotnet handler: CRITICAL orders cannot start: LambdaValidationException: Unable to find method 'Handle' in type 'Orders.Function' by lambda-init-failure
    rust: MEDIUM orders failed: cannot parse the order by lambda-user-exception
    rust panic: HIGH orders panicked: index out of bounds: the len is 3 but the index is 3 by lambda-panic
    rust panic in full: HIGH orders panicked: no such order by lambda-panic
    rust class: MEDIUM orders failed: orders::Error: no such order by lambda-user-exception
    timeout: HIGH orders timed out after 3.00 seconds by lambda-timeout
    old timeout: HIGH orders timed out after 900.10 seconds by lambda-timeout-longest
    out of memory: HIGH orders ran out of memory: Runtime exited with error: signal: killed by lambda-out-of-memory
    exit: HIGH orders crashed: Runtime exited with error: exit status 127 by lambda-runtime-exit
    signal: HIGH orders crashed: Runtime exited with error: signal: segmentation fault by lambda-runtime-exit
    old exit: HIGH orders crashed: Process exited before completing request by lambda-runtime-exit
    extension: CRITICAL orders cannot start: one of its extensions failed (Extension.Crash: exit code 1) by lambda-extension-failed
    too large: MEDIUM orders exceeded a payload limit: Response payload size exceeded maximum allowed payload size (6291556 bytes). by lambda-payload-too-large
    throttle: MEDIUM orders was throttled: ThrottlingException when calling GetItem: Rate exceeded by lambda-throttled
    disk: HIGH orders has no space left in /tmp: OSError: [Errno 28] No space left on device by lambda-disk-full
    decrypt: CRITICAL orders cannot start: its KMS key cannot be used (KMSAccessDeniedException: Lambda was unable to decrypt the environment variab...) by lambda-key-unusable
    file system: CRITICAL orders cannot mount its file system: EFSMountConnectivityException: The function couldn't connect to the Amazon EFS file sys... by lambda-file-system
    nothing: MEDIUM orders failed: The function reported an error without a message; its log may say more. by lambda-user-exception
    empty object: MEDIUM orders failed: The function reported an error without a message; its log may say more. by lambda-user-exception
    empty texts: MEDIUM orders failed: The function reported an error without a message; its log may say more. by lambda-user-exception
    number: MEDIUM orders failed: 42 by lambda-user-exception
    list: MEDIUM orders failed: The function reported an error without a message; its log may say more. by lambda-user-exception
    a text: MEDIUM orders failed: it broke by lambda-user-exception
    json in a text: MEDIUM orders failed: ValueError: no such order by lambda-user-exception
    an object as message: MEDIUM orders failed: no such order by lambda-user-exception
    an object as error: MEDIUM orders failed: NotFound: no such order by lambda-user-exception
    "#);
    Ok(())
}
