//! The settings of the SDK in the environment and in a profile, and their validation.

use std::fmt;

use aws_config::retry::RetryMode;

use super::form::Form;
use super::profiles::{Entry, Profiles};

/// A setting of the SDK: its variable, its profile key (empty if none), and its format.
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>.
struct Setting(&'static str, &'static str, Form);

const MAX_ATTEMPTS: (&str, &str) = ("AWS_MAX_ATTEMPTS", "max_attempts");
const RETRY_MODE: (&str, &str) = ("AWS_RETRY_MODE", "retry_mode");
const CHECKSUMS: Form = Form::Word(&["when_supported", "when_required"]);
const ATTEMPTS: Form = Form::Number { from: 1, to: u32::MAX };

/// Settings that change where calls go and how, and those the SDK panics on.
const SETTINGS: [Setting; 20] = [
    Setting(MAX_ATTEMPTS.0, MAX_ATTEMPTS.1, ATTEMPTS),
    Setting(RETRY_MODE.0, RETRY_MODE.1, Form::Word(&["standard", "adaptive", "legacy"])),
    Setting("AWS_ENDPOINT_URL", "endpoint_url", Form::Url),
    // These are called for credentials even if configured endpoints are to be ignored.
    Setting("AWS_ENDPOINT_URL_STS", "", Form::Url),
    Setting("AWS_ENDPOINT_URL_SSO", "", Form::Url),
    Setting("AWS_ENDPOINT_URL_SSO_OIDC", "", Form::Url),
    Setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", Form::Boolean),
    Setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", Form::Boolean),
    Setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", Form::Boolean),
    Setting(
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
        "account_id_endpoint_mode",
        Form::Word(&["preferred", "disabled", "required"]),
    ),
    Setting("AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation", CHECKSUMS),
    Setting("AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation", CHECKSUMS),
    Setting("AWS_DISABLE_REQUEST_COMPRESSION", "disable_request_compression", Form::Boolean),
    Setting(
        "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
        "request_min_compression_size_bytes",
        Form::Number { from: 0, to: 10_485_760 },
    ),
    Setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", Form::Url),
    Setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "ec2_metadata_service_endpoint_mode",
        Form::Word(&["IPv4", "IPv6"]),
    ),
    Setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "", Form::Path),
    Setting("AWS_CONTAINER_CREDENTIALS_FULL_URI", "", Form::Url),
    Setting("", "sso_start_url", Form::Url),
    Setting("", "sso_region", Form::Token),
];

/// Settings that sign calls.
const KEYS: [Setting; 3] = [
    Setting("AWS_ACCESS_KEY_ID", "aws_access_key_id", Form::Token),
    Setting("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", Form::Token),
    Setting("AWS_SESSION_TOKEN", "aws_session_token", Form::Token),
];

/// A value that the SDK could not work with. It is not shown: some are secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} must be {wanted}")]
pub struct WrongSetting {
    /// Its location.
    pub place: Place,
    /// The required format.
    pub wanted: String,
}

/// Where a value is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a variable.
    Variable(String),
    /// In a profile file.
    Profile {
        /// The file.
        file: String,
        /// The profile.
        profile: String,
        /// The key.
        key: String,
    },
    /// In the section of a service that the profile names.
    Service(String),
    /// In the credentials themselves; this part of them.
    Credentials(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => formatter.write_str(name),
            Self::Profile { file, profile, key } => write!(formatter, "{key} of profile `{profile}` in {file}"),
            Self::Service(service) => write!(formatter, "endpoint_url of {service} in the profile's services"),
            Self::Credentials(part) => write!(formatter, "the {part} of the credentials"),
        }
    }
}

/// The value of a variable, lossily decoded.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Environment over profiles. Empty values count as unset, as the reference says.
pub(super) struct Sources<'a, V> {
    variable: V,
    profiles: &'a Profiles,
}

impl<'a, V: Fn(&str) -> Option<String>> Sources<'a, V> {
    pub(super) fn new(variable: V, profiles: &'a Profiles) -> Self {
        Self { variable, profiles }
    }

    /// Rejects the first value that the SDK could not work with. Keys in the environment count only if they are used.
    pub(super) fn check(&self, uses_keys_of_the_environment: bool) -> Result<(), WrongSetting> {
        for Setting(name, key, form) in &SETTINGS {
            self.check_variable(name, *form)?;
            self.check_profiles(key, *form)?;
        }
        for Setting(name, key, form) in &KEYS {
            if uses_keys_of_the_environment {
                self.check_variable(name, *form)?;
            }
            self.check_profiles(key, *form)?;
        }
        match (self.variable)("SSL_CERT_FILE") {
            Some(_) => self.check_variable("SSL_CERT_FILE", Form::Certificates),
            None => self.check_variable("SSL_CERT_DIR", Form::CertificateFolders),
        }
    }

    /// Retry mode and attempts, if configured. `legacy` is what each SDK did before there were modes.
    pub(super) fn retries(&self) -> (Option<RetryMode>, Option<u32>) {
        let mode = self.value(RETRY_MODE).and_then(|mode| mode.parse().ok());
        (mode, self.value(MAX_ATTEMPTS).and_then(|attempts| attempts.parse().ok()))
    }

    fn value(&self, (name, key): (&str, &str)) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty()).or_else(|| self.profiles.get(key).map(str::to_owned))
    }

    fn check_variable(&self, name: &str, form: Form) -> Result<(), WrongSetting> {
        match (self.variable)(name) {
            Some(value) if value.is_empty() && form.may_be_empty() => Ok(()),
            Some(value) if !form.fits(&value) => Err(wrong(Place::Variable(name.to_owned()), form)),
            _ => Ok(()),
        }
    }

    fn check_profiles(&self, key: &str, form: Form) -> Result<(), WrongSetting> {
        match self.profiles.entries(key).find(|entry| !form.fits(entry.value)) {
            Some(Entry { file, profile, .. }) => {
                let (file, profile, key) = (file.to_owned(), profile.to_owned(), key.to_owned());
                Err(wrong(Place::Profile { file, profile, key }, form))
            }
            None => Ok(()),
        }
    }
}

pub(super) fn wrong(place: Place, form: Form) -> WrongSetting {
    WrongSetting { place, wanted: form.wanted() }
}
