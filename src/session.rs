//! The connection to an account, real or local.

mod configuration;
mod https;
mod region;

pub use configuration::{ConfigurationError, Place, ProfileFilesError, WrongSetting};

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use incident_deploy::aws::{AwsError, Explain, NO_ANSWER};
use incident_local::AccessKey;
use incident_local::daemon::Status;
use incident_model::Partition;

use crate::settings::ConnectOptions;

/// Time limit for finding credentials.
const CREDENTIALS_LIMIT: Duration = Duration::from_secs(8);
/// Time limit for AWS to identify them.
const IDENTITY_LIMIT: Duration = Duration::from_secs(5);
/// The call that identifies credentials.
const IDENTITY: &str = "sts:GetCallerIdentity";

/// An account whose credentials work.
#[derive(Debug, Clone)]
pub struct Session {
    sdk: SdkConfig,
    account: String,
    partition: Partition,
    region: String,
    profile: Option<String>,
    endpoint: Option<String>,
    local: Option<Status>,
}

impl Session {
    /// Resolves region and credentials, and has AWS identify them; a local AWS has its own.
    ///
    /// # Errors
    /// No region, missing or expired credentials, an endpoint that does not answer.
    pub async fn connect(options: &ConnectOptions, local: Option<&Status>) -> Result<Self, ConnectError> {
        match local {
            Some(status) => Self::connect_locally(options, status).await,
            None => Self::connect_to_account(options).await,
        }
    }

    async fn connect_locally(options: &ConnectOptions, status: &Status) -> Result<Self, ConnectError> {
        let region = options.local_region.clone().unwrap_or_else(|| status.region.clone());
        if !region::is_like_one(&region) {
            return Err(ConnectError::UnknownRegion { region, by: None });
        }
        let AccessKey { access_key_id, secret_access_key } = &status.access_key;
        let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "local AWS");
        let sdk = configuration::local(&status.endpoint, &region, credentials);
        let endpoint = Some(status.endpoint.clone());
        let (account, partition) = account_of(&sdk, &region, endpoint.as_deref(), None).await?;
        Ok(Self { sdk, account, partition, region, profile: None, endpoint, local: Some(status.clone()) })
    }

    async fn connect_to_account(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let sdk = configuration::of_account(options).await?;
        let region = sdk.region().map(ToString::to_string).filter(|region| !region.is_empty());
        let region = region.ok_or(ConnectError::NoRegion)?;
        let endpoint = sdk.endpoint_url().map(str::to_owned);
        let known = match &endpoint {
            None => region::exists(&region).await,
            // Another endpoint may use region names of its own.
            Some(_) => region::is_label(&region),
        };
        if !known {
            let by = options.region.as_ref().map(|region| region.by.to_string());
            return Err(ConnectError::UnknownRegion { region, by });
        }
        let profile = options.profile.as_ref().map(|profile| profile.value.as_str());
        let credentials = credentials_of(&sdk, profile).await?;
        let profile = profile.filter(|_| come_from_a_profile(&credentials));
        let (account, partition) = account_of(&sdk, &region, endpoint.as_deref(), profile).await?;
        Ok(Self { sdk, account, partition, region, profile: profile.map(str::to_owned), endpoint, local: None })
    }

    /// The configuration for service clients.
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

    /// The ARN of a resource in this account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition.name, self.region, self.account)
    }

    /// The partition of the account.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The endpoint that replaces AWS, if any.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Whether this is the local AWS.
    pub fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The local AWS, if this is one.
    pub fn local(&self) -> Option<&Status> {
        self.local.as_ref()
    }

    /// Account, region, and where they come from, in one line.
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

/// Resolves the credentials before anything is attempted with them.
async fn credentials_of(sdk: &SdkConfig, profile: Option<&str>) -> Result<Credentials, ConnectError> {
    let missing = |source| ConnectError::NoCredentials { profile: profile.map(str::to_owned), source };
    let provider = sdk
        .credentials_provider()
        .ok_or_else(|| missing(CredentialsError::not_loaded("no place to look for them is configured")))?;
    // The SDK panics on some answers of programs that a profile names: in a task of its own, that is an error.
    let search = tokio::spawn(async move { provider.provide_credentials().await });
    // Outside EC2, the SDK's last resort is an address that never answers.
    let credentials = match tokio::time::timeout(CREDENTIALS_LIMIT, search).await {
        Ok(Ok(found)) => found.map_err(missing)?,
        Ok(Err(panic)) => return Err(missing(CredentialsError::unhandled(panic))),
        Err(_) => return Err(missing(CredentialsError::provider_timed_out(CREDENTIALS_LIMIT))),
    };
    configuration::check_credentials(&credentials)?;
    Ok(credentials)
}

/// Whether the credentials come from a profile, not from the environment or the machine.
fn come_from_a_profile(credentials: &Credentials) -> bool {
    let ways = credentials.get_property::<Vec<AwsCredentialFeature>>();
    ways.is_some_and(|ways| ways.contains(&AwsCredentialFeature::CredentialsProfile))
}

/// Identifies the credentials.
async fn account_of(
    sdk: &SdkConfig,
    region: &str,
    endpoint: Option<&str>,
    profile: Option<&str>,
) -> Result<(String, Partition), ConnectError> {
    identity(sdk).await.map_err(|source| match source.is(NO_ANSWER) {
        true => ConnectError::NoAnswer {
            place: endpoint.map_or_else(|| format!("AWS in region {region}"), str::to_owned),
            source,
        },
        false => ConnectError::Refused { profile: profile.map(str::to_owned), source },
    })
}

/// The account of the credentials and its partition. A person is waiting: a slow answer counts as none.
async fn identity(sdk: &SdkConfig) -> Result<(String, Partition), AwsError> {
    let config = aws_sdk_sts::config::Builder::from(sdk).retry_config(RetryConfig::standard().with_max_attempts(2));
    let sts = aws_sdk_sts::Client::from_conf(config.build());
    match tokio::time::timeout(IDENTITY_LIMIT, sts.get_caller_identity().send()).await {
        Ok(answer) => {
            let answer = answer.explain(IDENTITY)?;
            let partition = answer.arn().and_then(Partition::of_arn).unwrap_or_else(Partition::commercial);
            Ok((answer.account.unwrap_or_default(), partition))
        }
        Err(_) => Err(AwsError::new(IDENTITY, NO_ANSWER, format!("no answer within {} s", IDENTITY_LIMIT.as_secs()))),
    }
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The environment or a profile has an invalid value.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// No region is configured.
    #[error("no region is configured")]
    NoRegion,
    /// The value cannot be a region.
    #[error("`{}`{} is not an AWS region", region.escape_debug(), by.as_ref().map(|by| format!(" of {by}")).unwrap_or_default())]
    UnknownRegion {
        /// The value.
        region: String,
        /// The flag, variable or file that sets it, if known.
        by: Option<String>,
    },
    /// No source has credentials.
    #[error("no usable AWS credentials found")]
    NoCredentials {
        /// The requested profile.
        profile: Option<String>,
        /// The SDK's error.
        source: CredentialsError,
    },
    /// AWS rejects the credentials.
    #[error("AWS rejected the credentials")]
    Refused {
        /// The requested profile.
        profile: Option<String>,
        /// AWS's error.
        source: AwsError,
    },
    /// No answer.
    #[error("{place} does not answer")]
    NoAnswer {
        /// The endpoint, or AWS in its region.
        place: String,
        /// The SDK's error.
        source: AwsError,
    },
}

impl ConnectError {
    /// The hints.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Configuration(error) => error.hints(),
            Self::NoRegion => vec![
                "pass --region, set AWS_REGION, or set a region in your AWS profile".to_owned(),
                "to work without an account, add --local".to_owned(),
            ],
            Self::UnknownRegion { region, .. } => match region::alike(region).as_slice() {
                [] => vec!["region names look like eu-central-1 or us-east-1".to_owned()],
                alike => vec![format!("similar regions: {}", alike.join(", "))],
            },
            Self::NoCredentials { profile, .. } => {
                vec![ways(profile.as_deref()), "to work without an account, add --local".to_owned()]
            }
            Self::Refused { profile, source } => {
                source.hint().map(str::to_owned).into_iter().chain([ways(profile.as_deref())]).collect()
            }
            Self::NoAnswer { .. } => vec!["check the network, --region and --endpoint-url".to_owned()],
        }
    }
}

/// The ways to provide credentials.
fn ways(profile: Option<&str>) -> String {
    let login = profile.map_or_else(|| "aws sso login".to_owned(), |name| format!("aws sso login --profile {name}"));
    format!(
        "provide credentials with `{login}`, `aws configure`, --profile, or AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) in the environment"
    )
}
