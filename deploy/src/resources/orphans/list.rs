//! The names of candidates for orphans, listed concurrently.

use aws_sdk_cloudwatch::types::AlarmType;

use crate::aws::{AwsError, Explain};
use crate::resources::{Context, Scope};

/// A type and a name.
type Name = (&'static str, String);

/// Prefix of Lambda's log groups.
const GROUPS: &str = "/aws/lambda/";

/// The names with the stack's prefix, by type.
///
/// Functions and roles cannot be listed by prefix, and an account may have thousands. `up` only looks for those with a
/// log group, which is created before them and deleted after them; `down` lists all.
pub(super) async fn names(context: &Context<'_>, scope: Scope) -> Result<Vec<Name>, AwsError> {
    let all = async {
        match scope {
            Scope::Everything => {
                let (functions, roles) = tokio::try_join!(functions(context), roles(context))?;
                Ok([functions, roles].concat())
            }
            _ => Ok(Vec::new()),
        }
    };
    let (rules, alarms, groups, queues, topics, tables, mut names) = tokio::try_join!(
        rules(context),
        alarms(context),
        groups(context),
        queues(context),
        topics(context),
        tables(context),
        all
    )?;
    names.extend(groups.iter().flat_map(|(_, group)| made_for(context, group)));
    names.extend([rules, alarms, groups, queues, topics, tables].concat());
    names.sort();
    names.dedup();
    Ok(names)
}

/// The function that a log group is for, and that function's role.
fn made_for(context: &Context<'_>, group: &str) -> Vec<Name> {
    let Some(function) = group.strip_prefix(GROUPS) else { return Vec::new() };
    let role = format!("{function}-{}", context.place.region);
    vec![("AWS::Lambda::Function", function.to_owned()), ("AWS::IAM::Role", role)]
}

fn prefix(context: &Context<'_>) -> String {
    format!("{}-", context.place.stack)
}

fn named(context: &Context<'_>, resource_type: &'static str, names: impl IntoIterator<Item = String>) -> Vec<Name> {
    let prefix = prefix(context);
    let ours = names.into_iter().filter(|name| name.starts_with(&prefix));
    ours.map(|name| (resource_type, name)).collect()
}

/// The text after the last occurrence of a character, such as the name in an ARN or URL.
fn last(text: &str, sign: char) -> String {
    text.rsplit(sign).next().unwrap_or_default().to_owned()
}

async fn functions(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let pages = context.clients.lambda.list_functions().into_paginator().items().send();
    let found = pages.try_collect().await.explain("lambda:ListFunctions")?;
    Ok(named(context, "AWS::Lambda::Function", found.into_iter().filter_map(|function| function.function_name)))
}

async fn roles(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let pages = context.clients.iam.list_roles().max_items(1000).into_paginator().items().send();
    let found = pages.try_collect().await.explain("iam:ListRoles")?;
    // Roles are global, the stack is regional.
    let region = format!("-{}", context.place.region);
    let here = found.into_iter().map(|role| role.role_name).filter(|name| name.ends_with(&region));
    Ok(named(context, "AWS::IAM::Role", here))
}

async fn rules(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let mut names = Vec::new();
    let mut next = None;
    loop {
        let call = context.clients.events.list_rules().name_prefix(prefix(context)).set_next_token(next);
        let page = call.send().await.explain("events:ListRules")?;
        names.extend(page.rules.unwrap_or_default().into_iter().filter_map(|rule| rule.name));
        next = page.next_token;
        if next.is_none() {
            return Ok(named(context, "AWS::Events::Rule", names));
        }
    }
}

async fn alarms(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let call = context.clients.cloudwatch.describe_alarms().alarm_name_prefix(prefix(context));
    let mut pages = call.alarm_types(AlarmType::MetricAlarm).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.explain("cloudwatch:DescribeAlarms")?;
        names.extend(page.metric_alarms.unwrap_or_default().into_iter().filter_map(|alarm| alarm.alarm_name));
    }
    Ok(named(context, "AWS::CloudWatch::Alarm", names))
}

async fn groups(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let prefix = format!("{GROUPS}{}", prefix(context));
    let call = context.clients.logs.describe_log_groups().log_group_name_prefix(prefix);
    let found = call.into_paginator().items().send().try_collect().await.explain("logs:DescribeLogGroups")?;
    let names = found.into_iter().filter_map(|group| group.log_group_name);
    Ok(names.map(|name| ("AWS::Logs::LogGroup", name)).collect())
}

async fn queues(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let call = context.clients.sqs.list_queues().queue_name_prefix(prefix(context)).max_results(1000);
    let found = call.into_paginator().items().send().try_collect().await.explain("sqs:ListQueues")?;
    Ok(named(context, "AWS::SQS::Queue", found.iter().map(|url| last(url, '/'))))
}

async fn topics(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let pages = context.clients.sns.list_topics().into_paginator().items().send();
    let found = pages.try_collect().await.explain("sns:ListTopics")?;
    let arns = found.into_iter().filter_map(|topic| topic.topic_arn);
    Ok(named(context, "AWS::SNS::Topic", arns.map(|arn| last(&arn, ':'))))
}

async fn tables(context: &Context<'_>) -> Result<Vec<Name>, AwsError> {
    let pages = context.clients.dynamodb.list_tables().into_paginator().items().send();
    let found = pages.try_collect().await.explain("dynamodb:ListTables")?;
    Ok(named(context, "AWS::DynamoDB::Table", found))
}
