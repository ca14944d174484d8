//! Batches of messages from a queue of the local AWS, handled by the real clients and by the real program.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sqs::types::Message;
use incident_local::gateway::faults::{Action, Rule};
use serde_json::json;

use crate::account::{Account, DEAD_LETTERS, EVENTS, TestResult, delivered};
use crate::events::failure;
use crate::runtime_api::{Function, Said};

fn denied(operation: &str) -> Rule {
    let action = Action::Error { code: "AccessDenied".to_owned(), message: "as the test asks".to_owned(), status: 403 };
    Rule {
        service: Some("sqs".to_owned()),
        operation: Some(operation.to_owned()),
        resource: None,
        caller: None,
        call: None,
        times: None,
        milliseconds: None,
        action,
    }
}

fn attributes(message: &Message) -> BTreeMap<&str, &str> {
    let all = message.message_attributes.iter().flatten();
    all.filter_map(|(name, value)| Some((name.as_str(), value.string_value()?))).collect()
}

fn bodies() -> Vec<String> {
    vec![failure("orders", "e1").to_string(), "[7]".to_owned(), failure("payments", "e2").to_string()]
}

#[tokio::test]
async fn guarantee_1_what_can_never_be_handled_is_a_dead_letter_that_says_why() -> TestResult {
    let account = Account::new().await?;
    account.put_into_queue(&bodies()).await?;
    let batch = account.batch().await?;
    let answer = delivered(&account.handler()?, &batch).await?;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let resources: BTreeSet<String> = account.incidents().await?.into_iter().map(|one| one.resource).collect();
    assert_eq!(resources, ["orders", "payments"].map(str::to_owned).into());
    let letters = account.messages(DEAD_LETTERS).await?;
    let [letter] = letters.as_slice() else { return Err(format!("{letters:?}").into()) };
    assert_eq!(letter.body(), Some("[7]"));
    let records = batch["Records"].as_array().ok_or("no records")?;
    let poison = records.iter().find(|record| record["body"] == "[7]").ok_or("no poison")?;
    let said = attributes(letter);
    assert_eq!(said.get("ErrorCode"), Some(&"UnreadableEvent"), "{said:?}");
    assert!(said.get("ErrorMessage").is_some_and(|text| text.starts_with("no event: ")), "{said:?}");
    assert_eq!(said.get("ReceiveCount"), Some(&"1"), "{said:?}");
    assert_eq!(said.get("MessageID").copied(), poison["messageId"].as_str());
    assert!(said.get("FirstReceived").is_some_and(|at| at.starts_with("20")), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn guarantee_1_what_cannot_be_put_away_stays_in_the_queue() -> TestResult {
    let account = Account::new().await?;
    account.put_into_queue(&bodies()).await?;
    account.aws.set_faults(vec![denied("SendMessage")]);
    let batch = account.batch().await?;
    let answer = delivered(&account.handler()?, &batch).await?;
    let poison = batch["Records"].as_array().into_iter().flatten().find(|record| record["body"] == "[7]");
    let id = &poison.ok_or("no poison")?["messageId"];
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": id }] }));
    account.aws.set_faults(Vec::new());
    assert!(account.messages(DEAD_LETTERS).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn guarantee_1_a_message_that_kills_the_program_takes_no_other_with_it() -> TestResult {
    let account = Account::new().await?;
    account.put_into_queue(&[failure("killer", "e0").to_string()]).await?;
    account.batch().await?;
    let others: Vec<String> = ["a", "b", "c", "d", "e"].map(|name| failure(name, name).to_string()).into();
    account.put_into_queue(&others).await?;
    for _ in 0..3 {
        account.batch().await?;
    }
    let root = tempfile::tempdir()?;
    let mut function = Function::start("incident-handler", root.path(), &account.surroundings()).await?;
    // Each of the others mails first: they were received less often.
    account.aws.set_faults(vec![Rule {
        service: Some("sns".to_owned()),
        call: Some(6),
        action: Action::HangBefore,
        ..denied("Publish")
    }]);
    function.begin(&account.batch().await?.to_string()).await?;
    tokio::select! {
        () = account.aws.until_a_call_hangs() => {}
        said = function.says() => return Err(format!("{said:?}").into()),
    }
    function.kill().await?;
    account.aws.set_faults(Vec::new());
    let left = account.messages(EVENTS).await?;
    assert!(left.len() == 1 && left[0].body().is_some_and(|body| body.contains("function:killer:")), "{left:?}");
    assert_eq!(account.incidents().await?.len(), 6);
    Ok(())
}

#[tokio::test]
async fn without_the_table_the_program_answers_with_all_ids_and_one_mail() -> TestResult {
    let account = Account::new().await?;
    let functions = ["f-a", "f-b", "f-c", "f-d"];
    let bodies: Vec<String> = functions.iter().map(|function| failure(function, function).to_string()).collect();
    account.put_into_queue(&bodies).await?;
    let root = tempfile::tempdir()?;
    let mut function = Function::start("incident-handler", root.path(), &account.surroundings()).await?;
    account.aws.set_faults(vec![Rule { service: Some("dynamodb".to_owned()), operation: None, ..denied("") }]);
    let batch = account.batch().await?;
    for _ in 0..3 {
        let Said::Response(answer) = function.invoke(&batch.to_string()).await? else {
            return Err("the invocation failed".into());
        };
        assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(4), "{answer}");
    }
    let subjects = account.subjects().await?;
    assert!(subjects.len() == 1 && subjects[0].starts_with("NOT RECORDED: 4 failures (4 "), "{subjects:?}");
    account.aws.set_faults(Vec::new());
    let Said::Response(answer) = function.invoke(&batch.to_string()).await? else {
        return Err("the invocation failed".into());
    };
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(account.incidents().await?.len(), 4);
    Ok(())
}
