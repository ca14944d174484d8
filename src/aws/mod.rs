//! The connection to an account, real or local.

mod clients;
mod error;
pub(crate) mod https;
mod known;
mod patience;
mod region;
pub mod wait;

pub use clients::{CallCount, Clients};
pub use error::{Absent, AwsError, Explain, NO_ANSWER};

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use incident_local::AccessKey;
use incident_local::daemon::Status;

use crate::settings::Settings;

/// How long credentials may take to be found before the person hears of it.
const CREDENTIALS_LIMIT: Duration = Duration::from_secs(8);
/// How long AWS may take to say whose they are.
const IDENTITY_LIMIT: Duration = Duration::from_secs(5);
/// The call that says it.
const IDENTITY: &str = "sts:GetCallerIdentity";

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
        let known = match (local, &settings.endpoint_url) {
            (Some(_), _) => region::is_like_one(&region),
            (None, None) => region::exists(&region).await,
            (None, Some(_)) => true,
        };
        if !known {
            return Err(ConnectError::UnknownRegion { region });
        }
        let endpoint = local.map(|local| local.endpoint.clone()).or_else(|| settings.endpoint_url.clone());
        let session = Self {
            account: account_of(&sdk, &region, endpoint.as_deref(), settings.profile.as_deref()).await?,
            region,
            profile: settings.profile.clone().filter(|_| local.is_none()),
            endpoint,
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
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(https::client());
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
        let AccessKey { access_key_id, secret_access_key } = &local.access_key;
        let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "local AWS");
        let region = settings.region.clone().unwrap_or_else(|| local.region.clone());
        loader = loader.credentials_provider(credentials).region(Region::new(region)).endpoint_url(&local.endpoint);
    }
    patience::added_to(loader.load().await)
}

/// Checks the credentials before anything is attempted with them.
async fn account_of(
    sdk: &SdkConfig,
    region: &str,
    endpoint: Option<&str>,
    profile: Option<&str>,
) -> Result<String, ConnectError> {
    let missing = |source| ConnectError::NoCredentials { profile: profile.map(str::to_owned), source };
    let provider = sdk
        .credentials_provider()
        .ok_or_else(|| missing(CredentialsError::not_loaded("no place to look for them is configured")))?;
    // Outside of EC2 the SDK's last resort is an address that never answers.
    match tokio::time::timeout(CREDENTIALS_LIMIT, provider.provide_credentials()).await {
        Ok(Ok(_)) => {}
        Ok(Err(source)) => return Err(missing(source)),
        Err(_) => return Err(missing(CredentialsError::provider_timed_out(CREDENTIALS_LIMIT))),
    }
    identity(sdk).await.map_err(|source| match source.is(NO_ANSWER) {
        true => ConnectError::NoAnswer {
            place: endpoint.map_or_else(|| format!("AWS in region {region}"), str::to_owned),
            source,
        },
        false => ConnectError::Refused { profile: profile.map(str::to_owned), source },
    })
}

/// The account of the credentials. A person waits for this: whoever does not answer soon, does not answer.
async fn identity(sdk: &SdkConfig) -> Result<String, AwsError> {
    let config = aws_sdk_sts::config::Builder::from(sdk).retry_config(RetryConfig::standard().with_max_attempts(2));
    let sts = aws_sdk_sts::Client::from_conf(config.build());
    match tokio::time::timeout(IDENTITY_LIMIT, sts.get_caller_identity().send()).await {
        Ok(answer) => Ok(answer.explain(IDENTITY)?.account.unwrap_or_default()),
        Err(_) => Err(AwsError::new(IDENTITY, NO_ANSWER, format!("no answer within {} s", IDENTITY_LIMIT.as_secs()))),
    }
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing names a region.
    #[error("no region is configured")]
    NoRegion,
    /// What is named cannot be a region.
    #[error("`{region}` is not an AWS region")]
    UnknownRegion {
        /// What is named.
        region: String,
    },
    /// No place has credentials.
    #[error("no usable AWS credentials were found")]
    NoCredentials {
        /// The profile that was asked for.
        profile: Option<String>,
        /// What the SDK says.
        source: CredentialsError,
    },
    /// AWS does not accept the credentials.
    #[error("AWS does not accept the credentials")]
    Refused {
        /// The profile that was asked for.
        profile: Option<String>,
        /// What AWS says.
        source: AwsError,
    },
    /// Nothing answers.
    #[error("{place} does not answer")]
    NoAnswer {
        /// The endpoint, or AWS in its region.
        place: String,
        /// What the SDK says.
        source: AwsError,
    },
}

impl ConnectError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoRegion => vec![
                "give --region, set AWS_REGION, or set one in your AWS profile".to_owned(),
                "without an account: add --local".to_owned(),
            ],
            Self::UnknownRegion { region } => match region::alike(region).as_slice() {
                [] => vec!["a region is named like eu-central-1 or us-east-1".to_owned()],
                alike => vec![format!("there are {}", alike.join(", "))],
            },
            Self::NoCredentials { profile, .. } => {
                vec![ways(profile.as_deref()), "without an account: add --local".to_owned()]
            }
            Self::Refused { profile, source } => {
                source.hint().map(str::to_owned).into_iter().chain([ways(profile.as_deref())]).collect()
            }
            Self::NoAnswer { .. } => vec!["check the network, --region and --endpoint-url".to_owned()],
        }
    }
}

/// The ways to give credentials.
fn ways(profile: Option<&str>) -> String {
    let login = profile.map_or_else(|| "aws sso login".to_owned(), |name| format!("aws sso login --profile {name}"));
    format!(
        "give credentials with `{login}`, `aws configure`, --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \
         (and AWS_SESSION_TOKEN) in the environment"
    )
}
