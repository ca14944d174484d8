//! Free text: the subject, or else the first line, must indicate a failure.

use crate::arn::{Arn, lasting_name};
use crate::fields::shortened;
use crate::observation::Observation;
use crate::sources::envelope::Envelope;
use crate::vocabulary::{Verdict, verdict, words};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let (subject, text) = (envelope.text("/subject"), envelope.text("/text"));
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if let Some(environment) = line_value(text, "Environment: ").filter(|_| subject.contains("Elastic Beanstalk")) {
        return beanstalk(envelope, environment, text);
    }
    let arn = arn_in(text).or_else(|| arn_in(subject));
    let named = arn.and_then(Arn::parse);
    let title = shortened(if subject.is_empty() { first_line } else { subject }, 80);
    let resource = arn.map_or(title, |arn| lasting_name(arn).to_owned());
    let observation = if announces_an_end(subject) || announces_an_end(first_line) {
        envelope.ignored(&resource, "a message about the end of a problem")
    } else if [subject, first_line].into_iter().any(|line| verdict(line) == Verdict::Failed) {
        envelope.failure(&resource, "Message", &shortened(text, 2000))
    } else {
        envelope.ignored(&resource, "a message without a sign of a failure")
    };
    let sender = subject.strip_prefix("Notification from AWS ").map(str::to_lowercase);
    let source = sender.or_else(|| named.map(|arn| arn.service.to_owned())).filter(|source| is_name(source));
    Observation {
        source: source.unwrap_or_else(|| "unknown".to_owned()),
        account: named.map_or(observation.account.clone(), |arn| arn.account.to_owned()),
        region: named.map_or(observation.region.clone(), |arn| arn.region.to_owned()),
        ..observation
    }
}

/// Elastic Beanstalk's mail about an environment:
/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.managing.sns.html>.
fn beanstalk(envelope: &Envelope, environment: &str, text: &str) -> Observation {
    let message = line_value(text, "Message: ").unwrap_or(text);
    let is_over =
        ["to Ok", "to Info", "was successful", "completed successfully"].iter().any(|end| message.contains(end));
    let observation = match is_over {
        true => envelope.success(environment, "Ok"),
        false if message.contains(" to Severe") => envelope.failure(environment, "Severe", message),
        false if verdict(message) == Verdict::Failed || message.contains(" to Degraded") => {
            envelope.failure(environment, "Degraded", message)
        }
        false => envelope.ignored(environment, "a message without a sign of a failure"),
    };
    Observation {
        source: "elasticbeanstalk".to_owned(),
        detail_type: "Environment Notification".to_owned(),
        ..observation
    }
}

/// The rest of the line that begins with a label.
fn line_value<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim).filter(|value| !value.is_empty())
}

/// `[RESOLVED] disk full on db1`, `OK: disk full`.
fn announces_an_end(line: &str) -> bool {
    let first = words(&shortened(line, 40)).into_iter().next().unwrap_or_default();
    matches!(first.as_str(), "resolved" | "recovered" | "recovery" | "ok" | "cleared")
}

/// The first ARN in a text.
fn arn_in(text: &str) -> Option<&str> {
    let arn = &text[text.find("arn:")?..];
    let end = arn.find(|character: char| character.is_whitespace() || "\"',;()<>".contains(character));
    Some(arn[..end.unwrap_or(arn.len())].trim_end_matches('.'))
}

fn is_name(source: &str) -> bool {
    !source.is_empty()
        && source.len() <= 40
        && source.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
}
