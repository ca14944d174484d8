//! Troubles: a recovery ends the incidents of the same trouble, and no others.
//!
//! A resource can have several troubles at once: a database that is short of storage fails over, a service has two
//! Health events. [`TROUBLES`] lists for each source what identifies one; a failure and its recovery agree on all of
//! it.

use serde_json::Value;

use crate::fingerprint::digest;
use crate::incident::Incident;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict, words};

/// Maximum length in a record and in the key of a helper item; longer texts are replaced by a digest. DynamoDB keys
/// have at most 2 048 bytes.
const LONGEST: usize = 400;

/// A part of a trouble's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The resource.
    Resource,
    /// The subject of the event: the words of its `detail-type` without the state.
    Subject,
    /// The id of the failed request, which the event of its end repeats.
    Request,
    /// An attribute set by the adapter.
    Attribute(&'static str),
}
use Part::{Attribute, Request, Resource, Subject};

/// Sources, and the identity of their troubles. All others use [`OTHERS`].
const TROUBLES: &[(&[&str], &[Part])] = &[
    // The same alarm or time series, whose name is part of the resource. That an alarm is missing is another trouble.
    (&["cloudwatch"], &[Resource, Attribute("aspect")]),
    // The same insight, whatever it names first.
    (&["devops-guru"], &[Request]),
    // A certificate that is available again has not expired.
    (&["acm"], &[Resource]),
    // The same pipeline, project, deployment group, state machine or canary: its next successful run ends all.
    (&["codepipeline", "codebuild", "codedeploy", "states", "synthetics"], &[Resource]),
    // Services of one name run in many clusters.
    (&["ecs"], &[Resource, Attribute("cluster")]),
    // A successful update ends no drift.
    (&["cloudformation"], &[Resource, Attribute("aspect")]),
    // A successful durable execution ends no failure of an invocation; an end of throttling no errors.
    (&["lambda", "lambda-metrics"], &[Resource, Attribute("aspect")]),
    // The same category: the end of a failover frees no storage.
    (&["rds", "dms"], &[Resource, Attribute("kind"), Attribute("aspect")]),
    // The same event, whichever affected resource is listed first.
    (&["health"], &[Attribute("event_arn")]),
    // Copies are independent of backups, and vaults of each other.
    (&["backup"], &[Resource, Subject, Attribute("vault")]),
    // The same document on the same instance; the same kind of compliance.
    (&["ssm"], &[Resource, Subject, Attribute("instance"), Attribute("aspect")]),
    // Creating a volume, attaching it …
    (&["ec2"], &[Resource, Subject, Attribute("event")]),
    // The same finding.
    (&["inspector2", "access-analyzer"], &[Resource, Request]),
];
/// The same alert, check, rule or insight, if the event names one; a scanned object or image.
const OTHERS: &[Part] = &[Resource, Subject, Attribute("aspect")];

/// The identity of an event's trouble; `None` if the resource alone identifies it.
pub(crate) fn of(seen: &Observation) -> Option<String> {
    let listed = TROUBLES.iter().find(|(sources, _)| sources.contains(&seen.source.as_str()));
    let parts = listed.map_or(OTHERS, |(_, parts)| parts);
    let texts: Vec<String> = parts.iter().map(|part| part.of(seen)).filter(|text| !text.is_empty()).collect();
    let trouble = texts.join("#");
    match trouble {
        trouble if trouble.is_empty() || trouble == seen.resource => None,
        trouble if trouble.len() > LONGEST => Some(digest("trouble-", [trouble.as_str()])),
        trouble => Some(trouble),
    }
}

/// Whether a recovery ends an incident: the same trouble of the same source, in the same account and region if both are
/// known.
pub fn ends(recovery: &Observation, incident: &Incident) -> bool {
    let agree = |one: &str, other: &str| one == other || one.is_empty() || other.is_empty();
    let trouble = of(recovery);
    recovery.source == incident.source
        && trouble.as_deref().unwrap_or(&recovery.resource) == incident.trouble()
        && agree(&recovery.account, &incident.account)
        && agree(&recovery.region, &incident.region)
}

impl Part {
    fn of(self, seen: &Observation) -> String {
        match self {
            Resource => seen.resource.clone(),
            Subject => subject(&seen.detail_type),
            Request => seen.request_id.clone().unwrap_or_default(),
            Attribute(name) => seen.attributes.get(name).and_then(Value::as_str).unwrap_or_default().to_owned(),
        }
    }
}

/// `canary testrun` of both `Canary TestRun Failure` and `Canary TestRun Successful`.
fn subject(detail_type: &str) -> String {
    const OF_EVERY_STATE: &[&str] = &["change", "changed", "close", "end", "new", "open", "opened", "state", "status"];
    let mut words = words(detail_type);
    words.retain(|word| verdict(word) == Verdict::Unknown && !OF_EVERY_STATE.contains(&word.as_str()));
    words.join(" ")
}

#[cfg(test)]
mod tests;
