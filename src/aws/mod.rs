//! The connection to an account, real or local.

mod clients;
mod error;
mod known;
pub mod wait;

pub use clients::{CallCount, Clients};
pub use error::{Absent, AwsError, Explain, NO_ANSWER};

use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_types::error::display::DisplayErrorContext;

use incident_local::config::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use incident_local::daemon::Status;

use crate::settings::Settings;

/// How long credentials may take to be found before the person hears of it.
const CREDENTIALS_LIMIT: Duration = Duration::from_secs(8);

/// An account whose credentials were found to work.
#[derive(Debug, Clone)]
pub struct Session {
    sdk: SdkConfig,
    account: String,
    region: String,
    profile: Option<String>,
    endpoint: Option<String>,
    local: Option<Status>,
}

impl Session {
    /// Finds region and credentials, and asks AWS whose they are; a local AWS has its own.
    ///
    /// # Errors
    /// No region, no or expired credentials, an endpoint that does not answer.
    pub async fn connect(settings: &Settings, local: Option<&Status>) -> Result<Self, ConnectError> {
        let sdk = load(settings, local).await;
        let region = sdk.region().map(ToString::to_string).ok_or(ConnectError::NoRegion)?;
        let session = Self {
            account: account_of(&sdk, &region).await?,
            region,
            profile: settings.profile.clone(),
            endpoint: local.map(|local| local.endpoint.clone()).or_else(|| settings.endpoint_url.clone()),
            local: local.cloned(),
            sdk,
        };
        Ok(session)
    }

    /// The configuration to make service clients with.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The account, twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The ARN of something of this account in this region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }

    /// `aws`, or the partition of a region that is apart.
    pub fn partition(&self) -> &'static str {
        match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The endpoint in place of AWS, if any.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Whether this is the local AWS.
    pub fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The local AWS, when this is one.
    pub fn local(&self) -> Option<&Status> {
        self.local.as_ref()
    }

    /// Where a command works, in one line.
    pub fn describe(&self) -> String {
        let mut line = format!("account {} · region {}", self.account, self.region);
        if let Some(profile) = &self.profile {
            line += &format!(" · profile {profile}");
        }
        if let Some(endpoint) = &self.endpoint {
            line += &format!(" · endpoint {endpoint}");
        }
        if self.is_local() {
            line += " · local AWS";
        }
        line
    }
}

async fn load(settings: &Settings, local: Option<&Status>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Ok(name) = AppName::new("incidentctl") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &settings.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(local) = local {
        let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local AWS");
        let region = settings.region.clone().unwrap_or_else(|| local.region.clone());
        loader = loader.credentials_provider(credentials).region(Region::new(region)).endpoint_url(&local.endpoint);
    }
    loader.load().await
}

/// Checks the credentials before anything is attempted with them.
async fn account_of(sdk: &SdkConfig, region: &str) -> Result<String, ConnectError> {
    let provider =
        sdk.credentials_provider().ok_or(ConnectError::NoCredentials { cause: "none configured".to_owned() })?;
    // Outside of EC2 the SDK's last resort is an address that never answers.
    match tokio::time::timeout(CREDENTIALS_LIMIT, provider.provide_credentials()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(ConnectError::NoCredentials { cause: DisplayErrorContext(error).to_string() }),
        Err(_) => return Err(ConnectError::NoCredentials { cause: "nothing answered in 8 s".to_owned() }),
    }
    let identity = aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await.map_err(|error| {
        ConnectError::Refused { region: region.to_owned(), cause: DisplayErrorContext(error).to_string() }
    })?;
    Ok(identity.account.unwrap_or_default())
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nothing names a region.
    #[error("no region is configured")]
    NoRegion,
    /// No place has credentials.
    #[error("no AWS credentials were found ({cause})")]
    NoCredentials {
        /// What the SDK says.
        cause: String,
    },
    /// AWS does not accept the credentials, or does not answer.
    #[error("AWS in {region} did not accept the credentials ({cause})")]
    Refused {
        /// The region.
        region: String,
        /// What AWS or the SDK says.
        cause: String,
    },
}

impl ConnectError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoRegion => vec!["give --region, set AWS_REGION, or set one in your AWS profile".to_owned()],
            Self::NoCredentials { .. } => vec![
                "give --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`".to_owned(),
                "without an account: add --local".to_owned(),
            ],
            Self::Refused { .. } => vec!["renew them: aws sso login, or aws configure".to_owned()],
        }
    }
}
