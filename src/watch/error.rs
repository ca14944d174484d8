//! Why a function cannot be watched, or not be left alone.

use serde_json::json;

use super::permission::ACTION;
use incident_deploy::aws::AwsError;

/// Why a function cannot be watched, or not be left alone.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// AWS refused.
    #[error("cannot read or change where the failures of a function go")]
    Aws(#[from] AwsError),
    /// It would report to itself.
    #[error("{function} handles the failures: its own must not come back to it, and go to a queue")]
    Handler {
        /// The function.
        function: String,
    },
    /// Somebody relies on the destination that there is.
    #[error("the failures of {function} go to {destination} already")]
    Elsewhere {
        /// The function.
        function: String,
        /// The ARN.
        destination: String,
    },
    /// Lambda could not deliver.
    #[error("the role of {function} may not put events on the default bus")]
    NotAllowed {
        /// The function.
        function: String,
        /// The ARN of its role.
        role: String,
        /// The ARN of the bus.
        bus: String,
    },
    /// No tag tells what stood there before.
    #[error("{function} is not watched by incidentctl: nothing remembers where its failures went before")]
    NotWatched {
        /// The function.
        function: String,
    },
    /// The destination does not fit into a tag, so that nobody could bring it back.
    #[error("the failures of {function} go to a destination whose ARN is too long to be remembered in a tag")]
    TooLong {
        /// The function.
        function: String,
        /// The ARN.
        destination: String,
    },
}

impl WatchError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Aws(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::Handler { .. } => Vec::new(),
            Self::Elsewhere { .. } => {
                vec!["--replace sends them to the bus instead; `incidentctl watch remove` brings this back".to_owned()]
            }
            Self::NotAllowed { role, bus, .. } => {
                let statement = json!({"Effect": "Allow", "Action": ACTION, "Resource": bus});
                vec![format!("add to a policy of {role}: {statement}")]
            }
            Self::NotWatched { .. } => vec!["`incidentctl watch list` shows where failures go".to_owned()],
            Self::TooLong { destination, .. } => {
                vec![format!("write it down and take it away yourself, then watch the function: {destination}")]
            }
        }
    }
}
