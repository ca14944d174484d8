//! Templates with placeholders: `{resource}`, `{error:80}`, `{attributes.exit_code}`, `{region|the region}`.
//!
//! Text in backticks in a recommendation is a command, which users copy into a shell. A value enters it only if it is a
//! valid name of its kind; if the event has none, the sentence with the command is omitted.

use serde_json::Value;

use crate::fields::shortened;
use crate::observation::{ALARM_TAGS, Observation};
use crate::quotation::{named, noted};
use crate::rules::command;
use crate::rules::similar::similar;

/// Default limit of a placeholder's value, in characters.
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

/// A validated template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    sentences: Vec<Vec<Part>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder {
        name: String,
        /// In characters.
        limit: usize,
        /// Fallback for a missing value.
        otherwise: Option<String>,
        /// Whether it is within backticks.
        in_command: bool,
    },
}

/// Why a template is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    /// A brace without its partner.
    #[error("a `{{` is not closed; braces enclose a placeholder, such as {{resource}}")]
    Unclosed,
    /// An unknown placeholder.
    #[error("`{{{0}}}` is not a placeholder{advice}", advice = similar(.0, NAMES))]
    Unknown(String),
    /// A length limit that is not a number.
    #[error("`{0}` is not a length limit; write a number of characters, such as {{error:80}}")]
    Limit(String),
}

impl Template {
    /// Parses a template, or returns all its problems.
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
        if errors.is_empty() { Ok(Self { sentences: sentences(parts) }) } else { Err(errors) }
    }

    /// The attributes in its placeholders.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.sentences.iter().flatten().filter_map(|part| match part {
            Part::Placeholder { name, .. } => name.strip_prefix("attributes."),
            Part::Text(_) => None,
        })
    }

    /// The text with its values, truncated to `limit` characters.
    pub(super) fn render(&self, observation: &Observation, limit: usize) -> String {
        let text: String = self.sentences.iter().flatten().map(|part| part.text(observation)).collect();
        shortened(&text, limit)
    }

    /// The same for a recommendation: it omits sentences whose command lacks a valid value, and those beyond the limit,
    /// since half a command is a different one.
    pub(super) fn render_advice(&self, observation: &Observation, limit: usize) -> String {
        let mut advice = String::new();
        for sentence in self.sentences.iter().filter_map(|sentence| advised(sentence, observation)) {
            if !advice.is_empty() && advice.chars().count() + sentence.trim_end().chars().count() > limit {
                break;
            }
            advice.push_str(&sentence);
        }
        match advice.trim() {
            "" => {
                let known = |text: &str| if text.is_empty() { "what failed".to_owned() } else { named(text) };
                format!("Look at {} ({}): {NO_COMMAND}", known(&observation.resource), known(&observation.source))
            }
            advice => shortened(advice, limit),
        }
    }
}

/// The text for a recommendation whose commands are all omitted.
const NO_COMMAND: &str = "the event has no name that is safe in a command.";

/// A sentence of a recommendation; `None` if its command lacks a valid value.
fn advised(sentence: &[Part], observation: &Observation) -> Option<String> {
    sentence.iter().map(|part| part.advised(observation)).collect()
}

/// Splits at the ends of sentences outside of commands, and marks the placeholders in commands.
fn sentences(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut sentences = Vec::new();
    let mut sentence = Vec::new();
    let mut in_command = false;
    for part in parts {
        match part {
            Part::Placeholder { name, limit, otherwise, .. } => {
                sentence.push(Part::Placeholder { name, limit, otherwise, in_command });
            }
            Part::Text(text) => {
                let mut begin = 0;
                let mut ended = false;
                for (at, character) in text.char_indices() {
                    if ended && character.is_whitespace() {
                        sentence.push(Part::Text(text[begin..at].to_owned()));
                        sentences.push(std::mem::take(&mut sentence));
                        begin = at;
                    }
                    in_command ^= character == '`';
                    ended = !in_command && matches!(character, '.' | '?' | '!');
                }
                sentence.push(Part::Text(text[begin..].to_owned()));
            }
        }
    }
    sentences.push(sentence);
    sentences
}

impl Part {
    fn text(&self, observation: &Observation) -> String {
        self.with(observation, ToOwned::to_owned)
    }

    /// Its text, with a value of the event as it is shown.
    fn with(&self, observation: &Observation, shown: impl Fn(&str) -> String) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Placeholder { name, limit, otherwise, .. } => match one_line(&value(observation, name)) {
                text if text.is_empty() => otherwise.clone().unwrap_or_else(|| unsaid(name)),
                text => shown(&shortened(&text, *limit)),
            },
        }
    }

    /// Its text in a recommendation; `None` if the value may not enter its command.
    fn advised(&self, observation: &Observation) -> Option<String> {
        match self {
            Self::Text(_) => Some(self.text(observation)),
            Self::Placeholder { name, in_command: false, .. } if is_configured(observation, name) => {
                Some(self.with(observation, noted))
            }
            Self::Placeholder { in_command: false, .. } => Some(self.with(observation, named)),
            Self::Placeholder { name, limit, otherwise, .. } => {
                let value = value(observation, name);
                let fits = command::may_hold(observation, name, &value) && value.chars().nth(*limit).is_none();
                if fits { Some(value) } else { otherwise.clone().filter(|_| value.is_empty()) }
            }
        }
    }

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
            Ok(Self::Placeholder { name: name.to_owned(), limit, otherwise, in_command: false })
        } else {
            Err(TemplateError::Unknown(name.to_owned()))
        }
    }
}

/// Whether a value is a note that the account's own people left for this moment: the description of an alarm. AWS reserves
/// the source of alarms, and who may change an alarm may also switch it off.
fn is_configured(observation: &Observation, name: &str) -> bool {
    observation.source == "cloudwatch" && name == "attributes.description"
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

/// The text for a missing value, because a gap in a sentence looks like a bug.
fn unsaid(name: &str) -> String {
    match name {
        "resource" => "the resource".to_owned(),
        "request_id" => "that failed".to_owned(),
        "occurred_at" => "that time".to_owned(),
        "error_message" | "error_type" => "the event gives no reason".to_owned(),
        other => other.trim_start_matches("attributes.").to_uppercase(),
    }
}

fn attribute_text(observation: &Observation, name: &str) -> String {
    let tag = name.strip_prefix("alarm_tags.").and_then(|tag| observation.attributes.get(ALARM_TAGS)?.get(tag));
    match observation.attributes.get(name).or(tag) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
