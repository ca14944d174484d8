//! Where to connect to.

use super::{Choice, Settings};

/// What a session depends on, of everything a command may depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// Profile of the credentials; `None` means the SDK's default.
    pub profile: Option<Choice>,
    /// Region; `None` means the profile's.
    pub region: Option<Choice>,
    /// Endpoint in place of AWS.
    pub endpoint_url: Option<String>,
    /// Region of the local AWS; `None` means the one it was started with.
    pub local_region: Option<String>,
}

impl Settings {
    /// The part that a session depends on.
    pub fn connection(&self) -> ConnectOptions {
        ConnectOptions {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            local_region: self.local_region.clone(),
        }
    }
}
