"""The same job, written in Python in a few lines: classify a failure, record it, mail it."""

import json
import os
import uuid
from datetime import datetime, timezone

import boto3

SEVERITIES = {"Runtime.OutOfMemory": "HIGH", "Sandbox.Timedout": "HIGH", "Runtime.ImportModuleError": "CRITICAL"}
table = os.environ["INCIDENT_TABLE"]
topic = os.environ["INCIDENT_TOPIC_ARN"]
dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")


def handler(event, _context):
    detail = event["detail"]
    function = detail["requestContext"]["functionArn"].split(":")[6]
    error = detail["responsePayload"]
    severity = SEVERITIES.get(error["errorType"], "MEDIUM")
    incident = f"inc-{uuid.uuid4()}"
    now = datetime.now(timezone.utc).isoformat()
    summary = f"{function} failed: {error['errorType']}: {error['errorMessage']}"
    item = {"incident_id": incident, "created_at": now, "severity": severity, "summary": summary, "resource": function, "status": "open"}
    dynamodb.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})
    sns.publish(TopicArn=topic, Subject=f"[{severity}] {summary}"[:100], Message=json.dumps(item, indent=2))
    return {"incident_id": incident}
