//! Why a function cannot be watched or unwatched.

use serde_json::json;

use super::permission::ACTION;
use incident_deploy::aws::AwsError;

/// Why a function cannot be watched or unwatched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// AWS refused.
    #[error("cannot read or change where the failures of a function go")]
    Aws(#[from] AwsError),
    /// The handler would report to itself.
    #[error("{function} is the incident handler: its own failures must not loop back, and go to a queue")]
    Handler {
        /// The function.
        function: String,
    },
    /// The function has another destination, which may be in use.
    #[error("the failures of {function} already go to {destination}")]
    Elsewhere {
        /// The function.
        function: String,
        /// The ARN.
        destination: String,
    },
    /// Lambda could not deliver.
    #[error("the role of {function} lacks events:PutEvents on the default bus")]
    NotAllowed {
        /// The function.
        function: String,
        /// The ARN of its role.
        role: String,
        /// The ARN of the bus.
        bus: String,
    },
    /// No tag records the previous destination.
    #[error("{function} is not watched: no tag records where its failures went before")]
    NotWatched {
        /// The function.
        function: String,
    },
    /// The destination does not fit into a tag, so it could not be restored.
    #[error("the failures of {function} go to a destination whose ARN is too long for a tag")]
    TooLong {
        /// The function.
        function: String,
        /// The ARN.
        destination: String,
    },
}

impl WatchError {
    /// The hints.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Aws(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::Handler { .. } => Vec::new(),
            Self::Elsewhere { .. } => {
                vec!["--replace sends them to the bus instead; `incidentctl watch remove` restores it".to_owned()]
            }
            Self::NotAllowed { role, bus, .. } => {
                let statement = json!({"Effect": "Allow", "Action": ACTION, "Resource": bus});
                vec![format!("add to a policy of {role}: {statement}")]
            }
            Self::NotWatched { .. } => vec!["`incidentctl watch list` shows where failures go".to_owned()],
            Self::TooLong { destination, .. } => {
                vec![format!("note and remove the destination yourself, then watch the function: {destination}")]
            }
        }
    }
}
