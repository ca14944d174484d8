//! What carries events and alerts: EventBridge, SNS, SQS, CloudWatch.

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
        "EventBridge does not see the role yet: run `incidentctl up` again in a minute",
    ),
    rule(
        "ValidationException",
        "since it has targets",
        "somebody gave the rule a target that is not the stack's: remove it, then run `incidentctl down` again",
    ),
    rule("ManagedRuleException", "", "an AWS service manages this rule: choose another --stack name"),
    rule(
        "LimitExceededException",
        "",
        "the bus has as many rules, or the rule as many targets, as it may: remove some, or have EventBridge's quota raised",
    ),
    rule(
        "InvalidEventPatternException",
        "",
        "the template has a pattern that EventBridge does not understand: this is a bug of incidentctl, please report it",
    ),
    rule(
        "FailedEntry",
        "",
        "EventBridge took the rule but not its target, so nothing would arrive: run `incidentctl up` again",
    ),
    topic(
        "InvalidParameter",
        "pending confirmation",
        "SNS removes a pending subscription 48 hours after it was made, or with its topic; until then it stays",
    ),
    topic(
        "InvalidParameter",
        "already exists with different attributes",
        "the address is subscribed with settings that are not the stack's: unsubscribe it, then run `incidentctl up` again",
    ),
    topic(
        "InvalidParameter",
        "already exists with different tags",
        "a topic of this name has other tags: `incidentctl plan` shows whose it is",
    ),
    topic(
        "InvalidParameter",
        "Email address",
        "SNS does not take this address: check --email and `emails` in the configuration file",
    ),
    topic(
        "SubscriptionLimitExceeded",
        "",
        "the account has as many subscriptions as it may: remove some, or have SNS's quota raised",
    ),
    topic(
        "TopicLimitExceeded",
        "",
        "the account has as many topics as it may: delete some, or have SNS's quota raised",
    ),
    topic("NotFound", "", "the topic does not exist: `incidentctl up` makes it; --stack and --region choose another"),
    topic("KMSAccessDenied", "", TOPIC_KEY),
    topic("KMSDisabled", "", TOPIC_KEY),
    topic("KMSInvalidState", "", TOPIC_KEY),
    topic("KMSNotFound", "", TOPIC_KEY),
    queue(
        "QueueDeletedRecently",
        "",
        "SQS frees a queue's name 60 seconds after its deletion: run `incidentctl up` again in a minute",
    ),
    queue(
        "QueueAlreadyExists",
        "",
        "a queue of this name exists with other settings: `incidentctl plan` shows whose it is",
    ),
    queue(
        "QueueNameExists",
        "",
        "a queue of this name exists with other settings: `incidentctl plan` shows whose it is",
    ),
    queue(
        "NonExistentQueue",
        "",
        "the queue does not exist: `incidentctl up` makes it; --stack and --region choose another",
    ),
    queue(
        "QueueDoesNotExist",
        "",
        "the queue does not exist: `incidentctl up` makes it; --stack and --region choose another",
    ),
    queue("PurgeQueueInProgress", "", "SQS purges a queue at most once a minute: run the command again then"),
    metric(
        "DashboardInvalidInputError",
        "",
        "the template has a dashboard that CloudWatch does not understand: this is a bug of incidentctl, please report it",
    ),
    metric(
        "InvalidParameterInput",
        "",
        "the template has a dashboard that CloudWatch does not understand: this is a bug of incidentctl, please report it",
    ),
    metric(
        "LimitExceeded",
        "",
        "the account has as many alarms as it may: delete some, switch some off with `alarms`, or have CloudWatch's quota raised",
    ),
    metric(
        "LimitExceededFault",
        "",
        "the account has as many alarms as it may: delete some, switch some off with `alarms`, or have CloudWatch's quota raised",
    ),
];
