//! Compares the calls in the source with the policy, to find calls that no test makes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use incidentctl::deployer::DeployerPolicy;
use regex::Regex;

use crate::harness::{TestResult, repository};

/// Actions of calls outside deployments, with the reason.
const OTHERS: [(&str, &str); 12] = [
    ("events:PutEvents", "`watch` asks IAM whether a function's role may do it"),
    ("iam:GetAccountSummary", "`doctor`, which does without"),
    ("iam:SimulatePrincipalPolicy", "`doctor` and `watch`, which do without"),
    ("cloudwatch:ListMetrics", "`doctor`, which does without"),
    ("lambda:GetAccountSettings", "`doctor`, which does without"),
    ("lambda:GetFunctionConcurrency", "`doctor`, which does without"),
    ("lambda:ListFunctionEventInvokeConfigs", "`watch`, on functions of others"),
    ("lambda:UpdateFunctionEventInvokeConfig", "`watch`, on functions of others"),
    ("logs:GetLogEvents", "`incidents show --logs`, on logs of others, which does without"),
    ("logs:DeleteRetentionPolicy", "the template always sets a retention"),
    ("sns:ListSubscriptions", "`local outbox`, at the local AWS"),
    ("sts:GetCallerIdentity", "takes no permission"),
];

/// Operations whose permission has a different name.
const RENAMED: [(&str, &str); 2] =
    [("lambda:Invoke", "lambda:InvokeFunction"), ("dynamodb:TransactWriteItems", "dynamodb:UpdateItem")];
/// Strings that look like actions but are not.
const NO_ACTIONS: [&str; 3] = ["iam:PassedToService", "iam:PermissionsBoundary", "lambda:FunctionArn"];
/// Actions that the policy only denies.
const DENIED: [&str; 4] =
    ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"];
/// A call's error context follows within this many bytes.
const NEAR: usize = 700;

#[test]
fn the_policy_covers_every_call_in_the_source() -> TestResult {
    let recorded = DeployerPolicy::recorded()?;
    let recorded: BTreeSet<&str> = recorded.actions().collect();
    let named = actions()?;
    let others: BTreeSet<&str> = OTHERS.iter().map(|(action, _)| *action).collect();
    let missing: Vec<_> = named
        .iter()
        .filter(|(action, _)| !recorded.contains(action.as_str()) && !others.contains(action.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "no command of tests/deployer.rs makes these calls, so the policy lacks them: {missing:#?}"
    );
    for action in others {
        assert!(named.contains_key(action), "nothing calls {action} any more");
        assert!(!recorded.contains(action), "{action} is a deployment's after all");
    }
    Ok(())
}

#[test]
fn every_call_names_its_permission() -> TestResult {
    let mut silent = Vec::new();
    for (file, text) in sources()? {
        for (position, _) in text.match_indices(".send()") {
            let after: String = text[position..].chars().take(NEAR).collect();
            if !after.contains(".explain(") {
                silent.push(format!("{}: {}", file.display(), after.lines().take(2).collect::<String>()));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    Ok(())
}

/// The actions in the source, and where they occur.
fn actions() -> TestResult<BTreeMap<String, BTreeSet<PathBuf>>> {
    let services = "cloudformation|cloudwatch|dynamodb|events|iam|lambda|logs|s3|sns|sqs|sts";
    let action = Regex::new(&format!(r#""((?:{services}):[A-Z][A-Za-z0-9]+)""#))?;
    let mut found: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for (file, text) in sources()? {
        for name in action.captures_iter(&text).filter_map(|captures| captures.get(1)) {
            let name = name.as_str();
            let renamed = RENAMED.iter().find(|(operation, _)| *operation == name).map_or(name, |(_, action)| *action);
            if !NO_ACTIONS.contains(&renamed) && !DENIED.contains(&renamed) {
                found.entry(renamed.to_owned()).or_default().insert(file.clone());
            }
        }
    }
    Ok(found)
}

/// Every source file of the program, without tests.
fn sources() -> TestResult<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for folder in ["src", "deploy/src"] {
        collect(&repository(folder), &mut files)?;
    }
    assert!(files.len() > 100, "{} files", files.len());
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) -> TestResult {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            let text = std::fs::read_to_string(&path)?;
            let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let program = program.split("#[cfg(test)]\n#[expect").next().unwrap_or_default();
            files.push((path, program.to_owned()));
        }
    }
    Ok(())
}
