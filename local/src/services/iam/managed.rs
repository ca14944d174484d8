//! Managed policies: the account's own, and the AWS-managed ones that functions use.

use std::time::Duration;

use jiff::Timestamp;

use super::names::{check_name, check_path};
use super::propagation::Propagating;
use super::store::{Document, Inner, ManagedPolicy, PolicyVersion, no_such_entity, propagation};
use super::validation::{description, managed_document, policy_tags, required};
use super::{attachments, paging, render};
use crate::credentials::unique_id;
use crate::{ApiError, Call, Cloud, Output, arn};

/// AWS's limit of versions per policy.
const MAX_VERSIONS: usize = 5;

const LOGS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#;
const XRAY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":"*"}]}"#;
const SQS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#;
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Path and name after `arn:aws:iam::aws:policy/`, and document.
const AWS_MANAGED: [(&str, &str); 5] = [
    ("service-role/AWSLambdaBasicExecutionRole", LOGS),
    ("AWSXRayDaemonWriteAccess", XRAY),
    ("AWSXrayWriteOnlyAccess", XRAY),
    ("service-role/AWSLambdaSQSQueueExecutionRole", SQS),
    ("AdministratorAccess", EVERYTHING),
];

/// An AWS-managed policy by ARN.
pub(super) fn aws_managed(policy_arn: &str) -> Option<ManagedPolicy> {
    let place = policy_arn.strip_prefix("arn:aws:iam::aws:policy/")?;
    let (_, text) = AWS_MANAGED.iter().find(|(known, _)| *known == place)?;
    let document = managed_document(text).ok()?;
    let (path, name) = match place.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), place),
    };
    Some(new_policy(name, path, policy_arn.to_owned(), None, document, Timestamp::UNIX_EPOCH))
}

fn new_policy(
    name: &str,
    path: String,
    arn: String,
    description: Option<String>,
    document: Document,
    created: Timestamp,
) -> ManagedPolicy {
    let version = PolicyVersion { id: "v1".to_owned(), document: document.clone(), created, is_default: true };
    ManagedPolicy {
        name: name.to_owned(),
        path,
        id: unique_id("ANPA"),
        arn,
        description,
        created,
        updated: created,
        versions: vec![version],
        in_force: Propagating::new(document),
        tags: Default::default(),
    }
}

/// Whether a policy with this ARN exists.
pub(super) fn exists(iam: &Inner, policy_arn: &str) -> bool {
    iam.policies.contains_key(policy_arn) || aws_managed(policy_arn).is_some()
}

fn find(iam: &Inner, policy_arn: &str) -> Result<ManagedPolicy, ApiError> {
    match aws_managed(policy_arn) {
        Some(policy) => Ok(policy),
        None => iam.policy(policy_arn).cloned(),
    }
}

pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let name = required(input, "PolicyName")?;
    check_name("policyName", name, 128)?;
    let path = input.text("Path").filter(|path| !path.is_empty()).unwrap_or("/");
    check_path(path)?;
    let document = managed_document(required(input, "PolicyDocument")?)?;
    let policy_arn = arn::local("iam", "", &format!("policy{path}{name}"));
    let mut policy =
        new_policy(name, path.to_owned(), policy_arn.clone(), description(input)?, document, cloud.clock.now());
    policy.tags = policy_tags(input)?;
    let mut iam = cloud.iam.lock();
    if iam.policies.values().any(|policy| policy.name.eq_ignore_ascii_case(name)) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(ApiError::new("EntityAlreadyExists", message).with_status(409));
    }
    let reply = render::policy(&policy, 0, false);
    iam.policies.insert(policy_arn, policy);
    Ok(Output::structure([("Policy", Some(reply))]))
}

pub(super) fn get(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy_arn = required(&call.input, "PolicyArn")?;
    let iam = cloud.iam.lock();
    let policy = find(&iam, policy_arn)?;
    Ok(Output::structure([("Policy", Some(render::policy(&policy, attachments::count(&iam, policy_arn), false)))]))
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy_arn = required(&call.input, "PolicyArn")?;
    let mut iam = cloud.iam.lock();
    let versions = iam.policy(policy_arn)?.versions.len();
    let used = attachments::count(&iam, policy_arn) > 0
        || iam.roles.values().any(|role| role.boundary.as_deref() == Some(policy_arn));
    let conflict = |message: &str| Err(ApiError::new("DeleteConflict", message).with_status(409));
    if used {
        return conflict("Cannot delete a policy attached to entities.");
    }
    if versions > 1 {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
    }
    iam.policies.remove(policy_arn);
    Ok(Output::empty())
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let iam = cloud.iam.lock();
    let scope = call.input.text("Scope").unwrap_or("All");
    let only_attached = call.input.flag("OnlyAttached").unwrap_or(false);
    let of_aws = AWS_MANAGED.iter().filter_map(|(place, _)| aws_managed(&format!("arn:aws:iam::aws:policy/{place}")));
    let policies = iam
        .policies
        .values()
        .filter(|_| scope != "AWS")
        .cloned()
        .chain(of_aws.filter(|_| scope != "Local"))
        .map(|policy| (attachments::count(&iam, &policy.arn), policy))
        .filter(|(count, _)| !only_attached || *count > 0)
        .map(|(count, policy)| render::policy(&policy, count, true));
    paging::page(&call.input, "Policies", policies.collect())
}

pub(super) fn create_version(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let document = managed_document(required(&call.input, "PolicyDocument")?)?;
    let is_default = call.input.flag("SetAsDefault").unwrap_or(false);
    let (now, delay) = (cloud.clock.now(), propagation(cloud));
    let mut iam = cloud.iam.lock();
    let policy = iam.policy_mut(required(&call.input, "PolicyArn")?)?;
    if policy.versions.len() >= MAX_VERSIONS {
        return Err(ApiError::new("LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.").with_status(409));
    }
    let newest = policy.versions.iter().filter_map(|version| version.id[1..].parse::<u32>().ok()).max().unwrap_or(0);
    let version = PolicyVersion { id: format!("v{}", newest + 1), document, created: now, is_default: false };
    let id = version.id.clone();
    policy.versions.insert(0, version);
    policy.updated = now;
    if is_default {
        make_default(policy, &id, delay)?;
    }
    let created = &policy.versions[0];
    Ok(Output::structure([("PolicyVersion", Some(render::version(created, true)))]))
}

pub(super) fn set_default_version(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let delay = propagation(cloud);
    let mut iam = cloud.iam.lock();
    let policy = iam.policy_mut(required(&call.input, "PolicyArn")?)?;
    make_default(policy, required(&call.input, "VersionId")?, delay)?;
    Ok(Output::empty())
}

fn make_default(policy: &mut ManagedPolicy, id: &str, delay: Duration) -> Result<(), ApiError> {
    let document = version_of(policy, id)?.document.clone();
    for version in &mut policy.versions {
        version.is_default = version.id == id;
    }
    policy.in_force.change(document, delay);
    Ok(())
}

pub(super) fn get_version(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy = find(&cloud.iam.lock(), required(&call.input, "PolicyArn")?)?;
    let version = version_of(&policy, required(&call.input, "VersionId")?)?;
    Ok(Output::structure([("PolicyVersion", Some(render::version(version, false)))]))
}

pub(super) fn list_versions(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy = find(&cloud.iam.lock(), required(&call.input, "PolicyArn")?)?;
    let versions = policy.versions.iter().map(|version| render::version(version, true));
    paging::page(&call.input, "Versions", versions.collect())
}

pub(super) fn delete_version(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let id = required(&call.input, "VersionId")?;
    let mut iam = cloud.iam.lock();
    let policy = iam.policy_mut(required(&call.input, "PolicyArn")?)?;
    if version_of(policy, id)?.is_default {
        let message = "Cannot delete the default version of a policy.";
        return Err(ApiError::new("DeleteConflict", message).with_status(409));
    }
    policy.versions.retain(|version| version.id != id);
    Ok(Output::empty())
}

fn version_of<'a>(policy: &'a ManagedPolicy, id: &str) -> Result<&'a PolicyVersion, ApiError> {
    policy.versions.iter().find(|version| version.id == id).ok_or_else(|| {
        no_such_entity(format!("Policy {} version {id} does not exist or is not attachable.", policy.arn))
    })
}
