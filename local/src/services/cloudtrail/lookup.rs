//! `LookupEvents`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::store::Event;
use crate::{ApiError, Call, Cloud, Input, Output};

/// The rate limit: two calls in a second, "per account, per Region" (API reference).
const RATE: Duration = Duration::from_secs(1);
const PAGE: i64 = 50;
/// How long the history goes back, in milliseconds.
const HISTORY: i64 = 90 * 24 * 3600 * 1000;
const LONGEST_VALUE: usize = 2000;

/// What events must have.
enum Attribute {
    EventId(String),
    EventName(String),
    ReadOnly(bool),
    Username(String),
    ResourceType(String),
    ResourceName(String),
    EventSource(String),
    AccessKeyId(String),
}

impl Attribute {
    fn read(input: &Input) -> Result<Self, ApiError> {
        let key = input.text("AttributeKey").unwrap_or_default();
        let value = input.text("AttributeValue").unwrap_or_default();
        if value.is_empty() || length(value) > LONGEST_VALUE {
            return Err(wrong(format!(
                "The value of the lookup attribute {key} must have 1 to {LONGEST_VALUE} characters."
            )));
        }
        let text = value.to_owned();
        match key {
            "EventId" => Ok(Self::EventId(text)),
            "EventName" => Ok(Self::EventName(text)),
            "ReadOnly" => {
                let flag = value.parse().map_err(|_| wrong("The value of ReadOnly must be true or false."))?;
                Ok(Self::ReadOnly(flag))
            }
            "Username" => Ok(Self::Username(text)),
            "ResourceType" => Ok(Self::ResourceType(text)),
            "ResourceName" => Ok(Self::ResourceName(text)),
            "EventSource" => Ok(Self::EventSource(text)),
            "AccessKeyId" => Ok(Self::AccessKeyId(text)),
            _ => Err(wrong(format!("The lookup attribute {key} is not supported."))),
        }
    }

    fn is_of(&self, event: &Event) -> bool {
        match self {
            Self::EventId(id) => event.id == *id,
            Self::EventName(name) => event.name == *name,
            Self::ReadOnly(flag) => event.is_read_only == *flag,
            Self::Username(name) => event.username.as_ref() == Some(name),
            Self::ResourceType(kind) => event.resources.iter().any(|(of, _)| of == kind),
            Self::ResourceName(name) => event.resources.iter().any(|(_, of)| of == name),
            Self::EventSource(source) => event.source == *source,
            Self::AccessKeyId(key) => event.access_key.as_ref() == Some(key),
        }
    }
}

/// "The characters '_', ' ', ',', '\n' count as two."
fn length(value: &str) -> usize {
    value.chars().map(|character| if "_ ,\n".contains(character) { 2 } else { 1 }).sum()
}

fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidLookupAttributesException", message)
}

pub(super) fn events(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    if cloud.config.limits.is_some() && !cloud.cloudtrail.store.may_look_up(&call.region, cloud.clock.scaled(RATE)) {
        return Err(ApiError::new("ThrottlingException", "Rate exceeded"));
    }
    let input = &call.input;
    let attribute = attribute(input)?;
    match input.text("EventCategory") {
        None => {}
        Some("insight") => return Err(ApiError::not_implemented("cloudtrail", "LookupEvents of Insights events")),
        Some(other) => {
            let message = format!("The event category {other} is not supported.");
            return Err(ApiError::new("InvalidEventCategoryException", message));
        }
    }
    let (start, end) = time_range(input)?;
    let size = page_size(input)?;
    let question = question(input);
    let from = input.text("NextToken").map(|token| parse(token, question)).transpose()?;
    let now = cloud.clock.now().as_millisecond();
    let events = cloud.cloudtrail.store.newest(size + 1, |event| {
        event.region == call.region
            && event.visible <= now
            && event.time >= start.unwrap_or(i64::MIN).max(now - HISTORY)
            && end.is_none_or(|end| event.time <= end)
            && attribute.as_ref().is_none_or(|attribute| attribute.is_of(event))
            && from.is_none_or(|from| event.place() <= from)
    });
    let next = events.get(size).map(|event| token(question, event.place()));
    Ok(Output::structure([
        ("Events", Some(Output::List(events.iter().take(size).map(describe).collect()))),
        ("NextToken", next.map(Output::from)),
    ]))
}

/// The only lookup attribute.
fn attribute(input: &Input) -> Result<Option<Attribute>, ApiError> {
    match input.structures("LookupAttributes").as_slice() {
        [] => Ok(None),
        [one] => Attribute::read(one).map(Some),
        _ => Err(wrong("You can specify only one lookup attribute.")),
    }
}

/// The time range in milliseconds; times come in seconds.
fn time_range(input: &Input) -> Result<(Option<i64>, Option<i64>), ApiError> {
    let at = |name: &str| input.double(name).map(|seconds| (seconds * 1000.0) as i64);
    match (at("StartTime"), at("EndTime")) {
        (Some(start), Some(end)) if start > end => {
            Err(ApiError::new("InvalidTimeRangeException", "The start time must not be after the end time."))
        }
        range => Ok(range),
    }
}

fn page_size(input: &Input) -> Result<usize, ApiError> {
    let size = input.integer("MaxResults").unwrap_or(PAGE);
    match usize::try_from(size) {
        Ok(size) if (1..=PAGE).contains(&input.integer("MaxResults").unwrap_or(PAGE)) => Ok(size),
        _ => Err(ApiError::new("InvalidMaxResultsException", format!("MaxResults must be from 1 to {PAGE}."))),
    }
}

/// What a call asks: a token belongs to one question.
fn question(input: &Input) -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in ["LookupAttributes", "StartTime", "EndTime", "EventCategory"] {
        input.get(name).map(ToString::to_string).hash(&mut hasher);
    }
    hasher.finish()
}

fn token(question: u64, (time, number): (i64, u64)) -> String {
    format!("{question:016x}{time:016x}{number:016x}")
}

fn parse(token: &str, question: u64) -> Result<(i64, u64), ApiError> {
    let read = || {
        let part = |index: usize| u64::from_str_radix(token.get(index * 16..index * 16 + 16)?, 16).ok();
        let is_of_question = token.len() == 48 && part(0)? == question;
        is_of_question.then_some((i64::try_from(part(1)?).ok()?, part(2)?))
    };
    read().ok_or_else(|| ApiError::new("InvalidNextTokenException", "The NextToken is not valid for this request."))
}

fn describe(event: &Event) -> Output {
    let resource = |(kind, name): &(String, String)| {
        Output::structure([("ResourceType", Some(kind.as_str().into())), ("ResourceName", Some(name.as_str().into()))])
    };
    Output::structure([
        ("EventId", Some(event.id.as_str().into())),
        ("EventName", Some(event.name.as_str().into())),
        ("ReadOnly", Some(event.is_read_only.to_string().into())),
        ("AccessKeyId", event.access_key.as_deref().map(Output::from)),
        // In whole seconds.
        ("EventTime", Some(Output::Timestamp(event.time.div_euclid(1000) as f64))),
        ("EventSource", Some(event.source.as_str().into())),
        ("Username", event.username.as_deref().map(Output::from)),
        ("Resources", Some(Output::List(event.resources.iter().map(resource).collect()))),
        ("CloudTrailEvent", Some(event.record.as_str().into())),
    ])
}
