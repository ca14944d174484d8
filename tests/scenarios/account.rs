//! Brings the account into the state in which the failure finds it: functions, their versions and aliases.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, LastUpdateStatus, LoggingConfig, Runtime, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use incident_model::analysis::FunctionState;
use incident_model::time::seconds_of;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::format::{Function, Past, Scenario, Text};
use super::moment::Moment;
use crate::harness::{Aws, Control, TestResult, eventually};

/// When a function was created whose history does not say: long ago.
const LONG_AGO: Moment = Moment(-200 * 86_400);
/// The subnet and the security group of every function in a VPC.
const NETWORK: [&str; 2] = ["sg-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60718"];

/// Creates a function as it is at the failure.
pub(super) async fn create(aws: &Aws, scenario: &Scenario, function: &Function, failure: Timestamp) -> TestResult {
    let code = Codes::of(scenario, function);
    let client = &aws.lambda;
    let role = arn_of_role(aws, function.role.as_deref());
    let runtime = supported(function.runtime.as_deref().unwrap_or("python3.12"));
    let variables = function.environment.iter().flatten().map(|name| (name.clone(), "1".to_owned())).collect();
    let group = function.log_group.as_ref().map(|group| LoggingConfig::builder().log_group(group).build());
    let first = code.versions.first().map_or(&code.latest, |(_, label)| label);
    let create = client.create_function().function_name(&function.name).runtime(Runtime::from(runtime)).role(role);
    let create = create.handler("app.handler").memory_size(function.memory.unwrap_or(128));
    let create = create.timeout(function.timeout.unwrap_or(3)).set_logging_config(group);
    let create = create.environment(Environment::builder().set_variables(Some(variables)).build());
    let create = create.set_description(described(scenario, function, Moment(i64::MAX)));
    let create = create.code(FunctionCode::builder().zip_file(Blob::new(package(first)?)).build());
    eventually("a role that Lambda can assume", async || match create.clone().send().await {
        Err(error) if error.message().is_some_and(|it| it.contains("cannot be assumed")) => Ok(None),
        created => Ok(Some(created?)),
    })
    .await?;

    let mut uploaded = first;
    for (version, label) in &code.versions {
        upload(aws, function, label, &mut uploaded).await?;
        history(aws, &json!({"functions": [{"name": function.name, "next_version": version}]})).await?;
        until_ready(aws, function).await?;
        client.publish_version().function_name(&function.name).send().await?;
    }
    upload(aws, function, &code.latest, &mut uploaded).await?;
    for (name, version) in function.alias.iter().flatten() {
        client.create_alias().function_name(&function.name).name(name).function_version(&version.0).send().await?;
    }
    if let Some(most) = function.concurrency {
        let put = client.put_function_concurrency().function_name(&function.name);
        put.reserved_concurrent_executions(most).send().await?;
    }
    history(aws, &json!({"functions": [past_of(scenario, function, &code, failure)?]})).await
}

/// The oldest runtime of its language with which Lambda still creates functions, in place of one that it no longer does.
fn supported(runtime: &str) -> &str {
    match runtime {
        "nodejs12.x" | "nodejs14.x" | "nodejs16.x" | "nodejs18.x" => "nodejs20.x",
        "python3.6" | "python3.7" | "python3.8" => "python3.9",
        "java8" => "java8.al2",
        "dotnet6" | "dotnet7" => "dotnet8",
        "ruby2.7" => "ruby3.2",
        "go1.x" | "provided" => "provided.al2",
        newer => newer,
    }
}

/// What no call can set: times, layers that do not exist, a network that does not exist.
fn past_of(scenario: &Scenario, function: &Function, code: &Codes, failure: Timestamp) -> TestResult<Value> {
    let versions: BTreeMap<_, _> = code
        .versions
        .iter()
        .map(|(version, _)| Ok((version.to_string(), code.at[version].after(failure)?.to_string())))
        .collect::<TestResult<_>>()?;
    let mut past = json!({
        "name": function.name,
        "last_modified": modified_at(scenario, function, Moment(i64::MAX)).after(failure)?.to_string(),
        "versions": versions,
        "layers": function.layers.clone().unwrap_or_default(),
    });
    if function.vpc == Some(true) {
        past["vpc"] =
            json!({"vpc_id": "vpc-0a1b2c3d4e5f60718", "subnets": [NETWORK[1]], "security_groups": [NETWORK[0]]});
    }
    Ok(past)
}

/// When code or settings last changed before a time.
fn modified_at(scenario: &Scenario, function: &Function, before: Moment) -> Moment {
    let is_change = |past: &&Past| {
        let call = past.call.as_deref().unwrap_or_default();
        is_of(past, function)
            && matches!(call, "UpdateFunctionCode" | "UpdateFunctionConfiguration")
            && past.at < before
    };
    scenario.history.iter().filter(is_change).map(|past| past.at).max().unwrap_or(LONG_AGO)
}

/// The description of a function before a time; `None` if the scenario says nothing of it. A function that does not say has that of
/// the last change which set one.
fn described(scenario: &Scenario, function: &Function, before: Moment) -> Option<String> {
    if function.description.is_some() {
        return function.description.clone();
    }
    let of_function = scenario.history.iter().filter(|past| is_of(past, function));
    let sets: Vec<(Moment, &String)> =
        of_function.filter_map(|past| Some((past.at, past.set.as_ref()?.description.as_ref()?))).collect();
    let set = sets.iter().filter(|(at, _)| *at < before).max_by_key(|(at, _)| *at);
    (!sets.is_empty()).then(|| set.map_or_else(String::new, |(_, description)| (*description).clone()))
}

fn is_of(past: &Past, function: &Function) -> bool {
    past.function.as_ref() == Some(&function.name)
}

/// The codes of a function, by their labels in the scenario.
struct Codes {
    /// The code of `$LATEST`.
    latest: String,
    /// The code of each version that an alias names or named, in order.
    versions: Vec<(u64, String)>,
    /// When each version was published.
    at: BTreeMap<u64, Moment>,
}

impl Codes {
    fn of(scenario: &Scenario, function: &Function) -> Self {
        let uploads = || scenario.history.iter().filter(|past| is_of(past, function) && past.code.is_some());
        let code = |before: Moment| uploads().filter(|past| past.at <= before).max_by_key(|past| past.at)?.code.clone();
        let snapshot = function.snapshot.as_deref();
        let seen = snapshot.and_then(|snapshot| snapshot.code.clone());
        let latest = code(Moment(i64::MAX)).or_else(|| seen.clone()).unwrap_or_else(|| "now".to_owned());
        let number = |version: &Text| version.0.parse::<u64>().ok();
        let aliases = |of: Option<&Function>| -> Vec<u64> {
            of.and_then(|of| of.alias.as_ref()).into_iter().flat_map(BTreeMap::values).filter_map(number).collect()
        };
        let mut published: BTreeMap<u64, (Moment, String)> = BTreeMap::new();
        for version in aliases(snapshot) {
            let label = seen.clone().unwrap_or_else(|| latest.clone());
            published.insert(version, (LONG_AGO, label));
        }
        for version in aliases(Some(function)) {
            published.entry(version).or_insert_with(|| (LONG_AGO, latest.clone()));
        }
        for past in scenario.history.iter().filter(|past| is_of(past, function)) {
            let is_published = past.call.as_deref() == Some("PublishVersion");
            let version = past.set.as_ref().and_then(|set| number(set.version.as_ref()?)).filter(|_| is_published);
            if let Some(version) = version {
                published.insert(version, (past.at, code(past.at).unwrap_or_else(|| latest.clone())));
            }
        }
        let at = published.iter().map(|(version, (at, _))| (*version, *at)).collect();
        let mut versions: Vec<(u64, String)> =
            published.into_iter().map(|(version, (_, label))| (version, label)).collect();
        // Lambda publishes no version whose code is that of the one before.
        for at in 1..versions.len() {
            if versions[at].1 == versions[at - 1].1 {
                versions[at - 1].1 = format!("{} before {}", versions[at - 1].1, versions[at].0);
            }
        }
        Self { latest, versions, at }
    }
}

async fn upload<'a>(aws: &Aws, function: &Function, label: &'a String, uploaded: &mut &'a String) -> TestResult {
    if *uploaded != label {
        until_ready(aws, function).await?;
        let update = aws.lambda.update_function_code().function_name(&function.name);
        update.zip_file(Blob::new(package(label)?)).send().await?;
        *uploaded = label;
    }
    Ok(())
}

/// Waits until Lambda takes the next change.
async fn until_ready(aws: &Aws, function: &Function) -> TestResult {
    eventually("a function that is ready", async || {
        let now = aws.lambda.get_function_configuration().function_name(&function.name).send().await?;
        let is_ready = now.state() == Some(&State::Active);
        Ok((is_ready && now.last_update_status() == Some(&LastUpdateStatus::Successful)).then_some(()))
    })
    .await
}

/// A package whose hash depends on its label alone.
fn package(label: &str) -> TestResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("app.py", SimpleFileOptions::default().last_modified_time(zip::DateTime::default()))?;
    zip.write_all(label.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

/// Creates the roles of functions, which takes effect after a while.
pub(super) async fn create_roles(aws: &Aws, functions: &[Function]) -> TestResult {
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"}}});
    let names: BTreeSet<&str> = functions.iter().map(|function| name_of_role(function.role.as_deref())).collect();
    for name in names {
        aws.iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await?;
    }
    Ok(())
}

fn name_of_role(name: Option<&str>) -> &str {
    name.unwrap_or("function-role")
}

fn arn_of_role(aws: &Aws, name: Option<&str>) -> String {
    format!("arn:aws:iam::{}:role/{}", aws.account, name_of_role(name))
}

/// The function as the sweep saw it: as it is now, apart from what the snapshot says.
pub(super) async fn seen(
    aws: &Aws,
    scenario: &Scenario,
    function: &Function,
    snapshot: &Function,
    failure: Timestamp,
) -> TestResult<FunctionState> {
    let now = state(&aws.lambda.get_function_configuration().function_name(&function.name).send().await?);
    let at = snapshot.at.unwrap_or_default();
    let number = |number: Option<i32>, now: Option<u64>| number.and_then(|it| u64::try_from(it).ok()).or(now);
    let aliases = snapshot.alias.as_ref().or(function.alias.as_ref()).cloned().unwrap_or_default();
    let mut environment = snapshot.environment.clone().unwrap_or(now.environment);
    environment.sort();
    Ok(FunctionState {
        code: match &snapshot.code {
            Some(label) => STANDARD.encode(Sha256::digest(package(label)?)),
            None => now.code,
        },
        modified_at: Some(modified_at(scenario, function, at).after(failure)?.as_second()),
        description: snapshot
            .description
            .clone()
            .or_else(|| described(scenario, function, at))
            .unwrap_or(now.description),
        runtime: snapshot.runtime.as_deref().map_or(now.runtime, |runtime| supported(runtime).to_owned()),
        memory: number(snapshot.memory, now.memory),
        timeout: number(snapshot.timeout, now.timeout),
        role: snapshot.role.as_ref().map_or(now.role, |role| arn_of_role(aws, Some(role))),
        layers: snapshot.layers.clone().unwrap_or(now.layers),
        environment,
        network: match snapshot.vpc {
            Some(true) => NETWORK.map(str::to_owned).to_vec(),
            Some(false) => Vec::new(),
            None => now.network,
        },
        log_group: snapshot.log_group.clone().unwrap_or(now.log_group),
        concurrency: number(snapshot.concurrency.or(function.concurrency), None),
        aliases: aliases.into_iter().map(|(name, version)| (name, version.0)).collect(),
        ..now
    })
}

/// What Lambda says about a function.
fn state(described: &GetFunctionConfigurationOutput) -> FunctionState {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<i32>| number.and_then(|number| u64::try_from(number).ok());
    let network = described.vpc_config().into_iter();
    let network = network.flat_map(|vpc| vpc.subnet_ids().iter().chain(vpc.security_group_ids()));
    let variables = described.environment().and_then(|environment| environment.variables());
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    FunctionState {
        code: text(described.code_sha256()),
        modified_at: described.last_modified().and_then(seconds_of),
        version: text(described.version()),
        description: text(described.description()),
        runtime: text(described.runtime().map(Runtime::as_str)),
        handler: text(described.handler()),
        memory: number(described.memory_size()),
        timeout: number(described.timeout()),
        storage: number(described.ephemeral_storage().map(|storage| storage.size())),
        role: text(described.role()),
        layers: described.layers().iter().map(|layer| text(layer.arn())).collect(),
        environment: sorted(variables.into_iter().flat_map(|variables| variables.keys().cloned()).collect()),
        network: sorted(network.cloned().collect()),
        architecture: described.architectures().first().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        log_group: text(described.logging_config().and_then(|logging| logging.log_group())),
        ..FunctionState::default()
    }
}

/// Brings something into the past of the local AWS.
pub(super) async fn history(aws: &Aws, past: &Value) -> TestResult {
    Control::of(aws).await?.call("PUT", "history", &past.to_string()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Codes, described, modified_at};
    use crate::harness::TestResult;
    use crate::scenarios::format::Scenario;
    use crate::scenarios::moment::Moment;

    #[test]
    fn a_version_has_the_code_of_when_it_was_published() -> TestResult {
        let yaml = r#"
name: alias moved
account:
  functions: [{name: points, alias: {live: "42"}, snapshot: {at: -25m, code: "v41", alias: {live: "41"}}}]
history:
  - {at: -3d, call: UpdateFunctionCode, function: points, code: "v41"}
  - {at: -12m, call: UpdateFunctionCode, function: points, code: "v42"}
  - {at: -11m, call: PublishVersion, function: points, set: {version: "42"}}
  - {at: -10m, call: UpdateFunctionCode, function: points, code: "v43"}
  - {at: -140s, call: UpdateAlias, function: points, set: {alias: live, version: "42"}}
failures: [{at: 0, function: points, error_type: TypeError}]
why: the alias
source: composed
expect: {of: points, cause: deployment}
"#;
        let scenario = Scenario::read("alias.yaml", yaml, "000000000000")?;
        let function = &scenario.account.functions[0];
        let codes = Codes::of(&scenario, function);
        assert_eq!(codes.latest, "v43");
        assert_eq!(codes.versions, [(41, "v41".to_owned()), (42, "v42".to_owned())]);
        assert_eq!(codes.at[&42], Moment(-660));
        assert_eq!(modified_at(&scenario, function, Moment(i64::MAX)), Moment(-600), "an alias is not of the function");
        assert_eq!(modified_at(&scenario, function, Moment(-1500)), Moment(-3 * 86_400), "when the sweep saw it");
        Ok(())
    }

    #[test]
    fn a_description_is_that_of_the_last_change() -> TestResult {
        let yaml = r#"
name: described
account:
  functions: [{name: photos, snapshot: {at: -25m}}, {name: points, description: adds points}]
history:
  - {at: -4m, call: UpdateFunctionConfiguration, function: photos, set: {description: stores photos}}
failures: [{at: 0, function: photos, error_type: TypeError}]
why: a description breaks nothing
source: composed
expect: {of: photos, cause: unknown}
"#;
        let scenario = Scenario::read("described.yaml", yaml, "000000000000")?;
        let [photos, points] = scenario.account.functions.as_slice() else { return Err("two functions".into()) };
        let now = Moment(i64::MAX);
        assert_eq!(described(&scenario, photos, now).as_deref(), Some("stores photos"));
        assert_eq!(described(&scenario, photos, Moment(-1500)).as_deref(), Some(""), "when the sweep saw it");
        assert_eq!(described(&scenario, points, now).as_deref(), Some("adds points"));
        Ok(())
    }
}
