//! Updates from the last version whose rules invoke the handler directly, while functions fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus, Tag};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use incident_deploy::aws::Clients;
use incident_deploy::engine::cloudformation::Bucket;
use incident_deploy::engine::{Interrupt, apply};
use incident_deploy::package::{Destination, Package};
use incident_deploy::plan::Plan;
use incident_deploy::progress::Progress;
use incident_deploy::resources::{self, Context, Scope, observe};
use incident_deploy::template::{Completion, Inputs, Place, Template};
use serde_json::{Value, json};

use super::{UP, read_back};
use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

/// The template of that version.
const BEFORE: &str = include_str!("before-the-queue.yaml");
/// Pause between two failures.
const PAUSE: Duration = Duration::from_millis(20);

#[tokio::test]
async fn no_failure_is_lost_or_doubled_by_the_direct_engine() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let old = Old::of(&aws).await?;
    old.deploy(&aws).await?;
    updates_while_functions_fail(&world, &aws).await
}

#[tokio::test]
async fn no_failure_is_lost_or_doubled_by_cloudformation() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let old = Old::of(&aws).await?;
    old.deploy_through_cloudformation(&aws).await?;
    updates_while_functions_fail(&world, &aws).await
}

async fn updates_while_functions_fail(world: &World, aws: &Aws) -> TestResult {
    let (is_over, sent) = (AtomicBool::new(false), AtomicU32::new(0));
    let failures = async {
        while !is_over.load(Ordering::Relaxed) {
            fail(aws, sent.load(Ordering::Relaxed)).await?;
            sent.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
        TestResult::Ok(())
    };
    let update = async {
        // Some before, some after.
        tokio::time::sleep(PAUSE * 20).await;
        let updated = world.run(&UP).await;
        tokio::time::sleep(PAUSE * 20).await;
        is_over.store(true, Ordering::Relaxed);
        updated?.succeeded()
    };
    let (failed, updated) = tokio::join!(failures, update);
    failed?;
    let updated = updated?.result()?;
    assert!(updated["created"].as_u64() >= Some(6) && updated["deleted"].as_u64() >= Some(4), "{updated}");

    let sent = sent.load(Ordering::Relaxed);
    assert!(sent > 40, "only {sent} failures");
    let counted = eventually("every failure to be counted", async || {
        let counted = occurrences(world).await?;
        Ok((counted >= u64::from(sent)).then_some(counted))
    });
    assert_eq!(counted.await?, u64::from(sent));
    for queue in ["devops-events", "devops-rule-dlq", "devops-handler-dlq"] {
        assert_eq!(aws.depth(queue).await?, 0, "{queue}");
    }
    read_back::functions(aws).await?;
    read_back::rules(aws).await?;
    read_back::queues(aws).await?;
    read_back::mapping(aws).await?;
    let again = world.run(&UP).await?.succeeded()?.result()?;
    assert_eq!((&again["created"], &again["updated"], &again["deleted"]), (&0.into(), &0.into(), &0.into()));
    Ok(())
}

/// The record that Lambda sends for an asynchronous invocation that failed.
async fn fail(aws: &Aws, number: u32) -> TestResult {
    let detail = json!({
        "version": "1.0",
        "requestContext": {
            "requestId": format!("00000000-0000-4000-8000-{number:012}"),
            "functionArn": aws.arn("lambda", "function:checkout:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "the card was declined", "errorType": "CardError"},
    });
    let entry = PutEventsRequestEntry::builder()
        .source("lambda")
        .detail_type("Lambda Function Invocation Result - Failure")
        .detail(detail.to_string())
        .build();
    let answer = aws.events.put_events().entries(entry).send().await?;
    match answer.failed_entry_count() {
        0 => Ok(()),
        _ => Err(format!("{answer:?}").into()),
    }
}

/// All failures that incidents count.
async fn occurrences(world: &World) -> TestResult<u64> {
    let incidents = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let counts = incidents.as_array().into_iter().flatten().map(|incident| incident["occurrences"].as_u64());
    Ok(counts.map(Option::unwrap_or_default).sum())
}

/// What deploys that version.
struct Old {
    clients: Clients,
    place: Place,
    package: Package,
    /// The completed template, as text and parsed.
    text: String,
    template: Template,
    parameters: [(&'static str, String); 2],
}

impl Old {
    async fn of(aws: &Aws) -> TestResult<Self> {
        let package = Package::make(None, None, Destination::Emulator).await?;
        let place = Place::new("devops", &aws.account, &aws.region, Some(aws.endpoint.clone()));
        let parameters = [("Architecture", package.architecture().name().to_owned()), ("CodeKey", package.key())];
        let completion = Completion {
            emails: vec![ADDRESS.to_owned()],
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            ..Completion::default()
        };
        let (text, template) = completion.apply(BEFORE, resources::naming)?;
        let clients = Clients::new(&aws.sdk);
        Ok(Self { clients, place, package, text, template, parameters })
    }

    /// Through the services' own APIs.
    async fn deploy(&self, aws: &Aws) -> TestResult {
        let inputs = Inputs { place: self.place.clone(), parameters: BTreeMap::new() };
        let mut stack = self.template.resolve(&inputs, resources::naming)?;
        resources::with_package(&mut stack, &self.package);
        let progress = Progress::silent();
        let context = Context { clients: &self.clients, place: &stack.place, package: Some(&self.package), progress };
        let found = observe(&context, &stack, Scope::WithOrphans).await?;
        let plan = Plan::up(&stack, &found, &resources::RULES)?;
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let outcome = apply(&context, &plan, &events, Interrupt::never()).await;
        assert!(outcome.is_complete(), "{:?}", outcome.failures);
        self.is_of_old_shape(aws).await
    }

    async fn deploy_through_cloudformation(&self, aws: &Aws) -> TestResult {
        let bucket = Bucket::of(&self.clients, &self.place);
        bucket.hold(&self.package.key(), &self.package).await?;
        let parameter =
            |name: &str, value: &str| Parameter::builder().parameter_key(name).parameter_value(value).build();
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let mut call = aws.cloudformation.create_stack().stack_name("devops").template_body(&self.text);
        for (name, value) in &self.parameters {
            call = call.parameters(parameter(name, value));
        }
        call = call.parameters(parameter("CodeBucket", bucket.name()));
        call = call.tags(tag("incidentctl:stack", "devops")).tags(tag("incidentctl:schema", "1"));
        call.capabilities(Capability::CapabilityNamedIam).send().await?;
        eventually("the stack", async || {
            let found = aws.cloudformation.describe_stacks().stack_name("devops").send().await?;
            let status = found.stacks()[0].stack_status().cloned();
            match status {
                Some(StackStatus::CreateComplete) => Ok(Some(())),
                Some(StackStatus::CreateInProgress) => Ok(None),
                other => Err(format!("{other:?}").into()),
            }
        })
        .await?;
        self.is_of_old_shape(aws).await
    }

    /// Its rules invoke the handler, which may send what it fails on to its queue.
    async fn is_of_old_shape(&self, aws: &Aws) -> TestResult {
        let targets = aws.events.list_targets_by_rule().rule("devops-function-failures").send().await?;
        assert_eq!(targets.targets()[0].arn(), aws.arn("lambda", "function:devops-incident-handler"));
        let policy = aws.lambda.get_policy().function_name("devops-incident-handler").send().await?;
        let policy: Value = serde_json::from_str(policy.policy().ok_or("no policy")?)?;
        assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(5), "{policy}");
        Ok(())
    }
}
