//! Garbage input.

use serde_json::json;

use super::bus;
use super::stack::Stack;
use crate::harness::{TestResult, eventually};

#[tokio::test]
async fn guarantee_9_garbage_is_an_error_and_a_dead_letter_and_never_a_panic() -> TestResult {
    let stack = Stack::new("60").await?;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let garbage = ["null", "[]", "{}", "0", "\"text\"", &deep];
    for payload in garbage {
        let (is_handled, answer) = stack.invoke(payload).await?;
        assert!(!is_handled && answer["errorType"] == "UnreadableEvent", "{payload}: {answer}");
    }
    // In the queue of events it is put away, except for a text, which may say what failed.
    let poison = ["[]", "{}", " ", "[[]]", r#"{"Records": []}"#];
    stack.enqueue(&poison).await?;
    stack.until_queued("devops-handler-dlq", u32::try_from(poison.len())?).await?;

    // Wrapped as a topic and a queue wrap it, garbage gets a response too, whatever it is.
    let sns =
        |message: &str| json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "m", "Message": message}}]});
    let sqs = |body: &str| json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": body}]});
    for message in ["", "{", "\u{0}", "null", "[[[[", "not json at all"] {
        for wrapped in [sns(message), sqs(message)] {
            let (is_handled, answer) = stack.invoke(&wrapped.to_string()).await?;
            let is_error = answer["errorType"] == "UnreadableEvent";
            assert!(is_handled || is_error, "{wrapped}: {answer}");
        }
    }
    // An empty failure is an incident all the same: it came by the failure rule.
    let silent = json!({"requestContext": {"functionArn": 7, "condition": []}, "responsePayload": null});
    bus::put(&stack.aws, &[silent]).await?;
    let incident = eventually("an incident", async || Ok(stack.incidents().await?.pop())).await?;
    stack.until_mailed("[", &incident.incident_id).await?;
    let log = stack.log().await?;
    assert!(!log.contains("panicked") && !log.contains("Runtime.ExitError"), "{log}");
    Ok(())
}
