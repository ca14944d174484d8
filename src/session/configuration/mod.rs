//! Configuration of the SDK.
//!
//! For an account, the SDK reads the environment and the profile files on its own, panics on some values
//! (`AWS_MAX_ATTEMPTS=0`, an endpoint without a host, a line break in a key) and ignores others
//! (`AWS_USE_FIPS_ENDPOINT=yes`). So every value is checked before the SDK sees it. The local AWS takes nothing from
//! either: settings for an account are not meant for it.

mod endpoints;
mod form;
mod profiles;
mod sources;
#[cfg(test)]
mod tests;

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::https;
use crate::settings::{ConnectOptions, Origin};
use form::Form;
use incident_deploy::aws::{retries, with_patience};
use profiles::Profiles;
use sources::Sources;

pub use profiles::ProfileFilesError;
pub use sources::{Place, WrongSetting};

/// The default profile.
const DEFAULT_PROFILE: &str = "default";

/// Why the SDK cannot be configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// A value that the SDK could not work with.
    #[error(transparent)]
    Wrong(#[from] WrongSetting),
    /// A malformed profile file.
    #[error(transparent)]
    Files(#[from] ProfileFilesError),
}

impl ConfigurationError {
    /// The hint.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Wrong(WrongSetting { place: Place::Variable(name), .. }) => format!("correct or unset {name}"),
            Self::Wrong(WrongSetting { place: Place::Credentials(_), .. }) => return Vec::new(),
            Self::Wrong(_) | Self::Files(_) => "correct the file, or choose another --profile".to_owned(),
        };
        vec![hint]
    }
}

/// For a local AWS: only from these values, without variables, profiles or proxies.
pub(super) fn local(endpoint: &str, region: &str, credentials: Credentials) -> SdkConfig {
    let mut sdk = SdkConfig::builder();
    sdk.set_app_name(app_name());
    let sdk = sdk
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .http_client(direct_client())
        .retry_config(retries(None, None))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    with_patience(sdk.build())
}

/// For an account: from settings, environment and profile files.
///
/// # Errors
/// Values that the SDK could not work with, and unreadable profile files.
pub(super) async fn of_account(options: &ConnectOptions) -> Result<SdkConfig, ConfigurationError> {
    let name = options.profile.as_ref().map_or(DEFAULT_PROFILE, |profile| &profile.value);
    with_profiles(options, &Profiles::read(name).await?).await
}

async fn with_profiles(options: &ConnectOptions, profiles: &Profiles) -> Result<SdkConfig, ConfigurationError> {
    let sources = Sources::new(sources::variable, profiles);
    // If a flag names the profile, keys in the environment are ignored.
    let by_flag = options.profile.as_ref().is_some_and(|profile| matches!(profile.by, Origin::Flag(_)));
    sources.check(!by_flag || profiles.take_keys_of_the_environment())?;
    let (mode, attempts) = sources.retries();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https::client())
        .profile_name(profiles.name())
        .profile_files(profiles.sources())
        .retry_config(retries(mode, attempts))
        .region(region(options, profiles));
    if let Some(name) = app_name() {
        loader = loader.app_name(name);
    }
    if let Some(endpoint) = &options.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    let sdk = endpoints::checked(with_patience(loader.load().await), asks_for_credentials(profiles))?;
    match by_flag {
        true => Ok(with_profile_alone(sdk, profiles)),
        false => Ok(sdk),
    }
}

/// Rejects credentials that cannot sign: they may come from a program or a service.
///
/// # Errors
/// A part that does not fit into a header.
pub(super) fn check_credentials(credentials: &Credentials) -> Result<(), ConfigurationError> {
    let parts = [
        ("access key id", Some(credentials.access_key_id())),
        ("secret access key", Some(credentials.secret_access_key())),
        ("session token", credentials.session_token()),
    ];
    let wrong = parts.into_iter().find(|(_, value)| value.is_some_and(|value| !Form::Token.fits(value)));
    wrong.map_or(Ok(()), |(part, _)| Err(sources::wrong(Place::Credentials(part), Form::Token).into()))
}

/// Whether resolving the credentials calls a service.
fn asks_for_credentials(profiles: &Profiles) -> bool {
    let keys = ["role_arn", "sso_session", "sso_start_url", "web_identity_token_file"];
    sources::variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
        || keys.into_iter().any(|key| profiles.entries(key).next().is_some())
}

fn app_name() -> Option<AppName> {
    AppName::new("incidentctl").ok()
}

/// The region: from the settings, else the profile, else the EC2 instance.
fn region(options: &ConnectOptions, profiles: &Profiles) -> RegionProviderChain {
    let chosen = options.region.as_ref().map(|region| Region::new(region.value.clone()));
    let profile = ProfileFileRegionProvider::builder().profile_files(profiles.sources()).profile_name(profiles.name());
    RegionProviderChain::first_try(chosen)
        .or_else(profile.build())
        .or_else(ImdsRegionProvider::builder().configure(&plain_config()).build())
}

/// The configuration for a provider's own calls.
fn plain_config() -> ProviderConfig {
    ProviderConfig::without_region().with_http_client(https::client())
}

/// The same with only the credentials of this profile: naming a profile must not lead to another account
/// because the environment has keys too.
fn with_profile_alone(sdk: SdkConfig, profiles: &Profiles) -> SdkConfig {
    let mut config = plain_config()
        .with_region(sdk.region().cloned())
        .with_use_fips(sdk.use_fips())
        .with_use_dual_stack(sdk.use_dual_stack());
    if let Some(retries) = sdk.retry_config() {
        config = config.with_retry_config(retries.clone());
    }
    if let Some(limits) = sdk.timeout_config() {
        config = config.with_timeout_config(limits.clone());
    }
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .profile_files(profiles.sources())
        .profile_name(profiles.name());
    sdk.into_builder().credentials_provider(SharedCredentialsProvider::new(provider.build())).build()
}

/// Connects directly and unencrypted; the SDK's own client would ask the environment for a proxy.
fn direct_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build_http()
    })
}
