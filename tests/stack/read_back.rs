//! The account after `up`, step by step.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{BillingMode, PointInTimeRecoveryStatus, SseStatus, TableStatus, TimeToLiveStatus};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::types::QueueAttributeName;
use incident_model::table;
use serde_json::{Value, json};

use crate::harness::{Aws, TestResult};

/// Step 1: both roles, their permissions and trust policies.
pub(super) async fn roles(aws: &Aws) -> TestResult {
    let handler = actions_of(aws, "devops-incident-handler").await?;
    assert_eq!(
        handler.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "cloudwatch:DescribeAlarms",
            "cloudwatch:GetMetricData",
            "cloudwatch:ListMetrics",
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "ecs:DescribeTaskDefinition",
            "lambda:GetFunctionConcurrency",
            "lambda:GetFunctionConfiguration",
            "lambda:ListAliases",
            "lambda:ListFunctions",
            "logs:CreateLogStream",
            "logs:FilterLogEvents",
            "logs:GetLogEvents",
            "logs:PutLogEvents",
            "sns:GetTopicAttributes",
            "sns:Publish",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
            "states:GetExecutionHistory",
        ]
    );
    let generator = actions_of(aws, "devops-error-generator").await?;
    assert_eq!(
        generator.iter().map(String::as_str).collect::<Vec<_>>(),
        ["events:PutEvents", "logs:CreateLogStream", "logs:PutLogEvents"]
    );
    Ok(())
}

/// Actions that IAM grants on all resources only.
const WITHOUT_RESOURCE: [&str; 5] = [
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "ecs:DescribeTaskDefinition",
    "lambda:ListFunctions",
];

/// The actions in a role's only inline policy; no other statement may apply to all resources.
pub(super) async fn actions_of(aws: &Aws, name: &str) -> TestResult<BTreeSet<String>> {
    let role_name = format!("{name}-{}", aws.region);
    let role = aws.iam.get_role().role_name(&role_name).send().await?;
    let role = role.role().ok_or("no role")?;
    let trust = document(role.assume_role_policy_document().ok_or("no trust policy")?)?;
    assert_eq!(trust["Statement"][0]["Principal"], json!({"Service": "lambda.amazonaws.com"}));
    assert!(role.tags().iter().any(|tag| (tag.key(), tag.value()) == ("incidentctl:stack", "devops")), "{role:?}");

    let policies = aws.iam.list_role_policies().role_name(&role_name).send().await?;
    let [policy_name] = policies.policy_names() else { return Err(format!("{policies:?}").into()) };
    let policy = aws.iam.get_role_policy().role_name(&role_name).policy_name(policy_name).send().await?;
    let policy = document(policy.policy_document())?;
    let statements = policy["Statement"].as_array().ok_or("no statements")?;
    let is_named = |statement: &&Value| {
        texts(&statement["Action"]).iter().any(|action| !WITHOUT_RESOURCE.contains(&action.as_str()))
    };
    for resource in statements.iter().filter(is_named).flat_map(|statement| texts(&statement["Resource"])) {
        assert!(
            resource.contains(":devops-")
                || resource.contains("/devops-")
                || resource.ends_with("event-bus/default")
                // What failed, as an event names it: whether it exists, and evidence, which is read only.
                || [":function:*", ":log-group:*", ":execution:*"].iter().any(|all| resource.ends_with(all)),
            "{resource}"
        );
    }
    Ok(statements.iter().flat_map(|statement| texts(&statement["Action"])).collect())
}

/// Step 2: the table, its indexes and settings.
pub(super) async fn table(aws: &Aws) -> TestResult {
    let described = aws.dynamodb.describe_table().table_name("devops-incidents").send().await?;
    let described = described.table().ok_or("no table")?;
    assert_eq!(described.table_status(), Some(&TableStatus::Active));
    assert_eq!(
        described.billing_mode_summary().and_then(|mode| mode.billing_mode()),
        Some(&BillingMode::PayPerRequest)
    );
    assert_eq!(described.sse_description().and_then(|sse| sse.status()), Some(&SseStatus::Enabled));
    let indexes: BTreeSet<_> =
        described.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
    assert_eq!(indexes, BTreeSet::from([table::INDEX_BY_MONTH, table::INDEX_DUE]));

    let ttl = aws.dynamodb.describe_time_to_live().table_name("devops-incidents").send().await?;
    let ttl = ttl.time_to_live_description().ok_or("no time to live")?;
    assert_eq!(ttl.attribute_name(), Some(table::EXPIRES_AT));
    assert!(matches!(ttl.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)));

    let backups = aws.dynamodb.describe_continuous_backups().table_name("devops-incidents").send().await?;
    let recovery = backups.continuous_backups_description().and_then(|all| all.point_in_time_recovery_description());
    assert_eq!(recovery.and_then(|one| one.point_in_time_recovery_status()), Some(&PointInTimeRecoveryStatus::Enabled));
    Ok(())
}

/// Step 3: the topic, its policy, its subscription.
pub(super) async fn topic(aws: &Aws) -> TestResult {
    let arn = aws.arn("sns", "devops-alerts");
    let topic = aws.sns.get_topic_attributes().topic_arn(&arn).send().await?;
    let attributes = topic.attributes().ok_or("no attributes")?;
    let policy: Value = serde_json::from_str(&attributes["Policy"])?;
    let services: Vec<_> = policy["Statement"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|one| texts(&one["Principal"]["Service"]))
        .collect();
    assert_eq!(services, ["cloudwatch.amazonaws.com"]);
    assert_eq!(super::addresses(aws).await?, [crate::harness::ADDRESS]);
    assert_eq!(attributes.get("SubscriptionsConfirmed").map(String::as_str), Some("1"));
    assert_eq!(attributes.get("SubscriptionsPending").map(String::as_str), Some("0"));
    Ok(())
}

/// Steps 4 and 7: both functions and their failure destinations.
pub(super) async fn functions(aws: &Aws) -> TestResult {
    for (name, handler, timeout, destination) in [
        ("devops-error-generator", "error-generator", 3, Some(aws.arn("events", "event-bus/default"))),
        // A failed sweep is no dead letter.
        ("devops-incident-handler", "incident-handler", 30, None),
    ] {
        let function = aws.lambda.get_function_configuration().function_name(name).send().await?;
        assert_eq!(function.handler(), Some(handler));
        assert_eq!(function.timeout(), Some(timeout));
        assert_eq!(function.runtime().map(|runtime| runtime.as_str()), Some("provided.al2023"));
        assert_eq!(function.state().map(|state| state.as_str()), Some("Active"));

        let invoke = aws.lambda.get_function_event_invoke_config().function_name(name).send().await?;
        assert_eq!(invoke.maximum_retry_attempts(), Some(0));
        let on_failure =
            invoke.destination_config().and_then(|config| config.on_failure()).and_then(|to| to.destination());
        assert_eq!(on_failure, destination.as_deref());
    }
    Ok(())
}

/// Step 5: log groups with their retention.
pub(super) async fn logs(aws: &Aws) -> TestResult {
    let groups = aws.logs.describe_log_groups().log_group_name_prefix("/aws/lambda/devops-").send().await?;
    let found: BTreeSet<_> =
        groups.log_groups().iter().map(|group| (group.log_group_name(), group.retention_in_days())).collect();
    let expected = ["/aws/lambda/devops-error-generator", "/aws/lambda/devops-incident-handler"];
    assert_eq!(found, expected.map(|name| (Some(name), Some(30))).into());
    Ok(())
}

/// Step 5: alarms and the dashboard.
pub(super) async fn alarms(aws: &Aws) -> TestResult {
    let found = aws.cloudwatch.describe_alarms().alarm_name_prefix("devops-").send().await?;
    let topic = aws.arn("sns", "devops-alerts");
    let actions: Vec<_> = found
        .metric_alarms()
        .iter()
        .map(|alarm| (alarm.alarm_name().unwrap_or_default(), alarm.alarm_actions()))
        .collect();
    let direct = std::slice::from_ref(&topic);
    assert_eq!(
        actions,
        [
            ("devops-alert-delivery", direct),
            ("devops-events-age", direct),
            ("devops-events-depth", direct),
            ("devops-function-destinations", &[][..]),
            ("devops-function-errors", &[][..]),
            ("devops-function-throttles", &[][..]),
            ("devops-handler-dlq-depth", direct),
            ("devops-handler-errors", direct),
            ("devops-not-recorded", direct),
            ("devops-rule-dlq-depth", direct),
        ]
    );
    let dashboard = aws.cloudwatch.get_dashboard().dashboard_name("devops-incidents").send().await?;
    let body: Value = serde_json::from_str(dashboard.dashboard_body().ok_or("no body")?)?;
    assert_eq!(body["widgets"].as_array().map(Vec::len), Some(8));
    Ok(())
}

/// The scheduled rule.
const SWEEP: &str = "devops-sweep";

/// Step 6: rules, their targets, and the sweep's permission.
pub(super) async fn rules(aws: &Aws) -> TestResult {
    let names = ["account-findings", "alarm-changes", "function-failures", "platform-failures", "service-failures"];
    let names = names.map(|name| format!("devops-{name}"));
    let names = names.each_ref().map(String::as_str);
    let all = names.into_iter().chain([SWEEP]);
    let found = aws.events.list_rules().name_prefix("devops-").send().await?;
    assert_eq!(found.rules().iter().filter_map(|rule| rule.name()).collect::<BTreeSet<_>>(), all.collect());

    let queue = aws.arn("sqs", "devops-events");
    for name in names {
        let targets = aws.events.list_targets_by_rule().rule(name).send().await?;
        let [target] = targets.targets() else { return Err(format!("{name}: {targets:?}").into()) };
        assert_eq!(target.arn(), queue);
        assert_eq!(target.sqs_parameters().and_then(|parameters| parameters.message_group_id()), Some(name));
        assert_eq!(
            target.dead_letter_config().and_then(|config| config.arn()),
            Some(aws.arn("sqs", "devops-rule-dlq").as_str())
        );
        let retries = target
            .retry_policy()
            .map(|policy| (policy.maximum_event_age_in_seconds(), policy.maximum_retry_attempts()));
        assert_eq!(retries, Some((Some(3600), Some(185))));
    }

    let sweep = aws.events.list_targets_by_rule().rule(SWEEP).send().await?;
    assert_eq!(
        sweep.targets().iter().map(|target| target.input()).collect::<Vec<_>>(),
        [Some(r#"{"incidentctl":"sweep"}"#)]
    );

    let policy = aws.lambda.get_policy().function_name("devops-incident-handler").send().await?;
    let policy: Value = serde_json::from_str(policy.policy().ok_or("no policy")?)?;
    let statements = policy["Statement"].as_array().ok_or("no statements")?;
    let sources: Vec<_> = statements
        .iter()
        .map(|one| one["Condition"]["ArnLike"]["AWS:SourceArn"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(sources, [aws.arn("events", &format!("rule/{SWEEP}"))]);
    Ok(())
}

/// Step 6: the empty queues, the policies of those that rules send to, and where the events end that cannot be handled.
pub(super) async fn queues(aws: &Aws) -> TestResult {
    for queue in ["devops-events", "devops-rule-dlq", "devops-handler-dlq"] {
        assert_eq!(aws.depth(queue).await?, 0, "{queue}");
        assert_eq!(aws.queue_attribute(queue, QueueAttributeName::MessageRetentionPeriod).await?, "1209600");
    }
    for queue in ["devops-events", "devops-rule-dlq"] {
        let policy: Value = serde_json::from_str(&aws.queue_attribute(queue, QueueAttributeName::Policy).await?)?;
        assert_eq!(texts(&policy["Statement"][0]["Principal"]["Service"]), ["events.amazonaws.com"], "{queue}");
        assert_eq!(texts(&policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"]).len(), 5, "{queue}");
    }
    assert_eq!(aws.queue_attribute("devops-events", QueueAttributeName::VisibilityTimeout).await?, "180");
    let redrive: Value =
        serde_json::from_str(&aws.queue_attribute("devops-events", QueueAttributeName::RedrivePolicy).await?)?;
    assert_eq!(redrive["deadLetterTargetArn"], aws.arn("sqs", "devops-handler-dlq").as_str());
    assert_eq!(redrive["maxReceiveCount"].to_string().trim_matches('"'), "1000");
    let allowed: Value = serde_json::from_str(
        &aws.queue_attribute("devops-handler-dlq", QueueAttributeName::RedriveAllowPolicy).await?,
    )?;
    assert_eq!(texts(&allowed["sourceQueueArns"]), [aws.arn("sqs", "devops-events")]);
    Ok(())
}

/// Steps 6 and 7: the pollers that give the queue's events to the handler.
pub(super) async fn mapping(aws: &Aws) -> TestResult {
    let found = aws.lambda.list_event_source_mappings().function_name("devops-incident-handler").send().await?;
    let [mapping] = found.event_source_mappings() else { return Err(format!("{found:?}").into()) };
    assert_eq!(mapping.event_source_arn(), Some(aws.arn("sqs", "devops-events").as_str()));
    assert_eq!((mapping.batch_size(), mapping.maximum_batching_window_in_seconds()), (Some(10), Some(0)));
    assert_eq!(mapping.scaling_config().and_then(|config| config.maximum_concurrency()), Some(10));
    let types: Vec<_> = mapping.function_response_types().iter().map(|one| one.as_str()).collect();
    assert_eq!(types, ["ReportBatchItemFailures"]);
    assert_eq!(mapping.state(), Some("Enabled"));
    let arn = mapping.event_source_mapping_arn().ok_or("no ARN")?;
    let tags = aws.lambda.list_tags().resource(arn).send().await?.tags.unwrap_or_default();
    assert_eq!(tags.get("incidentctl:stack").map(String::as_str), Some("devops"));
    Ok(())
}

/// Steps 7 to 10: the handler reaches its rules, table and topic with its own role.
pub(super) async fn self_check(aws: &Aws) -> TestResult {
    let question = Blob::new(json!({"incidentctl": "self-check"}).to_string());
    let answer = aws.lambda.invoke().function_name("devops-incident-handler").payload(question).send().await?;
    let answer: Value = serde_json::from_slice(answer.payload().ok_or("no answer")?.as_ref())?;
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
    for part in ["rules", "table", "topic"] {
        assert_eq!(answer[part]["ok"], true, "{answer}");
    }
    Ok(())
}

/// A policy as IAM returns it: URL-encoded.
fn document(encoded: &str) -> TestResult<Value> {
    Ok(serde_json::from_str(&percent_encoding::percent_decode_str(encoded).decode_utf8()?)?)
}

/// A text or list of texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect(),
        _ => Vec::new(),
    }
}
