//! The self-check at the end of `up`: would an incident be judged, recorded and mailed now?

use incident_model::control::{Control, Finding, SelfCheck};

use crate::notify::Topic;
use crate::rules_file::LoadedRules;
use crate::settings::Settings;
use crate::store::Table;

/// Checks the rules, the settings, the table and the topic with this function's own role.
pub async fn run(
    loaded: &LoadedRules,
    settings: &Settings,
    table: &Table,
    topic: &Topic,
    now_seconds: i64,
) -> SelfCheck {
    let (table, topic) = tokio::join!(table.check(now_seconds), topic.check());
    let rules = Finding::from(loaded.problem.as_ref().map_or(Ok(()), Err));
    let valid = |problem: &Option<String>| Finding::from(problem.as_ref().map_or(Ok(()), Err));
    let (alerts, analysis) = (valid(&settings.alerts_problem), valid(&settings.analysis_problem));
    let (table, topic) = (Finding::from(table), Finding::from(topic));
    let ok = [&rules, &alerts, &analysis, &table, &topic].into_iter().all(|finding| finding.ok);
    SelfCheck {
        ok,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        requests: Control::NAMES.map(str::to_owned).to_vec(),
        rules: Finding { count: Some(loaded.rules.len()), ..rules },
        alerts,
        analysis,
        table,
        topic,
    }
}
