//! What the names of AWS's resources can be. The names in events are untrusted: only a valid one enters a command or a link.

use crate::partition::Partition;
use crate::unprintable::is_unprintable;

/// Maximum length of a value of unknown kind.
const LONGEST: usize = 255;

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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
    /// `[.-_/#A-Za-z0-9]{1,512}`:
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>.
    LogGroup,
    /// A project of CodeBuild, a pipeline, a canary: `[A-Za-z0-9.@-_]{1,255}` holds the names of each:
    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html>,
    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>,
    /// <https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_CreateCanary.html>.
    Project,
    /// Up to 255 characters, none a control character:
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>.
    Alarm,
    /// A region of a known partition.
    Region,
    /// Twelve digits.
    Account,
    /// Anything else: characters without a meaning in shells.
    Word,
}

impl Kind {
    /// Whether a value is a name of this kind.
    pub(crate) fn accepts(self, value: &str) -> bool {
        let is_of = |longest: usize, others: &str| {
            value.len() <= longest
                && value.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
        };
        let begins_with_letter = value.starts_with(|character: char| character.is_ascii_alphabetic());
        match self {
            Self::Function => !value.is_empty() && is_of(64, "-_"),
            Self::Queue => Self::QueueStem.accepts(value.strip_suffix(".fifo").unwrap_or(value)),
            Self::QueueStem => !value.is_empty() && is_of(80, "-_"),
            Self::Stack => begins_with_letter && is_of(128, "-"),
            Self::Container => is_of(255, "-_"),
            Self::Database => begins_with_letter && is_of(63, "-"),
            Self::Rule => is_of(64, "-_."),
            Self::LogGroup => !value.is_empty() && is_of(512, ".-_/#"),
            Self::Project => !value.is_empty() && is_of(255, ".@-_"),
            Self::Alarm => !value.is_empty() && value.chars().count() <= 255 && !value.chars().any(is_unprintable),
            Self::Region => Partition::of_region(value).is_some(),
            Self::Account => value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Word => is_of(LONGEST, "-_./:@+,="),
        }
    }
}
