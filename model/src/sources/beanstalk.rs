//! Elastic Beanstalk: the health of environments, which only a message states.
//! <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.eventbridge.html>

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let environment = match envelope.text("/EnvironmentName") {
        "" => name(envelope.first_resource()),
        environment => environment,
    };
    let message = envelope.text("/Message");
    match health(message) {
        health @ ("Degraded" | "Severe") => envelope.failure(environment, health, message).grouped_by(""),
        health @ ("Ok" | "Info") => envelope.success(environment, health),
        "" if envelope.text("/Severity") == "ERROR" => envelope.failure(environment, "ERROR", message),
        health => envelope.ignored(environment, format!("health `{health}` is not a failure")),
    }
}

/// `Severe` of `Environment health has transitioned from Ok to Severe. 100.0 % of the requests …`.
fn health(message: &str) -> &str {
    let change = message.split_once("transitioned from ").and_then(|(_, change)| change.split_once(" to "));
    let state = change.map(|(_, state)| state).unwrap_or_default();
    state.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default()
}
