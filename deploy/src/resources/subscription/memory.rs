//! Records which addresses the stack subscribed. Subscriptions take no tags, so their topic has one per address: it may
//! have foreign subscriptions, too, which the stack never removes.

use aws_sdk_sns::types::Tag;

use super::super::values::incomplete;
use super::super::{Context, Values};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Observed, Ownership};
use crate::template::{Desired, MADE_TAG, subscription_id};

/// A topic takes at most 50 tags.
const FULL: &str = "TagLimitExceeded";

/// The logical ids of the recorded subscriptions of a topic; none without a topic.
pub(super) async fn remembered(context: &Context<'_>, topic: &str) -> Result<Vec<String>, AwsError> {
    let call = context.clients.sns.list_tags_for_resource().resource_arn(topic);
    let answer = call.send().await.explain("sns:ListTagsForResource");
    let answer = answer.or_absent("ResourceNotFound").or_absent("NotFound")?.flatten();
    let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
    Ok(tags.iter().filter_map(|tag| Some(tag.key().strip_prefix(MADE_TAG)?.to_owned())).collect())
}

/// A subscription that exists only in the record.
pub(super) fn observed(desired: &Desired) -> Observed {
    let (physical_id, properties) = (desired.logical_id.clone(), desired.properties.clone());
    Observed { physical_id, properties, ownership: Ownership::Child }
}

/// Records an address that the stack subscribes. If the tags are full, the stack never unsubscribes it.
pub(super) async fn remember(context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
    let tag = Tag::builder().key(key(desired)).value("email").build().map_err(incomplete("sns:TagResource"))?;
    let call = context.clients.sns.tag_resource().resource_arn(desired.properties.text("TopicArn")).tags(tag);
    let answer = retry(&context.progress, || async { call.clone().send().await.explain("sns:TagResource") }).await;
    answer.or_absent(FULL).map(|_| ())
}

/// Removes the record of an address that is no longer subscribed.
pub(super) async fn forget(context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
    let topic = desired.properties.text("TopicArn");
    let call = context.clients.sns.untag_resource().resource_arn(topic).tag_keys(key(desired));
    let answer = retry(&context.progress, || async { call.clone().send().await.explain("sns:UntagResource") }).await;
    answer.or_absent("ResourceNotFound").or_absent("NotFound").map(|_| ())
}

/// The tag key of an address; a recorded one is known only by its logical id.
fn key(desired: &Desired) -> String {
    let id = desired.properties.optional_text("Endpoint").map(|address| subscription_id(&address));
    format!("{MADE_TAG}{}", id.as_ref().unwrap_or(&desired.logical_id))
}
