//! A subscription that no mail scanner can end: confirmed by a signed request instead of its link.

use aws_sdk_sns::config::{BehaviorVersion, Region};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{ADDRESS, Aws, TestResult, World};

const GRACE: &str = "grace@example.com";

#[tokio::test]
async fn what_a_signed_request_confirmed_no_link_in_a_mail_ends() -> TestResult {
    let world = World::new()?;
    world.run(&["up", "--local", "--yes", "--email", ADDRESS, "--email", GRACE]).await?.succeeded()?;
    let aws = world.aws().await?;
    assert_eq!(states(&world).await?, [(ADDRESS.into(), "pending".into()), (GRACE.into(), "pending".into())]);
    let status = world.run(&["status", "--local"]).await?;
    assert!(status.stdout.contains("subscriptions confirm"), "{status:?}");

    // As it stands in the mail, and as the token alone.
    let link = link(&aws, ADDRESS)?;
    let confirmed = ["subscriptions", "confirm", &link, "--local", "--output", "json"];
    let confirmed = world.run(&confirmed).await?.succeeded()?;
    for said in [&confirmed.stdout, &confirmed.stderr] {
        assert!(!said.contains(token(&link)), "the token is in {said}");
    }
    let said = confirmed.json()?;
    assert_eq!((&said["endpoint"], &said["state"]), (&json!(ADDRESS), &json!("protected")), "{said}");
    assert_eq!(follow(&aws, &self::link(&aws, GRACE)?).await?, 200);
    assert_eq!(states(&world).await?, [(ADDRESS.into(), "protected".into()), (GRACE.into(), "confirmed".into())]);

    // What a scanner does with the mails that follow.
    aws.sns.publish().topic_arn(topic(&aws)).message("m").send().await?;
    for mail in aws.until_alerts(2).await? {
        let link = mail.body.split_whitespace().find(|word| word.contains("/unsubscribe.html?")).ok_or("no link")?;
        let expected = if mail.to == ADDRESS { 403 } else { 200 };
        assert_eq!(follow(&aws, link).await?, expected, "{}", mail.to);
    }
    assert_eq!(states(&world).await?, [(ADDRESS.into(), "protected".into())]);
    // The same without a link: the operation takes no signature, as it does elsewhere.
    let arn = arn(&world, ADDRESS).await?;
    let refused = unsigned(&aws).unsubscribe().subscription_arn(&arn).send().await;
    let refused = refused.err().and_then(|error| error.into_service_error().meta().code().map(str::to_owned));
    assert_eq!(refused.as_deref(), Some("AuthorizationError"));

    // The account still can.
    world.run(&["up", "--local", "--yes", "--email", GRACE, "--confirm-email"]).await?.succeeded()?;
    world.run(&["up", "--local", "--yes", "--email", GRACE]).await?.succeeded()?;
    assert_eq!(states(&world).await?, [(GRACE.into(), "confirmed".into())]);
    Ok(())
}

#[tokio::test]
async fn what_was_confirmed_by_its_link_is_not_called_protected() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let link = link(&aws, ADDRESS)?;
    let late = world.run(&["subscriptions", "confirm", &link, "--local"]).await?.ended_with(1)?;
    assert!(late.stderr.contains("ada@example.com was confirmed by its link before"), "{}", late.stderr);
    assert_eq!(states(&world).await?, [(ADDRESS.into(), "confirmed".into())]);
    Ok(())
}

#[tokio::test]
async fn only_a_link_of_this_stack_confirms_and_no_message_repeats_its_token() -> TestResult {
    let world = World::new()?;
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    let aws = world.aws().await?;
    let link = link(&aws, ADDRESS)?;
    let foreign = link.replace("devops-alerts", "payroll-alerts");
    let unknown = "0123456789abcdef0123456789abcdef";
    let unsubscribe = link.replace("confirmation.html", "unsubscribe.html");
    for (given, code, words) in [
        (foreign.as_str(), 1, "payroll-alerts; this stack has"),
        (unknown, 1, "does not accept the token"),
        (&unsubscribe, 2, "no confirmation link"),
        ("not a token", 2, "neither a confirmation link nor its token"),
    ] {
        for output in ["text", "json"] {
            let command = ["subscriptions", "confirm", given, "--local", "--output", output];
            let refused = world.run(&command).await?.ended_with(code)?;
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert!(said.contains(words), "{given}: {said}");
            for secret in [token(&link), unknown] {
                assert!(!said.contains(secret), "the token is in {said}");
            }
        }
    }
    assert_eq!(states(&world).await?, [(ADDRESS.into(), "pending".into())]);
    Ok(())
}

/// The addresses and their states.
async fn states(world: &World) -> TestResult<Vec<(Value, Value)>> {
    let list = world.run(&["subscriptions", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let list = list.as_array().ok_or("no list")?;
    Ok(list.iter().map(|one| (one["endpoint"].clone(), one["state"].clone())).collect())
}

async fn arn(world: &World, address: &str) -> TestResult<String> {
    let list = world.run(&["subscriptions", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let one = list.as_array().and_then(|list| list.iter().find(|one| one["endpoint"] == address));
    Ok(one.and_then(|one| one["subscription_arn"].as_str()).ok_or("no subscription")?.to_owned())
}

/// The link of an address's confirmation mail.
fn link(aws: &Aws, address: &str) -> TestResult<String> {
    let mails = aws.mails()?;
    let link = mails.iter().rev().filter(|mail| mail.to == address).find_map(|mail| mail.link.clone());
    Ok(link.ok_or("no confirmation mail")?)
}

fn token(link: &str) -> &str {
    let after = link.split_once("&Token=").map(|(_, after)| after).unwrap_or_default();
    after.split('&').next().unwrap_or_default()
}

fn topic(aws: &Aws) -> String {
    aws.arn("sns", "devops-alerts")
}

/// A client without a signature.
fn unsigned(aws: &Aws) -> aws_sdk_sns::Client {
    let config = aws_sdk_sns::Config::builder().behavior_version(BehaviorVersion::latest());
    let config = config.region(Region::new(aws.region.clone())).endpoint_url(&aws.endpoint).allow_no_auth();
    aws_sdk_sns::Client::from_conf(config.http_client(aws_smithy_http_client::Builder::new().build_http()).build())
}

/// The status of the page behind a link.
async fn follow(aws: &Aws, link: &str) -> TestResult<u16> {
    let host = aws.endpoint.trim_start_matches("http://");
    let path = link.strip_prefix(&aws.endpoint).ok_or("a link that leads elsewhere")?;
    let mut stream = TcpStream::connect(host).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.split(' ').nth(1).ok_or("no status")?.parse()?)
}
