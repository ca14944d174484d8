#!/usr/bin/env python3
"""Deploys the rendered template with the aws CLI and boto3 through the local AWS's CloudFormation and S3.

Usage: cloudformation.py TEMPLATE, in the environment that `local status --export` prints.
"""

import io
import os
import subprocess
import sys
import time
import zipfile

import boto3

from checks import check, error_code

TEMPLATE = sys.argv[1]
STACK, BUCKET, KEY = "e2e", "e2e-code", "handler.zip"
ENVIRONMENT = os.environ | {"AWS_PAGER": ""}
PARAMETERS = {"CodeBucket": BUCKET, "CodeKey": KEY}


def client(service):
    return boto3.client(service)


S3, STACKS = client("s3"), client("cloudformation")


def deploy(*options):
    """`aws cloudformation deploy`, without its 30 s polling interval while a change set executes."""
    overrides = [f"{name}={value}" for name, value in PARAMETERS.items()]
    command = ["aws", "cloudformation", "deploy", "--stack-name", STACK, "--template-file", TEMPLATE]
    # A request takes 51 200 bytes; the template is longer.
    command += ["--s3-bucket", BUCKET]
    command += ["--capabilities", "CAPABILITY_NAMED_IAM", "--no-execute-changeset", *options]
    done = subprocess.run([*command, "--parameter-overrides", *overrides], env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"FAILED: {' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def execute():
    name = STACKS.list_change_sets(StackName=STACK)["Summaries"][-1]["ChangeSetName"]
    STACKS.execute_change_set(StackName=STACK, ChangeSetName=name, ClientRequestToken=name)
    return name


def settled(stack):
    for _ in range(1200):
        found = STACKS.describe_stacks(StackName=stack)["Stacks"][0]
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found["StackStatus"]
        time.sleep(0.1)
    sys.exit(f"FAILED: the stack is still in {found['StackStatus']}")


def events(token):
    pages = STACKS.get_paginator("describe_stack_events").paginate(StackName=STACK)
    return [event for page in pages for event in page["StackEvents"] if event.get("ClientRequestToken") == token]


def bucket():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, "#!/bin/sh\n")
    S3.create_bucket(Bucket=BUCKET)
    S3.put_object(Bucket=BUCKET, Key=f"{STACK}/{KEY}", Body=content.getvalue(), ExpectedBucketOwner="000000000000")
    check("the zip round-trips", S3.get_object(Bucket=BUCKET, Key=f"{STACK}/{KEY}")["Body"].read(), content.getvalue())
    check("another owner's bucket", error_code(S3.head_bucket, Bucket=BUCKET, ExpectedBucketOwner="111111111111"), "403")
    check("a non-empty bucket", error_code(S3.delete_bucket, Bucket=BUCKET), "BucketNotEmpty")


def life():
    deploy()
    check("a stack in review", STACKS.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"], "REVIEW_IN_PROGRESS")
    token = execute()
    check("creation", settled(STACK), "CREATE_COMPLETE")
    failed = [event for event in events(token) if event["ResourceStatus"].endswith("FAILED")]
    check("events of the creation without failure", failed, [])
    tags = client("lambda").get_function(FunctionName=f"{STACK}-incident-handler")["Tags"]
    check("tags of CloudFormation", tags["aws:cloudformation:logical-id"], "IncidentHandler")
    check("no changes", "No changes to deploy" in deploy("--no-fail-on-empty-changeset"), True)

    PARAMETERS["HandlerMemorySize"] = "512"
    deploy()
    execute()
    check("update", settled(STACK), "UPDATE_COMPLETE")
    memory = client("lambda").get_function_configuration(FunctionName=f"{STACK}-incident-handler")["MemorySize"]
    check("memory after the update", memory, 512)

    PARAMETERS.update(CodeKey="nothing.zip", HandlerMemorySize="1024")
    deploy()
    token = execute()
    check("update to missing code", settled(STACK), "UPDATE_ROLLBACK_COMPLETE")
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in events(token))
    check("its reason", "S3 Error Code: NoSuchKey" in reasons, True)
    memory = client("lambda").get_function_configuration(FunctionName=f"{STACK}-incident-handler")["MemorySize"]
    check("memory after the rollback", memory, 512)

    STACKS.update_termination_protection(StackName=STACK, EnableTerminationProtection=True)
    check("deletion of a protected stack", error_code(STACKS.delete_stack, StackName=STACK), "ValidationError")
    STACKS.update_termination_protection(StackName=STACK, EnableTerminationProtection=False)
    identity = STACKS.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
    STACKS.delete_stack(StackName=STACK)
    check("deletion", settled(identity), "DELETE_COMPLETE")
    roles = [role["RoleName"] for role in client("iam").list_roles()["Roles"]]
    check("nothing left", [role for role in roles if role.startswith(f"{STACK}-")], [])


bucket()
life()
# The zip, and the templates that the aws CLI uploaded.
for held in S3.list_objects_v2(Bucket=BUCKET)["Contents"]:
    S3.delete_object(Bucket=BUCKET, Key=held["Key"])
S3.delete_bucket(Bucket=BUCKET)
