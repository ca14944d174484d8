"""What the scripts that use boto3 share: a client, a check, and the code of a refusal."""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(service):
    return boto3.client(service, config=Config(retries={"total_max_attempts": 2}))


def check(what, found, expected):
    if found != expected:
        sys.exit(f"FAILED: {what}: {found!r}, not {expected!r}")
    print(f"ok: {what}")


def error_code(call, **arguments):
    """The code with which a call is refused; None when it is not."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None
