//! Events of services without an adapter. An unknown event that looks like a failure must not be missed, and any other
//! must not raise an alert. Criteria, in this order: a failing status of the event itself, an error that it names, a
//! failing word in its detail-type, and finally its nested parts. A success of the event itself outweighs its nested
//! parts: a successful job may list failed attempts.

mod cause;
mod names;
mod prose;
mod services;
mod signs;

use std::collections::BTreeMap;

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn;
use crate::fields::shortened;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict, words};
use cause::cause;
use names::{ASPECT, NAMING};
use signs::Signs;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let service = if envelope.source.is_empty() { "unknown" } else { envelope.service() };
    if envelope.detail_type == "Message" {
        return prose::observe(envelope);
    }
    let resource = resource(envelope);
    let signs = Signs::of(&envelope.detail);
    let message = match cause(&envelope.detail) {
        message if message.is_empty() => signs.counted.clone().unwrap_or_default(),
        message => message,
    };
    let observation = match signs.failure(is_failing(&envelope.detail_type)) {
        Some("") => envelope.failure(&resource, &envelope.detail_type, &message),
        Some(class) => envelope.failure(&resource, class, &message),
        None => harmless(envelope, &resource, &signs),
    };
    Observation { source: service.to_owned(), ..observation }.with("aspect", aspect(&envelope.detail))
}

/// The aspect of the resource, if the event names an alert, a check, a rule or an insight: the end of one ends no
/// other.
fn aspect(detail: &Value) -> String {
    let names_aspect = |name: &str| {
        let words = words(name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        has(ASPECT) && words.last().is_some_and(|last| NAMING.contains(&last.as_str()))
    };
    let fields = detail.as_object().into_iter().flatten().filter(|(name, _)| names_aspect(name));
    let texts: BTreeMap<&String, &str> = fields.filter_map(|(name, value)| Some((name, value.as_str()?))).collect();
    shortened(&texts.into_values().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "), 200)
}

fn harmless(envelope: &Envelope, resource: &str, signs: &Signs) -> Observation {
    match &signs.status {
        Some((_, status)) => envelope.by_status(resource, status, ""),
        // `ACM Certificate Available`, `DevOps Guru Insight Closed`.
        None if verdict(&envelope.detail_type) == Verdict::Succeeded => {
            envelope.success(resource, &envelope.detail_type)
        }
        None if envelope.detail_type.is_empty() => envelope.ignored(resource, "it contains no sign of a failure"),
        None => envelope.ignored(resource, format!("{} is not a failure", envelope.detail_type)),
    }
}

/// Whether a detail-type alone indicates a failure. `Alarm State Change` does not.
fn is_failing(detail_type: &str) -> bool {
    let words = words(detail_type);
    let changes = words.iter().any(|word| matches!(word.as_str(), "state" | "status" | "configuration"));
    let alerts = words.last().is_some_and(|word| matches!(word.as_str(), "alert" | "alarm"));
    let is_anomaly = words.iter().any(|word| word == "anomaly");
    match verdict(detail_type) {
        Verdict::Failed if changes => words.iter().any(|word| word != "alarm" && verdict(word) == Verdict::Failed),
        Verdict::Failed => true,
        _ => alerts || is_anomaly,
    }
}

/// The resource's name from the first ARN, or from a naming field.
fn resource(envelope: &Envelope) -> String {
    let listed = services::name(envelope);
    if !listed.is_empty() {
        return shortened(&listed, 200);
    }
    let first = envelope.first_resource();
    if !first.is_empty() {
        return shortened(arn::lasting_name(first), 200);
    }
    let Some(fields) = envelope.detail.as_object() else { return envelope.detail_type.clone() };
    let named = |suffix: &str| {
        fields.iter().find_map(|(name, value)| {
            let text = value.as_str().filter(|text| !text.is_empty())?;
            (words(name).last().map(String::as_str) == Some(suffix)).then_some(text)
        })
    };
    // A sentence needs a subject, so an event without a name stands for itself.
    let text = ["name", "arn", "id", "identifier"].into_iter().find_map(named);
    shortened(text.map_or(envelope.detail_type.as_str(), arn::lasting_name), 200)
}
