//! `dead-letters` on the queues of a stack that runs: filled by what breaks on AWS, read without loss, sent again and counted
//! once, interrupted and refused at every call.

mod bench;

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{TestResult, eventually};
use bench::{Bench, EVENT_QUEUE, HANDLER_QUEUE, RULE_QUEUE, failure};

#[tokio::test]
async fn what_failed_on_either_way_is_listed_shown_sent_again_and_counted_once() -> TestResult {
    let bench = Bench::new().await?;
    bench.lose_one_of_each().await?;

    let listed = bench.run(&["list"]).await?.succeeded()?;
    let lines = listed.json_lines()?;
    let [rule, handler, result] = lines.as_slice() else { return Err(listed.stdout.into()) };
    assert_snapshot!(bench.told(rule)?, @r#"
    {
      "type": "dead-letter",
      "message_id": "…",
      "queue": "rule",
      "since": "…",
      "receives": 1,
      "event": {
        "number": 1,
        "id": "…",
        "source": "lambda",
        "detail_type": "Lambda Function Invocation Result - Failure",
        "resource": "orders",
        "occurred_at": "…",
        "error": "ValueError: no such order: 1"
      },
      "reason": {
        "code": "NO_PERMISSIONS",
        "message": "Access to the resource arn:aws:sqs:us-east-1:000000000000:devops-events is denied.",
        "condition": null,
        "attempts": 0,
        "first_received": null,
        "rule": "arn:aws:events:us-east-1:000000000000:rule/devops-function-failures",
        "target": "arn:aws:sqs:us-east-1:000000000000:devops-events",
        "request_id": null
      }
    }
    "#);
    assert_snapshot!(bench.told(handler)?, @r#"
    {
      "type": "dead-letter",
      "message_id": "…",
      "queue": "handler",
      "since": "…",
      "receives": 1,
      "event": {
        "number": 1,
        "id": "…",
        "source": "lambda",
        "detail_type": "Lambda Function Invocation Result - Failure",
        "resource": "orders",
        "occurred_at": "…",
        "error": "ValueError: no such order: 2"
      },
      "reason": {
        "code": "NotRecorded",
        "message": "… is not authorized to perform: dynamodb:…",
        "condition": "RetriesExhausted",
        "attempts": 1,
        "first_received": null,
        "rule": null,
        "target": null,
        "request_id": "…"
      }
    }
    "#);
    assert_eq!((&result["shown"], &result["complete"]), (&2.into(), &true.into()), "{result}");
    let status = bench.status().await?;
    assert!(status.stdout.contains("`incidentctl dead-letters list --local` shows why"), "{status:?}");
    // Nothing was consumed: both are there at once, and the look was counted.
    assert_eq!((bench.aws.depth(RULE_QUEUE).await?, bench.aws.depth(HANDLER_QUEUE).await?), (1, 1));

    let id = handler["message_id"].as_str().ok_or("no id")?;
    let shown = bench.run(&["show", &id[..13]]).await?.succeeded()?.json()?;
    assert_eq!((&shown["receives"], &shown["event"]), (&2.into(), &handler["event"]));
    let record: Value = serde_json::from_str(shown["body"].as_str().ok_or("no body")?)?;
    assert_eq!(record["requestPayload"]["detail"]["responsePayload"]["errorType"], "ValueError", "{record}");

    let asked = bench.run(&["redrive", "--all"]).await?.ended_with(1)?;
    assert!(asked.stderr.contains("Send 2 events to devops-events again?"), "{asked:?}");
    assert_eq!((bench.aws.depth(RULE_QUEUE).await?, bench.aws.depth(HANDLER_QUEUE).await?), (1, 1));
    bench.repair().await?;
    let sent = bench.run(&["redrive", "--all", "--yes"]).await?.succeeded()?.result()?;
    assert_eq!((&sent["sent"], &sent["stays"], &sent["others"]), (&2.into(), &0.into(), &0.into()));
    bench.until_counted(2).await?;
    assert_eq!(bench.run(&["redrive", "--all", "--yes"]).await?.succeeded()?.result()?["sent"], 0);

    // The same message once more, as after a deletion that failed.
    bench.put(HANDLER_QUEUE, shown["body"].as_str().unwrap_or_default(), &[]).await?;
    bench.run(&["redrive", "--all", "--yes"]).await?.succeeded()?;
    bench.until_duplicates(1).await?;
    bench.until_counted(2).await?;
    assert_eq!(bench.aws.depth(HANDLER_QUEUE).await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_the_handler_put_away_says_why_and_comes_back_when_it_is_sent_again() -> TestResult {
    let bench = Bench::new().await?;
    bench.put(EVENT_QUEUE, "[7]", &[]).await?;
    for _ in 0..2 {
        let letter = bench.until_listed().await?;
        let (queue, reason) = (&letter["queue"], &letter["reason"]);
        assert_eq!((queue, &reason["code"]), (&"handler".into(), &"UnreadableEvent".into()), "{letter}");
        assert!(reason["message"].as_str().is_some_and(|text| text.starts_with("no event: ")), "{letter}");
        assert_eq!(reason["attempts"], 1, "{letter}");
        assert!(reason["first_received"].as_str().is_some_and(|at| at.ends_with('Z')), "{letter}");
        let sent = bench.run(&["redrive", "--all", "--yes"]).await?.succeeded()?.result()?;
        assert_eq!((&sent["sent"], &sent["stays"]), (&1.into(), &0.into()), "{sent}");
    }
    bench.until_listed().await?;
    bench.until_counted(0).await
}

/// SQS takes the controls of C1, and none of C0.
const NO_JSON: &str = "\u{9b}2J no JSON";

#[tokio::test]
async fn a_terminal_obeys_nothing_of_an_event() -> TestResult {
    let bench = Bench::new().await?;
    let mut event = failure(1);
    event["detail"]["responsePayload"]["errorMessage"] = json!("\u{1b}]0;owned\u{7}\u{9b}2J \u{202e}txt\nsecond line");
    bench.put(RULE_QUEUE, &event.to_string(), &[("ERROR_MESSAGE", "\u{9b}2Jgone"), ("ERROR_CODE", "TIMEOUT")]).await?;
    bench.put(RULE_QUEUE, NO_JSON, &[]).await?;
    let json = bench.run(&["list"]).await?.succeeded()?;
    let first = json.json_lines()?.remove(0);
    let texts = bench.run_as(&["list"], "text").await?.succeeded()?;
    assert_eq!(texts.stdout.lines().count(), 3, "{}", texts.stdout);
    let ids: Vec<Value> = json.json_lines()?.into_iter().filter(|line| line["type"] == "dead-letter").collect();
    let mut outputs = vec![json.stdout, texts.stdout];
    for id in ids.iter().filter_map(|letter| letter["message_id"].as_str()) {
        outputs.push(bench.run_as(&["show", id], "text").await?.succeeded()?.stdout);
        let whole = bench.run(&["show", id]).await?.succeeded()?;
        let body = whole.json()?["body"].as_str().unwrap_or_default().to_owned();
        assert!([event.to_string(), NO_JSON.to_owned()].contains(&body), "{body}");
        outputs.push(whole.stdout);
    }
    for output in outputs {
        let obeyed = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert!(!output.chars().any(obeyed), "{output:?}");
    }
    assert_eq!(first["type"], "dead-letter");
    let sent = bench.run(&["redrive", "--all", "--yes"]).await?.succeeded()?.result()?;
    assert_eq!((&sent["sent"], &sent["stays"]), (&2.into(), &0.into()), "{sent}");
    bench.until_counted(1).await?;
    Ok(())
}

#[tokio::test]
async fn a_long_queue_is_looked_at_up_to_a_bound_and_says_so() -> TestResult {
    let bench = Bench::new().await?;
    bench.fill(25).await?;
    let part = bench.run(&["list", "--queue", "rule", "--limit", "7"]).await?.succeeded()?;
    let result = part.result()?;
    assert_eq!((&result["shown"], &result["complete"]), (&7.into(), &false.into()), "{result}");
    assert!(part.stderr.contains("saw 7 of about 25 messages in devops-rule-dlq"), "{}", part.stderr);
    assert_eq!(bench.aws.depth(RULE_QUEUE).await?, 25);
    let all = bench.run(&["list"]).await?.succeeded()?;
    assert_eq!((&all.result()?["shown"], &all.result()?["complete"]), (&25.into(), &true.into()));
    let ids: BTreeSet<String> = bench::ids(&all)?;
    assert_eq!(ids.len(), 25);

    let some: Vec<&str> = ids.iter().take(3).map(String::as_str).collect();
    let purge = [&["purge"][..], &some].concat();
    let refused = bench.run(&[&purge[..], &["--yes"]].concat()).await?.ended_with(1)?;
    assert!(refused.stderr.contains("--yes does not stand for it"), "{refused:?}");
    assert_eq!(bench.aws.depth(RULE_QUEUE).await?, 25);
    let result = bench.run(&[&purge[..], &["--allow-data-loss"]].concat()).await?.succeeded()?.result()?;
    assert_eq!((&result["deleted"], &result["others"]), (&3.into(), &22.into()), "{result}");
    let left = bench::ids(&bench.run(&["list"]).await?.succeeded()?)?;
    assert_eq!(left, ids.iter().skip(3).cloned().collect());
    let unknown = bench.run(&["show", some[0]]).await?.ended_with(1)?;
    assert!(unknown.stderr.contains("no dead letter has an id that starts with"), "{unknown:?}");
    Ok(())
}

#[tokio::test]
async fn what_came_after_the_look_is_not_purged() -> TestResult {
    let bench = Bench::new().await?;
    bench.fill(2).await?;
    // The look of the purge ends with this call, and the second message of the test comes before it does.
    bench
        .break_calls(&json!([{"operation": "ChangeMessageVisibilityBatch", "call": 1,
        "action": {"delay": {"milliseconds": 3000}}}]))
        .await?;
    let purge = bench.start(&["purge", "--all", "--allow-data-loss"])?;
    eventually("the look", async || Ok((bench.aws.depth(RULE_QUEUE).await? == 0).then_some(()))).await?;
    // An empty answer has to end the look before the message may come.
    tokio::time::sleep(std::time::Duration::from_millis(2_000)).await;
    bench.put(RULE_QUEUE, &failure(77).to_string(), &[]).await?;
    let output = purge.wait_with_output().await?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = bench.run(&["list"]).await?.succeeded()?;
    assert_eq!(left.result()?["shown"], 1, "{}", left.stdout);
    assert!(left.stdout.contains("no such order: 77"), "{}", left.stdout);
    Ok(())
}

#[tokio::test]
async fn an_interrupted_redrive_hides_nothing_and_goes_on_where_it_stopped() -> TestResult {
    let bench = Bench::new().await?;
    bench.fill(12).await?;
    let mut redrive = bench.start(&["redrive", "--all", "--yes", "--rate", "2"])?;
    let mut lines = bench::lines(&mut redrive)?;
    for _ in 0..2 {
        lines.next_line().await?.ok_or("it ended too early")?;
    }
    bench::interrupt(&redrive)?;
    let mut last = Value::Null;
    while let Some(line) = lines.next_line().await? {
        last = serde_json::from_str(&line)?;
    }
    assert_eq!(redrive.wait().await?.code(), Some(130), "{last}");
    assert_eq!((&last["type"], &last["error"]["kind"]), (&"result".into(), &"interrupted".into()), "{last}");
    let stays = u32::try_from(last["stays"].as_u64().ok_or("no number")?)?;
    assert_eq!(last["sent"].as_u64(), Some(12 - u64::from(stays)), "{last}");
    assert!((1..=10).contains(&stays), "{last}");
    assert_eq!(bench.aws.depth(RULE_QUEUE).await?, stays, "some are still hidden");
    let rest = bench.run(&["redrive", "--all", "--yes", "--rate", "100"]).await?.succeeded()?.result()?;
    assert_eq!(rest["sent"], stays);
    bench.until_counted(12).await?;
    Ok(())
}

#[tokio::test]
async fn an_interrupted_look_hides_nothing() -> TestResult {
    let bench = Bench::new().await?;
    bench.fill(3).await?;
    // The answer to the second call, which ends the look, is late.
    bench
        .break_calls(&json!([{"operation": "ReceiveMessage", "call": 2, "action": {"delay": {"milliseconds": 2000}}}]))
        .await?;
    let list = bench.start(&["list", "--queue", "rule"])?;
    eventually("the look", async || Ok((bench.aws.depth(RULE_QUEUE).await? == 0).then_some(()))).await?;
    bench::interrupt(&list)?;
    let output = list.wait_with_output().await?;
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(bench.aws.depth(RULE_QUEUE).await?, 3);
    Ok(())
}

/// An operation, and which of its calls.
type Call = (&'static str, usize);

/// Every call of every command, refused once: it fails and says why, and what it was about is there and counted once.
#[tokio::test]
async fn a_refused_call_loses_nothing() -> TestResult {
    let bench = Bench::new().await?;
    bench.fill(3).await?;
    // From a certain call on: the fourth receive is the first after both queues were looked at.
    let refused = |(operation, call): Call| {
        let error = json!({"code": "AccessDenied", "message": "refused by the test", "status": 403});
        json!([{"operation": operation, "caller": "root", "call": call, "times": 100, "action": {"error": error}}])
    };
    let look = [("GetQueueUrl", 1), ("GetQueueUrl", 2), ("GetQueueAttributes", 1), ("ReceiveMessage", 1)];
    let take =
        [("ReceiveMessage", 2), ("ReceiveMessage", 4), ("DeleteMessage", 1), ("SendMessage", 1), ("GetQueueUrl", 3)];
    let commands: [(&[&str], Vec<Call>); 3] = [
        (&["list"], look.to_vec()),
        (&["purge", "--all", "--allow-data-loss"], [&look[..], &take[..3]].concat()),
        (&["redrive", "--all", "--yes"], [&look[..], &take[..]].concat()),
    ];
    for (command, operations) in commands {
        for operation in operations {
            bench.break_calls(&refused(operation)).await?;
            let failed = bench.run(command).await?.ended_with(1)?;
            assert!(failed.stderr.contains("refused by the test"), "{command:?} {operation:?}: {failed:?}");
            assert_eq!(failed.result()?["ok"], false, "{command:?} {operation:?}");
            bench.break_calls(&json!([])).await?;
            assert_eq!(bench.aws.depth(RULE_QUEUE).await?, 3, "{command:?} {operation:?}");
        }
    }
    // What cannot be put back comes back by itself, and the person knows.
    bench.break_calls(&refused(("ChangeMessageVisibilityBatch", 1))).await?;
    let listed = bench.run(&["list", "--queue", "rule"]).await?.succeeded()?;
    assert!(listed.stderr.contains("stay hidden for half a minute") && listed.result()?["shown"] == 3, "{listed:?}");
    bench.break_calls(&json!([])).await?;
    eventually("the messages", async || Ok((bench.aws.depth(RULE_QUEUE).await? == 3).then_some(()))).await?;

    // A message whose answer is lost was accepted: the second attempt is a duplicate.
    bench
        .break_calls(&json!([{"operation": "SendMessage", "caller": "root", "call": 1, "action": "drop-after"}]))
        .await?;
    bench.run(&["redrive", "--all", "--yes"]).await?.succeeded()?;
    bench.until_counted(3).await?;
    bench.until_duplicates(1).await?;
    bench.until_counted(3).await?;
    Ok(())
}
