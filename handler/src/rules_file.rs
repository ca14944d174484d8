//! The rules file in the artifact.

use std::path::Path;

use incident_model::{Rules, RulesError};

/// The rules in use, and what is wrong with the file if they are not the file's.
#[derive(Debug)]
pub struct LoadedRules {
    /// The file's rules; the built-in ones when the file cannot be used, because a broken file must not hide failures.
    pub rules: Rules,
    /// Why the file cannot be used.
    pub problem: Option<String>,
}

/// Reads `severity-rules.yaml` in the folder that Lambda unpacks the artifact to.
///
/// # Errors
/// When not even the built-in rules can be used.
pub fn load() -> Result<LoadedRules, RulesError> {
    let root = std::env::var("LAMBDA_TASK_ROOT").unwrap_or_else(|_| ".".to_owned());
    load_from(&Path::new(&root).join("severity-rules.yaml"))
}

fn load_from(path: &Path) -> Result<LoadedRules, RulesError> {
    let problem = match std::fs::read_to_string(path) {
        Ok(text) => match Rules::parse(&text) {
            Ok(rules) => return Ok(LoadedRules { rules, problem: None }),
            Err(error) => with_causes(&error),
        },
        Err(error) => format!("{}: {error}", path.display()),
    };
    Ok(LoadedRules { rules: Rules::defaults()?, problem: Some(problem) })
}

/// An error and its causes in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_a_problem_but_hides_no_failure() -> Result<(), RulesError> {
        let loaded = load_from(Path::new("/nowhere/severity-rules.yaml"))?;
        assert!(loaded.problem.is_some_and(|problem| problem.contains("/nowhere/severity-rules.yaml")));
        assert!(loaded.rules.len() > 1);
        Ok(())
    }
}
