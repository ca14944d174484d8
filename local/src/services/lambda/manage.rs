//! Create, change and delete functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::code::Code;
use super::function::{Function, Lifecycle, Revision, conflict, new_revision_id};
use super::permission::ResourcePolicy;
use super::reference::Reference;
use super::rest::{Reply, Request};
use super::settings::{SETTING_PARAMETERS, Settings, text_members};
use super::tags::check_tags;
use super::validation::{invalid, violation};
use super::{role, store, version};
use crate::services::s3;
use crate::{ApiError, Cloud, Input, arn};

/// Path prefix of package downloads.
pub(super) const PACKAGES: &str = "/lambda-packages/";

pub(super) fn create(request: &Request) -> Result<Reply, ApiError> {
    let known: Vec<&str> =
        SETTING_PARAMETERS.into_iter().chain(["Code", "Publish", "Tags", "Architectures", "PackageType"]).collect();
    request.only(&known)?;
    let function = new_function(request)?;
    let cloud = request.cloud;
    role::check_assumable(cloud, &function.latest.settings.role)?;
    role::check_dead_letter(cloud, &function)?;
    prepare(&function.latest.code);
    let key = (function.region.clone(), function.name.clone());
    let mut functions = store::functions(cloud);
    if functions.contains_key(&key) {
        return Err(conflict(format!("Function already exist: {}", function.name)));
    }
    let mut body = function.describe(&function.latest, false);
    let mut function = function;
    if request.input.flag("Publish") == Some(true) {
        let published = version::publish(&mut function, None);
        // With the function's own ARN, unlike `PublishVersion`: recorded on AWS in November 2023.
        body = function.describe(&published, false);
    }
    functions.insert(key, function);
    Ok(Reply::json(201, &body))
}

fn new_function(request: &Request) -> Result<Function, ApiError> {
    let (cloud, input, region) = (request.cloud, &request.input, &request.http.region);
    let reference = Reference::parse(input.required_text("FunctionName")?, None, region)?;
    if let Some(kind) = input.text("PackageType").filter(|kind| *kind != "Zip") {
        return Err(ApiError::not_implemented("lambda", &format!("CreateFunction with PackageType {kind}")));
    }
    let mut settings = Settings::create(&reference.name, input)?;
    settings.role_id = role::unique_id(cloud, &settings.role);
    let tags = text_members(&input.structure("Tags").unwrap_or_default())?;
    check_tags(&tags)?;
    let package = input.structure("Code").unwrap_or_default();
    let code = read_code(request, &package)?;
    Ok(Function {
        arn: arn::local("lambda", region, &format!("function:{}", reference.name)),
        name: reference.name,
        region: region.clone(),
        latest: Revision::new(settings, code),
        published: Vec::new(),
        next_version: 1,
        aliases: BTreeMap::new(),
        lifecycle: Lifecycle::created(store::settles_at(cloud)),
        tags,
        reserved_concurrency: None,
        policy: ResourcePolicy::default(),
        event_invoke: BTreeMap::new(),
    })
}

fn read_code(request: &Request, package: &Input) -> Result<Arc<Code>, ApiError> {
    if let Some(name) = ["S3ObjectVersion", "ImageUri"].into_iter().find(|name| package.get(name).is_some()) {
        return Err(ApiError::not_implemented("lambda", &format!("{} with {name}", request.operation)));
    }
    if let (Some(bucket), Some(key)) = (package.text("S3Bucket"), package.text("S3Key")) {
        let zip = s3::object(request.cloud, bucket, key).map_err(|error| unavailable(&error))?;
        return Code::from_zip(zip, &store::code_root(request.cloud)).map(|code| store::shared(request.cloud, code));
    }
    let zip = package.text("ZipFile").ok_or_else(|| invalid("Please provide a source for function code."))?;
    Code::from_base64(zip, &store::code_root(request.cloud), request.operation)
        .map(|code| store::shared(request.cloud, code))
}

fn unavailable(error: &ApiError) -> ApiError {
    let ApiError { code, message, .. } = error;
    invalid(format!("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"))
}

/// Unpacks in the background, to speed up the first invocation.
fn prepare(code: &Arc<Code>) {
    let code = Arc::clone(code);
    tokio::spawn(async move {
        if let Err(error) = code.folder().await {
            tracing::warn!(%error, "cannot unpack a deployment package");
        }
    });
}

/// `UpdateFunctionCode`.
pub(super) fn update_code(request: &Request) -> Result<Reply, ApiError> {
    request.only(&[
        "FunctionName",
        "ZipFile",
        "S3Bucket",
        "S3Key",
        "S3ObjectVersion",
        "ImageUri",
        "Publish",
        "DryRun",
        "RevisionId",
        "Architectures",
    ])?;
    let reference = unqualified(request)?;
    let input = &request.input;
    store::read(request.cloud, &reference, |_| Ok(()))?;
    let code = read_code(request, input)?;
    let dry_run = input.flag("DryRun") == Some(true);
    let settles_at = store::settles_at(request.cloud);
    if !dry_run {
        prepare(&code);
    }
    store::change(request.cloud, &reference, |function| {
        function.check_settled()?;
        function.check_revision(input.text("RevisionId"))?;
        let mut settings = function.latest.settings.clone();
        settings.set_architectures(input)?;
        let revision = Revision::new(settings, code);
        if dry_run {
            return Ok(Reply::json(200, &function.describe(&revision, false)));
        }
        function.latest = revision;
        function.lifecycle = Lifecycle::updated(settles_at);
        request.cloud.lambda.pool.retire(&function.arn);
        if input.flag("Publish") == Some(true) {
            let published = version::publish(function, None);
            return Ok(Reply::json(200, &function.describe(&published, true)));
        }
        Ok(Reply::json(200, &function.describe(&function.latest, false)))
    })
}

/// `UpdateFunctionConfiguration`.
pub(super) fn update_configuration(request: &Request) -> Result<Reply, ApiError> {
    let known: Vec<&str> = SETTING_PARAMETERS.into_iter().chain(["RevisionId"]).collect();
    request.only(&known)?;
    let reference = unqualified(request)?;
    let cloud = request.cloud;
    let mut changed = store::read(cloud, &reference, |function| Ok(function.clone()))?;
    changed.check_settled()?;
    changed.check_revision(request.input.text("RevisionId"))?;
    let old_role = changed.latest.settings.role.clone();
    changed.latest.settings.update(&request.input)?;
    let role = changed.latest.settings.role.clone();
    role::check_assumable(cloud, &role)?;
    if role != old_role {
        changed.latest.settings.role_id = role::unique_id(cloud, &role);
    }
    role::check_dead_letter(cloud, &changed)?;
    store::change(cloud, &reference, |function| {
        function.check_settled()?;
        function.latest = Revision::new(changed.latest.settings, Arc::clone(&function.latest.code));
        function.lifecycle = Lifecycle::updated(store::settles_at(cloud));
        cloud.lambda.pool.retire(&function.arn);
        Ok(Reply::json(200, &function.describe(&function.latest, false)))
    })
}

/// Deletes the whole function, or one published version.
pub(super) fn delete(request: &Request) -> Result<Reply, ApiError> {
    let reference = Reference::parse(request.segment(0), request.query("Qualifier"), &request.http.region)?;
    let cloud = request.cloud;
    if let Some(qualifier) = reference.qualifier.as_deref() {
        if qualifier == super::reference::LATEST {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        store::change(cloud, &reference, |function| {
            let aliases = function.aliases.iter().filter(|(_, alias)| alias.leads_to(qualifier));
            let aliases: Vec<&str> = aliases.map(|(name, _)| name.as_str()).collect();
            if !aliases.is_empty() {
                return Err(conflict(format!(
                    "Unable to delete version because the following aliases reference it: [{}]",
                    aliases.join(", ")
                )));
            }
            if function.aliases.contains_key(qualifier) {
                return Err(invalid("Deletion of aliases is not currently supported."));
            }
            function.published.retain(|revision| revision.version != qualifier);
            function.latest.revision_id = new_revision_id();
            Ok(())
        })?;
        return Ok(Reply::empty(204));
    }
    let mut functions = store::functions(cloud);
    let key = store::key(&reference);
    let function = functions.get(&key).ok_or_else(|| reference.not_found())?;
    function.check_settled()?;
    cloud.lambda.pool.retire(&function.arn);
    functions.remove(&key);
    Ok(Reply::empty(204))
}

pub(super) fn publish_version(request: &Request) -> Result<Reply, ApiError> {
    request.only(&["CodeSha256", "Description", "RevisionId"])?;
    let reference = unqualified(request)?;
    let input = &request.input;
    store::change(request.cloud, &reference, |function| {
        function.check_settled()?;
        function.check_revision(input.text("RevisionId"))?;
        if let Some(expected) = input.text("CodeSha256").filter(|expected| *expected != function.latest.code.sha256) {
            return Err(invalid(format!(
                "CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({}). Please try again with \
                 the CodeSHA256 in $LATEST.",
                function.latest.code.sha256
            )));
        }
        let published = version::publish(function, input.text("Description"));
        Ok(Reply::json(201, &function.describe(&published, true)))
    })
}

fn unqualified(request: &Request) -> Result<Reference, ApiError> {
    let reference = Reference::parse(request.segment(0), None, &request.http.region)?;
    match &reference.qualifier {
        Some(qualifier) if qualifier != super::reference::LATEST => {
            Err(violation(request.segment(0), "functionName", "not carry the qualifier of a version"))
        }
        _ => Ok(Reference { qualifier: None, ..reference }),
    }
}

/// The code location in `GetFunction`. Like AWS's presigned link it needs no signature: only who knows the code can
/// construct it.
pub(super) fn code_location(request: &Request, revision: &Revision) -> serde_json::Value {
    let location = format!("{}{PACKAGES}{}.zip", request.cloud.endpoint, revision.code.digest());
    json!({ "RepositoryType": "S3", "Location": location })
}

/// The zip behind such a link, if it is still in use.
pub(super) fn package(cloud: &Cloud, path: &str) -> Option<Bytes> {
    let digest = path.strip_prefix(PACKAGES)?.strip_suffix(".zip")?;
    let functions = store::functions(cloud);
    let mut revisions = functions.values().flat_map(|function| function.published.iter().chain([&function.latest]));
    revisions.find(|revision| revision.code.digest() == digest).map(|revision| revision.code.zip())
}
