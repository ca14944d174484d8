//! The tags that CloudFormation puts on what it makes. Their prefix is AWS's own: no caller of a service may set them,
//! so they go past the services' operations.

use super::operation::Work;
use super::provisioner::Resource;
use crate::services::{cloudwatch, dynamodb, events, iam, lambda, logs, sns, sqs};

/// Marks a resource as one of a stack.
pub(super) fn mark(work: &Work, resource: &Resource, physical_id: &str) {
    let (cloud, home) = (&work.cloud, &work.workplace.home);
    let tags = [
        ("aws:cloudformation:stack-name".to_owned(), home.stack.clone()),
        ("aws:cloudformation:stack-id".to_owned(), work.stack_id.clone()),
        ("aws:cloudformation:logical-id".to_owned(), resource.logical_id.clone()),
    ];
    match resource.resource_type.as_str() {
        "AWS::CloudWatch::Alarm" => cloudwatch::mark(cloud, &home.region, physical_id, tags),
        "AWS::DynamoDB::Table" => dynamodb::mark(cloud, &home.region, physical_id, tags),
        "AWS::Events::Rule" => events::mark(cloud, &home.region, physical_id, tags),
        "AWS::IAM::Role" => iam::mark(cloud, physical_id, tags),
        "AWS::Lambda::EventSourceMapping" => lambda::mark_mapping(cloud, physical_id, tags),
        "AWS::Lambda::Function" => lambda::mark(cloud, &home.region, physical_id, tags),
        "AWS::Logs::LogGroup" => logs::mark(cloud, &home.region, physical_id, tags),
        "AWS::SNS::Topic" => sns::mark(cloud, physical_id, tags),
        "AWS::SQS::Queue" => sqs::mark(cloud, &home.region, physical_id, tags),
        _ => {}
    }
}
