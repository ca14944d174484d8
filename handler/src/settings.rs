//! Settings from the function's environment, read once.

use incident_model::AlertPolicy;
use incident_model::analysis::AnalysisPolicy;
use serde::de::DeserializeOwned;

/// Settings of the incident handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the incident table.
    pub table: String,
    /// ARN of the alert topic.
    pub topic_arn: String,
    /// Name of the stack.
    pub stack: String,
    /// Name of this function.
    pub function: String,
    /// The alert policy.
    pub alerts: AlertPolicy,
    /// The stack's queues; older stacks do not name them.
    pub queues: Option<QueueUrls>,
    /// Which evidence may be gathered.
    pub analysis: AnalysisPolicy,
    /// Why the setting `alerts` is invalid. The defaults apply then, because it must not prevent alerts.
    pub alerts_problem: Option<String>,
    /// Why the setting `analysis` is invalid. The defaults apply then.
    pub analysis_problem: Option<String>,
}

/// URLs of the stack's queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrls {
    /// Of events, for the handler.
    pub events: String,
    /// Of messages that the handler can never handle.
    pub dead_letters: String,
}

impl QueueUrls {
    /// Those of the stack with this dead-letter queue: names and URLs differ at the end only.
    pub fn beside(dead_letters: &str) -> Option<Self> {
        let events = format!("{}-events", dead_letters.strip_suffix("-handler-dlq")?);
        Some(Self { events, dead_letters: dead_letters.to_owned() })
    }
}

/// A variable that the template sets is missing.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {0} is not set; deploy with `incidentctl up`")]
pub struct MissingVariable(&'static str);

impl Settings {
    /// Whether an ARN, with or without a version, is that of the stack's error generator, which has its name from the
    /// template, and the topic's account and region.
    pub(crate) fn is_generator(&self, function_arn: &str) -> bool {
        let Some(generator) = self.own_arn("lambda", "function:", "error-generator") else { return false };
        function_arn.strip_prefix(&generator).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    /// Whether an account and region are the stack's, as far as an event names them.
    pub(crate) fn is_here(&self, account: &str, region: &str) -> bool {
        let topic: Vec<&str> = self.topic_arn.split(':').collect();
        let [_, _, _, own_region, own_account, _] = topic[..] else { return true };
        (account.is_empty() || account == own_account) && (region.is_empty() || region == own_region)
    }

    /// Whether an ARN is that of the stack's queue of events.
    pub(crate) fn is_events_queue(&self, queue_arn: &str) -> bool {
        self.own_arn("sqs", "", "events").is_some_and(|queue| queue == queue_arn)
    }

    /// The ARN of a resource of the stack, in the topic's account and region.
    fn own_arn(&self, service: &str, kind: &str, name: &str) -> Option<String> {
        let topic: Vec<&str> = self.topic_arn.split(':').collect();
        let [_, partition, _, region, account, _] = topic[..] else { return None };
        Some(format!("arn:{partition}:{service}:{region}:{account}:{kind}{}-{name}", self.stack))
    }

    /// Reads the environment.
    ///
    /// # Errors
    /// Names the missing variable.
    pub fn from_environment() -> Result<Self, MissingVariable> {
        let variable = |name| std::env::var(name).map_err(|_| MissingVariable(name));
        let (alerts, alerts_problem) = read("INCIDENT_ALERTS", &variable("INCIDENT_ALERTS").unwrap_or_default());
        let (analysis, analysis_problem) =
            read("INCIDENT_ANALYSIS", &variable("INCIDENT_ANALYSIS").unwrap_or_default());
        Ok(Self {
            table: variable("INCIDENT_TABLE")?,
            topic_arn: variable("INCIDENT_TOPIC_ARN")?,
            stack: variable("INCIDENT_STACK")?,
            function: variable("AWS_LAMBDA_FUNCTION_NAME")?,
            queues: variable("INCIDENT_DEAD_LETTER_QUEUE_URL").ok().and_then(|url| QueueUrls::beside(&url)),
            alerts,
            analysis,
            alerts_problem,
            analysis_problem,
        })
    }
}

/// The policy from the text of a variable, and the problem if the text is invalid. Empty means the defaults.
fn read<P: Default + DeserializeOwned>(variable: &str, text: &str) -> (P, Option<String>) {
    if text.is_empty() {
        return (P::default(), None);
    }
    match serde_json::from_str(text) {
        Ok(policy) => (policy, None),
        Err(error) => (P::default(), Some(format!("{variable}: {error}"))),
    }
}

#[cfg(test)]
impl Settings {
    /// Those of a handler of the stack `devops`, without queues.
    pub(crate) fn of_devops() -> Self {
        Self {
            table: "devops-incidents".to_owned(),
            topic_arn: "arn:aws:sns:eu-west-1:111111111111:devops-alerts".to_owned(),
            stack: "devops".to_owned(),
            function: "devops-incident-handler".to_owned(),
            queues: None,
            alerts: AlertPolicy::default(),
            analysis: AnalysisPolicy::default(),
            alerts_problem: None,
            analysis_problem: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_one_of_the_stack() {
        let function = |place: &str, name: &str| format!("arn:aws:lambda:{place}:function:{name}");
        for (arn, expected) in [
            (function("eu-west-1:111111111111", "devops-error-generator"), true),
            (function("eu-west-1:111111111111", "devops-error-generator:$LATEST"), true),
            (function("eu-west-1:111111111111", "devops-error-generator-2"), false),
            (function("eu-west-1:111111111111", "orders"), false),
            (function("eu-west-1:111111111111", "other-error-generator"), false),
            (function("us-east-1:111111111111", "devops-error-generator"), false),
            (function("eu-west-1:222222222222", "devops-error-generator"), false),
            ("devops-error-generator".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(Settings::of_devops().is_generator(&arn), expected, "{arn}");
        }
    }

    #[test]
    fn the_queues_are_those_of_one_stack() {
        let urls = QueueUrls::beside("https://sqs.eu-west-1.amazonaws.com/111111111111/devops-handler-dlq");
        let events = urls.map(|urls| urls.events);
        assert_eq!(events.as_deref(), Some("https://sqs.eu-west-1.amazonaws.com/111111111111/devops-events"));
        assert_eq!(QueueUrls::beside(""), None);
    }

    #[test]
    fn the_events_queue_is_the_one_of_the_stack() {
        for (arn, expected) in [
            ("arn:aws:sqs:eu-west-1:111111111111:devops-events", true),
            ("arn:aws:sqs:eu-west-1:111111111111:team-events", false),
            ("arn:aws:sqs:eu-west-1:222222222222:devops-events", false),
            ("arn:aws:sqs:us-east-1:111111111111:devops-events", false),
            ("arn:aws:sqs:eu-west-1:111111111111:devops-events.fifo", false),
            ("arn:aws:sns:eu-west-1:111111111111:devops-events", false),
            ("", false),
        ] {
            assert_eq!(Settings::of_devops().is_events_queue(arn), expected, "{arn}");
        }
    }

    #[test]
    fn a_broken_policy_is_a_problem_but_keeps_no_alert_back() {
        let alerts = |text| read::<AlertPolicy>("INCIDENT_ALERTS", text);
        assert_eq!(alerts(""), (AlertPolicy::default(), None));
        assert_eq!(alerts(r#"{"mails_per_minute": 2}"#).0.mails_per_minute.get(), 2);
        let (policy, problem) = alerts(r#"{"mails_per_minute": 100}"#);
        assert_eq!(policy, AlertPolicy::default());
        assert!(problem.is_some_and(|problem| problem.contains("mails_per_minute must be 1 to 8")));
        let analysis = |text| read::<AnalysisPolicy>("INCIDENT_ANALYSIS", text).0;
        assert_eq!(analysis(r#"{"logs": false}"#), AnalysisPolicy { logs: false, ..AnalysisPolicy::default() });
        assert_eq!(analysis(r#"{"log": false}"#), AnalysisPolicy::default());
    }
}
