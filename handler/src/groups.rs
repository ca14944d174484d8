//! Groups the events of a batch: failures of one fingerprint are recorded together. A recovery is handled in its turn,
//! after all that came before it, because it ends what they opened; so is a composite alarm.

use std::collections::HashMap;

use incident_model::{Classification, Outcome};

use crate::record::children_of;

/// Events that are handled together, with their positions in the batch.
#[derive(Debug, Default)]
pub(crate) struct Group<'a> {
    /// The positions.
    pub(crate) positions: Vec<usize>,
    /// The events: several failures of one fingerprint, or any single event.
    pub(crate) events: Vec<&'a Classification>,
}

/// The groups in stages. Those of one stage are independent, the worst first; each stage follows the one before.
pub(crate) fn stages(events: &[Classification]) -> Vec<Vec<Group<'_>>> {
    let mut stages: Vec<Vec<Group<'_>>> = Vec::new();
    let mut known: HashMap<[&str; 3], usize> = HashMap::new();
    let mut begins = true;
    for (position, event) in events.iter().enumerate() {
        // Whether a composite alarm is redundant depends on what came of the alarms before it, and the other way round.
        let is_alone = event.outcome != Outcome::Incident || !children_of(&event.observation).is_empty();
        if begins || is_alone {
            stages.push(Vec::new());
            known.clear();
        }
        begins = is_alone;
        let Some(stage) = stages.last_mut() else { continue };
        let seen = &event.observation;
        let key = [seen.account.as_str(), &seen.region, &event.fingerprint.digest];
        let at = *known.entry(key).or_insert_with(|| {
            stage.push(Group::default());
            stage.len() - 1
        });
        if let Some(group) = stage.get_mut(at) {
            group.positions.push(position);
            group.events.push(event);
        }
    }
    for stage in &mut stages {
        stage.sort_by_key(|group| std::cmp::Reverse(worst(group)));
    }
    stages
}

fn worst(group: &Group<'_>) -> Option<incident_model::Severity> {
    group.events.iter().filter_map(|event| Some(event.judgement.as_ref()?.severity)).max()
}

#[cfg(test)]
mod tests {
    use incident_model::{Rules, classify};
    use serde_json::{Value, json};

    use super::*;

    fn failure(function: &str, error: &str) -> Value {
        json!({
            "id": format!("{function}-{error}"), "source": "lambda",
            "detail-type": "Lambda Function Invocation Result - Failure", "account": "111111111111", "region": "eu-west-1",
            "detail": {
                "requestContext": {"functionArn": format!("arn:aws:lambda:eu-west-1:111111111111:function:{function}")},
                "responsePayload": {"errorType": error, "errorMessage": "broken"},
            },
        })
    }

    fn alarm(state: &str) -> Value {
        json!({
            "id": state, "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
            "detail": {"alarmName": "cpu", "state": {"value": state, "reason": "Threshold Crossed"}},
        })
    }

    #[test]
    fn failures_of_one_fingerprint_are_together_and_a_recovery_divides() -> Result<(), Box<dyn std::error::Error>> {
        let rules = Rules::defaults()?;
        let deliveries = [
            failure("orders", "ValueError"),
            failure("bills", "Sandbox.Timedout"),
            failure("orders", "ValueError"),
            alarm("OK"),
            failure("orders", "ValueError"),
            failure("orders", "TypeError"),
        ];
        let events: Result<Vec<_>, _> = deliveries.iter().map(|delivery| classify(delivery, &rules)).collect();
        let events = events?.concat();
        let positions: Vec<Vec<Vec<usize>>> =
            stages(&events).into_iter().map(|stage| stage.into_iter().map(|group| group.positions).collect()).collect();
        // A timeout is worse than an error of the code.
        assert_eq!(positions, [vec![vec![1], vec![0, 2]], vec![vec![3]], vec![vec![4], vec![5]]]);
        Ok(())
    }
}
