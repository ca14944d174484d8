//! The names that a stack gives: the only ones a deployer's policy covers.

use std::collections::{BTreeMap, BTreeSet};

use incident_deploy::resources;
use incident_deploy::template::{self, Completion, Inputs, Place, TemplateError};
use serde_json::json;

/// Named resources as their ARNs show them: the service, what comes before the name, the type, and the property with the
/// name.
const SHAPES: [Shape; 9] = [
    Shape::new("cloudwatch", "alarm:", "AWS::CloudWatch::Alarm", "AlarmName"),
    Shape::new("cloudwatch", "dashboard/", "AWS::CloudWatch::Dashboard", "DashboardName"),
    Shape::new("dynamodb", "table/", "AWS::DynamoDB::Table", "TableName"),
    Shape::new("events", "rule/", "AWS::Events::Rule", "Name"),
    Shape::new("iam", "role/", "AWS::IAM::Role", "RoleName"),
    Shape::new("lambda", "function:", "AWS::Lambda::Function", "FunctionName"),
    Shape::new("logs", "log-group:", "AWS::Logs::LogGroup", "LogGroupName"),
    Shape::new("sns", "", "AWS::SNS::Topic", "TopicName"),
    Shape::new("sqs", "", "AWS::SQS::Queue", "QueueName"),
];

/// How ARNs show one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) service: &'static str,
    /// What precedes the name in the ARN's last part.
    pub(super) before: &'static str,
    resource_type: &'static str,
    property: &'static str,
}

impl Shape {
    const fn new(
        service: &'static str,
        before: &'static str,
        resource_type: &'static str,
        property: &'static str,
    ) -> Self {
        Self { service, before, resource_type, property }
    }

    /// What stands for every name of the type in a pattern: `${Queue}`.
    pub(super) fn variable(self) -> String {
        format!("${{{}}}", self.resource_type.rsplit(':').next().unwrap_or_default())
    }

    /// The shape whose variable a pattern has.
    pub(super) fn in_pattern(pattern: &str) -> Option<Self> {
        SHAPES.into_iter().find(|shape| pattern.contains(&shape.variable()))
    }
}

/// Every name of a stack, whatever its settings: what one run creates, another with other settings deletes.
///
/// No version has given any other name. One that leaves the template must stay in the policy as long as stacks have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StackNames(BTreeMap<&'static str, BTreeSet<String>>);

impl StackNames {
    /// The names in a place.
    pub(super) fn of(place: &Place) -> Result<Self, TemplateError> {
        // The rule for a user's own events exists only with some.
        let any = json!({ "source": [{ "prefix": "" }] });
        let completion = Completion { events: vec![any], ..Completion::default() };
        let (_, whole) = completion.apply(template::EMBEDDED, resources::naming)?;
        let inputs = Inputs { place: place.clone(), parameters: BTreeMap::new() };
        let stack = whole.resolve(&inputs, resources::naming)?;
        let mut names: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for resource in &stack.resources {
            let shape = SHAPES.iter().find(|shape| shape.resource_type == resource.resource_type);
            let name = shape.and_then(|shape| Some((shape, resource.properties.get(shape.property)?.as_str()?)));
            if let Some((shape, name)) = name {
                names.entry(shape.resource_type).or_default().insert(name.to_owned());
            }
        }
        Ok(Self(names))
    }

    /// The names of one type.
    pub(super) fn all(&self, shape: Shape) -> impl Iterator<Item = &str> {
        self.0.get(shape.resource_type).into_iter().flatten().map(String::as_str)
    }

    /// The shape of an ARN's last part, and what follows the name, if the name is one of these.
    pub(super) fn find<'a>(&self, service: &str, resource: &'a str) -> Option<(Shape, &'a str)> {
        SHAPES.into_iter().filter(|shape| shape.service == service).find_map(|shape| {
            let named = resource.strip_prefix(shape.before)?;
            let after = self.all(shape).find_map(|name| {
                named.strip_prefix(name).filter(|after| after.is_empty() || after.starts_with([':', '/']))
            })?;
            Some((shape, after))
        })
    }
}
