//! The chain of changes that determined a run's duration.

use super::{Finished, Outcome};
use crate::plan::Action;

/// One change of the chain.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The change.
    pub finished: &'a Finished,
    /// Its share of the run, in seconds: until the next link could begin, or until it was ready for the last one. The
    /// shares add up to the time from the first change to the end of the last.
    pub seconds: f64,
}

/// The chain in which each change waited for the previous one, from the first to begin to the last to end.
pub fn critical_path(outcome: &Outcome) -> Vec<Link<'_>> {
    let Some(last) = outcome.finished.iter().max_by(|one, other| one.ended.total_cmp(&other.ended)) else {
        return Vec::new();
    };
    let mut path = vec![Link { finished: last, seconds: last.seconds() }];
    let mut next = last;
    while let Some(before) = waited_for(outcome, next) {
        path.push(Link { finished: before, seconds: next.began - before.began });
        next = before;
    }
    path.reverse();
    path
}

/// The dependency that a change waited for last.
fn waited_for<'a>(outcome: &'a Outcome, finished: &Finished) -> Option<&'a Finished> {
    let needed = |other: &&Finished| match finished.change.action {
        Action::Delete => other.change.desired.needs.contains(&finished.change.logical_id),
        _ => finished.change.desired.needs.contains(&other.change.logical_id),
    };
    let before = |other: &&Finished| other.made <= finished.began;
    outcome.finished.iter().filter(needed).filter(before).max_by(|one, other| one.made.total_cmp(&other.made))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::{Change, unchanged};
    use crate::template::{Attributes, Desired};

    fn finished(id: &str, needs: &[&str], [began, made, ended]: [f64; 3]) -> Finished {
        let desired = Desired {
            logical_id: id.to_owned(),
            resource_type: "Test::Thing".to_owned(),
            step: 0,
            properties: json!({}),
            attributes: Attributes::default(),
            needs: needs.iter().map(|need| (*need).to_owned()).collect(),
            retain: false,
        };
        let change = Change { action: Action::Create, ..unchanged(&desired, None) };
        Finished { change, began, made, ended }
    }

    #[test]
    fn the_path_ends_with_what_ended_last_and_goes_through_what_was_made_last() {
        let outcome = Outcome {
            finished: vec![
                finished("Role", &[], [0.0, 0.2, 0.2]),
                finished("Group", &[], [0.0, 0.1, 0.1]),
                finished("Permission", &["Function"], [8.3, 8.4, 8.4]),
                finished("Table", &[], [0.0, 9.0, 9.0]),
                finished("Function", &["Role", "Group"], [0.2, 8.3, 10.3]),
            ],
            ..Outcome::default()
        };
        let path: Vec<(&str, f64)> = critical_path(&outcome)
            .iter()
            .map(|link| (link.finished.change.logical_id.as_str(), (link.seconds * 10.0).round() / 10.0))
            .collect();
        assert_eq!(path, [("Role", 0.2), ("Function", 10.1)]);
        assert!(critical_path(&Outcome::default()).is_empty());
    }
}
