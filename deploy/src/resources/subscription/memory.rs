//! Which addresses the stack itself subscribed. Subscriptions take no tags, so their topic has one for each: other
//! people subscribe to it, too, and theirs is not ours to end.

use aws_sdk_sns::types::Tag;

use super::super::values::incomplete;
use super::super::{Context, Values};
use crate::aws::wait::retry;
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Observed, Ownership};
use crate::template::{Desired, MADE_TAG, subscription_id};

/// A topic has as many tags as it may have: at most 50.
const FULL: &str = "TagLimitExceeded";

/// The logical ids of the subscriptions that the stack made of a topic; none when there is no topic.
pub(super) async fn remembered(context: &Context<'_>, topic: &str) -> Result<Vec<String>, AwsError> {
    let call = context.clients.sns.list_tags_for_resource().resource_arn(topic);
    let answer = call.send().await.explain("sns:ListTagsForResource");
    let answer = answer.or_absent("ResourceNotFound").or_absent("NotFound")?.flatten();
    let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
    Ok(tags.iter().filter_map(|tag| Some(tag.key().strip_prefix(MADE_TAG)?.to_owned())).collect())
}

/// A subscription of which nothing but the memory is there.
pub(super) fn observed(desired: &Desired) -> Observed {
    let (physical_id, properties) = (desired.logical_id.clone(), desired.properties.clone());
    Observed { physical_id, properties, ownership: Ownership::Child }
}

/// Notes that the stack subscribes an address. One that there is no room for is never ended by the stack.
pub(super) async fn remember(context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
    let tag = Tag::builder().key(key(desired)).value("email").build().map_err(incomplete("sns:TagResource"))?;
    let call = context.clients.sns.tag_resource().resource_arn(desired.properties.text("TopicArn")).tags(tag);
    let answer = retry(&context.progress, || async { call.clone().send().await.explain("sns:TagResource") }).await;
    answer.or_absent(FULL).map(|_| ())
}

/// Forgets an address that is not subscribed any more.
pub(super) async fn forget(context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
    let topic = desired.properties.text("TopicArn");
    let call = context.clients.sns.untag_resource().resource_arn(topic).tag_keys(key(desired));
    let answer = retry(&context.progress, || async { call.clone().send().await.explain("sns:UntagResource") }).await;
    answer.or_absent("ResourceNotFound").or_absent("NotFound").map(|_| ())
}

/// The tag of an address; one that is only remembered is nothing but its logical id.
fn key(desired: &Desired) -> String {
    let id = desired.properties.optional_text("Endpoint").map(|address| subscription_id(&address));
    format!("{MADE_TAG}{}", id.as_ref().unwrap_or(&desired.logical_id))
}
