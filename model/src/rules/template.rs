//! Texts with placeholders: `{resource}`, `{error:80}`, `{attributes.exit_code}`, `{region|the region}`.

use serde_json::Value;

use crate::fields::shortened;
use crate::observation::Observation;
use crate::rules::similar::similar;

/// Longest value that a placeholder without a limit stands for, in characters.
const DEFAULT_LIMIT: usize = 200;

const NAMES: &[&str] = &[
    "resource",
    "source",
    "account",
    "region",
    "error",
    "error_type",
    "error_message",
    "request_id",
    "detail_type",
    "occurred_at",
    "attributes.NAME",
];

/// A text with placeholders, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder {
        name: String,
        /// In characters.
        limit: usize,
        /// What stands there when the event does not say.
        otherwise: Option<String>,
    },
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    /// A brace without its partner.
    #[error("a `{{` is not closed; braces stand around a placeholder, such as {{resource}}")]
    Unclosed,
    /// A placeholder that stands for nothing.
    #[error("`{{{0}}}` stands for nothing{advice}", advice = similar(.0, NAMES))]
    Unknown(String),
    /// A length limit that is no number.
    #[error("`{0}` is no length limit; write a number of characters, such as {{error:80}}")]
    Limit(String),
}

impl Template {
    /// Reads a text, or says everything that is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        let mut parts = Vec::new();
        let mut errors = Vec::new();
        let mut rest = text.trim();
        while let Some((before, after)) = rest.split_once('{') {
            parts.push(Part::Text(before.to_owned()));
            let Some((inside, behind)) = after.split_once('}') else {
                errors.push(TemplateError::Unclosed);
                break;
            };
            match Part::parse(inside) {
                Ok(part) => parts.push(part),
                Err(error) => errors.push(error),
            }
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        if errors.is_empty() { Ok(Self { parts }) } else { Err(errors) }
    }

    /// The attributes that it names.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder { name, .. } => name.strip_prefix("attributes."),
            Part::Text(_) => None,
        })
    }

    /// The text with values in the placeholders' places, at most so many characters.
    pub(super) fn render(&self, observation: &Observation, limit: usize) -> String {
        let text: String = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Placeholder { name, limit, otherwise } => match one_line(&value(observation, name)) {
                    text if text.is_empty() => otherwise.clone().unwrap_or_else(|| unsaid(name)),
                    text => shortened(&text, *limit),
                },
            })
            .collect();
        shortened(&text, limit)
    }
}

impl Part {
    fn parse(inside: &str) -> Result<Self, TemplateError> {
        let (inside, otherwise) = match inside.split_once('|') {
            Some((inside, otherwise)) => (inside, Some(otherwise.to_owned())),
            None => (inside, None),
        };
        let (name, limit) = match inside.split_once(':') {
            Some((name, limit)) => (name, limit.parse().map_err(|_| TemplateError::Limit(limit.to_owned()))?),
            None => (inside, DEFAULT_LIMIT),
        };
        if NAMES.contains(&name) || name.strip_prefix("attributes.").is_some_and(|attribute| !attribute.is_empty()) {
            Ok(Self::Placeholder { name: name.to_owned(), limit, otherwise })
        } else {
            Err(TemplateError::Unknown(name.to_owned()))
        }
    }
}

fn value(observation: &Observation, name: &str) -> String {
    match name {
        "resource" => observation.resource.clone(),
        "source" => observation.source.clone(),
        "account" => observation.account.clone(),
        "region" => observation.region.clone(),
        "error" => observation.error(),
        "error_type" => observation.error_type.clone(),
        "error_message" => observation.error_message.clone(),
        "request_id" => observation.request_id.clone().unwrap_or_default(),
        "detail_type" => observation.detail_type.clone(),
        "occurred_at" => observation.occurred_at.clone(),
        attribute => attribute_text(observation, attribute.trim_start_matches("attributes.")),
    }
}

/// What stands for a value that the event does not have: a sentence with a hole in it reads as a defect of the mail, and
/// a command has to show what is missing.
fn unsaid(name: &str) -> String {
    match name {
        "resource" => "the resource".to_owned(),
        "request_id" => "that failed".to_owned(),
        "occurred_at" => "that time".to_owned(),
        "error_message" | "error_type" => "the event does not say why".to_owned(),
        other => other.trim_start_matches("attributes.").to_uppercase(),
    }
}

fn attribute_text(observation: &Observation, name: &str) -> String {
    match observation.attributes.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
