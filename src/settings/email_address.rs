//! An address that gets alerts.

use std::fmt;
use std::str::FromStr;

use super::checked::read_from_file;

/// An email address, validated by its form only; the confirmation mail proves the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// An invalid email address, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an email address: {reason}")]
pub struct InvalidEmailAddress {
    text: String,
    reason: &'static str,
}

impl EmailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match reason_against(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(InvalidEmailAddress { text: text.to_owned(), reason }),
        }
    }
}

read_from_file!(text, EmailAddress);

fn reason_against(text: &str) -> Option<&'static str> {
    let Some((person, domain)) = text.rsplit_once('@') else { return Some("it has no @") };
    let forbidden =
        |character: char| character.is_whitespace() || character.is_control() || "<>,;@\"()".contains(character);
    if person.is_empty() {
        Some("nothing precedes the @")
    } else if text.len() > 254 {
        Some("it is longer than 254 characters")
    } else if person.contains(forbidden) || domain.contains(forbidden) {
        Some("it contains an invalid character; pass each address with its own --email")
    } else if !domain.contains('.') || domain.split('.').any(str::is_empty) {
        Some("what follows the @ is not a domain")
    } else {
        None
    }
}
