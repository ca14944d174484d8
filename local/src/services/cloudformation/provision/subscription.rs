//! `AWS::SNS::Subscription`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::schema::{Property, Shape, lacking, of, text as text_property};
use super::site::Site;
use super::{Identity, Kind, differs, json_text, list, text};
use crate::services::cloudformation::provisioner::{Home, Refusal, Resource};

/// See the module.
pub(super) struct Subscription;

/// Properties that are attributes of a subscription.
const ATTRIBUTES: [&str; 6] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
];
const PROPERTIES: &[Property] = &[
    of("DeliveryPolicy", Shape::Json),
    text_property("Endpoint").replaces(),
    of("FilterPolicy", Shape::Json),
    text_property("FilterPolicyScope"),
    text_property("Protocol").required().replaces(),
    of("RawMessageDelivery", Shape::Flag),
    of("RedrivePolicy", Shape::Json),
    text_property("SubscriptionRoleArn"),
    text_property("TopicArn").required().replaces(),
    lacking("Region"),
    lacking("ReplayPolicy"),
];

#[async_trait]
impl Kind for Subscription {
    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    /// SNS finds the subscription that is there already, and it is the stack's from then on.
    fn is_part(&self) -> bool {
        true
    }

    /// Its ARN is drawn when it is made.
    fn identity(&self, _: &str, _: &Value, _: &Home) -> Identity {
        Identity::default()
    }

    async fn exists(&self, _: &Site<'_>, _: &Resource) -> Result<bool, Refusal> {
        Ok(false)
    }

    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal> {
        let properties = &resource.properties;
        let attribute = |name: &str| Some((name.to_owned(), Value::from(json_text(properties, name)?)));
        let attributes: Map<String, Value> = ATTRIBUTES.into_iter().filter_map(attribute).collect();
        let input = json!({
            "TopicArn": properties["TopicArn"],
            "Protocol": properties["Protocol"],
            "Endpoint": properties.get("Endpoint"),
            "Attributes": attributes,
            "ReturnSubscriptionArn": true,
        });
        let made = site.call("sns", "Subscribe", input).await?;
        Ok(made.get("SubscriptionArn").and_then(Value::as_str).map(str::to_owned))
    }

    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let touched = ATTRIBUTES.into_iter().filter(|name| differs(&before.properties, &after.properties, name));
        let touched: Vec<&str> = touched.collect();
        if touched.is_empty() {
            return Ok(());
        }
        let arn = confirmed(site, &after.properties).await?;
        let arn = arn.ok_or_else(|| Refusal::new("NotFound", "Subscription does not exist"))?;
        for name in touched {
            let value = json_text(&after.properties, name).unwrap_or_default();
            let input = json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value});
            site.call("sns", "SetSubscriptionAttributes", input).await?;
        }
        Ok(())
    }

    /// One that waits for its confirmation cannot be ended: SNS forgets it by itself.
    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal> {
        match confirmed(site, &resource.properties).await? {
            Some(arn) => site.find("sns", "Unsubscribe", json!({"SubscriptionArn": arn})).await.map(drop),
            None => Ok(()),
        }
    }
}

/// ARN of the subscription, once it is confirmed.
async fn confirmed(site: &Site<'_>, properties: &Value) -> Result<Option<String>, Refusal> {
    let mut next = Value::Null;
    loop {
        let input = json!({"TopicArn": properties["TopicArn"], "NextToken": next});
        let Some(page) = site.find("sns", "ListSubscriptionsByTopic", input).await? else { return Ok(None) };
        let is_it = |one: &&Value| {
            one["Protocol"] == properties["Protocol"]
                && text(one, "Endpoint").eq_ignore_ascii_case(text(properties, "Endpoint"))
                // The place of the ARN says `PendingConfirmation` or, after its end, `Deleted`.
                && text(one, "SubscriptionArn").starts_with("arn:")
        };
        if let Some(found) = list(&page, "Subscriptions").iter().find(is_it) {
            return Ok(Some(text(found, "SubscriptionArn").to_owned()));
        }
        match page.get("NextToken") {
            Some(token) => next = token.clone(),
            None => return Ok(None),
        }
    }
}
