//! Storage: DynamoDB, CloudWatch Logs, S3.

use super::{ErrorHint, of};

const fn table(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("dynamodb", code, message, hint)
}

const fn log(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("logs", code, message, hint)
}

const fn bucket(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("s3", code, message, hint)
}

const TABLE_BUSY: &str = "another change to the table is in progress: run the command again when it has finished";
const EXPIRY_CHANGED: &str =
    "DynamoDB allows one change of the time to live per hour: run `incidentctl up` again after that";

pub(super) const HINTS: &[ErrorHint] = &[
    table(
        "LimitExceededException",
        "simultaneously",
        "too many tables of the account are being changed at once: run the command again when they have finished",
    ),
    table("ResourceInUseException", "being created", TABLE_BUSY),
    table("ResourceInUseException", "being updated", TABLE_BUSY),
    table("ResourceInUseException", "being deleted", TABLE_BUSY),
    table("ResourceInUseException", "Cannot delete table while indexes", TABLE_BUSY),
    table(
        "ResourceInUseException",
        "already exists",
        "another process created this table in the meantime: `incidentctl plan` shows its owner",
    ),
    table(
        "ContinuousBackupsUnavailableException",
        "",
        "DynamoDB is still enabling backups for the new table: run `incidentctl up` again in a minute",
    ),
    table("ValidationException", "modified multiple times within a fixed interval", EXPIRY_CHANGED),
    table("ValidationException", "TimeToLive", EXPIRY_CHANGED),
    table(
        "ValidationException",
        "Server-Side Encryption modification must be the only",
        "DynamoDB changes the key in a request of its own: run `incidentctl up` again to change the rest",
    ),
    table(
        "ValidationException",
        "deletion protection",
        "the table has deletion protection: to delete its incidents, set `deletion_protection: false` and run \
         `incidentctl up`; or keep them with `incidentctl down --keep-data`",
    ),
    table(
        "ResourceNotFoundException",
        "",
        "the table does not exist: create it with `incidentctl up`, or select another stack with --stack and --region",
    ),
    table("KMSInvalidStateException", "", "the table's key is disabled or scheduled for deletion: enable it in KMS"),
    table("ProvisionedThroughputExceededException", "", "the table is throttled: run the command again in a minute"),
    log(
        "ResourceAlreadyExistsException",
        "",
        "the log group was created in the meantime: run `incidentctl up` again to adopt it",
    ),
    log("OperationAbortedException", "", "another change to the log group is in progress: run the command again"),
    log(
        "LimitExceededException",
        "",
        "the account's quota of log groups is reached: delete old ones, or request an increase",
    ),
    log("ResourceNotFoundException", "", "there is no log yet: the function's first invocation creates it"),
    bucket(
        "BucketAlreadyExists",
        "",
        "the bucket for the code belongs to another account: deploy with `--engine direct`, which needs no bucket",
    ),
    bucket("BucketAlreadyOwnedByYou", "", "the bucket for the code was created in the meantime: run the command again"),
    bucket("NoSuchBucket", "", "the bucket for the code no longer exists: run `incidentctl up` again to create it"),
    bucket("OperationAborted", "", "S3 is still busy with this bucket: run the command again in a minute"),
    bucket(
        "PermanentRedirect",
        "",
        "the bucket for the code is in another region: deploy with `--engine direct`, or delete that bucket",
    ),
    bucket("IllegalLocationConstraintException", "", "the bucket for the code is in another region: check --region"),
    bucket(
        "TooManyBuckets",
        "",
        "the account's quota of buckets is reached: deploy with `--engine direct`, which needs no bucket",
    ),
];
