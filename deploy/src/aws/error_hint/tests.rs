//! AWS's own texts have hints.

use super::super::AwsError;
use super::TABLES;
use crate::aws::NO_ANSWER;

/// Call, code and message as AWS gives them, and a part of the hint.
const TEXTS: &[[&str; 4]] = &[
    [
        "lambda:Invoke",
        "SelfCheckFailed",
        "the new code failed its self-check (table: x); the code before (0.1.0) was put back and works",
        "was not changed",
    ],
    [
        "lambda:Invoke",
        "SelfCheckFailed",
        "the new code failed its self-check (table: x); the code before (0.1.0) could not be put back: no link",
        "with one that does",
    ],
    ["sts:GetCallerIdentity", "ExpiredToken", "The security token included in the request is expired", "aws sso login"],
    [
        "dynamodb:CreateTable",
        "ExpiredTokenException",
        "The security token included in the request is expired",
        "aws sso login",
    ],
    [
        "sts:GetCallerIdentity",
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        "does not know",
    ],
    [
        "lambda:GetFunction",
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        "enabled for the account",
    ],
    [
        "sts:GetCallerIdentity",
        "SignatureDoesNotMatch",
        "Signature expired: 20261122T100000Z is now earlier than 20261122T101000Z",
        "clock",
    ],
    [
        "dynamodb:DescribeTable",
        "InvalidSignatureException",
        "The request signature we calculated does not match",
        "clock",
    ],
    [
        "s3:PutObject",
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        "clock",
    ],
    [
        "lambda:CreateFunction",
        "OptInRequired",
        "The AWS Access Key Id needs a subscription for the service",
        "--region",
    ],
    [
        "events:PutRule",
        "AccessDeniedException",
        "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: events:PutRule on resource: x because no identity-based policy allows the events:PutRule action",
        "--print-policy",
    ],
    [
        "events:PutRule",
        "AccessDeniedException",
        "User: x is not authorized to perform: events:PutRule on resource: y with an explicit deny in a service control policy",
        "organisation",
    ],
    [
        "iam:CreateRole",
        "AccessDenied",
        "User: x is not authorized to perform: iam:CreateRole because no permissions boundary allows the iam:CreateRole action",
        "boundary",
    ],
    [
        "iam:CreateRole",
        "AccessDenied",
        "User: x is not authorized to perform: iam:CreateRole on resource: y because no identity-based policy allows the iam:CreateRole action",
        "permissions_boundary",
    ],
    [
        "iam:PutRolePolicy",
        "AccessDenied",
        "User: x is not authorized to perform: iam:PutRolePolicy on resource: y because no identity-based policy allows the iam:PutRolePolicy action",
        "permissions_boundary",
    ],
    [
        "iam:DeleteRolePolicy",
        "AccessDenied",
        "User: x is not authorized to perform: iam:DeleteRolePolicy on resource: y because no identity-based policy allows the iam:DeleteRolePolicy action",
        "permissions_boundary",
    ],
    [
        "sns:CreateTopic",
        "AuthorizationError",
        "User: x is not authorized to perform: SNS:CreateTopic",
        "--print-policy",
    ],
    [
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
        "lambda.amazonaws.com",
    ],
    [
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "The provided execution role does not have permissions to call SendMessage on SQS",
        "restore it",
    ],
    [
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings.",
        "docs/security.md",
    ],
    [
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "Your request has been throttled by EC2, please make sure you have enough API rate limit.",
        "EC2",
    ],
    [
        "lambda:UpdateFunctionCode",
        "InvalidParameterValueException",
        "Unzipped size must be smaller than 262144000 bytes",
        "builds the small one",
    ],
    [
        "lambda:UpdateFunctionCode",
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        "rebuilt",
    ],
    [
        "lambda:CreateFunction",
        "RequestEntityTooLargeException",
        "Request must be smaller than 70167211 bytes for the CreateFunction operation",
        "builds the small one",
    ],
    [
        "lambda:UpdateFunctionCode",
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:x",
        "in progress",
    ],
    [
        "lambda:UpdateFunctionCode",
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        "in progress",
    ],
    [
        "lambda:CreateFunction",
        "ResourceConflictException",
        "Function already exist: devops-incident-handler",
        "incidentctl plan",
    ],
    [
        "lambda:AddPermission",
        "ResourceConflictException",
        "The statement id (x) provided already exists. Please provide a new statement id, or remove the existing statement.",
        "compares",
    ],
    [
        "lambda:Invoke",
        "KMSAccessDeniedException",
        "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings.",
        "grants it the role again",
    ],
    [
        "lambda:CreateFunction",
        "CodeStorageExceededException",
        "Code storage limit exceeded.",
        "delete unused functions",
    ],
    [
        "events:PutRule",
        "ValidationException",
        "Provided role 'arn:x' cannot be assumed by principal 'events.amazonaws.com'.",
        "has not reached",
    ],
    ["events:DeleteRule", "ValidationException", "Rule can't be deleted since it has targets.", "target"],
    ["events:PutTargets", "FailedEntry", "a target was refused", "no event would arrive"],
    [
        "sns:Unsubscribe",
        "InvalidParameter",
        "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation",
        "48 hours",
    ],
    [
        "sns:Unsubscribe",
        "InvalidParameterException",
        "Cannot unsubscribe a subscription that is pending confirmation",
        "48 hours",
    ],
    [
        "sns:Subscribe",
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
        "unsubscribe",
    ],
    ["sns:Subscribe", "InvalidParameter", "Invalid parameter: Email address", "--email"],
    [
        "dynamodb:CreateTable",
        "LimitExceededException",
        "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously",
        "too many tables",
    ],
    [
        "dynamodb:DeleteTable",
        "ResourceInUseException",
        "Attempt to change a resource which is still in use: Table is being created: devops-incidents",
        "in progress",
    ],
    [
        "dynamodb:DeleteTable",
        "ResourceInUseException",
        "Cannot delete table while indexes are being created, updated, or deleted.",
        "in progress",
    ],
    [
        "dynamodb:UpdateContinuousBackups",
        "ContinuousBackupsUnavailableException",
        "Backups are being enabled for the table: devops-incidents. Please retry later",
        "a minute",
    ],
    [
        "dynamodb:UpdateTimeToLive",
        "ValidationException",
        "TimeToLive is active on a different AttributeName: current AttributeName is x",
        "per hour",
    ],
    [
        "dynamodb:UpdateTable",
        "ValidationException",
        "One or more parameter values were invalid: Server-Side Encryption modification must be the only operation in the request",
        "of its own",
    ],
    [
        "dynamodb:DeleteTable",
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        "--keep-data",
    ],
    ["iam:DeleteRole", "DeleteConflict", "Cannot delete entity, must detach all policies first.", "detach it"],
    ["iam:DeleteRole", "DeleteConflict", "Cannot delete entity, must delete policies first.", "remove it"],
    [
        "iam:CreateRole",
        "MalformedPolicyDocument",
        "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/x\"",
        "minute",
    ],
    ["iam:CreateRole", "EntityAlreadyExists", "Role with name x already exists.", "incidentctl plan"],
    ["iam:CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", "roles"],
    ["iam:DeleteRole", "ConcurrentModification", "Wait a few minutes and submit your request again.", "few minutes"],
    ["logs:CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists", "adopt it"],
    [
        "logs:DeleteLogGroup",
        "OperationAbortedException",
        "A conflicting operation is currently in progress against this resource. Please try again.",
        "again",
    ],
    [
        "sqs:CreateQueue",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        "60 seconds",
    ],
    ["cloudformation:UpdateStack", "ValidationError", "No updates are to be performed.", "not a failure"],
    [
        "cloudformation:CreateChangeSet",
        "ValidationError",
        "Stack:arn:aws:cloudformation:x is in UPDATE_IN_PROGRESS state and can not be updated.",
        "still changing",
    ],
    [
        "cloudformation:CreateChangeSet",
        "ValidationError",
        "Stack:arn:x is in ROLLBACK_COMPLETE state and can not be updated.",
        "incidentctl down",
    ],
    [
        "cloudformation:CreateChangeSet",
        "ValidationError",
        "Stack:arn:x is in UPDATE_ROLLBACK_FAILED state and can not be updated.",
        "continue the rollback",
    ],
    [
        "cloudformation:DeleteStack",
        "ValidationError",
        "Stack [x] cannot be deleted while TerminationProtection is enabled",
        "termination protection",
    ],
    [
        "cloudformation:CreateChangeSet",
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        "report it",
    ],
    ["s3:CreateBucket", "BucketAlreadyExists", "The requested bucket name is not available.", "another account"],
    ["s3:PutObject", "NoSuchBucket", "The specified bucket does not exist", "create it"],
    ["cloudformation:DescribeStacks", "Throttling", "Rate exceeded", "throttling"],
    ["lambda:AddPermission", "TooManyRequestsException", "Rate exceeded", "throttling"],
    ["dynamodb:DescribeTable", "ThrottlingException", "Rate exceeded", "throttling"],
    ["sns:CreateTopic", "InternalError", "An internal error occurred", "on AWS's side"],
    [
        "sts:GetCallerIdentity",
        NO_ANSWER,
        "dispatch failure: io error: client error (Connect): tcp connect error: Connection refused (os error 111)",
        "nothing listens",
    ],
    [
        "sts:GetCallerIdentity",
        NO_ANSWER,
        "dispatch failure: io error: dns error: failed to lookup address information",
        "address was not found",
    ],
];

#[test]
fn aws_own_texts_find_their_remedy() {
    for [call, code, message, expected] in TEXTS {
        let hint = AwsError::new(call, code, *message).hint();
        assert!(hint.is_some_and(|hint| hint.contains(expected)), "{call} {code} `{message}`: {hint:?}");
    }
}

#[test]
fn what_is_not_known_gets_no_advice() {
    for (call, code, message) in [
        ("lambda:CreateFunction", "SomethingNew", ""),
        ("lambda:CreateFunction", "ResourceConflictException", "something else"),
        ("sns:Subscribe", "ValidationException", "deletion protection"),
    ] {
        assert_eq!(AwsError::new(call, code, message).hint(), None, "{call} {code}");
    }
}

/// An entry after a more general one would never match.
#[test]
fn every_entry_is_reached() {
    for known in TABLES.into_iter().flatten() {
        let service = if known.service.is_empty() { "xray" } else { known.service };
        let error = AwsError::new(&format!("{service}:Call"), known.code, known.message);
        assert_eq!(error.hint(), Some(known.hint), "{}:{} `{}`", known.service, known.code, known.message);
    }
}

#[test]
fn every_hint_says_what_to_do_in_one_readable_sentence() {
    for known in TABLES.into_iter().flatten() {
        let hint = known.hint;
        assert!((20..=240).contains(&hint.len()), "{} characters: {hint}", hint.len());
        assert!(!hint.ends_with('.') && !hint.contains("  "), "{hint}");
    }
}
