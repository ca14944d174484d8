//! The handler's role allows what the handler does, and nothing else.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, Ordering};

use aws_sdk_lambda::primitives::Blob;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::bus;
use super::evidence;
use super::stack::{EVENTS, HANDLER, Stack};
use crate::harness::{Control, TestResult, eventually};
use crate::watch::create;

/// What Lambda itself does with the role: it writes the log, and looks at the queue when the mapping is made. The local AWS
/// asks for these permissions too, but they are no calls.
const OF_LAMBDA: [&str; 3] = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:GetQueueAttributes"];
const SWEEP: &str = r#"{"incidentctl":"sweep"}"#;

#[tokio::test]
async fn the_role_of_the_handler_allows_what_it_does_and_nothing_else() -> TestResult {
    // Every kind of evidence: what is off is not in the role, as the tests of the setting show.
    let stack = Stack::with("1", "analysis: {who: true}\n").await?;
    does_everything(&stack).await?;
    let used: BTreeSet<String> = needs(&stack).await?;
    let of_lambda: BTreeSet<String> = OF_LAMBDA.map(str::to_owned).into();
    let allowed = stack.allowed_actions().await?;
    assert_eq!(used.intersection(&of_lambda).collect::<Vec<_>>(), Vec::<&String>::new(), "these are calls");
    let used: BTreeSet<String> = used.union(&of_lambda).cloned().collect();
    let superfluous: Vec<_> = allowed.difference(&used).collect();
    let missing: Vec<_> = used.difference(&allowed).collect();
    assert_eq!((superfluous, missing), (Vec::new(), Vec::new()), "superfluous in the role, missing in it");
    lambda_needs_the_rest(&stack).await
}

/// Failures, with evidence of every kind; a recovery, a digest's worth of them, poison, functions that only metrics show to
/// fail, and sweeps.
async fn does_everything(stack: &Stack) -> TestResult {
    evidence::fails_with_evidence(stack).await?;
    create(&stack.aws, "orders").await?;
    let failed = stack.aws.lambda.invoke().function_name("orders").payload(Blob::new("{}")).send().await?;
    assert!(failed.function_error().is_some());
    bus::put(&stack.aws, &[bus::failure("bills", 1), bus::failure("bills", 2), bus::crash("bills", 3)]).await?;
    // More than the mails of a minute, so that a sweep looks at some.
    let many: Vec<Value> = (0..12).map(|number| bus::failure(&format!("function-{number}"), number)).collect();
    bus::put(&stack.aws, &many).await?;
    stack.enqueue(&["[]"]).await?;
    stack.until_queued("devops-handler-dlq", 1).await?;
    eventually("the alarm", async || Ok((stack.alarm_state("devops-function-errors").await? == "ALARM").then_some(())))
        .await?;
    let left = RefCell::new(String::new());
    let done = eventually("every call for evidence", async || {
        sweeps(stack).await?;
        let used = needs(stack).await?;
        let unasked: Vec<_> = evidence::CALLS.into_iter().filter(|action| !used.contains(*action)).collect();
        let again = evidence::is_gathered_again(stack, &stack.incidents().await?).await?;
        left.replace(format!("not asked: {unasked:?}, of {again:?}"));
        Ok(unasked.is_empty().then_some(()))
    });
    done.await.map_err(|error| format!("{error}; {}", left.take()))?;
    eventually("every incident", async || {
        sweeps(stack).await?;
        let incidents = stack.incidents().await?;
        let is_found = incidents.iter().any(|incident| incident.source == "lambda-metrics");
        let is_mailed = incidents.iter().all(|incident| incident.notified_at.is_some());
        Ok((is_found && is_mailed && stack.waiting(EVENTS).await? == 0).then_some(()))
    })
    .await
}

async fn sweeps(stack: &Stack) -> TestResult {
    let (is_swept, answer) = stack.invoke(SWEEP).await?;
    assert!(is_swept, "{answer}");
    Ok(())
}

/// The actions that the handler's calls, and those of its pollers, needed.
async fn needs(stack: &Stack) -> TestResult<BTreeSet<String>> {
    let calls = Control::of(&stack.aws).await?.call("GET", "calls", "").await?;
    let is_of_handler = |call: &&Value| call["principal"].as_str().is_some_and(|principal| principal.contains(HANDLER));
    let calls = calls.as_array().into_iter().flatten().filter(is_of_handler);
    let needs = calls.flat_map(|call| call["needs"].as_array().cloned().unwrap_or_default());
    Ok(needs.filter_map(|need| need["action"].as_str().map(str::to_owned)).collect())
}

/// What fails without each of these is Lambda's work.
async fn lambda_needs_the_rest(stack: &Stack) -> TestResult {
    let policy = stack.policy().await?;
    let without = |action: &str| policy.replace(&format!("\"{action}\""), "\"logs:None\"");
    let mappings = stack.aws.lambda.list_event_source_mappings().function_name(HANDLER).send().await?;
    let mapping = mappings.event_source_mappings().first().ok_or("no mapping")?;
    let source = mapping.event_source_arn().ok_or("no source")?;
    stack.aws.lambda.delete_event_source_mapping().uuid(mapping.uuid().ok_or("no id")?).send().await?;
    stack.allow(&without("sqs:GetQueueAttributes")).await?;
    eventually("a refusal of the mapping", async || {
        let made = stack.aws.lambda.create_event_source_mapping().function_name(HANDLER).event_source_arn(source);
        let error = made.send().await.err().map(|error| format!("{:?}", error.into_service_error()));
        Ok(error.filter(|error| error.contains("to call GetQueueAttributes on SQS")))
    })
    .await?;
    let memory = AtomicI32::new(300);
    for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
        stack.allow(&without(action)).await?;
        eventually(&format!("a log that ends without {action}"), async || {
            // A new process, which needs a new stream; one that began before the role's change is known keeps its own.
            let memory = memory.fetch_xor(1, Ordering::Relaxed);
            stack.aws.lambda.update_function_configuration().function_name(HANDLER).memory_size(memory).send().await?;
            let before = stack.log().await?;
            let (is_swept, answer) = stack.invoke(SWEEP).await?;
            assert!(is_swept, "{answer}");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            Ok((stack.log().await? == before).then_some(()))
        })
        .await?;
    }
    Ok(())
}

impl Stack {
    /// The handler's own policy.
    async fn policy(&self) -> TestResult<String> {
        let role = format!("{HANDLER}-{}", self.aws.region);
        let policy = self.aws.iam.get_role_policy().role_name(role).policy_name("incident-handler").send().await?;
        Ok(percent_decode_str(policy.policy_document()).decode_utf8()?.into_owned())
    }

    /// The actions that it allows.
    async fn allowed_actions(&self) -> TestResult<BTreeSet<String>> {
        let policy: Value = serde_json::from_str(&self.policy().await?)?;
        let statements = policy["Statement"].as_array().ok_or("no statements")?;
        let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        });
        actions.map(|action| Ok(action.as_str().ok_or("an action that is no text")?.to_owned())).collect()
    }
}
