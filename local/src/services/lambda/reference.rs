//! Function references: name, partial ARN or full ARN, with or without a qualifier.

use crate::ApiError;
use crate::arn;
use crate::config::ACCOUNT;

/// The qualifier of the unpublished code.
pub(super) const LATEST: &str = "$LATEST";

/// A function, optionally qualified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) region: String,
    pub(super) name: String,
    pub(super) qualifier: Option<String>,
}

impl Reference {
    /// Parses a function name in any form, with the separate `Qualifier` parameter.
    ///
    /// # Errors
    /// `ValidationException` for an invalid name, `ResourceNotFoundException` for another region,
    /// `InvalidParameterValueException` for conflicting qualifiers.
    pub(super) fn parse(text: &str, qualifier: Option<&str>, region: &str) -> Result<Self, ApiError> {
        let Parts { name, account, region: named_region, qualifier: derived } =
            Parts::split(text).filter(Parts::is_valid).ok_or_else(|| malformed(text))?;
        if let Some(named) = named_region.filter(|named| *named != region) {
            let message = format!("Functions from '{named}' are not reachable in this region ('{region}')");
            return Err(ApiError::new("ResourceNotFoundException", message).with_status(404));
        }
        if account.is_some_and(|account| account != ACCOUNT) {
            return Err(ApiError::new(
                "AccessDeniedException",
                format!("User is not authorized to perform this operation on the resource: {text}"),
            )
            .with_status(403));
        }
        let qualifier = match (derived, qualifier) {
            (Some(derived), Some(given)) if derived != given => {
                return Err(ApiError::new(
                    "InvalidParameterValueException",
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            (derived, given) => derived.or(given).map(str::to_owned),
        };
        Ok(Self { region: region.to_owned(), name: name.to_owned(), qualifier })
    }

    /// The unqualified ARN.
    pub(super) fn function_arn(&self) -> String {
        arn::local("lambda", &self.region, &format!("function:{}", self.name))
    }

    /// The ARN as requested, with its qualifier if any.
    pub(super) fn asked_arn(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.function_arn()),
            None => self.function_arn(),
        }
    }

    /// The qualifier, `$LATEST` by default.
    pub(super) fn qualifier(&self) -> &str {
        self.qualifier.as_deref().unwrap_or(LATEST)
    }

    /// AWS's error when the function or version does not exist.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::new("ResourceNotFoundException", format!("Function not found: {}", self.asked_arn())).with_status(404)
    }
}

struct Parts<'a> {
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (region, account, rest) = match parts.as_slice() {
            ["arn", _, "lambda", region, account, "function", rest @ ..] => (Some(*region), Some(*account), rest),
            [account, "function", rest @ ..] => (None, Some(*account), rest),
            ["function", rest @ ..] if !rest.is_empty() => (None, None, rest),
            rest => (None, None, rest),
        };
        match rest {
            [name] => Some(Self { region, account, name, qualifier: None }),
            [name, qualifier] => Some(Self { region, account, name, qualifier: Some(qualifier) }),
            _ => None,
        }
    }

    fn is_valid(&self) -> bool {
        is_function_name(self.name) && self.qualifier.is_none_or(|qualifier| is_word(qualifier.trim_start_matches('$')))
    }
}

/// Whether a text is a valid function name: letters, digits, `-` and `_`, at most 64.
pub(super) fn is_function_name(name: &str) -> bool {
    is_word(name) && name.len() <= 64
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
}

fn malformed(text: &str) -> ApiError {
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?\
             ([a-z]{{2}}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)\
             (:(\\$LATEST|[a-zA-Z0-9-_]+))?"
        ),
    )
}
