//! Who gets alerts when addresses are added and removed: the same with either engine.

use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus};
use incident_deploy::template::compact;
use serde_json::Value;

use crate::harness::{ADDRESS, Aws, Finished, TestResult, World, eventually};

const GRACE: &str = "grace@example.com";
const JOAN: &str = "joan@example.com";
const ENGINES: [&str; 2] = ["direct", "cloudformation"];

#[tokio::test]
async fn subscribers_are_kept_when_no_address_is_configured() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        // One is confirmed, the other is not.
        up(&world, engine, &[ADDRESS]).await?;
        confirm(&world).await?;
        up(&world, engine, &[ADDRESS, GRACE]).await?;
        let aws = world.aws().await?;
        let before = subscribed(&aws).await?;
        assert_eq!(before, [(ADDRESS.to_owned(), true), (GRACE.to_owned(), false)], "{engine}");
        for addresses in [&[][..], &[ADDRESS, GRACE]] {
            let planned = plan(&world, addresses).await?;
            assert_eq!(actions(&planned), Vec::<String>::new(), "{engine} {addresses:?}");
            let again = up(&world, engine, addresses).await?.result()?;
            assert_eq!((&again["created"], &again["deleted"]), (&0.into(), &0.into()), "{engine}: {again}");
            assert_eq!(subscribed(&aws).await?, before, "{engine} {addresses:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn only_the_removed_address_is_unsubscribed() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        up(&world, engine, &[ADDRESS, GRACE]).await?;
        confirm(&world).await?;
        let planned = plan(&world, &["GRACE@example.com"]).await?;
        assert_eq!(actions(&planned), [format!("delete {ADDRESS}")], "{engine}");
        // Addresses compare regardless of spelling.
        let second = up(&world, engine, &["GRACE@example.com"]).await?.result()?;
        assert_eq!((&second["created"], &second["deleted"]), (&0.into(), &1.into()), "{engine}: {second}");
        let aws = world.aws().await?;
        assert_eq!(subscribed(&aws).await?, [(GRACE.to_owned(), true)], "{engine}");
        assert_eq!(actions(&plan(&world, &[GRACE]).await?), Vec::<String>::new(), "{engine}");
    }
    Ok(())
}

#[tokio::test]
async fn a_replaced_address_gets_alerts_until_the_new_one_confirms() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        up(&world, engine, &[ADDRESS]).await?;
        confirm(&world).await?;
        let aws = world.aws().await?;
        let waits = "it keeps receiving alerts until grace@example.com has confirmed";
        for _ in 0..2 {
            let said = world.run(&["plan", "--local", "--email", GRACE]).await?.succeeded()?;
            assert!(said.stdout.contains("= leave   AWS::SNS::Subscription"), "{engine}: {said:?}");
            assert!(said.stdout.contains(waits), "{engine}: {said:?}");
            let result = up(&world, engine, &[GRACE]).await?.result()?;
            assert_eq!(result["deleted"], 0, "{engine}: {result}");
            assert_eq!(result["leftovers"][0]["physical_id"], ADDRESS, "{engine}: {result}");
            let both = [(ADDRESS.to_owned(), true), (GRACE.to_owned(), false)];
            assert_eq!(subscribed(&aws).await?, both, "{engine}");
        }
        confirm(&world).await?;
        assert_eq!(actions(&plan(&world, &[GRACE]).await?), [format!("delete {ADDRESS}")], "{engine}");
        up(&world, engine, &[GRACE]).await?;
        assert_eq!(subscribed(&aws).await?, [(GRACE.to_owned(), true)], "{engine}");
    }
    Ok(())
}

#[tokio::test]
async fn a_pending_address_is_never_deleted() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        up(&world, engine, &[ADDRESS]).await?;
        confirm(&world).await?;
        up(&world, engine, &[ADDRESS, GRACE]).await?;
        let said = world.run(&arguments(engine, &[ADDRESS])[..7]).await?.succeeded()?;
        assert!(said.stderr.contains("grace@example.com: it was never confirmed"), "{engine}: {said:?}");
        let aws = world.aws().await?;
        let both = [(ADDRESS.to_owned(), true), (GRACE.to_owned(), false)];
        assert_eq!(subscribed(&aws).await?, both, "{engine}");
        // Once confirmed it belongs to the stack and is removed.
        confirm(&world).await?;
        up(&world, engine, &[ADDRESS]).await?;
        assert_eq!(subscribed(&aws).await?, [(ADDRESS.to_owned(), true)], "{engine}");
    }
    Ok(())
}

#[tokio::test]
async fn foreign_subscriptions_are_never_deleted() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        up(&world, engine, &[ADDRESS]).await?;
        let aws = world.aws().await?;
        for address in [GRACE, JOAN] {
            let call = aws.sns.subscribe().topic_arn(aws.arn("sns", "devops-alerts"));
            call.protocol("email").endpoint(address).send().await?;
        }
        confirm(&world).await?;
        let everyone = [ADDRESS, GRACE, JOAN].map(|address| (address.to_owned(), true));
        // Configuring it for a while does not make it the stack's.
        for addresses in [&[ADDRESS, GRACE][..], &[ADDRESS], &[]] {
            let result = up(&world, engine, addresses).await?.result()?;
            assert_eq!(result["deleted"], 0, "{engine} {addresses:?}: {result}");
            assert_eq!(subscribed(&aws).await?, everyone, "{engine} {addresses:?}");
        }
        let said = world.run(&["plan", "--local", "--email", ADDRESS]).await?.succeeded()?;
        assert!(said.stdout.contains("the stack did not subscribe it"), "{engine}: {said:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unsubscribed_address_is_resubscribed_and_still_removable() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        up(&world, engine, &[ADDRESS, GRACE]).await?;
        confirm(&world).await?;
        let aws = world.aws().await?;
        aws.sns.unsubscribe().subscription_arn(arn_of(&aws, ADDRESS).await?).send().await?;
        let result = up(&world, engine, &[ADDRESS, GRACE]).await?.result()?;
        assert_eq!(result["created"], 1, "{engine}: {result}");
        confirm(&world).await?;
        up(&world, engine, &[GRACE]).await?;
        assert_eq!(subscribed(&aws).await?, [(GRACE.to_owned(), true)], "{engine}");
    }
    Ok(())
}

/// Earlier versions named subscriptions by position.
#[tokio::test]
async fn a_stack_with_positional_names_loses_no_subscriber() -> TestResult {
    let world = World::new()?;
    up(&world, "cloudformation", &[]).await?;
    let aws = world.aws().await?;
    subscribe_by_position(&aws, &[ADDRESS, GRACE]).await?;
    confirm(&world).await?;
    let before = subscribed(&aws).await?;
    assert_eq!(before, [(ADDRESS.to_owned(), true), (GRACE.to_owned(), true)]);
    let arn = arn_of(&aws, GRACE).await?;
    for addresses in [&[][..], &[GRACE, ADDRESS]] {
        let result = up(&world, "cloudformation", addresses).await?.result()?;
        assert_eq!((&result["created"], &result["deleted"]), (&0.into(), &0.into()), "{addresses:?}: {result}");
        assert_eq!(subscribed(&aws).await?, before, "{addresses:?}");
    }
    up(&world, "cloudformation", &[GRACE]).await?;
    assert_eq!(subscribed(&aws).await?, [(GRACE.to_owned(), true)]);
    assert_eq!(arn_of(&aws, GRACE).await?, arn, "not even for a moment without alerts");
    Ok(())
}

/// Updates the stack's template as the previous version wrote it.
async fn subscribe_by_position(aws: &Aws, addresses: &[&str]) -> TestResult {
    let cloudformation = &aws.cloudformation;
    let template = cloudformation.get_template().stack_name("devops").send().await?.template_body.ok_or("none")?;
    let mut document: yaml_serde::Value = yaml_serde::from_str(&template)?;
    let resources = document["Resources"].as_mapping_mut().ok_or("no resources")?;
    for (index, address) in addresses.iter().enumerate() {
        let text = format!(
            "Type: AWS::SNS::Subscription\nMetadata: {{incidentctl: {{step: 3}}}}\nProperties:\n  TopicArn: !Ref AlertTopic\n  Protocol: email\n  Endpoint: {address}\n"
        );
        resources.insert(format!("EmailSubscription{}", index + 1).into(), yaml_serde::from_str(&text)?);
    }
    let call =
        cloudformation.update_stack().stack_name("devops").template_body(compact(&yaml_serde::to_string(&document)?)?);
    let bucket = Parameter::builder().parameter_key("CodeBucket").use_previous_value(true).build();
    call.parameters(bucket).capabilities(Capability::CapabilityNamedIam).send().await?;
    eventually("the update", async || {
        let found = cloudformation.describe_stacks().stack_name("devops").send().await?;
        let status = found.stacks().first().and_then(|stack| stack.stack_status());
        Ok((status == Some(&StackStatus::UpdateComplete)).then_some(()))
    })
    .await
}

fn arguments<'a>(engine: &'a str, addresses: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["up", "--local", "--yes", "--engine", engine];
    arguments.extend(addresses.iter().flat_map(|address| ["--email", address]));
    arguments.extend(["--output", "json"]);
    arguments
}

async fn up(world: &World, engine: &str, addresses: &[&str]) -> TestResult<Finished> {
    world.run(&arguments(engine, addresses)).await?.succeeded()
}

async fn plan(world: &World, addresses: &[&str]) -> TestResult<Value> {
    let mut arguments = vec!["plan", "--local", "--output", "json"];
    arguments.extend(addresses.iter().flat_map(|address| ["--email", address]));
    world.run(&arguments).await?.succeeded()?.json()
}

/// A plan's action for each address.
fn actions(plan: &Value) -> Vec<String> {
    let addresses = ["ada@example.com", GRACE, JOAN];
    let ids = addresses.map(|address| (incident_deploy::template::subscription_id(address), address));
    let name =
        |id: &str| ids.iter().find(|(known, _)| known == id).map_or(id.to_owned(), |(_, name)| (*name).to_owned());
    let changes = plan["changes"].as_array().into_iter().flatten();
    let does = changes.filter(|change| change["action"] != "none");
    does.map(|change| {
        let text = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("action"), name(&text("logical_id")))
    })
    .collect()
}

async fn confirm(world: &World) -> TestResult {
    world.run(&["local", "outbox", "--confirm"]).await?.succeeded()?;
    Ok(())
}

/// The topic's addresses, and whether each is confirmed, sorted.
async fn subscribed(aws: &Aws) -> TestResult<Vec<(String, bool)>> {
    let mut all: Vec<_> =
        listed(aws).await?.into_iter().map(|(address, arn)| (address, arn.starts_with("arn:"))).collect();
    all.sort();
    Ok(all)
}

async fn arn_of(aws: &Aws, address: &str) -> TestResult<String> {
    let found = listed(aws).await?.into_iter().find(|(listed, _)| listed == address);
    Ok(found.ok_or("not subscribed")?.1)
}

async fn listed(aws: &Aws) -> TestResult<Vec<(String, String)>> {
    let found = aws.sns.list_subscriptions_by_topic().topic_arn(aws.arn("sns", "devops-alerts")).send().await?;
    let all = found.subscriptions().iter();
    let all = all.filter_map(|one| Some((one.endpoint()?.to_owned(), one.subscription_arn()?.to_owned())));
    // A deleted one is listed for a while, with a placeholder ARN.
    Ok(all.filter(|(_, arn)| arn != "Deleted").collect())
}
