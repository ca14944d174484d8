#!/usr/bin/env python3
"""Reads the stack `devops` from the local AWS with boto3, triggers a failure, and finds the incident.

It runs in the environment that `local status --export` prints.
"""

import json
import os
import sys
import time

from checks import check, client, error_code

REGION = os.environ["AWS_REGION"]


def reads():
    account = client("sts").get_caller_identity()["Account"]
    iam = client("iam")
    role = iam.get_role(RoleName=f"devops-incident-handler-{REGION}")["Role"]
    check("role trusts Lambda", role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"], "lambda.amazonaws.com")
    check("role has one policy", iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"], ["incident-handler"])

    dynamodb = client("dynamodb")
    dynamodb.get_waiter("table_exists").wait(TableName="devops-incidents", WaiterConfig={"Delay": 1})
    table = dynamodb.describe_table(TableName="devops-incidents")["Table"]
    check("table is on demand", table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    check("table has its tag", {"Key": "incidentctl:stack", "Value": "devops"} in dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"], True)

    sns = client("sns")
    topic = f"arn:aws:sns:{REGION}:{account}:devops-alerts"
    check("topic is listed", topic in [one["TopicArn"] for one in sns.list_topics()["Topics"]], True)
    check("one subscription", len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]), 1)

    functions = client("lambda")
    functions.get_waiter("function_active_v2").wait(FunctionName="devops-incident-handler")
    names = sorted(one["FunctionName"] for page in functions.get_paginator("list_functions").paginate() for one in page["Functions"])
    check("both functions", names, ["devops-error-generator", "devops-incident-handler"])
    check("tags of the handler", functions.list_tags(Resource=f"arn:aws:lambda:{REGION}:{account}:function:devops-incident-handler")["Tags"].get("incidentctl:stack"), "devops")

    groups = client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/devops-")["logGroups"]
    check("retention of both log groups", [one["retentionInDays"] for one in groups], [30, 30])

    cloudwatch = client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="devops-")["MetricAlarms"]
    check("ten alarms", len(alarms), 10)
    check("a dashboard", [one["DashboardName"] for one in cloudwatch.list_dashboards()["DashboardEntries"]], ["devops-incidents"])

    events = client("events")
    rules = [one["Name"] for one in events.list_rules(NamePrefix="devops-")["Rules"]]
    check("six rules", rules, ["devops-account-findings", "devops-alarm-changes", "devops-function-failures", "devops-platform-failures", "devops-service-failures", "devops-sweep"])
    target = events.list_targets_by_rule(Rule="devops-function-failures")["Targets"][0]
    check("a target with a retry policy", target["RetryPolicy"], {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 3600})

    sqs = client("sqs")
    for queue in ("devops-rule-dlq", "devops-handler-dlq"):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        check(f"{queue} is empty", attributes["ApproximateNumberOfMessages"], "0")


def errors():
    check("missing role", error_code(client("iam").get_role, RoleName="nothing"), "NoSuchEntity")
    check("missing table", error_code(client("dynamodb").describe_table, TableName="nothing"), "ResourceNotFoundException")
    check("missing function", error_code(client("lambda").get_function, FunctionName="nothing"), "ResourceNotFoundException")
    check("rule with targets", error_code(client("events").delete_rule, Name="devops-alarm-changes"), "ValidationException")
    check("role with a policy", error_code(client("iam").delete_role, RoleName=f"devops-incident-handler-{REGION}"), "DeleteConflict")
    long_subject = {"TopicArn": client("sns").list_topics()["Topics"][0]["TopicArn"], "Subject": "x" * 101, "Message": "m"}
    check("subject of 101 characters", error_code(client("sns").publish, **long_subject), "InvalidParameter")


def failure_becomes_an_incident():
    functions, dynamodb = client("lambda"), client("dynamodb")
    answer = functions.invoke(FunctionName="devops-error-generator", InvocationType="Event", Payload=json.dumps({"kind": "exception", "incidentctl_drill": "boto3"}))
    check("asynchronous invocation is accepted", answer["StatusCode"], 202)
    request = answer["ResponseMetadata"]["RequestId"]
    query = {
        "TableName": "devops-incidents",
        "IndexName": "by-month",
        "KeyConditionExpression": "#month = :month",
        "ExpressionAttributeNames": {"#month": "month"},
        "ExpressionAttributeValues": {":month": {"S": time.strftime("%Y-%m", time.gmtime())}},
    }
    for _ in range(300):
        keys = [{"incident_id": item["incident_id"]} for item in dynamodb.query(**query)["Items"]]
        heads = (dynamodb.get_item(TableName="devops-incidents", Key=key)["Item"] for key in keys)
        found = [head for head in heads if head.get("request_id", {}).get("S") == request]
        if found:
            check("the incident names the function", found[0]["resource"]["S"], "devops-error-generator")
            return
        time.sleep(0.1)
    sys.exit("FAILED: no incident after 30 s")


reads()
errors()
failure_becomes_an_incident()
