//! Events that did not reach the handler, or that it gave up on: what they are, why they wait, and what becomes of them.
//!
//! [`letter`] understands a message and is pure; [`queue`] is the client of one queue; [`mod@look`] reads without consuming,
//! [`mod@dispose`] takes out, [`target`] takes them again. SQS's own redrive (`StartMessageMoveTask`) works only on the dead
//! letters of another queue; these are EventBridge's, the handler's and, from older stacks, Lambda's.

mod dispose;
mod letter;
mod look;
mod queue;
mod target;

pub use dispose::{Disposal, Stayed, dispose};
pub use letter::{DeadLetter, Event, Message, Origin, Reason};
pub use look::{Look, look};
pub use queue::Queue;
pub use target::Target;

/// So many candidates are named when a beginning fits several.
const CANDIDATES: usize = 5;

/// Why a dead letter cannot be shown, sent or dropped.
#[derive(Debug, thiserror::Error)]
pub enum DeadLettersError {
    /// The stack is not there.
    #[error("there is no queue {}", names.join(" or "))]
    NoQueue {
        /// The queues that were asked for.
        names: Vec<String>,
    },
    /// No message has this id.
    #[error("no dead letter has an id that starts with `{id}`")]
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// More than one message has an id that starts so.
    #[error("more than one dead letter has an id that starts with `{id}`: {}", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        id: String,
        /// Some of them.
        candidates: Vec<String>,
    },
}

impl DeadLettersError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoQueue { .. } => {
                vec!["`incidentctl up` provisions the stack; --stack and --region choose another".to_owned()]
            }
            Self::Unknown { .. } | Self::Ambiguous { .. } => {
                vec![
                    "`incidentctl dead-letters list` shows the ids; --limit looks further into a long queue".to_owned(),
                ]
            }
        }
    }
}

/// The one whose id is this, or the only one whose id starts so.
///
/// # Errors
/// When none or several do.
pub fn find<'a>(letters: &'a [DeadLetter], id: &str) -> Result<&'a DeadLetter, DeadLettersError> {
    let found: Vec<&DeadLetter> = letters.iter().filter(|letter| letter.message_id.starts_with(id)).collect();
    match found.as_slice() {
        [] => Err(DeadLettersError::Unknown { id: id.to_owned() }),
        [one] => Ok(one),
        several => {
            let candidates = several.iter().take(CANDIDATES).map(|letter| letter.message_id.clone()).collect();
            Err(DeadLettersError::Ambiguous { id: id.to_owned(), candidates })
        }
    }
}
