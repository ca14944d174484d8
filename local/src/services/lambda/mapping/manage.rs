//! Create, read, change and delete mappings.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::lifecycle::{Change, Lifecycle};
use super::run::Run;
use super::settings::{PARAMETERS, Settings};
use super::{Mapping, not_found, source, start};
use crate::services::lambda::function::conflict;
use crate::services::lambda::reference::Reference;
use crate::services::lambda::rest::{Reply, Request};
use crate::services::lambda::settings::text_members;
use crate::services::lambda::tags::check_tags;
use crate::services::lambda::validation::{check_range, invalid, violation};
use crate::services::lambda::{pages, store};
use crate::{ApiError, Input};

/// Mappings on one page at most (Lambda API reference, `ListEventSourceMappings`).
const PAGE: usize = 100;

pub(in super::super) fn create(request: &Request) -> Result<Reply, ApiError> {
    let known: Vec<&str> = PARAMETERS
        .into_iter()
        .chain(["EventSourceArn", "Tags", "StartingPosition", "StartingPositionTimestamp"])
        .collect();
    request.only(&known)?;
    let (cloud, input, region) = (request.cloud, &request.input, &request.http.region);
    let function = Reference::parse(input.required_text("FunctionName")?, None, region)?;
    check_starting_position(input)?;
    let queue = source::queue(input)?;
    let settings = Settings::default().with(input)?;
    let tags = text_members(&input.structure("Tags").unwrap_or_default())?;
    check_tags(&tags)?;
    source::check(cloud, queue, &function)?;
    let mapping = Mapping {
        uuid: uuid::Uuid::new_v4().to_string(),
        region: region.clone(),
        source: queue.to_owned(),
        function,
        run: Arc::new(Run::new(settings.maximum_concurrency)),
        settings,
        tags,
        modified: Timestamp::now(),
        lifecycle: Lifecycle::new(Change::Creation, store::settles_at(cloud)),
    };
    let mut mappings = cloud.lambda.mappings.lock();
    check_unique(mappings.values(), &mapping)?;
    start(cloud, &mapping);
    let body = mapping.describe();
    mappings.insert(mapping.uuid.clone(), mapping);
    Ok(Reply::json(202, &body))
}

/// Streams have one; queues do not.
fn check_starting_position(input: &Input) -> Result<(), ApiError> {
    const POSITIONS: [&str; 3] = ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"];
    match input.text("StartingPosition") {
        Some(position) if !POSITIONS.contains(&position) => {
            let constraint = format!("satisfy enum value set: [{}]", POSITIONS.join(", "));
            Err(violation(position, "startingPosition", &constraint))
        }
        None if input.get("StartingPositionTimestamp").is_none() => Ok(()),
        _ => Err(invalid("StartingPosition is not valid for SQS event sources.")),
    }
}

/// One queue invokes one function, or one version of it, through one mapping.
fn check_unique<'m>(mut others: impl Iterator<Item = &'m Mapping>, mapping: &Mapping) -> Result<(), ApiError> {
    let is_same = |other: &&Mapping| {
        other.uuid != mapping.uuid && other.source == mapping.source && other.function == mapping.function
    };
    let Some(existing) = others.find(is_same) else { return Ok(()) };
    let function = mapping.function.asked_arn();
    let name = function.split_once(":function:").map_or(function.as_str(), |(_, name)| name);
    Err(conflict(format!(
        "An event source mapping with SQS arn (\" {} \") and function (\" {name} \") already exists. Please update or delete \
         the existing mapping with UUID {}",
        mapping.source, existing.uuid
    )))
}

pub(in super::super) fn get(request: &Request) -> Result<Reply, ApiError> {
    let mappings = request.cloud.lambda.mappings.lock();
    let mapping = mappings.get(request.segment(0)).filter(|mapping| mapping.region == request.http.region);
    Ok(Reply::json(200, &mapping.ok_or_else(not_found)?.describe()))
}

pub(in super::super) fn list(request: &Request) -> Result<Reply, ApiError> {
    let region = &request.http.region;
    let asked = Input(
        [("MaxItems".to_owned(), request.query("MaxItems").map_or(Value::Null, Value::from))].into_iter().collect(),
    );
    check_range(&asked, "MaxItems", 1, 10_000)?;
    let function = request.query("FunctionName").map(|name| Reference::parse(name, None, region)).transpose()?;
    let source = request.query("EventSourceArn");
    let is_asked_for = |mapping: &&Mapping| {
        mapping.region == *region
            && source.is_none_or(|source| mapping.source == source)
            && function.as_ref().is_none_or(|function| mapping.function == *function)
    };
    let mappings = request.cloud.lambda.mappings.lock();
    let found = mappings.values().filter(is_asked_for).map(Mapping::describe).collect();
    pages::reply(request, "EventSourceMappings", found, PAGE)
}

pub(in super::super) fn update(request: &Request) -> Result<Reply, ApiError> {
    request.only(&PARAMETERS)?;
    let (cloud, input) = (request.cloud, &request.input);
    change(request, "update", |mapping| {
        let before = mapping.settings.enabled;
        let mut changed = Mapping { settings: mapping.settings.clone().with(input)?, ..mapping.clone() };
        if let Some(name) = input.text("FunctionName") {
            changed.function = Reference::parse(name, None, &mapping.region)?;
        }
        source::check(cloud, &changed.source, &changed.function)?;
        let change = match (before, changed.settings.enabled) {
            (false, true) => Change::Enabling,
            (true, false) => Change::Disabling,
            _ => Change::Update,
        };
        changed.lifecycle = Lifecycle::new(change, store::settles_at(cloud));
        changed.run.limit(changed.settings.maximum_concurrency);
        Ok(changed)
    })
}

pub(in super::super) fn delete(request: &Request) -> Result<Reply, ApiError> {
    let settles_at = store::settles_at(request.cloud);
    change(request, "delete", |mapping| {
        Ok(Mapping { lifecycle: Lifecycle::new(Change::Deletion, settles_at), ..mapping.clone() })
    })
}

/// Changes a mapping that is not changing already.
fn change(
    request: &Request,
    verb: &str,
    changed: impl FnOnce(&Mapping) -> Result<Mapping, ApiError>,
) -> Result<Reply, ApiError> {
    let mut mappings = request.cloud.lambda.mappings.lock();
    let mapping = mappings.get(request.segment(0)).filter(|mapping| mapping.region == request.http.region);
    let mapping = mapping.ok_or_else(not_found)?;
    mapping.lifecycle.check_settled(verb)?;
    let changed = Mapping { modified: Timestamp::now(), ..changed(mapping)? };
    check_unique(mappings.values(), &changed)?;
    start(request.cloud, &changed);
    let body = changed.describe();
    mappings.insert(changed.uuid.clone(), changed);
    Ok(Reply::json(202, &body))
}
