//! The subscriptions of a template. Their logical ids derive from the addresses and never from a position, so that
//! adding or removing an address does not affect the others.

use serde_json::Value;
use yaml_serde::{Mapping, Value as Yaml};

use super::TemplateError;
use super::alter::alter;
use super::state_tags::digest;

/// The type of a subscription.
pub const SUBSCRIPTION: &str = "AWS::SNS::Subscription";
/// Prefix of the subscriptions' logical ids.
const PREFIX: &str = "EmailSubscription";
/// Enough hexadecimal digits to distinguish the addresses of a stack.
const DIGITS: usize = 12;

/// A subscription as a finished template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscribed {
    /// Its name in the template. Names from earlier versions, by position, are kept: CloudFormation would treat a new
    /// name as a new resource, and unsubscribe the address with the old one.
    pub logical_id: String,
    /// The address.
    pub address: String,
    declaration: Yaml,
}

/// Whether two spellings reach the same mailbox.
pub fn same_address(one: &str, other: &str) -> bool {
    normalised(one) == normalised(other)
}

/// The logical id of an address's subscription, whatever its spelling.
pub fn subscription_id(address: &str) -> String {
    format!("{PREFIX}{}", digest(&Value::from(normalised(address)), DIGITS))
}

/// The addresses in a finished template, in its order.
///
/// # Errors
/// A text that is not a template.
pub fn subscribed(text: &str) -> Result<Vec<Subscribed>, TemplateError> {
    let document: Yaml = yaml_serde::from_str(text).map_err(TemplateError::Syntax)?;
    let resources = document.get("Resources").and_then(Yaml::as_mapping);
    let resources = resources.ok_or_else(|| TemplateError::at("Resources", "the section is missing or empty"))?;
    Ok(resources.iter().filter_map(|(id, resource)| read(id, resource)).collect())
}

/// A finished template in which these subscriptions replace its own for the same addresses.
///
/// # Errors
/// A text that is not a template.
pub fn keeping(text: &str, kept: &[&Subscribed]) -> Result<String, TemplateError> {
    if kept.is_empty() {
        return Ok(text.to_owned());
    }
    alter(text, |resources| {
        let own: Vec<Subscribed> = resources.iter().filter_map(|(id, resource)| read(id, resource)).collect();
        let others = own.iter().filter(|own| kept.iter().all(|kept| !same_address(&kept.address, &own.address)));
        resources.retain(|id, resource| read(id, resource).is_none());
        for one in kept.iter().copied().chain(others) {
            resources.insert(one.logical_id.as_str().into(), one.declaration.clone());
        }
    })
}

fn read(id: &Yaml, resource: &Yaml) -> Option<Subscribed> {
    let properties = resource.get("Properties").and_then(Yaml::as_mapping)?;
    let text = |mapping: &Mapping, name: &str| mapping.get(name).and_then(Yaml::as_str).map(str::to_owned);
    let is_address = resource.get("Type").and_then(Yaml::as_str) == Some(SUBSCRIPTION)
        && text(properties, "Protocol").as_deref() == Some("email");
    let address = text(properties, "Endpoint").filter(|_| is_address)?;
    Some(Subscribed { logical_id: id.as_str()?.to_owned(), address, declaration: resource.clone() })
}

fn normalised(address: &str) -> String {
    address.trim().to_lowercase()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::template::{Completion, EMBEDDED};

    const LEGACY: &str = "Resources:\n  AlertTopic:\n    Type: AWS::SNS::Topic\n  EmailSubscription1:\n    Type: AWS::SNS::Subscription\n    Properties:\n      Protocol: email\n      Endpoint: Ada@example.com\n  EmailSubscription2:\n    Type: AWS::SNS::Subscription\n    Properties:\n      Protocol: email\n      Endpoint: grace@example.com\n";

    fn finished(emails: &[&str]) -> String {
        let emails = emails.iter().map(|email| (*email).to_owned()).collect();
        Completion { emails, ..Completion::default() }.apply(EMBEDDED, crate::resources::naming).unwrap().0
    }

    fn ids(text: &str) -> Vec<(String, String)> {
        subscribed(text).unwrap().into_iter().map(|one| (one.address, one.logical_id)).collect()
    }

    #[test]
    fn the_id_of_an_address_depends_on_neither_position_nor_spelling() {
        let (both, one) = (ids(&finished(&["a@x.org", "b@x.org"])), ids(&finished(&["b@x.org"])));
        assert_eq!(both[1], one[0]);
        assert_ne!(both[0].1, both[1].1);
        assert_eq!(ids(&finished(&["B@X.org", "b@x.org"])).len(), 1, "one person is subscribed once");
        assert_eq!(subscription_id("B@X.org"), one[0].1);
        assert!(one[0].1.chars().all(|letter| letter.is_ascii_alphanumeric()), "{one:?}");
    }

    #[test]
    fn a_deployed_subscription_keeps_its_name_and_spelling() {
        let deployed = subscribed(LEGACY).unwrap();
        let kept: Vec<&Subscribed> = deployed.iter().collect();
        let text = keeping(&finished(&["joan@example.com", "ada@example.com"]), &kept).unwrap();
        let joan = subscription_id("joan@example.com");
        let expected = [
            ("Ada@example.com", "EmailSubscription1"),
            ("grace@example.com", "EmailSubscription2"),
            ("joan@example.com", joan.as_str()),
        ];
        assert_eq!(ids(&text), expected.map(|(address, id)| (address.to_owned(), id.to_owned())));
        // The next run renders the same text.
        let again = subscribed(&text).unwrap();
        let fresh = finished(&["joan@example.com", "ada@example.com"]);
        assert_eq!(keeping(&fresh, &again.iter().collect::<Vec<_>>()).unwrap(), text);
        assert_eq!(keeping(&fresh, &[]).unwrap(), fresh);
    }
}
