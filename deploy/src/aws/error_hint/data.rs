//! Where data is kept: DynamoDB, CloudWatch Logs, S3.

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

const TABLE_BUSY: &str = "another change of the table is under way: run the command again when it has ended";
const EXPIRY_CHANGED: &str = "DynamoDB changes the time to live at most once an hour: run `incidentctl up` again then";

pub(super) const HINTS: &[ErrorHint] = &[
    table(
        "LimitExceededException",
        "simultaneously",
        "other tables of the account are being changed: run the command again when they are done",
    ),
    table("ResourceInUseException", "being created", TABLE_BUSY),
    table("ResourceInUseException", "being updated", TABLE_BUSY),
    table("ResourceInUseException", "being deleted", TABLE_BUSY),
    table("ResourceInUseException", "Cannot delete table while indexes", TABLE_BUSY),
    table(
        "ResourceInUseException",
        "already exists",
        "somebody else made this table in the meantime: `incidentctl plan` shows whose it is",
    ),
    table(
        "ContinuousBackupsUnavailableException",
        "",
        "DynamoDB is still switching on backups for the new table: run `incidentctl up` again in a minute",
    ),
    table("ValidationException", "modified multiple times within a fixed interval", EXPIRY_CHANGED),
    table("ValidationException", "TimeToLive", EXPIRY_CHANGED),
    table(
        "ValidationException",
        "Server-Side Encryption modification must be the only",
        "the key changes alone: run `incidentctl up` again, which changes the rest",
    ),
    table(
        "ValidationException",
        "deletion protection",
        "the table is protected: set `deletion_protection: false` and run `incidentctl up`, if its incidents may go, or keep \
         them with `incidentctl down --keep-data`",
    ),
    table(
        "ResourceNotFoundException",
        "",
        "the table does not exist: `incidentctl up` makes it; --stack and --region choose another",
    ),
    table("KMSInvalidStateException", "", "the table's key is disabled or waits for its deletion: enable it in KMS"),
    table(
        "ProvisionedThroughputExceededException",
        "",
        "more is asked of the table than it can do right now: run the command again in a minute",
    ),
    log(
        "ResourceAlreadyExistsException",
        "",
        "somebody made this log group in the meantime: run `incidentctl up` again, which takes it over",
    ),
    log("OperationAbortedException", "", "another change of the log group is under way: run the command again"),
    log(
        "LimitExceededException",
        "",
        "the account has as many log groups as it may: delete old ones, or have the quota of CloudWatch Logs raised",
    ),
    log("ResourceNotFoundException", "", "there is no log yet: the function writes it when it runs for the first time"),
    bucket(
        "BucketAlreadyExists",
        "",
        "the bucket for the code belongs to another account: deploy with `--engine direct`, which needs none",
    ),
    bucket("BucketAlreadyOwnedByYou", "", "the bucket for the code was made in the meantime: run the command again"),
    bucket("NoSuchBucket", "", "the bucket for the code is gone: run `incidentctl up` again, which makes it"),
    bucket("OperationAborted", "", "S3 is still busy with this bucket: run the command again in a minute"),
    bucket(
        "PermanentRedirect",
        "",
        "the bucket for the code lies in another region: deploy with `--engine direct`, or delete that bucket",
    ),
    bucket("IllegalLocationConstraintException", "", "the bucket for the code lies in another region: check --region"),
    bucket(
        "TooManyBuckets",
        "",
        "the account has as many buckets as it may: deploy with `--engine direct`, which needs none",
    ),
];
