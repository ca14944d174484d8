//! What a call says a stack should be made from.

use std::collections::BTreeMap;

use super::error::validation;
use super::provisioner::{Declaration, Home};
use super::stack::{Blueprint, spread_tags};
use crate::services::s3;
use crate::services::tags::{self, Problem};
use crate::{ApiError, Call, Cloud, Input};

/// The longest template that a call carries itself, in bytes.
const LONGEST_BODY: usize = 51_200;
/// The longest template in S3, in bytes.
const LONGEST_OBJECT: usize = 1_048_576;
const MAX_TAGS: usize = 50;

/// Resolves what a call asks for; `previous` is what the stack was made from last.
///
/// # Errors
/// Everything that CloudFormation refuses before it begins.
pub(super) fn blueprint(
    cloud: &Cloud,
    call: &Call,
    home: &Home,
    previous: Option<&Blueprint>,
) -> Result<Blueprint, ApiError> {
    let provisioner = cloud.cloudformation.provisioner();
    let input = &call.input;
    let template = template(cloud, input, previous)?;
    let declaration = provisioner.parse(&template).map_err(validation)?;
    check_capabilities(&declaration, &input.texts("Capabilities"))?;
    let parameters = parameters(input, &declaration, previous)?;
    let tags = match input.get("Tags") {
        None => previous.map(|previous| previous.tags.clone()).unwrap_or_default(),
        Some(_) => tags(input)?,
    };
    let mut resolved = provisioner.resolve(&template, &parameters, home).map_err(validation)?;
    spread_tags(&mut resolved.resources, &tags);
    Ok(Blueprint {
        template,
        description: declaration.description,
        parameters,
        tags,
        capabilities: input.texts("Capabilities"),
        resources: resolved.resources,
        outputs: resolved.outputs,
    })
}

/// The template that a call carries, names in S3, or leaves as it is.
pub(super) fn template(cloud: &Cloud, input: &Input, previous: Option<&Blueprint>) -> Result<String, ApiError> {
    match (input.text("TemplateBody"), input.text("TemplateURL"), input.flag("UsePreviousTemplate"), previous) {
        (Some(body), None, None | Some(false), _) => match body.len() > LONGEST_BODY {
            // AWS repeats the whole template in the place of the dots.
            true => Err(validation(format!(
                "1 validation error detected: Value '…' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LONGEST_BODY}"
            ))),
            false => Ok(body.to_owned()),
        },
        (None, Some(url), None | Some(false), _) => from_s3(cloud, url),
        (None, None, Some(true), Some(previous)) => Ok(previous.template.clone()),
        (None, None, Some(true), None) => Err(validation("Template not found for previous template")),
        (None, None, ..) => Err(validation("Either Template URL or Template Body must be specified.")),
        _ => Err(validation("Template URL, Template Body and UsePreviousTemplate are mutually exclusive.")),
    }
}

fn from_s3(cloud: &Cloud, url: &str) -> Result<String, ApiError> {
    let error = |message: String| validation(format!("S3 error: {message}"));
    let (bucket, key) = bucket_and_key(cloud, url).ok_or_else(|| validation("TemplateURL must be a supported URL."))?;
    let body = s3::object(cloud, &bucket, &key).map_err(|failure| {
        error(format!(
            "{}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
            failure.message
        ))
    })?;
    if body.len() > LONGEST_OBJECT {
        return Err(validation(format!("Template may not exceed {LONGEST_OBJECT} bytes in size.")));
    }
    String::from_utf8(body.to_vec()).map_err(|_| validation("Template format error: unsupported structure."))
}

/// Both forms of a URL of S3: `https://s3.REGION.amazonaws.com/BUCKET/KEY` and `https://BUCKET.s3.REGION.amazonaws.com/KEY`;
/// the local endpoint stands for the first.
fn bucket_and_key(cloud: &Cloud, url: &str) -> Option<(String, String)> {
    let url = url.split('?').next()?;
    let (host, path) = url.split_once("://")?.1.split_once('/')?;
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    if url.starts_with(&cloud.endpoint) || host.starts_with("s3.") || host.starts_with("s3-") {
        return decoded.split_once('/').map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
    }
    let bucket = host.split_once(".s3.").or_else(|| host.split_once(".s3-"))?.0;
    Some((bucket.to_owned(), decoded))
}

/// A template that makes roles needs the caller's consent, and more of it for roles with names.
fn check_capabilities(declaration: &Declaration, given: &[String]) -> Result<(), ApiError> {
    let has = |name: &str| given.iter().any(|capability| capability == name);
    match required_capability(declaration) {
        Some(needed) if !has(needed) && !has("CAPABILITY_NAMED_IAM") => {
            Err(ApiError::new("InsufficientCapabilitiesException", format!("Requires capabilities : [{needed}]")))
        }
        _ => Ok(()),
    }
}

/// The capability that a template needs.
pub(super) fn required_capability(declaration: &Declaration) -> Option<&'static str> {
    let mut roles = declaration.resources.iter().filter(|(_, kind, _)| kind.starts_with("AWS::IAM::")).peekable();
    roles.peek()?;
    let named = |properties: &[String]| {
        properties
            .iter()
            .any(|name| matches!(name.as_str(), "RoleName" | "UserName" | "GroupName" | "ManagedPolicyName"))
    };
    match roles.any(|(_, _, properties)| named(properties)) {
        true => Some("CAPABILITY_NAMED_IAM"),
        false => Some("CAPABILITY_IAM"),
    }
}

fn parameters(
    input: &Input,
    declaration: &Declaration,
    previous: Option<&Blueprint>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut values = BTreeMap::new();
    for given in input.structures("Parameters") {
        let key = given.text("ParameterKey").unwrap_or_default().to_owned();
        let value = match (given.text("ParameterValue"), given.flag("UsePreviousValue")) {
            (Some(_), Some(true)) => {
                return Err(validation(format!(
                    "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and non empty value for a parameter"
                )));
            }
            (Some(value), _) => value.to_owned(),
            (None, Some(true)) => match previous.and_then(|previous| previous.parameters.get(&key)) {
                Some(value) => value.clone(),
                None => {
                    return Err(validation(format!(
                        "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                    )));
                }
            },
            (None, _) => {
                return Err(validation(format!(
                    "Parameter {key} should either have input value or reference an SSM parameter"
                )));
            }
        };
        values.insert(key, value);
    }
    let unknown: Vec<&str> = values
        .keys()
        .filter(|key| declaration.parameters.iter().all(|parameter| parameter.name != **key))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        return Err(validation(format!("Parameters: [{}] do not exist in the template", unknown.join(", "))));
    }
    for parameter in &declaration.parameters {
        if let Some(default) = &parameter.default {
            values.entry(parameter.name.clone()).or_insert_with(|| default.clone());
        }
    }
    let missing: Vec<&str> = declaration
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .filter(|name| !values.contains_key(*name))
        .collect();
    match missing.is_empty() {
        true => Ok(values),
        false => Err(validation(format!("Parameters: [{}] must have values", missing.join(", ")))),
    }
}

fn tags(input: &Input) -> Result<BTreeMap<String, String>, ApiError> {
    let given = tags::pairs(input, "Tags");
    Err(match tags::problem(&given, MAX_TAGS) {
        None => return Ok(given.into_iter().collect()),
        Some(Problem::Reserved(_)) => validation("aws: prefixed tag key names are not allowed for external use."),
        Some(Problem::Duplicate(key)) => validation(format!("Duplicate tag key: {key}")),
        Some(Problem::TooMany) => validation(format!("A maximum of {MAX_TAGS} tags are allowed per stack")),
        Some(problem) => validation(format!("Invalid tags: {problem}")),
    })
}
