//! Aliases: names for versions, which callers use in their place.

use serde_json::{Value, json};

use super::function::{Function, check_revision, conflict, new_revision_id};
use super::reference::{LATEST, Reference};
use super::rest::{Reply, Request};
use super::settings::checked_description;
use super::validation::{invalid, violation};
use super::{pages, store};
use crate::{ApiError, Input};

/// A name for one version, or for two between which invocations are split.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alias {
    pub(super) version: String,
    description: String,
    /// The second version and its share, 0 to 1.
    second: Option<(String, f64)>,
    revision_id: String,
}

impl Alias {
    /// The version for an invocation, by a number from 0 up to 1.
    pub(super) fn version_for(&self, chance: f64) -> &str {
        match &self.second {
            Some((version, share)) if chance < *share => version,
            _ => &self.version,
        }
    }

    /// Whether it leads to a version.
    pub(super) fn leads_to(&self, version: &str) -> bool {
        self.version == version || self.second.as_ref().is_some_and(|(second, _)| second == version)
    }

    fn describe(&self, function: &Function, name: &str) -> Value {
        let mut members = json!({
            "AliasArn": function.qualified_arn(name),
            "Name": name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision_id,
        });
        if let Some((version, share)) = &self.second {
            members["RoutingConfig"] = json!({ "AdditionalVersionWeights": { version: share } });
        }
        members
    }

    /// Applies the given settings, and checks the whole.
    fn update(&mut self, function: &Function, input: &Input) -> Result<(), ApiError> {
        if let Some(version) = input.text("FunctionVersion") {
            check_version(version)?;
            self.version = version.to_owned();
        }
        if let Some(description) = input.text("Description") {
            self.description = checked_description(description)?;
        }
        if let Some(weights) =
            input.structure("RoutingConfig").and_then(|all| all.structure("AdditionalVersionWeights"))
        {
            self.second = second(&weights)?;
        }
        if let Some((second, _)) = &self.second {
            if self.version == LATEST {
                return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
            }
            if *second == self.version {
                return Err(invalid(format!(
                    "Invalid function version {second}. Function version {second} is already included in routing \
                     configuration."
                )));
            }
        }
        let versions = std::iter::once(&self.version).chain(self.second.iter().map(|(version, _)| version));
        for version in versions {
            if version != LATEST && !function.published.iter().any(|revision| revision.version == *version) {
                let message = format!("Function not found: {}", function.qualified_arn(version));
                return Err(ApiError::new("ResourceNotFoundException", message).with_status(404));
            }
        }
        self.revision_id = new_revision_id();
        Ok(())
    }
}

fn check_version(version: &str) -> Result<(), ApiError> {
    if version == LATEST || is_number(version) {
        return Ok(());
    }
    Err(violation(version, "functionVersion", "satisfy regular expression pattern: (\\$LATEST|[0-9]+)"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The only entry of `AdditionalVersionWeights`; errors as recorded on AWS in November 2023.
fn second(weights: &Input) -> Result<Option<(String, f64)>, ApiError> {
    let member = "routingConfig.additionalVersionWeights";
    let mut entries = weights.0.iter();
    let Some((version, share)) = entries.next() else { return Ok(None) };
    if entries.next().is_some() {
        return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    let share = share.as_f64().unwrap_or(-1.0);
    if !is_number(version) {
        let constraint = "satisfy constraint: [Member must have length less than or equal to 1024, Member must have \
                          length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, \
                          Member must not be null]";
        return Err(map_violation(&format!("{{{version}={share:?}}}"), member, &format!("Map keys must {constraint}")));
    }
    if !(0.0..=1.0).contains(&share) {
        let constraint = "satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value \
                          greater than or equal to 0.0, Member must not be null]";
        return Err(map_violation(
            &format!("{{{version}={share:?}}}"),
            member,
            &format!("Map value must {constraint}"),
        ));
    }
    Ok(Some((version.clone(), share)))
}

fn map_violation(value: &str, member: &str, constraint: &str) -> ApiError {
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ),
    )
}

pub(super) fn create(request: &Request) -> Result<Reply, ApiError> {
    request.only(&["Name", "FunctionVersion", "Description", "RoutingConfig"])?;
    let input = &request.input;
    let name = input.required_text("Name")?;
    check_name(name)?;
    let version = input.required_text("FunctionVersion")?;
    check_version(version)?;
    let reference = unqualified(request)?;
    let of_version = Reference { qualifier: Some(version.to_owned()), ..reference };
    store::change(request.cloud, &of_version, |function| {
        let mut alias =
            Alias { version: String::new(), description: String::new(), second: None, revision_id: String::new() };
        alias.update(function, input)?;
        if function.aliases.contains_key(name) {
            return Err(conflict(format!("Alias already exists: {}", function.qualified_arn(name))));
        }
        let body = alias.describe(function, name);
        function.aliases.insert(name.to_owned(), alias);
        Ok(Reply::json(201, &body))
    })
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let is_word = name.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    if name.is_empty() || name.len() > 128 {
        let bound = if name.is_empty() { "greater than or equal to 1" } else { "less than or equal to 128" };
        return Err(violation(name, "name", &format!("have length {bound}")));
    }
    if is_number(name) || !is_word {
        return Err(violation(name, "name", "satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"));
    }
    Ok(())
}

pub(super) fn update(request: &Request) -> Result<Reply, ApiError> {
    request.only(&["FunctionVersion", "Description", "RoutingConfig", "RevisionId"])?;
    let (reference, name) = (unqualified(request)?, request.segment(1));
    store::change(request.cloud, &reference, |function| {
        let mut alias = function.alias(name)?.clone();
        check_revision(request.input.text("RevisionId"), &alias.revision_id)?;
        alias.update(function, &request.input)?;
        let body = alias.describe(function, name);
        function.aliases.insert(name.to_owned(), alias);
        Ok(Reply::json(200, &body))
    })
}

pub(super) fn get(request: &Request) -> Result<Reply, ApiError> {
    let (reference, name) = (unqualified(request)?, request.segment(1));
    store::read(request.cloud, &reference, |function| {
        Ok(Reply::json(200, &function.alias(name)?.describe(function, name)))
    })
}

pub(super) fn list(request: &Request) -> Result<Reply, ApiError> {
    let reference = unqualified(request)?;
    let version = request.query("FunctionVersion");
    version.map_or(Ok(()), check_version)?;
    store::read(request.cloud, &reference, |function| {
        let meant = function.aliases.iter().filter(|(_, alias)| version.is_none_or(|version| alias.leads_to(version)));
        let aliases = meant.map(|(name, alias)| alias.describe(function, name)).collect();
        pages::reply(request, "Aliases", aliases, pages::PAGE)
    })
}

/// What belongs to the alias goes with it. An alias that does not exist is no error.
pub(super) fn delete(request: &Request) -> Result<Reply, ApiError> {
    let (reference, name) = (unqualified(request)?, request.segment(1));
    store::change(request.cloud, &reference, |function| {
        function.aliases.remove(name);
        function.event_invoke.remove(name);
        function.policy.remove_qualifier(name);
        Ok(Reply::empty(204))
    })
}

fn unqualified(request: &Request) -> Result<Reference, ApiError> {
    Reference::parse(request.segment(0), None, &request.http.region)
}
