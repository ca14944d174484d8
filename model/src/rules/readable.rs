//! Snapshots of the texts about failing functions.

use std::path::Path;

use serde_json::{Value, json};

use super::tests::{failure, judged};

/// Each error shape of Lambda and its runtimes, by name.
fn shapes() -> Result<Vec<(String, Value)>, Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events/lambda-error-payloads");
    let mut shapes = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name != "INDEX" {
            shapes.push((name, serde_json::from_slice(&std::fs::read(&path)?)?));
        }
    }
    shapes.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(shapes)
}

/// The error that each kind of the error generator causes.
fn kinds() -> Vec<(String, Value)> {
    [
        ("exception", "DeliberateException", "deliberate failure, as incidentctl trigger-test asked for"),
        ("timeout", "Sandbox.Timedout", "RequestId: 3f6cbe3a Error: Task timed out after 3.00 seconds"),
        ("oom", "Runtime.OutOfMemory", "RequestId: 3f6cbe3a Error: Runtime exited with error: signal: killed"),
        (
            "panic",
            "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>",
            "Lambda panicked: deliberate panic, as incidentctl trigger-test asked for",
        ),
        ("crash", "Runtime.ExitError", "RequestId: 3f6cbe3a Error: Runtime exited with error: exit status 1"),
        (
            "access-denied",
            "AccessDeniedException",
            "deliberate failure: User: arn:aws:sts::000000000000:assumed-role/r/g is not authorized to perform: \
             dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:000000000000:table/devops-incidents because no \
             identity-based policy allows the dynamodb:GetItem action",
        ),
    ]
    .into_iter()
    .map(|(kind, class, message)| (kind.to_owned(), json!({ "errorType": class, "errorMessage": message })))
    .collect()
}

pub(super) fn judged_lines(shapes: Vec<(String, Value)>) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    for (name, payload) in shapes {
        let judgement = judged(&failure(&payload))?.judgement.ok_or("no incident")?;
        assert!(!judgement.recommendation.is_empty(), "{name} has no advice");
        text += &format!("{name}: {} {} by {}\n", judgement.severity, judgement.summary, judgement.rule);
    }
    Ok(text)
}

#[test]
fn summaries_of_error_shapes() -> Result<(), Box<dyn std::error::Error>> {
    insta::assert_snapshot!(judged_lines(shapes()?)?, @r#"
    access-denied-python: HIGH orders lacks a permission: not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:111111111111:table/orders by lambda-permission-denied
    dotnet-exception: MEDIUM orders failed: some_error_msg by lambda-user-exception
    exit-clean: HIGH orders crashed: Runtime exited without providing a reason by lambda-runtime-exit
    go-error: MEDIUM orders failed: some_error_msg by lambda-user-exception
    java-runtime-exception: MEDIUM orders failed: java.lang.RuntimeException: some_error_msg by lambda-user-exception
    node-error: MEDIUM orders failed: some_error_msg by lambda-user-exception
    oom-killed: HIGH orders ran out of memory: Runtime exited with error: signal: killed by lambda-out-of-memory
    python-exception: MEDIUM orders failed: Handler fails by lambda-user-exception
    python-import-module-error: CRITICAL orders cannot start: Unable to import module 'lambda_function': No module named 'requests' by lambda-init-failure
    rust-boxed-error: MEDIUM orders failed: "some_error_msg" by lambda-user-exception
    rust-panic: HIGH orders panicked: called `Option::unwrap()` on a `None` value by lambda-panic
    timeout-2025: HIGH orders timed out after 1.00 seconds by lambda-timeout
    "#);
    Ok(())
}

#[test]
fn summaries_of_generator_kinds() -> Result<(), Box<dyn std::error::Error>> {
    insta::assert_snapshot!(judged_lines(kinds())?, @r#"
    exception: MEDIUM orders failed: DeliberateException: deliberate failure, as incidentctl trigger-test asked for by lambda-user-exception
    timeout: HIGH orders timed out after 3.00 seconds by lambda-timeout
    oom: HIGH orders ran out of memory: Runtime exited with error: signal: killed by lambda-out-of-memory
    panic: HIGH orders panicked: deliberate panic, as incidentctl trigger-test asked for by lambda-panic
    crash: HIGH orders crashed: Runtime exited with error: exit status 1 by lambda-runtime-exit
    access-denied: HIGH orders lacks a permission: not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:000000000000:table/devops-incidents by lambda-permission-denied
    "#);
    Ok(())
}

#[test]
fn recommendations_of_rules_for_functions() -> Result<(), Box<dyn std::error::Error>> {
    let mut judged_lines = std::collections::BTreeMap::new();
    for (_, payload) in shapes()?.into_iter().chain(kinds()) {
        let judgement = judged(&failure(&payload))?.judgement.ok_or("no incident")?;
        judged_lines.insert(judgement.rule, judgement.recommendation);
    }
    let text: String = judged_lines.into_iter().map(|(rule, text)| format!("{rule}: {text}\n")).collect();
    insta::assert_snapshot!(text, @r#"
    lambda-init-failure: Roll orders back to the last working version, or fix its package. Every invocation fails before the code runs: check that every dependency is in the package, that the Handler setting names an existing file and function, and that the package is built for the function's architecture. `aws lambda get-function-configuration --function-name orders --region eu-west-1` shows Handler, Runtime, Layers and Architectures.
    lambda-out-of-memory: Compare `Max Memory Used` with `Memory Size` in the REPORT lines of /aws/lambda/orders. Raise MemorySize above that, or process large inputs in parts. `aws lambda get-function-configuration --function-name orders --region eu-west-1 --query MemorySize` shows the current value.
    lambda-panic: Find the line that panicked in the log of the failed request, and handle the case there. A panic is a bug in the code of orders: roll back if a deployment introduced it.
    lambda-permission-denied: Grant the role of orders exactly the action and the resource that the message names. The role is shown by `aws lambda get-function-configuration --function-name orders --region eu-west-1 --query Role`. If the role already has it, look for a deny in a resource policy, a permissions boundary or a service control policy.
    lambda-runtime-exit: Read the last lines before `Runtime exited` in the log group /aws/lambda/orders. The process ended in the middle of a request: an exit call, a crash in native code, or a library that ends the process.
    lambda-timeout: Find the last log line before the timeout: what was orders waiting for? Give calls to other systems a shorter timeout than the function's own. If the work really takes longer, raise the Timeout setting, to at most 900 seconds: `aws lambda update-function-configuration --function-name orders --timeout 6 --region eu-west-1`. A function at its memory limit is slow as well, and more memory brings more CPU.
    lambda-user-exception: Find request r in the log group /aws/lambda/orders. Its stack trace names the line that raised the error; compare with what was deployed last.
    "#);
    Ok(())
}
