//! Events and alerts: EventBridge, SNS, SQS, CloudWatch.

use super::{ErrorHint, of};

const fn rule(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("events", code, message, hint)
}

const fn topic(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("sns", code, message, hint)
}

const fn queue(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("sqs", code, message, hint)
}

const fn metric(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("cloudwatch", code, message, hint)
}

const TOPIC_KEY: &str =
    "SNS cannot use the topic's key: check that it is enabled, and its policy against docs/security.md";

pub(super) const HINTS: &[ErrorHint] = &[
    rule(
        "ValidationException",
        "cannot be assumed by principal",
        "the role has not reached EventBridge yet: run `incidentctl up` again in a minute",
    ),
    rule(
        "ValidationException",
        "since it has targets",
        "the rule has a target that is not part of the stack: remove it, then run `incidentctl down` again",
    ),
    rule("ManagedRuleException", "", "an AWS service manages this rule: choose another --stack name"),
    rule(
        "LimitExceededException",
        "",
        "the quota of rules per bus or of targets per rule is reached: remove some, or request an increase",
    ),
    rule(
        "InvalidEventPatternException",
        "",
        "EventBridge rejects a pattern of the template: this is a bug in incidentctl, please report it",
    ),
    rule(
        "FailedEntry",
        "",
        "EventBridge accepted the rule but not its target, so no event would arrive: run `incidentctl up` again",
    ),
    topic(
        "InvalidParameter",
        "pending confirmation",
        "a pending subscription cannot be deleted: SNS removes it after 48 hours, or with its topic",
    ),
    topic(
        "InvalidParameter",
        "already exists with different attributes",
        "the address is already subscribed with other settings: unsubscribe it, then run `incidentctl up` again",
    ),
    topic(
        "InvalidParameter",
        "already exists with different tags",
        "a topic of this name has other tags: `incidentctl plan` shows its owner",
    ),
    topic(
        "InvalidParameter",
        "Email address",
        "SNS rejects this address: check --email, and `emails` in the configuration file",
    ),
    topic(
        "SubscriptionLimitExceeded",
        "",
        "the account's quota of SNS subscriptions is reached: remove some, or request an increase",
    ),
    topic(
        "TopicLimitExceeded",
        "",
        "the account's quota of SNS topics is reached: delete some, or request an increase",
    ),
    topic(
        "NotFound",
        "",
        "the topic does not exist: create it with `incidentctl up`, or select another stack with --stack and --region",
    ),
    topic("KMSAccessDenied", "", TOPIC_KEY),
    topic("KMSDisabled", "", TOPIC_KEY),
    topic("KMSInvalidState", "", TOPIC_KEY),
    topic("KMSNotFound", "", TOPIC_KEY),
    queue(
        "QueueDeletedRecently",
        "",
        "SQS keeps a deleted queue's name for 60 seconds: run `incidentctl up` again in a minute",
    ),
    queue(
        "QueueAlreadyExists",
        "",
        "a queue of this name exists with other settings: `incidentctl plan` shows its owner",
    ),
    queue("QueueNameExists", "", "a queue of this name exists with other settings: `incidentctl plan` shows its owner"),
    queue(
        "NonExistentQueue",
        "",
        "the queue does not exist: create it with `incidentctl up`, or select another stack with --stack and --region",
    ),
    queue(
        "QueueDoesNotExist",
        "",
        "the queue does not exist: create it with `incidentctl up`, or select another stack with --stack and --region",
    ),
    queue("PurgeQueueInProgress", "", "SQS allows one purge per queue and minute: run the command again in a minute"),
    metric(
        "DashboardInvalidInputError",
        "",
        "CloudWatch rejects the template's dashboard: this is a bug in incidentctl, please report it",
    ),
    metric(
        "InvalidParameterInput",
        "",
        "CloudWatch rejects the template's dashboard: this is a bug in incidentctl, please report it",
    ),
    metric(
        "LimitExceeded",
        "",
        "the account's quota of alarms is reached: delete some, switch some off with `alarms`, or request an increase",
    ),
    metric(
        "LimitExceededFault",
        "",
        "the account's quota of alarms is reached: delete some, switch some off with `alarms`, or request an increase",
    ),
];
