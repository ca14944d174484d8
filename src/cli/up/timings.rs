//! `--timings`: where the time went, and the critical path.

use std::time::Duration;

use serde_json::json;

use crate::error::CommandError;
use crate::ui::Ui;
use incident_deploy::engine::{Finished, Outcome, critical_path};

/// Reports the duration of each change, slowest first, then the critical path: the work before the first change,
/// the changes that waited for each other, and the self-check at the end. Waiting for consent is not counted.
pub(super) fn report(outcome: &Outcome, planned: Duration, checked: Duration, ui: &Ui) -> Result<(), CommandError> {
    let path = path(outcome, planned, checked);
    let total: f64 = path.iter().map(|(_, seconds)| seconds).sum();
    if ui.is_json() {
        let link = |(name, seconds): &(&str, f64)| json!({"name": name, "seconds": seconds});
        let path: Vec<_> = path.iter().map(link).collect();
        return ui.json(&json!({"type": "timings", "critical_path": path, "critical_path_seconds": total}));
    }
    let mut slowest: Vec<&Finished> = outcome.finished.iter().collect();
    slowest.sort_by(|one, other| other.seconds().total_cmp(&one.seconds()));
    for finished in slowest {
        ui.say(format!("{:8.3} s  {}", finished.seconds(), finished.change.logical_id));
    }
    ui.say(format!("critical path, {total:.3} s:"));
    for (name, seconds) in path {
        ui.say(format!("{seconds:8.3} s  {name}"));
    }
    Ok(())
}

fn path(outcome: &Outcome, planned: Duration, checked: Duration) -> Vec<(&str, f64)> {
    let changes = critical_path(outcome).into_iter();
    let changes = changes.map(|link| (link.finished.change.logical_id.as_str(), link.seconds));
    let before = std::iter::once(("credentials and plan", planned.as_secs_f64()));
    before.chain(changes).chain([("self-check", checked.as_secs_f64())]).collect()
}
