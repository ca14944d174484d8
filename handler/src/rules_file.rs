//! The rules files in the artifact.

use std::path::Path;

use incident_model::{Rules, RulesError};

/// The rules in use, and the problem if they are not the file's.
#[derive(Debug)]
pub struct LoadedRules {
    /// The file's rules; the built-in ones if the file is invalid, because a broken file must not hide failures.
    pub rules: Rules,
    /// Why the file is invalid.
    pub problem: Option<String>,
}

/// Reads `severity-rules.yaml` from the directory to which Lambda unpacks the artifact; `own-rules.yaml`, if present,
/// takes precedence.
///
/// # Errors
/// When even the built-in rules are invalid.
pub fn load() -> Result<LoadedRules, RulesError> {
    let root = std::env::var("LAMBDA_TASK_ROOT").unwrap_or_else(|_| ".".to_owned());
    load_from(Path::new(&root))
}

fn load_from(folder: &Path) -> Result<LoadedRules, RulesError> {
    let (rules, problem) = match read(&folder.join("severity-rules.yaml")) {
        Ok(rules) => (rules, None),
        Err(problem) => (Rules::defaults()?, Some(problem)),
    };
    let own = folder.join("own-rules.yaml");
    if !own.exists() {
        return Ok(LoadedRules { rules, problem });
    }
    Ok(match read(&own) {
        Ok(own) => LoadedRules { rules: own.before(rules), problem },
        Err(error) => LoadedRules { rules, problem: Some(error) },
    })
}

fn read(path: &Path) -> Result<Rules, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Rules::parse(&text).map_err(|error| with_causes(&error))
}

/// An error and its sources, on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_a_problem_but_hides_no_failure() -> Result<(), RulesError> {
        let loaded = load_from(Path::new("/nowhere"))?;
        assert!(loaded.problem.is_some_and(|problem| problem.contains("/nowhere/severity-rules.yaml")));
        assert!(loaded.rules.len() > 1);
        Ok(())
    }

    #[test]
    fn own_rules_come_before_the_others_and_broken_ones_hide_none() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("severity-rules.yaml"), incident_model::DEFAULT_RULES)?;
        let own = "rules:\n  - {name: own, severity: LOW, summary: s, recommendation: r}\n";
        for (text, first, is_problem) in [(own, Some("own"), false), ("rules: []\n", None, true)] {
            std::fs::write(folder.path().join("own-rules.yaml"), text)?;
            let loaded = load_from(folder.path())?;
            assert_eq!(loaded.rules.iter().next().map(incident_model::Rule::name) == first, first.is_some());
            assert_eq!((loaded.problem.is_some(), loaded.rules.len() > 1), (is_problem, true));
        }
        Ok(())
    }
}
