//! The setting `analysis`: what it does to the handler and to its role.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::Environment;
use incident_deploy::resources;
use incident_deploy::template::{EMBEDDED, Inputs, Place, Template};
use incident_model::analysis::AnalysisPolicy;
use incidentctl::settings::Settings;
use serde_json::Value;

use super::old::Old;
use super::read_back::actions_of;
use super::update::{fail, occurrences};
use super::{UP, read_back};
use crate::harness::{Aws, Snapshot, TestResult, World, difference, eventually, snapshot};

/// The template of the last version without analysis.
const BEFORE: &str = include_str!("before-analysis.yaml");
const HANDLER: &str = "devops-incident-handler";
const PLAN: [&str; 5] = ["plan", "--local", "--detailed-exitcode", "--output", "json"];
const CLOUDFORMATION: [&str; 2] = ["--engine", "cloudformation"];
const SETTING: &str = "analysis: {logs: false, who: true}\n";
/// What only the evidence of one kind needs. The metrics are those that the watch of all functions reads.
const PERMISSIONS: [(&str, &[&str]); 5] = [
    ("logs", &["ecs:DescribeTaskDefinition", "logs:FilterLogEvents", "logs:GetLogEvents"]),
    ("changes", &["lambda:GetFunctionConfiguration", "lambda:ListAliases", "lambda:ListFunctions"]),
    ("metrics", &[]),
    ("executions", &["states:GetExecutionHistory"]),
    ("who", &["cloudtrail:LookupEvents"]),
];

/// The actions of the handler's role, and its variable, with a setting.
fn with(analysis: AnalysisPolicy) -> TestResult<(BTreeSet<String>, AnalysisPolicy)> {
    let parameters = Settings { analysis, ..Settings::default() }.parameters();
    let inputs = Inputs { place: Place::new("devops", "111122223333", "eu-west-1", None), parameters };
    let stack = Template::parse(EMBEDDED)?.resolve(&inputs, resources::naming)?;
    let properties = |id: &str| {
        let found = stack.resources.iter().find(|resource| resource.logical_id == id);
        found.map(|resource| &resource.properties).ok_or(format!("no {id}"))
    };
    let variable = &properties("IncidentHandler")?["Environment"]["Variables"]["INCIDENT_ANALYSIS"];
    let read = serde_json::from_str(variable.as_str().ok_or("no variable")?)?;
    let role = properties("HandlerRole")?;
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().ok_or("no statements")?;
    let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    });
    Ok((actions.filter_map(|action| action.as_str().map(str::to_owned)).collect(), read))
}

#[test]
fn each_kind_of_evidence_has_its_permissions_and_no_others() -> TestResult {
    let setting = |kinds: &BTreeMap<&str, bool>| -> TestResult<AnalysisPolicy> {
        Ok(serde_json::from_value(serde_json::to_value(kinds)?)?)
    };
    let none = setting(&PERMISSIONS.map(|(kind, _)| (kind, false)).into())?;
    let (least, _) = with(none)?;
    for chosen in 0..1_u32 << PERMISSIONS.len() {
        let is_on = |index: usize| chosen >> index & 1 == 1;
        let kinds = PERMISSIONS.iter().enumerate().map(|(index, (kind, _))| (*kind, is_on(index))).collect();
        let setting = setting(&kinds)?;
        let (actions, read) = with(setting)?;
        assert_eq!(read, setting, "the handler gets what was set");
        let more: Vec<_> = actions.difference(&least).map(String::as_str).collect();
        let expected = PERMISSIONS.iter().enumerate().filter(|(index, _)| is_on(*index));
        let expected: BTreeSet<&str> = expected.flat_map(|(_, (_, actions))| *actions).copied().collect();
        assert_eq!(more, expected.into_iter().collect::<Vec<_>>(), "{kinds:?}");
        assert!(least.is_subset(&actions), "{kinds:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_direct_engine_follows_the_setting_there_and_back() -> TestResult {
    follows(&UP).await
}

#[tokio::test]
async fn cloudformation_follows_the_setting_there_and_back() -> TestResult {
    follows(&[&UP[..], &CLOUDFORMATION].concat()).await
}

async fn follows(up: &[&str]) -> TestResult {
    let world = World::new()?;
    world.run(up).await?.succeeded()?;
    let aws = world.aws().await?;
    assert_eq!(variable(&aws).await?, AnalysisPolicy::default());
    read_back::roles(&aws).await?;
    let before = snapshot(&aws).await?;

    let file = world.home().join("incidentctl.yaml");
    std::fs::write(&file, SETTING)?;
    is_planned(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let result = world.run(up).await?.succeeded()?.result()?;
    assert_eq!((&result["created"], &result["updated"], &result["deleted"]), (&0.into(), &2.into(), &0.into()));
    has_setting(&aws).await?;
    world.run(&PLAN).await?.succeeded()?;

    std::fs::remove_file(&file)?;
    world.run(up).await?.succeeded()?;
    let after = snapshot(&aws).await?;
    assert_eq!(difference(&before, &after), Vec::<String>::new());
    Ok(())
}

/// The role and the function, each with what changes.
fn is_planned(plan: &Value) -> TestResult {
    let changes = plan["changes"].as_array().ok_or("no changes")?;
    let changed = changes.iter().filter(|change| change["action"] != "none");
    let said: BTreeSet<String> = changed
        .flat_map(|change| {
            let paths = change["properties"].as_array().cloned().unwrap_or_default();
            let of = change["logical_id"].as_str().unwrap_or_default().to_owned();
            paths.into_iter().filter_map(move |one| Some(format!("{of} {}", one["path"].as_str()?)))
        })
        .collect();
    let is_said = |of: &str, part: &str| said.iter().any(|one| one.starts_with(of) && one.contains(part));
    assert!(is_said("HandlerRole ", "Policies"), "{said:?}");
    assert!(is_said("IncidentHandler ", "INCIDENT_ANALYSIS"), "{said:?}");
    assert!(said.iter().all(|one| one.starts_with("HandlerRole ") || one.starts_with("IncidentHandler ")), "{said:?}");
    Ok(())
}

/// What [`SETTING`] says, of the function and its role.
async fn has_setting(aws: &Aws) -> TestResult {
    assert_eq!(variable(aws).await?, AnalysisPolicy { logs: false, who: true, ..AnalysisPolicy::default() });
    let actions = role(aws).await?;
    for (action, expected) in [
        ("logs:FilterLogEvents", false),
        ("ecs:DescribeTaskDefinition", false),
        ("lambda:GetFunctionConfiguration", true),
        ("cloudtrail:LookupEvents", true),
    ] {
        assert_eq!(actions.contains(action), expected, "{action}: {actions:?}");
    }
    Ok(())
}

/// What IAM decides about the handler's role: evidence is of this account and region only, and read only.
#[tokio::test]
async fn iam_allows_evidence_of_this_account_and_region_only() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "analysis: {who: true}\n")?;
    let aws = world.up().await?;
    let elsewhere = |arn: &str| arn.replace(&aws.region, "eu-north-1");
    let foreign = |arn: &str| arn.replace(&aws.account, "999999999999");
    let group = aws.arn("logs", "log-group:/orders/prod:log-stream:one");
    let (function, execution) = (aws.arn("lambda", "function:orders:41"), aws.arn("states", "execution:orders:one"));
    for (action, of, is_of_place) in [
        ("logs:FilterLogEvents", group.as_str(), true),
        ("logs:GetLogEvents", &group, true),
        ("lambda:GetFunctionConfiguration", &function, true),
        ("lambda:ListAliases", &function, true),
        ("states:GetExecutionHistory", &execution, true),
        ("ecs:DescribeTaskDefinition", "*", false),
        ("lambda:ListFunctions", "*", false),
        ("cloudtrail:LookupEvents", "*", false),
    ] {
        assert!(is_allowed(&aws, action, of).await?, "{action} on {of}");
        if is_of_place {
            for arn in [elsewhere(of), foreign(of)] {
                assert!(!is_allowed(&aws, action, &arn).await?, "{action} on {arn}");
            }
        }
    }
    for (action, of) in [
        ("logs:DeleteLogGroup", &group),
        ("logs:StartQuery", &group),
        ("lambda:GetFunction", &function),
        ("lambda:UpdateFunctionConfiguration", &function),
        ("lambda:InvokeFunction", &function),
        ("states:StopExecution", &execution),
        ("states:DescribeExecution", &execution),
    ] {
        assert!(!is_allowed(&aws, action, of).await?, "{action} on {of}");
    }
    Ok(())
}

async fn is_allowed(aws: &Aws, action: &str, on: &str) -> TestResult<bool> {
    let role = format!("arn:aws:iam::{}:role/{HANDLER}-{}", aws.account, aws.region);
    let asked = aws.iam.simulate_principal_policy().policy_source_arn(role).action_names(action).resource_arns(on);
    let answer = asked.send().await?;
    let [result] = answer.evaluation_results() else { return Err(format!("{answer:?}").into()) };
    Ok(*result.eval_decision() == PolicyEvaluationDecisionType::Allowed)
}

/// The handler's setting.
async fn variable(aws: &Aws) -> TestResult<AnalysisPolicy> {
    let function = aws.lambda.get_function_configuration().function_name(HANDLER).send().await?;
    let variables = function.environment().and_then(|environment| environment.variables()).ok_or("no variables")?;
    Ok(serde_json::from_str(variables.get("INCIDENT_ANALYSIS").ok_or("no setting")?)?)
}

/// The actions of the handler's role.
async fn role(aws: &Aws) -> TestResult<BTreeSet<String>> {
    actions_of(aws, HANDLER).await
}

#[tokio::test]
async fn what_is_changed_by_hand_is_drift() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let name = format!("{HANDLER}-{}", aws.region);
    let policy = aws.iam.get_role_policy().role_name(&name).policy_name("incident-handler").send().await?;
    let policy = percent_encoding::percent_decode_str(policy.policy_document()).decode_utf8()?.into_owned();
    let without = policy.replace("\"states:GetExecutionHistory\"", "\"states:DescribeExecution\"");
    let put = aws.iam.put_role_policy().role_name(&name).policy_name("incident-handler");
    put.policy_document(without).send().await?;
    let planned = world.run(&PLAN).await?.ended_with(2)?.json()?;
    let changes = planned["changes"].as_array().ok_or("no changes")?;
    let changed: Vec<_> = changes.iter().filter(|change| change["action"] != "none").collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!((&changed[0]["logical_id"], &changed[0]["cause"]), (&"HandlerRole".into(), &"drift".into()));
    let status = world.run(&["status", "--local", "--output", "json"]).await?;
    assert!(status.stdout.contains("HandlerRole"), "{status:?}");
    world.run(&UP).await?.succeeded()?;
    assert!(role(&aws).await?.contains("states:GetExecutionHistory"));
    Ok(())
}

#[tokio::test]
async fn a_setting_that_the_handler_cannot_read_is_reported_and_repaired() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let found = aws.lambda.get_function_configuration().function_name(HANDLER).send().await?;
    let mut variables = found.environment.and_then(|environment| environment.variables).ok_or("no variables")?;
    variables.insert("INCIDENT_ANALYSIS".to_owned(), r#"{"log":false}"#.to_owned());
    let changed = Environment::builder().set_variables(Some(variables)).build();
    aws.lambda.update_function_configuration().function_name(HANDLER).environment(changed).send().await?;
    let check = async || {
        let check = Blob::new(r#"{"incidentctl":"self-check"}"#);
        let answer = aws.lambda.invoke().function_name(HANDLER).payload(check).send().await?;
        let answer: Value = serde_json::from_slice(answer.payload().map(AsRef::as_ref).unwrap_or_default())?;
        Ok((answer["ok"] == false).then_some(answer))
    };
    let answer = eventually("a complaint", check).await?;
    let error = answer["analysis"]["error"].as_str().unwrap_or_default();
    assert!(error.contains("unknown field `log`"), "{answer}");
    world.run(&UP).await?.succeeded()?;
    assert_eq!(variable(&aws).await?, AnalysisPolicy::default());
    Ok(())
}

#[tokio::test]
async fn a_former_stack_of_the_direct_engine_keeps_everything() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    Old::of(&aws, BEFORE).await?.deploy().await?;
    keeps_everything(&world, &aws).await
}

#[tokio::test]
async fn a_former_stack_of_cloudformation_keeps_everything() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    Old::of(&aws, BEFORE).await?.deploy_through_cloudformation(&aws).await?;
    keeps_everything(&world, &aws).await
}

/// First without the setting, then with it.
async fn keeps_everything(world: &World, aws: &Aws) -> TestResult {
    fail(aws, 1).await?;
    let one = async || Ok((occurrences(world).await? == 1).then_some(()));
    eventually("the incident", one).await?;
    let function = aws.lambda.get_function_configuration().function_name(HANDLER).send().await?;
    let variables = function.environment().and_then(|environment| environment.variables()).ok_or("no variables")?;
    assert!(!variables.contains_key("INCIDENT_ANALYSIS"), "{variables:?}");
    let before = snapshot(aws).await?;

    let updated = world.run(&UP).await?.succeeded()?.result()?;
    is_update_of(3, &updated);
    assert_eq!(variable(aws).await?, AnalysisPolicy::default());
    read_back::roles(aws).await?;
    of_functions_only(&before, &snapshot(aws).await?);

    std::fs::write(world.home().join("incidentctl.yaml"), SETTING)?;
    is_update_of(2, &world.run(&UP).await?.succeeded()?.result()?);
    has_setting(aws).await?;
    of_functions_only(&before, &snapshot(aws).await?);
    assert_eq!(occurrences(world).await?, 1);
    fail(aws, 2).await?;
    let two = async || Ok((occurrences(world).await? == 2).then_some(()));
    eventually("the next failure to be counted", two).await
}

fn is_update_of(number: u64, result: &Value) {
    let numbers = ["created", "updated", "replaced", "deleted"].map(|key| result[key].as_u64());
    assert_eq!(numbers, [Some(0), Some(number), Some(0), Some(0)], "{result}");
}

/// Nothing but the handler's function and role and the generator's memory differs, and how many items the table has: the handler works.
fn of_functions_only(before: &Snapshot, after: &Snapshot) {
    let differences = difference(before, after);
    assert!(!differences.is_empty());
    let is_expected = |line: &String| {
        line.contains(HANDLER) || line.contains("devops-error-generator") || line.contains("item_count: ")
    };
    assert!(differences.iter().all(is_expected), "{differences:#?}");
}
