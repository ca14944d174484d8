//! A name that another owner takes between the plan and the change stays theirs.

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use aws_sdk_sns::types::Tag;
use incident_deploy::package::Package;

use super::phase::first;
use crate::harness::{Aws, BOUNDARY, TestBed, TestResult};

const ROLE: &str = "devops-incident-handler-us-east-1";
const HANDLER: &str = "devops-incident-handler";
const FUNCTION: &str = "devops-error-generator";
const TABLE: &str = "devops-incidents";
const TOPIC: &str = "devops-alerts";
const QUEUE: &str = "devops-rule-dlq";

#[tokio::test(flavor = "multi_thread")]
async fn up_refuses_names_taken_meanwhile_and_leaves_them_unchanged() -> TestResult {
    let test_bed = TestBed::new().await?;
    let aws = &test_bed.aws;
    let error = test_bed.up_after(&first(), others(aws)).await.err().ok_or("it took everything over")?.to_string();
    for (name, resource_type) in [
        (ROLE, "AWS::IAM::Role"),
        (TABLE, "AWS::DynamoDB::Table"),
        (TOPIC, "AWS::SNS::Topic"),
        (QUEUE, "AWS::SQS::Queue"),
    ] {
        let refused = error.split("; ").any(|one| {
            one.contains(name) && one.contains(resource_type) && one.contains("does not belong to this stack")
        });
        assert!(refused, "{resource_type} {name}: {error}");
    }
    assert!(aws.iam.list_role_policies().role_name(ROLE).send().await?.policy_names().is_empty());
    let expiry = aws.dynamodb.describe_time_to_live().table_name(TABLE).send().await?;
    let status = expiry.time_to_live_description.and_then(|description| description.time_to_live_status);
    assert_eq!(status.map(|status| status.as_str().to_owned()), Some("DISABLED".to_owned()));
    let topic = aws.sns.list_subscriptions_by_topic().topic_arn(aws.arn("sns", TOPIC)).send().await?;
    assert!(topic.subscriptions().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn up_refuses_a_function_taken_meanwhile() -> TestResult {
    let test_bed = TestBed::new().await?;
    let error = test_bed.up_after(&first(), function(&test_bed)).await;
    let error = error.err().ok_or("it took the function over")?.to_string();
    for words in [FUNCTION, "AWS::Lambda::Function", "does not belong to this stack"] {
        assert!(error.contains(words), "`{words}` is missing: {error}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn up_refuses_a_differing_permission() -> TestResult {
    let test_bed = TestBed::new().await?;
    test_bed.up(&first()).await?;
    let lambda = &test_bed.aws.lambda;
    lambda.remove_permission().function_name(HANDLER).statement_id("SweepPermission").send().await?;
    let theirs = async {
        let call = lambda.add_permission().function_name(HANDLER).statement_id("SweepPermission");
        call.action("lambda:InvokeFunction").principal("s3.amazonaws.com").send().await?;
        Ok(())
    };
    let error = test_bed.up_after(&first(), theirs).await.err().ok_or("it took another permission for its own")?;
    assert!(error.to_string().contains("SweepPermission"), "{error}");
    // The next plan compares it.
    test_bed.up(&first()).await?;
    assert!(test_bed.plan(&first()).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_group_created_meanwhile_is_used_unchanged() -> TestResult {
    let test_bed = TestBed::new().await?;
    let (logs, name) = (&test_bed.aws.logs, format!("/aws/lambda/{HANDLER}"));
    let theirs = async {
        logs.create_log_group().log_group_name(&name).send().await?;
        Ok(())
    };
    test_bed.up_after(&first(), theirs).await?;
    let found = logs.describe_log_groups().log_group_name_prefix(&name).send().await?;
    let retention: Vec<_> = found.log_groups().iter().map(|group| group.retention_in_days()).collect();
    assert_eq!(retention, [None]);
    Ok(())
}

/// Resources created by a concurrent run of the same stack belong to the stack.
#[tokio::test(flavor = "multi_thread")]
async fn up_adopts_resources_of_a_concurrent_run() -> TestResult {
    let test_bed = TestBed::new().await?;
    test_bed.up_after(&first(), async { test_bed.up(&first()).await.map(drop) }).await?;
    assert!(test_bed.plan(&first()).await?.is_empty());
    Ok(())
}

async fn others(aws: &Aws) -> TestResult {
    role(aws, ROLE).await?;
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build()?;
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build()?;
    let table = aws.dynamodb.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    table.key_schema(key).attribute_definitions(id).send().await?;
    let theirs = Tag::builder().key("owner").value("others").build()?;
    aws.sns.create_topic().name(TOPIC).tags(theirs).send().await?;
    aws.sqs.create_queue().queue_name(QUEUE).send().await?;
    Ok(())
}

async fn function(test_bed: &TestBed) -> TestResult {
    let aws = &test_bed.aws;
    role(aws, "others").await?;
    let zip = Package::of(&first().handler(test_bed.directory.path())?)?.bytes().to_vec();
    let create = || {
        let call = aws.lambda.create_function().function_name(FUNCTION).runtime(Runtime::Providedal2023);
        let call = call.handler("bootstrap").role(format!("arn:aws:iam::{}:role/others", aws.account));
        call.code(FunctionCode::builder().zip_file(Blob::new(zip.clone())).build()).send()
    };
    // IAM is eventually consistent.
    crate::harness::eventually("the role to be assumable", async || Ok(create().await.ok())).await?;
    Ok(())
}

async fn role(aws: &Aws, name: &str) -> TestResult {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"Service":"lambda.amazonaws.com"}}}"#;
    let call = aws.iam.create_role().role_name(name).assume_role_policy_document(trust);
    call.permissions_boundary(BOUNDARY).send().await?;
    Ok(())
}
