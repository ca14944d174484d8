"""The stack as a script of sequential API calls: the baseline without a deployment tool.

    python boto3_deploy.py up|down ENDPOINT ZIP
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACTION, ENDPOINT, ZIP = sys.argv[1:4]
STACK, REGION = "scripted", "us-east-1"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
SESSION = boto3.Session("test", "test", region_name=REGION)
FUNCTIONS = ["incident-handler", "error-generator"]
QUEUES = ["rule-dlq", "handler-dlq"]
ALARMS = ["rule-dlq-depth", "handler-dlq-depth", "handler-errors", "alert-delivery", "function-errors", "function-throttles", "function-destinations"]
RULES = ["function-failures", "alarm-changes", "service-failures", "platform-failures", "account-findings"]


def client(service):
    return SESSION.client(service, endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 2}))


def unless(code, call, **arguments):
    try:
        return call(**arguments)
    except ClientError as error:
        if code not in error.response["Error"]["Code"]:
            raise
        return None


def up():
    account = client("sts").get_caller_identity()["Account"]
    iam, dynamodb, sns, sqs = client("iam"), client("dynamodb"), client("sns"), client("sqs")
    functions, logs, cloudwatch, events = client("lambda"), client("logs"), client("cloudwatch"), client("events")
    code = open(ZIP, "rb").read()
    for name in FUNCTIONS:
        unless("EntityAlreadyExists", iam.create_role, RoleName=f"{STACK}-{name}", AssumeRolePolicyDocument=json.dumps(TRUST))
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}
        iam.put_role_policy(RoleName=f"{STACK}-{name}", PolicyName="own", PolicyDocument=json.dumps(policy))
    unless(
        "ResourceInUse", dynamodb.create_table, TableName=f"{STACK}-incidents", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "incident_id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "incident_id", "KeyType": "HASH"}],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=f"{STACK}-incidents", WaiterConfig={"Delay": 1})
    topic = sns.create_topic(Name=f"{STACK}-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ada@example.com", ReturnSubscriptionArn=True)
    for name in QUEUES:
        sqs.create_queue(QueueName=f"{STACK}-{name}")
    for name in FUNCTIONS:
        unless("ResourceAlreadyExists", logs.create_log_group, logGroupName=f"/aws/lambda/{STACK}-{name}")
        logs.put_retention_policy(logGroupName=f"/aws/lambda/{STACK}-{name}", retentionInDays=30)
        unless(
            "ResourceConflict", functions.create_function, FunctionName=f"{STACK}-{name}", Runtime="provided.al2023", Handler=name,
            Role=f"arn:aws:iam::{account}:role/{STACK}-{name}", Code={"ZipFile": code},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=f"{STACK}-{name}")
        functions.put_function_event_invoke_config(FunctionName=f"{STACK}-{name}", MaximumRetryAttempts=2)
    for name in ALARMS:
        cloudwatch.put_metric_alarm(
            AlarmName=f"{STACK}-{name}", Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=0, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
        )
    for name in RULES:
        rule = events.put_rule(Name=f"{STACK}-{name}", EventPattern=json.dumps({"source": ["aws.lambda", name]}))["RuleArn"]
        unless(
            "ResourceConflict", functions.add_permission, FunctionName=f"{STACK}-incident-handler", StatementId=name,
            Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule,
        )
        events.put_targets(Rule=f"{STACK}-{name}", Targets=[{"Id": "1", "Arn": f"arn:aws:lambda:{REGION}:{account}:function:{STACK}-incident-handler"}])


def down():
    account = client("sts").get_caller_identity()["Account"]
    for name in RULES:
        client("events").remove_targets(Rule=f"{STACK}-{name}", Ids=["1"])
        client("events").delete_rule(Name=f"{STACK}-{name}")
    client("cloudwatch").delete_alarms(AlarmNames=[f"{STACK}-{name}" for name in ALARMS])
    for name in FUNCTIONS:
        client("lambda").delete_function(FunctionName=f"{STACK}-{name}")
        client("logs").delete_log_group(logGroupName=f"/aws/lambda/{STACK}-{name}")
        client("iam").delete_role_policy(RoleName=f"{STACK}-{name}", PolicyName="own")
        client("iam").delete_role(RoleName=f"{STACK}-{name}")
    for name in QUEUES:
        client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName=f"{STACK}-{name}")["QueueUrl"])
    client("sns").delete_topic(TopicArn=f"arn:aws:sns:{REGION}:{account}:{STACK}-alerts")
    client("dynamodb").delete_table(TableName=f"{STACK}-incidents")


{"up": up, "down": down}[ACTION]()
