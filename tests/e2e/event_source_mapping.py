#!/usr/bin/env python3
"""Maps a queue to a function with boto3: create, read, list, tag, message, update, delete.

Usage: event_source_mapping.py ZIP, a package whose bootstrap ends at once, in the environment that `local status --export`
prints.
"""

import json
import os
import sys
import time

from checks import check, client, error_code

ACCOUNT = "000000000000"
REGION = os.environ["AWS_REGION"]
FUNCTION = "mapped"


def eventually(look):
    """What `look` finds within 30 s."""
    for _ in range(300):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    return found


def create_function(package):
    """A function that answers no event: its bootstrap ends at once."""
    iam, functions = client("iam"), client("lambda")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:*"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_role_policy(RoleName=FUNCTION, PolicyName="poll", PolicyDocument=json.dumps(policy))
    create = {"FunctionName": FUNCTION, "Runtime": "provided.al2023", "Handler": "none", "Role": role, "Code": {"ZipFile": package}}
    eventually(lambda: error_code(functions.create_function, **create) is None)
    functions.get_waiter("function_active_v2").wait(FunctionName=FUNCTION, WaiterConfig={"Delay": 1})


def settled(uuid):
    functions = client("lambda")
    return eventually(lambda: functions.get_event_source_mapping(UUID=uuid)["State"] in ("Enabled", "Disabled"))


def mapping():
    functions = client("lambda")
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:mapped"
    arguments = {"EventSourceArn": source, "FunctionName": FUNCTION, "FunctionResponseTypes": ["ReportBatchItemFailures"]}
    made = functions.create_event_source_mapping(**arguments, ScalingConfig={"MaximumConcurrency": 2}, Tags={"color": "red"})
    uuid, arn = made["UUID"], made["EventSourceMappingArn"]
    check("creation is accepted", (made["ResponseMetadata"]["HTTPStatusCode"], made["State"]), (202, "Creating"))
    check("a change in progress excludes another", error_code(functions.update_event_source_mapping, UUID=uuid, BatchSize=1), "ResourceInUseException")
    check("it is enabled", settled(uuid), True)
    read = functions.get_event_source_mapping(UUID=uuid)
    check("settings", (read["BatchSize"], read["ScalingConfig"], read["FunctionResponseTypes"]), (10, {"MaximumConcurrency": 2}, ["ReportBatchItemFailures"]))
    pages = functions.get_paginator("list_event_source_mappings").paginate(EventSourceArn=source, FunctionName=FUNCTION)
    check("it is listed", [one["UUID"] for page in pages for one in page["EventSourceMappings"]], [uuid])
    check("it is the only one", error_code(functions.create_event_source_mapping, **arguments), "ResourceConflictException")
    check("tags", functions.list_tags(Resource=arn)["Tags"], {"color": "red"})
    return uuid


def message(queue):
    """The function fails, so the message goes to the dead-letter queue after its second receive."""
    sqs = client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="hello", MessageGroupId="group")
    dead = sqs.get_queue_url(QueueName="mapped-dead")["QueueUrl"]
    receive = {"QueueUrl": dead, "MessageSystemAttributeNames": ["All"], "WaitTimeSeconds": 1}
    found = eventually(lambda: sqs.receive_message(**receive).get("Messages"))
    attributes = found[0]["Attributes"] if found else {}
    check("the message was tried twice", attributes.get("ApproximateReceiveCount"), "3")
    check("its group is kept", attributes.get("MessageGroupId"), "group")
    streams = client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{FUNCTION}")["logStreams"]
    check("the function was invoked", bool(streams), True)


def change_and_delete(uuid):
    functions = client("lambda")
    check("an update is accepted", functions.update_event_source_mapping(UUID=uuid, Enabled=False, BatchSize=5)["State"], "Disabling")
    check("it settles", settled(uuid), True)
    read = functions.get_event_source_mapping(UUID=uuid)
    check("it is disabled", (read["State"], read["BatchSize"]), ("Disabled", 5))
    check("deletion is accepted", functions.delete_event_source_mapping(UUID=uuid)["State"], "Deleting")
    gone = eventually(lambda: error_code(functions.get_event_source_mapping, UUID=uuid))
    check("it is gone", gone, "ResourceNotFoundException")


with open(sys.argv[1], "rb") as package:
    create_function(package.read())
queues = client("sqs")
queues.create_queue(QueueName="mapped-dead")
redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:mapped-dead", "maxReceiveCount": 2})
url = queues.create_queue(QueueName="mapped", Attributes={"VisibilityTimeout": "3", "RedrivePolicy": redrive})["QueueUrl"]
created = mapping()
message(url)
change_and_delete(created)
