//! The policy of `doctor --print-policy`: recorded from the commands' calls, sufficient and minimal.
//!
//! After changing the calls made: `UPDATE_DOCS=1 cargo test --workspace --test main deployer`.

mod attack;
mod authorization;
mod source;

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType};

use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType};
use incident_deploy::aws::Clients;
use incident_deploy::engine::Engine;
use incident_deploy::engine::cloudformation::{Operation, StackRecord};
use incident_deploy::template::Place;
use incident_local::Principal;
use incident_local::policy::{Decision, Need, Policy, Requester};
use incidentctl::deployer::{DeployerPolicy, OF_FUNCTION, PASSED_TO_SERVICE};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{ADDRESS, Aws, Finished, TestResult, World, eventually, repository};

const ROLE: &str = "deployer";
const FILE: &str = "templates/deployer-calls.json";

/// Every setting that changes which calls are made.
const OTHER_SETTINGS: &str = "handler_memory: 512
handler_concurrency: 20
log_retention_days: 7
schedule: rate(1 hour)
tags: {team: payments}
alarms: {function-errors: false}
deletion_protection: true
permissions_boundary: arn:aws:iam::000000000000:policy/boundary
";

#[tokio::test]
async fn the_policy_is_sufficient_and_minimal() -> TestResult {
    let is_recording = std::env::var_os("UPDATE_DOCS").is_some();
    let (direct, cloudformation) =
        tokio::try_join!(life(Engine::Direct, is_recording), life(Engine::CloudFormation, is_recording))?;
    let (needs, place) = (direct.0.into_iter().chain(cloudformation.0).collect::<Vec<_>>(), direct.1);
    let seen = DeployerPolicy::of(needs.iter().map(|need| (need.action.as_str(), need.resource.as_str())), &place)?;
    if is_recording {
        std::fs::write(repository(FILE), format!("{}\n", serde_json::to_string_pretty(&seen)?))?;
        return Ok(());
    }
    let recorded = DeployerPolicy::recorded()?;
    assert_eq!(
        seen, recorded,
        "{FILE} is old; write it anew: UPDATE_DOCS=1 cargo test --workspace --test main deployer"
    );
    for action in recorded.actions() {
        let less = Policy::parse(&recorded.without(action).document(&place, None)?.json().to_string())?;
        let requester = Requester::local(Principal::Role { role_name: ROLE.to_owned(), session_arn: String::new() });
        let refused = needs.iter().filter(|need| less.evaluate(&requester, need) != Decision::Allow).count();
        assert!(refused > 0, "{action} is superfluous: every call is allowed without it");
    }
    Ok(())
}

/// The permissions and location of the commands with one engine.
async fn life(engine: Engine, is_recording: bool) -> TestResult<(Vec<Need>, Place)> {
    let world = World::new()?;
    let aws = world.start().await?;
    let place = Place::new("devops", &aws.account, &aws.region, None);
    let policy = match is_recording {
        true => json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
        false => DeployerPolicy::recorded()?.document(&place, None)?.json(),
    };
    let deployer = Deployer::assume(&world, &aws, &policy).await?;
    match engine {
        Engine::Direct => deployer.runs_every_command().await?,
        Engine::CloudFormation => deployer.runs_with_cloudformation().await?,
    }
    Ok((deployer.needs().await?, place))
}

#[tokio::test]
async fn without_pass_role_up_fails_and_says_so() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let place = Place::new("devops", &aws.account, &aws.region, None);
    let policy = DeployerPolicy::recorded()?.without("iam:PassRole").document(&place, None)?.json();
    let deployer = Deployer::assume(&world, &aws, &policy).await?;
    let failed = deployer.run(&["up", "--yes"]).await?.ended_with(1)?;
    for words in ["iam:PassRole", "AccessDenied", "may not pass the role to Lambda", "doctor --print-policy"] {
        assert!(failed.stderr.contains(words), "`{words}` is missing in {}", failed.stderr);
    }
    let doctor = deployer.run(&["doctor", "--output", "json"]).await?;
    let permissions = doctor.json()?["checks"]
        .as_array()
        .and_then(|checks| checks.iter().find(|check| check["name"] == "permissions").cloned());
    let permissions = permissions.ok_or("no check of permissions")?;
    // Simulation needs a permission of its own, which the policy does not grant.
    assert_eq!(permissions["status"], "warn", "{permissions}");
    Ok(())
}

#[tokio::test]
async fn the_policy_is_printed_for_the_requested_stack() -> TestResult {
    let world = World::new()?;
    let printed =
        world.run(&["doctor", "--print-policy", "--local", "--stack", "payments"]).await?.succeeded()?.json()?;
    let text = printed.to_string();
    assert!(text.contains("role/payments-incident-handler-us-east-1\"") && !text.contains("devops"), "{printed:#}");
    Ok(())
}

/// A deployer whose session has exactly one policy.
struct Deployer<'a> {
    world: &'a World,
    endpoint: String,
    /// The secret that `/_local/…` requires.
    secret: String,
    region: String,
    variables: [(&'static str, String); 3],
}

impl<'a> Deployer<'a> {
    async fn assume(world: &'a World, aws: &Aws, policy: &Value) -> TestResult<Self> {
        let everything =
            json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        aws.iam.create_policy().policy_name("boundary").policy_document(everything.to_string()).send().await?;
        let variables = aws.person(ROLE).await?;
        let document = policy.to_string();
        aws.iam.put_role_policy().role_name(ROLE).policy_name(ROLE).policy_document(document).send().await?;
        let arn = format!("arn:aws:iam::{}:role/{ROLE}", aws.account);
        eventually("the policy to spread", async || is_in_force(aws, &arn).await).await?;
        Ok(Self {
            world,
            endpoint: aws.endpoint.clone(),
            secret: aws.secret.clone(),
            region: aws.region.clone(),
            variables,
        })
    }

    /// Runs a command against the endpoint with the session.
    async fn run(&self, arguments: &[&str]) -> TestResult<Finished> {
        let place = ["--endpoint-url", &self.endpoint, "--region", &self.region];
        self.world.run_with(&[arguments, &place].concat(), &self.variables).await
    }

    /// Every command, and `up` in every situation that makes different calls.
    async fn runs_every_command(&self) -> TestResult {
        let up = ["up", "--yes", "--email", ADDRESS];
        let both = ["up", "--yes", "--email", ADDRESS, "--email", "grace@example.com"];
        self.run(&both).await?.succeeded()?;
        let mails = self.world.aws().await?.mails()?;
        let link = mails.iter().find_map(|mail| mail.link.clone().filter(|_| mail.to == ADDRESS)).ok_or("no link")?;
        self.run(&["subscriptions", "confirm", &link]).await?.succeeded()?;
        self.run(&["subscriptions", "list"]).await?.succeeded()?;
        self.world.run(&["local", "outbox", "--confirm"]).await?.succeeded()?;
        self.run(&both).await?.succeeded()?;
        self.run(&["plan", "--email", ADDRESS]).await?.succeeded()?;
        self.run(&up).await?.succeeded()?;
        for kind in ["exception", "bad-deploy", "config-change"] {
            self.run(&["trigger-test", "--kind", kind]).await?.succeeded()?;
        }
        self.run(&["status"]).await?.succeeded()?;
        self.run(&["logs", "generator"]).await?.succeeded()?;
        let incidents = self.run(&["incidents", "list", "--output", "json"]).await?.succeeded()?.json()?;
        let id = incidents[0]["incident_id"].as_str().ok_or("no incident")?.to_owned();
        self.run(&["incidents", "list", "--status", "open"]).await?.succeeded()?;
        self.run(&["incidents", "show", &id, "--logs"]).await?.succeeded()?;
        self.run(&["incidents", "analyse", &id]).await?.succeeded()?;
        for command in ["show", "ack", "resolve"] {
            self.run(&["incidents", command, &id]).await?.succeeded()?;
        }
        self.run(&["silence", "add", "--source", "lambda", "--for", "2h", "--reason", "a test"]).await?.succeeded()?;
        self.run(&["silence", "list"]).await?.succeeded()?;
        self.run(&["silence", "end", "sil-"]).await?.succeeded()?;
        self.finds_dead_letters().await?;
        self.changes_every_setting().await?;
        self.run(&up).await?.succeeded()?;
        self.run(&["down", "--yes"]).await?.succeeded()?;
        Ok(())
    }

    /// One that is sent again, and one that is dropped.
    async fn finds_dead_letters(&self) -> TestResult {
        let sqs = self.world.aws().await?.sqs;
        for queue in ["devops-rule-dlq", "devops-handler-dlq"] {
            let url = sqs.get_queue_url().queue_name(queue).send().await?.queue_url.ok_or("no URL")?;
            sqs.send_message().queue_url(url).message_body(r#"{"incidentctl":"sweep"}"#).send().await?;
        }
        self.run(&["dead-letters", "list"]).await?.succeeded()?;
        self.run(&["dead-letters", "redrive", "--all", "--queue", "rule", "--yes"]).await?.succeeded()?;
        self.run(&["dead-letters", "purge", "--all", "--allow-data-loss"]).await?.succeeded()?;
        Ok(())
    }

    /// On the caller's behalf, CloudFormation needs the permissions of the direct engine.
    async fn runs_with_cloudformation(&self) -> TestResult {
        let up = ["up", "--yes", "--email", ADDRESS, "--engine", "cloudformation"];
        self.leaves_a_stale_change_set().await?;
        self.declines_confirmation().await?;
        self.run(&up).await?.succeeded()?;
        self.run(&up).await?.succeeded()?;
        self.repairs_and_cancels().await?;
        self.run(&["plan"]).await?.succeeded()?;
        self.run(&["up", "--yes"]).await?.succeeded()?;
        std::fs::write(self.world.home().join("incidentctl.yaml"), "handler_memory: 512\n")?;
        self.run(&["up", "--yes"]).await?.succeeded()?;
        self.run(&["status"]).await?;
        self.run(&["down", "--yes"]).await?.succeeded()?;
        Ok(())
    }

    /// A change set that was created and neither executed nor deleted.
    async fn leaves_a_stale_change_set(&self) -> TestResult {
        let aws = self.world.aws().await?;
        let call = aws.cloudformation.create_change_set().stack_name("devops").change_set_name("incidentctl-killed");
        let call = call.template_body(r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#);
        call.change_set_type(ChangeSetType::Create).capabilities(Capability::CapabilityNamedIam).send().await?;
        Ok(())
    }

    /// What declining a confirmation undoes.
    async fn declines_confirmation(&self) -> TestResult {
        let declined = self.run(&["up", "--engine", "cloudformation"]).await?.ended_with(1)?;
        assert!(declined.stderr.contains("confirmation needed"), "{declined:?}");
        let left = self.world.aws().await?.cloudformation.list_change_sets().stack_name("devops").send().await?;
        let left: Vec<_> = left.summaries().iter().filter_map(|set| set.change_set_name()).collect();
        assert_eq!(left, ["incidentctl-killed"], "its own is gone");
        Ok(())
    }

    /// The calls of a failed update, a failed rollback and an interrupt. CloudFormation rejects them all on a healthy
    /// stack, but only after checking the permission.
    async fn repairs_and_cancels(&self) -> TestResult {
        let clients = self.clients().await;
        let record = StackRecord::read(&clients, "devops").await?.ok_or("no stack")?;
        let with = |status: &str| StackRecord { status: status.to_owned(), ..record.clone() };
        let mut refusals = Vec::new();
        for status in ["UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"] {
            refusals.push(Operation::repair(&clients, &with(status)).await.err());
        }
        let mut operation = Operation::in_progress(&clients, &with("UPDATE_IN_PROGRESS")).await?;
        refusals.push(operation.cancel().await.err());
        for refusal in refusals {
            let refusal = refusal.ok_or("CloudFormation did it")?;
            assert_eq!(refusal.code, "ValidationError", "{refusal}");
        }
        Ok(())
    }

    /// Clients that use the session.
    async fn clients(&self) -> Clients {
        let [key, secret, token] = self.variables.clone().map(|(_, value)| value);
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new(self.region.clone()))
            .endpoint_url(&self.endpoint)
            .credentials_provider(Credentials::new(key, secret, Some(token), None, "tests"))
            .load()
            .await;
        Clients::new(&sdk)
    }

    /// Changed settings and back, drift, and changed code.
    async fn changes_every_setting(&self) -> TestResult {
        let settings = self.world.home().join("incidentctl.yaml");
        std::fs::write(&settings, OTHER_SETTINGS)?;
        self.run(&["up", "--yes"]).await?.succeeded()?;
        std::fs::remove_file(&settings)?;
        self.run(&["up", "--yes"]).await?.succeeded()?;
        cause_drift(&self.world.aws().await?).await?;
        self.run(&["up", "--yes"]).await?.succeeded()?;
        Ok(())
    }

    /// The permissions the session's calls required.
    async fn needs(&self) -> TestResult<Vec<Need>> {
        let calls = calls(&self.endpoint, &self.secret).await?;
        let calls = calls.as_array().ok_or("no calls")?.iter();
        let own =
            calls.filter(|call| call["principal"].as_str().is_some_and(|arn| arn.contains("assumed-role/deployer/")));
        let mut seen = BTreeSet::new();
        for need in own.flat_map(|call| call["needs"].as_array().cloned().unwrap_or_default()) {
            let text = |name: &str| need[name].as_str().unwrap_or_default().to_owned();
            seen.insert((text("action"), text("resource")));
        }
        let handler = aws_arn(&self.region, "function:devops-incident-handler");
        let in_context = |need: Need| match need.action.as_str() {
            "iam:PassRole" => need.with(PASSED_TO_SERVICE, "lambda.amazonaws.com"),
            action if action.ends_with("EventSourceMapping") => need.with(OF_FUNCTION, handler.clone()),
            _ => need,
        };
        Ok(seen.into_iter().map(|(action, resource)| in_context(Need::new(action, resource))).collect())
    }
}

/// `Some` once the role's policy is in force.
async fn is_in_force(aws: &Aws, role: &str) -> TestResult<Option<()>> {
    let topic = aws.arn("sns", "devops-alerts");
    let call = aws.iam.simulate_principal_policy().policy_source_arn(role).action_names("sns:CreateTopic");
    let answer = call.resource_arns(topic).send().await?;
    let is_allowed = |result: &EvaluationResult| *result.eval_decision() == PolicyEvaluationDecisionType::Allowed;
    Ok(answer.evaluation_results().iter().all(is_allowed).then_some(()))
}

/// Every call the local AWS received.
pub(crate) async fn calls(endpoint: &str, secret: &str) -> TestResult<Value> {
    let host = endpoint.strip_prefix("http://").ok_or("an endpoint without a host")?;
    let mut stream = TcpStream::connect(host).await?;
    let request =
        format!("GET /_local/calls HTTP/1.1\r\nHost: {host}\r\nX-Local-Secret: {secret}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
    Ok(serde_json::from_str(body)?)
}

/// Modifies every kind of resource, as a user of the console might.
async fn cause_drift(aws: &Aws) -> TestResult {
    const HANDLER: &str = "devops-incident-handler";
    let mappings = aws.lambda.list_event_source_mappings().function_name(HANDLER).send().await?;
    let mapping = mappings.event_source_mappings().first().and_then(|mapping| mapping.uuid()).ok_or("no mapping")?;
    aws.lambda.update_event_source_mapping().uuid(mapping).batch_size(5).send().await?;
    let role = format!("devops-incident-handler-{}", aws.region);
    aws.iam.delete_role_policy().role_name(&role).policy_name("incident-handler").send().await?;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]}}}"#;
    aws.iam.update_assume_role_policy().role_name(&role).policy_document(trust).send().await?;
    aws.iam.update_role().role_name(&role).description("mine").send().await?;
    let topic = aws.arn("sns", "devops-alerts");
    aws.sns.set_topic_attributes().topic_arn(&topic).attribute_name("DisplayName").attribute_value("x").send().await?;
    let url = aws.sqs.get_queue_url().queue_name("devops-rule-dlq").send().await?.queue_url.ok_or("no URL")?;
    let attribute = aws_sdk_sqs::types::QueueAttributeName::MessageRetentionPeriod;
    aws.sqs.set_queue_attributes().queue_url(url).attributes(attribute, "600").send().await?;
    aws.events.disable_rule().name("devops-sweep").send().await?;
    aws.lambda.delete_function_event_invoke_config().function_name(HANDLER).qualifier("$LATEST").send().await?;
    aws.lambda.update_function_code().function_name(HANDLER).zip_file(zip()?).send().await?;
    aws.cloudwatch.delete_dashboards().dashboard_names("devops-incidents").send().await?;
    aws.cloudwatch.delete_alarms().alarm_names("devops-handler-errors").send().await?;
    aws.logs.delete_retention_policy().log_group_name(format!("/aws/lambda/{HANDLER}")).send().await?;
    let policy = aws.lambda.get_policy().function_name(HANDLER).send().await?;
    let policy: Value = serde_json::from_str(policy.policy().ok_or("no policy")?)?;
    let statement = policy["Statement"][0]["Sid"].as_str().ok_or("no statement")?;
    aws.lambda.remove_permission().function_name(HANDLER).statement_id(statement).send().await?;
    Ok(())
}

/// The ARN of something of Lambda's in the local AWS.
fn aws_arn(region: &str, resource: &str) -> String {
    Place::new("devops", incident_local::config::ACCOUNT, region, None).arn("lambda", resource)
}

/// A zip that is not the handler.
fn zip() -> TestResult<aws_sdk_lambda::primitives::Blob> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("bootstrap", zip::write::SimpleFileOptions::default())?;
    Ok(aws_sdk_lambda::primitives::Blob::new(writer.finish()?.into_inner()))
}
