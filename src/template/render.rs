//! The template with the parts that differ from one deployment to the next: addresses and tags.

use yaml_serde::{Mapping, Value as Yaml};

use super::{Template, TemplateError};

/// Tag that says whose a resource is. Its value is the stack's name.
pub const OWNER_TAG: &str = "incidentctl:stack";

/// The alert topic, which the subscriptions belong to.
const TOPIC: &str = "AlertTopic";

/// The types with a `Tags` list of `Key` and `Value`.
const TAGGABLE: [&str; 8] = [
    "AWS::IAM::Role",
    "AWS::DynamoDB::Table",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Logs::LogGroup",
    "AWS::Lambda::Function",
    "AWS::Events::Rule",
    "AWS::CloudWatch::Alarm",
];

/// What a template is completed with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// One subscription is added for each.
    pub emails: Vec<String>,
    /// Added to every resource that takes tags, beside the owner's tag.
    pub tags: Vec<(String, String)>,
}

impl Completion {
    /// The finished template, still valid CloudFormation.
    ///
    /// # Errors
    /// A source that is no template.
    pub fn apply(&self, source: &str) -> Result<(String, Template), TemplateError> {
        let mut document: Yaml = yaml_serde::from_str(source).map_err(TemplateError::Syntax)?;
        let Some(resources) = document.get_mut("Resources").and_then(Yaml::as_mapping_mut) else {
            return Err(TemplateError::at("Resources", "there are none"));
        };
        for (_, resource) in resources.iter_mut() {
            self.tag(resource);
        }
        for (index, email) in self.emails.iter().enumerate() {
            resources.insert(format!("EmailSubscription{}", index + 1).into(), subscription(email));
        }
        let template = Template::from_yaml(&document)?;
        Ok((yaml_serde::to_string(&document).map_err(TemplateError::Syntax)?, template))
    }

    /// Adds the tags that the resource lacks.
    fn tag(&self, resource: &mut Yaml) {
        let taggable = resource.get("Type").and_then(Yaml::as_str).is_some_and(|name| TAGGABLE.contains(&name));
        let Some(resource) = resource.as_mapping_mut().filter(|_| taggable) else { return };
        let properties = resource.entry("Properties".into()).or_insert_with(|| Yaml::Mapping(Mapping::new()));
        let Some(properties) = properties.as_mapping_mut() else { return };
        let tags = properties.entry("Tags".into()).or_insert_with(|| Yaml::Sequence(Vec::new()));
        let Some(tags) = tags.as_sequence_mut() else { return };
        let owner = (OWNER_TAG.to_owned(), reference("AWS::StackName"));
        let others = self.tags.iter().map(|(key, value)| (key.clone(), Yaml::from(value.as_str())));
        for (key, value) in std::iter::once(owner).chain(others) {
            if !tags.iter().any(|tag| tag.get("Key").and_then(Yaml::as_str) == Some(&key)) {
                tags.push(mapping([("Key", key.into()), ("Value", value)]));
            }
        }
    }
}

fn subscription(email: &str) -> Yaml {
    let step = mapping([("incidentctl", mapping([("step", 3.into())]))]);
    let properties =
        mapping([("TopicArn", reference(TOPIC)), ("Protocol", "email".into()), ("Endpoint", email.into())]);
    mapping([("Type", "AWS::SNS::Subscription".into()), ("Metadata", step), ("Properties", properties)])
}

/// `!Ref NAME`.
fn reference(name: &str) -> Yaml {
    let tag = yaml_serde::value::Tag::new("Ref");
    Yaml::Tagged(Box::new(yaml_serde::value::TaggedValue { tag, value: name.into() }))
}

fn mapping<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    Yaml::Mapping(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}
