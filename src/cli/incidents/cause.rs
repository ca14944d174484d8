//! The suspected cause in a few words.

use incident_model::{Cause, Confidence, Incident};

/// The cause for a table: `deployment`, or `deployment?` if it is not likely; a dash if it was not analysed.
pub(super) fn short(incident: &Incident) -> String {
    let Some(cause) = incident.cause else { return "-".to_owned() };
    let is_sure = cause == Cause::Unknown || incident.confidence == Some(Confidence::Likely);
    if is_sure { cause.to_string() } else { format!("{cause}?") }
}

/// The cause and how sure it is: `deployment, likely`.
pub(super) fn named(cause: Cause, confidence: Option<Confidence>) -> String {
    match confidence.filter(|_| cause != Cause::Unknown) {
        Some(confidence) => format!("{cause}, {confidence}"),
        None => cause.to_string(),
    }
}
