//! The calls that CloudTrail recorded.

use std::sync::Arc;

use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};

use super::question::Call;
use crate::clients::EvidenceClients;
use crate::refused::Refused;

/// Events of a page, at most
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const PAGE: i32 = 50;

/// Some recorded calls, newest first, each in CloudTrail's JSON.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<String>,
    /// The next page.
    pub(crate) next: Option<String>,
}

/// What CloudTrail recorded.
pub(crate) trait Lookup {
    /// The calls of a name in a span of time, of all functions.
    fn page(&self, call: &Call, next: Option<String>) -> impl Future<Output = Result<Page, Refused>>;
}

/// CloudTrail.
#[derive(Debug)]
pub(crate) struct OnCloudTrail(pub(crate) Arc<EvidenceClients>);

impl Lookup for OnCloudTrail {
    async fn page(&self, call: &Call, next: Option<String>) -> Result<Page, Refused> {
        const CALL: &str = "cloudtrail:LookupEvents";
        let by_name = LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName);
        let by_name = by_name.attribute_value(call.name).build().map_err(|error| Refused {
            call: CALL,
            code: "BrokenRequest".to_owned(),
            message: error.to_string(),
        })?;
        let lookup = self
            .0
            .cloudtrail()
            .lookup_events()
            .lookup_attributes(by_name)
            .start_time(DateTime::from_secs(call.from))
            .end_time(DateTime::from_secs(call.to))
            .max_results(PAGE)
            .set_next_token(next);
        let answer = lookup.send().await.map_err(Refused::of(CALL))?;
        let events = answer.events.unwrap_or_default().into_iter().filter_map(|event| event.cloud_trail_event);
        Ok(Page { events: events.collect(), next: answer.next_token })
    }
}
