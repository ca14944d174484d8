"""What AWS answers beyond its own models, each with its source."""

import functools
import re

# "Common Errors" in the API reference of each service.
COMMON_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MalformedQueryString",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "MissingParameter",
    "NotAuthorized",
    "OptInRequired",
    "RequestEntityTooLargeException",
    "RequestExpired",
    "RequestTimeoutException",
    "SerializationException",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
}

# "Error responses" in the API reference of Amazon S3, whose model declares next to none.
S3_ERRORS = {
    "AuthorizationHeaderMalformed",
    "BadDigest",
    "BucketNotEmpty",
    "EntityTooLarge",
    "IncompleteBody",
    "InternalError",
    "InvalidArgument",
    "InvalidBucketName",
    "InvalidDigest",
    "InvalidRequest",
    "InvalidTag",
    "MalformedPolicy",
    "MalformedXML",
    "MethodNotAllowed",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchKey",
    "NoSuchTagSet",
    "PreconditionFailed",
    "SlowDown",
    "XAmzContentSHA256Mismatch",
}

# How the local AWS says that it does not have an operation, which AWS does.
OWN_ERROR = ("NotImplemented", 501)

# Breaks that AWS itself makes: what a finding's message matches, and where AWS says or does so.
KNOWN = {
    r"X-Amz-Target names CloudTrail_20131101, not com\.amazonaws\.cloudtrail\.v20131101\.CloudTrail_20131101": (
        "the AWS SDK for Rust names the shape of the service alone: aws-sdk-cloudtrail 1.130, every operation"
    ),
    r".*ProvisionedThroughput\.NumberOfDecreasesToday: 0, at least 1": (
        "DynamoDB API reference, DescribeTable: the sample answer has 0"
    ),
    r"BatchGetItem\.UnprocessedKeys: 0 entries, at least 1": (
        "DynamoDB API reference, BatchGetItem: an empty map when no key is unprocessed"
    ),
    r"BatchWriteItem\.UnprocessedItems: 0 entries, at least 1": (
        "DynamoDB API reference, BatchWriteItem: an empty map when no item is unprocessed"
    ),
    r"DescribeStackEvents\.StackEvents\[\]\.ResourceStatus: '(REVIEW_IN_PROGRESS|UPDATE(_ROLLBACK)?_COMPLETE_CLEANUP_IN_PROGRESS)'.*": (
        "a stack's own events have the stack's status: the aws CLI's example of describe-stack-events"
    ),
    r"DeleteDashboards: the error 'DashboardNotFoundError' .*": (
        "CloudWatch API reference, DeleteDashboards: ResourceNotFound, HTTP 404"
    ),
    r"ListTagsForResource\.tags: 0 entries, at least 1": (
        "CloudWatch Logs: a log group may have no tags, and the answer has no other member; no recorded answer was found"
    ),
    r"ListTargetsByRule\.Targets: 0 elements, at least 1": (
        "a rule may have none: https://github.com/cloud-custodian/cloud-custodian/pull/6500"
    ),
    r".*\.PermissionsBoundary\.PermissionsBoundaryType: 'Policy' is none of .*": (
        "https://github.com/awsdocs/iam-user-guide/issues/82"
    ),
    r".*LastUpdateStatusReasonCode: 'Creating' is none of .*": (
        "https://github.com/appleboy/lambda-action/issues/65"
    ),
    r"PutBucketTagging: HTTP 204, the model says 200": (
        "https://github.com/versity/versitygw/issues/932"
    ),
    r"GetUser\.User\.(Path: required, and missing|UserName: required, and missing|UserId: 12 characters, at least 16)": (
        "the root user has no name, and its account's id: https://github.com/grycap/scar/pull/181"
    ),
    r"GetFunctionCodeSigningConfig\.CodeSigningConfigArn: required, and missing": (
        "none without a configuration: localstack/services/lambda_/provider.py, whose tests run on AWS, too"
    ),
    r"(SendMessage|DeleteMessage|ChangeMessageVisibility)Batch\.(Failed|Successful): required, and missing": (
        "AWS omits the empty one: https://github.com/aws/aws-sdk/issues/657"
    ),
}


@functools.cache
def is_known(message):
    return any(re.fullmatch(pattern, message) for pattern in KNOWN)
