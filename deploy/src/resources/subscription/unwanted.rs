//! Addresses that the stack no longer contains, and which of them can be removed now.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Subscription, memory};
use crate::aws::AwsError;
use crate::plan::{Observed, Ownership};
use crate::resources::{Context, Values};
use crate::template::{Attributes, Desired, SUBSCRIPTION, Stack, same_address, subscription_id};

const NEVER_CONFIRMED: &str = "it was never confirmed: it gets no alerts, and AWS removes it within 48 hours";
const NOT_MADE: &str = "the stack did not subscribe it; remove it with `aws sns unsubscribe`";

/// A subscription that the stack created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) logical_id: String,
    /// `None` where only the logical id is recorded, which derives from it.
    pub(super) address: Option<String>,
}

impl Made {
    fn is(&self, address: &str) -> bool {
        match &self.address {
            Some(own) => same_address(own, address),
            None => self.logical_id == subscription_id(address),
        }
    }
}

/// Subscriptions of the topic that are not in the stack. A stack without any address keeps the existing ones.
pub(in crate::resources) async fn orphans(
    context: &Context<'_>,
    stack: &Stack,
) -> Result<Vec<(Desired, Observed)>, AwsError> {
    let Some(topic) = topic_of(stack) else { return Ok(Vec::new()) };
    let (found, ids) =
        tokio::try_join!(Subscription::of_topic(context.clients, &topic), memory::remembered(context, &topic))?;
    let made: Vec<Made> = ids.into_iter().map(|logical_id| Made { logical_id, address: None }).collect();
    Ok(unwanted(stack, &topic, &found, &made))
}

/// The subscriptions' topic; `None` without one.
pub(super) fn topic_of(stack: &Stack) -> Option<String> {
    wanted(stack).next().map(|desired| desired.properties.text("TopicArn"))
}

/// The stack's subscriptions.
pub(super) fn wanted(stack: &Stack) -> impl Iterator<Item = &Desired> {
    stack.resources.iter().filter(|resource| resource.resource_type == SUBSCRIPTION)
}

/// Subscriptions, real or only recorded, that are not wanted, each with its fate. None is removed while another address
/// is unconfirmed: after a change of address, the old one receives alerts until the new one is confirmed.
pub(super) fn unwanted(stack: &Stack, topic: &str, found: &[Subscription], made: &[Made]) -> Vec<(Desired, Observed)> {
    let wanted: Vec<String> = wanted(stack).map(|desired| desired.properties.text("Endpoint")).collect();
    let is_wanted = |address: &str| wanted.iter().any(|wanted| same_address(wanted, address));
    let confirmed = |wanted: &&String| found.iter().any(|one| !one.pending && same_address(&one.endpoint, wanted));
    let waiting: Vec<&str> = wanted.iter().filter(|one| !confirmed(one)).map(String::as_str).collect();
    let needs: BTreeSet<String> = self::wanted(stack).flat_map(|desired| desired.needs.clone()).collect();
    let gone = |logical_id: &str, properties: serde_json::Value| Desired {
        logical_id: logical_id.to_owned(),
        resource_type: SUBSCRIPTION.to_owned(),
        step: 3,
        properties,
        attributes: Attributes::default(),
        needs: needs.clone(),
        retain: false,
    };
    let there = found.iter().filter(|found| !is_wanted(&found.endpoint)).map(|found| {
        let made = made.iter().find(|made| made.is(&found.endpoint));
        let id = made.map_or_else(|| subscription_id(&found.endpoint), |made| made.logical_id.clone());
        let properties = json!({"TopicArn": topic, "Protocol": found.protocol, "Endpoint": found.endpoint});
        let ownership = ownership(found, made.is_some(), &waiting);
        let observed = Observed { physical_id: found.endpoint.clone(), properties: properties.clone(), ownership };
        (gone(&id, properties), observed)
    });
    let only_remembered = made.iter().filter(|made| {
        let is_there = || found.iter().map(|found| &found.endpoint).chain(&wanted).any(|address| made.is(address));
        made.address.is_none() && !is_there()
    });
    let to_forget = only_remembered.map(|made| {
        let gone = gone(&made.logical_id, json!({"TopicArn": topic, "Protocol": "email"}));
        let observed = memory::observed(&gone);
        (gone, observed)
    });
    there.chain(to_forget).collect()
}

/// The ownership of an unwanted subscription.
fn ownership(found: &Subscription, made: bool, waiting: &[&str]) -> Ownership {
    let kept = |why: &str| Ownership::Kept { why: why.to_owned() };
    match (found.pending, made, waiting) {
        (true, ..) => kept(NEVER_CONFIRMED),
        (false, false, _) => Ownership::Foreign { why: NOT_MADE.to_owned() },
        (false, true, []) => Ownership::Child,
        (false, true, waiting) => kept(&format!(
            "it keeps receiving alerts until {} has confirmed; the next `up` after that removes it",
            waiting.join(" and ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::stack;

    fn found(address: &str, pending: bool) -> Subscription {
        Subscription { endpoint: address.to_owned(), pending, protocol: "email".to_owned(), arn: String::new() }
    }

    fn wanting(addresses: &[&str]) -> Stack {
        let desired = |address: &&str| Desired {
            resource_type: SUBSCRIPTION.to_owned(),
            ..crate::plan::tests::desired(&subscription_id(address), json!({"TopicArn": "t", "Endpoint": address}))
        };
        stack(addresses.iter().map(desired).collect())
    }

    fn made(addresses: &[&str]) -> Vec<Made> {
        addresses.iter().map(|one| Made { logical_id: subscription_id(one), address: None }).collect()
    }

    /// The fate of each: `goes`, or why it stays.
    fn fates(wanted: &[&str], found: &[Subscription], made: &[Made]) -> Vec<(String, String)> {
        let fate = |ownership: Ownership| match ownership {
            Ownership::Child => "goes".to_owned(),
            Ownership::Kept { why } | Ownership::Foreign { why } => why,
            other => format!("{other:?}"),
        };
        let unwanted = unwanted(&wanting(wanted), "t", found, made).into_iter();
        unwanted.map(|(_, observed)| (observed.physical_id, fate(observed.ownership))).collect()
    }

    #[test]
    fn only_own_subscriptions_go_and_only_when_the_others_are_confirmed() {
        let (a, b) = ("a@x.org", "b@x.org");
        let both = made(&[a, b]);
        let goes = |address: &str| vec![(address.to_owned(), "goes".to_owned())];
        assert_eq!(fates(&[b], &[found(a, false), found(b, false)], &both), goes(a));
        assert_eq!(fates(&[b], &[found(a, false), found(b, false)], &made(&[b]))[0].1, NOT_MADE);
        for new in [&[found(a, false)][..], &[found(a, false), found(b, true)]] {
            let stays = fates(&[b], new, &both);
            assert!(stays.len() == 1 && stays[0].1.contains("until b@x.org has confirmed"), "{stays:?}");
        }
        assert_eq!(fates(&[b], &[found(a, true), found(b, true)], &both)[0].1, NEVER_CONFIRMED);
        assert_eq!(fates(&["B@X.org"], &[found(b, false)], &both[1..]), Vec::new());
    }

    #[test]
    fn the_record_of_a_removed_subscription_is_removed() {
        let (a, b) = ("a@x.org", "b@x.org");
        assert_eq!(fates(&[b], &[], &made(&[a, b])), [(subscription_id(a), "goes".to_owned())]);
        let recorded = Made { logical_id: "EmailSubscription1".to_owned(), address: Some(a.to_owned()) };
        // CloudFormation's template decides about it.
        assert_eq!(fates(&[b], &[], std::slice::from_ref(&recorded)), Vec::new());
        let unwanted = unwanted(&wanting(&[b]), "t", &[found(a, false), found(b, false)], &[recorded]);
        assert_eq!(unwanted[0].0.logical_id, "EmailSubscription1", "the name that CloudFormation knows");
    }
}
