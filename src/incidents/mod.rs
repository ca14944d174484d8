//! Reading and changing incident records and silences in the stack's table.

mod change;
mod find;
mod list;
mod silences;
mod stats;

use aws_sdk_dynamodb::Client;
use incident_model::silence::MOST_SILENCES;

use crate::settings::StackName;
use incident_deploy::aws::{AwsError, Clients};

pub use change::{Changed, Note};
pub use list::{Filter, Listing};
pub use silences::{EndedSilence, SilenceState, SilenceStates};
pub use stats::{Durations, Frequent, Stats};

/// The incidents of one stack.
#[derive(Debug, Clone)]
pub struct Incidents {
    client: Client,
    table: String,
}

impl Incidents {
    /// The incidents of a stack. No call is made.
    pub fn new(clients: &Clients, stack: &StackName) -> Self {
        Self { client: clients.dynamodb.clone(), table: stack.incident_table() }
    }

    fn failed(&self, error: AwsError) -> IncidentsError {
        match error.is("ResourceNotFoundException") {
            true => IncidentsError::NoTable { table: self.table.clone() },
            false => IncidentsError::Aws(error),
        }
    }
}

/// Why incidents cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum IncidentsError {
    /// The stack is not there.
    #[error("there is no table `{table}`")]
    NoTable {
        /// The table's name.
        table: String,
    },
    /// AWS refused.
    #[error("cannot read or change the incidents")]
    Aws(#[source] AwsError),
    /// An item is not what this version writes.
    #[error("an incident in the table cannot be understood")]
    Malformed(#[source] serde_dynamo::Error),
    /// A status of a newer version, which knows what may follow it.
    #[error("{id} is in the status `{status}`, which this version does not know")]
    OtherStatus {
        /// The incident.
        id: String,
        /// The status.
        status: &'static str,
    },
    /// No incident has this id.
    #[error("no incident has an id that starts with `{id}`")]
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// More than one incident has an id that starts so.
    #[error("more than one incident has an id that starts with `{id}`: {}", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        id: String,
        /// Some of them.
        candidates: Vec<String>,
    },
    /// An acknowledgement that comes too late.
    #[error("{id} is resolved; it cannot be acknowledged any more")]
    Resolved {
        /// The incident.
        id: String,
    },
    /// No silence has this id.
    #[error("no silence has an id that starts with `{id}`")]
    UnknownSilence {
        /// What was asked for.
        id: String,
    },
    /// More than one silence has an id that starts so.
    #[error("more than one silence has an id that starts with `{id}`: {}", candidates.join(", "))]
    AmbiguousSilence {
        /// What was asked for.
        id: String,
        /// All of them.
        candidates: Vec<String>,
    },
    /// One more has no place.
    #[error("there are {MOST_SILENCES} silences, which is all there may be at once")]
    TooManySilences,
    /// Somebody else wrote between every read and write.
    #[error("others change the same item at the same time")]
    Contended,
}

impl IncidentsError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoTable { .. } => {
                vec!["`incidentctl up` provisions the stack; --stack and --region choose another".to_owned()]
            }
            Self::Aws(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::Malformed(_) | Self::OtherStatus { .. } => {
                vec!["a newer version may have written it: update incidentctl".to_owned()]
            }
            Self::Unknown { .. } | Self::Ambiguous { .. } => {
                vec!["`incidentctl incidents list` shows the ids".to_owned()]
            }
            Self::UnknownSilence { .. } | Self::AmbiguousSilence { .. } => {
                vec!["`incidentctl silence list` shows the ids".to_owned()]
            }
            Self::TooManySilences => vec!["`incidentctl silence end ID` ends one".to_owned()],
            Self::Contended => vec!["try again".to_owned()],
            Self::Resolved { .. } => vec!["a failure that returns opens a new incident".to_owned()],
        }
    }
}
