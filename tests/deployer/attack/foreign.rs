//! Resources of others, with names under the stack's prefix.

use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::QueueAttributeName;
use incident_deploy::aws::Clients;

use super::super::zip;
use super::Attack;
use crate::harness::{Aws, TestResult};
use crate::watch::{allow, create};

/// Other people's names: under the prefix, and one of the stack's with more at its end.
const NAMES: [&str; 2] = ["devops-orders", "devops-eventsx"];
const FUNCTIONS: [&str; 2] = ["devops-orders", "devops-incident-handlerx"];
const TEMPLATE: &str = r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}"#;

/// Creates what others have.
pub(super) async fn exist(aws: &Aws) -> TestResult {
    for name in NAMES {
        aws.sqs.create_queue().queue_name(name).send().await?;
        aws.sns.create_topic().name(name).send().await?;
        aws.events.put_rule().name(name).schedule_expression("rate(1 day)").send().await?;
        aws.logs.create_log_group().log_group_name(format!("/aws/lambda/{name}")).send().await?;
        let key = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build()?;
        let hash = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build()?;
        let table = aws.dynamodb.create_table().table_name(name).attribute_definitions(key).key_schema(hash);
        table.billing_mode(BillingMode::PayPerRequest).send().await?;
        aws.s3.create_bucket().bucket(name).send().await?;
        aws.cloudformation.create_stack().stack_name(name).template_body(TEMPLATE).send().await?;
    }
    for name in FUNCTIONS {
        create(aws, name).await?;
    }
    aws.s3.create_bucket().bucket(code_bucket(aws)).send().await?;
    allow(aws, FUNCTIONS[0], "sqs:*").await?;
    let queue = aws.arn("sqs", NAMES[0]);
    aws.lambda.create_event_source_mapping().function_name(FUNCTIONS[0]).event_source_arn(queue).send().await?;
    Ok(())
}

/// Reads what another deployment might have taken for its own.
pub(super) async fn still_exist(aws: &Aws) -> TestResult {
    for name in NAMES {
        aws.sqs.get_queue_url().queue_name(name).send().await?;
        aws.sns.get_topic_attributes().topic_arn(aws.arn("sns", name)).send().await?;
        aws.events.describe_rule().name(name).send().await?;
        aws.dynamodb.describe_table().table_name(name).send().await?;
        aws.logs
            .list_tags_for_resource()
            .resource_arn(aws.arn("logs", &format!("log-group:/aws/lambda/{name}")))
            .send()
            .await?;
    }
    for name in FUNCTIONS {
        aws.lambda.get_function().function_name(name).send().await?;
    }
    Ok(())
}

fn code_bucket(aws: &Aws) -> String {
    format!("incidentctl-{}-{}", aws.account, aws.region)
}

/// Reads, changes and deletes them.
pub(super) async fn resources(attack: &mut Attack, clients: &Clients, aws: &Aws) -> TestResult {
    for name in FUNCTIONS {
        functions(attack, clients, name).await?;
    }
    mappings(attack, clients, aws).await?;
    for name in NAMES {
        messages(attack, clients, aws, name).await?;
        rules_and_alarms(attack, clients, aws, name).await?;
        data(attack, clients, name).await;
    }
    code(attack, clients, aws).await;
    Ok(())
}

async fn functions(attack: &mut Attack, clients: &Clients, name: &str) -> TestResult {
    let lambda = &clients.lambda;
    let on = |action: &str| format!("{action} {name}");
    attack.denied(&on("GetFunction"), lambda.get_function().function_name(name).send()).await;
    let code = lambda.update_function_code().function_name(name).zip_file(zip()?);
    attack.denied(&on("UpdateFunctionCode"), code.send()).await;
    let settings = lambda.update_function_configuration().function_name(name).timeout(3);
    attack.denied(&on("UpdateFunctionConfiguration"), settings.send()).await;
    attack.denied(&on("Invoke"), lambda.invoke().function_name(name).send()).await;
    let permission = lambda.add_permission().function_name(name).statement_id("x").action("lambda:InvokeFunction");
    attack.denied(&on("AddPermission"), permission.principal("*").send()).await;
    let remove = lambda.remove_permission().function_name(name).statement_id("x");
    attack.denied(&on("RemovePermission"), remove.send()).await;
    let config = lambda.put_function_event_invoke_config().function_name(name).qualifier("$LATEST");
    attack.denied(&on("PutFunctionEventInvokeConfig"), config.maximum_retry_attempts(0).send()).await;
    attack.denied(&on("DeleteFunction"), lambda.delete_function().function_name(name).send()).await;
    Ok(())
}

async fn mappings(attack: &mut Attack, clients: &Clients, aws: &Aws) -> TestResult {
    let lambda = &clients.lambda;
    for name in FUNCTIONS {
        let map = lambda.create_event_source_mapping().function_name(name);
        let map = map.event_source_arn(aws.arn("sqs", "devops-events"));
        attack.denied(&format!("CreateEventSourceMapping {name}"), map.send()).await;
    }
    let found = aws.lambda.list_event_source_mappings().function_name(FUNCTIONS[0]).send().await?;
    let id = found.event_source_mappings().first().and_then(|mapping| mapping.uuid()).ok_or("no mapping")?;
    let stop = lambda.update_event_source_mapping().uuid(id).enabled(false);
    attack.denied("UpdateEventSourceMapping", stop.send()).await;
    attack.denied("GetEventSourceMapping", lambda.get_event_source_mapping().uuid(id).send()).await;
    attack.denied("DeleteEventSourceMapping", lambda.delete_event_source_mapping().uuid(id).send()).await;
    Ok(())
}

async fn messages(attack: &mut Attack, clients: &Clients, aws: &Aws, name: &str) -> TestResult {
    let (sns, sqs) = (&clients.sns, &clients.sqs);
    let on = |action: &str| format!("{action} {name}");
    let topic = aws.arn("sns", name);
    let subscribe = sns.subscribe().topic_arn(&topic).protocol("email").endpoint("eve@example.com");
    attack.denied(&on("Subscribe"), subscribe.send()).await;
    let open = sns.set_topic_attributes().topic_arn(&topic).attribute_name("Policy").attribute_value("{}");
    attack.denied(&on("SetTopicAttributes"), open.send()).await;
    attack.denied(&on("Publish"), sns.publish().topic_arn(&topic).message("x").send()).await;
    attack.denied(&on("DeleteTopic"), sns.delete_topic().topic_arn(&topic).send()).await;
    let url = aws.sqs.get_queue_url().queue_name(name).send().await?.queue_url.ok_or("no URL")?;
    attack.denied(&on("ReceiveMessage"), sqs.receive_message().queue_url(&url).send()).await;
    attack.denied(&on("SendMessage"), sqs.send_message().queue_url(&url).message_body("x").send()).await;
    let open = sqs.set_queue_attributes().queue_url(&url).attributes(QueueAttributeName::VisibilityTimeout, "0");
    attack.denied(&on("SetQueueAttributes"), open.send()).await;
    attack.denied(&on("DeleteQueue"), sqs.delete_queue().queue_url(&url).send()).await;
    Ok(())
}

async fn rules_and_alarms(attack: &mut Attack, clients: &Clients, aws: &Aws, name: &str) -> TestResult {
    let (events, cloudwatch) = (&clients.events, &clients.cloudwatch);
    let on = |action: &str| format!("{action} {name}");
    let rule = events.put_rule().name(name).schedule_expression("rate(1 minute)");
    attack.denied(&on("PutRule"), rule.send()).await;
    let target = Target::builder().id("x").arn(aws.arn("sqs", "devops-events")).build()?;
    attack.denied(&on("PutTargets"), events.put_targets().rule(name).targets(target).send()).await;
    attack.denied(&on("DeleteRule"), events.delete_rule().name(name).send()).await;
    let alarm = cloudwatch.put_metric_alarm().alarm_name(name).namespace("A").metric_name("a").period(60);
    let alarm = alarm.evaluation_periods(1).threshold(1.0).statistic(Statistic::Sum);
    let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold);
    attack.denied(&on("PutMetricAlarm"), alarm.send()).await;
    attack.denied(&on("DeleteAlarms"), cloudwatch.delete_alarms().alarm_names(name).send()).await;
    let dashboard = cloudwatch.put_dashboard().dashboard_name(name).dashboard_body("{}");
    attack.denied(&on("PutDashboard"), dashboard.send()).await;
    attack.denied(&on("DeleteDashboards"), cloudwatch.delete_dashboards().dashboard_names(name).send()).await;
    Ok(())
}

async fn data(attack: &mut Attack, clients: &Clients, name: &str) {
    let (dynamodb, logs, cloudformation) = (&clients.dynamodb, &clients.logs, &clients.cloudformation);
    let on = |action: &str| format!("{action} {name}");
    let id = || AttributeValue::S("x".to_owned());
    attack.denied(&on("GetItem"), dynamodb.get_item().table_name(name).key("id", id()).send()).await;
    attack.denied(&on("PutItem"), dynamodb.put_item().table_name(name).item("id", id()).send()).await;
    let protect = dynamodb.update_table().table_name(name).deletion_protection_enabled(false);
    attack.denied(&on("UpdateTable"), protect.send()).await;
    attack.denied(&on("DeleteTable"), dynamodb.delete_table().table_name(name).send()).await;
    let group = format!("/aws/lambda/{name}");
    attack.denied(&on("FilterLogEvents"), logs.filter_log_events().log_group_name(&group).send()).await;
    let keep = logs.put_retention_policy().log_group_name(&group).retention_in_days(1);
    attack.denied(&on("PutRetentionPolicy"), keep.send()).await;
    attack.denied(&on("DeleteLogGroup"), logs.delete_log_group().log_group_name(&group).send()).await;
    let change = cloudformation.create_change_set().stack_name(name).change_set_name("x").template_body(TEMPLATE);
    attack.denied(&on("CreateChangeSet"), change.send()).await;
    attack.denied(&on("GetTemplate"), cloudformation.get_template().stack_name(name).send()).await;
    attack.denied(&on("DeleteStack"), cloudformation.delete_stack().stack_name(name).send()).await;
}

/// Code of other stacks, in the bucket that all share.
async fn code(attack: &mut Attack, clients: &Clients, aws: &Aws) {
    let shared = code_bucket(aws);
    for (bucket, key) in [(NAMES[0], "devops/x"), (&shared, "payments/x"), (&shared, "devopsx/x"), (&shared, "x")] {
        let body = ByteStream::from_static(b"x");
        let put = clients.s3.put_object().bucket(bucket).key(key).body(body);
        attack.denied(&format!("PutObject {bucket}/{key}"), put.send()).await;
        let get = clients.s3.get_object().bucket(bucket).key(key);
        attack.denied(&format!("GetObject {bucket}/{key}"), get.send()).await;
    }
    attack.denied("DeleteBucket", clients.s3.delete_bucket().bucket(NAMES[0]).send()).await;
}
