//! Everything in an account, read with the SDK alone and normalised: two accounts deployed alike are equal. Leaves out
//! AWS's generated ids, timestamps and what changes by itself.

use std::collections::BTreeMap;
use std::fmt::Debug;

use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_types::DateTime;
use incident_deploy::template::ROLE_TAG;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Aws, TestResult};

/// Resources by kind and name.
pub(crate) type Snapshot = BTreeMap<String, String>;

/// Reads everything.
pub(crate) async fn snapshot(aws: &Aws) -> TestResult<Snapshot> {
    let parts = tokio::try_join!(
        roles(aws),
        tables(aws),
        topics(aws),
        functions(aws),
        mappings(aws),
        log_groups(aws),
        alarms(aws),
        dashboards(aws),
        rules(aws),
        queues(aws),
    )?;
    let (a, b, c, d, e, f, g, h, i, j) = parts;
    Ok([a, b, c, d, e, f, g, h, i, j].into_iter().flatten().collect())
}

/// The differences, one line each; empty when equal.
pub(crate) fn difference(expected: &Snapshot, found: &Snapshot) -> Vec<String> {
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let nothing = String::new();
    let mut lines = Vec::new();
    for key in keys {
        let [old, new] = [expected, found].map(|side| side.get(key).unwrap_or(&nothing));
        if old != new {
            // Starts shortly before the first difference.
            let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
            let [old, new] =
                [old, new].map(|text| text.chars().skip(same.saturating_sub(40)).take(160).collect::<String>());
            lines.push(format!("{key}: …{new}… instead of …{old}…"));
        }
    }
    lines
}

type Part = Vec<(String, String)>;

fn entry(part: &mut Part, kind: &str, name: &str, value: &impl Debug) {
    part.push((format!("{kind} {name}"), format!("{value:?}")));
}

/// A map in sorted order.
fn sorted<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    pairs.into_iter().collect()
}

async fn roles(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for listed in aws.iam.list_roles().send().await?.roles {
        let name = listed.role_name;
        let mut role = aws.iam.get_role().role_name(&name).send().await?.role.ok_or("no role")?;
        role.role_id = String::new();
        role.create_date = DateTime::from_secs(0);
        role.role_last_used = None;
        if let Some(tags) = &mut role.tags {
            tags.sort_by(|left, right| left.key.cmp(&right.key));
        }
        entry(&mut part, "role", &name, &role);
        for policy in aws.iam.list_role_policies().role_name(&name).send().await?.policy_names {
            let found = aws.iam.get_role_policy().role_name(&name).policy_name(&policy).send().await?;
            let document = percent_decode_str(&found.policy_document).decode_utf8()?;
            entry(&mut part, "role policy", &format!("{name}/{policy}"), &document);
        }
        let attached = aws.iam.list_attached_role_policies().role_name(&name).send().await?.attached_policies;
        entry(&mut part, "attached policies", &name, &attached);
    }
    Ok(part)
}

async fn tables(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for name in aws.dynamodb.list_tables().send().await?.table_names.unwrap_or_default() {
        let table = aws.dynamodb.describe_table().table_name(&name).send().await?.table.ok_or("no table")?;
        let arn = table.table_arn.clone().unwrap_or_default();
        entry(&mut part, "table", &name, &without_contents(table));
        let expiry = aws.dynamodb.describe_time_to_live().table_name(&name).send().await?;
        entry(&mut part, "time to live", &name, &expiry.time_to_live_description);
        let backups = aws.dynamodb.describe_continuous_backups().table_name(&name).send().await?;
        let recovery =
            backups.continuous_backups_description.and_then(|found| found.point_in_time_recovery_description);
        entry(&mut part, "recovery", &name, &recovery.and_then(|found| found.point_in_time_recovery_status));
        let tags = aws.dynamodb.list_tags_of_resource().resource_arn(arn).send().await?.tags.unwrap_or_default();
        entry(&mut part, "table tags", &name, &sorted(tags.into_iter().map(|tag| (tag.key, tag.value))));
    }
    Ok(part)
}

/// Without its times, and without the sizes of items, in which there are times.
fn without_contents(mut table: TableDescription) -> TableDescription {
    table.creation_date_time = None;
    table.table_size_bytes = None;
    table.table_id = None;
    if let Some(billing) = &mut table.billing_mode_summary {
        billing.last_update_to_pay_per_request_date_time = None;
    }
    if let Some(attributes) = &mut table.attribute_definitions {
        attributes.sort_by(|left, right| left.attribute_name.cmp(&right.attribute_name));
    }
    if let Some(indexes) = &mut table.global_secondary_indexes {
        indexes.sort_by(|left, right| left.index_name.cmp(&right.index_name));
        indexes.iter_mut().for_each(|index| index.index_size_bytes = None);
    }
    table
}

async fn topics(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for arn in
        aws.sns.list_topics().send().await?.topics.unwrap_or_default().into_iter().filter_map(|one| one.topic_arn)
    {
        let attributes = aws.sns.get_topic_attributes().topic_arn(&arn).send().await?.attributes;
        let mut attributes = attributes.unwrap_or_default();
        attributes.remove("SubscriptionsDeleted");
        entry(&mut part, "topic", &arn, &sorted(attributes));
        let tags = aws.sns.list_tags_for_resource().resource_arn(&arn).send().await?.tags.unwrap_or_default();
        entry(&mut part, "topic tags", &arn, &sorted(tags.into_iter().map(|tag| (tag.key, tag.value))));
    }
    let subscriptions = aws.sns.list_subscriptions().send().await?.subscriptions.unwrap_or_default();
    let mut subscriptions: Vec<_> = subscriptions
        .into_iter()
        .map(|one| {
            (one.topic_arn, one.endpoint, one.protocol, one.subscription_arn.filter(|arn| !arn.starts_with("arn:")))
        })
        .collect();
    subscriptions.sort();
    for subscription in subscriptions {
        let name = format!("{} {}", part.len(), subscription.1.clone().unwrap_or_default());
        entry(&mut part, "subscription", &name, &subscription);
    }
    Ok(part)
}

async fn functions(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for listed in aws.lambda.list_functions().send().await?.functions.unwrap_or_default() {
        let name = listed.function_name.ok_or("no name")?;
        let found = aws.lambda.get_function().function_name(&name).send().await?;
        let mut configuration = found.configuration.ok_or("no configuration")?;
        configuration.last_modified = None;
        configuration.revision_id = None;
        let variables = configuration.environment.take().and_then(|environment| environment.variables);
        entry(&mut part, "function", &name, &configuration);
        // Each local AWS has a port of its own, which the URL of a queue contains.
        let placeless = |(name, value): (String, String)| (name, value.replace(&aws.endpoint, "<endpoint>"));
        let variables = variables.unwrap_or_default().into_iter().map(placeless);
        entry(&mut part, "function variables", &name, &sorted(variables));
        let mut tags = found.tags.unwrap_or_default();
        // State that may be missing, but must not be wrong.
        let role = role_id(aws, configuration.role.as_deref()).await?;
        tags.retain(|key, value| key != ROLE_TAG || *value != role);
        entry(&mut part, "function tags", &name, &sorted(tags));
        let policy = aws.lambda.get_policy().function_name(&name).send().await;
        if let Some(text) = policy.ok().and_then(|found| found.policy) {
            let policy: Value = serde_json::from_str(&text)?;
            for statement in policy["Statement"].as_array().into_iter().flatten() {
                let statement_name = format!("{name}/{}", statement["Sid"]);
                entry(&mut part, "permission", &statement_name, &statement.to_string());
            }
        }
        let listed = aws.lambda.list_function_event_invoke_configs().function_name(&name).send().await?;
        for mut config in listed.function_event_invoke_configs.unwrap_or_default() {
            config.last_modified = None;
            entry(&mut part, "event invoke config", &config.function_arn.clone().unwrap_or_default(), &config);
        }
    }
    Ok(part)
}

/// By queue and function: AWS draws the ids. A state on the way to another counts as that one.
async fn mappings(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    let found = aws.lambda.list_event_source_mappings().send().await?.event_source_mappings;
    for mut mapping in found.unwrap_or_default() {
        let name = format!("{:?} to {:?}", mapping.event_source_arn, mapping.function_arn);
        let arn = mapping.event_source_mapping_arn.take().ok_or("no ARN")?;
        mapping.uuid = None;
        mapping.last_modified = None;
        mapping.last_processing_result = None;
        mapping.state_transition_reason = None;
        mapping.state = mapping.state.map(|state| match state.as_str() {
            "Creating" | "Enabling" | "Updating" => "Enabled".to_owned(),
            "Disabling" => "Disabled".to_owned(),
            _ => state,
        });
        entry(&mut part, "mapping", &name, &mapping);
        let tags = aws.lambda.list_tags().resource(arn).send().await?.tags.unwrap_or_default();
        entry(&mut part, "mapping tags", &name, &sorted(tags));
    }
    Ok(part)
}

/// A role's id by its ARN.
async fn role_id(aws: &Aws, arn: Option<&str>) -> TestResult<String> {
    let name = arn.and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let role = aws.iam.get_role().role_name(name).send().await.ok().and_then(|found| found.role);
    Ok(role.map(|role| role.role_id).unwrap_or_default())
}

async fn log_groups(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for mut group in aws.logs.describe_log_groups().send().await?.log_groups.unwrap_or_default() {
        group.creation_time = None;
        group.stored_bytes = None;
        let name = group.log_group_name.clone().unwrap_or_default();
        let arn = group.arn.clone().unwrap_or_default();
        entry(&mut part, "log group", &name, &group);
        let tags = aws.logs.list_tags_for_resource().resource_arn(arn.trim_end_matches(":*")).send().await?.tags;
        entry(&mut part, "log group tags", &name, &sorted(tags.unwrap_or_default()));
    }
    Ok(part)
}

async fn alarms(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for mut alarm in aws.cloudwatch.describe_alarms().send().await?.metric_alarms.unwrap_or_default() {
        alarm.alarm_configuration_updated_timestamp = None;
        alarm.state_value = None;
        alarm.state_reason = None;
        alarm.state_reason_data = None;
        alarm.state_updated_timestamp = None;
        alarm.state_transitioned_timestamp = None;
        alarm.evaluation_state = None;
        let name = alarm.alarm_name.clone().unwrap_or_default();
        let arn = alarm.alarm_arn.clone().unwrap_or_default();
        entry(&mut part, "alarm", &name, &alarm);
        let tags = aws.cloudwatch.list_tags_for_resource().resource_arn(arn).send().await?.tags.unwrap_or_default();
        entry(&mut part, "alarm tags", &name, &sorted(tags.into_iter().map(|tag| (tag.key, tag.value))));
    }
    Ok(part)
}

async fn dashboards(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for listed in aws.cloudwatch.list_dashboards().send().await?.dashboard_entries.unwrap_or_default() {
        let name = listed.dashboard_name.unwrap_or_default();
        let found = aws.cloudwatch.get_dashboard().dashboard_name(&name).send().await?;
        entry(&mut part, "dashboard", &name, &found.dashboard_body);
    }
    Ok(part)
}

async fn rules(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for rule in aws.events.list_rules().send().await?.rules.unwrap_or_default() {
        let name = rule.name.clone().unwrap_or_default();
        let arn = rule.arn.clone().unwrap_or_default();
        entry(&mut part, "rule", &name, &rule);
        for target in aws.events.list_targets_by_rule().rule(&name).send().await?.targets.unwrap_or_default() {
            entry(&mut part, "target", &format!("{name}/{}", target.id), &target);
        }
        let tags = aws.events.list_tags_for_resource().resource_arn(arn).send().await?.tags.unwrap_or_default();
        entry(&mut part, "rule tags", &name, &sorted(tags.into_iter().map(|tag| (tag.key, tag.value))));
    }
    Ok(part)
}

async fn queues(aws: &Aws) -> TestResult<Part> {
    let mut part = Part::new();
    for url in aws.sqs.list_queues().send().await?.queue_urls.unwrap_or_default() {
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        let call = aws.sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
        let attributes = call.send().await?.attributes.unwrap_or_default();
        let attributes = attributes.into_iter().map(|(key, value)| (key.as_str().to_owned(), value));
        let lasting = |name: &str| !name.ends_with("Timestamp") && !name.starts_with("Approximate");
        entry(&mut part, "queue", &name, &sorted(attributes.filter(|(name, _)| lasting(name))));
        let tags = aws.sqs.list_queue_tags().queue_url(&url).send().await?.tags.unwrap_or_default();
        entry(&mut part, "queue tags", &name, &sorted(tags));
    }
    Ok(part)
}
