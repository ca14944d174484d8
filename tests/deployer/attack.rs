//! An attacker with the printed policies: names of others, names under the stack's prefix, and ways to more than the
//! policy says.

mod foreign;
mod roles;

use std::future::Future;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use incident_deploy::aws::{Clients, Explain};
use serde_json::{Value, json};

use super::Deployer;
use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

const UP: [&str; 4] = ["up", "--yes", "--email", ADDRESS];
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","events.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const ACCOUNT: &str = incident_local::config::ACCOUNT;

/// What the attacks left open.
#[derive(Default)]
struct Attack(Vec<String>);

impl Attack {
    /// Makes a call that must be denied.
    async fn denied<T, E, R>(
        &mut self,
        what: &str,
        call: impl Future<Output = Result<T, aws_smithy_runtime_api::client::result::SdkError<E, R>>>,
    ) where
        Result<T, aws_smithy_runtime_api::client::result::SdkError<E, R>>: Explain<T>,
    {
        match call.await.explain("attack") {
            Err(error) if error.is_denied() => {}
            Err(error) => self.0.push(format!("{what}: {error}")),
            Ok(_) => self.0.push(format!("{what}: succeeded")),
        }
    }

    fn ends(self) -> TestResult {
        assert!(self.0.is_empty(), "not denied: {:#?}", self.0);
        Ok(())
    }
}

/// The documents that the command prints.
async fn printed(world: &World, flags: &[&str]) -> TestResult<(Value, String)> {
    let command = [&["doctor", "--print-policy", "--local"], flags].concat();
    let printed = world.run(&command).await?.succeeded()?;
    Ok((printed.json()?, printed.stderr))
}

/// Clients with a session of a role that the caller may assume.
async fn session_of(aws: &Aws, role: &str) -> TestResult<Clients> {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    let answer = eventually("the role to be assumable", async || {
        Ok(aws.sts.assume_role().role_arn(&arn).role_session_name("attack").send().await.ok())
    })
    .await?;
    let session = answer.credentials.ok_or("no credentials")?;
    let (key, secret, token) = (session.access_key_id, session.secret_access_key, session.session_token);
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new(aws.region.clone()))
        .endpoint_url(&aws.endpoint)
        .credentials_provider(Credentials::new(key, secret, Some(token), None, "tests"))
        .load()
        .await;
    Ok(Clients::new(&sdk))
}

#[tokio::test]
async fn the_printed_policies_reach_nothing_of_others() -> TestResult {
    for flags in [&[][..], &["--boundary"]] {
        let world = World::new()?;
        let aws = world.start().await?;
        let (document, _) = printed(&world, flags).await?;
        let policy = if flags.is_empty() { &document } else { &document["policy"] };
        let deployer = Deployer::assume(&world, &aws, policy).await?;
        let clients = deployer.clients().await;
        foreign::exist(&aws).await?;
        let mut attack = Attack::default();
        foreign::resources(&mut attack, &clients, &aws).await?;
        roles::of_others(&mut attack, &clients, &aws).await?;
        attack.ends()?;
    }
    Ok(())
}

/// Without a boundary: as strong as the role can be made, as the command says. What others have under the prefix is in the way
/// of neither `up` nor `down`.
#[tokio::test]
async fn without_a_boundary_the_policy_is_as_strong_as_it_says() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let (policy, said) = printed(&world, &[]).await?;
    for words in
        ["whoever may write the policy of a role that Lambda assumes is as strong", "--print-policy --boundary"]
    {
        assert!(said.contains(words), "`{words}` is missing in {said}");
    }
    let deployer = Deployer::assume(&world, &aws, &policy).await?;
    foreign::exist(&aws).await?;
    let theirs = format!("devops-orders-{}", aws.region);
    aws.iam.create_role().role_name(&theirs).assume_role_policy_document(TRUST).send().await?;
    deployer.run(&UP).await?.succeeded()?;
    let session = roles::own_made_strong(&deployer.clients().await, &aws).await?;
    session.iam.create_role().role_name("devops-mine").assume_role_policy_document(TRUST).send().await?;
    deployer.run(&["down", "--yes"]).await?.succeeded()?;
    aws.iam.get_role().role_name(&theirs).send().await?;
    foreign::still_exist(&aws).await?;
    Ok(())
}

/// With one: deploys, and gains nothing beyond what the stack does.
#[tokio::test]
async fn with_the_boundary_nothing_is_gained() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let (deployer, arn) = bounded(&world, &aws).await?;
    // Without the boundary in the settings, `up` says what is missing.
    let failed = deployer.run(&UP).await?.ended_with(1)?;
    for words in ["iam:CreateRole", "permissions_boundary"] {
        assert!(failed.stderr.contains(words), "`{words}` is missing in {}", failed.stderr);
    }
    deploys(&world, &deployer, &arn, "direct").await?;
    deployer.run(&["trigger-test"]).await?.succeeded()?;
    let mut attack = Attack::default();
    roles::under_the_boundary(&mut attack, &deployer.clients().await, &aws, &arn).await?;
    attack.ends()?;
    deployer.run(&["down", "--yes"]).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn cloudformation_deploys_under_the_boundary() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let (deployer, arn) = bounded(&world, &aws).await?;
    deploys(&world, &deployer, &arn, "cloudformation").await?;
    deployer.run(&["down", "--yes"]).await?.succeeded()?;
    Ok(())
}

/// A deployer with the policy that requires the boundary, which exists, and its ARN.
async fn bounded<'a>(world: &'a World, aws: &Aws) -> TestResult<(Deployer<'a>, String)> {
    let (document, said) = printed(world, &["--boundary"]).await?;
    let arn = document["boundary_arn"].as_str().ok_or("no ARN")?;
    assert_eq!(arn, format!("arn:aws:iam::{ACCOUNT}:policy/devops-boundary-{}", aws.region));
    assert!(said.contains(&format!("permissions_boundary: {arn}")), "{said}");
    let name = arn.rsplit('/').next().unwrap_or_default();
    let create = aws.iam.create_policy().policy_name(name).policy_document(document["boundary"].to_string());
    create.send().await?;
    Ok((Deployer::assume(world, aws, &document["policy"]).await?, arn.to_owned()))
}

/// Creates the stack under the boundary, and changes it.
async fn deploys(world: &World, deployer: &Deployer<'_>, boundary: &str, engine: &str) -> TestResult {
    let settings = world.home().join("incidentctl.yaml");
    let bounded = format!("permissions_boundary: {boundary}\n");
    std::fs::write(&settings, &bounded)?;
    deployer.run(&[&UP[..], &["--engine", engine]].concat()).await?.succeeded()?;
    std::fs::write(&settings, format!("{bounded}tags: {{team: payments}}\nlog_retention_days: 7\n"))?;
    deployer.run(&UP).await?.succeeded()?;
    Ok(())
}

/// Settings that name a boundary: the policy is conditioned on that one.
#[tokio::test]
async fn the_boundary_of_the_settings_is_the_one_that_is_required() -> TestResult {
    let world = World::new()?;
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/teams/limit");
    std::fs::write(world.home().join("incidentctl.yaml"), format!("permissions_boundary: {arn}\n"))?;
    let (document, _) = printed(&world, &["--boundary"]).await?;
    assert_eq!(document["boundary_arn"], json!(arn));
    let statements = document["policy"]["Statement"].as_array().ok_or("no statements")?;
    let required: Vec<_> = statements
        .iter()
        .filter_map(|statement| statement.pointer("/Condition/StringEquals/iam:PermissionsBoundary/0"))
        .collect();
    assert_eq!(required, [&json!(arn)]);
    let first = printed(&world, &["--part", "1"]).await?.0;
    assert!(first["Statement"].as_array().is_some_and(|statements| !statements.is_empty()), "{first}");
    world.run(&["doctor", "--print-policy", "--local", "--part", "9"]).await?.ended_with(1)?;
    Ok(())
}
