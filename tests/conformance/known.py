"""What AWS answers beyond its own models, each with its source."""

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

# Findings that hold for AWS itself: the start of the message, and why.
KNOWN = {}


def is_known(message):
    return any(message.startswith(start) for start in KNOWN)
