//! A message, and the digests clients verify.

use std::collections::BTreeMap;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::Value;

use crate::{ApiError, Input, Output};

use super::invalid_parameter;

/// A queued message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) group: Option<String>,
    pub(super) sender: String,
    pub(super) sent: jiff::Timestamp,
    /// When it came to this queue: by sending, or from the queue whose dead-letter queue this is.
    pub(super) entered: jiff::Timestamp,
    pub(super) expires: Instant,
    /// When it becomes visible.
    pub(super) visible: Instant,
    pub(super) first_received: Option<jiff::Timestamp>,
    pub(super) receive_count: u32,
    /// Receives from this queue, without those from a source queue.
    pub(super) receives_here: u32,
    /// Handle of the latest receive; earlier handles no longer delete it.
    pub(super) receipt: Option<String>,
    /// Source queue, once moved to a dead-letter queue.
    pub(super) dead_letter_source: Option<String>,
}

/// A sender's input.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    /// The message group; on a standard queue it makes delivery fair.
    pub(super) group: Option<String>,
    /// Seconds; the queue's default when absent.
    pub(super) delay: Option<u64>,
}

/// A typed message attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MessageAttribute {
    data_type: String,
    /// Text; base64 when the type is `Binary`.
    value: String,
}

impl MessageAttribute {
    pub(super) fn of(attribute: super::Attribute) -> Self {
        Self { data_type: attribute.data_type, value: attribute.value }
    }

    fn is_binary(&self) -> bool {
        self.data_type.starts_with("Binary")
    }

    fn bytes(&self) -> Vec<u8> {
        if self.is_binary() {
            STANDARD.decode(&self.value).unwrap_or_default()
        } else {
            self.value.clone().into_bytes()
        }
    }

    pub(super) fn output(&self) -> Output {
        let member = if self.is_binary() { "BinaryValue" } else { "StringValue" };
        Output::Structure(vec![
            (member.to_owned(), self.value.as_str().into()),
            ("DataType".to_owned(), self.data_type.as_str().into()),
        ])
    }
}

impl Draft {
    /// Parses and validates `SendMessage` or one batch entry.
    pub(super) fn read(input: &Input, size_limit: usize) -> Result<Self, ApiError> {
        let body = input.text("MessageBody").ok_or_else(|| super::missing_parameter("MessageBody"))?;
        if body.is_empty() {
            return Err(super::missing_parameter("MessageBody"));
        }
        if body.chars().any(|character| !is_allowed(character)) {
            return Err(ApiError::new(
                "InvalidMessageContents",
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
            ));
        }
        if input.text("MessageDeduplicationId").is_some() {
            return Err(invalid_parameter(
                "The request include parameter that is not valid for this queue type. Reason: MessageDeduplicationId",
            ));
        }
        let group = input.text("MessageGroupId").map(checked_group).transpose()?;
        let attributes = read_attributes(input)?;
        let size = size(body, &attributes);
        if size > size_limit {
            return Err(invalid_parameter(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {size_limit} bytes."
            )));
        }
        let delay = match input.integer("DelaySeconds") {
            None => None,
            Some(seconds @ 0..=900) => Some(seconds as u64),
            Some(other) => {
                return Err(invalid_parameter(format!(
                    "Value {other} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
                )));
            }
        };
        Ok(Self { body: body.to_owned(), attributes, group, delay })
    }

    /// Size in bytes that counts against the limits: body and attributes.
    pub(super) fn size(&self) -> usize {
        size(&self.body, &self.attributes)
    }
}

fn size(body: &str, attributes: &BTreeMap<String, MessageAttribute>) -> usize {
    let of_attribute =
        |(name, value): (&String, &MessageAttribute)| name.len() + value.data_type.len() + value.bytes().len();
    body.len() + attributes.iter().map(of_attribute).sum::<usize>()
}

/// The size of a message in a batch, without attributes that are invalid: that entry fails alone.
pub(super) fn sent_size(entry: &Input) -> usize {
    let body = entry.text("MessageBody").unwrap_or_default();
    read_attributes(entry).map_or(body.len(), |attributes| size(body, &attributes))
}

/// A valid message group id.
///
/// # Errors
/// `InvalidParameterValue` in AWS's words.
pub(super) fn checked_group(group: &str) -> Result<String, ApiError> {
    if (1..=128).contains(&group.len()) && group.chars().all(|character| character.is_ascii_graphic()) {
        return Ok(group.to_owned());
    }
    Err(invalid_parameter(format!(
        "Value {group} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and \
         punctuation characters. 1 to 128 in length."
    )))
}

fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

fn read_attributes(input: &Input) -> Result<BTreeMap<String, MessageAttribute>, ApiError> {
    let entries = input.structure("MessageAttributes").unwrap_or_default().0;
    if entries.len() > 10 {
        return Err(invalid_parameter(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [10].",
            entries.len()
        )));
    }
    entries.into_iter().map(|(name, value)| Ok((name.clone(), read_attribute(&name, &value)?))).collect()
}

/// Names have letters, digits and `_-.`, no two dots in a row, none at the ends, and no prefix of AWS's own (SQS developer
/// guide, "Amazon SQS message metadata").
fn check_attribute_name(name: &str) -> Result<(), ApiError> {
    let is_legal = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    let lower = name.to_ascii_lowercase();
    let is_reserved = lower.starts_with("aws.") || lower.starts_with("amazon.");
    let is_dotted = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if !(1..=256).contains(&name.len()) || !name.chars().all(is_legal) || is_reserved || is_dotted {
        return Err(invalid_parameter(format!("Message (user) attribute name '{name}' is invalid.")));
    }
    Ok(())
}

fn read_attribute(name: &str, value: &Value) -> Result<MessageAttribute, ApiError> {
    check_attribute_name(name)?;
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    let data_type = text("DataType").filter(|kind| !kind.is_empty()).ok_or_else(|| {
        invalid_parameter(format!("The message attribute '{name}' must contain a non-empty message attribute type."))
    })?;
    let base = data_type.split('.').next().unwrap_or_default();
    let content = match base {
        "String" | "Number" => text("StringValue"),
        "Binary" => text("BinaryValue"),
        _ => {
            return Err(invalid_parameter(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            )));
        }
    };
    let content = content.filter(|content| !content.is_empty()).ok_or_else(|| {
        invalid_parameter(format!("Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."))
    })?;
    if content.chars().any(|character| !is_allowed(character)) {
        return Err(invalid_parameter(format!(
            "Message (user) attribute '{name}' has characters that are not allowed."
        )));
    }
    if base == "Number" && content.parse::<f64>().is_err() {
        return Err(invalid_parameter(format!(
            "Can't cast the value of message (user) attribute '{name}' to a number."
        )));
    }
    Ok(MessageAttribute { data_type: data_type.to_owned(), value: content.to_owned() })
}

pub(super) fn body_digest(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// MD5 over the sorted attributes, each part length-prefixed (SQS developer guide, "message attribute MD5").
pub(super) fn attributes_digest(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        update_with_length(&mut digest, name.as_bytes());
        update_with_length(&mut digest, attribute.data_type.as_bytes());
        digest.update([if attribute.is_binary() { 2 } else { 1 }]);
        update_with_length(&mut digest, &attribute.bytes());
    }
    Some(hex(&digest.finalize()))
}

fn update_with_length(digest: &mut Md5, bytes: &[u8]) {
    digest.update((bytes.len() as u32).to_be_bytes());
    digest.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
