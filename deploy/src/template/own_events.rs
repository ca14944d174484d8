//! The rule for events of the user's own. It is one of the stack's rules with another name and another pattern, so that its
//! queue, its retries and its dead letters are those of the others.

use serde_json::{Value, json};
use yaml_serde::{Mapping, Value as Yaml};

use super::TemplateError;

/// The rule's logical id.
pub const OWN_EVENTS: &str = "OwnEventRule";
/// Longest pattern of a rule, in characters: the default of EventBridge's quota `Event pattern size`.
pub const LONGEST_PATTERN: usize = 2048;

/// The rule to copy, and its name.
const MODEL: (&str, &str) = ("ServiceFailureRule", "service-failures");
/// The name of the copy.
const NAME: &str = "own-events";

/// The pattern of a rule that forwards what any of these matches.
pub fn joined(patterns: &[Value]) -> Value {
    match patterns {
        [only] => only.clone(),
        several => json!({ "$or": several }),
    }
}

/// Adds the rule, if there are patterns: the policies of both queues allow it, and what waits for the others waits for it.
pub(super) fn add(resources: &mut Mapping, patterns: &[Value]) -> Result<(), TemplateError> {
    if patterns.is_empty() {
        return Ok(());
    }
    let model = resources.get(MODEL.0).cloned();
    let mut rule = model.ok_or_else(|| TemplateError::at(MODEL.0, "the rule is missing"))?;
    renamed(&mut rule);
    let properties = rule.get_mut("Properties").and_then(Yaml::as_mapping_mut);
    let properties = properties.ok_or_else(|| TemplateError::at(MODEL.0, "the rule has no properties"))?;
    let pattern = yaml_serde::to_value(joined(patterns)).map_err(TemplateError::Syntax)?;
    properties.insert("EventPattern".into(), pattern);
    properties.insert("Description".into(), "Events of the configuration file".into());
    for (_, resource) in resources.iter_mut() {
        mentioned(resource);
    }
    resources.insert(OWN_EVENTS.into(), rule);
    Ok(())
}

/// Adds the rule to each list that contains its model.
fn mentioned(yaml: &mut Yaml) {
    match yaml {
        Yaml::Sequence(items) => {
            items.iter_mut().for_each(mentioned);
            let named = items.iter().find_map(|item| match item {
                Yaml::Tagged(tagged) => {
                    let arn = tagged.value.as_str()?;
                    arn.contains(":rule/").then_some(())?;
                    arn.ends_with(&format!("-{}", MODEL.1)).then(|| item.clone())
                }
                Yaml::String(id) if id == MODEL.0 => Some(OWN_EVENTS.into()),
                _ => None,
            });
            if let Some(mut copy) = named {
                renamed(&mut copy);
                items.push(copy);
            }
        }
        Yaml::Mapping(entries) => entries.iter_mut().for_each(|(_, entry)| mentioned(entry)),
        _ => {}
    }
}

fn renamed(yaml: &mut Yaml) {
    match yaml {
        Yaml::String(text) => *text = text.replace(MODEL.1, NAME),
        Yaml::Tagged(tagged) => renamed(&mut tagged.value),
        Yaml::Sequence(items) => items.iter_mut().for_each(renamed),
        Yaml::Mapping(entries) => entries.iter_mut().for_each(|(_, entry)| renamed(entry)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::resources::naming;
    use crate::template::{Completion, EMBEDDED, Inputs, Place};

    #[test]
    fn own_events_take_the_same_way_as_the_others() {
        let orders = json!({"source": ["my.orders"], "detail": {"status": ["FAILED"]}});
        let bills = json!({"source": ["my.bills"]});
        let resolved = |events: Vec<Value>| {
            let (_, template) = Completion { events, ..Completion::default() }.apply(EMBEDDED, naming).unwrap();
            let place = Place::new("devops", "123456789012", "eu-west-1", None);
            template.resolve(&Inputs { place, parameters: BTreeMap::new() }, naming).unwrap()
        };
        let stack = resolved(vec![orders.clone(), bills.clone()]);
        let (own, model) = (stack.get(OWN_EVENTS).unwrap(), stack.get(MODEL.0).unwrap());
        assert_eq!(own.properties["EventPattern"], json!({"$or": [&orders, &bills]}));
        assert_eq!(own.properties["Name"], "devops-own-events");
        assert_eq!(own.needs, model.needs);
        let mut target = own.properties["Targets"][0].clone();
        assert_eq!(target["SqsParameters"]["MessageGroupId"], "devops-own-events");
        target["SqsParameters"] = model.properties["Targets"][0]["SqsParameters"].clone();
        assert_eq!(target, model.properties["Targets"][0]);
        for policy in ["EventQueuePolicy", "RuleDeadLetterQueuePolicy"] {
            let statement = &stack.get(policy).unwrap().properties["PolicyDocument"]["Statement"][0];
            let sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"].as_array().unwrap();
            let own = json!("arn:aws:events:eu-west-1:123456789012:rule/devops-own-events");
            assert_eq!(sources.iter().filter(|arn| **arn == own).count(), 1, "{policy}");
        }
        assert!(stack.get("HandlerEventInvokeConfig").unwrap().needs.contains(OWN_EVENTS));
        assert_eq!(resolved(vec![bills.clone()]).get(OWN_EVENTS).unwrap().properties["EventPattern"], bills);
        let without = resolved(Vec::new());
        assert!(without.get(OWN_EVENTS).is_none());
        assert!(!format!("{without:?}").contains("own-events"));
    }
}
