//! One API call, independent of its protocol.

use serde_json::Value;

use crate::ApiError;

/// The caller of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account's own credentials, unrestricted by policies.
    Root,
    /// An IAM role session, such as a function's, restricted by the role's policies.
    Role {
        /// The role's name.
        role_name: String,
        /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
        session_arn: String,
    },
    /// An AWS service acting for the account, such as `events.amazonaws.com`.
    Service(String),
    /// An unsigned request, such as the link in a confirmation mail.
    Anonymous,
}

impl Principal {
    /// The caller's ARN, as in errors and `GetCallerIdentity`; a service's host name.
    pub fn arn(&self) -> String {
        match self {
            Self::Root => crate::arn::local("iam", "", "root"),
            Self::Role { session_arn, .. } => session_arn.clone(),
            Self::Service(name) => name.clone(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }
}

/// A decoded request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The service's signing name: `sns`, `lambda`, `monitoring` …
    pub service: String,
    /// The operation's name: `CreateTopic`.
    pub operation: String,
    /// The parameters.
    pub input: Input,
    /// The signature's region.
    pub region: String,
    /// The request id, quoted in replies and errors.
    pub request_id: String,
    /// Who calls.
    pub principal: Principal,
}

/// A call's parameters. The query protocol carries every value as text, so the readers accept numbers and flags in
/// either form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input(pub serde_json::Map<String, Value>);

impl Input {
    /// A parameter's raw value, if present and not null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A required text parameter.
    ///
    /// # Errors
    /// `ValidationException` in AWS's words when absent.
    pub fn required_text(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| {
            ApiError::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                    lower_first(name)
                ),
            )
        })
    }

    /// An integer, as number or text.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number, as number or text.
    pub fn double(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A flag, as `true` or `"true"`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The elements of a list parameter; none when absent.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The text elements of a list parameter.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A nested structure.
    pub fn structure(&self, name: &str) -> Option<Input> {
        self.get(name).and_then(Value::as_object).map(|members| Input(members.clone()))
    }

    /// A list of nested structures.
    pub fn structures(&self, name: &str) -> Vec<Input> {
        self.list(name).iter().filter_map(Value::as_object).map(|members| Input(members.clone())).collect()
    }
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
