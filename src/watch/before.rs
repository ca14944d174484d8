//! The on-failure destination a function had before it was watched, kept in a tag of the function.

/// The tag that `watch remove` restores from. For a version or alias, its name is appended.
const TAG: &str = "incidentctl:watched-before";
/// The longest tag value, in characters.
const LONGEST: usize = 256;
const NO_CONFIG: &str = "no-configuration";
const NO_DESTINATION: &str = "no-destination";

/// The on-failure destination before the function was watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Before {
    /// No configuration at all.
    NoConfig,
    /// A configuration without a destination.
    NoDestination,
    /// This ARN.
    Destination(String),
}

impl Before {
    /// The ARN, if there was one.
    pub(super) fn destination(&self) -> Option<&str> {
        match self {
            Self::Destination(arn) => Some(arn),
            Self::NoConfig | Self::NoDestination => None,
        }
    }

    /// As a tag value; `None` if the ARN is too long. Characters that tags reject, such as the `$` of
    /// `$LATEST`, become `=` and their code in hexadecimal.
    pub(super) fn tag_value(&self) -> Option<String> {
        let value = match self {
            Self::NoConfig => NO_CONFIG.to_owned(),
            Self::NoDestination => NO_DESTINATION.to_owned(),
            Self::Destination(arn) => arn.bytes().map(encoded).collect(),
        };
        (value.len() <= LONGEST).then_some(value)
    }

    /// From a tag value; `None` if it is not one of ours.
    pub(super) fn from_tag(value: &str) -> Option<Self> {
        match value {
            NO_CONFIG => Some(Self::NoConfig),
            NO_DESTINATION => Some(Self::NoDestination),
            arn => decoded(arn).filter(|arn| arn.starts_with("arn:")).map(Self::Destination),
        }
    }
}

/// The key of the tag.
pub(super) fn tag_key(qualifier: Option<&str>) -> String {
    qualifier.map_or_else(|| TAG.to_owned(), |qualifier| format!("{TAG}:{qualifier}"))
}

fn encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.' | b'_' | b':' | b'/' | b'@' => {
            char::from(byte).to_string()
        }
        other => format!("={other:02x}"),
    }
}

fn decoded(value: &str) -> Option<String> {
    let mut parts = value.split('=');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tag_holds_is_what_stood_there() {
        let latest = "arn:aws:lambda:eu-west-1:111122223333:function:repair:$LATEST";
        for (before, value) in [
            (Before::NoConfig, "no-configuration"),
            (Before::NoDestination, "no-destination"),
            (Before::Destination("arn:aws:s3:::failures.example".to_owned()), "arn:aws:s3:::failures.example"),
            (Before::Destination(latest.to_owned()), "arn:aws:lambda:eu-west-1:111122223333:function:repair:=24LATEST"),
        ] {
            assert_eq!(before.tag_value().as_deref(), Some(value));
            assert_eq!(Before::from_tag(value), Some(before));
        }
        let long = Before::Destination(format!("arn:aws:events:eu-west-1:111122223333:event-bus/{}", "x".repeat(256)));
        assert_eq!(long.tag_value(), None, "a tag has at most 256 characters");
        for foreign in ["", "yes", "arn=zz", "arn:=2"] {
            assert_eq!(Before::from_tag(foreign), None, "{foreign}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_destination_survives(rest in "[!-~]{0,80}") {
            let before = Before::Destination(format!("arn:{rest}"));
            let value = before.tag_value().unwrap_or_default();
            proptest::prop_assert!(value.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-=._:/@".contains(letter)));
            proptest::prop_assert_eq!(Before::from_tag(&value), Some(before));
        }
    }
}
