"""What requests refer to: one resource of each kind. Made again when hostile requests have deleted it."""

import io
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from values import ACCOUNT, ARN, ASSUMED, POLICY, TEMPLATE

CLIENTS = {}


def client(service):
    if service not in CLIENTS:
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        CLIENTS[service] = boto3.client(service, config=config)
    return CLIENTS[service]


def package():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, "#!/bin/sh\nexit 1\n")
    return file.getvalue()


ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
KEYS = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "c", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [{"IndexName": "index", "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}],
}
MADE = [
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": ASSUMED}),
    ("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": POLICY}),
    ("iam", "put_role_policy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": POLICY}),
    ("dynamodb", "create_table", {"TableName": "table", **KEYS}),
    ("dynamodb", "put_item", {"TableName": "table", "Item": {"a": {"S": "x"}, "b": {"N": "1"}, "m": {"M": {"l": {"L": [{"S": "y"}]}}}}}),
    ("sqs", "create_queue", {"QueueName": "q"}),
    ("sqs", "send_message", {"QueueUrl": f"http://127.0.0.1/{ACCOUNT}/q", "MessageBody": "x"}),
    ("sns", "create_topic", {"Name": "t"}),
    ("sns", "subscribe", {"TopicArn": ARN.format("sns", "t"), "Protocol": "sqs", "Endpoint": ARN.format("sqs", "q")}),
    ("lambda", "create_function", {"FunctionName": "f", "Runtime": "provided.al2023", "Handler": "h", "Role": ROLE, "Code": {"ZipFile": package()}}),
    ("events", "put_rule", {"Name": "rule", "EventPattern": '{"source":["a"]}'}),
    ("events", "put_targets", {"Rule": "rule", "Targets": [{"Id": "1", "Arn": ARN.format("sqs", "q")}]}),
    ("logs", "create_log_group", {"logGroupName": "g"}),
    ("logs", "create_log_stream", {"logGroupName": "g", "logStreamName": "s"}),
    ("cloudwatch", "put_metric_data", {"Namespace": "N", "MetricData": [{"MetricName": "M", "Value": 1, "Dimensions": [{"Name": "D", "Value": "v"}]}]}),
    ("cloudwatch", "put_metric_alarm", {"AlarmName": "alarm", "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}),
    ("s3", "create_bucket", {"Bucket": "bucket"}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "key", "Body": b"x"}),
    ("cloudformation", "create_stack", {"StackName": "stack", "TemplateBody": TEMPLATE}),
]


def make(at_first=False):
    """Makes what is absent. Later a call may be refused: its resource is there, or was changed beyond use."""
    for service, operation, arguments in MADE:
        try:
            getattr(client(service), operation)(**arguments)
        except ClientError as refused:
            if at_first or refused.response["ResponseMetadata"]["HTTPStatusCode"] == 500:
                raise
        if operation == "create_table" and at_first:
            client(service).get_waiter("table_exists").wait(TableName="table", WaiterConfig={"Delay": 1})
