//! What the analysis says of each scenario, from its evidence alone. `INCIDENTCTL_TEST_SCENARIOS` names another folder.

mod scenario;

use std::path::PathBuf;

use incident_model::analysis::{Analysis, analyse};
use incident_model::{Confidence, Rules};
use scenario::{Made, Scenario, ZERO, text};
use serde_json::Value;

#[test]
fn each_scenario_has_its_cause() -> Made<()> {
    let folder = std::env::var_os("INCIDENTCTL_TEST_SCENARIOS")
        .map_or_else(|| PathBuf::from("../tests/scenarios"), PathBuf::from);
    let rules = Rules::defaults()?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    let (mut right, mut likely, mut wrong_likely, mut misses) = (0, 0, 0, Vec::new());
    for file in &files {
        let scenario = Scenario(yaml_serde::from_str(&std::fs::read_to_string(file)?)?);
        let asked = scenario.asked(&rules).map_err(|error| format!("{}: {error}", file.display()))?;
        let analysis = analyse(&asked.incident, &asked.evidence, ZERO + 1);
        let faults = faults(&scenario.0["expect"], &analysis);
        let is_right = is_cause(&scenario.0["expect"], &analysis);
        right += usize::from(is_right);
        likely += usize::from(analysis.confidence == Confidence::Likely);
        wrong_likely += usize::from(analysis.confidence == Confidence::Likely && !is_right);
        if !faults.is_empty() {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            misses.push(format!(
                "{name}: {}\n    {:#?}",
                faults.join("; "),
                (analysis.statement, analysis.evidence, analysis.candidates)
            ));
        }
    }
    assert!(files.len() >= 15, "{} has no scenarios", folder.display());
    let sum = format!("{right} of {} right; {wrong_likely} of {likely} likely ones wrong", files.len());
    assert!(misses.is_empty(), "{sum}\n{}", misses.join("\n"));
    Ok(())
}

fn is_cause(expected: &Value, analysis: &Analysis) -> bool {
    let causes = &expected["cause"];
    let named = |cause: &Value| cause.as_str() == Some(analysis.cause.name());
    causes.as_array().map_or_else(|| named(causes), |causes| causes.iter().any(named))
}

/// What is wrong with an analysis.
fn faults(expected: &Value, analysis: &Analysis) -> Vec<String> {
    let texts = |key: &str| -> Vec<String> {
        expected[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect()
    };
    let said = std::iter::once(&analysis.statement).chain(analysis.evidence.iter().map(|quote| &quote.text));
    let said = said.cloned().collect::<Vec<_>>().join("\n").to_lowercase();
    let quoted = analysis.lines.iter().map(|line| line.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let all = serde_json::to_string(analysis).unwrap_or_default().to_lowercase();
    let confidence = text(expected, "/confidence");
    let mut faults = Vec::new();
    if !is_cause(expected, analysis) {
        faults.push(format!("{} for {}", analysis.cause, expected["cause"]));
    }
    if !confidence.is_empty() && confidence != analysis.confidence.name() {
        faults.push(format!("{} for {confidence}", analysis.confidence));
    }
    faults.extend(
        texts("says").into_iter().filter(|word| !said.contains(word)).map(|word| format!("does not say {word}")),
    );
    faults.extend(texts("never").into_iter().filter(|word| said.contains(word)).map(|word| format!("says {word}")));
    faults.extend(
        texts("lines").into_iter().filter(|word| !quoted.contains(word)).map(|word| format!("no line has {word}")),
    );
    faults.extend(
        texts("redacted").into_iter().filter(|word| all.contains(word)).map(|word| format!("{word} is not redacted")),
    );
    faults
}
