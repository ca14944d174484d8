//! Event buses.

use super::state::{Bus, DEFAULT_BUS, Events};
use super::validation::{check_name, invalid, page, tags_of};
use crate::{ApiError, Call, Output};

pub(super) fn create(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("Name")?;
    check_name(name, "name", 256)?;
    if call.input.get("EventSourceName").is_some() {
        return Err(ApiError::not_implemented("events", "CreateEventBus for a partner event source"));
    }
    let tags = tags_of(&call.input)?;
    let arn = events.with_buses(&call.region, |buses| {
        if buses.contains_key(name) {
            let message = format!("Event bus {name} already exists.");
            return Err(ApiError::new("ResourceAlreadyExistsException", message));
        }
        let mut bus = Bus::new(&call.region, name);
        bus.description = call.input.text("Description").map(str::to_owned);
        bus.tags = tags;
        let arn = bus.arn.clone();
        buses.insert(name.to_owned(), bus);
        Ok(arn)
    })?;
    Ok(Output::structure([("EventBusArn", Some(arn.into()))]))
}

pub(super) fn describe(events: &Events, call: &Call) -> Result<Output, ApiError> {
    events.with_bus(&call.region, call.input.text("Name"), |bus| Ok(described(bus)))
}

pub(super) fn list(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let prefix = call.input.text("NamePrefix").unwrap_or_default();
    let buses = events.with_buses(&call.region, |buses| {
        buses.values().filter(|bus| bus.name.starts_with(prefix)).map(described).collect()
    });
    let (buses, next) = page(buses, call)?;
    Ok(Output::structure([("EventBuses", Some(Output::List(buses))), ("NextToken", next.map(Into::into))]))
}

fn described(bus: &Bus) -> Output {
    Output::structure([
        ("Name", Some(bus.name.as_str().into())),
        ("Arn", Some(bus.arn.as_str().into())),
        ("Description", bus.description.as_deref().map(Into::into)),
    ])
}

/// Deletes a bus; deleting a missing one succeeds.
pub(super) fn delete(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("Name")?;
    if name == DEFAULT_BUS {
        return Err(invalid("Cannot delete event bus default."));
    }
    events.with_buses(&call.region, |buses| {
        if buses.get(name).is_some_and(|bus| !bus.rules.is_empty()) {
            return Err(invalid("EventBus can't be deleted since it has rules."));
        }
        buses.remove(name);
        Ok(Output::empty())
    })
}
