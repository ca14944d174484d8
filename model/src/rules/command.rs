//! Which values of an event may enter a command. Readers copy a recommendation's commands into a shell, and the names
//! in events are untrusted.

use serde_json::Value;

use crate::observation::Observation;

/// Maximum length of a value of unknown kind.
const LONGEST: usize = 255;

/// Whether a value may replace a placeholder in a command: it must be a valid name of its kind, and neither shell
/// syntax, nor an option, nor a file that the AWS CLI would read.
pub(super) fn may_hold(observation: &Observation, placeholder: &str, value: &str) -> bool {
    let is_option = value.starts_with('-');
    !value.is_empty() && !is_option && !value.contains("://") && kind(observation, placeholder).accepts(value)
}

/// The kind of a value.
enum Kind {
    /// `[a-zA-Z0-9-_]{1,64}`: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>.
    Function,
    /// The same up to 80 characters, and `.fifo`:
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>.
    Queue,
    /// A queue's name without `.fifo`.
    QueueStem,
    /// `[a-zA-Z][-a-zA-Z0-9]{0,127}`:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>.
    Stack,
    /// A cluster, a service or a task:
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>.
    Container,
    /// A database instance or cluster:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>.
    Database,
    /// A rule or a schedule: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>.
    Rule,
    Region,
    Account,
    /// Anything else: characters without a meaning in shells.
    Word,
}

fn kind(observation: &Observation, placeholder: &str) -> Kind {
    let is_dead_letter = observation.attributes.get("condition").and_then(Value::as_str) == Some("DeadLetter");
    match (placeholder, observation.source.as_str()) {
        ("region", _) => Kind::Region,
        ("account", _) => Kind::Account,
        ("attributes.function", _) => Kind::Function,
        ("resource", "lambda") if !is_dead_letter => Kind::Function,
        ("resource", "lambda" | "sqs") => Kind::Queue,
        ("resource", "cloudformation") => Kind::Stack,
        ("resource" | "request_id" | "attributes.cluster", "ecs") => Kind::Container,
        ("resource", "rds" | "dms") => Kind::Database,
        ("resource", "events" | "scheduler") => Kind::Rule,
        _ => Kind::Word,
    }
}

impl Kind {
    fn accepts(&self, value: &str) -> bool {
        let is_of = |longest: usize, others: &str| {
            value.len() <= longest
                && value.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
        };
        let begins_with_letter = value.starts_with(|character: char| character.is_ascii_alphabetic());
        match self {
            Self::Function => is_of(64, "-_"),
            Self::Queue => Self::QueueStem.accepts(value.strip_suffix(".fifo").unwrap_or(value)),
            Self::QueueStem => !value.is_empty() && is_of(80, "-_"),
            Self::Stack => begins_with_letter && is_of(128, "-"),
            Self::Container => is_of(255, "-_"),
            Self::Database => begins_with_letter && is_of(63, "-"),
            Self::Rule => is_of(64, "-_."),
            Self::Region => begins_with_letter && is_of(32, "-"),
            Self::Account => value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Word => is_of(LONGEST, "-_./:@+,="),
        }
    }
}
