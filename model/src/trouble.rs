//! What a recovery ends: the incidents of the same trouble, and no others.
//!
//! A resource can be in several troubles at once: a database that is short of storage fails over, a service has two
//! Health events. [`TROUBLES`] says for each source what identifies one of them; a failure and its recovery agree on all
//! of it.

use serde_json::Value;

use crate::fingerprint::digest;
use crate::incident::Incident;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict, words};

/// Longest text that stands in a record and in the key of a helper item; a longer one is known by its digest. Keys of
/// DynamoDB have at most 2 048 bytes.
const LONGEST: usize = 400;

/// A part of what identifies a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The resource.
    Resource,
    /// What the event is about: the words of its `detail-type` that tell no state.
    Subject,
    /// The id of what failed, which the event of its end repeats.
    Request,
    /// A text of the adapter.
    Attribute(&'static str),
}
use Part::{Attribute, Request, Resource, Subject};

/// Sources, and what identifies a trouble of theirs. Those that are not here have [`OTHERS`].
const TROUBLES: &[(&[&str], &[Part])] = &[
    // The same alarm, or the same of its time series, whose name is a part of the resource.
    (&["cloudwatch"], &[Resource]),
    // The same pipeline, project, deployment group, state machine or canary: its next run that succeeds ends all.
    (&["codepipeline", "codebuild", "codedeploy", "states", "synthetics"], &[Resource]),
    // Services of one name run in many clusters.
    (&["ecs"], &[Resource, Attribute("cluster")]),
    // An update that succeeds ends no drift.
    (&["cloudformation"], &[Resource, Attribute("aspect")]),
    // A durable execution that succeeds ends no failure of an invocation.
    (&["lambda"], &[Resource, Attribute("aspect")]),
    // The same category: a failover that is over frees no storage.
    (&["rds", "dms"], &[Resource, Attribute("kind"), Attribute("aspect")]),
    // The same event, whichever of the resources that it affects is named first.
    (&["health"], &[Attribute("event_arn")]),
    // A copy says nothing about a backup, nor one vault about another.
    (&["backup"], &[Resource, Subject, Attribute("vault")]),
    // The same document on the same instance; the same kind of compliance.
    (&["ssm"], &[Resource, Subject, Attribute("instance"), Attribute("aspect")]),
    // Creating a volume, attaching it …
    (&["ec2"], &[Resource, Subject, Attribute("event")]),
    // The same finding.
    (&["inspector2", "access-analyzer"], &[Resource, Request]),
];
/// The same alert, check, rule or insight where the event names one; an object or an image that was scanned.
const OTHERS: &[Part] = &[Resource, Subject, Attribute("aspect")];

/// What identifies the trouble that an event tells of; nothing when the resource alone does.
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

/// Whether a recovery ends an incident: the same trouble of the same source, in the same account and region as far as
/// both say.
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
