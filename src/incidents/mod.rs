//! Reads and changes incident records and silences in the stack's table.

mod change;
mod entries;
mod filter;
mod find;
mod list;
mod silences;
mod stats;
mod transaction;
mod whole;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use incident_model::silence::MOST_SILENCES;

use crate::settings::StackName;
use incident_deploy::aws::{AwsError, Clients};

pub use change::{Changed, Note};
pub use filter::Filter;
pub use list::Listing;
pub use silences::{EndedSilence, SilenceState, SilenceStates};
pub use stats::{Durations, Frequent, Stats};

/// The incidents of one stack.
#[derive(Debug, Clone)]
pub struct Incidents {
    client: Client,
    table: String,
    /// Whether the table was seen without the index of former versions.
    lost_former_index: Arc<AtomicBool>,
}

impl Incidents {
    /// The incidents of a stack. Makes no call.
    pub fn new(clients: &Clients, stack: &StackName) -> Self {
        let lost_former_index = Arc::new(AtomicBool::new(false));
        Self { client: clients.dynamodb.clone(), table: stack.incident_table(), lost_former_index }
    }

    fn has_lost_former_index(&self) -> bool {
        self.lost_former_index.load(Ordering::Relaxed)
    }

    fn lose_former_index(&self) {
        self.lost_former_index.store(true, Ordering::Relaxed);
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
    /// The stack does not exist.
    #[error("no table `{table}`")]
    NoTable {
        /// The table's name.
        table: String,
    },
    /// AWS refused.
    #[error("cannot read or change the incidents")]
    Aws(#[source] AwsError),
    /// An item does not match the format of this version.
    #[error("an incident in the table cannot be parsed")]
    Malformed(#[source] serde_dynamo::Error),
    /// A status of a newer version, which alone knows what may follow it.
    #[error("{id} has the status `{status}`, which this version does not know")]
    OtherStatus {
        /// The incident.
        id: String,
        /// The status.
        status: &'static str,
    },
    /// No incident has this ID.
    #[error("no incident has an id that starts with `{id}`")]
    Unknown {
        /// The given ID or prefix.
        id: String,
    },
    /// More than one incident has this prefix.
    #[error("more than one incident has an id that starts with `{id}`: {}", candidates.join(", "))]
    Ambiguous {
        /// The given prefix.
        id: String,
        /// Some of them.
        candidates: Vec<String>,
    },
    /// An acknowledgement after the end.
    #[error("{id} is already resolved and cannot be acknowledged")]
    Resolved {
        /// The incident.
        id: String,
    },
    /// No silence has this ID.
    #[error("no silence has an id that starts with `{id}`")]
    UnknownSilence {
        /// The given ID or prefix.
        id: String,
    },
    /// More than one silence has this prefix.
    #[error("more than one silence has an id that starts with `{id}`: {}", candidates.join(", "))]
    AmbiguousSilence {
        /// The given prefix.
        id: String,
        /// All of them.
        candidates: Vec<String>,
    },
    /// The limit of silences is reached.
    #[error("there are already {MOST_SILENCES} silences, the maximum")]
    TooManySilences,
    /// Every attempt collided with another write.
    #[error("the item keeps being changed concurrently")]
    Contended,
    /// DynamoDB left the same items out of every answer.
    #[error("DynamoDB does not answer all reads of the table now")]
    Throttled,
}

impl IncidentsError {
    /// Whether the table lacks the index of a query.
    fn lacks_index(&self) -> bool {
        matches!(self, Self::Aws(error) if error.lacks_index())
    }

    /// The hints.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoTable { .. } => {
                vec!["`incidentctl up` provisions the stack; --stack and --region select another".to_owned()]
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
            Self::Throttled => vec!["try again later, or with --since".to_owned()],
            Self::Resolved { .. } => vec!["a recurrence opens a new incident".to_owned()],
        }
    }
}
