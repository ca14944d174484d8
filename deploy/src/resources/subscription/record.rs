//! Subscriptions according to the CloudFormation stack, whose template contains those that it created.

use super::Subscription;
use super::unwanted::{Made, topic_of, unwanted};
use crate::aws::AwsError;
use crate::plan::{Observations, Ownership};
use crate::resources::{Context, Values};
use crate::template::{SUBSCRIPTION, Stack, Subscribed, same_address};

/// Aligns the desired and the observed state with CloudFormation's record: subscriptions keep their logical ids there,
/// and foreign ones are neither adopted nor removed.
///
/// # Errors
/// When the subscriptions cannot be listed.
pub async fn by_record(
    context: &Context<'_>,
    stack: &mut Stack,
    observations: &mut Observations,
    record: &[Subscribed],
) -> Result<(), AwsError> {
    rename(stack, observations, record);
    observations.orphans.retain(|(desired, _)| desired.resource_type != SUBSCRIPTION);
    let Some(topic) = topic_of(stack) else { return Ok(()) };
    let found = Subscription::of_topic(context.clients, &topic).await?;
    let made = |one: &Subscribed| Made { logical_id: one.logical_id.clone(), address: Some(one.address.clone()) };
    let made: Vec<Made> = record.iter().map(made).collect();
    observations.orphans.extend(unwanted(stack, &topic, &found, &made));
    Ok(())
}

fn rename(stack: &mut Stack, observations: &mut Observations, record: &[Subscribed]) {
    for desired in stack.resources.iter_mut().filter(|desired| desired.resource_type == SUBSCRIPTION) {
        let address = desired.properties.text("Endpoint");
        let known = record.iter().find(|known| same_address(&known.address, &address));
        let observed = observations.resources.remove(&desired.logical_id);
        if let Some(known) = known {
            desired.logical_id.clone_from(&known.logical_id);
        }
        if let Some(mut observed) = observed {
            if known.is_none() {
                observed.ownership = Ownership::Adopted;
            }
            observations.resources.insert(desired.logical_id.clone(), observed);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::Observed;
    use crate::plan::tests::{desired, stack};
    use crate::template::{Desired, subscribed, subscription_id};

    #[test]
    fn a_name_by_position_stays_and_foreign_subscriptions_are_not_adopted() {
        let text = "Resources: {EmailSubscription7: {Type: AWS::SNS::Subscription, Properties: {Protocol: email, Endpoint: A@x.org}}}";
        let wanted = |address: &str| Desired {
            resource_type: SUBSCRIPTION.to_owned(),
            ..desired(&subscription_id(address), json!({"Endpoint": address}))
        };
        let mut stack = stack(vec![wanted("a@x.org"), wanted("b@x.org")]);
        let exists = |address: &str| Observed {
            physical_id: address.to_owned(),
            properties: json!({}),
            ownership: Ownership::Child,
        };
        let mut observations = Observations::default();
        for address in ["a@x.org", "b@x.org"] {
            observations.resources.insert(subscription_id(address), exists(address));
        }
        rename(&mut stack, &mut observations, &subscribed(text).unwrap());
        let ids: Vec<&str> = stack.resources.iter().map(|one| one.logical_id.as_str()).collect();
        assert_eq!(ids, ["EmailSubscription7", &subscription_id("b@x.org")]);
        assert_eq!(observations.get(ids[0]).unwrap().ownership, Ownership::Child);
        assert_eq!(observations.get(ids[1]).unwrap().ownership, Ownership::Adopted);
    }
}
