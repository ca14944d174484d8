//! RDS and DMS. Their events have no status, only categories and a message. See
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{elements, shortened};
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict, words};

/// Phrases in messages that require no action, whatever their category.
const HARMLESS: &[&str] =
    &["no actions are necessary", "be retried later", "retry later", "manually stopped", "user requested failover"];
/// Phrases for problems that do not mean a failure elsewhere.
const TROUBLE: &[&str] = &[
    "unable to",
    "cannot be upgraded",
    "can't be upgraded",
    "can't access",
    "storage-full",
    "is low at",
    "dangerously low",
    "credits for the rds database instance are low",
    "approaching the maximum storage threshold",
    "consumed more than 90%",
    "replication has stopped",
    "replication streaming has been terminated",
];
/// Categories with events for both start and end.
const PAIRED: &[&str] = &["failover", "recovery", "availability", "read replica"];
/// Phrases for the end of a failover, a recovery or a replication.
const OVER: &[&str] = &["complete", "finished", "recovered from", "resumed", "restarted", "cancelled", "canceled"];

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let resource = match envelope.text("/SourceIdentifier").trim() {
        "" => match envelope.text("/resourceLink") {
            "" => name(envelope.first_resource()),
            link => name(link),
        },
        identifier => name(identifier),
    };
    let message = envelope.first_text(&["/Message", "/detailMessage"]);
    let categories = categories(envelope);
    let verdict = judged(&categories, envelope.text("/eventType"), message);
    let category = decisive(&categories, verdict);
    let observation = match verdict {
        Verdict::Failed => envelope.failure(resource, category.unwrap_or("failure"), message),
        Verdict::Succeeded => envelope.success(resource, &shortened(message, 100)),
        _ => envelope.ignored(resource, format!("`{}` is not a failure", shortened(message, 100))),
    };
    observation
        .with("event", envelope.first_text(&["/EventID", "/eventId"]))
        .with("kind", envelope.first_text(&["/SourceType", "/type"]))
        .with("aspect", category.unwrap_or_default())
}

/// In lower case and in words: `low storage` for `LowStorage`.
fn categories(envelope: &Envelope) -> Vec<String> {
    let listed = elements(&envelope.detail, "/EventCategories").iter().filter_map(Value::as_str);
    let single = Some(envelope.text("/category")).filter(|category| !category.is_empty());
    listed.chain(single).map(|category| words(category).join(" ")).collect()
}

fn is_failing(category: &str) -> bool {
    matches!(category, "failure" | "low storage")
}

/// The deciding category: for a failure a failing one; else a paired one, so that an end finds its start; else the
/// first.
fn decisive(categories: &[String], verdict: Verdict) -> Option<&str> {
    let failing = categories.iter().find(|one| verdict == Verdict::Failed && is_failing(one));
    let paired = || PAIRED.iter().find_map(|kind| categories.iter().find(|one| one.ends_with(kind)));
    failing.or_else(paired).or(categories.first()).map(String::as_str)
}

fn judged(categories: &[String], event_type: &str, message: &str) -> Verdict {
    let message = message.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    let is = |wanted: &str| categories.iter().any(|category| category.ends_with(wanted));
    if says(HARMLESS) {
        Verdict::Stopped
    } else if categories.iter().any(|one| is_failing(one)) || says(TROUBLE) || is_failed(&message, event_type) {
        Verdict::Failed
    } else if PAIRED.iter().any(|kind| is(kind)) && says(OVER) {
        Verdict::Succeeded
    } else if is("failover") && message.contains("failover") && message.contains("started") {
        Verdict::Failed
    } else {
        Verdict::Unknown
    }
}

fn is_failed(message: &str, event_type: &str) -> bool {
    [message, event_type].into_iter().any(|text| verdict(text) == Verdict::Failed)
}
