#!/usr/bin/env python3
"""Holds every policy that the program prints or deploys against IAM's data, as parliament has it.

Usage: policies.py INCIDENTCTL, in the environment that `local status --export` prints, with the stack `devops` deployed.

Any finding fails, unless TOLERATED names it and it is of severity LOW: an action that IAM does not know, a resource that an
action does not take, a condition key that it does not have, a wildcard without need.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

from checks import check, client

# parliament finds its data with a module that has been announced to go.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
import parliament  # noqa: E402

REGION = os.environ["AWS_REGION"]
# AWS's own examples compare the boundary as a string: unlike an ARN, it has no wildcards then.
TOLERATED = {"MISMATCHED_TYPE_BUT_USABLE"}


def printed(program, *flags):
    """What `doctor --print-policy` prints for the local AWS."""
    command = [program, "doctor", "--print-policy", "--local", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def deployed():
    """The policies of the stack's roles, topic and queues, and of the handler's function."""
    iam, sns, sqs = client("iam"), client("sns"), client("sqs")
    for role in ("devops-incident-handler", "devops-error-generator"):
        role = f"{role}-{REGION}"
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            yield f"{role} {name}", iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    account = client("sts").get_caller_identity()["Account"]
    topic = sns.get_topic_attributes(TopicArn=f"arn:aws:sns:{REGION}:{account}:devops-alerts")
    yield "topic", json.loads(topic["Attributes"]["Policy"])
    for queue in ("devops-events", "devops-rule-dlq"):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
        yield queue, json.loads(attributes["Policy"])
    yield "function", json.loads(client("lambda").get_policy(FunctionName="devops-incident-handler")["Policy"])


def findings(document):
    """The findings on a document, each in one line."""
    analyzed = parliament.analyze_policy_string(json.dumps(document))
    for finding in map(parliament.enhance_finding, analyzed.findings):
        yield finding.issue, finding.severity, f"{finding.severity} {finding.issue}: {finding.title} {finding.detail} {finding.location}"


def holds(what, document):
    """Fails on a document with findings."""
    found = [line for issue, severity, line in findings(document) if severity != "LOW" or issue not in TOLERATED]
    check(f"IAM knows all of the policy: {what}", found, [])


def notices(document, issue):
    """This check would notice a fault."""
    found = sorted({one for one, _, _ in findings(document)})
    check(f"{issue} would be noticed", found, [issue])


def statement(action, resource, **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def main(program):
    role = "arn:aws:iam::000000000000:role/x"
    bounded = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::000000000000:policy/x"}}
    notices(statement("iam:MakeRole", role), "UNKNOWN_ACTION")
    notices(statement("iam:CreateRole", "arn:aws:sqs:us-east-1:000000000000:x"), "RESOURCE_MISMATCH")
    notices(statement("iam:UpdateAssumeRolePolicy", role, Condition=bounded), "UNKNOWN_CONDITION_FOR_ACTION")

    holds("to deploy", printed(program))
    bounded = printed(program, "--boundary")
    holds("to deploy under a boundary", bounded["policy"])
    holds("boundary", bounded["boundary"])
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as settings:
        settings.write("analysis: {who: true}\n")
        settings.flush()
        everything = printed(program, "--boundary", "--config", settings.name)["boundary"]
    holds("boundary with evidence of every kind", everything)
    actions = json.dumps(everything)
    kinds = ("logs:Filter", "ecs:Describe", "lambda:List", "states:Get", "cloudtrail:Lookup")
    check("the boundary has evidence of every kind", [kind for kind in kinds if kind not in actions], [])
    for what, document in deployed():
        holds(what, document)


main(sys.argv[1])
